//! Many specs that changed for one cause are one thing to tell.

use std::collections::BTreeMap;

use crate::grammar::lists::few_names;
use crate::lock::InputChange;

/// Names told before the rest is counted.
const NAMED: usize = 3;

/// A cause, and the specs that changed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What changed.
    pub change: InputChange,
    /// Ids of the specs, in the order given.
    pub specs: Vec<String>,
}

/// The causes of all changes, each with its specs, and the specs whose only cause lies below them.
pub fn grouped(
    specs: impl IntoIterator<Item = (String, Vec<InputChange>)>,
) -> (Vec<Group>, Vec<String>) {
    let mut groups: BTreeMap<InputChange, Vec<String>> = BTreeMap::new();
    let mut followers = Vec::new();
    for (id, changes) in specs {
        if changes.iter().all(InputChange::follows) {
            followers.push(id);
            continue;
        }
        for change in changes.into_iter().filter(|c| !c.follows()) {
            groups.entry(change).or_default().push(id.clone());
        }
    }
    let groups = groups.into_iter();
    let groups = groups.map(|(change, specs)| Group { change, specs });
    (groups.collect(), followers)
}

/// The first few of the names, and how many more there are: `` `a`, `b`, `c` and 9 more``.
pub fn some<S: AsRef<str>>(names: &[S]) -> String {
    few_names(names, NAMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_named_and_the_rest_is_counted() {
        let names = ["a", "b", "c", "d", "e"];
        for (count, expected) in [
            (0, ""),
            (1, "`a`"),
            (2, "`a` and `b`"),
            (4, "`a`, `b`, `c` and `d`"),
            (5, "`a`, `b`, `c` and 2 more"),
        ] {
            assert_eq!(some(&names[..count]), expected);
        }
    }

    #[test]
    fn one_cause_is_one_group_and_followers_are_none() {
        let epoch = InputChange::Epoch { old: 0, new: 1 };
        let below = InputChange::Below {
            specs: vec!["a".to_owned()],
        };
        let (groups, followers) = grouped([
            ("a".to_owned(), vec![epoch.clone()]),
            ("b".to_owned(), vec![below.clone()]),
            ("c".to_owned(), vec![below, epoch.clone()]),
        ]);
        let specs = vec!["a".to_owned(), "c".to_owned()];
        assert_eq!(
            groups,
            [Group {
                change: epoch,
                specs
            }]
        );
        assert_eq!(followers, ["b"]);
    }
}
