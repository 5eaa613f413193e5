//! `.dockerignore` in Docker's own dialect: which files of a context the builder is not sent.
//!
//! It is neither gitignore nor a common glob. Braces are plain characters, `**` may stand inside a word, `[!x]` is a class
//! of `!` and `x`, and the last pattern that matches a path *or a folder above it* decides. Sources: `ignorefile` and
//! `patternmatcher` of moby, the walk of `fsutil`, `path/filepath.Match` and `regexp` of Go. What is read here is compared
//! with a real builder in `tests/acceptance`.

use std::borrow::Cow;
use std::fmt;

use crate::source::conflict::is_mark;
use crate::source::dockerpattern::{BadPattern, Pattern};

/// The longest line that the builder reads, in bytes: one more ends the build. Source: `bufio.MaxScanTokenSize`.
const MAX_LINE: usize = 64 * 1024;

/// What the builder leaves out of a context. Without a rule, nothing.
#[derive(Debug, Default)]
pub struct DockerIgnore {
    rules: Vec<Rule>,
    faults: Vec<IgnoreFault>,
    /// Whether every exception is a plain path, with `/*` or `/**` behind it at most: then the builder does not enter an
    /// excluded folder that no exception leads into.
    exceptions_are_prefixes: bool,
}

/// One line.
#[derive(Debug)]
struct Rule {
    line: usize,
    is_exception: bool,
    pattern: Pattern,
}

/// A line that ends the build, or of which nobody can tell what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreFault {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: BadPattern,
}

impl fmt::Display for IgnoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

/// What is known of a folder when its entries are looked at.
#[derive(Clone, Debug, Default)]
pub struct FolderMatch {
    /// Which rules hold for all that is in it. Empty for the context's own folder.
    matched: Vec<bool>,
    /// The rule that left it out for good: the builder does not look into it.
    closed_by: Option<usize>,
}

impl FolderMatch {
    /// Whether the builder does not look into the folder at all.
    pub fn is_closed(&self) -> bool {
        self.closed_by.is_some()
    }
}

/// What becomes of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the builder leaves it out.
    pub is_excluded: bool,
    /// The number of the line that decided, from 1; `None` where no line speaks of it.
    pub line: Option<usize>,
}

impl DockerIgnore {
    /// Reads the bytes of an ignore file. Lines that the builder refuses are among [`faults`](Self::faults), and are no rules.
    pub fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut found = DockerIgnore::default();
        for (index, line) in bytes.split(|b| *b == b'\n').enumerate() {
            let number = index + 1;
            // A line ends in at most one CR.
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.len() >= MAX_LINE {
                found.fault(number, BadPattern::Refused("it is over 64 KiB long"));
                break;
            }
            // A comment begins with its first byte; ` #` is a pattern.
            if line.starts_with(b"#") {
                continue;
            }
            let text = decoded(line);
            let marked = is_mark(&text) && !text.starts_with('=');
            if marked
                && found
                    .faults
                    .iter()
                    .all(|fault| fault.why != BadPattern::Mark)
            {
                found.fault(number, BadPattern::Mark);
            }
            match rule(&text) {
                Ok(None) => {}
                Ok(Some((is_exception, pattern))) => found.rules.push(Rule {
                    line: number,
                    is_exception,
                    pattern,
                }),
                Err(why) => found.fault(number, why),
            }
        }
        found.exceptions_are_prefixes = found
            .rules
            .iter()
            .all(|rule| !rule.is_exception || rule.pattern.prefix().is_some());
        found
    }

    fn fault(&mut self, line: usize, why: BadPattern) {
        self.faults.push(IgnoreFault { line, why });
    }

    /// The lines that cannot be followed, in order.
    pub fn faults(&self) -> &[IgnoreFault] {
        &self.faults
    }

    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What becomes of the entry `path` (from the context, `/` between its parts) in a folder of which `above` is known,
    /// and what is known of it when it is a folder itself.
    pub fn entry(&self, path: &str, above: &FolderMatch) -> (Verdict, FolderMatch) {
        if above.closed_by.is_some() {
            let verdict = Verdict {
                is_excluded: true,
                line: above.closed_by,
            };
            return (verdict, above.clone());
        }
        let mut verdict = Verdict {
            is_excluded: false,
            line: None,
        };
        let mut matched = vec![false; self.rules.len()];
        for (index, rule) in self.rules.iter().enumerate() {
            let from_above = above.matched.get(index).copied().unwrap_or(false);
            // The builder does not ask a pattern that would change nothing, and so does not pass its answer on.
            let matches = from_above
                || (rule.is_exception == verdict.is_excluded && rule.pattern.matches(path));
            matched[index] = matches;
            if matches {
                verdict = Verdict {
                    is_excluded: !rule.is_exception,
                    line: Some(rule.line),
                };
            }
        }
        let is_closed = verdict.is_excluded && self.exceptions_are_prefixes && {
            let folder = format!("{path}/");
            let leads_in = |rule: &Rule| {
                let prefix = rule.pattern.prefix().filter(|_| rule.is_exception);
                prefix.is_some_and(|prefix| format!("{prefix}/").starts_with(&folder))
            };
            !self.rules.iter().any(leads_in)
        };
        let below = FolderMatch {
            matched,
            closed_by: verdict.line.filter(|_| is_closed),
        };
        (verdict, below)
    }

    /// Whether the builder may be sent anything of the folder `path` (bytes, from the context), of whose files no name is
    /// known.
    pub fn may_send_of(&self, path: &[u8]) -> bool {
        let path = decoded(path);
        let mut known = FolderMatch::default();
        let ends = path.match_indices('/').map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            known = self.entry(&path[..end], &known).1;
        }
        if known.is_closed() {
            return false;
        }
        let mut may = true;
        let mut is_excepted = false;
        for (index, rule) in self.rules.iter().enumerate() {
            let holds = known.matched.get(index).copied().unwrap_or(false);
            if rule.is_exception {
                let reaches = holds || rule.pattern.may_match_below(&path);
                is_excepted |= reaches;
                may |= reaches;
            } else if holds || rule.pattern.matches_all_below(&path, is_excepted) {
                may = false;
            }
        }
        may
    }

    /// Looks at many paths, most quickly when they come in order.
    pub fn sieve(&self) -> Sieve<'_> {
        Sieve {
            ignore: self,
            folders: Vec::new(),
        }
    }
}

/// Says of whole paths what becomes of them; folders that several share are looked at once.
#[derive(Debug)]
pub struct Sieve<'a> {
    ignore: &'a DockerIgnore,
    /// The folders of the last path, each with what is known of it, from the top.
    folders: Vec<(String, FolderMatch)>,
}

impl Sieve<'_> {
    /// What becomes of the file `path` (bytes, from the context). Bytes that are no UTF-8 count as `U+FFFD` each.
    pub fn verdict(&mut self, path: &[u8]) -> Verdict {
        let path = decoded(path);
        let mut depth = 0;
        for (at, _) in path.match_indices('/') {
            let folder = &path[..at];
            if self
                .folders
                .get(depth)
                .is_none_or(|(name, _)| name != folder)
            {
                self.folders.truncate(depth);
                let root = FolderMatch::default();
                let above = self.folders.last().map_or(&root, |(_, known)| known);
                let (_, known) = self.ignore.entry(folder, above);
                self.folders.push((folder.to_owned(), known));
            }
            depth += 1;
        }
        self.folders.truncate(depth);
        let root = FolderMatch::default();
        let above = self.folders.last().map_or(&root, |(_, known)| known);
        self.ignore.entry(&path, above).0
    }

    /// Whether the builder leaves the file `path` out.
    pub fn excludes(&mut self, path: &[u8]) -> bool {
        self.verdict(path).is_excluded
    }
}

/// A line as a rule: whether it is an exception, and its pattern. `None` for one that is blank.
fn rule(line: &str) -> Result<Option<(bool, Pattern)>, BadPattern> {
    let line = line.trim();
    let (mut is_exception, rest) = match line.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, line),
    };
    let nothing = BadPattern::Refused("it excepts nothing");
    if rest.is_empty() {
        return if is_exception { Err(nothing) } else { Ok(None) };
    }
    let rest = clean(rest);
    let rest = match rest.strip_prefix('/') {
        Some(below) if !below.is_empty() => below,
        _ => &rest,
    };
    // What is read is cleaned once more with its mark, which goes before it is taken off.
    let written = if is_exception {
        format!("!{rest}")
    } else {
        rest.to_owned()
    };
    let written = clean(written.trim());
    let pattern = match written.strip_prefix('!') {
        Some("") => return Err(nothing),
        Some(rest) => {
            is_exception = true;
            rest
        }
        None => {
            is_exception = false;
            &written
        }
    };
    Pattern::compile(pattern).map(|pattern| Some((is_exception, pattern)))
}

/// A path cleaned by its text alone: no `.`, no empty part, `..` takes the part before it. Source: `path.Clean` of Go.
fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if is_rooted => {}
            part => parts.push(part),
        }
    }
    match (is_rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// Text of bytes: each that belongs to no character is `U+FFFD`, as Go makes it.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
            }
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(ignore: &str, path: &str) -> bool {
        DockerIgnore::parse(ignore.as_bytes())
            .sieve()
            .excludes(path.as_bytes())
    }

    #[test]
    fn what_may_be_sent_of_a_folder_without_known_files() {
        for (text, expected) in [
            ("", true),
            ("*.md\n", true),
            ("*\n!v/f\n", true),
            ("*\n!v\n", true),
            ("**\n!**/f\n", true),
            ("v/*\n!v/**/f\n", true),
            ("v/[a-z]*\n", true),
            ("v/*.o\n", true),
            ("v\n!?/f\n", true),
            ("v/*\n!v/x/y\nv/*\n", true),
            // `v` is not asked of a folder that is left out already, and so does not hold for what is in it.
            ("*\n!v/f\nv\n", true),
            ("v\n", false),
            ("*\n", false),
            ("v/**\n", false),
            ("v/*\n", false),
            ("**\n", false),
            ("*\n!*.md\n", false),
            ("*\n!w/f\n", false),
            ("v/**\n!*/w/**\n!x?\nv/**\n", false),
        ] {
            let ignore = DockerIgnore::parse(text.as_bytes());
            assert_eq!(ignore.may_send_of(b"v"), expected, "{text:?}");
        }
    }

    #[test]
    fn the_last_rule_that_matches_decides() {
        let text = "# comment\n*.log\n!keep.log\nbuild\n**/cache\n/docs/*.md\n";
        for (path, expected) in [
            ("a.log", true),
            ("keep.log", false),
            ("sub/a.log", false),
            ("build/x/y", true),
            ("deep/er/cache/f", true),
            ("docs/a.md", true),
            ("docs/sub/a.md", false),
        ] {
            assert_eq!(excluded(text, path), expected, "{path}");
        }
    }

    #[test]
    fn the_dialect_is_dockers() {
        for (ignore, path, expected) in [
            // Braces are plain.
            ("{a,b}.json", "a.json", false),
            ("{a,b}.json", "{a,b}.json", true),
            // `**` inside a word, at its start and its end.
            ("**.pyc", "a/b.pyc", true),
            ("foo**", "foobar/x", true),
            ("a**b", "ab", true),
            ("a**b", "ax/b", true),
            ("a**b", "axb", false),
            ("**foo", "a/xfoo", true),
            ("**/foo", "foo", true),
            ("**/foo", "xfoo", false),
            ("foo/**", "foo/x", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("**", "x/y", true),
            // Classes.
            ("[!x]", "!", true),
            ("[!x]", "x", true),
            ("[!x]", "y", false),
            ("[^x]", "y", true),
            ("[a-c]1", "b1", true),
            ("[[]", "[", true),
            // A question mark is no slash.
            ("a?b", "a/b", false),
            ("a?b", "aéb", true),
            // Cleaning.
            ("./a/../b/", "b", true),
            ("/a", "a", true),
            ("//a", "a", true),
            ("a//b", "a/b", true),
            ("/", "a", false),
            (".", "a", false),
            ("../a", "a", false),
            // Marks, blanks and comments.
            ("\u{feff}a", "a", true),
            ("x\n\u{feff}a*", "a", true),
            (" a ", "a", true),
            (" #a", "#a", true),
            ("#a", "#a", false),
            ("a\r\nb\r\n", "b", true),
            ("\\#a", "#a", true),
            ("a\u{a0}", "a", true),
            ("*\n! keep", "keep", false),
            ("!!a\n", "!a", false),
            ("*\n!!a\n", "!a", false),
            // Escapes are of a regular expression.
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("\\d", "7", true),
            ("\\d", "d", false),
            ("a.b", "axb", false),
            ("a+b$", "a+b$", true),
            ("a.b*", "axb", false),
            // So are bars and braces, where there is another wildcard.
            ("a|b", "a", false),
            ("a|b*", "ax", true),
            ("a|b*", "xb", true),
            ("x|[ab]", "cb", true),
            ("a{2}[b]", "aab", true),
            ("a{2}[b]", "a{2}b", false),
            ("*.{a,b}", "x.{a,b}", true),
            ("*.{a,b}", "x.a", false),
        ] {
            assert_eq!(excluded(ignore, path), expected, "{ignore:?} and {path}");
        }
    }

    #[test]
    fn exceptions_bring_back_and_parents_count() {
        for (ignore, path, expected) in [
            ("a\n!a/b", "a/b", false),
            ("a\n!a/b", "a/c", true),
            ("a\n!a/b/c", "a/b/c", false),
            ("a\n!a/b/c", "a/b/d", true),
            ("*\n!src/**", "src/x/y", false),
            ("*\n!**/*.py", "a/b.py", false),
            ("*\n!**/*.py", "a/b.txt", true),
            ("!a\na/b", "a/b/x", true),
            ("a\n!a\na/b", "a/b/x", true),
            ("a\n!a\na/b", "a/c", false),
        ] {
            assert_eq!(excluded(ignore, path), expected, "{ignore:?} and {path}");
        }
    }

    #[test]
    fn what_the_builder_refuses_is_told_with_its_line() {
        for text in [
            "a[", "a\\", "[]", "[a-]", "[-a]", "!", "! ", "!/", "[z-a]", "\\é", "\\k", "*{2}",
            "|{2}*", "a{3,2}*", "a{1001}*",
        ] {
            let read = DockerIgnore::parse(format!("ok\n{text}\n").as_bytes());
            let lines: Vec<usize> = read.faults().iter().map(|fault| fault.line).collect();
            assert_eq!(lines, [2], "{text}");
        }
        assert_eq!(DockerIgnore::parse(b"[z-a\\]]\n").faults().len(), 1);
        let long = vec![b'a'; MAX_LINE];
        assert_eq!(DockerIgnore::parse(&long).faults().len(), 1);
        assert!(DockerIgnore::parse(&long[1..]).faults().is_empty());
    }

    #[test]
    fn a_byte_that_is_no_utf_8_costs_its_own_line_alone() {
        let read = DockerIgnore::parse(b"# \xe9t\xe9\nbuild\n\xff*\n");
        let mut sieve = read.sieve();
        assert!(sieve.excludes(b"build/x"));
        assert!(sieve.excludes(b"\xfex"));
        assert!(!sieve.excludes(b"x"));
    }

    #[test]
    fn a_verdict_names_its_line() {
        let read = DockerIgnore::parse(b"# first\n*.json\n!a.json\n");
        let mut sieve = read.sieve();
        assert_eq!(sieve.verdict(b"b.json").line, Some(2));
        assert_eq!(sieve.verdict(b"a.json").line, Some(3));
        assert_eq!(sieve.verdict(b"c.txt").line, None);
    }
}
