//! The registry of finding codes, tested as data, and `docs/findings.md`, which is made from it.
//!
//! `UPDATE_DOCS=1 cargo test --test suite registry::` writes the document anew.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use basematrix::check::RULES;
use basematrix::diagnostic::{ALL, Code, Severity, Stage, by_name};

use crate::support;

const DOCUMENT: &str = "docs/findings.md";

/// Rule-stage codes that no rule raises, and the room that does: the plan exists there already.
const RAISED_BY_THE_FLOW: &[(&str, &str)] = &[
    ("lock-conflict", "lock"),
    ("lock-format", "lock"),
    ("lock-syntax", "lock"),
    ("login-unknown", "emit"),
    ("no-cells", "image"),
    ("not-built-here", "emit"),
    ("provider-limit", "emit"),
    ("release-baked", "image"),
    ("suppression-expired", "check"),
    ("suppression-unused", "check"),
    ("undeclared-emulation", "emit"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every UI case by name, with what it expects.
fn cases() -> BTreeMap<String, String> {
    let folders = fs::read_dir(root().join("tests/ui")).expect("tests/ui");
    let folders = folders
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir());
    folders
        .map(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let expected = fs::read_to_string(path.join("expected.txt"));
            (
                name.clone(),
                expected.unwrap_or_else(|e| panic!("{name}/expected.txt: {e}")),
            )
        })
        .collect()
}

/// The code that a case is named after.
fn code_of(case: &str) -> &str {
    case.split_once("--").map_or(case, |(code, _)| code)
}

/// The codes that a text shows as raised, in any format.
fn raised(expected: &str) -> BTreeSet<&str> {
    let severities = ["error[", "warning[", "note["];
    let shown = expected.lines().filter_map(|line| {
        let at = severities
            .iter()
            .find_map(|s| line.find(s).map(|at| at + s.len()))?;
        line[at..].split_once(']').map(|(code, _)| code)
    });
    let json = expected.lines().filter_map(|line| {
        line.trim()
            .strip_prefix("\"code\": \"")?
            .strip_suffix("\",")
    });
    shown.chain(json).collect()
}

#[test]
fn codes_are_sorted_unique_and_kebab_case() {
    for pair in ALL.windows(2) {
        assert!(
            pair[0].name < pair[1].name,
            "`{}` stands before `{}`",
            pair[0].name,
            pair[1].name
        );
    }
    for code in ALL {
        let words: Vec<&str> = code.name.split('-').collect();
        assert!(
            words
                .iter()
                .all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase())),
            "`{}` is not kebab-case",
            code.name
        );
        assert_eq!(by_name(code.name), Some(*code));
    }
}

#[test]
fn every_code_says_what_it_means() {
    for code in ALL {
        let (name, summary, explanation) = (code.name, code.summary, code.explanation);
        assert!(
            !summary.is_empty() && !summary.ends_with('.') && !summary.contains('\n'),
            "`{name}`: a summary is one line without a full stop: {summary}"
        );
        let first = summary.chars().next().unwrap_or_default();
        assert!(
            !first.is_uppercase(),
            "`{name}`: a summary begins in lower case: {summary}"
        );
        assert!(
            explanation.ends_with(['.', ')']) && explanation.len() > 20,
            "`{name}`: an explanation is at least a sentence: {explanation}"
        );
    }
}

#[test]
fn every_code_has_a_case_that_raises_it() {
    let cases = cases();
    let lacking: Vec<&str> = ALL
        .iter()
        .map(|code| code.name)
        .filter(|name| {
            !cases
                .get(*name)
                .is_some_and(|expected| raised(expected).contains(name))
        })
        .collect();
    assert!(
        lacking.is_empty(),
        "these want a folder tests/ui/<code> that raises them: {}",
        lacking.join(", ")
    );
}

#[test]
fn every_case_raises_the_code_it_is_named_after() {
    for (case, expected) in cases() {
        let code = code_of(&case);
        assert!(
            by_name(code).is_some(),
            "tests/ui/{case}: there is no code `{code}`"
        );
        assert!(
            raised(&expected).contains(code),
            "tests/ui/{case} does not raise `{code}`"
        );
        for raised in raised(&expected) {
            assert!(
                by_name(raised).is_some(),
                "tests/ui/{case} raises the unknown code `{raised}`"
            );
        }
    }
}

#[test]
fn every_rule_stage_code_is_a_rules_or_the_flows() {
    let mut of_rules = BTreeSet::new();
    for code in RULES.iter().flat_map(|rule| rule.codes) {
        assert_eq!(
            code.stage,
            Stage::Rule,
            "a rule raises `{}`, which stops the plan",
            code.name
        );
        assert!(
            of_rules.insert(code.name),
            "two rules raise `{}`",
            code.name
        );
    }
    let of_flow: BTreeSet<&str> = RAISED_BY_THE_FLOW.iter().map(|(code, _)| *code).collect();
    for code in ALL.iter().filter(|code| code.stage == Stage::Rule) {
        assert!(
            of_rules.contains(code.name) || of_flow.contains(code.name),
            "nothing raises `{}`",
            code.name
        );
    }
    for (code, room) in RAISED_BY_THE_FLOW {
        let id = code.to_uppercase().replace('-', "_");
        let mentions = sources(&root().join("src").join(room))
            .iter()
            .any(|text| text.contains(&format!("code::{id}")) || text.contains("release_finding"));
        assert!(
            mentions,
            "`{code}` is said to be raised in src/{room}, which does not"
        );
    }
}

fn sources(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path: PathBuf = entry.expect("an entry").path();
        if path.is_dir() {
            texts.extend(sources(&path));
        } else {
            texts.push(fs::read_to_string(&path).expect("a source"));
        }
    }
    texts
}

/// A finding that stops the plan ends in 2; a run with errors of rules alone ends in 1; all else in 0.
#[test]
fn exit_codes_follow_from_the_codes() {
    for (case, expected) in cases() {
        if !expected.starts_with("$ gen check") || expected.contains("--deny-warnings") {
            continue;
        }
        let codes: Vec<Code> = raised(&expected).into_iter().filter_map(by_name).collect();
        let wanted = if codes.iter().any(|code| code.stage == Stage::Plan) {
            2
        } else if weighs_itself(&case) {
            i32::from(expected.contains("error[") || expected.contains("\"severity\": \"error\""))
        } else {
            i32::from(codes.iter().any(|code| code.severity == Severity::Error))
        };
        assert!(
            expected.contains(&format!("\nexit code {wanted}\n")),
            "tests/ui/{case} should end in {wanted}"
        );
    }
}

/// Whether the matrix of a case gives findings another weight than their codes have.
fn weighs_itself(case: &str) -> bool {
    let matrix = root().join("tests/ui").join(case).join("matrix.toml");
    let weighs = |text: String| text.contains("[check.severity]") || text.contains("[channel.");
    fs::read_to_string(matrix).is_ok_and(weighs)
}

/// The first finding of that code that a case shows in full.
fn example(code: Code, expected: &str) -> String {
    let head = format!("{}[{}]: ", code.severity.as_str(), code.name);
    let lines = expected.lines().skip_while(|line| !line.starts_with(&head));
    let shown: Vec<&str> = lines
        .take_while(|line| !line.is_empty())
        .map(str::trim_end)
        .collect();
    assert!(
        !shown.is_empty(),
        "tests/ui/{} shows no `{head}`",
        code.name
    );
    shown.join("\n")
}

fn meaning(code: Code) -> &'static str {
    match (code.stage, code.severity) {
        (Stage::Plan, _) => "no plan can be built, exit code 2",
        (Stage::Rule, Severity::Error) => "exit code 1",
        (Stage::Rule, Severity::Warning) => "exit code 0, or 1 with `--deny-warnings`",
        (Stage::Rule, Severity::Note) => "exit code 0",
    }
}

fn document() -> String {
    let cases = cases();
    let mut text = String::from(
        "# Findings\n\n\
         <!-- Made from the registry in src/diagnostic/codes.rs and the cases in tests/ui: change those, \
         and run `UPDATE_DOCS=1 cargo test --test suite registry::`. -->\n\n\
         What `gen` reports has a stable code, a place and a next step. All comes in one run: causes before \
         their effects, then by path, place and code. What has one cause is one finding, however many files and values show \
         it. [checks.md](checks.md#where-findings-are-shown) has the formats.\n\n\
         A finding that leaves no plan to build ends a run with exit code 2; errors that rules found in a plan end \
         `gen check` and `gen matrix` with 1. Warnings and notes fail nothing; under `gen check --deny-warnings` warnings do.\n\n\
         | code | severity | exit code | what is found |\n|---|---|---|---|\n",
    );
    for code in ALL {
        let exit = match (code.stage, code.severity) {
            (Stage::Plan, _) => 2,
            (Stage::Rule, severity) => i32::from(severity == Severity::Error),
        };
        let _ = writeln!(
            text,
            "| [`{0}`](#{0}) | {1} | {exit} | {2} |",
            code.name,
            code.severity.as_str(),
            code.summary.replace('|', "\\|"),
        );
    }
    for code in ALL {
        let example = cases.get(code.name).map(|expected| example(code, expected));
        let _ = write!(
            text,
            "\n## {}\n\n{}{} ({}, {}).\n\n{}\n\n```text\n{}\n```\n",
            code.name,
            code.summary[..1].to_uppercase(),
            &code.summary[1..],
            code.severity.as_str(),
            meaning(code),
            code.explanation,
            example.unwrap_or_default(),
        );
    }
    text
}

#[test]
fn the_document_is_fresh() {
    support::fresh(DOCUMENT, &document(), "made from the registry", "registry");
}
