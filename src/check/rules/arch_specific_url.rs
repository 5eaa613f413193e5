//! A download for one architecture in a Dockerfile that is built for several.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::check::Context;
use crate::check::dockerfile::Taken;
use crate::diagnostic::{Finding, Sink, and_list, code};
use crate::dockerfile::{Instruction, Operation};
use crate::grammar::SpecId;

/// Names of architectures in downloads.
const NAMES: [(&str, &str); 8] = [
    ("x86_64", "linux/amd64"),
    ("x86-64", "linux/amd64"),
    ("amd64", "linux/amd64"),
    ("x64", "linux/amd64"),
    ("linux64", "linux/amd64"),
    ("linux-64", "linux/amd64"),
    ("aarch64", "linux/arm64"),
    ("arm64", "linux/arm64"),
];

/// What tells that an instruction asks which architecture it is on.
const ASKS: [&str; 12] = [
    "TARGETARCH",
    "TARGETPLATFORM",
    "TARGETVARIANT",
    "BUILDARCH",
    "BUILDPLATFORM",
    "uname",
    "dpkg --print-architecture",
    "dpkg-architecture",
    "apk --print-arch",
    "$(arch)",
    "`arch`",
    "platform.machine",
];

/// Ends of files that are downloaded for an architecture.
const ENDS: [&str; 13] = [
    ".apk",
    ".AppImage",
    ".bz2",
    ".deb",
    ".gz",
    ".rpm",
    ".run",
    ".sh",
    ".tgz",
    ".whl",
    ".xz",
    ".zip",
    ".zst",
];

/// A text that stands for an architecture: a name of one, or a variable that holds one.
type Name = (String, &'static str);

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for taken in cx.taken() {
        let Some(file) = taken.dockerfile() else {
            continue;
        };
        let variables = Variables::of(cx, &taken);
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
            let text = without_comments(&taken.recipe.file.text[span.clone()]);
            if asks(&text) || variables.ask.iter().any(|name| reads(&text, name)) {
                continue;
            }
            let Some((word, platform)) = only_for(&text, &variables.hold) else {
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
        Operation::Run(..) | Operation::Add(_) | Operation::Env(_) | Operation::Arg(_)
    )
    .then(|| instruction.span.clone())
}

/// Variables of a Dockerfile that say something of architectures.
struct Variables {
    /// They are set by asking for one.
    ask: Vec<String>,
    /// They hold the name of one, whatever is built for.
    hold: Vec<Name>,
}

impl Variables {
    fn of(cx: &Context<'_>, taken: &Taken) -> Self {
        let mut found = Variables {
            ask: Vec::new(),
            hold: Vec::new(),
        };
        for (_, instruction) in taken.instructions() {
            let (Operation::Arg(set) | Operation::Env(set)) = &instruction.kind else {
                continue;
            };
            for one in set {
                let Some(value) = &one.value else { continue };
                let name = one.name.text.as_str();
                let passed = |id: &SpecId| cx.contents.get(*id).args.contains_key(name);
                let fixed = NAMES.iter().find(|(held, _)| *held == value.text);
                if asks(&value.text) || found.ask.iter().any(|name| reads(&value.text, name)) {
                    found.ask.push(name.to_owned());
                } else if let Some((_, platform)) = fixed
                    && !taken.specs.iter().any(passed)
                {
                    found.hold.push((format!("${name}"), platform));
                    found.hold.push((format!("${{{name}}}"), platform));
                }
            }
        }
        // One that is set twice may be either.
        let twice = |name: &str| found.hold.iter().filter(|(n, _)| n == name).count() > 1;
        let single: Vec<bool> = found.hold.iter().map(|(n, _)| !twice(n)).collect();
        let mut single = single.into_iter();
        found.hold.retain(|_| single.next().unwrap_or(false));
        found
    }
}

/// Whether a text asks which architecture it is on.
fn asks(text: &str) -> bool {
    ASKS.iter().any(|ask| text.contains(ask))
}

/// Whether a text reads a variable.
fn reads(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let after = text[at + name.len()..].chars().next();
        let before = &text[..at];
        let ends = after.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
        (before.ends_with('$') || before.ends_with("${")) && ends
    })
}

/// The text with blanks in place of its comments, so that every byte keeps its place.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let comment = line.match_indices('#').map(|(at, _)| at).find(|at| {
            let before = line[..*at].chars().next_back();
            before.is_none_or(char::is_whitespace)
        });
        let end = line.trim_end_matches(['\n', '\r']).len();
        let comment = comment.unwrap_or(end).min(end);
        kept.push_str(&line[..comment]);
        kept.extend(std::iter::repeat_n(' ', end - comment));
        kept.push_str(&line[end..]);
    }
    kept
}

/// The name of an architecture in a URL or a file to download, with its platform; none when the text names several
/// platforms, since it then chooses among them.
fn only_for(text: &str, held: &[Name]) -> Option<(Range<usize>, &'static str)> {
    let mut found: Option<(Range<usize>, &'static str)> = None;
    let edges =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | '<' | '>' | ';');
    let mut start = 0;
    for word in text.split_inclusive(edges) {
        let (at, bare) = (start, word.trim_end_matches(edges));
        start += word.len();
        for (range, platform) in names(bare, held) {
            if found.as_ref().is_some_and(|(_, other)| *other != platform) {
                return None;
            }
            // `deb [arch=amd64] https://…`: apt takes nothing from there for another one.
            let source = bare.starts_with("arch=") || bare.starts_with("[arch=");
            let file = source || bare.contains("://") || ENDS.iter().any(|end| bare.ends_with(end));
            if file && found.is_none() {
                found = Some((at + range.start..at + range.end, platform));
            }
        }
    }
    // A name outside any download may still be what chooses: `case … in aarch64)`.
    let named: BTreeSet<&str> = names(text, held).map(|(_, platform)| platform).collect();
    found.filter(|_| named.len() == 1)
}

/// Names of architectures in a text, standing as words of their own, and variables that hold one.
fn names<'a>(
    text: &'a str,
    held: &'a [Name],
) -> impl Iterator<Item = (Range<usize>, &'static str)> + 'a {
    let alone = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    let named = NAMES.iter().map(|(name, platform)| (*name, *platform));
    let held = held.iter().map(|(name, platform)| (&**name, *platform));
    named.chain(held).flat_map(move |(name, platform)| {
        text.match_indices(name).filter_map(move |(at, _)| {
            let end = at + name.len();
            let begins = name.starts_with('$') || alone(text[..at].chars().next_back());
            let ends = name.ends_with('}') || alone(text[end..].chars().next());
            (begins && ends).then_some((at..end, platform))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_for_one_platform_unless_the_text_names_more() {
        let word = |text: &str| {
            only_for(&without_comments(text), &[]).map(|(range, _)| text[range].to_owned())
        };
        for (text, name) in [
            ("RUN curl -O https://a.b/ubuntu2204/x86_64/k.deb", "x86_64"),
            ("ADD https://a.b/Miniconda3-Linux-x86_64.sh /tmp/", "x86_64"),
            ("ENV URL=\"https://a.b/tool_arm64.tgz\"", "arm64"),
            ("RUN dpkg -i tool_1.2_amd64.deb", "amd64"),
            ("ADD https://a.b/node-linux-x64.tar.gz /t", "x64"),
            ("ADD https://a.b/linux64/tool /t", "linux64"),
            ("ADD https://a.b/linux-64/tool /t", "linux-64"),
            ("RUN apk add ./tool_x86_64.apk", "x86_64"),
            (
                "RUN echo \"deb [arch=amd64] https://a.b/ x main\" > /l",
                "amd64",
            ),
            ("RUN # no arm64 yet\n  curl -O https://a.b/amd64/k", "amd64"),
        ] {
            assert_eq!(word(text).as_deref(), Some(name), "{text}");
        }
        for text in [
            "RUN curl -O https://a.b/noarch/k.deb",
            "RUN if [ -d /x86_64 ]; then curl https://a.b/x86_64; else curl https://a.b/aarch64; fi",
            "RUN apt-get install -y libc6-amd64-cross",
            "RUN curl https://a.b/myx86_64x",
            "RUN echo amd64",
            "RUN true # see https://a.b/amd64",
            "RUN <<E\n# https://a.b/é/amd64.deb\nE",
        ] {
            assert_eq!(word(text), None, "{text}");
        }
    }
}
