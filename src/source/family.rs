//! The matrices of one repository: the `matrix.toml` at its root, and those that it lists.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::source::Refusal;
use crate::source::confined::{Confined, TEXT_LIMIT};
use crate::source::owner::Owner;
use crate::source::plain::plain;
use crate::source::walk::{Matching, Wanted, matching};

/// The file that lists others, by name; and its key.
pub const LISTER: &str = "matrix.toml";
const KEY: &str = "matrices";

/// The matrices of a repository.
#[derive(Debug, Default)]
pub struct Family {
    /// The one at the root, where there is one.
    lister: Option<Owner>,
    /// Those that it lists, in listed order.
    listed: Vec<Owner>,
    /// The entries by which it does.
    entries: Vec<String>,
    /// What it lists in vain.
    vain: Vec<Vain>,
    /// What may be or hold some that globs list, and cannot be looked at.
    unseen: BTreeMap<String, Refusal>,
}

/// An entry, or a file that one names, that is no matrix of the repository.
#[derive(Debug)]
pub struct Vain {
    /// The number of the entry.
    pub entry: usize,
    /// Why.
    pub why: Why,
}

/// Why an entry is in vain.
#[derive(Debug)]
pub enum Why {
    /// It is no path below the root.
    Outside,
    /// No file is there, or the glob names none.
    Nothing,
    /// The file's name does not end in `.toml`.
    Ending,
    /// A symbolic link is, or leads, there.
    Linked,
    /// The outputs of the two would stand in one folder.
    Clash {
        /// The file.
        path: String,
        /// The one that was listed before.
        other: String,
        /// The name of both.
        name: String,
    },
}

impl Family {
    /// The matrices of a root.
    pub(super) fn read(root: &Path) -> Self {
        let Some(text) = lister(root) else {
            let there = root.join(LISTER).is_file();
            return Family {
                lister: there.then(|| Owner::alone(LISTER)),
                ..Family::default()
            };
        };
        Family::of(root, &text)
    }

    fn of(root: &Path, text: &str) -> Self {
        let mut family = Family {
            lister: Some(Owner::alone(LISTER)),
            ..Family::default()
        };
        let entries = entries(text).0;
        let out: Vec<&str> = entries
            .iter()
            .map(|(entry, _)| entry.as_str())
            .filter(|entry| entry.starts_with('!'))
            .collect();
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for (number, (entry, _)) in entries.iter().enumerate() {
            if entry.starts_with('!') {
                continue;
            }
            match files(root, entry, &out, &mut family.unseen) {
                Ok(paths) => {
                    for path in paths {
                        family.take(number, path, &mut names);
                    }
                }
                Err(why) => family.vain.push(Vain { entry: number, why }),
            }
        }
        family.entries = entries.into_iter().map(|(entry, _)| entry).collect();
        family
    }

    fn take(&mut self, entry: usize, path: String, names: &mut BTreeMap<String, String>) {
        if self.listed.iter().any(|owner| owner.matrix() == path) {
            return;
        }
        let owner = Owner::listed(path);
        let name = owner.name().unwrap_or_default().to_owned();
        match names.get(&name) {
            None => {
                names.insert(name, owner.matrix().to_owned());
                self.listed.push(owner);
            }
            Some(other) => self.vain.push(Vain {
                entry,
                why: Why::Clash {
                    path: owner.matrix().to_owned(),
                    other: other.clone(),
                    name,
                },
            }),
        }
    }

    /// The owner of that matrix file, where it is one of the family.
    pub fn owner(&self, matrix: &str) -> Option<&Owner> {
        let all = self.lister.iter().chain(&self.listed);
        all.into_iter().find(|owner| owner.matrix() == matrix)
    }

    /// All of them, the one at the root first.
    pub fn owners(&self) -> impl Iterator<Item = &Owner> {
        self.lister.iter().chain(&self.listed)
    }

    /// The line of the one at the root that would list these too.
    pub fn line_with(&self, more: &[&str]) -> String {
        let entries = self
            .entries
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied());
        let entries: Vec<String> = entries.map(|entry| format!("\"{entry}\"")).collect();
        format!("{KEY} = [{}]", entries.join(", "))
    }

    /// Those that are listed.
    pub fn listed(&self) -> &[Owner] {
        &self.listed
    }

    /// What may be or hold matrices that globs list, and cannot be looked at.
    pub(super) fn unseen(&self) -> &BTreeMap<String, Refusal> {
        &self.unseen
    }

    /// What is listed in vain.
    pub fn vain(&self) -> &[Vain] {
        &self.vain
    }
}

/// The text of the `matrix.toml` of a folder; none where it is not there, or is not read: whoever asks for it is told.
fn lister(root: &Path) -> Option<String> {
    let bytes = Confined::default().read(root, LISTER, TEXT_LIMIT).ok()?;
    String::from_utf8(bytes).ok()
}

/// Where the root of a matrix file is that another lists: the nearest folder above it, or its own, whose `matrix.toml`
/// does.
///
/// # Errors
/// The path of a `matrix.toml` that may list it and cannot be read as TOML.
pub(super) fn root_of(file: &Path) -> Result<Option<&Path>, std::path::PathBuf> {
    for root in file.ancestors().skip(1) {
        let path = root.join(LISTER);
        if path == file {
            continue;
        }
        let Some(text) = lister(root) else {
            continue;
        };
        if !text.contains(KEY) {
            continue;
        }
        let (entries, whole) = entries(&text);
        if entries.is_empty() && !whole {
            return Err(path);
        }
        let family = Family::of(root, &text);
        let Ok(path) = file.strip_prefix(root) else {
            continue;
        };
        let path = crate::source::repository::slashes(path);
        if family.listed.iter().any(|owner| owner.matrix() == path) {
            return Ok(Some(root));
        }
    }
    Ok(None)
}

/// The entries of `matrices`, and whether the text is TOML to its end.
fn entries(text: &str) -> (Vec<(String, Range<usize>)>, bool) {
    if !text.contains(KEY) {
        return (Vec::new(), true);
    }
    let (document, faults) = DeTable::parse_recoverable(text);
    let listed = document
        .get_ref()
        .get(KEY)
        .and_then(|value| match value.get_ref() {
            DeValue::Array(entries) => Some(entries),
            _ => None,
        });
    let entries = listed
        .into_iter()
        .flat_map(|entries| entries.iter())
        .filter_map(|entry| match entry.get_ref() {
            DeValue::String(text) => Some((text.to_string(), entry.span())),
            _ => None,
        });
    (entries.collect(), faults.is_empty())
}

/// The files that an entry names, but for those that `out` takes out and the lister itself.
fn files(
    root: &Path,
    entry: &str,
    out: &[&str],
    unseen: &mut BTreeMap<String, Refusal>,
) -> Result<Vec<String>, Why> {
    if !plain(entry) {
        return Err(Why::Outside);
    }
    if entry.contains(['*', '?', '[', '{']) {
        let globs: Vec<&str> = std::iter::once(entry).chain(out.iter().copied()).collect();
        let Matching {
            files: mut found,
            unseen: more,
        } = matching(root, &globs);
        unseen.extend(more);
        found.retain(|path| path != LISTER && path.ends_with(".toml"));
        return match found.is_empty() {
            true => Err(Why::Nothing),
            false => Ok(found),
        };
    }
    if Wanted::new(out).leaves(entry) {
        return Ok(Vec::new());
    }
    let mut way = root.to_owned();
    for part in entry.split('/') {
        way.push(part);
        match fs::symlink_metadata(&way) {
            Ok(meta) if meta.file_type().is_symlink() => return Err(Why::Linked),
            Ok(_) => {}
            Err(_) => return Err(Why::Nothing),
        }
    }
    if !way.is_file() || entry == LISTER {
        return Err(Why::Nothing);
    }
    if !entry.ends_with(".toml") {
        return Err(Why::Ending);
    }
    Ok(vec![entry.to_owned()])
}
