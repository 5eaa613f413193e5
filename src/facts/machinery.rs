//! The images that pipelines run: an engine, builders, the commands that logins take. Each has a name here, so that a row of
//! the user's can stand for it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::facts::{Day, Facts, shipped};
use crate::grammar::reference::{Parts, base_fault};

/// What a pipeline runs.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Machinery {
    /// The command `aws`, for jobs that have an engine and not the command.
    AwsCli,
    /// What registers QEMU. It runs privileged.
    Binfmt,
    /// What builds, in a container of its own.
    Buildkit,
    /// The same, for runners that allow nothing privileged.
    BuildkitRootless,
    /// The command `cosign`, for jobs that have an engine and not the command. Its tag is also the release that GitHub's jobs
    /// install by an action.
    Cosign,
    /// The command `curl`, for jobs that have an engine and not the command.
    Curl,
    /// The Docker client with buildx and git, and a shell.
    DockerCli,
    /// The Docker engine, of the same version as the client.
    DockerDind,
    /// git with Git LFS, and a shell.
    GitLfs,
    /// The command `gcloud`, and a shell.
    GoogleCloudCli,
    /// What uv is copied from into rendered images.
    Uv,
}

/// The image of one of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MachineryImage {
    /// What it is for.
    pub name: Machinery,
    /// `name:tag`, and `@sha256:…` where its digest is known.
    pub image: Pulled,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
    /// When it was right.
    #[serde(default)]
    pub as_of: Option<Day>,
}

/// The reference of an image that can be pulled.
#[derive(Clone, Debug)]
pub struct Pulled(pub String);

impl<'de> Deserialize<'de> for Pulled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let fault = base_fault(&text).or_else(|| {
            let parts = Parts::of(&text);
            let floats = parts.tag.is_none() && parts.digest.is_none();
            floats.then(|| "it states neither a tag nor a digest".to_owned())
        });
        match fault {
            None => Ok(Pulled(text)),
            Some(fault) => {
                let text = text.escape_debug();
                Err(D::Error::custom(format!(
                    "`{text}` is no image to run: {fault}"
                )))
            }
        }
    }
}

impl JsonSchema for Pulled {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Pulled".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl Machinery {
    /// How a row of facts names it.
    pub fn word(self) -> String {
        let word = toml::Value::try_from(self).ok();
        word.and_then(|word| word.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

impl Facts {
    /// Whether it is the shipped image of a part of the machinery.
    pub fn ships(image: &str) -> bool {
        let rows = &shipped::machinery().machinery;
        rows.iter().any(|row| row.image.0 == image)
    }

    /// Every part of the machinery with its image.
    pub fn all_machinery(&self) -> impl Iterator<Item = (Machinery, &str)> {
        let names = shipped::machinery().machinery.iter().map(|row| row.name);
        names.map(|name| (name, self.machinery(name)))
    }

    /// The image for a part of the machinery: the user's, else the shipped one.
    pub fn machinery(&self, name: Machinery) -> &str {
        let found = self.find(
            shipped::machinery,
            |tables| &tables.machinery,
            |row| (row.source.as_ref(), row.as_of),
            |row| row.name == name,
        );
        found.map_or("", |known| &known.row.image.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_one_image_and_a_digest_is_whole() {
        let rows = &shipped::machinery().machinery;
        let names: Vec<Machinery> = rows.iter().map(|row| row.name).collect();
        let all = [
            Machinery::AwsCli,
            Machinery::Binfmt,
            Machinery::Buildkit,
            Machinery::BuildkitRootless,
            Machinery::Cosign,
            Machinery::Curl,
            Machinery::DockerCli,
            Machinery::DockerDind,
            Machinery::GitLfs,
            Machinery::GoogleCloudCli,
            Machinery::Uv,
        ];
        assert_eq!(names, all);
        for row in rows {
            let (named, digest) = row.image.0.split_once('@').unwrap_or((&row.image.0, ""));
            let (_, tag) = named.rsplit_once(':').expect("a tag");
            assert!(
                tag.bytes().any(|b| b.is_ascii_digit()),
                "{tag} is of no version"
            );
            let hex = digest.strip_prefix("sha256:").unwrap_or_default();
            assert!(digest.is_empty() || hex.len() == 64, "{digest}");
        }
    }
}
