//! Selectors of the command line: which specs are meant.

use std::cell::RefCell;

use crate::cli::Selection;
use crate::command::shell::{Error, Shell};
use crate::config::{Config, SelectorNames, parse_selector};
use crate::diagnostic::Sink;
use crate::image::{Matrix, Spec};
use crate::matrix::Selector;
use crate::source::SourceFile;

/// Selectors as they were given; any may hold.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    /// As arguments.
    pub arguments: &'a [String],
    /// By `--only`.
    pub only: &'a [String],
}

impl<'a> Given<'a> {
    /// As clap has read them.
    pub(super) fn of(selection: &'a Selection) -> Self {
        Given {
            arguments: &selection.selectors,
            only: &selection.only,
        }
    }

    /// By `--only` alone.
    pub(super) fn only(only: &'a [String]) -> Self {
        Given {
            arguments: &[],
            only,
        }
    }
}

/// Reads selectors of the command line. `Err` holds the outcome when one cannot be read.
pub(super) fn selectors(
    shell: &Shell<'_>,
    config: &Config,
    given: Given<'_>,
) -> Result<Result<Vec<Selector>, super::shell::Outcome>, Error> {
    let names = names(config);
    let mut sink = Sink::new();
    let mut found = Vec::new();
    let arguments = given.arguments.iter().map(|text| ("argument", text));
    let only = given.only.iter().map(|text| ("--only", text));
    for (place, text) in arguments.chain(only) {
        let file = SourceFile::new(place, text.as_str());
        found.extend(parse_selector(&names, &file, &mut sink));
    }
    if sink.is_empty() {
        return Ok(Ok(found));
    }
    Ok(Err(shell.unreadable(sink)?))
}

/// The names that selectors over this matrix may use.
pub(super) fn names(config: &Config) -> SelectorNames<'_> {
    let images: Vec<&str> = config.images.iter().map(|i| &*i.key).collect();
    SelectorNames {
        axes: &config.axes,
        numbers: images.iter().copied().zip(0..).collect(),
        images,
        sets: &config.sets,
        circular: RefCell::default(),
        used: RefCell::default(),
    }
}

/// Which specs are meant, by [`SpecId`](crate::grammar::SpecId).
///
/// # Errors
/// When none is.
pub(super) fn meant(matrix: &Matrix, selectors: &[Selector]) -> Result<Vec<bool>, Error> {
    let specs = matrix.specs.iter();
    let meant: Vec<bool> = specs.map(|spec| selected(selectors, spec)).collect();
    if meant.contains(&true) {
        Ok(meant)
    } else {
        Err(Error::NothingSelected)
    }
}

/// Whether a spec is meant: by any of the selectors, or by none being given.
pub(super) fn selected(selectors: &[Selector], spec: &Spec) -> bool {
    selectors.is_empty() || selectors.iter().any(|s| spec.is_meant(s))
}
