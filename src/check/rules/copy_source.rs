//! A source of COPY, ADD or a bind mount that is not in what the builder is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::check::Context;
use crate::check::dockerfile::Cooked;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::dockerfile::{Does, Expansion, Mount, Operation, Source, Step};
use crate::grammar::SpecId;
use crate::source::DockerIgnore;
use crate::source::lock_path;

/// How many links one path may lead through. Source: `MaxSymlinkLimit` of BuildKit's `contenthash`.
const LINKS: usize = 255;

/// A Dockerfile of the user's, or none for all that are rendered, with where in it a path is named.
type Named = (Arc<str>, usize, String);

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut told: BTreeMap<Named, (Finding, BTreeSet<SpecId>)> = BTreeMap::new();
    for cooked in cx.cooked() {
        if cooked.rendered.context_missing {
            continue;
        }
        for (_, build) in cx.builds(&cooked).iter() {
            let Ok(build) = &**build else { continue };
            for step in build.stages.iter().flat_map(|stage| &stage.steps) {
                for (written, span) in sources(step) {
                    let Some(path) = plain(&written) else {
                        continue;
                    };
                    let Some(why) = missing(cx, &cooked, &path) else {
                        continue;
                    };
                    let file = &cooked.recipe.file;
                    let start = if cooked.recipe.own { span.start } else { 0 };
                    let by: Arc<str> = if cooked.recipe.own {
                        file.path.clone()
                    } else {
                        "".into()
                    };
                    let key = (by, start, path.clone());
                    let finding = || {
                        let finding = Finding::new(
                            &code::COPY_SOURCE,
                            format!(
                                "`{}` is not in what is sent to the builder",
                                path.escape_debug()
                            ),
                            Place::span(file, span.clone(), why.label),
                        );
                        let finding = match why.line {
                            Some(place) => finding.related(place),
                            None => finding,
                        };
                        let context = match cooked.rendered.context.as_str() {
                            "." => "the repository".to_owned(),
                            context => format!("`{context}`"),
                        };
                        let finding = finding.note(format!(
                            "the context is {context}, as a clean checkout holds it"
                        ));
                        let climbs = written.split('/').any(|part| part == "..");
                        let finding = match climbs {
                            true => finding.note("`..` leads no higher than the context"),
                            false => finding,
                        };
                        (finding.help(why.help), BTreeSet::new())
                    };
                    told.entry(key).or_insert_with(finding).1.insert(cooked.id);
                }
            }
        }
    }
    for (finding, specs) in told.into_values() {
        sink.push(finding.about(specs));
    }
}

/// What an instruction takes from the context, with where it says so.
pub(super) fn sources(step: &Step) -> Vec<(String, Range<usize>)> {
    match (&step.instruction.kind, &step.does) {
        (Operation::Copy(_) | Operation::Add(_), Does::Takes(taken, _)) => {
            let from_context = matches!(step.sources.first(), Some(Source::Context));
            // With `--parents`, a `/./` says how much of a path is kept.
            let is_whole = step.instruction.flag("parents").is_none();
            let taken = taken.iter().filter(|_| from_context && is_whole);
            taken
                .filter_map(|(word, value)| Some((value.known()?.to_owned(), word.span.clone())))
                .collect()
        }
        (Operation::Run(_, mounts), Does::Mounts(values)) => {
            let flags = step.instruction.flags.iter().filter(|f| f.name == "mount");
            mounts
                .iter()
                .zip(values)
                .zip(flags)
                .filter(|((mount, _), _)| mount.from.is_none())
                .filter_map(|((mount, values), flag)| {
                    Some((bound(mount, values)?, flag.span.clone()))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The path of the context that a mount binds.
fn bound(mount: &Mount, values: &[Option<Expansion>]) -> Option<String> {
    let field = |name: &str| {
        let mut fields = mount.fields.iter().zip(values);
        let (_, value) = fields.find(|((field, _), _)| field == name)?;
        value.as_ref()
    };
    let is_bind = field("type").is_none_or(|kind| kind.known() == Some("bind"));
    let path = field("source").or_else(|| field("src"))?;
    path.known().filter(|_| is_bind).map(str::to_owned)
}

/// A path from the context as it is looked up there; `None` for what is none, or may mean several: URLs, globs, all of it.
/// The builder cleans it below the context's own folder, so that `..` leads no higher.
fn plain(path: &str) -> Option<String> {
    if path.contains(['*', '?', '[', '\\']) || path.contains("://") || is_of_git(path) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Whether it is a repository of git's at another host: `git@example.com:a/b.git`. Source: `gitutil` of BuildKit.
fn is_of_git(path: &str) -> bool {
    let Some((user, (host, _))) = path
        .split_once('@')
        .and_then(|(user, rest)| Some((user, rest.split_once(':')?)))
    else {
        return false;
    };
    let word = |text: &str, more: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    word(user, "-_") && word(host, "-.")
}

/// Why a path is not sent.
struct Why {
    label: String,
    line: Option<Place>,
    help: &'static str,
}

/// Why a plain path of a context is not sent, or what it leads to; `None` when it is, or nobody can tell.
fn missing(cx: &Context<'_>, cooked: &Cooked<'_>, path: &str) -> Option<Why> {
    let Some(real) = followed(cx, cooked, path) else {
        return Some(Why {
            label: "is a link that leads in a circle".to_owned(),
            line: None,
            help: "let the link lead to something of the context",
        });
    };
    // All of the context is there.
    if real.is_empty() {
        return None;
    }
    let why = absent(cx, cooked, &real)?;
    Some(match real == path {
        true => why,
        false => Why {
            label: format!("leads to `{}`, which {}", real.escape_debug(), why.label),
            ..why
        },
    })
}

/// Where a path of a context leads through the links that are sent, from there; `None` of one that leads in a circle.
fn followed(cx: &Context<'_>, cooked: &Cooked<'_>, path: &str) -> Option<String> {
    let rendered = cooked.rendered;
    let sent = &rendered.files.files;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let ends = path.match_indices('/').map(|(at, _)| at);
        let mut ways = ends.chain([path.len()]).map(|at| path.split_at(at));
        let next = ways.find_map(|(way, rest)| {
            let real = sent
                .contains_key(way)
                .then(|| cx.repository.link_in(&rendered.context, way))??;
            Some(format!("{real}{rest}"))
        });
        match next {
            Some(next) => path = next.trim_start_matches('/').to_owned(),
            None => return Some(path),
        }
    }
    None
}

/// Why a path without links in it is not sent; `None` when it is, or nobody can tell.
fn absent(cx: &Context<'_>, cooked: &Cooked<'_>, path: &str) -> Option<Why> {
    let rendered = cooked.rendered;
    let files = &rendered.files;
    let below = format!("{path}/");
    let starts = |known: &String| known == path || known.starts_with(&below);
    let held = files.files.range(path.to_owned()..).next();
    let inside = files.files.range(below.clone()..).next();
    let there = held.is_some_and(|(known, _)| known == path)
        || inside.is_some_and(|(known, _)| known.starts_with(&below));
    let from_root = match rendered.context.as_str() {
        "." => path.to_owned(),
        context => format!("{context}/{path}"),
    };
    let in_submodule = files
        .absent_submodules
        .iter()
        .any(|module| from_root == *module || from_root.starts_with(&format!("{module}/")));
    let is_made_first = || {
        let mut artifacts = cx.config.artifacts.iter();
        artifacts.any(|artifact| artifact.within(&from_root).is_some())
    };
    let is_ours = || {
        let lock = lock_path(cx.repository.matrix_path());
        let below = format!("{from_root}/");
        let mut outputs = cx.tree.iter();
        cx.is_output(&from_root)
            || from_root == lock
            || outputs.any(|output| output.path.starts_with(&below))
    };
    if there || in_submodule || files.strange.keys().any(starts) {
        return None;
    }
    // What gen or an earlier step makes, and git's own folder, are there though they are no part of the content.
    let is_extra =
        is_made_first() || is_ours() || from_root == ".git" || from_root.starts_with(".git/");
    let is_folder = cx.repository.is_folder(&from_root);
    if !is_extra && !is_folder && !cx.repository.is_file(&from_root) {
        return Some(Why {
            label: "is not there".to_owned(),
            line: None,
            help: "correct the path, which is from the context, or commit the file",
        });
    }
    if let Some(text) = &rendered.ignore
        && deciding_line(text.as_bytes(), path).is_some()
    {
        let first = cooked.spec.merged.context_files.first();
        return Some(Why {
            label: "is not among the `context-files`".to_owned(),
            line: first.map(|field| cx.place(field.span.clone(), "nothing else is sent")),
            help: "add it to `context-files`",
        });
    }
    if let Some((path, line, place)) = left_out(cx, cooked, path) {
        return Some(Why {
            label: format!("is left out by {path}:{line}"),
            line: Some(place),
            help: "add a `!` line for it to that file, or take it from somewhere else",
        });
    }
    if is_extra {
        return None;
    }
    if is_folder {
        // A folder that a checkout holds is sent, though every file in it be left out.
        if !cx.repository.members().below(&from_root).files.is_empty() {
            return None;
        }
        return Some(Why {
            label: "holds no file that is sent".to_owned(),
            line: None,
            help: "git holds no empty folder: commit a file in it, or make the folder in the Dockerfile",
        });
    }
    Some(Why {
        label: "is ignored by git, and not tracked: a clean checkout lacks it".to_owned(),
        line: None,
        help: "commit it (`git add --force`), or make it in the Dockerfile",
    })
}

/// The line of an ignore file that leaves a path out.
pub(super) fn left_out(
    cx: &Context<'_>,
    cooked: &Cooked<'_>,
    path: &str,
) -> Option<(String, usize, Place)> {
    let rendered = cooked.rendered;
    let own = format!("{}.dockerignore", rendered.dockerfile);
    let of_context = match rendered.context.as_str() {
        "." => ".dockerignore".to_owned(),
        context => format!("{context}/.dockerignore"),
    };
    let file = cx
        .repository
        .text(&own)
        .or_else(|| cx.repository.text(&of_context))?;
    let number = deciding_line(file.text.as_bytes(), path)?;
    let start: usize = file
        .text
        .split_inclusive('\n')
        .take(number - 1)
        .map(str::len)
        .sum();
    let length = file.text[start..].lines().next().map_or(0, str::len);
    let place = Place::span(&file, start..start + length, "leaves it out");
    Some((file.path.to_string(), number, place))
}

/// The number of the line of an ignore file that leaves a path out, whether that is a file or a folder.
pub(super) fn deciding_line(ignore: &[u8], path: &str) -> Option<usize> {
    let verdict = DockerIgnore::parse(ignore).sieve().verdict(path.as_bytes());
    verdict.line.filter(|_| verdict.is_excluded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_looked_up() {
        for (path, plainly) in [
            ("a.txt", Some("a.txt")),
            ("./a/b/", Some("a/b")),
            ("/a//b", Some("a/b")),
            (".", None),
            ("/", None),
            ("*.txt", None),
            ("a?", None),
            ("[ab]", None),
            ("../a", Some("a")),
            ("a/../../b", Some("b")),
            ("..", None),
            ("deploy@git.a.b:c/d.git", None),
            ("a@b/c:d", Some("a@b/c:d")),
            ("https://a.b/c", None),
            ("git@a.b:c/d.git", None),
        ] {
            assert_eq!(plain(path).as_deref(), plainly, "{path}");
        }
    }
}
