//! From raw to valid: every name resolved, every text parsed, every fault collected.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;

use crate::config::attributes::{self, Attributes};
use crate::config::ci::WrittenPipelines;
use crate::config::images::Shared;
use crate::config::known_axes::{ARCH, called};
use crate::config::model::{Alias, Config, Exclude, Expect, Image, Unreleased};
use crate::config::raw::{RawMatrix, RawSelector};
use crate::config::secrets::Secret;
use crate::config::selectors::{SelectorNames, resolve};
use crate::diagnostic::{Finding, Place, Sink, Stopped, code, suggest};
use crate::grammar::Spanned;
use crate::grammar::reference::path_fault;
use crate::matrix::{Axis, AxisId, ImageId, Selector};
use crate::render::{AxisObject, Fields};
use crate::source::{Owner, SourceFile};

/// What validation carries along.
pub(super) struct Builder<'a> {
    pub file: &'a Arc<SourceFile>,
    pub owner: &'a Owner,
    pub sink: &'a mut Sink,
    pub fields: Fields,
    pub attributes: Vec<Attributes>,
    /// Unknown names already told, by place.
    pub told: BTreeSet<(usize, String)>,
    /// Axes by the word that templates know them by.
    pub words: Vec<(Arc<str>, Arc<str>)>,
}

/// Validates a raw matrix.
///
/// # Errors
/// When it contradicts itself; why is in `sink`.
pub(super) fn validate(
    file: &Arc<SourceFile>,
    owner: &Owner,
    raw: &RawMatrix,
    pipelines: WrittenPipelines,
    sink: &mut Sink,
) -> Result<Config, Stopped> {
    let mut b = Builder {
        file,
        owner,
        sink,
        fields: Fields::default(),
        attributes: Vec::new(),
        told: BTreeSet::new(),
        words: Vec::new(),
    };
    let stated = raw.release.as_ref().filter(|r| r.is_stated());
    let release = stated.map(|r| b.release(r));
    let registries = b.registries(raw);
    let secrets = b.declared_secrets(&raw.secret);
    let mirrors = b.mirrors(raw);
    let axes = b.axes(raw);
    b.words = axes
        .iter()
        .map(|a| (a.word.clone(), a.name.clone()))
        .collect();
    for name in raw.set.keys() {
        b.valid_name(name, "a set");
    }
    for name in raw.image.keys() {
        b.valid_name(name, "an image");
    }
    if raw.image.is_empty() && raw.matrices.is_empty() {
        b.sink.push(
            Finding::new(
                &code::MISSING_KEY,
                "the matrix declares no image",
                Place::file(file.path.clone()),
            )
            .help("add a table such as `[image.base]` with `from` and `tag`"),
        );
    }
    let arch = called(&axes, ARCH);
    let objects: Vec<Vec<Value>> = axes
        .iter()
        .map(|a| {
            a.values
                .iter()
                .map(|v| Value::from_object(AxisObject::new(v, b.fields.watch())))
                .collect()
        })
        .collect();
    b.attributes = axes.iter().flat_map(attributes::of_axis).collect();
    let of_release = stated.into_iter().flat_map(|_| attributes::of_release());
    b.attributes.extend(of_release);
    let images: Vec<&str> = raw.image.keys().map(|k| k.value.as_str()).collect();
    let names = SelectorNames {
        axes: &axes,
        numbers: images.iter().copied().zip(0..).collect(),
        images,
        sets: &raw.set,
        circular: RefCell::default(),
        used: RefCell::default(),
    };
    // A set is checked even when nothing refers to it.
    let set_selectors = raw
        .set
        .values()
        .filter_map(|set| resolve(&names, file, set, b.sink))
        .collect();
    names.used.borrow_mut().clear();
    let scope = Scope {
        names: &names,
        registries: &registries,
        secrets: &secrets,
        release: stated.is_some(),
        arch,
    };
    let default_axes = raw.defaults.as_ref().and_then(|d| d.axes.as_ref());
    let shared = Shared {
        axes: default_axes.map(|listed| b.axes_of(&scope, listed, "`[defaults]` lists")),
        rows: b.shared_rows(&scope, raw),
    };
    let images: Vec<Image> = raw
        .image
        .iter()
        .enumerate()
        .map(|(index, (key, table))| b.image(&scope, raw, &shared, ImageId(index), key, table))
        .collect();
    let default_rows = shared.rows.iter().map(|(_, s)| s.span.clone()).collect();
    let excludes = raw
        .exclude
        .iter()
        .filter_map(|e| {
            let selector = b.selector(&names, &e.matches)?;
            Some(Exclude {
                selector,
                reason: e.reason.value.clone(),
                span: e.matches.span.clone(),
            })
        })
        .collect();
    for exclude in &raw.exclude {
        if exclude.reason.trim().is_empty() {
            let place = b.place(exclude.reason.span.clone(), "empty");
            b.sink.push(
                Finding::new(&code::MISSING_KEY, "an exclude has no reason", place)
                    .help("say why these cells do not exist"),
            );
        }
    }
    let expects = raw.expect.iter().map(|e| b.expect(&names, e)).collect();
    let aliases = raw
        .alias
        .iter()
        .filter_map(|a| b.alias(&scope, a, images.iter().all(|i| i.folded)))
        .collect();
    let channels = b.channels(&scope, &raw.channel);
    let check = b.checks(raw, &names);
    let printed = axes
        .iter()
        .filter(|a| &*a.name != "arch" || images.iter().any(|i| !i.folded))
        .collect::<Vec<_>>();
    let outputs = b.outputs(raw, &names, &printed);
    let ci = b.ci(raw, pipelines, &names, arch, &images);
    let stated = release.as_ref().and_then(Option::as_ref);
    let described = b.described(raw, stated.map(|stated| &stated.object));
    let artifacts = b.artifacts(&raw.artifact, stated.map(|stated| &stated.object));
    let unused_sets = raw
        .set
        .keys()
        .filter(|k| !names.used.borrow().contains(&k.value))
        .map(|k| (k.value.clone(), k.span.clone()))
        .collect();
    let release = match (release, &raw.release) {
        (Some(stated), Some(raw)) => {
            Some(stated.map(|stated| b.places(stated, raw, &names, &objects)))
        }
        _ => None,
    };
    let unreleased = match (&release, &raw.release) {
        (None, Some(raw)) => b.unreleased(raw, &names, &objects),
        _ => Unreleased::default(),
    };
    let Builder {
        fields,
        attributes,
        sink,
        ..
    } = b;
    sink.checkpoint()?;
    let release = match release {
        Some(None) => return Err(Stopped),
        Some(some) => some,
        None => None,
    };
    Ok(Config {
        file: file.clone(),
        owner: owner.clone(),
        matrices: raw.matrices.clone(),
        release,
        unreleased,
        registries,
        secrets,
        mirrors,
        axes,
        arch,
        excludes,
        expects,
        default_axes: default_axes.map(|axes| axes.span.clone()),
        default_rows,
        images,
        described,
        aliases,
        channels,
        artifacts,
        ci,
        check,
        facts: raw.facts.clone(),
        outputs,
        fields,
        attributes,
        objects,
        sets: raw.set.clone(),
        set_selectors,
        unused_sets,
    })
}

/// The names a part of the matrix file may refer to.
pub(super) struct Scope<'a> {
    pub names: &'a SelectorNames<'a>,
    pub registries: &'a [crate::config::model::Registry],
    pub secrets: &'a [Secret],
    pub release: bool,
    pub arch: Option<AxisId>,
}

impl Builder<'_> {
    pub(super) fn place(&self, span: Range<usize>, label: impl Into<String>) -> Place {
        Place::span(self.file, span, label)
    }

    pub(super) fn selector(
        &mut self,
        names: &SelectorNames<'_>,
        raw: &Spanned<RawSelector>,
    ) -> Option<Selector> {
        resolve(names, self.file, raw, self.sink)
    }

    /// Reports a name that is not lower-case letters, digits, `.`, `_` and `-`.
    pub(super) fn valid_name(&mut self, name: &Spanned<String>, what: &str) {
        let good = |word: &str| path_fault(word).is_none() && !word.contains('/');
        if good(&name.value) {
            return;
        }
        let label = "a name is lower-case letters and digits, with `.`, `_` or `-` between them";
        let mut finding = Finding::new(
            &code::INVALID_NAME,
            format!("`{}` cannot name {what}", name.value.escape_debug()),
            self.place(name.span.clone(), label),
        );
        let word: String = name
            .value
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let word = word.trim_matches('-');
        if good(word) {
            finding = finding.help(format!("write `{word}`"));
        }
        self.sink.push(finding);
    }

    fn expect(
        &mut self,
        names: &SelectorNames<'_>,
        raw: &Spanned<crate::config::raw::RawExpect>,
    ) -> Expect {
        let mut all = |list: &[Spanned<RawSelector>]| {
            list.iter()
                .filter_map(|s| self.selector(names, s))
                .collect::<Vec<_>>()
        };
        let present = all(&raw.present);
        let absent = all(&raw.absent);
        let selector = raw.matches.as_ref().and_then(|m| self.selector(names, m));
        if raw.count.is_none() && raw.present.is_empty() && raw.absent.is_empty() {
            let place = self.place(raw.span.clone(), "nothing to hold");
            self.sink.push(
                Finding::new(&code::MISSING_KEY, "an `[[expect]]` expects nothing", place)
                    .help("add `count`, `present` or `absent`"),
            );
        }
        Expect {
            selector,
            count: raw.count.clone(),
            present,
            absent,
            span: raw.span.clone(),
        }
    }

    fn alias(
        &mut self,
        scope: &Scope<'_>,
        raw: &Spanned<crate::config::raw::RawAlias>,
        arch_folded: bool,
    ) -> Option<Alias> {
        let selector = match &raw.matches {
            Some(matches) => Some(self.selector(scope.names, matches)?),
            None => None,
        };
        let axes = scope.names.axes;
        let is_object = |name: &str| Axis::is_object(axes, name);
        let seen = axes.iter().map(|a| &*a.word);
        let mut known: Vec<&str> = seen
            .filter(|word| !(arch_folded && *word == ARCH))
            .chain(["image"])
            .collect();
        known.extend(scope.release.then_some("release"));
        let mut tags = Vec::new();
        for tag in &raw.tags {
            if let Some(field) = self.field(tag, &is_object) {
                self.check_names(&field, &known, "an alias");
                tags.push(field);
            }
        }
        if raw.tags.is_empty() {
            let place = self.place(raw.span.clone(), "`tags` is empty");
            self.sink.push(
                Finding::new(&code::MISSING_KEY, "an alias has no tags", place)
                    .help("add a tag, as in `tags = [\"latest\"]`, or delete the alias"),
            );
        }
        let mut newest = Vec::new();
        for name in &raw.newest {
            match axes.iter().position(|a| *a.name == *name.value) {
                Some(index) => newest.push(AxisId(index)),
                None => {
                    let finding = Finding::new(
                        &code::UNKNOWN_AXIS,
                        format!("there is no axis `{}`", name.value),
                        self.place(name.span.clone(), "unknown axis"),
                    );
                    let known = axes.iter().map(|a| &*a.name);
                    self.sink
                        .push(suggest(finding, &name.value, known, "axis", ""));
                }
            }
        }
        Some(Alias {
            selector,
            tags,
            newest,
            span: raw.matches.as_ref().map_or(&raw.span, |m| &m.span).clone(),
        })
    }
}
