//! The upstream images that specs stand on, and what in the matrix they come from.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::check::Context;
use crate::check::dockerfile::Cooked;
use crate::check::strays::{Stray, Strays};
use crate::check::tag_words;
use crate::config::Config;
use crate::diagnostic::Place;
use crate::dockerfile::{NamedBy, Source};
use crate::grammar::Version;
use crate::grammar::reference::{Parts, full};
use crate::grammar::{Mirrors, SpecId};
use crate::image::{Matrix, Spec};
use crate::matrix::AxisId;
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
    /// Whether it is at the root of the image of each of these, and not only of a stage that helps to make it.
    roots: Vec<bool>,
    at: At,
}

/// The text that names a base.
#[derive(Debug)]
enum At {
    /// `from` of the matrix.
    From(Range<usize>),
    /// FROM, `COPY --from` or a mount in a Dockerfile of the user's, and the args that it reads.
    Dockerfile(Arc<SourceFile>, Range<usize>, NamedBy, Vec<Arc<str>>),
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
            At::Dockerfile(_, _, NamedBy::From, _) => "`FROM`",
            At::Dockerfile(_, _, NamedBy::Copy, _) => "`COPY --from`",
            At::Dockerfile(_, _, NamedBy::Mount, _) => "`RUN --mount`",
        }
    }

    /// The platforms for which a spec takes it: not each that the spec is built for, where stages choose.
    pub fn platforms(&self, id: SpecId) -> &[Arc<str>] {
        let index = self.specs.binary_search(&id);
        index.map_or(&[], |index| &self.platforms[index])
    }

    /// Whether the image of a spec stands on it, on any platform.
    pub fn is_root_of(&self, id: SpecId) -> bool {
        let index = self.specs.binary_search(&id);
        index.is_ok_and(|index| self.roots[index])
    }

    /// The text that names it.
    pub fn place(&self, cx: &Context<'_>, label: impl Into<String>) -> Place {
        match &self.at {
            At::From(span) => cx.place(span.clone(), label),
            At::Dockerfile(file, span, _, _) => Place::span(file, span.clone(), label),
        }
    }

    /// Whether the text that names it may vary with an axis.
    pub fn follows(&self, cx: &Context<'_>, axis: AxisId) -> bool {
        let word = &cx.config.axis(axis).word;
        let reads = |field: &Field| cx.config.fields.reads(field, word);
        let merged = &cx.matrix.spec(self.specs[0]).merged;
        match &self.at {
            At::From(_) => merged.from.as_ref().is_some_and(reads),
            At::Dockerfile(_, _, _, args) => {
                let args = args.iter().filter_map(|name| merged.args.get(name));
                merged.dockerfile.iter().chain(args).any(reads)
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
            let mut said = said
                .into_iter()
                .flatten()
                .chain(value.attributes.values().map(|a| &a.text));
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

/// What specs stand on, and take from.
#[derive(Debug)]
pub struct Bases {
    /// Every upstream image, by the text that names it, in the order of the specs.
    pub images: Vec<BaseImage>,
    /// Images of the matrix's own that Dockerfiles name, and that their specs are not told to stand on.
    pub own: Vec<BaseImage>,
    /// Those that cannot be told.
    pub unclear: Vec<UnclearBase>,
    /// Names of stages that are not there.
    pub strays: Vec<Stray>,
}

/// Goes through `from` of every spec and through what is built of Dockerfiles with a text of the user's.
pub(super) fn bases(cx: &Context<'_>) -> Bases {
    let mut found = Found::new(cx);
    let mut own = Found::new(cx);
    for (index, spec) in cx.matrix.specs.iter().enumerate() {
        if let (Some(base), Some(from)) = (&spec.base, &spec.merged.from) {
            let at = || At::From(from.span.clone());
            let platforms = spec.platforms.iter().map(|p| p.as_str());
            let place = ("", from.span.start);
            found.add(SpecId(index), place, base, platforms, true, at);
        }
    }
    let mut strays = Strays::default();
    // By spec, whether its own Dockerfile stands on what is declared, on any platform.
    let mut declared_roots: HashMap<SpecId, bool> = HashMap::new();
    let mut made: Option<HashSet<&str>> = None;
    for cooked in cx.cooked() {
        for (platform, build) in cx.builds(&cooked).iter() {
            let Ok(build) = &**build else { continue };
            let root = build.lineage().last().copied().unwrap_or(build.target);
            let on_declared = match &build.standings[root].base {
                Source::Image(base) => {
                    let declared = cooked.spec.base.as_ref();
                    declared.is_some_and(|declared| full(declared) == full(base))
                }
                Source::Unknown(_) => true,
                _ => false,
            };
            *declared_roots.entry(cooked.id).or_default() |= on_declared;
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
                let made = made.contains(Parts::of(base).path);
                if declared || (made && stands_on(cx, &cooked, base)) {
                    continue;
                }
                if !made && strays.take(&cooked, &named, base, platform) {
                    continue;
                }
                let file = &cooked.recipe.file;
                let from = named.by == NamedBy::From;
                let at = || {
                    let reads = match from {
                        true => build.read_by_from(named.stage),
                        false => Vec::new(),
                    };
                    At::Dockerfile(file.clone(), named.span.clone(), named.by, reads)
                };
                // A template says it once, whatever it is rendered for.
                let place = match cooked.recipe.own {
                    true => (cooked.rendered.dockerfile.as_str(), named.span.start),
                    false => ("", usize::MAX),
                };
                let on = named.platform.known().unwrap_or(platform);
                let root = from && named.stage == root;
                let list = if made { &mut own } else { &mut found };
                list.add(cooked.id, place, base, [on], root, at);
            }
        }
    }
    let declared = |base: &&mut BaseImage| matches!(base.at, At::From(_));
    for base in found.bases.iter_mut().filter(declared) {
        for (id, root) in base.specs.iter().zip(&mut base.roots) {
            *root = declared_roots.get(id).copied().unwrap_or(true);
        }
    }
    Bases {
        images: found.bases,
        own: own.bases,
        unclear: found.unclear,
        strays: strays.done(),
    }
}

/// Whether a spec is told to stand on that image of the matrix's own: its parent's or a need's, by its content or a
/// reference of this release.
fn stands_on(cx: &Context<'_>, cooked: &Cooked<'_>, base: &str) -> bool {
    let home = |reference: &str| full(&cx.config.mirrors.home(reference));
    let wanted = home(base.split_once('@').map_or(base, |(name, _)| name));
    cooked.spec.stands_on().any(|id| {
        let below = cx.matrix.spec(id);
        let content = cx.contents.reference(below, id);
        let mut names = below.references().into_iter().chain([content]);
        names.any(|name| home(&name) == wanted)
    })
}

/// Bases so far, and where each is among them, by the place of its text and what it comes to.
struct Found<'a> {
    mirrors: &'a Mirrors,
    bases: Vec<BaseImage>,
    unclear: Vec<UnclearBase>,
    known: HashMap<(&'a str, usize), HashMap<String, usize>>,
}

impl<'a> Found<'a> {
    fn new(cx: &Context<'a>) -> Self {
        Found {
            mirrors: &cx.config.mirrors,
            bases: Vec::new(),
            unclear: Vec::new(),
            known: HashMap::new(),
        }
    }

    fn add<'p>(
        &mut self,
        id: SpecId,
        place: (&'a str, usize),
        reference: &str,
        platforms: impl IntoIterator<Item = &'p str>,
        root: bool,
        at: impl FnOnce() -> At,
    ) {
        let here = self.known.entry(place).or_default();
        let index = *here.entry(reference.to_owned()).or_insert_with(|| {
            self.bases.push(BaseImage {
                reference: reference.to_owned(),
                home: self.mirrors.home(reference).into_owned(),
                specs: Vec::new(),
                platforms: Vec::new(),
                roots: Vec::new(),
                at: at(),
            });
            self.bases.len() - 1
        });
        let base = &mut self.bases[index];
        if base.specs.last() != Some(&id) {
            base.specs.push(id);
            base.platforms.push(Vec::new());
            base.roots.push(false);
        }
        if let Some(known) = base.roots.last_mut() {
            *known |= root;
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

/// The CUDA version of a spec, as it is written: its value of the `cuda` axis, else what the image at the root of its
/// lineage says, as far as the matrix tells.
pub fn cuda_version(config: &Config, matrix: &Matrix, spec: &Spec) -> Option<String> {
    match cuda_of_axis(config, spec) {
        Some(said) => said,
        None => cuda_said(&config.mirrors, matrix.spec(spec.root).base.as_deref()?),
    }
}

/// The CUDA version of a spec, as [`cuda_version`] tells it, and where its Dockerfile holds a text of the user's, what
/// that stands on.
pub fn cuda_built(cx: &Context<'_>, id: SpecId) -> Option<String> {
    let spec = cx.matrix.spec(id);
    if let Some(said) = cuda_of_axis(cx.config, spec) {
        return said;
    }
    let Some(cooked) = cx.cooked_of(spec.root) else {
        return cuda_version(cx.config, cx.matrix, spec);
    };
    let builds = cx.builds(&cooked);
    let said = builds.iter().map(|(_, build)| {
        let build = (**build).as_ref().ok()?;
        let root = build.lineage().last().copied()?;
        match &build.standings[root].base {
            Source::Image(base) => cuda_said(&cx.config.mirrors, base),
            _ => None,
        }
    });
    let said: HashSet<Option<String>> = said.collect();
    let mut said = said.into_iter();
    // Where platforms differ it is none of them.
    said.next().flatten().filter(|_| said.next().is_none())
}

/// What the `cuda` axis says of a spec that has it; of a value that is no version, nothing.
fn cuda_of_axis(config: &Config, spec: &Spec) -> Option<Option<String>> {
    let axis = config.cuda()?;
    let value = &config.axis(axis).values[spec.cell.get(axis)?];
    let text = value.version_text.as_ref().unwrap_or(&value.text);
    Some(Version::parse(text).map(|_| text.to_string()))
}

/// The CUDA version that the tag of an image states: `nvidia/cuda` with its first word, others with a word for it. Of
/// several none is.
pub fn cuda_said(mirrors: &Mirrors, reference: &str) -> Option<String> {
    let home = mirrors.home(reference);
    let parts = Parts::of(&home);
    let tag = parts.tag?;
    let said = match parts.is_hub("nvidia/cuda") {
        true => tag
            .split('-')
            .next()
            .map(str::to_owned)
            .into_iter()
            .collect(),
        false => tag_words::cuda(tag),
    };
    match &said[..] {
        [only] => Version::parse(only).map(|_| only.clone()),
        _ => None,
    }
}
