//! What a template reads, found in its syntax before it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::Error;
use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, GetAttr, Spanned, Stmt};
use minijinja::machinery::{Span, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;

use crate::render::depth::bounded;

/// What a template reads. Ranges are bytes of the template's source.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// Names read that the template does not set itself.
    pub names: Vec<(String, Range<usize>)>,
    /// Attributes read of such names.
    pub attributes: Vec<(String, String, Range<usize>)>,
    /// Comparisons that would silently be false.
    pub comparisons: Vec<Comparison>,
}

/// A comparison that does not mean what it says.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What is compared, as it is written: `cuda`, `cuda.major`.
    pub what: String,
    /// Whether that is an object itself, and not a text or a number that one has.
    pub is_object: bool,
    /// Where.
    pub at: Range<usize>,
}

impl Uses {
    /// Whether the template reads `name`.
    pub fn reads(&self, name: &str) -> bool {
        self.names.iter().any(|(n, _)| n == name)
    }
}

/// Parses a template and tells what it reads; `is_object` knows the names that are axes, and attributes of them (`cuda.ubuntu`) that
/// are objects too.
///
/// # Errors
/// When the template cannot be parsed.
pub fn analyse(
    source: &str,
    name: &str,
    syntax: SyntaxConfig,
    is_object: &dyn Fn(&str) -> bool,
) -> Result<Uses, Error> {
    bounded(source, syntax.clone())?;
    let tree = parse(source, name, syntax)?;
    let mut walk = Walk {
        is_object,
        uses: Uses::default(),
        locals: BTreeSet::new(),
        aliases: BTreeMap::new(),
    };
    walk.statement(&tree);
    Ok(walk.uses)
}

struct Walk<'a> {
    is_object: &'a dyn Fn(&str) -> bool,
    uses: Uses,
    locals: BTreeSet<String>,
    /// Locals that hold objects, such as `{% set c = cuda %}`, each with their names.
    aliases: BTreeMap<String, Vec<String>>,
}

/// Attributes of an axis that are numbers; all others print and compare as text.
const NUMBERS: [&str; 3] = ["major", "minor", "patch"];

fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

impl Walk<'_> {
    fn statements(&mut self, list: &[Stmt<'_>]) {
        for statement in list {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(t) => self.statements(&t.children),
            Stmt::EmitExpr(e) => self.expr(&e.expr),
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(l) => {
                self.expr(&l.iter);
                let held = match &l.iter {
                    Expr::List(list) => list.items.iter().flat_map(|i| self.objects(i)).collect(),
                    _ => Vec::new(),
                };
                self.bind(&l.target, &held);
                self.locals.insert("loop".to_owned());
                l.filter_expr.iter().for_each(|e| self.expr(e));
                self.statements(&l.body);
                self.statements(&l.else_body);
            }
            Stmt::IfCond(c) => {
                self.expr(&c.expr);
                self.statements(&c.true_body);
                self.statements(&c.false_body);
            }
            Stmt::WithBlock(w) => {
                for (target, value) in &w.assignments {
                    self.expr(value);
                    let held = self.objects(value);
                    self.bind(target, &held);
                }
                self.statements(&w.body);
            }
            Stmt::Set(s) => {
                self.expr(&s.expr);
                let held = self.objects(&s.expr);
                self.bind(&s.target, &held);
            }
            Stmt::SetBlock(s) => {
                self.bind(&s.target, &[]);
                s.filter.iter().for_each(|e| self.expr(e));
                self.statements(&s.body);
            }
            Stmt::AutoEscape(a) => self.statements(&a.body),
            Stmt::FilterBlock(f) => {
                self.expr(&f.filter);
                self.statements(&f.body);
            }
            Stmt::Block(b) => self.statements(&b.body),
            Stmt::Import(i) => self.bind(&i.name, &[]),
            Stmt::FromImport(i) => {
                for (name, alias) in &i.names {
                    self.bind(alias.as_ref().unwrap_or(name), &[]);
                }
            }
            Stmt::Extends(_) | Stmt::Include(_) => {}
            Stmt::Macro(m) => {
                self.locals.insert(m.name.to_owned());
                m.args.iter().for_each(|a| self.bind(a, &[]));
                m.defaults.iter().for_each(|d| self.expr(d));
                self.statements(&m.body);
            }
            Stmt::CallBlock(c) => {
                self.expr(&c.call.expr);
                self.arguments(&c.call.args);
                self.statements(&c.macro_decl.body);
            }
            Stmt::Do(d) => self.arguments(&d.call.args),
        }
    }

    fn bind(&mut self, target: &Expr<'_>, held: &[String]) {
        match target {
            Expr::Var(v) => {
                self.locals.insert(v.id.to_owned());
                if !held.is_empty() {
                    let known = self.aliases.entry(v.id.to_owned()).or_default();
                    known.extend_from_slice(held);
                }
            }
            Expr::List(l) => l.items.iter().for_each(|t| self.bind(t, held)),
            Expr::Tuple(t) => t.items.iter().for_each(|t| self.bind(t, held)),
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr<'_>) {
        match expr {
            Expr::Var(v) => {
                if !self.locals.contains(v.id) {
                    self.uses.names.push((v.id.to_owned(), range(v.span())));
                }
            }
            Expr::Const(_) => {}
            Expr::Slice(s) => {
                self.expr(&s.expr);
                [&s.start, &s.stop, &s.step]
                    .into_iter()
                    .flatten()
                    .for_each(|e| self.expr(e));
            }
            Expr::UnaryOp(u) => self.expr(&u.expr),
            Expr::BinOp(b) => {
                self.expr(&b.left);
                self.expr(&b.right);
                let ordering = matches!(
                    b.op,
                    BinOpKind::Lt | BinOpKind::Lte | BinOpKind::Gt | BinOpKind::Gte
                );
                if ordering || matches!(b.op, BinOpKind::Eq | BinOpKind::Ne | BinOpKind::In) {
                    self.comparison(&b.left, &b.right, ordering);
                }
            }
            Expr::Compare(c) => {
                self.expr(&c.expr);
                let mut left = &c.expr;
                for op in &c.ops {
                    self.expr(&op.expr);
                    let ordering = matches!(
                        op.op,
                        CompareOpKind::Lt
                            | CompareOpKind::Lte
                            | CompareOpKind::Gt
                            | CompareOpKind::Gte
                    );
                    self.comparison(left, &op.expr, ordering);
                    left = &op.expr;
                }
            }
            Expr::IfExpr(i) => {
                self.expr(&i.test_expr);
                self.expr(&i.true_expr);
                i.false_expr.iter().for_each(|e| self.expr(e));
            }
            Expr::Filter(f) => {
                f.expr.iter().for_each(|e| self.expr(e));
                self.arguments(&f.args);
            }
            Expr::Test(t) => {
                self.expr(&t.expr);
                self.arguments(&t.args);
                if matches!(
                    t.name,
                    "eq" | "equalto"
                        | "=="
                        | "ne"
                        | "!="
                        | "lt"
                        | "lessthan"
                        | "<"
                        | "le"
                        | "<="
                        | "gt"
                        | "greaterthan"
                        | ">"
                        | "ge"
                        | ">="
                        | "in"
                        | "sameas"
                ) {
                    let ordering = !matches!(
                        t.name,
                        "eq" | "equalto" | "==" | "ne" | "!=" | "in" | "sameas"
                    );
                    if let Some(CallArg::Pos(right)) = t.args.first() {
                        self.comparison(&t.expr, right, ordering);
                    }
                }
            }
            Expr::GetAttr(a) => self.attribute(a),
            Expr::GetItem(i) => {
                self.expr(&i.expr);
                self.expr(&i.subscript_expr);
            }
            Expr::Call(c) => {
                // The name of a function is not something the matrix could lack.
                if !matches!(&c.expr, Expr::Var(_)) {
                    self.expr(&c.expr);
                }
                self.arguments(&c.args);
            }
            Expr::List(l) => l.items.iter().for_each(|e| self.expr(e)),
            Expr::Tuple(t) => t.items.iter().for_each(|e| self.expr(e)),
            Expr::Map(m) => m.keys.iter().chain(&m.values).for_each(|e| self.expr(e)),
        }
    }

    fn arguments(&mut self, args: &[CallArg<'_>]) {
        for arg in args {
            match arg {
                CallArg::Pos(e)
                | CallArg::Kwarg(_, e)
                | CallArg::PosSplat(e)
                | CallArg::KwargSplat(e) => {
                    self.expr(e);
                }
            }
        }
    }

    fn attribute(&mut self, access: &Spanned<GetAttr<'_>>) {
        self.expr(&access.expr);
        if let Some(of) = self.path(&access.expr) {
            let at = range(access.span());
            self.uses.attributes.push((of, access.name.to_owned(), at));
        }
    }

    /// `cuda`, or `cuda.ubuntu`, of a name that the template does not set itself.
    fn path(&self, expr: &Expr<'_>) -> Option<String> {
        match expr {
            Expr::Var(v) if !self.locals.contains(v.id) => Some(v.id.to_owned()),
            Expr::GetAttr(a) => match &a.expr {
                Expr::Var(v) if !self.locals.contains(v.id) => Some(format!("{}.{}", v.id, a.name)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The objects an expression may stand for, by their names: `cuda`, `cuda.ubuntu`, a local that holds them.
    fn objects(&self, expr: &Expr<'_>) -> Vec<String> {
        match expr {
            Expr::Var(v) => match self.aliases.get(v.id) {
                Some(held) => held.clone(),
                None if !self.locals.contains(v.id) && (self.is_object)(v.id) => {
                    vec![v.id.to_owned()]
                }
                None => Vec::new(),
            },
            Expr::GetAttr(a) => {
                let of = self.objects(&a.expr).into_iter();
                of.map(|of| format!("{of}.{}", a.name))
                    .filter(|name| (self.is_object)(name))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The object an expression stands for, as it is written, or the text of its version.
    fn object_of(&self, expr: &Expr<'_>) -> Option<(String, bool)> {
        if !self.objects(expr).is_empty() {
            return Some((written(expr)?, true));
        }
        match expr {
            Expr::GetAttr(a) if a.name == "version" => {
                let (object, _) = self.object_of(&a.expr)?;
                Some((format!("{object}.version"), false))
            }
            _ => None,
        }
    }

    fn comparison(&mut self, left: &Expr<'_>, right: &Expr<'_>, ordering: bool) {
        // The engine's span of an operator begins before its left side.
        let at = start(left)..range(right.span()).end;
        for (this, other) in [(left, right), (right, left)] {
            let direct = self.object_of(this).or_else(|| match this {
                Expr::List(l) => l.items.iter().find_map(|i| self.object_of(i)),
                Expr::Tuple(t) => t.items.iter().find_map(|i| self.object_of(i)),
                _ => None,
            });
            if let Some((what, is_object)) = direct {
                let comparison = Comparison {
                    what,
                    is_object,
                    at,
                };
                self.uses.comparisons.push(comparison);
                return;
            }
            // A number never equals a text, and texts order by letters: `"9" > "10"`.
            if let Expr::GetAttr(a) = this
                && let Some((object, _)) = self.object_of(&a.expr)
                && let Expr::Const(c) = other
            {
                let number = NUMBERS.contains(&a.name);
                let text = c.value.kind() == ValueKind::String;
                if number == text || (text && ordering) {
                    self.uses.comparisons.push(Comparison {
                        what: format!("{object}.{}", a.name),
                        is_object: false,
                        at,
                    });
                    return;
                }
            }
        }
    }
}

/// Where an expression begins: the engine's span of an attribute's attribute does not.
fn start(expr: &Expr<'_>) -> usize {
    match expr {
        Expr::GetAttr(a) => start(&a.expr),
        _ => range(expr.span()).start,
    }
}

/// A name or an attribute, as it is written.
fn written(expr: &Expr<'_>) -> Option<String> {
    match expr {
        Expr::Var(v) => Some(v.id.to_owned()),
        Expr::GetAttr(a) => Some(format!("{}.{}", written(&a.expr)?, a.name)),
        _ => None,
    }
}
