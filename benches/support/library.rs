//! A library whose places follow the release: pins in ten languages, and documents that name images.

use std::fmt::{self, Display, Write};

use crate::tree::Tree;

/// How many places it has.
pub(crate) struct Library {
    /// Pins.
    pub pins: usize,
    /// Files with a mention or two, of about 2 KB.
    pub files: usize,
}

impl Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pins, {} files", self.pins, self.files)
    }
}

/// File name, how the place is named, and what stands before and after the version there.
const LANGUAGES: &[(&str, &str, &str, &str)] = &[
    (
        "a.py",
        "constant = \"TAG\"",
        "import os\n\nTAG: Final[str] = \"",
        "\"\n",
    ),
    (
        "a.rs",
        "constant = \"TAG\"",
        "use std::fs;\n\npub const TAG: &str = \"",
        "\";\n",
    ),
    (
        "a.go",
        "constant = \"Tag\"",
        "package a\n\nconst Tag = \"",
        "\"\n",
    ),
    (
        "a.ts",
        "constant = \"TAG\"",
        "export const TAG = \"",
        "\";\n",
    ),
    ("a.sh", "constant = \"TAG\"", "#!/bin/sh\nTAG=", "\n"),
    ("a.env", "constant = \"TAG\"", "A=1\nTAG=", "\n"),
    ("a.toml", "key = \"tool.tag\"", "[tool]\ntag = \"", "\"\n"),
    ("a.json", "key = \"tag\"", "{\"tag\": \"", "\"}\n"),
    ("a.yaml", "key = \"tag\"", "a: 1\ntag: ", "\n"),
    ("a.txt", "search = '^tag (\\S+)$'", "a\ntag ", "\n"),
];

/// Code that is parsed on the way to the constant, in languages with comments by `#` or `//`.
fn filler(file: &str) -> String {
    let line = match file.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "py" => {
            "def function(argument: int) -> int:\n    return argument * 2 + len(str(argument))\n\n\n"
        }
        "rs" => {
            "fn function(argument: usize) -> usize {\n    argument * 2 + argument.to_string().len()\n}\n\n"
        }
        "go" => "func function(argument int) int {\n\treturn argument*2 + len(os.Args)\n}\n\n",
        "ts" => {
            "function f(argument: number): number {\n  return argument * 2 + `${argument}`.length;\n}\n\n"
        }
        "sh" | "env" | "toml" | "yaml" => {
            "# A comment that says something of no consequence here.\n"
        }
        _ => return String::new(),
    };
    line.repeat(if line.starts_with('#') { 20 } else { 40 })
}

impl Library {
    /// The library with its outputs; nothing in it differs.
    pub(crate) fn written(&self) -> Tree {
        let tree = Tree::new("");
        let mut matrix = String::from("[release]\nversion = \"1.4.0\"\n");
        for index in 0..self.pins {
            let (file, place, before, after) = LANGUAGES[index % LANGUAGES.len()];
            let path = format!("lib/{index}/{file}");
            let _ = write!(matrix, "[[release.pin]]\nfile = \"{path}\"\n{place}\n");
            // Code may follow the place everywhere but in JSON.
            tree.write(&path, format!("{before}v1.4.0{after}{}", filler(file)));
        }
        matrix += r#"
[[release.mention]]
files = ["docs/**/*.md"]

[registry.hub]
prefix = "docker.io/acme"

[axis]
python = ["3.10", "3.11", "3.12", "3.13"]
job = ["server", "training"]

[image.base]
name = "{{ job }}-base"
tag = "{{ python }}-{{ release.tag }}"
from = "python:{{ python }}-slim-trixie"
"#;
        tree.write("matrix.toml", matrix);
        let words = "Prose about servers and how they are started, with `code` and [links](https://example.com).\n";
        for index in 0..self.files {
            let mut text = words.repeat(10);
            let _ = writeln!(
                text,
                "    docker pull acme/server-base:3.1{}-v1.4.0",
                index % 4
            );
            text += &words.repeat(10);
            if index % 2 == 0 {
                text += "    FROM docker.io/acme/training-base:3.12-v1.4.0\n";
            }
            tree.write(&format!("docs/{}/{index}.md", index / 100), text);
        }
        tree.gen_(&["bump", "--amend"]).ends(0);
        tree
    }
}
