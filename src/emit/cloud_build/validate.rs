//! What Cloud Build would refuse of the options, or take otherwise than they were meant.

use super::options::{CloudBuild, Shape as BuildShape};
use crate::config::{Options, PullRequest, Shape, StepMeans, TableReader, UnmetWish, Wish};
use crate::diagnostic::code;
use crate::grammar::Spanned;

/// Source: `options.machineType` of Cloud Build's config and machine types of private pools; none has an accelerator.
const NO_GPU: UnmetWish = UnmetWish {
    of: Wish::Gpu,
    fact: "has no machine with a graphics card",
    help: "test it in another pipeline, and narrow this one by its `match`, or test with `gen test` where there is one",
};

/// A plain call of Docker cannot ask where the working folder is.
const NO_WORKING_FOLDER: UnmetWish = UnmetWish {
    of: Wish::FromWorkingFolder,
    fact: "mounts files by a plain call here, which takes absolute places alone",
    help: "say where in the image it is to be, as in `\"tests:/tests\"`, or use the other `shape`",
};

impl Options for CloudBuild {
    fn file(&mut self) -> &mut Spanned<String> {
        &mut self.file
    }

    fn pull_request(&self) -> &PullRequest {
        &self.pull_request
    }

    fn validate(&self, reader: &mut TableReader<'_>) -> Shape {
        reader.trigger(&self.trigger);
        reader.optional_word("image", &self.image);
        reader.optional_word("emulator", &self.emulator);
        reader.optional_word("builder", &self.builder);
        reader.optional_word("submit-image", &self.submit_image);
        reader.check_image(&self.check_image);
        reader.optional_word("pool", &self.pool);
        reader.optional_word("logs-bucket", &self.logs_bucket);
        reader.optional_word("service-account", &self.service_account);
        self.substitutions(reader);
        self.tags(reader);
        self.logs(reader);
        self.classic(reader);
        for platform in self.platforms.iter().flatten() {
            reader.whole_platform(platform);
        }
        let rows = reader.build_rows(&self.when);
        Shape {
            builds_anew: self.is_classic(),
            lacks: match self.is_classic() {
                true => vec![NO_GPU, NO_WORKING_FOLDER],
                false => vec![NO_GPU],
            },
            ..reader.shape(&self.matches, rows, &self.step, StepMeans::Shell)
        }
    }
}

impl CloudBuild {
    fn substitutions(&self, reader: &mut TableReader<'_>) {
        for (name, default) in &self.substitutions {
            reader.text(&name.value, default);
            if !is_substitution(name) {
                fault(
                    reader,
                    format!("`{}` cannot name a substitution", name.escape_debug()),
                    name,
                    "`_`, then upper-case letters, digits and `_`",
                    "names without `_` in front are Cloud Build's own",
                );
            }
            if default.contains('$') {
                fault(
                    reader,
                    format!("the default of `{}` has a dollar", name.value),
                    default,
                    "text to a build that is submitted, a name to one that a trigger starts",
                    "a trigger expands what stands in a substitution",
                );
            }
        }
    }

    fn tags(&self, reader: &mut TableReader<'_>) {
        for tag in self.tags.iter().filter(|tag| !is_tag(tag)) {
            fault(
                reader,
                format!("`{}` cannot be a build's tag", tag.escape_debug()),
                tag,
                "letters, digits, `_`, `.` and `-`",
                "at most 128 of them, and neither `.` nor `-` first",
            );
        }
    }

    fn logs(&self, reader: &mut TableReader<'_>) {
        if let Some(logging) = &self.logging
            && logging.wants_bucket()
            && self.service_account.is_some()
            && self.logs_bucket.is_none()
        {
            let fact = format!(
                "`{}` with a `service-account` wants `logs-bucket`",
                logging.name()
            );
            let finding =
                reader.finding(&code::MISSING_KEY, fact, &logging.span, "logs to a bucket");
            reader.push(
                finding
                    .note("Cloud Build refuses such a build: its own bucket is not that account's")
                    .help("add `logs-bucket = \"gs://…\"`, or log to `CLOUD_LOGGING_ONLY`"),
            );
        }
    }

    /// What the classic shape cannot do, for it is plain calls of Docker.
    fn classic(&self, reader: &mut TableReader<'_>) {
        let classic = self.shape.as_ref();
        let Some(shape) = classic.filter(|shape| ***shape == BuildShape::Classic) else {
            return;
        };
        let asked = [
            (
                reader.attests(),
                "the classic shape attests nothing",
                "what Docker itself pushes carries no list of software and no provenance",
                "leave out `shape`, or `sbom` and `provenance` of `[ci]`",
            ),
            (
                reader.packs(),
                "the classic shape packs, dates and caches as Docker does",
                "a plain call of Docker is told of none of that",
                "leave out `shape`, or `compression`, `cache` and `reproducible` of `[ci]`",
            ),
        ];
        for (_, fact, label, help) in asked.into_iter().filter(|(is_asked, ..)| *is_asked) {
            let finding = reader.finding(&code::INVALID_OPTION, fact, &shape.span, label);
            reader.push(finding.help(help));
        }
    }
}

fn fault(
    reader: &mut TableReader<'_>,
    fact: String,
    at: &Spanned<String>,
    label: &str,
    note: &str,
) {
    let finding = reader.finding(&code::INVALID_OPTION, fact, &at.span, label);
    reader.push(finding.note(note));
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
