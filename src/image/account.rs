//! Who a rendered image runs as: a user with a name and a home, whom it is given where the base has none.

use serde::Serialize;

/// What the user is called when nobody says otherwise.
pub(super) const NAME: &str = "app";

/// Who an image runs as when nobody says otherwise: not root, and numeric, so that Kubernetes can tell.
const USER: &str = "1000:1000";

/// The same where any user of group 0 may run it.
const ARBITRARY: &str = "1000:0";

/// The longest name that Linux takes. Source: useradd(8).
const LONGEST: usize = 32;

/// A user other than root, who has an entry of that name and a home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Account {
    /// Its number.
    pub uid: String,
    /// That of its group.
    pub gid: String,
    /// What it is called.
    pub name: String,
    /// Its home.
    pub home: String,
    /// Whether group 0 may write there.
    pub arbitrary: bool,
}

/// Whom files belong to, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Owner {
    /// A user.
    pub uid: String,
    /// A group.
    pub gid: String,
}

/// Who an image runs as.
#[derive(Clone, Debug)]
pub(super) struct RunsAs {
    /// `uid:gid`, as stated.
    pub user: String,
    /// The account of that user; root has its own, and a user without a name none.
    pub account: Option<Account>,
    /// Whom files belong to that the user may change; `None` where that is root.
    pub owner: Option<Owner>,
    /// Whether group 0 may write them.
    pub arbitrary: bool,
    /// Where the user is at home, where that is known.
    pub home: Option<String>,
}

impl RunsAs {
    /// A user in numbers, with its name.
    pub(super) fn new(user: Option<String>, name: Option<String>, arbitrary: bool) -> Self {
        let default = if arbitrary { ARBITRARY } else { USER };
        let user = user.unwrap_or_else(|| default.to_owned());
        let (uid, gid) = user.split_once(':').unwrap_or((&user, &user));
        let is_root = uid.bytes().all(|digit| digit == b'0');
        let gid = if arbitrary { "0" } else { gid };
        let account = name.filter(|_| !is_root).map(|name| Account {
            uid: uid.to_owned(),
            gid: gid.to_owned(),
            home: format!("/home/{name}"),
            name,
            arbitrary,
        });
        let home = match &account {
            Some(account) => Some(account.home.clone()),
            None => is_root.then(|| "/root".to_owned()),
        };
        RunsAs {
            owner: (!is_root).then(|| Owner {
                uid: uid.to_owned(),
                gid: gid.to_owned(),
            }),
            user: user.clone(),
            arbitrary: arbitrary && !is_root,
            account,
            home,
        }
    }
}

/// Why this cannot be the name of a user; `None` where it can. Source: useradd(8), of names that every tool takes.
pub(super) fn name_fault(name: &str) -> Option<&'static str> {
    let first = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let rest = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if name == "root" {
        Some("that is user 0")
    } else if !first || !name.bytes().all(rest) {
        Some("a name is lower-case letters, digits, `_` and `-`, and starts with a letter or `_`")
    } else if name.len() > LONGEST {
        Some("no system takes a name of more than 32 characters")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(owner: Option<Owner>) -> Option<String> {
        owner.map(|owner| format!("{}:{}", owner.uid, owner.gid))
    }

    fn runs_as(user: &str, arbitrary: bool) -> RunsAs {
        let stated = (!user.is_empty()).then(|| user.to_owned());
        RunsAs::new(stated, Some(NAME.to_owned()), arbitrary)
    }

    #[test]
    fn a_user_is_given_a_home_and_root_has_one() {
        for (user, arbitrary, written, owner, home) in [
            ("", false, "1000:1000", Some("1000:1000"), "/home/app"),
            ("", true, "1000:0", Some("1000:0"), "/home/app"),
            ("70", false, "70", Some("70:70"), "/home/app"),
            ("70:80", true, "70:80", Some("70:0"), "/home/app"),
            ("0:0", false, "0:0", None, "/root"),
            ("00", true, "00", None, "/root"),
        ] {
            let found = runs_as(user, arbitrary);
            assert_eq!(found.user, written, "{user}");
            assert_eq!(found.home.as_deref(), Some(home), "{user}");
            assert_eq!(found.account.is_some(), owner.is_some(), "{user}");
            assert_eq!(numbers(found.owner).as_deref(), owner, "{user}");
        }
        let unnamed = RunsAs::new(None, None, false);
        assert_eq!((unnamed.account, unnamed.home), (None, None));
        assert_eq!(numbers(unnamed.owner).as_deref(), Some("1000:1000"));
    }

    #[test]
    fn names_are_those_that_every_tool_takes() {
        for name in ["app", "_apt", "a-1", &"a".repeat(32)] {
            assert_eq!(name_fault(name), None, "{name}");
        }
        for name in [
            "",
            "root",
            "App",
            "1a",
            "-a",
            "a b",
            "a:b",
            "ä",
            &"a".repeat(33),
        ] {
            assert!(name_fault(name).is_some(), "{name}");
        }
    }
}
