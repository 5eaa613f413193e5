//! One template that renders each of many texts from what is known of each.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// More steps than this are not looked at: the texts have no short template.
const MOST_STATES: usize = 6_000;

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Token {
    Text(String),
    /// What stands between `{{` and `}}`.
    Expr(String),
}

/// What a template may print: its source, and its text for each row.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) source: String,
    pub(super) texts: Vec<String>,
    /// Whether it is a fact that is to be declared for this.
    pub(super) declares: bool,
}

/// How a template reads; less is better.
pub(super) fn weight(tokens: &[Token]) -> usize {
    let one = |token: &Token| match token {
        Token::Text(text) => 2 + text.len(),
        Token::Expr(source) => 4 + source.len(),
    };
    tokens.iter().map(one).sum()
}

/// The template itself.
pub(super) fn source(tokens: &[Token]) -> String {
    let mut source = String::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Text(text) => {
                let before_expr = matches!(tokens.get(index + 1), Some(Token::Expr(_)));
                let opens = ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
                    || (before_expr && text.ends_with('{'))
                    || text.contains(['\n', '\r']);
                match opens {
                    true => source += &format!("{{{{ {} }}}}", quoted(text)),
                    false => source += text,
                }
            }
            Token::Expr(expr) => source += &format!("{{{{ {expr} }}}}"),
        }
    }
    source
}

/// A text of the template language.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = "'".to_owned();
    for c in text.chars() {
        match c {
            '\\' => quoted += "\\\\",
            '\'' => quoted += "\\'",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            c => quoted.push(c),
        }
    }
    quoted + "'"
}

/// The same as one expression.
fn joined(tokens: &[Token]) -> String {
    let one = |token: &Token| match token {
        Token::Text(text) => quoted(text),
        Token::Expr(source) if source.contains(" if ") || source.contains(" ~ ") => {
            format!("({source})")
        }
        Token::Expr(source) => source.clone(),
    };
    let all: Vec<String> = tokens.iter().map(one).collect();
    all.join(" ~ ")
}

/// `yes` where the condition holds, else `no`.
pub(super) fn either(condition: &str, yes: &[Token], no: &[Token]) -> Vec<Token> {
    let (before, mut middles, after) = parted(&[yes.to_vec(), no.to_vec()]);
    let no = middles.pop().unwrap_or_default();
    let yes = middles.pop().unwrap_or_default();
    let expr = match (yes.is_empty(), no.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("{} if {condition}", joined(&yes))),
        (true, false) => Some(format!("{} if {}", joined(&no), negated(condition))),
        (false, false) => Some(format!(
            "{} if {condition} else {}",
            joined(&yes),
            joined(&no)
        )),
    };
    let expr = expr.map(Token::Expr);
    tidy(before.into_iter().chain(expr).chain(after))
}

fn negated(condition: &str) -> String {
    match condition.split_once(" is matching(") {
        Some((axis, rest)) => format!("{axis} is not matching({rest}"),
        None => format!("not {condition}"),
    }
}

/// Texts beside each other made one.
pub(super) fn tidy(tokens: impl IntoIterator<Item = Token>) -> Vec<Token> {
    let mut tidied: Vec<Token> = Vec::new();
    for token in tokens {
        match (tidied.last_mut(), token) {
            (_, Token::Text(text)) if text.is_empty() => {}
            (Some(Token::Text(before)), Token::Text(text)) => *before += &text,
            (_, token) => tidied.push(token),
        }
    }
    tidied
}

/// What several templates begin with, what they differ in, and what they end with. No word is cut in two.
pub(super) fn parted(all: &[Vec<Token>]) -> (Vec<Token>, Vec<Vec<Token>>, Vec<Token>) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let (mut before, middles, mut after) = apart(all);
    let begins = |middle: &Vec<Token>| match middle.first() {
        Some(Token::Text(text)) => text.starts_with(word),
        Some(Token::Expr(_)) => true,
        None => false,
    };
    let ends = |middle: &Vec<Token>| match middle.last() {
        Some(Token::Text(text)) => text.ends_with(word),
        Some(Token::Expr(_)) => true,
        None => false,
    };
    let (mut front, mut back) = (String::new(), String::new());
    if middles.iter().all(begins)
        && let Some(Token::Text(last)) = before.last_mut()
    {
        front = last.split_off(last.trim_end_matches(word).len());
    }
    if middles.iter().all(ends)
        && let Some(Token::Text(first)) = after.first_mut()
    {
        let rest = first.split_off(first.len() - first.trim_start_matches(word).len());
        back = std::mem::replace(first, rest);
    }
    let middles = middles.into_iter().map(|middle| {
        let front = Token::Text(front.clone());
        tidy(
            std::iter::once(front)
                .chain(middle)
                .chain([Token::Text(back.clone())]),
        )
    });
    (tidy(before), middles.collect(), tidy(after))
}

/// The same, wherever they part.
fn apart(all: &[Vec<Token>]) -> (Vec<Token>, Vec<Vec<Token>>, Vec<Token>) {
    // Character by character, so that texts part where they differ.
    let mut pieces: Vec<Vec<Token>> = all.iter().map(|one| characters(one)).collect();
    let shared = |pieces: &[Vec<Token>], back: bool| {
        let shortest = pieces.iter().map(Vec::len).min().unwrap_or(0);
        let at = |one: &[Token], n: usize| match back {
            true => one[one.len() - 1 - n].clone(),
            false => one[n].clone(),
        };
        let same = |n: &usize| {
            let first = at(&pieces[0], *n);
            pieces.iter().all(|one| at(one, *n) == first)
        };
        (0..shortest).take_while(same).count()
    };
    let front = shared(&pieces, false);
    let before: Vec<Token> = pieces
        .first()
        .map_or(Vec::new(), |one| one[..front].to_vec());
    pieces.iter_mut().for_each(|one| drop(one.drain(..front)));
    let back = shared(&pieces, true);
    let after = pieces
        .first()
        .map_or(Vec::new(), |one| one[one.len() - back..].to_vec());
    pieces
        .iter_mut()
        .for_each(|one| one.truncate(one.len() - back));
    let middles = pieces.into_iter().map(tidy).collect();
    (tidy(before), middles, tidy(after))
}

fn characters(tokens: &[Token]) -> Vec<Token> {
    let mut pieces = Vec::new();
    for token in tokens {
        match token {
            Token::Text(text) => {
                pieces.extend(text.chars().map(|c| Token::Text(c.to_string())));
            }
            expr @ Token::Expr(_) => pieces.push(expr.clone()),
        }
    }
    pieces
}

/// A way through all texts at once, as far as it came.
#[derive(PartialEq, Eq)]
struct Way {
    /// In hundredths.
    cost: u32,
    /// The order in which ways were found: of two as good the first.
    nth: usize,
    at: usize,
}

impl Ord for Way {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.cost, other.nth).cmp(&(self.cost, self.nth))
    }
}

impl PartialOrd for Way {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How far each text is read, and whether a text was the last part.
type Reached = (Vec<u32>, bool);

/// The template of texts and expressions alone that renders all of `texts`, if there is one. Where all are the same and
/// `plain`, that text itself.
pub(super) fn direct(texts: &[&str], exprs: &[Expr], plain: bool) -> Option<Vec<Token>> {
    let (first, rest) = texts.split_first()?;
    if plain && rest.iter().all(|text| text == first) {
        return Some(tidy([Token::Text((*first).to_owned())]));
    }
    let mut kept: Vec<usize> = Vec::new();
    let mut known = HashSet::new();
    for (row, text) in texts.iter().enumerate() {
        let seen: Vec<&str> = exprs.iter().map(|expr| expr.texts[row].as_str()).collect();
        if known.insert((*text, seen)) {
            kept.push(row);
        }
    }
    let ends: Vec<u32> = kept
        .iter()
        .map(|row| u32::try_from(texts[*row].len()).unwrap_or(u32::MAX))
        .collect();
    let exprs: Vec<(&str, bool, Vec<&str>)> = exprs
        .iter()
        .map(|expr| {
            let of = kept.iter().map(|row| expr.texts[*row].as_str());
            (expr.source.as_str(), expr.declares, of.collect())
        })
        .filter(|(_, _, of): &(_, _, Vec<&str>)| of.iter().any(|text| !text.is_empty()))
        .collect();
    let mut states: Vec<(Reached, Option<(usize, Token)>)> =
        vec![((vec![0; kept.len()], false), None)];
    let mut best: HashMap<Reached, u32> = HashMap::from([(states[0].0.clone(), 0)]);
    let mut open = BinaryHeap::from([Way {
        cost: 0,
        nth: 0,
        at: 0,
    }]);
    while let Some(Way { cost, at, .. }) = open.pop() {
        let (reached, in_text) = states[at].0.clone();
        if best.get(&states[at].0).is_some_and(|known| *known < cost) {
            continue;
        }
        if reached == ends {
            return Some(way_back(&states, at));
        }
        let left = |index: usize| &texts[kept[index]][reached[index] as usize..];
        let mut steps: Vec<(u32, Reached, Token)> = Vec::new();
        for (nth, (source, declares, of)) in exprs.iter().enumerate() {
            if (0..kept.len()).all(|index| left(index).starts_with(of[index])) {
                let moved = reached.iter().zip(of);
                let moved = moved.map(|(at, text)| at + u32::try_from(text.len()).unwrap_or(0));
                let cost = if *declares { 900 } else { 120 };
                let cost = cost + u32::try_from(nth).unwrap_or(0);
                let token = Token::Expr((*source).to_owned());
                steps.push((cost, (moved.collect(), false), token));
            }
        }
        if let Some(next) = left(0).chars().next()
            && (0..kept.len()).all(|index| left(index).starts_with(next))
        {
            let length = u32::try_from(next.len_utf8()).unwrap_or(1);
            let moved = reached.iter().map(|at| at + length).collect();
            let cost = if in_text { 50 } else { 150 };
            steps.push((cost, (moved, true), Token::Text(next.to_string())));
        }
        for (more, reached, token) in steps {
            let cost = cost + more;
            if reached == (states[at].0.0.clone(), false)
                || best.get(&reached).is_some_and(|known| *known <= cost)
            {
                continue;
            }
            if states.len() == MOST_STATES {
                return None;
            }
            best.insert(reached.clone(), cost);
            states.push((reached, Some((at, token))));
            let at = states.len() - 1;
            open.push(Way { cost, nth: at, at });
        }
    }
    None
}

fn way_back(states: &[(Reached, Option<(usize, Token)>)], mut at: usize) -> Vec<Token> {
    let mut tokens = Vec::new();
    while let Some((before, token)) = &states[at].1 {
        tokens.push(token.clone());
        at = *before;
    }
    tokens.reverse();
    tidy(tokens)
}

#[cfg(test)]
mod tests {
    use super::{Expr, Token, direct, either, source};

    fn expr(source: &str, texts: &[&str]) -> Expr {
        Expr {
            source: source.to_owned(),
            texts: texts.iter().map(|t| (*t).to_owned()).collect(),
            declares: false,
        }
    }

    #[test]
    fn one_template_renders_all_texts() {
        let exprs = [
            expr("python", &["3.11", "3.12"]),
            expr("cuda.compact", &["128", "130"]),
        ];
        let tokens = direct(&["py3.11-cu128-x", "py3.12-cu130-x"], &exprs, true);
        let tokens = tokens.expect("a template");
        assert_eq!(source(&tokens), "py{{ python }}-cu{{ cuda.compact }}-x");
        assert!(direct(&["a3.11", "b3.12"], &exprs, true).is_none());
    }

    #[test]
    fn what_two_share_stands_outside_of_the_condition() {
        let text = |t: &str| Token::Text(t.to_owned());
        let yes = [text("base-cu"), Token::Expr("cuda".to_owned()), text("-x")];
        let tokens = either("cuda", &yes, &[text("base-cpu-x")]);
        assert_eq!(
            source(&tokens),
            "base-{{ 'cu' ~ cuda if cuda else 'cpu' }}-x"
        );
        let tokens = either("cuda", &[], &[text("no")]);
        assert_eq!(source(&tokens), "{{ 'no' if not cuda }}");
    }

    #[test]
    fn no_text_begins_an_expression_by_chance() {
        for text in ["{{ x }}", "a{% b", "{# c", "two\nlines", "it's \\"] {
            let tokens = [Token::Text(text.to_owned()), Token::Expr("x".to_owned())];
            let environment = minijinja::Environment::new();
            let names = minijinja::context! { x => "1" };
            let rendered = environment.render_str(&source(&tokens), names);
            assert_eq!(rendered.expect("a template"), format!("{text}1"));
        }
    }
}
