//! Why a registry gave no digest.

use std::fmt::Write;

/// Why a registry gave no digest. Says it in words that go on after the name of the registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The registry knows of no such image.
    #[error("has no such image{}", said(.0))]
    NotFound(String),
    /// The registry does not let us read it; some say the same of what is not there.
    #[error("does not let us read it{}", said(.0))]
    Denied(String),
    /// The registry wants us to wait longer than we do.
    #[error("asks to be left alone for {0} seconds")]
    Busy(u64),
    /// The registry fails, and went on failing.
    #[error("answers with status {status}{}", said(.says))]
    Status {
        /// The status of HTTP.
        status: u16,
        /// What it says.
        says: String,
    },
    /// The registry was not reached.
    #[error("cannot be reached: {0}")]
    Unreached(String),
    /// The proxy on the way was not reached, or lets nobody through.
    #[error("cannot be reached through the proxy `{at}`: {why}")]
    Proxy {
        /// Its host and port.
        at: String,
        /// What became of it.
        why: String,
    },
    /// What it answers is no answer.
    #[error("gives no usable answer: {0}")]
    Answer(String),
}

/// What the registry itself says of it.
fn said(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    }
}

/// Longest text of a registry that is repeated, in characters.
const LONGEST: usize = 200;

/// A text that somebody else wrote, made harmless to a terminal.
pub(super) fn harmless(text: &str) -> String {
    let mut out = String::new();
    for (index, c) in text.trim().chars().enumerate() {
        if index == LONGEST {
            out.push('…');
            break;
        }
        let _ = match c {
            '"' | '\'' | '\\' => write!(out, "{c}"),
            c => write!(out, "{}", c.escape_debug()),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_registry_says_is_harmless_and_short() {
        assert_eq!(
            harmless(" it's \u{1b}[2J\n\u{202e}"),
            r"it's \u{1b}[2J\n\u{202e}"
        );
        assert_eq!(harmless(&"é".repeat(10_000)).chars().count(), LONGEST + 1);
    }
}
