//! What only people can make, and has to be there before a pipeline can run.

use crate::diagnostic::and_list;
use crate::emit::build_secrets;
use crate::emit::login::{Login, Means, logins};
use crate::emit::signing::Cosign;
use crate::emit::site::Site;

/// A line for each registry that jobs log in to, for what builds are handed, and for what signs: the secrets by what the
/// provider calls the place where they are `kept`, or trust at the registry. Jobs have what is `given` without that.
pub(super) fn stored(site: &Site<'_>, means: Means, kept: &str, given: &[&str]) -> Vec<String> {
    let told = |names: Vec<&str>, what: &str| {
        let names: Vec<&str> = names.into_iter().filter(|n| !given.contains(n)).collect();
        let list = and_list(names.iter().copied());
        (!names.is_empty()).then(|| format!("{kept} {list} {what}"))
    };
    let login = |login: &Login| {
        let secrets = login.secrets();
        if secrets.is_empty() && login.is_by_identity() {
            return Some(format!("trust in this pipeline at {}", login.host));
        }
        let names = secrets.into_iter().map(String::as_str).collect();
        told(names, &format!("for {}", login.host))
    };
    let logins = logins(site, means, &mut Vec::new());
    let mut lines: Vec<String> = logins.iter().filter_map(|(_, own)| login(own)).collect();
    lines.dedup();
    let built = build_secrets::variables(site.share());
    lines.extend(told(
        built.iter().map(String::as_str).collect(),
        "to build with",
    ));
    let sign = Cosign::of(site)
        .map(|sign| sign.secrets)
        .unwrap_or_default();
    lines.extend(told(
        sign.iter().map(String::as_str).collect(),
        "to sign with",
    ));
    lines
}
