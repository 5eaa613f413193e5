//! How an instruction names a variable: it reads it, spells it out as a text, or sets one of that name itself.

use crate::dockerfile::instruction::{CommandLine, Instruction, Operation};

/// Whether the builder fills in words of an instruction. Source: "Environment replacement" of the Dockerfile reference.
pub(super) fn fills_in(kind: &Operation) -> bool {
    matches!(
        kind,
        Operation::Copy(_)
            | Operation::Add(_)
            | Operation::Env(_)
            | Operation::Expose(_)
            | Operation::Label(_)
            | Operation::Stopsignal(_)
            | Operation::User(_)
            | Operation::Volume(_)
            | Operation::Workdir(_)
    )
}

/// Whether the builder fills it in outside of the words: in flags, and in here-documents whose end is not quoted.
pub(super) fn expands(instruction: &Instruction, text: &str, name: &str) -> bool {
    let flags = instruction
        .flags
        .iter()
        .filter_map(|flag| flag.value.as_ref());
    let mut docs = instruction.heredocs.iter().filter(|doc| doc.expand);
    flags.into_iter().any(|value| reads(value, name))
        || docs.any(|doc| reads(&text[doc.body.clone()], name))
}

/// Whether an instruction reads a variable of that name and nothing in it sets one.
pub(super) fn reads_alone(instruction: &Instruction, text: &str, name: &str) -> bool {
    let Operation::Run(command, mounts) = &instruction.kind else {
        let span = &instruction.span;
        let end = instruction
            .heredocs
            .first()
            .map_or(span.end, |doc| doc.body.start);
        return reads(&text[span.start..end], name) || expands(instruction, text, name);
    };
    let fields = mounts.iter().flat_map(|mount| &mount.fields);
    let mut secrets = fields.filter(|(field, _)| field == "env");
    let said = said(command, instruction, text);
    let expands = |text: &&str| spelled(text, name).any(|before| !quoted(before));
    said.iter().any(|text| reads(text, name))
        && said.iter().any(expands)
        && !said.iter().any(|text| sets(text, name))
        && !secrets.any(|(_, value)| value.as_deref() == Some(name))
}

/// What a command says: its line or words, and its here-documents.
pub fn said<'a>(
    command: &'a CommandLine,
    instruction: &Instruction,
    text: &'a str,
) -> Vec<&'a str> {
    let mut said: Vec<&str> = match command {
        CommandLine::Shell(line) => vec![&line.text],
        CommandLine::Exec(words) => words.iter().map(|word| word.text.as_str()).collect(),
    };
    said.extend(
        instruction
            .heredocs
            .iter()
            .map(|doc| &text[doc.body.clone()]),
    );
    said
}

/// Whether what follows a text stands between single quotes, for a shell.
fn quoted(before: &str) -> bool {
    let (mut single, mut double, mut escaped) = (false, false, false);
    for c in before.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !single => escaped = true,
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            _ => {}
        }
    }
    single
}

/// Where a text spells a variable out: the bytes before the `$` of `$NAME` and `${NAME…}`.
fn spelled<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
    alone(text, name).filter_map(move |at| {
        let before = &text[..at];
        before.strip_suffix('{').unwrap_or(before).strip_suffix('$')
    })
}

/// Whether an instruction spells a variable out, escaped or not.
pub(super) fn spells(instruction: &Instruction, text: &str, name: &str) -> bool {
    spelled(&text[instruction.span.clone()], name)
        .next()
        .is_some()
}

/// Whether a text reads a variable, not behind a backslash.
pub(super) fn reads(text: &str, name: &str) -> bool {
    spelled(text, name).any(|before| !before.ends_with('\\'))
}

/// Words that set the variables behind them.
const SETTERS: [&str; 10] = [
    "declare", "export", "for", "getopts", "local", "mapfile", "printf", "read", "readonly",
    "typeset",
];

/// Whether a shell may set a variable in a text: it assigns to it, reads into it, or takes in a file that may.
pub(super) fn sets(text: &str, name: &str) -> bool {
    let mut words = text.split(|c: char| c.is_whitespace() || ";&|(){}".contains(c));
    words.any(|word| matches!(word, "." | "source" | "eval"))
        || alone(text, name).any(|at| {
            let (before, behind) = (&text[..at], &text[at + name.len()..]);
            if before.ends_with("${") {
                return behind.starts_with(":=") || behind.starts_with('=');
            }
            let assigned =
                behind.starts_with("+=") || behind.starts_with('=') && !behind.starts_with("==");
            let mut line = before.rsplit([';', '&', '|', '\n']);
            let mut words = line.next().unwrap_or_default().split_whitespace();
            !before.ends_with('$') && (assigned || words.any(|word| SETTERS.contains(&word)))
        })
}

/// Where a name stands as a word of its own.
fn alone<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let ends = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    let found = text.match_indices(name).map(|(at, _)| at);
    found.filter(move |at| {
        let behind = text[at + name.len()..].chars().next();
        ends(text[..*at].chars().next_back()) && ends(behind)
    })
}

/// Whether an instruction names a variable, as a word of its own: in its line or in its here-documents.
pub(super) fn names(instruction: &Instruction, text: &str, name: &str) -> bool {
    let within = |text: &str| alone(text, name).next().is_some();
    match &instruction.kind {
        Operation::Run(command, _) => said(command, instruction, text)
            .iter()
            .any(|text| within(text)),
        _ => within(&text[instruction.span.clone()]),
    }
}
