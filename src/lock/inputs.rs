//! The inputs of a spec, one by one, as the lock states them.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::grammar::{Pairs, SpecId};
use crate::image::{Contents, Ingredients, Matrix, Short};

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
    /// How its layers are packed, where the matrix says.
    pub compression: Option<String>,
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
    /// Labels that are put on it, likewise.
    pub labels: IndexMap<String, String>,
    /// Upstream images that the user's Dockerfile names, with their locked digest.
    pub pins: IndexMap<String, String>,
    /// What a pipeline makes, and its context holds, with the version that it stands for.
    pub artifacts: IndexMap<String, String>,
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
    /// Those of a spec, as the lock states them.
    pub fn of(matrix: &Matrix, contents: &Contents, id: SpecId) -> Self {
        let mut inputs = Inputs::whole(matrix, contents, id);
        let values = inputs.args.values_mut().chain(inputs.labels.values_mut());
        for value in values.filter(|v| v.len() > LONG) {
            *value = format!("sha256:{}", Short::of(value.as_bytes()));
        }
        inputs
    }

    /// Those of a spec, with every value as it is.
    pub fn whole(matrix: &Matrix, contents: &Contents, id: SpecId) -> Self {
        let spec = matrix.spec(id);
        // Named one by one, so that what is added to the content cannot be forgotten here.
        let Ingredients {
            dockerfile: _,
            raw,
            own: _,
            files,
            target,
            args,
            labels,
            pins,
            artifacts,
            platforms,
            compression,
            epoch,
            stands_on: _,
        } = contents.ingredients(matrix, id);
        let below = |on: &SpecId| Below {
            spec: matrix.spec(*on).id.to_string(),
            content: contents.get(*on).content.short(),
        };
        let (base, digest) = match spec.base.as_deref() {
            Some(base) => match base.split_once('@') {
                Some((name, digest)) => (Some(name.to_owned()), Some(digest.to_owned())),
                None => (Some(base.to_owned()), None),
            },
            None => (None, None),
        };
        let neutral = Neutral::new(matrix, contents, id);
        let texts = |texts: &Pairs<Arc<str>, String>| {
            let texts = texts.iter();
            texts
                .map(|(name, value)| (name.to_string(), neutral.text(value)))
                .collect()
        };
        Inputs {
            dockerfile: match raw {
                Some(raw) => Short::of(raw),
                None => Short::of(dockerfile(matrix, contents, id).as_bytes()),
            },
            context: (!files.files.is_empty()).then(|| Short::of(&files.hash)),
            target: target.map(str::to_owned),
            platforms: platforms.iter().map(|p| p.as_str().to_owned()).collect(),
            compression: compression.map(|packed| packed.word().to_owned()),
            epoch,
            base,
            digest,
            parent: spec.parent.as_ref().map(below),
            needs: spec.needs.iter().map(below).collect(),
            args: texts(args),
            labels: texts(labels),
            artifacts: artifacts.clone().into_iter().collect(),
            pins: pins
                .iter()
                .map(|(name, pinned)| {
                    let digest = pinned.rsplit_once('@').map_or("", |(_, digest)| digest);
                    (name.clone(), digest.to_owned())
                })
                .collect(),
        }
    }
}

/// The Dockerfile of a spec: the user's as it is, a rendered one without what it stands on and the values of args, which
/// are inputs of their own.
pub fn dockerfile(matrix: &Matrix, contents: &Contents, id: SpecId) -> String {
    let Ingredients {
        dockerfile,
        own,
        args,
        ..
    } = contents.ingredients(matrix, id);
    if own {
        return dockerfile.to_owned();
    }
    let text = Neutral::new(matrix, contents, id).text(&without_values(dockerfile, args));
    // That follows from the base, too.
    let distribution = &contents.get(id).distribution;
    text.replace(
        &format!("-{distribution}-${{TARGETARCH}}"),
        "-{{ distribution }}-${TARGETARCH}",
    )
}

/// Takes what a spec stands on out of its texts.
struct Neutral(Vec<(String, String)>);

impl Neutral {
    fn new(matrix: &Matrix, contents: &Contents, id: SpecId) -> Self {
        let spec = matrix.spec(id);
        let content = |id: SpecId| contents.reference(matrix.spec(id), id);
        let from = spec.parent.map(content).or_else(|| spec.base.clone());
        let from = from.map(|from| (from, "{{ from }}".to_owned()));
        let needs = spec.needs.iter().map(|id| {
            let name = format!("{{{{ needs.{} }}}}", matrix.spec(*id).id);
            (content(*id), name)
        });
        // Labels state the name of a locked base and its digest each.
        let locked = spec.base.as_deref().and_then(|base| base.split_once('@'));
        let locked = locked.into_iter().flat_map(|(name, digest)| {
            [
                (name.to_owned(), "{{ from }}".to_owned()),
                (digest.to_owned(), "{{ digest }}".to_owned()),
            ]
        });
        Neutral(from.into_iter().chain(needs).chain(locked).collect())
    }

    fn text(&self, text: &str) -> String {
        let parts = self.0.iter();
        parts.fold(text.to_owned(), |text, (reference, name)| {
            replaced(&text, reference, name)
        })
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
fn without_values(dockerfile: &str, args: &Pairs<Arc<str>, String>) -> String {
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
        let args = std::iter::once(("A".into(), "1".to_owned())).collect();
        let text = "FROM x\nARG A=\"1\"\nARG B=2\nENV A=1";
        assert_eq!(
            without_values(text, &args),
            "FROM x\nARG A\nARG B=2\nENV A=1"
        );
    }
}
