//! What a file changes of what its names were given, wherever in it that stands: in a function, a condition, a comprehension.
//! A name means what its scope says, so that a function's own one is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tree_sitter::Node;

use crate::locate::choose::Declaration;
use crate::locate::code::walk::{Scope, children, written};
use crate::locate::code::{Change, Given};

/// How a language changes what names hold.
pub(super) struct Rules {
    /// The scope that a node opens.
    pub opens: fn(Node<'_>, &str) -> Opens,
    /// The names that a node binds by itself.
    pub binds: for<'t> fn(Node<'t>, &str) -> Vec<Binding<'t>>,
    /// What a node changes in place by itself.
    pub changes: for<'t> fn(Node<'t>, &str) -> Vec<Target<'t>>,
    /// What an expression is as a part of another.
    pub part: for<'t> fn(Node<'t>, &str) -> Part<'t>,
}

/// The scope that a node opens.
pub(super) enum Opens {
    /// None.
    Nothing,
    /// That of a type, whose names are seen there alone.
    Type(String),
    /// That of a module, which need not be named.
    Module(String),
    /// That of a function.
    Function,
    /// That of a block, which counts in functions alone.
    Block,
}

/// A name that is given something.
pub(super) enum Binding<'t> {
    /// It is one of the scope where that stands.
    Declares(Node<'t>),
    /// It is whichever is seen from there.
    Assigns(Node<'t>),
    /// It is the file's, though the scope gives it something.
    Outer(Node<'t>),
}

/// What is changed in place.
pub(super) struct Target<'t> {
    /// The expression that is changed, such as `A.x` of `A.x.append(1)`; or of which a key is, such as `A` of `A["x"] = 1`.
    pub object: Node<'t>,
    /// Which key of it.
    pub key: At,
    /// What to show of it.
    pub shown: Node<'t>,
    /// The bytes of the object with its key.
    pub span: Range<usize>,
}

impl<'t> Target<'t> {
    /// All of an object.
    pub(super) fn whole(object: Node<'t>, shown: Node<'t>) -> Self {
        Target {
            object,
            key: At::Whole,
            shown,
            span: object.byte_range(),
        }
    }

    /// A key or attribute of an object, where `target`, which is `part`, is one.
    pub(super) fn of(part: Part<'t>, target: Node<'t>, shown: Node<'t>) -> Option<Self> {
        match part {
            Part::Of(object, key) => Some(Target {
                object,
                key: At::Key(key),
                shown,
                span: target.byte_range(),
            }),
            Part::Name(_) | Part::Other => None,
        }
    }
}

/// Where something is changed.
pub(super) enum At {
    /// Anywhere.
    Whole,
    /// At a key; `None` of one that is not written out.
    Key(Option<String>),
}

/// An expression as a part of another.
pub(super) enum Part<'t> {
    /// A name.
    Name(Node<'t>),
    /// What stands at a key of an object; `None` of one that is not written out.
    Of(Node<'t>, Option<String>),
    /// Something else.
    Other,
}

/// The words of `A.x` and `A["x"]`; `None` where one is not written out.
pub(super) fn dotted(rules: &Rules, node: Node<'_>, text: &str) -> Option<Vec<String>> {
    let (words, whole) = front(rules, node, text)?;
    whole.then_some(words)
}

/// The words of an expression as far as they are written out, and whether that is all of it.
fn front(rules: &Rules, mut node: Node<'_>, text: &str) -> Option<(Vec<String>, bool)> {
    let (mut words, mut whole) = (Vec::new(), true);
    loop {
        match (rules.part)(node, text) {
            Part::Name(name) => {
                words.push(written(name, text).to_owned());
                words.reverse();
                return Some((words, whole));
            }
            Part::Of(object, Some(key)) => {
                words.push(key);
                node = object;
            }
            Part::Of(object, None) => {
                words.clear();
                whole = false;
                node = object;
            }
            Part::Other => return None,
        }
    }
}

/// A scope around a node.
struct Frame<'a> {
    above: Option<usize>,
    kind: Kind,
    /// The names of a function or block.
    own: BTreeSet<&'a str>,
    /// Those of them that are the file's.
    outer: BTreeSet<&'a str>,
}

enum Kind {
    File(Scope),
    Type(Scope),
    Module(Scope),
    Local,
}

/// Adds to the declarations of a file what changes them.
pub(super) fn add<'t>(
    rules: &Rules,
    root: Node<'t>,
    text: &str,
    found: &mut Vec<Declaration<Given<'t>>>,
) {
    let mut first: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for declaration in found.iter() {
        let start = declaration.span.start;
        let known = first.entry(declaration.path.clone()).or_insert(start);
        *known = start.min(*known);
    }
    let spans = found.iter().map(|d| (d.span.start, d.span.end)).collect();
    let mut file = File {
        rules,
        text,
        first,
        spans,
        frames: vec![Frame {
            above: None,
            kind: Kind::File(Scope::default()),
            own: BTreeSet::new(),
            outer: BTreeSet::new(),
        }],
    };
    let mut todo = vec![(root, 0)];
    while let Some((node, frame)) = todo.pop() {
        found.extend(file.rebound(node, frame));
        found.extend(file.changed(node, frame));
        let Some(frame) = file.opened(node, frame) else {
            continue;
        };
        let below = children(node).into_iter().filter(|n| !n.is_error());
        todo.extend(below.map(|n| (n, frame)));
    }
}

struct File<'a> {
    rules: &'a Rules,
    text: &'a str,
    /// Where each name is declared first.
    first: BTreeMap<Vec<String>, usize>,
    /// The names of the declarations.
    spans: BTreeSet<(usize, usize)>,
    frames: Vec<Frame<'a>>,
}

impl<'a> File<'a> {
    /// The names that a node gives something else.
    fn rebound<'t>(&self, node: Node<'t>, frame: usize) -> Vec<Declaration<Given<'t>>> {
        let mut found = Vec::new();
        for binding in (self.rules.binds)(node, self.text) {
            let (name, declares) = match binding {
                Binding::Declares(name) => (name, true),
                Binding::Assigns(name) => (name, false),
                Binding::Outer(_) => continue,
            };
            let word = written(name, self.text);
            if self.spans.contains(&(name.start_byte(), name.end_byte())) {
                continue;
            }
            let own = match &self.frames[frame].kind {
                Kind::File(scope) | Kind::Type(scope) | Kind::Module(scope) => Some(scope),
                Kind::Local => None,
            };
            let meant = || self.meant(word, frame);
            let Some(scope) = own.filter(|_| declares).or_else(meant) else {
                continue;
            };
            // A function may be called later than it stands; what runs where it stands is undone by what is given behind it.
            let first = self.first.get(&scope.path_of(word)).copied();
            let local = matches!(self.frames[frame].kind, Kind::Local);
            if local || first.is_some_and(|first| first < name.start_byte()) {
                let given = Given::Changed(name, Change::Whole);
                found.push(scope.declare(name, self.text, Some(given)));
            }
        }
        found
    }

    /// What a node changes in place.
    fn changed<'t>(&self, node: Node<'t>, frame: usize) -> Vec<Declaration<Given<'t>>> {
        let mut found = Vec::new();
        for target in (self.rules.changes)(node, self.text) {
            let Some((mut words, whole)) = front(self.rules, target.object, self.text) else {
                continue;
            };
            let Some(scope) = self.meant(&words[0], frame) else {
                continue;
            };
            let change = match target.key {
                _ if !whole => Change::Below,
                At::Key(Some(key)) => {
                    words.push(key);
                    match self.spans.contains(&(target.span.start, target.span.end)) {
                        true => Change::DeclaredKey,
                        false => Change::Key,
                    }
                }
                At::Key(None) | At::Whole => Change::Whole,
            };
            let given = Given::Changed(target.shown, change);
            found.push(scope.declare_in(target.object, words, Some(given)));
        }
        found
    }

    /// The scope that a name is of, seen from a frame; `None` of what a function has for itself.
    fn meant(&self, name: &str, frame: usize) -> Option<&Scope> {
        let mut at = frame;
        loop {
            let Frame {
                above,
                kind,
                own,
                outer,
            } = &self.frames[at];
            let has = |scope: &Scope| self.first.contains_key(&scope.path_of(name));
            match kind {
                Kind::File(scope) => return Some(scope),
                Kind::Module(scope) if has(scope) => return Some(scope),
                Kind::Type(scope) if at == frame && has(scope) => return Some(scope),
                Kind::Local if outer.contains(name) => {
                    at = 0;
                    continue;
                }
                Kind::Local if own.contains(name) => return None,
                Kind::Module(_) | Kind::Type(_) | Kind::Local => {}
            }
            at = (*above)?;
        }
    }

    /// The frame in a node; `None` where it is not gone into.
    fn opened(&mut self, node: Node<'_>, frame: usize) -> Option<usize> {
        let (local, scope) = match &self.frames[frame].kind {
            Kind::Local => (true, None),
            Kind::File(scope) | Kind::Type(scope) | Kind::Module(scope) => (false, Some(scope)),
        };
        let (name, module) = match (self.rules.opens)(node, self.text) {
            Opens::Nothing => return Some(frame),
            Opens::Block if !local => return Some(frame),
            Opens::Type(name) => (Some(name), false),
            Opens::Module(name) => (Some(name), true),
            Opens::Function | Opens::Block => (None, false),
        };
        let kind = match (name, scope.cloned()) {
            (Some(_), Some(scope)) if scope.is_deepest() => return None,
            (Some(name), Some(mut scope)) => {
                scope.enter(name, module);
                match module {
                    true => Kind::Module(scope),
                    false => Kind::Type(scope),
                }
            }
            _ => Kind::Local,
        };
        let (own, outer) = match kind {
            Kind::Local => self.names(node),
            _ => (BTreeSet::new(), BTreeSet::new()),
        };
        self.frames.push(Frame {
            above: Some(frame),
            kind,
            own,
            outer,
        });
        Some(self.frames.len() - 1)
    }

    /// The names that a function or block has for itself, and those that it says are the file's.
    fn names(&self, scope: Node<'_>) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
        let (mut own, mut outer) = (BTreeSet::new(), BTreeSet::new());
        let mut todo = children(scope);
        while let Some(node) = todo.pop() {
            for binding in (self.rules.binds)(node, self.text) {
                match binding {
                    Binding::Declares(name) => own.insert(written(name, self.text)),
                    Binding::Outer(name) => outer.insert(written(name, self.text)),
                    Binding::Assigns(_) => false,
                };
            }
            if matches!((self.rules.opens)(node, self.text), Opens::Nothing) {
                todo.extend(children(node));
            }
        }
        (own, outer)
    }
}
