//! Comparisons that would silently be false: an axis is an object, which equals no text, and no table has it for a key.

use std::ops::Range;

use minijinja::machinery::ast::{BinOpKind, CallArg, Const, Expr, Filter};
use minijinja::value::ValueKind;

use crate::render::analyse::{Walk, member, range};

/// A comparison that does not mean what it says.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What is compared, as it is written: `cuda`, `cuda.major`.
    pub what: String,
    /// Why it does not.
    pub fault: Unequal,
    /// Whether it is looked up in a table or a list.
    pub is_key: bool,
    /// Where.
    pub at: Range<usize>,
}

/// Why a comparison does not mean what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unequal {
    /// An object, which equals no text and no number.
    Object,
    /// A number against a text, or the other way round.
    Kind,
    /// Texts, in the order of their letters: `"9" > "10"`.
    Letters,
}

/// Attributes of an axis that are numbers; all others print and compare as text.
const NUMBERS: [&str; 3] = ["major", "minor", "patch"];

/// The release, whose fields are numbers and texts as those of an axis are.
const RELEASE: &str = "release";
/// Its fields that are texts.
const RELEASE_TEXTS: [&str; 3] = ["version", "tag", "series"];

/// Whether a test compares, and whether it asks for an order; `None` for other tests.
pub(super) fn compares(test: &str) -> Option<bool> {
    match test {
        "eq" | "equalto" | "==" | "ne" | "!=" | "in" | "sameas" => Some(false),
        "lt" | "lessthan" | "<" | "le" | "<=" | "gt" | "greaterthan" | ">" | "ge" | ">=" => {
            Some(true)
        }
        _ => None,
    }
}

impl Walk<'_> {
    /// The objects an expression may stand for, or holds in a list, by their names: `cuda`, `cuda.ubuntu`, a local that
    /// holds them.
    pub(super) fn objects(&self, expr: &Expr<'_>) -> Vec<String> {
        if let Some((of, name)) = member(expr) {
            let of = self.objects(of).into_iter();
            return of
                .map(|of| format!("{of}.{name}"))
                .filter(|name| (self.is_object)(name))
                .collect();
        }
        match expr {
            Expr::Var(v) => match self.aliases.get(v.id) {
                Some(held) => held.clone(),
                None if !self.locals.contains(v.id) && (self.is_object)(v.id) => {
                    vec![v.id.to_owned()]
                }
                None => Vec::new(),
            },
            Expr::List(l) => l.items.iter().flat_map(|i| self.objects(i)).collect(),
            Expr::Tuple(t) => t.items.iter().flat_map(|i| self.objects(i)).collect(),
            Expr::GetItem(i) if matches!(i.subscript_expr, Expr::Const(_)) => self.objects(&i.expr),
            Expr::IfExpr(i) => {
                let mut all = self.objects(&i.true_expr);
                all.extend(i.false_expr.iter().flat_map(|e| self.objects(e)));
                all
            }
            Expr::BinOp(b) if matches!(b.op, BinOpKind::ScOr) => {
                let mut all = self.objects(&b.left);
                all.extend(self.objects(&b.right));
                all
            }
            // What is false on the left is `none`, which equals nothing and is meant to.
            Expr::BinOp(b) if matches!(b.op, BinOpKind::ScAnd) => self.objects(&b.right),
            Expr::Filter(f) if matches!(f.name, "default" | "d" | "first" | "last") => {
                f.expr.iter().flat_map(|e| self.objects(e)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The object an expression stands for, as it is written, or the text of its version.
    fn object_of(&self, expr: &Expr<'_>) -> Option<(String, Unequal)> {
        if let Some(first) = self.objects(expr).into_iter().next() {
            return Some((written(expr).unwrap_or(first), Unequal::Object));
        }
        match expr {
            Expr::List(l) => l.items.iter().find_map(|i| self.object_of(i)),
            Expr::Tuple(t) => t.items.iter().find_map(|i| self.object_of(i)),
            Expr::Map(m) => m.values.iter().find_map(|i| self.object_of(i)),
            Expr::Filter(f) if f.name == "map" => self.mapped(f),
            _ => {
                let (of, name) = member(expr).filter(|(_, name)| *name == "version")?;
                let (object, _) = self.object_of(of)?;
                Some((format!("{object}.{name}"), Unequal::Letters))
            }
        }
    }

    /// An object that `map` takes out of what a list holds: by an attribute, or as the first or last of each.
    fn mapped(&self, filter: &Filter<'_>) -> Option<(String, Unequal)> {
        let list = filter.expr.as_ref()?;
        filter.args.iter().find_map(|arg| match arg {
            CallArg::Kwarg("attribute", Expr::Const(key)) => {
                self.object_at(list, key.value.as_str()?)
            }
            CallArg::Pos(Expr::Const(by)) => {
                let by = by
                    .value
                    .as_str()
                    .filter(|by| ["first", "last"].contains(by));
                by.and_then(|_| self.object_of(list))
            }
            _ => None,
        })
    }

    /// The object that tables in a list have by a key.
    fn object_at(&self, list: &Expr<'_>, key: &str) -> Option<(String, Unequal)> {
        at_key(list, key)
            .into_iter()
            .find_map(|value| self.object_of(value))
    }

    pub(super) fn comparison(&mut self, left: &Expr<'_>, right: &Expr<'_>, ordering: bool) {
        // The engine's span of an operator begins before its left side.
        let at = start(left)..range(right.span()).end;
        for (this, other) in [(left, right), (right, left)] {
            let of_object = self
                .object_of(this)
                .or_else(|| self.of_release(this, other));
            let found = of_object.or_else(|| self.of_another_kind(this, other, ordering));
            if let Some(found) = found {
                self.compared(found, false, at);
                return;
            }
        }
    }

    fn is_release(&self, expr: &Expr<'_>) -> bool {
        matches!(expr, Expr::Var(v) if v.id == RELEASE && !self.locals.contains(RELEASE))
    }

    /// The release as a whole, which equals no literal.
    fn of_release(&self, this: &Expr<'_>, other: &Expr<'_>) -> Option<(String, Unequal)> {
        let found = self.is_release(this) && !literals(other).is_empty();
        found.then(|| (RELEASE.to_owned(), Unequal::Object))
    }

    /// A test that asks what kind of value an object is, which is none that the language knows.
    pub(super) fn kind_asked(&mut self, test: &str, expr: &Expr<'_>, at: Range<usize>) {
        const KINDS: [&str; 12] = [
            "boolean", "false", "float", "integer", "iterable", "lower", "mapping", "number",
            "sequence", "string", "true", "upper",
        ];
        if KINDS.contains(&test)
            && let Some(found) = self.object_of(expr)
            && found.1 == Unequal::Object
        {
            self.compared(found, false, at);
        }
    }

    /// The attribute of an object that never equals a literal: a number no text, and no text a number; or that is ordered by
    /// its letters.
    fn of_another_kind(
        &self,
        this: &Expr<'_>,
        other: &Expr<'_>,
        ordering: bool,
    ) -> Option<(String, Unequal)> {
        let (of, name) = member(this)?;
        let number = NUMBERS.contains(&name);
        let object = match self.object_of(of) {
            Some((object, _)) => object,
            None if self.is_release(of) && (number || RELEASE_TEXTS.contains(&name)) => {
                RELEASE.to_owned()
            }
            None => return None,
        };
        let fault = literals(other).into_iter().find_map(|c| {
            match (number, c.value.kind() == ValueKind::String) {
                (true, true) | (false, false) => Some(Unequal::Kind),
                (false, true) => ordering.then_some(Unequal::Letters),
                (true, false) => None,
            }
        });
        Some((format!("{object}.{name}"), fault?))
    }

    /// `{"22.04": "jammy"}[cuda.ubuntu]`.
    pub(super) fn lookup(&mut self, of: &Expr<'_>, key: &Expr<'_>, at: Range<usize>) {
        if let Some(first) = self.objects(key).into_iter().next() {
            let what = written(key).unwrap_or(first);
            self.compared((what, Unequal::Object), true, at);
        } else if matches!(of, Expr::Map(_))
            && let Some(found) = self.of_another_kind(key, of, false)
        {
            self.compared(found, true, at);
        }
    }

    /// Filters that compare by the name of a test, or look up by a name.
    pub(super) fn filtered(&mut self, filter: &Filter<'_>, at: Range<usize>) {
        let at_test = match filter.name {
            "select" | "reject" => 0,
            "selectattr" | "rejectattr" => 1,
            // Among texts an object is never equal, and always last.
            "unique" | "min" | "max" | "sort" => {
                self.mixed_at(filter, at.clone());
                let mixed = filter.expr.iter().find(|e| !literals(e).is_empty());
                if let Some(found) = mixed.and_then(|e| self.object_of(e)) {
                    self.compared(found, false, at);
                }
                return;
            }
            "groupby" => {
                self.mixed_at(filter, at);
                return;
            }
            "attr" => {
                if let (Some(of), Some(CallArg::Pos(key))) = (&filter.expr, filter.args.first()) {
                    self.lookup(of, key, at);
                }
                return;
            }
            _ => return,
        };
        let Some(CallArg::Pos(Expr::Const(test))) = filter.args.get(at_test) else {
            return;
        };
        if test.value.as_str().and_then(compares).is_none() {
            return;
        }
        let of = filter.expr.iter().filter(|_| at_test == 0);
        let with = filter.args.iter().skip(at_test + 1);
        let with = with.filter_map(|arg| match arg {
            CallArg::Pos(e) => Some(e),
            _ => None,
        });
        let by_key = match filter.args.first() {
            Some(CallArg::Pos(Expr::Const(key))) if at_test == 1 => {
                let list = filter.expr.as_ref().zip(key.value.as_str());
                list.and_then(|(list, key)| self.object_at(list, key))
            }
            _ => None,
        };
        if let Some(found) = by_key.or_else(|| of.chain(with).find_map(|e| self.object_of(e))) {
            self.compared(found, false, at);
        }
    }

    /// Tables in a list of which some have an object by the key that is asked for, and some a text.
    fn mixed_at(&mut self, filter: &Filter<'_>, at: Range<usize>) {
        let key = filter.args.iter().find_map(|arg| match arg {
            CallArg::Pos(Expr::Const(key)) | CallArg::Kwarg("attribute", Expr::Const(key)) => {
                key.value.as_str()
            }
            _ => None,
        });
        let Some((list, key)) = filter.expr.as_ref().zip(key) else {
            return;
        };
        let texts = at_key(list, key)
            .into_iter()
            .any(|value| matches!(value, Expr::Const(_)));
        if let Some(found) = self.object_at(list, key).filter(|_| texts) {
            self.compared(found, false, at);
        }
    }

    fn compared(&mut self, (what, fault): (String, Unequal), is_key: bool, at: Range<usize>) {
        self.uses.comparisons.push(Comparison {
            what,
            fault,
            is_key,
            at,
        });
    }
}

/// What tables in a list have by a key.
fn at_key<'e>(list: &'e Expr<'_>, key: &str) -> Vec<&'e Expr<'e>> {
    let items = match list {
        Expr::List(l) => &l.items,
        Expr::Tuple(t) => &t.items,
        _ => return Vec::new(),
    };
    let tables = items.iter().filter_map(|item| match item {
        Expr::Map(table) => Some(table),
        _ => None,
    });
    let pairs = tables.flat_map(|table| table.keys.iter().zip(&table.values));
    let named =
        pairs.filter(|(name, _)| matches!(name, Expr::Const(c) if c.value.as_str() == Some(key)));
    named.map(|(_, value)| value).collect()
}

/// The literals that an expression is, lists, or has for keys.
fn literals<'e>(expr: &'e Expr<'_>) -> Vec<&'e Const> {
    let of = |all: &'e [Expr<'_>]| all.iter().flat_map(|e| literals(e)).collect();
    match expr {
        Expr::Const(c) => vec![c],
        Expr::List(l) => of(&l.items),
        Expr::Tuple(t) => of(&t.items),
        Expr::Map(m) => of(&m.keys),
        _ => Vec::new(),
    }
}

/// Where an expression begins: the engine's span of an attribute's attribute does not.
pub(super) fn start(expr: &Expr<'_>) -> usize {
    match member(expr) {
        Some((of, _)) => start(of),
        None => range(expr.span()).start,
    }
}

/// A name or an attribute, as it is written.
fn written(expr: &Expr<'_>) -> Option<String> {
    match (expr, member(expr)) {
        (Expr::Var(v), _) => Some(v.id.to_owned()),
        (_, Some((of, name))) => Some(format!("{}.{name}", written(of)?)),
        _ => None,
    }
}
