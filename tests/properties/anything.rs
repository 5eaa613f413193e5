//! Any bytes as any file that `gen` reads, and any text as any value of a matrix: an answer or a finding with its place,
//! never a panic.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use basematrix::bump;
use basematrix::bump::Asked;
use basematrix::bump::Destination;
use basematrix::diagnostic::{
    Finding, Place, Sink, concise, fold, full, github, gitlab, json, sarif,
};
use basematrix::facts::Day;
use basematrix::flow::{self, Fault, Standpoint};
use basematrix::source::Repository;
use proptest::prelude::*;
use tempfile::TempDir;
use toml_edit::visit_mut::{VisitMut, visit_value_mut};

use super::bumps::PLACES;
use crate::support::{project, today};

/// A matrix with every table and nearly every key.
const WHOLE: &str = include_str!("whole.toml");

const FILES: [(&str, &str); 16] = [
    ("matrix.toml", WHOLE),
    ("lib/a.py", "# “ours”\nTAG = \"v1.2.0\"\n"),
    ("lib/a.toml", "[x.y]\ntag = \"v1.2.0\"\n"),
    ("lib/a.txt", "é\nrelease: v1.2.0 ;\n"),
    ("lib/offers.py", "PYTHONS = [\"3.12\", '3.13']\n"),
    ("lib/offers.json", "{\"pythons\": [\"3.12\", \"3.13\"]}\n"),
    ("lib/mention.py", "IMAGE = \"3.12-12.6.3-v1.2.0\"\n"),
    (
        "lib/mention.json",
        "{\"image\": \"docker.io/acme/app:3.12-12.6.3-v1.2.0\"}\n",
    ),
    ("lib/mention.txt", "image: acme/app:3.12-12.6.3-v1.2.0\n"),
    (
        "docs/run.md",
        "See “acme/app:3.12-12.6.3-v1.2.0”, *acme/app:3.12*\n<!-- basematrix: keep -->\n**docker.io/acme/low:12.6.3-v1.1.0**\n",
    ),
    (
        "docker/Dockerfile",
        "# syntax=docker/dockerfile:1\nARG V=1\nFROM debian:13 AS base\nARG V\nCOPY --chown=1:1 [\"a\", \"/src/é\"]\nFROM base AS final\nRUN <<EOF\necho \"${V:-“1”}\"\nEOF\n",
    ),
    (
        "docker/.dockerignore",
        "# ours\n**/*.log\n!keep.log\n[a-é]?\n",
    ),
    ("docker/a", "a\n"),
    ("app/a.txt", "a\n"),
    (
        "templates/docker/Dockerfile",
        "{# “ours” #}\n{% extends 'builtin/docker/Dockerfile' %}\n{% block extra %}\n{% if apt %}# {{ apt[0] ~ \"\" }}{# – #}\n{% endif %}\n{% endblock %}\n",
    ),
    (
        "facts.toml",
        "[[python]]\ncycle = \"3.12\"\neol = \"2028-10-31\"\nsource = \"ours\"\nas-of = \"2026-01-01\"\n",
    ),
];

/// What is put into the files that people and tools write by hand.
const PIECES: [&[u8]; 64] = [
    "“".as_bytes(),
    "”".as_bytes(),
    "–".as_bytes(),
    "é".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{301}".as_bytes(),
    "日本".as_bytes(),
    "\u{1f600}".as_bytes(),
    "\u{1f469}\u{200d}\u{1f52c}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{85}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{a0}".as_bytes(),
    "İ".as_bytes(),
    "ſ".as_bytes(),
    "ß".as_bytes(),
    "٣".as_bytes(),
    "½".as_bytes(),
    b"\xff",
    b"\xc3",
    b"\x80",
    b"\xed\xa0\x80",
    b"\0",
    b"\r",
    b"\r\n",
    b"\n",
    b"\t",
    b" ",
    b"{{",
    b"}}",
    b"{{ ",
    b" }}",
    b"{%",
    b"%}",
    b"{#",
    b"#}",
    b"${",
    b"${V:-",
    b"}",
    b"$",
    b"\"",
    b"'",
    b"\"\"\"",
    b"`",
    b"\\",
    b"\\u",
    b"#",
    b"//",
    b"/*",
    b"[",
    b"]",
    b"[[",
    b"=",
    b":",
    b",",
    b"@",
    b"!",
    b"*",
    b"<<EOF",
    b"-",
    b".",
    b"v1.2.0",
    b"acme/app:",
    b"<<<<<<< ",
];

/// A change to the bytes of a file.
#[derive(Clone, Debug)]
enum Edit {
    Insert(Vec<u8>),
    /// In the place of so many bytes.
    Replace(usize, Vec<u8>),
    Delete(usize),
    Cut,
    /// So many bytes a second time.
    Repeat(usize),
    /// All of it.
    Instead(Vec<u8>),
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::sample::select(&PIECES[..]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        8 => piece().prop_map(Edit::Insert),
        6 => (1_usize..12, piece()).prop_map(|(length, by)| Edit::Replace(length, by)),
        2 => (1_usize..12).prop_map(Edit::Delete),
        1 => Just(Edit::Cut),
        2 => (1_usize..40).prop_map(Edit::Repeat),
        1 => prop::collection::vec(piece(), 0..30).prop_map(|pieces| Edit::Instead(pieces.concat())),
    ]
}

/// What is done to one file: each edit at its place.
type Edits = Vec<(prop::sample::Index, Edit)>;

fn edits() -> impl Strategy<Value = Edits> {
    prop::collection::vec((any::<prop::sample::Index>(), edit()), 1..4)
}

fn edited(text: &str, edits: &Edits) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (at, edit) in edits {
        let at = at.index(bytes.len() + 1);
        let reach = |length: usize| at..(at + length).min(bytes.len());
        match edit {
            Edit::Insert(piece) => drop(bytes.splice(at..at, piece.iter().copied())),
            Edit::Replace(length, piece) => {
                drop(bytes.splice(reach(*length), piece.iter().copied()));
            }
            Edit::Delete(length) => drop(bytes.drain(reach(*length))),
            Edit::Cut => bytes.truncate(at),
            Edit::Repeat(length) => {
                let again = bytes[reach(*length)].to_vec();
                drop(bytes.splice(at..at, again));
            }
            Edit::Instead(other) => bytes.clone_from(other),
        }
    }
    bytes
}

/// Why a place is none, if it is not.
fn lies(root: &Path, place: &Place) -> Result<(), String> {
    let Some((file, span)) = &place.at else {
        return if place.path.is_empty() {
            Err("a place without a path".to_owned())
        } else {
            Ok(())
        };
    };
    if file.text.get(span.clone()).is_none() {
        return Err(format!("{span:?} is no part of {}", place.path));
    }
    let Ok(bytes) = fs::read(root.join(&*place.path)) else {
        return Ok(()); // Shipped with gen, or a text of the matrix that is read by itself.
    };
    let (line, column) = place.line_column().expect("a span");
    let on_disk = String::from_utf8_lossy(&bytes);
    let on_disk = on_disk.strip_prefix('\u{feff}').unwrap_or(&on_disk);
    let Some(there) = on_disk.split('\n').nth(line - 1) else {
        return Err(format!("{} has no line {line}", place.path));
    };
    if column > there.chars().count() + 2 {
        return Err(format!(
            "{}:{line} has no column {column}: {there:?}",
            place.path
        ));
    }
    Ok(())
}

/// Every place of a finding lies in its file, and every format can tell it: here as lines.
fn sound(root: &Path, findings: Vec<Finding>) -> Result<String, String> {
    for finding in &findings {
        let also = finding.also.iter().map(|(_, place)| place);
        for place in [&finding.primary]
            .into_iter()
            .chain(&finding.related)
            .chain(also)
        {
            lies(root, place)
                .map_err(|why| format!("{}: {}: {why}", finding.code.name, finding.headline))?;
        }
        if let Some(fix) = &finding.fix
            && fix.file.text.get(fix.span.clone()).is_none()
        {
            return Err(format!(
                "{}: its fix is no part of its file",
                finding.code.name
            ));
        }
    }
    let findings = fold(findings);
    for tell in [github, gitlab, json, sarif] {
        tell(&findings);
    }
    full(&findings, true);
    Ok(concise(&findings))
}

/// What `gen check` does, and where it is `moving` what `gen bump` does before it writes; what stopped it, if no plan
/// could be built.
fn look(folder: &TempDir, moving: bool) -> Result<Option<String>, String> {
    let repository = Repository::find(folder.path(), None).map_err(|e| e.to_string())?;
    let root = repository.root().to_owned();
    let mut sink = Sink::new();
    let looked = (|| {
        let expanded = flow::expand(&repository, &mut sink)?;
        let rendered = flow::render(&repository, &expanded, &mut sink)?;
        let standpoint = Standpoint::on(today());
        flow::inspect(&repository, &expanded, &rendered, &standpoint, &mut sink).map(drop)
    })();
    let stopped = matches!(looked, Err(Fault::Findings));
    let findings = sink.into_sorted();
    if stopped && findings.is_empty() {
        return Err("stopped without a finding".to_owned());
    }
    let told = sound(&root, findings)?;
    if looked.is_err() {
        return Ok(Some(told));
    }
    if !moving {
        return Ok(None);
    }
    let asked = Asked {
        target: Destination::Version("1.3.0".to_owned()),
        back: false,
        begun: None,
        today: Day::EPOCH,
    };
    let mut sink = Sink::new();
    let _ = bump::plan(&repository.read_anew(), &asked, &mut sink);
    sound(&root, sink.into_sorted())?;
    Ok(None)
}

/// The matrix with one value, by its number, in the place of another; what it was.
struct Put<'t> {
    left: usize,
    text: &'t str,
    was: Option<String>,
}

impl VisitMut for Put<'_> {
    fn visit_value_mut(&mut self, value: &mut toml_edit::Value) {
        if let Some(was) = value.as_str() {
            if self.left == 0 && self.was.is_none() {
                self.was = Some(was.to_owned());
                *value = self.text.into();
            } else {
                self.left = self.left.saturating_sub(1);
            }
        }
        visit_value_mut(self, value);
    }
}

/// The matrix without pipelines and other outputs but Dockerfiles: most of what is read is read for it, and it is quick.
fn core() -> &'static str {
    WHOLE.split("[ci]\n").next().expect("its beginning")
}

/// The lock of that, as `gen bump --amend` writes it.
static LOCK: LazyLock<String> = LazyLock::new(|| {
    let folder = laid(core());
    let repository = Repository::find(folder.path(), None).expect("a repository");
    let asked = Asked {
        target: Destination::Amend,
        back: false,
        begun: None,
        today: Day::EPOCH,
    };
    let bump = bump::plan(&repository, &asked, &mut Sink::new()).expect("a plan");
    let mut files = bump.files.into_iter();
    let lock = files.find(|file| file.edit.path == "matrix.lock");
    lock.expect("a lock").edit.text
});

fn laid(matrix: &str) -> TempDir {
    let folder = project(&FILES);
    write(&folder, "matrix.toml", matrix.as_bytes());
    folder
}

fn write(folder: &TempDir, path: &str, bytes: &[u8]) {
    let at = folder.path().join(path);
    fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
    fs::write(at, bytes).expect("a file");
}

/// Texts that break readers that count bytes, or that look for what they know.
const TEXTS: [&str; 10] = [
    "“py”",
    "{{ “py” }}",
    "{{ python – 1 }}",
    "e\u{301}",
    "{{ python ~ \"–\" }}é",
    "日{{",
    "v“1.2.0”–é",
    "*–é>=1",
    "a/“b”:é@sha256:–",
    "",
];

/// A test of the tests: all of it is read, and has a plan.
#[test]
fn the_whole_matrix_has_a_plan() {
    for matrix in [WHOLE, core()] {
        assert_eq!(look(&laid(matrix), true), Ok(None));
    }
}

/// Each value in turn; the texts take turns, too, unless more cases are asked for.
#[test]
fn any_text_may_stand_in_any_value() {
    let all = std::env::var_os("PROPTEST_CASES").is_some();
    let mut faults = Vec::new();
    let mut seen = 0;
    for (matrix, from) in [(core(), 0), (WHOLE, values(core()))] {
        let folder = laid(matrix);
        for value in from..values(matrix) {
            for (nth, text) in TEXTS.iter().enumerate() {
                if !all && nth != value % TEXTS.len() {
                    continue;
                }
                let (changed, was) = put(matrix, value, text);
                write(&folder, "matrix.toml", changed.as_bytes());
                seen += 1;
                let looked = std::panic::catch_unwind(|| look(&folder, all));
                match looked {
                    Ok(Ok(_)) => {}
                    Ok(Err(why)) => faults.push(format!("{text:?} for {was:?}: {why}")),
                    Err(_) => faults.push(format!("{text:?} for {was:?}: a panic")),
                }
            }
        }
    }
    assert!(seen > 150, "{seen}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The matrix with `text` in the place of the value of that number, and what that was.
fn put(matrix: &str, number: usize, text: &str) -> (String, String) {
    let mut document: toml_edit::DocumentMut = matrix.parse().expect("a matrix");
    let mut put = Put {
        left: number,
        text,
        was: None,
    };
    put.visit_document_mut(&mut document);
    let was = put.was.expect("a value of that number");
    (document.to_string(), was)
}

/// How many texts a matrix holds.
fn values(matrix: &str) -> usize {
    let mut document: toml_edit::DocumentMut = matrix.parse().expect("a matrix");
    let mut count = Put {
        left: usize::MAX,
        text: "",
        was: None,
    };
    count.visit_document_mut(&mut document);
    usize::MAX - count.left
}

fn cases(share: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.div_ceil(share),
        failure_persistence: None,
        ..usual
    }
}

proptest! {
    #![proptest_config(cases(4))]

    /// A value that somebody mistyped, in a matrix that is sound otherwise.
    #[test]
    fn any_value_may_be_mistyped(
        value in any::<prop::sample::Index>(),
        edits in edits(),
        moving in prop::bool::weighted(0.1),
    ) {
        let value = value.index(values(core()));
        let was = put(core(), value, "").1;
        let text = edited(&was, &edits);
        let folder = laid(&put(core(), value, &String::from_utf8_lossy(&text)).0);
        if let Err(why) = look(&folder, moving) {
            prop_assert!(false, "for {was:?}: {why}");
        }
    }

    /// A matrix that somebody mistyped, or that is none.
    #[test]
    fn any_bytes_may_be_the_matrix(edits in edits(), whole in prop::bool::weighted(0.1), moving in prop::bool::weighted(0.1)) {
        let folder = laid(WHOLE);
        write(&folder, "matrix.toml", &edited(if whole { WHOLE } else { core() }, &edits));
        if let Err(why) = look(&folder, moving) {
            prop_assert!(false, "{why}");
        }
    }
}

proptest! {
    #![proptest_config(cases(8))]

    /// Any other file that is read.
    #[test]
    fn any_bytes_may_be_any_other_file(
        file in prop::sample::select(&FILES[1..]),
        edits in edits(),
        moving in prop::bool::weighted(0.2),
    ) {
        let folder = laid(core());
        write(&folder, file.0, &edited(file.1, &edits));
        if let Err(why) = look(&folder, moving) {
            prop_assert!(false, "{}: {why}", file.0);
        }
    }
}

proptest! {
    #![proptest_config(cases(16))]

    /// What was recorded of a release.
    #[test]
    fn any_bytes_may_be_the_lock(edits in edits(), moving in prop::bool::weighted(0.2)) {
        let folder = laid(core());
        write(&folder, "matrix.lock", &edited(&LOCK, &edits));
        if let Err(why) = look(&folder, moving) {
            prop_assert!(false, "{why}");
        }
    }
}

proptest! {
    #![proptest_config(cases(6))]

    /// A file with a place, of each language and format: read, or a finding.
    #[test]
    fn any_bytes_may_hold_a_pin(
        (file, by, text, _) in prop::sample::select(PLACES),
        edits in edits(),
    ) {
        let matrix = format!(
            "[release]\nversion = \"1.2.0\"\n[[release.pin]]\nfile = \"lib/{file}\"\n{by}\n[registry.hub]\nprefix = \"docker.io/acme\"\n[image.app]\naxes = []\ntag = \"{{{{ release.tag }}}}\"\nfrom = \"debian:13\"\n"
        );
        let folder = project(&[("matrix.toml", &matrix)]);
        write(&folder, &format!("lib/{file}"), &edited(&text.replace('@', "v1.2.0"), &edits));
        if let Err(why) = look(&folder, true) {
            prop_assert!(false, "{file}: {why}");
        }
    }
}
