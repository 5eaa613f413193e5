//! Groups of one lineage layer, for a pipeline of more steps or jobs than one file may have.
//!
//! Membership goes by the hash of a unit's id, and a group that is too large parts in two by the next bit. So a new unit
//! joins one group and moves no other, unless it is the one too many, when that one group parts.

use sha2::{Digest as _, Sha256};

/// Units that stand in one file. `key` names the group for as long as it stands: the bits that its members share,
/// or nothing where a layer is one group.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group<T> {
    pub key: String,
    pub members: Vec<T>,
}

/// Parts `members` so that the weights of each group sum to at most `room`, in the order of their keys; members of a group
/// keep their order. A member that is heavier than the room is a group of its own.
pub(super) fn groups<T>(
    members: Vec<T>,
    room: usize,
    id: impl Fn(&T) -> &str,
    weight: impl Fn(&T) -> usize,
) -> Vec<Group<T>> {
    let weigh = |members: &[(T, [u8; 32])]| members.iter().map(|(m, _)| weight(m)).sum::<usize>();
    let hashed = members.into_iter().map(|member| {
        let hash: [u8; 32] = Sha256::digest(id(&member).as_bytes()).into();
        (member, hash)
    });
    let mut open = vec![(String::new(), hashed.collect::<Vec<_>>())];
    let mut done = Vec::new();
    while let Some((key, members)) = open.pop() {
        let bit = key.len();
        if weigh(&members) <= room || members.len() < 2 || bit == 256 {
            if !members.is_empty() {
                let members = members.into_iter().map(|(member, _)| member).collect();
                done.push(Group { key, members });
            }
            continue;
        }
        let (one, zero) = members
            .into_iter()
            .partition(|(_, hash)| hash[bit / 8] & (0x80 >> (bit % 8)) != 0);
        open.push((format!("{key}1"), one));
        open.push((format!("{key}0"), zero));
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn ids(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("base/{n}")).collect()
    }

    fn part(ids: &[String], room: usize) -> BTreeMap<String, Vec<&str>> {
        let members = ids.iter().map(String::as_str).collect();
        groups(members, room, |id| id, |_| 1)
            .into_iter()
            .map(|group| (group.key, group.members))
            .collect()
    }

    #[test]
    fn what_fits_is_one_group_and_nothing_is_none() {
        let ids = ids(10);
        assert_eq!(
            part(&ids, 10),
            BTreeMap::from([(String::new(), ids.iter().map(String::as_str).collect())])
        );
        assert!(part(&[], 10).is_empty());
    }

    #[test]
    fn every_member_is_in_one_group_that_has_room() {
        let ids = ids(5000);
        let parted = part(&ids, 298);
        assert!(
            parted
                .values()
                .all(|members| (1..=298).contains(&members.len()))
        );
        let mut all: Vec<&str> = parted.into_values().flatten().collect();
        all.sort_unstable();
        let mut wanted: Vec<&str> = ids.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        assert_eq!(all, wanted);
    }

    #[test]
    fn a_new_member_moves_no_other() {
        let mut more = ids(1001);
        let new = more.remove(500);
        let before = part(&more, 298);
        let mut all = more.clone();
        all.push(new.clone());
        let after = part(&all, 298);
        let changed: Vec<&String> = after
            .iter()
            .filter(|(key, members)| before.get(*key) != Some(members))
            .map(|(key, _)| key)
            .collect();
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert!(after[changed[0]].contains(&new.as_str()));
    }

    #[test]
    fn a_member_heavier_than_the_room_is_alone() {
        let ids = ids(3);
        let members: Vec<&str> = ids.iter().map(String::as_str).collect();
        let parted = groups(members, 2, |id| id, |_| 9);
        assert_eq!(parted.len(), 3);
    }
}
