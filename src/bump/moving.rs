//! Moving the places of a library to a release: pins first, then mentions, each over the texts that are planned so far.

use std::ops::Range;
use std::sync::Arc;

use crate::bump::texts::Texts;
use crate::config::pinned_output;
use crate::config::{Config, Pin, Release};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::grammar::release::ReleaseVersion;
use crate::output::is_linked;
use crate::release::how_to_state;
use crate::release::mentions::{Fixed, ImageNames, MARKER, MentionKind, Sighting};
use crate::release::pins::{Agreement, look};
use crate::release::unseen::{unread_findings, unseen_finding};

/// A place that states a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The file, from the root.
    pub path: String,
    /// One-based line.
    pub line: usize,
    /// What it is: the name of a constant or key, or the image that is mentioned.
    pub what: String,
    /// What it states.
    pub from: String,
    /// What it will state.
    pub to: String,
}

/// The places of the library on their way to a release.
pub(super) struct Moving<'a, 't> {
    /// The texts so far.
    pub texts: &'a mut Texts<'t>,
    /// The matrix at the release.
    pub config: &'a Config,
    /// The release.
    pub release: &'a Release,
    /// The version before it.
    pub before: &'a ReleaseVersion,
    /// Whether gen writes a path.
    pub is_output: &'a dyn Fn(&str) -> bool,
    /// Takes what refuses the bump.
    pub sink: &'a mut Sink,
    /// Pins that move.
    pub pins: Vec<Move>,
    /// Pins that may stay.
    pub stays: Vec<Move>,
    /// Mentions that move.
    pub mentions: Vec<Move>,
}

impl Moving<'_, '_> {
    /// Moves a pin, unless its relation still holds.
    pub(super) fn pin(&mut self, pin: &Pin) {
        if (self.is_output)(&pin.file) {
            self.sink.push(pinned_output(&self.config.file, &pin.file));
            return;
        }
        if is_linked(self.texts.now(), &pin.file) {
            let headline = format!(
                "`{}` is a symbolic link, or lies behind one",
                pin.file.value
            );
            let place = self.config.place(pin.file.span.clone(), "cannot be moved");
            let finding = Finding::new(&code::BUMP_REFUSED, headline, place)
                .note("a file is moved by putting another in its place, which would cut the link");
            self.sink
                .push(finding.help("pin the file that it leads to"));
            return;
        }
        if let Some(folder) = self.texts.now().nested(&pin.file) {
            let headline = format!("`{}` is of another repository", pin.file.value);
            let label = format!("`{folder}` is one of its own");
            let place = self.config.place(pin.file.span.clone(), label);
            let finding = Finding::new(&code::BUMP_REFUSED, headline, place)
                .note("no commit of this repository can hold what would be written there");
            self.sink
                .push(finding.help("pin a file of this one, or leave the pin out"));
            return;
        }
        let seen = match look(self.texts.now(), pin) {
            Ok(seen) => seen,
            Err(unseen) => {
                let finding = unseen_finding(self.config, &pin.file, &pin.locator, unseen, "pin");
                self.sink.push(finding);
                return;
            }
        };
        let mut edits = Vec::new();
        for found in &seen.found {
            let moved = |to: &str| Move {
                path: pin.file.value.clone(),
                line: seen.file.line_column(found.span.start).0,
                what: pin.locator.named(),
                from: found.value.clone(),
                to: to.to_owned(),
            };
            if found.value == pin.states {
                continue;
            }
            let (verdict, _) = pin.judge(self.config, self.release, &found.value);
            if verdict == Agreement::Agrees {
                self.stays.push(moved(&found.value));
                continue;
            }
            // What was written by a template out of which no version can be read is still known for the last release.
            let known = || pin.would(self.config, self.release, self.before, &found.value);
            // And what another pin has just written there is told as that.
            let ours = || {
                let line = seen.file.line_column(found.span.start).0;
                let mut moves = self.pins.iter().filter(|m| m.to == found.value);
                moves.any(|m| m.path == pin.file.value && m.line == line)
            };
            if verdict == Agreement::Unread && !known() && !ours() {
                let (named, stated) = (pin.locator.named(), found.value.escape_debug());
                let wanted = &pin.states;
                let finding = Finding::new(
                    &code::BUMP_REFUSED,
                    format!("{named} says `{stated}`, which would be overwritten with `{wanted}`"),
                    Place::span(&seen.file, found.span.clone(), "no version is stated so"),
                );
                let help = how_to_state(self.config, self.release, pin, &found.value);
                self.sink.push(finding.help(help));
                continue;
            }
            if follows_digest(&seen.file.text[found.span.end..]) || holds_digest(&pin.states) {
                let (named, stated) = (pin.locator.named(), found.value.escape_debug());
                let finding = Finding::new(
                    &code::BUMP_REFUSED,
                    format!(
                        "{named} says `{stated}`, and a digest behind it says which image that is"
                    ),
                    Place::span(
                        &seen.file,
                        found.span.clone(),
                        "only a registry knows the digest of another release",
                    ),
                );
                let help = "leave out the digest, or delete the pin and move both by hand";
                self.sink.push(finding.help(help));
                continue;
            }
            match found.edits(&seen.file.text, &pin.states) {
                Ok(new) => edits.extend(new),
                Err(why) => {
                    let finding = Finding::new(
                        &code::BUMP_REFUSED,
                        format!("{} cannot state `{}`", pin.locator.named(), pin.states),
                        Place::span(&seen.file, found.span.clone(), why.to_string()),
                    );
                    let help = "write it in another form, or say by `states` what it should state";
                    self.sink.push(finding.help(help));
                }
            }
            self.pins.push(moved(&pin.states));
        }
        self.texts.edit(&seen.file, edits);
    }

    /// Moves every mention of another release.
    pub(super) fn mentions(&mut self, names: &ImageNames<'_>) {
        for mention in &self.release.mentions {
            // Documents stay at the last final release.
            if self.release.read.is_pre_release() && !mention.pre_releases {
                continue;
            }
            let seen = names.read(self.texts.now(), mention, self.is_output);
            for finding in unread_findings(self.config, mention, &seen) {
                self.sink.push(finding);
            }
            let of_one_file = seen
                .sightings
                .chunk_by(|a, b| Arc::ptr_eq(&a.file, &b.file));
            for sightings in of_one_file {
                let mut edits = Vec::new();
                for sighting in sightings {
                    edits.extend(self.mention(sighting));
                }
                self.texts.edit(&sightings[0].file, edits);
            }
        }
    }

    /// Looks once more: of two places that are one, the later may have undone the earlier.
    pub(super) fn agreed(&mut self) {
        if !self.sink.is_empty() {
            return;
        }
        let mut undone = Vec::new();
        for pin in self.release.pins.iter().filter(|p| self.texts.has(&p.file)) {
            let headline = match look(self.texts.now(), pin) {
                Ok(seen) => {
                    let states = |value: &str| {
                        pin.judge(self.config, self.release, value).0 == Agreement::Agrees
                    };
                    let Some(other) = seen.found.iter().find(|f| !states(&f.value)) else {
                        continue;
                    };
                    let (named, other) = (pin.locator.named(), other.value.escape_debug());
                    let wanted = &pin.states;
                    format!("{named} would state `{other}`, and not `{wanted}`")
                }
                Err(_) => format!("{} would not be found again", pin.locator.named()),
            };
            let label = "another pin or mention writes there too";
            let place = self.config.place(pin.locator.span(), label);
            let finding = Finding::new(&code::BUMP_REFUSED, headline, place);
            undone.push(finding.help("keep one of them, or point them to two places"));
        }
        undone.into_iter().for_each(|f| self.sink.push(f));
    }

    fn mention(&mut self, sighting: &Sighting) -> Option<(Range<usize>, String)> {
        let MentionKind::Stale { tag, .. } = &sighting.kind else {
            return None;
        };
        let reference = &sighting.file.text[sighting.span.clone()];
        if let Some(fixed) = &sighting.fixed {
            let (label, help) = match fixed {
                Fixed::Digest => (
                    "only a registry knows the digest of another release".to_owned(),
                    "leave out the digest".to_owned(),
                ),
                fixed => (fixed.why(), fixed.help(&sighting.repository, tag)),
            };
            let finding = Finding::new(
                &code::BUMP_REFUSED,
                format!("the mention of `{reference}` cannot be moved"),
                Place::span(&sighting.file, sighting.span.clone(), label),
            );
            self.sink.push(finding.help(format!(
                "{help}, or keep the mention with a comment `{MARKER}`"
            )));
            return None;
        }
        self.mentions.push(Move {
            path: sighting.file.path.to_string(),
            line: sighting.file.line_column(sighting.span.start).0,
            what: sighting.repository.clone(),
            from: sighting.file.text[sighting.tag_span.clone()].to_owned(),
            to: tag.clone(),
        });
        Some((sighting.tag_span.clone(), tag.clone()))
    }
}

/// Whether a text starts with `@` and a digest, by the grammar of digests:
/// <https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests>.
fn follows_digest(text: &str) -> bool {
    let Some((algorithm, rest)) = text.strip_prefix('@').and_then(|t| t.split_once(':')) else {
        return false;
    };
    let named = algorithm
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+._-".contains(&b));
    let encoded = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    named && !algorithm.is_empty() && encoded >= 32
}

/// Whether a digest is in a text.
fn holds_digest(text: &str) -> bool {
    let mut ats = text.match_indices('@');
    ats.any(|(at, _)| follows_digest(&text[at..]))
}
