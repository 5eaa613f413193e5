//! Places of the library that do not state the release they should.

use crate::check::Context;
use crate::config::{Pin, Relation, Release};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::release::how_to_state;
use crate::release::pins::{Agreement, Seen, look};
use crate::release::unseen::unseen_finding;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(release) = &cx.config.release else {
        return;
    };
    for pin in &release.pins {
        match look(cx.repository, pin) {
            Err(unseen) => {
                sink.push(unseen_finding(
                    cx.config,
                    &pin.file,
                    &pin.locator,
                    unseen,
                    "pin",
                ));
            }
            Ok(seen) => judge(cx, release, pin, &seen, sink),
        }
    }
}

fn judge(cx: &Context<'_>, release: &Release, pin: &Pin, seen: &Seen, sink: &mut Sink) {
    for found in &seen.found {
        let (verdict, version) = pin.judge(cx.config, release, &found.value);
        if verdict == Agreement::Agrees {
            continue;
        }
        let named = pin.locator.named();
        let (stated, wanted) = (found.value.escape_debug(), &pin.states);
        let headline = match (pin.relation, verdict) {
            (Relation::Exact, _) | (_, Agreement::Unread) => {
                format!("{named} says `{stated}`, the matrix releases `{wanted}`")
            }
            (Relation::SameRelease, _) => {
                format!("{named} says `{stated}`, which is another release than `{wanted}`")
            }
            (Relation::NotOlder | Relation::SameOrLater, _) => {
                format!("{named} says `{stated}`, which is older than the release `{wanted}`")
            }
        };
        let place = Place::span(&seen.file, found.span.clone(), "stated here");
        let finding = Finding::new(&code::PIN_MISMATCH, headline, place)
            .related(cx.place(release.span.clone(), "released here"));
        let version = version.and_then(|v| v.in_scheme(release.read.scheme()));
        sink.push(match (verdict, version) {
            (Agreement::Newer, Some(version)) => finding.help(format!(
                "run `gen bump {version}`, or set it back to `{wanted}`"
            )),
            (Agreement::Older, _) => finding.help(format!(
                "set it to `{wanted}`; `gen bump` moves it along with every other place"
            )),
            (Agreement::Spelled, _) => finding.help(format!(
                "write `{wanted}`, or say by `states` how it is written there"
            )),
            (Agreement::Unread, _) => finding
                .note("no version is stated so, and what states none is not overwritten by `gen bump`")
                .help(how_to_state(cx.config, release, pin, &found.value)),
            _ => finding.help(format!("set it to `{wanted}`")),
        });
    }
}
