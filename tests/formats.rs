//! The formats in which others read findings: GitHub's runner, GitLab's Code Quality, SARIF.

use crate::support;

use basematrix::diagnostic::{Code, Finding, Place, by_name, github, gitlab, json, sarif};
use basematrix::source::SourceFile;
use serde_json::Value;

fn code(name: &str) -> Code {
    by_name(name).expect("a code")
}

/// Findings with what each format has to spell otherwise: line breaks, percent signs, colons, letters beyond ASCII.
fn findings() -> Vec<Finding> {
    let file = SourceFile::new("dir a/é:1,100%.toml", "a = 1\nb = \"日本\" # “py”\n");
    let at = Place::span(&file, 10..18, "50%\n::warning::here");
    let other = SourceFile::new("other.toml", "x\ny\n");
    vec![
        Finding::new(
            code("unknown-key"),
            "a, b: c\r\n::error::d 100%",
            at.clone(),
        )
        .related(Place::span(&other, 2..3, "and here"))
        .note("why\u{1b}[31m")
        .help("do `x`"),
        Finding::new(
            code("missing-output"),
            "`gone` does not exist",
            Place::file("gone"),
        ),
        Finding::new(
            code("floating-base"),
            "moves",
            Place::span(&other, 0..3, ""),
        ),
        Finding::new(
            code("floating-base"),
            "moves",
            Place::span(&other, 2..3, ""),
        ),
        Finding::new(code("release-baked"), "note", Place::file("n")),
    ]
}

/// As `@actions/core` writes them, and the runner reads them.
#[test]
fn github_is_given_commands_of_one_line_each() {
    let text = github(&findings());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert_eq!(
        lines[0],
        "::error file=dir a/é%3A1%2C100%25.toml,line=2,col=5,endLine=2,endColumn=9,title=unknown-key::\
         a, b: c\\r\\n::error::d 100%25%0A50%25\\n::warning::here%0Asee other.toml:2:1: and here%0A\
         note: why\\u{1b}[31m%0Ahelp: do `x`"
    );
    assert_eq!(
        lines[1],
        "::error file=gone,title=missing-output::`gone` does not exist"
    );
    // Columns are of one line.
    assert!(lines[2].starts_with("::warning file=other.toml,line=1,col=1,endLine=2,title="));
    assert!(lines[4].starts_with("::notice file=n,title=release-baked::"));
    let many: Vec<Finding> = (0..12).map(|_| findings().remove(1)).collect();
    let text = github(&many);
    assert_eq!(
        text.lines().filter(|l| l.starts_with("::error")).count(),
        12
    );
    assert!(
        text.contains("10 findings of a type beside the change; 2 more"),
        "{text}"
    );
}

#[test]
fn gitlab_is_given_all_that_it_requires() {
    let text = gitlab(&findings());
    let issues: Value = serde_json::from_str(&text).expect("JSON");
    let issues = issues.as_array().expect("an array");
    assert_eq!(issues.len(), 5);
    let mut prints: Vec<&str> = Vec::new();
    for issue in issues {
        for key in ["description", "check_name", "fingerprint", "severity"] {
            assert!(issue[key].as_str().is_some_and(|s| !s.is_empty()), "{key}");
        }
        assert!(issue["location"]["positions"]["begin"]["line"].as_u64() >= Some(1));
        prints.extend(issue["fingerprint"].as_str());
    }
    assert_eq!(issues[0]["location"]["path"], "dir a/é:1,100%.toml");
    assert_eq!(issues[0]["location"]["positions"]["begin"]["column"], 5);
    assert_eq!(issues[4]["severity"], "info");
    // Two that are alike are two; and the same ones as before, further down.
    let mut once = prints.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), 5);
    let moved: Vec<Finding> = findings()
        .into_iter()
        .map(|mut finding| {
            if let Some((file, span)) = &finding.primary.at {
                let text = format!("\n\n{}", file.text);
                let at = SourceFile::new(file.path.clone(), text);
                finding.primary = Place::span(&at, span.start + 2..span.end + 2, "");
            }
            finding
        })
        .collect();
    let again: Value = serde_json::from_str(&gitlab(&moved)).expect("JSON");
    let again: Vec<&str> = again
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|issue| issue["fingerprint"].as_str())
        .collect();
    assert_eq!(again, prints);
}

#[test]
fn sarif_says_all_that_json_says() {
    let findings = findings();
    let log: Value = serde_json::from_str(&sarif(&findings)).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    let all: Value = serde_json::from_str(&json(&findings)).expect("JSON");
    let all = all.as_array().expect("an array");
    assert_eq!((rules.len(), results.len()), (4, all.len()));
    for (result, finding) in results.iter().zip(all) {
        let rule = &rules
            [usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("an index")];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(result["ruleId"], finding["code"]);
        let known = code(finding["code"].as_str().expect("a code"));
        assert_eq!(rule["fullDescription"]["text"], known.explanation);
        let message = result["message"]["text"].as_str().expect("a text");
        assert!(message.starts_with(finding["message"].as_str().expect("a text")));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uriBaseId"], "ROOT");
        assert_eq!(place["region"]["startLine"], finding["place"]["line"]);
        assert_eq!(place["region"]["startColumn"], finding["place"]["column"]);
    }
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(
        place["artifactLocation"]["uri"],
        "dir%20a/%C3%A9%3A1%2C100%25.toml"
    );
    // Two letters of three bytes each, in quotes.
    assert_eq!(place["region"]["endColumn"], 9);
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(
        results[0]["relatedLocations"][0]["physicalLocation"]["region"]["startLine"],
        2
    );
    let empty: Value = serde_json::from_str(&sarif(&[])).expect("JSON");
    assert_eq!(empty["runs"][0]["results"], serde_json::json!([]));
}

/// Data goes to stdout, also where no plan could be built and where the matrix cannot be read.
#[test]
fn stdout_holds_the_format_and_nothing_else() {
    let good = "[image.a]\ntag = \"1\"\nfrom = \"debian:12\"\n";
    for (matrix, code) in [(good, 1), ("x = 1\n", 2)] {
        let folder = support::project(&[("matrix.toml", matrix)]);
        for format in ["gitlab", "sarif", "json"] {
            let output = support::run(folder.path(), &["check", "--diff", "--format", format]);
            assert_eq!(output.status.code(), Some(code));
            let text = support::stdout(&output);
            let read: Result<Value, _> = serde_json::from_str(&text);
            assert!(read.is_ok(), "{format}: {text}");
        }
        let output = support::run(folder.path(), &["check", "--format", "github"]);
        let text = support::stdout(&output);
        assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
    }
}

#[test]
fn a_code_is_explained_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    for known in basematrix::diagnostic::ALL {
        let output = support::run(folder.path(), &["explain", known.name]);
        assert_eq!(output.status.code(), Some(0), "{}", known.name);
        let text = support::stdout(&output);
        let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = known.explanation.split_whitespace().collect::<Vec<_>>();
        assert!(one_line.contains(&wanted.join(" ")), "{text}");
        assert!(text.contains(known.summary), "{text}");
    }
    let folder = support::project(&[(
        "matrix.toml",
        "[image.a]\ntag = \"1\"\nfrom = \"debian:12\"\n",
    )]);
    let output = support::run(folder.path(), &["explain", "stale-outptu"]);
    let text = support::stdout(&output);
    assert!(text.contains("nearest: `stale-output`"), "{text}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn one_cause_is_one_finding() {
    let matrix = |base: &str| {
        format!(
            "[axis]\npython = [\"3.9\", \"3.10\", \"3.11\"]\n[image.a]\ntag = \"{{{{ python }}}}\"\nfrom = \"{base}:{{{{ python }}}}\"\n"
        )
    };
    let folder = support::project(&[("matrix.toml", &matrix("acme/one"))]);
    let says = |args: &[&str]| {
        let output = support::run(folder.path(), args);
        (support::stdout(&output), support::stderr(&output))
    };
    let (_, said) = says(&["check", "--format", "concise"]);
    assert_eq!(said.matches("error[missing-output]").count(), 1, "{said}");
    assert!(said.contains("6 outputs do not exist"), "{said}");
    says(&["matrix"]);
    std::fs::write(folder.path().join("matrix.toml"), matrix("acme/two")).expect("a file");
    let (_, said) = says(&["check"]);
    assert_eq!(said.matches("run `gen matrix`").count(), 1, "{said}");
    assert!(
        said.contains("4 outputs are not what the matrix yields"),
        "{said}"
    );
    let (text, _) = says(&["check", "--format", "json"]);
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let stale = all
        .as_array()
        .and_then(|all| all.iter().find(|f| f["code"] == "stale-output"));
    let also = stale
        .and_then(|f| f["also"].as_array())
        .expect("the others");
    let mut paths: Vec<&str> = also
        .iter()
        .filter_map(|a| a["place"]["path"].as_str())
        .collect();
    paths.extend(stale.and_then(|f| f["place"]["path"].as_str()));
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "generated/docker/a/3.10/Dockerfile",
            "generated/docker/a/3.11/Dockerfile",
            "generated/docker/a/3.9/Dockerfile",
            "generated/plan.json",
        ]
    );
}
