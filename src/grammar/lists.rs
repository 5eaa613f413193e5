//! Lists in words, for people.

/// Names in backticks of which one is meant: `` `a`, `b` or `c` ``.
pub fn or_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    list(names, "or")
}

/// Names in backticks that are all there: `` `a`, `b` and `c` ``.
pub fn and_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    list(names, "and")
}

/// Up to eight names.
fn list<'a>(names: impl IntoIterator<Item = &'a str>, joint: &str) -> String {
    let all: Vec<String> = names.into_iter().map(quoted).collect();
    match all.as_slice() {
        [] => "none".to_owned(),
        _ if all.len() > 8 => few(&all, 7),
        _ => joined(&all, joint),
    }
}

/// The first of some names in backticks, `most` of them, and how many more there are. One more is named as shortly as it is
/// counted.
pub fn few_names<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quoted(name.as_ref())).collect();
    match names.len() <= most + 1 {
        true => joined(&quoted, "and"),
        false => few(&quoted, most),
    }
}

/// The first of some texts, `most` of them, and how many more there are: `a, b and 3 more`.
pub fn few<S: AsRef<str>>(texts: &[S], most: usize) -> String {
    let (first, rest) = texts.split_at(texts.len().min(most));
    let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
    match rest.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn joined(texts: &[String], joint: &str) -> String {
    match texts {
        [head @ .., last] if !head.is_empty() => format!("{} {joint} {last}", head.join(", ")),
        _ => texts.concat(),
    }
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_as_long_as_people_read() {
        let names: Vec<String> = (0..9).map(|n| n.to_string()).collect();
        let first = |count: usize| names[..count].iter().map(String::as_str);
        assert_eq!(or_list(first(0)), "none");
        assert_eq!(and_list(first(1)), "`0`");
        assert_eq!(or_list(first(3)), "`0`, `1` or `2`");
        assert!(and_list(first(8)).ends_with("`6` and `7`"));
        assert!(and_list(first(9)).ends_with("`6` and 2 more"));
        assert_eq!(few_names(&names[..3], 2), "`0`, `1` and `2`");
        assert_eq!(few_names(&names[..4], 2), "`0`, `1` and 2 more");
        assert_eq!(few(&names[..2], 2), "0, 1");
        assert_eq!(few(&names[..3], 2), "0, 1 and 1 more");
    }
}
