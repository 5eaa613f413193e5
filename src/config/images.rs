//! `[image.*]`: the axes an image varies over, and its rows.

use std::ops::Range;

use crate::config::model::{Image, Row};
use crate::config::raw::{RawImage, RawMatrix, RawSelector};
use crate::config::spanned::Spanned;
use crate::config::validate::{Builder, Scope};
use crate::diagnostic::{Finding, code, suggest};
use crate::matrix::{AxisId, Selector};

impl Builder<'_> {
    pub(super) fn image(
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
