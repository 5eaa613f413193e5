//! `[release]`: the version and how a tag names it.

use std::str::FromStr;
use std::sync::Arc;

use minijinja::Value;

use crate::config::model::Release;
use crate::config::raw::{RawRelease, RawScheme};
use crate::config::spanned::Spanned;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code};
use crate::matrix::Version;
use crate::render::{ReleaseObject, Scope};

/// What a version says in its scheme.
struct Parts {
    numbers: Vec<u64>,
    pre_release: bool,
}

fn read(scheme: RawScheme, text: &str) -> Result<Parts, String> {
    if text.trim() != text {
        return Err("it starts or ends with a space".to_owned());
    }
    match scheme {
        RawScheme::Semver => {
            let v = semver::Version::parse(text).map_err(|e| e.to_string())?;
            Ok(Parts {
                numbers: vec![v.major, v.minor, v.patch],
                pre_release: !v.pre.is_empty(),
            })
        }
        RawScheme::Pep440 => {
            let v = pep440_rs::Version::from_str(text).map_err(|e| e.to_string())?;
            if v.epoch() != 0 {
                return Err("an epoch (`N!`) has no form that a tag could carry".to_owned());
            }
            Ok(Parts {
                numbers: v.release().to_vec(),
                pre_release: v.any_prerelease(),
            })
        }
        RawScheme::Calver => {
            let v = Version::parse(text).ok_or("it is not digits and dots")?;
            let numbers = (0..).map_while(|i| v.written_part(i)).collect();
            Ok(Parts {
                numbers,
                pre_release: v.is_pre_release(),
            })
        }
    }
}

impl Builder<'_> {
    pub(super) fn release(&mut self, raw: &Spanned<RawRelease>) -> Option<Release> {
        let text = raw.version.value.clone();
        let parts = match read(raw.scheme, &text) {
            Ok(parts) => parts,
            Err(fault) => {
                let scheme = match raw.scheme {
                    RawScheme::Semver => "semver",
                    RawScheme::Pep440 => "pep440",
                    RawScheme::Calver => "calver",
                };
                let mut finding = Finding::new(
                    &code::INVALID_VERSION,
                    format!("`{text}` is not a {scheme} version"),
                    self.place(raw.version.span.clone(), fault),
                );
                let bare = text.trim_start_matches(['v', 'V']);
                if bare != text && read(raw.scheme, bare).is_ok() {
                    finding = finding.help(format!(
                        "write `version = \"{bare}\"`; the `v` belongs into `tag = \"v{{{{ version }}}}\"`"
                    ));
                } else if scheme == "semver" && read(raw.scheme, &format!("{text}.0")).is_ok() {
                    finding = finding.help(format!(
                        "write `{text}.0`; if the library follows Python's scheme, add `scheme = \"pep440\"`"
                    ));
                } else if scheme == "semver" && read(RawScheme::Pep440, &text).is_ok() {
                    finding = finding
                        .help("if the library follows Python's scheme, add `scheme = \"pep440\"`");
                }
                self.sink.push(finding);
                return None;
            }
        };
        let part = |i: usize| parts.numbers.get(i).copied();
        let mut names: Vec<(Arc<str>, Value)> = vec![("version".into(), Value::from(text.clone()))];
        let mut attributes = vec![
            ("version", Value::from(text.clone())),
            ("pre", Value::from(parts.pre_release)),
        ];
        for (index, name) in ["major", "minor", "patch"].into_iter().enumerate() {
            if let Some(number) = part(index) {
                names.push((name.into(), Value::from(number)));
                attributes.push((name, Value::from(number)));
            }
        }
        let template = raw.tag.clone().unwrap_or_else(|| Spanned {
            value: "v{{ version }}".to_owned(),
            span: raw.version.span.clone(),
        });
        let known: Vec<&str> = vec!["version", "major", "minor", "patch"];
        let field = self.field(&template, &|_| false)?;
        let before = self.sink.len();
        self.check_names(&field, &known, "`[release] tag`");
        if self.sink.len() > before {
            return None;
        }
        let rendered = self
            .fields
            .render(&field, &Value::from_object(Scope(names)));
        let tag = match rendered {
            // PEP 440 local versions and semver builds hold `+`, which no tag can.
            Ok(tag) => tag.replace('+', "-"),
            Err(fault) => {
                let finding = self.field_fault(&field, fault);
                self.sink.push(finding);
                return None;
            }
        };
        attributes.push(("tag", Value::from(tag.clone())));
        Some(Release {
            version: text,
            tag,
            pre_release: parts.pre_release,
            object: Value::from_object(ReleaseObject(attributes)),
            span: raw.version.span.clone(),
        })
    }
}
