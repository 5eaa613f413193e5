//! Findings with their source lines, as people read them in a terminal.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Finding, Place, Severity};

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

fn add_place<'a>(group: Group<'a>, place: &'a Place, kind: AnnotationKind) -> Group<'a> {
    match &place.at {
        Some((file, span)) => {
            let end = span.end.min(file.text.len());
            let start = span.start.min(end);
            // Only the lines around the span: a large file would be split line by line otherwise.
            let (window, offset, first_line) = file.window(start..end);
            let mut annotation = kind.span(start - offset..end - offset);
            if !place.label.is_empty() {
                annotation = annotation.label(place.label.as_str());
            }
            group.element(
                Snippet::source(window)
                    .line_start(first_line)
                    .path(&*place.path)
                    .annotation(annotation),
            )
        }
        None => group.element(Origin::path(&*place.path)),
    }
}

/// Renders every finding with a blank line after each. `styled` turns ANSI colours on; meaning never depends on them.
pub fn full(findings: &[Finding], styled: bool) -> String {
    let renderer = if styled {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(100);
    let mut out = String::new();
    for finding in findings {
        let mut group = Group::with_title(
            level(finding.severity())
                .primary_title(finding.headline.as_str())
                .id(finding.code.name),
        );
        group = add_place(group, &finding.primary, AnnotationKind::Primary);
        for place in &finding.related {
            group = add_place(group, place, AnnotationKind::Context);
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
