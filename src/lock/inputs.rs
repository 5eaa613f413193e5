//! The inputs of a spec, one by one, as the lock states them.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::image::{Contents, Ingredients, Matrix, Short, SpecId};

/// Longest value of a build arg that is stated as it is, in bytes; of a longer one, its hash is.
const LONG: usize = 120;

/// What goes into a spec, part by part: enough to say which part of it changed. Whatever differs in content differs here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Its Dockerfile, but for what it stands on and the values of args, which are parts of their own.
    pub dockerfile: Short,
    /// The files of its context; `None` when there are none.
    pub context: Option<Short>,
    /// Stage to build.
    pub target: Option<String>,
    /// Platforms, in declared order.
    pub platforms: Vec<String>,
    /// Rebuild counter.
    pub epoch: u64,
    /// Upstream image, without its digest.
    pub base: Option<String>,
    /// Digest of the upstream image.
    pub digest: Option<String>,
    /// The spec it stands on.
    pub parent: Option<Below>,
    /// Specs it needs besides, in declared order.
    pub needs: Vec<Below>,
    /// Build args, in declared order; long values by their hash.
    pub args: IndexMap<String, String>,
}

/// A spec that another stands on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Below {
    /// Its id.
    pub spec: String,
    /// Its content.
    pub content: Short,
}

impl Inputs {
    /// Those of a spec.
    pub fn of(matrix: &Matrix, contents: &Contents, id: SpecId) -> Self {
        let spec = matrix.spec(id);
        // Named one by one, so that what is added to the content cannot be forgotten here.
        let Ingredients {
            dockerfile,
            own,
            files,
            target,
            args,
            platforms,
            epoch,
            stands_on,
        } = contents.ingredients(matrix, id);
        let below = |on: &SpecId| Below {
            spec: matrix.spec(*on).id.clone(),
            content: contents.get(*on).content.short(),
        };
        let neutral = |text: &str| {
            let from = spec.base.as_ref().or(stands_on.first());
            let text = match from.filter(|_| spec.base.is_some() || spec.parent.is_some()) {
                Some(from) => replaced(text, from, "{{ from }}"),
                None => text.to_owned(),
            };
            let needs = stands_on.iter().skip(usize::from(spec.parent.is_some()));
            needs.zip(&spec.needs).fold(text, |text, (reference, id)| {
                let name = format!("{{{{ needs.{} }}}}", matrix.spec(*id).id);
                replaced(&text, reference, &name)
            })
        };
        let dockerfile = if own {
            Short::of(dockerfile.as_bytes())
        } else {
            Short::of(neutral(&without_values(dockerfile, args)).as_bytes())
        };
        let (base, digest) = match spec.base.as_deref() {
            Some(base) => match base.split_once('@') {
                Some((name, digest)) => (Some(name.to_owned()), Some(digest.to_owned())),
                None => (Some(base.to_owned()), None),
            },
            None => (None, None),
        };
        let stated = |value: &str| {
            let value = neutral(value);
            if value.len() > LONG {
                format!("sha256:{}", Short::of(value.as_bytes()))
            } else {
                value
            }
        };
        Inputs {
            dockerfile,
            context: (!files.files.is_empty()).then(|| Short::of(&files.hash)),
            target: target.map(str::to_owned),
            platforms: platforms.iter().map(|p| p.as_str().to_owned()).collect(),
            epoch,
            base,
            digest,
            parent: spec.parent.as_ref().map(below),
            needs: spec.needs.iter().map(below).collect(),
            args: args
                .iter()
                .map(|(name, value)| (name.to_string(), stated(value)))
                .collect(),
        }
    }
}

/// `text` with `new` wherever `old` stands by itself, not as a part of a longer name.
fn replaced(text: &str, old: &str, new: &str) -> String {
    let inside = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(old) {
        let end = at + old.len();
        let alone = !text[..at].ends_with(inside) && !text[end..].starts_with(inside);
        if alone && !old.is_empty() {
            out.push_str(&text[done..at]);
            out.push_str(new);
            done = end;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// A rendered Dockerfile without the values that its ARG instructions give these args.
fn without_values(dockerfile: &str, args: &IndexMap<Arc<str>, String>) -> String {
    let mut out = String::with_capacity(dockerfile.len());
    for line in dockerfile.split_inclusive('\n') {
        let named = line
            .strip_prefix("ARG ")
            .and_then(|rest| rest.split_once('='));
        match named {
            Some((name, _)) if args.contains_key(name) => {
                out.push_str("ARG ");
                out.push_str(name);
                out.push('\n');
            }
            _ => out.push_str(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_replaced_where_it_stands_alone() {
        for (text, expected) in [
            ("FROM a:1\n", "FROM X\n"),
            ("\"a:1\" a:1", "\"X\" X"),
            (
                "a:1.2 b/a:1 a:1@sha256:0 a:1-x",
                "a:1.2 b/a:1 a:1@sha256:0 a:1-x",
            ),
            ("=a:1,", "=X,"),
        ] {
            assert_eq!(replaced(text, "a:1", "X"), expected);
        }
    }

    #[test]
    fn values_of_args_are_parts_of_their_own() {
        let args = IndexMap::from([("A".into(), "1".to_owned())]);
        let text = "FROM x\nARG A=\"1\"\nARG B=2\nENV A=1";
        assert_eq!(
            without_values(text, &args),
            "FROM x\nARG A\nARG B=2\nENV A=1"
        );
    }
}
