//! One pattern of a `.dockerignore`: compared as it stands where it has no wildcard, else by the regular expression that
//! moby makes of it, whose oddities are part of the dialect (`\d` is a digit). Go's expressions and ours differ inside
//! classes, so that these are written anew.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// Why a pattern cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPattern {
    /// The builder stops at it.
    Refused(&'static str),
    /// It uses what is not read here.
    Unread(&'static str),
    /// It is a mark of a merge that was not finished: the builder takes that for a pattern, and both sides count.
    Mark,
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadPattern::Refused(why) => write!(f, "{why}, and the builder stops at it"),
            BadPattern::Unread(what) => write!(f, "{what} is not understood here"),
            BadPattern::Mark => f.write_str("a merge begins or ends here"),
        }
    }
}

const CLASS: BadPattern = BadPattern::Refused("a `[` class does not end, or is not well formed");
const ESCAPE: BadPattern = BadPattern::Refused("its `\\` escapes nothing that can be escaped");

/// A pattern, ready to compare.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    by: By,
}

/// How it is compared.
#[derive(Debug)]
enum By {
    /// As it stands.
    Text,
    /// What comes before its final `**`.
    Start,
    /// What comes behind its first `**`.
    End,
    Expression(Regex),
}

impl Pattern {
    /// Of the text of a rule, cleaned.
    pub(super) fn compile(text: &str) -> Result<Self, BadPattern> {
        check_glob(text)?;
        let (by, expression) = translated(text);
        let by = match by {
            Kind::Text => By::Text,
            Kind::Start => By::Start,
            Kind::End => By::End,
            Kind::Expression => By::Expression(compiled(&expression)?),
        };
        Ok(Pattern {
            text: text.to_owned(),
            by,
        })
    }

    /// Whether it matches a path.
    pub(super) fn matches(&self, path: &str) -> bool {
        match &self.by {
            By::Text => path == self.text,
            By::Start => path.starts_with(self.text.strip_suffix("**").unwrap_or(&self.text)),
            By::End => {
                let end = &self.text[2..];
                path.ends_with(end) || end.strip_prefix('/') == Some(path)
            }
            By::Expression(expression) => expression.is_match(path),
        }
    }

    /// Whether it surely matches all that lies in a folder, whatever it is called; `deep` asks that it does so at any depth
    /// by itself, and not by the folders in between.
    pub(super) fn matches_all_below(&self, folder: &str, deep: bool) -> bool {
        /// A name that no pattern writes out.
        const ANY: char = '\u{e000}';
        !self.text.contains(['[', '?', '^', '\\', '{', '|'])
            && self.matches(&format!("{folder}/{ANY}"))
            && (!deep || self.matches(&format!("{folder}/{ANY}/{ANY}")))
    }

    /// Whether it may match something that lies in a folder.
    pub(super) fn may_match_below(&self, folder: &str) -> bool {
        let text = &self.text;
        if text.contains(['[', '\\', '^', '{', '|']) {
            return true;
        }
        if let Some((plain, _)) = text.split_once("**") {
            let plain = plain
                .split_once(['*', '?'])
                .map_or(plain, |(plain, _)| plain);
            let folder = format!("{folder}/");
            return folder.starts_with(plain) || plain.starts_with(&folder);
        }
        // As many parts as a path has that it matches.
        let depth = folder.split('/').count();
        let parts: Vec<&str> = text.split('/').collect();
        parts.len() > depth
            && Pattern::compile(&parts[..depth].join("/")).is_ok_and(|above| above.matches(folder))
    }

    /// It without `/*` or `/**` at its end, when nothing else in it is a wildcard.
    pub(super) fn prefix(&self) -> Option<&str> {
        let text = self.text.strip_suffix("/**").unwrap_or(&self.text);
        let text = text.strip_suffix("/*").unwrap_or(text);
        (!text.contains(['*', '[', ']', '?', '^', '\\'])).then_some(text)
    }
}

/// Whether the pattern is one for `filepath.Match`, of which the builder asks no more.
fn check_glob(text: &str) -> Result<(), BadPattern> {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => return Err(ESCAPE),
            '[' => {
                chars.next_if_eq(&'^');
                let mut ranges = 0;
                while ranges == 0 || chars.next_if_eq(&']').is_none() {
                    class_char(&mut chars)?;
                    if chars.next_if_eq(&'-').is_some() {
                        class_char(&mut chars)?;
                    }
                    // One that ends the text was not closed.
                    if chars.peek().is_none() {
                        return Err(CLASS);
                    }
                    ranges += 1;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A character of a class, which may be escaped.
fn class_char(chars: &mut Peekable<Chars<'_>>) -> Result<(), BadPattern> {
    match chars.next() {
        None | Some('-' | ']') => Err(CLASS),
        Some('\\') => chars.next().map(drop).ok_or(CLASS),
        Some(_) => Ok(()),
    }
}

enum Kind {
    Text,
    Start,
    End,
    Expression,
}

/// How a pattern is compared, and Go's regular expression for it, without its ends.
fn translated(text: &str) -> (Kind, String) {
    let mut out = String::new();
    let mut kind = Kind::Text;
    // A mark at its very start is passed over.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut chars = text.chars().peekable();
    let mut is_first = true;
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => {
                // `**/` is `**`.
                chars.next_if_eq(&'/');
                if chars.peek().is_some() {
                    out.push_str("(.*/)?");
                    kind = Kind::Expression;
                } else if matches!(kind, Kind::Text) {
                    kind = Kind::Start;
                } else {
                    out.push_str(".*");
                    kind = Kind::Expression;
                }
                if is_first {
                    kind = Kind::End;
                }
            }
            '*' => {
                out.push_str("[^/]*");
                kind = Kind::Expression;
            }
            '?' => {
                out.push_str("[^/]");
                kind = Kind::Expression;
            }
            // moby means to escape `|`, `{` and `}` too, but its table of marks ends before them.
            '.' | '+' | '(' | ')' | '$' => out.extend(['\\', c]),
            '\\' => {
                out.push('\\');
                out.extend(chars.next());
                kind = Kind::Expression;
            }
            '[' | ']' => {
                out.push(c);
                kind = Kind::Expression;
            }
            c => out.push(c),
        }
        is_first = false;
    }
    (kind, out)
}

/// Go's regular expression as one of ours.
fn compiled(go: &str) -> Result<Regex, BadPattern> {
    let mut out = String::from("^");
    let mut chars = go.chars().peekable();
    let mut before = Before::Atom;
    while let Some(c) = chars.next() {
        let this = match c {
            '{' => match repetition(&mut chars)? {
                Some(_) if before == Before::Repetition => return Err(STACKED),
                Some(_) if before == Before::Nothing => {
                    return Err(BadPattern::Refused("its `{}` repeats nothing"));
                }
                Some(bounds) => {
                    out.push_str(&bounds);
                    Before::Repetition
                }
                None => {
                    out.push_str("\\{");
                    Before::Atom
                }
            },
            '*' | '?' => {
                out.push(c);
                Before::Repetition
            }
            '(' | '|' => {
                out.push(c);
                Before::Nothing
            }
            // What the translation wrote, and `^`, which it lets through.
            ')' | '.' | '^' => {
                out.push(c);
                Before::Atom
            }
            '\\' => {
                out.push_str(&escape(&mut chars)?);
                Before::Atom
            }
            '[' => {
                class(&mut chars, &mut out)?;
                Before::Atom
            }
            c => {
                out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
                Before::Atom
            }
        };
        before = this;
    }
    out.push('$');
    Regex::new(&out)
        .map_err(|_| BadPattern::Refused("it is no regular expression of the builder's"))
}

const STACKED: BadPattern = BadPattern::Refused("its `{}` repeats a wildcard");

/// What a repetition would repeat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Atom,
    Repetition,
}

/// The bounds of a repetition, whose `{` is read already; `None`, and nothing is read, where that is a plain character.
fn repetition(chars: &mut Peekable<Chars<'_>>) -> Result<Option<String>, BadPattern> {
    let mut ahead = chars.clone();
    let inner: String = ahead.by_ref().take_while(|c| *c != '}').collect();
    let is_closed = chars.clone().any(|c| c == '}');
    let number = |text: &str| {
        let is_plain = text == "0" || !text.starts_with('0');
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && is_plain;
        // One too long to be read is over every bound.
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let bounds = match inner.split_once(',') {
        Some((low, "")) => number(low).map(|low| (low, None)),
        Some((low, high)) => number(low).zip(number(high)).map(|(l, h)| (l, Some(h))),
        None => number(&inner).map(|low| (low, Some(low))),
    };
    let Some((low, high)) = bounds.filter(|_| is_closed) else {
        return Ok(None);
    };
    if low > MAX_REPEAT || high.is_some_and(|high| high > MAX_REPEAT || high < low) {
        return Err(BadPattern::Refused(
            "its `{}` repeats too often, or backwards",
        ));
    }
    *chars = ahead;
    Ok(Some(format!("{{{inner}}}")))
}

/// The most that Go's expressions repeat.
const MAX_REPEAT: u64 = 1000;

/// What stands behind a backslash, outside of a class.
fn escape(chars: &mut Peekable<Chars<'_>>) -> Result<String, BadPattern> {
    let c = chars.next().ok_or(ESCAPE)?;
    Ok(match c {
        'A' => "\\A".to_owned(),
        'z' => "\\z".to_owned(),
        'b' | 'B' => format!("(?-u:\\{c})"),
        _ => match escaped(c)? {
            Escaped::Char(c) => regex::escape(c.encode_utf8(&mut [0; 4])),
            Escaped::Class(class) => format!("[{class}]"),
        },
    })
}

enum Escaped {
    Char(char),
    Class(&'static str),
}

/// An escape that may stand in a class, too: Go's classes are of ASCII.
fn escaped(c: char) -> Result<Escaped, BadPattern> {
    Ok(match c {
        'd' => Escaped::Class("0-9"),
        'D' => Escaped::Class("^0-9"),
        's' => Escaped::Class("\\t\\n\\x0c\\r "),
        'S' => Escaped::Class("^\\t\\n\\x0c\\r "),
        'w' => Escaped::Class("0-9A-Za-z_"),
        'W' => Escaped::Class("^0-9A-Za-z_"),
        'a' => Escaped::Char('\x07'),
        'f' => Escaped::Char('\x0c'),
        'n' => Escaped::Char('\n'),
        'r' => Escaped::Char('\r'),
        't' => Escaped::Char('\t'),
        'v' => Escaped::Char('\x0b'),
        'Q' | 'C' | 'p' | 'P' | 'x' | '0'..='7' => {
            return Err(BadPattern::Unread("an escape of regular expressions"));
        }
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Escaped::Char(c),
        _ => return Err(ESCAPE),
    })
}

/// A class, whose `[` is read already.
fn class(chars: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), BadPattern> {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut is_first = true;
    loop {
        match chars.next().ok_or(CLASS)? {
            ']' if !is_first => break,
            '[' if chars.peek() == Some(&':') => {
                return Err(BadPattern::Unread("a named class"));
            }
            c => {
                let low = member(c, chars)?;
                let Escaped::Char(low) = low else {
                    if let Escaped::Class(class) = low {
                        out.push_str(&format!("[{class}]"));
                    }
                    is_first = false;
                    continue;
                };
                let mut high = low;
                let mut ahead = chars.clone();
                // A `-` before the end is itself.
                if ahead.next() == Some('-') && ahead.peek().is_some_and(|c| *c != ']') {
                    chars.next();
                    let c = chars.next().ok_or(CLASS)?;
                    let Escaped::Char(end) = member(c, chars)? else {
                        return Err(CLASS);
                    };
                    high = end;
                }
                if high < low {
                    return Err(BadPattern::Refused("a range in it runs backwards"));
                }
                out.push_str(&format!("\\x{{{:x}}}-\\x{{{:x}}}", low as u32, high as u32));
            }
        }
        is_first = false;
    }
    out.push(']');
    Ok(())
}

/// A member of a class that begins with `c`.
fn member(c: char, chars: &mut Peekable<Chars<'_>>) -> Result<Escaped, BadPattern> {
    if c == '\\' {
        escaped(chars.next().ok_or(CLASS)?)
    } else {
        Ok(Escaped::Char(c))
    }
}
