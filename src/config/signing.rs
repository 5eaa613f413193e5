//! `[ci] sign`: by what the images are signed, and whose signature counts.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::config::pipelines::Pipeline;
use crate::config::provider::ProviderTable;
use crate::config::table_reader::TableReader;
use crate::diagnostic::code;
use crate::grammar::Spanned;

/// What signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignTool {
    /// Sigstore's cosign, whose signature is a tag beside the image: `sha256-HEX.sig`.
    Cosign,
}

/// `sign`, as written: `"cosign"`, or a table.
#[derive(Clone, Debug)]
pub enum RawSign {
    /// By the identity that the provider gives its jobs.
    Tool(SignTool),
    /// As the table says.
    Table(Box<SignTable>),
}

/// `sign` as a table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignTable {
    /// What signs.
    #[serde(rename = "with")]
    pub tool: SignTool,
    /// The private key, as cosign names one: `env://COSIGN_PRIVATE_KEY`, whose password is in `COSIGN_PASSWORD`, or one in a
    /// service, as `gcpkms://…`. Without it the identity that the provider gives its jobs signs.
    pub key: Option<Spanned<String>>,
    /// The file of the public key, by which signatures are verified: from the root of the repository.
    pub public_key: Option<Spanned<String>>,
    /// Without a key: the workflow whose signature counts, as its certificate names it, without the ref. The pipelines know
    /// their own; `gen published --verify` does not.
    pub identity: Option<Spanned<String>>,
    /// Without a key: who vouches for that identity. Default: the provider's own.
    pub issuer: Option<Spanned<String>>,
    /// Without a key: the refs whose runs count, `*` for any characters. Default: `refs/tags/*` and `refs/heads/main`.
    pub refs: Option<Spanned<Vec<Spanned<String>>>>,
    /// With a key: `false` leaves signatures out of the public log of Sigstore, and does not look for them there.
    pub log: Option<Spanned<bool>>,
}

impl<'de> Deserialize<'de> for RawSign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = RawSign;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`\"cosign\"`, or a table with `with`")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<RawSign, E> {
                SignTool::deserialize(text.into_deserializer()).map(RawSign::Tool)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawSign, A::Error> {
                let table = SignTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(RawSign::Table(Box::new(table)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for RawSign {
    fn schema_name() -> Cow<'static, str> {
        "Sign".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let tool = generator.subschema_for::<SignTool>();
        let table = generator.subschema_for::<SignTable>();
        json_schema!({
            "description": "What signs the images: by the identity that the provider gives its jobs, or as a table says.",
            "anyOf": [tool, table],
        })
    }
}

/// How the images are signed.
#[derive(Clone, Debug)]
pub struct Signing {
    /// By what.
    pub tool: SignTool,
    /// By whom.
    pub by: Signer,
    /// Whether signatures are in the public log, and looked for there.
    pub log: bool,
}

/// Whose signature counts.
#[derive(Clone, Debug)]
pub enum Signer {
    /// That of a key.
    Key {
        /// As cosign names it.
        private: String,
        /// Its file.
        public: String,
    },
    /// That of a workflow.
    Identity {
        /// As its certificate names it, without the ref; the pipeline's own where none is stated.
        workflow: Option<String>,
        /// Who vouches for it.
        issuer: String,
        /// The refs whose runs count, `*` for any characters.
        refs: Vec<String>,
    },
}

/// The refs whose runs count where none are stated: people who may release, or merge.
const REFS: [&str; 2] = ["refs/tags/*", "refs/heads/main"];

/// What cosign reads the password of a key from.
const PASSWORD: &str = "COSIGN_PASSWORD";

impl Signing {
    /// The variables that signing reads: stored secrets of the pipelines.
    pub fn secrets(&self) -> Vec<String> {
        match &self.by {
            Signer::Key { private, .. } => match private.strip_prefix("env://") {
                Some(name) => vec![name.to_owned(), PASSWORD.to_owned()],
                None => Vec::new(),
            },
            Signer::Identity { .. } => Vec::new(),
        }
    }

    /// Whether the identity of a job signs.
    pub fn is_by_identity(&self) -> bool {
        matches!(self.by, Signer::Identity { .. })
    }
}

/// Refs with `*` as a regular expression that awk, cosign and people read alike.
pub fn refs_pattern(refs: &[String]) -> String {
    let one = |text: &String| {
        let mut pattern = String::new();
        for c in text.chars() {
            match c {
                '*' => pattern.push_str(".*"),
                c if c.is_ascii_alphanumeric() || "/_-".contains(c) => pattern.push(c),
                c => pattern.extend(['[', c, ']']),
            }
        }
        pattern
    };
    format!("({})", refs.iter().map(one).collect::<Vec<_>>().join("|"))
}

/// The schemes of keys in services that cosign knows.
const SERVICES: [&str; 5] = [
    "awskms://",
    "azurekms://",
    "gcpkms://",
    "hashivault://",
    "k8s://",
];

impl TableReader<'_> {
    /// How the images are signed, as `[ci] sign` says; nothing where that cannot be.
    pub(super) fn signing(
        &mut self,
        raw: &Spanned<RawSign>,
        providers: &[&'static dyn ProviderTable],
        pipelines: &[Pipeline],
    ) -> Option<Signing> {
        let at = &raw.span;
        if let Some(classic) = pipelines.iter().find(|own| own.shape.builds_anew) {
            let fact = "the classic shape signs nothing";
            self.refuse(
                fact,
                &classic.span,
                "its contents are looked at by nobody",
                "leave out `shape`, or `sign` of `[ci]`",
            );
            return None;
        }
        let empty = SignTable {
            tool: SignTool::Cosign,
            key: None,
            public_key: None,
            identity: None,
            issuer: None,
            refs: None,
            log: None,
        };
        let table = match &raw.value {
            RawSign::Tool(tool) => SignTable {
                tool: *tool,
                ..empty
            },
            RawSign::Table(table) => SignTable::clone(table),
        };
        match &table.key {
            Some(key) => self.by_key(&table, key),
            None => self.by_identity(&table, at, providers, pipelines),
        }
    }

    fn by_key(&mut self, table: &SignTable, key: &Spanned<String>) -> Option<Signing> {
        let idle = [
            ("identity", table.identity.as_ref().map(|x| x.span.clone())),
            ("issuer", table.issuer.as_ref().map(|x| x.span.clone())),
            ("refs", table.refs.as_ref().map(|x| x.span.clone())),
        ];
        for (name, span) in idle {
            let Some(span) = span else { continue };
            let fact = format!("`{name}` says nothing of images that a key signs");
            self.refuse(
                &fact,
                &span,
                "whoever holds the key signs",
                "delete it, or `key`",
            );
        }
        let name = key.strip_prefix("env://");
        let is_known = match name {
            Some(name) => is_variable(name),
            None => {
                SERVICES.iter().any(|scheme| key.starts_with(scheme))
                    && key.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
            }
        };
        if !is_known {
            let fact = format!("`{}` is no key to sign by", key.escape_debug());
            let help = "name a variable, as in `key = \"env://COSIGN_PRIVATE_KEY\"`, or a key of a service, as in `gcpkms://…`";
            self.refuse(
                &fact,
                &key.span,
                "a file of the repository is read by everybody",
                help,
            );
            return None;
        }
        let Some(public) = &table.public_key else {
            let fact = "nothing says by which public key signatures are verified";
            let finding = self.finding(&code::MISSING_KEY, fact, &key.span, "signs");
            self.push(finding.help(
                "commit it, and add `public-key = \"cosign.pub\"`: `cosign public-key --key …` prints it",
            ));
            return None;
        };
        let fits = !public.is_empty()
            && !public.starts_with(['/', '-'])
            && public.split('/').all(|part| part != "..")
            && public
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b));
        if !fits {
            let fact = format!("`{}` is no file of a public key", public.escape_debug());
            let label = "letters, digits, `.`, `_`, `-` and `/`, from the root of the repository";
            self.refuse(
                &fact,
                &public.span,
                label,
                "as in `public-key = \"cosign.pub\"`",
            );
            return None;
        }
        Some(Signing {
            tool: table.tool,
            by: Signer::Key {
                private: key.value.clone(),
                public: public.value.clone(),
            },
            log: table.log.as_ref().is_none_or(|log| log.value),
        })
    }

    fn by_identity(
        &mut self,
        table: &SignTable,
        at: &Range<usize>,
        providers: &[&'static dyn ProviderTable],
        pipelines: &[Pipeline],
    ) -> Option<Signing> {
        const BY_KEY: &str = "sign by a key: `sign = { with = \"cosign\", key = \"env://COSIGN_PRIVATE_KEY\", public-key = \"cosign.pub\" }`";
        let public = table.public_key.as_ref().map(|key| key.span.clone());
        if let Some(span) = public {
            let fact = "`public-key` says nothing of images that no key signs";
            self.refuse(fact, &span, "there is no `key`", BY_KEY);
        }
        if let Some(log) = table.log.as_ref().filter(|log| !log.value) {
            let fact = "without a key, a signature counts by the public log alone";
            self.refuse(fact, &log.span, "leaves the log out", BY_KEY);
            return None;
        }
        let on = providers.iter().filter(|provider| {
            let mut pipelines = pipelines.iter();
            pipelines.any(|pipeline| pipeline.provider == provider.key())
        });
        let (with, without): (Vec<&&dyn ProviderTable>, Vec<&&dyn ProviderTable>) =
            on.partition(|provider| provider.issuer().is_some());
        for provider in &without {
            let fact = format!("{} gives its jobs no identity to sign by", provider.title());
            self.refuse(&fact, at, "names no key", BY_KEY);
        }
        if with.len() > 1 {
            let titles: Vec<&str> = with.iter().map(|provider| provider.title()).collect();
            let fact = format!("{} sign by identities of their own", titles.join(" and "));
            let label = "neither takes what the other has signed";
            self.refuse(&fact, at, label, BY_KEY);
            return None;
        }
        let stated = table.issuer.as_ref().map(|issuer| issuer.value.clone());
        let own = with.first().and_then(|provider| provider.issuer());
        let Some(issuer) = stated.or(own.map(str::to_owned)) else {
            if without.is_empty() {
                let fact = "nothing says who vouches for the identity that signs";
                let finding = self.finding(&code::MISSING_KEY, fact, at, "no pipeline is on");
                self.push(
                    finding.help(
                        "add `issuer = \"https://…\"` to `sign`, or a key: then nobody has to",
                    ),
                );
            }
            return None;
        };
        if !without.is_empty() {
            return None;
        }
        for text in table.issuer.iter().chain(&table.identity) {
            let fits = text.starts_with("https://") && text.bytes().all(is_of_address);
            if !fits {
                let fact = format!("`{}` is no address", text.escape_debug());
                self.refuse(
                    &fact,
                    &text.span,
                    "begins with `https://`, and has no ref",
                    "as in `identity = \"https://github.com/acme/images/.github/workflows/base-images.yml\"`",
                );
            }
        }
        let refs = match &table.refs {
            Some(refs) => refs.iter().map(|one| one.value.clone()).collect(),
            None => REFS.map(str::to_owned).to_vec(),
        };
        for one in table.refs.iter().flat_map(|refs| refs.iter()) {
            let fits = one.starts_with("refs/")
                && one
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"/._-*+".contains(&b));
            if !fits {
                let fact = format!("`{}` is no ref", one.escape_debug());
                self.refuse(
                    &fact,
                    &one.span,
                    "begins with `refs/`; `*` stands for any characters",
                    "as in `refs = [\"refs/tags/*\"]`",
                );
            }
        }
        if let Some(none) = table.refs.as_ref().filter(|refs| refs.is_empty()) {
            let fact = "no ref's signature would count";
            self.refuse(fact, &none.span, "empty", "delete the line, or name one");
        }
        Some(Signing {
            tool: table.tool,
            by: Signer::Identity {
                workflow: table.identity.as_ref().map(|text| text.value.clone()),
                issuer,
                refs,
            },
            log: true,
        })
    }

    fn refuse(&mut self, fact: &str, at: &Range<usize>, label: &str, help: &str) {
        let finding = self.finding(&code::INVALID_OPTION, fact, at, label);
        self.push(finding.help(help));
    }
}

fn is_of_address(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"._~:/%+=-".contains(&b)
}

fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs_are_read_alike_by_all() {
        let refs = ["refs/tags/v1.*", "refs/heads/main"].map(str::to_owned);
        assert_eq!(refs_pattern(&refs), "(refs/tags/v1[.].*|refs/heads/main)");
    }
}
