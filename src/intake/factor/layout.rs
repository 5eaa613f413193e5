//! The declaration as text: as short as the language lets it be.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::grammar::arch;
use crate::intake::factor::cells::Selection;
use crate::intake::factor::family::{Declared, Family, Key, Said, is_open};
use crate::intake::factor::table::{NONE, Table};
use crate::intake::factor::template::{Token, source, tidy};

/// How long a line may be that could also be several.
const WIDE: usize = 128;

/// What is written.
pub(super) struct Layout<'a> {
    pub(super) table: &'a Table,
    pub(super) families: &'a [Family],
    pub(super) declared: &'a [Declared],
    /// Key and prefix of each registry.
    pub(super) registries: &'a [(String, String)],
    /// The platforms that all images have, as values of `arch`.
    pub(super) arches: Option<&'a [String]>,
    /// For each value of an `arch` axis that images print, its platform.
    pub(super) printed_arch: Option<&'a [(String, String)]>,
    /// Why what is excluded is not there.
    pub(super) reason: &'a str,
}

/// A text of TOML.
pub(super) fn text(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| text(item)).collect();
    format!("[{}]", items.join(", "))
}

/// A key of TOML, in quotes where it needs them.
fn key(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    match !name.is_empty() && name.bytes().all(bare) {
        true => name.to_owned(),
        false => text(name),
    }
}

fn said(said: &Said) -> String {
    match said {
        Said::Template(tokens) => text(&source(tokens)),
        Said::Parent(parent) => parent.clone(),
        Said::List(items) => list(items),
        Said::Absent => "false".to_owned(),
    }
}

impl Layout<'_> {
    pub(super) fn write(&self) -> String {
        let shared = self.shared();
        let mut blocks: Vec<String> = Vec::new();
        for (name, prefix) in self.registries {
            blocks.push(format!("[registry.{name}]\nprefix = {}\n", text(prefix)));
        }
        blocks.extend(self.axes());
        let axes = self.default_axes();
        blocks.extend(self.defaults(&shared, axes.as_deref()));
        for (family, declared) in self.families.iter().zip(self.declared) {
            blocks.extend(self.image(family, declared, &shared, axes.as_deref()));
        }
        blocks.extend(self.excludes());
        blocks.extend(self.aliases());
        blocks.join("\n")
    }

    fn axes(&self) -> Option<String> {
        let mut lines = Vec::new();
        for axis in &self.table.axes {
            let word = axis.word();
            let used: Vec<(&String, &Vec<Option<String>>)> = axis
                .attributes
                .iter()
                .filter(|(name, _)| self.prints(&format!("{word}.{name}")))
                .collect();
            let platform = |value: &str| {
                let printed = self.printed_arch.filter(|_| axis.name == "arch")?;
                let (_, platform) = printed.iter().find(|(known, _)| known == value)?;
                (*platform != format!("linux/{value}")).then_some(platform)
            };
            let values: Vec<String> = axis
                .values
                .iter()
                .enumerate()
                .map(|(at, value)| {
                    let mut facts = vec![format!("value = {}", text(value))];
                    if let Some(platform) = platform(value) {
                        facts.push(format!("platform = {}", text(platform)));
                    }
                    for (name, of) in &used {
                        // Nobody reads an attribute of absence.
                        if let Some(fact) = of[at].as_ref().filter(|_| value != NONE) {
                            facts.push(format!("{name} = {}", text(fact)));
                        }
                    }
                    match facts.len() {
                        1 => text(value),
                        _ => format!("{{ {} }}", facts.join(", ")),
                    }
                })
                .collect();
            lines.push(broken(&format!("{} = ", key(&axis.name)), &values));
        }
        if let Some(arches) = self.arches {
            lines.push(format!("arch = {}\n", list(arches)));
        }
        (!lines.is_empty()).then(|| format!("[axis]\n{}", lines.concat()))
    }

    /// Whether some template prints an attribute.
    fn prints(&self, attribute: &str) -> bool {
        let in_tokens = |tokens: &[Token]| {
            tokens.iter().any(|token| match token {
                Token::Expr(source) => names(source, attribute),
                Token::Text(_) => false,
            })
        };
        let in_said = |said: &Said| matches!(said, Said::Template(tokens) if in_tokens(tokens));
        self.declared.iter().any(|declared| {
            declared.fields.values().any(in_said)
                || declared.whens.values().any(|row| row.values().any(in_said))
                || declared.aliases.iter().any(|(_, tokens)| in_tokens(tokens))
        })
    }

    fn names_of(&self, axes: &[usize]) -> Vec<String> {
        let axes = axes.iter().map(|axis| self.table.axes[*axis].name.clone());
        axes.filter(|name| name != "arch").collect()
    }

    fn all_axes(&self) -> Vec<String> {
        self.names_of(&(0..self.table.axes.len()).collect::<Vec<_>>())
    }

    /// The axes that most images have, where that is shorter than to say them with each.
    fn default_axes(&self) -> Option<Vec<String>> {
        let mut counts: IndexMap<Vec<String>, usize> = IndexMap::new();
        for family in self.families {
            *counts.entry(self.names_of(&family.axes)).or_default() += 1;
        }
        let all = counts.get(&self.all_axes()).copied().unwrap_or(0);
        let (axes, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        (count > all + 1).then_some(axes)
    }

    /// What all images say alike, as their defaults.
    fn shared(&self) -> IndexMap<Key, Said> {
        let mut shared = IndexMap::new();
        if self.families.len() < 2 {
            return shared;
        }
        let Some(first) = self.declared.first() else {
            return shared;
        };
        for name in first.fields.keys() {
            let all: Option<Vec<&Said>> = self
                .declared
                .iter()
                .map(|one| one.fields.get(name))
                .collect();
            let Some(all) = all else { continue };
            // One image may lay over another's row, not under it.
            let in_rows = |one: &Declared| one.whens.values().any(|row| row.contains_key(name));
            if let [one, others @ ..] = &all[..]
                && others.iter().all(|other| other == one)
            {
                if *name != Key::Name || !self.declared.iter().any(in_rows) {
                    shared.insert(name.clone(), (*one).clone());
                }
                continue;
            }
            let by_key = all
                .iter()
                .zip(self.families)
                .map(|(said, family)| match said {
                    Said::Template(tokens) => by_key(tokens, &family.key),
                    _ => None,
                });
            let by_key: Option<Vec<Vec<Token>>> = by_key.collect();
            if let Some([one, others @ ..]) = by_key.as_deref()
                && others.iter().all(|other| other == one)
                && (*name != Key::Name || *one != [Token::Expr("image".to_owned())])
            {
                shared.insert(name.clone(), Said::Template(one.clone()));
            }
        }
        shared
    }

    fn defaults(&self, shared: &IndexMap<Key, Said>, axes: Option<&[String]>) -> Option<String> {
        let mut block = String::new();
        if let Some(axes) = axes {
            block += &format!("axes = {}\n", list(axes));
        }
        let rows: IndexMap<&Key, &Said> = shared.iter().collect();
        block += &fields(&rows, "defaults");
        (!block.is_empty()).then(|| format!("[defaults]\n{block}"))
    }

    fn image(
        &self,
        family: &Family,
        declared: &Declared,
        shared: &IndexMap<Key, Said>,
        axes: Option<&[String]>,
    ) -> Vec<String> {
        let mut block = format!("[image.{}]\n", key(&family.key));
        let own = self.names_of(&family.axes);
        let default = axes.map_or_else(|| self.all_axes(), <[String]>::to_vec);
        if own != default {
            block += &format!("axes = {}\n", list(&own));
        }
        if let Some(allowed) = &declared.allowed {
            block += &self.matching("match", allowed, family, None);
        }
        let named = [Token::Text(family.key.clone())];
        let rows: IndexMap<&Key, &Said> = declared
            .fields
            .iter()
            .filter(|(name, said)| {
                let default = match (name, said) {
                    (Key::Name, Said::Template(tokens)) => tokens[..] == named,
                    _ => false,
                };
                !shared.contains_key(*name) && !default
            })
            .collect();
        block += &fields(&rows, &format!("image.{}", key(&family.key)));
        let mut blocks = vec![block];
        for (selections, row) in &declared.whens {
            let mut block = format!("[[image.{}.when]]\n", key(&family.key));
            block += &self.matching("match", selections, family, None);
            let rows: IndexMap<&Key, &Said> = row.iter().collect();
            block += &fields(&rows, &format!("image.{}.when", key(&family.key)));
            blocks.push(block);
        }
        blocks
    }

    /// `match = …`, in one line where it is one selector.
    fn matching(
        &self,
        name: &str,
        selections: &[Selection],
        family: &Family,
        images: Option<&[String]>,
    ) -> String {
        let all: Vec<String> = selections
            .iter()
            .map(|selection| self.selector(selection, &family.axes, images))
            .collect();
        match &all[..] {
            [only] => format!("{name} = {only}\n"),
            _ => broken_always(&format!("{name} = "), &all),
        }
    }

    fn selector(
        &self,
        selection: &[BTreeSet<usize>],
        axes: &[usize],
        images: Option<&[String]>,
    ) -> String {
        let mut terms = Vec::new();
        match images {
            Some([image]) => terms.push(format!("image = {}", text(image))),
            Some(images) => terms.push(format!("image = {}", list(images))),
            None => {}
        }
        for (values, axis) in selection.iter().zip(axes) {
            let axis = &self.table.axes[*axis];
            if is_open(values, axis.values.len()) {
                continue;
            }
            let term = if values.len() > 1 && values.len() + 1 == axis.values.len() {
                let absent = (0..axis.values.len()).find(|at| !values.contains(at));
                text(&format!("!{}", axis.values[absent.unwrap_or_default()]))
            } else {
                let values: Vec<String> =
                    values.iter().map(|at| axis.values[*at].clone()).collect();
                match &values[..] {
                    [only] => text(only),
                    _ => list(&values),
                }
            };
            terms.push(format!("{} = {term}", key(&axis.name)));
        }
        format!("{{ {} }}", terms.join(", "))
    }

    fn excludes(&self) -> Vec<String> {
        let mut groups: IndexMap<(Vec<Selection>, Vec<usize>), Vec<usize>> = IndexMap::new();
        for (at, (family, declared)) in self.families.iter().zip(self.declared).enumerate() {
            if !declared.excluded.is_empty() {
                let what = (declared.excluded.clone(), family.axes.clone());
                groups.entry(what).or_default().push(at);
            }
        }
        let mut blocks = Vec::new();
        for ((selections, axes), whose) in groups {
            let family = &self.families[whose[0]];
            let named: Vec<usize> = axes
                .iter()
                .enumerate()
                .filter(|(at, axis)| {
                    let count = self.table.axes[**axis].values.len();
                    selections.iter().any(|one| !is_open(&one[*at], count))
                })
                .map(|(_, axis)| *axis)
                .collect();
            let touched = self
                .families
                .iter()
                .filter(|other| named.iter().all(|axis| other.axes.contains(axis)));
            let images: Vec<String> = whose
                .iter()
                .map(|at| self.families[*at].key.clone())
                .collect();
            let images = (touched.count() != whose.len()).then_some(&images[..]);
            let mut block = "[[exclude]]\n".to_owned();
            block += &self.matching("match", &selections, family, images);
            block += &format!("reason = {}\n", text(self.reason));
            blocks.push(block);
        }
        blocks
    }

    fn aliases(&self) -> Vec<String> {
        let of_all: Vec<Vec<&Vec<Token>>> = self
            .declared
            .iter()
            .map(|one| {
                let all = one
                    .aliases
                    .iter()
                    .filter(|(selected, _)| selected.is_none());
                all.map(|(_, tokens)| tokens).collect()
            })
            .collect();
        let tags = |all: &[&Vec<Token>]| {
            let all: Vec<String> = all.iter().map(|tokens| source(tokens)).collect();
            format!("tags = {}\n", list(&all))
        };
        let mut blocks = Vec::new();
        let alike = of_all.iter().all(|one| *one == of_all[0]) && !of_all[0].is_empty();
        if alike {
            blocks.push(format!("[[alias]]\n{}", tags(&of_all[0])));
        }
        // What several images have for the same cells is said once.
        type Same<'d> = (&'d Vec<Selection>, &'d Vec<usize>, String);
        let mut some: IndexMap<Same<'_>, Vec<&Family>> = IndexMap::new();
        for ((family, declared), whole) in self.families.iter().zip(self.declared).zip(&of_all) {
            if !alike && !whole.is_empty() {
                let matching = match self.families.len() {
                    1 => String::new(),
                    _ => format!("match = {{ image = {} }}\n", text(&family.key)),
                };
                blocks.push(format!("[[alias]]\n{matching}{}", tags(whole)));
            }
            let mut of: IndexMap<&Vec<Selection>, Vec<&Vec<Token>>> = IndexMap::new();
            for (selected, tokens) in &declared.aliases {
                if let Some(selected) = selected {
                    of.entry(selected).or_default().push(tokens);
                }
            }
            for (selected, all) in of {
                let what = (selected, &family.axes, tags(&all));
                some.entry(what).or_default().push(family);
            }
        }
        for ((selected, _, tags), whose) in some {
            let images: Vec<String> = whose.iter().map(|family| family.key.clone()).collect();
            let images = (self.families.len() > 1).then_some(&images[..]);
            let matching = self.matching("match", selected, whose[0], images);
            blocks.push(format!("[[alias]]\n{matching}{tags}"));
        }
        blocks
    }
}

/// The template with the image's key said by `image`, where it stands in it.
fn by_key(tokens: &[Token], key: &str) -> Option<Vec<Token>> {
    let mut parts = Vec::new();
    let mut found = false;
    for token in tokens {
        match token {
            Token::Text(text) => {
                let mut rest = text.as_str();
                while let Some((before, after)) = rest.split_once(key).filter(|_| !key.is_empty()) {
                    parts.push(Token::Text(before.to_owned()));
                    parts.push(Token::Expr("image".to_owned()));
                    found = true;
                    rest = after;
                }
                parts.push(Token::Text(rest.to_owned()));
            }
            expr @ Token::Expr(_) => parts.push(expr.clone()),
        }
    }
    found.then(|| tidy(parts))
}

/// Whether an expression names an attribute.
fn names(source: &str, attribute: &str) -> bool {
    source.match_indices(attribute).any(|(at, _)| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let before = source[..at].ends_with(word);
        let after = source[at + attribute.len()..].starts_with(word);
        !before && !after
    })
}

fn broken(head: &str, items: &[String]) -> String {
    let line = format!("{head}[{}]\n", items.join(", "));
    match line.len() <= WIDE {
        true => line,
        false if items.iter().any(|item| item.starts_with('{')) => broken_always(head, items),
        false => {
            // As many a line as fit.
            let mut text = format!("{head}[\n");
            let mut line = String::new();
            for item in items {
                if !line.is_empty() && line.len() + item.len() > WIDE - 4 {
                    text += &format!(" {line}\n");
                    line.clear();
                }
                line += &format!(" {item},");
            }
            text + &format!(" {line}\n]\n")
        }
    }
}

fn broken_always(head: &str, items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| format!("  {item},\n")).collect();
    format!("{head}[\n{}]\n", items.concat())
}

/// The keys of a table, build args last.
fn fields(rows: &IndexMap<&Key, &Said>, table: &str) -> String {
    let mut lines = String::new();
    let mut args: Vec<(String, String)> = Vec::new();
    for (name, what) in rows {
        let word = match (name, what) {
            (Key::Name, _) => "name",
            (Key::Registry, _) => "registry",
            (Key::Tag, _) => "tag",
            (Key::Base, Said::Parent(_)) => "parent",
            (Key::Base, _) => "from",
            (Key::Dockerfile, _) => "dockerfile",
            (Key::Target, _) => "target",
            (Key::Context, _) => "context",
            (Key::Platforms, _) => "platforms",
            (Key::Arg(arg), _) => {
                args.push((key(arg), said(what)));
                continue;
            }
            (Key::Alias(_), _) => continue,
        };
        lines += &format!("{word} = {}\n", said(what));
    }
    if args.is_empty() {
        return lines;
    }
    let all: Vec<String> = args
        .iter()
        .map(|(arg, what)| format!("{arg} = {what}"))
        .collect();
    let line = format!("args = {{ {} }}\n", all.join(", "));
    if line.len() <= WIDE || table.ends_with(".when") && args.len() < 3 {
        return lines + &line;
    }
    lines + &format!("\n[{table}.args]\n{}\n", all.join("\n"))
}

/// A platform as a value of `arch`, where the default says it.
pub(super) fn arch_value(platform: &str) -> Option<String> {
    let value = platform.strip_prefix("linux/")?;
    (!value.contains('/') && value != NONE && arch(platform) == value).then(|| value.to_owned())
}
