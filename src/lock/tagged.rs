//! The lock as it was when the release was tagged.

use crate::config::Release;
use crate::diagnostic::Sink;
use crate::lock::Lock;
use crate::source::lock_path;
use crate::source::{Git, Repository, SourceFile};

impl Lock {
    /// The lock that stands at the git tag of a release. `None` where the tag, git, or a lock that can be read there is not.
    pub fn at_tag(repository: &Repository, release: &Release) -> Option<Lock> {
        let path = lock_path(repository.matrix_path());
        let name = format!("refs/tags/{}:./{path}", release.tag);
        let found = Git::new(repository)
            .objects(&[name])
            .ok()?
            .pop()
            .flatten()?;
        let text = String::from_utf8(found.bytes).ok()?;
        let lock = Lock::parse(&SourceFile::new(path, text).with_lf(), &mut Sink::new())?;
        (!lock.conflicted).then_some(lock)
    }

    /// The last lock that was committed, where the file itself is not there: at `HEAD`, else at the tag of a release; and the
    /// name of that revision. `None` where git cannot be asked.
    pub fn committed(repository: &Repository, release: &Release) -> Option<(Lock, String)> {
        let path = lock_path(repository.matrix_path());
        let revisions = ["HEAD".to_owned(), format!("refs/tags/{}", release.tag)];
        let names = revisions.each_ref().map(|at| format!("{at}:./{path}"));
        let found = Git::new(repository).objects(&names).ok()?;
        let shown = ["HEAD".to_owned(), release.tag.clone()];
        let (found, revision) = found
            .into_iter()
            .zip(shown)
            .find_map(|(found, revision)| Some((found?, revision)))?;
        let text = String::from_utf8(found.bytes).ok()?;
        let lock = Lock::parse(&SourceFile::new(path, text).with_lf(), &mut Sink::new())?;
        Some((lock, revision))
    }

    /// The ids of published specs whose content two locks record otherwise, or only one of them records as published;
    /// sorted. Contents of two formats are never the same.
    pub fn contradicted<'a>(&'a self, other: &'a Lock) -> Vec<&'a str> {
        let comparable = self.content_format == other.content_format;
        let published = |lock: &'a Lock| lock.specs.iter().filter(|(_, entry)| entry.publish);
        let of = |lock: &'a Lock, id: &str| lock.specs.get(id).filter(|entry| entry.publish);
        let ours = published(self).filter(|(id, entry)| {
            let theirs = of(other, id);
            !comparable || theirs.is_none_or(|theirs| theirs.content != entry.content)
        });
        let theirs = published(other).filter(|(id, _)| of(self, id).is_none());
        let mut ids: Vec<&str> = ours.chain(theirs).map(|(id, _)| id.as_str()).collect();
        ids.sort_unstable();
        ids
    }
}
