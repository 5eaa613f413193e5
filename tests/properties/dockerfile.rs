//! Any bytes as a Dockerfile: read or refused, never a panic, and every place lies in the text, on borders of characters.

use std::ops::Range;
use std::sync::Arc;

use basematrix::dockerfile::{
    Assignment, CommandLine, Dockerfile, Instruction, Operation, Request, Word,
};
use basematrix::grammar::Pairs;
use basematrix::source::SourceFile;
use proptest::prelude::*;

/// What Dockerfiles are made of, and what breaks readers of them.
const TOKENS: [&str; 72] = [
    "FROM ",
    "from ",
    "RUN ",
    "COPY ",
    "ADD ",
    "ARG ",
    "ENV ",
    "LABEL ",
    "USER ",
    "ONBUILD ",
    "SHELL ",
    "HEALTHCHECK CMD ",
    "ENTRYPOINT ",
    "CMD ",
    "VOLUME ",
    "EXPOSE ",
    "WORKDIR ",
    "STOPSIGNAL ",
    "MAINTAINER ",
    "--from=",
    "--platform=",
    "--mount=type=bind,from=",
    "--chown=",
    "--",
    " AS ",
    "a",
    "b",
    "debian:12",
    "0",
    "X",
    "$X",
    "${X}",
    "${X:-",
    "${X%%.*}",
    "${X/a/b}",
    "${X:+",
    "}",
    "{",
    "<<EOF",
    "<<-\"E\"",
    "<<",
    "<",
    "EOF",
    "E",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\\\n",
    "\\",
    "`",
    "# escape=`\n",
    "# syntax=x\n",
    "#",
    "=",
    "\"",
    "'",
    "[",
    "]",
    ",",
    "[\"a\", \"é\"]",
    " ",
    " ",
    "\t",
    "é",
    "“",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "TARGETARCH",
    "\u{1f600}",
];

/// A piece of a file.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::sample::select(&TOKENS[..]).prop_map(|token| token.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ]
}

fn words(instruction: &Instruction, all: &mut Vec<Range<usize>>) {
    all.extend([instruction.keyword.clone(), instruction.span.clone()]);
    all.extend(instruction.flags.iter().map(|flag| flag.span.clone()));
    all.extend(instruction.heredocs.iter().map(|doc| doc.body.clone()));
    let mut add = |word: &Word| all.push(word.span.clone());
    match &instruction.kind {
        Operation::Arg(pairs) | Operation::Env(pairs) | Operation::Label(pairs) => {
            for Assignment { name, value } in pairs {
                add(name);
                value.iter().for_each(&mut add);
            }
        }
        Operation::Cmd(line) | Operation::Entrypoint(line) | Operation::Run(line, _) => {
            match line {
                CommandLine::Shell(word) => add(word),
                CommandLine::Exec(words) => words.iter().for_each(add),
            }
        }
        Operation::Copy(transfer) | Operation::Add(transfer) => {
            transfer.sources.iter().for_each(&mut add);
            add(&transfer.destination);
        }
        Operation::From(from) => {
            add(&from.image);
            from.name.iter().for_each(add);
        }
        Operation::Onbuild(Ok(inner)) => words(inner, all),
        _ => {}
    }
}

fn sound(text: &str, span: &Range<usize>) -> bool {
    span.start <= span.end && text.get(span.clone()).is_some()
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_with_a_place(
        pieces in prop::collection::vec(piece(), 0..60),
        begins in any::<bool>(),
    ) {
        let mut bytes = if begins { b"ARG X=1.2\nFROM a AS b\n".to_vec() } else { Vec::new() };
        bytes.extend(pieces.concat());
        let file = SourceFile::decoded("Dockerfile", bytes);
        let text = &file.text;
        let parsed = match Dockerfile::parse(text) {
            Ok(parsed) => parsed,
            Err(fault) => {
                prop_assert!(sound(text, &fault.span), "{fault:?}");
                return Ok(());
            }
        };
        let mut spans = Vec::new();
        parsed.instructions.iter().for_each(|one| words(one, &mut spans));
        for span in &spans {
            prop_assert!(sound(text, span), "{span:?}");
        }
        let args: Pairs<Arc<str>, String> = std::iter::once(("X".into(), "é.1".into())).collect();
        for platform in ["linux/amd64", "linux/arm/v7"] {
            let request = Request { args: &args, target: Some("b"), platform, build_platform: None };
            match parsed.evaluate(&request) {
                Ok(build) => {
                    for named in build.named() {
                        prop_assert!(sound(text, &named.span), "{named:?}");
                    }
                    build.reach(&parsed, text, "X");
                }
                Err(fault) => prop_assert!(sound(text, &fault.span), "{fault:?}"),
            }
        }
    }
}
