//! Texts that name images: each must exist, and carry this release.

use std::cell::OnceCell;

use crate::check::Context;
use crate::diagnostic::{Finding, Fix, Place, Sink, code};
use crate::grammar::reference::full;
use crate::release::mentions::{
    ImageNames, LastFinal, MARKER, MentionKind, Sighting, Sisters, recorded,
};
use crate::release::unseen::unread_findings;

/// At most so many more mentions that were not judged are shown.
const SHOWN: usize = 7;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mentions = cx.config.mentions();
    if mentions.is_empty() {
        return;
    }
    let before = recorded(cx.config, cx.lock);
    let Some(current) = ImageNames::new(cx.config, cx.matrix) else {
        return;
    };
    let current = match &before {
        Some((_, before)) => current.after(before, cx.matrix),
        None => current,
    };
    let last = LastFinal::of(cx.config, cx.lock);
    let settled = match &last {
        LastFinal::Known(at) => {
            ImageNames::new(&at.0, &at.1).map(|names| names.accepting(&current))
        }
        LastFinal::Own | LastFinal::Unknown => None,
    };
    let sisters = OnceCell::new();
    let theirs = |sighting: &Sighting| {
        let strange = matches!(
            sighting.kind,
            MentionKind::UnknownTag | MentionKind::UnknownRepository
        );
        strange
            && sisters
                .get_or_init(|| Sisters::of(cx.repository, &cx.config.ci.providers))
                .make(sighting)
    };
    let mut unjudged = Vec::new();
    for mention in mentions {
        let (names, release) = match (&settled, &last) {
            (Some(settled), LastFinal::Known(at)) if !mention.pre_releases => (settled, &at.0),
            _ => (&current, cx.config),
        };
        let release = release.release.as_ref().map_or("", |r| r.tag.as_str());
        let seen = names.read(cx.repository, mention, &|path| cx.is_output(path));
        for finding in unread_findings(cx.config, mention, &seen) {
            sink.push(finding);
        }
        let unknown = matches!(last, LastFinal::Unknown) && !mention.pre_releases;
        for index in &seen.unmatched {
            let glob = &mention.files[*index];
            let below = format!("{}/**", glob.value.trim_end_matches('/'));
            let folder = !cx.repository.matching(&[&below]).is_empty();
            let finding = Finding::new(
                &code::MENTION_UNMATCHED,
                format!("`{}` matches no file", glob.value),
                cx.place(glob.span.clone(), "looks at nothing"),
            );
            sink.push(finding.help(match folder {
                true => format!("it is a folder: write `{below}`"),
                false => {
                    "correct it, or leave it out: globs are from the repository root, `**` for any folders"
                        .to_owned()
                }
            }));
        }
        if seen.files == 0 && seen.unmatched.is_empty() {
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
        for sighting in seen.sightings.iter().filter(|sighting| !theirs(sighting)) {
            sink.push(match &sighting.kind {
                MentionKind::Current => continue,
                MentionKind::Stale {
                    earlier_final: true,
                    ..
                } if unknown => {
                    unjudged.push(place(sighting, "may be of the last final release"));
                    continue;
                }
                MentionKind::Stale { states, tag, .. } => {
                    let finding = stale(sighting, states, tag, release);
                    let pre = cx.config.release.as_ref();
                    match pre.is_some_and(|r| r.read.is_pre_release()) && !mention.pre_releases {
                        true => finding.help(
                            "texts that follow pre-releases say `pre-releases = true` in their mention; others name the last final release",
                        ),
                        false => finding,
                    }
                }
                MentionKind::UnknownTag => {
                    let word = &sighting.tag;
                    let of = match sighting.repository.as_str() {
                        "" => String::new(),
                        repository => format!(" of `{repository}`"),
                    };
                    let finding = Finding::new(
                        &code::MENTION_UNKNOWN,
                        format!("no image{of} has the tag `{}`", word.escape_debug()),
                        place(sighting, "named here"),
                    );
                    suggest(finding, names.near_tag(&sighting.repository, word))
                }
                MentionKind::NoTag => {
                    let headline = format!("`{}` is named without a tag", sighting.repository);
                    let place = place(sighting, "named here");
                    Finding::new(&code::MENTION_UNKNOWN, headline, place)
                        .help("add the tag of one that exists (`gen list`)")
                }
                MentionKind::UnknownRepository => {
                    let name = &sighting.repository;
                    let place = place(sighting, "named here");
                    if is_made(cx, name) {
                        let headline = format!("`{name}` is never published");
                        sink.push(Finding::new(&code::MENTION_UNKNOWN, headline, place).help(
                            "name an image that is (`gen list`), or publish it: `publish = false` keeps it from that",
                        ));
                        continue;
                    }
                    let finding = Finding::new(
                        &code::MENTION_UNKNOWN,
                        format!("the matrix makes no image `{name}`"),
                        place,
                    );
                    let near = names.near_repository(&sighting.repository);
                    let finding = match near {
                        Some(near) => finding.help(format!("did you mean `{near}`?")),
                        None => finding.help("name one that exists (`gen list`)"),
                    };
                    finding.help(format!(
                        "if it is another project's, add it to the mention's `ignore`; what is gone since is kept with a comment `{MARKER}`"
                    ))
                }
            });
        }
        // A place, or a file that is not read, may hold what they were written for.
        let all_read = mention.place.is_none() && seen.unread.is_empty() && seen.files > 0;
        let globs = mention.ignored.iter().enumerate();
        for (_, glob) in globs.filter(|(i, _)| all_read && !seen.ignoring.contains(i)) {
            let finding = Finding::new(
                &code::UNUSED_IGNORE,
                format!("`{}` leaves out no mention", glob.value),
                cx.place(
                    glob.span.clone(),
                    "no image of that name stands in these files",
                ),
            );
            sink.push(finding.help(
                "delete it, or correct it: globs of repositories, with the host for any registry but Docker Hub",
            ));
        }
        if let Some(first) = seen.unjudged.first() {
            let headline = match seen.unjudged.len() {
                1 => "1 mention was not judged: its tag is a variable whose value is not read"
                    .to_owned(),
                n => format!(
                    "{n} mentions were not judged: their tags are variables whose values are not read"
                ),
            };
            let label = format!(
                "`{}` is given a value in a way that is not read",
                first.name
            );
            let place = Place::span(&first.file, first.span.clone(), label);
            let others = seen.unjudged.iter().skip(1).take(SHOWN);
            let mut finding = Finding::new(&code::MENTION_UNCHECKED, headline, place);
            for other in others {
                finding =
                    finding.related(Place::span(&other.file, other.span.clone(), "nor is this"));
            }
            sink.push(finding.help(format!(
                "give it its value on a line of its own (`{}=…`), write the tag out, or keep the mention with a comment `{MARKER}`",
                first.name
            )));
        }
        for idle in &seen.idle {
            let place = Place::span(&idle.file, idle.span.clone(), "keeps nothing");
            sink.push(
                Finding::new(
                    &code::UNUSED_MARKER,
                    format!("`{MARKER}` keeps no mention that states a release"),
                    place,
                )
                .help("delete it, or put it on the line of the mention, or on the one before"),
            );
        }
    }
    if let (Some(first), Some(release)) = (unjudged.first(), &cx.config.release) {
        let (count, are) = match unjudged.len() {
            1 => ("1 mention of an older release".to_owned(), "was"),
            n => (format!("{n} mentions of older releases"), "were"),
        };
        let finding = Finding::new(
            &code::MENTION_UNCHECKED,
            format!(
                "{count} {are} not judged: nothing records which final release came before `{}`",
                release.version
            ),
            first.clone(),
        );
        sink.push(finding.help(
            "`gen bump` records it from the next final release on; texts that follow pre-releases say `pre-releases = true`",
        ));
    }
}

/// Whether an image of that name is built, published or not.
fn is_made(cx: &Context<'_>, name: &str) -> bool {
    let wanted = full(name);
    let mut all = cx
        .matrix
        .specs
        .iter()
        .flat_map(|spec| spec.repositories.iter());
    all.any(|repository| full(repository) == wanted)
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
    if let Some(fixed) = &sighting.fixed {
        let help = fixed.help(&sighting.repository, tag);
        return finding
            .note(fixed.why())
            .help(format!("{help}, or keep it with a comment `{MARKER}`"));
    }
    let finding = match &sighting.value {
        Some(value) => finding.related(Place::span(&sighting.file, value.span.clone(), "its tag")),
        None => finding,
    };
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
