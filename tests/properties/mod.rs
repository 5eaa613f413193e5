//! What holds for any text in any place, and for any matrix. `PROPTEST_CASES` is the number of random cases.

mod anything;
mod bumps;
mod decode;
mod dockerfile;
mod hostile;
mod random;
mod render;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use decode::{Leaf, json, leaves};
use hostile::{PIECES, PLACES, PLAIN, Place};
use proptest::prelude::*;
use render::{Outputs, rendered};

/// Outputs as their parsers read them: by path, what stands where.
type Read = Vec<(String, Vec<Leaf>)>;

thread_local! {
    static PLAIN_OUTPUTS: RefCell<HashMap<String, Rc<Read>>> = RefCell::default();
}

/// What stands for the hostile text where nothing hostile is.
fn plain_text(places: &[Place]) -> &'static str {
    let plain = places[0].plain;
    if plain.contains(PLAIN) { PLAIN } else { plain }
}

/// The outputs of the matrix in which the places hold their plain texts.
fn plain(places: &[Place]) -> Rc<Read> {
    let names: Vec<&str> = places.iter().map(|p| p.name).collect();
    PLAIN_OUTPUTS.with_borrow_mut(|known| {
        let read = known.entry(names.join(" ")).or_insert_with(|| {
            let inner = if places[0].plain.contains(PLAIN) {
                PLAIN
            } else {
                places[0].plain
            };
            let outputs = yields(places, inner)
                .unwrap_or_else(|why| panic!("{names:?} refuse a plain text: {why}"));
            let read = |(path, text): (String, String)| {
                let leaves = read(&path, &text).unwrap_or_else(|why| panic!("plain: {why}"));
                (path, leaves)
            };
            Rc::new(outputs.into_iter().map(read).collect())
        });
        Rc::clone(read)
    })
}

/// Hashes differ when the content does; here only the rest is looked at.
fn read(path: &str, text: &str) -> Result<Vec<Leaf>, String> {
    leaves(path, &without_hashes(text)).map_err(|e| format!("{path}: {e}\n{text}"))
}

fn yields(places: &[Place], inner: &str) -> Result<Outputs, String> {
    let target = places.iter().any(|p| p.name == "own-target");
    let dockerfile = hostile::own_dockerfile(if target { PLAIN } else { "final" });
    rendered(
        &hostile::matrix(places, inner),
        &[("docker/Dockerfile", &dockerfile)],
    )
}

/// How a provider's dialect spells a text so that it stands for itself.
fn guarded(path: &str, text: &str) -> String {
    if path.contains("github") {
        text.replace("${{", "${{ '${{' }}")
    } else if path.contains("gitlab") || path.contains("cloudbuild") {
        text.replace('$', "$$")
    } else if path.ends_with("bake.json") {
        text.replace("${", "$${").replace("%{", "%%{")
    } else {
        text.to_owned()
    }
}

/// Whether `got` is `wanted` with the hostile text in place of the plain one, and nothing else.
fn stands(path: &str, wanted: &str, got: &str, plain: &str, text: &str) -> bool {
    // Names made from keys: the variables of a registry, and the steps of an image.
    let made = |from: &str, map: &dyn Fn(char) -> char| {
        let made: String = text.chars().map(map).collect();
        wanted.contains(from) && wanted.replace(from, &made) == got
    };
    let upper = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    if made(&PLAIN.to_ascii_uppercase(), &upper) {
        return true;
    }
    if wanted.starts_with("image-") && made(PLAIN, &|c| if c == '.' { '-' } else { c }) {
        return true;
    }
    // Targets and groups of bake: their names hold no dot.
    let names_targets = path.ends_with("bake.json") || path.contains("plan.");
    if names_targets && made(plain, &|c| if c == '.' { '_' } else { c }) {
        return true;
    }
    if wanted.replace(plain, &guarded(path, text)) == got {
        return true;
    }
    // JSON inside a text: what it holds, and not how it is spelled, is to be the same.
    let Ok(inner @ serde_json::Value::Object(_)) = serde_json::from_str(wanted) else {
        return false;
    };
    let open = got.replace("${{ '${{' }}", "${{");
    if guarded(path, &open) != got {
        return false;
    }
    let Ok(found) = serde_json::from_str(&open) else {
        return false;
    };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    json(&inner, String::new(), &mut left);
    json(&found, String::new(), &mut right);
    left.len() == right.len()
        && left
            .iter()
            .zip(&right)
            .all(|(l, r)| l.0 == r.0 && l.1.replace(plain, text) == r.1)
}

fn without_hashes(text: &str) -> String {
    let mut out = text.to_owned();
    for (before, digits) in [("sha256:", 64), ("content-", 12)] {
        let mut from = 0;
        while let Some(at) = out[from..].find(before) {
            let start = from + at + before.len();
            let hash = out.get(start..start + digits);
            if hash.is_some_and(|h| h.bytes().all(|b| b.is_ascii_hexdigit())) {
                out.replace_range(start..start + digits, "HASH");
            }
            from = start;
        }
    }
    out
}

/// Either a finding (`false`), or each output parses and holds exactly the text, exactly where the plain text stands.
fn stays_in_its_place(places: &[Place], inner: &str) -> Result<bool, String> {
    let Ok(outputs) = yields(places, inner) else {
        return Ok(false);
    };
    let plain = plain(places);
    if outputs.len() != plain.len() {
        return Err(format!("{} outputs, not {}", outputs.len(), plain.len()));
    }
    for (path, wanted) in plain.iter() {
        let path = path.replace(plain_text(places), inner);
        let found = outputs.iter().find(|(p, _)| *p == path);
        let (_, got) = found.ok_or_else(|| format!("{path} is not there"))?;
        let got = read(&path, got)?;
        if wanted.len() != got.len() {
            return Err(format!(
                "{path}: {} leaves, not {}",
                got.len(),
                wanted.len()
            ));
        }
        for ((at, wanted), (there, got)) in wanted.iter().zip(&got) {
            if at != there || !stands(&path, wanted, got, plain_text(places), inner) {
                return Err(format!(
                    "{path} at {there}: {got:?}, plain it is {wanted:?}"
                ));
            }
        }
    }
    Ok(true)
}

/// Every piece alone and beside other text, in every place: a quarter of the pieces.
fn no_piece_breaks_out_of_any_place(quarter: usize) {
    let (open, closed): (Vec<Place>, Vec<Place>) = PLACES.iter().partition(|p| p.open);
    let mut faults = Vec::new();
    let mut look = |places: &[Place], inner: &str| match stays_in_its_place(places, inner) {
        Ok(taken) => taken,
        Err(why) => {
            let names: Vec<&str> = places.iter().map(|p| p.name).collect();
            faults.push(format!("{names:?} = {inner:?}: {why}"));
            true
        }
    };
    for piece in PIECES.iter().skip(quarter).step_by(4) {
        let between = format!("a{piece}b");
        let (before, after) = (format!("a{piece}"), format!("{piece}b"));
        for inner in [*piece, &between, &before, &after] {
            // All at once, which is quick; one by one when some of them refuse it.
            if !look(&open, inner) && inner == between {
                for place in &open {
                    look(&[*place], inner);
                }
            }
        }
        for inner in [*piece, &between] {
            for place in &closed {
                look(&[*place], inner);
            }
        }
    }
    let few = faults[..faults.len().min(12)].join("\n");
    assert!(faults.is_empty(), "{} faults, such as\n{few}", faults.len());
}

/// Quarters, so that all cores have a part.
mod no_piece_breaks_out {
    #[test]
    fn a_first_quarter() {
        super::no_piece_breaks_out_of_any_place(0);
    }

    #[test]
    fn a_second_quarter() {
        super::no_piece_breaks_out_of_any_place(1);
    }

    #[test]
    fn a_third_quarter() {
        super::no_piece_breaks_out_of_any_place(2);
    }

    #[test]
    fn a_fourth_quarter() {
        super::no_piece_breaks_out_of_any_place(3);
    }
}

/// A test of the test: places that are open take all but control characters, so that something is compared.
#[test]
fn open_places_are_open() {
    for inner in [
        "it's", "a \"b\"", "#x", "${{ x }}", "$(x)", "`x`", "\\", "<<EOF", "3.10", "no", "é", "{{",
    ] {
        for place in PLACES.iter().filter(|p| p.open) {
            assert_eq!(
                stays_in_its_place(&[*place], inner),
                Ok(true),
                "{} = {inner:?}",
                place.name
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Pieces in any row, with any other characters between them.
    #[test]
    fn no_text_breaks_out_of_its_place(
        place in prop::sample::select(PLACES.as_slice()),
        parts in prop::collection::vec(
            prop_oneof![3 => prop::sample::select(PIECES.as_slice()).prop_map(str::to_owned), 1 => "\\PC{0,4}"],
            1..5,
        ),
    ) {
        let inner = parts.concat();
        // A blank test or package is none.
        prop_assume!(!inner.trim().is_empty());
        if let Err(why) = stays_in_its_place(&[place], &inner) {
            prop_assert!(false, "{} = {inner:?}: {why}", place.name);
        }
    }
}
