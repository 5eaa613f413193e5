//! Texts that name images: each must exist, and carry this release.

use crate::check::Context;
use crate::diagnostic::{Finding, Fix, Place, Sink, code};
use crate::release::mentions::{Kind, MARKER, Names, Sighting};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(release) = &cx.config.release else {
        return;
    };
    if release.mentions.is_empty() {
        return;
    }
    let Some(names) = Names::new(cx.config, cx.matrix) else {
        return;
    };
    for mention in &release.mentions {
        let seen = names.read(cx.repository, mention, &|path| cx.is_output(path));
        if seen.files == 0 {
            let place = cx.place(mention.span.clone(), "looks at nothing");
            sink.push(
                Finding::new(
                    &code::MENTION_UNMATCHED,
                    "a mention's globs match no file",
                    place,
                )
                .help("correct `files`: globs from the repository root, `**` for any folders"),
            );
        }
        for sighting in &seen.sightings {
            sink.push(match &sighting.kind {
                Kind::Current => continue,
                Kind::Stale { states, tag } => stale(sighting, states, tag, &release.tag),
                Kind::UnknownTag => {
                    let word = &sighting.tag;
                    let finding = Finding::new(
                        &code::MENTION_UNKNOWN,
                        format!("no image of `{}` has the tag `{word}`", sighting.repository),
                        place(sighting, "named here"),
                    );
                    suggest(finding, names.near_tag(&sighting.repository, word))
                }
                Kind::UnknownRepository => {
                    let finding = Finding::new(
                        &code::MENTION_UNKNOWN,
                        format!("the matrix makes no image `{}`", sighting.repository),
                        place(sighting, "named here"),
                    );
                    let near = names.near_repository(&sighting.repository);
                    let finding = suggest(finding, near);
                    finding.help("if it is another project's, add it to the mention's `ignore`")
                }
            });
        }
        for idle in &seen.idle {
            let place = Place::span(&idle.file, idle.span.clone(), "keeps nothing");
            sink.push(
                Finding::new(
                    &code::UNUSED_MARKER,
                    format!("`{MARKER}` keeps no mention of another release"),
                    place,
                )
                .help("delete it, or put it on the line of the mention, or on the one before"),
            );
        }
    }
}

fn place(sighting: &Sighting, label: &str) -> Place {
    Place::span(&sighting.file, sighting.span.clone(), label)
}

fn stale(sighting: &Sighting, states: &str, tag: &str, release: &str) -> Finding {
    let finding = Finding::new(
        &code::MENTION_STALE,
        format!("an image of `{states}` is named, the release is `{release}`"),
        place(sighting, "named here"),
    );
    if sighting.digest {
        return finding
            .note("a digest follows the tag, and only a registry knows that of another release")
            .help(format!(
                "write `{}:{tag}` with its digest, or keep it with a comment `{MARKER}`",
                sighting.repository
            ));
    }
    finding
        .help(format!(
            "run `gen check --fix`, or keep it with a comment `{MARKER}`"
        ))
        .fix(Fix::new(&sighting.file, sighting.tag_span.clone(), tag))
}

fn suggest(finding: Finding, near: Option<&str>) -> Finding {
    match near {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!(
            "name one that exists (`gen list`), or keep it with a comment `{MARKER}`"
        )),
    }
}
