//! References whose tag is a variable of the same file: `acme/app:$(TAG)` below `TAG ?= v1.4.0`.

use std::ops::Range;
use std::sync::Arc;

use crate::config::Mention;
use crate::release::locate;
use crate::release::mentions::names::{Names, Spelling};
use crate::release::mentions::sighting::{Kind, Sighting};
use crate::release::mentions::tag;
use crate::source::SourceFile;

/// A tag with one variable in it.
struct Written<'t> {
    before: &'t str,
    name: &'t str,
    behind: &'t str,
    /// Where it ends.
    end: usize,
}

impl Names<'_> {
    /// The stale reference that begins where a spelling was found, if its tag is a variable whose value the file states
    /// once. Of a file that no reader of constants fits, and of one whose value is computed, nothing is said.
    pub(super) fn by_variable(
        &self,
        file: &Arc<SourceFile>,
        text: &str,
        found: Range<usize>,
        spelling: &Spelling,
        mention: &Mention,
    ) -> Option<Sighting> {
        let opened = self.opened(text, found.clone(), spelling)?;
        let written = written(text, opened.start)?;
        let value = locate::constant(file, written.name).ok()?;
        // What is read of it with escapes cannot be rewritten.
        let plain = file.text.get(value.span.clone()) == Some(&value.value);
        let tag = format!("{}{}{}", written.before, value.value, written.behind);
        let kind = self
            .kind(&opened.repository, &tag, mention)
            .filter(|_| plain)?;
        let Kind::Stale {
            tag: wanted,
            states,
            earlier_final,
        } = kind
        else {
            return None;
        };
        let moved = wanted.strip_prefix(written.before)?;
        let moved = moved.strip_suffix(written.behind)?.to_owned();
        // A module that states its own version is not the images'.
        let own = written.name.starts_with("__");
        (!own).then(|| Sighting {
            file: file.clone(),
            span: found.start..written.end,
            tag,
            tag_span: opened.start..written.end,
            repository: opened.repository,
            fixed: None,
            kind: Kind::Stale {
                tag: moved,
                states,
                earlier_final,
            },
            value: Some(value.span),
        })
    }
}

/// The tag that begins there and holds one variable: `$TAG`, `${TAG}`, `$(TAG)`, `{TAG}`, `{{ TAG }}`, `#{TAG}`.
fn written(text: &str, start: usize) -> Option<Written<'_>> {
    let opens = tag::end_of(text, start, tag::is_tag);
    let rest = &text[opens..];
    let marks = [
        ("${", "}"),
        ("$(", ")"),
        ("{{", "}}"),
        ("#{", "}"),
        ("{", "}"),
        ("$", ""),
    ];
    let (open, close) = marks.into_iter().find(|(open, _)| rest.starts_with(open))?;
    let inside = &rest[open.len()..];
    let name_at = inside.len() - inside.trim_start_matches(' ').len();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name_end = tag::end_of(inside, name_at, word);
    let name = &inside[name_at..name_end];
    let closed = inside[name_end..].trim_start_matches(' ');
    let closed = match close {
        "" => &inside[name_end..],
        close => closed.strip_prefix(close)?,
    };
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let behind_at = text.len() - closed.len();
    let end = tag::end_of(text, behind_at, tag::is_tag);
    let behind = text[behind_at..end].trim_end_matches('.');
    let end = behind_at + behind.len();
    let more = text[end..].starts_with(['$', '{', '<', '#', '@', '/', '(']);
    (begins && !more).then_some(Written {
        before: &text[start..opens],
        name,
        behind,
        end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_may_be_a_variable() {
        for (text, read) in [
            ("$TAG", Some(("", "TAG", ""))),
            ("${TAG}-cu128 x", Some(("", "TAG", "-cu128"))),
            ("3.12-$(TAG)", Some(("3.12-", "TAG", ""))),
            ("v{{ version }}", Some(("v", "version", ""))),
            ("{TAG}.", Some(("", "TAG", ""))),
            ("$TAG-$ARCH", None),
            ("${TAG:-v1}", None),
            ("${env.TAG}", None),
            ("$1", None),
            ("v1.2.0", None),
            ("$TAG@sha256:00", None),
            ("{", None),
            ("$", None),
            ("${é}", None),
        ] {
            let found = written(text, 0).map(|w| (w.before, w.name, w.behind));
            assert_eq!(found, read, "{text}");
        }
    }
}
