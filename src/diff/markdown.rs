//! A difference as a comment on a pull request: the summary first, long lists folded.

use std::fmt::Write;

use crate::diff::grouped::{Row, counts, groups, rows};
use crate::diff::{Diff, Listed, Tag};
use crate::lock::Change;

/// Rows of a table before the rest is counted: a comment on GitHub holds 65,536 characters.
const ROWS: usize = 100;

/// The difference as Markdown of GitHub's and GitLab's flavour. No text of the matrix can break out of its cell.
pub fn markdown(diff: &Diff) -> String {
    let counts = counts(diff).unwrap_or_else(|| "nothing changed".to_owned());
    let mut out = format!("### Base images: {counts}\n\n");
    let (old, new) = (code(&diff.old.revision), code(&diff.new.revision));
    table(&mut out, &["", &old, &new]);
    for Row { what, old, new } in rows(diff) {
        let new = if old == new {
            code(&new)
        } else {
            format!("**{}**", code(&new))
        };
        row(&mut out, &[what, &code(&old), &new]);
    }
    let _ = match diff.rebuilds {
        0 => writeln!(out, "\nNo platform image has to be built anew."),
        1 => writeln!(out, "\n**1** platform image has to be built anew."),
        n => writeln!(out, "\n**{n}** platform images have to be built anew."),
    };
    let never: Vec<&str> = diff
        .tags
        .moved
        .iter()
        .filter(|t| t.immutable)
        .map(|t| t.reference.as_str())
        .collect();
    if let Some(first) = never.first() {
        let more = match never.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        let _ = writeln!(
            out,
            "\n> **Warning:** {}{more} would stand for other content, and must not move: bump the release.",
            code(first)
        );
    }
    changed(&mut out, diff);
    for (what, specs) in [("added", &diff.added), ("removed", &diff.removed)] {
        folded(&mut out, &format!("Specs {what}"), specs.len(), |out| {
            table(out, &["spec", "stands on", "platforms", "reference"]);
            rest(out, specs, 4, |spec| of_listed(spec));
        });
    }
    let tags = &diff.tags;
    folded(&mut out, "Tags moved", tags.moved.len(), |out| {
        table(out, &["tag", "was", "is"]);
        rest(out, &tags.moved, 3, |tag| {
            let is = if tag.old.spec == tag.new.spec {
                format!("{}, new content", code(&tag.new.spec))
            } else {
                code(&tag.new.spec)
            };
            vec![code(&tag.reference), code(&tag.old.spec), is]
        });
    });
    for (what, tags) in [("new", &tags.new), ("gone", &tags.gone)] {
        folded(&mut out, &format!("Tags {what}"), tags.len(), |out| {
            table(out, &["tag", "spec"]);
            rest(out, tags, 2, |tag: &Tag| {
                vec![code(&tag.reference), code(&tag.spec)]
            });
        });
    }
    out
}

/// The changed specs, those that changed alike together, each group with its lines and files.
fn changed(out: &mut String, diff: &Diff) {
    let (groups, followers) = groups(diff);
    if !groups.is_empty() {
        out.push('\n');
        table(out, &["changed", "why"]);
        rest(out, &groups, 2, |group| {
            let why: Vec<String> = group
                .changes
                .iter()
                .map(|c| prose(&c.to_string()))
                .collect();
            vec![some(&group.specs), why.join("<br>")]
        });
    }
    if !followers.is_empty() {
        let _ = writeln!(out, "\nWhat they stand on changed: {}.", some(&followers));
    }
    for group in &groups {
        let title = format!("What changed in {}", some(&group.specs));
        let lines = group
            .changes
            .iter()
            .any(|c| matches!(c, Change::Dockerfile { .. }));
        if lines && !group.dockerfile.is_empty() {
            let mut text = String::new();
            for line in group.dockerfile.iter().take(ROWS) {
                let _ = writeln!(text, "{line}");
            }
            if group.dockerfile.len() > ROWS {
                let _ = writeln!(text, "… {} more lines", group.dockerfile.len() - ROWS);
            }
            let fence = fence(&text);
            details(out, &title, &format!("{fence}diff\n{text}{fence}\n"));
        }
        if !group.files.is_empty() {
            let mut text = String::new();
            table(&mut text, &["file", ""]);
            rest(&mut text, group.files, 2, |file| {
                vec![code(&file.path), file.how.as_str().to_owned()]
            });
            details(out, &title.replacen("What changed", "Files", 1), &text);
        }
    }
}

fn of_listed(spec: &Listed) -> Vec<String> {
    vec![
        code(&spec.id),
        spec.from.as_deref().map(code).unwrap_or_default(),
        code(&spec.platforms.join(", ")),
        spec.references.first().map(|r| code(r)).unwrap_or_default(),
    ]
}

/// A part that is shown when asked for, and left out when there is nothing in it.
fn folded(out: &mut String, title: &str, count: usize, fill: impl FnOnce(&mut String)) {
    if count > 0 {
        let mut text = String::new();
        fill(&mut text);
        details(out, &format!("{title} ({count})"), &text);
    }
}

fn details(out: &mut String, title: &str, text: &str) {
    let _ = writeln!(
        out,
        "\n<details><summary>{title}</summary>\n\n{text}\n</details>"
    );
}

/// The head of a table.
fn table(out: &mut String, columns: &[&str]) {
    row(out, columns);
    let _ = writeln!(out, "|{}", "---|".repeat(columns.len()));
}

fn row(out: &mut String, cells: &[impl AsRef<str>]) {
    out.push('|');
    for cell in cells {
        let _ = write!(out, " {} |", cell.as_ref());
    }
    out.push('\n');
}

/// The rows of a table, as many as fit.
fn rest<T>(out: &mut String, list: &[T], columns: usize, cells: impl Fn(&T) -> Vec<String>) {
    for one in list.iter().take(ROWS) {
        row(out, &cells(one));
    }
    if list.len() > ROWS {
        let mut cells = vec![String::new(); columns];
        cells[0] = format!("and {} more", list.len() - ROWS);
        row(out, &cells);
    }
}

/// The first few names as code.
fn some(names: &[&str]) -> String {
    let named = 5;
    let mut told: Vec<String> = names.iter().take(named).map(|n| code(n)).collect();
    if names.len() > named {
        told.push(format!("and {} more", names.len() - named));
    }
    told.join(", ")
}

/// Any text as code on one line, also in a table and in a summary, where backticks mean nothing.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// A sentence of ours with values in backticks, of which one may hold a backtick itself: what is between the first and
/// the last of an odd number cannot be told apart, and stays as it is.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let parts = parts.iter().enumerate();
    parts
        .map(|(index, part)| {
            if index % 2 == 1 {
                code(part)
            } else {
                escaped(part)
            }
        })
        .collect()
}

/// A text that means nothing to Markdown or HTML: whatever could is written as a character reference.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " -./:=,→…".contains(c) => out.push(c),
            c if c.is_control() => out.push(' '),
            c => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
    }
    out
}

/// A fence that the text cannot close.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}
