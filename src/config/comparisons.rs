//! What to write instead of a comparison that would silently be false.

use crate::diagnostic::{Finding, Place, code};
use crate::grammar::Version;
use crate::render::{Comparison, Unequal};

/// The finding for a comparison that does not mean what it says, written at `place`.
pub fn comparison_finding(comparison: &Comparison, mut place: Place) -> Finding {
    let what = &comparison.what;
    let (object, part) = parts(comparison);
    let is_attribute = part.is_none() && what.contains('.');
    let headline = match comparison.fault {
        Unequal::Letters => format!("`{what}` is compared letter by letter"),
        _ if comparison.is_key => format!("`{what}` is looked up, and is never there"),
        _ => format!("`{what}` is compared with what it never equals"),
    };
    let is_release = object == "release";
    let label = match comparison.fault {
        Unequal::Object if is_release => "it has fields, and no text of its own",
        Unequal::Object if is_attribute => {
            "an attribute that looks like a version is an object, like its axis"
        }
        Unequal::Object => "an axis is an object; texts and numbers are something else",
        Unequal::Kind => "a number on one side, a text on the other",
        Unequal::Letters => "as texts, `9` comes after `12`",
    };
    place.label = label.to_owned();
    let written = place
        .at
        .as_ref()
        .map_or("", |(file, span)| file.slice(span.clone()))
        .to_owned();
    let finding = Finding::new(&code::AXIS_COMPARISON, headline, place);
    if comparison.is_key {
        let axis = object.split('.').next().unwrap_or(object);
        let finding = finding.help(match part {
            None => format!("write `{what} | string` there"),
            Some("major" | "minor" | "patch") => "write numbers there, without quotes".to_owned(),
            Some(_) => "write texts there, in quotes".to_owned(),
        });
        return finding.help(format!(
            "or let the values state it: `{{ value = \"…\", codename = \"jammy\" }}` and `{axis}.codename`"
        ));
    }
    if is_release && comparison.fault == Unequal::Object {
        return finding.help("compare `release.version` or `release.tag`");
    }
    let finding = finding.help(match (instead(comparison, &written), comparison.fault) {
        (Some(instead), _) => format!("write `{instead}`"),
        (None, Unequal::Letters) if is_release => {
            "compare versions: `release.version is matching('>=1.2,<2')`".to_owned()
        }
        (None, Unequal::Kind) => "write numbers against numbers, and texts against texts".to_owned(),
        (None, Unequal::Letters) if part != Some("version") => {
            format!("compare versions: `{object} is matching('>=12,<13')`, or `{object}.major >= 12`")
        }
        _ => format!(
            "write `{object} is matching('>=12,<13')`, `{object} is matching(['one', 'another'])`, or `{object}` alone for \"not none\""
        ),
    });
    if part.is_none() && !is_attribute && !written.contains("none") {
        return finding.help(format!(
            "or compare a text that its values state: `{{ value = \"…\", os = \"ubuntu22.04\" }}` and `{object}.os == 'ubuntu22.04'`"
        ));
    }
    finding
}

/// The object that is compared, and what of it: `version`, `major`, an attribute.
fn parts(comparison: &Comparison) -> (&str, Option<&str>) {
    match comparison.what.rsplit_once('.') {
        Some((object, part)) if comparison.fault != Unequal::Object => (object, Some(part)),
        _ => (&comparison.what, None),
    }
}

/// What `axis == 'literal'` was meant to say.
fn instead(comparison: &Comparison, written: &str) -> Option<String> {
    let axis = &*comparison.what;
    let (bare, part) = parts(comparison);
    // The version of a release is a text, which `matching` reads as a version.
    let bare = match part {
        Some("version") if bare == "release" => axis,
        _ => bare,
    };
    let rest = written.strip_prefix(axis)?.trim_start();
    let is_number = matches!(part, Some("major" | "minor" | "patch"));
    if let Some((not, list)) = listed(rest) {
        if is_number {
            let numbers: Option<Vec<u64>> = list.iter().map(|text| text.parse().ok()).collect();
            let numbers: Vec<String> = numbers?.iter().map(u64::to_string).collect();
            return Some(format!("{axis} {not}in [{}]", numbers.join(", ")));
        }
        return match (&list[..], part) {
            (["none"], None) if not.is_empty() => Some(format!("not {bare}")),
            (["none"], None) => Some(bare.to_owned()),
            (_, None | Some("version")) => {
                let list: Vec<String> = list.iter().map(|text| format!("'{text}'")).collect();
                Some(format!("{bare} is {not}matching([{}])", list.join(", ")))
            }
            _ => None,
        };
    }
    let (sign, literal) = ["==", "!=", ">=", "<=", ">", "<"]
        .into_iter()
        .find_map(|sign| Some((sign, rest.strip_prefix(sign)?.trim())))?;
    if part.is_some() && !is_number && literal.parse::<f64>().is_ok() {
        return Some(format!("{axis} {sign} '{literal}'"));
    }
    let literal = quoted(literal)?;
    if is_number {
        return literal
            .parse::<u64>()
            .ok()
            .map(|number| format!("{axis} {sign} {number}"));
    }
    match (sign, literal, part) {
        ("==", "none", None) => Some(format!("not {bare}")),
        ("!=", "none", None) => Some(bare.to_owned()),
        ("==", _, None | Some("version")) => Some(format!("{bare} is matching('{literal}')")),
        ("!=", _, None | Some("version")) => Some(format!("{bare} is not matching('{literal}')")),
        (_, _, None | Some("version")) => {
            Version::parse(literal).map(|_| format!("{bare} is matching('{sign}{literal}')"))
        }
        _ => None,
    }
}

/// The texts that `in ['a', 'b']` lists, and the `not ` before it.
fn listed(rest: &str) -> Option<(&'static str, Vec<&str>)> {
    let (not, rest) = match rest.strip_prefix("not ") {
        Some(rest) => ("not ", rest.trim_start()),
        None => ("", rest),
    };
    let list = rest.strip_prefix("in")?.trim_start();
    let list = list
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'))
        .or_else(|| list.strip_prefix('(')?.strip_suffix(')'))?;
    let texts = list.split(',').map(|text| quoted(text.trim()));
    Some((not, texts.collect::<Option<_>>()?))
}

fn quoted(literal: &str) -> Option<&str> {
    let inner = literal
        .strip_prefix(['\'', '"'])?
        .strip_suffix(['\'', '"'])?;
    (!inner.contains(['\'', '"', '\\'])).then_some(inner)
}
