//! Pins written into `[ci.github.actions]` of a matrix file, every other byte of which stays.

use toml_edit::{DocumentMut, InlineTable, Item, Key, RawString, Table, TomlError, Value};

use super::options::ActionPin;

/// The text of a matrix file, LF at its line ends, with these pins in `[ci.github.actions]`: an entry that is there gets
/// the new commit and version, others are added in the shape the table has.
///
/// # Errors
/// When the text is not TOML.
pub fn adopt(text: &str, pins: &[(&str, &ActionPin)]) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    if let Some(github) = document.get_mut("ci").and_then(|ci| get(ci, "github")) {
        match github {
            Item::Table(table) if !table.contains_key("actions") => {
                table.insert("actions", Item::Table(Table::new()));
            }
            Item::Value(Value::InlineTable(table)) if !table.contains_key("actions") => {
                append(table, "actions", InlineTable::new());
            }
            _ => {}
        }
        if let Some(actions) = get(github, "actions") {
            for (action, pin) in pins {
                put(actions, action, pin);
            }
        }
    }
    let mut edited = document.to_string();
    if !text.ends_with('\n') && edited.ends_with('\n') {
        edited.pop();
    }
    Ok(edited)
}

/// The item of that key, which `Item::get_mut` would make where there is none.
fn get<'a>(item: &'a mut Item, key: &str) -> Option<&'a mut Item> {
    item.as_table_like_mut()?.get_mut(key)
}

fn put(actions: &mut Item, action: &str, pin: &ActionPin) {
    if let Some(entry) = get(actions, action) {
        set(entry, "sha", &pin.sha);
        set(entry, "version", &pin.version);
        return;
    }
    let words = [("sha", &pin.sha), ("version", &pin.version)];
    match actions {
        Item::Value(Value::InlineTable(table)) => {
            append(table, action, words.into_iter().collect());
        }
        Item::Table(table) if has_tables_of_their_own(table) => {
            let entry: Table = words.into_iter().collect();
            table.insert(action, Item::Table(entry));
        }
        Item::Table(table) => {
            let entry: InlineTable = words.into_iter().collect();
            table.insert(action, Item::Value(Value::InlineTable(entry)));
        }
        _ => {}
    }
}

/// Whether the entries of a table stand below headers: `[ci.github.actions."owner/name"]`.
fn has_tables_of_their_own(table: &Table) -> bool {
    let mut entries = table.iter();
    entries.any(|(_, entry)| entry.as_table().is_some_and(|entry| !entry.is_dotted()))
}

/// Changes a text, and neither the space nor the comment around it.
fn set(entry: &mut Item, key: &str, text: &str) {
    let Some(value) = get(entry, key).and_then(Item::as_value_mut) else {
        return;
    };
    if value.as_str() != Some(text) {
        let around = value.decor().clone();
        *value = Value::from(text);
        *value.decor_mut() = around;
    }
}

/// Adds to an inline table, laid out like the entry before. What stands behind that one stays behind it.
fn append(table: &mut InlineTable, key: &str, entry: InlineTable) {
    let mut key = Key::new(key);
    let mut entry = Value::InlineTable(entry);
    let last = table.iter().last().map(|(name, _)| name.to_owned());
    if let Some(last) = last {
        let before = table
            .key(&last)
            .and_then(|key| text_of(key.leaf_decor().prefix()));
        let before = before.unwrap_or_else(|| " ".to_owned());
        let on_line = before
            .rfind('\n')
            .map_or(before.as_str(), |at| &before[at..]);
        let comma = table.trailing_comma();
        let mut behind = if comma {
            table.trailing().as_str().map(str::to_owned)
        } else {
            let value = table.get(&last);
            value.and_then(|value| text_of(value.decor().suffix()))
        }
        .unwrap_or_else(|| " ".to_owned());
        let mut prefix = on_line.to_owned();
        if behind.contains('#') {
            // A comment ends its line.
            prefix = format!(
                "{}\n{}",
                behind.trim_end(),
                on_line.trim_start_matches('\n')
            );
            behind = behind[behind.trim_end().len()..].to_owned();
        }
        key.leaf_decor_mut().set_prefix(prefix);
        if comma {
            entry.decor_mut().set_suffix("");
            table.set_trailing(behind);
        } else {
            entry.decor_mut().set_suffix(behind);
            if let Some(value) = table.get_mut(&last) {
                value.decor_mut().set_suffix("");
            }
        }
    }
    table.insert_formatted(&key, entry);
}

fn text_of(decor: Option<&RawString>) -> Option<String> {
    decor.and_then(RawString::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::*;

    const OLD: &str = "0000000000000000000000000000000000000000";
    const NEW: &str = "1111111111111111111111111111111111111111";

    fn pin() -> ActionPin {
        ActionPin {
            sha: NEW.to_owned(),
            version: "v2.0.0".to_owned(),
        }
    }

    fn adopted(text: &str) -> String {
        let pin = pin();
        adopt(text, &[("o/new", &pin), ("o/there", &pin)]).expect("TOML")
    }

    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let edited = adopted(before);
        assert_eq!(edited, after.replace("NEW", NEW));
        assert_eq!(adopted(&edited), edited, "a second time changes nothing");
        let pins = edited.parse::<Table>().expect("TOML")["ci"]["github"]["actions"].clone();
        for action in ["o/new", "o/there"] {
            assert_eq!(pins[action]["sha"], Value::from(NEW), "{edited}");
            assert_eq!(pins[action]["version"], Value::from("v2.0.0"), "{edited}");
        }
    }

    #[test]
    fn a_table_of_its_own_is_made_where_there_is_none() {
        becomes(
            "# top\n[ci.github]\nfile = \"x\" # where\n\n# next\n[image.base]\ntag = \"1\"\n# end\n",
            "# top\n[ci.github]\nfile = \"x\" # where\n\n[ci.github.actions]\n\
             \"o/new\" = { sha = \"NEW\", version = \"v2.0.0\" }\n\
             \"o/there\" = { sha = \"NEW\", version = \"v2.0.0\" }\n\n# next\n[image.base]\ntag = \"1\"\n# end\n",
        );
    }

    #[test]
    fn entries_keep_their_place_and_their_comments() {
        let line = |sha: &str, version: &str| {
            format!(
                "[ci.github.actions]\n# why\n\"o/there\"  =  {{ version = \"{version}\",  sha = \"{sha}\" }} # here\n"
            )
        };
        becomes(
            &(line(OLD, "v1") + "\n[image.base]\n"),
            &(line("NEW", "v2.0.0")
                + "\"o/new\" = { sha = \"NEW\", version = \"v2.0.0\" }\n\n[image.base]\n"),
        );
    }

    #[test]
    fn entries_below_headers_get_neighbours_below_headers() {
        becomes(
            &format!(
                "[ci.github.actions.\"o/there\"]\nversion = 'v1' # keep\nsha = \"{OLD}\"\n\n[axis]\n"
            ),
            "[ci.github.actions.\"o/there\"]\nversion = \"v2.0.0\" # keep\nsha = \"NEW\"\n\n\
             [ci.github.actions.\"o/new\"]\nsha = \"NEW\"\nversion = \"v2.0.0\"\n\n[axis]\n",
        );
    }

    #[test]
    fn dotted_keys_and_inline_tables_stay_what_they_are() {
        becomes(
            &format!(
                "[ci.github]\nactions.\"o/there\" = {{ sha = \"{OLD}\", version = \"v1\" }}\n"
            ),
            "[ci.github]\nactions.\"o/there\" = { sha = \"NEW\", version = \"v2.0.0\" }\n\
             actions.\"o/new\" = { sha = \"NEW\", version = \"v2.0.0\" }\n",
        );
        becomes(
            "[ci]\ngithub = { file = \"x\" } # all\n",
            "[ci]\ngithub = { file = \"x\", actions = { \"o/new\" = { sha = \"NEW\", version = \"v2.0.0\" }, \
             \"o/there\" = { sha = \"NEW\", version = \"v2.0.0\" } } } # all\n",
        );
        becomes(
            &format!(
                "[ci.github]\nactions = {{\n  # why\n  \"o/there\" = {{ sha = \"{OLD}\", version = \"v1\" }}\n}}\n"
            ),
            "[ci.github]\nactions = {\n  # why\n  \"o/there\" = { sha = \"NEW\", version = \"v2.0.0\" },\n  \
             \"o/new\" = { sha = \"NEW\", version = \"v2.0.0\" }\n}\n",
        );
    }

    #[test]
    fn comments_stay_behind_their_entries() {
        for comma in ["", ","] {
            let there =
                |sha: &str, version: &str| format!("sha = \"{sha}\", version = \"{version}\"");
            becomes(
                &format!(
                    "[ci.github]\nactions = {{\n  \"o/there\" = {{ {} }}{comma} # why\n}} # all\n",
                    there(OLD, "v1")
                ),
                &format!(
                    "[ci.github]\nactions = {{\n  \"o/there\" = {{ {0} }}, # why\n  \"o/new\" = {{ {0} }}{comma}\n}} # all\n",
                    there("NEW", "v2.0.0")
                ),
            );
        }
    }

    #[test]
    fn odd_matrix_files_are_still_toml() {
        for text in [
            "[ci]\ngithub.file = \"x\"\n[image.a]\n",
            "ci.github.file = \"x\"\n[image.a]\n",
            "ci.github = {}\n",
            "ci = { github = {} }\n",
            "[ci.github]",
            "[ci.github]\nactions = {}\n",
            "[ci.github.runner]\namd64 = \"x\"\n[ci.gitlab]\n",
            "[ci.gitlab]\n[image.a]\ntag = \"1\"\n[ci.github] # last\n# end",
        ] {
            let edited = adopted(text);
            let after: Table = edited
                .parse()
                .unwrap_or_else(|e| panic!("{text}\n{edited}\n{e}"));
            let mut back = after.clone();
            let github = back["ci"]["github"].as_table_mut().expect("a table");
            let pins = github.remove("actions").expect("actions");
            assert_eq!(pins.as_table().map(Table::len), Some(2), "{edited}");
            let mut before: Table = text.parse().expect("TOML");
            if let Some(github) = before["ci"]["github"].as_table_mut() {
                github.remove("actions");
            }
            assert_eq!(back, before, "{edited}");
            assert_eq!(edited.ends_with('\n'), text.ends_with('\n'), "{edited}");
        }
    }
}
