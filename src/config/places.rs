//! Places in files of the library: where a pin or an offer is found, and which texts mention images.

use std::ops::Range;
use std::sync::Arc;

use globset::{GlobBuilder, GlobSetBuilder};
use minijinja::Value;

use crate::config::model::{Affixes, Counts, Locator, Mention, MentionPlace, Offer, Offered};
use crate::config::raw::{RawMention, RawOffer};
use crate::config::selectors::SelectorNames;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code, suggest};
use crate::grammar::Spanned;
use crate::locate::Search;
use crate::matrix::AxisId;
use crate::render::Scope;

/// The keys that say where in a file something is stated.
pub(super) struct By<'a> {
    pub constant: &'a Option<Spanned<String>>,
    pub key: &'a Option<Spanned<String>>,
    pub search: &'a Option<Spanned<String>>,
    pub count: &'a Option<Spanned<u64>>,
}

impl Builder<'_> {
    /// The one way in which a place is found.
    pub(super) fn locator(
        &mut self,
        by: &By<'_>,
        span: Range<usize>,
        what: &str,
    ) -> Option<Locator> {
        if let (Some(count), None) = (by.count, by.search) {
            let finding = Finding::new(
                &code::INVALID_PLACE,
                "`count` says how often `search` matches, and there is none",
                self.place(count.span.clone(), "counts nothing"),
            );
            self.sink.push(finding.help("delete it"));
        }
        let stated = [by.constant, by.key, by.search];
        let mut stated = stated.into_iter().flatten();
        match (stated.next(), stated.next()) {
            (None, _) => {
                let finding = Finding::new(
                    &code::INVALID_PLACE,
                    format!("{what} does not say where in its file"),
                    self.place(span, "no place"),
                );
                let finding =
                    finding.help("add `constant = \"NAME\"`, or `key = \"path.of.keys\"`");
                self.sink.push(finding);
                None
            }
            (Some(first), Some(second)) => {
                let finding = Finding::new(
                    &code::INVALID_PLACE,
                    format!("{what} says in two ways where in its file"),
                    self.place(second.span.clone(), "another way"),
                );
                let finding = finding
                    .related(self.place(first.span.clone(), "one way"))
                    .help("keep one; use two tables for two places");
                self.sink.push(finding);
                None
            }
            (Some(one), None) => match by {
                By {
                    constant: Some(_), ..
                } => Some(Locator::Constant(one.clone())),
                By { key: Some(_), .. } => Some(Locator::Key(one.clone())),
                By { count, .. } => self.search(one, count),
            },
        }
    }

    fn search(
        &mut self,
        pattern: &Spanned<String>,
        count: &Option<Spanned<u64>>,
    ) -> Option<Locator> {
        let times = match count {
            None => 1,
            Some(count) if count.value == 0 => {
                let finding = Finding::new(
                    &code::INVALID_PLACE,
                    "a pin that matches nowhere states nothing",
                    self.place(count.span.clone(), "must be 1 or more"),
                );
                self.sink
                    .push(finding.help("delete the pin, or say how often it matches"));
                1
            }
            Some(count) => usize::try_from(count.value).unwrap_or(usize::MAX),
        };
        match Search::parse(&pattern.value) {
            Ok(search) => {
                let span = pattern.span.clone();
                Some(Locator::Search(
                    Spanned {
                        value: search,
                        span,
                    },
                    times,
                ))
            }
            Err(fault) => {
                let finding = Finding::new(
                    &code::INVALID_PLACE,
                    format!("`search` cannot be used: {fault}"),
                    self.place(pattern.span.clone(), "a regular expression with one group"),
                );
                let help = "put the version alone in parentheses, as in `search = 'base:(\\S+)'`";
                self.sink.push(finding.help(help));
                None
            }
        }
    }

    /// A path of a file of the library stays below the root.
    pub(super) fn inside(&mut self, path: &Spanned<String>) {
        if crate::source::plain(&path.value) {
            return;
        }
        let finding = Finding::new(
            &code::UNSAFE_VALUE,
            format!(
                "`{}` is no path below the repository root",
                path.escape_debug()
            ),
            self.place(path.span.clone(), "must be relative, without `..`"),
        );
        self.sink
            .push(finding.help("write the path of one file from the root"));
    }

    pub(super) fn offer(
        &mut self,
        raw: &Spanned<RawOffer>,
        names: &SelectorNames<'_>,
        objects: &[Vec<Value>],
    ) -> Option<Offer> {
        let by = By {
            constant: &raw.constant,
            key: &raw.key,
            search: &raw.search,
            count: &None,
        };
        let locator = self.locator(&by, raw.span.clone(), "an offer");
        self.inside(&raw.file);
        let selector = match &raw.matches {
            Some(matches) => Some(self.selector(names, matches)?),
            None => None,
        };
        let (of, word, objects) = self.offered(&raw.axis, names, objects)?;
        let template = raw.states.clone().unwrap_or_else(|| Spanned {
            value: format!("{{{{ {word} }}}}"),
            span: raw.axis.span.clone(),
        });
        let field = self.field(&template, &|name| *name == *word)?;
        let before = self.sink.len();
        self.check_names(&field, &[&word], "an offer");
        if self.sink.len() > before {
            return None;
        }
        let counts = self.counts(raw, &template, &word)?;
        let mut words = Vec::with_capacity(objects.len());
        for object in objects {
            let Some(object) = object else {
                words.push(None);
                continue;
            };
            let scope = Value::from_object(Scope(vec![(word.clone(), object)]));
            match self.fields.render(&field, &scope) {
                Ok(word) => words.push(Some(word.into_owned())),
                Err(fault) => {
                    let finding = self.field_fault(&field, fault);
                    self.sink.push(finding);
                    return None;
                }
            }
        }
        Some(Offer {
            file: raw.file.clone(),
            locator: locator?,
            of,
            counts: counts.of(&words),
            words,
            selector,
            exactly: raw.exactly,
            span: raw.axis.span.clone(),
        })
    }

    /// Which items of a list count.
    fn counts(&mut self, raw: &RawOffer, template: &Spanned<String>, word: &str) -> Option<Counts> {
        if let Some(only) = &raw.only {
            let glob = GlobBuilder::new(&only.value).build();
            let fault = match glob {
                Ok(glob) if !only.is_empty() => return Some(Counts::Glob(glob.compile_matcher())),
                Ok(_) => "it is empty".to_owned(),
                Err(error) => error.kind().to_string(),
            };
            let finding = Finding::new(
                &code::INVALID_PLACE,
                format!("`{}` is no pattern: {fault}", only.escape_debug()),
                self.place(only.span.clone(), "which items count"),
            );
            let help = "write it as in `only = \"Programming Language :: Python :: 3.*\"`";
            self.sink.push(finding.help(help));
            return None;
        }
        // Classifiers of other things stand in the same list, always.
        let around = template.split_once("{{").zip(template.rsplit_once("}}"));
        Some(match around {
            Some(((prefix, inside), (_, suffix)))
                if prefix.contains(" :: ") && inside.trim_start().starts_with(word) =>
            {
                let affixes = Affixes {
                    prefix: prefix.to_owned(),
                    suffix: suffix.to_owned(),
                };
                Counts::Trove(affixes, Vec::new())
            }
            _ => Counts::All,
        })
    }

    /// What is offered, how templates call it, and each thing as they see it; `None` is none to offer.
    fn offered(
        &mut self,
        axis: &Spanned<String>,
        names: &SelectorNames<'_>,
        objects: &[Vec<Value>],
    ) -> Option<(Offered, Arc<str>, Vec<Option<Value>>)> {
        if axis.value == "image" {
            let keys = names.images.iter().map(|key| Some(Value::from(*key)));
            return Some((Offered::Images, "image".into(), keys.collect()));
        }
        let axes = names.axes;
        let Some(index) = axes.iter().position(|a| *a.name == *axis.value) else {
            let finding = Finding::new(
                &code::UNKNOWN_AXIS,
                format!("there is no axis `{}`", axis.value),
                self.place(axis.span.clone(), "unknown axis"),
            );
            let known = axes.iter().map(|a| &*a.name).chain(["image"]);
            self.sink
                .push(suggest(finding, &axis.value, known, "axis", ""));
            return None;
        };
        let values = axes[index].values.iter().zip(&objects[index]);
        let values = values.map(|(value, object)| (!value.is_none()).then(|| object.clone()));
        Some((
            Offered::Axis(AxisId(index)),
            axes[index].word.clone(),
            values.collect(),
        ))
    }

    pub(super) fn mention(
        &mut self,
        raw: &Spanned<RawMention>,
        names: &SelectorNames<'_>,
    ) -> Option<Mention> {
        let place = match &raw.file {
            Some(file) => Some(self.mention_place(raw, file, names)?),
            None => None,
        };
        let by = [&raw.constant, &raw.key, &raw.search, &raw.image];
        if let (None, Some(by)) = (&raw.file, by.into_iter().flatten().next()) {
            let finding = Finding::new(
                &code::INVALID_PLACE,
                "a mention says where in a file, and not which",
                self.place(by.span.clone(), "in which `file`?"),
            );
            self.sink
                .push(finding.help("add `file = \"…\"` in the place of `files`"));
            return None;
        }
        if place.is_none() && !raw.files.iter().any(|glob| !glob.starts_with('!')) {
            let finding = Finding::new(
                &code::MISSING_KEY,
                "a mention names no files",
                self.place(raw.span.clone(), "`files` takes in nothing"),
            );
            self.sink
                .push(finding.help("add a glob, as in `files = [\"docs/**/*.md\"]`"));
        }
        for glob in &raw.files {
            let bare = glob.strip_prefix('!').unwrap_or(glob);
            self.glob(bare, glob);
        }
        let mut ignore = GlobSetBuilder::new();
        for glob in &raw.ignore {
            if let Some(glob) = self.glob(&glob.value, glob) {
                ignore.add(glob);
            }
        }
        Some(Mention {
            files: raw.files.clone(),
            place,
            pre_releases: raw.pre_releases,
            ignore: ignore.build().ok()?,
            ignored: raw.ignore.clone(),
            span: raw.span.clone(),
        })
    }

    /// The one place of a mention that names no texts.
    fn mention_place(
        &mut self,
        raw: &Spanned<RawMention>,
        file: &Spanned<String>,
        names: &SelectorNames<'_>,
    ) -> Option<MentionPlace> {
        let by = By {
            constant: &raw.constant,
            key: &raw.key,
            search: &raw.search,
            count: &raw.count,
        };
        let locator = self.locator(&by, raw.span.clone(), "a mention");
        self.inside(file);
        if let Some(glob) = raw.files.first() {
            let finding = Finding::new(
                &code::INVALID_PLACE,
                "a mention is of `files`, or of a place in one `file`",
                self.place(glob.span.clone(), "these would be looked at as texts"),
            );
            let finding = finding.related(self.place(file.span.clone(), "this as a place"));
            self.sink.push(finding.help("use two tables for the two"));
            return None;
        }
        let mut image = None;
        if let Some(named) = &raw.image {
            image = names.image(&named.value);
            if image.is_none() {
                let finding = Finding::new(
                    &code::UNKNOWN_IMAGE,
                    format!("there is no image `{}`", named.value.escape_debug()),
                    self.place(named.span.clone(), "unknown image"),
                );
                let known = names.images.iter().copied();
                self.sink
                    .push(suggest(finding, &named.value, known, "image", ""));
                return None;
            }
        }
        Some(MentionPlace {
            file: file.clone(),
            locator: locator?,
            image,
        })
    }

    fn glob(&mut self, pattern: &str, at: &Spanned<String>) -> Option<globset::Glob> {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        let fault = match glob {
            Ok(glob) if !pattern.is_empty() && !pattern.starts_with('/') => return Some(glob),
            Ok(_) => "it is empty, or starts with `/`".to_owned(),
            Err(error) => error.kind().to_string(),
        };
        let finding = Finding::new(
            &code::INVALID_PLACE,
            format!("`{pattern}` is no glob: {fault}"),
            self.place(at.span.clone(), "from the repository root"),
        );
        self.sink
            .push(finding.help("write it as in `docs/**/*.md`"));
        None
    }
}

/// What a classifier is like: of each of its parts the number of numbers, such as 2 of `3.12`; `None` of a word.
fn shape(text: &str) -> Vec<Option<usize>> {
    let digits = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    let numbers = |part: &str| part.split('.').all(digits).then(|| part.split('.').count());
    text.split(" :: ").map(numbers).collect()
}

impl Counts {
    /// The same, for values that are written as `words`.
    fn of(self, words: &[Option<String>]) -> Self {
        let Counts::Trove(affixes, _) = self else {
            return self;
        };
        let values = words.iter().flatten();
        let shapes = values.filter_map(|w| affixes.strip(w).map(shape)).collect();
        Counts::Trove(affixes, shapes)
    }

    /// Whether an item could be a value, and so must be one.
    pub fn counts(&self, item: &str) -> bool {
        match self {
            Counts::All => true,
            Counts::Glob(glob) => glob.is_match(item),
            Counts::Trove(affixes, shapes) => affixes
                .strip(item)
                .is_some_and(|value| shapes.contains(&shape(value))),
        }
    }
}
