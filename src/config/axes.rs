//! `[axis]`: names, values, versions and platforms.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::known_axes::ARCH;
use crate::config::raw::RawMatrix;
use crate::config::unions::RawValue;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, Place, code};
use crate::grammar::Platform;
use crate::grammar::Spanned;
use crate::grammar::Version;
use crate::matrix::{Attribute, Axis, Value, reserved_axis_name, valid_axis_name, value_fault};
use crate::source::SourceFile;

impl Builder<'_> {
    pub(super) fn axes(&mut self, raw: &RawMatrix) -> Vec<Axis> {
        let mut axes = Vec::new();
        for (name, values) in &raw.axis {
            if !valid_axis_name(name) || reserved_axis_name(name) {
                let reserved = reserved_axis_name(name);
                let label = if reserved {
                    "this word means something else in selectors and templates"
                } else {
                    "an axis is called `[a-z][a-z0-9_-]*`"
                };
                let place = self.place(name.span.clone(), label);
                let finding = Finding::new(
                    &code::INVALID_NAME,
                    format!("`{}` cannot name an axis", name.value.escape_debug()),
                    place,
                );
                let word = name.value.to_lowercase().replace([' ', '.'], "-");
                self.sink.push(if reserved {
                    finding.help("give the axis another name")
                } else if valid_axis_name(&word) {
                    finding.help(format!("write `{word}`"))
                } else {
                    finding
                });
            }
            let word = name.value.replace('-', "_");
            if let Some(other) = axes.iter().find(|a: &&Axis| *a.word == *word) {
                let finding = Finding::new(
                    &code::INVALID_NAME,
                    format!(
                        "axes `{}` and `{}` are one name in templates",
                        other.name, name.value
                    ),
                    self.place(
                        name.span.clone(),
                        format!("`{word}` there, since `-` would subtract"),
                    ),
                )
                .related(self.place(other.span.clone(), "and this too"))
                .help("rename one of them");
                self.sink.push(finding);
            }
            if values.is_empty() {
                let place = self.place(values.span.clone(), "no values");
                self.sink.push(
                    Finding::new(
                        &code::EMPTY_AXIS,
                        format!("axis `{}` has no values", name.value),
                        place,
                    )
                    .help("give it a value, or remove the axis"),
                );
            }
            let mut parsed: Vec<Value> = Vec::with_capacity(values.len());
            let mut known: HashMap<Arc<str>, usize> = HashMap::with_capacity(values.len());
            for item in &values.value {
                let value = self.axis_value(name, item);
                if let Some(first) = known.get(&value.text).map(|at| &parsed[*at]) {
                    let finding = Finding::new(
                        &code::DUPLICATE_VALUE,
                        format!("axis `{}` lists `{}` twice", name.value, value.text),
                        self.place(value.span.clone(), "again here"),
                    )
                    .related(self.place(first.span.clone(), "first here"))
                    .help("delete one of them");
                    self.sink.push(finding);
                    continue;
                }
                if let Some(first) = value.platform.as_ref().and_then(|own| {
                    parsed
                        .iter()
                        .find(|other| other.platform.as_ref() == Some(own))
                }) {
                    let platform = value.platform.as_deref().unwrap_or_default();
                    let finding = Finding::new(
                        &code::DUPLICATE_VALUE,
                        format!("two values of axis `{}` are `{platform}`", name.value),
                        self.place(value.span.clone(), "again here"),
                    )
                    .related(self.place(first.span.clone(), "first here"))
                    .help(
                        "delete one of them: what a rule says of one would not hold for the other",
                    );
                    self.sink.push(finding);
                    continue;
                }
                known.insert(value.text.clone(), parsed.len());
                parsed.push(value);
            }
            axes.push(Axis {
                name: name.value.as_str().into(),
                word: name.value.replace('-', "_").into(),
                values: parsed,
                span: name.span.clone(),
            });
        }
        axes
    }

    fn axis_value(&mut self, axis: &Spanned<String>, item: &Spanned<RawValue>) -> Value {
        let empty = IndexMap::new();
        let (text, text_span, table) = match &item.value {
            RawValue::Text(text) => (text.as_str(), item.span.clone(), &empty),
            RawValue::Table(table) => match table.get("value") {
                Some(value) => (value.value.as_str(), value.span.clone(), table),
                None => {
                    let place = self.place(item.span.clone(), "`value` is missing here");
                    self.sink.push(
                        Finding::new(
                            &code::MISSING_KEY,
                            format!("a value of axis `{}` has no `value`", axis.value),
                            place,
                        )
                        .help("write `{ value = \"…\", … }`"),
                    );
                    ("?", item.span.clone(), &empty)
                }
            },
        };
        if let Some(fault) = value_fault(text) {
            let place = self.place(text_span.clone(), fault);
            let what = if text.is_empty() {
                "an empty text".to_owned()
            } else {
                format!("`{}`", text.escape_debug())
            };
            let finding = Finding::new(
                &code::INVALID_VALUE,
                format!("{what} cannot be a value of axis `{}`", axis.value),
                place,
            );
            let pieces: Vec<&str> = text.split(',').map(str::trim).collect();
            let fits = pieces.iter().all(|p| value_fault(p).is_none());
            self.sink.push(if text.is_empty() {
                finding.help("delete it, or write `none` for \"without\"")
            } else if fits {
                let quoted: Vec<String> = pieces.iter().map(|p| format!("\"{p}\"")).collect();
                finding.help(format!("write `{}`", quoted.join(", ")))
            } else if text.chars().any(char::is_control) {
                finding.help("delete the control character")
            } else {
                finding.help("write the values out; ranges and globs belong into selectors")
            });
        }
        let is_arch = axis.value == ARCH;
        let mut attributes = IndexMap::new();
        let mut version_text = None;
        let mut platform = None;
        for (key, value) in table {
            match key.value.as_str() {
                "value" => {}
                "version" if text == "none" => {
                    let place = self.place(key.span.clone(), "ranges never match `none`");
                    self.sink.push(Finding::new(
                        &code::INVALID_VERSION,
                        format!("`none` of axis `{}` compares as no version", axis.value),
                        place,
                    ));
                }
                "version" => {
                    if Version::parse(value).is_none() {
                        let place = self.place(
                            value.span.clone(),
                            "digits and dots with an optional pre-release",
                        );
                        self.sink.push(Finding::new(
                            &code::INVALID_VERSION,
                            format!(
                                "`{}` is not a version an axis value can compare as",
                                value.value
                            ),
                            place,
                        ));
                    }
                    version_text = Some(value.value.as_str());
                }
                "platform" if is_arch => {
                    platform = Platform::parse(value);
                    if platform.is_none() {
                        self.platform_fault(value);
                    }
                }
                "platform" => {
                    let place =
                        self.place(key.span.clone(), "only values of `arch` have a platform");
                    self.sink.push(
                        Finding::new(
                            &code::UNKNOWN_KEY,
                            format!("a value of axis `{}` has no `platform`", axis.value),
                            place,
                        )
                        .help("delete it, or give the attribute another name"),
                    );
                }
                "major" | "minor" | "patch" | "compact" => {
                    let place = self.place(key.span.clone(), "taken from the version");
                    self.sink.push(
                        Finding::new(
                            &code::INVALID_NAME,
                            format!(
                                "`{}` cannot be an attribute, every version has it already",
                                key.value
                            ),
                            place,
                        )
                        .help("delete it, or give the attribute another name"),
                    );
                }
                name => {
                    if !valid_axis_name(name) || name.contains('-') {
                        let place = self
                            .place(key.span.clone(), "an attribute is called `[a-z][a-z0-9_]*`");
                        let finding = Finding::new(
                            &code::INVALID_NAME,
                            format!("`{}` cannot be read in a template", name.escape_debug()),
                            place,
                        );
                        let word = name.to_lowercase().replace(['-', ' ', '.'], "_");
                        self.sink.push(if valid_axis_name(&word) {
                            finding.help(format!("write `{word}`"))
                        } else {
                            finding
                        });
                    }
                    attributes.insert(name.into(), Attribute::new(value.value.as_str()));
                }
            }
        }
        if is_arch && platform.is_none() && !table.contains_key("platform") {
            platform = Platform::parse(&format!("linux/{text}")).filter(Platform::is_known);
            if platform.is_none() && value_fault(text).is_none() {
                let stated = format!("linux/{}", text.to_lowercase());
                let renamed = Platform::renamed(&stated);
                let meant = renamed.clone().or_else(|| {
                    Platform::parse(&stated)
                        .filter(Platform::is_known)
                        .map(|p| p.to_string())
                });
                let label = match &renamed {
                    Some(name) => format!("OCI calls it `{name}`"),
                    None => "no architecture is called so".to_owned(),
                };
                let finding = Finding::new(
                    &code::INVALID_PLATFORM,
                    format!("`linux/{text}` is not a platform"),
                    self.place(text_span.clone(), label),
                );
                self.sink.push(match &meant {
                    Some(meant) => finding.help(format!(
                        "write `{}`, or keep the name: `{{ value = \"{text}\", platform = \"{meant}\" }}`",
                        meant.trim_start_matches("linux/")
                    )),
                    None => finding.help(format!(
                        "state it: `{{ value = \"{text}\", platform = \"linux/…\" }}`"
                    )),
                });
            }
        }
        let written = version_text.unwrap_or(text);
        let version = Version::parse(written);
        Value {
            text: text.into(),
            version_text: version.as_ref().map(|_| written.into()),
            version,
            attributes,
            platform,
            span: text_span,
        }
    }

    pub(super) fn platform_fault(&mut self, value: &Spanned<String>) {
        self.sink.push(platform_finding(self.file, value));
    }
}

/// The finding for a text that is no platform.
pub(super) fn platform_finding(file: &Arc<SourceFile>, value: &Spanned<String>) -> Finding {
    let renamed = Platform::renamed(value);
    let label = match &renamed {
        Some(name) => format!("OCI calls it `{name}`"),
        None => "written as `linux/arm64` or `linux/arm/v7`".to_owned(),
    };
    let finding = Finding::new(
        &code::INVALID_PLATFORM,
        format!("`{}` is not a platform", value.value),
        Place::span(file, value.span.clone(), label),
    );
    let word = value.to_lowercase();
    let meant = renamed.or_else(|| {
        let meant = [word.clone(), format!("linux/{word}")];
        meant.into_iter().find(|m| Platform::parse(m).is_some())
    });
    match meant {
        Some(meant) => finding.help(format!("write `{meant}`")),
        None => finding,
    }
}
