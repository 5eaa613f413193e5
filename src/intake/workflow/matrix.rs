//! `strategy.matrix`: the jobs that GitHub makes of it
//! (<https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations>).

use indexmap::IndexMap;

use crate::intake::value::{Kind, Node};

/// GitHub makes at most so many jobs of one matrix.
const MOST_JOBS: usize = 256;
/// More combinations than this are not looked at, however many are excluded.
const MOST_COMBINATIONS: usize = 100_000;

/// One job's values.
pub(super) type Combination = IndexMap<String, Node>;

/// The combinations, in the order in which GitHub makes them.
pub(super) fn combinations(matrix: &Node) -> Result<Vec<Combination>, String> {
    let Some(entries) = matrix.map() else {
        return Err("its matrix is no table".to_owned());
    };
    let list = |key: &str| {
        let found = entries.iter().find(|(name, _)| name == key);
        match found.map(|(_, value)| &value.kind) {
            Some(Kind::List(items)) => Ok(items.as_slice()),
            None | Some(Kind::Null) => Ok(&[][..]),
            Some(_) => Err(format!("`{key}` of its matrix is no list")),
        }
    };
    let mut combinations: Vec<Combination> = Vec::new();
    let is_axis = |(name, _): &&(String, Node)| name != "include" && name != "exclude";
    for (nth, (name, values)) in entries.iter().filter(is_axis).enumerate() {
        let Some(values) = values.list() else {
            return Err(format!("`{name}` of its matrix is no list"));
        };
        if nth == 0 {
            combinations.push(Combination::new());
        }
        if combinations.len().saturating_mul(values.len()) > MOST_COMBINATIONS {
            return Err(format!(
                "its matrix has more than {MOST_COMBINATIONS} combinations"
            ));
        }
        let longer = combinations.iter().flat_map(|combination| {
            values.iter().map(|value| {
                let mut combination = combination.clone();
                combination.insert(name.clone(), value.clone());
                combination
            })
        });
        combinations = longer.collect();
    }
    for exclude in list("exclude")? {
        let Some(terms) = exclude.map().filter(|terms| !terms.is_empty()) else {
            continue;
        };
        combinations.retain(|combination| {
            let mut terms = terms.iter();
            !terms.all(|(name, value)| combination.get(name).is_some_and(|own| covers(value, own)))
        });
    }
    let originals = combinations.clone();
    let mut more: Vec<Combination> = Vec::new();
    for include in list("include")? {
        let Some(terms) = include.map() else {
            return Err("an `include` of its matrix is no table".to_owned());
        };
        let mut added = false;
        for (original, combination) in originals.iter().zip(&mut combinations) {
            // What the matrix itself says is not overwritten; what another include added may be.
            let agrees = |(name, value): &(String, Node)| {
                original.get(name).is_none_or(|own| same(value, own))
            };
            if terms.iter().all(agrees) {
                added = true;
                combination.extend(terms.iter().cloned());
            }
        }
        if !added {
            more.push(terms.iter().cloned().collect());
        }
    }
    combinations.extend(more);
    if combinations.len() > MOST_JOBS {
        return Err(format!(
            "its matrix comes to {} jobs, and GitHub makes {MOST_JOBS} at most",
            combinations.len()
        ));
    }
    Ok(combinations)
}

/// Whether two values are the same.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (Kind::Map(one), Kind::Map(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| {
                    let theirs = other.iter().find(|(name, _)| name == key);
                    theirs.is_some_and(|(_, theirs)| same(value, theirs))
                })
        }
        (Kind::List(one), Kind::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
        }
        (Kind::Number(one, _), Kind::Number(other, _)) => one == other,
        (Kind::Text(one), Kind::Text(other)) => one == other,
        (Kind::Bool(one), Kind::Bool(other)) => one == other,
        (Kind::Null, Kind::Null) => true,
        // As text, in the way in which GitHub compares a number with one.
        (Kind::Number(one, _), Kind::Text(other)) | (Kind::Text(one), Kind::Number(other, _)) => {
            one == other
        }
        _ => false,
    }
}

/// Whether all that an exclude states is so: of a table the keys that it names.
fn covers(stated: &Node, own: &Node) -> bool {
    match (&stated.kind, &own.kind) {
        (Kind::Map(stated), Kind::Map(own)) => stated.iter().all(|(key, value)| {
            let theirs = own.iter().find(|(name, _)| name == key);
            theirs.is_some_and(|(_, theirs)| covers(value, theirs))
        }),
        _ => same(stated, own),
    }
}

#[cfg(test)]
mod tests {
    use super::combinations;
    use crate::intake::value::read;

    fn of(text: &str) -> Vec<String> {
        let matrix = read(text).expect("YAML");
        let all = combinations(&matrix).expect("combinations");
        let one = |combination: &super::Combination| {
            let one = combination
                .iter()
                .map(|(name, value)| format!("{name}={}", value.text().unwrap_or_default()));
            one.collect::<Vec<_>>().join(" ")
        };
        all.iter().map(one).collect()
    }

    /// The example of GitHub's own documentation.
    #[test]
    fn includes_add_to_what_they_do_not_overwrite() {
        let found = of(
            "fruit: [apple, pear]\nanimal: [cat, dog]\ninclude:\n- color: green\n- color: pink\n  animal: cat\n- fruit: apple\n  shape: circle\n- fruit: banana\n- fruit: banana\n  animal: cat\n",
        );
        assert_eq!(
            found,
            [
                "fruit=apple animal=cat color=pink shape=circle",
                "fruit=apple animal=dog color=green shape=circle",
                "fruit=pear animal=cat color=pink",
                "fruit=pear animal=dog color=green",
                "fruit=banana",
                "fruit=banana animal=cat",
            ]
        );
    }

    #[test]
    fn excludes_are_partial_and_come_before_includes() {
        let found = of(
            "os: [a, b]\nversion: [1, 2]\nexclude:\n- { os: a, version: 1 }\n- { os: b }\ninclude:\n- { os: b, version: 2 }\n",
        );
        assert_eq!(found, ["os=a version=2", "os=b version=2"]);
        assert_eq!(of("include: [{ a: 1 }, { a: 1 }]"), ["a=1", "a=1"]);
        let none = read("a: []\n").expect("YAML");
        assert!(combinations(&none).expect("none").is_empty());
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let axis = (0..400)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join(",");
        let huge = read(&format!("a: [{axis}]\nb: [{axis}]\nc: [{axis}]\n")).expect("YAML");
        assert!(combinations(&huge).is_err());
    }
}
