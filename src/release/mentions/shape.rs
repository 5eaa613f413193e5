//! A tag in which variables stand: `$PY-v1.4.0`, `{python}-{tag}`, `${{ matrix.python }}-v1.4.0`, `"v1.4.0-" + arch`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::release::mentions::tag::{end_of, is_tag};

/// Stands in a shape for what nothing tells.
const ANY: char = '\u{1}';

/// One part of a tag, as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// Letters, by their bytes.
    Text(Range<usize>),
    /// A variable, by its name where it has a plain one.
    Variable(Option<&'t str>),
}

/// A tag with variables, as it is written.
#[derive(Debug)]
pub(super) struct Written<'t> {
    /// Its parts, in order. At least one is a variable.
    pub parts: Vec<Part<'t>>,
    /// Where it ends.
    pub end: usize,
}

/// The tag that begins there, if variables are in it.
pub(super) fn written(text: &str, start: usize) -> Option<Written<'_>> {
    let mut parts = Vec::new();
    let mut at = start;
    // To a shell, what is quoted within a word is of that word.
    let mut quote = None;
    loop {
        let end = end_of(text, at, is_tag);
        if end > at {
            parts.push(Part::Text(at..end));
        }
        let rest = &text[end..];
        match quote {
            None if rest.starts_with("\"$") => {
                quote = Some('"');
                at = end + 1;
                continue;
            }
            Some(open) if rest.starts_with(open) => {
                quote = None;
                at = end + 1;
                continue;
            }
            _ => {}
        }
        let Some((length, name)) = variable(&text[end..]).or_else(|| added(&text[end..])) else {
            at = end;
            break;
        };
        parts.push(Part::Variable(name));
        at = end + length;
    }
    // A full stop ends the sentence.
    if let Some(Part::Text(last)) = parts.last_mut() {
        let word = text[last.clone()].trim_end_matches('.');
        last.end = last.start + word.len();
        at = last.end;
        if last.start == last.end {
            parts.pop();
        }
    }
    let variables = parts.iter().any(|part| matches!(part, Part::Variable(_)));
    // More of it that is not read, or a path, so that this was a port.
    let more = text[at..].starts_with(['$', '{', '<', '#', '/', '(', '[', '%']);
    (variables && !more).then_some(Written { parts, end: at })
}

/// How long the variable at the start of a text is, and its name.
fn variable(rest: &str) -> Option<(usize, Option<&str>)> {
    // Make writes `$$` for the sign itself.
    let doubled = usize::from(rest.starts_with("$$"));
    let text = &rest[doubled..];
    let marks = [
        ("${{", "}}"),
        ("{{", "}}"),
        ("${", "}"),
        ("$(", ")"),
        ("#{", "}"),
        ("%{", "}"),
        ("%(", ")s"),
        ("{", "}"),
        ("<", ">"),
    ];
    let Some((open, close)) = marks.into_iter().find(|(open, _)| text.starts_with(open)) else {
        let sign = text.strip_prefix(['$', '%'])?;
        let name = &sign[..end_of(sign, 0, is_word)];
        let length = doubled + 1 + name.len();
        return match text.as_bytes()[0] {
            b'$' if is_name(name) => Some((length, Some(name))),
            // `$1`, `$@`
            b'$' if name.starts_with(|c: char| c.is_ascii_digit()) => Some((doubled + 2, None)),
            b'$' if sign.starts_with(['@', '*', '#']) => Some((doubled + 2, None)),
            // `%TAG%`, `%s`
            b'%' if !name.is_empty() && sign[name.len()..].starts_with('%') => {
                Some((length + 1, Some(name)))
            }
            b'%' if name.starts_with(['s', 'd', 'v']) => Some((2, None)),
            _ => None,
        };
    };
    let inside = &text[open.len()..];
    let line = &inside[..inside.find('\n').unwrap_or(inside.len())];
    let sign = close.as_bytes()[0];
    let mut depth = 0_usize;
    let end = line.bytes().enumerate().find_map(|(at, byte)| {
        if byte == sign && depth == 0 && line[at..].starts_with(close) {
            return Some(at);
        }
        match byte {
            b'{' | b'(' => depth += 1,
            b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        None
    })?;
    let word = line[..end].trim();
    // `</code>`, `<br>` and attributes of Markdown end a tag.
    let marks = match open {
        "<" => !PLACEHOLDER.as_ref().is_some_and(|p| p.is_match(word)),
        "{" => word.starts_with([',', '.', ':', '#']),
        _ => word.is_empty(),
    };
    if marks {
        return None;
    }
    let scope = ["env.", "local.", "var."];
    let name = scope.iter().find_map(|scope| word.strip_prefix(scope));
    let name = match open {
        "${{" => name,
        "<" | "%{" => None,
        _ => name.or(Some(word)),
    };
    let length = doubled + open.len() + end + close.len();
    Some((length, name.filter(|name| is_name(name))))
}

/// A value that is put to a text in quotes, and the quote in which more may follow: `" + arch + "`.
fn added(rest: &str) -> Option<(usize, Option<&str>)> {
    let found = ADDED.as_ref()?.captures(rest)?;
    let whole = found.get(0)?.end();
    let name = found.get(1)?.as_str();
    Some((whole, Some(name).filter(|name| is_name(name))))
}

static ADDED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let sign = r"[ \t]*(?:\+|~|\.\.)[ \t]*";
    let value = r"([A-Za-z_][\w.]*(?:\([\w.]*\)|\[[\w.]*\])?)";
    Regex::new(&format!(r#"^["']{sign}{value}(?:{sign}["'])?"#)).ok()
});

/// What a document puts in brackets in the place of a value.
static PLACEHOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^[A-Za-z][\w.-]*[_ .-][\w .-]*$|^[A-Z]+$|^(?:tag|version|release|python|cuda|arch|py|variant|date|sha)$").ok()
});

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a text is the plain name of a variable.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(is_word)
}

/// Where letters of a shape are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the text that is read.
    Text(Range<usize>),
    /// In the value of a variable, on disk, with the variables that carry it into the tag.
    Value(Carried),
}

/// A value on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Where it stands.
    pub span: Range<usize>,
    /// The variable that has it, and those whose values name that one.
    pub by: Vec<String>,
}

/// What a tag comes to, as far as the file tells: the values of its variables in their place.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// Its letters, with a mark for each part that nothing tells.
    text: String,
    /// Where its letters are written, by where they start.
    origins: Vec<(usize, Origin)>,
}

impl Shape {
    /// Puts letters to its end.
    pub(super) fn add(&mut self, text: &str, origin: Origin) {
        self.origins.push((self.text.len(), origin));
        self.text.push_str(text);
    }

    /// Puts something to its end that nothing tells.
    pub(super) fn add_any(&mut self) {
        if !self.text.ends_with(ANY) {
            self.text.push(ANY);
        }
    }

    /// It with what a variable comes to behind it.
    pub(super) fn followed_by(&self, value: &Shape, name: &str) -> Shape {
        let mut whole = self.clone();
        let mut origins = value.origins.iter().peekable();
        let mut at = 0;
        while let Some((start, origin)) = origins.next() {
            if value.text[at..*start].contains(ANY) {
                whole.add_any();
            }
            let end = origins.peek().map_or(value.text.len(), |(next, _)| *next);
            let mut origin = origin.clone();
            if let Origin::Value(carried) = &mut origin
                && !carried.by.iter().any(|by| by == name)
            {
                carried.by.push(name.to_owned());
            }
            let letters = value.text[*start..end].trim_end_matches(ANY);
            whole.add(letters, origin);
            at = start + letters.len();
        }
        if value.text[at..].contains(ANY) {
            whole.add_any();
        }
        whole
    }

    /// The whole tag, where all of it is told.
    pub(super) fn told(&self) -> Option<&str> {
        (!self.text.contains(ANY)).then_some(self.text.as_str())
    }

    /// It, with a star for what nothing tells.
    pub(super) fn shown(&self) -> String {
        self.text.replace(ANY, "*")
    }

    /// Whether anything of it is told that could be a part of a version.
    pub(super) fn has_digits(&self) -> bool {
        self.text.bytes().any(|b| b.is_ascii_digit())
    }

    /// Whether it may come to this tag.
    pub(super) fn fits(&self, tag: &str) -> bool {
        fits(&self.text, tag)
    }

    /// Whether a tag with other numbers may be one that it comes to.
    pub(super) fn resembles(&self, tag: &str) -> bool {
        let mut loose = String::new();
        for c in self.text.chars() {
            let c = if c.is_ascii_digit() { ANY } else { c };
            if c != ANY || !loose.ends_with(ANY) {
                loose.push(c);
            }
        }
        fits(&loose, tag)
    }

    /// The stretches of letters between a beginning and an end that it may have; the longer first.
    pub(super) fn between<'s>(
        &'s self,
        prefix: &str,
        suffix: &str,
    ) -> impl Iterator<Item = Range<usize>> + 's {
        let starts: Vec<usize> = self
            .cuts()
            .filter(|at| fits(&self.text[..*at], prefix))
            .collect();
        let ends: Vec<usize> = self
            .cuts()
            .filter(|at| fits(&self.text[*at..], suffix))
            .collect();
        starts.into_iter().flat_map(move |start| {
            let longest = ends
                .clone()
                .into_iter()
                .rev()
                .take_while(move |end| *end > start);
            longest
                .map(move |end| start..end)
                .filter(|part| !self.text[part.clone()].contains(ANY))
        })
    }

    fn cuts(&self) -> impl Iterator<Item = usize> + '_ {
        let inner = self.text.char_indices().map(|(at, _)| at);
        inner.chain([self.text.len()])
    }

    /// Letters of it.
    pub(super) fn part(&self, part: Range<usize>) -> &str {
        &self.text[part]
    }

    /// Which one place to change so that letters of it come to others, and what to write there. `None` where it takes more
    /// than one.
    pub(super) fn moved(&self, part: Range<usize>, to: &str) -> Option<(Origin, String)> {
        let pieces = self
            .origins
            .iter()
            .enumerate()
            .filter_map(|(index, (at, origin))| {
                let next = self.origins.get(index + 1).map_or(self.text.len(), |o| o.0);
                let (start, end) = (part.start.max(*at), part.end.min(next));
                let from = |span: &Range<usize>| span.start + start - at..span.start + end - at;
                (start < end).then(|| {
                    let origin = match origin {
                        Origin::Text(span) => Origin::Text(from(span)),
                        Origin::Value(Carried { span, by }) => Origin::Value(Carried {
                            span: from(span),
                            by: by.clone(),
                        }),
                    };
                    (start..end, origin)
                })
            });
        let pieces: Vec<_> = pieces.collect();
        pieces.into_iter().rev().find_map(|(at, origin)| {
            let rest = to.strip_prefix(&self.text[part.start..at.start])?;
            let rest = rest.strip_suffix(&self.text[at.end..part.end])?;
            Some((origin, rest.to_owned()))
        })
    }

    /// Whether letters of it stand right beside something that nothing tells.
    pub(super) fn is_open(&self, part: &Range<usize>) -> bool {
        self.text[..part.start].ends_with(ANY) || self.text[part.end..].starts_with(ANY)
    }
}

/// Whether a shape may come to a text: each mark in it is any letters, or none.
fn fits(shape: &str, text: &str) -> bool {
    let Some((first, rest)) = shape.split_once(ANY) else {
        return shape == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once(ANY).unwrap_or(("", rest));
    for word in middle.split(ANY) {
        match text.find(word) {
            Some(at) => text = &text[at + word.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a tag, a variable in brackets.
    fn parts(text: &str) -> Option<String> {
        let read = written(text, 0)?;
        let shown = read.parts.iter().map(|part| match part {
            Part::Text(at) => text[at.clone()].to_owned(),
            Part::Variable(name) => format!("[{}]", name.unwrap_or_default()),
        });
        Some(shown.collect())
    }

    #[test]
    fn a_tag_may_have_variables() {
        for (text, read) in [
            ("$TAG", Some("[TAG]")),
            ("${TAG}-cu128 x", Some("[TAG]-cu128")),
            ("3.12-$(TAG)", Some("3.12-[TAG]")),
            ("v{{ version }}", Some("v[version]")),
            ("{TAG}.", Some("[TAG]")),
            ("$TAG-$ARCH", Some("[TAG]-[ARCH]")),
            ("$$TAG-$${ARCH}", Some("[TAG]-[ARCH]")),
            ("{py}-{tag!r}", Some("[py]-[]")),
            ("{3.11,3.12}-v1.4.0", Some("[]-v1.4.0")),
            ("${{ matrix.py }}-v1.4.0", Some("[]-v1.4.0")),
            ("${{ env.TAG }}-cu128", Some("[TAG]-cu128")),
            ("{{ .Values.python }}-v1", Some("[]-v1")),
            ("${TAG:-v1}", Some("[]")),
            ("${env.TAG}", Some("[TAG]")),
            ("$(git describe (x))-a", Some("[]-a")),
            ("$1-a", Some("[]-a")),
            ("%s-v1", Some("[]-v1")),
            ("%(py)s-v1", Some("[py]-v1")),
            ("%PY%-v1", Some("[PY]-v1")),
            ("{}-v1", Some("[]-v1")),
            ("3.12-\"$TAG\" x", Some("3.12-[TAG]")),
            ("\"$PY\"-\"${TAG}\"", Some("[PY]-[TAG]")),
            ("$PY\" x", Some("[PY]")),
            ("${var.tag}-a", Some("[tag]-a")),
            ("3.12-\" + tag", Some("3.12-[tag]")),
            ("\" + str(py) + \"-v1\"", Some("[]-v1")),
            ("<python>-v1", Some("[]-v1")),
            ("<python-version>-v1", Some("[]-v1")),
            ("v1</code>", None),
            ("v1.2.0", None),
            ("v1\" x", None),
            ("$TAG@sha256:00", Some("[TAG]")),
            ("$TAG/x", None),
            ("{", None),
            ("$", None),
            ("{}", Some("[]")),
            ("${é}", Some("[]")),
            ("${TAG\n}", None),
        ] {
            assert_eq!(parts(text).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn what_nothing_tells_may_be_anything() {
        for (shape, text, fit) in [
            ("\u{1}-v1", "3.12-v1", true),
            ("\u{1}-v1", "3.12-v2", false),
            ("a\u{1}b\u{1}c", "abc", true),
            ("a\u{1}b\u{1}c", "axbybzc", true),
            ("a\u{1}b\u{1}c", "ac", false),
            ("\u{1}", "", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("ab\u{1}bc", "abc", false),
        ] {
            assert_eq!(fits(shape, text), fit, "{shape} {text}");
        }
    }
}
