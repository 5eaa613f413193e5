//! From the declarations of a file to the one that is meant.

use std::ops::Range;

use crate::diagnostic::nearest;
use crate::locate::unfound::Unfound;

/// A name that a file declares.
#[derive(Clone, Debug)]
pub(super) struct Declaration<V> {
    /// The scopes it is in, then its name.
    pub path: Vec<String>,
    /// How many of the scopes, from the outside, need not be named.
    pub optional: usize,
    /// Its name.
    pub span: Range<usize>,
    /// What it is given, if anything.
    pub value: Option<V>,
}

impl<V> Declaration<V> {
    /// A declaration outside any scope.
    pub(super) fn plain(name: &str, span: Range<usize>, value: Option<V>) -> Self {
        Declaration {
            path: vec![name.to_owned()],
            optional: 0,
            span,
            value,
        }
    }

    /// Whether it is meant by these words, scope by scope.
    pub(super) fn is(&self, wanted: &[&str]) -> bool {
        let left_out = self.path.len().wrapping_sub(wanted.len());
        left_out <= self.optional
            && self.path[left_out..]
                .iter()
                .map(String::as_str)
                .eq(wanted.iter().copied())
    }

    /// Whether it is one word more than these.
    pub(super) fn is_in(&self, wanted: &[&str]) -> bool {
        let last = self.path.last().map(String::as_str);
        let own: Vec<&str> = wanted.iter().copied().chain(last).collect();
        self.is(&own)
    }
}

/// The value of the one declaration that `name` means; `separator` stands between scopes.
///
/// # Errors
/// When there is none, more than one with a value, or one without.
pub(super) fn one<V: Clone>(
    declarations: &[Declaration<V>],
    name: &str,
    separator: &str,
) -> Result<V, Unfound> {
    let wanted: Vec<&str> = name.split(separator).collect();
    let (mut meant, others): (Vec<_>, Vec<_>) = declarations.iter().partition(|d| d.is(&wanted));
    let Some(first) = meant.first() else {
        return Err(Unfound::Nothing {
            near: near(&others, name, &wanted, separator),
            named: None,
        });
    };
    let span = first.span.clone();
    meant.retain(|d| d.value.is_some());
    if meant.len() > 1 {
        return Err(Unfound::Several(
            meant.into_iter().map(|d| d.span.clone()).collect(),
        ));
    }
    let value = meant.pop().and_then(|d| d.value.clone());
    value.ok_or(Unfound::Valueless { span })
}

/// The same name in another scope, else the nearest.
fn near<V>(
    others: &[&Declaration<V>],
    name: &str,
    wanted: &[&str],
    separator: &str,
) -> Option<String> {
    // Whichever separator was written.
    let last = wanted.last().and_then(|w| w.rsplit(['.', ':']).next());
    let full = |d: &Declaration<V>| d.path[d.optional.min(d.path.len() - 1)..].join(separator);
    let elsewhere = others
        .iter()
        .find(|d| d.path.last().map(String::as_str) == last);
    if let Some(elsewhere) = elsewhere {
        return Some(full(elsewhere));
    }
    let names: Vec<String> = others.iter().map(|d| full(d)).collect();
    nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}
