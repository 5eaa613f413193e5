//! The documents are run: every `toml` block is a matrix that loads, every `console` block a tour that prints what
//! is shown, and what the product has (keys, fields, template blocks, commands) is described.
//!
//! A fenced block stands under HTML comments that say what it is beyond its language:
//!
//! - `<!-- file: PATH -->`: it is written to that path of the tour's folder before what follows runs.
//! - `<!-- frame: NAME -->`: it is a part of a matrix; the frame supplies the top-level tables it does not write.
//! - `<!-- expect: CODE -->`: it shows a mistake, and raises exactly that finding.
//! - `<!-- tour -->`: a new, empty folder from here on. A document starts with one.
//! - `<!-- tour: NAME -->`: the same with a clone of `examples/NAME` in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use basematrix::diagnostic::{Severity, Sink, full};
use basematrix::flow::{self, Fault, Standpoint};
use basematrix::source::Repository;
use clap::CommandFactory;

use crate::support;

/// Languages of blocks that are only read; what they show is not claimed to be output.
const SHOWN: &[&str] = &[
    "dockerfile",
    "groovy",
    "ini",
    "jinja",
    "make",
    "python",
    "sh",
    "text",
    "yaml",
];

/// Comments that may stand over a block.
const MARKS: &[&str] = &["file", "frame", "expect", "tour"];

/// Parts that complete a `toml` block, by top-level key.
const FRAMES: &[(&str, &[(&str, &str)])] = &[
    (
        "image",
        &[
            ("release", "[release]\nversion = \"1.4.0\"\n"),
            ("registry", "[registry.ghcr]\nprefix = \"ghcr.io/acme\"\n"),
            (
                "image",
                "[image.base]\naxes = []\nfrom = \"python:3.13-slim-trixie\"\n",
            ),
        ],
    ),
    (
        "axes",
        &[
            ("release", "[release]\nversion = \"1.4.0\"\n"),
            ("registry", "[registry.ghcr]\nprefix = \"ghcr.io/acme\"\n"),
            (
                "axis",
                "[axis]\npython = [\"3.12\", \"3.13\"]\ncuda = [\"none\", \"12.8.1\", \"13.0.2\"]\njob = [\"server\", \"training\"]\narch = [\"amd64\", \"arm64\"]\n",
            ),
            (
                "image",
                "[image.base]\nname = \"{{ job }}\"\ntag = \"py{{ python }}{{ '-cu' ~ cuda.compact if cuda }}-{{ release.tag }}\"\nfrom = \"{{ 'nvidia/cuda:' ~ cuda ~ '-base-ubuntu24.04' if cuda else 'python:' ~ python }}\"\n",
            ),
        ],
    ),
];

#[derive(Debug)]
struct Block {
    document: String,
    line: usize,
    language: String,
    text: String,
    marks: Vec<(String, String)>,
}

impl Block {
    fn mark(&self, name: &str) -> Option<&str> {
        self.marks
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    fn place(&self) -> String {
        format!("{}:{}", self.document, self.line)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// README.md, CONTRIBUTING.md, docs/*.md and docs/migrate/*.md, sorted.
fn documents() -> Vec<String> {
    let mut found = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for folder in ["docs", "docs/migrate"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".md") {
                found.push(format!("{folder}/{name}"));
            }
        }
    }
    found.sort();
    found
}

fn blocks(document: &str) -> Vec<Block> {
    let text = read(document);
    let mut found: Vec<Block> = Vec::new();
    let mut marks: Vec<(String, String)> = Vec::new();
    let mut open: Option<(Block, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let place = format!("{document}:{}", index + 1);
        if let Some((block, fence)) = &mut open {
            if line == fence {
                found.extend(open.take().map(|(block, _)| block));
            } else {
                block.text.push_str(line);
                block.text.push('\n');
            }
            continue;
        }
        let ticks = line.chars().take_while(|c| *c == '`').count();
        if ticks >= 3 {
            let unknown = marks
                .iter()
                .find(|(name, _)| !MARKS.contains(&name.as_str()));
            assert_eq!(unknown, None, "{place}: unknown comment for a block");
            let block = Block {
                document: document.to_owned(),
                line: index + 1,
                language: line[ticks..].to_owned(),
                text: String::new(),
                marks: std::mem::take(&mut marks),
            };
            open = Some((block, "`".repeat(ticks)));
        } else if let Some(comment) = line
            .strip_prefix("<!-- ")
            .and_then(|l| l.strip_suffix(" -->"))
        {
            let (name, value) = comment.split_once(": ").unwrap_or((comment, ""));
            marks.push((name.to_owned(), value.to_owned()));
        } else {
            // A comment for a block has the block under it; others are no concern of this test.
            let lost = marks.iter().any(|(name, _)| MARKS.contains(&name.as_str()));
            assert!(
                !lost || line.is_empty(),
                "{place}: a comment for a block, and no block under it"
            );
            if !line.is_empty() {
                marks.clear();
            }
        }
    }
    assert!(open.is_none(), "{document}: a block is never closed");
    found
}

/// What a document's blocks run in.
struct Tour {
    folder: tempfile::TempDir,
    /// Exit code of the last command.
    code: i32,
}

impl Tour {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Tour { folder, code: 0 }
    }

    /// One that begins with a clone of an example.
    fn of(example: &str) -> Self {
        let tour = Tour::new();
        support::lay(&root().join("examples").join(example), tour.folder.path());
        support::commit(tour.folder.path(), "the example");
        tour
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn run(&mut self, command: &str) -> String {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_gen"));
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n(exit {})\n{command}", self.code)])
            .current_dir(self.folder.path())
            .env_clear()
            .env("LC_ALL", "C")
            .envs(support::GIT)
            .env("SOURCE_DATE_EPOCH", support::SOURCE_DATE_EPOCH.0)
            .env(
                "PATH",
                format!("{}:{path}", binary.parent().expect("a folder").display()),
            )
            .stdin(Stdio::null())
            .output()
            .expect("sh runs");
        self.code = output.status.code().unwrap_or(-1);
        let folder = self.folder.path().canonicalize().expect("a folder");
        String::from_utf8_lossy(&output.stdout).replace(&*folder.to_string_lossy(), "/tmp/acme")
    }
}

/// A block with what its frame supplies.
fn framed(block: &Block) -> String {
    let Some(name) = block.mark("frame") else {
        return block.text.clone();
    };
    let (_, parts) = FRAMES
        .iter()
        .find(|(n, _)| *n == name)
        .unwrap_or_else(|| panic!("{}: there is no frame `{name}`", block.place()));
    let own: toml::Table = block.text.parse().unwrap_or_default();
    let missing = parts.iter().filter(|(key, _)| !own.contains_key(*key));
    missing.fold(block.text.clone(), |text, (_, part)| {
        format!("{text}\n{part}")
    })
}

/// Loads a `toml` block as the matrix of the tour's folder, and holds it to what it says of itself.
fn check_matrix(block: &Block, tour: &Tour, faults: &mut Vec<String>) {
    const FILE: &str = "block.toml";
    tour.write(FILE, &framed(block));
    let repository = Repository::find(tour.folder.path(), Some(Path::new(FILE)))
        .unwrap_or_else(|e| panic!("{}: {e}", block.place()));
    let mut sink = Sink::new();
    let result = flow::expand(&repository, &mut sink).and_then(|expanded| {
        let rendered = flow::render(&repository, &expanded, &mut sink)?;
        flow::inspect(
            &repository,
            &expanded,
            &rendered,
            &Standpoint::on(support::today()),
            &mut sink,
        )
    });
    if let Err(Fault::Read(error)) = result {
        panic!("{}: {error}", block.place());
    }
    let mut findings = sink.into_sorted();
    // Nothing of it was written: that is not what a block is about. Outputs of a tour's own matrix differ from it, and
    // beside that one it is a matrix that nobody lists, and that lists none.
    let beside = [
        "missing-output",
        "stale-output",
        "orphan-output",
        "another-matrix",
        "matrices-nested",
    ];
    findings.retain(|f| f.severity() == Severity::Error && !beside.contains(&f.code.name));
    let raised: BTreeSet<&str> = findings.iter().map(|f| f.code.name).collect();
    let expected: BTreeSet<&str> = block
        .marks
        .iter()
        .filter(|(name, _)| name == "expect")
        .map(|(_, code)| code.as_str())
        .collect();
    if raised != expected {
        faults.push(format!(
            "{}: raises {raised:?}, should raise {expected:?}\n{}",
            block.place(),
            full(&findings, false)
        ));
    }
    fs::remove_file(tour.folder.path().join(FILE)).expect("the file is there");
}

/// Runs the commands of a `console` block and compares what each prints, to the letter.
fn check_console(block: &Block, tour: &mut Tour, faults: &mut Vec<String>) -> usize {
    let mut steps: Vec<(String, String)> = Vec::new();
    for line in block.text.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => {
                output.push_str(line);
                output.push('\n');
            }
            (None, None) => panic!("{}: output before any command", block.place()),
        }
    }
    // `UPDATE_DOCS=1 cargo test --test suite docs::` writes what is printed into the document.
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut told = String::new();
    for (command, shown) in &steps {
        let printed = tour.run(command);
        told += &format!("$ {command}\n{printed}");
        if printed.trim_end() != shown.trim_end() && !update {
            faults.push(format!(
                "{}: `{command}` is shown to print\n{shown}and prints\n{printed}",
                block.place()
            ));
        }
    }
    if update {
        let (old, new) = (block.text.trim_end(), told.trim_end());
        let document =
            read(&block.document).replacen(&format!("\n{old}\n```"), &format!("\n{new}\n```"), 1);
        fs::write(root().join(&block.document), document).expect("the document is ours");
    }
    steps.len()
}

#[test]
fn every_block_of_every_document_is_true() {
    let (mut matrices, mut fences, mut commands) = (0, 0, 0);
    let mut faults = Vec::new();
    for document in documents() {
        let mut tour = Tour::new();
        fences += read(&document)
            .lines()
            .filter(|l| l.starts_with("```toml"))
            .count();
        for block in blocks(&document) {
            match block.mark("tour") {
                Some("") => tour = Tour::new(),
                Some(example) => tour = Tour::of(example),
                None => {}
            }
            match block.language.as_str() {
                "toml" => {
                    matrices += 1;
                    // Another file of the tour is its commands' to read.
                    if block.mark("file").is_none_or(|path| path == "matrix.toml") {
                        check_matrix(&block, &tour, &mut faults);
                    }
                }
                "console" => commands += check_console(&block, &mut tour, &mut faults),
                "json" => {
                    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&block.text);
                    assert!(parsed.is_ok(), "{}: not JSON", block.place());
                }
                shown => assert!(
                    SHOWN.contains(&shown),
                    "{}: a block of language `{shown}` is neither run nor known to be shown only",
                    block.place()
                ),
            }
            if let Some(path) = block.mark("file") {
                tour.write(path, &block.text);
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(matrices, fences, "every `toml` block is loaded");
    println!("{matrices} matrices loaded, {commands} commands run");
    assert!(
        matrices >= 30 && commands >= 15,
        "{matrices} matrices, {commands} commands"
    );
}

/// Names in `properties` anywhere in a schema.
fn properties(schema: &serde_json::Value, names: &mut BTreeSet<String>) {
    if let Some(own) = schema.get("properties").and_then(|p| p.as_object()) {
        names.extend(own.keys().cloned());
    }
    match schema {
        serde_json::Value::Object(map) => map.values().for_each(|v| properties(v, names)),
        serde_json::Value::Array(list) => list.iter().for_each(|v| properties(v, names)),
        _ => {}
    }
}

fn described(document: &str, names: impl IntoIterator<Item = String>) {
    let text = read(document);
    let missing: Vec<String> = names
        .into_iter()
        .filter(|name| !text.contains(&format!("`{name}`")))
        .collect();
    assert!(
        missing.is_empty(),
        "{document} does not describe {missing:?}"
    );
}

/// `UPDATE_DOCS=1` writes it.
#[test]
fn the_shipped_schema_is_that_of_the_types() {
    let schema = basematrix::config::schema(&basematrix::emit::PROVIDERS.tables());
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write("src/config/matrix.schema.json", &text).expect("src can be written");
        return;
    }
    assert!(
        basematrix::config::SCHEMA == text,
        "run `UPDATE_DOCS=1 cargo test --test suite docs::` and build anew"
    );
    let headed: serde_json::Value =
        serde_json::from_str(&basematrix::emit::schema_text("of \"x\"")).expect("it is JSON");
    assert_eq!(headed["$comment"], "of \"x\"");
    assert_eq!(headed["properties"], schema["properties"]);
}

#[test]
fn every_key_of_the_language_is_described() {
    let mut names = BTreeSet::new();
    properties(
        &basematrix::config::schema(&basematrix::emit::PROVIDERS.tables()),
        &mut names,
    );
    assert!(names.len() > 50, "{names:?}");
    described("docs/language.md", names);
}

#[test]
fn every_key_of_a_file_of_facts_is_described() {
    let schema = schemars::schema_for!(basematrix::facts::Tables).to_value();
    let mut names = BTreeSet::new();
    properties(&schema, &mut names);
    assert!(names.len() > 30, "{names:?}");
    described("docs/facts.md", names);
}

#[test]
fn every_field_of_the_plan_is_described() {
    let plan: serde_json::Value =
        serde_json::from_str(&read("generated/plan.json")).expect("the plan is JSON");
    let mut names = BTreeSet::new();
    for part in [
        &plan,
        &plan["release"],
        &plan["registries"][0],
        &plan["specs"][0],
    ] {
        names.extend(part.as_object().expect("an object").keys().cloned());
    }
    assert!(names.len() > 20, "{names:?}");
    described("docs/plan.md", names);
}

#[test]
fn every_field_of_the_catalog_is_described() {
    let catalog: serde_json::Value =
        serde_json::from_str(&read("generated/catalog/base_images.json")).expect("JSON");
    let mut names = BTreeSet::new();
    for part in [
        &catalog,
        &catalog["release"],
        &catalog["images"][0],
        &catalog["excluded"][0],
    ] {
        names.extend(part.as_object().expect("an object").keys().cloned());
    }
    assert!(names.len() > 15, "{names:?}");
    let text = read("docs/catalog.md").replace("`images[].", "`");
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !text.contains(&format!("`{name}`")))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/catalog.md does not describe {missing:?}"
    );
}

#[test]
fn every_block_of_the_shipped_templates_is_described() {
    let common = ["templates/docker/Dockerfile", "templates/catalog/module.py"].map(read);
    let of_providers = basematrix::emit::PROVIDERS.templates().flatten();
    let of_providers = of_providers.map(|(_, text)| (*text).to_owned());
    let mut names = BTreeSet::new();
    for text in common.into_iter().chain(of_providers) {
        let blocks = text.split("% block ").skip(1);
        names.extend(blocks.filter_map(|rest| Some(rest.split_whitespace().next()?.to_owned())));
    }
    assert!(names.len() > 15, "{names:?}");
    described("docs/templates.md", names);
}

#[test]
fn the_table_of_commands_holds_what_there_is() {
    let shown: Vec<String> = read("docs/commands.md")
        .lines()
        .filter_map(|l| l.strip_prefix("| `gen ")?.split(['`', ' ']).next())
        .map(str::to_owned)
        .collect();
    let command = basematrix::cli::Cli::command();
    let there: Vec<&str> = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    assert_eq!(shown, there);
}

/// The codes of what the machine fails at are listed, and each of those is one.
#[test]
fn the_codes_of_the_machine_are_listed() {
    let source = read("src/command/machine.rs");
    let source = source
        .split("pub(super) fn code")
        .nth(1)
        .and_then(|rest| rest.split("pub(super) fn help").next())
        .unwrap_or_default();
    let quoted = source.split("=> \"").skip(1);
    let mut codes: BTreeSet<String> = quoted
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect();
    codes.insert("out-of-memory".to_owned());
    let text = read("docs/checks.md");
    let rows = text.split("## When no answer is possible").nth(1);
    let listed: BTreeSet<String> = rows
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect();
    assert!(codes.len() > 10, "{codes:?}");
    assert_eq!(codes, listed);
}

/// The table of the machinery is made from the facts: `UPDATE_DOCS=1 cargo test --test suite docs::` writes it anew.
#[test]
fn the_table_of_machinery_is_what_is_shipped() {
    const DOCUMENT: &str = "docs/facts.md";
    let facts: toml::Table = read("src/facts/machinery.toml").parse().expect("TOML");
    let rows = facts["machinery"].as_array().expect("rows");
    let text = |row: &toml::Value, key: &str| row[key].as_str().expect(key).to_owned();
    let table: String = rows
        .iter()
        .map(|row| {
            let image = text(row, "image");
            let (tagged, digest) = image.split_once('@').unwrap_or((&image, "not known"));
            let digest = digest
                .strip_prefix("sha256:")
                .map_or(digest, |hex| &hex[..12]);
            let (name, source) = (text(row, "name"), text(row, "source"));
            let day = text(row, "as-of");
            format!("| `{name}` | `{tagged}` | {digest} | {source}; {day} |\n")
        })
        .collect();
    let head = "| name | image | digest | from |\n|---|---|---|---|\n";
    let document = read(DOCUMENT);
    let (start, end) = ("<!-- machinery -->\n", "<!-- machinery ends -->");
    let (before, rest) = document.split_once(start).expect("where it starts");
    let (_, after) = rest.split_once(end).expect("where it ends");
    let fresh = format!("{before}{start}{head}{table}{end}{after}");
    support::fresh(DOCUMENT, &fresh, "src/facts/machinery.toml", "suite docs::");
}
