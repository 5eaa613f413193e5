//! Images that somebody moved in an output itself, as bots that update dependencies do.
//!
//! As with actions, age tells an edit: a tag on disk that is older than the rendered one is stale, since the matrix, the facts
//! or the shipped table moved on. So is one that lacks the digest, or is the shipped one, which the matrix now states otherwise.
//! Any other that differs was put there by somebody, and is not to be lost. What no builder can pull is no image, and an edit
//! like any other of a generated file.

use std::ops::Range;

use crate::grammar::Version;
use crate::grammar::reference::base_fault;
use crate::output::Change;

/// An image that outputs run, as it is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunImage {
    /// `name:tag@digest`, as it is rendered.
    pub reference: String,
    /// Whether Dockerfiles name it, and not pipelines.
    pub in_dockerfiles: bool,
    /// The file that would have to state it otherwise, where that is not one of the matrix's.
    pub not_ours: Option<String>,
}

impl RunImage {
    /// Whether an output may name it, by how its path ends. Plans do not, whatever images they name.
    pub fn may_be_in(&self, path: &str) -> bool {
        match self.in_dockerfiles {
            true => is_dockerfile(path),
            false => [".yml", ".yaml", ".sh"]
                .iter()
                .any(|end| path.ends_with(end)),
        }
    }
}

/// Whether an output is a Dockerfile.
pub fn is_dockerfile(path: &str) -> bool {
    path.rsplit('/').next() == Some("Dockerfile")
}

/// The images that were moved in one output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedImages {
    /// Each once, in the order of the file.
    pub moved: Vec<MovedImage>,
    /// What is rendered, with the edits made in it: where this is not what is on disk, there is more than these.
    pub rebased: String,
}

/// One image that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedImage {
    /// What is rendered.
    pub from: String,
    /// What is on disk.
    pub to: String,
    /// Where, in bytes of the text on disk, it was first moved.
    pub span: Range<usize>,
    /// Why the matrix cannot say what the file does.
    pub unfit: Option<Unadoptable>,
}

/// Why an image cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unadoptable {
    /// It is moved to several: the bytes of another one.
    Several(Range<usize>),
    /// This file has the name of one of facts, and the matrix does not name it.
    Unnamed(String),
}

impl MovedImage {
    /// What it is called, without tag and digest.
    pub fn name(&self) -> &str {
        split(&self.from).0
    }

    /// From what to what, in as few words as tell them apart.
    pub fn words(&self) -> (String, String) {
        let (old, new) = (split(&self.from), split(&self.to));
        let said = |(_, tag, digest): (&str, &str, Option<&str>)| match digest {
            Some(digest) if old.1 == new.1 => short(digest),
            None if old.1 == new.1 => "no digest".to_owned(),
            _ => tag.to_owned(),
        };
        (said(old), said(new))
    }
}

impl MovedImages {
    /// The images that an output on disk runs otherwise than it is rendered; `None` when there are none. `ships` says of an
    /// image whether gen itself would render it.
    pub fn of(change: &Change, images: &[&RunImage], ships: impl Fn(&str) -> bool) -> Option<Self> {
        let disk = change.before.as_deref()?;
        let mut rebased = change.after.as_ref()?.text.to_string();
        let mut moved: Vec<MovedImage> = Vec::new();
        for image in images {
            let from = image.reference.as_str();
            if !uses(&rebased, from).any(|at| rebased[at] == *from) {
                continue;
            }
            let newer = |at: &Range<usize>| {
                let found = &disk[at.clone()];
                !ships(found) && base_fault(found).is_none() && is_moved(found, from)
            };
            let mut found = uses(disk, from).filter(newer);
            let Some(span) = found.next() else { continue };
            let to = disk[span.clone()].to_owned();
            let several = found.find(|at| disk[at.clone()] != *to);
            let unfit = several.map(Unadoptable::Several);
            let unnamed = image.not_ours.clone().map(Unadoptable::Unnamed);
            rebased = rebased.replace(from, &to);
            moved.push(MovedImage {
                from: from.to_owned(),
                to,
                span,
                unfit: unfit.or(unnamed),
            });
        }
        moved.sort_by_key(|image| image.span.start);
        (!moved.is_empty()).then_some(MovedImages { moved, rebased })
    }

    /// Whether all of them can be taken over.
    pub fn fit(&self) -> bool {
        self.moved.iter().all(|image| image.unfit.is_none())
    }
}

/// Where a text has this image with any tag of the same kind: `29.0.0-cli` for `28.5.2-cli`.
fn uses<'a>(text: &'a str, reference: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let (name, tag, _) = split(reference);
    let kind = kind(tag);
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let named = text.match_indices(name).filter(move |(at, _)| {
        let before = text.as_bytes()[..*at].last();
        before.is_none_or(|b| !is_part(*b) && !matches!(b, b'/' | b':' | b'@'))
    });
    named.filter_map(move |(at, _)| {
        let rest = &text[at + name.len()..];
        let tagged = rest.strip_prefix(':')?;
        let end = tagged.bytes().position(|b| !is_part(b));
        let tag = tagged[..end.unwrap_or(tagged.len())].trim_end_matches('.');
        // All that is written, whether it is a digest or not.
        let digest = tagged[tag.len()..].strip_prefix('@').map_or(0, |rest| {
            let is_digest = |b: u8| is_part(b) || b == b':';
            '@'.len_utf8() + rest.bytes().take_while(|b| is_digest(*b)).count()
        });
        let found = at..at + name.len() + 1 + tag.len() + digest;
        (kind == self::kind(tag)).then_some(found)
    })
}

/// Whether the one on disk was put there by somebody, and is not merely what was rendered before.
fn is_moved(disk: &str, rendered: &str) -> bool {
    let ((_, tag, digest), (_, rendered_tag, rendered_digest)) = (split(disk), split(rendered));
    if tag == rendered_tag {
        return digest.is_some() && digest != rendered_digest;
    }
    let version = |tag: &str| Version::parse(number(tag));
    let both = version(tag).zip(version(rendered_tag));
    both.is_none_or(|(this, that)| this > that)
}

/// Name, tag and digest.
fn split(reference: &str) -> (&str, &str, Option<&str>) {
    let (named, digest) = match reference.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (reference, None),
    };
    match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag, digest),
        _ => (named, "", digest),
    }
}

/// The first number of a tag, with its dots: `28.5.2` of `28.5.2-cli`.
fn number(tag: &str) -> &str {
    let Some(start) = tag.find(|c: char| c.is_ascii_digit()) else {
        return "";
    };
    let rest = &tag[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
    rest[..end.unwrap_or(rest.len())].trim_end_matches('.')
}

/// What a tag is apart from its number.
fn kind(tag: &str) -> (&str, &str) {
    let number = number(tag);
    tag.split_once(number).unwrap_or((tag, ""))
}

/// The first digits of a digest.
fn short(digest: &str) -> String {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex).to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::output::{Planned, State};

    const CLI: &str =
        "docker:28.5.2-cli@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const DIND: &str = "docker:28.5.2-dind";

    fn moved(rendered: &str, disk: &str) -> Option<MovedImages> {
        let after = Planned::text("ci.yml".to_owned(), rendered.to_owned());
        let change = Change {
            path: "ci.yml".to_owned(),
            state: State::Stale,
            before: Some(disk.to_owned()),
            after: Some(Arc::new(after)),
        };
        let images = [CLI, DIND, "moby/buildkit:v0.32.2"].map(|reference| RunImage {
            reference: reference.to_owned(),
            in_dockerfiles: false,
            not_ours: None,
        });
        MovedImages::of(&change, &images.each_ref(), |image| {
            image == "docker:30.9.9-cli"
        })
    }

    #[test]
    fn an_image_is_known_by_its_name_and_the_kind_of_its_tag() {
        let rendered = format!("image: \"{CLI}\"\nservice: {DIND}\nrun: docker:1.0 acme/{DIND}\n");
        let to = format!("docker:29.0.0-cli@sha256:{}", "b".repeat(64));
        let disk = rendered.replace(CLI, &to);
        let found = moved(&rendered, &disk).expect("one is moved");
        let told: Vec<_> = found
            .moved
            .iter()
            .map(|i| (&*i.from, &*i.to, i.name()))
            .collect();
        assert_eq!(told, [(CLI, &*to, "docker")]);
        assert_eq!(found.rebased, disk);
        assert!(found.fit());
    }

    #[test]
    fn what_is_older_or_lacks_the_digest_is_stale() {
        for disk in [
            &format!("docker:28.5.1-cli@sha256:{}", "b".repeat(64)),
            "docker:27.0.0-cli",
            "docker:28.5.2-cli",
            CLI,
            "docker:99-git",
            "other/docker:29.0.0-cli",
            "docker:30.9.9-cli",
        ] {
            assert_eq!(moved(CLI, disk), None, "{disk}");
        }
        let words = |disk: &str| moved(CLI, disk).expect("it is moved").moved[0].words();
        let told = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let newer = format!("docker:28.5.2-cli@sha256:{}", "b".repeat(64));
        assert_eq!(words(&newer), told(&"a".repeat(12), &"b".repeat(12)));
        assert_eq!(words("docker:29-cli"), told("28.5.2-cli", "29-cli"));
    }

    #[test]
    fn what_nobody_can_pull_is_an_edit_like_any_other() {
        let digest = |digit: &str| format!("docker:29.0.0-cli@sha256:{}", digit.repeat(64));
        for disk in [
            &*digest("A"),
            "docker:29.0.0-cli@sha256:bb",
            "docker:29.0.0-cli@",
            "docker:29.0.0-cli@sha256",
        ] {
            assert_eq!(moved(CLI, disk), None, "{disk}");
        }
        let found = moved(CLI, &digest("0")).expect("it is moved");
        assert_eq!(found.moved[0].to, digest("0"));
    }

    #[test]
    fn two_ways_at_once_fit_none() {
        let found = moved(&format!("{CLI} {CLI}"), "docker:29-cli docker:30-cli");
        let unfit = &found.expect("it is moved").moved[0].unfit;
        assert_eq!(*unfit, Some(Unadoptable::Several(14..27)));
    }
}
