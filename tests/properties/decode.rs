//! Outputs read back by rules of their own, written from the formats' documents: no escaping of the product is used.

use basematrix::dockerfile::{CommandLine, Dockerfile, Operation};

/// One leaf of an output: where it is, and its text.
pub(super) type Leaf = (String, String);

/// All leaves of an output, in order. A text that is no longer of its format is an error.
pub(super) fn leaves(path: &str, text: &str) -> Result<Vec<Leaf>, String> {
    let mut found = Vec::new();
    if path.ends_with("Dockerfile") {
        return dockerfile(text);
    } else if path.ends_with(".json") {
        let value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        json(&value, String::new(), &mut found);
    } else if path.ends_with(".yml") || path.ends_with(".yaml") {
        let value = yaml_serde::from_str(text).map_err(|e| e.to_string())?;
        yaml(&value, String::new(), &mut found)?;
    } else if path.ends_with(".lines") {
        for (number, line) in text.lines().enumerate() {
            record(line, &number.to_string(), &mut found)?;
        }
    } else if path.ends_with(".py") {
        for (number, token) in python(text)?.into_iter().enumerate() {
            found.push((number.to_string(), token));
        }
    } else {
        found.extend(
            text.split('\n')
                .enumerate()
                .map(|(n, line)| (n.to_string(), line.to_owned())),
        );
    }
    Ok(found)
}

/// A record of the plan for scripts. Source: `docs/plan.md`.
fn record(line: &str, at: &str, found: &mut Vec<Leaf>) -> Result<(), String> {
    let fields: Vec<&str> = line.split('\t').collect();
    found.push((at.to_owned(), format!("{} fields", fields.len())));
    for (index, field) in fields.iter().enumerate() {
        let mut text = String::new();
        let mut chars = field.chars();
        while let Some(c) = chars.next() {
            text.push(match c {
                '\\' => match chars.next() {
                    Some('\\') => '\\',
                    Some('t') => '\t',
                    Some('n') => '\n',
                    Some('r') => '\r',
                    other => return Err(format!("a backslash before {other:?}")),
                },
                '\r' => return Err("a bare carriage return".to_owned()),
                c => c,
            });
        }
        let at = format!("{at}/{index}");
        match text.strip_prefix("RUN ") {
            Some(words) if fields[0] == "test" && index == 3 => {
                if words.contains('<') {
                    return Err("a `<` that may begin a heredoc".to_owned());
                }
                let words = serde_json::from_str(words).map_err(|e| e.to_string())?;
                json(&words, at, found);
            }
            _ => found.push((at, text)),
        }
    }
    Ok(())
}

pub(super) fn json(value: &serde_json::Value, at: String, found: &mut Vec<Leaf>) {
    match value {
        serde_json::Value::Array(items) => {
            found.push((at.clone(), format!("{} items", items.len())));
            for (index, item) in items.iter().enumerate() {
                json(item, format!("{at}/{index}"), found);
            }
        }
        serde_json::Value::Object(map) => {
            found.push((at.clone(), format!("{} keys", map.len())));
            for (index, (key, item)) in map.iter().enumerate() {
                found.push((format!("{at}/key {index}"), key.clone()));
                json(item, format!("{at}/{index}"), found);
            }
        }
        serde_json::Value::String(text) => found.push((at, text.clone())),
        other => found.push((at, format!("({other})"))),
    }
}

fn yaml(value: &yaml_serde::Value, at: String, found: &mut Vec<Leaf>) -> Result<(), String> {
    match value {
        yaml_serde::Value::Sequence(items) => {
            found.push((at.clone(), format!("{} items", items.len())));
            for (index, item) in items.iter().enumerate() {
                yaml(item, format!("{at}/{index}"), found)?;
            }
        }
        yaml_serde::Value::Mapping(map) => {
            found.push((at.clone(), format!("{} keys", map.len())));
            for (index, (key, item)) in map.iter().enumerate() {
                yaml(key, format!("{at}/key {index}"), found)?;
                yaml(item, format!("{at}/{index}"), found)?;
            }
        }
        yaml_serde::Value::String(text) => found.push((at, text.clone())),
        // GitLab's: the place of something else in the same file.
        yaml_serde::Value::Tagged(tagged) if tagged.tag == "!reference" => {
            yaml(&tagged.value, format!("{at}/!reference"), found)?;
        }
        yaml_serde::Value::Tagged(tagged) => return Err(format!("a tag at {at}: {tagged:?}")),
        other => found.push((at, format!("({other:?})"))),
    }
    Ok(())
}

/// Instructions and their words.
fn dockerfile(text: &str) -> Result<Vec<Leaf>, String> {
    let parsed = Dockerfile::parse(text).map_err(|e| e.to_string())?;
    if parsed.directives.escape() != '\\' || parsed.directives.syntax.is_some() {
        return Err("a parser directive".to_owned());
    }
    let mut found = vec![(
        String::new(),
        format!("{} instructions", parsed.instructions.len()),
    )];
    for (index, instruction) in parsed.instructions.iter().enumerate() {
        if !instruction.heredocs.is_empty() {
            return Err("a here-document".to_owned());
        }
        let all = || words(&text[instruction.keyword.end..instruction.span.end]);
        let (name, words) = match &instruction.kind {
            Operation::Arg(_) => ("ARG", all()?),
            Operation::Env(_) => ("ENV", all()?),
            Operation::Label(_) => ("LABEL", all()?),
            Operation::From(from) => {
                if from.name.is_some() || !instruction.flags.is_empty() {
                    return Err("FROM has more than an image".to_owned());
                }
                ("FROM", words(&text[from.image.span.clone()])?)
            }
            Operation::User(_) => ("USER", all()?),
            Operation::Workdir(_) => ("WORKDIR", all()?),
            Operation::Cmd(line) => ("CMD", command(text, line)?),
            Operation::Entrypoint(line) => ("ENTRYPOINT", command(text, line)?),
            Operation::Run(line, _) => ("RUN", command(text, line)?),
            other => return Err(format!("an instruction that no template has: {other:?}")),
        };
        found.push((format!("{index} {name}"), format!("{} words", words.len())));
        for (word, text) in words.into_iter().enumerate() {
            found.push((format!("{index} {name} {word}"), text));
        }
    }
    Ok(found)
}

fn command(text: &str, command: &CommandLine) -> Result<Vec<String>, String> {
    match command {
        CommandLine::Exec(list) => {
            let start = list.first().map(|word| word.span.start);
            let end = list.last().map(|word| word.span.end);
            let list = start.zip(end).map_or("", |(start, end)| &text[start..end]);
            serde_json::from_str::<Vec<String>>(&format!("[{list}]"))
                .map_err(|e| format!("no JSON in an exec form: {e}"))
        }
        CommandLine::Shell(line) => shell(&joined(&text[line.span.clone()])),
    }
}

/// Lines that end in a backslash go on in the next; comments in between are left out. Source: the Dockerfile reference.
fn joined(text: &str) -> String {
    let mut out = String::new();
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 && line.trim_start().starts_with('#') {
            continue;
        }
        match line.trim_end().strip_suffix('\\') {
            Some(more) => out.push_str(more),
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out.pop();
    out
}

/// What stands for something that would be expanded: no text can hold it.
const EXPANDED: char = '\u{0}';

/// Words as ENV, LABEL, ARG and FROM read them. Source: the Dockerfile reference, and BuildKit's `shell/lex.go`.
fn words(text: &str) -> Result<Vec<String>, String> {
    let text = joined(text);
    let mut found = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => found.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("an open quote")? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("an open quote")? {
                        '"' => break,
                        '$' => word.push(EXPANDED),
                        '\\' => match chars.next().ok_or("an open quote")? {
                            c @ ('"' | '$' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '$' => word.get_or_insert_default().push(EXPANDED),
            c => word.get_or_insert_default().push(c),
        }
    }
    found.extend(word);
    Ok(found)
}

/// Words and operators as a POSIX shell reads them.
fn shell(text: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => found.extend(word.take()),
            '#' if word.is_none() => return Err(format!("a comment in {text:?}")),
            '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => {
                found.extend(word.take());
                found.push(format!("operator {c}"));
            }
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("an open quote")? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            // Of the template's own; no value is printed between them.
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("an open quote")? {
                        '"' => break,
                        c @ ('$' | '`') => word.extend([EXPANDED, c]),
                        '\\' => match chars.next().ok_or("an open quote")? {
                            c @ ('"' | '$' | '`' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '$' | '`' | '*' | '?' | '[' | '~' | '{' | '!' => {
                word.get_or_insert_default().extend([EXPANDED, c]);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    found.extend(word);
    Ok(found)
}

#[test]
fn words_are_read_as_a_builder_does() {
    assert_eq!(
        words(r#"A="x \"y\" \$z \\" B=c\ d"#),
        Ok(vec![r#"A=x "y" $z \"#.into(), "B=c d".into()])
    );
    assert_eq!(words("A=1 \\\n  B=2"), Ok(vec!["A=1".into(), "B=2".into()]));
    assert_eq!(words("A=\"$x\""), Ok(vec!["A=\u{0}x".into()]));
    assert!(words("A=\"x").is_err());
    assert_eq!(
        shell(r"a 'b'\''c' && d"),
        Ok(["a", "b'c", "operator &", "operator &", "d"]
            .map(String::from)
            .to_vec())
    );
    assert_eq!(shell(r#"a="$b\(""#), Ok(vec!["a=\u{0}$b\\(".to_owned()]));
}

/// Tokens of a Python module: what its strings hold, and what stands between them, cut at each line and each sign.
fn python(text: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '#' {
            let (comment, after) = rest.split_once('\n').unwrap_or((rest, ""));
            found.push(comment.to_owned());
            rest = after;
        } else if let Some((held, after)) = rest
            .strip_prefix("\"\"\"")
            .and_then(|inner| inner.split_once("\"\"\""))
        {
            found.push(format!("document {held}"));
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('"') {
            let (held, after) = python_string(inner)?;
            found.push(format!("string {held}"));
            rest = after;
        } else if c.is_alphanumeric() || c == '_' {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            found.push(rest[..end].to_owned());
            rest = &rest[end..];
        } else {
            found.push(c.to_string());
            rest = &rest[c.len_utf8()..];
        }
    }
    Ok(found)
}

/// What a string in double quotes holds, and what stands behind it.
fn python_string(inner: &str) -> Result<(String, &str), String> {
    let mut held = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((held, &inner[at + 1..])),
            '\n' => break,
            '\\' => {
                let (_, sign) = chars.next().ok_or("an open escape")?;
                let digits = match sign {
                    'u' => 4,
                    'U' => 8,
                    'x' => 2,
                    'n' => {
                        held.push('\n');
                        continue;
                    }
                    '"' | '\\' => {
                        held.push(sign);
                        continue;
                    }
                    // The module's own patterns, such as `\d`.
                    _ => {
                        held.extend(['\\', sign]);
                        continue;
                    }
                };
                let hex: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
                let code = u32::from_str_radix(&hex, 16).map_err(|e| e.to_string())?;
                held.push(char::from_u32(code).ok_or("no character")?);
            }
            c => held.push(c),
        }
    }
    Err(format!("an open string: {inner:.40}"))
}

#[test]
fn strings_are_read_as_python_does() {
    assert_eq!(
        python("a = (\"x\\\"\\\\\\u00e9\",) # \"b\n"),
        Ok([
            "a",
            " ",
            "=",
            " ",
            "(",
            "string x\"\\é",
            ",",
            ")",
            " ",
            "# \"b"
        ]
        .map(String::from)
        .to_vec())
    );
    assert!(python("a = \"x\n\"").is_err());
}
