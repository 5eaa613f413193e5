//! What git would store of a file, by attributes and settings that are drawn anew each time, held against git itself.

use crate::support;

use std::fmt::Write as _;
use std::fs;

use basematrix::source::Members;
use support::git;

/// Rounds, each with its own attributes and settings.
const ROUNDS: usize = 120;

const PATHS: [&str; 9] = [
    "a.txt",
    "b.bin",
    "c{1}.sh",
    "d e.md",
    "sub/a.txt",
    "sub/b.bin",
    "sub/deep/x.sh",
    "sub/deep/[y].md",
    "docs/a.txt",
];

const PATTERNS: [&str; 20] = [
    "*",
    "*.txt",
    "*.bin",
    "/a.txt",
    "a.txt",
    "sub/*",
    "sub/**",
    "**/a.txt",
    "sub/deep/",
    "*.{sh,md}",
    "c{1}.sh",
    "\"d e.md\"",
    "[a-c]*",
    "[!a]*",
    "?.bin",
    "**/deep/**",
    "deep/*",
    "\\[y\\].md",
    "docs",
    "./a.txt",
];

const SAYS: [&str; 18] = [
    "text",
    "-text",
    "!text",
    "text=auto",
    "text=auto eol=lf",
    "text=auto eol=crlf",
    "eol=crlf",
    "eol=lf",
    "-text eol=crlf",
    "binary",
    "crlf",
    "-crlf",
    "crlf=input",
    "own",
    "text=strange",
    "!eol",
    "-eol",
    "-own",
];

const BODIES: [&str; 9] = [
    "",
    "one\ntwo\n",
    "one\r\ntwo\r\n",
    "one\r\ntwo\n",
    "one\rtwo\r\n",
    "\r\n",
    "one\r\n\u{0}\r\n",
    "one\r\ntwo\r\n\u{1a}",
    "\u{1}\u{2}\u{3}\u{4}\u{5}\r\n",
];

/// Numbers that look drawn, and are the same each time.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn attributes(&mut self) -> String {
        let mut text = String::from("[attr]own text=auto eol=lf\n# a comment\n");
        for _ in 0..self.below(6) {
            let (pattern, says) = (self.of(&PATTERNS), self.of(&SAYS));
            let _ = writeln!(text, "{pattern} {says}");
        }
        text
    }
}

#[test]
fn ids_are_those_that_git_computes() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    fs::write(root.join("matrix.toml"), "").expect("a file");
    for path in PATHS {
        let parent = root.join(path);
        fs::create_dir_all(parent.parent().expect("a folder")).expect("a folder");
    }
    let mut drawn = Drawn(8);
    let mut differ = Vec::new();
    for round in 0..ROUNDS {
        let auto_crlf = drawn.of(&["false", "true", "input"]);
        git(root, &["config", "core.autocrlf", auto_crlf]);
        git(root, &["config", "core.safecrlf", "false"]);
        let eol = drawn.of(&["lf", "crlf", "native"]);
        git(root, &["config", "core.eol", eol]);
        let mut all = String::new();
        for at in ["", "sub/", "sub/deep/"] {
            let text = match drawn.below(3) {
                0 if !at.is_empty() => String::new(),
                _ => drawn.attributes(),
            };
            // A macro is defined at the top alone.
            let text = match at {
                "" => text,
                _ => text.replace("[attr]own text=auto eol=lf\n", ""),
            };
            let _ = write!(all, "-- {at}\n{text}");
            fs::write(root.join(format!("{at}.gitattributes")), text).expect("a file");
        }
        let mut asked = vec!["hash-object"];
        let mut bodies = Vec::new();
        for path in PATHS {
            let body = drawn.of(&BODIES);
            fs::write(root.join(path), body).expect("a file");
            asked.push(path);
            bodies.push(body);
        }
        let said = git(root, &asked);
        let members = Members::of_worktree(root, "matrix.toml").below(".");
        for ((path, body), theirs) in PATHS.iter().zip(bodies).zip(said.lines()) {
            let member = members.files.iter().find(|(p, _)| p == path.as_bytes());
            let (bytes, member) = member.expect("a file that git does not ignore");
            let id = member.id_of(bytes, body.as_bytes()).expect("an id");
            let ours = id.as_bytes().iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            if ours != theirs {
                differ.push(format!(
                    "round {round}: {path} {body:?}, autocrlf {auto_crlf}\n{all}"
                ));
            }
        }
    }
    assert!(
        differ.is_empty(),
        "{} differ:\n{}",
        differ.len(),
        differ[..differ.len().min(6)].join("\n")
    );
}

/// Patterns that common globs read otherwise than git does.
const ODD: [&str; 44] = [
    "my[[:space:]]model.bin",
    "\"my model.bin\"",
    "\"\\303\\251.txt\"",
    "\"\\m.txt\"",
    "[[:alpha:]].txt",
    "[[:upper:][:digit:]]*",
    "[[:nope:]]*",
    "[^a]*",
    "[]-]*",
    "[a",
    "[!/]*",
    "?.txt",
    "??.txt",
    "**",
    "**/",
    "/**",
    "/**/",
    "**/*",
    "**/a.txt",
    "**a.txt",
    "su**/a.txt",
    "sub**/a.txt",
    "sub/**",
    "sub/**/x.sh",
    "sub/**/**/x.sh",
    "sub/***/x.sh",
    "sub/**x.sh",
    "*/**/x.sh",
    "*/x.sh",
    "*/*/x.sh",
    "sub/*",
    "sub[/]a.txt",
    "sub/[!x]*.txt",
    "sub\\/a.txt",
    "**\\/a.txt",
    "//a.txt",
    "/sub/a.txt",
    "./a.txt",
    "sub//a.txt",
    "a.txt/",
    "\\a.txt",
    "a.txt\\",
    "!a.txt",
    "\\!a.txt",
];

/// Whole files of attributes that are read otherwise than line by line.
const WHOLE: [&str; 9] = [
    "\u{feff}a.txt text\n",
    "a.txt own\n[attr]own text\n",
    "[attr]own text\na.txt own\na.txt -own\n",
    "[attr]own text\n[attr]own -text\na.txt own\n",
    "a.txt text !-bad\n",
    "a.txt text bad$name\n",
    "a.txt -text=auto\n* text\n",
    "\t a.txt\ttext\r\n",
    "a.txt text=auto text\n",
];

#[test]
fn patterns_are_those_of_git() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    git(root, &["config", "core.safecrlf", "false"]);
    git(root, &["config", "core.autocrlf", "false"]);
    fs::write(root.join("matrix.toml"), "").expect("a file");
    let more = [
        "my model.bin",
        "é.txt",
        "m.txt",
        "!a.txt",
        "A",
        "subx/a.txt",
    ];
    let paths: Vec<&str> = PATHS.into_iter().chain(more).collect();
    for path in &paths {
        let parent = root.join(path);
        fs::create_dir_all(parent.parent().expect("a folder")).expect("a folder");
        fs::write(root.join(path), "one\r\n").expect("a file");
    }
    let lines = ODD.iter().map(|pattern| format!("{pattern} text\n"));
    let mut differ = Vec::new();
    for text in lines.chain(WHOLE.map(str::to_owned)) {
        fs::write(root.join(".gitattributes"), &text).expect("a file");
        let said = git(root, &[&["hash-object"], &paths[..]].concat());
        let members = Members::of_worktree(root, "matrix.toml").below(".");
        for (path, theirs) in paths.iter().zip(said.lines()) {
            let member = members.files.iter().find(|(p, _)| p == path.as_bytes());
            let (bytes, member) = member.expect("a file that git does not ignore");
            let id = member.id_of(bytes, b"one\r\n").expect("an id");
            let ours = id.as_bytes().iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            if ours != theirs {
                differ.push(format!("{path}: {text:?}"));
            }
        }
    }
    assert!(
        differ.is_empty(),
        "{} differ:\n{}",
        differ.len(),
        differ.join("\n")
    );
}
