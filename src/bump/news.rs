//! What is built for a release, as far as the lock tells: contents that no release before it had.

use std::collections::HashSet;

use crate::flow::{Expanded, Rendered};
use crate::lock::Lock;

/// What is built for a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// No release was recorded before, so nothing is known to be there.
    First {
        /// How many specs there are.
        specs: usize,
    },
    /// So many specs have a content that no release before had.
    New {
        /// How many.
        new: usize,
        /// How many builds these are: equal contents of one repository are built once.
        builds: usize,
        /// How many specs there are.
        specs: usize,
    },
    /// The release is recorded, and is not recorded anew, though so many specs are not as recorded.
    Changed {
        /// How many.
        changed: usize,
    },
}

impl News {
    /// What the matrix has that the lock before it does not know of an earlier release.
    pub fn of(previous: Option<&Lock>, expanded: &Expanded, rendered: &Rendered) -> News {
        let matrix = &expanded.matrix;
        let specs = matrix.specs.len();
        let Some((lock, recorded)) = previous.and_then(|l| Some((l, l.release.as_ref()?))) else {
            return News::First { specs };
        };
        let version = expanded.config.release.as_ref().map(|r| r.version.as_str());
        let again = version == Some(recorded.version.as_str());
        // What first appeared in the very release that is recorded anew is not published yet.
        let known = lock.specs.values();
        let known = known.filter(|e| !again || Some(e.since.as_str()) != version);
        let comparable = lock.content_format == crate::image::CONTENT_FORMAT;
        let known: HashSet<_> = known.filter(|_| comparable).map(|e| e.content).collect();
        let mut builds = HashSet::new();
        let mut new = 0;
        for (id, spec) in rendered.contents.iter() {
            if known.contains(&spec.content) {
                continue;
            }
            new += 1;
            builds.insert((matrix.spec(id).home(), spec.content));
        }
        News::New {
            new,
            builds: builds.len(),
            specs,
        }
    }
}
