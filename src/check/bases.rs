//! The upstream images that specs stand on, and what in the matrix they come from.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::check::Context;
use crate::check::dockerfile::{built_stages, expand, from_args};
use crate::config::Config;
use crate::diagnostic::Place;
use crate::image::reference::{Parts, base_fault, full};
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
    /// Who stands on it; never empty.
    pub specs: Vec<SpecId>,
    at: At,
}

/// The text that names a base.
#[derive(Debug)]
enum At {
    /// `from` of the matrix.
    From(Range<usize>),
    /// FROM of a Dockerfile of the user's.
    Dockerfile(Arc<SourceFile>, Range<usize>),
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
            At::Dockerfile(..) => "`FROM`",
        }
    }

    /// The text that names it.
    pub fn place(&self, cx: &Context<'_>, label: impl Into<String>) -> Place {
        match &self.at {
            At::From(span) => cx.place(span.clone(), label),
            At::Dockerfile(file, span) => Place::span(file, span.clone(), label),
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

/// Every upstream image, by the text that names it, in the order of the specs.
pub fn bases(cx: &Context<'_>) -> Vec<BaseImage> {
    let mut found = Found {
        mirrors: &cx.config.mirrors,
        bases: Vec::new(),
        known: HashMap::new(),
    };
    for (index, spec) in cx.matrix.specs.iter().enumerate() {
        if let (Some(base), Some(from)) = (&spec.base, &spec.merged.from) {
            let at = || At::From(from.span.clone());
            found.add(SpecId(index), ("", from.span.start), base, at);
        }
    }
    let mut made: Option<HashSet<&str>> = None;
    let mut parsed = HashMap::new();
    for own in cx.own_dockerfiles() {
        let dockerfile = parsed
            .entry(&own.file.path)
            .or_insert_with(|| parse_dockerfile::parse(&own.file.text).ok());
        let Some(dockerfile) = dockerfile else {
            continue;
        };
        let made = made.get_or_insert_with(|| {
            let all = cx.matrix.specs.iter().flat_map(|s| s.repositories.iter());
            all.map(|r| Parts::of(r).path).collect()
        });
        let args = from_args(dockerfile, &own.rendered.args);
        let stages: HashSet<String> = dockerfile
            .stages()
            .filter_map(|s| Some(s.from.as_.as_ref()?.1.value.to_ascii_lowercase()))
            .collect();
        for stage in built_stages(dockerfile, own.rendered.target.as_deref()) {
            let written = &stage.from.image;
            let base = expand(&written.value, &args);
            let declared = own
                .spec
                .base
                .as_ref()
                .is_some_and(|b| full(b) == full(&base));
            let elsewhere = declared
                || base == "scratch"
                || base_fault(&base).is_some()
                || stages.contains(&base.to_ascii_lowercase())
                || made.contains(Parts::of(&base).path);
            if !elsewhere {
                let at = || At::Dockerfile(own.file.clone(), written.span.clone());
                found.add(own.id, (&own.file.path, written.span.start), &base, at);
            }
        }
    }
    found.bases
}

/// Bases so far, and where each is among them, by the place of its text and what it comes to.
struct Found<'a> {
    mirrors: &'a Mirrors,
    bases: Vec<BaseImage>,
    known: HashMap<(&'a str, usize), HashMap<String, usize>>,
}

impl<'a> Found<'a> {
    fn add(
        &mut self,
        id: SpecId,
        place: (&'a str, usize),
        reference: &str,
        at: impl FnOnce() -> At,
    ) {
        let here = self.known.entry(place).or_default();
        if let Some(index) = here.get(reference) {
            self.bases[*index].specs.push(id);
            return;
        }
        here.insert(reference.to_owned(), self.bases.len());
        self.bases.push(BaseImage {
            reference: reference.to_owned(),
            home: self.mirrors.home(reference).into_owned(),
            specs: vec![id],
            at: at(),
        });
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
