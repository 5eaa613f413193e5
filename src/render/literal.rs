//! Values as literals of formats and languages that have strings like those of JSON, and as words of a Makefile.

use indexmap::IndexMap;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};
use serde_json::Value as Json;

use crate::render::dialect::{fault, json, line, unsafe_value};

/// A value of TOML 1.0: tables and lists on one line.
pub(super) fn toml(value: &Value) -> Result<String, Error> {
    let value = serde_json::to_value(value).map_err(fault)?;
    toml_of(&value)
}

fn toml_of(value: &Json) -> Result<String, Error> {
    Ok(match value {
        Json::Null => {
            return Err(fault(
                "TOML has no value that says nothing: leave the key out",
            ));
        }
        // Its basic strings take every escape that is written here.
        Json::String(text) => json(text)?,
        Json::Array(items) => {
            let items: Result<Vec<String>, Error> = items.iter().map(toml_of).collect();
            format!("[{}]", items?.join(", "))
        }
        Json::Object(map) => {
            let items: Result<Vec<String>, Error> = map
                .iter()
                .map(|(key, value)| Ok(format!("{} = {}", json(key)?, toml_of(value)?)))
                .collect();
            match items? {
                items if items.is_empty() => "{}".to_owned(),
                items => format!("{{ {} }}", items.join(", ")),
            }
        }
        other => other.to_string(),
    })
}

/// A literal of Go: a text, a number or a truth. What a list is of, the template says.
pub(super) fn go(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::None => Err(fault(
            "Go has a literal for a text, a number, `true` and `false`; of a list, say the type and print each item",
        )),
        ValueKind::Bool | ValueKind::Number => json(value),
        _ => json(&value.to_string()),
    }
}

/// Words that Go and JavaScript keep for themselves, in strict code too.
const KEPT: [&str; 71] = [
    "arguments",
    "as",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "chan",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "defer",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "fallthrough",
    "false",
    "finally",
    "for",
    "func",
    "function",
    "go",
    "goto",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "map",
    "new",
    "nil",
    "null",
    "of",
    "package",
    "private",
    "protected",
    "public",
    "range",
    "return",
    "select",
    "static",
    "string",
    "struct",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "int",
    "bool",
    "error",
    "any",
    "number",
    "boolean",
];

/// A name of Go, JavaScript or TypeScript.
pub(super) fn code_name(value: &Value) -> Result<Value, Error> {
    let text = value.to_string();
    let good = !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if good && !KEPT.contains(&text.as_str()) {
        Ok(Value::from_safe_string(text))
    } else {
        Err(unsafe_value(&text, "as a name of this language"))
    }
}

/// A word of a Makefile that make takes as it is, in a variable or a list of targets.
pub(super) fn make_word(value: &Value) -> Result<String, Error> {
    let text = line(value)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:@+,-".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return Ok(text);
    }
    Err(unsafe_value(
        &text,
        "bare in a Makefile; use `| shell` in a recipe",
    ))
}

/// A field of CSV, by RFC 4180.
pub fn csv(text: &str) -> String {
    let plain = |c: char| !matches!(c, ',' | '"' | '\r' | '\n' | ';' | '\t');
    if text.chars().all(plain) && text.trim() == text {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// JSON for a script inside of HTML or a text of Markdown: nothing of it ends the element or the code.
pub(super) fn json_in_markup(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    for c in json(value)?.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '`' => out.push_str("\\u0060"),
            c => out.push(c),
        }
    }
    Ok(out)
}

/// The member of a table that is called so.
///
/// # Errors
/// When there is none: it says which there are.
pub(super) fn pick(table: &Value, name: &str) -> Result<Value, Error> {
    let names: Vec<String> = table.try_iter()?.map(|name| name.to_string()).collect();
    if names.iter().any(|known| known == name) {
        return table.get_attr(name);
    }
    let known = names.iter().map(String::as_str);
    let help = match crate::diagnostic::nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write {}", crate::diagnostic::or_list(known)),
    };
    Err(Error::new(
        ErrorKind::InvalidOperation,
        format!("there is no `{}` here; {help}", name.escape_debug()),
    ))
}

/// Specs by what one of their columns shows, in the order in which it comes; all of them, where no column is named.
///
/// # Errors
/// When there is no such column.
pub(super) fn grouped(specs: &Value, column: &str) -> Result<Value, Error> {
    let mut groups: IndexMap<Option<String>, Vec<Value>> = IndexMap::new();
    for spec in specs.try_iter()? {
        let value = match column {
            "" => None,
            column => {
                let texts = pick(&spec.get_attr("columns")?, column)?.try_iter()?;
                let texts: Vec<String> = texts.map(|text| text.to_string()).collect();
                match texts.is_empty() {
                    true => Some("none".to_owned()),
                    false => Some(texts.join(", ")),
                }
            }
        };
        groups.entry(value).or_default().push(spec);
    }
    let groups = groups.into_iter();
    let groups = groups.map(|(value, specs)| minijinja::context! { value, specs });
    Ok(groups.collect())
}

/// What a column is called above a table: `meta.min_driver` is `Min driver`.
pub fn heading(column: &str) -> String {
    let name = column.strip_prefix("meta.").unwrap_or(column);
    let words = name.replace(['.', '_', '-'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_literals_of_toml() {
        let value = minijinja::context! { a => vec!["x\"\u{7f}", "y"], b => true, c => 1 };
        let text = toml(&value).expect("a value");
        assert_eq!(text, r#"{ "a" = ["x\"\u007f", "y"], "b" = true, "c" = 1 }"#);
        let read: toml::Table = toml::from_str(&format!("v = {text}")).expect(&text);
        assert_eq!(read["v"]["a"][0].as_str(), Some("x\"\u{7f}"));
        assert!(toml(&Value::from(())).is_err());
    }

    #[test]
    fn a_list_of_go_has_a_type() {
        assert_eq!(go(&Value::from("a\"$")).expect("a text"), r#""a\"$""#);
        assert!(go(&Value::from(vec![1])).is_err());
        assert!(code_name(&Value::from("func")).is_err());
        assert!(code_name(&Value::from("Python310")).is_ok());
    }

    #[test]
    fn make_takes_plain_words() {
        assert!(make_word(&Value::from("ghcr.io/a/b:1")).is_ok());
        for bad in ["", "a b", "$(x)", "a#b", "a%b", "a=b", "a\\"] {
            assert!(make_word(&Value::from(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn fields_are_quoted_where_they_must() {
        assert_eq!(csv("a/b:1"), "a/b:1");
        assert_eq!(csv("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
