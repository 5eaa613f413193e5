//! Files that are read or written here, and that no clone has.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::image::TEMPLATE;
use crate::image::ignore_path;
use crate::lock::some;
use crate::source::IgnoreLine;
use crate::source::lock_path;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut by_line: BTreeMap<IgnoreLine, Vec<String>> = BTreeMap::new();
    for (path, line) in cx.repository.ignored(needed(cx)) {
        by_line.entry(line).or_default().push(path);
    }
    for (line, paths) in by_line {
        let headline = match &paths[..] {
            [one] => format!("`{one}` is ignored by git, and not tracked"),
            all => format!(
                "{} files that are needed are ignored by git, and not tracked",
                all.len()
            ),
        };
        let list = line.file.as_ref().and_then(|file| cx.repository.text(file));
        let place = list.and_then(|list| {
            let mut at = 0;
            let mut found = None;
            for text in list.text.split_inclusive('\n') {
                if text.trim() == line.pattern.trim() {
                    found = Some(at..at + text.trim_end().len());
                }
                at += text.len();
            }
            Some(Place::span(&list, found?, "keeps it out of git"))
        });
        let place = place.unwrap_or_else(|| Place::file(paths[0].clone()));
        let mut finding = Finding::new(&code::IGNORED_INPUT, headline, place);
        if paths.len() > 1 {
            finding = finding.note(some(&paths));
        }
        sink.push(
            finding
                .note("what is green here cannot be so in any clone, which lacks it")
                .help("add it with `git add --force`, or change that line"),
        );
    }
}

/// All that a clone must have, besides what contexts send.
fn needed(cx: &Context<'_>) -> BTreeSet<String> {
    let mut needed = BTreeSet::from([lock_path(cx.repository.matrix_path())]);
    needed.extend(cx.tree.iter().map(|output| output.path.clone()));
    let release = cx.config.release.iter();
    needed.extend(release.flat_map(|release| release.pins.iter().map(|pin| pin.file.to_string())));
    needed.extend(
        cx.config
            .offers()
            .iter()
            .map(|offer| offer.file.to_string()),
    );
    let places = cx
        .config
        .mentions()
        .iter()
        .filter_map(|mention| mention.place.as_ref());
    needed.extend(places.map(|place| place.file.to_string()));
    let listed = cx.repository.family().listed().iter();
    needed.extend(listed.map(|owner| owner.matrix().to_owned()));
    for (id, rendered) in cx.contents.iter() {
        let merged = &cx.matrix.spec(id).merged;
        match &merged.dockerfile {
            Some(_) => {
                needed.insert(rendered.dockerfile.clone());
                needed.insert(ignore_path(&rendered.dockerfile));
            }
            None => {
                let template = merged.template.as_ref();
                let name = template.map_or(TEMPLATE, |template| template.value.as_str());
                needed.insert(format!("templates/{name}"));
            }
        }
        let tests = rendered.tests.iter();
        let files = tests.flat_map(|tested| &tested.test.files);
        needed.extend(files.map(|(path, _)| path.clone()));
        let context = rendered.context.as_str();
        needed.insert(match context {
            "." => ".dockerignore".to_owned(),
            context => format!("{context}/.dockerignore"),
        });
        let is_made = !rendered.artifacts.is_empty();
        if merged.context.is_some() && context != "." && !is_made {
            needed.insert(context.to_owned());
        }
    }
    needed
}
