//! Reading `matrix.lock`, strictly.
//!
//! What is wrong with it is a finding of the rules, not one that stops the run: `gen list` and `gen plan` do without the
//! lock, and after a merge `gen matrix` has to run before `gen bump --amend` can record anew. Only the locked digests go
//! into what is built; of a file with merge conflicts our side says them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use toml::de::{DeTable, Deserializer};

use crate::diagnostic::{Finding, Place, Sink, code};
use crate::facts::Day;
use crate::grammar::Spanned;
use crate::grammar::reference::base_fault;
use crate::image::{Digest, Short};
use crate::lock::model::FORMAT;
use crate::lock::{Below, ContextFiles, Entry, Inputs, Lock, Recorded};
use crate::source::lock_path;
use crate::source::{ReadError, Repository, SourceFile};

/// What begins a line that git wrote into a conflicted file.
const OURS: &str = "<<<<<<<";
const BEFORE: &str = "|||||||";
const THEIRS: &str = "=======";
const END: &str = ">>>>>>>";

/// Why a lock that is there could not be read.
#[derive(Debug)]
pub enum Unread {
    /// The findings say why.
    Findings,
    /// The machine failed.
    Read(ReadError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLock {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(rename = "content-format")]
    content_format: u32,
    release: Option<Spanned<Recorded>>,
    after: Option<Recorded>,
    #[serde(rename = "last-final")]
    last_final: Option<Recorded>,
    moved: Option<Day>,
    packages: Option<Day>,
    #[serde(default)]
    base: Vec<RawBase>,
    #[serde(default)]
    spec: BTreeMap<String, RawSpec>,
    #[serde(default)]
    context: BTreeMap<Short, ContextFiles>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBase {
    reference: Spanned<String>,
    digest: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSpec {
    content: Digest,
    since: String,
    #[serde(default = "published")]
    publish: bool,
    recorded: Option<Day>,
    dockerfile: Short,
    context: Option<Short>,
    target: Option<String>,
    platforms: Vec<String>,
    compression: Option<String>,
    #[serde(default)]
    epoch: u64,
    base: Option<String>,
    digest: Option<String>,
    parent: Option<Below>,
    #[serde(default)]
    needs: Vec<Below>,
    #[serde(default)]
    args: IndexMap<String, String>,
    #[serde(default)]
    labels: IndexMap<String, String>,
    #[serde(default)]
    pins: IndexMap<String, String>,
    #[serde(default)]
    artifacts: IndexMap<String, String>,
}

fn published() -> bool {
    true
}

impl Lock {
    /// Reads the lock of a repository; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read: by the machine, or because of what it says (why is in `sink`).
    pub fn read(repository: &Repository, sink: &mut Sink) -> Result<Option<Lock>, Unread> {
        let path = lock_path(repository.matrix_path());
        let Some(bytes) = repository.bytes(&path).map_err(Unread::Read)? else {
            return Ok(None);
        };
        let Ok(text) = String::from_utf8(bytes) else {
            let finding = Finding::new(
                &code::LOCK_SYNTAX,
                format!("`{path}` is not UTF-8 text"),
                Place::file(path),
            );
            sink.push(finding.help(ANEW));
            return Err(Unread::Findings);
        };
        let file = SourceFile::new(path, text).with_lf();
        Lock::parse(&file, sink).ok_or(Unread::Findings).map(Some)
    }

    /// The lock of that text; `None` when it cannot be read, and why is in `sink`.
    pub fn parse(file: &Arc<SourceFile>, sink: &mut Sink) -> Option<Lock> {
        let Some((ours, mark)) = ours(&file.text) else {
            return parse(file, sink);
        };
        let finding = Finding::new(
            &code::LOCK_CONFLICT,
            format!("`{}` holds both sides of a merge", file.path),
            Place::span(file, mark, "git left this here"),
        );
        sink.push(finding.help(
            "merge the matrix, run `gen matrix`, then `gen bump --amend`, which records the lock anew",
        ));
        let ours = SourceFile::new(file.path.clone(), ours);
        let lock = parse(&ours, &mut Sink::new())?;
        Some(Lock {
            place: None,
            conflicted: true,
            ..lock
        })
    }
}

/// The next step for a lock that cannot be read.
const ANEW: &str = "bring it back from git, or record it anew with `gen bump --amend`";

fn parse(file: &Arc<SourceFile>, sink: &mut Sink) -> Option<Lock> {
    let fail = |sink: &mut Sink, what: String, span: Range<usize>| {
        let place = Place::span(file, span, "");
        sink.push(Finding::new(&code::LOCK_SYNTAX, what, place).help(ANEW));
    };
    let document = match DeTable::parse(&file.text) {
        Ok(document) => document,
        Err(fault) => {
            let what = fault.message().lines().next().unwrap_or_default();
            fail(
                sink,
                format!("`{}` is not TOML: {what}", file.path),
                fault.span().unwrap_or(0..0),
            );
            return None;
        }
    };
    if let Some((written, span)) = other_format(&document) {
        let finding = Finding::new(
            &code::LOCK_FORMAT,
            format!(
                "`{}` has format {written}, this gen reads {FORMAT}",
                file.path
            ),
            Place::span(file, span, "written by another gen"),
        );
        sink.push(
            finding
                .help("use the gen that wrote it, or record the lock anew with `gen bump --amend`"),
        );
        return None;
    }
    let raw = match RawLock::deserialize(Deserializer::from(document)) {
        Ok(raw) => raw,
        Err(fault) => {
            let what = said(fault.message(), &file.path);
            fail(sink, what, fault.span().unwrap_or(0..0));
            return None;
        }
    };
    let mut bases = BTreeMap::new();
    for base in raw.base {
        let Spanned { value, span } = base.reference;
        if let Some(fault) = base_fault(&value) {
            let what = format!("`{}` is no image reference: {fault}", value.escape_debug());
            fail(sink, what, span);
            return None;
        }
        if bases.contains_key(&value) {
            fail(sink, format!("the base `{value}` is there twice"), span);
            return None;
        }
        bases.insert(value, base.digest);
    }
    let place = raw
        .release
        .as_ref()
        .map(|release| Place::span(file, release.span.clone(), ""));
    Some(Lock {
        content_format: raw.content_format,
        release: raw.release.map(|release| release.value),
        after: raw.after,
        last_final: raw.last_final,
        moved: raw.moved,
        packages: raw.packages,
        bases,
        specs: raw
            .spec
            .into_iter()
            .map(|(id, spec)| (id, spec.into()))
            .collect(),
        contexts: raw.context,
        place,
        conflicted: false,
    })
}

impl From<RawSpec> for Entry {
    fn from(raw: RawSpec) -> Self {
        Entry {
            content: raw.content,
            since: raw.since,
            publish: raw.publish,
            recorded: raw.recorded,
            inputs: Inputs {
                dockerfile: raw.dockerfile,
                context: raw.context,
                target: raw.target,
                platforms: raw.platforms,
                compression: raw.compression,
                epoch: raw.epoch,
                base: raw.base,
                digest: raw.digest,
                parent: raw.parent,
                needs: raw.needs,
                args: raw.args,
                labels: raw.labels,
                pins: raw.pins,
                artifacts: raw.artifacts,
            },
        }
    }
}

/// The format a lock says it has, and where, when that is a number other than ours.
fn other_format(document: &toml::Spanned<DeTable<'_>>) -> Option<(i64, Range<usize>)> {
    let version = document.get_ref().get("version")?;
    let number = version.get_ref().as_integer()?.as_str().parse().ok()?;
    (number != i64::from(FORMAT)).then(|| (number, version.span()))
}

/// A fault of the file's shape, in our words.
fn said(fault: &str, path: &str) -> String {
    let fault = fault.lines().next().unwrap_or_default();
    let name = fault.split('`').nth(1).unwrap_or_default();
    if fault.starts_with("unknown field") {
        format!("`{path}` has no key `{name}`")
    } else if fault.starts_with("missing field") {
        format!("the key `{name}` is missing")
    } else {
        fault.to_owned()
    }
}

/// Our side of a file in which git left both sides of a merge, and where its first mark stands.
fn ours(text: &str) -> Option<(String, Range<usize>)> {
    let mut out = String::with_capacity(text.len());
    let mut first = None;
    let mut keeps = true;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mark = [OURS, BEFORE, THEIRS, END]
            .into_iter()
            .find(|mark| line.starts_with(mark));
        match mark {
            Some(mark) => {
                first.get_or_insert(at..at + line.trim_end().len());
                keeps = mark == OURS || mark == END;
            }
            None if keeps => out.push_str(line),
            None => {}
        }
        at += line.len();
    }
    first.map(|first| (out, first))
}
