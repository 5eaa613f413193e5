//! The flags that instructions take.
//!
//! Source: `frontend/dockerfile/instructions/{parse,bflag,commands_run*}.go` of BuildKit.

use crate::dockerfile::instruction::{Flag, Mount};
use crate::dockerfile::rejection::Rejection;

/// What a flag is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// `true` or `false`, or nothing.
    Switch,
    /// One value.
    Value,
    /// A value each time it stands.
    Values,
}

/// A flag that is known.
pub(super) type Known = (&'static str, Takes);

/// Of instructions that take none.
pub(super) const NONE: [Known; 0] = [];
/// Of ADD.
pub(super) const ADD: [Known; 7] = [
    ("chown", Takes::Value),
    ("chmod", Takes::Value),
    ("link", Takes::Switch),
    ("keep-git-dir", Takes::Switch),
    ("checksum", Takes::Value),
    ("unpack", Takes::Switch),
    ("exclude", Takes::Values),
];
/// Of COPY.
pub(super) const COPY: [Known; 6] = [
    ("chown", Takes::Value),
    ("from", Takes::Value),
    ("chmod", Takes::Value),
    ("link", Takes::Switch),
    ("exclude", Takes::Values),
    ("parents", Takes::Switch),
];
/// Of FROM.
pub(super) const FROM: [Known; 1] = [("platform", Takes::Value)];
/// Of HEALTHCHECK.
pub(super) const HEALTHCHECK: [Known; 5] = [
    ("interval", Takes::Value),
    ("timeout", Takes::Value),
    ("start-period", Takes::Value),
    ("start-interval", Takes::Value),
    ("retries", Takes::Value),
];
/// Of RUN.
pub(super) const RUN: [Known; 4] = [
    ("mount", Takes::Values),
    ("network", Takes::Value),
    ("security", Takes::Value),
    ("device", Takes::Values),
];

/// Holds flags to those that are known. With `foreign`, others pass: who reads the file may know them.
///
/// # Errors
/// When BuildKit refuses one.
pub(super) fn check(flags: &[Flag], known: &[Known], foreign: bool) -> Result<(), Rejection> {
    for (index, flag) in flags.iter().enumerate() {
        let name = &flag.name;
        let fault = |what: String| Rejection::new(what, flag.span.clone());
        let Some((_, takes)) = known.iter().find(|(known, _)| known == name) else {
            if foreign {
                continue;
            }
            return Err(fault(format!("unknown flag `--{}`", name.escape_debug())));
        };
        let again = flags[..index].iter().any(|before| before.name == *name);
        if again && *takes != Takes::Values {
            return Err(fault(format!("the flag `--{name}` stands twice")));
        }
        match (takes, flag.value.as_deref()) {
            (Takes::Switch, None) => {}
            (Takes::Switch, Some(value)) => {
                if !matches!(value.to_lowercase().as_str(), "true" | "false") {
                    return Err(fault(format!("`--{name}` is `true` or `false`")));
                }
            }
            (_, None) => return Err(fault(format!("`--{name}` needs a value"))),
            (_, Some(_)) => {}
        }
    }
    Ok(())
}

/// Holds `--network` and `--security` of RUN to what they may be.
///
/// # Errors
/// When BuildKit refuses one.
pub(super) fn network(flags: &[Flag]) -> Result<(), Rejection> {
    let modes: [(&str, &[&str]); 2] = [
        ("network", &["default", "none", "host"]),
        ("security", &["sandbox", "insecure"]),
    ];
    for flag in flags {
        let known = modes.iter().find(|(name, _)| *name == flag.name);
        let value = flag.value.as_deref().unwrap_or_default();
        if known.is_some_and(|(_, modes)| !modes.contains(&value)) {
            return Err(Rejection::new(
                format!("`--{}` cannot be `{}`", flag.name, value.escape_debug()),
                flag.span.clone(),
            ));
        }
    }
    Ok(())
}

/// The mounts of RUN.
///
/// # Errors
/// When one is no list of fields, or is from something that variables would have to tell.
pub(super) fn mounts(flags: &[Flag]) -> Result<Vec<Mount>, Rejection> {
    let mounts = flags.iter().filter(|flag| flag.name == "mount");
    mounts
        .map(|flag| {
            let fault = |what: &str| Rejection::new(what, flag.span.clone());
            let value = flag.value.as_deref().unwrap_or_default();
            if value.is_empty() {
                return Err(fault("the mount says nothing"));
            }
            let fields = comma(value).ok_or_else(|| fault("a `\"` is missing in the mount"))?;
            let mut mount = Mount {
                fields: Vec::new(),
                from: None,
            };
            for field in fields {
                let (name, value) = match field.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (field.as_str(), None),
                };
                let name = name.to_lowercase();
                if name == "from"
                    && let Some(from) = &value
                {
                    if from.find('$').is_some_and(|at| at + 1 != from.len()) {
                        return Err(fault(
                            "`from` of a mount takes no variables: name a stage that stands on the image",
                        ));
                    }
                    let at = value_at(flag, from);
                    mount.from = Some(flag.part(at, from)).filter(|from| !from.text.is_empty());
                }
                mount.fields.push((name, value));
            }
            Ok(mount)
        })
        .collect()
}

/// Fields of a mount that may stand without a value.
const SWITCHES: [&str; 5] = ["readonly", "ro", "readwrite", "rw", "required"];
/// The other fields of a mount.
const FIELDS: [&str; 14] = [
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "size",
    "id",
    "sharing",
    "mode",
    "uid",
    "gid",
    "env",
];
/// Types of mounts.
const TYPES: [&str; 5] = ["bind", "cache", "tmpfs", "secret", "ssh"];

/// Holds a field of a mount that is built to what it may be; `value` is what it comes to, where that is known.
///
/// # Errors
/// When BuildKit refuses it.
pub(super) fn field(flag: &Flag, name: &str, value: Option<Option<&str>>) -> Result<(), Rejection> {
    let fault = |what: String| Err(Rejection::new(what, flag.span.clone()));
    let name = name.escape_debug();
    match (name.to_string().as_str(), value) {
        (switch, _) if SWITCHES.contains(&switch) => Ok(()),
        (field, _) if !FIELDS.contains(&field) => fault(format!("a mount has no `{name}`")),
        (_, None) => fault(format!("`{name}` of the mount needs a value")),
        ("type", Some(Some(of))) if !TYPES.contains(&of.to_lowercase().as_str()) => fault(format!(
            "there are no mounts of type `{}`",
            of.escape_debug()
        )),
        _ => Ok(()),
    }
}

/// Where in the value of a mount that begins which its `from` is given.
fn value_at(flag: &Flag, from: &str) -> usize {
    let value = flag.value.as_deref().unwrap_or_default();
    let mut fields = value.split(',').scan(0, |at, field| {
        let start = *at;
        *at += field.len() + 1;
        Some((start, field))
    });
    let found = fields.find(|(_, field)| {
        field
            .split_once('=')
            .is_some_and(|(name, value)| name.eq_ignore_ascii_case("from") && value == from)
    });
    match found {
        Some((start, field)) => start + field.len() - from.len(),
        None => 0,
    }
}

/// Fields parted by commas, as CSV: in quotes a comma does not part, and `""` is a quote.
fn comma(text: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        if let Some(inside) = rest.strip_prefix('"') {
            let mut field = String::new();
            let mut inside = inside;
            let after = loop {
                let end = inside.find('"')?;
                field.push_str(&inside[..end]);
                inside = &inside[end + 1..];
                match inside.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        inside = more;
                    }
                    None => break inside,
                }
            };
            fields.push(field);
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None if after.is_empty() => return Some(fields),
                None => return None,
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            if rest[..end].contains('"') {
                return None;
            }
            fields.push(rest[..end].to_owned());
            match rest[end..].strip_prefix(',') {
                Some(more) => rest = more,
                None => return Some(fields),
            }
        }
    }
}

/// Holds the times and counts of HEALTHCHECK to what they may be.
///
/// # Errors
/// When BuildKit refuses one.
pub(super) fn intervals(flags: &[Flag]) -> Result<(), Rejection> {
    for flag in flags {
        let value = flag.value.as_deref().unwrap_or_default();
        let sound = match flag.name.as_str() {
            _ if value.is_empty() => true,
            "retries" => value.parse::<i32>().is_ok_and(|count| count >= 0),
            _ => duration(value).is_some_and(|seconds| seconds == 0.0 || seconds >= 0.001),
        };
        if !sound {
            return Err(Rejection::new(
                format!("`--{}` cannot be `{}`", flag.name, value.escape_debug()),
                flag.span.clone(),
            ));
        }
    }
    Ok(())
}

/// Seconds of a time such as `1h2m3.5s`. Source: `time.ParseDuration` of Go.
fn duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut seconds = 0.0;
    while !rest.is_empty() || seconds == 0.0 {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.');
        let unit = &rest[..end.unwrap_or(rest.len())];
        seconds += number
            * match unit {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[unit.len()..];
        if rest.is_empty() {
            break;
        }
    }
    Some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_parted_as_csv() {
        let fields = |text| comma(text).map(|fields| fields.join("|"));
        assert_eq!(fields("type=bind,from=a"), Some("type=bind|from=a".into()));
        assert_eq!(fields("\"a,b\",c"), Some("a,b|c".into()));
        assert_eq!(fields("\"a\"\"b\""), Some("a\"b".into()));
        assert_eq!(fields("a\"b"), None);
        assert_eq!(fields("\"a"), None);
        assert_eq!(fields(""), Some(String::new()));
    }

    #[test]
    fn times_are_read_as_go_does() {
        for (text, seconds) in [
            ("1h2m3.5s", Some(3723.5)),
            ("0", Some(0.0)),
            ("100ms", Some(0.1)),
            ("-1s", Some(-1.0)),
            ("0s", Some(0.0)),
            ("5", None),
            ("", None),
            ("1x", None),
            ("s", None),
        ] {
            assert_eq!(duration(text), seconds, "{text}");
        }
    }
}
