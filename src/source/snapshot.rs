//! The repository as a commit has it, read without a checkout: one `git ls-tree` says which files there are, and one
//! `git cat-file` hands out those that are asked for. No filter or hook runs, nothing is fetched, nothing is written.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::{Mutex, PoisonError};

use crate::source::{Commit, Git, GitError, ReadError, Refusal};

/// How many links a path may lead through.
pub(super) const LINKS: usize = 16;

/// The files of a commit below the root of the repository.
#[derive(Debug)]
pub struct Snapshot {
    revision: String,
    files: BTreeMap<String, Blob>,
    reader: Mutex<Reader>,
}

#[derive(Debug)]
struct Blob {
    id: String,
    is_link: bool,
}

/// What git has of an object.
enum Answer {
    /// Nothing: this clone lacks it.
    Lacking,
    /// More bytes than were asked for.
    TooLong,
    /// These bytes.
    Bytes(Vec<u8>),
}

/// `git cat-file --batch`, asked one object at a time.
#[derive(Debug)]
struct Reader {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        // At the end of its input it ends by itself.
        self.input = None;
        let _ = self.child.wait();
    }
}

impl Snapshot {
    /// The files of a commit. `revision` is what people call it.
    ///
    /// # Errors
    /// When git cannot list them, as where a partial clone lacks folders of that commit.
    pub fn of(git: &Git<'_>, commit: &Commit, revision: &str) -> Result<Self, GitError> {
        let listed = git.tree(commit)?;
        let mut files = BTreeMap::new();
        for line in listed.split(|byte| *byte == 0) {
            // `<mode> <type> <id>\t<path>`; what is no text no matrix names.
            let Some((head, path)) = std::str::from_utf8(line)
                .ok()
                .and_then(|l| l.split_once('\t'))
            else {
                continue;
            };
            let mut words = head.split(' ');
            let (mode, kind, id) = (words.next(), words.next(), words.next());
            if let (Some(mode), Some("blob"), Some(id)) = (mode, kind, id) {
                let blob = Blob {
                    id: id.to_owned(),
                    is_link: mode == "120000",
                };
                files.insert(path.to_owned(), blob);
            }
        }
        let (child, input, output) = git.batch()?;
        Ok(Snapshot {
            revision: revision.to_owned(),
            files,
            reader: Mutex::new(Reader {
                child,
                input: Some(input),
                output: BufReader::new(output),
            }),
        })
    }

    /// What people call the commit.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The paths of all files and links, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether a file is there, links followed.
    pub fn is_file(&self, path: &str) -> bool {
        self.resolved(path)
            .is_some_and(|path| self.files.contains_key(&path))
    }

    /// Whether a folder is there, links followed.
    pub fn is_folder(&self, path: &str) -> bool {
        self.resolved(path).is_some_and(|path| self.holds(&path))
    }

    fn holds(&self, folder: &str) -> bool {
        if folder.is_empty() {
            return true;
        }
        let below = format!("{folder}/");
        let mut after = self.files.range(below.clone()..);
        after
            .next()
            .is_some_and(|(path, _)| path.starts_with(&below))
    }

    /// The bytes of a file, links followed; at most `limit` of them.
    ///
    /// # Errors
    /// When there is none, or it is not read.
    pub(super) fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        let fault = |source| ReadError::Io {
            path: PathBuf::from(format!("{}:{path}", self.revision)),
            source,
        };
        let refused = |why| ReadError::Refused {
            path: path.to_owned(),
            why,
        };
        let Some(blob) = self.resolved(path).and_then(|path| self.files.get(&path)) else {
            return Err(fault(io::ErrorKind::NotFound.into()));
        };
        match self.object(&blob.id, limit).map_err(fault)? {
            Answer::Lacking => Err(refused(Refusal::Lacking)),
            Answer::TooLong => Err(refused(Refusal::TooLong(limit))),
            Answer::Bytes(bytes) => Ok(bytes),
        }
    }

    /// A path without `.` and `..`, and without links on the way; `None` where it leads out of the repository or in
    /// circles.
    pub(super) fn resolved(&self, path: &str) -> Option<String> {
        let mut left: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut way: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(part) = left.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    way.pop()?;
                    continue;
                }
                _ => way.push(part),
            }
            let Some(blob) = self.files.get(&way.join("/")).filter(|blob| blob.is_link) else {
                continue;
            };
            links += 1;
            let Ok(Answer::Bytes(target)) = self.object(&blob.id, 4096) else {
                return None;
            };
            let target = String::from_utf8(target).ok()?;
            if links > LINKS || target.starts_with('/') {
                return None;
            }
            way.pop();
            left.extend(target.split('/').rev().map(str::to_owned));
        }
        Some(way.join("/"))
    }

    /// What the link at a path says; `None` where none is. Links on the way are followed.
    pub(super) fn link(&self, path: &str) -> Option<String> {
        let path = match path.rsplit_once('/') {
            Some((folder, name)) => match self.resolved(folder)?.as_str() {
                "" => name.to_owned(),
                folder => format!("{folder}/{name}"),
            },
            None => path.to_owned(),
        };
        let blob = self.files.get(&path).filter(|blob| blob.is_link)?;
        match self.object(&blob.id, 4096) {
            Ok(Answer::Bytes(target)) => String::from_utf8(target).ok(),
            _ => None,
        }
    }

    fn object(&self, id: &str, limit: u64) -> io::Result<Answer> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(input) = &mut reader.input {
            writeln!(input, "{id}")?;
            input.flush()?;
        }
        let mut head = String::new();
        reader.output.read_line(&mut head)?;
        // `<id> <type> <size>`, or `<id> missing`.
        let size = head.trim_end().rsplit(' ').next();
        let Some(size) = size.and_then(|size| size.parse::<u64>().ok()) else {
            return match head.trim_end().ends_with(" missing") {
                true => Ok(Answer::Lacking),
                false => Err(io::Error::other("git cat-file has ended")),
            };
        };
        if size > limit {
            io::copy(&mut (&mut reader.output).take(size + 1), &mut io::sink())?;
            return Ok(Answer::TooLong);
        }
        let mut bytes = Vec::new();
        (&mut reader.output).take(size).read_to_end(&mut bytes)?;
        reader.output.read_exact(&mut [0])?;
        Ok(Answer::Bytes(bytes))
    }
}
