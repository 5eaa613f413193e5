//! Which version a text states: it must be what a place would state of some release, and nothing else.
//!
//! Templates are not run backwards. Each version that could be meant is put into the template of the place, and the text
//! must come out.

use crate::config::{Config, Pin, Release};
use crate::grammar::release::ReleaseVersion;
use crate::release::forms::is_like;

/// What is longer than this states no version: bytes.
const LONGEST: usize = 256;

impl Pin {
    /// The version of which the place would state that text, newer or older, in this scheme's spelling or another's.
    pub fn reads(&self, config: &Config, release: &Release, text: &str) -> Option<ReleaseVersion> {
        let framed = self.affixes.as_ref().and_then(|a| a.strip(text));
        let framed = framed.into_iter().flat_map(|word| spelled(release, word));
        framed
            .chain(words(text).flat_map(|(at, end)| spelled(release, &text[at..end])))
            .chain(numbered(release, text))
            .filter(|version| self.is_whole(release, version))
            .find(|version| self.would(config, release, version, text))
    }

    /// Whether a version is no mere number where the whole of one should stand: `v1` is the tag of a line.
    fn is_whole(&self, release: &Release, version: &ReleaseVersion) -> bool {
        let numbers = |version: &ReleaseVersion| version.numbers().len();
        self.affixes.is_none() || numbers(version) > 1 || numbers(&release.read) == 1
    }

    /// Whether the place would state that text of a version.
    pub fn would(
        &self,
        config: &Config,
        release: &Release,
        version: &ReleaseVersion,
        text: &str,
    ) -> bool {
        config.states_at(release, self, version).as_deref() == Some(text)
    }
}

/// What lets a place state the release: its own words by `states`, where they hold a version.
pub fn how_to_state(config: &Config, release: &Release, pin: &Pin, stated: &str) -> String {
    let wanted = &pin.states;
    match fitting(config, release, stated) {
        Some(states) => {
            format!("write `{wanted}` there, or say how it states it: `states = {states}`")
        }
        None => {
            format!("write `{wanted}` there, or point the pin to the place that states the release")
        }
    }
}

/// A `states`, as TOML has it, of which a text is what would stand there for some release; `None` where it states no version.
fn fitting(config: &Config, release: &Release, text: &str) -> Option<String> {
    if ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let plain = |version: &ReleaseVersion| match version.numbers().len() {
        n if n >= release.read.numbers().len() => Some("{{ version }}"),
        2 => Some("{{ series }}"),
        1 => Some("{{ major }}"),
        _ => None,
    };
    let (mut at, end, version) = words(text).find_map(|(at, end)| {
        let word = &text[at..end];
        let alone = ["", "v", "V"].contains(&&text[..at]) && end == text.len();
        let whole = word.contains('.') || alone;
        let version = spelled(release, word).next().filter(|_| whole)?;
        Some((at, end, version))
    })?;
    let mut template = plain(&version)?;
    let mut last = end;
    if template == "{{ version }}"
        && let Some(tag) = config.tag_at(release, &version)
        && let Some((before, _)) = tag.split_once(&text[at..end])
        && let Some(start) = at.checked_sub(before.len())
        && text.get(start..).is_some_and(|rest| rest.starts_with(&tag))
    {
        (at, last, template) = (start, start + tag.len(), "{{ tag }}");
    }
    // What states a second version would have to state two, and would stay at this one.
    let second = words(&text[last..]).any(|(at, end)| {
        let word = &text[last + at..last + end];
        word.contains('.') && spelled(release, word).next().is_some()
    });
    if second {
        return None;
    }
    let states = format!("{}{template}{}", &text[..at], &text[last..]);
    Some(toml::Value::String(states).to_string())
}

/// Where words stand that may be a version, in the order they begin, of each the longest first.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let bytes = text.as_bytes();
    let part = |b: u8| b.is_ascii_alphanumeric() || b".+_-".contains(&b);
    let begins = move |at: usize| {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        bytes[at].is_ascii_digit() && !before.is_some_and(|b| b.is_ascii_digit() || b == b'.')
    };
    let starts = (0..bytes.len()).filter(move |at| text.len() <= LONGEST && begins(*at));
    starts.flat_map(move |at| {
        let length = bytes[at..].iter().take_while(|b| part(**b)).count();
        let cuts = (1..length).rev().filter(move |n| {
            let (last, next) = (bytes[at + n - 1], bytes[at + n]);
            last.is_ascii_alphanumeric() && !next.is_ascii_alphanumeric()
        });
        std::iter::once(length)
            .chain(cuts)
            .map(move |n| (at, at + n))
    })
}

/// The versions that a word is, in the release's scheme or Python's; a tag has `-` for the `+` of a version.
fn spelled<'r>(release: &'r Release, word: &str) -> impl Iterator<Item = ReleaseVersion> + use<'r> {
    let scheme = release.read.scheme();
    let built = word.contains('-').then(|| word.replacen('-', "+", 1));
    let versions = [(Some(word.to_owned()), false), (built, true)];
    versions.into_iter().filter_map(move |(text, is_tag)| {
        let version = ReleaseVersion::parse_any(scheme, &text?)?;
        is_like(&release.read, &version, is_tag).then_some(version)
    })
}

/// The versions that numbers standing anywhere in a text would be.
fn numbered(release: &Release, text: &str) -> impl Iterator<Item = ReleaseVersion> + use<> {
    let scheme = release.read.scheme();
    let short = text.len() <= LONGEST;
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let numbers: Vec<&str> = numbers.filter(|n| short && !n.is_empty()).collect();
    let mut found = Vec::new();
    for start in 0..numbers.len() {
        for length in (1..=3.min(numbers.len() - start)).rev() {
            let stated = numbers[start..start + length].join(".");
            let zeros = ".0".repeat(3 - length);
            found.extend(ReleaseVersion::parse_any(
                scheme,
                &format!("{stated}{zeros}"),
            ));
            found.extend(ReleaseVersion::parse_any(scheme, &stated));
        }
    }
    found.into_iter()
}
