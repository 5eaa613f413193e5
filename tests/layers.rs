//! The rooms of `src` are layers, in the order in which `src/lib.rs` lists them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

const SRC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// The rooms, from the ground up.
fn rooms() -> Vec<String> {
    let lib = fs::read_to_string(Path::new(SRC).join("lib.rs")).expect("src/lib.rs");
    let listed = Regex::new(r"(?m)^//! - `(\w+)`: ").expect("a pattern");
    let rooms = listed.captures_iter(&lib).map(|room| room[1].to_owned());
    rooms.collect()
}

/// All sources below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}

/// The rooms that a source names: in paths, and in the links of its documentation.
fn named(text: &str) -> BTreeSet<String> {
    let path = Regex::new(r"\bcrate::(\w+|\{)").expect("a pattern");
    let rooms = path.captures_iter(text).map(|room| room[1].to_owned());
    rooms.collect()
}

/// What a room is called by the path of a source.
fn room_of(path: &Path) -> String {
    let path = path.strip_prefix(SRC).expect("a path below src");
    let first = path.components().next().expect("a name").as_os_str();
    first.to_string_lossy().trim_end_matches(".rs").to_owned()
}

#[test]
fn rooms_use_only_what_stands_below_them() {
    let rooms = rooms();
    let place = |room: &str| rooms.iter().position(|known| known == room);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for path in sources(Path::new(SRC)) {
        let room = room_of(&path);
        if ["lib", "main", "allocator"].contains(&&*room) {
            continue;
        }
        let Some(own) = place(&room) else {
            panic!("src/lib.rs does not list the room `{room}`");
        };
        for other in named(&fs::read_to_string(&path).expect("a source")) {
            match place(&other) {
                Some(below) if below <= own => {}
                Some(_) => wrong.push(format!("{}: {room} uses {other}", path.display())),
                None => panic!("{}: `crate::{other}` is no room", path.display()),
            }
        }
        seen.insert(room);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed: BTreeSet<String> = rooms.iter().cloned().collect();
    assert_eq!(listed, seen, "src/lib.rs lists what is there");
}

#[test]
fn what_is_named_in_any_way_is_seen() {
    let text = "use crate::flow::{self, Fault};\nfn f(x: crate::image::Plan) {}\n/// See [`y`](crate::emit::y).\nuse crate::{a, b};";
    let named: Vec<String> = named(text).into_iter().collect();
    assert_eq!(named, ["emit", "flow", "image", "{"]);
}

/// What a source takes from other rooms by name: types, each with the room it is from.
fn taken(text: &str) -> BTreeSet<(String, String)> {
    let comment = Regex::new(r"//[^\n]*").expect("a pattern");
    let import = Regex::new(r"\buse crate::(\w+)::([^;]+);").expect("a pattern");
    let path = Regex::new(r"\bcrate::(\w+)((?:::[a-z]\w*)*)::([A-Z]\w*)").expect("a pattern");
    let name = Regex::new(r"(?:^|[\s{,:])([A-Z]\w*[a-z]\w*)\s*(?:[,}]|$| as )").expect("a pattern");
    let text = comment.replace_all(text, "");
    let mut found = BTreeSet::new();
    for import in import.captures_iter(&text) {
        // A name may end what the one after it begins with.
        let list = import[2].replace(',', ", ").replace('}', " }");
        let names = list
            .split_inclusive(',')
            .flat_map(|part| name.captures_iter(part));
        found.extend(names.map(|name| (name[1].to_owned(), import[1].to_owned())));
    }
    let paths = path.captures_iter(&text);
    found.extend(paths.map(|path| (path[3].to_owned(), path[1].to_owned())));
    found
}

#[test]
fn a_name_that_rooms_share_has_one_meaning() {
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources(Path::new(SRC)) {
        let own = room_of(&path);
        for (name, room) in taken(&fs::read_to_string(&path).expect("a source")) {
            if room != own {
                rooms.entry(name).or_default().insert(room);
            }
        }
    }
    assert!(rooms.len() > 200, "{} names only", rooms.len());
    rooms.retain(|_, rooms| rooms.len() > 1);
    assert!(rooms.is_empty(), "of several rooms: {rooms:#?}");
}

#[test]
fn what_is_taken_in_any_way_is_seen() {
    let text = "use crate::flow::{self, Fault};\nuse crate::image::{a::{Plan, Spec as S}, lines};\nuse crate::lock::Lock;\n\
                fn f(x: crate::emit::bake::Group) {} // crate::no::Thing\nuse crate::x::{\n    A1b,\n    Bc,\n};\n";
    let taken = taken(text);
    let names: Vec<String> = taken
        .iter()
        .map(|(name, room)| format!("{room} {name}"))
        .collect();
    assert_eq!(
        names,
        [
            "x A1b",
            "x Bc",
            "flow Fault",
            "emit Group",
            "lock Lock",
            "image Plan",
            "image Spec"
        ]
    );
}
