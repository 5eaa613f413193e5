//! Templated fields: taking them in, and finding what they read that is not there.

use std::ops::Range;
use std::sync::Arc;

use crate::config::model::Config;
use crate::config::spanned::Spanned;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, Place, and_list, code, nearest};
use crate::matrix::Version;
use crate::render::{Comparison, Field, FieldFault, Printed, field_words};
use crate::source::SourceFile;

impl Builder<'_> {
    /// Takes in a templated field; a syntax fault becomes a finding.
    pub fn field(
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
    pub fn check_names(&mut self, field: &Field, known: &[&str], whose: &str) {
        let Some(uses) = self.fields.uses(field).cloned() else {
            return;
        };
        for (name, at) in &uses.names {
            if known.contains(&name.as_str()) {
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
            let lacking = self
                .words
                .iter()
                .find(|(word, axis)| **word == **name && &**axis != "arch");
            if let Some((_, axis)) = lacking {
                finding = finding.help(format!("add `{axis}` to the image's `axes`"));
            }
            if name == "release" {
                finding = finding.help("add a `[release]` with its `version`");
            }
            if name == "arch" {
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
    pub fn field_fault(&self, field: &Field, fault: FieldFault) -> Finding {
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

/// The finding for a comparison that does not mean what it says, written at `place`.
pub fn comparison_finding(comparison: &Comparison, mut place: Place) -> Finding {
    let what = &comparison.what;
    let (object, part) = parts(comparison);
    let (headline, label) = match part {
        None => (
            format!("`{what}` is compared with what it never equals"),
            "an axis is an object; texts and numbers are something else",
        ),
        Some("major" | "minor" | "patch") => (
            format!("`{what}` is compared with what it never equals"),
            "a number on one side, a text on the other",
        ),
        Some(_) => (
            format!("`{what}` is compared letter by letter"),
            "as texts, `9` comes after `12`",
        ),
    };
    let is_attribute = part.is_none() && what.contains('.');
    place.label = if is_attribute {
        "an attribute that looks like a version is an object, like its axis".to_owned()
    } else {
        label.to_owned()
    };
    let written = place
        .at
        .as_ref()
        .map_or("", |(file, span)| file.slice(span.clone()))
        .to_owned();
    let help = match instead(comparison, &written) {
        Some(instead) => format!("write `{instead}`"),
        None => format!(
            "write `{object} is matching('>=12,<13')`, `{object} is matching('value')`, or `{object}` alone for \"not none\""
        ),
    };
    let finding = Finding::new(&code::AXIS_COMPARISON, headline, place).help(help);
    if part.is_none() && !is_attribute && !written.contains("none") {
        return finding.help(format!(
            "or compare a text that its values state: `{{ value = \"…\", os = \"ubuntu22.04\" }}` and `{object}.os == 'ubuntu22.04'`"
        ));
    }
    finding
}

/// The object that is compared, and what of it: `version`, `major`, an attribute.
fn parts(comparison: &Comparison) -> (&str, Option<&str>) {
    match comparison.what.rsplit_once('.') {
        Some((object, part)) if !comparison.is_object => (object, Some(part)),
        _ => (&comparison.what, None),
    }
}

/// What `axis == 'literal'` was meant to say.
fn instead(comparison: &Comparison, written: &str) -> Option<String> {
    let axis = &*comparison.what;
    let (bare, part) = parts(comparison);
    let rest = written.strip_prefix(axis)?.trim_start();
    let (sign, literal) = ["==", "!=", ">=", "<=", ">", "<"]
        .into_iter()
        .find_map(|sign| Some((sign, rest.strip_prefix(sign)?.trim())))?;
    let literal = literal
        .strip_prefix(['\'', '"'])?
        .strip_suffix(['\'', '"'])?;
    if matches!(part, Some("major" | "minor" | "patch")) {
        return literal
            .parse::<u64>()
            .ok()
            .map(|number| format!("{axis} {sign} {number}"));
    }
    match (sign, literal) {
        ("==", "none") => Some(format!("not {bare}")),
        ("!=", "none") => Some(bare.to_owned()),
        ("==", _) => Some(format!("{bare} is matching('{literal}')")),
        ("!=", _) => Some(format!("{bare} is not matching('{literal}')")),
        _ => Version::parse(literal).map(|_| format!("{bare} is matching('{sign}{literal}')")),
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
        if word == "arch" {
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
