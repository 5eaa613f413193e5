//! How the tags of a matrix state a release: what of a tag is another text in another release.
//!
//! The matrix is expanded once more, for a release that nobody has. Where the numbers of that one come out in a tag, the
//! release is printed, whatever template and filters printed it; what stands around them belongs to the spec.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use regex::{Regex, escape};

use crate::config::{self, Config, Release};
use crate::diagnostic::Sink;
use crate::grammar::release::{ReleaseVersion, Scheme};
use crate::image::{Matrix, resolve};
use crate::source::SourceFile;

/// What stands for the release as a tag names it, for the version, and for each of its numbers, in a text that prints them.
const TAG: char = '\u{1}';
const VERSION: char = '\u{2}';
const NUMBERS: [char; 3] = ['\u{3}', '\u{4}', '\u{5}'];

/// A version as it can stand in a tag; whether it is one is for its scheme to say.
const WORD: &str = "([0-9][0-9A-Za-z.+_-]*)";

/// The same matrix at another release. `None` when it cannot be expanded at that one.
pub(super) fn at(config: &Config, release: &Release, version: &str) -> Option<(Config, Matrix)> {
    let mut text = config.file.text.clone();
    text.replace_range(release.span.clone(), &format!("\"{version}\""));
    let file = SourceFile::new(config.file.path.clone(), text);
    let mut sink = Sink::new();
    let config = config::load(&file, &config.owner, &config.ci.providers, &mut sink).ok()?;
    let matrix = resolve(&config, &mut sink).ok()?;
    Some((config, matrix))
}

/// A matrix at a release that nobody has.
pub(super) struct StandIn {
    /// Its specs and aliases, those of the real release by index.
    pub matrix: Matrix,
    version: String,
    numbers: [String; 3],
    tag: String,
}

impl StandIn {
    /// The same matrix at another release. `None` when it cannot be expanded at that one.
    pub(super) fn new(config: &Config) -> Option<Self> {
        let release = config.release.as_ref()?;
        let text = &config.file.text;
        let numbers = (90_001_u64..99_000).step_by(3).find_map(|n| {
            let numbers = [n, n + 1, n + 2].map(|n| n.to_string());
            let new = numbers.iter().all(|number| !text.contains(number));
            new.then_some(numbers)
        })?;
        let version = numbers.join(".");
        let (config, matrix) = at(config, release, &version)?;
        Some(StandIn {
            matrix,
            version,
            numbers,
            tag: config.release?.tag,
        })
    }

    /// A text with what it prints of the release marked.
    fn marked(&self, text: &str) -> String {
        // The longer first: one may be a part of the other.
        let mut words = [(self.tag.as_str(), TAG), (self.version.as_str(), VERSION)];
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        if self.numbered(&self.tag) == self.tag {
            // A tag that is the same in each release tells none.
            words = [(&self.version, VERSION); 2];
        }
        let mut text = text.to_owned();
        for (word, mark) in words {
            text = text.replace(word, &mark.to_string());
        }
        self.numbered(&text)
    }

    fn numbered(&self, text: &str) -> String {
        let mut text = text.replace(&self.version, &VERSION.to_string());
        for (number, mark) in self.numbers.iter().zip(NUMBERS) {
            text = text.replace(number, &mark.to_string());
        }
        text
    }
}

/// The part of a tag that states the release, with what stands around it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    prefix: String,
    suffix: String,
    form: Arc<Form>,
}

/// How the release is printed.
#[derive(Debug)]
struct Form {
    pattern: Regex,
    /// What its groups hold: one of the numbers, or a version.
    groups: Vec<Option<usize>>,
    scheme: Scheme,
    /// How pre-releases of this release and what is local to it are called.
    own: Own,
    /// Whether the version is printed whole; numbers alone say more of how they are written.
    whole: bool,
}

/// What a release says of how its like are spelt: a suffix that is none of these is the name of a variant, which is
/// another image.
#[derive(Clone, Debug)]
struct Own {
    /// Its numbers, and as they are written.
    numbers: Vec<u64>,
    parts: Vec<String>,
    /// The word of its own pre-release, and what is local to it, without their digits.
    pre: String,
    local: Option<String>,
}

/// The numbers of a version, and what follows them.
fn halves(version: &str) -> (&str, &str) {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.');
    // `1.2.dev0`: the last dot belongs to what follows.
    let numbers = version[..end.unwrap_or(version.len())].trim_end_matches('.');
    version.split_at(numbers.len())
}

/// A text without its digits.
fn wordy(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

impl Own {
    fn of(release: &ReleaseVersion) -> Self {
        let version = release.as_str();
        let (version, local) = match version.split_once('+') {
            Some((version, local)) => (version, Some(local)),
            None => (version, None),
        };
        let (_, pre) = halves(version);
        Own {
            numbers: release.numbers(),
            parts: release.parts().into_iter().map(str::to_owned).collect(),
            pre: wordy(pre),
            local: local.map(wordy),
        }
    }

    /// Whether a text is a version of the scheme, spelt as a tag of the matrix would spell it. One that is `bare` of
    /// everything else may be any number, so it must be none that is yet to come.
    fn spelt(&self, scheme: Scheme, text: &str, bare: bool) -> bool {
        let read = |text: &str| ReleaseVersion::parse(scheme, text).is_ok();
        let (numbers, rest) = halves(text);
        // A number alone is no version where versions have several.
        if self.numbers.len() > 1 && !numbers.contains('.') {
            return false;
        }
        let parts: Vec<&str> = numbers.split('.').collect();
        if !self.shaped(scheme, &parts) || (bare && rest.is_empty() && self.is_ahead(&parts)) {
            return false;
        }
        if self.suffix(scheme, rest) && read(text) {
            return true;
        }
        // A tag holds `-` for the `+` of a version.
        let Some(local) = &self.local else {
            return false;
        };
        rest.match_indices('-').any(|(at, _)| {
            let version = &text[..numbers.len() + at];
            let after = &rest[at + 1..];
            wordy(after) == *local
                && self.suffix(scheme, &rest[..at])
                && read(&format!("{version}+{after}"))
        })
    }

    /// Whether numbers could be those of a release: as many, and a year where this one has a year.
    fn shaped(&self, scheme: Scheme, parts: &[&str]) -> bool {
        let own: Vec<&str> = self.parts.iter().map(String::as_str).collect();
        match (scheme, own.as_slice()) {
            (Scheme::Calver, [year, rest @ ..]) => {
                let month = parts.get(1).and_then(|part| part.parse::<u64>().ok());
                let months = rest.first().is_some_and(|own| own.len() == 2) || rest.len() > 1;
                parts.len() == own.len()
                    && parts[0].len() == year.len()
                    && (!months || month.is_some_and(|month| (1..=12).contains(&month)))
            }
            _ => parts.len() <= own.len().max(3) && parts.iter().all(|part| plain_number(part)),
        }
    }

    /// Whether numbers, as far as they go, come after those of this release.
    fn is_ahead(&self, parts: &[&str]) -> bool {
        let numbers = parts
            .iter()
            .map(|part| part.parse::<u64>().unwrap_or(u64::MAX));
        numbers.gt(self.numbers.iter().copied().take(parts.len()))
    }

    /// Whether numbers that stand alone, by their places, are those of this release or of one before it.
    fn reaches(&self, scheme: Scheme, numbers: [Option<&str>; 3]) -> bool {
        let known = |n: &str| scheme == Scheme::Calver || plain_number(n);
        let first: Vec<&str> = numbers.iter().map_while(|n| *n).collect();
        numbers.into_iter().flatten().all(known)
            && !self.is_ahead(&first)
            && (scheme != Scheme::Calver
                || first
                    .iter()
                    .zip(&self.parts)
                    .take(1)
                    .all(|(n, own)| n.len() == own.len()))
    }

    /// Whether what follows the numbers is that of a pre-release, and not the name of a variant: `-rc.1`, `rc1`,
    /// `-alpha`, `.dev0`; none are `-cu126`, `-slim`, a date.
    fn suffix(&self, scheme: Scheme, suffix: &str) -> bool {
        if suffix.is_empty() {
            return true;
        }
        if !self.pre.is_empty() && wordy(suffix) == self.pre {
            // `-a100` is a GPU, though this release is `-a1`.
            let letters = self.pre.bytes().filter(u8::is_ascii_alphabetic).count();
            let digits = suffix.bytes().filter(u8::is_ascii_digit).count();
            return letters > 1 || digits < 3;
        }
        let pattern = match scheme {
            Scheme::Semver => SEMVER.as_ref(),
            Scheme::Pep440 | Scheme::Calver => PYTHON.as_ref(),
        };
        pattern.is_some_and(|pattern| pattern.is_match(suffix))
    }
}

/// Whether a version could be one of a release like this, and has no name of a variant behind its numbers: `1.2.0-gpu` has,
/// though semver takes it for a version. Read out of a tag, its local part must be called as that of the release is.
pub(super) fn is_like(release: &ReleaseVersion, version: &ReleaseVersion, is_tag: bool) -> bool {
    let own = Own::of(release);
    let text = version.as_str().to_ascii_lowercase();
    let (text, local) = match text.split_once('+') {
        Some((text, local)) => (text, Some(wordy(local))),
        None => (text.as_str(), None),
    };
    let (_, suffix) = halves(text);
    let known = |pattern: &LazyLock<Option<Regex>>| {
        pattern
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(suffix))
    };
    let local_fits =
        !is_tag || local.is_none() || local == own.local.as_ref().map(|own| own.to_lowercase());
    local_fits
        && (own.suffix(version.scheme(), suffix)
            || [&SEMVER, &PYTHON, &DEVELOPED].into_iter().any(known))
}

/// Whether a text is one number as versions have them: no zero stands before it.
fn plain_number(text: &str) -> bool {
    text == "0" || !text.starts_with('0')
}

/// Pre-releases as people write them under semver: a word, perhaps with numbers. `dev` alone is what variants are called,
/// and `a100`, `b200` are GPUs.
static SEMVER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^-(?:(?:alpha|beta|rc|pre|preview)(?:[0-9]{0,5}|[.-][0-9]{1,5}(?:\.[0-9]{1,5})?)|dev[.-]?[0-9]{1,5})$").ok()
});
/// <https://packaging.python.org/en/latest/specifications/version-specifiers/#public-version-identifiers>, with the
/// separators that are allowed to stand there, though not before a letter alone; calendar versions have the same.
static PYTHON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[._-]?(?:alpha|beta|rc|pre|preview)[._-]?[0-9]{0,5}|(?:a|b|c)[0-9]{1,2})?(?:[._-]?post[0-9]{1,8})?(?:[._-]?dev[0-9]{1,8})?$").ok()
});

/// What a library calls itself between two releases, and a word with a number behind a dot, as semver counts pre-releases.
static DEVELOPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[._-]?(?:dev|snapshot|nightly|canary|next|unreleased)(?:[.-]?[0-9]{1,14})?|-[a-z]+\.[0-9]{1,5})$",
    )
    .ok()
});

/// Frames, with each form made once.
pub(super) struct Frames<'a> {
    stand_in: &'a StandIn,
    scheme: Scheme,
    own: Own,
    forms: HashMap<String, Option<Arc<Form>>>,
}

impl<'a> Frames<'a> {
    pub(super) fn new(stand_in: &'a StandIn, release: &ReleaseVersion) -> Self {
        Frames {
            stand_in,
            scheme: release.scheme(),
            own: Own::of(release),
            forms: HashMap::new(),
        }
    }

    /// The frame of a tag of the stand-in; `None` when it prints nothing of the release.
    pub(super) fn of(&mut self, tag: &str) -> Option<Frame> {
        let marked = self.stand_in.marked(tag);
        let is_mark = |c: char| [TAG, VERSION].contains(&c) || NUMBERS.contains(&c);
        let (start, end) = (marked.find(is_mark)?, marked.rfind(is_mark)? + 1);
        let stated = &marked[start..end];
        let form = match self.forms.get(stated) {
            Some(form) => form.clone(),
            None => {
                let form = self.form(stated);
                self.forms.insert(stated.to_owned(), form.clone());
                form
            }
        };
        Some(Frame {
            prefix: marked[..start].to_owned(),
            suffix: marked[end..].to_owned(),
            form: form?,
        })
    }

    fn form(&self, stated: &str) -> Option<Arc<Form>> {
        let mut pattern = String::from("^");
        let mut groups = Vec::new();
        for c in stated.chars() {
            pattern += &match c {
                // People leave out the `v`, or put one there: that is the release, spelled otherwise.
                TAG => {
                    let tag = self.stand_in.numbered(&self.stand_in.tag);
                    let tag: String = tag.chars().map(|c| plain(c, &mut groups)).collect();
                    format!("(?:{tag}|[vV]?{})", plain(VERSION, &mut groups))
                }
                VERSION => format!("[vV]?{}", plain(VERSION, &mut groups)),
                c => plain(c, &mut groups),
            };
        }
        let pattern = Regex::new(&(pattern + "$")).ok()?;
        Some(Arc::new(Form {
            pattern,
            groups,
            scheme: self.scheme,
            own: self.own.clone(),
            whole: stated.contains([TAG, VERSION]),
        }))
    }
}

/// What a mark, or another letter, is in a pattern; what its group holds goes to `groups`.
fn plain(c: char, groups: &mut Vec<Option<usize>>) -> String {
    let number = NUMBERS.iter().position(|mark| *mark == c);
    match c {
        VERSION => {
            groups.push(None);
            WORD.to_owned()
        }
        _ if number.is_some() => {
            groups.push(number);
            "([0-9]+)".to_owned()
        }
        c => escape(c.encode_utf8(&mut [0; 4])),
    }
}

impl Frame {
    /// The release that a tag states in this frame, as it states it.
    pub(super) fn states<'t>(&self, tag: &'t str) -> Option<&'t str> {
        let text = tag
            .strip_prefix(self.prefix.as_str())?
            .strip_suffix(self.suffix.as_str())?;
        let form = &self.form;
        let found = form.pattern.captures(text)?;
        let bare = tag.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let mut numbers = [None; 3];
        for (group, number) in found.iter().skip(1).zip(&form.groups) {
            match (group, number) {
                (None, _) => {}
                (Some(group), Some(place)) => numbers[*place] = Some(group.as_str()),
                (Some(group), None) if form.own.spelt(form.scheme, group.as_str(), bare) => {}
                (Some(_), None) => return None,
            }
        }
        form.own.reaches(form.scheme, numbers).then_some(text)
    }

    /// The version that a tag states in this frame, if it states one whole.
    pub(super) fn version(&self, tag: &str) -> Option<ReleaseVersion> {
        let text = tag
            .strip_prefix(self.prefix.as_str())?
            .strip_suffix(self.suffix.as_str())?;
        let found = self.form.pattern.captures(text)?;
        let groups = found.iter().skip(1).zip(&self.form.groups);
        let mut versions = groups.filter(|(_, number)| number.is_none());
        let version = versions.find_map(|(version, _)| version)?;
        ReleaseVersion::parse(self.form.scheme, version.as_str()).ok()
    }

    /// What stands before what states the release, and after it.
    pub(super) fn around(&self) -> (&str, &str) {
        (&self.prefix, &self.suffix)
    }

    /// Frames that say more of a tag come first.
    pub(super) fn order(&self) -> impl Ord + use<> {
        let around = self.prefix.len() + self.suffix.len();
        (std::cmp::Reverse(around), self.form.whole)
    }
}
