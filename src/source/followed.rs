//! Where a builder finds an ignore file, or what is copied, through links.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::fs;

use crate::source::Repository;
use crate::source::snapshot::LINKS;

impl Repository {
    /// Where a builder finds a file that may be a link: it takes the file's folder for the root of everything, so that no
    /// `..` and no `/` leads out of it. `None` of a link that leads in circles. Source: `fs.RootPath` of containerd, by
    /// which BuildKit reads ignore files.
    fn followed(&self, path: &str) -> Option<String> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let from_root = |way: &[String]| match folder {
            "." => way.join("/"),
            folder => format!("{folder}/{}", way.join("/")),
        };
        let mut left = vec![name.to_owned()];
        let mut way: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(part) = left.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    way.pop();
                    continue;
                }
                _ => way.push(part),
            }
            let Some(target) = self.link(&from_root(&way)) else {
                continue;
            };
            links += 1;
            if links > LINKS {
                return None;
            }
            match target.starts_with('/') {
                true => way.clear(),
                false => drop(way.pop()),
            }
            left.extend(target.split('/').rev().map(str::to_owned));
        }
        Some(from_root(&way))
    }

    /// Where an ignore file is read from; `None` of a link at whose end a builder finds no file.
    pub(super) fn ignore_found(&self, path: &str) -> Option<String> {
        if self.link(path).is_none() {
            return Some(path.to_owned());
        }
        self.followed(path).filter(|found| self.is_file(found))
    }

    /// Where the link at `path` of a folder leads, from that folder, which a builder takes for the root of everything;
    /// `None` where none is. Source: `FollowLinks` of fsutil, by which BuildKit finds what is copied.
    pub fn link_in(&self, folder: &str, path: &str) -> Option<String> {
        let target = self.link(&match folder {
            "." => path.to_owned(),
            folder => format!("{folder}/{path}"),
        })?;
        let mut way: Vec<&str> = match target.starts_with('/') {
            true => Vec::new(),
            false => path.split('/').collect(),
        };
        way.pop();
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = way.pop(),
                part => way.push(part),
            }
        }
        Some(way.join("/"))
    }

    /// What a link says.
    fn link(&self, path: &str) -> Option<String> {
        if let Some(snapshot) = self.snapshot() {
            return snapshot.link(path);
        }
        let target = fs::read_link(self.absolute(path)).ok()?;
        target.to_str().map(str::to_owned)
    }
}
