//! For any text: what is written is read back, nothing else moves, nothing panics.

use basematrix::locate::{Found, Search, Unfound, constant, key, key_list, list};
use basematrix::source::SourceFile;
use proptest::prelude::*;
use proptest::sample::select;

use super::marked::{applied, file};

type One = fn(&SourceFile, &str) -> Result<Found, Unfound>;

/// A kind of file: how the value is looked up, what may stand around it, and the forms it is written in, with `@` for
/// the value.
#[derive(Debug)]
struct Kind {
    path: &'static str,
    one: One,
    name: &'static str,
    before: &'static [&'static str],
    forms: &'static [&'static str],
    after: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        path: "a.py",
        one: constant,
        name: "X",
        before: &[
            "# X = 'é'\n",
            "\"\"\"X = 'ü'\n\"\"\"\n",
            "def f(X='a'):\n    X = 'b'\n",
            "class X:\n    Y = '1'\n",
            "XX = f(X='日本')\n",
            "if X == 'a':\r\n\tpass\r\n",
        ],
        forms: &[
            "X = \"@\"",
            "X = '@'",
            "X: Final[str] = '''@'''",
            "X = (\n  r\"@\"  # é\n)",
            "X = f'@'",
            "X = rf\"\"\"@\"\"\"",
            "A, X = 'ü', \"@\"",
            "X = Y = u'@'",
        ],
        after: &[
            "\n",
            "  # 'X'\n",
            "\r\nY = X\r\n",
            "\ndef g():\n  return X\n",
            "",
        ],
    },
    Kind {
        path: "a.rs",
        one: constant,
        name: "X",
        before: &[
            "// const X: &str = \"é\";\n",
            "/* X */\r\n",
            "fn f() { const X: &str = \"a\"; }\n",
            "const Y: char = '\"';\n",
            "impl A { const X: u8 = 1; }\n",
        ],
        forms: &[
            "pub const X: &str = \"@\";",
            "static X: &str = r\"@\";",
            "mod m { const X: &str = r#\"@\"#; }",
            "const X: &str = (\r\n\"@\");",
        ],
        after: &["\n", " // \"\n", "\nfn g() {}\n", ""],
    },
    Kind {
        path: "a.go",
        one: constant,
        name: "X",
        before: &[
            "package a\n\n// X = \"é\"\n",
            "package a\r\nfunc f() { X := \"a\" }\r\n",
        ],
        forms: &[
            "const X = \"@\"",
            "var X string = `@`",
            "const (\n\tA = \"ü\"\n\tX = \"@\"\n)",
        ],
        after: &["\n", " // \"\n", "\nfunc g() {}\n"],
    },
    Kind {
        path: "a.ts",
        one: constant,
        name: "X",
        before: &[
            "// const X = 'é'\n",
            "/* X = `ü` */\r\n",
            "function f(X = 'a') { const X = 'b'; }\n",
            "const re = /X = \"/;\n",
            "const o = { X: `${a}` };\n",
        ],
        forms: &[
            "export const X = \"@\" as const;",
            "let X: string = '@';",
            "const A = 1, X = `@`;",
            "namespace N { export const X = ('@') }",
        ],
        after: &["\n", " // '\n", "\nfunction g() {}\n", ""],
    },
    Kind {
        path: "a.sh",
        one: constant,
        name: "X",
        before: &[
            "#!/bin/sh\n# X=é\n",
            "X=a cmd 'ü'\n",
            "f() { local X=a; }\n",
            "echo \"X=b ${Y:-c}\"\n",
            "cat <<E\nX=d\nE\n",
        ],
        forms: &[
            "X=@",
            "export X=\"@\"",
            "readonly X='@'",
            "X=${X:-@}",
            "X=\"${X:-@}\"",
            ": \"${X:=@}\"",
            "X=$'@'",
        ],
        after: &["\n", " # '\"\n", "; Y=$X\n", ""],
    },
    Kind {
        path: ".env",
        one: constant,
        name: "X",
        before: &["# X=é\n", "XX=ü\r\n", "Y='X=1'\n"],
        forms: &["X=@", "export X=\"@\"", "X = '@'"],
        after: &["\n", " # '\"\n", "\r\nY=1\r\n", ""],
    },
    Kind {
        path: "Makefile",
        one: constant,
        name: "X",
        before: &[
            "# X = é\n",
            "all:\n\tX=ü\n",
            "define d\nX = a\nendef\n",
            "XX = $(X)\r\n",
        ],
        forms: &["X = @", "X:=@", "export X ?= '@'", "override X ::= \"@\""],
        after: &["\n", " # '\"\n", "\r\nall: $(X)\r\n", ""],
    },
    Kind {
        path: "Dockerfile",
        one: constant,
        name: "X",
        before: &[
            "# ARG X=é\nFROM a\n",
            "FROM a\r\nRUN echo ARG X=ü\r\n",
            "FROM a\nENV X=1\n",
        ],
        forms: &["ARG X=@", "ARG X=\"@\"", "ARG A='b c' X='@' Z"],
        after: &["\n", "\nRUN b\n", "\r\nFROM c\r\nARG X\r\n", ""],
    },
    Kind {
        path: "a.toml",
        one: key,
        name: "a.X",
        before: &[
            "# X = 'é'\n[a]\n",
            "[b]\nX = 'ü'\r\n[a]\r\n",
            "X = 'z'\n[a]\n'k.X' = '''\nX = 1\n'''\n",
        ],
        forms: &[
            "X = \"@\"",
            "X = '@'",
            "\"X\" = \"\"\"@\"\"\"",
            "X = '''@'''",
        ],
        after: &["\n", " # '\"\n", "\r\ny = 1\r\n", ""],
    },
    Kind {
        path: "a.json",
        one: key,
        name: "a[1].X",
        before: &[
            "{ // X\n\"a\": [1, {",
            "\r\n{\"X\": \"é\", \"a\": [\"ü\", {\"Y\": {\"X\": 1}, ",
        ],
        forms: &["\"X\": \"@\"", "X: '@'", "'X' :\n\"@\""],
        after: &["}]}", ",\"z\": \"\\\"\"}]}\r\n"],
    },
    Kind {
        path: "a.yaml",
        one: key,
        name: "a.X",
        before: &[
            "# X: é\na:\n",
            "X: ü\r\na:\r\n",
            "b: &b\n  X: '日本'\n--- # ü\na:\n  Z: |\n    X: 1\n",
        ],
        forms: &[
            "  X: @",
            "  X: \"@\"",
            "  'X': '@' ",
            "  X: &x @",
            "  ? X\n  : !!str '@'",
        ],
        after: &["\n", " # '\"\n", "\r\n  y: 1\r\n", ""],
    },
    Kind {
        path: "b.yaml",
        one: key,
        name: "a.X",
        before: &["a: {", "é: 'ü'\na: {X_: [1], "],
        forms: &["X: @", "\"X\": \"@\"", "X: '@'"],
        after: &["}\n", ", y: 1} # '\n"],
    },
];

fn sample() -> impl Strategy<Value = (&'static Kind, String, String)> {
    (0..KINDS.len()).prop_flat_map(|nth| {
        let kind = &KINDS[nth];
        let around = (select(kind.before), select(kind.forms), select(kind.after));
        (any::<bool>(), around).prop_map(move |(marked, (before, form, after))| {
            let mark = if marked { "\u{feff}" } else { "" };
            let (left, right) = form.split_once('@').expect("a place for the value");
            (
                kind,
                format!("{mark}{before}{left}"),
                format!("{right}{after}"),
            )
        })
    })
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "v?[0-9]{1,3}(\\.[0-9]{1,3}){0,3}((a|b|rc|-rc\\.|\\.dev|\\+|!)[0-9a-z]{1,3})?",
        2 => "[A-Za-z0-9._+!-]{0,8}",
        2 => "[\"'`$\\\\{}#:%&*!|>,\\[\\] a0x-]{0,6}",
        1 => "\\PC{0,6}",
        1 => "(true|null|~|1e3|0x1f|no|\\.inf|-|---|)",
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    /// Bump, then read back, is the identity; or the value is refused. No other byte moves.
    #[test]
    fn what_is_written_is_read_back((kind, left, right) in sample(), new in value()) {
        let text = format!("{left}v1{right}");
        let found = (kind.one)(&file(kind.path, &text), kind.name);
        let found = found.map_err(|unfound| TestCaseError::fail(format!("{text}\n{unfound:?}")))?;
        prop_assert_eq!(&found.value, "v1");
        prop_assert_eq!(&found.span, &(left.len()..left.len() + 2));
        let Ok(edits) = found.edits(&text, &new) else {
            let word = !new.is_empty()
                && new.chars().all(|c| c.is_ascii_alphanumeric() || "._+!-".contains(c));
            prop_assert!(!word, "`{new}` is refused: {text}");
            return Ok(());
        };
        let moved = applied(&text, &edits);
        prop_assert!(moved.starts_with(&left) && moved.ends_with(&right), "{moved}");
        let again = (kind.one)(&file(kind.path, &moved), kind.name);
        let again = again.map_err(|unfound| TestCaseError::fail(format!("{moved}\n{unfound:?}")))?;
        prop_assert_eq!(&again.value, &new, "{}", moved);
        let back = again.edits(&moved, "v1").expect("a plain word");
        let there = (kind.one)(&file(kind.path, &applied(&moved, &back)), kind.name);
        prop_assert_eq!(there.map(|f| f.value), Ok("v1".to_owned()));
    }

    /// A pattern that matches still matches, and as often.
    #[test]
    fn what_a_pattern_found_it_finds_again(new in value(), noise in "[a-z =v0-9.\n]{0,20}") {
        let text = format!("{noise}\nversion = v1\n{noise}");
        let search = Search::parse(r"version = (v\S*)").expect("a pattern");
        let Ok(found) = search.find(&file("a", &text), 1) else {
            return Ok(());
        };
        if let Ok(edits) = found[0].edits(&text, &new) {
            let again = search.find(&file("a", &applied(&text, &edits)), 1).expect("one");
            prop_assert_eq!(&again[0].value, &new);
        } else {
            prop_assert!(!new.starts_with('v') || new.contains(char::is_whitespace));
        }
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        select(
            &[
                "X",
                "=",
                " = ",
                "\"",
                "'",
                "`",
                "\"\"\"",
                "(",
                ")",
                "[",
                "]",
                "{",
                "}",
                "\n",
                "\r\n",
                "\t",
                "\\",
                "$",
                "${X:-",
                "#",
                "//",
                ":",
                ": ",
                "- ",
                "&",
                "*",
                "|",
                "!",
                ",",
                ";",
                "const ",
                "var ",
                "static ",
                "class X",
                "def X",
                "f'",
                "r#",
                "ARG ",
                "FROM a",
                "export ",
                "define",
                "1.0",
                "v1",
                "é",
                "\u{1f600}",
                "{",
                "..",
                "\u{feff}",
                "---",
                "<<E",
                "mod X",
                "fn X() {",
                "+=",
                "\0",
            ][..]
        )
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 800, ..ProptestConfig::default() })]

    /// No text makes it panic, and every place it tells is one of the text.
    #[test]
    fn nothing_panics(text in pieces(), new in value()) {
        for path in ["a.py", "a.rs", "a.go", "a.ts", "a.js", "a.sh", ".env", "Makefile", "Dockerfile"] {
            let file = file(path, &text);
            if let Ok(found) = constant(&file, "X") {
                prop_assert!(text.get(found.span.clone()).is_some(), "{path}: {text}");
                let _ = found.edits(&text, &new);
            }
            let _ = list(&file, "X").map_err(|unfound| told(&unfound, &text));
        }
        for path in ["a.toml", "a.json", "a.yaml"] {
            let file = file(path, &text);
            if let Ok(found) = key(&file, "X") {
                prop_assert!(text.get(found.span.clone()).is_some(), "{path}: {text}");
                let _ = found.edits(&text, &new);
            }
            let _ = key_list(&file, "X").map_err(|unfound| told(&unfound, &text));
        }
        let _ = Search::parse(&text);
        let _ = key(&file("a.toml", ""), &text);
    }
}

fn told(unfound: &Unfound, text: &str) {
    for place in super::marked::places(unfound) {
        assert!(text.get(place.clone()).is_some(), "{unfound:?} in {text:?}");
    }
}

/// What is nested without end neither overflows nor takes long.
#[test]
fn depth_is_bounded() {
    for piece in [
        "(",
        "[",
        "{",
        "{a: ",
        "- ",
        "mod a {",
        "class A { static {",
        "if a:\n",
        "X = (",
        "\"${X:-",
        "namespace a {",
        "[[a.",
        "a = [",
        "$(",
        "cat <<E\n",
        "f'{",
        "`${",
        "/*",
    ] {
        let text = piece.repeat(3000);
        for path in [
            "a.py",
            "a.rs",
            "a.go",
            "a.ts",
            "a.sh",
            "Makefile",
            "Dockerfile",
        ] {
            let _ = constant(&file(path, &text), "X");
        }
        for path in ["a.toml", "a.json", "a.yaml"] {
            let _ = key(&file(path, &text), "X");
        }
    }
    // What is refused is told as such, and quickly; what can be read is.
    for (open, value, close) in [
        ("[", "1", "]"),
        ("{\"a\":", "1", "}"),
        ("(", "'v1'", ")"),
        ("f(", "'v1'", ")"),
    ] {
        let deep = format!(
            "X = {}{value}{}\n",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        for path in [
            "a.py",
            "a.ts",
            "a.go",
            "a.rs",
            "a.sh",
            "a.mk",
            ".env",
            "Dockerfile",
        ] {
            let _ = constant(&file(path, &deep), "X");
            let _ = list(&file(path, &deep), "X");
        }
        for path in ["a.toml", "a.json", "a.yaml"] {
            let text = &deep[if path == "a.toml" { 0 } else { 4 }..];
            let _ = key(&file(path, text), "X");
            let _ = key_list(&file(path, text), "X");
        }
    }
    let text = format!("const X = {}'v1'{};", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(
        constant(&file("a.ts", &text), "X").expect("a text").value,
        "v1"
    );
}
