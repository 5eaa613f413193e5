//! What people read: every case below `tests/ui/` is run as a user would, and its whole answer is compared.
//!
//! A case is a folder named `<code>` or `<code>--<what>`, and holds a small repository:
//!
//! - `matrix.toml` and whatever else it needs;
//! - `args`, one command line each line (default: `check --format full`); the last is judged, those before prepare it,
//!   and may call git;
//! - `after/`, laid over the repository between preparation and judgement;
//! - `expected.txt`, the exit code, stdout and stderr. `UPDATE_UI=1 cargo test --test suite ui::` writes it anew: read the
//!   difference before it is committed.

use crate::support;

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use basematrix::diagnostic::visible;
use itertools::Itertools;
use serde_json::Value;
use similar::TextDiff;
use tempfile::TempDir;

const UPDATE: &str = "UPDATE_UI";
/// Files that belong to the case and not to its repository.
const OWN: [&str; 3] = ["args", "after", "expected.txt"];

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("tests/ui")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn name(case: &Path) -> String {
    case.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Copies what is in `from` into `to`, links as links.
fn lay(from: &Path, to: &Path, without: &[&str]) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        if without.iter().any(|own| entry.file_name() == **own) {
            continue;
        }
        let target = to.join(entry.file_name());
        let kind = entry.file_type().expect("its kind");
        if kind.is_symlink() {
            let link = fs::read_link(entry.path()).expect("a link");
            std::os::unix::fs::symlink(link, &target).expect("a link");
        } else if kind.is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            lay(&entry.path(), &target, &[]);
        } else {
            fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

/// `gen` with nothing of the caller's environment that changes how it speaks.
fn run_gen(root: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    command.current_dir(root).args(line.split_whitespace());
    for (key, _) in env::vars_os() {
        let key = key.to_string_lossy().into_owned();
        let speaks = [
            "CI",
            "NO_COLOR",
            "LANG",
            "LANGUAGE",
            "COLUMNS",
            "TERM",
            "COLORTERM",
        ];
        if speaks.contains(&key.as_str())
            || ["CLICOLOR", "GITHUB_", "GITLAB_", "LC_"]
                .iter()
                .any(|prefix| key.starts_with(prefix))
        {
            command.env_remove(&key);
        }
    }
    command.env("SOURCE_DATE_EPOCH", support::SOURCE_DATE_EPOCH.0);
    command.output().expect("gen runs")
}

/// The repository of a case, and the command that is judged.
struct Stage {
    folder: TempDir,
    line: String,
}

impl Stage {
    fn set(case: &Path) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        lay(case, folder.path(), &OWN);
        let args = fs::read_to_string(case.join("args")).unwrap_or_default();
        let mut lines: Vec<&str> = args
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let line = lines.pop().unwrap_or("check --format full").to_owned();
        for line in lines {
            if let Some(line) = line.strip_prefix("git ") {
                let words: Vec<&str> = line.split_whitespace().collect();
                support::git(folder.path(), &words);
                continue;
            }
            let output = run_gen(folder.path(), line);
            assert!(
                output.status.code().is_some_and(|code| code < 2),
                "{}: `gen {line}` prepares the case, and failed:\n{}",
                name(case),
                String::from_utf8_lossy(&output.stderr),
            );
        }
        let after = case.join("after");
        if after.is_dir() {
            lay(&after, folder.path(), &[]);
        }
        Stage { folder, line }
    }

    fn run(&self, line: &str) -> (i32, String, String) {
        let output = run_gen(self.folder.path(), line);
        let root = self.folder.path().canonicalize().expect("the root");
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("gen speaks UTF-8");
            text.replace(&*root.to_string_lossy(), "[ROOT]")
        };
        (
            output.status.code().expect("an exit code"),
            text(output.stdout),
            text(output.stderr),
        )
    }

    fn transcript(&self) -> String {
        let (code, stdout, stderr) = self.run(&self.line);
        format!(
            "$ gen {}\nexit code {code}\n\n# stdout\n{stdout}\n# stderr\n{stderr}",
            self.line
        )
    }
}

/// Runs `judge` over the cases, on every core, and fails with all that it had to say.
fn each(cases: &[PathBuf], judge: impl Fn(&Path) -> Result<(), String> + Sync) {
    assert!(!cases.is_empty(), "there are no cases below tests/ui");
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(fault) = judge(case) {
                        failures.lock().expect("no panic").push((name(case), fault));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no panic");
    failures.sort();
    let told: Vec<String> = failures
        .iter()
        .map(|(name, fault)| format!("== {name}\n{fault}"))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases fail:\n\n{}",
        failures.len(),
        cases.len(),
        told.join("\n\n"),
    );
}

#[test]
fn every_case_says_what_is_expected() {
    let update = env::var_os(UPDATE).is_some();
    each(&cases(), |case| {
        let actual = Stage::set(case).transcript();
        let path = case.join("expected.txt");
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if actual == expected {
            return Ok(());
        }
        if update {
            fs::write(&path, actual).expect("expected.txt is written");
            return Ok(());
        }
        let diff = TextDiff::from_lines(expected.as_str(), actual.as_str())
            .unified_diff()
            .context_radius(4)
            .header("expected", "actual")
            .to_string();
        Err(format!(
            "{diff}\nto accept: `{UPDATE}=1 cargo test --test suite ui::`"
        ))
    });
}

/// Of the cases of each code the first.
fn one_of_each_code() -> Vec<PathBuf> {
    let all = cases().into_iter();
    all.unique_by(|case| name(case).split("--").next().map(str::to_owned))
        .collect()
}

/// The same run in each format says the same findings at the same places; JSON states them to the byte. A format knows nothing
/// of rules: one case of each code, and all of them with FULL in the environment.
#[test]
fn the_formats_agree() {
    let judged = match env::var_os("FULL") {
        Some(_) => cases(),
        None => one_of_each_code(),
    };
    each(&judged, |case| {
        let stage = Stage::set(case);
        let Some((bare, _)) = stage.line.split_once("--format ") else {
            return Ok(());
        };
        if !bare.starts_with("check") || bare.contains("--diff") {
            return Ok(());
        }
        let (code, stdout, full) = stage.run(&format!("{bare} --format full"));
        let (concise_code, _, concise) = stage.run(&format!("{bare} --format concise"));
        let (json_code, json, summary) = stage.run(&format!("{bare} --format json"));
        let (_, _, coloured) = stage.run(&format!("{bare} --format full --color always"));
        let findings: Value = serde_json::from_str(&json).map_err(|e| format!("{e}:\n{json}"))?;
        let findings = findings.as_array().ok_or("the JSON is no array")?;
        let mut faults = Vec::new();
        let mut hold = |holds: bool, fact: String| {
            if !holds {
                faults.push(fact);
            }
        };
        hold(
            code == concise_code && code == json_code,
            "the exit codes differ".to_owned(),
        );
        hold(
            stdout.is_empty(),
            format!("`--format full` wrote to stdout: {stdout}"),
        );
        hold(
            plain(&coloured) == full,
            format!("colour changes what is said:\n{coloured}"),
        );
        let lines: Vec<&str> = concise.lines().collect();
        hold(
            lines.len() == findings.len() + 1 && lines.last() == summary.lines().last().as_ref(),
            format!("{} findings in JSON, but\n{concise}", findings.len()),
        );
        for (finding, line) in findings.iter().zip(&lines) {
            let text = |key: &str| finding[key].as_str().unwrap_or_default();
            let head = format!(
                "{}[{}]: {}",
                text("severity"),
                text("code"),
                visible(text("message"))
            );
            let at = position(&finding["place"]);
            // Behind it stands what else has the same cause.
            let rest = line.strip_prefix(&format!("{at}: {head}"));
            hold(
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("; also ")),
                format!("concise says\n{line}\nJSON {at}: {head}"),
            );
            hold(
                full.contains(&head),
                format!("the full format lacks `{head}`"),
            );
            let related = finding["related"].as_array().map_or(&[][..], Vec::as_slice);
            let mut before: Vec<&Value> = Vec::new();
            for place in [&finding["place"]].into_iter().chain(related) {
                let at = position(place);
                // Places of one file share a snippet, which names the line of the first alone.
                let shown = [format!("> {at}\n"), format!("::: {at}\n")];
                hold(
                    before.contains(&&place["path"])
                        || shown.iter().any(|line| full.contains(line)),
                    format!("the full format lacks the place {at}"),
                );
                before.push(&place["path"]);
                let label = place["label"].as_str().unwrap_or_default();
                hold(
                    full.contains(&*visible(label)),
                    format!("the full format lacks the label `{label}`"),
                );
                if let Err(fault) = to_the_byte(stage.folder.path(), place) {
                    hold(false, fault);
                }
            }
            for key in ["notes", "help"] {
                for text in finding[key]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                {
                    hold(
                        full.contains(&*visible(text)),
                        format!("the full format lacks `{text}`"),
                    );
                }
            }
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults.join("\n"))
        }
    });
}

fn position(place: &Value) -> String {
    let path = place["path"].as_str().unwrap_or_default();
    match (place["line"].as_u64(), place["column"].as_u64()) {
        (Some(line), Some(column)) => format!("{path}:{line}:{column}"),
        _ => path.to_owned(),
    }
}

/// Line and column follow from the start byte, and the bytes are those of a text.
fn to_the_byte(root: &Path, place: &Value) -> Result<(), String> {
    let path = place["path"].as_str().unwrap_or_default();
    let (Some(start), Some(end)) = (place["start"].as_u64(), place["end"].as_u64()) else {
        return Ok(());
    };
    let text = match path.strip_prefix("gen:") {
        Some(shipped) => fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped)),
        None => fs::read_to_string(root.join(path)),
    };
    let text = match text {
        // What is no text is told where it ceases to be one.
        Err(error) if error.kind() == ErrorKind::InvalidData => return Ok(()),
        text => text.map_err(|e| format!("{path}: {e}"))?,
    };
    let [start, end] = [start, end].map(|at| usize::try_from(at).expect("a place"));
    let before = text
        .get(..start)
        .ok_or(format!("{path}: byte {start} is inside a character"))?;
    text.get(start..end)
        .ok_or(format!("{path}: bytes {start} to {end} are no text of it"))?;
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    if position(place) == format!("{path}:{line}:{column}") {
        Ok(())
    } else {
        Err(format!(
            "byte {start} of {path} is {line}:{column}, not {}",
            position(place)
        ))
    }
}

/// A text without its ANSI sequences.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, sequence)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = sequence.split_once('m').map_or("", |(_, after)| after);
    }
    out + rest
}
