//! The finding for a place that could not be seen.

use std::ops::Range;
use std::sync::Arc;

use crate::config::{Config, Locator, Mention};
use crate::diagnostic::{Finding, Place, code};
use crate::grammar::Spanned;
use crate::locate;
use crate::locate::Unfound;
use crate::release::mentions::{Mentions, Unreadable};
use crate::release::pins::Unseen;
use crate::source::{SourceFile, conflict};

/// What is said of a value of which only a part may be written out.
const PARTLY: &[&str] = &[
    "a string with fields",
    "a template with fields",
    "added to",
    "pieced together",
    "put together",
    "the result of an expression",
];

/// What is said of a value that is none.
const ABSENT: &[&str] = &["`null`", "`None`", "`none`", "`nil`", "`undefined`"];

/// What finds a list that no reader does.
const BY_ITEMS: &str =
    r"find its items by a pattern whose group is one: `search = 'Python :: (3\.\d+)'`";

impl Locator {
    /// Where in `matrix.toml` it says where.
    pub fn span(&self) -> Range<usize> {
        match self {
            Locator::Constant(word) | Locator::Key(word) => word.span.clone(),
            Locator::Search(search, _) => search.span.clone(),
        }
    }

    /// What is looked for, for people.
    pub fn named(&self) -> String {
        match self {
            Locator::Constant(word) | Locator::Key(word) => format!("`{}`", word.value),
            Locator::Search(..) => "the pattern's place".to_owned(),
        }
    }
}

/// The findings for what a mention could not look at.
pub fn unread_findings(config: &Config, mention: &Mention, seen: &Mentions) -> Vec<Finding> {
    let place = mention.place.as_ref().zip(seen.unseen.clone());
    let unseen = place.map(|(place, unseen)| {
        unseen_finding(config, &place.file, &place.locator, unseen, "mention")
    });
    let unread = seen.unread.iter().map(|unread| {
        let path = &unread.path;
        let apart = format!("take it out of the mention: `\"!{path}\"` in `files`");
        let (headline, place, help) = match &unread.why {
            Unreadable::Encoding => (
                format!("`{path}` names images, and is no UTF-8 text"),
                Place::file(path.clone()),
                format!("save it as UTF-8, or {apart}"),
            ),
            Unreadable::Binary => (
                format!("`{path}` names images, and is no text"),
                Place::file(path.clone()),
                apart,
            ),
            Unreadable::Conflict(file, at) => (
                format!("`{path}` holds both sides of a merge"),
                Place::span(file, at.clone(), "git left this here"),
                "merge it first".to_owned(),
            ),
        };
        Finding::new(&code::PLACE_UNREADABLE, headline, place)
            .related(config.place(mention.span.clone(), "looked at for mentions"))
            .help(help)
    });
    unseen.into_iter().chain(unread).collect()
}

/// The finding for a place of `what` (a pin, an offer) that could not be seen.
pub fn unseen_finding(
    config: &Config,
    path: &Spanned<String>,
    locator: &Locator,
    unseen: Unseen,
    what: &str,
) -> Finding {
    let asked = |label: &str| config.place(locator.span(), label);
    let (file, unfound) = match unseen {
        Unseen::Absent(near) => {
            let finding = Finding::new(
                &code::PLACE_UNREADABLE,
                format!("`{}` is not there", path.value),
                config.place(path.span.clone(), "read from the repository root"),
            );
            return match near {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help(format!("correct `file`, or delete the {what}")),
            };
        }
        Unseen::Unread => {
            return Finding::new(
                &code::PLACE_UNREADABLE,
                format!("`{}` is no text that can be read", path.value),
                config.place(path.span.clone(), "read from the repository root"),
            )
            .help(format!(
                "save it as UTF-8, correct `file`, or delete the {what}"
            ));
        }
        Unseen::Place(file, unfound) => (file, unfound),
    };
    if let Some(at) = conflict(&file.text) {
        return Finding::new(
            &code::PLACE_UNREADABLE,
            format!("`{}` holds both sides of a merge", file.path),
            Place::span(&file, at, "git left this here"),
        )
        .help("merge it first");
    }
    let named = locator.named();
    // Where no reader fits, a pattern that was tried says more than a word about patterns.
    let release = config.release.iter();
    let wanted: Vec<&str> = release
        .flat_map(|r| [r.tag.as_str(), r.version.as_str()])
        .collect();
    let by_pattern = |span: &Range<usize>| {
        let pattern = locate::pattern(&file, span, &wanted).filter(|_| what == "pin")?;
        let quoted = match pattern.contains('\'') {
            false => format!("'{pattern}'"),
            true => format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\"")),
        };
        Some(format!("or find it by a pattern: `search = {quoted}`"))
    };
    let here = |span: Range<usize>, label: String| Place::span(&file, span, label);
    let plain = match what {
        "offer" => "must be a list of plain texts",
        _ => "must be a plain text",
    };
    match unfound {
        Unfound::Nothing { near, named: place } => {
            let finding = match &place {
                Some(place) => Finding::new(
                    &code::PLACE_MISSING,
                    format!(
                        "{named} is no constant of `{}`, though it is named there",
                        file.path
                    ),
                    here(
                        place.clone(),
                        "in a function, a comment, a text, or a form that is not read".to_owned(),
                    ),
                )
                .related(asked("looked for in that file")),
                None => Finding::new(
                    &code::PLACE_MISSING,
                    format!("{named} is not in `{}`", file.path),
                    asked("looked for in that file"),
                ),
            };
            let finding = match near {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help(format!("correct it, or delete the {what}")),
            };
            let pattern = match what {
                "offer" if place.is_some() => Some(format!("or {BY_ITEMS}")),
                _ => place.as_ref().and_then(by_pattern),
            };
            helped(finding, pattern)
        }
        Unfound::Valueless { span } => Finding::new(
            &code::PLACE_MISSING,
            format!("{named} has no value in `{}`", file.path),
            here(span, "declared without a value".to_owned()),
        )
        .related(asked("looked for in that file"))
        .help("write its value there"),
        Unfound::Several(spans) => several(
            &file,
            spans,
            format!("{named} is in `{}` more than once", file.path),
        )
        .related(asked("one of them is meant"))
        .help("name it more exactly, such as `Class.NAME` or a longer key path, or state it once"),
        Unfound::Count(spans) if spans.is_empty() => Finding::new(
            &code::PLACE_MISSING,
            format!("the pattern matches nothing in `{}`", file.path),
            asked("looked for in that file"),
        )
        .help(format!("correct `search`, or delete the {what}")),
        Unfound::Count(spans) => {
            let (found, wanted) = (spans.len(), counted(locator));
            let headline = format!("the pattern matches {}, not {wanted}", times(found));
            several(&file, spans, headline)
                .related(asked("looked for in that file"))
                .help(format!("narrow `search`, or say `count = {found}`"))
        }
        Unfound::Computed { span, what: is } => {
            // A pattern would find a part of the value, and move that part alone.
            let whole = !PARTLY.iter().any(|partly| is.starts_with(partly));
            let pattern = by_pattern(&span).filter(|_| whole);
            let changed = is.starts_with("changed by");
            let finding = Finding::new(
                &code::PLACE_COMPUTED,
                format!("{named} is not written out in `{}`", file.path),
                here(span, is),
            )
            .related(asked(plain))
            .help(match (what, changed) {
                (_, true) => "write it once, as it is in the end",
                ("offer", _) => {
                    "write the list there as texts, or point to the place it comes from"
                }
                _ => "write the value there as a text, or point to the place it comes from",
            });
            helped(finding, pattern)
        }
        Unfound::NotText { span, what: is } => {
            let pattern = by_pattern(&span);
            let no_list = what == "offer" && (is == "not a list" || is.contains("no list"));
            let form = if no_list { "a list of texts" } else { "text" };
            let finding = Finding::new(
                &code::PLACE_COMPUTED,
                format!("{named} is not written as {form} in `{}`", file.path),
                here(span, is.clone()),
            )
            .related(asked(plain));
            let finding = finding.help(match no_list {
                true if is.contains("range") => {
                    "a range names no values: offer a list, such as `key = \"project.classifiers\"` with `states = \"Programming Language :: Python :: {{ python }}\"`"
                }
                true => "write it as a list of texts, or point to one",
                false if ABSENT.contains(&is.as_str()) => "write the value there",
                false if is.starts_with("a text with") => "write it without that",
                false => "write it in quotes",
            });
            helped(finding, pattern)
        }
        Unfound::Syntax { span, what } => Finding::new(
            &code::PLACE_UNREADABLE,
            format!("`{}` cannot be parsed", file.path),
            here(span, what),
        )
        .related(asked("looked for in that file"))
        .help("correct its syntax first"),
        Unfound::Language { readable } => {
            let finding = Finding::new(
                &code::PLACE_UNREADABLE,
                format!(
                    "{named} cannot be looked for in a file such as `{}`",
                    file.path
                ),
                asked("not for this kind of file"),
            )
            .note(format!("it can in {readable}"));
            let named = locate::occurrence(&file.text, named.trim_matches('`'));
            match named.as_ref().and_then(by_pattern) {
                _ if what == "offer" => finding.help(BY_ITEMS),
                Some(pattern) => finding.help(pattern.trim_start_matches("or ").to_owned()),
                None => {
                    finding.help("use `search` with a pattern, as in `search = 'version: (\\S+)'`")
                }
            }
        }
        Unfound::Path(fault) => Finding::new(
            &code::PLACE_MISSING,
            format!("{named} is no path of keys: {fault}"),
            asked("keys joined by `.`"),
        )
        .help("write it as in `project.version`"),
    }
}

fn helped(finding: Finding, help: Option<String>) -> Finding {
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// How often a pattern should match.
fn counted(locator: &Locator) -> usize {
    match locator {
        Locator::Search(_, count) => *count,
        Locator::Constant(_) | Locator::Key(_) => 1,
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    }
}

/// The finding for several places: the first is looked at first, the next ones are shown with it.
fn several(file: &Arc<SourceFile>, spans: Vec<Range<usize>>, headline: String) -> Finding {
    const SHOWN: usize = 4;
    let mut places = spans
        .into_iter()
        .map(|span| Place::span(file, span, "here"));
    let first = places
        .next()
        .unwrap_or_else(|| Place::file(file.path.clone()));
    let mut finding = Finding::new(&code::PLACE_AMBIGUOUS, headline, first);
    for place in places.take(SHOWN - 1) {
        finding = finding.related(place);
    }
    finding
}
