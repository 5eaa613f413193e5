//! A difference as a comment on a pull request: the summary first, long lists folded.

use std::fmt::Write;

use crate::diagnostic::visible;
use crate::diff::grouped::{Group, Telling, counts, groups, rows};
use crate::diff::{Diff, Listed, Moved};
use crate::grammar::lists::few;

/// Rows of a table, and lines of a Dockerfile, before the rest is counted.
const ROWS: usize = 100;

/// Names told before the rest is counted.
const NAMED: usize = 5;

/// Characters of a comment: GitHub takes 65,536.
const LIMIT: usize = 60_000;

/// The difference as Markdown of GitHub's and GitLab's flavour, as long as a comment may be. No text of the matrix can
/// break out of where it stands.
pub fn markdown(diff: &Diff) -> String {
    let mut out = summary(diff);
    let (groups, followers) = groups(diff);
    let mut parts = vec![changed(&groups, &followers)];
    parts.extend(groups.iter().flat_map(details_of));
    for (what, specs) in [("added", &diff.added), ("removed", &diff.removed)] {
        let head = ["spec", "stands on", "platforms", "reference"];
        parts.push(folded(&format!("Specs {what}"), &head, specs, of_listed));
    }
    let tags = &diff.tags;
    let head = ["tag", "was", "is"];
    parts.push(folded("Tags moved", &head, &tags.moving(), |tag| {
        of_moved(tag)
    }));
    for (what, tags) in [("new", &tags.new), ("gone", &tags.gone)] {
        parts.push(folded(
            &format!("Tags {what}"),
            &["tag", "spec"],
            tags,
            |tag| vec![code(&tag.reference), code(&tag.spec)],
        ));
    }
    let mut left_out = 0;
    for part in parts {
        if out.len() + part.len() > LIMIT {
            left_out += 1;
        } else {
            out.push_str(&part);
        }
    }
    if left_out > 0 {
        out.push_str("\nThe rest is too long for a comment: `gen diff` shows it.\n");
    }
    out
}

fn summary(diff: &Diff) -> String {
    let counts = counts(diff).unwrap_or_else(|| "nothing changed".to_owned());
    let mut out = format!("### Base images: {counts}\n\n");
    let (old, new) = (code(&diff.old.revision), code(&diff.new.revision));
    table(&mut out, &["", &old, &new]);
    for Telling { what, old, new } in rows(diff) {
        let (old, new) = (code(&old), code(&new));
        let new = if old == new {
            new
        } else {
            format!("**{new}**")
        };
        row(&mut out, &[what, old, new]);
    }
    let _ = match diff.rebuilds {
        0 => writeln!(out, "\nNo platform image has to be built anew."),
        1 => writeln!(out, "\n**1** platform image has to be built anew."),
        n => writeln!(out, "\n**{n}** platform images have to be built anew."),
    };
    let overwritten = diff.tags.overwritten();
    if !overwritten.is_empty() {
        let _ = writeln!(
            out,
            "\n> **Bump the release:** other content would stand under {}.",
            some(&overwritten)
        );
    }
    out
}

/// The changed specs, those that changed alike in one row.
fn changed(groups: &[Group<'_>], followers: &[&str]) -> String {
    let mut out = String::new();
    if !groups.is_empty() {
        out.push('\n');
        table(&mut out, &["changed", "why"]);
        rest(&mut out, groups, 2, |group| {
            let why: Vec<String> = group
                .changes
                .iter()
                .map(|c| prose(&c.to_string()))
                .collect();
            vec![some(&group.specs), why.join("<br>")]
        });
    }
    if !followers.is_empty() {
        let _ = writeln!(out, "\nWhat they stand on changed: {}.", some(followers));
    }
    out
}

/// The lines and files that changed in a group.
fn details_of(group: &Group<'_>) -> Vec<String> {
    let specs: Vec<String> = group.specs.iter().map(|s| html(s)).collect();
    let specs = few(&specs, NAMED);
    let mut parts = Vec::new();
    if !group.dockerfile.is_empty() {
        let mut text = String::new();
        for line in group.dockerfile.iter().take(ROWS) {
            // Each begins with its sign, so none of them closes the fence.
            let line = line
                .to_string()
                .replace(|c: char| c.is_control() && c != '\t', " ");
            let _ = writeln!(text, "{line}");
        }
        if group.dockerfile.len() > ROWS {
            let _ = writeln!(text, "… {} more lines", group.dockerfile.len() - ROWS);
        }
        let text = format!("```diff\n{text}```\n");
        parts.push(details(&format!("Dockerfile of {specs}"), &text));
    }
    if !group.files.is_empty() {
        let mut text = String::new();
        table(&mut text, &["file", ""]);
        rest(&mut text, group.files, 2, |file| {
            vec![code(&file.path), file.how.as_str().to_owned()]
        });
        parts.push(details(&format!("Files of {specs}"), &text));
    }
    parts
}

fn of_moved(tag: &Moved) -> Vec<String> {
    let is = if tag.old.spec == tag.new.spec {
        format!("{}, new content", code(&tag.new.spec))
    } else {
        code(&tag.new.spec)
    };
    vec![code(&tag.reference), code(&tag.old.spec), is]
}

fn of_listed(spec: &Listed) -> Vec<String> {
    vec![
        code(&spec.id),
        spec.from.as_deref().map(code).unwrap_or_default(),
        code(&spec.platforms.join(", ")),
        spec.references
            .first()
            .map_or_else(|| "not published".to_owned(), |r| code(r)),
    ]
}

/// A table that is shown when asked for, and left out when there is nothing in it.
fn folded<T>(title: &str, head: &[&str], list: &[T], cells: impl Fn(&T) -> Vec<String>) -> String {
    if list.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    table(&mut text, head);
    rest(&mut text, list, head.len(), cells);
    details(&format!("{title} ({})", list.len()), &text)
}

fn details(title: &str, text: &str) -> String {
    format!("\n<details><summary>{title}</summary>\n\n{text}\n</details>\n")
}

/// The head of a table.
fn table(out: &mut String, columns: &[impl AsRef<str>]) {
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
    let told: Vec<String> = names.iter().take(NAMED).map(|n| code(n)).collect();
    match names.len().saturating_sub(NAMED) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

/// Any text as code on one line, also in a table.
fn code(text: &str) -> String {
    let text = &*visible(text);
    let plain = |c: char| !c.is_control() && !"`|<>&@".contains(c);
    if !text.trim().is_empty() && text.chars().all(plain) {
        format!("`{text}`")
    } else {
        html(text)
    }
}

/// Any text as code where Markdown is not read, as in a summary, or would read too much.
fn html(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// A sentence of ours with values in backticks. Where the backticks do not pair, a value holds one: then none is code.
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
    for c in visible(text).chars() {
        match c {
            c if c.is_alphanumeric() || " -./:=,→…".contains(c) => out.push(c),
            c => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
    }
    out
}
