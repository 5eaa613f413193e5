//! A download for one architecture in a Dockerfile that is built for several.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, and_list, code};
use crate::dockerfile::{Instruction, Kind};
use crate::image::SpecId;

/// Names of architectures in downloads.
const NAMES: [(&str, &str); 4] = [
    ("x86_64", "linux/amd64"),
    ("amd64", "linux/amd64"),
    ("aarch64", "linux/arm64"),
    ("arm64", "linux/arm64"),
];

/// What tells that an instruction asks which architecture it is on.
const ASKS: [&str; 7] = [
    "TARGETARCH",
    "TARGETPLATFORM",
    "TARGETVARIANT",
    "BUILDARCH",
    "BUILDPLATFORM",
    "uname",
    "dpkg --print-architecture",
];

/// Ends of files that are downloaded for an architecture.
const ENDS: [&str; 9] = [
    ".deb", ".gz", ".rpm", ".run", ".sh", ".tgz", ".whl", ".xz", ".zip",
];

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    for taken in cx.taken() {
        let Some(file) = taken.dockerfile() else {
            continue;
        };
        for (stage, instruction) in taken.instructions() {
            // A stage that names its platform is not built for the others, nor one that only a platform takes.
            let Some((stage, built)) = stage.and_then(|s| Some((s, taken.stages.get(&s)?))) else {
                continue;
            };
            let named = file.from(stage).platform.as_ref();
            if built.len() < 2 || named.is_some_and(|word| !word.text.contains("TARGET")) {
                continue;
            }
            let Some(span) = downloads(instruction) else {
                continue;
            };
            let text = &taken.recipe.file.text[span.clone()];
            if ASKS.iter().any(|ask| text.contains(ask)) {
                continue;
            }
            let Some((word, platform)) = only_for(text) else {
                continue;
            };
            let others = built.iter().map(|p| p.as_str());
            let others = and_list(others.filter(|p| !p.starts_with(platform)));
            let at = span.start + word.start..span.start + word.end;
            let name = &text[word];
            let several = |id: &SpecId| cx.matrix.spec(*id).platforms.len() > 1;
            let specs: Vec<SpecId> = taken.specs.iter().copied().filter(several).collect();
            let Some(spec) = specs.first().map(|id| cx.matrix.spec(*id)) else {
                continue;
            };
            let merged = &spec.merged;
            let names = match (&merged.dockerfile, &merged.template) {
                (None, Some(template)) => template.span.clone(),
                (dockerfile, _) => cx.span_of(spec, dockerfile.as_ref()),
            };
            sink.push(
                Finding::new(
                    &code::ARCH_SPECIFIC_URL,
                    format!(
                        "a download for `{platform}` alone, in an image that is built for {others} too"
                    ),
                    taken.place(at, format!("`{name}` on every platform")),
                )
                .related(cx.place(names, "built for several platforms"))
                .help("choose by `TARGETARCH` (after `ARG TARGETARCH`) or `uname -m`")
                .about(specs),
            );
        }
    }
}

/// The bytes of an instruction that may download: RUN with its here-documents, ADD, and ENV and ARG, which may hold what
/// another then downloads.
fn downloads(instruction: &Instruction) -> Option<Range<usize>> {
    matches!(
        instruction.kind,
        Kind::Run(..) | Kind::Add(_) | Kind::Env(_) | Kind::Arg(_)
    )
    .then(|| instruction.span.clone())
}

/// The name of an architecture in a URL or a file to download, with its platform; none when the text names several
/// platforms, since it then chooses among them.
fn only_for(text: &str) -> Option<(Range<usize>, &'static str)> {
    let mut found: Option<(Range<usize>, &'static str)> = None;
    let edges =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | '<' | '>' | ';');
    let mut start = 0;
    for word in text.split_inclusive(edges) {
        let (at, bare) = (start, word.trim_end_matches(edges));
        start += word.len();
        for (range, platform) in names(bare) {
            if found.as_ref().is_some_and(|(_, other)| *other != platform) {
                return None;
            }
            let file = bare.contains("://") || ENDS.iter().any(|end| bare.ends_with(end));
            if file && found.is_none() {
                found = Some((at + range.start..at + range.end, platform));
            }
        }
    }
    // A name outside any download may still be what chooses: `case … in aarch64)`.
    let named: BTreeSet<&str> = names(text).map(|(_, platform)| platform).collect();
    found.filter(|_| named.len() == 1)
}

/// Names of architectures in a text, standing as words of their own.
fn names(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    let alone = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    NAMES.iter().flat_map(move |(name, platform)| {
        text.match_indices(name).filter_map(move |(at, _)| {
            let end = at + name.len();
            let free = alone(text[..at].chars().next_back()) && alone(text[end..].chars().next());
            free.then_some((at..end, *platform))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_for_one_platform_unless_the_text_names_more() {
        let word = |text: &str| only_for(text).map(|(range, _)| text[range].to_owned());
        for (text, name) in [
            ("RUN curl -O https://a.b/ubuntu2204/x86_64/k.deb", "x86_64"),
            ("ADD https://a.b/Miniconda3-Linux-x86_64.sh /tmp/", "x86_64"),
            ("ENV URL=\"https://a.b/tool_arm64.tgz\"", "arm64"),
            ("RUN dpkg -i tool_1.2_amd64.deb", "amd64"),
        ] {
            assert_eq!(word(text).as_deref(), Some(name), "{text}");
        }
        for text in [
            "RUN curl -O https://a.b/noarch/k.deb",
            "RUN if [ -d /x86_64 ]; then curl https://a.b/x86_64; else curl https://a.b/aarch64; fi",
            "RUN apt-get install -y libc6-amd64-cross",
            "RUN curl https://a.b/myx86_64x",
            "RUN echo amd64",
        ] {
            assert_eq!(word(text), None, "{text}");
        }
    }
}
