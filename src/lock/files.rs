//! The files of a context as they were recorded, so that what changed can be named without git.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::image::Short;
use crate::source::BuildContext;

/// Most paths that are recorded of one context. Of more files their folders are, as deep as fits.
const RECORDED: usize = 200;

/// Paths of a context with the hash of what is there: of a file, or, where the path ends in `/`, of all files below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ContextFiles(BTreeMap<String, Short>);

impl ContextFiles {
    /// Those of a context.
    pub fn of(context: &BuildContext) -> Self {
        if context.files.len() <= RECORDED {
            return ContextFiles(rolled_up(context, usize::MAX));
        }
        let mut best = BTreeMap::new();
        for depth in 1.. {
            let deeper = rolled_up(context, depth);
            if deeper.len() > RECORDED {
                break;
            }
            best = deeper;
        }
        ContextFiles(best)
    }

    /// Each path with its hash, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Short)> {
        self.0.iter().map(|(path, hash)| (path.as_str(), hash))
    }

    /// What differs in a context of this folder, told path by path.
    pub fn changes(&self, folder: &str, now: &BuildContext) -> Vec<String> {
        let full = |path: &str| match folder {
            "." => path.to_owned(),
            folder => format!("{folder}/{path}"),
        };
        // Whatever depth was recorded is compared.
        let depth = self.0.keys().filter(|path| path.ends_with('/'));
        let depth = depth.map(|path| path.matches('/').count()).max();
        let new = rolled_up(now, depth.unwrap_or(usize::MAX));
        let untracked = |path: &str| match path.strip_suffix('/') {
            Some(_) => now.untracked.iter().any(|file| file.starts_with(path)),
            None => now.untracked.contains(path),
        };
        let mut told = Vec::new();
        for (path, hash) in &new {
            let how = match self.0.get(path) {
                None if untracked(path) => "is new, and untracked",
                None => "is new",
                Some(before) if before != hash && path.ends_with('/') && untracked(path) => {
                    "holds changes, and untracked files"
                }
                Some(before) if before != hash && path.ends_with('/') => "holds changes",
                Some(before) if before != hash && untracked(path) => "changed, and is untracked",
                Some(before) if before != hash => "changed",
                Some(_) => continue,
            };
            told.push(format!("`{}` {how}", full(path)));
        }
        let gone = self.0.keys().filter(|path| !new.contains_key(*path));
        told.extend(gone.map(|path| format!("`{}` is gone", full(path))));
        told
    }
}

/// The files of a context, those that lie deeper than in so many folders as the folder they lie in.
fn rolled_up(context: &BuildContext, depth: usize) -> BTreeMap<String, Short> {
    let mut folders: BTreeMap<&str, Sha256> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (path, hash) in &context.files {
        match depth
            .checked_sub(1)
            .and_then(|nth| path.match_indices('/').nth(nth))
        {
            Some((end, _)) => {
                let folder = folders.entry(&path[..=end]).or_default();
                folder.update((path.len() as u64).to_le_bytes());
                folder.update(path.as_bytes());
                folder.update(hash);
            }
            None => {
                found.insert(path.clone(), Short::of(hash));
            }
        }
    }
    let folders = folders.into_iter();
    found.extend(folders.map(|(path, hash)| (path.to_owned(), Short::of(&hash.finalize()))));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(files: &[(&str, u8)]) -> BuildContext {
        let files = files.iter();
        BuildContext {
            files: files
                .map(|(path, byte)| ((*path).to_owned(), [*byte; 32]))
                .collect(),
            ..BuildContext::default()
        }
    }

    #[test]
    fn what_changed_is_named() {
        let before = ContextFiles::of(&context(&[("a", 1), ("b/c", 2), ("b/d", 3)]));
        let mut now = context(&[("a", 1), ("b/c", 9), ("e", 4), ("f", 5)]);
        now.untracked.insert("f".to_owned());
        assert_eq!(
            before.changes("app", &now),
            [
                "`app/b/c` changed",
                "`app/e` is new",
                "`app/f` is new, and untracked",
                "`app/b/d` is gone"
            ]
        );
        assert_eq!(before.changes(".", &context(&[("a", 1)])).len(), 2);
    }

    #[test]
    fn many_files_are_recorded_by_their_folders() {
        let many = |changed: usize| {
            let names = (0..3000).map(|n| format!("{}/{}/{n}", n % 7, n % 50));
            let mut context = BuildContext {
                files: names.map(|name| (name, [1; 32])).collect(),
                ..BuildContext::default()
            };
            context.files.insert("top".to_owned(), [1; 32]);
            context
                .files
                .insert("3/9/59".to_owned(), [u8::from(changed > 0); 32]);
            context
        };
        let before = ContextFiles::of(&many(0));
        assert!(before.0.len() <= RECORDED && before.0.contains_key("3/"));
        assert!(before.0.contains_key("top"));
        assert_eq!(before.changes(".", &many(0)), Vec::<String>::new());
        assert_eq!(before.changes(".", &many(1)), ["`3/` holds changes"]);
    }
}
