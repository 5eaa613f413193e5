//! A config as JSON, where the path asks for it: Cloud Build reads a file by its ending.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

/// Where the header stands, since JSON knows no comment and the service no key but its own: first in the variables of all
/// steps.
const VARIABLE: &str = "GENERATED_BY";

/// Whether a config at that path is read as JSON.
pub(super) fn is_json(path: &str) -> bool {
    path.ends_with(".json")
}

/// A config, rendered as YAML, as JSON with its header; `None` when it is no YAML.
pub(super) fn json(yaml: &str, header: &str) -> Option<String> {
    let Value::Object(mut config) = read(yaml)? else {
        return None;
    };
    let mut options = match config.shift_remove("options") {
        Some(Value::Object(options)) => options,
        _ => Map::new(),
    };
    let mut env = match options.shift_remove("env") {
        Some(Value::Array(env)) => env,
        _ => Vec::new(),
    };
    // Dollars are doubled, as in every text in which the service substitutes.
    env.insert(
        0,
        format!("{VARIABLE}={}", header.replace('$', "$$")).into(),
    );
    let mut first = Map::from_iter([("env".to_owned(), Value::Array(env))]);
    first.extend(options);
    let mut all = Map::from_iter([("options".to_owned(), Value::Object(first))]);
    all.extend(config);
    let mut text = serde_json::to_string_pretty(&all).ok()?;
    text.push('\n');
    Some(text)
}

/// What is begun and not yet ended.
enum Open {
    List(usize, Vec<Value>),
    Map(usize, Map<String, Value>, Option<String>),
}

fn read(yaml: &str) -> Option<Value> {
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, Value> = HashMap::new();
    for event in Parser::new_from_str(yaml) {
        let (anchor, value) = match event.ok()?.0 {
            Event::SequenceStart(anchor, _) => {
                open.push(Open::List(anchor, Vec::new()));
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open::Map(anchor, Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop()? {
                Open::List(anchor, list) => (anchor, Value::Array(list)),
                Open::Map(anchor, map, _) => (anchor, Value::Object(map)),
            },
            Event::Scalar(text, style, anchor, _) => {
                if let Some(Open::Map(_, _, key @ None)) = open.last_mut() {
                    *key = Some(text.to_string());
                    continue;
                }
                (anchor, scalar(&text, style))
            }
            Event::Alias(anchor) => (0, anchors.get(&anchor)?.clone()),
            _ => continue,
        };
        if anchor > 0 {
            anchors.insert(anchor, value.clone());
        }
        match open.last_mut() {
            Some(Open::List(_, list)) => list.push(value),
            Some(Open::Map(_, map, key)) => {
                map.insert(key.take()?, value);
            }
            None => return Some(value),
        }
    }
    None
}

/// A scalar of YAML's core schema.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return text.into();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match text.parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => text.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_read_as_it_is_meant() {
        let yaml =
            "a: &x [1, '1', true, \"no\", ~, 1s]\nb: *x\nc:\n  d: |\n    l1\n    l2\n  e: {}\n";
        let read = read(yaml).expect("a value");
        let wanted = serde_json::json!({
            "a": [1, "1", true, "no", null, "1s"],
            "b": [1, "1", true, "no", null, "1s"],
            "c": {"d": "l1\nl2\n", "e": {}},
        });
        assert_eq!(read, wanted);
    }

    #[test]
    fn the_header_stands_in_the_first_lines() {
        let text = json(
            "steps: []\noptions:\n  logging: NONE\n  env: [A=1]\n",
            "made $ by",
        )
        .expect("JSON");
        let line = text.lines().nth(3).expect("a line");
        assert!(line.contains("GENERATED_BY=made $$ by"), "{text}");
        let read: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["options"]["env"][1], "A=1");
        assert_eq!(read["options"]["logging"], "NONE");
    }
}
