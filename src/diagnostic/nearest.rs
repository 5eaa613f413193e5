//! The name somebody probably meant.

use crate::diagnostic::Finding;
pub use crate::grammar::lists::{and_list, or_list};

/// The candidate closest to `word`, when it is close enough to be a slip of the fingers.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count().max(3) / 3).max(1);
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(word, c), c))
        .filter(|(distance, candidate)| {
            *distance <= allowed || (word.len() >= 3 && candidate.starts_with(word))
        })
        .min_by(|a, b| a.0.cmp(&b.0))
        .map(|(_, c)| c)
}

/// Adds to the finding for an unknown `word` the name that was probably meant, or else those that are there. `what` is
/// what they are, in the singular; `sign` stands before each.
pub fn suggest<'a>(
    finding: Finding,
    word: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
    what: &str,
    sign: &str,
) -> Finding {
    if let Some(near) = nearest(word, names.clone()) {
        return finding.help(format!("did you mean `{sign}{near}`?"));
    }
    let signed: Vec<String> = names.into_iter().map(|n| format!("{sign}{n}")).collect();
    finding.note(match signed.len() {
        0 => format!("no {what} is declared"),
        1 => format!("the only {what} is `{}`", signed[0]),
        _ => format!(
            "declared {}: {}",
            plural(what),
            and_list(signed.iter().map(String::as_str))
        ),
    })
}

fn plural(what: &str) -> String {
    match what.strip_suffix("y") {
        Some(stem) => format!("{stem}ies"),
        None if what == "axis" => "axes".to_owned(),
        None => format!("{what}s"),
    }
}
