//! How deep a template may go: the engine's parser bounds what is nested in brackets and blocks, and nothing else.
//!
//! A chain of operators, filters or `elif` is a tree as deep as it is long, and a list that is put into a list again and
//! again is a value of that depth: to walk or drop them takes a stack of their depth. Both are counted in the template's
//! words before it is parsed. A run has a stack of many times what these bounds need.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, ErrorKind};

/// Operators, filters, attributes and calls in one tag.
const CHAIN: usize = 500;
/// Branches of conditions that stand in each other.
const BRANCHES: usize = 500;
/// Brackets around each other in one tag: lists, tables, tuples.
const NESTED: usize = 30;
/// The same, over all tags that set a name.
const SET: usize = 500;

/// Looks at the words of a template. What is no template at all is told by whoever parses it.
///
/// # Errors
/// When it is deeper than its bounds.
pub(crate) fn bounded(source: &str, syntax: SyntaxConfig) -> Result<(), Error> {
    let mut depth = Depth::default();
    for token in tokenize(source, false, syntax) {
        let Ok((token, span)) = token else {
            break;
        };
        if let Some(what) = depth.count(&token) {
            // The engine's own numbers of lines end at 65,535.
            let line = source
                .bytes()
                .take(span.start_offset as usize)
                .filter(|byte| *byte == b'\n')
                .count();
            let what = match line {
                0 => what,
                line => format!("{what}, on line {}", line + 1),
            };
            return Err(Error::new(ErrorKind::SyntaxError, what));
        }
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Depth {
    /// Whether the tag that is open began as a statement, and the number of its words so far.
    statement: bool,
    words: usize,
    chain: usize,
    /// Brackets that are open, and whether each holds values.
    open: Vec<bool>,
    nested: usize,
    deepest: usize,
    sets: bool,
    set: usize,
    /// Whether something stands before, which an operator or a call is of.
    operand: bool,
    /// The branches of each condition that is open.
    branches: Vec<usize>,
    branched: usize,
}

impl Depth {
    fn count(&mut self, token: &Token<'_>) -> Option<String> {
        match token {
            Token::TemplateData(_) => return None,
            Token::VariableStart | Token::BlockStart => {
                *self = Depth {
                    statement: matches!(token, Token::BlockStart),
                    set: self.set,
                    branches: std::mem::take(&mut self.branches),
                    branched: self.branched,
                    ..Depth::default()
                };
                return None;
            }
            Token::VariableEnd | Token::BlockEnd => {
                if self.sets {
                    self.set += self.deepest;
                }
                return (self.set > SET)
                    .then(|| format!("its tags put lists into lists more than {SET} times"));
            }
            _ => self.words += 1,
        }
        if let (true, 1, Token::Ident(word)) = (self.statement, self.words, token) {
            return self.begin(word);
        }
        let before = std::mem::take(&mut self.operand);
        match token {
            Token::Ident("if" | "else" | "and" | "or" | "not" | "in" | "is") => self.chain += 1,
            Token::Ident(_)
            | Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_) => self.operand = true,
            Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => {
                let holds = !before;
                self.open.push(holds);
                if holds {
                    self.nested += 1;
                    self.deepest = self.deepest.max(self.nested);
                } else {
                    self.chain += 1;
                }
            }
            Token::BracketClose | Token::ParenClose | Token::BraceClose => {
                if self.open.pop() == Some(true) {
                    self.nested -= 1;
                }
                self.operand = true;
            }
            Token::Comma | Token::Colon | Token::Assign => {}
            _ => self.chain += 1,
        }
        if self.chain > CHAIN {
            return Some(format!(
                "one tag holds more than {CHAIN} operators, filters and attributes"
            ));
        }
        (self.nested > NESTED).then(|| format!("its brackets nest deeper than {NESTED}"))
    }

    /// The first word of a statement.
    fn begin(&mut self, word: &str) -> Option<String> {
        match word {
            "if" => self.branches.push(0),
            "elif" => {
                if let Some(branches) = self.branches.last_mut() {
                    *branches += 1;
                }
                self.branched += 1;
            }
            "endif" => self.branched -= self.branches.pop().unwrap_or(0),
            // A call hands its arguments on as names, too.
            _ => self.sets = true,
        }
        (self.branched > BRANCHES)
            .then(|| format!("more than {BRANCHES} branches `elif` stand in each other"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &str) -> bool {
        bounded(source, SyntaxConfig::default()).is_err()
    }

    #[test]
    fn what_is_as_deep_as_it_is_long_is_bounded() {
        for (one, before, after) in [
            ("|upper", "{{ 'a'", " }}"),
            (".a", "{{ a", " }}"),
            ("[0]", "{{ a", " }}"),
            ("()", "{{ a", " }}"),
            ("+1", "{{ 1", " }}"),
            ("~'a'", "{{ 'a'", " }}"),
            ("-", "{{ ", "1 }}"),
            ("not ", "{{ ", "1 }}"),
            ("1 if 1 else ", "{{ ", "1 }}"),
            (" and 1", "{% if 1", " %}{% endif %}"),
            ("{% elif 0 %}", "{% if 0 %}", "{% endif %}"),
            ("{% set a = [a] %}", "{% set a = 1 %}", "{{ a }}"),
            ("{% set a = {'a': (a,)} %}", "{% set a = 1 %}", "{{ a }}"),
            ("[", "{{ ", ""),
        ] {
            let of = |count: usize| format!("{before}{}{after}", one.repeat(count));
            assert!(!refused(&of(20)), "{one}");
            assert!(refused(&of(1_000)), "{one}");
        }
    }

    #[test]
    fn what_is_long_alone_is_not() {
        for (one, before, after) in [
            ("{{ a.b|upper }}", "", ""),
            ("{% if a == 1 %}{% elif b %}{% endif %}", "", ""),
            ("['a', -1.5], ", "{{ [", "] }}"),
            ("'k': 'v', ", "{{ {", "} }}"),
            ("{{ f(a, b) }}", "", ""),
            ("{% set a = b %}", "", ""),
        ] {
            let long = format!("{before}{}{after}", one.repeat(400));
            assert!(!refused(&long), "{one}");
        }
    }
}
