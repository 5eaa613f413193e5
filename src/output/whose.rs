//! Whose a file is where several matrices write into one repository: its header says from which matrix it was made.

use std::collections::{BTreeSet, HashMap};

use crate::output::list::made_from;
use crate::output::tree::{Tree, folded};
use crate::source::Repository;
use crate::source::lock_path;

/// Whose a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// It bears no header that says so.
    Unsaid,
    /// This matrix's.
    Mine,
    /// Nobody's any more: the matrix file is gone, or its outputs stand elsewhere by now.
    Left,
    /// The matrix's of that path.
    Another(String),
}

/// The paths that the matrices of one run write or keep, with whose they are: the first of the run before the others.
#[derive(Debug, Default)]
pub struct Claims {
    /// By what a disk that ignores case takes the path for: the path, and the matrix file of each that claims it.
    by_path: HashMap<String, Vec<(String, String)>>,
    matrices: BTreeSet<String>,
}

impl Claims {
    /// Of the outputs of all matrices of a run.
    pub fn of<'t>(trees: impl IntoIterator<Item = &'t Tree>) -> Self {
        let mut claims = Claims::default();
        for tree in trees {
            let owner = tree.owner();
            let mut claim = |path: &str| {
                let claimed = claims.by_path.entry(folded(path)).or_default();
                claimed.push((path.to_owned(), owner.matrix().to_owned()));
            };
            tree.iter().for_each(|planned| claim(&planned.path));
            claim(&owner.list());
            claim(owner.matrix());
            claim(&lock_path(owner.matrix()));
            claims.matrices.insert(owner.matrix().to_owned());
        }
        claims
    }

    /// Whether that matrix claims a path.
    fn has(&self, matrix: &str, path: &str) -> bool {
        let claimed = self.by_path.get(&folded(path));
        claimed.is_some_and(|all| all.iter().any(|(_, by)| by == matrix))
    }

    /// The matrix that claims a path before this one does.
    fn before(&self, matrix: &str, path: &str) -> Option<&str> {
        let (_, first) = self.by_path.get(&folded(path))?.first()?;
        (first != matrix).then_some(first)
    }
}

/// From where it is told whose a file is.
#[derive(Clone, Copy)]
pub(super) struct Eye<'a> {
    pub repository: &'a Repository,
    /// Of all matrices, where all of them are looked at.
    pub claims: Option<&'a Claims>,
}

impl Eye<'_> {
    /// Whose a file of that path and content is.
    pub(super) fn whose(&self, path: &str, bytes: &[u8]) -> Whose {
        match made_from(bytes) {
            Some(matrix) => self.of(path, matrix),
            None => Whose::Unsaid,
        }
    }

    /// Whose a file is that was made from that matrix file.
    pub(super) fn of(&self, path: &str, matrix: String) -> Whose {
        if matrix == self.repository.matrix_path() {
            return Whose::Mine;
        }
        if !self.repository.is_file(&matrix) {
            return Whose::Left;
        }
        match self.claims {
            // All that these matrices write is known.
            Some(claims) if claims.matrices.contains(&matrix) => {
                if claims.has(&matrix, path) {
                    Whose::Another(matrix)
                } else {
                    Whose::Left
                }
            }
            _ => Whose::Another(matrix),
        }
    }

    /// Whether any matrix of the run writes or keeps that path.
    pub(super) fn is_claimed(&self, path: &str) -> bool {
        self.claims
            .is_some_and(|claims| claims.by_path.contains_key(&folded(path)))
    }

    /// Whose a path is where nothing stands yet: the matrix's that claims it first, if that is another.
    pub(super) fn claimed(&self, path: &str) -> Option<String> {
        let before = self.claims?.before(self.repository.matrix_path(), path);
        before.map(str::to_owned)
    }
}
