//! The program `cosign`: whether somebody whose signature counts has signed an image.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that starts programs, and reads what they say"
)]

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::image::plan::Signed;

/// The program, as it is found on `PATH`.
const COSIGN: &str = "cosign";

/// How it ends where there is no signature, and where none fits. With 1 it ends where it could not tell. Source:
/// `cmd/cosign/errors/exit_codes.go` of sigstore/cosign.
const UNSIGNED: [i32; 2] = [10, 12];

/// What it makes of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// Somebody whose signature counts has signed it.
    By(String),
    /// Nobody whose signature counts has.
    Foreign(String),
    /// Nobody knows.
    Unknown(String),
}

/// Whose signature counts, in cosign's words.
#[derive(Debug)]
pub(crate) struct Cosign<'a> {
    root: &'a Path,
    words: Vec<String>,
    /// The key, where it is one.
    key: Option<String>,
}

/// What it prints of a signature that fits.
#[derive(Deserialize)]
struct Payload {
    optional: Option<Optional>,
}

#[derive(Deserialize)]
struct Optional {
    #[serde(rename = "Subject")]
    subject: Option<String>,
}

impl<'a> Cosign<'a> {
    /// Cosign, from the root of a repository; nothing where the plan does not say whose signature counts.
    pub(crate) fn of(signed: &Signed, root: &'a Path) -> Option<Self> {
        Some(Cosign {
            root,
            words: signed.verifying()?,
            key: signed.public_key.clone(),
        })
    }

    /// Looks at one image, `repository@digest`.
    pub(crate) fn verify(&self, reference: &str) -> Signature {
        let mut command = Command::new(COSIGN);
        command.current_dir(self.root).stdin(Stdio::null());
        command.args(["verify", "--output", "json"]);
        let output = match command.args(&self.words).arg(reference).output() {
            Ok(output) => output,
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                return Signature::Unknown("there is no `cosign` on `PATH`".to_owned());
            }
            Err(fault) => return Signature::Unknown(format!("cannot run cosign: {fault}")),
        };
        let said = String::from_utf8_lossy(&output.stderr);
        let mut lines = said.lines().map(str::trim).rev();
        let last = lines.find(|line| !line.is_empty());
        let last = last.unwrap_or("cosign says nothing");
        let last = last
            .strip_prefix("error during command execution: ")
            .unwrap_or(last)
            .to_owned();
        match output.status.code() {
            Some(0) => Signature::By(self.signer(&output.stdout)),
            Some(code) if UNSIGNED.contains(&code) => Signature::Foreign(last),
            _ => Signature::Unknown(last),
        }
    }

    /// Who signed, as cosign prints it of an identity, or the file of the key.
    fn signer(&self, printed: &[u8]) -> String {
        let payloads: Vec<Payload> = serde_json::from_slice(printed).unwrap_or_default();
        let subject = payloads.into_iter().find_map(|one| one.optional?.subject);
        self.key
            .clone()
            .or(subject)
            .unwrap_or_else(|| "an identity that counts".to_owned())
    }
}
