//! Whether a matrix that is not written yet would be clean once it and its outputs are.

use crate::diagnostic::{Finding, Severity, Sink};
use crate::facts::Day;
use crate::flow::{self, Standpoint};
use crate::source::{Repository, SourceFile};

/// What `gen check` would find, but for outputs that `gen matrix` has yet to write; errors first.
pub(super) fn findings(repository: &Repository, text: &str, today: Day) -> Vec<Finding> {
    let file = SourceFile::new(repository.matrix_path(), text);
    let repository = repository.with([file]);
    let mut sink = Sink::new();
    let mut missing = Vec::new();
    if let Ok(expanded) = flow::expand(&repository, &mut sink)
        && let Ok(rendered) = flow::render(&repository, &expanded, &mut sink)
        && let Ok(drift) = flow::compare(&repository, &expanded, &rendered, None, false)
    {
        let standpoint = Standpoint::on(today);
        flow::judge(
            &repository,
            &expanded,
            &rendered,
            &drift,
            &standpoint,
            &mut sink,
        );
        let states = drift
            .changes
            .iter()
            .filter(|change| !change.state.is_refused());
        missing
            .extend(states.filter_map(|change| Some((change.path.clone(), change.state.code()?))));
    }
    let mut findings = sink.into_sorted();
    // Written by then.
    findings.retain(|finding| {
        let mut missing = missing.iter();
        !missing.any(|(path, code)| *path == *finding.primary.path && finding.code == *code)
    });
    findings.sort_by_key(Finding::severity);
    findings
}

pub(super) fn is_sound(findings: &[Finding]) -> bool {
    findings
        .iter()
        .all(|finding| finding.severity() != Severity::Error)
}
