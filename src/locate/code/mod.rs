//! Constants of program code, by the grammar of its language. Nothing of it is run.

mod changes;
pub(super) mod go;
pub(super) mod python;
pub(super) mod rust;
pub(super) mod script;
pub(super) mod shell;
mod table;
mod tree;
mod walk;

pub(super) use tree::{constant, list};

use tree_sitter::{Language, Node};

use crate::locate::choose::Declaration;
use crate::locate::found::{Found, FoundList};
use crate::locate::unfound::Unfound;

/// How a language is read.
pub(super) struct Syntax {
    /// Its grammar.
    language: fn() -> Language,
    /// Whether its scanner asks the C library about characters it has no table for, which is only safe with ASCII:
    /// <https://en.cppreference.com/w/c/string/byte/isdigit>. Others are shown to it as `_`.
    ascii: bool,
    /// What stands between a scope and a name in it.
    separator: &'static str,
    /// The declarations of a file that are there when it is loaded.
    declarations: for<'t> fn(Node<'t>, &str) -> Vec<Declaration<Given<'t>>>,
    /// The text that an expression is.
    text: fn(Node<'_>, &str) -> Result<Found, Unfound>,
    /// The list that an expression is.
    list: fn(Node<'_>, &str) -> Result<FoundList, Unfound>,
    /// The keys of the mapping that an expression is, if it is one.
    entries: for<'t> fn(Node<'t>, &str) -> Option<Vec<table::Entry<'t>>>,
    /// The items of the list that an expression is, if it is one.
    items: for<'t> fn(Node<'t>, &str) -> Option<Vec<Node<'t>>>,
}

/// What a declaration gives to its name.
#[derive(Clone, Copy, Debug)]
enum Given<'t> {
    /// An expression.
    Written(Node<'t>),
    /// What comes of an expression that is not the value itself.
    Computed(Node<'t>, &'static str),
    /// Nothing, but this changes what it was given.
    Changed(Node<'t>, Change),
}

/// What of a name is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// The whole of what it holds.
    Whole,
    /// A key, which is the last word of the name.
    Key,
    /// The same, where the file's declarations have the key too.
    DeclaredKey,
    /// Something below it, at a key that is not written out.
    Below,
}
