//! What a build takes from the environment that it is started in: secrets and proxies. Their values are docker's to read.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that hands docker its environment, and sees what of it is set"
)]

use std::env;
use std::ffi::OsString;

/// Whether a variable holds anything.
pub(crate) fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Proxies that are set in one case alone, in the other: programs differ in which they read.
pub(super) fn proxies() -> impl Iterator<Item = (String, OsString)> {
    let names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].into_iter();
    let cases = names.flat_map(|name| {
        let small = name.to_ascii_lowercase();
        [(name.to_owned(), small.clone()), (small, name.to_owned())]
    });
    cases.filter_map(|(set, other)| {
        let value = env::var_os(&set).filter(|value| !value.is_empty())?;
        (!is_set(&other)).then_some((other, value))
    })
}
