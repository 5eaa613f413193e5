//! From the root of a tree to the declarations in it, scope by scope.

use tree_sitter::Node;

use crate::locate::choose::Declaration;
use crate::locate::code::Given;
use crate::locate::found::Found;
use crate::locate::unfound::Unfound;

/// Where the walk goes from a node.
pub(super) enum Next {
    /// Not into it.
    Past,
    /// Into it.
    Into,
    /// Into it, where names belong to this type.
    Type(String),
    /// Into it, where names belong to this module, which need not be named.
    Module(String),
}

/// Scopes deeper in each other than this are not gone into: no file of people has them.
const DEEPEST: usize = 50;

/// The scopes around a node.
#[derive(Clone, Default)]
pub(super) struct Scope {
    path: Vec<String>,
    optional: usize,
}

impl Scope {
    /// Whether no scope in it is gone into.
    pub(super) fn is_deepest(&self) -> bool {
        self.path.len() == DEEPEST
    }

    /// Goes into a scope by its name: a module, which need not be named, or a type.
    pub(super) fn enter(&mut self, name: String, module: bool) {
        if module && self.optional == self.path.len() {
            self.optional += 1;
        }
        self.path.push(name);
    }

    /// The path of a name in it.
    pub(super) fn path_of(&self, name: &str) -> Vec<String> {
        let name = std::iter::once(name.to_owned());
        self.path.iter().cloned().chain(name).collect()
    }

    /// That `name` is declared here.
    pub(super) fn declare<'t>(
        &self,
        name: Node<'t>,
        text: &str,
        value: Option<Given<'t>>,
    ) -> Declaration<Given<'t>> {
        self.declare_in(name, vec![written(name, text).to_owned()], value)
    }

    /// That the name of several words that `node` is, such as `A.x`, is declared here.
    pub(super) fn declare_in<'t>(
        &self,
        node: Node<'t>,
        words: Vec<String>,
        value: Option<Given<'t>>,
    ) -> Declaration<Given<'t>> {
        Declaration {
            path: self.path.iter().cloned().chain(words).collect(),
            optional: self.optional,
            span: node.byte_range(),
            value,
        }
    }
}

/// Shows `visit` each node that it asks for, from `root`; not what does not parse.
pub(super) fn walk<'t>(root: Node<'t>, mut visit: impl FnMut(Node<'t>, &Scope) -> Next) {
    let mut todo = vec![(root, Scope::default())];
    while let Some((node, mut scope)) = todo.pop() {
        match visit(node, &scope) {
            Next::Past => continue,
            Next::Into => {}
            _ if scope.is_deepest() => continue,
            Next::Type(name) => scope.enter(name, false),
            Next::Module(name) => scope.enter(name, true),
        }
        let below = children(node).into_iter().filter(|n| !n.is_error());
        todo.extend(below.map(|n| (n, scope.clone())));
    }
}

/// The parts of a node that mean something.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|n| !n.is_extra())
        .collect()
}

/// The text of a node.
pub(super) fn written<'a>(node: Node<'_>, text: &'a str) -> &'a str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// The text of the part `field` of a node.
pub(super) fn field<'a>(node: Node<'_>, field: &str, text: &'a str) -> &'a str {
    node.child_by_field_name(field)
        .map_or("", |n| written(n, text))
}

/// The expression in parentheses, casts and comments.
pub(super) fn inner<'t>(mut node: Node<'t>, wrapping: &[&str]) -> Node<'t> {
    while wrapping.contains(&node.kind())
        && let Some(expression) = children(node)
            .into_iter()
            .find(|n| n.kind() != "type_arguments")
    {
        node = expression;
    }
    node
}

/// The items of a list, each a text.
pub(super) fn texts<'t>(
    nodes: impl IntoIterator<Item = Node<'t>>,
    source: &str,
    text: fn(Node<'_>, &str) -> Result<Found, Unfound>,
) -> Result<Vec<Found>, Unfound> {
    nodes.into_iter().map(|n| text(n, source)).collect()
}

/// That a name's value is another name's.
pub(super) fn name(node: Node<'_>, text: &str) -> Unfound {
    let what = format!("another name's, `{}`", written(node, text));
    Unfound::computed(node.byte_range(), what)
}

/// That a value is what a call returns.
pub(super) fn call(node: Node<'_>, callee: &str) -> Unfound {
    let callee = callee.lines().next().unwrap_or_default();
    Unfound::computed(node.byte_range(), format!("the result of `{callee}(…)`"))
}

/// The default of a call that looks a variable of the environment up, by its first two arguments: `getenv("X", "v1")`. Such
/// functions have `env` in their names, whoever wrote them.
pub(super) fn looked_up<'t>(
    callee: &str,
    arguments: &[Node<'t>],
    is_text: impl Fn(&Node<'t>) -> bool,
) -> Option<Node<'t>> {
    let name = callee.rsplit(['.', ':']).next().unwrap_or(callee);
    match arguments {
        [first, default] if name.to_ascii_lowercase().contains("env") && is_text(first) => {
            Some(*default)
        }
        _ => None,
    }
}
