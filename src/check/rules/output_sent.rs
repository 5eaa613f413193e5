//! A Dockerfile of the user's that takes an output of gen into an image, whose content it does not count for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::Context;
use crate::check::dockerfile::Cooked;
use crate::check::rules::copy_source::{deciding_line, left_out, sources};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::grammar::SpecId;
use crate::source::lock_path;

/// The user's file, with where in it what is taken is named, and the output.
type Named = (Arc<str>, usize, String);

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let lock = lock_path(cx.repository.matrix_path());
    // What a library reads when it runs. The others come along with whole folders, and nothing reads them there.
    let catalog = cx.config.outputs.catalog.as_ref();
    let read: Vec<&str> = catalog
        .iter()
        .flat_map(|catalog| [&catalog.python, &catalog.json])
        .filter_map(|path| path.as_deref())
        .collect();
    let mut told: BTreeMap<Named, (Finding, BTreeSet<SpecId>)> = BTreeMap::new();
    for cooked in cx
        .cooked()
        .filter(|cooked| !cooked.rendered.context_missing)
    {
        for (_, build) in cx.builds(&cooked).iter() {
            let Ok(build) = &**build else { continue };
            for step in build.stages.iter().flat_map(|stage| &stage.steps) {
                for (written, span) in sources(step) {
                    let from = Taken::of(&written);
                    let outputs = cx
                        .tree
                        .iter()
                        .map(|output| output.path.as_str())
                        .chain([lock.as_str()]);
                    let found = outputs.filter_map(|path| {
                        let inside = inside(&cooked.rendered.context, path)?;
                        let named = from.takes(inside, read.contains(&path));
                        (named && !is_left_out(cx, &cooked, inside)).then_some(path)
                    });
                    for path in found {
                        let file = &cooked.recipe.file;
                        let start = if cooked.recipe.own { span.start } else { 0 };
                        let by = cooked.written();
                        let finding = || {
                            let place =
                                Place::span(file, span.clone(), "goes into the image with this");
                            let finding = Finding::new(
                                &code::OUTPUT_SENT,
                                format!("`{}` is written by gen, and part of no content", path.escape_debug()),
                                place,
                            )
                            .note("a change of it builds nothing: the image keeps what it was built with")
                            .help("leave it out in `.dockerignore`; what the image needs of it, let it take from a file of yours");
                            (finding, BTreeSet::new())
                        };
                        let key = (by, start, path.to_owned());
                        told.entry(key).or_insert_with(finding).1.insert(cooked.id);
                    }
                }
            }
        }
    }
    for (finding, specs) in told.into_values() {
        sink.push(finding.about(specs));
    }
}

/// What a source of COPY takes of a context.
enum Taken {
    /// All of it.
    All,
    /// A file, or a folder, by its clean path.
    Path(String),
    /// What a pattern matches.
    Pattern(String),
}

impl Taken {
    fn of(written: &str) -> Self {
        let mut parts: Vec<&str> = Vec::new();
        for part in written.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop(),
                part => parts.push(part),
            }
        }
        let path = parts.join("/");
        match path.contains(['*', '?', '[']) {
            true => Taken::Pattern(path),
            false if path.is_empty() => Taken::All,
            false => Taken::Path(path),
        }
    }

    /// Whether it takes a file, and means it: one that is `read` by whoever runs the image comes along with any folder.
    fn takes(&self, path: &str, read: bool) -> bool {
        match self {
            Taken::All => read,
            Taken::Path(own) if own == path => true,
            Taken::Path(own) => {
                let below = path.strip_prefix(own.as_str());
                read && below.is_some_and(|rest| rest.starts_with('/'))
            }
            // A line of an ignore file matches as a source does, and what is below as well.
            Taken::Pattern(own) => read && deciding_line(own.as_bytes(), path).is_some(),
        }
    }
}

/// A path from the root as it is in a context.
fn inside<'p>(context: &str, path: &'p str) -> Option<&'p str> {
    match context {
        "." => Some(path),
        context => path.strip_prefix(context)?.strip_prefix('/'),
    }
}

fn is_left_out(cx: &Context<'_>, cooked: &Cooked<'_>, path: &str) -> bool {
    match &cooked.rendered.ignore {
        Some(text) => deciding_line(text.as_bytes(), path).is_some(),
        None => left_out(cx, cooked, path).is_some(),
    }
}
