//! Digests and packages of the lock that have not moved for long.

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::source::lock_path;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(lock) = cx.lock else { return };
    let digests = lock.moved.filter(|_| !lock.bases.is_empty());
    let ages = [
        (lock.packages, "packages", "gen lock --refresh=packages"),
        (digests, "digests of upstream images", "gen lock --refresh"),
    ];
    for (day, what, command) in ages {
        let Some(day) = day else { continue };
        let age = day.days_to(cx.today);
        if age <= i64::from(cx.config.check.lock_days) {
            continue;
        }
        let headline = format!("{what} are those of {day}, {age} days ago");
        let place = Place::file(lock_path(&cx.config.file.path));
        let finding = Finding::new(&code::LOCK_OLD, headline, place);
        sink.push(
            finding
                .help(format!(
                    "run `{command}`, then `gen bump patch` where something moved"
                ))
                .help("or say in `[check]` how old they may get, as in `lock-days = 365`"),
        );
    }
}
