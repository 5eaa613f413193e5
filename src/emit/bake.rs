//! `docker-bake.json`: every spec as a target of `docker buildx bake`, for builds without a registry.
//!
//! **One target per spec.** Specs of equal content are targets of their own, since their names differ; the builder solves
//! equal instructions once. What a spec stands on is linked to it by a named context `target:…`, so it is built from
//! source and nothing is pulled but what comes from elsewhere.
//!
//! **Names of contexts.** A Dockerfile calls its parent by content. Bake hands the names of contexts on as they are, and
//! the builder looks up the familiar form of what stands behind FROM, so they are written in that form
//! (`toNamedContexts` of buildx, `NamedContext` of BuildKit).
//!
//! **Text.** The JSON is read as HCL's, in which every text is a template.

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::IndexMap;
use itertools::Itertools;
use serde::{Serialize, Serializer};

use crate::grammar::relative::relative;
use crate::grammar::{Pairs, Platform, SpecId};
use crate::image::plan::{Plan, PlanSpec, json};
use crate::image::targets::{self, TargetNames, calls};
use crate::image::{Contents, Matrix};

/// The file.
#[derive(Serialize)]
struct BakeFile<'a> {
    /// HCL's JSON passes over a key of this name.
    #[serde(rename = "//")]
    header: Literal<'a>,
    /// What is taken from the environment; unset, it is not said at all.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    variable: IndexMap<&'static str, Variable>,
    group: IndexMap<&'a str, Group<'a>>,
    target: Targets<'a>,
}

#[derive(Serialize)]
struct Variable {
    default: Option<String>,
}

/// The targets. There is one at a time, while it is written: of large plans they would be as much as the plan.
struct Targets<'a> {
    matrix: &'a Matrix,
    contents: &'a Contents,
    plan: &'a Plan,
    names: &'a [Arc<str>],
}

impl Serialize for Targets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let targets = self.names.iter().zip(&self.plan.specs).enumerate();
        serializer.collect_map(targets.map(|(index, (name, spec))| {
            let contexts = contexts(self.matrix, self.contents, SpecId(index), self.names);
            (&**name, Target::new(spec, contexts))
        }))
    }
}

/// Bytes of a target, as a rule.
const TYPICAL: usize = 1024;

#[derive(Debug, Serialize)]
struct Group<'a> {
    targets: &'a [Arc<str>],
}

impl<'a> Group<'a> {
    fn of(group: &'a targets::Group) -> Self {
        Group {
            targets: &group.members,
        }
    }
}

#[derive(Debug, Serialize)]
struct Target<'a> {
    /// The spec's id, by which a script finds the target.
    description: Literal<'a>,
    context: Literal<'a>,
    /// From the context.
    dockerfile: Literal<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Literal<'a>>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    contexts: Pairs<Literal<'a>, Literal<'a>>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    args: Pairs<Literal<'a>, Arg<'a>>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    labels: Pairs<Literal<'a>, Literal<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secret: Vec<Literal<'a>>,
    platforms: &'a [Platform],
    tags: Vec<Literal<'a>>,
}

/// What a build arg is given.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Arg<'a> {
    Text(Literal<'a>),
    /// What a variable of that name holds.
    Variable(&'static str),
}

impl Serialize for Arg<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Arg::Text(text) => text.serialize(serializer),
            Arg::Variable(name) => serializer.collect_str(&format_args!("${{{name}}}")),
        }
    }
}

/// The text of the file; `None` when its groups would hold nothing.
pub fn text(matrix: &Matrix, contents: &Contents, plan: &Plan, header: &str) -> Option<String> {
    let TargetNames { targets, groups } = plan.names.as_ref()?;
    if groups.iter().any(|group| group.members.is_empty()) {
        return None;
    }
    let named = plan.specs.iter().flat_map(PlanSpec::proxies);
    let file = BakeFile {
        header: header.into(),
        variable: named
            .map(|name| (name, Variable { default: None }))
            .collect(),
        group: groups.iter().map(|g| (&*g.name, Group::of(g))).collect(),
        target: Targets {
            matrix,
            contents,
            plan,
            names: targets,
        },
    };
    Some(json(&file, plan.specs.len() * TYPICAL))
}

impl<'a> Target<'a> {
    fn new(spec: &'a PlanSpec, contexts: Pairs<Literal<'a>, Literal<'a>>) -> Self {
        Target {
            description: (&*spec.id).into(),
            context: (&*spec.context).into(),
            dockerfile: relative(&spec.context, &spec.dockerfile).into(),
            target: spec.target.as_deref().map(Into::into),
            contexts,
            args: spec
                .args
                .iter()
                .map(|(name, value)| ((&**name).into(), Arg::Text((&**value).into())))
                .chain(
                    spec.proxies()
                        .map(|name| (name.into(), Arg::Variable(name))),
                )
                .collect(),
            labels: spec
                .labels
                .iter()
                .map(|(name, value)| ((&**name).into(), (&**value).into()))
                .collect(),
            secret: spec.secret_words().map(Into::into).collect(),
            platforms: &spec.platforms,
            tags: spec
                .references
                .iter()
                .chain(&spec.aliases)
                .map(|tag| (&**tag).into())
                .collect(),
        }
    }
}

/// Every name by which the Dockerfile of a spec may call what the spec stands on, and the target that makes it; and the
/// upstream images that it names, at their locked digest.
fn contexts<'a>(
    matrix: &Matrix,
    contents: &Contents,
    id: SpecId,
    targets: &[Arc<str>],
) -> Pairs<Literal<'a>, Literal<'a>> {
    let below = calls(matrix, contents, id).into_iter();
    let mut contexts: Vec<(Literal<'a>, Literal<'a>)> = below
        .map(|(name, below)| {
            let target = format!("target:{}", targets[below.0]);
            (name.into(), target.into())
        })
        .collect();
    for (name, pinned) in &contents.get(id).pins {
        let pinned = format!("docker-image://{pinned}");
        contexts.push((name.clone().into(), pinned.into()));
    }
    // Of a name that comes again, the first says what it is.
    contexts
        .into_iter()
        .unique_by(|(name, _)| name.clone())
        .collect()
}

/// A text that HCL reads as itself: `${` and `%{` would start a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Literal<'a>(Cow<'a, str>);

impl<'a> From<&'a str> for Literal<'a> {
    fn from(text: &'a str) -> Self {
        Literal(text.into())
    }
}

impl From<String> for Literal<'_> {
    fn from(text: String) -> Self {
        Literal(text.into())
    }
}

impl Serialize for Literal<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.replace("${", "$${").replace("%{", "%%{"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_starts_no_template() {
        let text = Literal::from("${a} %{b} $$ %% $${c} \"\n");
        let written = serde_json::to_string(&text).unwrap_or_default();
        assert_eq!(written, r#""$${a} %%{b} $$ %% $$${c} \"\n""#);
    }
}
