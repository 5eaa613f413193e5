//! What a clean checkout has and is not here: submodules, and what lies outside of a sparse checkout.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::fs;

use crate::source::Repository;
use crate::source::context::named;
use crate::source::members::{Below, Origin};
use crate::source::worktree::Found;

/// Why a file that a clean checkout has is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotCheckedOut {
    /// It lies in this submodule.
    Submodule(String),
    /// git was told to leave it out.
    Sparse,
}

impl Repository {
    /// Whether a clean checkout has a folder: it is there, or git tracks files in it that are not checked out here, or it
    /// is, or lies in, a submodule that is not.
    pub fn has_folder(&self, folder: &str) -> bool {
        if self.is_folder(folder) {
            return true;
        }
        let below = self.below(folder);
        let mut files = below.files.iter();
        !below.absent.is_empty()
            || files.any(|(path, member)| !matches!(member.look(path), Found::Nothing))
    }

    /// Why a file that git tracks is not here, if it is not checked out.
    pub fn not_checked_out(&self, path: &str) -> Option<NotCheckedOut> {
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let below = self.below(folder);
        let module = below.absent.iter().find(|module| {
            let rest = path.as_bytes().strip_prefix(&module[..]);
            rest.is_some_and(|rest| rest.starts_with(b"/"))
        });
        if let Some(module) = module {
            return Some(NotCheckedOut::Submodule(named(module).into_owned()));
        }
        let mut files = below.files.iter();
        let (path, member) = files.find(|(known, _)| known == path.as_bytes())?;
        (member.is_pinned() && !matches!(member.look(path), Found::Nothing))
            .then_some(NotCheckedOut::Sparse)
    }

    /// The files below a folder. Where git cannot be asked, a submodule that `.gitmodules` declares and that holds nothing
    /// is not there.
    pub(super) fn below(&self, folder: &str) -> Below {
        let mut below = self.members().below(folder);
        let is_empty = |path: &str| {
            let entries = fs::read_dir(self.absolute(path));
            entries.map_or(true, |mut entries| entries.next().is_none())
        };
        let declared = self.declared_submodules(folder).into_iter();
        let absent = declared.filter(|path| is_empty(path));
        below.absent.extend(absent.map(String::into_bytes));
        below
    }

    /// The paths that `.gitmodules` declares. Git takes keys in any case, and `#` and `;` behind a value for a comment.
    pub(super) fn gitmodules(&self) -> Vec<String> {
        let declared = self.decoded(".gitmodules");
        let lines = declared.iter().flat_map(|file| file.text.lines());
        let paths = lines.filter_map(|line| {
            let (key, path) = line.split_once('=')?;
            let path = match path.trim().strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => path.split(['#', ';']).next(),
            };
            let path = path?.trim().trim_end_matches('/');
            key.trim()
                .eq_ignore_ascii_case("path")
                .then(|| path.to_owned())
        });
        paths.collect()
    }

    /// Whether a file lies in a submodule that `.gitmodules` declares.
    pub fn is_of_submodule(&self, path: &str) -> bool {
        let mut declared = self.gitmodules().into_iter();
        declared.any(|module| {
            path.strip_prefix(&module)
                .is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// The submodules that `.gitmodules` declares and that lie in a folder, or it in them, where git cannot be asked.
    pub(super) fn declared_submodules(&self, folder: &str) -> Vec<String> {
        if !matches!(self.members().origin(), Origin::Walk | Origin::Unasked(_)) {
            return Vec::new();
        }
        let inside =
            |path: &str, folder: &str| format!("{path}/").starts_with(&format!("{folder}/"));
        self.gitmodules()
            .into_iter()
            .filter(|path| folder == "." || inside(path, folder) || inside(folder, path))
            .collect()
    }
}
