//! Dockerfiles: the defaults of `ARG`.

use crate::dockerfile::{Dockerfile, Operation};
use crate::locate::choose::Declaration;
use crate::locate::line::{Syntax, Value};
use crate::locate::unfound::Unfound;

pub(crate) const SYNTAX: Syntax = Syntax { variables, not: "" };

/// The build arguments of a Dockerfile.
fn variables(text: &str) -> Result<Vec<Declaration<Value>>, Unfound> {
    let parsed = Dockerfile::parse(text).map_err(|fault| Unfound::Syntax {
        span: line_of(text, fault.span.start),
        what: fault.what,
    })?;
    let mut found = Vec::new();
    for instruction in &parsed.instructions {
        if let Operation::Arg(args) = &instruction.kind {
            for arg in args {
                let name = arg.name.span.clone();
                let value = arg.value.as_ref().map(|v| Value::Written(v.span.clone()));
                found.push(Declaration::plain(&text[name.clone()], name, value));
            }
        }
    }
    Ok(found)
}

/// The bytes of the line in which a byte stands.
fn line_of(text: &str, at: usize) -> std::ops::Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    start..start + line.len()
}
