//! One dialect per kind of file: its delimiters, and how a printed value is kept from breaking out of its place.

use std::fmt::Write;

use minijinja::syntax::SyntaxConfig;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};
use serde::Serialize;

use crate::grammar::relative::{folder_of, relative};
use crate::render::bounds::{FILE, indentation};
use crate::render::fields::{is_none, matching};
use crate::render::literal::{
    code_name, csv, go, grouped, heading, json_in_markup, make_word, pick, toml,
};
use crate::render::prose::{html, link, markdown, markdown_code, mermaid};
use crate::render::python;
use crate::render::table::no_text;
use crate::render::yaml::{never_raw, other_than_text, yaml_scalar, yaml_script};

/// Kinds of files that templates write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// A Dockerfile. Bare values must be plain words; `quote` makes a string, `shell` a word of RUN, `json` an exec form.
    Dockerfile,
    /// A pipeline in YAML, in which a sign of the provider's starts something.
    Yaml(Sign),
    /// A shell script. Bare values become shell words.
    Shell,
    /// A Python module. Bare values become literals; `literals` prints those of a list without parentheses.
    Python,
    /// Markdown. Bare values are text and no markup; `code` and `link` make what they say.
    Markdown,
    /// HTML. Bare values are text, in attributes too; `json` is for scripts.
    Html,
    /// A graph of Mermaid. Bare values become labels.
    Mermaid,
    /// JSON. Bare values become JSON, lists and tables too.
    Json,
    /// TOML. Bare values become values of it.
    Toml,
    /// Go. Bare values become literals.
    Go,
    /// JavaScript or TypeScript. Bare values become literals.
    Script,
    /// A Makefile. Bare values must be plain words; `shell` makes a word of a recipe.
    Make,
    /// CSV. Bare values become fields.
    Csv,
    /// Lines of text. Bare values are of one line.
    Text,
}

/// What starts an expression or a variable in the texts of a provider's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sign {
    /// The sign.
    pub text: &'static str,
    /// What the provider reads as the sign itself.
    pub disarmed: &'static str,
    /// Whether the provider reads it in scripts too, and does not leave it to the shell there.
    pub in_scripts: bool,
    /// What the provider reads as a backslash before the sign, where it would take the two for the sign alone. Two
    /// backslashes are two to it.
    pub backslash: Option<&'static str>,
}

impl Sign {
    pub(super) fn disarm(self, text: &str) -> String {
        if self.text.is_empty() {
            return text.to_owned();
        }
        let Some(backslash) = self.backslash else {
            return text.replace(self.text, self.disarmed);
        };
        let mut parts = text.split(self.text).peekable();
        let mut out = String::with_capacity(text.len());
        while let Some(part) = parts.next() {
            let bare = part.trim_end_matches('\\');
            let odd = (part.len() - bare.len()) % 2 == 1;
            match parts.peek() {
                None => out.push_str(part),
                Some(_) if odd => {
                    out.push_str(&part[..part.len() - 1]);
                    out.push_str(backslash);
                    out.push_str(self.disarmed);
                }
                Some(_) => {
                    out.push_str(part);
                    out.push_str(self.disarmed);
                }
            }
        }
        out
    }
}

impl Dialect {
    /// Its delimiters and how white space around blocks goes.
    pub(crate) fn syntax(self) -> SyntaxConfig {
        let mut syntax = SyntaxConfig::builder();
        syntax
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true);
        if self != Dialect::Dockerfile {
            // `{{ }}` belongs to GitHub and `{#` to the shell.
            syntax
                .block_delimiters("<%", "%>")
                .variable_delimiters("<{", "}>")
                .comment_delimiters("<#", "#>");
        }
        syntax.build().unwrap_or_default()
    }
}

/// The engine for files of a dialect: strict about undefined names, no file access but through its loader.
pub fn environment(dialect: Dialect) -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_syntax(dialect.syntax());
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_debug(true);
    FILE.hold(&mut engine);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_formatter(move |out, state, value| format(dialect, out, state, value));
    engine.add_test("matching", matching);
    engine.add_test("none", is_none);
    engine.add_filter("ident", move |value: &Value| match dialect {
        Dialect::Python => python_name(value),
        Dialect::Go | Dialect::Script => code_name(value),
        _ => ident(value),
    });
    engine.add_filter("pick", pick);
    engine.add_filter("relative", |to: &str, from: &str| {
        relative(folder_of(from), to)
    });
    engine.add_filter("grouped", grouped);
    engine.add_filter("heading", heading);
    engine.add_filter("comment", move |value: &Value| {
        comment(dialect, value).and_then(safe)
    });
    if is_markup(dialect) {
        markup(&mut engine, dialect);
    }
    engine.add_filter("shell", move |value: &Value| {
        let word = line(value).map(|text| shell_word(&text))?;
        match dialect {
            Dialect::Make => safe(word.replace('$', "$$")),
            Dialect::Html => safe(html(&word)),
            Dialect::Markdown if word.contains(['<', '`']) => {
                Err(unsafe_value(&word, "as a word of a command in Markdown"))
            }
            _ => safe(word),
        }
    });
    if matches!(dialect, Dialect::Json | Dialect::Script) {
        engine.add_filter("json", |value: &Value| json(value).and_then(safe));
    }
    // What follows is of the dialects that pipelines and images are written in.
    if !matches!(
        dialect,
        Dialect::Dockerfile | Dialect::Yaml(_) | Dialect::Shell | Dialect::Python
    ) {
        return engine;
    }
    engine.add_filter("literals", literals);
    engine.add_filter("quote", |value: &Value| {
        line(value).and_then(|t| safe(dockerfile_string(&t)))
    });
    engine.add_filter("script", move |value: &Value, indent: usize| {
        yaml_script(dialect, &value.to_string(), indentation(indent)?).and_then(safe)
    });
    engine.add_filter("bare", |value: &Value| word(value).and_then(safe));
    engine.add_filter("lines", lines);
    engine.add_filter("json", |value: &Value| json(value).and_then(safe));
    engine
}

/// Whether people read it with a browser, or as good as.
fn is_markup(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Markdown | Dialect::Html)
}

/// The filters of markup.
fn markup(engine: &mut Environment<'static>, dialect: Dialect) {
    engine.add_filter("json", |value: &Value| json_in_markup(value).and_then(safe));
    engine.add_filter("link", |value: &Value| {
        let target = line(value)?;
        link(&target).map_or_else(|| Err(unsafe_value(&target, "as a link")), safe)
    });
    engine.add_filter("mermaid", |value: &Value| safe(mermaid(&line(value)?)));
    if dialect == Dialect::Markdown {
        engine.add_filter("code", |value: &Value| safe(markdown_code(&line(value)?)));
    }
}

/// A text that a filter has made fit for its place; printed as it is.
fn safe(text: String) -> Result<Value, Error> {
    Ok(Value::from_safe_string(text))
}

pub(super) fn fault(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidOperation, error.to_string())
}

pub(super) fn unsafe_value(text: &str, place: &str) -> Error {
    Error::new(
        ErrorKind::BadEscape,
        format!("`{}` cannot be printed {place}", text.escape_debug()),
    )
}

/// Identifiers of jobs, steps and variables: `[A-Za-z0-9_-]`, not empty, and text to YAML even without quotes.
fn ident(value: &Value) -> Result<Value, Error> {
    let text = value.to_string();
    let good = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if good && !text.is_empty() && !other_than_text(&text) {
        safe(text)
    } else {
        Err(unsafe_value(&text, "as an identifier"))
    }
}

/// Identifiers of Python.
fn python_name(value: &Value) -> Result<Value, Error> {
    let text = value.to_string();
    if python::is_python_name(&text) {
        safe(text)
    } else {
        Err(unsafe_value(&text, "as a name of Python"))
    }
}

/// The items of a list as literals of Python, with commas between them.
fn literals(value: &Value) -> Result<Value, Error> {
    let items: Result<Vec<String>, Error> = value.try_iter()?.map(|v| python_literal(&v)).collect();
    safe(items?.join(", "))
}

fn python_literal(value: &Value) -> Result<String, Error> {
    Ok(python::literal(
        &serde_json::to_value(value).map_err(fault)?,
    ))
}

/// Lines of a block, each indented so much; what a block cannot hold as it is, is refused.
fn lines(value: &Value, indent: usize) -> Result<Value, Error> {
    let indent = indentation(indent)?;
    let text = value.to_string();
    let held = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || never_raw(c));
    if !text.chars().all(held) {
        return Err(unsafe_value(
            &text,
            "in a block of lines; write it without control characters",
        ));
    }
    let lines = text.trim_end().lines().map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!("{:indent$}{line}", "")
        }
    });
    safe(lines.collect::<Vec<_>>().join("\n"))
}

/// The rest of a line that begins a comment. Some readers of YAML end a line where others do not.
fn comment(dialect: Dialect, value: &Value) -> Result<String, Error> {
    let text = line(value)?;
    // What ends the comment, or takes the next line into it.
    let ends = match dialect {
        Dialect::Markdown | Dialect::Html => text.contains("--") || text.contains('>'),
        Dialect::Make => text.ends_with('\\'),
        _ => false,
    };
    if ends || text.contains(never_raw) {
        return Err(unsafe_value(&text, "in a comment"));
    }
    Ok(text)
}

/// A value that has a text.
fn text(value: &Value) -> Result<String, Error> {
    no_text(value).map_or_else(|| Ok(value.to_string()), |words| Err(fault(words)))
}

/// Lines of text.
fn paragraph(value: &Value) -> Result<String, Error> {
    let text = text(value)?;
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    {
        return Err(unsafe_value(
            &text,
            "as text; write it without control characters",
        ));
    }
    Ok(text)
}

/// One line of text.
pub(super) fn line(value: &Value) -> Result<String, Error> {
    let text = text(value)?;
    if text.chars().any(char::is_control) {
        return Err(unsafe_value(
            &text,
            "on one line; write it without line breaks and control characters",
        ));
    }
    Ok(text)
}

fn format(
    dialect: Dialect,
    out: &mut Output<'_>,
    _: &State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    if value.is_undefined() {
        // What is left here is `x if y` without `else`; the engine has refused all other undefined values before.
        return Ok(());
    }
    let text = if value.is_safe() {
        value.to_string()
    } else {
        match dialect {
            Dialect::Dockerfile => word(value)?,
            Dialect::Shell => shell_word(&line(value)?),
            Dialect::Yaml(_) => yaml_scalar(dialect, value)?,
            Dialect::Python => python_literal(value)?,
            Dialect::Markdown => markdown(&line(value)?),
            Dialect::Html => html(&paragraph(value)?),
            Dialect::Mermaid => mermaid(&line(value)?),
            Dialect::Json | Dialect::Script => json(value)?,
            Dialect::Toml => toml(value)?,
            Dialect::Go => go(value)?,
            Dialect::Make => make_word(value)?,
            Dialect::Csv => csv(&line(value)?),
            Dialect::Text => line(value)?,
        }
    };
    out.write_str(&text).map_err(fault)
}

/// A plain word of an instruction: nothing that a Dockerfile or a shell would read as more than itself.
fn word(value: &Value) -> Result<String, Error> {
    let text = text(value)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:@+=,~%-".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        Ok(text)
    } else {
        Err(unsafe_value(
            &text,
            "bare in a Dockerfile; use `| quote`, `| shell` or `| json`",
        ))
    }
}

/// JSON that is YAML too.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_string(value).map_err(fault)?;
    if !json.contains(never_raw) {
        return Ok(json);
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if never_raw(c) {
            let _ = write!(out, "\\u{:04x}", c as u32);
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

/// A text as one word of a POSIX shell.
pub fn shell_word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:@+=,%-".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A text as a double-quoted string of ENV, LABEL or ARG, in which nothing is expanded.
fn dockerfile_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '\\' | '"' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GitHub's sign.
    const EXPRESSION: Dialect = Dialect::Yaml(Sign {
        text: "${{",
        disarmed: "${{ '${{' }}",
        in_scripts: true,
        backslash: None,
    });

    /// GitLab's and Cloud Build's.
    const VARIABLE: Dialect = Dialect::Yaml(Sign {
        text: "$",
        disarmed: "$$",
        in_scripts: false,
        backslash: None,
    });

    fn render(dialect: Dialect, template: &str, value: &str) -> Result<String, Error> {
        environment(dialect).render_str(template, minijinja::context! { v => value })
    }

    #[test]
    fn yaml_values_are_quoted_and_provider_signs_disarmed() {
        let github = render(
            EXPRESSION,
            "k: <{ v }>",
            "a\"b: ${{ github.token }} 'x'\n- y",
        )
        .unwrap_or_default();
        assert_eq!(
            github,
            "k: \"a\\\"b: ${{ '${{' }} github.token }} 'x'\\n- y\""
        );
        assert_eq!(
            render(VARIABLE, "<{ v }>", "$HOME").unwrap_or_default(),
            "\"$$HOME\""
        );
        assert_eq!(
            render(VARIABLE, "<{ v }>", "3.10").unwrap_or_default(),
            "\"3.10\""
        );
        assert_eq!(
            render(EXPRESSION, "<{ v }>", "\u{85}\u{2028}").unwrap_or_default(),
            "\"\\u0085\\u2028\""
        );
    }

    #[test]
    fn scripts_come_back_from_yaml_as_they_were() {
        for text in [
            "one line",
            "a\nb",
            "a\n\n  b: 'c' # d\n",
            "if x\n\tthen \"$y\" \\\nfi",
            "a\n\n",
            " a\nb",
            "\na\nb",
            "a\n \nb \n",
            "a\r\nb",
            "a\n\u{85}b",
            "- a\n- b\n",
            "",
        ] {
            let yaml = render(EXPRESSION, "k:\n  run: <{ v | script(4) }>\nz: 1\n", text)
                .unwrap_or_default();
            let read: serde_json::Value = yaml_serde::from_str(&yaml).expect(&yaml);
            assert_eq!(read["k"]["run"], text, "{yaml}");
            assert_eq!(read["z"], 1, "{yaml}");
        }
        assert_eq!(
            render(EXPRESSION, "<{ v | script(2) }>", "a\n${{ b }}").unwrap_or_default(),
            "|-\n  a\n  ${{ '${{' }} b }}"
        );
        for dialect in [VARIABLE] {
            for (text, yaml) in [("a\n$b", "|-\n  a\n  $b"), ("$b", "\"$b\"")] {
                let template = "<{ v | script(2) }>";
                assert_eq!(render(dialect, template, text).unwrap_or_default(), yaml);
            }
        }
    }

    #[test]
    fn a_backslash_before_a_sign_stays_one() {
        let sign = Sign {
            text: "$",
            disarmed: "$$",
            in_scripts: true,
            backslash: Some("B"),
        };
        for (text, disarmed) in [
            ("a$b", "a$$b"),
            (r"\$", "B$$"),
            (r"\\$", r"\\$$"),
            (r"\\\$x", r"\\B$$x"),
            ("$$", "$$$$"),
            (r"\", r"\"),
            (r"a\b", r"a\b"),
        ] {
            assert_eq!(sign.disarm(text), disarmed);
        }
    }

    #[test]
    fn what_ends_a_line_for_some_is_escaped_or_refused() {
        let json = render(VARIABLE, "- <{ v | json }>", "a\u{7f}\u{2028}b");
        assert_eq!(json.unwrap_or_default(), "- \"a\\u007f\\u2028b\"");
        for bad in ["a\u{2028}b", "a\u{85}b", "a\nb"] {
            assert!(
                render(EXPRESSION, "# <{ v | comment }>", bad).is_err(),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_dockerfile_takes_plain_words_bare_and_all_else_quoted() {
        assert_eq!(
            render(Dialect::Dockerfile, "FROM {{ v }}", "a/b:1@sha256:0").unwrap_or_default(),
            "FROM a/b:1@sha256:0"
        );
        for bad in ["a b", "a\nRUN evil", "$(x)", "`x`", ""] {
            assert!(
                render(Dialect::Dockerfile, "FROM {{ v }}", bad).is_err(),
                "{bad}"
            );
        }
        assert_eq!(
            render(
                Dialect::Dockerfile,
                "ENV A={{ v | quote }}",
                r#"a "b" $c \d"#
            )
            .unwrap_or_default(),
            r#"ENV A="a \"b\" \$c \\d""#
        );
        assert_eq!(
            render(Dialect::Dockerfile, "{{ v | shell }}", "a'b c").unwrap_or_default(),
            r"'a'\''b c'"
        );
        assert!(render(Dialect::Dockerfile, "ENV A={{ v | quote }}", "a\nRUN evil").is_err());
    }

    #[test]
    fn python_takes_literals_and_names() {
        let engine = environment(Dialect::Python);
        let render = |template: &str| {
            let values = minijinja::context! { v => ["a", "b\"c"], name => "class", one => 1.5 };
            engine.render_str(template, values)
        };
        assert_eq!(
            render("<{ v }> <{ v | literals }> <{ one }> <{ none }> <{ true }>")
                .unwrap_or_default(),
            r#"("a", "b\"c") "a", "b\"c" 1.5 None True"#
        );
        assert!(render("<{ 'on' | ident }>").is_ok());
        assert!(render("<{ name | ident }>").is_err());
    }

    #[test]
    fn an_axis_that_is_not_there_matches_nothing_silently() {
        let fault = render(
            Dialect::Dockerfile,
            "{% if x is matching('a') %}{% endif %}",
            "",
        );
        assert_eq!(fault.map_err(|e| e.kind()), Err(ErrorKind::UndefinedError));
        let asked = "{% if x is defined and x is matching('a') %}{% endif %}";
        assert!(render(Dialect::Dockerfile, asked, "").is_ok());
    }

    #[test]
    fn identifiers_are_refused_not_mangled() {
        assert!(render(EXPRESSION, "<{ v | ident }>", "build-0_1").is_ok());
        for good in [
            "0-1",
            "2026-11",
            "2026-11-28-a",
            "20261-11-28",
            "a-2026-11-28",
            "0xyz",
            "--",
        ] {
            assert!(
                render(EXPRESSION, "<{ v | ident }>", good).is_ok(),
                "{good}"
            );
        }
        let other = [
            "null",
            "Yes",
            "off",
            "N",
            "12",
            "1e3",
            "0x1F",
            "-1",
            "1_000",
            "0o7",
            "0b101",
            "-0x1F",
            "2026-11-28",
            "2026-1-2",
            "2001-12-14t21",
            "-",
            "---",
            "12e03",
            "0_7",
        ];
        for bad in ["", "a b", "a:b", "a.b", "é"].into_iter().chain(other) {
            assert!(render(EXPRESSION, "<{ v | ident }>", bad).is_err(), "{bad}");
        }
    }
}
