//! TOML, JSON and YAML.

use basematrix::locate::{KeyPath, Unfound, key, key_list};

use super::marked::{file, lists_by, refuses_by, refuses_list_by, says_by};

fn say(path: &str, cases: &[(&str, &str, &str)]) {
    for (marked, at, value) in cases {
        says_by(key, path, marked, at, value);
    }
}

fn refuse(path: &str, cases: &[(&str, &str, &str)]) {
    for (marked, at, words) in cases {
        refuses_by(key, path, marked, at, words);
    }
}

fn list(path: &str, cases: &[(&str, &str, &[&str])]) {
    for (marked, at, values) in cases {
        lists_by(key_list, path, marked, at, values);
    }
}

fn refuse_list(path: &str, cases: &[(&str, &str, &str)]) {
    for (marked, at, words) in cases {
        refuses_list_by(key_list, path, marked, at, words);
    }
}

#[test]
fn toml() {
    say(
        "pyproject.toml",
        &[
            (
                "[project]\nname = \"a\"\nversion = \"«0.1»\" # why\n",
                "project.version",
                "0.1",
            ),
            (
                "[tool.poetry]\nversion = '«0.1»'\n",
                "tool.poetry.version",
                "0.1",
            ),
            (
                "project.version = \"\"\"«0.1»\"\"\"\n",
                "project.version",
                "0.1",
            ),
            (
                "project = { name = 'a', version = '''«0.1»''' }\n",
                "project.version",
                "0.1",
            ),
            ("[a.\"b.c\"]\n'd e' = \"«0.1»\"\n", "a.\"b.c\".'d e'", "0.1"),
            ("[[a]]\nb = '0'\n[[a]]\nb = '«1»'\n", "a[1].b", "1"),
            ("a = ['x', ['«1»']]\n", "a[1][0]", "1"),
            ("a = \"«q\\\"\\u00e9»\"\n", "a", "q\"é"),
            ("\u{feff}'é' = 'ü'\r\n[p]\r\n\tv = \"«1»\"\r\n", "p.v", "1"),
        ],
    );
    refuse(
        "Cargo.toml",
        &[
            (
                "[package]\nversion.«workspace» = true\n",
                "package.version",
                "the value is taken from the workspace: it is a key of `workspace.package` in the `Cargo.toml` at its root",
            ),
            (
                "[package]\nversion = { «workspace» = true }\n",
                "package.version",
                "the value is taken from the workspace: it is a key of `workspace.package` in the `Cargo.toml` at its root",
            ),
            (
                "[p]\nv = «1.10»\n",
                "p.v",
                "the value is the number `1.10`, which without quotes is `1.1`",
            ),
            ("[p]\nv = «true»\n", "p.v", "the value is `true`"),
            ("v = «2024-01-01»\n", "v", "the value is a date"),
            ("v = «[\"a\"]»\n", "v", "the value is a list"),
            (
                "v = «\"\"\"\na\"\"\"»\n",
                "v",
                "the value is a text of several lines",
            ),
            (
                "[package]\nversoin = 'a'\n",
                "package.version",
                "nothing by this name; there is `package.versoin`",
            ),
            (
                "[pakage]\n",
                "package.version",
                "nothing by this name; there is `pakage`",
            ),
            ("a = []\n", "a[0].b", "nothing by this name"),
            ("a = 1\n«a» = 2\n", "a", "duplicate key"),
            (
                "a = «»\nb = 1\n",
                "b",
                "string values must be quoted, expected literal string",
            ),
        ],
    );
    refuse(
        "pyproject.toml",
        &[(
            "[project]\ndynamic = [\"readme\", «\"version\"»]\n",
            "project.version",
            "the value is dynamic: the build backend computes it, and its own settings say from what",
        )],
    );
    list(
        "a.toml",
        &[
            (
                "[a]\nb = [\n  '«3.9»', # old\n  \"«3.10»\",\n]\n",
                "a.b",
                &["3.9", "3.10"],
            ),
            ("[a]\n«x» = 1\n\"«3.9»\" = 2\n", "a", &["x", "3.9"]),
        ],
    );
    refuse_list(
        "a.toml",
        &[
            (
                "a = ['3.9', «3.10»]\n",
                "a",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            ("a = «'3.9'»\n", "a", "the value is not a list"),
        ],
    );
}

#[test]
fn json() {
    say(
        "package.json",
        &[
            ("{\n\t\"version\": \"«0.1»\"\n}\n", "version", "0.1"),
            (
                "{\"é\": \"ü\", \"a\": {\"b.c\": [1, {\"d\": \"«0.1»\"}]}}",
                "a.\"b.c\"[1].d",
                "0.1",
            ),
            (
                "// c\n{ 'version': '«0.1»', /* d */ other: 1, }",
                "version",
                "0.1",
            ),
            ("\u{feff}{\r\n\"a\": \"«1\\u00e9\\\"»\"\r\n}", "a", "1é\""),
            ("[\"«1»\"]", "[0]", "1"),
        ],
    );
    refuse(
        "a.json",
        &[
            (
                "{\"a\": «1.10»}",
                "a",
                "the value is the number `1.10`, which without quotes is `1.1`",
            ),
            ("{\"a\": «null»}", "a", "the value is `null`"),
            ("{\"a\": «{\"b\": 1}»}", "a", "the value is a table of keys"),
            ("{«\"a\"»: \"1\", «\"a\"»: \"1\"}", "a", "declared 2 times"),
            (
                "{\"b\": {\"verson\": \"1\"}}",
                "b.version",
                "nothing by this name; there is `b.verson`",
            ),
            ("", "a", "nothing by this name"),
            ("{\"a\": «}»", "a", "unexpected close brace"),
        ],
    );
    list(
        "a.json",
        &[
            (
                "{\"a\": [\"«3.9»\", // old\n \"«3.10»\"]}",
                "a",
                &["3.9", "3.10"],
            ),
            ("{\"a\": {\"«3.9»\": 1, «b»: 2}}", "a", &["3.9", "b"]),
        ],
    );
    refuse_list(
        "a.json",
        &[(
            "{\"a\": [«3.10»]}",
            "a",
            "the value is the number `3.10`, which without quotes is `3.1`",
        )],
    );
}

#[test]
fn yaml() {
    say(
        "values.yaml",
        &[
            ("version: «0.1.2»  # why\n", "version", "0.1.2"),
            ("é: ü\nversion: \"«0.1»\" # c\n", "version", "0.1"),
            ("a:\r\n  - b: ''\r\n  - b: '«0.1»'\r\n", "a[1].b", "0.1"),
            ("a: &v \"«0.1»\" # 'c'\nb: *v\n", "a", "0.1"),
            ("a: &v\n  # c\n  '«0.1»'\n", "a", "0.1"),
            ("a: !!str «0.1»\n", "a", "0.1"),
            ("{a: {\"b.c\": «v1», d: e}}\n", "a.\"b.c\"", "v1"),
            ("a: [x, «v1» ,y]\n", "a[1]", "v1"),
            ("--- # one\nb: 1\n---\n# ü\na: «v1»\n...\n", "a", "v1"),
            ("a: \"«v\\\"\\u00e9»\"\n", "a", "v\"é"),
            ("a: '«it''s»'\n", "a", "it's"),
            ("\u{feff}a: «v1»\n", "a", "v1"),
            ("3.10: «v1»\n", "\"3.10\"", "v1"),
            ("a: «v1»", "a", "v1"),
        ],
    );
    refuse(
        "a.yml",
        &[
            (
                "a: «1.10»\n",
                "a",
                "the value is the number `1.10`, which without quotes is `1.1`",
            ),
            (
                "a: «1e3»\n",
                "a",
                "the value is the number `1e3`, without quotes",
            ),
            ("a: «true»\n", "a", "the value is `true`"),
            ("«a»:\nb: 1\n", "a", "declared without a value"),
            (
                "a: |-\n  «v1»\nb: 1\n",
                "a",
                "the value is a block of lines",
            ),
            (
                "a: «v1»\n  and more\nb: 1\n",
                "a",
                "the value is a text of several lines",
            ),
            (
                "b: &v v1\na: «*v»\n",
                "a",
                "the value is an alias: the value stands at its anchor",
            ),
            ("a: !env «X»\n", "a", "the value is tagged `!env`"),
            ("«a»: v1\n---\n«a»: v1\n", "a", "declared 2 times"),
            (
                "b:\n  verson: 1\n",
                "b.version",
                "nothing by this name; there is `b.verson`",
            ),
            ("é: [a\nb«»: 2\n", "b", "illegal placement of ':' indicator"),
            ("a: «[b, c]»\n", "a", "the value is a list"),
        ],
    );
    list(
        "a.yaml",
        &[
            (
                "a:\n  - \"«3.9»\"  # old\n  - '«3.10»'\n  - «latest»\nb: 1\n",
                "a",
                &["3.9", "3.10", "latest"],
            ),
            ("a: {«x»: 1, '«3.9»': 2}\n", "a", &["x", "3.9"]),
        ],
    );
    refuse_list(
        "a.yaml",
        &[
            (
                "a: ['3.9', «3.10»]\n",
                "a",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            (
                "a:\n  «3.10»: b\n",
                "a",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
        ],
    );
}

/// What would be read as something else than text gets quotes, and only that.
#[test]
fn yaml_without_quotes_stays_text() {
    let text = "a: v1 # c\n";
    let found = key(&file("a.yaml", text), "a").expect("text");
    for (value, written) in [
        ("v2", "v2"),
        ("0.12.1", "0.12.1"),
        ("1.0", "'1.0'"),
        ("12", "'12'"),
        ("1e3", "'1e3'"),
        ("true", "'true'"),
        ("null", "'null'"),
        ("No", "'No'"),
        ("", "''"),
        ("2024-01-02", "'2024-01-02'"),
        ("0x1f", "'0x1f'"),
        ("1_000", "'1_000'"),
        ("12:30", "'12:30'"),
        ("a: b", "'a: b'"),
        ("it's", "'it''s'"),
        ("0.9.1rc1", "0.9.1rc1"),
        ("1!2.0", "1!2.0"),
    ] {
        assert_eq!(
            found.edits(text, value),
            Ok(vec![(3..5, written.to_owned())])
        );
    }
}

#[test]
fn key_paths() {
    for (path, span, words) in [
        ("", 0..0, "a key is missing"),
        ("a.", 2..2, "a key is missing"),
        (".a", 0..0, "a key is missing"),
        ("a.\"b", 2..4, "the quote is not closed"),
        ("a[", 1..2, "the bracket is not closed"),
        (
            "a[x]",
            2..3,
            "the number of an item belongs here, or a key and its value as in `name=x`",
        ),
        (
            "a[=x]",
            2..4,
            "the number of an item belongs here, or a key and its value as in `name=x`",
        ),
        ("a[b='x]", 1..7, "the bracket is not closed"),
        ("a[0]b", 4..5, "a `.` belongs between two keys"),
        ("\"a\"b", 3..4, "a `.` belongs between two keys"),
    ] {
        let fault = KeyPath::parse(path).expect_err(path);
        assert_eq!((fault.span.clone(), fault.what), (span, words), "{path}");
        let unfound = key(&file("a.toml", ""), path).expect_err(path);
        assert_eq!(unfound, Unfound::Path(fault));
    }
}

#[test]
fn other_files_are_named() {
    let readable = "not among the files that are read this way: TOML, JSON, YAML";
    refuses_by(key, "a.py", "a = 1", "a", readable);
    let readable = "not among the files that are read this way: \
        Python, Rust, Go, TypeScript, JavaScript, shell, `.env`, Makefile, Dockerfile";
    for path in ["README.md", "a.toml", "noextension"] {
        refuses_by(basematrix::locate::constant, path, "a = 1", "a", readable);
    }
}

#[test]
fn an_item_by_what_it_says_of_itself() {
    for (path, marked) in [
        (
            "images[name=acme/app].newTag",
            "images:\n- name: redis\n  newTag: v1\n- newTag: «v1»  # ours\n  name: acme/app\n",
        ),
        (
            "spec.containers[name=app].image",
            "spec:\n  containers:\n    - {name: side, image: v1}\n    - {name: app, image: «v1»}\n",
        ),
        (
            "items[metadata.name=\"a]b\"].tag",
            "items:\n- metadata: {name: 'a'}\n  tag: v1\n- metadata: {name: 'a]b'}\n  tag: '«v1»'\n",
        ),
        (
            "[kind=Deployment].spec.tag",
            "kind: Service\nspec: {tag: v1}\n---\nkind: Deployment\nspec: {tag: «v1»}\n",
        ),
        (
            "services[\"a.b\"].tag",
            "services:\n  a.b:\n    tag: «v1»\n",
        ),
    ] {
        says_by(key, "a.yaml", marked, path, "v1");
    }
    says_by(
        key,
        "Cargo.lock",
        "[[package]]\nname = 'a'\nversion = '1'\n[[package]]\nname = 'b'\nversion = '«v1»'\n",
        "package[name=b].version",
        "v1",
    );
    says_by(
        key,
        "a.json",
        "[{\"id\": \"x\", \"tag\": \"v1\"}, {\"id\": \"y\", \"tag\": \"«v1»\"}]",
        "[id=y].tag",
        "v1",
    );
    let twice = "images:\n- «{name: a, t: v1}»\n- «{name: a, t: v1}»\n";
    refuses_by(key, "a.yaml", twice, "images[name=a]", "declared 2 times");
    refuses_by(
        key,
        "a.yaml",
        "images:\n- name: acme/app\n",
        "images[name=acme/ap].newTag",
        "nothing by this name; there is `images[name=acme/app]`",
    );
}

#[test]
fn what_an_anchor_brings_is_pointed_at() {
    refuses_by(
        key,
        "a.yaml",
        "d: &d {tag: v1}\na:\n  «<<»: *d\n  b: 1\n",
        "a.tag",
        "the value is merged in from an anchor: name the place where it is written",
    );
}

#[test]
fn a_range_is_no_list() {
    refuses_list_by(
        key_list,
        "pyproject.toml",
        "[project]\nrequires-python = «\">=3.12\"»\n",
        "project.requires-python",
        "the value is a range of versions, which is no list",
    );
}

/// A bump changes the version, and nothing of how it is written.
#[test]
fn yaml_keeps_its_letters() {
    for (text, value, after) in [
        (
            "a: acme/app:v1  # x\n",
            "acme/app:v2",
            "a: acme/app:v2  # x\n",
        ),
        (
            "a: {b: &t acme/app:v1 }\n",
            "acme/app:v2",
            "a: {b: &t acme/app:v2 }\n",
        ),
        ("a: !!str v1\n", "v2", "a: !!str v2\n"),
        (
            "a: use acme app v1\n",
            "use acme app v2",
            "a: use acme app v2\n",
        ),
        ("a:   \"v1\"\n", "v2", "a:   \"v2\"\n"),
        ("a: a=v1,b\n", "a=v2,b", "a: a=v2,b\n"),
        ("a: x:${T:-v1}\n", "x:${T:-v2}", "a: x:${T:-v2}\n"),
        ("a: v1 [y]\n", "v2 [y]", "a: v2 [y]\n"),
        ("a: --tag=v1\n", "--tag=v2", "a: --tag=v2\n"),
        ("a: -v1\n", "-v2", "a: -v2\n"),
        ("a: ~1.2.0\n", "~1.3.0", "a: ~1.3.0\n"),
        ("a: ^1.2.0\n", "^1.3.0", "a: ^1.3.0\n"),
        ("a: ==1.2.0\n", "==1.3.0", "a: ==1.3.0\n"),
        ("a: :v1\n", ":v2", "a: :v2\n"),
        ("a: -1.2.0\n", "-1.3", "a: '-1.3'\n"),
        ("a: ~1.2.0\n", "~", "a: '~'\n"),
        ("a: {b: x }\n", "v1,y", "a: {b: 'v1,y' }\n"),
        ("a: b:v1\n", "12:30", "a: '12:30'\n"),
        ("a: v1\n", "2026-11-30", "a: '2026-11-30'\n"),
        ("a: v1\n", "1.10", "a: '1.10'\n"),
        ("a: b:v1\n", "b: v2", "a: 'b: v2'\n"),
    ] {
        let path = if text.starts_with("a: {") { "a.b" } else { "a" };
        let found = key(&file("a.yaml", text), path).expect(text);
        let edits = found.edits(text, value).expect(text);
        assert_eq!(super::marked::applied(text, &edits), after);
    }
}
