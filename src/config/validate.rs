//! From raw to valid: every name resolved, every text parsed, every fault collected.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;

use crate::config::attributes::{self, Attributes};
use crate::config::model::{Alias, Config, Exclude, Expect, Image, Row};
use crate::config::raw::{RawImage, RawMatrix, RawSelector};
use crate::config::selectors::{Names, resolve};
use crate::config::spanned::Spanned;
use crate::diagnostic::{Finding, Place, Sink, Stopped, and_list, code, nearest, suggest};
use crate::image::reference::path_fault;
use crate::matrix::{AxisId, Selector, Version};
use crate::render::{AxisObject, Field, FieldFault, Fields};
use crate::source::SourceFile;

/// What validation carries along.
pub(super) struct Builder<'a> {
    pub file: &'a Arc<SourceFile>,
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
    raw: &RawMatrix,
    sink: &mut Sink,
) -> Result<Config, Stopped> {
    let mut b = Builder {
        file,
        sink,
        fields: Fields::default(),
        attributes: Vec::new(),
        told: BTreeSet::new(),
        words: Vec::new(),
    };
    let release = raw.release.as_ref().map(|r| b.release(r));
    let registries = b.registries(raw);
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
    if raw.image.is_empty() {
        b.sink.push(
            Finding::new(
                &code::MISSING_KEY,
                "the matrix declares no image",
                Place::file(file.path.clone()),
            )
            .help("add a table such as `[image.base]` with `from` and `tag`"),
        );
    }
    let arch = axes.iter().position(|a| &*a.name == "arch").map(AxisId);
    let objects: Vec<Vec<Value>> = axes
        .iter()
        .map(|a| {
            a.values
                .iter()
                .map(|v| Value::from_object(AxisObject::new(v, b.fields.watch())))
                .collect()
        })
        .collect();
    let of_axes = axes.iter().zip(&objects);
    b.attributes = of_axes
        .filter_map(|(a, o)| attributes::of_axis(a, o))
        .collect();
    b.attributes
        .extend(raw.release.as_ref().map(|_| attributes::of_release()));
    let names = Names {
        axes: &axes,
        images: raw.image.keys().map(|k| k.value.as_str()).collect(),
        sets: &raw.set,
        circular: RefCell::default(),
        used: RefCell::default(),
    };
    // A set is checked even when nothing refers to it.
    for (name, set) in &raw.set {
        resolve(&names, file, set, b.sink);
        let _ = name;
    }
    names.used.borrow_mut().clear();
    let scope = Scope {
        names: &names,
        registries: &registries,
        release: raw.release.is_some(),
        arch,
    };
    let images: Vec<Image> = raw
        .image
        .iter()
        .map(|(key, table)| b.image(&scope, raw, key, table))
        .collect();
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
    let unused_sets = raw
        .set
        .keys()
        .filter(|k| !names.used.borrow().contains(&k.value))
        .map(|k| (k.value.clone(), k.span.clone()))
        .collect();
    let ci = b.ci(raw, &axes, arch, &images);
    let Builder { fields, sink, .. } = b;
    sink.checkpoint()?;
    let release = match release {
        Some(None) => return Err(Stopped),
        Some(some) => some,
        None => None,
    };
    Ok(Config {
        file: file.clone(),
        release,
        registries,
        axes,
        arch,
        excludes,
        expects,
        images,
        aliases,
        ci,
        fields,
        objects,
        sets: raw.set.clone(),
        unused_sets,
    })
}

/// The names a part of the matrix file may refer to.
pub(super) struct Scope<'a> {
    pub names: &'a Names<'a>,
    pub registries: &'a [crate::config::model::Registry],
    pub release: bool,
    pub arch: Option<AxisId>,
}

impl Builder<'_> {
    pub fn place(&self, span: Range<usize>, label: impl Into<String>) -> Place {
        Place::span(self.file, span, label)
    }

    pub fn selector(&mut self, names: &Names<'_>, raw: &Spanned<RawSelector>) -> Option<Selector> {
        resolve(names, self.file, raw, self.sink)
    }

    /// Reports a name that is not lower-case letters, digits, `.`, `_` and `-`.
    pub fn valid_name(&mut self, name: &Spanned<String>, what: &str) {
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

    /// Takes in a templated field; a syntax fault becomes a finding.
    pub fn field(
        &mut self,
        text: &Spanned<String>,
        is_axis: &dyn Fn(&str) -> bool,
    ) -> Option<Field> {
        // A checkout with the line ends of Windows means the same.
        let source = text.value.replace("\r\n", "\n");
        match self.fields.add(&source, text.span.clone(), is_axis) {
            Ok(field) => Some(field),
            Err(error) => {
                let inner = error.range();
                let span = inner_span(self.file, &source, &text.span, inner);
                let place = self.place(span, "the template cannot be parsed here");
                let what = error.detail().unwrap_or("a fault of syntax").to_owned();
                self.sink
                    .push(Finding::new(&code::TEMPLATE_SYNTAX, what, place));
                None
            }
        }
    }

    /// Reports names the field reads that are not among `known`, attributes that nothing has, and comparisons that would silently be false.
    pub fn check_names(&mut self, field: &Field, known: &[&str], whose: &str) {
        let Some(uses) = self.fields.uses(field).cloned() else {
            return;
        };
        for (name, at) in &uses.names {
            if known.contains(&name.as_str()) {
                continue;
            }
            let span = inner_span(self.file, &field.source, &field.span, Some(at.clone()));
            // `[defaults]` are looked at for each image; what is wrong in them is told once.
            if !self.told.insert((span.start, name.clone())) {
                continue;
            }
            let mut finding = Finding::new(
                &code::UNKNOWN_VARIABLE,
                format!("{whose} does not see `{name}`"),
                self.place(span, "unknown name"),
            );
            finding = match nearest(name, known.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.note(format!("it sees {}", and_list(known.iter().copied()))),
            };
            let lacking = self
                .words
                .iter()
                .find(|(word, axis)| **word == **name && &**axis != "arch");
            if let Some((_, axis)) = lacking {
                finding = finding.help(format!("add `{axis}` to the image's `axes`"));
            }
            if name == "release" {
                finding = finding.help("add a `[release]` with its `version`");
            }
            if name == "arch" {
                finding = finding.note("`arch` is folded into one multi-platform spec; in a Dockerfile use `TARGETARCH`, or print `arch` in `name` or `tag` to have a spec each");
            }
            self.sink.push(finding);
        }
        self.check_attributes(field, &uses, known);
        for (axis, at) in &uses.comparisons {
            let span = inner_span(self.file, &field.source, &field.span, Some(at.clone()));
            let finding = comparison_finding(axis, self.place(span, ""));
            self.sink.push(finding);
        }
    }

    /// The finding for a field that failed to render.
    pub fn field_fault(&self, field: &Field, fault: FieldFault) -> Finding {
        super::field_finding(self.file, field, fault)
    }

    fn image(
        &mut self,
        scope: &Scope<'_>,
        raw: &RawMatrix,
        key: &Spanned<String>,
        table: &Spanned<RawImage>,
    ) -> Image {
        let mut axes = self.image_axes(scope, key, table);
        let row_keys = || {
            raw.defaults
                .iter()
                .map(|d| d.keys().under(&table.keys()))
                .chain([table.keys()])
                .chain(table.when.iter().map(|w| w.keys()))
        };
        // `arch` printed in a name or tag is not folded.
        let prints_arch = scope.arch.is_some()
            && row_keys().any(|k| {
                [k.name, k.tag].into_iter().flatten().any(|text| {
                    crate::render::analyse(&text.value, "", Default::default(), &|_| false)
                        .is_ok_and(|uses| uses.reads("arch"))
                })
            });
        if prints_arch && let Some(arch) = scope.arch {
            axes.push(arch);
        }
        let matches = table.matches.as_ref().and_then(|m| {
            let selector = self.selector(scope.names, m)?;
            self.lacking_axes(scope, (m, &selector), &axes, key, true);
            Some(selector)
        });
        let mut rows = Vec::new();
        if let Some(defaults) = &raw.defaults {
            // What the image replaces need not make sense for its axes.
            let laid = defaults.keys().under(&table.keys());
            let keys = self.keys(scope, key, &axes, &laid, "`[defaults]`");
            rows.push(Row {
                selector: None,
                keys,
                span: defaults.span.clone(),
            });
        }
        let whose = format!("image `{}`", key.value);
        let keys = self.keys(scope, key, &axes, &table.keys(), &whose);
        rows.push(Row {
            selector: None,
            keys,
            span: key.span.clone(),
        });
        for when in &table.when {
            let Some(selector) = self.selector(scope.names, &when.matches) else {
                continue;
            };
            self.lacking_axes(scope, (&when.matches, &selector), &axes, key, prints_arch);
            let keys = self.keys(scope, key, &axes, &when.keys(), &whose);
            rows.push(Row {
                selector: Some(selector),
                keys,
                span: when.matches.span.clone(),
            });
        }
        Image {
            key: key.value.as_str().into(),
            span: key.span.clone(),
            axes,
            folded: !prints_arch,
            matches,
            rows,
        }
    }

    fn image_axes(
        &mut self,
        scope: &Scope<'_>,
        key: &Spanned<String>,
        table: &Spanned<RawImage>,
    ) -> Vec<AxisId> {
        let all = scope.names.axes;
        let Some(listed) = &table.axes else {
            return (0..all.len())
                .map(AxisId)
                .filter(|id| Some(*id) != scope.arch)
                .collect();
        };
        let mut axes = Vec::new();
        for name in &listed.value {
            let index = all.iter().position(|a| *a.name == *name.value);
            let finding = match index.map(AxisId) {
                Some(id) if Some(id) == scope.arch => Finding::new(
                    &code::UNKNOWN_AXIS,
                    format!("image `{}` lists `arch`, which every image has", key.value),
                    self.place(name.span.clone(), "leave it out"),
                )
                .help("narrow the platforms with `match = { arch = \"…\" }` or `platforms = […]`"),
                Some(id) if axes.contains(&id) => Finding::new(
                    &code::DUPLICATE_VALUE,
                    format!("image `{}` lists axis `{}` twice", key.value, name.value),
                    self.place(name.span.clone(), "again here"),
                )
                .help("delete one of them"),
                Some(id) => {
                    axes.push(id);
                    continue;
                }
                None => {
                    let finding = Finding::new(
                        &code::UNKNOWN_AXIS,
                        format!("there is no axis `{}`", name.value),
                        self.place(name.span.clone(), "unknown axis"),
                    );
                    suggest(
                        finding,
                        &name.value,
                        all.iter().map(|a| &*a.name),
                        "axis",
                        "",
                    )
                }
            };
            self.sink.push(finding);
        }
        axes
    }

    /// A selector that belongs to one image may only name its axes.
    fn lacking_axes(
        &mut self,
        scope: &Scope<'_>,
        (raw, selector): (&Spanned<RawSelector>, &Selector),
        axes: &[AxisId],
        key: &Spanned<String>,
        arch_allowed: bool,
    ) {
        for (axis, _) in selector.any.iter().flat_map(|c| &c.terms) {
            let is_arch = Some(*axis) == scope.arch;
            if axes.contains(axis) || (is_arch && arch_allowed) {
                continue;
            }
            let name = &scope.names.axes[axis.0].name;
            let finding = Finding::new(
                &code::UNKNOWN_AXIS,
                format!(
                    "image `{}` has no axis `{name}` to select by here",
                    key.value
                ),
                match key_span(raw, name) {
                    Some(span) => self.place(span, "the image does not vary by it"),
                    None => self.place(selector.span.clone(), format!("names `{name}`")),
                },
            );
            self.sink.push(if is_arch {
                finding.note("`arch` is folded into one multi-platform spec, so a row cannot differ by it; in a Dockerfile use `TARGETARCH`")
            } else {
                finding.help(format!("add `{name}` to the image's `axes`, or remove it from the selector"))
            });
        }
    }

    fn expect(
        &mut self,
        names: &Names<'_>,
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
        let selector = self.selector(scope.names, &raw.matches);
        let axes = scope.names.axes;
        let is_axis = |name: &str| axes.iter().any(|a| &*a.word == name);
        let seen = axes.iter().map(|a| &*a.word);
        let mut known: Vec<&str> = seen
            .filter(|word| !(arch_folded && *word == "arch"))
            .chain(["image"])
            .collect();
        known.extend(scope.release.then_some("release"));
        let mut tags = Vec::new();
        for tag in &raw.tags {
            if let Some(field) = self.field(tag, &is_axis) {
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
            selector: selector?,
            tags,
            newest,
            span: raw.matches.span.clone(),
        })
    }
}

/// Where a selector names an axis, when it is written as a table.
fn key_span(raw: &Spanned<RawSelector>, axis: &str) -> Option<Range<usize>> {
    match &raw.value {
        RawSelector::Text(_) => None,
        RawSelector::Table(table) => {
            let (key, _) = table.get_key_value(axis)?;
            Some(key.span.clone())
        }
        RawSelector::Any(list) => list.iter().find_map(|s| key_span(s, axis)),
    }
}

/// The bytes of the file that `inner` bytes of a string's value stand in, or the whole string where escapes hide them.
pub(super) fn inner_span(
    file: &SourceFile,
    value: &str,
    span: &Range<usize>,
    inner: Option<Range<usize>>,
) -> Range<usize> {
    let written = &file.text[span.clone()];
    match (written.find(value), inner) {
        (Some(start), Some(inner)) if inner.end <= value.len() => {
            span.start + start + inner.start..span.start + start + inner.end
        }
        _ => span.clone(),
    }
}

/// The finding for a comparison of `axis` that does not mean what it says, written at `place`.
pub fn comparison_finding(axis: &str, mut place: Place) -> Finding {
    let (bare, attribute) = axis.split_once('.').unwrap_or((axis, ""));
    let (headline, label) = match attribute {
        "" => (
            format!("`{axis}` is compared with what it never equals"),
            "an axis is an object; texts and numbers are something else",
        ),
        "major" | "minor" | "patch" => (
            format!("`{axis}` is compared with what it never equals"),
            "a number on one side, a text on the other",
        ),
        _ => (
            format!("`{axis}` is compared letter by letter"),
            "as texts, `9` comes after `12`",
        ),
    };
    place.label = label.to_owned();
    let written = place
        .at
        .as_ref()
        .map_or("", |(file, span)| &file.text[span.clone()]);
    let help = match instead(axis, written) {
        Some(instead) => format!("write `{instead}`"),
        None => format!(
            "write `{bare} is matching('>=12,<13')`, `{bare} is matching('value')`, or `{bare}` alone for \"not none\""
        ),
    };
    Finding::new(&code::AXIS_COMPARISON, headline, place).help(help)
}

/// What `axis == 'literal'` was meant to say.
fn instead(axis: &str, written: &str) -> Option<String> {
    let bare = axis.split('.').next().unwrap_or(axis);
    let rest = written.strip_prefix(axis)?.trim_start();
    let (sign, literal) = ["==", "!=", ">=", "<=", ">", "<"]
        .into_iter()
        .find_map(|sign| Some((sign, rest.strip_prefix(sign)?.trim())))?;
    let literal = literal
        .strip_prefix(['\'', '"'])?
        .strip_suffix(['\'', '"'])?;
    if ["major", "minor", "patch"]
        .iter()
        .any(|n| axis.ends_with(&format!(".{n}")))
    {
        return literal
            .parse::<u64>()
            .ok()
            .map(|number| format!("{axis} {sign} {number}"));
    }
    match (sign, literal) {
        ("==", "none") => Some(format!("not {bare}")),
        ("!=", "none") => Some(bare.to_owned()),
        ("==", _) => Some(format!("{bare} is matching('{literal}')")),
        ("!=", _) => Some(format!("{bare} is not matching('{literal}')")),
        _ => Version::parse(literal).map(|_| format!("{bare} is matching('{sign}{literal}')")),
    }
}

/// The finding for a field that failed to render.
pub fn field_finding(file: &Arc<SourceFile>, field: &Field, fault: FieldFault) -> Finding {
    match fault {
        FieldFault::NonePrinted => Finding::new(
            &code::NONE_PRINTED,
            "a template prints `none`, or an attribute of it",
            Place::span(
                file,
                field.span.clone(),
                "printed here for a cell whose value is `none`",
            ),
        )
        .help("guard it: `{{ '-cu' ~ cuda.compact if cuda }}`"),
        FieldFault::Failed(error, inner) => {
            let span = inner_span(file, &field.source, &field.span, inner);
            let what = error
                .detail()
                .map_or_else(|| error.kind().to_string(), str::to_owned);
            // Names are looked for before; what is left are attributes that this value lacks.
            let code = if error.kind() == minijinja::ErrorKind::UndefinedError {
                &code::UNKNOWN_ATTRIBUTE
            } else {
                &code::TEMPLATE_FAULT
            };
            Finding::new(
                code,
                what,
                Place::span(file, span, "the template cannot be rendered here"),
            )
        }
    }
}
