//! A difference for people at a terminal.

use std::fmt::Write;

use crate::diagnostic::visible;
use crate::diff::grouped::{counts, groups, rows};
use crate::diff::{Diff, Listed, Moved, Tag};
use crate::grammar::lists::few;
use crate::lock::InputChange;

/// Names told before the rest is counted. JSON has all of them.
const NAMED: usize = 8;

/// The difference as text. Long lists are cut short and counted.
pub fn text(diff: &Diff) -> String {
    let mut out = format!("{} → {}\n", diff.old.revision, diff.new.revision);
    for row in rows(diff) {
        let moved = if row.old == row.new {
            row.new
        } else {
            format!("{} → {}", row.old, row.new)
        };
        let _ = writeln!(out, "  {}: {moved}", row.what);
    }
    let _ = writeln!(out, "  to build anew: {}", diff.rebuilds);
    out.push('\n');
    match counts(diff) {
        Some(counts) => {
            let _ = writeln!(out, "specs: {counts}");
        }
        None => out.push_str("specs: all are the same\n"),
    }
    for (sign, specs) in [('+', &diff.added), ('-', &diff.removed)] {
        for spec in specs {
            let _ = writeln!(out, "  {sign} {}", listed(spec));
        }
    }
    let (groups, followers) = groups(diff);
    for group in groups {
        let _ = writeln!(out, "  ~ {}", few(&group.specs, NAMED));
        for change in group.changes {
            let _ = writeln!(out, "      {change}");
            if let InputChange::Dockerfile { .. } = change {
                for line in group.dockerfile {
                    let _ = writeln!(out, "        {}", shown(&line.to_string()));
                }
            }
            if let InputChange::Context { .. } = change {
                for file in group.files {
                    let _ = writeln!(out, "        {} {}", file.how.as_str(), shown(&file.path));
                }
            }
        }
    }
    if !followers.is_empty() {
        let _ = writeln!(
            out,
            "  ~ {}\n      what they stand on",
            few(&followers, NAMED)
        );
    }
    let tags = &diff.tags;
    if tags.moved.len() + tags.new.len() + tags.gone.len() == 0 {
        return out;
    }
    out.push_str("\ntags:\n");
    cut(&mut out, '-', &tags.gone, of_spec);
    cut(&mut out, '+', &tags.new, of_spec);
    cut(&mut out, '~', &tags.moving(), |tag| moved(tag));
    let overwritten = tags.overwritten();
    if !overwritten.is_empty() {
        let _ = writeln!(
            out,
            "  ! {}\n      other content under a tag that prints the release, and may not move: bump it",
            few(&overwritten, NAMED)
        );
    }
    out
}

/// The first few of a list, and how many more there are.
fn cut<T>(out: &mut String, sign: char, list: &[T], line: fn(&T) -> String) {
    for one in list.iter().take(NAMED) {
        let _ = writeln!(out, "  {sign} {}", line(one));
    }
    if list.len() > NAMED {
        let _ = writeln!(out, "  {sign} and {} more", list.len() - NAMED);
    }
}

fn of_spec(tag: &Tag) -> String {
    format!("{}  {}", tag.reference, tag.spec)
}

fn listed(spec: &Listed) -> String {
    let from = spec.from.as_deref().unwrap_or("its own Dockerfile's");
    let platforms = spec.platforms.join(",");
    format!("{}  {platforms}  on {from}", spec.id)
}

fn moved(tag: &Moved) -> String {
    let what = if tag.old.spec == tag.new.spec {
        format!("{}, new content", tag.new.spec)
    } else {
        format!("{} → {}", tag.old.spec, tag.new.spec)
    };
    format!("{}  {what}", tag.reference)
}

/// A line of a file, without what would move the cursor or hide.
fn shown(line: &str) -> String {
    visible(&line.replace('\t', "    ")).into_owned()
}
