//! What the `FROM`s of a Dockerfile read of the `ARG`s above them, and where that is written.

use std::collections::HashMap;
use std::ops::Range;

use crate::dockerfile::{Dockerfile, Operation, Word};

/// A variable in a `FROM` that an `ARG` above gives a value.
#[derive(Debug)]
pub(super) struct Argument {
    /// The bytes of the variable.
    pub place: Range<usize>,
    /// Where its value is written, in pieces.
    pub value: Vec<Range<usize>>,
    /// The bytes of the image that the `FROM` names.
    pub image: Range<usize>,
}

/// The variables of a Dockerfile's `FROM`s, in order. Those without a value are left out.
pub(super) fn arguments(text: &str) -> Vec<Argument> {
    // Of a template, which no builder would take, these two instructions can still be read.
    let file = Dockerfile::parse(text).or_else(|_| Dockerfile::parse(&skeleton(text)));
    let Ok(file) = file else {
        return Vec::new();
    };
    let mut values = Values {
        text,
        escape: file.directives.escape(),
        known: HashMap::new(),
    };
    for instruction in file.globals() {
        let Operation::Arg(assignments) = &instruction.kind else {
            continue;
        };
        for assignment in assignments {
            let Some(value) = &assignment.value else {
                continue;
            };
            let pieces = values.written(value).and_then(|at| values.pieces(at));
            let name = assignment.name.text.clone();
            match pieces {
                Some(pieces) => values.known.insert(name, pieces),
                None => values.known.remove(&name),
            };
        }
    }
    let mut found = Vec::new();
    for stage in 0..file.stages.len() {
        let Some(image) = values.written(&file.from(stage).image) else {
            continue;
        };
        let mut at = image.start;
        while let Some(next) = text[at..image.end].find('$') {
            let start = at + next;
            let (end, value) = values.variable(start, image.end);
            if let Some(value) = value {
                found.push(Argument {
                    place: start..end,
                    value,
                    image: image.clone(),
                });
            }
            at = end;
        }
    }
    found
}

/// A Dockerfile with nothing but its `ARG`s and `FROM`s, each byte where it was.
fn skeleton(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let shown = line.trim();
        let begins = |word: &str| {
            let keyword = shown.get(..word.len());
            keyword.is_some_and(|k| k.eq_ignore_ascii_case(word))
                && shown[word.len()..].starts_with([' ', '\t'])
        };
        let template = shown.contains("{{") || shown.contains("{%");
        if (goes_on || begins("ARG") || begins("FROM")) && !template {
            goes_on = shown.ends_with('\\');
            kept.push_str(line);
        } else {
            goes_on = false;
            let end = line.len() - line.trim_end_matches('\n').len();
            kept.extend(std::iter::repeat_n(' ', line.len() - end));
            kept.push_str(&line[line.len() - end..]);
        }
    }
    kept
}

/// The args so far, each by where its value is written.
struct Values<'t> {
    text: &'t str,
    escape: char,
    known: HashMap<String, Vec<Range<usize>>>,
}

impl Values<'_> {
    /// The bytes of a word that stands in one piece.
    fn written(&self, word: &Word) -> Option<Range<usize>> {
        let text = self.text.get(word.span.clone())?;
        (text == word.text).then(|| word.span.clone())
    }

    /// Where that is written which a word comes to. `None` where a variable of it has no value.
    fn pieces(&self, word: Range<usize>) -> Option<Vec<Range<usize>>> {
        let mut pieces: Vec<Range<usize>> = Vec::new();
        let mut quote = None;
        let mut at = word.start;
        while let Some(c) = self.text[at..word.end].chars().next() {
            let mut next = at + c.len_utf8();
            match c {
                '$' if quote != Some('\'') => {
                    let (end, value) = self.variable(at, word.end);
                    pieces.extend(value?);
                    at = end;
                    continue;
                }
                '"' | '\'' if quote.is_none() => quote = Some(c),
                _ if quote == Some(c) => quote = None,
                _ => {
                    if c == self.escape && quote != Some('\'') {
                        at = next;
                        next += self.text[at..word.end]
                            .chars()
                            .next()
                            .map_or(0, char::len_utf8);
                    }
                    match pieces.last_mut() {
                        Some(last) if last.end == at => last.end = next,
                        _ => pieces.push(at..next),
                    }
                }
            }
            at = next;
        }
        Some(pieces)
    }

    /// Where the variable that begins there ends, and where its value is written.
    fn variable(&self, start: usize, end: usize) -> (usize, Option<Vec<Range<usize>>>) {
        let inside = start + 1;
        let braced = self.text[inside..end].starts_with('{');
        let name_start = inside + usize::from(braced);
        let rest = &self.text[name_start..end];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let name_end = name_start + length.unwrap_or(rest.len());
        let known = self.known.get(&self.text[name_start..name_end]).cloned();
        if !braced {
            return (name_end, known);
        }
        let mut open = 1;
        let close = self.text[name_end..end].char_indices().find(|(at, c)| {
            open += match c {
                '{' if self.text[..name_end + at].ends_with('$') => 1,
                '}' => -1,
                _ => 0,
            };
            open == 0
        });
        let Some((close, _)) = close else {
            return (end, None);
        };
        let close = name_end + close;
        let modifier = &self.text[name_end..close];
        let word = |operator: &str| self.pieces(name_end + operator.len()..close);
        let filled = known
            .clone()
            .filter(|value| value.iter().any(|v| !v.is_empty()));
        let value = match modifier {
            "" => known,
            _ if modifier.starts_with(":-") => filled.or_else(|| word(":-")),
            _ if modifier.starts_with('-') => known.or_else(|| word("-")),
            _ if modifier.starts_with(":+") => match filled {
                Some(_) => word(":+"),
                None => Some(Vec::new()),
            },
            _ if modifier.starts_with('+') => match known {
                Some(_) => word("+"),
                None => Some(Vec::new()),
            },
            _ if modifier.starts_with(":?") || modifier.starts_with('?') => known,
            _ => None,
        };
        (close + 1, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each variable of the `FROM`s reads.
    fn reads(text: &str) -> Vec<String> {
        let found = arguments(text).into_iter();
        found
            .map(|a| a.value.iter().map(|v| &text[v.clone()]).collect())
            .collect()
    }

    #[test]
    fn a_from_reads_the_arguments_above_it() {
        for (text, read) in [
            ("ARG V=1\nFROM a:$V\n", &["1"][..]),
            ("ARG V=1\nFROM a:${V:-2}\n", &["1"]),
            ("ARG V\nFROM a:${V:-2}\n", &["2"]),
            ("ARG V=\nFROM a:${V:-2}\n", &["2"]),
            ("ARG V=\nFROM a:b${V-2}\n", &[""]),
            ("ARG V=1\nFROM a:b${V:+-x}\n", &["-x"]),
            ("ARG V=1\nARG V\nFROM a:$V\n", &["1"]),
            ("ARG A=1 V=\"2\"\nFROM a:$A-${V}\n", &["1", "2"]),
            ("ARG A=1 \\\n    V='2'\nFROM a:$V\n", &["2"]),
            ("ARG V=1\nARG TAG=v${V}-x\nFROM a:$TAG\n", &["v1-x"]),
            ("ARG V=1\nFROM --platform=linux/amd64 \\\n  a:$V\n", &["1"]),
            ("arg V=1\nfrom a:$V as b\nFROM b\n", &["1"]),
            ("ARG V=1\nFROM a\nARG V=2\nRUN b$V\n", &[]),
            ("FROM a:$V\nARG V=1\n", &[]),
            ("ARG TAG=$V\nFROM a:$TAG\n", &[]),
            ("ARG V=1\nRUN <<E\n", &[]),
            (
                "{% if x %}\nARG V=é\nFROM a:$V\n{% endif %}\nRUN x\n",
                &["é"],
            ),
            ("ARG V=1\nFROM a:${V\n", &[]),
        ] {
            assert_eq!(reads(text), read, "{text}");
        }
    }
}
