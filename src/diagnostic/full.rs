//! Findings with their source lines, as people read them in a terminal.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::visible::is_unseen;
use crate::diagnostic::{Finding, Place, Severity, visible};

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// A finding with all its texts made visible: the renderer spells out some of what is not seen, and not line breaks.
fn seen(finding: &Finding) -> Finding {
    let text = |text: &String| visible(text).into_owned();
    let place = |place: &Place| Place {
        path: visible(&place.path).into(),
        at: place.at.clone(),
        label: text(&place.label),
    };
    Finding {
        headline: text(&finding.headline),
        primary: place(&finding.primary),
        related: finding.related.iter().map(place).collect(),
        notes: finding.notes.iter().map(text).collect(),
        help: finding.help.iter().map(text).collect(),
        ..finding.clone()
    }
}

/// The columns of a terminal, by which source lines are cut.
const WIDTH: usize = 100;

/// How many characters are underlined at most: the renderer cuts longer lines, and not what stands below them.
const UNDERLINED: usize = WIDTH - 8;

/// Where the underline of a span ends: with its line, where that is not cut.
fn drawn(text: &str, span: Range<usize>) -> usize {
    let meant = &text[span.clone()];
    match meant.char_indices().nth(UNDERLINED) {
        // What goes over several lines is drawn beside them.
        Some((cut, _)) if !meant.contains('\n') => span.start + cut,
        _ => span.end,
    }
}

/// Stands for a character that is not seen.
const HIDDEN: char = '\u{fffd}';

/// What is not seen in a line of a source, and that the renderer does not spell out: one sign stands for each, so that
/// columns stay what they are.
fn is_left(c: char) -> bool {
    !c.is_ascii() && is_unseen(c)
}

/// Adds the places of one file: as one snippet, so that both sides of a conflict stand in one picture.
fn add_places<'a>(group: Group<'a>, places: &[(&'a Place, AnnotationKind)]) -> Group<'a> {
    let spans = places.iter().filter_map(|(place, kind)| {
        let (file, span) = place.at.as_ref()?;
        let end = span.end.min(file.text.len());
        Some((file, span.start.min(end)..end, *kind, place))
    });
    let spans: Vec<_> = spans.collect();
    let Some((file, ..)) = spans.first() else {
        return places.iter().fold(group, |group, (place, _)| {
            group.element(Origin::path(&*place.path))
        });
    };
    // Only the lines around the spans: a large file would be split line by line otherwise.
    let start = spans
        .iter()
        .map(|(_, span, ..)| span.start)
        .min()
        .unwrap_or(0);
    let end = spans
        .iter()
        .map(|(_, span, ..)| span.end)
        .max()
        .unwrap_or(0);
    let (window, offset, first_line) = file.window(start..end);
    let at = |offset: usize| {
        let before = window.char_indices().take_while(|(at, _)| *at < offset);
        before.fold(0, |long, (_, c)| {
            long + if is_left(c) {
                HIDDEN.len_utf8()
            } else {
                c.len_utf8()
            }
        })
    };
    let mut snippet = Snippet::source(window.replace(is_left, HIDDEN.encode_utf8(&mut [0; 4])))
        .line_start(first_line)
        .path(&*spans[0].3.path);
    for (_, span, kind, place) in &spans {
        let end = drawn(&file.text, span.clone());
        let mut annotation = kind.span(at(span.start - offset)..at(end - offset));
        if !place.label.is_empty() {
            annotation = annotation.label(place.label.as_str());
        }
        snippet = snippet.annotation(annotation);
    }
    group.element(snippet)
}

/// Renders every finding with a blank line after each. `styled` turns ANSI colours on; meaning never depends on them.
pub fn full(findings: &[Finding], styled: bool) -> String {
    let renderer = if styled {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(WIDTH);
    let mut out = String::new();
    for finding in findings {
        let finding = &seen(finding);
        let mut group = Group::with_title(
            level(finding.severity())
                .primary_title(finding.headline.as_str())
                .id(finding.code.name),
        );
        let mut places = vec![(&finding.primary, AnnotationKind::Primary)];
        places.extend(
            finding
                .related
                .iter()
                .map(|place| (place, AnnotationKind::Context)),
        );
        let mut files: Vec<&str> = places.iter().map(|(place, _)| &*place.path).collect();
        files.dedup();
        let mut shown: Vec<&str> = Vec::new();
        for path in files {
            if !shown.contains(&path) {
                shown.push(path);
                let of_file: Vec<_> = places
                    .iter()
                    .filter(|(p, _)| &*p.path == path)
                    .copied()
                    .collect();
                group = add_places(group, &of_file);
            }
        }
        for note in &finding.notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        for help in &finding.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}
