//! `[ci.cloud-build]`: what Cloud Build would refuse of its options, or take otherwise than it was meant.

use crate::config::raw::RawCi;
use crate::config::spanned::Spanned;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code};
use crate::emit::{CloudBuildOptions, CloudBuildShape, Provenance};

impl Builder<'_> {
    /// Checks what is of this provider alone.
    pub(super) fn cloud_build(&mut self, ci: &RawCi, options: &CloudBuildOptions) {
        for (name, default) in &options.substitutions {
            if !is_substitution(name) {
                self.cloud_build_fault(
                    format!("`{}` cannot name a substitution", name.escape_debug()),
                    name,
                    "`_`, then upper-case letters, digits and `_`",
                    "names without `_` in front are Cloud Build's own",
                );
            }
            if default.contains('$') {
                self.cloud_build_fault(
                    format!("the default of `{}` has a dollar", name.value),
                    default,
                    "text to a build that is submitted, a name to one that a trigger starts",
                    "a trigger expands what stands in a substitution",
                );
            }
        }
        for tag in &options.tags {
            if !is_tag(tag) {
                self.cloud_build_fault(
                    format!("`{}` cannot be a build's tag", tag.escape_debug()),
                    tag,
                    "letters, digits, `_`, `.` and `-`",
                    "at most 128 of them, and neither `.` nor `-` first",
                );
            }
        }
        if let Some(logging) = &options.logging
            && logging.wants_bucket()
            && options.service_account.is_some()
            && options.logs_bucket.is_none()
        {
            let place = self.place(logging.span.clone(), "logs to a bucket");
            let finding = Finding::new(
                &code::MISSING_KEY,
                format!(
                    "`{}` with a `service-account` wants `logs-bucket`",
                    logging.name()
                ),
                place,
            );
            self.sink.push(
                finding
                    .note("Cloud Build refuses such a build: its own bucket is not that account's")
                    .help("add `logs-bucket = \"gs://…\"`, or log to `CLOUD_LOGGING_ONLY`"),
            );
        }
        if let Some(shape) = &options.shape
            && **shape == CloudBuildShape::Classic
            && (ci.sbom || ci.provenance != Provenance::Off)
        {
            let place = self.place(
                shape.span.clone(),
                "what Docker itself pushes carries no list of software and no provenance",
            );
            self.sink.push(
                Finding::new(
                    &code::INVALID_OPTION,
                    "the classic shape attests nothing",
                    place,
                )
                .help("leave out `shape`, or `sbom` and `provenance` of `[ci]`"),
            );
        }
    }

    fn cloud_build_fault<T>(&mut self, fact: String, at: &Spanned<T>, label: &str, note: &str) {
        let place = self.place(at.span.clone(), label);
        let finding = Finding::new(&code::INVALID_OPTION, fact, place);
        self.sink.push(finding.note(note));
    }
}

/// Source: the `substitutions` of cloud.google.com/build/docs/build-config-file-schema.
fn is_substitution(text: &str) -> bool {
    text.strip_prefix('_').is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

/// Source: `validBuildTagRE` of GoogleCloudPlatform/cloud-build-local, validate/validate.go: an image's tag.
fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}
