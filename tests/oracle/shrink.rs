//! Makes a disagreeing matrix small: takes away one key or element after another while it still disagrees.

use toml::{Table, Value as Toml};

use crate::oracle::print;

/// Runs of the product a shrink may cost.
const BUDGET: usize = 2000;

pub(super) fn smallest(text: &str, disagrees: impl Fn(&str) -> bool) -> String {
    let Ok(mut file) = text.parse::<Table>().map(Toml::Table) else {
        return text.into();
    };
    let mut budget = BUDGET;
    let mut shrunk = true;
    while shrunk && budget > 0 {
        shrunk = false;
        let mut position = 0;
        while budget > 0 {
            let mut candidate = file.clone();
            let mut countdown = position;
            if !remove(&mut candidate, &mut countdown) {
                break;
            }
            budget -= 1;
            if candidate
                .as_table()
                .is_some_and(|table| disagrees(&print::matrix(table)))
            {
                file = candidate;
                shrunk = true;
            } else {
                position += 1;
            }
        }
    }
    file.as_table().map(print::matrix).unwrap_or_default()
}

/// Removes the entry at `position`, counted from the top, parents before what they hold.
fn remove(value: &mut Toml, position: &mut usize) -> bool {
    match value {
        Toml::Table(table) => {
            let keys: Vec<String> = table.keys().cloned().collect();
            for key in keys {
                if *position == 0 {
                    table.remove(&key);
                    return true;
                }
                *position -= 1;
                if remove(&mut table[&key], position) {
                    return true;
                }
            }
        }
        Toml::Array(list) => {
            for index in 0..list.len() {
                if *position == 0 {
                    list.remove(index);
                    return true;
                }
                *position -= 1;
                if remove(&mut list[index], position) {
                    return true;
                }
            }
        }
        _ => {}
    }
    false
}

#[cfg(test)]
mod tests {
    #[test]
    fn keeps_only_what_disagrees() {
        let text = "[axis]\na = [\"1\", \"2\", { value = \"3\", os = \"x\" }]\nb = [\"y\"]\n\n[image.z]\nfrom = \"f\"\n";
        let small = super::smallest(text, |text| {
            text.contains("\"3\"") && text.contains("[image.z]")
        });
        assert_eq!(small, "[axis]\na = [{ value = \"3\" }]\n\n[image.z]\n");
    }
}
