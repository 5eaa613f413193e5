//! `[release]`: the version, how a tag names it, and the places that must state it.

use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;

use crate::config::model::{Affixes, Config, Pin, Relation, Release, Unreleased};
use crate::config::places::By;
use crate::config::raw::{RawPin, RawRelation, RawRelease, RawScheme};
use crate::config::selectors::SelectorNames;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, Place, code};
use crate::grammar::Spanned;
use crate::grammar::release::{ReleaseVersion, Scheme};
use crate::render::{Field, Fields, Scope, TableObject};
use crate::source::{SourceFile, lock_path};

impl From<RawScheme> for Scheme {
    fn from(raw: RawScheme) -> Self {
        match raw {
            RawScheme::Semver => Scheme::Semver,
            RawScheme::Pep440 => Scheme::Pep440,
            RawScheme::Calver => Scheme::Calver,
        }
    }
}

impl Affixes {
    /// What stands around `version` in a text; `None` when it is not there, or more than once.
    fn around(text: &str, version: &str) -> Option<Self> {
        let (prefix, suffix) = text.split_once(version)?;
        (!suffix.contains(version)).then(|| Affixes {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        })
    }

    /// What stands between them in a text.
    pub fn strip<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.strip_prefix(self.prefix.as_str())?
            .strip_suffix(self.suffix.as_str())
    }
}

/// What templates see of a version: numbers as far as it has them, and what of them is written, with its padding.
fn names_of(version: &ReleaseVersion) -> Vec<(&'static str, Value)> {
    let numbers = version.numbers();
    let parts = version.parts();
    let series = parts[..parts.len().min(2)].join(".");
    let mut names = vec![("version", Value::from(version.as_str()))];
    names.extend(
        ["major", "minor", "patch"]
            .into_iter()
            .zip(numbers.into_iter().map(Value::from)),
    );
    names.push(("series", Value::from(series)));
    names.push(("parts", Value::from_iter(parts)));
    names
}

/// What templates see of a release of that version, which its tag names so.
fn object_of(version: &ReleaseVersion, tag: &str, fields: &Fields) -> Value {
    let mut names = vec![("tag", Value::from(tag))];
    names.extend(names_of(version));
    names.push(("pre", Value::from(version.is_pre_release())));
    let names = names.into_iter().map(|(name, value)| (name.into(), value));
    Value::from_object(TableObject::new("release", names, fields.watch()))
}

fn scope_of(names: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let names = names.into_iter().map(|(name, value)| (name.into(), value));
    Value::from_object(Scope(names.collect()))
}

impl Config {
    /// How a tag would name a release of that version; `None` where the template prints what the version has not.
    pub fn tag_at(&self, release: &Release, version: &ReleaseVersion) -> Option<String> {
        let scope = scope_of(names_of(version));
        let tag = self.fields.render(&release.tag_field, &scope).ok()?;
        Some(tag_word(&tag))
    }

    /// What templates would see of the release at that version; `None` as for [`Config::tag_at`].
    pub fn object_at(&self, release: &Release, version: &ReleaseVersion) -> Option<Value> {
        let tag = self.tag_at(release, version)?;
        Some(object_of(version, &tag, &self.fields))
    }

    /// What a place would state of a release of that version; `None` as for [`Config::tag_at`].
    pub fn states_at(
        &self,
        release: &Release,
        pin: &Pin,
        version: &ReleaseVersion,
    ) -> Option<String> {
        let mut names = names_of(version);
        names.push(("tag", Value::from(self.tag_at(release, version)?)));
        let states = self
            .fields
            .render(&pin.states_field, &scope_of(names))
            .ok()?;
        Some(states.into_owned())
    }
}

/// A release that is read so far: its places come last, since they name axes.
pub(super) struct Stated {
    version: ReleaseVersion,
    tag: String,
    tag_field: Field,
    /// The names that a statement of it sees.
    names: Vec<(Arc<str>, Value)>,
    /// What templates see of it.
    pub(super) object: Value,
    span: Range<usize>,
}

impl Builder<'_> {
    pub(super) fn release(&mut self, raw: &Spanned<RawRelease>) -> Option<Stated> {
        let Spanned {
            value: text,
            span: at,
        } = self.version(raw)?;
        let scheme = Scheme::from(raw.scheme);
        let reads = |scheme, text: &str| ReleaseVersion::parse(scheme, text).is_ok();
        let version = match ReleaseVersion::parse(scheme, &text) {
            Ok(version) => version,
            Err(fault) => {
                let mut finding = Finding::new(
                    &code::INVALID_VERSION,
                    format!("`{text}` is not a {} version", scheme.as_str()),
                    self.place(at.clone(), fault),
                );
                let bare = text.trim_start_matches(['v', 'V']);
                if bare != text && reads(scheme, bare) {
                    finding = finding.help(format!(
                        "write `version = \"{bare}\"`; the `v` belongs into `tag = \"v{{{{ version }}}}\"`"
                    ));
                } else if scheme == Scheme::Semver && reads(scheme, &format!("{text}.0")) {
                    finding = finding.help(format!(
                        "write `{text}.0`; if the library follows Python's scheme, add `scheme = \"pep440\"`"
                    ));
                } else if scheme == Scheme::Semver && reads(Scheme::Pep440, &text) {
                    finding = finding
                        .help("if the library follows Python's scheme, add `scheme = \"pep440\"`");
                }
                self.sink.push(finding);
                return None;
            }
        };
        let seen = names_of(&version);
        let mut names: Vec<(Arc<str>, Value)> = seen
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect();
        let template = raw.tag.clone().unwrap_or_else(|| Spanned {
            value: "v{{ version }}".to_owned(),
            span: at.clone(),
        });
        let known = ["version", "major", "minor", "patch", "series", "parts"];
        let field = self.field(&template, &|_| false)?;
        let before = self.sink.len();
        self.check_names(&field, &known, "`[release] tag`");
        if self.sink.len() > before {
            return None;
        }
        let rendered = self
            .fields
            .render(&field, &Value::from_object(Scope(names.clone())));
        let tag = match rendered {
            Ok(tag) => tag_word(&tag),
            Err(fault) => {
                let finding = self.field_fault(&field, fault);
                self.sink.push(finding);
                return None;
            }
        };
        let object = object_of(&version, &tag, &self.fields);
        names.push(("tag".into(), Value::from(tag.clone())));
        Some(Stated {
            version,
            tag,
            tag_field: field,
            names,
            object,
            span: at.clone(),
        })
    }

    /// The release with its places.
    pub(super) fn places(
        &mut self,
        stated: Stated,
        raw: &RawRelease,
        names: &SelectorNames<'_>,
        objects: &[Vec<Value>],
    ) -> Release {
        let pins = raw
            .pin
            .iter()
            .filter_map(|p| self.pin(p, &stated))
            .collect();
        let Unreleased { offers, mentions } = self.unreleased(raw, names, objects);
        Release {
            version: stated.version.as_str().to_owned(),
            tag: stated.tag,
            tag_field: stated.tag_field,
            read: stated.version,
            pins,
            offers,
            mentions,
            object: stated.object,
            span: stated.span,
        }
    }

    /// The version of the release; what needs one is told where there is none.
    fn version(&mut self, raw: &Spanned<RawRelease>) -> Option<Spanned<String>> {
        if raw.version.is_none() {
            let finding = Finding::new(
                &code::MISSING_KEY,
                "`version` is missing",
                self.place(raw.span.clone(), "in this table"),
            );
            let help = "state the release, as in `version = \"0.1.0\"`; without one only `[[release.offer]]` and `[[release.mention]]` can stand here";
            self.sink.push(finding.help(help));
        }
        raw.version.clone()
    }

    /// What follows the images, whatever is released.
    pub(super) fn unreleased(
        &mut self,
        raw: &RawRelease,
        names: &SelectorNames<'_>,
        objects: &[Vec<Value>],
    ) -> Unreleased {
        let offers = raw.offer.iter();
        let offers = offers.filter_map(|o| self.offer(o, names, objects));
        Unreleased {
            offers: offers.collect(),
            mentions: raw
                .mention
                .iter()
                .filter_map(|m| self.mention(m, names))
                .collect(),
        }
    }

    fn pin(&mut self, raw: &Spanned<RawPin>, stated: &Stated) -> Option<Pin> {
        let by = By {
            constant: &raw.constant,
            key: &raw.key,
            search: &raw.search,
            count: &raw.count,
        };
        let locator = self.locator(&by, raw.span.clone(), "a pin");
        self.inside(&raw.file);
        let matrix = &*self.file.path;
        if raw.file.value == matrix || raw.file.value == lock_path(matrix) {
            self.sink.push(pinned_output(self.file, &raw.file));
            return None;
        }
        let relation = match raw.relation {
            RawRelation::Exact => Relation::Exact,
            RawRelation::SameRelease => Relation::SameRelease,
            RawRelation::NotOlder => Relation::NotOlder,
            RawRelation::SameOrLater => Relation::SameOrLater,
        };
        let template = raw.states.clone().unwrap_or_else(|| Spanned {
            value: "{{ tag }}".to_owned(),
            span: raw.span.clone(),
        });
        let field = self.field(&template, &|_| false)?;
        let before = self.sink.len();
        let known: Vec<&str> = stated.names.iter().map(|(name, _)| &**name).collect();
        self.check_names(&field, &known, "`states`");
        if self.sink.len() > before {
            return None;
        }
        let scope = Value::from_object(Scope(stated.names.clone()));
        let states = match self.fields.render(&field, &scope) {
            Ok(text) => text.into_owned(),
            Err(fault) => {
                let finding = self.field_fault(&field, fault);
                self.sink.push(finding);
                return None;
            }
        };
        let version = stated.version.as_str();
        let affixes = Affixes::around(&states, version)
            .or_else(|| Affixes::around(&states, &tag_word(version)));
        if affixes.is_none() && relation != Relation::Exact {
            let label = format!("prints `{states}`, in which `{version}` does not stand once");
            let finding = Finding::new(
                &code::INVALID_PLACE,
                "versions are compared, and `states` does not print the version whole",
                self.place(template.span.clone(), label),
            );
            let finding =
                finding.help("print `{{ version }}` or `{{ tag }}`, or leave out `relation`");
            self.sink.push(finding);
            return None;
        }
        Some(Pin {
            file: raw.file.clone(),
            locator: locator?,
            states,
            states_field: field,
            affixes,
            relation,
        })
    }
}

/// A version as a tag can hold it: PEP 440 local versions and semver builds have a `+`, which no tag can.
fn tag_word(version: &str) -> String {
    version.replace('+', "-")
}

impl RawRelease {
    /// Whether it states a release, or should: without one it may hold offers and mentions, and nothing else.
    pub(super) fn is_stated(&self) -> bool {
        let places = !self.offer.is_empty() || !self.mention.is_empty();
        self.version.is_some() || self.tag.is_some() || !self.pin.is_empty() || !places
    }
}

/// The finding for a pin in a file that gen writes.
pub fn pinned_output(matrix: &Arc<SourceFile>, path: &Spanned<String>) -> Finding {
    Finding::new(
        &code::INVALID_PLACE,
        format!(
            "`{}` is written by gen, and follows the release by itself",
            path.value
        ),
        Place::span(matrix, path.span.clone(), "nothing to pin"),
    )
    .help("delete the pin")
}
