//! Where a room drops its findings while it goes on looking for more.

use crate::diagnostic::{Finding, Stage};

/// Collects findings; nothing is lost when a later step cannot go on.
#[derive(Debug, Default)]
pub struct Sink {
    findings: Vec<Finding>,
    suppressed: usize,
}

/// A step could not produce its result; why is in the [`Sink`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl Sink {
    /// An empty sink.
    pub fn new() -> Self {
        Sink::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds all findings of another sink.
    pub fn append(&mut self, mut other: Sink) {
        self.findings.append(&mut other.findings);
        self.suppressed += other.suppressed;
    }

    /// Counts a finding that the matrix accepts, and that is not shown.
    pub fn suppress(&mut self) {
        self.suppressed += 1;
    }

    /// How many findings were suppressed.
    pub fn suppressed(&self) -> usize {
        self.suppressed
    }

    /// Whether any finding so far means that no plan can be built.
    pub fn has_stopping(&self) -> bool {
        self.findings.iter().any(|f| f.code.stage == Stage::Plan)
    }

    /// Goes on while a plan can be built.
    ///
    /// # Errors
    /// When some finding so far means that none can.
    pub fn checkpoint(&self) -> Result<(), Stopped> {
        if self.has_stopping() {
            Err(Stopped)
        } else {
            Ok(())
        }
    }

    /// Number of findings so far.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings, in the order they are shown.
    pub fn into_sorted(mut self) -> Vec<Finding> {
        super::sort(&mut self.findings);
        self.findings.dedup_by(|a, b| {
            a.code.name == b.code.name
                && a.headline == b.headline
                && a.primary.path == b.primary.path
                && a.primary.at.as_ref().map(|p| p.1.clone())
                    == b.primary.at.as_ref().map(|p| p.1.clone())
        });
        self.findings
    }
}
