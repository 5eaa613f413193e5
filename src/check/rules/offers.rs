//! What the library offers against what is built.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::config::{Counts, Offer, Offered};
use crate::diagnostic::{Finding, Place, Sink, and_list, code};
use crate::image::Spec;
use crate::matrix::Arches;
use crate::release::pins::look_list;
use crate::release::unseen::unseen_finding;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for offer in cx.config.offers() {
        match look_list(cx.repository, &offer.file, &offer.locator) {
            Err(unseen) => {
                let finding =
                    unseen_finding(cx.config, &offer.file, &offer.locator, unseen, "offer");
                sink.push(finding);
            }
            Ok((file, list)) => {
                let built = built(cx, offer);
                let counted = list.items.iter().any(|i| offer.counts.counts(&i.value));
                // Where all that is built must be offered, all of it is said to be lacking.
                if !counted && (!offer.exactly || built.is_empty()) {
                    let place =
                        Place::span(&file, list.span.clone(), "nothing of this list counts");
                    sink.push(uncounted(cx, offer, place));
                    continue;
                }
                for item in &list.items {
                    if built.contains(item.value.as_str()) || !offer.counts.counts(&item.value) {
                        continue;
                    }
                    let place = Place::span(&file, item.span.clone(), "offered here");
                    let finding = unbuilt(cx, offer, &item.value, place)
                        .related(cx.place(offer.span.clone(), "must be built"));
                    sink.push(finding);
                }
                if !offer.exactly {
                    continue;
                }
                let lacking: Vec<&str> = ordered(offer, &built)
                    .filter(|word| list.items.iter().all(|item| item.value != *word))
                    .collect();
                if !lacking.is_empty() {
                    let are = if lacking.len() == 1 { "is" } else { "are" };
                    let finding = Finding::new(
                        &code::BUILT_UNOFFERED,
                        format!(
                            "{} {are} built, and not offered",
                            and_list(lacking.into_iter())
                        ),
                        Place::span(&file, list.span.clone(), "not in this list"),
                    )
                    .related(cx.place(offer.span.clone(), "`exactly` what is built is offered"))
                    .help("offer it, or take it out of the matrix");
                    sink.push(finding);
                }
            }
        }
    }
}

/// An offer of which no item is looked at, so that nothing would ever be found.
fn uncounted(cx: &Context<'_>, offer: &Offer, place: Place) -> Finding {
    let what = match offer.of {
        Offered::Images => "an image".to_owned(),
        Offered::Axis(axis) => format!("a value of axis `{}`", cx.config.axis(axis).name),
    };
    let help = match offer.counts {
        Counts::All => "offer something there, or delete the offer",
        Counts::Glob(_) => "correct `only`, the pattern of what counts, or delete the offer",
        Counts::Trove(..) => {
            "correct `states`, whose words each classifier that counts begins with, or delete the offer"
        }
    };
    Finding::new(
        &code::PLACE_MISSING,
        format!(
            "{} offers nothing that could be {what}",
            offer.locator.named()
        ),
        place,
    )
    .related(cx.place(offer.span.clone(), "must be built"))
    .help(help)
}

/// Something that is offered, and that no spec is.
fn unbuilt(cx: &Context<'_>, offer: &Offer, item: &str, place: Place) -> Finding {
    let word = item.escape_debug();
    let declared = offer.words.iter().flatten().any(|w| w == item);
    let (headline, help) = match offer.of {
        _ if words(cx, offer, |spec| spec.tag.is_none()).contains(item) => (
            format!("`{word}` is offered, and never published"),
            "no longer offer it, or publish it: `publish = false` keeps it from that".to_owned(),
        ),
        _ if declared => (
            format!("`{word}` is offered, and no spec has it"),
            "no longer offer it, or correct the excludes and matches that remove it".to_owned(),
        ),
        Offered::Images => (
            format!("`{word}` is offered, and there is no such image"),
            format!("declare `[image.{word}]`, or no longer offer it"),
        ),
        Offered::Axis(axis) => {
            let axis = &cx.config.axis(axis).name;
            (
                format!("`{word}` is offered, and axis `{axis}` does not have it"),
                format!("add it to axis `{axis}`, or no longer offer it"),
            )
        }
    };
    Finding::new(&code::OFFER_UNBUILT, headline, place).help(help)
}

/// The words of what is published.
fn built<'o>(cx: &Context<'_>, offer: &'o Offer) -> BTreeSet<&'o str> {
    words(cx, offer, |spec| spec.tag.is_some())
}

/// The words of the values that some of these specs has, or of the images that some of them is of.
fn words<'o>(
    cx: &Context<'_>,
    offer: &'o Offer,
    counts: impl Fn(&Spec) -> bool,
) -> BTreeSet<&'o str> {
    let mut built = BTreeSet::new();
    for spec in &cx.matrix.specs {
        let selector = offer.selector.as_ref();
        if !counts(spec) || !selector.is_none_or(|selector| spec.is_meant(selector)) {
            continue;
        }
        match offer.of {
            Offered::Images => built.extend(offer.words[spec.image.0].as_deref()),
            Offered::Axis(axis) => {
                let own = spec.cell.get(axis);
                let folded = match &spec.arches {
                    Arches::Folded(arch, values) if *arch == axis => &values[..],
                    _ => &[],
                };
                for value in own.into_iter().chain(folded.iter().copied()) {
                    built.extend(offer.words[value].as_deref());
                }
            }
        }
    }
    built
}

/// The built words as they are declared.
fn ordered<'o>(offer: &'o Offer, built: &BTreeSet<&'o str>) -> impl Iterator<Item = &'o str> {
    let words = offer.words.iter().flatten().map(String::as_str);
    words.filter(|word| built.contains(word))
}
