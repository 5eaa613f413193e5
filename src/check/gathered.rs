//! Findings that many specs share: told once, about all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Finding, Sink};
use crate::grammar::SpecId;

/// Findings by place and subject.
#[derive(Debug, Default)]
pub(super) struct Gathered(BTreeMap<Key, (Finding, Vec<SpecId>)>);

/// Path, offset and subject.
type Key = (Arc<str>, usize, String);

impl Gathered {
    /// Adds a finding about `specs`; where one with that place and subject is there, they are added to it.
    pub(super) fn add(&mut self, finding: Finding, subject: &str, specs: &[SpecId]) {
        let at = finding.primary.at.as_ref();
        let start = at.map_or(0, |(_, span)| span.start);
        let key = (finding.primary.path.clone(), start, subject.to_owned());
        let (_, all) = self.0.entry(key).or_insert_with(|| (finding, Vec::new()));
        all.extend(specs);
    }

    /// Tells them all.
    pub(super) fn tell(self, sink: &mut Sink) {
        for (finding, mut specs) in self.0.into_values() {
            specs.sort_unstable();
            specs.dedup();
            sink.push(finding.about(specs));
        }
    }
}
