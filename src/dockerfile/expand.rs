//! Variables and quotes in words: `$NAME`, `${NAME}` with every modifier, `'…'`, `"…"` and escapes.
//!
//! Source: `frontend/dockerfile/shell/lex.go` of BuildKit, which looks like a shell and is none: `-` `+` `?` with and
//! without `:`, `#` `##` `%` `%%` with patterns of `*` and `?`, `/` and `//`.

use std::borrow::Cow;
use std::sync::Arc;

use crate::dockerfile::pattern;
use crate::dockerfile::value::{Expansion, Unknown};

/// Longest text that a word may come to, in bytes: more is nobody's, and doubling in each of some lines would fill the
/// memory.
const MAX_LENGTH: usize = 64 * 1024;
/// How deep `${A:-${B:-…}}` may go.
const MAX_DEPTH: usize = 100;

/// The variables that a word may read.
pub(super) trait Variables {
    /// What a variable is: `None` where it is not set.
    fn get(&self, name: &str) -> Option<Cow<'_, Expansion>>;
}

/// No variable at all.
pub(super) struct Unset;

impl Variables for Unset {
    fn get(&self, _: &str) -> Option<Cow<'_, Expansion>> {
        None
    }
}

/// What a word came to.
#[derive(Debug)]
pub(super) struct Expanded {
    /// The text, or why it cannot be told.
    pub value: Expansion,
    /// Variables that were read and are set, in order of first reading.
    pub read: Vec<Arc<str>>,
    /// Variables that were read and are not set.
    pub unset: Vec<Arc<str>>,
}

/// How words are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The character that escapes.
    pub escape: char,
    /// Whether quotes stay.
    pub raw_quotes: bool,
    /// Whether escapes stay.
    pub raw_escapes: bool,
    /// Whether variables that are not set stay as they are written.
    pub keep_unset: bool,
}

impl Rules {
    /// As instructions expand their words.
    pub(super) fn of(escape: char) -> Self {
        Rules {
            escape,
            raw_quotes: false,
            raw_escapes: false,
            keep_unset: false,
        }
    }
}

/// Expands one word. White space in it stays.
///
/// # Errors
/// Says why BuildKit refuses the word.
pub(super) fn word(
    text: &str,
    rules: Rules,
    variables: &dyn Variables,
) -> Result<Expanded, String> {
    if !text.contains(['$', '\'', '"', rules.escape]) {
        return Ok(Expanded {
            value: Expansion::from(text),
            read: Vec::new(),
            unset: Vec::new(),
        });
    }
    let mut lexer = Lexer::new(text, rules, variables);
    let result = lexer.until(None, rules.raw_escapes)?.0;
    Ok(Expanded {
        value: match lexer.unknown {
            Some(unknown) => Expansion::Unknown(unknown),
            None => Expansion::Known(result.into()),
        },
        read: lexer.read,
        unset: lexer.unset,
    })
}

/// The words of a text, parted by white space outside of quotes after it was expanded.
///
/// # Errors
/// Says why BuildKit refuses the text.
pub(super) fn words(text: &str, rules: Rules) -> Result<Vec<String>, String> {
    let mut lexer = Lexer::new(text, rules, &Unset);
    Ok(lexer.until(None, rules.raw_escapes)?.1.done())
}

struct Lexer<'a> {
    rest: &'a str,
    rules: Rules,
    variables: &'a dyn Variables,
    depth: usize,
    unknown: Option<Unknown>,
    read: Vec<Arc<str>>,
    unset: Vec<Arc<str>>,
}

/// Words as they grow.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    word: String,
}

impl Words {
    fn push(&mut self, c: char) {
        if !c.is_whitespace() {
            self.word.push(c);
        } else if !self.word.is_empty() {
            self.done.push(std::mem::take(&mut self.word));
        }
    }

    fn done(mut self) -> Vec<String> {
        if !self.word.is_empty() {
            self.done.push(self.word);
        }
        self.done
    }
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, rules: Rules, variables: &'a dyn Variables) -> Self {
        Lexer {
            rest: text,
            rules,
            variables,
            depth: 0,
            unknown: None,
            read: Vec::new(),
            unset: Vec::new(),
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// Up to `stop`, which is taken too, or to the end.
    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<(String, Words), String> {
        if self.depth >= MAX_DEPTH {
            return Err("variables are nested too deep".to_owned());
        }
        self.depth += 1;
        let before = std::mem::replace(&mut self.rules.raw_escapes, raw_escapes);
        let result = self.through(stop);
        self.rules.raw_escapes = before;
        self.depth -= 1;
        result
    }

    fn through(&mut self, stop: Option<char>) -> Result<(String, Words), String> {
        let mut result = String::new();
        let mut words = Words::default();
        while let Some(c) = self.peek() {
            if stop == Some(c) {
                self.next();
                return Ok((result, words));
            }
            let special = match c {
                '$' => Some(self.dollar()?),
                '<' => Some(self.less()),
                '\'' => Some(self.single()?),
                '"' => Some(self.double()?),
                _ => None,
            };
            if let Some(text) = special {
                result.push_str(&text);
                match c {
                    '$' => text.chars().for_each(|c| words.push(c)),
                    _ => words.word.push_str(&text),
                }
            } else {
                self.next();
                if c == self.rules.escape {
                    if self.rules.raw_escapes {
                        words.word.push(c);
                        result.push(c);
                    }
                    let Some(escaped) = self.next() else { break };
                    words.word.push(escaped);
                    result.push(escaped);
                } else {
                    words.push(c);
                    result.push(c);
                }
            }
            if result.len() > MAX_LENGTH {
                return Err(format!("it comes to more than {MAX_LENGTH} bytes"));
            }
        }
        match stop {
            Some(stop) => Err(format!("a `{stop}` is missing")),
            None => Ok((result, words)),
        }
    }

    /// Between single quotes everything is as it stands.
    fn single(&mut self) -> Result<String, String> {
        let inside = &self.rest[1..];
        let end = inside.find('\'').ok_or("a `'` is missing")?;
        let raw = usize::from(self.rules.raw_quotes);
        let text = self.rest[1 - raw..1 + end + raw].to_owned();
        self.rest = &inside[end + 1..];
        Ok(text)
    }

    fn double(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.next();
        if self.rules.raw_quotes {
            text.push('"');
        }
        loop {
            match self.peek().ok_or("a `\"` is missing")? {
                '"' => {
                    self.next();
                    if self.rules.raw_quotes {
                        text.push('"');
                    }
                    return Ok(text);
                }
                '$' => text.push_str(&self.dollar()?),
                c => {
                    self.next();
                    let mut c = c;
                    if c == self.rules.escape {
                        if self.rules.raw_escapes {
                            text.push(c);
                        }
                        match self.peek() {
                            None => continue,
                            Some(next)
                                if matches!(next, '"' | '$') || next == self.rules.escape =>
                            {
                                self.next();
                                c = next;
                            }
                            Some(_) => {}
                        }
                    }
                    text.push(c);
                }
            }
            if text.len() > MAX_LENGTH {
                return Err(format!("it comes to more than {MAX_LENGTH} bytes"));
            }
        }
    }

    /// `<<` keeps the white space behind it: a here-document may be named there.
    fn less(&mut self) -> String {
        self.next();
        if self.peek() != Some('<') {
            return "<".to_owned();
        }
        let behind = &self.rest[1..];
        let rest = behind.trim_start_matches(['\t', '\r', ' ']);
        let text = format!("<<{}", &behind[..behind.len() - rest.len()]);
        self.rest = rest;
        text
    }

    fn name(&mut self) -> &'a str {
        let rest = self.rest;
        let length = match self.peek() {
            Some(c) if c.is_numeric() => rest.find(|c: char| !c.is_numeric()),
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => Some(1),
            _ => rest.find(|c: char| !(c.is_alphanumeric() || c == '_')),
        };
        let (name, rest) = rest.split_at(length.unwrap_or(rest.len()));
        self.rest = rest;
        name
    }

    /// The value of a variable: `None` where it is not set. Of one that cannot be told, an empty one, and the whole word
    /// cannot be told either.
    fn variable(&mut self, name: &str) -> Option<Arc<str>> {
        let note = |names: &mut Vec<Arc<str>>| {
            if names.iter().all(|known| **known != *name) {
                names.push(name.into());
            }
        };
        match self.variables.get(name).map(Cow::into_owned) {
            Some(Expansion::Known(value)) => {
                note(&mut self.read);
                Some(value)
            }
            Some(Expansion::Unknown(unknown)) => {
                note(&mut self.read);
                self.unknown.get_or_insert(unknown);
                Some("".into())
            }
            None => {
                note(&mut self.unset);
                None
            }
        }
    }

    fn dollar(&mut self) -> Result<String, String> {
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(match self.variable(name) {
                Some(value) => value.to_string(),
                None if self.rules.keep_unset => format!("${name}"),
                None => String::new(),
            });
        }
        self.next();
        match self.peek() {
            None => return Err("a `}` is missing".to_owned()),
            Some('{' | '}' | ':') => return Err("`${` is not followed by a name".to_owned()),
            Some(_) => {}
        }
        let name = self.name();
        let unsupported = |modifier: &str| format!("`${{{name}{modifier}…}}` is not supported");
        match self.next() {
            Some('}') => Ok(match self.variable(name) {
                Some(value) => value.to_string(),
                None if self.rules.keep_unset => format!("${{{name}}}"),
                None => String::new(),
            }),
            Some('/') => self.replaced(name),
            Some(':') => {
                let modifier = self.next().unwrap_or_default();
                if matches!(modifier, '#' | '%') {
                    return Err(unsupported(&format!(":{modifier}")));
                }
                self.modified(name, modifier, true)
            }
            Some(modifier @ ('+' | '-' | '?' | '#' | '%')) => self.modified(name, modifier, false),
            Some(other) => Err(unsupported(&other.to_string())),
            None => Err("a `}` is missing".to_owned()),
        }
    }

    /// `${NAME:-word}` and its kin, from behind the modifier on. `empty_is_unset` where a `:` stands before that.
    fn modified(
        &mut self,
        name: &str,
        modifier: char,
        empty_is_unset: bool,
    ) -> Result<String, String> {
        // What the word reads counts only where the word does.
        let unknown = self.unknown.take();
        let (word, _) = self.until(Some('}'), matches!(modifier, '#' | '%'))?;
        let in_word = std::mem::replace(&mut self.unknown, unknown);
        let value = self.variable(name);
        let colon = if empty_is_unset { ":" } else { "" };
        let Some(value) = value else {
            return match modifier {
                _ if self.rules.keep_unset => Ok(format!("${{{name}{colon}{modifier}{word}}}")),
                '-' => {
                    self.unknown = self.unknown.take().or(in_word);
                    Ok(word)
                }
                '?' => Err(required(name, &word, "is not set")),
                '+' | '#' | '%' => Ok(String::new()),
                _ => Err(format!("`${{{name}{colon}{modifier}…}}` is not supported")),
            };
        };
        let used = value.is_empty() && empty_is_unset;
        match modifier {
            '-' if used => {
                self.unknown = self.unknown.take().or(in_word);
                Ok(word)
            }
            '+' if used => Ok(String::new()),
            '+' => {
                self.unknown = self.unknown.take().or(in_word);
                Ok(word)
            }
            // Of one that cannot be told it cannot be told either whether it is empty.
            '?' if used && self.unknown.is_none() => Err(required(name, &word, "is empty")),
            '-' | '?' => Ok(value.to_string()),
            '#' | '%' => {
                self.unknown = self.unknown.take().or(in_word);
                let (pattern, longest) = match word.strip_prefix(modifier) {
                    Some(pattern) => (pattern, true),
                    None => (word.as_str(), false),
                };
                match modifier {
                    '#' => pattern::without_prefix(&value, pattern, longest),
                    _ => pattern::without_suffix(&value, pattern, longest),
                }
            }
            _ => Err(format!("`${{{name}{colon}{modifier}…}}` is not supported")),
        }
    }

    /// `${NAME/pattern/replacement}`, from behind the first `/` on.
    fn replaced(&mut self, name: &str) -> Result<String, String> {
        let all = self.peek() == Some('/');
        if all {
            self.next();
        }
        let (pattern, _) = self.until(Some('/'), true)?;
        let (replacement, _) = self.until(Some('}'), true)?;
        let value = match self.variable(name) {
            Some(value) => value,
            None if self.rules.keep_unset => {
                return Ok(format!("${{{name}/{pattern}/{replacement}}}"));
            }
            None => "".into(),
        };
        pattern::replaced(&value, &pattern, &replacement, all)
    }
}

fn required(name: &str, message: &str, fact: &str) -> String {
    match message {
        "" => format!("`{name}` {fact}"),
        _ => format!("`{name}` {fact}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Given;

    impl Variables for Given {
        fn get(&self, name: &str) -> Option<Cow<'_, Expansion>> {
            let known = |text: &str| Some(Cow::Owned(Expansion::from(text)));
            match name {
                "V" => known("12.4.1"),
                "E" => known(""),
                "P" => known("a/b/c"),
                "S" => known("x*y"),
                "U" => Some(Cow::Owned(Expansion::Unknown(Unknown::BuildPlatform(
                    "U".into(),
                )))),
                _ => None,
            }
        }
    }

    fn of(text: &str) -> Result<Option<String>, String> {
        let expanded = word(text, Rules::of('\\'), &Given)?;
        Ok(expanded.value.known().map(str::to_owned))
    }

    #[test]
    fn every_modifier_does_as_buildkit_does() {
        for (text, expected) in [
            ("$V/b", "12.4.1/b"),
            ("${V}x$E$N", "12.4.1x"),
            ("${N:-d}${E:-d}${E-d}${N-d}", "ddd"),
            ("${V:+y}${E:+y}${N:+y}${E+y}${N+y}", "yy"),
            ("${V:?no}${E?no}", "12.4.1"),
            ("${V%.*}", "12.4"),
            ("${V%%.*}", "12"),
            ("${V#*.}", "4.1"),
            ("${V##*.}", "1"),
            ("${V%?}", "12.4."),
            ("${V/./-}", "12-4.1"),
            ("${V//./-}", "12-4-1"),
            ("${P/\\//-}", "a-b/c"),
            ("${V//.}", "a `/` is missing"),
            ("${S%\\*y}", "x"),
            ("${N:-${E:-${V%%.*}}}", "12"),
            ("${N:-a b}", "a b"),
            ("'$V'\"$V\"", "$V12.4.1"),
            ("\\$V \"\\$V\" '\\$V' \"\\x\"", "$V $V \\$V \\x"),
            ("$", "$"),
            ("$1$@", ""),
            ("a<<b", "a<<b"),
            ("${N%x}${N/a/b}", ""),
            ("${V:=x}", "`${V:=…}` is not supported"),
            ("${V^^}", "`${V^…}` is not supported"),
            ("${V:?}${N:?}", "`N` is not set"),
            ("${E:?please}", "`E` is empty: please"),
            ("${N?}", "`N` is not set"),
            ("${V", "a `}` is missing"),
            ("${}", "`${` is not followed by a name"),
            ("'x", "a `'` is missing"),
            ("\"x", "a `\"` is missing"),
        ] {
            let said = match of(text) {
                Ok(value) => value.expect("known"),
                Err(why) => why,
            };
            assert_eq!(said, expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_told_makes_the_word_so_only_where_it_counts() {
        for text in [
            "$U", "x${U}y", "${U:-a}", "${U%b}", "${N:-$U}", "${V:+$U}", "${U:?no}",
        ] {
            assert_eq!(of(text), Ok(None), "{text}");
        }
        assert_eq!(of("${V:-$U}"), Ok(Some("12.4.1".to_owned())));
        assert_eq!(of("${N:+$U}"), Ok(Some(String::new())));
    }

    #[test]
    fn doubling_and_nesting_come_to_an_end() {
        let deep = format!("{}x{}", "${N:-".repeat(5000), "}".repeat(5000));
        assert!(of(&deep).is_err());
        let long = "${V}".repeat(20_000);
        assert!(of(&long).is_err());
    }
}
