//! What is known while a job runs, and what only a run knows.

use indexmap::IndexMap;

use crate::intake::value::{Kind, Node};
use crate::intake::workflow::expression::{Fault, Names, Value, filled, get};
use crate::intake::workflow::matrix::Combination;

/// What a job knows while it runs.
pub(super) struct Run<'a> {
    pub(super) set: &'a [(String, String)],
    pub(super) matrix: Combination,
    pub(super) environment: IndexMap<String, String>,
    /// Names whose values only a run knows.
    pub(super) unknown: IndexMap<String, Fault>,
    /// Outputs of steps before.
    pub(super) outputs: IndexMap<String, Result<String, Fault>>,
    /// The steps that have an id and were looked at.
    pub(super) steps: Vec<String>,
}

impl Run<'_> {
    fn stated(&self, name: &str) -> Option<&str> {
        let found = self.set.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Takes in the variables of an `env`.
    pub(super) fn take(&mut self, node: &Node) {
        for (name, value) in node.get("env").and_then(Node::map).unwrap_or_default() {
            let text = value.text().unwrap_or_default();
            match filled(&text, self) {
                Ok(value) => {
                    self.environment.insert(name.clone(), value.text());
                    self.unknown.shift_remove(name);
                }
                Err(fault) => {
                    self.environment.shift_remove(name);
                    self.unknown.insert(name.clone(), fault);
                }
            }
        }
        for (name, value) in self.set {
            if let Some(name) = name.strip_prefix("env.") {
                self.environment.insert(name.to_owned(), value.clone());
            }
        }
    }
}

impl Names for Run<'_> {
    fn look(&self, path: &[String]) -> Result<Value, Fault> {
        let name = path.join(".");
        if let Some(value) = self.stated(&name) {
            return Ok(Value::Text(value.to_owned()));
        }
        match name.as_str() {
            "github.ref_name" => {
                return match self.stated("github.ref") {
                    Some(whole) => {
                        let kinds = ["refs/heads/", "refs/tags/", "refs/pull/"];
                        let short = kinds.iter().find_map(|kind| whole.strip_prefix(kind));
                        Ok(Value::Text(short.unwrap_or(whole).to_owned()))
                    }
                    None => Err(Fault::Unknown("github.ref".to_owned())),
                };
            }
            "github.ref_type" => {
                return match self.stated("github.ref") {
                    Some(whole) if whole.starts_with("refs/tags/") => {
                        Ok(Value::Text("tag".to_owned()))
                    }
                    Some(_) => Ok(Value::Text("branch".to_owned())),
                    None => Err(Fault::Unknown("github.ref".to_owned())),
                };
            }
            "github.repository_owner" => {
                return match self.stated("github.repository") {
                    Some(whole) => {
                        let owner = whole.split('/').next().unwrap_or_default();
                        Ok(Value::Text(owner.to_owned()))
                    }
                    None => Err(Fault::Unknown("github.repository_owner".to_owned())),
                };
            }
            _ => {}
        }
        let rest: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
        match (path[0].as_str(), &rest[..]) {
            ("matrix", []) => Ok(Value::Object(Node {
                line: 1,
                kind: Kind::Map(self.matrix.clone().into_iter().collect()),
            })),
            ("matrix", [first, rest @ ..]) => {
                let value = self.matrix.get(*first).map_or(Value::Null, Value::of);
                Ok(rest.iter().fold(value, |value, step| get(&value, step)))
            }
            ("env", [name]) => match (self.environment.get(*name), self.unknown.get(*name)) {
                (Some(value), _) => Ok(Value::Text(value.clone())),
                (_, Some(fault)) => Err(fault.clone()),
                _ => Ok(Value::Null),
            },
            ("steps", [id, "outputs", output]) => {
                let known = self.outputs.get(&format!("{id}.{output}"));
                match known {
                    Some(value) => value.clone().map(Value::Text),
                    None => Err(Fault::Unknown(name)),
                }
            }
            _ => Err(Fault::Unknown(name)),
        }
    }
}
