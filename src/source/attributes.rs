//! `.gitattributes`, as far as they say how `git add` would store a file.
//!
//! Read here and not asked of git, for three reasons: what one machine alone says (`info/attributes`, a list of the
//! user's) is left out, there may be no git, and no filter can be started by asking. Source: gitattributes(5) and git's
//! `attr.c`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::source::blob::LineEnds;
use crate::source::wildmatch::PathPattern;

/// The name of such a file.
pub(super) const NAME: &str = ".gitattributes";

/// The longest line that git reads, in bytes. Source: `ATTR_MAX_LINE_LENGTH`.
const MAX_LINE: usize = 2048;

/// The macro that git knows by itself.
const BINARY: (&str, &[u8]) = ("binary", b"-diff -merge -text");

/// The attributes that say how a file is stored.
const KNOWN: [&str; 6] = [
    "text",
    "crlf",
    "eol",
    "filter",
    IDENT,
    "working-tree-encoding",
];

/// The attribute by which a checkout writes the id of a file into it.
pub(super) const IDENT: &str = "ident";

/// What a line says of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Set,
    Unset,
    Unspecified,
    Value(String),
}

/// What a line says, word by word.
type Says = Vec<(Arc<str>, State)>;

/// What macros stand for.
type Macros = HashMap<Arc<str>, Says>;

/// What is known of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileAttributes(BTreeMap<Arc<str>, State>);

impl FileAttributes {
    fn value(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(State::Value(value)) => Some(value),
            _ => None,
        }
    }

    /// Adds what a line says. Lines come from the one that decides to those before it: what is known stays, and a macro
    /// says nothing where it was unset already.
    fn add(&mut self, says: &[(Arc<str>, State)], macros: &Macros) {
        for (name, state) in says.iter().rev() {
            if self.0.contains_key(name) {
                continue;
            }
            self.0.insert(name.clone(), state.clone());
            if *state == State::Set
                && let Some(says) = macros.get(name)
            {
                self.add(says, macros);
            }
        }
    }

    /// Whether Git LFS stores the file.
    pub(super) fn is_lfs(&self) -> bool {
        self.value("filter") == Some("lfs")
    }

    /// The attribute by which git would store the file in a way that is not followed here.
    pub(super) fn not_followed(&self) -> Option<&'static str> {
        let encoding = self.value("working-tree-encoding");
        if encoding.is_some_and(|name| !["utf-8", "utf8"].contains(&&*name.to_ascii_lowercase())) {
            return Some("working-tree-encoding");
        }
        (self.0.get(IDENT) == Some(&State::Set)).then_some(IDENT)
    }

    /// What becomes of its line endings; `None` where `core.autocrlf` decides. Source: `convert_attrs` of git's
    /// `convert.c`.
    pub(super) fn line_ends(&self) -> Option<LineEnds> {
        let read = |name: &str| match self.0.get(name)? {
            State::Set => Some(LineEnds::Text),
            State::Unset => Some(LineEnds::Kept),
            State::Value(value) if value == "auto" => Some(LineEnds::Auto),
            State::Value(value) if value == "input" => Some(LineEnds::Text),
            _ => None,
        };
        let said = read("text").or_else(|| read("crlf"));
        let eol = matches!(self.value("eol"), Some("lf" | "crlf"));
        said.or_else(|| eol.then_some(LineEnds::Text))
    }
}

/// One line: which files it speaks of, and what it says.
#[derive(Debug)]
struct Line {
    pattern: PathPattern,
    says: Says,
}

/// The attributes of the files of one worktree.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// The lines of each folder that was asked about.
    folders: Mutex<HashMap<Vec<u8>, Arc<Vec<Line>>>>,
    /// Macros, which only the folder at the top can define.
    macros: Mutex<Arc<Macros>>,
}

impl Attributes {
    /// What is said of the file `path` (from the top of the worktree). `read` gives the bytes of the attribute file of a
    /// folder, which is asked for once.
    pub(super) fn of(
        &self,
        path: &[u8],
        read: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> FileAttributes {
        let ends = path.iter().enumerate().filter(|(_, b)| **b == b'/');
        let ends = std::iter::once(0).chain(ends.map(|(at, _)| at));
        // The top comes first: it defines what the others mean.
        let folders: Vec<(usize, Arc<Vec<Line>>)> = ends
            .map(|end| (end, self.folder(&path[..end], read)))
            .collect();
        let macros = self.macros.lock().unwrap_or_else(PoisonError::into_inner);
        let macros = macros.clone();
        let mut found = FileAttributes::default();
        for (end, lines) in folders.iter().rev() {
            let below = if *end == 0 { path } else { &path[end + 1..] };
            for line in lines.iter().rev().filter(|l| l.pattern.matches(below)) {
                found.add(&line.says, &macros);
            }
        }
        found
    }

    fn folder(&self, folder: &[u8], read: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Arc<Vec<Line>> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = folders.get(folder) {
            return known.clone();
        }
        let bytes = read(folder).unwrap_or_default();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let lines: Vec<(Vec<u8>, &[u8])> = bytes
            .split(|byte| *byte == b'\n')
            .filter_map(pattern)
            .collect();
        let mut macros = self.macros.lock().unwrap_or_else(PoisonError::into_inner);
        if folder.is_empty() {
            *macros = Arc::new(defined(&lines));
        }
        let lines = lines.into_iter().filter_map(|(pattern, says)| {
            if macro_name(&pattern, says).is_some() || pattern.starts_with(b"!") {
                return None;
            }
            Some(Line {
                pattern: PathPattern::new(&pattern),
                says: said(says, |name| macros.contains_key(name))?,
            })
        });
        let lines: Arc<Vec<Line>> = Arc::new(lines.collect());
        folders.insert(folder.to_owned(), lines.clone());
        lines
    }
}

/// The macros that the lines of the top define, and what git knows by itself. The last of a name counts, wherever it
/// stands.
fn defined(lines: &[(Vec<u8>, &[u8])]) -> Macros {
    let named = lines
        .iter()
        .filter_map(|(name, says)| macro_name(name, says));
    let all: Vec<(&str, &[u8])> = std::iter::once(BINARY).chain(named).collect();
    let is_macro = |name: &str| all.iter().any(|(known, _)| *known == name);
    let read = all
        .iter()
        .filter_map(|(name, says)| Some(((*name).into(), said(says, is_macro)?)));
    read.collect()
}

/// The name of the macro that a line defines, and what it stands for.
fn macro_name<'a>(pattern: &'a [u8], says: &'a [u8]) -> Option<(&'a str, &'a [u8])> {
    let name = pattern.strip_prefix(b"[attr]")?;
    let name = std::str::from_utf8(name).ok()?;
    (!name.is_empty()).then_some((name, says))
}

/// What git takes for a blank between words.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The pattern of a line and what follows it; `None` of one that says nothing. A quoted pattern may hold blanks.
fn pattern(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let start = line.iter().position(|byte| !is_blank(*byte))?;
    let line = &line[start..];
    if line.starts_with(b"#") || line.len() >= MAX_LINE {
        return None;
    }
    if let Some(quoted) = line.strip_prefix(b"\"")
        && let Some(read) = unquoted(quoted)
    {
        return Some(read);
    }
    let end = line.iter().position(|byte| is_blank(*byte))?;
    Some((line[..end].to_owned(), &line[end..]))
}

/// What stands between quotes, of which the first is gone, and what follows them. Source: `unquote_c_style` of git.
fn unquoted(quoted: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut pattern = Vec::new();
    let mut rest = quoted;
    loop {
        let (byte, more) = rest.split_first()?;
        rest = more;
        match byte {
            b'"' => return Some((pattern, rest)),
            b'\\' => {
                let (escaped, more) = rest.split_first()?;
                rest = more;
                pattern.push(match escaped {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    b'"' | b'\\' => *escaped,
                    b'0'..=b'3' => {
                        let digits = rest.get(..2)?;
                        rest = &rest[2..];
                        let digits = [&[*escaped], digits].concat();
                        let digits = std::str::from_utf8(&digits).ok()?;
                        u8::from_str_radix(digits, 8).ok()?
                    }
                    _ => return None,
                });
            }
            byte => pattern.push(*byte),
        }
    }
}

/// What the words after a pattern say of the attributes that count here, and of macros. `None` of a line with a word that
/// git refuses, for then it reads none of them.
fn said(words: &[u8], is_macro: impl Fn(&str) -> bool) -> Option<Says> {
    let mut says = Vec::new();
    let words = words.split(|byte| is_blank(*byte));
    for word in words.filter(|word| !word.is_empty()) {
        let word = String::from_utf8_lossy(word);
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (&*word, None),
        };
        let (name, state) = match (name.strip_prefix('-'), name.strip_prefix('!'), value) {
            (Some(name), ..) => (name, State::Unset),
            (_, Some(name), _) => (name, State::Unspecified),
            (.., Some(value)) => (name, State::Value(value.to_owned())),
            _ => (name, State::Set),
        };
        if !is_valid(name) {
            return None;
        }
        if KNOWN.contains(&name) || is_macro(name) {
            says.push((name.into(), state));
        }
    }
    Some(says)
}

/// Whether an attribute may be called so. Source: `attr_name_valid` of git.
fn is_valid(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !name.is_empty()
        && !name.starts_with('-')
        && !name.starts_with("builtin_")
        && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_the_nearest_folder_decides() {
        let read = |folder: &[u8]| {
            match folder {
            b"" => Some(
                b"[attr]weights filter=lfs -text\n* text=auto\n*.bin weights\n*.bat eol=crlf\n/top.txt -text\n\
                \"a b.txt\" binary\ndocs/**/*.md !text\n*.{c} -text\n"
                    .to_vec(),
            ),
            b"sub" => Some(b"x.bin -filter\n*.txt text\n".to_vec()),
            _ => None,
        }
        };
        let attributes = Attributes::default();
        let of = |path: &str| attributes.of(path.as_bytes(), &read);
        for (path, line_ends, is_lfs) in [
            ("a", Some(LineEnds::Auto), false),
            ("deep/er/m.bin", Some(LineEnds::Kept), true),
            ("sub/x.bin", Some(LineEnds::Kept), false),
            ("run.bat", Some(LineEnds::Auto), false),
            ("top.txt", Some(LineEnds::Kept), false),
            ("deep/top.txt", Some(LineEnds::Auto), false),
            ("sub/top.txt", Some(LineEnds::Text), false),
            ("a b.txt", Some(LineEnds::Kept), false),
            ("docs/a/b/c.md", None, false),
            ("docs/c.md", None, false),
            ("x.c", Some(LineEnds::Auto), false),
            ("x.{c}", Some(LineEnds::Kept), false),
        ] {
            let found = of(path);
            assert_eq!(
                (found.line_ends(), found.is_lfs()),
                (line_ends, is_lfs),
                "{path}"
            );
        }
    }
}
