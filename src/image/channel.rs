//! Tags of channels: what has no release yet, called by the commit, the day, or a word that moves.
//!
//! What only the run knows stands in such a tag as a hole that no tag could hold: `{commit.sha}`, `{commit.short}`, `{date}`.

use minijinja::context;
use rustc_hash::FxHashMap;

use crate::config::{Channel, Config, field_finding};
use crate::diagnostic::{Finding, Sink, code};
use crate::grammar::SpecId;
use crate::grammar::reference::{given_tag_fault, mend_reference};
use crate::image::Spec;
use crate::image::spec::Alias;
use crate::render::Field;

/// The holes, each with the longest that it is filled with: a commit of SHA-256, as git stores them on request; seven digits;
/// a day.
const HOLES: [(&str, &str); 3] = [
    (
        "{commit.sha}",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    ("{commit.short}", "0123456"),
    ("{date}", "20261231"),
];

/// A tag that a channel's runs put on a spec.
#[derive(Debug)]
pub struct ChannelTag {
    /// The channel, by its place.
    pub channel: usize,
    /// Who has it.
    pub spec: SpecId,
    /// The tag, with holes.
    pub tag: String,
}

impl ChannelTag {
    /// What moves, with `*` for what only a run knows; nothing where a commit is printed, whose content is one. A day has
    /// several runs.
    pub fn moving(&self) -> Option<String> {
        let [sha, short, date] = HOLES.map(|(hole, _)| hole);
        let is_of_a_commit = self.tag.contains(sha) || self.tag.contains(short);
        (!is_of_a_commit).then(|| self.tag.replace(date, "*"))
    }
}

/// Renders the tags of all channels over the specs that match.
pub(super) fn channel_tags(
    config: &Config,
    specs: &[Spec],
    aliases: &[Alias],
    sink: &mut Sink,
) -> Vec<ChannelTag> {
    if config.channels.is_empty() {
        return Vec::new();
    }
    let mut released: FxHashMap<&str, Vec<(&str, SpecId)>> = FxHashMap::default();
    let own = specs.iter().enumerate();
    let own = own.filter_map(|(index, spec)| Some((spec.tag.as_deref()?, SpecId(index))));
    for (tag, id) in own.chain(aliases.iter().map(|alias| (alias.tag.as_str(), alias.spec))) {
        for repository in specs[id.0].repositories.iter() {
            released.entry(repository).or_default().push((tag, id));
        }
    }
    let mut taken: FxHashMap<(&str, String), (usize, SpecId)> = FxHashMap::default();
    let mut found = Vec::new();
    for (number, channel) in config.channels.iter().enumerate() {
        for field in &channel.tags {
            for (index, spec) in specs.iter().enumerate() {
                if !is_of(spec, channel) {
                    continue;
                }
                let id = SpecId(index);
                let Some(tag) = rendered(config, field, spec, sink) else {
                    break;
                };
                let clash = spec.repositories.iter().find_map(|repository| {
                    let standing = released.get(&**repository).into_iter().flatten();
                    let mut standing = standing.filter(|(other, _)| fits(&tag, other));
                    if let Some((other, holder)) = standing.next().copied() {
                        let what = format!(
                            "`{repository}:{other}` is a release's, of {}",
                            specs[holder.0].describe(config)
                        );
                        return Some((what, holder));
                    }
                    let before = taken.insert((repository, tag.clone()), (number, id))?;
                    (before != (number, id)).then(|| {
                        let of = &config.channels[before.0].name;
                        let what = format!(
                            "`{repository}:{tag}` is of channel `{of}`, for {}",
                            specs[before.1.0].describe(config)
                        );
                        (what, before.1)
                    })
                });
                if let Some((what, holder)) = clash {
                    let fact = format!(
                        "the tag `{tag}` of channel `{}` is something else's too",
                        channel.name
                    );
                    let place = config.place(field.span.clone(), what);
                    let finding = Finding::new(&code::CHANNEL_CLASH, fact, place)
                        .help("print what tells them apart, or narrow its `match`");
                    sink.push(match holder == id {
                        // The label names it.
                        true => finding,
                        false => finding.note(format!("for {}", spec.describe(config))),
                    });
                    break;
                }
                found.push(ChannelTag {
                    channel: number,
                    spec: id,
                    tag,
                });
            }
        }
    }
    found
}

/// Whether a channel is over a spec: what is not published has no tag.
fn is_of(spec: &Spec, channel: &Channel) -> bool {
    let selector = channel.selector.as_ref();
    spec.tag.is_some() && selector.is_none_or(|selector| spec.is_meant(selector))
}

/// A tag of a spec, with holes. What is wrong with it is told.
fn rendered(config: &Config, field: &Field, spec: &Spec, sink: &mut Sink) -> Option<String> {
    // A value may hold braces, and is no hole for that: these stand for holes that no value can hold.
    let [sha, short, date] = HOLES.map(|(hole, _)| hole.replace('{', "\u{1}"));
    let scope = context! {
        commit => context! { sha, short },
        date,
        ..spec.scope.clone()
    };
    let note = format!("for {}", spec.describe(config));
    let tag = match config.fields.render(field, &scope) {
        Ok(tag) => tag.into_owned(),
        Err(fault) => {
            sink.push(field_finding(&config.file, field, fault).note(note));
            return None;
        }
    };
    let fill =
        |tag: String, (hole, text): &(&str, &str)| tag.replace(&hole.replace('{', "\u{1}"), text);
    let longest = HOLES.iter().fold(tag.clone(), fill);
    let tag = tag.replace('\u{1}', "{");
    let Some(fault) = given_tag_fault(&longest) else {
        return Some(tag);
    };
    let finding = Finding::new(
        &code::INVALID_REFERENCE,
        format!("`{tag}` is not a tag"),
        config.place(field.span.clone(), fault),
    );
    let finding = finding
        .note(note)
        .help(mend_reference(&longest, given_tag_fault));
    sink.push(if tag.contains("{commit.sha}") {
        finding.note("a commit has 40 digits, or 64 in a repository of SHA-256")
    } else {
        finding
    });
    None
}

/// Whether a tag with holes may come out as `tag`.
pub fn fits(holed: &str, tag: &str) -> bool {
    let Some(at) = holed.find('{') else {
        return holed == tag;
    };
    let Some(rest) = tag.strip_prefix(&holed[..at]) else {
        return false;
    };
    let hole = HOLES.iter().find(|(hole, _)| holed[at..].starts_with(hole));
    let Some((hole, _)) = hole else {
        return false;
    };
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let lengths: &[usize] = match *hole {
        "{commit.sha}" => &[40, 64],
        "{commit.short}" => &[7],
        _ => &[8],
    };
    lengths.iter().any(|length| {
        let Some((text, behind)) = rest.split_at_checked(*length) else {
            return false;
        };
        let is_text = match *hole {
            "{date}" => text.bytes().all(|b| b.is_ascii_digit()),
            _ => text.bytes().all(is_hex),
        };
        is_text && fits(&holed[at + hole.len()..], behind)
    })
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn tags_with_holes_fit_what_they_come_out_as() {
        assert!(fits("edge", "edge") && !fits("edge", "edges"));
        assert!(fits("a-{commit.short}", "a-0123abc"));
        assert!(!fits("a-{commit.short}", "a-0123abcd"));
        assert!(!fits("a-{commit.short}", "a-0123abz"));
        assert!(fits(
            "{date}-{commit.sha}",
            &format!("20261201-{}", "a".repeat(40))
        ));
        assert!(!fits("{date}", "2026120a"));
    }
}
