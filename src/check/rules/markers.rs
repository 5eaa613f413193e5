//! Blocks of files that are the user's, and markers that do not say where they stand.

use crate::config::Config;
use crate::diagnostic::{Finding, Place, and_list, code, nearest};
use crate::output::{Block, Change, Unmarked};
use crate::render::blocks::{Misplaced, begins, ends};
use crate::source::SourceFile;

/// The finding for a block that cannot be written.
pub(crate) fn finding(config: &Config, change: &Change, block: &Block, why: &Unmarked) -> Finding {
    let (path, name) = (change.path.as_str(), block.name.as_str());
    let asked = || config.place(block.asked.clone(), "the block is asked for here");
    let (open, close) = (begins(block.comment, name), ends(block.comment, name));
    let put = format!("put `{open}` and `{close}` on lines of their own where the block belongs");
    let text = change.before.as_deref().unwrap_or_default();
    let file = SourceFile::new(path, text);
    let misplaced = |headline: String, at: &std::ops::Range<usize>, label: &str| {
        let place = Place::span(&file, at.clone(), label);
        Finding::new(&code::MARKER_MISPLACED, headline, place)
    };
    let markers = match why {
        Unmarked::NoFile => {
            let headline = format!("`{path}` does not exist, and block `{name}` belongs there");
            return Finding::new(&code::MARKER_MISSING, headline, asked())
                .help(format!("create the file, and {put}"))
                .help("to have gen write the whole file, leave out `between`");
        }
        Unmarked::NotText => {
            let headline = format!("`{path}` is no UTF-8 text, and block `{name}` belongs there");
            return Finding::new(&code::MARKER_MISSING, headline, asked()).help("save it as UTF-8");
        }
        Unmarked::Markers(markers) => markers,
    };
    match markers {
        Misplaced::Missing(others) => {
            let headline = format!("`{path}` has no markers of block `{name}`");
            let finding =
                Finding::new(&code::MARKER_MISSING, headline, Place::file(path)).related(asked());
            let others = others.iter().map(String::as_str);
            match nearest(name, others.clone()) {
                Some(near) => finding.help(format!("did you mean `{near}`, which it has?")),
                None if others.len() > 0 => finding
                    .note(format!("it has those of {}", and_list(others)))
                    .help(put),
                None => finding.help(put),
            }
        }
        Misplaced::Unclosed(at) => misplaced(
            format!("block `{name}` of `{path}` has no end"),
            at,
            "begins here",
        )
        .help(format!("put `{close}` on a line of its own behind it")),
        Misplaced::Unopened(at) => misplaced(
            format!("block `{name}` of `{path}` ends before it begins"),
            at,
            "ends here",
        )
        .help(format!("put `{open}` on a line of its own before it")),
        Misplaced::Twice(first, second) => misplaced(
            format!("block `{name}` is in `{path}` twice"),
            second,
            "the second marker",
        )
        .related(Place::span(&file, first.clone(), "the first"))
        .help("delete one of them, or give it the name of a block of its own"),
        Misplaced::Nested(open, inner) => misplaced(
            format!("another marker stands in block `{name}` of `{path}`"),
            inner,
            "would be written over",
        )
        .related(Place::span(&file, open.clone(), "the block begins here"))
        .help("let one end before the other begins"),
    }
}
