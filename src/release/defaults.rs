//! A text as it reads when no variable is set: the defaults in the place of what holds them.
//!
//! `${IMG:-acme/app:v1}` is `acme/app:v1` to whoever runs it as it stands. What has no default stays as it is written, so
//! that it can be seen for a placeholder.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr2;
use regex::Regex;

use crate::release::arguments::arguments;
use crate::release::mentions::Carrier;

/// A text with its defaults in place, and where each byte of it stands on disk.
#[derive(Debug)]
pub(super) struct Plain {
    /// What it reads as.
    pub text: String,
    /// Pieces of `text` by where they start, with where they stand on disk. They follow each other without a gap.
    pieces: Vec<(usize, usize)>,
    /// What reads the value of an `ARG`.
    pub uses: Vec<Use>,
}

/// A variable in the name of an image that reads a value.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// Where its value stands in the plain text.
    pub read: Range<usize>,
    /// Where that is written on disk, in pieces.
    pub value: Vec<Range<usize>>,
    /// The image on disk.
    pub image: Range<usize>,
}

/// Defaults that are written as expressions: the filter of a template, `$(or …)` of make, `??` of a template string.
/// The group that matches is the default.
static EXPRESSIONS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let word = r#"\\?["']([^"'{}\\\n]*)\\?["']"#;
    let any = r#"\\?["'][^"'\n]*["']"#;
    let made = r"\$[({][\w.]+[)}]";
    let forms = [
        // Helm, Jinja, GitHub Actions, just: `{{ .Values.tag | default "v1" | quote }}`, `{{ or .Values.tag "v1" }}`,
        // `{{ tag | default('v1', true) }}`, `${{ inputs.tag || 'v1' }}`, `{{ env("TAG", "v1") }}`.
        format!(
            r#"\$?\{{\{{[^{{}}:\n]*(?:\b(?:default|or|coalesce)\b\s*\(?(?:[^{{}}:"'|\n]*\s)?|\bd\(|\|\||\?\?|\b(?:env|env_var|env_var_or_default|getenv)\(\s*{any}\s*,)\s*{word}\s*(?:,[^{{}}"'|\n]*)?\)?[^{{}}"'|\n]*(?:\|\s*(?:quote|squote|toString|trim|string)\b\s*)*\}}\}}"#
        ),
        // Make: `$(or $(TAG),v1)`, `$(if $(TAG),$(TAG),v1)`.
        format!(r"\$[({{]or\s+(?:{made}\s*,\s*)+([^(),{{}}$\s]*)[)}}]"),
        format!(r"\$[({{]if\s+{made}\s*,\s*{made}\s*,\s*([^(),{{}}$\s]*)[)}}]"),
        // TypeScript: `${process.env["TAG"] ?? "v1"}`.
        format!(r#"\$\{{[^{{}}:\n]*(?:\?\?|\|\|)\s*{word}\s*\}}"#),
        // Python: `{os.environ.get('TAG', 'v1')}`, `{tag or 'v1'}`.
        format!(r#"\{{(?:os\.)?(?:environ\.get|getenv)\(\s*{any}\s*,\s*{word}\s*\)\}}"#),
        format!(r#"\{{[^{{}}:,\n]*\b(?:or|else)\s*{word}\s*\}}"#),
    ];
    Regex::new(&forms.join("|")).ok()
});

impl Plain {
    /// How a text reads without any variable set. `None` when there is no default in it: it reads as it is written.
    pub(super) fn new(
        text: &str,
        dockerfile: bool,
        carriers: &dyn Fn(&str) -> Vec<Carrier>,
    ) -> Option<Self> {
        memchr2(b'$', b'{', text.as_bytes())?;
        let mut uses: Vec<(usize, Use)> = Vec::new();
        let mut put = Vec::new();
        if dockerfile {
            for found in arguments(text) {
                let (value, image) = (found.value.clone(), found.image);
                let read = 0..0;
                uses.push((found.place.start, Use { read, value, image }));
                put.push(Put {
                    place: found.place,
                    with: found.value,
                });
            }
        }
        let apart = |put: &[Put], new: &Put| {
            let before = put.partition_point(|p| p.place.end <= new.place.start);
            put.get(before)
                .is_none_or(|p| new.place.end <= p.place.start)
        };
        let mut more = expressions(text);
        more.retain(|new| apart(&put, new));
        put.extend(more);
        put.sort_by_key(|p| p.place.start);
        let mut named: Vec<Put> = carriers(text)
            .into_iter()
            .map(|(place, value)| Put {
                place,
                with: vec![value],
            })
            .collect();
        named.retain(|new| apart(&put, new));
        put.extend(named);
        put.sort_by_key(|p| p.place.start);
        put.extend(expansions(text, &put));
        if put.is_empty() {
            return None;
        }
        put.sort_by_key(|p| p.place.start);
        let mut plain = Plain {
            text: String::with_capacity(text.len()),
            pieces: Vec::new(),
            uses: Vec::new(),
        };
        let mut uses = uses.into_iter().peekable();
        let mut at = 0;
        for Put { place, with } in put {
            if place.start < at {
                continue;
            }
            plain.add(text, at..place.start);
            let start = plain.text.len();
            for piece in with {
                plain.add(text, piece);
            }
            if let Some((_, mut found)) = uses.next_if(|(at, _)| *at == place.start) {
                found.read = start..plain.text.len();
                plain.uses.push(found);
            }
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
    pub(super) fn on_disk(&self, part: Range<usize>) -> Vec<Range<usize>> {
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
    with: Vec<Range<usize>>,
}

fn expressions(text: &str) -> Vec<Put> {
    let Some(forms) = EXPRESSIONS.as_ref() else {
        return Vec::new();
    };
    let found = forms.captures_iter(text).filter_map(|found| {
        let with = found.iter().skip(1).flatten().next()?;
        Some(Put {
            place: found.get(0)?.range(),
            with: vec![with.range()],
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
                // Make and Compose write `$$` for the sign itself.
                let doubled = usize::from(text[..at].ends_with('$'));
                open.push(length.map(|length| at - doubled..at + length));
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

/// How long `${NAME:-` at the start of a text is; the name may be `!NAME`, `@` or `NAME[0]`.
fn opening(text: &str) -> Option<usize> {
    let inside = text.get(2..)?;
    let bare = inside.strip_prefix('!').unwrap_or(inside);
    let start = inside.len() - bare.len();
    let letters = bare.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))?;
    let mut name = match letters {
        0 if bare.starts_with(['@', '*']) => 1,
        0 => return None,
        _ => letters,
    };
    if bare[name..].starts_with('[') {
        name += bare[name..]
            .find([']', '\n'])
            .filter(|end| bare[name + end..].starts_with(']'))?
            + 1;
    }
    let operator = [":-", ":=", "-", "="];
    let operator = operator.iter().find(|o| bare[name..].starts_with(**o))?;
    Some(2 + start + name + operator.len())
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
        with: Vec::new(),
        place,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> String {
        Plain::new(text, false, &|_| Vec::new()).map_or_else(|| text.to_owned(), |p| p.text)
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
            ("acme/app:$${TAG:-v1}", "acme/app:v1"),
            (
                "acme/app:${1:-v1} ${@:-v2} ${A[0]:-v3} ${!N:-v4}",
                "acme/app:v1 v2 v3 v4",
            ),
            ("acme/app:${or ${TAG},v1}", "acme/app:v1"),
            ("acme/app:$(or $(A),$(B),v1)", "acme/app:v1"),
            ("acme/app:$(if $(A),$(A),v1)", "acme/app:v1"),
            (
                "`acme/app:${process.env[\"TAG\"] ?? \"v1\"}`",
                "`acme/app:v1`",
            ),
            ("`acme/app:${env[\"TAG\"] || 'v1'}`", "`acme/app:v1`"),
            (
                "f\"acme/app:{environ.get('TAG', 'v1')}\"",
                "f\"acme/app:v1\"",
            ),
            ("f\"acme/app:{getenv('TAG', 'v1')}\"", "f\"acme/app:v1\""),
            (
                "f\"acme/app:{os.environ.get('TAG') or 'v1'}\"",
                "f\"acme/app:v1\"",
            ),
            ("f'acme/app:{tag if tag else \"v1\"}'", "f'acme/app:v1'"),
            (
                "acme/app:{{ .Values.tag | default \"v1\" | quote }}",
                "acme/app:v1",
            ),
            (
                "acme/app:{{ default \"v1\" .Values.tag | quote }}",
                "acme/app:v1",
            ),
            ("acme/app:{{ or .Values.tag \"v1\" }}", "acme/app:v1"),
            (
                "acme/app:{{ coalesce .Values.tag .Chart.x \"v1\" }}",
                "acme/app:v1",
            ),
            ("acme/app:{{ tag | default('v1', true) }}", "acme/app:v1"),
            (
                "acme/app:{{ lookup('env', 'TAG') | default('v1', true) }}",
                "acme/app:v1",
            ),
            ("acme/app:{{ env(\"TAG\",\"v1\") }}", "acme/app:v1"),
            (
                "acme/app:{{ env_var_or_default('TAG', 'v1') }}",
                "acme/app:v1",
            ),
            (
                "acme/app:${{ github.event.inputs['tag'] || 'v1' }}",
                "acme/app:v1",
            ),
            // Without a default, or not one alone, it stays.
            ("{'a': 'x', 'b': b or 'v1'}", "{'a': 'x', 'b': b or 'v1'}"),
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
        let plain = Plain::new(text, false, &|_| Vec::new()).expect("defaults");
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
        let plain = Plain::new(text, true, &|_| Vec::new()).expect("defaults");
        assert_eq!(
            plain.text,
            "ARG TAG=v1\nARG NONE\nFROM acme/app:v1 AS a\nFROM acme/app:v1\nARG TAG=v2\nRUN $TAG\n"
        );
        assert!(Plain::new(text, false, &|_| Vec::new()).is_none());
    }

    #[test]
    fn what_is_never_closed_takes_no_time() {
        for piece in ["${A:-", "{{ x | default ", "$(or $(", "}", "${{"] {
            let text = piece.repeat(100_000);
            let _ = Plain::new(&text, true, &|_| Vec::new());
        }
    }
}
