//! Images that pipelines run, written where they are stated: in `[ci.…]` of a matrix file, or as a row of machinery in a file
//! of facts. Every other byte stays.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TomlError, Value};

use crate::facts::Machinery;

/// The name of a file of facts that is made where the matrix names none.
const FACTS: &str = "facts.toml";

/// Where the facts of a matrix file that names none are made: beside it.
pub fn facts_beside(matrix: &str) -> String {
    match matrix.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{FACTS}"),
        None => FACTS.to_owned(),
    }
}

/// The keys of `[ci.…]` that state an image.
const KEYS: [&str; 6] = [
    "image",
    "service",
    "emulator",
    "builder",
    "check-image",
    "submit-image",
];

/// The images that `[ci.…]` of a matrix file states.
pub fn stated_images(text: &str) -> Vec<String> {
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        return Vec::new();
    };
    let mut stated = Vec::new();
    each_stated(&mut document, |value| {
        stated.extend(value.as_str().map(str::to_owned));
    });
    stated
}

/// The matrix file with another image wherever `[ci.…]` states this one.
///
/// # Errors
/// When the text is not TOML.
pub fn restate(text: &str, from: &str, to: &str) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    each_stated(&mut document, |value| {
        if value.as_str() == Some(from) {
            set(value, to);
        }
    });
    Ok(document.to_string())
}

/// The matrix file with `[facts]`, which it has not.
///
/// # Errors
/// When the text is not TOML.
pub fn name_facts(text: &str, path: &str) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let mut facts = Table::new();
    facts.insert("file", path.into());
    document.insert("facts", Item::Table(facts));
    Ok(document.to_string())
}

/// The file of facts with that image in the row of a part of the machinery, which is added where there is none.
///
/// # Errors
/// When the text is not TOML.
pub fn put_machinery(text: &str, name: Machinery, image: &str) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let rows = document
        .entry("machinery")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let word = &*name.word();
    let value = match rows {
        Item::ArrayOfTables(rows) => {
            let named = |row: &Table| row.get("name").and_then(Item::as_str) == Some(word);
            let at = rows.iter().position(named);
            if at.is_none() {
                rows.push([("name", word), ("image", image)].into_iter().collect());
            }
            let row = at.and_then(|at| rows.get_mut(at));
            row.and_then(|row| row.get_mut("image")?.as_value_mut())
        }
        Item::Value(Value::Array(rows)) => row_of(rows, word, image),
        _ => None,
    };
    if let Some(value) = value {
        set(value, image);
    }
    Ok(document.to_string())
}

/// The image in the row of that name of an inline list, which gets such a row where it has none.
fn row_of<'a>(rows: &'a mut Array, word: &str, image: &str) -> Option<&'a mut Value> {
    let named = |row: &Value| {
        let row = row.as_inline_table();
        row.and_then(|row| row.get("name")).and_then(Value::as_str) == Some(word)
    };
    let Some(at) = rows.iter().position(named) else {
        let words = [("name", word), ("image", image)];
        let mut row = Value::InlineTable(words.into_iter().collect::<InlineTable>());
        if let Some(last) = rows.iter().last() {
            let prefix = last.decor().prefix().and_then(|raw| raw.as_str());
            row.decor_mut().set_prefix(prefix.unwrap_or(" ").to_owned());
        }
        rows.push_formatted(row);
        return None;
    };
    rows.get_mut(at)?.as_inline_table_mut()?.get_mut("image")
}

fn each_stated(document: &mut DocumentMut, mut act: impl FnMut(&mut Value)) {
    let Some(ci) = document.get_mut("ci").and_then(Item::as_table_like_mut) else {
        return;
    };
    for (_, provider) in ci.iter_mut() {
        let Some(table) = provider.as_table_like_mut() else {
            continue;
        };
        for key in KEYS {
            if let Some(value) = table.get_mut(key).and_then(Item::as_value_mut) {
                act(value);
            }
        }
    }
}

/// Changes a text, and neither the space nor the comment around it.
fn set(value: &mut Value, text: &str) {
    let around = value.decor().clone();
    *value = Value::from(text);
    *value.decor_mut() = around;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_place_and_their_comments() {
        let put = |text: &str| put_machinery(text, Machinery::Curl, "c:2").expect("TOML");
        for (before, after) in [
            ("", "[[machinery]]\nname = \"curl\"\nimage = \"c:2\"\n"),
            (
                "[[machinery]] # ours\nname = \"curl\"\nimage = \"c:1\" # held\nsource = \"us\"\n",
                "[[machinery]] # ours\nname = \"curl\"\nimage = \"c:2\" # held\nsource = \"us\"\n",
            ),
            (
                "[[machinery]]\nname = \"uv\"\nimage = \"u:1\"\n\n[[limit]]\nkey = \"x\"\n",
                "[[machinery]]\nname = \"uv\"\nimage = \"u:1\"\n\n[[machinery]]\nname = \"curl\"\nimage = \"c:2\"\n\n\
                 [[limit]]\nkey = \"x\"\n",
            ),
            (
                "machinery = [\n  { name = \"curl\", image = \"c:1\" },\n]\n",
                "machinery = [\n  { name = \"curl\", image = \"c:2\" },\n]\n",
            ),
            (
                "machinery = [\n  { name = \"uv\", image = \"u:1\" },\n]\n",
                "machinery = [\n  { name = \"uv\", image = \"u:1\" },\n  { name = \"curl\", image = \"c:2\" },\n]\n",
            ),
        ] {
            assert_eq!(put(before), after);
            assert_eq!(put(after), after, "a second time changes nothing");
        }
    }

    #[test]
    fn what_the_matrix_states_is_stated_otherwise_there() {
        let text = "[ci]\ngitlab = { image = \"d:1\" } # all\n\n[ci.buildkite]\nimage = 'd:1' # held\nfile = \"d:1\"\n";
        assert_eq!(stated_images(text), ["d:1", "d:1"]);
        let after = restate(text, "d:1", "d:2").expect("TOML");
        assert_eq!(
            after,
            "[ci]\ngitlab = { image = \"d:2\" } # all\n\n[ci.buildkite]\nimage = \"d:2\" # held\nfile = \"d:1\"\n"
        );
        let named = name_facts("[image.a]\n# end\n", "facts.toml").expect("TOML");
        assert_eq!(
            named,
            "[image.a]\n\n[facts]\nfile = \"facts.toml\"\n# end\n"
        );
    }
}
