//! The axes with their values, the cell of each row, and templates over them.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::intake::factor::template::{Expr, Token, direct, either, parted, quoted, tidy, weight};

/// What absence is called.
pub(super) const NONE: &str = "none";

/// What one more attribute of a value weighs, beside its text.
const ATTRIBUTE: usize = 14;

#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) name: String,
    /// Each once, in the order of the rows.
    pub(super) values: Vec<String>,
    /// What a value may state besides, by attribute and value; what no template prints is not declared.
    pub(super) attributes: IndexMap<String, Vec<Option<String>>>,
}

impl Axis {
    /// What templates call it.
    pub(super) fn word(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// The first two numbers of a version, as templates print them: `12.8.1` is `128`.
pub(super) fn compact(value: &str) -> Option<String> {
    let parts: Vec<&str> = value.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (parts.len() > 1 && parts.iter().all(digits)).then(|| parts[..2].concat())
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) axes: Vec<Axis>,
    /// For each row its value on each axis.
    pub(super) cells: Vec<Vec<usize>>,
}

impl Table {
    pub(super) fn is_none(&self, row: usize, axis: usize) -> bool {
        self.axes[axis].values[self.cells[row][axis]] == NONE
    }

    /// What a template may print for all of these rows.
    fn exprs(&self, axes: &[usize], rows: &[usize], more: &[Expr]) -> Vec<Expr> {
        let mut exprs: Vec<Expr> = more.to_vec();
        for at in axes {
            if rows.iter().any(|row| self.is_none(*row, *at)) {
                continue;
            }
            let axis = &self.axes[*at];
            let word = axis.word();
            let value = |row: &usize| axis.values[self.cells[*row][*at]].as_str();
            exprs.push(Expr {
                source: word.clone(),
                texts: rows.iter().map(|row| value(row).to_owned()).collect(),
                declares: false,
            });
            let texts: Option<Vec<String>> = rows.iter().map(|row| compact(value(row))).collect();
            if let Some(texts) = texts {
                exprs.push(Expr {
                    source: format!("{word}.compact"),
                    texts,
                    declares: false,
                });
            }
            for (name, of) in &axis.attributes {
                let texts = rows.iter().map(|row| of[self.cells[*row][*at]].clone());
                if let Some(texts) = texts.collect() {
                    exprs.push(Expr {
                        source: format!("{word}.{name}"),
                        texts,
                        declares: true,
                    });
                }
            }
        }
        exprs
    }

    /// A template that renders the text of each row, if a short one does. Attributes that it needs are added to their axis,
    /// called after `hint`. `more` is what it may print besides the axes.
    pub(super) fn template(
        &mut self,
        axes: &[usize],
        rows: &[usize],
        texts: &[&str],
        hint: &str,
        more: &[Expr],
    ) -> Option<Vec<Token>> {
        self.at_depth(axes, rows, texts, hint, more, 2, true)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "it calls itself with parts of them"
    )]
    fn at_depth(
        &mut self,
        axes: &[usize],
        rows: &[usize],
        texts: &[&str],
        hint: &str,
        more: &[Expr],
        depth: usize,
        plain: bool,
    ) -> Option<Vec<Token>> {
        if let Some(tokens) = direct(texts, &self.exprs(axes, rows, more), plain) {
            return Some(tokens);
        }
        if depth == 0 {
            return None;
        }
        let mut best: Option<(usize, Choice)> = None;
        let mut offer = |cost: usize, choice: Choice| {
            if best.as_ref().is_none_or(|(known, _)| cost < *known) {
                best = Some((cost, choice));
            }
        };
        for axis in axes {
            if let Some((cost, choice)) = self.by_value(axes, *axis, rows, texts, more) {
                offer(cost, choice);
            }
        }
        if best.is_none() {
            for axis in axes {
                let (without, with): (Vec<usize>, Vec<usize>) =
                    (0..rows.len()).partition(|n| self.is_none(rows[*n], *axis));
                if without.is_empty() || with.is_empty() {
                    continue;
                }
                let mut part = |kept: &[usize]| {
                    let rows_of: Vec<usize> = kept.iter().map(|n| rows[*n]).collect();
                    let texts_of: Vec<&str> = kept.iter().map(|n| texts[*n]).collect();
                    let more: Vec<Expr> = more.iter().map(|expr| only(expr, kept)).collect();
                    self.at_depth(axes, &rows_of, &texts_of, hint, &more, depth - 1, false)
                };
                let (Some(with), Some(without)) = (part(&with), part(&without)) else {
                    continue;
                };
                let tokens = either(&self.axes[*axis].word(), &with, &without);
                let cost = weight(&tokens);
                if best.as_ref().is_none_or(|(known, _)| cost < *known) {
                    best = Some((cost, Choice::Tokens(tokens)));
                }
            }
        }
        Some(match best?.1 {
            Choice::Tokens(tokens) => tokens,
            Choice::Attribute {
                axis,
                before,
                texts,
                none,
                after,
            } => {
                let name = self.attribute(axis, hint, texts);
                let word = self.axes[axis].word();
                let with = [Token::Expr(format!("{word}.{name}"))];
                let middle = match none {
                    Some(none) => either(&word, &with, &none),
                    None => with.to_vec(),
                };
                tidy(before.into_iter().chain(middle).chain(after))
            }
        })
    }

    /// The rest of each text is said by one axis: by a condition, or by an attribute.
    fn by_value(
        &self,
        axes: &[usize],
        axis: usize,
        rows: &[usize],
        texts: &[&str],
        more: &[Expr],
    ) -> Option<(usize, Choice)> {
        let mut groups: IndexMap<usize, Vec<usize>> = IndexMap::new();
        for (n, row) in rows.iter().enumerate() {
            groups.entry(self.cells[*row][axis]).or_default().push(n);
        }
        if groups.len() < 2 {
            return None;
        }
        let each = groups.values().map(|kept| {
            let rows_of: Vec<usize> = kept.iter().map(|n| rows[*n]).collect();
            let texts_of: Vec<&str> = kept.iter().map(|n| texts[*n]).collect();
            let more: Vec<Expr> = more.iter().map(|expr| only(expr, kept)).collect();
            direct(&texts_of, &self.exprs(axes, &rows_of, &more), false)
        });
        let each: Vec<Vec<Token>> = each.collect::<Option<_>>()?;
        let (before, middles, after) = parted(&each);
        let axis_values = &self.axes[axis].values;
        let word = self.axes[axis].word();
        let mut kinds: IndexMap<&Vec<Token>, Vec<usize>> = IndexMap::new();
        for (value, middle) in groups.keys().zip(&middles) {
            kinds.entry(middle).or_default().push(*value);
        }
        let mut found: Option<(usize, Choice)> = None;
        if let [(one, ones), (other, others)] = kinds.iter().collect::<Vec<_>>()[..] {
            let is_none = |values: &[usize]| matches!(values, [v] if axis_values[*v] == NONE);
            let (condition, yes, no) = if is_none(ones) {
                (Some(word.clone()), other, one)
            } else if is_none(others) {
                (Some(word.clone()), one, other)
            } else {
                let (few, yes, no) = match ones.len() <= others.len() {
                    true => (ones, one, other),
                    false => (others, other, one),
                };
                let few: Vec<String> = few.iter().map(|v| quoted(&axis_values[*v])).collect();
                let condition = match &few[..] {
                    [only] => Some(format!("{word} is matching({only})")),
                    [..] if few.len() < 4 => {
                        Some(format!("{word} is matching([{}])", few.join(", ")))
                    }
                    _ => None,
                };
                (condition, yes, no)
            };
            if let Some(condition) = condition {
                let middle = either(&condition, yes, no);
                let tokens = tidy(before.iter().cloned().chain(middle).chain(after.clone()));
                found = Some((weight(&tokens), Choice::Tokens(tokens)));
            }
        }
        let text = |middle: &[Token]| match middle {
            [] => Some(String::new()),
            [Token::Text(text)] => Some(text.clone()),
            _ => None,
        };
        let mut attribute = vec![None; axis_values.len()];
        let mut none = None;
        for (value, middle) in groups.keys().zip(&middles) {
            match axis_values[*value] == NONE {
                true => none = Some(middle.clone()),
                false => match text(middle) {
                    Some(text) => attribute[*value] = Some(text),
                    None => return found,
                },
            }
        }
        let stated = attribute.iter().flatten();
        let cost: usize = stated.map(|text| ATTRIBUTE + text.len()).sum();
        let around = weight(&before) + weight(&after) + word.len() + 8;
        let cost = cost + around + none.as_deref().map_or(0, weight);
        if found.as_ref().is_none_or(|(known, _)| cost < *known) {
            found = Some((
                cost,
                Choice::Attribute {
                    axis,
                    before,
                    texts: attribute,
                    none,
                    after,
                },
            ));
        }
        found
    }

    /// The attribute of an axis that says these texts, by a name that is free.
    fn attribute(&mut self, axis: usize, hint: &str, texts: Vec<Option<String>>) -> String {
        let attributes = &mut self.axes[axis].attributes;
        let agrees = |known: &[Option<String>]| {
            let mut both = known.iter().zip(&texts);
            both.all(|(known, text)| known.is_none() || text.is_none() || known == text)
        };
        let hint = attribute_name(hint);
        let mut name = hint.clone();
        let mut nth = 1;
        while attributes.get(&name).is_some_and(|known| !agrees(known)) {
            nth += 1;
            name = format!("{hint}_{nth}");
        }
        let known = attributes
            .entry(name.clone())
            .or_insert_with(|| vec![None; texts.len()]);
        for (known, text) in known.iter_mut().zip(texts) {
            if known.is_none() {
                *known = text;
            }
        }
        name
    }

    /// For each axis the values that some of these rows have.
    pub(super) fn used(&self, axes: &[usize], rows: &[usize]) -> Vec<BTreeSet<usize>> {
        let of = |axis: &usize| rows.iter().map(|row| self.cells[*row][*axis]).collect();
        axes.iter().map(of).collect()
    }
}

/// The same for some of the rows.
fn only(expr: &Expr, kept: &[usize]) -> Expr {
    Expr {
        source: expr.source.clone(),
        texts: kept.iter().map(|n| expr.texts[*n].clone()).collect(),
        declares: expr.declares,
    }
}

/// A name as attributes have it.
pub(super) fn attribute_name(hint: &str) -> String {
    let lower = hint.to_ascii_lowercase();
    let word: String = lower
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' => c,
            _ => '_',
        })
        .collect();
    let word = word.trim_matches('_');
    let taken = [
        "major", "minor", "patch", "compact", "version", "value", "platform", "",
    ];
    match word {
        word if taken.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("its_{word}").trim_end_matches('_').to_owned()
        }
        word => word.to_owned(),
    }
}

/// How the rest of a text is said.
enum Choice {
    Tokens(Vec<Token>),
    Attribute {
        axis: usize,
        before: Vec<Token>,
        texts: Vec<Option<String>>,
        none: Option<Vec<Token>>,
        after: Vec<Token>,
    },
}
