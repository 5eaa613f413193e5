//! Limits of GitHub that only the written file can be held to.

use saphyr_parser::{Event, Parser};

use super::PROVIDER;
use crate::emit::work::{self, Concern};
use crate::facts::Facts;

/// What GitHub would refuse of a workflow: it takes no file above a size, and no scalar with an expression above a
/// number of characters, since it makes one expression of the whole scalar.
pub fn limits(facts: &Facts, path: &str, text: &str) -> Vec<Concern> {
    let longest = Parser::new_from_str(text)
        .map_while(Result::ok)
        .filter_map(|(event, _)| match event {
            Event::Scalar(text, ..) if text.contains("${{") => Some(text.chars().count()),
            _ => None,
        })
        .max();
    let file = work::over(facts, (PROVIDER, "file_bytes"), path, text.len());
    let expression = longest
        .and_then(|longest| work::over(facts, (PROVIDER, "expression_chars"), path, longest));
    file.into_iter().chain(expression).collect()
}
