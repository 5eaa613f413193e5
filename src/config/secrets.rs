//! `[secret.NAME]`: what a build is handed that no image may hold, and `secrets`, which of them an image's build is handed.
//!
//! A secret is known by name alone: the name of the variable that holds it. Its value is read by the builder, from the
//! environment that the build is started in; it is no part of content, of a plan or of a command's words.

use std::ops::Range;

use crate::config::model::SecretRef;
use crate::config::raw::{Named, RawList, RawSecret};
use crate::config::taking::{List, Take, Taking};
use crate::config::validate::{Builder, Scope};
use crate::diagnostic::{Finding, code, suggest};
use crate::grammar::Spanned;

/// Index of a secret in declared order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretId(pub usize);

/// A secret that builds are handed.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its key, by which a Dockerfile mounts it: `RUN --mount=type=secret,id=…`.
    pub name: String,
    /// The variable that holds it.
    pub env: String,
    /// Where its name stands.
    pub span: Range<usize>,
}

/// The names by which `pip` knows an index and what `uv`, which installs in rendered Dockerfiles, calls the same.
/// Source: "Environment variables" of the documentation of uv, and of pip.
const OF_PIP: [(&str, &str); 3] = [
    ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"),
    ("PIP_EXTRA_INDEX_URL", "UV_INDEX"),
    ("PIP_FIND_LINKS", "UV_FIND_LINKS"),
];

/// Variables that pipelines and programs have for themselves.
const TAKEN: [&str; 12] = [
    "HOME",
    "ID",
    "LANG",
    "PATH",
    "PIPELINE",
    "PLAN",
    "PLATFORM",
    "PLATFORMS",
    "PUBLISH",
    "SHELL",
    "SPEC",
    "USER",
];

/// Why a text is no variable to hold a secret. Scripts have those in lower case for themselves.
fn env_fault(name: &str) -> Option<&'static str> {
    if TAKEN.contains(&name) {
        return Some("means something else in pipelines");
    }
    let rest = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    (!name.starts_with(|c: char| c.is_ascii_uppercase()) || !name.bytes().all(rest))
        .then_some("capital letters, digits and `_`, a letter first")
}

impl Secret {
    /// The variable in which `uv` wants it; `None` where it reads no such variable.
    pub fn of_uv(&self) -> Option<&str> {
        let of_pip = OF_PIP.iter().find(|(pip, _)| *pip == self.env);
        let own = self.env.starts_with("UV_").then_some(self.env.as_str());
        of_pip.map(|(_, uv)| *uv).or(own)
    }
}

impl Builder<'_> {
    /// Those that are declared.
    pub(super) fn declared_secrets(&mut self, raw: &Named<Spanned<RawSecret>>) -> Vec<Secret> {
        let mut all = Vec::new();
        for (name, table) in raw {
            if !is_id(name) {
                let place = self.place(
                    name.span.clone(),
                    "letters, digits, `.`, `_` and `-`, a letter or digit first",
                );
                let headline = format!("`{}` cannot name a secret", name.escape_debug());
                let finding = Finding::new(&code::INVALID_NAME, headline, place);
                self.sink.push(
                    finding
                        .note("builders know it by this name, in `RUN --mount=type=secret,id=…`"),
                );
            }
            let env = &table.env;
            if let Some(label) = env_fault(env) {
                let headline = format!("`{}` cannot hold a secret", env.escape_debug());
                let place = self.place(env.span.clone(), label);
                let finding = Finding::new(&code::INVALID_NAME, headline, place).note(
                    "this is the name of the variable that holds the secret, never its value",
                );
                let bare = env.trim_matches(['$', '{', '}', '(', ')', '%', ' ']);
                let word = bare.replace('-', "_").to_ascii_uppercase();
                self.sink.push(match env_fault(&word) {
                    None => finding.help(format!("write `{word}`")),
                    Some(_) => finding,
                });
            }
            all.push(Secret {
                name: name.value.clone(),
                env: env.value.clone(),
                span: name.span.clone(),
            });
        }
        all
    }

    /// Those that an image lists; one after a `!` is taken away, by an empty list all.
    pub(super) fn secrets(
        &mut self,
        scope: &Scope<'_>,
        list: &RawList,
        takes: &mut Vec<Taking>,
    ) -> Vec<SecretRef> {
        let Some(list) = list else {
            return Vec::new();
        };
        if list.is_empty() {
            takes.push((Take::All(List::Secrets), list.span.clone()));
        }
        let mut found = Vec::new();
        for item in &list.value {
            let taken = item.strip_prefix('!');
            let name = taken.unwrap_or(item);
            let span = item.span.clone();
            let Some(id) = scope.secrets.iter().position(|secret| secret.name == name) else {
                // What `[defaults]` lists is told once, and not for each image.
                if self.told.insert((span.start, name.to_owned())) {
                    self.sink.push(self.undeclared(scope, name, span));
                }
                continue;
            };
            match taken {
                Some(_) => takes.push((Take::Secret(SecretId(id), name.to_owned()), span)),
                None => found.push(SecretRef {
                    id: SecretId(id),
                    span,
                }),
            }
        }
        found
    }

    fn undeclared(&self, scope: &Scope<'_>, name: &str, span: Range<usize>) -> Finding {
        let finding = Finding::new(
            &code::UNDECLARED_SECRET,
            format!("there is no secret `{}`", name.escape_debug()),
            self.place(span, "not declared"),
        );
        let known = scope.secrets.iter().map(|secret| secret.name.as_str());
        let table = match is_id(name) && !name.contains('.') {
            true => format!("[secret.{name}]"),
            false => "[secret.…]".to_owned(),
        };
        let declare =
            format!("declare it: `{table}` with `env`, the name of the variable that holds it");
        match scope.secrets.is_empty() {
            true => finding.help(declare),
            false => suggest(finding, name, known, "secret", ""),
        }
    }
}

/// Names that stand in a field of a mount, and of `--secret`, as they are.
fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_of_pip_is_one_of_uv() {
        let of_uv = |env: &str| {
            let secret = Secret {
                name: "x".to_owned(),
                env: env.to_owned(),
                span: 0..0,
            };
            secret.of_uv().map(str::to_owned)
        };
        assert_eq!(of_uv("PIP_INDEX_URL").as_deref(), Some("UV_DEFAULT_INDEX"));
        assert_eq!(
            of_uv("UV_INDEX_ACME_PASSWORD").as_deref(),
            Some("UV_INDEX_ACME_PASSWORD")
        );
        assert_eq!(of_uv("HF_TOKEN"), None);
    }
}
