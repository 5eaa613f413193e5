//! The upstream images that specs stand on, and what in the matrix they come from.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::check::Context;
use crate::check::dockerfile::Cooked;
use crate::config::Config;
use crate::diagnostic::Place;
use crate::dockerfile::{NamedBy, Source};
use crate::image::reference::{Parts, full};
use crate::image::{Matrix, Mirrors, Spec, SpecId};
use crate::matrix::{AxisId, Version};
use crate::render::Field;
use crate::source::SourceFile;

/// An upstream image, and the specs that stand on it by one and the same text.
#[derive(Debug)]
pub struct BaseImage {
    /// The reference, every template and build arg filled in.
    pub reference: String,
    /// The same image at its home, where that is another registry's.
    home: String,
    /// Who stands on it, in order; never empty.
    pub specs: Vec<SpecId>,
    /// For which platforms each of these takes it.
    platforms: Vec<Vec<Arc<str>>>,
    at: At,
}

/// The text that names a base.
#[derive(Debug)]
enum At {
    /// `from` of the matrix.
    From(Range<usize>),
    /// FROM, `COPY --from` or a mount in a Dockerfile of the user's.
    Dockerfile(Arc<SourceFile>, Range<usize>, NamedBy),
}

impl BaseImage {
    /// The reference at the image's home, taken apart.
    pub fn parts(&self) -> Parts<'_> {
        Parts::of(&self.home)
    }

    /// The key or instruction that names it, for people.
    pub fn word(&self) -> &'static str {
        match &self.at {
            At::From(_) => "`from`",
            At::Dockerfile(_, _, NamedBy::From) => "`FROM`",
            At::Dockerfile(_, _, NamedBy::Copy) => "`COPY --from`",
            At::Dockerfile(_, _, NamedBy::Mount) => "`RUN --mount`",
        }
    }

    /// The platforms for which a spec takes it: not each that the spec is built for, where stages choose.
    pub fn platforms(&self, id: SpecId) -> &[Arc<str>] {
        let index = self.specs.binary_search(&id);
        index.map_or(&[], |index| &self.platforms[index])
    }

    /// The text that names it.
    pub fn place(&self, cx: &Context<'_>, label: impl Into<String>) -> Place {
        match &self.at {
            At::From(span) => cx.place(span.clone(), label),
            At::Dockerfile(file, span, _) => Place::span(file, span.clone(), label),
        }
    }

    /// Whether the text that names it may vary with an axis.
    pub fn follows(&self, cx: &Context<'_>, axis: AxisId) -> bool {
        let word = &cx.config.axis(axis).word;
        let reads = |field: &Field| cx.config.fields.reads(field, word);
        let merged = &cx.matrix.spec(self.specs[0]).merged;
        match &self.at {
            At::From(_) => merged.from.as_ref().is_some_and(reads),
            At::Dockerfile(..) => {
                merged.dockerfile.iter().any(reads) || merged.args.values().any(reads)
            }
        }
    }

    /// What makes it this base: the value of an axis that is, or has as an attribute, one of `words` or the whole
    /// reference; else the text that names it.
    pub fn cause(&self, cx: &Context<'_>, words: &[&str], label: impl Into<String>) -> Place {
        let spec = cx.matrix.spec(self.specs[0]);
        let means = |text: &str| text == self.reference || words.contains(&text);
        let found = spec.cell.iter().find(|(axis, value)| {
            let value = &cx.config.axis(*axis).values[*value];
            let said = [Some(&value.text), value.version_text.as_ref()];
            let mut said = said.into_iter().flatten().chain(value.attributes.values());
            said.any(|text| means(text)) && self.follows(cx, *axis)
        });
        match found {
            Some((axis, value)) => cx.place(cx.config.axis(axis).values[value].span.clone(), label),
            None => self.place(cx, label),
        }
    }
}

/// A base that cannot be told from the Dockerfile, and the specs that stand on it.
#[derive(Debug)]
pub struct UnclearBase {
    /// Why.
    pub why: String,
    /// Who stands on it; never empty.
    pub specs: Vec<SpecId>,
    /// The file that names it.
    pub file: Arc<SourceFile>,
    /// Where.
    pub span: Range<usize>,
}

/// Every upstream image, by the text that names it, in the order of the specs; and those that cannot be told.
pub fn bases(cx: &Context<'_>) -> (Vec<BaseImage>, Vec<UnclearBase>) {
    let mut found = Found {
        mirrors: &cx.config.mirrors,
        bases: Vec::new(),
        unclear: Vec::new(),
        known: HashMap::new(),
    };
    for (index, spec) in cx.matrix.specs.iter().enumerate() {
        if let (Some(base), Some(from)) = (&spec.base, &spec.merged.from) {
            let at = || At::From(from.span.clone());
            let platforms = spec.platforms.iter().map(|p| p.as_str());
            found.add(SpecId(index), ("", from.span.start), base, platforms, at);
        }
    }
    let mut made: Option<HashSet<&str>> = None;
    for cooked in cx.cooked() {
        for (platform, build) in cx.builds(&cooked) {
            let Ok(build) = &*build else { continue };
            for named in build.named() {
                let base = match named.source {
                    Source::Image(base) => base,
                    Source::Unknown(unknown) => {
                        found.unclear(&cooked, named.span, unknown.to_string());
                        continue;
                    }
                    _ => continue,
                };
                let declared = cooked.spec.base.as_ref();
                let declared = declared.is_some_and(|b| full(b) == full(base));
                let made = made.get_or_insert_with(|| {
                    let all = cx.matrix.specs.iter().flat_map(|s| s.repositories.iter());
                    all.map(|r| Parts::of(r).path).collect()
                });
                if declared || made.contains(Parts::of(base).path) {
                    continue;
                }
                let file = &cooked.recipe.file;
                let at = || At::Dockerfile(file.clone(), named.span.clone(), named.by);
                // A template says it once, whatever it is rendered for.
                let place = match cooked.recipe.own {
                    true => (cooked.rendered.dockerfile.as_str(), named.span.start),
                    false => ("", usize::MAX),
                };
                let on = named.platform.known().unwrap_or(&platform);
                found.add(cooked.id, place, base, [on], at);
            }
        }
    }
    (found.bases, found.unclear)
}

/// Bases so far, and where each is among them, by the place of its text and what it comes to.
struct Found<'a> {
    mirrors: &'a Mirrors,
    bases: Vec<BaseImage>,
    unclear: Vec<UnclearBase>,
    known: HashMap<(&'a str, usize), HashMap<String, usize>>,
}

impl<'a> Found<'a> {
    fn add<'p>(
        &mut self,
        id: SpecId,
        place: (&'a str, usize),
        reference: &str,
        platforms: impl IntoIterator<Item = &'p str>,
        at: impl FnOnce() -> At,
    ) {
        let here = self.known.entry(place).or_default();
        let index = *here.entry(reference.to_owned()).or_insert_with(|| {
            self.bases.push(BaseImage {
                reference: reference.to_owned(),
                home: self.mirrors.home(reference).into_owned(),
                specs: Vec::new(),
                platforms: Vec::new(),
                at: at(),
            });
            self.bases.len() - 1
        });
        let base = &mut self.bases[index];
        if base.specs.last() != Some(&id) {
            base.specs.push(id);
            base.platforms.push(Vec::new());
        }
        if let Some(known) = base.platforms.last_mut() {
            for platform in platforms {
                if known.iter().all(|known| **known != *platform) {
                    known.push(platform.into());
                }
            }
        }
    }

    fn unclear(&mut self, cooked: &Cooked<'_>, span: Range<usize>, why: String) {
        let file = &cooked.recipe.file;
        let own = cooked.recipe.own;
        let same = |one: &&mut UnclearBase| {
            one.why == why && (!own || (one.file.path == file.path && one.span == span))
        };
        match self.unclear.iter_mut().find(same) {
            Some(known) if known.specs.last() == Some(&cooked.id) => {}
            Some(known) => known.specs.push(cooked.id),
            None => self.unclear.push(UnclearBase {
                why,
                specs: vec![cooked.id],
                file: file.clone(),
                span,
            }),
        }
    }
}

/// The CUDA version of a spec, as it is written: its value of the `cuda` axis, else that of the `nvidia/cuda` image at
/// the root of its lineage.
pub fn cuda_version<'a>(config: &'a Config, matrix: &'a Matrix, spec: &'a Spec) -> Option<&'a str> {
    let axis = config.axes.iter().position(|a| &*a.name == "cuda");
    if let Some(value) = axis.and_then(|a| spec.cell.get(AxisId(a)).map(|v| (a, v))) {
        let value = &config.axes[value.0].values[value.1];
        let text = value.version_text.as_ref().unwrap_or(&value.text);
        return Version::parse(text).map(|_| &**text);
    }
    let mut root = spec;
    while let Some(parent) = root.parent {
        root = matrix.spec(parent);
    }
    let base = root.base.as_deref()?;
    let cuda = config.mirrors.is_hub(base, "nvidia/cuda");
    let version = Parts::of(base).tag.filter(|_| cuda)?;
    let version = version.split('-').next()?;
    Version::parse(version).map(|_| version)
}
