//! Tests of a spec: what must succeed in its image before that is pushed, and where. They are no part of its content; what
//! they read of the repository counts for what a change tests.

use std::fmt::Write;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::config::TestRow;
use crate::diagnostic::{Code, Finding, Stopped, code};
use crate::grammar::Platform;
use crate::image::content::One;
use crate::image::pipelines::arch_of;
use crate::image::{ContextHash, Digest, ignore_text};
use crate::render::Field;
use crate::source::{BuildContext, Repository};

/// A test, as the plan has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Test {
    /// The shell command.
    pub run: String,
    /// The platforms it is for; empty for all of the spec.
    pub platforms: Vec<Platform>,
    /// The stage it runs in, where that is another than the image's.
    pub target: Option<String>,
    /// Who runs it, where that is another than the image's user.
    pub user: Option<String>,
    /// What it can read of the repository: each file or folder, and where that is: from the working folder of the image, or
    /// absolute.
    pub files: Vec<(String, String)>,
    /// Of all those, told by mode and bytes.
    pub digest: Option<Digest>,
    /// Options of `docker run`.
    pub options: Vec<String>,
}

/// A test, and what is known of where it came from.
#[derive(Debug)]
pub struct Tested {
    /// The test.
    pub test: Test,
    /// The row of the image that says it, among those of `test`.
    pub row: usize,
    /// What each of its files is.
    pub files: Vec<Arc<BuildContext>>,
}

impl Test {
    /// Whether it takes an engine: a builder has no options for a step.
    pub fn wants_engine(&self) -> bool {
        !self.options.is_empty()
    }

    /// Whether it is for a platform of its spec.
    pub fn is_for(&self, platform: &Platform) -> bool {
        self.platforms.is_empty() || self.platforms.contains(platform)
    }

    /// What to call it: its command, and where that says not enough, what more there is.
    pub fn title(&self) -> String {
        let mut more = Vec::new();
        more.extend(self.target.iter().map(|stage| format!("stage {stage}")));
        more.extend(self.user.iter().map(|user| format!("user {user}")));
        more.extend(self.options.iter().cloned());
        match more.is_empty() {
            true => self.run.clone(),
            false => format!("{} ({})", self.run, more.join(", ")),
        }
    }

    /// Whether it is a command, and nothing more is said of it.
    pub(super) fn is_plain(&self) -> bool {
        let Test {
            run: _,
            platforms,
            target,
            user,
            files,
            digest: _,
            options,
        } = self;
        platforms.is_empty()
            && target.is_none()
            && user.is_none()
            && files.is_empty()
            && options.is_empty()
    }

    /// It as steps of a Dockerfile, with its files in a context `files`, by their number from 1. The command is words of JSON:
    /// no shell text to anybody but the shell in the image; a `<` that is written out would begin a heredoc.
    pub(super) fn steps(&self) -> String {
        let mut text = String::new();
        if let Some(user) = &self.user {
            let _ = writeln!(text, "USER {user}");
        }
        text.push_str("RUN ");
        for (index, (_, place)) in self.files.iter().enumerate() {
            let number = index + 1;
            let _ = write!(
                text,
                "--mount=type=bind,from=files,source=/{number},target={place} "
            );
        }
        let words = serde_json::json!(["/bin/sh", "-c", self.run]).to_string();
        text.push_str(&words.replace('<', "\\u003c"));
        text
    }
}

/// A plain one is its command, as in `matrix.toml`.
impl Serialize for Test {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_plain() {
            return serializer.serialize_str(&self.run);
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("run", &self.run)?;
        let place = match self.wants_engine() {
            true => "engine",
            false => "builder",
        };
        map.serialize_entry("in", place)?;
        if !self.platforms.is_empty() {
            map.serialize_entry("platforms", &self.platforms)?;
        }
        for (key, text) in [("target", &self.target), ("user", &self.user)] {
            if let Some(text) = text {
                map.serialize_entry(key, text)?;
            }
        }
        if let Some(digest) = &self.digest {
            let files = self.files.iter();
            let files = files.map(|(path, at)| [("path", path), ("at", at)].into_iter().collect());
            let files: Vec<indexmap::IndexMap<_, _>> = files.collect();
            map.serialize_entry("files", &files)?;
            map.serialize_entry("files_digest", &digest.to_string())?;
        }
        if self.wants_engine() {
            map.serialize_entry("options", &self.options)?;
        }
        map.end()
    }
}

impl One<'_> {
    /// The tests of the spec: of the rows that are for any of its platforms, and that come to a command.
    pub(super) fn tests(
        &mut self,
        repository: &Repository,
        contexts: &mut ContextHash<'_>,
    ) -> Result<Vec<Tested>, Stopped> {
        let merged = self.spec.merged.clone();
        let mut tests = Vec::new();
        for (index, row) in merged.test.iter().enumerate() {
            let platforms = self.tested_on(row);
            if platforms.is_empty() {
                continue;
            }
            let run = self.text(&row.run, &self.spec.scope)?;
            if run.trim().is_empty() {
                continue;
            }
            let is_everywhere = platforms.len() == self.spec.platforms.len();
            let mut test = Test {
                run,
                platforms: if is_everywhere { Vec::new() } else { platforms },
                target: self.word(row.target.as_ref(), stage_fault)?,
                user: self.word(row.user.as_ref(), user_fault)?,
                files: Vec::new(),
                digest: None,
                options: self.options(row)?,
            };
            let mut files = Vec::new();
            let mut hashes = Vec::new();
            for field in &row.files {
                let (path, place) = self.mount(field)?;
                let read = read(repository, contexts, &path);
                hashes.extend(read.hash);
                files.push(read);
                self.apart(&test.files, &place, field)?;
                test.files.push((path, place));
            }
            test.digest = (!files.is_empty()).then(|| Digest::of(&hashes));
            tests.push(Tested {
                test,
                row: index,
                files,
            });
        }
        Ok(tests)
    }

    /// The platforms that a row is for.
    fn tested_on(&self, row: &TestRow) -> Vec<Platform> {
        let platforms = self.spec.platforms.iter();
        let is_meant = |platform: &&Platform| match &row.selector {
            None => true,
            Some(selector) => {
                let arch = arch_of(self.config, self.spec, platform);
                selector.holds(self.spec.image, &self.spec.cell, arch)
            }
        };
        platforms.filter(is_meant).cloned().collect()
    }

    /// A text that stands in a step of a Dockerfile and in a command; nothing where it comes to nothing.
    fn word(
        &mut self,
        field: Option<&Field>,
        fault: fn(&str) -> Option<WordFault>,
    ) -> Result<Option<String>, Stopped> {
        let Some(field) = field else {
            return Ok(None);
        };
        let text = self.text(field, &self.spec.scope)?;
        if text.is_empty() {
            return Ok(None);
        }
        match fault(&text) {
            None => Ok(Some(text)),
            Some(fault) => {
                let headline = format!("a test cannot name `{}` there", text.escape_debug());
                let place = self.config.place(field.span.clone(), fault.label);
                let finding = Finding::new(fault.code, headline, place).help(fault.help);
                Err(self.report(field.span.start, finding))
            }
        }
    }

    fn options(&mut self, row: &TestRow) -> Result<Vec<String>, Stopped> {
        let mut options = Vec::new();
        for field in &row.options {
            let option = self.text(field, &self.spec.scope)?;
            if option.is_empty() {
                continue;
            }
            if options.is_empty() && !option.starts_with('-') {
                let headline = format!("`{}` is no option of `docker run`", option.escape_debug());
                let label = "would be taken for the image";
                let place = self.config.place(field.span.clone(), label);
                let finding = Finding::new(&code::INVALID_OPTION, headline, place)
                    .help("begin with an option, as in `[\"--gpus=all\"]`");
                return Err(self.report(field.span.start, finding));
            }
            options.push(option);
        }
        Ok(options)
    }

    /// A file or folder of the repository, and where a test finds it.
    fn mount(&mut self, field: &Field) -> Result<(String, String), Stopped> {
        let text = self.text(field, &self.spec.scope)?;
        let (path, place) = text.split_once(':').unwrap_or((&text, &text));
        let path = path.strip_prefix("./").unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        if matches!(path, "" | ".") {
            let label = "all of the repository is another with every commit";
            let headline = "a test cannot read the whole repository".to_owned();
            let at = self.config.place(field.span.clone(), label);
            let finding = Finding::new(&code::UNSAFE_VALUE, headline, at)
                .help("name the files and folders that it reads");
            return Err(self.report(field.span.start, finding));
        }
        self.inside(path, field)?;
        self.mountable(path, field)?;
        let place = place.strip_prefix("./").unwrap_or(place);
        let place = place.strip_suffix('/').unwrap_or(place);
        self.mountable(place, field)?;
        let mut parts = place.strip_prefix('/').unwrap_or(place).split('/');
        if parts.any(|part| matches!(part, "" | "." | "..")) {
            let headline = format!("`{}` is no place for a file", place.escape_debug());
            let label = "behind the `:`, a path in the image";
            let at = self.config.place(field.span.clone(), label);
            let finding = Finding::new(&code::UNSAFE_VALUE, headline, at)
                .help("write an absolute path, or one from the working folder, without `..`");
            return Err(self.report(field.span.start, finding));
        }
        Ok((path.to_owned(), place.to_owned()))
    }

    /// Two mounts at one place, or one inside of the other, which is read-only, hide or stop each other.
    fn apart(
        &mut self,
        before: &[(String, String)],
        place: &str,
        field: &Field,
    ) -> Result<(), Stopped> {
        let within = |inner: &str, outer: &str| {
            let rest = inner.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let meets = |other: &str| within(place, other) || within(other, place);
        let Some((path, other)) = before.iter().find(|(_, other)| meets(other)) else {
            return Ok(());
        };
        let headline = format!("`{place}` of a test is where it finds `{path}` already");
        let label = format!("`{other}` is mounted, and nothing can be mounted over or into it");
        let at = self.config.place(field.span.clone(), label);
        let finding = Finding::new(&code::UNSAFE_VALUE, headline, at)
            .help("give each a place of its own, as in `\"tests/data:/data\"`");
        Err(self.report(field.span.start, finding))
    }
}

/// What stands at a path: a file by itself, or all of a folder.
fn read(repository: &Repository, contexts: &mut ContextHash<'_>, path: &str) -> Arc<BuildContext> {
    if !repository.is_file(path) {
        return contexts.get(path, "", Some(""));
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    contexts.get(folder, "", Some(&ignore_text("", &[name.to_owned()])))
}

/// Why a word cannot stand where a test names it.
struct WordFault {
    code: Code,
    label: &'static str,
    help: &'static str,
}

/// Names of stages begin with a letter; one without a name is called by its number.
/// Source: `parser.ParseStageName` of BuildKit.
fn stage_fault(name: &str) -> Option<WordFault> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    let first = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    (!first || !name.bytes().all(plain)).then_some(WordFault {
        code: &code::INVALID_NAME,
        label: "a stage is called by letters, digits, `_`, `.` and `-`",
        help: "name a stage of the Dockerfile, as in `target = \"test\"` for `FROM … AS test`",
    })
}

/// A user is a name or a number, and so is the group behind a colon.
fn user_fault(user: &str) -> Option<WordFault> {
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    };
    let (user, group) = user
        .split_once(':')
        .map_or((user, None), |(user, group)| (user, Some(group)));
    (!plain(user) || !group.is_none_or(plain)).then_some(WordFault {
        code: &code::INVALID_USER,
        label: "a user is a name or a number, and so is a group behind a `:`",
        help: "write one that the image has, as in `user = \"root\"` or `user = \"1000:1000\"`",
    })
}
