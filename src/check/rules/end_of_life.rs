//! Python, distributions and drivers that are past their support, or soon will be.

use crate::check::gathered::Gathered;
use crate::check::{Context, stands_on};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::facts::{By, Day, Distribution, DistributionRelease, Known, release};
use crate::grammar::SpecId;
use crate::grammar::Version;

/// What is said beside a place that states what has ended.
const PAST: &str = "no longer gets security fixes";

/// How a support ends.
struct End {
    /// What ends: `Python 3.10`.
    what: String,
    /// The last day.
    day: Day,
    /// What is said beside the place when the end is past.
    past: String,
    /// What else there is to know.
    notes: Vec<String>,
    /// Whether the end is past and something else goes on for all until then.
    until: Option<Day>,
}

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut ends = Gathered::default();
    python_axis(cx, &mut ends);
    for base in cx.bases() {
        let parts = base.parts();
        let python = stands_on::python(&parts);
        let python = python.and_then(|(version, word)| Some((of_python(cx, &version)?, word)));
        if let Some((end, word)) = python {
            let place = base.cause(cx, &[word], "");
            add(cx, &mut ends, place, &end, &base.specs);
        }
        if let Some(Ok((of, known))) = release(cx.facts, &parts) {
            let row = known.row;
            let version = &row.version.text;
            let joined = format!("{}{version}", of.name().to_lowercase());
            let words = [&*joined, version.as_str(), row.codename.as_str()];
            let place = base.cause(cx, &words, "");
            let end = of_release(cx, of, &known);
            add(cx, &mut ends, place, &end, &base.specs);
        }
    }
    if let Some(driver) = &cx.config.check.driver
        && let Some(known) = cx.facts.driver_branch(&driver.value)
    {
        let end = End {
            what: format!("NVIDIA's driver branch {}", known.row.branch.text),
            day: known.row.eol,
            past: PAST.to_owned(),
            notes: vec![known.by.to_string()],
            until: None,
        };
        add(cx, &mut ends, cx.place(driver.span.clone(), ""), &end, &[]);
    }
    ends.tell(sink);
}

/// Adds the finding about an end, where that is past or near.
fn add(cx: &Context<'_>, ends: &mut Gathered, place: Place, end: &End, specs: &[SpecId]) {
    if let Some(finding) = told(cx, place, end) {
        ends.add(finding, &end.what, specs);
    }
}

/// The finding, where the end is past or near.
fn told(cx: &Context<'_>, mut place: Place, end: &End) -> Option<Finding> {
    let left = cx.today.days_to(end.day);
    let (code, headline, label) = if let Some(until) = end.until.filter(|u| *u >= cx.today) {
        (
            &code::END_OF_LIFE_SOON,
            format!("{} is in long-term support, until {until}", end.what),
            format!("regular support ended on {}", end.day),
        )
    } else if left < 0 {
        let day = end.until.unwrap_or(end.day);
        (
            &code::END_OF_LIFE,
            format!("{} reached its end of life on {day}", end.what),
            end.past.clone(),
        )
    } else if left <= i64::from(cx.config.check.days_ahead) {
        let days = match left {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            days => format!("in {days} days"),
        };
        (
            &code::END_OF_LIFE_SOON,
            format!("{} reaches its end of life on {}", end.what, end.day),
            days,
        )
    } else {
        return None;
    };
    place.label = label;
    let mut finding = Finding::new(code, headline, place);
    finding.notes.extend(end.notes.iter().cloned());
    Some(finding.help("move to a newer one, or accept it until a day in `[[check.suppress]]`"))
}

/// Every value of the `python` axis that specs have.
fn python_axis(cx: &Context<'_>, ends: &mut Gathered) {
    let Some(axis) = cx.config.python() else {
        return;
    };
    for (number, value) in cx.config.axis(axis).values.iter().enumerate() {
        let Some(end) = value.version.as_ref().and_then(|v| of_python(cx, v)) else {
            continue;
        };
        let specs: Vec<SpecId> = (0..cx.matrix.specs.len())
            .map(SpecId)
            .filter(|id| cx.matrix.spec(*id).cell.get(axis) == Some(number))
            .collect();
        if !specs.is_empty() {
            add(cx, ends, cx.place(value.span.clone(), ""), &end, &specs);
        }
    }
}

fn of_python(cx: &Context<'_>, version: &Version) -> Option<End> {
    let known = cx.facts.python(version)?;
    Some(End {
        what: format!("Python {}", known.row.cycle.text),
        day: known.row.eol,
        past: PAST.to_owned(),
        notes: vec![known.by.to_string()],
        until: None,
    })
}

fn of_release(cx: &Context<'_>, of: Distribution, known: &Known<'_, DistributionRelease>) -> End {
    let row = known.row;
    let mut notes = Vec::new();
    let mut until = None;
    let ended = row.eol < cx.today;
    match (of, row.extended) {
        (Distribution::Ubuntu, Some(day)) if ended && day >= cx.today => {
            notes.push(format!(
                "Ubuntu Pro, which is paid for, goes on until {day}"
            ));
        }
        (Distribution::Debian, Some(day)) if ended => {
            until = Some(day);
            notes.push(if day < cx.today {
                format!("regular support ended on {}, Debian LTS on {day}", row.eol)
            } else {
                "Debian LTS covers fewer packages and architectures".to_owned()
            });
        }
        (Distribution::Debian, Some(day)) => {
            notes.push(format!(
                "Debian LTS, of fewer packages and architectures, then goes on until {day}"
            ));
        }
        (Distribution::Ubuntu, _) | (Distribution::Debian, None) => {}
    }
    let by: &By<'_> = &known.by;
    notes.push(by.to_string());
    End {
        what: format!("{} {} ({})", of.name(), row.version.text, row.codename),
        day: row.eol,
        past: format!("stands on {} {}", of.name(), row.version.text),
        notes,
        until,
    }
}
