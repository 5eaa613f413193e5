//! What went wrong in the field, replayed: each folder of `tests/incidents` is a small repository in which it happened.
//!
//! A case is a folder named `<system>-<what>`, and holds
//!
//! - `incident.toml`: where it is told of (issues, commits or files of that system), what happened, and the codes that
//!   catch it;
//! - `matrix.toml` and the files that it takes. Nothing is written in them, so outputs are let be missing;
//! - `args`, one command line each line; the last is judged, those before it prepare. `--as-of` puts it in its time;
//! - `after/`, laid over the repository between preparation and judgement;
//! - `mended/`, what puts it right, laid over at last, and `mend`, the commands that do.
//!
//! The codes must be found, and no other; once mended nothing at all. `prevented.toml` names what cannot happen here any
//! more, with the test that holds it, and `beyond.toml` what no check without a network can know. `docs/incidents.md`
//! is made from all three: `UPDATE_DOCS=1 cargo test --test suite incidents::` writes it anew.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use basematrix::diagnostic::by_name;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;

use crate::support;

use support::{lay, stderr};

const DOCUMENT: &str = "docs/incidents.md";
const FOLDER: &str = "tests/incidents";

/// The systems, as folders begin, with their names.
const SYSTEMS: [(&str, &str); 6] = [
    ("truss", "Truss"),
    ("caliban", "Caliban"),
    ("envd", "envd"),
    ("elyra", "Elyra"),
    ("core-images", "core images"),
    ("field", "others"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Incident {
    source: String,
    happened: String,
    caught: BTreeSet<String>,
}

struct Case {
    name: String,
    folder: PathBuf,
    incident: Incident,
    /// Command lines; never empty.
    lines: Vec<String>,
}

/// What cannot happen any more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prevented {
    system: String,
    source: String,
    happened: String,
    /// Why it cannot.
    by: String,
    /// `path::name` of a test.
    test: String,
}

/// What is not seen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beyond {
    system: String,
    source: String,
    happened: String,
    /// Why it is not.
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows<T> {
    row: Vec<T>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn toml<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn prevented() -> Vec<Prevented> {
    toml::<Rows<_>>(&root().join(FOLDER).join("prevented.toml")).row
}

fn beyond() -> Vec<Beyond> {
    toml::<Rows<_>>(&root().join(FOLDER).join("beyond.toml")).row
}

fn words(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Every case, by system and name.
fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = fs::read_dir(root().join(FOLDER))
        .expect(FOLDER)
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|folder| Case {
            name: folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            incident: toml(&folder.join("incident.toml")),
            lines: words(&folder.join("args")),
            folder,
        })
        .collect();
    cases.sort_by_key(|case| (system(&case.name).0, case.name.clone()));
    cases
}

/// The system of a case: its place in their order, and its name.
fn system(case: &str) -> (usize, &'static str) {
    let found = SYSTEMS
        .iter()
        .position(|(prefix, _)| case.starts_with(&format!("{prefix}-")));
    let index = found.unwrap_or_else(|| panic!("{FOLDER}/{case} is of no system"));
    (index, SYSTEMS[index].1)
}

/// The codes of what a command line finds in a folder.
fn codes(folder: &Path, line: &str) -> BTreeSet<String> {
    let mut args: Vec<&str> = line.split_whitespace().collect();
    args.extend(["--format", "json"]);
    let output = support::run(folder, &args);
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("gen {line}: {e}\n{}", stderr(&output)));
    findings
        .iter()
        .filter_map(|f| Some(f["code"].as_str()?.to_owned()))
        .collect()
}

fn prepare(folder: &Path, line: &str) {
    let output = support::run(folder, &line.split_whitespace().collect::<Vec<_>>());
    let code = output.status.code();
    assert!(
        code.is_some_and(|c| c < 2),
        "gen {line}:\n{}",
        stderr(&output)
    );
}

fn judge(case: &Case) -> Result<(), String> {
    let (line, before) = case.lines.split_last().ok_or("`args` is empty")?;
    let copy = TempDir::new().expect("a temporary folder");
    lay(&case.folder, copy.path());
    for own in ["mended", "after"] {
        fs::remove_dir_all(copy.path().join(own)).ok();
    }
    before.iter().for_each(|line| prepare(copy.path(), line));
    if case.folder.join("after").is_dir() {
        lay(&case.folder.join("after"), copy.path());
    }
    // What needs no preparation is judged where it lies, as the document says.
    let place = if before.is_empty() {
        &case.folder
    } else {
        copy.path()
    };
    let found = codes(place, line);
    if found != case.incident.caught {
        return Err(format!(
            "{:?} is found, not {:?}",
            found, case.incident.caught
        ));
    }
    if case.folder.join("mended").is_dir() {
        lay(&case.folder.join("mended"), copy.path());
    }
    words(&case.folder.join("mend"))
        .iter()
        .for_each(|line| prepare(copy.path(), line));
    let left = codes(copy.path(), line);
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("{left:?} is left once it is mended"))
    }
}

#[test]
fn every_incident_is_caught_and_its_mended_version_is_clean() {
    let faults: Vec<String> = cases()
        .iter()
        .filter_map(|case| Some(format!("{}: {}", case.name, judge(case).err()?)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_incident_is_caught_by_codes_there_are() {
    for case in cases() {
        assert!(!case.incident.caught.is_empty(), "{}", case.name);
        for code in &case.incident.caught {
            assert!(
                by_name(code).is_some(),
                "{}: there is no code `{code}`",
                case.name
            );
        }
    }
}

#[test]
fn what_is_prevented_is_held_by_a_test_there_is() {
    for row in prevented() {
        let (path, name) = row.test.rsplit_once("::").expect("path::name");
        let text = fs::read_to_string(root().join(path)).unwrap_or_default();
        let holds = [format!("fn {name}("), format!("def {name}(")];
        assert!(
            holds.iter().any(|h| text.contains(h)),
            "there is no test `{}`",
            row.test
        );
    }
}

/// A text as it stands in a cell of a table, as a sentence.
fn cell(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect::<String>().replace('|', "\\|")
}

fn shown(case: &Case) -> String {
    let path = format!("{FOLDER}/{}", case.name);
    match case.lines.as_slice() {
        [line] => format!("`gen -C {path} {line}`"),
        lines => {
            let mut steps: Vec<String> = lines.iter().map(|line| format!("`gen {line}`")).collect();
            steps.insert(steps.len() - 1, "`after/` laid over it".to_owned());
            format!("in a copy of `{path}`: {}", steps.join(", "))
        }
    }
}

fn document() -> String {
    let mut text = String::from(
        "# Incidents\n\n\
         <!-- Made from tests/incidents: change its cases, and run `UPDATE_DOCS=1 cargo test --test suite incidents::`. -->\n\n\
         Five systems were studied before this one was written: Truss, Caliban, envd, Elyra, and the core images of a \
         platform team. What went wrong in them, by their trackers and histories, is what `gen` is measured by; so is what other projects reported \
         since.\n\n\
         ## Caught\n\n\
         Each is replayed in a small repository, where these codes are found and no others, and where nothing is found once \
         it is mended. The commands are run from the root of this repository, and write nothing there.\n\n\
         | system | told of in | what happened | caught by | to see it |\n|---|---|---|---|---|\n",
    );
    for case in cases() {
        let Incident {
            source,
            happened,
            caught,
        } = &case.incident;
        let codes: Vec<String> = caught
            .iter()
            .map(|code| format!("[`{code}`](findings.md#{code})"))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            system(&case.name).1,
            cell(source),
            cell(happened),
            codes.join(", "),
            shown(&case),
        );
    }
    text += "\n## Prevented\n\n\
         These cannot happen to what is generated, and a test holds that.\n\n\
         | system | told of in | what happened | why not here | held by |\n|---|---|---|---|---|\n";
    for row in prevented() {
        let Prevented {
            system,
            source,
            happened,
            by,
            test,
        } = row;
        let _ = writeln!(
            text,
            "| {system} | {} | {} | {} | `{test}` |",
            cell(&source),
            cell(&happened),
            cell(&by)
        );
    }
    text += "\n## Beyond\n\n\
         These are not seen by any check that runs without a network and without building.\n\n\
         | system | told of in | what happened | why it is not seen |\n|---|---|---|---|\n";
    for row in beyond() {
        let Beyond {
            system,
            source,
            happened,
            reason,
        } = row;
        let (source, happened, reason) = (cell(&source), cell(&happened), cell(&reason));
        let _ = writeln!(text, "| {system} | {source} | {happened} | {reason} |");
    }
    text
}

#[test]
fn the_document_is_fresh() {
    support::fresh(
        DOCUMENT,
        &document(),
        "made from tests/incidents",
        "incidents",
    );
}
