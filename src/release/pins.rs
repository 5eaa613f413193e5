//! Pins: what each place in the library states, and whether that agrees with the release.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::config::{Config, Locator, Pin, Relation, Release};
use crate::diagnostic::nearest;
use crate::grammar::Spanned;
use crate::grammar::release::ReleaseVersion;
use crate::locate;
use crate::locate::{Found, FoundList, Unfound};
use crate::source::{Repository, SourceFile, conflict};

/// Places found in a file.
#[derive(Debug)]
pub struct Seen {
    /// The file, as it is on disk.
    pub file: Arc<SourceFile>,
    /// The places; more than one only where a pattern counts several.
    pub found: Vec<Found>,
}

/// Why a place could not be seen.
#[derive(Clone, Debug)]
pub enum Unseen {
    /// The file is not there; the tracked one that was probably meant.
    Absent(Option<String>),
    /// The file is there, and cannot be read, or is no text.
    Unread,
    /// It was read, and the place is not found in it.
    Place(Arc<SourceFile>, Unfound),
}

impl Unseen {
    /// Why a file could not be read.
    pub(super) fn file(repository: &Repository, path: &str) -> Self {
        if repository.is_file(path) {
            return Unseen::Unread;
        }
        let files = repository.members().below(".").files;
        let paths: Vec<&str> = files
            .iter()
            .filter_map(|(path, _)| std::str::from_utf8(path).ok())
            .filter(|near| repository.is_file(near))
            .collect();
        let name = path.rsplit('/').next();
        let moved = paths.iter().find(|p| p.rsplit('/').next() == name).copied();
        let near = moved.or_else(|| nearest(path, paths.iter().copied()));
        Unseen::Absent(near.map(str::to_owned))
    }
}

/// How what a place states stands to the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// It states what it should.
    Agrees,
    /// It states an older release.
    Older,
    /// It states a later one.
    Newer,
    /// It states the release, written otherwise.
    Spelled,
    /// It states no version as it should.
    Unread,
}

/// Looks at a pin.
///
/// # Errors
/// Why it could not be seen.
pub fn look(repository: &Repository, pin: &Pin) -> Result<Seen, Unseen> {
    let file = repository
        .text(&pin.file)
        .ok_or_else(|| Unseen::file(repository, &pin.file))?;
    if let Some(unfound) = half_merged(&file) {
        return Err(Unseen::Place(file, unfound));
    }
    match find(&file, &pin.locator) {
        Ok(found) => Ok(Seen { file, found }),
        Err(unfound) => Err(Unseen::Place(file, unfound)),
    }
}

/// Nothing is found in a file that holds both sides of a merge: either could be what stays.
fn half_merged(file: &SourceFile) -> Option<Unfound> {
    let nothing = Unfound::Nothing {
        near: None,
        named: None,
    };
    conflict(&file.text).is_some().then_some(nothing)
}

pub(super) fn find(file: &SourceFile, locator: &Locator) -> Result<Vec<Found>, Unfound> {
    match locator {
        Locator::Constant(name) => locate::constant(file, name).map(|found| vec![found]),
        Locator::Key(path) => locate::key(file, path).map(|found| vec![found]),
        Locator::Search(search, count) => search.find(file, *count),
    }
}

/// Looks at a list.
///
/// # Errors
/// Why it could not be seen.
pub fn look_list(
    repository: &Repository,
    path: &Spanned<String>,
    locator: &Locator,
) -> Result<(Arc<SourceFile>, FoundList), Unseen> {
    let file = repository
        .text(path)
        .ok_or_else(|| Unseen::file(repository, path))?;
    if let Some(unfound) = half_merged(&file) {
        return Err(Unseen::Place(file, unfound));
    }
    let found = match locator {
        Locator::Constant(name) => locate::list(&file, name),
        Locator::Key(path) => locate::key_list(&file, path),
        Locator::Search(search, _) => search.list(&file),
    };
    match found {
        Ok(list) => Ok((file, list)),
        Err(unfound) => Err(Unseen::Place(file, unfound)),
    }
}

impl Pin {
    /// How a text that stands at the place relates to the release, and which version it states.
    pub fn judge(
        &self,
        config: &Config,
        release: &Release,
        text: &str,
    ) -> (Agreement, Option<ReleaseVersion>) {
        if text == self.states {
            return (Agreement::Agrees, Some(release.read.clone()));
        }
        let Some(version) = self.reads(config, release, text) else {
            return (Agreement::Unread, None);
        };
        let order = version.cmp_release(&release.read);
        let same = || version.same_release(&release.read);
        let agrees = match self.relation {
            Relation::Exact => false,
            Relation::SameRelease => same(),
            Relation::NotOlder => order.is_ge(),
            Relation::SameOrLater => order.is_ge() || same(),
        };
        let verdict = match order {
            _ if agrees => Agreement::Agrees,
            Ordering::Less => Agreement::Older,
            Ordering::Equal => Agreement::Spelled,
            Ordering::Greater => Agreement::Newer,
        };
        (verdict, Some(version))
    }

    /// Whether the place may state a later version than the release.
    pub fn may_be_ahead(&self) -> bool {
        match self.relation {
            Relation::Exact | Relation::SameRelease => false,
            Relation::NotOlder | Relation::SameOrLater => true,
        }
    }
}
