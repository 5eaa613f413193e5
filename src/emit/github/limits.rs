//! Limits of GitHub that only the written file can be held to.

use saphyr_parser::{Event, Parser};

use crate::diagnostic::Finding;
use crate::emit::site::Site;

/// What GitHub would refuse of a workflow: it takes no file above a size, and no scalar with an expression above a
/// number of characters, since it makes one expression of the whole scalar.
pub(super) fn limits(site: &Site<'_>, path: &str, text: &str) -> Vec<Finding> {
    let file = site.over("file_bytes", path, text.len(), None);
    let help = "move the text into a script of the repository";
    let too_long = |chars| site.over("expression_chars", path, chars, Some(help));
    // No scalar is longer than the file that it stands in.
    let longest = too_long(text.len()).and_then(|_| longest_expression(text));
    file.into_iter().chain(longest.and_then(too_long)).collect()
}

/// The number of characters of the longest scalar with an expression in it.
fn longest_expression(text: &str) -> Option<usize> {
    Parser::new_from_str(text)
        .map_while(Result::ok)
        .filter_map(|(event, _)| match event {
            Event::Scalar(text, ..) if text.contains("${{") => Some(text.chars().count()),
            _ => None,
        })
        .max()
}
