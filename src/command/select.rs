//! `--only`: which specs are meant.

use std::cell::RefCell;

use crate::command::shell::{Error, Shell};
use crate::config::{Config, Names, parse_selector};
use crate::diagnostic::Sink;
use crate::image::Spec;
use crate::matrix::Selector;
use crate::source::SourceFile;

/// Reads selectors of the command line. `Err` holds the outcome when one cannot be read.
pub(super) fn selectors(
    shell: &Shell<'_>,
    config: &Config,
    texts: &[String],
) -> Result<Result<Vec<Selector>, super::shell::Outcome>, Error> {
    if texts.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let names = names(config);
    let mut sink = Sink::new();
    let mut found = Vec::new();
    for text in texts {
        let file = SourceFile::new("--only", text.as_str());
        found.extend(parse_selector(&names, &file, &mut sink));
    }
    if sink.is_empty() {
        return Ok(Ok(found));
    }
    Ok(Err(shell.unreadable(sink)?))
}

/// The names that selectors over this matrix may use.
pub(super) fn names(config: &Config) -> Names<'_> {
    let images: Vec<&str> = config.images.iter().map(|i| &*i.key).collect();
    Names {
        axes: &config.axes,
        numbers: images.iter().copied().zip(0..).collect(),
        images,
        sets: &config.sets,
        circular: RefCell::default(),
        used: RefCell::default(),
    }
}

/// Whether a spec is meant: by any of the selectors, or by none being given.
pub(super) fn selected(selectors: &[Selector], spec: &Spec) -> bool {
    selectors.is_empty() || selectors.iter().any(|s| spec.is_meant(s))
}
