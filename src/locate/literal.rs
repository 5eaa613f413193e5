//! How a text stands between its quotes: from what is written to what is meant, and back.

/// The way a text is written.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    how: How,
    /// Characters that would not stand for themselves here, whatever precedes them.
    not: &'static str,
}

#[derive(Clone, Debug)]
enum How {
    /// With a backslash before what is not itself, between two of `quote`.
    Escaped {
        escapes: &'static Escapes,
        quote: char,
    },
    /// Each character is itself, until `close`.
    Raw { close: String },
    /// Each character is itself, but for the quote, which stands twice.
    Doubled { quote: char },
    /// Without quotes: these characters alone.
    Bare { allowed: fn(char) -> bool },
}

/// What may follow a backslash in a language.
#[derive(Debug)]
pub(super) struct Escapes {
    /// One letter for one character.
    pub letters: &'static [(char, char)],
    /// A letter and the number of hexadecimal digits after it.
    pub digits: &'static [(char, usize)],
    /// Whether `\u{…}` is a character.
    pub braces: bool,
    /// Whether a backslash before anything else is a backslash.
    pub lenient: bool,
    /// What must be written with a backslash, besides the quote.
    pub needed: &'static str,
}

/// What is common to C and its heirs.
const LETTERS: &[(char, char)] = &[
    ('\\', '\\'),
    ('"', '"'),
    ('\'', '\''),
    ('n', '\n'),
    ('r', '\r'),
    ('t', '\t'),
];

/// <https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences>
pub(super) const PYTHON: Escapes = Escapes {
    letters: LETTERS,
    digits: &[('x', 2), ('u', 4), ('U', 8)],
    braces: false,
    lenient: false,
    needed: "\\",
};
/// <https://doc.rust-lang.org/reference/tokens.html#string-literals>
pub(super) const RUST: Escapes = Escapes {
    letters: LETTERS,
    digits: &[('x', 2)],
    braces: true,
    lenient: false,
    needed: "\\",
};
/// <https://go.dev/ref/spec#String_literals>. `\x` is a byte, so only ASCII is a character.
pub(super) const GO: Escapes = Escapes {
    letters: LETTERS,
    digits: &[('x', 2), ('u', 4), ('U', 8)],
    braces: false,
    lenient: false,
    needed: "\\",
};
/// <https://tc39.es/ecma262/#sec-literals-string-literals>
pub(super) const SCRIPT: Escapes = Escapes {
    letters: SCRIPT_LETTERS,
    digits: &[('x', 2), ('u', 4)],
    braces: true,
    lenient: false,
    needed: "\\",
};
/// <https://tc39.es/ecma262/#sec-template-literal-lexical-components>
pub(super) const TEMPLATE: Escapes = Escapes {
    letters: SCRIPT_LETTERS,
    digits: &[('x', 2), ('u', 4)],
    braces: true,
    lenient: false,
    needed: "\\$",
};
const SCRIPT_LETTERS: &[(char, char)] = &[
    ('\\', '\\'),
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('$', '$'),
    ('{', '{'),
    ('/', '/'),
    ('n', '\n'),
    ('r', '\r'),
    ('t', '\t'),
];
/// Inside double quotes of a shell: POSIX 2.2.3.
pub(super) const SHELL: Escapes = Escapes {
    letters: &[('\\', '\\'), ('"', '"'), ('$', '$'), ('`', '`')],
    digits: &[],
    braces: false,
    lenient: true,
    needed: "\\$`",
};
/// <https://toml.io/en/v1.1.0#string>
pub(super) const TOML: Escapes = Escapes {
    letters: LETTERS,
    digits: &[('x', 2), ('u', 4), ('U', 8)],
    braces: false,
    lenient: false,
    needed: "\\",
};
/// RFC 8259, section 7.
pub(super) const JSON: Escapes = Escapes {
    letters: &[
        ('\\', '\\'),
        ('"', '"'),
        ('/', '/'),
        ('n', '\n'),
        ('r', '\r'),
        ('t', '\t'),
        ('\'', '\''),
    ],
    digits: &[('u', 4)],
    braces: false,
    lenient: false,
    needed: "\\",
};
/// YAML 1.2.2, section 5.7.
pub(super) const YAML: Escapes = Escapes {
    letters: &[
        ('\\', '\\'),
        ('"', '"'),
        ('/', '/'),
        ('n', '\n'),
        ('r', '\r'),
        ('t', '\t'),
    ],
    digits: &[('x', 2), ('u', 4), ('U', 8)],
    braces: false,
    lenient: false,
    needed: "\\",
};

impl Literal {
    /// Between two of `quote`, with escapes.
    pub(super) fn escaped(escapes: &'static Escapes, quote: char) -> Self {
        How::Escaped { escapes, quote }.into()
    }

    /// Verbatim until `close`.
    pub(super) fn raw(close: impl Into<String>) -> Self {
        let close = close.into();
        How::Raw { close }.into()
    }

    /// Verbatim between two of `quote`, which itself stands twice.
    pub(super) fn doubled(quote: char) -> Self {
        How::Doubled { quote }.into()
    }

    /// Without quotes.
    pub(super) fn bare(allowed: fn(char) -> bool) -> Self {
        How::Bare { allowed }.into()
    }

    /// The same, where these characters mean something else.
    pub(super) fn without(self, not: &'static str) -> Self {
        Literal { not, ..self }
    }

    /// What is meant by `written`; else the piece of it that is not understood.
    pub(super) fn decode(&self, written: &str) -> Result<String, String> {
        if let Some(c) = written.chars().find(|c| self.not.contains(*c)) {
            return Err(c.to_string());
        }
        match &self.how {
            How::Escaped { escapes, .. } => escapes.decode(written),
            How::Raw { .. } => Ok(written.to_owned()),
            How::Doubled { quote } => {
                Ok(written.replace(&format!("{quote}{quote}"), &quote.to_string()))
            }
            How::Bare { allowed } => match written.chars().find(|c| !allowed(*c)) {
                Some(c) => Err(c.to_string()),
                None => Ok(written.to_owned()),
            },
        }
    }

    /// How `value` is written here; else what of it cannot be.
    pub(super) fn encode(&self, value: &str) -> Result<String, String> {
        let foreign = |c: &char| {
            c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || self.not.contains(*c)
        };
        if let Some(c) = value.chars().find(foreign) {
            return Err(c.escape_default().to_string());
        }
        let written = match &self.how {
            How::Escaped { escapes, quote } => escapes.encode(value, *quote),
            How::Raw { close } => match format!("{value}{close}").find(close.as_str()) {
                Some(end) if end == value.len() => value.to_owned(),
                _ => return Err(close.clone()),
            },
            How::Doubled { quote } => value.replace(*quote, &format!("{quote}{quote}")),
            How::Bare { .. } => value.to_owned(),
        };
        // Where a backslash is not read, what needs one cannot be written.
        self.decode(&written).map(|_| written)
    }
}

impl From<How> for Literal {
    fn from(how: How) -> Self {
        Literal { how, not: "" }
    }
}

impl Escapes {
    fn encode(&self, value: &str, quote: char) -> String {
        let mut written = String::with_capacity(value.len());
        for c in value.chars() {
            if c == quote || self.needed.contains(c) {
                written.push('\\');
            }
            written.push(c);
        }
        written
    }

    fn decode(&self, written: &str) -> Result<String, String> {
        let mut value = String::with_capacity(written.len());
        let mut rest = written;
        while let Some(at) = rest.find('\\') {
            value.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let Some(letter) = rest.chars().next() else {
                return Err("\\".to_owned());
            };
            let after = &rest[letter.len_utf8()..];
            let (c, length) = match self.letters.iter().find(|(l, _)| *l == letter) {
                Some((_, c)) => (Some(*c), 0),
                None => self.number(letter, after),
            };
            match c {
                Some(c) => {
                    value.push(c);
                    rest = &after[length..];
                }
                None if self.lenient => value.push('\\'),
                None => return Err(format!("\\{letter}")),
            }
        }
        value.push_str(rest);
        Ok(value)
    }

    /// The character that the digits after `letter` stand for, and how many bytes of `after` tell it.
    fn number(&self, letter: char, after: &str) -> (Option<char>, usize) {
        let braced = after.strip_prefix('{').filter(|_| self.braces);
        let (digits, length) = match (letter, braced) {
            ('u', Some(inner)) => match inner.split_once('}') {
                Some((digits, _)) => (Some(digits), digits.len() + 2),
                None => (None, 0),
            },
            _ => match self.digits.iter().find(|(l, _)| *l == letter) {
                Some((_, count)) => (after.get(..*count), *count),
                None => (None, 0),
            },
        };
        let c = digits
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .and_then(char::from_u32)
            .filter(|c| letter != 'x' || c.is_ascii());
        (c, length)
    }
}
