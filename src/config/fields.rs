//! Templated fields: taking them in, and finding what they read that is not there.

use std::ops::Range;
use std::sync::Arc;

use crate::config::comparisons::comparison_finding;
use crate::config::known_axes::ARCH;
use crate::config::model::Config;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, Place, and_list, code, nearest};
use crate::grammar::Spanned;
use crate::render::{Field, FieldFault, Printed, field_words};
use crate::source::SourceFile;

impl Builder<'_> {
    /// Takes in a templated field; a syntax fault becomes a finding.
    pub(super) fn field(
        &mut self,
        text: &Spanned<String>,
        is_object: &dyn Fn(&str) -> bool,
    ) -> Option<Field> {
        let source = &text.value;
        match self.fields.add(source, text.span.clone(), is_object) {
            Ok(field) => Some(field),
            Err(error) => {
                let inner = error.range();
                let span = inner_span(self.file, source, &text.span, inner);
                let place = self.place(span, "the template cannot be parsed here");
                let what = error.detail().unwrap_or("a fault of syntax").to_owned();
                self.sink
                    .push(Finding::new(&code::TEMPLATE_SYNTAX, what, place));
                None
            }
        }
    }

    /// Reports names the field reads that are not among `known`, attributes that nothing has, and comparisons that would silently be false.
    pub(super) fn check_names(&mut self, field: &Field, known: &[&str], whose: &str) {
        let Some(uses) = self.fields.uses(field).cloned() else {
            return;
        };
        for (name, at) in &uses.names {
            let axis = self.words.iter().find(|(word, _)| **word == **name);
            // Who asks whether an axis is there knows that it may not be.
            let asked = axis.is_some() && uses.asked.contains(name);
            if asked || known.contains(&name.as_str()) {
                continue;
            }
            let span = inner_span(self.file, &field.source, &field.span, Some(at.clone()));
            // `[defaults]` are looked at for each image; what is wrong in them is told once.
            if !self.told.insert((span.start, name.clone())) {
                continue;
            }
            let mut finding = Finding::new(
                &code::UNKNOWN_VARIABLE,
                format!("{whose} does not see `{name}`"),
                self.place(span, "unknown name"),
            );
            finding = match nearest(name, known.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.note(format!("it sees {}", and_list(known.iter().copied()))),
            };
            if let Some((word, axis)) = axis.filter(|(_, axis)| &**axis != "arch") {
                finding = finding.help(format!("add `{axis}` to the image's `axes`"));
                if whose.starts_with("`[defaults]`") {
                    finding = finding.help(format!(
                        "or say it in a row, which passes by images without `{axis}`: `[[defaults.when]]` with `match = {{ {axis} = \"*\" }}`; or ask first, `{{{{ {word} if {word} is defined }}}}`"
                    ));
                }
            }
            if name == "release" {
                finding = finding.help("add a `[release]` with its `version`");
            }
            if ["commit", "date"].contains(&name.as_str()) {
                finding = finding.note("a commit and a day are known to runs of a channel: its `tags` alone print them");
            }
            if name == ARCH {
                finding = finding.note("`arch` is folded into one multi-platform spec; in a Dockerfile use `TARGETARCH`, or print `arch` in `name` or `tag` to have a spec each");
            }
            self.sink.push(finding);
        }
        self.check_attributes(field, &uses, known);
        for comparison in &uses.comparisons {
            let at = Some(comparison.at.clone());
            let span = inner_span(self.file, &field.source, &field.span, at);
            let finding = comparison_finding(comparison, self.place(span, ""));
            self.sink.push(finding);
        }
    }

    /// The finding for a field that failed to render.
    pub(super) fn field_fault(&self, field: &Field, fault: FieldFault) -> Finding {
        super::field_finding(self.file, field, fault)
    }
}

/// The bytes of the file that `inner` bytes of a string's value stand in, or the whole string where escapes hide them.
pub(super) fn inner_span(
    file: &SourceFile,
    value: &str,
    span: &Range<usize>,
    inner: Option<Range<usize>>,
) -> Range<usize> {
    let written = file.slice(span.clone());
    match (written.find(value), inner) {
        (Some(start), Some(inner)) if inner.start <= value.len() => {
            // The engine tells the place of an odd character by its first byte, and may count one beyond the end.
            let start = span.start + start;
            let end = start + value.len();
            file.whole(start + inner.start..(start + inner.end).min(end))
        }
        _ => span.clone(),
    }
}

impl Config {
    /// The finding for a field shared by several images that reads the axis `word`, which `image` has not, at these bytes
    /// of it.
    pub fn lacking_finding(
        &self,
        field: &Field,
        at: Range<usize>,
        word: &str,
        image: &str,
    ) -> Finding {
        let span = inner_span(&self.file, &field.source, &field.span, Some(at));
        let finding = Finding::new(
            &code::UNKNOWN_VARIABLE,
            format!("an alias reads `{word}`, which `{image}` does not see"),
            self.place(span, format!("no axis of `{image}`")),
        );
        if word == ARCH {
            return finding.note(format!(
                "`{image}` folds `arch` into multi-platform specs, of which each has one alias"
            ));
        }
        finding.help(format!(
            "let its `match` name images that have `{word}`, or ask first: `{{{{ '-x' if {word} is defined and {word} }}}}`"
        ))
    }
}

/// The finding for a field that failed to render.
pub fn field_finding(file: &Arc<SourceFile>, field: &Field, fault: FieldFault) -> Finding {
    match fault {
        FieldFault::Printed(Printed::Table(words)) => Finding::new(
            &code::TEMPLATE_FAULT,
            words,
            Place::span(file, field.span.clone(), "printed here"),
        ),
        FieldFault::Printed(Printed::None) => Finding::new(
            &code::NONE_PRINTED,
            "a template prints `none`, or an attribute of it",
            Place::span(
                file,
                field.span.clone(),
                "printed here for a cell whose value is `none`",
            ),
        )
        .help("guard it: `{{ '-cu' ~ cuda.compact if cuda }}`"),
        FieldFault::Failed(error, inner) => {
            let span = inner_span(file, &field.source, &field.span, inner);
            let what = field_words(&error);
            // Names are looked for before; what is left are attributes that this value lacks.
            let code = if error.kind() == minijinja::ErrorKind::UndefinedError {
                &code::UNKNOWN_ATTRIBUTE
            } else {
                &code::TEMPLATE_FAULT
            };
            Finding::new(
                code,
                what,
                Place::span(file, span, "the template cannot be rendered here"),
            )
        }
    }
}
