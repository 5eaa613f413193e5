//! A workflow of GitHub's, as far as a call of it is judged by: whether it can be called, and what its token is to do.

use std::ops::Range;

use crate::config::Access;
use crate::emit::all_permissions;
use crate::locate::{Kind, Node, Unfound, yaml_documents};

/// What is read of a workflow.
#[derive(Debug, Default)]
pub(super) struct Workflow {
    /// Whether others may call it. What cannot be told counts as yes.
    pub is_callable: bool,
    /// Where it says what starts it.
    pub on: Option<Range<usize>>,
    /// What it asks for.
    pub asked: Vec<Asked>,
}

/// A permission that a workflow or a job of it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The job; `None` is the workflow as a whole.
    pub job: Option<String>,
    pub right: String,
    pub access: Access,
    /// In the words that it has there: `packages: write`, or `write-all`.
    pub said: String,
    pub span: Range<usize>,
}

impl Workflow {
    /// Reads a workflow.
    ///
    /// # Errors
    /// When it is no YAML: where, and why.
    pub(super) fn read(text: &str) -> Result<Self, (Range<usize>, String)> {
        let documents = yaml_documents(text).map_err(|unfound| match unfound {
            Unfound::Syntax { span, what } => (span, what),
            other => (0..0, other.to_string()),
        })?;
        let mut workflow = Workflow::default();
        let Some(root) = documents.first() else {
            return Ok(workflow);
        };
        if let Some((span, on)) = entry(root, "on") {
            workflow.on = Some(span);
            workflow.is_callable = is_callable(on);
        }
        workflow.ask(None, root);
        if let Some((_, jobs)) = entry(root, "jobs") {
            for (job, node) in entries(jobs) {
                workflow.ask(Some(job), node);
            }
        }
        Ok(workflow)
    }

    /// Takes note of the `permissions` at a node. What is no word that GitHub knows there is left out.
    fn ask(&mut self, job: Option<&str>, node: &Node) {
        let Some((_, permissions)) = entry(node, "permissions") else {
            return;
        };
        let asked = |right: &str, access, said: String, node: &Node| Asked {
            job: job.map(str::to_owned),
            right: right.to_owned(),
            access,
            said,
            span: node.span.clone(),
        };
        if let Some(word) = text(permissions)
            && let Some(access) = word.strip_suffix("-all").and_then(access)
        {
            let all = all_permissions();
            let all = all.map(|right| asked(right, access, word.to_owned(), permissions));
            self.asked.extend(all);
        }
        for (right, node) in entries(permissions) {
            if let Some(word) = text(node)
                && let Some(access) = access(word)
            {
                let said = format!("{right}: {word}");
                self.asked.push(asked(right, access, said, node));
            }
        }
    }
}

fn access(word: &str) -> Option<Access> {
    match word {
        "read" => Some(Access::Read),
        "write" => Some(Access::Write),
        _ => None,
    }
}

/// `on` is a word, a list of words, or a table.
fn is_callable(on: &Node) -> bool {
    const CALL: &str = "workflow_call";
    match &on.kind {
        Kind::Text(word) => word.value == CALL,
        Kind::List(words) => words
            .iter()
            .any(|word| text(word).is_none_or(|word| word == CALL)),
        Kind::Map(_) => entry(on, CALL).is_some(),
        Kind::Number(..) | Kind::Other(_) => true,
    }
}

fn text(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Text(found) => Some(&found.value),
        _ => None,
    }
}

fn entries(node: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let entries = match &node.kind {
        Kind::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|e| (e.key.name.as_str(), &e.value))
}

/// A value of a table, and where its key stands.
fn entry<'n>(node: &'n Node, key: &str) -> Option<(Range<usize>, &'n Node)> {
    let Kind::Map(entries) = &node.kind else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key.name == key)?;
    Some((entry.key.span.clone(), &entry.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_callable(text: &str) -> bool {
        Workflow::read(text).expect(text).is_callable
    }

    #[test]
    fn what_can_be_called_says_so_in_three_ways() {
        for on in [
            "on: workflow_call",
            "'on': [push, workflow_call]",
            "on:\n  push:\n  workflow_call:\n",
            "x: &a {workflow_call: null}\non: *a",
        ] {
            assert!(is_callable(on), "{on}");
        }
        for on in [
            "",
            "jobs: {}",
            "on: push",
            "on: [push]",
            "on: {push: {}}",
            "on: []",
        ] {
            assert!(!is_callable(on), "{on}");
        }
        assert!(Workflow::read("on: [").is_err());
    }

    #[test]
    fn what_is_asked_for_is_read_of_the_workflow_and_of_its_jobs() {
        let text = "on: workflow_call\npermissions:\n  contents: read\n  é: none\njobs:\n  a:\n    permissions: {id-token: write, x: \"${{ y }}\"}\n  b: {permissions: write-all}\n  c: {permissions: {}}\n";
        let asked = Workflow::read(text).expect("YAML").asked;
        let told: Vec<_> = asked
            .iter()
            .map(|a| (a.job.as_deref(), a.right.as_str(), &text[a.span.clone()]))
            .collect();
        let own = [(None, "contents", "read"), (Some("a"), "id-token", "write")];
        assert_eq!(told[..2], own);
        assert!(told.contains(&(Some("b"), "packages", "write-all")));
        assert!(told[2..].iter().all(|(job, ..)| *job == Some("b")));
    }
}
