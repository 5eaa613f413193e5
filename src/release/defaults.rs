//! A text as it reads when no variable is set: the defaults in the place of what holds them.
//!
//! `${IMG:-acme/app:v1}` is `acme/app:v1` to whoever runs it as it stands. What has no default stays as it is written, so
//! that it can be seen for a placeholder.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// A text with its defaults in place, and where each byte of it stands on disk.
#[derive(Debug)]
pub(super) struct Plain {
    /// What it reads as.
    pub text: String,
    /// Pieces of `text` by where they start, with where they stand on disk. They follow each other without a gap.
    pieces: Vec<(usize, usize)>,
}

/// Defaults that are written as expressions: the filter of a template, `$(or …)` of make, `??` of a template string.
/// The group that matches is the default.
static EXPRESSIONS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let word = r#"["']([^"'{}\n]*)["']"#;
    let forms = [
        // Helm, Jinja, GitHub Actions: `{{ .Values.tag | default "v1" }}`, `${{ inputs.tag || 'v1' }}`.
        format!(
            r#"\$?\{{\{{[^{{}}"'\n]*(?:\bdefault\b\s*\(?|\bor\b|\|\||\?\?)\s*{word}\s*\)?[^{{}}"'|\n]*\}}\}}"#
        ),
        // Make: `$(or $(TAG),v1)`.
        r"\$\(or\s+\$[({][\w.]+[)}]\s*,\s*([^(),$\s]*)\)".to_owned(),
        // TypeScript: `${process.env.TAG ?? "v1"}`.
        format!(r#"\$\{{[^{{}}"'\n]*(?:\?\?|\|\|)\s*{word}\s*\}}"#),
        // Python: `{os.environ.get('TAG', 'v1')}`.
        format!(r#"\{{os\.(?:environ\.get|getenv)\(\s*["'][^"'\n]*["']\s*,\s*{word}\s*\)\}}"#),
    ];
    Regex::new(&forms.join("|")).ok()
});

/// `ARG NAME=value` of a Dockerfile, and the words of a `FROM`.
static ARG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?im)^[ \t]*ARG[ \t]+([A-Za-z_]\w*)=["']?([^\s"'$]+)["']?[ \t]*\r?$"#).ok()
});
static FROM: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?im)^[ \t]*FROM[ \t].*$").ok());
static VARIABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})").ok());

impl Plain {
    /// How a text reads without any variable set. `None` when there is no default in it: it reads as it is written.
    pub fn new(text: &str, dockerfile: bool) -> Option<Self> {
        if !text.contains(['$', '{']) {
            return None;
        }
        let mut put = expressions(text);
        put.extend(expansions(text, &put));
        if dockerfile {
            put.extend(arguments(text, &put));
        }
        if put.is_empty() {
            return None;
        }
        put.sort_by_key(|p| p.place.start);
        let mut plain = Plain {
            text: String::with_capacity(text.len()),
            pieces: Vec::new(),
        };
        let mut at = 0;
        for Put { place, with } in put {
            if place.start < at {
                continue;
            }
            plain.add(text, at..place.start);
            plain.add(text, with);
            at = place.end;
        }
        plain.add(text, at..text.len());
        Some(plain)
    }

    fn add(&mut self, text: &str, from: Range<usize>) {
        if !from.is_empty() {
            self.pieces.push((self.text.len(), from.start));
            self.text.push_str(&text[from]);
        }
    }

    /// The bytes on disk that a part of the text stands in, in pieces.
    pub fn on_disk(&self, part: Range<usize>) -> Vec<Range<usize>> {
        let first = self.pieces.partition_point(|(at, _)| *at <= part.start);
        let mut found: Vec<Range<usize>> = Vec::new();
        for index in first.saturating_sub(1)..self.pieces.len() {
            let (at, disk) = self.pieces[index];
            let end = self.pieces.get(index + 1).map_or(self.text.len(), |p| p.0);
            if at >= part.end {
                break;
            }
            let (from, to) = (part.start.max(at), part.end.min(end));
            let piece = disk + from - at..disk + to - at;
            match found.last_mut() {
                Some(last) if last.end == piece.start => last.end = piece.end,
                _ => found.push(piece),
            }
        }
        found
    }
}

/// Bytes that read as other bytes of the same text.
#[derive(Debug)]
struct Put {
    place: Range<usize>,
    with: Range<usize>,
}

fn expressions(text: &str) -> Vec<Put> {
    let Some(forms) = EXPRESSIONS.as_ref() else {
        return Vec::new();
    };
    let found = forms.captures_iter(text).filter_map(|found| {
        let with = found.iter().skip(1).flatten().next()?;
        Some(Put {
            place: found.get(0)?.range(),
            with: with.range(),
        })
    });
    found.collect()
}

/// `${X:-…}`, `${X-…}`, `${X:=…}` and `${X=…}` of shells, Compose and Dockerfiles, in each other too: what opens and closes
/// one is taken out. One ends on its line.
fn expansions(text: &str, done: &[Put]) -> Vec<Put> {
    let mut put = Vec::new();
    let mut done = done.iter().peekable();
    // The openings that wait for their end; those without a default keep their letters.
    let mut open: Vec<Option<Range<usize>>> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        while done.next_if(|d| d.place.end <= at).is_some() {}
        if let Some(next) = done.peek().filter(|d| d.place.start <= at) {
            at = next.place.end;
            continue;
        }
        match bytes[at] {
            b'\n' => open.clear(),
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                let length = opening(&text[at..]);
                open.push(length.map(|length| at..at + length));
                at += length.unwrap_or(2);
                continue;
            }
            b'}' => {
                if let Some(Some(opening)) = open.pop() {
                    put.extend(unquoted(text, opening, at..at + 1));
                }
            }
            _ => {}
        }
        at += 1;
    }
    put
}

/// How long `${NAME:-` at the start of a text is.
fn opening(text: &str) -> Option<usize> {
    let inside = text.get(2..)?;
    let name = inside.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))?;
    if name == 0 {
        return None;
    }
    let operator = [":-", ":=", "-", "="];
    let operator = operator.iter().find(|o| inside[name..].starts_with(**o))?;
    Some(2 + name + operator.len())
}

/// What opens and closes a default, with the quotes of it.
fn unquoted(text: &str, mut opening: Range<usize>, mut closing: Range<usize>) -> [Put; 2] {
    let inside = &text[opening.end..closing.start];
    for quote in ['"', '\''] {
        if inside.len() > 1 && inside.starts_with(quote) && inside.ends_with(quote) {
            opening.end += 1;
            closing.start -= 1;
            break;
        }
    }
    [opening, closing].map(|place| Put {
        with: place.end..place.end,
        place,
    })
}

/// `$NAME` in a `FROM`, where an `ARG` above gives it a value.
fn arguments(text: &str, done: &[Put]) -> Vec<Put> {
    let (Some(arg), Some(from), Some(variable)) = (&*ARG, &*FROM, &*VARIABLE) else {
        return Vec::new();
    };
    let first = from.find(text).map_or(text.len(), |f| f.start());
    let mut values: HashMap<&str, Range<usize>> = HashMap::new();
    for found in arg.captures_iter(&text[..first]) {
        if let (Some(name), Some(value)) = (found.get(1), found.get(2)) {
            values.insert(name.as_str(), value.range());
        }
    }
    let mut put = Vec::new();
    for line in from.find_iter(text) {
        for found in variable.captures_iter(line.as_str()) {
            let Some(whole) = found.get(0) else { continue };
            let name = found.iter().skip(1).flatten().next();
            let Some(value) = name.and_then(|name| values.get(name.as_str())) else {
                continue;
            };
            let place = line.start() + whole.start()..line.start() + whole.end();
            if done
                .iter()
                .all(|d| d.place.end <= place.start || place.end <= d.place.start)
            {
                put.push(Put {
                    place,
                    with: value.clone(),
                });
            }
        }
    }
    put
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> String {
        Plain::new(text, false).map_or_else(|| text.to_owned(), |p| p.text)
    }

    #[test]
    fn a_default_stands_in_the_place_of_its_variable() {
        for (text, plain) in [
            ("${IMG:-acme/app:v1}", "acme/app:v1"),
            ("\"${IMG-acme/app:v1}\"", "\"acme/app:v1\""),
            ("acme/app:${TAG:=v1}-cu", "acme/app:v1-cu"),
            ("acme/app:${TAG=v1}", "acme/app:v1"),
            ("acme/app:v${V:-\"1.2\"}", "acme/app:v1.2"),
            ("${A:-${B:-acme/app}}:${T:-v1}", "acme/app:v1"),
            ("${REG:-ghcr.io}/acme/app:v1", "ghcr.io/acme/app:v1"),
            ("acme/app:$(or $(TAG),v1)", "acme/app:v1"),
            ("acme/app:{{ .Values.tag | default \"v1\" }}", "acme/app:v1"),
            ("acme/app:{{ default \"v1\" .Values.tag }}", "acme/app:v1"),
            ("acme/app:{{ tag | default('v1') }}", "acme/app:v1"),
            ("acme/app:${{ inputs.tag || 'v1' }}", "acme/app:v1"),
            ("`acme/app:${process.env.TAG ?? \"v1\"}`", "`acme/app:v1`"),
            (
                "f\"acme/app:{os.environ.get('TAG', 'v1')}\"",
                "f\"acme/app:v1\"",
            ),
            // Without a default, or not one alone, it stays.
            ("acme/app:${TAG}", "acme/app:${TAG}"),
            ("acme/app:${TAG:?set it}", "acme/app:${TAG:?set it}"),
            ("${A:-x${B}y}", "x${B}y"),
            ("acme/app:{{ .Values.tag }}", "acme/app:{{ .Values.tag }}"),
            ("${A:-x\n}", "${A:-x\n}"),
            ("${A:-${B:-é", "${A:-${B:-é"),
        ] {
            assert_eq!(reads(text), plain, "{text}");
        }
    }

    #[test]
    fn every_byte_knows_where_it_stands() {
        let text = "é ${A:-x${B:-yz}}:$(or $(T),v1) é";
        let plain = Plain::new(text, false).expect("defaults");
        assert_eq!(plain.text, "é xyz:v1 é");
        for (at, c) in plain.text.char_indices() {
            let disk = plain.on_disk(at..at + c.len_utf8());
            assert_eq!(disk.len(), 1);
            assert_eq!(text[disk[0].clone()], plain.text[at..at + c.len_utf8()]);
        }
        assert_eq!(plain.on_disk(3..6).len(), 3 - 1);
    }

    #[test]
    fn an_argument_reaches_the_from_below_it() {
        let text = "ARG TAG=v1\nARG NONE\nFROM acme/app:${TAG} AS a\nFROM acme/app:$TAG\nARG TAG=v2\nRUN $TAG\n";
        let plain = Plain::new(text, true).expect("defaults");
        assert_eq!(
            plain.text,
            "ARG TAG=v1\nARG NONE\nFROM acme/app:v1 AS a\nFROM acme/app:v1\nARG TAG=v2\nRUN $TAG\n"
        );
        assert!(Plain::new(text, false).is_none());
    }

    #[test]
    fn what_is_never_closed_takes_no_time() {
        for piece in ["${A:-", "{{ x | default ", "$(or $(", "}", "${{"] {
            let text = piece.repeat(100_000);
            let _ = Plain::new(&text, true);
        }
    }
}
