//! What a template may take: steps, text, depth. A template that would never end is a finding, and no run that hangs.
//!
//! The engine counts its own steps, and bounds what it repeats. What its filters make is bounded here, by filters of the
//! same names that look first at how long their result would be. `namespace` is not there: it is the one way to an object
//! that holds itself, which nothing could ever print, and to a text that doubles in each turn of a loop.

use std::io;

use minijinja::value::{Kwargs, StringInput};
use minijinja::{Environment, Error, ErrorKind, State, Template, Value, filters};

use crate::render::spent;

/// How much a template may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Steps of the engine.
    steps: u64,
    /// Bytes of what it yields, and of each text that a filter makes.
    text: usize,
}

/// For a field of `matrix.toml`: a tag, a command.
pub(super) const FIELD: Bounds = Bounds {
    steps: 100_000,
    text: 1024 * 1024,
};

/// For a file. The pipelines of the most cells that a product may have take a small part of it.
pub(super) const FILE: Bounds = Bounds {
    steps: 50_000_000,
    text: 64 * 1024 * 1024,
};

/// How deep macros, includes and blocks may nest.
const DEPTH: usize = 64;

impl Bounds {
    /// Has an engine keep them.
    pub(super) fn hold(self, engine: &mut Environment<'static>) {
        engine.set_recursion_limit(DEPTH);
        engine.set_fuel(Some(self.steps));
        // What it prints is for those who write the engine.
        engine.remove_global("debug");
        engine.remove_global("namespace");
        spent::hold(engine, self.steps);
        engine.add_filter(
            "indent",
            move |value: StringInput<'_>,
                  width: Option<usize>,
                  first: Option<bool>,
                  blank: Option<bool>,
                  named: Kwargs| {
                let lines = value.as_str().split('\n').count();
                let wanted = match width {
                    Some(width) => width,
                    None => named.get::<Option<usize>>("width")?.unwrap_or(0),
                };
                self.fits(wanted.saturating_mul(lines))?;
                filters::indent(value, width, first, blank, named)
            },
        );
        engine.add_filter(
            "replace",
            move |state: &mut State<'_, '_>,
                  value: StringInput<'_>,
                  from: StringInput<'_>,
                  to: StringInput<'_>| {
                let (text, long) = (value.as_str(), to.as_str().len());
                let times = text.len() / from.as_str().len().max(1) + 1;
                if times.saturating_mul(long) > self.text {
                    self.fits(text.matches(from.as_str()).count().saturating_mul(long))?;
                }
                filters::replace(state, value, from, to)
            },
        );
        engine.add_filter(
            "join",
            move |state: &mut State<'_, '_>,
                  value: &Value,
                  joiner: Option<StringInput<'_>>,
                  attribute: Option<&str>,
                  named: Kwargs| {
                let between = match &joiner {
                    Some(joiner) => joiner.as_str().len(),
                    None => named.get::<Option<&str>>("d")?.map_or(0, str::len),
                };
                let items = value.len().unwrap_or(0);
                let mut long = between.saturating_mul(items);
                // Many short ones are no danger; the same long one many times is.
                if items > 1
                    && let Ok(all) = value.try_iter()
                {
                    for item in all {
                        long = long.saturating_add(item.as_str().map_or(0, str::len));
                    }
                }
                self.fits(long)?;
                filters::join(state, value, joiner, attribute, named)
            },
        );
        engine.add_filter(
            "format",
            move |state: &mut State<'_, '_>,
                  format: &Value,
                  arguments: minijinja::value::Rest<minijinja::value::ValueOrKwargs>| {
                self.fits(widest(format.as_str().unwrap_or_default()))?;
                filters::format(state, format, arguments)
            },
        );
    }

    /// Renders a template.
    ///
    /// # Errors
    /// When the engine refuses, or the text is too long.
    pub(super) fn render(self, template: &Template<'_, '_>, scope: Value) -> Result<String, Error> {
        let mut out = Bounded {
            text: Vec::new(),
            limit: self.text,
        };
        match template.render_captured_to(scope, &mut out) {
            Ok(_) => String::from_utf8(out.text)
                .map_err(|_| Error::new(ErrorKind::WriteFailure, "what it yields is no text")),
            Err(error) if error.kind() == ErrorKind::WriteFailure => Err(self.too_long()),
            Err(error) => Err(error),
        }
    }

    /// What an error of the engine means, where its own words say too little.
    pub(super) fn words(self, error: &Error) -> Option<String> {
        (error.kind() == ErrorKind::OutOfFuel)
            .then(|| format!("it takes more than {} steps", grouped(self.steps)))
    }

    fn fits(self, bytes: usize) -> Result<(), Error> {
        if bytes > self.text {
            Err(self.too_long())
        } else {
            Ok(())
        }
    }

    fn too_long(self) -> Error {
        let most = self.text / 1024 / 1024;
        Error::new(
            ErrorKind::InvalidOperation,
            format!("it makes a text of more than {most} MiB"),
        )
    }
}

/// How far a block may be indented, in spaces: beyond any that a reader of YAML would take.
const INDENT: usize = 1_000;

/// An indentation that can be written.
///
/// # Errors
/// When it is wider.
pub(super) fn indentation(wanted: usize) -> Result<usize, Error> {
    if wanted <= INDENT {
        return Ok(wanted);
    }
    Err(Error::new(
        ErrorKind::InvalidOperation,
        format!("it indents by {wanted} spaces, and no more than {INDENT} can be"),
    ))
}

/// `100,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// All widths and precisions of a format of `printf`, one after the other.
fn widest(format: &str) -> usize {
    let numbers = format.split(|c: char| !c.is_ascii_digit());
    let numbers = numbers.filter(|digits| !digits.is_empty());
    numbers.fold(0, |sum: usize, digits| {
        sum.saturating_add(digits.parse().unwrap_or(usize::MAX))
    })
}

/// A text that takes no more than so many bytes.
struct Bounded {
    text: Vec<u8>,
    limit: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    // What the engine calls, for each word that it prints.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.text.len() + bytes.len() > self.limit {
            return Err(io::Error::other("too long"));
        }
        self.text.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(source: &str) -> Result<String, Error> {
        let mut engine = Environment::new();
        FIELD.hold(&mut engine);
        engine.add_template_owned("t", source.to_owned())?;
        FIELD.render(&engine.get_template("t")?, Value::UNDEFINED)
    }

    #[test]
    fn filters_do_what_they_did() {
        for (source, text) in [
            ("{{ 'a\nb'|indent }}", "a\n    b"),
            ("{{ 'a\nb'|indent(2, true) }}", "  a\n  b"),
            ("{{ 'a\nb'|indent(width=1) }}", "a\n b"),
            ("{{ 'aba'|replace('a', 'cc') }}", "ccbcc"),
            ("{{ 'ab'|replace('', '-') }}", "-a-b-"),
            ("{{ ['a', 'b', 1]|join(', ') }}", "a, b, 1"),
            ("{{ ['a', 'b']|join(d='-') }}", "a-b"),
            ("{{ [{'n': 1}, {'n': 2}]|join('+', 'n') }}", "1+2"),
            ("{{ '%s-%05d'|format('a', 7) }}", "a-00007"),
            ("{{ [3, 1, 2]|sort|list|string }}", "[1, 2, 3]"),
            ("{{ [1, 2]|sum(start=3) }}", "6"),
            ("{{ [{'n': 1}, {'n': 2}]|map(attribute='n')|max }}", "2"),
            ("{{ ['b', 'A', 'a']|unique|join }}", "bA"),
            ("{{ [1, 2, 3]|select('odd')|join }}", "13"),
            ("{{ [1, 2, 3]|batch(2, 0)|list }}", "[[1, 2], [3, 0]]"),
        ] {
            assert_eq!(rendered(source).expect(source), text, "{source}");
        }
    }

    #[test]
    fn what_would_never_end_is_refused() {
        for source in [
            "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
            "{% for i in range(99999) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}",
            "{{ 'x'|indent(4000000000, true) }}",
            "{{ 'x'|indent(width=4000000000, first=true) }}",
            "{{ 'x' * 4000000000 }}",
            "{{ ('x' * 1000000)|replace('x', 'y' * 1000) }}",
            "{{ range(100000)|join('x' * 1000000) }}",
            "{{ range(100000)|join(d='x' * 1000000) }}",
            "{{ (['x' * 1000000] * 100000)|join }}",
            "{{ '%4000000000d'|format(1) }}",
            "{{ '%.4000000000f'|format(1.5) }}",
            "{{ 'x' * 2000000 }}",
            "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
            "{% for i in range(3000) %}{{ range(1000)|sum }}{% endfor %}",
            "{% for i in range(3000) %}{{ range(1000)|map('string')|list }}{% endfor %}",
            "{{ [1]|slice(10000000000) }}",
            "{{ [1]|batch(10000000000, 0) }}",
            "{% set n = namespace() %}{% set n.n = n %}{{ n }}",
            "{{ debug() }}",
        ] {
            let error = rendered(source).expect_err(source);
            assert_ne!(error.kind(), ErrorKind::SyntaxError, "{source}: {error}");
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
