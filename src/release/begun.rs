//! What a bump notes of itself before it writes.

use crate::config::Release;

/// A bump that began and did not come to its end, as it noted itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// What was asked for: a version or a step.
    pub asked: String,
    /// The release before.
    pub from: String,
    /// The release after.
    pub to: String,
}

impl Begun {
    /// Reads a note; `None` where it is none.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().map(str::to_owned);
        let (asked, from, to) = (words.next()?, words.next()?, words.next()?);
        words.next().is_none().then_some(Begun { asked, from, to })
    }

    /// The note.
    pub fn line(&self) -> String {
        format!("{} {} {}\n", self.asked, self.from, self.to)
    }

    /// Whether it still matters for a release: one that moved elsewhere has left it behind.
    pub fn concerns(&self, release: &Release) -> bool {
        [&self.from, &self.to].contains(&&release.version)
    }
}
