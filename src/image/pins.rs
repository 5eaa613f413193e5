//! Upstream images that Dockerfiles of the user's name, and the named build contexts by which each is taken at its locked
//! digest while the file stays as it is.
//!
//! Builders look a named context up by what stands behind FROM once args are filled in, in its familiar form. A name that
//! a stage of the file has would take the place of the stage; such an image cannot be pinned this way.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::{Dockerfile, Source, other_frontend};
use crate::grammar::reference::{Parts, full};
use crate::grammar::{Pairs, Platform, familiar};
use crate::image::{Digest, Matrix, RenderedSpec, Spec};

/// An image that is named in what is built of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// What it comes to; a reason where that cannot be told, or cannot be pinned.
    pub reference: Result<String, String>,
    /// Where the Dockerfile names it.
    pub span: Range<usize>,
    /// The platforms that it is taken for, where they can be told.
    pub platforms: Vec<Platform>,
}

/// Dockerfiles that were read, by their path.
#[derive(Debug, Default)]
pub struct Read(HashMap<String, Option<Arc<Dockerfile>>>);

impl Read {
    /// The Dockerfile of a spec; `None` where it cannot be read.
    pub(super) fn of(&mut self, rendered: &RenderedSpec) -> Option<Arc<Dockerfile>> {
        match rendered.dockerfile_text() {
            "" => None,
            // One that is rendered is of one spec alone.
            text if rendered.rendered.is_some() => Dockerfile::parse(text).ok().map(Arc::new),
            text => self.file(&rendered.dockerfile, text),
        }
    }

    /// The images of others that the Dockerfile of a spec names without a digest, on any of its platforms, once each; none
    /// where a shipped template renders it, which takes the spec's base alone.
    pub fn upstream(
        &mut self,
        matrix: &Matrix,
        spec: &Spec,
        rendered: &RenderedSpec,
    ) -> Vec<Upstream> {
        let shipped = rendered.rendered.is_some() && spec.merged.template.is_none();
        if shipped {
            return Vec::new();
        }
        let Some(file) = self.of(rendered) else {
            return Vec::new();
        };
        let made: BTreeSet<&str> = repositories(matrix);
        let mut found: BTreeMap<(usize, usize, Result<String, String>), BTreeSet<Platform>> =
            BTreeMap::new();
        for platform in &spec.platforms {
            let build = file.evaluate(&rendered.request(platform));
            let Ok(build) = build else { continue };
            for named in build.named() {
                let reference = match named.source {
                    Source::Image(image) if image.contains('@') => continue,
                    Source::Image(image) if made.contains(Parts::of(image).path) => continue,
                    Source::Image(image) => pinnable(&file, image),
                    Source::Unknown(why) => Err(why.to_string()),
                    _ => continue,
                };
                let key = (named.span.start, named.span.end, reference);
                let platforms = found.entry(key).or_default();
                platforms.extend(named.platform.known().and_then(Platform::parse));
            }
        }
        let found = found.into_iter();
        found
            .map(|((start, end, reference), platforms)| Upstream {
                reference,
                span: start..end,
                platforms: platforms.into_iter().collect(),
            })
            .collect()
    }
}

impl Read {
    /// The file by its path and text, read once.
    fn file(&mut self, path: &str, text: &str) -> Option<Arc<Dockerfile>> {
        let parse = || Dockerfile::parse(text).ok().map(Arc::new);
        let known = self.0.entry(path.to_owned());
        known.or_insert_with(parse).clone()
    }

    /// Whether a Dockerfile of the user's declares an arg.
    pub fn declares(&mut self, path: &str, text: &str, name: &str) -> bool {
        let file = self.file(path, text);
        file.is_some_and(|file| file.declared().contains(name))
    }
}

/// What the image of a Dockerfile stands on, with the platforms for which it does: a reference, or the
/// reason why that cannot be told. Empty where the file cannot be read.
pub fn stands_on(
    spec: &Spec,
    rendered: &RenderedSpec,
) -> Vec<(Result<String, String>, Vec<Platform>)> {
    let mut found: Vec<(Result<String, String>, Vec<Platform>)> = Vec::new();
    let text = rendered.dockerfile_text();
    if other_frontend(text).is_some() {
        return found;
    }
    let Ok(file) = Dockerfile::parse(text) else {
        return found;
    };
    for platform in &spec.platforms {
        let build = file.evaluate(&rendered.request(platform));
        let Ok(build) = build else { return Vec::new() };
        let mut at = build.target;
        while let Source::Stage(below) = build.standings[at].base {
            at = below;
        }
        let base = match &build.standings[at].base {
            Source::Image(image) => Ok(image.to_string()),
            Source::Scratch => Ok("scratch".to_owned()),
            Source::Unknown(why) => Err(why.to_string()),
            Source::Stage(_) | Source::Context => continue,
        };
        let base = base.map(|base| match rendered.pins.get(&familiar(&base)) {
            Some(pinned) => match pinned.split_once('@') {
                Some((_, digest)) => format!("{base}@{digest}"),
                None => base,
            },
            None => base,
        });
        match found.iter_mut().find(|(known, _)| *known == base) {
            Some((_, platforms)) => platforms.push(platform.clone()),
            None => found.push((base, vec![platform.clone()])),
        }
    }
    found
}

/// The paths of what the matrix makes itself.
fn repositories(matrix: &Matrix) -> BTreeSet<&str> {
    let all = matrix.specs.iter().flat_map(|s| s.repositories.iter());
    all.map(|repository| Parts::of(repository).path).collect()
}

fn pinnable(file: &Dockerfile, image: &str) -> Result<String, String> {
    let key = familiar(image).to_lowercase();
    let mut names = file.stages.iter().filter_map(|s| s.name.as_deref());
    if names.any(|name| name == key) {
        return Err(format!("a stage of the file is called `{key}`, too"));
    }
    Ok(image.to_owned())
}

/// The named contexts for images of a Dockerfile whose digests are locked, by the names that builders look up.
pub fn contexts(upstream: &[Upstream], locked: &BTreeMap<String, Digest>) -> Pairs<String, String> {
    let mut contexts = BTreeMap::new();
    for image in upstream.iter().filter_map(|u| u.reference.as_ref().ok()) {
        let whole = full(image);
        if let Some(digest) = locked.get(&whole) {
            contexts.insert(familiar(image), format!("{whole}@{digest}"));
        }
    }
    contexts.into_iter().collect()
}
