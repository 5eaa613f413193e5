//! What images carry, and how they are packed and signed: the same for all of a plan.

use serde::Serialize;

use crate::config::{Compression, Config, Provenance, SignTool, Signer, Signing, refs_pattern};

/// What images carry about themselves, for those who pull them.
#[derive(Debug, Serialize)]
pub struct Attestations {
    /// Whether that is a list of the software in them.
    pub sbom: bool,
    /// How much of their making.
    pub provenance: Provenance,
}

/// How what is pushed is packed and dated, where that is not left to the builder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Packing {
    /// The compression of every layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// Whether files and images carry the day that is recorded for their content.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reproducible: bool,
}

impl Packing {
    pub(super) fn of(config: &Config) -> Option<Self> {
        let packing = Packing {
            compression: config.ci.compression,
            reproducible: config.ci.reproducible,
        };
        (packing != Packing::default()).then_some(packing)
    }

    /// What a builder's exporter is told of compression, as it is written behind others of its options; empty where that is
    /// left to it. Only with `force-compression` are the layers of the base packed likewise. See
    /// <https://docs.docker.com/build/exporters/>.
    pub(super) fn packed(self) -> String {
        let packed = self.compression.map(|compression| {
            format!(",compression={},force-compression=true", compression.word())
        });
        packed.unwrap_or_default()
    }
}

/// How images are signed, and whose signature counts.
#[derive(Debug, Serialize)]
pub struct Signed {
    /// What signs.
    pub tool: SignTool,
    /// The private key, as that tool names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The file of the public key, from the repository root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Without a key: who vouches for the identity that signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Without a key: the workflow whose signature counts, without its ref; the pipeline's own where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Without a key: the refs whose runs count; `*` stands for any characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<String>,
    /// Whether signatures are in the public log, and looked for there.
    pub log: bool,
}

impl Signed {
    pub(super) fn of(signing: &Signing) -> Self {
        let nothing = Signed {
            tool: signing.tool,
            key: None,
            public_key: None,
            issuer: None,
            identity: None,
            refs: Vec::new(),
            log: signing.log,
        };
        match &signing.by {
            Signer::Key { private, public } => Signed {
                key: Some(private.clone()),
                public_key: Some(public.clone()),
                ..nothing
            },
            Signer::Identity {
                workflow,
                issuer,
                refs,
            } => Signed {
                issuer: Some(issuer.clone()),
                identity: workflow.clone(),
                refs: refs.clone(),
                ..nothing
            },
        }
    }

    /// What `cosign verify` is told, before the image; nothing where it is not known whose signature counts.
    pub fn verifying(&self) -> Option<Vec<String>> {
        let mut words = match (&self.public_key, &self.identity, &self.issuer) {
            (Some(key), _, _) => vec!["--key".to_owned(), key.clone()],
            (None, Some(identity), Some(issuer)) => {
                let of = |c: char| match c {
                    c if c.is_ascii_alphanumeric() || ":/_-".contains(c) => c.to_string(),
                    c => format!("[{c}]"),
                };
                let identity: String = identity.chars().map(of).collect();
                vec![
                    "--certificate-identity-regexp".to_owned(),
                    format!("^{identity}@{}$", refs_pattern(&self.refs)),
                    "--certificate-oidc-issuer".to_owned(),
                    issuer.clone(),
                ]
            }
            _ => return None,
        };
        if !self.log {
            words.push("--insecure-ignore-tlog=true".to_owned());
        }
        Some(words)
    }

    /// What scripts are told, each by a word for it.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let SignTool::Cosign = self.tool;
        let mut facts = vec![("tool", "cosign".to_owned())];
        let texts = [
            ("key", &self.key),
            ("public-key", &self.public_key),
            ("issuer", &self.issuer),
            ("identity", &self.identity),
        ];
        for (word, text) in texts {
            facts.extend(text.clone().map(|text| (word, text)));
        }
        if !self.refs.is_empty() {
            facts.push(("refs", refs_pattern(&self.refs)));
        }
        if !self.log {
            facts.push(("log", "false".to_owned()));
        }
        facts
    }
}
