//! Patterns of `.gitattributes` and `.gitignore`, as git matches them: bytes, `*` within a folder, `**` between slashes across them, and
//! classes with names. Source: `path_matches` of git's `dir.c`, and its `wildmatch.c`.
//!
//! No crate for common globs does the same: `[[:space:]]`, which `git lfs track` writes for a blank, is one of many
//! differences. A pattern is run as an automaton, so that no pattern takes long.

/// A pattern for the paths below the folder that its file lies in.
#[derive(Debug)]
pub(super) struct PathPattern(Kind);

#[derive(Debug)]
enum Kind {
    /// Of a folder: no file matches.
    Never,
    /// For names, in any folder.
    Name(Glob),
    /// For paths, with what they begin with before the first wildcard.
    Path(Vec<u8>, Glob),
}

impl PathPattern {
    /// Of the text of a line.
    pub(super) fn new(text: &[u8]) -> Self {
        if text.is_empty() || text.ends_with(b"/") {
            return PathPattern(Kind::Never);
        }
        if !text.contains(&b'/') {
            return PathPattern(Kind::Name(Glob::new(text)));
        }
        let text = text.strip_prefix(b"/").unwrap_or(text);
        let wild = text.iter().position(|byte| is_special(*byte));
        // What precedes a wildcard is compared first, so that `a**/b` is `a` and a `**/b` at a start.
        let (plain, rest) = text.split_at(wild.unwrap_or(text.len()));
        PathPattern(Kind::Path(plain.to_owned(), Glob::new(rest)))
    }

    /// Whether it matches a file.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        match &self.0 {
            Kind::Never => false,
            Kind::Name(glob) => {
                let name = path.rsplit(|byte| *byte == b'/').next();
                glob.matches(name.unwrap_or(path))
            }
            Kind::Path(plain, glob) => path
                .strip_prefix(&plain[..])
                .is_some_and(|rest| glob.matches(rest)),
        }
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b'\\')
}

/// What a text is compared with.
#[derive(Debug)]
enum Glob {
    /// These bytes.
    Plain(Vec<u8>),
    /// Anything but a `/`, and then these bytes.
    Ending(Vec<u8>),
    Steps(Vec<Step>),
}

/// One step of the automaton.
#[derive(Debug)]
enum Step {
    /// One of these bytes.
    One(Box<Class>),
    /// Any bytes but `/`.
    Stars,
    /// Any bytes.
    All,
    /// The two steps that follow may be left out.
    Skip,
    /// What nothing matches.
    Never,
}

/// A set of bytes.
type Class = [bool; 256];

impl Glob {
    fn new(text: &[u8]) -> Self {
        if !text.iter().any(|byte| is_special(*byte)) {
            return Glob::Plain(text.to_owned());
        }
        if let Some(end) = text.strip_prefix(b"*")
            && !end.iter().any(|byte| is_special(*byte))
        {
            return Glob::Ending(end.to_owned());
        }
        Glob::Steps(steps(text))
    }

    fn matches(&self, text: &[u8]) -> bool {
        match self {
            Glob::Plain(plain) => text == plain,
            Glob::Ending(end) => text
                .strip_suffix(&end[..])
                .is_some_and(|start| !start.contains(&b'/')),
            Glob::Steps(steps) => run(steps, text),
        }
    }
}

/// The steps of a pattern.
fn steps(text: &[u8]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                let escaped = text.get(at);
                steps.push(escaped.map_or(Step::Never, |byte| one(|b| b == *byte)));
                at += 1;
            }
            b'?' => steps.push(one(|b| b != b'/')),
            b'*' => {
                let begins = at < 2 || text[at - 2] == b'/';
                let more = text[at..].iter().take_while(|byte| **byte == b'*').count();
                at += more;
                let rest = &text[at..];
                let ends = rest.is_empty() || rest.starts_with(b"/") || rest.starts_with(b"\\/");
                if more > 0 && begins && ends {
                    if rest.starts_with(b"/") {
                        steps.push(Step::Skip);
                    }
                    steps.push(Step::All);
                } else {
                    steps.push(Step::Stars);
                }
            }
            b'[' => match class(&text[at..]) {
                Some((class, length)) => {
                    steps.push(Step::One(class));
                    at += length;
                }
                None => {
                    steps.push(Step::Never);
                    return steps;
                }
            },
            byte => steps.push(one(|b| b == byte)),
        }
    }
    steps
}

fn one(holds: impl Fn(u8) -> bool) -> Step {
    let mut class = Box::new([false; 256]);
    for byte in 0..=u8::MAX {
        class[usize::from(byte)] = holds(byte);
    }
    Step::One(class)
}

/// The class that begins behind a `[`, and its length with the `]`; `None` of one that does not end or has no meaning.
fn class(text: &[u8]) -> Option<(Box<Class>, usize)> {
    let mut class = Box::new([false; 256]);
    let mut at = 0;
    let negated = matches!(text.first()?, b'!' | b'^');
    at += usize::from(negated);
    let mut before: Option<u8> = None;
    let mut is_first = true;
    loop {
        let byte = *text.get(at)?;
        if byte == b']' && !is_first {
            break;
        }
        is_first = false;
        at += 1;
        let next = text.get(at).copied();
        let named = match (byte, next) {
            (b'[', Some(b':')) => name(&text[at + 1..])?,
            _ => None,
        };
        if byte == b'\\' {
            let escaped = next?;
            at += 1;
            class[usize::from(escaped)] = true;
            before = Some(escaped);
        } else if byte == b'-'
            && let Some(low) = before
            && next.is_some_and(|next| next != b']')
        {
            let mut high = next?;
            at += 1;
            if high == b'\\' {
                high = *text.get(at)?;
                at += 1;
            }
            for byte in low..=high {
                class[usize::from(byte)] = true;
            }
            before = None;
        } else if let Some((holds, length)) = named {
            for byte in 0..=u8::MAX {
                class[usize::from(byte)] |= holds(byte);
            }
            at += 1 + length;
            before = None;
        } else {
            class[usize::from(byte)] = true;
            before = Some(byte);
        }
    }
    if negated {
        for holds in class.iter_mut() {
            *holds = !*holds;
        }
    }
    class[usize::from(b'/')] = false;
    Some((class, at + 1))
}

/// Says of a byte whether it is of a class with a name.
type Holds = fn(u8) -> bool;

/// The named class that begins behind a `[:`, and its length with the `:]`. `Some(None)` of what is none after all, and
/// `None` of one that does not end or is unknown.
#[expect(clippy::option_option, reason = "three answers")]
fn name(text: &[u8]) -> Option<Option<(Holds, usize)>> {
    let end = text.iter().position(|byte| *byte == b']')?;
    let Some(name) = text[..end].strip_suffix(b":") else {
        return Some(None);
    };
    let holds: Holds = match name {
        b"alnum" => |b| b.is_ascii_alphanumeric(),
        b"alpha" => |b| b.is_ascii_alphabetic(),
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"cntrl" => |b| b.is_ascii_control(),
        b"digit" => |b| b.is_ascii_digit(),
        b"graph" => |b| b.is_ascii_graphic(),
        b"lower" => |b| b.is_ascii_lowercase(),
        b"print" => |b| b.is_ascii_graphic() || b == b' ',
        b"punct" => |b| b.is_ascii_punctuation(),
        // git's own `isspace` knows no vertical tab and no form feed.
        b"space" => |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'),
        b"upper" => |b| b.is_ascii_uppercase(),
        b"xdigit" => |b| b.is_ascii_hexdigit(),
        _ => return None,
    };
    Some(Some((holds, end + 1)))
}

/// Whether the steps lead through all of a text.
fn run(steps: &[Step], text: &[u8]) -> bool {
    let mut now = vec![false; steps.len() + 1];
    enter(steps, 0, &mut now);
    for byte in text {
        let mut then = vec![false; steps.len() + 1];
        for (at, step) in steps.iter().enumerate().filter(|(at, _)| now[*at]) {
            match step {
                Step::One(class) if class[usize::from(*byte)] => enter(steps, at + 1, &mut then),
                Step::Stars if *byte != b'/' => enter(steps, at, &mut then),
                Step::All => enter(steps, at, &mut then),
                _ => {}
            }
        }
        now = then;
    }
    now[steps.len()]
}

/// Comes to a step, and to all that may come at once after it.
fn enter(steps: &[Step], at: usize, now: &mut [bool]) {
    if std::mem::replace(&mut now[at], true) {
        return;
    }
    match steps.get(at) {
        Some(Step::Stars | Step::All) => enter(steps, at + 1, now),
        Some(Step::Skip) => {
            enter(steps, at + 1, now);
            enter(steps, at + 3, now);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_those_of_git_do() {
        for (pattern, path, expected) in [
            ("my[[:space:]]model.bin", "a/my model.bin", true),
            ("[[:digit:][:upper:]].txt", "Q.txt", true),
            ("[[:digit:][:upper:]].txt", "q.txt", false),
            ("[[:nope:]]", "n", false),
            ("[[:x]", ":", true),
            ("[]a]", "]", true),
            ("[a-]", "-", true),
            ("[\\]]", "]", true),
            ("[a", "[a", false),
            ("a\\", "a\\", false),
            ("sub[/]a.txt", "sub/a.txt", false),
            ("//a.txt", "a.txt", false),
            ("/a.txt", "a.txt", true),
            ("**/", "a.txt", false),
            ("**/a", "a", true),
            ("**/a", "x/y/a", true),
            ("**/a", "xa", false),
            ("x/**", "x/y/z", true),
            ("x/**", "x", false),
            ("x/**/z", "x/z", true),
            ("x/**z", "x/y/z", false),
            ("x**/z", "xz", true),
            ("*/a", "x/a", true),
            ("*/a", "x/y/a", false),
            (
                "*a*a*a*a*a*a*a*b",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                false,
            ),
        ] {
            let found = PathPattern::new(pattern.as_bytes()).matches(path.as_bytes());
            assert_eq!(found, expected, "{pattern} {path}");
        }
    }
}
