//! The keys that defaults, images and `when` rows share.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::model::{Keys, ParentRef, PipFile, PipFileKind, RegistryId, UserName};
use crate::config::raw::{RawEntry, RawItems, RawKeys, RawList};
use crate::config::taking::{List, Packages, Table, Take, Taking};
use crate::config::terms::unknown_value;
use crate::config::unions::{OneOrMany, RawParent, RawText};
use crate::config::validate::{Builder, Scope};
use crate::diagnostic::{Finding, and_list, code, suggest};
use crate::grammar::Platform;
use crate::grammar::Spanned;
use crate::matrix::{Axis, AxisId, ImageId};
use crate::render::Field;

/// What a templated field of an image may read.
pub(super) struct Sight<'a> {
    whose: &'a str,
    /// Whether it stands in `[defaults]`, and is laid under other images, too.
    pub(super) is_shared: bool,
    is_object: &'a dyn Fn(&str) -> bool,
    known: Vec<&'a str>,
    with_from: Vec<&'a str>,
}

impl Builder<'_> {
    pub(super) fn keys(
        &mut self,
        scope: &Scope<'_>,
        image: &Spanned<String>,
        axes: &[AxisId],
        raw: &RawKeys<'_>,
        whose: &str,
    ) -> Keys {
        let all = scope.names.axes;
        let is_object = |name: &str| Axis::is_object(all, name);
        let mut known: Vec<&str> = axes
            .iter()
            .map(|id| &*all[id.0].word)
            .chain(["image"])
            .collect();
        known.extend(scope.release.then_some("release"));
        let with_from: Vec<&str> = known.iter().copied().chain(["from", "needs"]).collect();
        let who = if whose.contains("[defaults") {
            format!("{whose}, laid under image `{}`,", image.value)
        } else {
            whose.to_owned()
        };
        let sight = Sight {
            whose: &who,
            is_shared: whose.contains("[defaults"),
            is_object: &is_object,
            known,
            with_from,
        };
        if let (Some(from), Some(parent)) = (raw.from, raw.parent) {
            let finding = Finding::new(
                &code::BASE_CONFLICT,
                format!("{whose} states both `from` and `parent`"),
                self.place(parent.span.clone(), "an image of this matrix"),
            )
            .related(self.place(from.span.clone(), "an upstream image"))
            .help("keep one of them");
            self.sink.push(finding);
        }
        let mut takes = Vec::new();
        Keys {
            name: self.plain(&sight, raw.name),
            tag: match (raw.tag, raw.tag_is_idle) {
                (Some(tag), true) => self.field(tag, sight.is_object),
                (tag, _) => self.plain(&sight, tag),
            },
            registry: raw
                .registry
                .as_ref()
                .map(|r| self.image_registries(scope, r)),
            from: self.plain(&sight, raw.from),
            parent: raw.parent.as_ref().and_then(|p| self.parent(scope, p)),
            needs: self.needs(scope, raw, &mut takes),
            dockerfile: self.plain(&sight, raw.dockerfile),
            target: self.plain(&sight, raw.target),
            context: self.plain(&sight, raw.context),
            context_files: self.replacing(
                &sight,
                raw.context_files,
                List::ContextFiles,
                &mut takes,
            ),
            args: self.named(&sight, &raw.args, Table::Args, &mut takes),
            env: self.named(&sight, &raw.env, Table::Env, &mut takes),
            source: self.plain(&sight, raw.source),
            labels: self.named(&sight, &raw.labels, Table::Labels, &mut takes),
            apt: self.packages(&sight, &raw.apt, Packages::Apt, &mut takes),
            pip: self.packages(&sight, &raw.pip, Packages::Pip, &mut takes),
            pip_files: self.pip_files(&sight, &raw.pip),
            python: raw.python.as_ref().map(|p| p.value),
            user: self.plain(&sight, raw.user),
            user_name: self.user_name(&sight, raw.user_name),
            arbitrary_user: raw.arbitrary_user.clone(),
            init: raw.init.clone(),
            entrypoint: raw.entrypoint.as_ref().map(|e| self.list(&sight, e)),
            cmd: raw.cmd.as_ref().map(|e| self.list(&sight, e)),
            ca: self.plain(&sight, raw.ca),
            proxy: raw.proxy.clone(),
            secrets: self.secrets(scope, raw.secrets, &mut takes),
            platforms: raw
                .platforms
                .as_ref()
                .map(|p| (self.platforms(scope, p), p.span.clone())),
            epoch: raw.epoch.as_ref().map(|e| e.value),
            template: raw.template.clone(),
            test: self.tests(scope, image, axes, &sight, raw.test, &mut takes),
            meta: self.named(&sight, &raw.meta, Table::Meta, &mut takes),
            publish: raw.publish.clone(),
            takes,
        }
    }

    pub(super) fn one(
        &mut self,
        sight: &Sight<'_>,
        text: &Spanned<String>,
        from: bool,
    ) -> Option<Field> {
        let field = self.field(text, sight.is_object)?;
        let known = if from { &sight.with_from } else { &sight.known };
        self.check_names(&field, known, sight.whose);
        Some(field)
    }

    pub(super) fn plain(
        &mut self,
        sight: &Sight<'_>,
        text: &Option<Spanned<String>>,
    ) -> Option<Field> {
        text.as_ref().and_then(|t| self.one(sight, t, false))
    }

    fn user_name(
        &mut self,
        sight: &Sight<'_>,
        name: &Option<Spanned<RawText>>,
    ) -> Option<UserName> {
        let name = name.as_ref()?;
        match &name.value {
            RawText::Taken => Some(UserName::Unnamed(name.span.clone())),
            RawText::Text(value) => {
                let text = Spanned {
                    value: value.clone(),
                    span: name.span.clone(),
                };
                self.one(sight, &text, false).map(UserName::Named)
            }
        }
    }

    pub(super) fn list(&mut self, sight: &Sight<'_>, list: &[Spanned<String>]) -> Vec<Field> {
        list.iter()
            .filter_map(|t| self.one(sight, t, false))
            .collect()
    }

    /// A list that replaces earlier ones; an empty one leaves nothing of them.
    fn replacing(
        &mut self,
        sight: &Sight<'_>,
        list: &RawList,
        which: List,
        takes: &mut Vec<Taking>,
    ) -> Vec<Field> {
        let Some(list) = list else {
            return Vec::new();
        };
        if list.is_empty() {
            takes.push((Take::All(which), list.span.clone()));
        }
        self.list(sight, list)
    }

    /// A list of packages; those after a `!` are taken away, by an empty list all.
    fn packages(
        &mut self,
        sight: &Sight<'_>,
        list: &RawItems<'_>,
        which: Packages,
        takes: &mut Vec<Taking>,
    ) -> Vec<Field> {
        if let (Some(span), true) = (list.span, list.is_empty()) {
            takes.push((Take::All(List::Packages(which)), span.clone()));
        }
        let mut fields = Vec::new();
        for (item, taken) in &list.items {
            if let Some(name) = item.strip_prefix('!') {
                takes.push((Take::Package(which, name.to_owned()), item.span.clone()));
            } else if *taken {
                fields.extend(self.field(item, sight.is_object));
            } else {
                fields.extend(self.one(sight, item, false));
            }
        }
        fields
    }

    /// The files among Python packages.
    fn pip_files(&mut self, sight: &Sight<'_>, list: &RawItems<'_>) -> Vec<PipFile> {
        let mut found = Vec::new();
        for (table, span) in &list.files {
            let mut entries = table.iter();
            let kind = |key: &str| match key {
                "requirements" => Some(PipFileKind::Requirements),
                "uv-lock" => Some(PipFileKind::UvLock),
                _ => None,
            };
            let (Some((key, path)), None) = (entries.next(), entries.next()) else {
                let place = self.place((*span).clone(), "one of `requirements` and `uv-lock`");
                let finding = Finding::new(
                    &code::MISSING_KEY,
                    "a file of Python packages is one file of one kind",
                    place,
                );
                self.sink
                    .push(finding.help("write `{ requirements = \"…\" }`, and a list of several"));
                continue;
            };
            let Some(kind) = kind(key) else {
                let finding = Finding::new(
                    &code::UNKNOWN_KEY,
                    format!("unknown key `{}`", key.value.escape_debug()),
                    self.place(key.span.clone(), "no kind of file with Python packages"),
                );
                let known = ["requirements", "uv-lock"].into_iter();
                self.sink.push(suggest(finding, key, known, "key", ""));
                continue;
            };
            if let Some(path) = self.one(sight, path, false) {
                found.push(PipFile { kind, path });
            }
        }
        found
    }

    /// `needs`; an image after a `!` is taken away, by an empty list all.
    fn needs(
        &mut self,
        scope: &Scope<'_>,
        raw: &RawKeys<'_>,
        takes: &mut Vec<Taking>,
    ) -> Vec<ParentRef> {
        let Some(list) = raw.needs else {
            return Vec::new();
        };
        if list.is_empty() {
            takes.push((Take::All(List::Needs), list.span.clone()));
        }
        let mut found = Vec::new();
        for item in &list.value {
            let RawParent::Name(name) = &item.value else {
                found.extend(self.parent(scope, item));
                continue;
            };
            let Some(name) = name.strip_prefix('!') else {
                found.extend(self.parent(scope, item));
                continue;
            };
            if let Some(image) = self.image_of(scope, name, item.span.clone()) {
                takes.push((Take::Need(image, name.to_owned()), item.span.clone()));
            }
        }
        found
    }

    fn named(
        &mut self,
        sight: &Sight<'_>,
        table: &[RawEntry<'_>],
        which: Table,
        takes: &mut Vec<Taking>,
    ) -> IndexMap<Arc<str>, Field> {
        let (what, fault): (_, fn(&str) -> Option<&'static str>) = match which {
            Table::Args => ("a build arg", variable_fault),
            Table::Env => ("an environment variable", variable_fault),
            Table::Labels => ("a label", label_fault),
            Table::Meta => ("a fact", fact_fault),
        };
        let mut fields = IndexMap::new();
        for RawEntry {
            name,
            text,
            replaced,
        } in table
        {
            if let Some(label) = fault(name) {
                let place = self.place(name.span.clone(), label);
                let finding = Finding::new(
                    &code::INVALID_NAME,
                    format!("`{}` cannot name {what}", name.value.escape_debug()),
                    place,
                );
                let word = name.value.replace(['-', '.', ' '], "_");
                self.sink.push(if fault(&word).is_none() {
                    finding.help(format!("write `{word}`"))
                } else {
                    finding
                });
            }
            let text = match &text.value {
                RawText::Text(value) => Spanned {
                    value: value.clone(),
                    span: text.span.clone(),
                },
                RawText::Taken => {
                    let name = name.value.as_str().into();
                    takes.push((Take::Entry(which, name), text.span.clone()));
                    continue;
                }
            };
            let field = if *replaced {
                self.field(&text, sight.is_object)
            } else {
                self.one(sight, &text, which != Table::Meta)
            };
            if let Some(field) = field {
                fields.insert(name.value.as_str().into(), field);
            }
        }
        fields
    }

    fn image_registries(&mut self, scope: &Scope<'_>, raw: &Spanned<OneOrMany>) -> Vec<RegistryId> {
        let items: Vec<Spanned<String>> = match &raw.value {
            OneOrMany::One(name) => vec![Spanned {
                value: name.clone(),
                span: raw.span.clone(),
            }],
            OneOrMany::Many(list) => list.clone(),
        };
        let mut found = Vec::new();
        for item in &items {
            match scope.registries.iter().position(|r| r.name == item.value) {
                Some(index) => {
                    if !found.contains(&RegistryId(index)) {
                        found.push(RegistryId(index));
                    }
                }
                None => {
                    let known = scope.registries.iter().map(|r| r.name.as_str());
                    let finding = Finding::new(
                        &code::UNKNOWN_REGISTRY,
                        format!("there is no registry `{}`", item.value),
                        self.place(item.span.clone(), "unknown registry"),
                    );
                    self.sink
                        .push(suggest(finding, &item.value, known, "registry", ""));
                }
            }
        }
        if items.is_empty() {
            let place = self.place(raw.span.clone(), "an empty list");
            self.sink.push(
                Finding::new(
                    &code::UNKNOWN_REGISTRY,
                    "an image without a registry has no home",
                    place,
                )
                .help("name a registry, or leave the key out to use all"),
            );
        }
        // The order of declaration decides which is the home, whatever the order here.
        found.sort();
        found
    }

    fn parent(&mut self, scope: &Scope<'_>, raw: &Spanned<RawParent>) -> Option<ParentRef> {
        let (name, name_span, given) = match &raw.value {
            RawParent::Name(name) => (name.as_str(), raw.span.clone(), None),
            RawParent::Table(table) => match table.get("image") {
                Some(image) => (image.value.as_str(), image.span.clone(), Some(table)),
                None => {
                    let place = self.place(raw.span.clone(), "`image` is missing here");
                    self.sink.push(
                        Finding::new(&code::MISSING_KEY, "a parent has no `image`", place)
                            .help("write `{ image = \"…\", axis = \"value\" }`"),
                    );
                    return None;
                }
            },
        };
        let image = self.image_of(scope, name, name_span)?;
        let mut values = Vec::new();
        for (key, value) in given
            .into_iter()
            .flatten()
            .filter(|(k, _)| k.value != "image")
        {
            let axis = scope.names.axes.iter().position(|a| *a.name == *key.value);
            let Some(axis) = axis else {
                let finding = Finding::new(
                    &code::UNKNOWN_AXIS,
                    format!("there is no axis `{}`", key.value),
                    self.place(key.span.clone(), "unknown axis"),
                );
                let known = scope.names.axes.iter().map(|a| &*a.name);
                self.sink
                    .push(suggest(finding, &key.value, known, "axis", ""));
                continue;
            };
            match scope.names.axes[axis].position(&value.value) {
                Some(position) => values.push((AxisId(axis), position)),
                None => {
                    let known = scope.names.axes[axis].values.iter().map(|v| &*v.text);
                    let place = self.place(value.span.clone(), "unknown value");
                    self.sink
                        .push(unknown_value(&key.value, &value.value, known, place));
                }
            }
        }
        Some(ParentRef {
            image,
            given: values,
            span: raw.span.clone(),
        })
    }

    /// The image of that name.
    fn image_of(&mut self, scope: &Scope<'_>, name: &str, span: Range<usize>) -> Option<ImageId> {
        let found = scope.names.image(name).map(ImageId);
        if found.is_none() {
            let finding = Finding::new(
                &code::UNKNOWN_IMAGE,
                format!("there is no image `{name}`"),
                self.place(span, "unknown image"),
            );
            let known = scope.names.images.iter().copied();
            self.sink.push(suggest(finding, name, known, "image", ""));
        }
        found
    }

    fn platforms(
        &mut self,
        scope: &Scope<'_>,
        raw: &Spanned<Vec<Spanned<String>>>,
    ) -> Vec<Platform> {
        let mut found = Vec::new();
        for text in &raw.value {
            let Some(platform) = Platform::parse(text) else {
                self.platform_fault(text);
                continue;
            };
            if let Some(arch) = scope.arch {
                let values = &scope.names.axes[arch.0].values;
                if !values
                    .iter()
                    .any(|v| v.platform.as_ref() == Some(&platform))
                {
                    let known = values
                        .iter()
                        .filter_map(|v| v.platform.as_ref().map(Platform::as_str));
                    let finding = Finding::new(
                        &code::INVALID_PLATFORM,
                        format!("`{platform}` is not a platform of the `arch` axis"),
                        self.place(text.span.clone(), "`platforms` may only narrow the axis"),
                    )
                    .note(format!("the axis has {}", and_list(known)));
                    self.sink.push(finding);
                    continue;
                }
            }
            if !found.contains(&platform) {
                found.push(platform);
            }
        }
        if raw.value.is_empty() {
            let place = self.place(raw.span.clone(), "an empty list");
            self.sink.push(
                Finding::new(&code::INVALID_PLATFORM, "an image needs a platform", place)
                    .help("name one, or leave the key out to build for all"),
            );
        }
        found
    }
}

/// Names of shell variables, which build args and environment variables are.
fn variable_fault(name: &str) -> Option<&'static str> {
    let mut bytes = name.bytes();
    let first = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    (!first || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        .then_some("a name is letters, digits and `_`, and does not start with a digit")
}

/// Keys of `meta`: words that any language can use for a key.
pub(super) fn fact_fault(name: &str) -> Option<&'static str> {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let rest = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (!first || !name.bytes().all(rest))
        .then_some("a name is letters, digits, `_` and `-`, and starts with a letter")
}

/// Label keys as Docker recommends them.
fn label_fault(name: &str) -> Option<&'static str> {
    (name.is_empty()
        || !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b)))
    .then_some("a label's key is letters, digits, `.`, `_`, `-` and `/`")
}
