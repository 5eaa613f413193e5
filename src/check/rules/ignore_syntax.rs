//! Lines of ignore files that end the build, or of which nobody can tell here what they do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::grammar::SpecId;
use crate::source::{BadPattern, IgnoreFault, SourceFile};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut files: BTreeMap<&str, (&[IgnoreFault], BTreeSet<SpecId>)> = BTreeMap::new();
    for (id, rendered) in cx.contents.iter() {
        if let Some((path, faults)) = &rendered.files.ignore_faults {
            let file = files.entry(path).or_insert((faults, BTreeSet::new()));
            file.1.insert(id);
        }
    }
    for (path, (faults, specs)) in files {
        let file = cx.repository.text(path);
        let are = |kind: fn(&BadPattern) -> bool| -> Vec<&IgnoreFault> {
            faults.iter().filter(|fault| kind(&fault.why)).collect()
        };
        let refused = are(|why| matches!(why, BadPattern::Refused(_)));
        let unread = are(|why| matches!(why, BadPattern::Unread(_)));
        let marks = are(|why| *why == BadPattern::Mark);
        let mut tell = |faults: &[&IgnoreFault], code, one: &str, many: &str, help: &str| {
            let Some((first, others)) = faults.split_first() else {
                return;
            };
            let headline = match faults.len() {
                1 => format!("line {} of `{path}` {one}", first.line),
                count => format!("{count} lines of `{path}` {many}"),
            };
            let mut finding = Finding::new(code, headline, place(path, file.as_ref(), first));
            for fault in others {
                finding = finding.related(place(path, file.as_ref(), fault));
            }
            sink.push(finding.help(help).about(specs.iter().copied()));
        };
        tell(
            &refused,
            &code::IGNORE_SYNTAX,
            "is refused by the builder",
            "are refused by the builder",
            "correct it: no image can be built with it",
        );
        tell(
            &marks,
            &code::IGNORE_SYNTAX,
            "is the mark of a merge: the builder takes it for a pattern, and both sides count",
            "are marks of a merge",
            "finish the merge: keep what is meant of both sides, and delete the marks",
        );
        tell(
            &unread,
            &code::IGNORE_UNREAD,
            "is not understood here, so what it does to the content cannot be told",
            "are not understood here, so what they do to the content cannot be told",
            "write it with `*`, `**`, `?` and plain classes such as `[a-z]`",
        );
    }
}

/// The line of a fault; the file alone where that is no text.
fn place(path: &str, file: Option<&Arc<SourceFile>>, fault: &IgnoreFault) -> Place {
    let mut start = 0;
    let lines = file
        .into_iter()
        .flat_map(|file| file.text.split_inclusive('\n'));
    for (index, line) in lines.enumerate() {
        if index + 1 == fault.line {
            let end = start + line.trim_end_matches(['\n', '\r']).len();
            return file.map_or_else(
                || Place::file(path),
                |file| Place::span(file, start..end, fault.why.to_string()),
            );
        }
        start += line.len();
    }
    Place::file(path)
}
