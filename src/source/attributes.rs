//! `.gitattributes`, as far as they say how `git add` would store a file.
//!
//! Read here and not asked of git, for three reasons: what one machine alone says (`info/attributes`, a list of the
//! user's) is left out, there may be no git, and no filter can be started by asking. Source: gitattributes(5).

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use globset::{GlobBuilder, GlobMatcher};

use crate::source::blob::LineEnds;

/// The name of such a file.
pub const NAME: &str = ".gitattributes";

/// The macro that git knows by itself.
const BINARY: (&str, &str) = ("binary", "-diff -merge -text");

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
pub const IDENT: &str = "ident";

/// What a line says of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Set,
    Unset,
    Unspecified,
    Value(String),
}

/// What is known of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileAttributes(BTreeMap<&'static str, State>);

impl FileAttributes {
    fn value(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(State::Value(value)) => Some(value),
            _ => None,
        }
    }

    /// Whether Git LFS stores the file.
    pub fn is_lfs(&self) -> bool {
        self.value("filter") == Some("lfs")
    }

    /// The attribute by which git would store the file in a way that is not followed here.
    pub fn not_followed(&self) -> Option<&'static str> {
        let encoding = self.value("working-tree-encoding");
        if encoding.is_some_and(|name| !["utf-8", "utf8"].contains(&&*name.to_ascii_lowercase())) {
            return Some("working-tree-encoding");
        }
        (self.0.get(IDENT) == Some(&State::Set)).then_some(IDENT)
    }

    /// What becomes of its line endings; `None` where `core.autocrlf` decides. Source: `convert_attrs` of git's
    /// `convert.c`.
    pub fn line_ends(&self) -> Option<LineEnds> {
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
    glob: GlobMatcher,
    /// Whether it speaks of names in any folder below.
    names: bool,
    says: Vec<(&'static str, State)>,
}

/// The attributes of the files of one worktree.
#[derive(Debug, Default)]
pub struct Attributes {
    /// The lines of each folder that was asked about.
    folders: Mutex<HashMap<Vec<u8>, Arc<Vec<Line>>>>,
    /// Macros, which only the folder at the top can define.
    macros: Mutex<HashMap<String, Vec<(&'static str, State)>>>,
}

impl Attributes {
    /// What is said of the file `path` (from the top of the worktree). `read` gives the bytes of the attribute file of a
    /// folder, which is asked for once.
    pub fn of(&self, path: &[u8], read: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> FileAttributes {
        let mut found = FileAttributes::default();
        let ends = path.iter().enumerate().filter(|(_, b)| **b == b'/');
        let ends: Vec<usize> = std::iter::once(0).chain(ends.map(|(at, _)| at)).collect();
        for end in ends {
            let folder = &path[..end];
            let below = if end == 0 { path } else { &path[end + 1..] };
            for line in self.folder(folder, read).iter() {
                let name = below.rsplit(|b| *b == b'/').next().unwrap_or(below);
                if line
                    .glob
                    .is_match(as_path(if line.names { name } else { below }))
                {
                    for (attribute, state) in &line.says {
                        found.0.insert(attribute, state.clone());
                    }
                }
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
        let mut macros = self.macros.lock().unwrap_or_else(PoisonError::into_inner);
        if folder.is_empty() {
            define(&mut macros, BINARY.0, BINARY.1);
        }
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("[attr]") {
                if let (true, Some((name, says))) =
                    (folder.is_empty(), rest.split_once([' ', '\t']))
                {
                    define(&mut macros, name, says);
                }
                continue;
            }
            let Some((pattern, says)) = pattern(line) else {
                continue;
            };
            let rooted = pattern.trim_end_matches('/').contains('/');
            let glob = pattern.trim_start_matches('/').replace('{', "\\{");
            let glob = GlobBuilder::new(&glob.replace('}', "\\}"))
                .literal_separator(true)
                .backslash_escape(true)
                .build();
            if let Ok(glob) = glob {
                lines.push(Line {
                    glob: glob.compile_matcher(),
                    names: !rooted,
                    says: said(says, &macros),
                });
            }
        }
        let lines = Arc::new(lines);
        folders.insert(folder.to_owned(), lines.clone());
        lines
    }
}

fn define(macros: &mut HashMap<String, Vec<(&'static str, State)>>, name: &str, says: &str) {
    let says = said(says, macros);
    macros.insert(name.to_owned(), says);
}

/// The pattern of a line and what follows it; `None` of one that says nothing. A quoted pattern may hold blanks.
fn pattern(line: &str) -> Option<(String, &str)> {
    if line.is_empty() || line.starts_with('#') || line.starts_with('!') {
        return None;
    }
    let Some(quoted) = line.strip_prefix('"') else {
        let (pattern, says) = line.split_once([' ', '\t'])?;
        return Some((pattern.to_owned(), says));
    };
    let mut pattern = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((pattern, &quoted[at + 1..])),
            '\\' => pattern.extend(chars.next().map(|(_, escaped)| escaped)),
            c => pattern.push(c),
        }
    }
    None
}

/// What the words after a pattern say of the attributes that count here.
fn said(
    words: &str,
    macros: &HashMap<String, Vec<(&'static str, State)>>,
) -> Vec<(&'static str, State)> {
    let mut says = Vec::new();
    for word in words.split_ascii_whitespace() {
        let (name, state) = match (word.strip_prefix('-'), word.strip_prefix('!')) {
            (Some(name), _) => (name, State::Unset),
            (_, Some(name)) => (name, State::Unspecified),
            _ => match word.split_once('=') {
                Some((name, value)) => (name, State::Value(value.to_owned())),
                None => (word, State::Set),
            },
        };
        if state == State::Set {
            says.extend(macros.get(name).into_iter().flatten().cloned());
        }
        let known = KNOWN.into_iter().find(|known| *known == name);
        says.extend(known.map(|known| (known, state)));
    }
    says
}

#[cfg(unix)]
fn as_path(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn as_path(bytes: &[u8]) -> &Path {
    Path::new(std::str::from_utf8(bytes).unwrap_or_default())
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
