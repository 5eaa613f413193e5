//! Something that a row takes away, and that no row below it states.

use std::collections::{BTreeMap, HashSet};

use crate::check::Context;
use crate::config::{Take, When};
use crate::diagnostic::{Finding, Sink, code, nearest};
use crate::image::merge_telling;
use crate::matrix::ImageId;

/// What is known of one taking, over all specs that its row applies to.
struct Heard<'a> {
    take: &'a Take,
    end: usize,
    there: bool,
    beside: Vec<String>,
}

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut heard: BTreeMap<usize, Heard<'_>> = BTreeMap::new();
    for (index, image) in cx.config.images.iter().enumerate() {
        if image.rows.iter().all(|row| row.keys.takes.is_empty()) {
            continue;
        }
        let mut known: HashSet<Vec<bool>> = HashSet::new();
        for spec in &cx.matrix.specs[cx.matrix.of_image(ImageId(index))] {
            let applies = |row: &When| {
                let selector = row.selector.as_ref();
                selector.is_none_or(|s| s.holds(spec.image, &spec.cell, None))
            };
            let pattern: Vec<bool> = image.rows.iter().map(applies).collect();
            let rows = image.rows.iter().zip(&pattern);
            let rows: Vec<&When> = rows.filter(|(_, on)| **on).map(|(row, _)| row).collect();
            if !known.insert(pattern) {
                continue;
            }
            for row in &rows {
                for (take, span) in &row.keys.takes {
                    heard.entry(span.start).or_insert(Heard {
                        take,
                        end: span.end,
                        there: false,
                        beside: Vec::new(),
                    });
                }
            }
            merge_telling(rows, &mut |below, (take, span), there| {
                if let Some(heard) = heard.get_mut(&span.start) {
                    heard.there |= there;
                    let beside = below.beside(take, cx.config).into_iter();
                    heard.beside.extend(beside.map(str::to_owned));
                }
            });
        }
    }
    for (start, heard) in heard {
        if heard.there {
            continue;
        }
        let (name, headline) = match heard.take {
            Take::Entry(table, name) => (&**name, gone(name, table.key())),
            Take::Package(packages, name) => (&**name, gone(name, packages.key())),
            Take::Need(_, name) => (&**name, gone(name, "needs")),
            Take::Secret(_, name) => (&**name, gone(name, "secrets")),
            Take::All(list) => {
                let key = list.key();
                (
                    "",
                    format!("`{key}` is emptied, and no row below states any"),
                )
            }
        };
        let place = cx.place(start..heard.end, "takes nothing away");
        let finding = Finding::new(&code::NOTHING_TO_TAKE, headline, place);
        let near = nearest(name, heard.beside.iter().map(String::as_str));
        sink.push(match near.filter(|_| !name.is_empty()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("delete it"),
        });
    }
}

fn gone(name: &str, key: &str) -> String {
    format!("`{name}` is taken away from `{key}`, and no row below states it")
}
