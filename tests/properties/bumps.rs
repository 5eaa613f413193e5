//! Random libraries, bumped from version to version: what is read back is what was asked for, and every other byte stays.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use basematrix::bump::Destination;
use basematrix::bump::{Asked, plan};
use basematrix::diagnostic::{Sink, full};
use basematrix::facts::Day;
use basematrix::flow;
use basematrix::output::{self, Change, Edit};
use basematrix::release::pins;
use basematrix::source::Repository;
use proptest::prelude::*;
use tempfile::TempDir;

/// How a place states the release: `states`, and what that is for a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum States {
    Tag,
    Version,
    Series,
    Words,
    Numbers,
}

impl States {
    fn template(self) -> &'static str {
        match self {
            States::Tag => "{{ tag }}",
            States::Version => "{{ version }}",
            States::Series => "{{ major }}.{{ minor }}.x",
            States::Words => "acme {{ version }} of {{ major }}",
            States::Numbers => "{{ major }}.{{ minor }}.{{ patch }}",
        }
    }

    fn text(self, version: &Version) -> String {
        let (Version { numbers, .. }, text) = (version, version.to_string());
        match self {
            States::Tag => format!("v{text}"),
            States::Version => text,
            States::Series => format!("{}.{}.x", numbers[0], numbers[1]),
            States::Words => format!("acme {text} of {}", numbers[0]),
            States::Numbers => format!("{}.{}.{}", numbers[0], numbers[1], numbers[2]),
        }
    }
}

/// File name, how the place is named, the text, in which `@` is what is stated, and whether spaces can stand there.
pub(super) const PLACES: &[(&str, &str, &str, bool)] = &[
    (
        "a.py",
        "constant = \"TAG\"",
        "import x\nTAG = \"@\"  # TAG = 'other'\nOTHER = TAG\n",
        true,
    ),
    (
        "b.py",
        "constant = \"TAG\"",
        "TAG: Final[str] = (\n    '@'\n)\n",
        true,
    ),
    (
        "c.py",
        "constant = \"Images.TAG\"",
        "class Images:\n    '''TAG = 1'''\n    TAG = r'@'\n",
        true,
    ),
    (
        "a.rs",
        "constant = \"TAG\"",
        "//! TAG\npub(crate) const TAG: &str = \"@\";\n",
        true,
    ),
    (
        "b.rs",
        "constant = \"TAG\"",
        "static TAG: &'static str = r##\"@\"##;\n",
        true,
    ),
    (
        "a.go",
        "constant = \"Tag\"",
        "package a\n\nconst (\n\tOther = \"v1\"\n\tTag   = \"@\" // ours\n)\n",
        true,
    ),
    (
        "b.go",
        "constant = \"Tag\"",
        "package a\nvar Tag string = `@`\n",
        true,
    ),
    (
        "a.ts",
        "constant = \"TAG\"",
        "export const OTHER = 1, TAG: string = '@' as const;\n",
        true,
    ),
    (
        "a.js",
        "constant = \"TAG\"",
        "const TAG = `@`; // const TAG = 'x'\n",
        true,
    ),
    (
        "a.sh",
        "constant = \"TAG\"",
        "#!/bin/sh\nset -e\nreadonly TAG=\"@\"\necho \"$TAG\"\n",
        true,
    ),
    ("b.sh", "constant = \"TAG\"", "export TAG=@ # ours\n", false),
    (
        "c.env",
        "constant = \"TAG\"",
        "# TAG=0\nOTHER=1\nTAG=@\n",
        false,
    ),
    (
        "Makefile",
        "constant = \"TAG\"",
        "TAG := @\nall:\n\techo $(TAG)\n",
        false,
    ),
    (
        "Dockerfile",
        "constant = \"TAG\"",
        "# syntax=docker/dockerfile:1\nARG TAG=@\nFROM scratch\n",
        false,
    ),
    (
        "a.toml",
        "key = \"x.y.tag\"",
        "[x]\na = 1\n[x.y]   # here\ntag   =   '@'   # ours\n",
        true,
    ),
    (
        "b.toml",
        "key = \"x.y.tag\"",
        "x = { y = { tag = \"@\", z = [1, 2] } }\n",
        true,
    ),
    (
        "a.json",
        "key = \"x.tag\"",
        "{\n\t\"x\" : { \"tag\":\"@\" , \"z\": 1e3 }\n}\n",
        true,
    ),
    (
        "b.yaml",
        "key = \"x.tag\"",
        "x:\n    other: &a 1\n    tag: \"@\"   # ours\nlist: [1, 2]\n",
        true,
    ),
    ("c.yaml", "key = \"x.tag\"", "x: {tag: '@', y: z}\n", true),
    (
        "a.txt",
        "search = '^release: (.+?) ;$'",
        "other: 1\nrelease: @ ;\nrelease:\n",
        true,
    ),
];

#[derive(Clone, Debug)]
struct Version {
    numbers: [u64; 3],
    pre: Option<u64>,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        self.pre.map_or(Ok(()), |pre| write!(f, "-rc.{pre}"))
    }
}

fn versions() -> impl Strategy<Value = Version> {
    let number = prop_oneof![3 => 0_u64..12, 1 => 0_u64..3_000];
    (
        prop::array::uniform3(number),
        prop::option::weighted(0.3, 0_u64..20),
    )
        .prop_map(|(numbers, pre)| Version { numbers, pre })
}

#[derive(Clone, Debug)]
struct Library {
    /// Index of the place, and what it states.
    pins: Vec<(usize, States)>,
    /// Lines of documents; in each, which image is named how, if any.
    lines: Vec<Option<(usize, bool)>>,
    crlf: bool,
    mark: bool,
    newline: bool,
}

fn libraries() -> impl Strategy<Value = Library> {
    let states = prop::sample::select(
        &[
            States::Tag,
            States::Version,
            States::Series,
            States::Words,
            States::Numbers,
        ][..],
    );
    (
        prop::collection::vec((0..PLACES.len(), states), 1..8),
        prop::collection::vec(prop::option::of((0_usize..4, any::<bool>())), 0..12),
        any::<bool>(),
        prop::bool::weighted(0.2),
        any::<bool>(),
    )
        .prop_map(|(mut pins, lines, crlf, mark, newline)| {
            pins.sort_by_key(|(place, _)| *place);
            pins.dedup_by_key(|(place, _)| *place);
            for (place, states) in &mut pins {
                if *states == States::Words && !PLACES[*place].3 {
                    *states = States::Tag;
                }
            }
            Library {
                pins,
                lines,
                crlf,
                mark,
                newline,
            }
        })
}

const SPELLINGS: [&str; 4] = [
    "acme/base",
    "docker.io/acme/base",
    "docker://acme/base",
    "ghcr.io/acme/base",
];

impl Library {
    fn dressed(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if !self.newline {
            text.truncate(text.trim_end().len());
        }
        if self.crlf {
            text = text.replace('\n', "\r\n");
        }
        if self.mark {
            format!("\u{feff}{text}")
        } else {
            text
        }
    }

    /// The files of the library as they should be at a version.
    fn at(&self, version: &Version) -> BTreeMap<String, String> {
        let mut matrix = format!("# Ours.\n[release]\nversion = '{version}'  # moved\n");
        let mut files = BTreeMap::new();
        for (place, states) in &self.pins {
            let (file, by, text, _) = PLACES[*place];
            let _ = writeln!(
                matrix,
                "[[release.pin]]\nfile = \"lib/{file}\"\n{by}\nstates = \"{}\"",
                states.template()
            );
            files.insert(
                format!("lib/{file}"),
                self.dressed(&text.replace('@', &states.text(version))),
            );
        }
        matrix += "[[release.mention]]\nfiles = [\"docs/**\"]\npre-releases = true\n[registry.hub]\nprefix = \"docker.io/acme\"\n[registry.ghcr]\nprefix = \"ghcr.io/acme\"\n[axis]\npython = [\"3.12\", \"3.13\"]\n[image.base]\ntag = \"{{ python }}-{{ release.tag }}\"\nfrom = \"python:{{ python }}\"\n";
        files.insert("matrix.toml".to_owned(), self.dressed(&matrix));
        let mut text = String::from("# Ä\n");
        for line in &self.lines {
            text += &match line {
                None => "3.12-v1.2.3 acme/base ghcr.io/other/base:3.12-v1.2.3\n".to_owned(),
                Some((spelling, newer)) => {
                    let python = if *newer { "3.13" } else { "3.12" };
                    format!("see `{}:{python}-v{version}`.\n", SPELLINGS[*spelling])
                }
            };
        }
        files.insert("docs/a.md".to_owned(), self.dressed(&text));
        files
    }

    fn laid(&self, version: &Version) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in self.at(version) {
            let at = folder.path().join(path);
            fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
            fs::write(at, text).expect("a file");
        }
        folder
    }
}

fn bump(folder: &Path, to: &Version) -> Result<(), String> {
    let repository = Repository::find(folder, None).expect("a repository");
    let mut sink = Sink::new();
    let asked = Asked {
        target: Destination::Version(to.to_string()),
        back: true,
        begun: None,
        today: Day::EPOCH,
    };
    let bump = plan(&repository, &asked, &mut sink)
        .map_err(|fault| format!("{fault}\n{}", full(&sink.into_sorted(), false)))?;
    let changes: Vec<&Change> = bump.drift.changes.iter().collect();
    let edits: Vec<Edit> = bump.files.iter().map(|f| f.edit.clone()).collect();
    output::write(&repository, &changes, &edits).expect("written");
    Ok(())
}

/// Fails where the files on disk are not these.
fn are(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), TestCaseError> {
    for (path, wanted) in files {
        let found = fs::read_to_string(folder.join(path)).expect("text");
        prop_assert_eq!(&found, wanted, "{}", path);
    }
    Ok(())
}

/// Fails where a pin does not state the release as it should, by the library's own eyes.
fn read_back(folder: &Path, library: &Library, version: &Version) -> Result<(), TestCaseError> {
    let repository = Repository::find(folder, None).expect("a repository");
    let expanded = flow::expand(&repository, &mut Sink::new()).expect("a plan");
    let release = expanded.config.release.as_ref().expect("a release");
    prop_assert_eq!(&release.version, &version.to_string());
    for (pin, (_, states)) in release.pins.iter().zip(&library.pins) {
        let seen = pins::look(&repository, pin).expect("a place");
        prop_assert_eq!(seen.found.len(), 1);
        prop_assert_eq!(&seen.found[0].value, &states.text(version));
        prop_assert_eq!(&pin.states, &states.text(version));
    }
    Ok(())
}

proptest! {
    #![proptest_config({
        let usual = ProptestConfig::default();
        // Each case is four bumps.
        ProptestConfig { cases: usual.cases.div_ceil(4), failure_persistence: None, ..usual }
    })]

    #[test]
    fn a_bump_is_what_was_asked_for_and_nothing_else(
        library in libraries(),
        a in versions(),
        b in versions(),
        c in versions(),
    ) {
        let folder = library.laid(&a);
        for version in [&b, &c, &a, &c] {
            if let Err(why) = bump(folder.path(), version) {
                prop_assert!(false, "{a} to {version}: {why}");
            }
            // From B to C as from A to C, and back to A: always as if it had been written so.
            are(folder.path(), &library.at(version))?;
            read_back(folder.path(), &library, version)?;
        }
    }
}
