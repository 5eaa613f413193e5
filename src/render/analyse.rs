//! What a template reads, found in its syntax before it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::Error;
use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Stmt};
use minijinja::machinery::{Span, parse};
use minijinja::syntax::SyntaxConfig;

use crate::render::compared::{Comparison, compares, start};
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
    /// Names of which the template asks whether they are there, by `is defined`.
    pub asked: Vec<String>,
    /// Terms that such names are held to, as in `cuda is matching(">=12")`: of what, the term, and where.
    pub terms: Vec<(String, String, Range<usize>)>,
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
        macros: BTreeMap::new(),
    };
    walk.statement(&tree);
    // What a macro is given is known after its calls.
    if walk
        .macros
        .values()
        .flatten()
        .any(|(_, given)| !given.is_empty())
    {
        let macros = std::mem::take(&mut walk.macros);
        walk = Walk {
            is_object,
            uses: Uses::default(),
            locals: BTreeSet::new(),
            aliases: BTreeMap::new(),
            macros,
        };
        walk.statement(&tree);
    }
    Ok(walk.uses)
}

pub(super) struct Walk<'a> {
    pub(super) is_object: &'a dyn Fn(&str) -> bool,
    pub(super) uses: Uses,
    pub(super) locals: BTreeSet<String>,
    /// Locals that hold objects, such as `{% set c = cuda %}`, each with their names.
    pub(super) aliases: BTreeMap<String, Vec<String>>,
    /// Macros with their arguments, and the objects that each was given.
    macros: BTreeMap<String, Vec<(String, Vec<String>)>>,
}

pub(super) fn range(span: Span) -> Range<usize> {
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
                let held = self.objects(&l.iter);
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
                let names = m.args.iter().map(|arg| match arg {
                    Expr::Var(v) => v.id.to_owned(),
                    _ => String::new(),
                });
                let known = names.map(|name| (name, Vec::new())).collect();
                let known = self.macros.entry(m.name.to_owned()).or_insert(known);
                let known = known.clone();
                let outside = self.aliases.clone();
                for (arg, (name, given)) in m.args.iter().zip(&known) {
                    self.aliases.remove(name);
                    self.bind(arg, given);
                }
                m.defaults.iter().for_each(|d| self.expr(d));
                self.statements(&m.body);
                self.aliases = outside;
            }
            Stmt::CallBlock(c) => {
                self.expr(&c.call.expr);
                self.arguments(&c.call.args);
                self.give(&c.call.expr, &c.call.args);
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
                    learn(known, held);
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
                self.filtered(f, range(f.span()));
            }
            Expr::Test(t) => {
                self.expr(&t.expr);
                self.arguments(&t.args);
                if let (Expr::Var(v), "defined" | "undefined") = (&t.expr, t.name) {
                    self.uses.asked.push(v.id.to_owned());
                }
                self.kind_asked(t.name, &t.expr, range(t.span()));
                let Some(CallArg::Pos(against)) = t.args.first() else {
                    return;
                };
                if let Some(ordering) = compares(t.name) {
                    self.comparison(&t.expr, against, ordering);
                } else if t.name == "matching" {
                    self.terms(&t.expr, against);
                }
            }
            Expr::GetAttr(a) => {
                self.expr(&a.expr);
                self.attribute(expr);
            }
            Expr::GetItem(i) => {
                self.expr(&i.expr);
                self.expr(&i.subscript_expr);
                self.attribute(expr);
                self.lookup(&i.expr, &i.subscript_expr, range(i.span()));
            }
            Expr::Call(c) => {
                // The name of a function is not something the matrix could lack.
                if !matches!(&c.expr, Expr::Var(_)) {
                    self.expr(&c.expr);
                }
                self.arguments(&c.args);
                self.give(&c.expr, &c.args);
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

    /// Notes which objects a macro is given.
    fn give(&mut self, called: &Expr<'_>, args: &[CallArg<'_>]) {
        let Expr::Var(called) = called else {
            return;
        };
        for (index, arg) in args.iter().enumerate() {
            let (name, value) = match arg {
                CallArg::Pos(value) => (None, value),
                CallArg::Kwarg(name, value) => (Some(*name), value),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => continue,
            };
            let held = self.objects(value);
            let Some(known) = self.macros.get_mut(called.id) else {
                return;
            };
            let known = match name {
                None => known.get_mut(index),
                Some(name) => known.iter_mut().find(|(known, _)| known == name),
            };
            if let Some((_, given)) = known {
                learn(given, &held);
            }
        }
    }

    /// Notes which terms something is held to.
    fn terms(&mut self, of: &Expr<'_>, against: &Expr<'_>) {
        let Some(path) = self.path(of) else {
            return;
        };
        let terms = match against {
            Expr::List(list) => &list.items[..],
            one => std::slice::from_ref(one),
        };
        for term in terms {
            if let Expr::Const(c) = term
                && let Some(text) = c.value.as_str()
            {
                let at = range(c.span());
                self.uses.terms.push((path.clone(), text.to_owned(), at));
            }
        }
    }

    fn attribute(&mut self, expr: &Expr<'_>) {
        if let Some((of, name)) = member(expr)
            && let Some(of) = self.path(of)
        {
            let at = start(expr)..range(expr.span()).end;
            self.uses.attributes.push((of, name.to_owned(), at));
        }
    }

    /// `cuda`, `cuda.ubuntu` and so on, of a name that the template does not set itself.
    fn path(&self, expr: &Expr<'_>) -> Option<String> {
        match (expr, member(expr)) {
            (Expr::Var(v), _) => (!self.locals.contains(v.id)).then(|| v.id.to_owned()),
            (_, Some((of, name))) => Some(format!("{}.{name}", self.path(of)?)),
            _ => None,
        }
    }
}

/// Adds names to those that are known, each once: a list of lists of one axis holds that axis alone.
fn learn(known: &mut Vec<String>, names: &[String]) {
    for name in names {
        if !known.contains(name) {
            known.push(name.clone());
        }
    }
}

/// What is read of something, by `.name` or `["name"]`: of what, and the name.
pub(super) fn member<'e>(expr: &'e Expr<'_>) -> Option<(&'e Expr<'e>, &'e str)> {
    match expr {
        Expr::GetAttr(a) => Some((&a.expr, a.name)),
        Expr::GetItem(i) => match &i.subscript_expr {
            Expr::Const(c) => Some((&i.expr, c.value.as_str()?)),
            _ => None,
        },
        _ => None,
    }
}
