//! One cause is one finding, however many files and values show it.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Finding, Place, code};
use crate::grammar::lists::few;

/// How many names are told before the rest is counted.
const NAMED: usize = 8;

/// Outputs that differ do so for one cause each way: something that they are made from changed.
const OUTPUTS: [(Code, &str); 3] = [
    (&code::MISSING_OUTPUT, "outputs do not exist"),
    (&code::ORPHAN_OUTPUT, "outputs are no longer rendered"),
    (
        &code::STALE_OUTPUT,
        "outputs are not what the matrix yields",
    ),
];

/// Joins what has one cause: outputs that differ alike and are mended alike, and findings of one code at one place with
/// one way to mend them. The first of them stays and names the others; all their places stand in [`Finding::also`].
pub fn fold(findings: Vec<Finding>) -> Vec<Finding> {
    let mut at: BTreeMap<Key, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<Finding>> = Vec::new();
    for finding in findings {
        let Some(key) = Key::of(&finding) else {
            groups.push(vec![finding]);
            continue;
        };
        match at.get(&key) {
            Some(index) => groups[*index].push(finding),
            None => {
                at.insert(key, groups.len());
                groups.push(vec![finding]);
            }
        }
    }
    groups.into_iter().filter_map(joined).collect()
}

/// What findings of one cause share.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    code: &'static str,
    severity: &'static str,
    help: Vec<String>,
    /// Where, and what belongs to it; nowhere for outputs, each of which is a file of its own.
    places: Vec<(String, usize, usize)>,
}

impl Key {
    fn of(finding: &Finding) -> Option<Self> {
        let places = match &finding.primary.at {
            _ if words(finding.code).is_some() => Vec::new(),
            Some(_) => [&finding.primary]
                .into_iter()
                .chain(&finding.related)
                .map(Place::bytes)
                .collect(),
            None => return None,
        };
        // What mends itself is mended one by one.
        (finding.fix.is_none()).then(|| Key {
            code: finding.code.name,
            severity: finding.severity().as_str(),
            help: finding.help.clone(),
            places,
        })
    }
}

fn words(code: Code) -> Option<&'static str> {
    let found = OUTPUTS.iter().find(|(known, _)| *known == code);
    found.map(|(_, headline)| *headline)
}

fn joined(group: Vec<Finding>) -> Option<Finding> {
    let mut rest = group.into_iter();
    let mut first = rest.next()?;
    let others: Vec<Finding> = rest.collect();
    if others.is_empty() {
        return Some(first);
    }
    let (names, before) = match words(first.code) {
        Some(headline) => {
            first.headline = format!("{} {headline}", others.len() + 1);
            let paths = others.iter().map(|f| format!("`{}`", f.primary.path));
            let others = match others.len() {
                1 => "the other",
                _ => "the others",
            };
            (paths.collect(), others)
        }
        None => (differing(&first, &others), "also here"),
    };
    if !names.is_empty() {
        first
            .notes
            .push(format!("{before}: {}", few(&names, NAMED)));
    }
    for other in others {
        first.specs.extend(other.specs);
        first.also.push((other.headline, other.primary));
    }
    Some(first)
}

/// What the others say that the first does not: their headlines, or else what they say of the place.
fn differing(first: &Finding, others: &[Finding]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for other in others {
        let text = if other.headline == first.headline {
            &other.primary.label
        } else {
            &other.headline
        };
        if !text.is_empty() && *text != first.primary.label && !told.contains(text) {
            told.push(text.clone());
        }
    }
    told
}

impl Place {
    fn bytes(&self) -> (String, usize, usize) {
        let span = self.at.as_ref().map_or(0..0, |(_, span)| span.clone());
        (self.path.to_string(), span.start, span.end)
    }
}
