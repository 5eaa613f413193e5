//! The part of the template language the oracle's matrices use:
//! `{{ x }}`, `{{ x if axis }}` and `{{ x if axis else y }}`, where `x` and `y` are literals or paths.

use crate::oracle::model::{Cell, Contradiction, Fault, Value, contradiction};
use crate::oracle::read::Release;
use crate::oracle::version::Version;

pub(super) struct Scope<'a> {
    pub cell: &'a Cell,
    pub release: Option<&'a Release>,
    pub image: &'a str,
    /// The rendered base, where the field may see it.
    pub from: Option<&'a str>,
}

pub(super) fn render(template: &str, scope: &Scope) -> Result<String, Fault> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, next)) = after.split_once("}}") else {
            return fault(template, "an expression without end");
        };
        out.push_str(before);
        out.push_str(&expression(&words(inside), scope)?);
        rest = next;
    }
    out.push_str(rest);
    Ok(out)
}

/// Does the template mention this name outside its literals?
pub(super) fn mentions(template: &str, name: &str) -> bool {
    let insides = template
        .split("{{")
        .skip(1)
        .filter_map(|piece| piece.split_once("}}"));
    insides
        .flat_map(|(inside, _)| words(inside))
        .any(|word| word.split('.').next() == Some(name))
}

/// Splits at spaces; a quoted literal stays one word and keeps its quotes.
fn words(inside: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in inside.chars() {
        match quote {
            Some(open) => {
                word.push(c);
                if c == open {
                    quote = None;
                }
            }
            None if c.is_whitespace() => {
                words.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()));
            }
            None => {
                if c == '\'' || c == '"' {
                    quote = Some(c);
                }
                word.push(c);
            }
        }
    }
    words.extend(Some(word).filter(|w| !w.is_empty()));
    words
}

fn expression(words: &[String], scope: &Scope) -> Result<String, Fault> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [then] => operand(then, scope),
        [then, "if", condition] if truth(condition, scope)? => operand(then, scope),
        [_, "if", _] => Ok(String::new()),
        [then, "if", condition, "else", otherwise] => operand(
            if truth(condition, scope)? {
                then
            } else {
                otherwise
            },
            scope,
        ),
        _ => fault(&words.join(" "), "outside the oracle's subset"),
    }
}

fn truth(name: &str, scope: &Scope) -> Result<bool, Fault> {
    match axis(scope, name) {
        Some(value) => Ok(!value.is_none()),
        None => fault(name, "no such axis here"),
    }
}

/// The axis of that name, in which `_` stands for the `-` that would subtract.
fn axis<'a>(scope: &Scope<'a>, word: &str) -> Option<&'a Value> {
    let found = scope
        .cell
        .iter()
        .find(|(name, _)| name.replace('-', "_") == word);
    found.map(|(_, value)| value)
}

fn operand(word: &str, scope: &Scope) -> Result<String, Fault> {
    for quote in ['\'', '"'] {
        if let Some(literal) = word.strip_prefix(quote).and_then(|w| w.strip_suffix(quote)) {
            return Ok(literal.into());
        }
    }
    let (head, attribute) = match word.split_once('.') {
        Some((head, attribute)) => (head, Some(attribute)),
        None => (word, None),
    };
    match (head, attribute, scope.release, scope.from) {
        ("release", Some("tag"), Some(release), _) => return Ok(release.tag.clone()),
        ("release", Some("version"), Some(release), _) => return Ok(release.version.clone()),
        ("image", None, ..) => return Ok(scope.image.into()),
        ("from", None, _, Some(from)) => return Ok(from.into()),
        _ => {}
    }
    let Some(value) = axis(scope, head) else {
        return fault(word, "undefined");
    };
    if value.is_none() {
        return fault(word, "prints `none`");
    }
    let Some(attribute) = attribute else {
        return Ok(value.text.clone());
    };
    if let Some(own) = value.attribute(attribute) {
        return Ok(own.into());
    }
    // An attribute that looks like a version has the parts of one.
    if let Some((name, part)) = attribute.split_once('.')
        && let Some(own) = value.attribute(name)
    {
        return match Version::parse(own) {
            Some(version) => part_of(word, own, &version, part),
            None => fault(word, "an attribute that is no version has no parts"),
        };
    }
    if (head, attribute) == ("arch", "platform") {
        return Ok(format!("linux/{}", value.text));
    }
    let Some(version) = value.version() else {
        return fault(word, "not a version, and no such attribute");
    };
    part_of(word, value.version_text(), &version, attribute)
}

/// A part of a version: only what is written, as a patch that nobody stated is no 0 in the name of an upstream image.
fn part_of(word: &str, text: &str, version: &Version, part: &str) -> Result<String, Fault> {
    match said(text, version, part) {
        Some(said) => Ok(said),
        None => fault(word, "no such attribute, or the version does not state it"),
    }
}

/// What a version says by the name of one of its parts.
pub(super) fn said(text: &str, version: &Version, part: &str) -> Option<String> {
    let number = |index: usize| version.numbers.get(index).map(u64::to_string);
    match part {
        "version" => Some(text.into()),
        "major" => number(0),
        "minor" => number(1),
        "patch" => number(2),
        "compact" => Some(compact(text)),
        _ => None,
    }
}

/// The first two components as written, without the dot: `128`, `310`, `2204`.
fn compact(version: &str) -> String {
    let mut parts = version.split('.').map(|part| {
        part.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
    });
    let major = parts.next().unwrap_or_default();
    major + &parts.next().unwrap_or_default()
}

fn fault<T>(at: &str, why: &str) -> Result<T, Fault> {
    contradiction(Contradiction::Template, format!("`{at}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::model::Value;

    fn shown(template: &str) -> Result<String, Fault> {
        let value = |text: &str, attributes: &[(&str, &str)]| Value {
            text: text.into(),
            attributes: attributes
                .iter()
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .collect(),
        };
        let cell = vec![
            (
                "cuda".to_string(),
                value("12.8.1", &[("os", "ubuntu22.04")]),
            ),
            ("rocm".to_string(), value("none", &[])),
            (
                "distro".to_string(),
                value("jammy", &[("version", "22.04")]),
            ),
        ];
        let release = Release {
            version: "0.12.0".into(),
            tag: "v0.12.0".into(),
            is_final: true,
        };
        render(
            template,
            &Scope {
                cell: &cell,
                release: Some(&release),
                image: "base",
                from: None,
            },
        )
    }

    #[test]
    fn by_hand() {
        for (template, expected) in [
            ("plain", "plain"),
            ("{{ cuda }}-base-{{ cuda.os }}", "12.8.1-base-ubuntu22.04"),
            (
                "{{ cuda.major }}.{{ cuda.minor }}.{{cuda.patch}} {{ cuda.compact }}",
                "12.8.1 128",
            ),
            (
                "{{ distro }} {{ distro.version }} {{ distro.minor }} {{ distro.compact }}",
                "jammy 22.04 4 2204",
            ),
            ("x{{ '-gpu' if cuda }}{{ '-amd' if rocm }}", "x-gpu"),
            (
                "{{ 'gpu' if cuda else 'cpu' }} {{ rocm if rocm else 'no rocm' }}",
                "gpu no rocm",
            ),
            (
                "{{ image }}:{{ release.tag }}/{{ release.version }}",
                "base:v0.12.0/0.12.0",
            ),
        ] {
            assert_eq!(shown(template).as_deref(), Ok(expected), "{template}");
        }
        for template in [
            "{{ rocm }}",
            "{{ rocm.major }}",
            "{{ distro.codename }}",
            "{{ x }}",
            "{{ 'a' if x }}",
            "{{ from }}",
        ] {
            assert!(
                matches!(
                    shown(template),
                    Err(Fault::Contradiction(Contradiction::Template, _))
                ),
                "{template}"
            );
        }
    }

    #[test]
    fn mentions_are_names() {
        assert!(mentions("a-{{ arch }}", "arch") && mentions("{{ 'x' if arch }}", "arch"));
        assert!(mentions("{{ release.tag }}", "release"));
        assert!(!mentions("arch-{{ 'arch' if cuda }}", "arch"));
    }
}
