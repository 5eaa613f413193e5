//! Makefiles: variables outside of recipes and `define`.

use std::ops::Range;

use crate::locate::choose::Declaration;
use crate::locate::line::{Syntax, Value, is_name, lines, trimmed};
use crate::locate::unfound::Unfound;

/// <https://www.gnu.org/software/make/manual/html_node/Setting.html>, the longest first.
const OPERATORS: &[&str] = &[":::=", "::=", ":=", "?=", "+=", "!=", "="];
const MODIFIERS: &[&str] = &["export", "override", "private", "unexport"];

pub(crate) const SYNTAX: Syntax = Syntax {
    variables,
    not: "#$\\`",
};

/// The variables of a Makefile.
fn variables(text: &str) -> Result<Vec<Declaration<Value>>, Unfound> {
    let mut found: Vec<Declaration<Value>> = Vec::new();
    let mut defining = 0_usize;
    let mut lines = lines(text).peekable();
    while let Some((start, line)) = lines.next() {
        let mut end = start + line.len();
        while text[start..end].ends_with('\\')
            && let Some((next, more)) = lines.next()
        {
            end = next + more.len();
        }
        let first = line.split_whitespace().find(|w| !MODIFIERS.contains(w));
        match first {
            Some("define") => {
                found.extend(named(text, start, line, "define").filter(|_| defining == 0));
                defining += 1;
            }
            Some("endef") => defining = defining.saturating_sub(1),
            _ if defining > 0 || line.starts_with('\t') => {}
            // What is given a value behind that has it.
            Some("undefine") => {
                let undefined = named(text, start, line, "undefine");
                found.extend(undefined.filter(|u| found.iter().any(|f| f.path == u.path)));
            }
            _ => found.extend(variable(text, start..end)),
        }
    }
    Ok(found)
}

/// The variable that `define X` or `undefine X` names.
fn named(text: &str, start: usize, line: &str, directive: &str) -> Option<Declaration<Value>> {
    let at = line.find(directive)? + directive.len();
    let rest = &line[at..];
    let name = rest.split_whitespace().next()?;
    let from = start + at + rest.find(name)?;
    let span = from..from + name.len();
    let what = match directive {
        "define" => "the lines of a `define`",
        _ => "undefined here",
    };
    let value = Some(Value::Computed(span.clone(), what));
    Some(Declaration::plain(&text[span.clone()], span, value))
}

fn variable(text: &str, span: Range<usize>) -> Option<Declaration<Value>> {
    let line = &text[span.clone()];
    let line = &line[..comment(line)];
    let equals = line.find('=')?;
    let operator = OPERATORS.iter().find(|o| line[..=equals].ends_with(**o))?;
    let mut name = trimmed(text, span.start..span.start + equals + 1 - operator.len());
    while let Some((modifier, rest)) = text[name.clone()].split_once([' ', '\t'])
        && MODIFIERS.contains(&modifier)
    {
        name = trimmed(text, name.end - rest.len()..name.end);
    }
    if !is_name(&text[name.clone()]) {
        return None;
    }
    let written = trimmed(text, span.start + equals + 1..span.start + line.len());
    let value = match *operator {
        "+=" => Value::Computed(written, "added to here"),
        "!=" => Value::Computed(written, "the output of a command"),
        _ => Value::Written(otherwise(text, written.clone()).unwrap_or(written)),
    };
    Some(Declaration::plain(&text[name.clone()], name, Some(value)))
}

/// What `$(or $(X),v1)` is when `X` is not set.
fn otherwise(text: &str, written: Range<usize>) -> Option<Range<usize>> {
    let (before, last) = text[written.clone()]
        .strip_prefix("$(or ")?
        .strip_suffix(')')?
        .rsplit_once(',')?;
    let variables = before.split(',').map(str::trim).all(|v| {
        let name = v.strip_prefix("$(").and_then(|v| v.strip_suffix(')'));
        let name = name.or_else(|| v.strip_prefix("${").and_then(|v| v.strip_suffix('}')));
        name.is_some_and(is_name)
    });
    let end = written.end - 1;
    variables.then(|| trimmed(text, end - last.len()..end))
}

/// Where the comment of a line starts.
fn comment(line: &str) -> usize {
    let starts = |(at, _): &(usize, &str)| !line[..*at].ends_with('\\');
    line.match_indices('#')
        .find(starts)
        .map_or(line.len(), |(at, _)| at)
}
