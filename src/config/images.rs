//! `[image.*]`: the axes an image varies over, and its rows.

use std::ops::Range;

use crate::config::model::{Image, When};
use crate::config::raw::{RawImage, RawKeys, RawMatrix, RawSelector, RawWhen};
use crate::config::validate::{Builder, Scope};
use crate::diagnostic::{Finding, code, suggest};
use crate::grammar::Spanned;
use crate::matrix::{AxisId, Conjunction, ImageId, Selector};

/// What `[defaults]` gives every image.
pub(super) struct Shared<'a> {
    /// The axes of those that state none.
    pub axes: Option<Vec<AxisId>>,
    /// The rows of `[[defaults.when]]`, with what each is for.
    pub rows: Vec<(&'a Spanned<RawWhen>, Selector)>,
}

/// One layer that `[defaults]` lays under an image.
struct SharedLayer<'a> {
    /// What is not replaced for good by what lies over it.
    keys: RawKeys<'a>,
    row: Option<&'a (&'a Spanned<RawWhen>, Selector)>,
    whose: &'static str,
    span: &'a Range<usize>,
}

/// The layers that `[defaults]` lays under an image: itself, and its rows but those that no cell of the image can match.
/// What a later layer replaces in every cell need not make sense for the axes of the image.
fn shared_keys<'a>(
    raw: &'a RawMatrix,
    shared: &'a Shared<'_>,
    table: &RawImage,
    id: ImageId,
    axes: &[AxisId],
    arch: Option<AxisId>,
) -> Vec<SharedLayer<'a>> {
    let Some(defaults) = &raw.defaults else {
        return Vec::new();
    };
    let mut layers = vec![SharedLayer {
        keys: defaults.keys(),
        row: None,
        whose: "`[defaults]`",
        span: &defaults.span,
    }];
    for row in &shared.rows {
        let (when, selector) = row;
        let mut alternatives = selector.any.iter();
        if !alternatives.any(|one| may_hold(one, id, axes, arch)) {
            continue;
        }
        let keys = when.keys();
        if selector.any.iter().any(|one| one.terms.is_empty()) {
            layers = layers.into_iter().map(|layer| layer.under(&keys)).collect();
        }
        layers.push(SharedLayer {
            keys,
            row: Some(row),
            whose: "a row of `[[defaults.when]]`",
            span: &when.matches.span,
        });
    }
    let own = table.keys();
    let says =
        |publish: &Option<Spanned<bool>>, what| publish.as_ref().is_some_and(|p| p.value == what);
    // What is never given a tag need not have the axes that the shared one reads.
    let is_untagged =
        says(own.publish, false) && !table.when.iter().any(|row| says(row.keys().publish, true));
    let layers = layers.into_iter().map(|layer| {
        let mut layer = layer.under(&own);
        layer.keys.tag_is_idle = is_untagged;
        layer
    });
    layers.collect()
}

impl SharedLayer<'_> {
    fn under(self, over: &RawKeys<'_>) -> Self {
        SharedLayer {
            keys: self.keys.under(over),
            ..self
        }
    }
}

/// Whether an alternative of a selector names this image, or none, and axes that it has; every image has `arch`.
fn may_hold(one: &Conjunction, id: ImageId, axes: &[AxisId], arch: Option<AxisId>) -> bool {
    one.images.as_ref().is_none_or(|images| images[id.0])
        && one
            .terms
            .iter()
            .all(|(axis, _)| axes.contains(axis) || Some(*axis) == arch)
}

impl Builder<'_> {
    pub(super) fn image(
        &mut self,
        scope: &Scope<'_>,
        raw: &RawMatrix,
        shared: &Shared<'_>,
        id: ImageId,
        key: &Spanned<String>,
        table: &Spanned<RawImage>,
    ) -> Image {
        let mut axes = match (&table.axes, &shared.axes) {
            (Some(listed), _) => {
                self.axes_of(scope, listed, &format!("image `{}` lists", key.value))
            }
            (None, Some(shared)) => shared.clone(),
            (None, None) => (0..scope.names.axes.len())
                .map(AxisId)
                .filter(|id| Some(*id) != scope.arch)
                .collect(),
        };
        let row_keys = || {
            shared_keys(raw, shared, table, id, &axes, scope.arch)
                .into_iter()
                .map(|layer| layer.keys)
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
        for layer in shared_keys(raw, shared, table, id, &axes, scope.arch) {
            if let (Some(row), false) = (layer.row, prints_arch) {
                self.row_by_arch(scope, row, id, &axes, key);
            }
            let keys = self.keys(scope, key, &axes, &layer.keys, layer.whose);
            rows.push(When {
                selector: layer.row.map(|(_, selector)| selector.clone()),
                keys,
                shared: true,
                span: layer.span.clone(),
            });
        }
        let whose = format!("image `{}`", key.value);
        let keys = self.keys(scope, key, &axes, &table.keys(), &whose);
        rows.push(When {
            selector: None,
            keys,
            shared: false,
            span: key.span.clone(),
        });
        for when in &table.when {
            let Some(selector) = self.selector(scope.names, &when.matches) else {
                continue;
            };
            self.lacking_axes(scope, (&when.matches, &selector), &axes, key, prints_arch);
            let keys = self.keys(scope, key, &axes, &when.keys(), &whose);
            rows.push(When {
                selector: Some(selector),
                keys,
                shared: false,
                span: when.matches.span.clone(),
            });
        }
        Image {
            key: key.value.as_str().into(),
            span: key.span.clone(),
            axes,
            states_axes: table.axes.is_some(),
            folded: !prints_arch,
            matches,
            rows,
        }
    }

    /// The rows of `[[defaults.when]]`.
    pub(super) fn shared_rows<'a>(
        &mut self,
        scope: &Scope<'_>,
        raw: &'a RawMatrix,
    ) -> Vec<(&'a Spanned<RawWhen>, Selector)> {
        let rows = raw.defaults.iter().flat_map(|defaults| &defaults.when);
        rows.filter_map(|row| Some((row, self.selector(scope.names, &row.matches)?)))
            .collect()
    }

    /// A row that names `arch` cannot be for an image that folds it.
    fn row_by_arch(
        &mut self,
        scope: &Scope<'_>,
        (row, selector): &(&Spanned<RawWhen>, Selector),
        id: ImageId,
        axes: &[AxisId],
        key: &Spanned<String>,
    ) {
        let Some(arch) = scope.arch else {
            return;
        };
        let names_arch = |one: &&Conjunction| one.terms.iter().any(|(axis, _)| *axis == arch);
        let mut concerned = selector.any.iter().filter(names_arch);
        if !concerned.any(|one| may_hold(one, id, axes, Some(arch))) {
            return;
        }
        let span = key_span(&row.matches, "arch").unwrap_or_else(|| selector.span.clone());
        // Told for the first image alone.
        if !self.told.insert((span.start, "arch".to_owned())) {
            return;
        }
        let finding = Finding::new(
            &code::UNKNOWN_AXIS,
            format!("image `{}` has no axis `arch` to select by here", key.value),
            self.place(span, "the image does not vary by it"),
        )
        .note("`arch` is folded into one multi-platform spec, so a row cannot differ by it; in a Dockerfile use `TARGETARCH`")
        .help("where other images print `arch`, name them in the row, as in `image = [\"…\"]`");
        self.sink.push(finding);
    }

    /// The axes that a list names; `who` is the subject of what is told.
    pub(super) fn axes_of(
        &mut self,
        scope: &Scope<'_>,
        listed: &Spanned<Vec<Spanned<String>>>,
        who: &str,
    ) -> Vec<AxisId> {
        let all = scope.names.axes;
        let mut axes = Vec::new();
        for name in &listed.value {
            let index = all.iter().position(|a| *a.name == *name.value);
            let finding = match index.map(AxisId) {
                Some(id) if Some(id) == scope.arch => Finding::new(
                    &code::UNKNOWN_AXIS,
                    format!("{who} `arch`, which every image has"),
                    self.place(name.span.clone(), "leave it out"),
                )
                .help("narrow the platforms with `match = { arch = \"…\" }` or `platforms = […]`"),
                Some(id) if axes.contains(&id) => Finding::new(
                    &code::DUPLICATE_VALUE,
                    format!("{who} axis `{}` twice", name.value),
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
                    let known = all.iter().map(|a| &*a.name);
                    suggest(finding, &name.value, known, "axis", "")
                }
            };
            self.sink.push(finding);
        }
        axes
    }

    /// A selector that belongs to one image may only name its axes.
    pub(super) fn lacking_axes(
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
}

/// Where a selector names an axis, when it is written as a table.
fn key_span(raw: &Spanned<RawSelector>, axis: &str) -> Option<Range<usize>> {
    match &raw.value {
        RawSelector::Text(_) => None,
        RawSelector::Table(table) => {
            let of_axis = |key: &&Spanned<String>| key.split('.').next() == Some(axis);
            Some(table.keys().find(of_axis)?.span.clone())
        }
        RawSelector::Any(list) => list.iter().find_map(|s| key_span(s, axis)),
    }
}
