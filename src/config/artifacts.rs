//! `[artifact.NAME]`: what a pipeline makes before it builds images from it, such as the wheel of the release.
//!
//! It need not be there when the matrix is committed, and its bytes differ from run to run; so it counts by the version
//! that it is declared to stand for.

use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;

use crate::config::raw::{Named, RawArtifact};
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code};
use crate::grammar::Spanned;
use crate::render::Scope;

/// What a pipeline makes, and images are built from.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Its key.
    pub name: String,
    /// Where it lies, from the root: parts in which `*` and `?` stand for any characters of a name.
    pub path: String,
    /// The version it stands for.
    pub version: String,
    /// Where it is declared.
    pub span: Range<usize>,
}

impl Artifact {
    /// Whether a path, from the root, is it or lies below it.
    pub fn covers(&self, path: &str) -> bool {
        let mut own = path.split('/');
        self.path
            .trim_end_matches('/')
            .split('/')
            .all(|pattern| own.next().is_some_and(|part| is_match(pattern, part)))
    }

    /// Whether a folder, from the root, holds it; told from there, a path such as it may have.
    pub fn within(&self, folder: &str) -> Option<String> {
        if self.covers(folder) {
            return Some("x".to_owned());
        }
        let path = match folder {
            "." => self.path.as_str(),
            folder => self.path.strip_prefix(folder)?.strip_prefix('/')?,
        };
        let below = if path.ends_with('/') { "x" } else { "" };
        Some(format!("{path}{below}").replace(['*', '?'], "x"))
    }
}

/// Whether a name is what a pattern says.
fn is_match(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = rest.as_str();
            let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            // A row of stars is one, so that this stays quick.
            rest.starts_with('*') && is_match(rest, name)
                || !rest.starts_with('*') && ends.any(|at| is_match(rest, &name[at..]))
        }
        Some(wanted) => {
            let mut chars = name.chars();
            chars.next().is_some_and(|c| wanted == '?' || c == wanted)
                && is_match(rest.as_str(), chars.as_str())
        }
    }
}

impl Builder<'_> {
    /// Those that are declared; `release` is what templates see of it.
    pub(super) fn artifacts(
        &mut self,
        raw: &Named<Spanned<RawArtifact>>,
        release: Option<&Value>,
    ) -> Vec<Artifact> {
        let mut all = Vec::new();
        for (name, artifact) in raw {
            if !is_name(name) {
                let finding = Finding::new(
                    &code::INVALID_NAME,
                    format!("`{}` cannot name an artifact", name.escape_debug()),
                    self.place(name.span.clone(), "lower-case letters, digits, `_` and `-`"),
                );
                self.sink.push(finding);
            }
            let path = &artifact.path;
            let bare = path.trim_end_matches('/');
            let parts = bare.split('/');
            let good = |part: &str| {
                !part.is_empty()
                    && part != "."
                    && part != ".."
                    && !part.starts_with('-')
                    && part.matches('*').count() <= 4
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"._+@=-*?".contains(&b))
            };
            if !parts.clone().all(good) || path.ends_with("//") {
                let finding = Finding::new(
                    &code::UNSAFE_VALUE,
                    format!("`{}` is no path of an artifact", path.escape_debug()),
                    self.place(
                        path.span.clone(),
                        "from the root, of letters, digits and `._+@=-`, with `*` or `?` for what varies",
                    ),
                );
                self.sink.push(
                    finding.help("write it like `dist/*.whl`, or `dist/` for all of a folder"),
                );
            }
            let version = self.artifact_version(&artifact.version, release);
            all.push(Artifact {
                name: name.value.clone(),
                path: path.value.clone(),
                version: version.unwrap_or_default(),
                span: name.span.clone(),
            });
        }
        all
    }

    fn artifact_version(
        &mut self,
        text: &Spanned<String>,
        release: Option<&Value>,
    ) -> Option<String> {
        let field = self.field(text, &|_| false)?;
        let before = self.sink.len();
        let known: &[&str] = if release.is_some() { &["release"] } else { &[] };
        self.check_names(&field, known, "`version` of an artifact");
        if self.sink.len() > before {
            return None;
        }
        let names: Vec<(Arc<str>, Value)> = release
            .map(|release| ("release".into(), release.clone()))
            .into_iter()
            .collect();
        match self
            .fields
            .render(&field, &Value::from_object(Scope(names)))
        {
            Ok(version) if version.trim().is_empty() || version.contains(char::is_control) => {
                let finding = Finding::new(
                    &code::INVALID_VERSION,
                    format!("`{}` is no version of an artifact", version.escape_debug()),
                    self.place(text.span.clone(), "one line that says which it is"),
                );
                self.sink
                    .push(finding.help("write `version = \"{{ release.version }}\"`"));
                None
            }
            Ok(version) => Some(version.into_owned()),
            Err(fault) => {
                let finding = self.field_fault(&field, fault);
                self.sink.push(finding);
                None
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(path: &str) -> Artifact {
        Artifact {
            name: "wheel".to_owned(),
            path: path.to_owned(),
            version: "1".to_owned(),
            span: 0..0,
        }
    }

    #[test]
    fn a_path_covers_what_it_names_and_what_lies_below() {
        for (path, good, bad) in [
            (
                "dist/*.whl",
                &[
                    "dist/a-1.0-py3.whl",
                    "dist/.whl",
                    "dist/é.whl",
                    "dist/a.whl/x",
                ][..],
                &["dist", "dist/a.tar.gz", "x/dist/a.whl", "dist/sub/a.whl"][..],
            ),
            (
                "dist/",
                &["dist/a", "dist/sub/a", "dist"],
                &["distx/a", "x/dist"],
            ),
            (
                "bin/app?",
                &["bin/app1", "bin/app1/x"],
                &["bin/app", "bin/app12"],
            ),
            ("a*b*c", &["abc", "axbxc"], &["ab", "abcd"]),
        ] {
            let artifact = artifact(path);
            for path in good {
                assert!(artifact.covers(path), "{path}");
            }
            for path in bad {
                assert!(!artifact.covers(path), "{path}");
            }
        }
    }

    #[test]
    fn a_context_holds_what_lies_below_it() {
        let within = |path: &str, folder: &str| artifact(path).within(folder);
        assert_eq!(within("dist/*.whl", "."), Some("dist/x.whl".to_owned()));
        assert_eq!(within("app/dist/", "app"), Some("dist/x".to_owned()));
        assert_eq!(within("apple/dist", "app"), None);
        assert_eq!(within("dist/", "dist"), Some("x".to_owned()));
        assert_eq!(within("dist", "dist"), Some("x".to_owned()));
        assert_eq!(within("build/", "build/out/app"), Some("x".to_owned()));
        assert_eq!(within("build/", "builds"), None);
    }
}
