//! A base that moves by itself.

use crate::check::gathered::Gathered;
use crate::check::{BaseImage, Context};
use crate::diagnostic::{Finding, Sink, code};
use crate::image::reference::Parts;
use crate::matrix::Version;

/// Why a base floats, in the words of its label, and what to write instead.
struct Floating {
    label: String,
    help: String,
}

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut found = Gathered::default();
    for base in cx.bases() {
        let Some(floating) = floating(cx, base) else {
            continue;
        };
        let finding = Finding::new(
            &code::FLOATING_BASE,
            format!("`{}` moves by itself", base.reference),
            base.place(cx, floating.label),
        )
        .note("one day everything that stands on it changes, and nothing here did")
        .help(floating.help);
        // One text may name many bases, which then all float for its sake.
        found.add(finding, "", &base.specs);
    }
    found.tell(sink);
}

fn floating(cx: &Context<'_>, base: &BaseImage) -> Option<Floating> {
    let parts = base.parts();
    if parts.digest.is_some() {
        return None;
    }
    let name = base.reference.as_str();
    let Some(tag) = parts.tag else {
        return Some(Floating {
            label: "without a tag it is whatever `latest` is".to_owned(),
            help: format!("state a tag, as in `{name}:…`, or a digest"),
        });
    };
    if tag == "latest" {
        return Some(Floating {
            label: "`latest` is whatever was pushed last".to_owned(),
            help: "state a tag that names a version, or a digest".to_owned(),
        });
    }
    if no_distribution(&parts, tag) {
        let newest = cx.facts.newest_debian(cx.today);
        return Some(Floating {
            label: "names no release of its distribution".to_owned(),
            help: match newest {
                Some(codename) => format!("name one, as in `{name}-{codename}`, or a digest"),
                None => "name one, or a digest".to_owned(),
            },
        });
    }
    None
}

/// Whether it is a tag of the official Python image by cycle alone, such as `3.12` and `3.12-slim`: its distribution is
/// the newest Debian.
fn no_distribution(parts: &Parts<'_>, tag: &str) -> bool {
    let mut words = tag.split('-');
    let version = words.next().and_then(Version::parse);
    parts.is_hub("python")
        && version.is_some_and(|v| v.written_part(2).is_none())
        && words.all(|word| word == "slim")
}
