//! `[facts]`: a file whose rows stand for shipped facts, or add to them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::de::Deserializer;

use crate::config::load::parse;
use crate::config::model::Config;
use crate::config::pins::check_pin;
use crate::diagnostic::{Finding, Place, Sink, Stopped, code, nearest, or_list};
use crate::facts::{Facts, Tables, shipped_limits};
use crate::grammar::Spanned;
use crate::source::SourceFile;

/// A file whose rows stand for shipped facts, or add to them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawFacts {
    /// Its path from the repository root.
    pub file: Spanned<String>,
}

/// The facts of this matrix. `read` gives the text of a file of the repository, where there is one.
///
/// # Errors
/// When the file it names cannot be read or is not a file of facts; why is in `sink`.
pub fn facts(
    config: &Config,
    read: impl Fn(&str) -> Option<Arc<SourceFile>>,
    sink: &mut Sink,
) -> Result<Facts, Stopped> {
    let Some(named) = &config.facts else {
        return Ok(Facts::default());
    };
    let inside = !named.file.starts_with('/') && named.file.split('/').all(|part| part != "..");
    let found = inside.then(|| read(&named.file)).flatten();
    let Some(file) = found else {
        let finding = Finding::new(
            &code::FACTS_MISSING,
            format!("`{}` cannot be read", named.file.value),
            config.place(named.file.span.clone(), "no text file of this repository"),
        );
        sink.push(
            finding.help("create it, or correct the path; it is relative to the repository root"),
        );
        return Err(Stopped);
    };
    let file = file.with_lf();
    let tables = parse(
        &file,
        || schemars::schema_for!(Tables).to_value(),
        |document| Tables::deserialize(Deserializer::from(document)),
        sink,
    )?;
    for action in &tables.action {
        let stated = (action.sha.as_str(), action.version.as_str());
        check_pin(&file, &action.repo, stated, action.sha.span.clone(), sink);
    }
    for limit in &tables.limit {
        let here = |(of, _): &(&str, &str)| *of == limit.provider;
        if shipped_limits().any(|(of, key)| of == limit.provider && key == *limit.key) {
            continue;
        }
        let finding = Finding::new(
            &code::UNKNOWN_LIMIT,
            format!(
                "no pipeline of `{}` is held to `{}`",
                limit.provider, limit.key.value
            ),
            Place::span(&file, limit.key.span.clone(), "unknown limit"),
        );
        let keys: Vec<&str> = shipped_limits().filter(here).map(|(_, key)| key).collect();
        sink.push(if keys.is_empty() {
            let mut providers: Vec<&str> = shipped_limits().map(|(of, _)| of).collect();
            providers.dedup();
            finding.help(format!("its `provider` is {}", or_list(providers)))
        } else {
            match nearest(&limit.key, keys.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.note(format!("it is held to {}", or_list(keys))),
            }
        });
    }
    sink.checkpoint()?;
    Ok(Facts::under(file.path.clone(), tables))
}
