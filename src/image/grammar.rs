//! Whether what a spec is called, and what it stands on, follows the grammar; and whether two are called alike.

use rustc_hash::FxHashMap;

use crate::config::{Config, Image};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::grammar::reference::{
    MAX_REPOSITORY, Parts, base_fault, full, given_tag_fault, mend_reference, path_fault,
};
use crate::image::Spec;
use crate::image::resolve::Reported;
use crate::image::spec::Alias;
use crate::matrix::ImageId;

pub(super) fn grammar(
    config: &Config,
    image: &Image,
    spec: &Spec,
    faults: &mut Reported,
    sink: &mut Sink,
) -> bool {
    let mut good = true;
    if let Some(fault) = path_fault(&spec.name) {
        let span = spec
            .merged
            .name
            .as_ref()
            .map_or(image.span.clone(), |f| f.span.clone());
        let finding = Finding::new(
            &code::INVALID_REFERENCE,
            format!("`{}` is not a repository name", spec.name),
            config.place(span.clone(), fault),
        )
        .help(mend_reference(&spec.name, path_fault))
        .note(format!("for {}", spec.describe(config)));
        faults.push(sink, finding, &span);
        good = false;
    }
    if let Some(tag) = &spec.tag
        && let Some(fault) = given_tag_fault(tag)
    {
        let span = spec
            .merged
            .tag
            .as_ref()
            .map_or(image.span.clone(), |f| f.span.clone());
        let finding = Finding::new(
            &code::INVALID_REFERENCE,
            format!("`{tag}` is not a tag"),
            config.place(span.clone(), fault),
        )
        .help(mend_reference(tag, given_tag_fault))
        .note(format!("for {}", spec.describe(config)));
        faults.push(sink, finding, &span);
        good = false;
    }
    let base = spec.base.as_deref().zip(spec.merged.from.as_ref());
    if let Some((base, field)) = base
        && let Some(fault) = base_fault(base)
    {
        let finding = Finding::new(
            &code::INVALID_REFERENCE,
            format!("`{}` is not an image to stand on", base.escape_debug()),
            config.place(field.span.clone(), fault),
        )
        .note(format!("for {}", spec.describe(config)))
        .help(match base.split_once("://") {
            Some((_, bare)) => format!("write `{bare}`"),
            None => "write it as for `docker pull`: `host/name:tag`".to_owned(),
        });
        faults.push(sink, finding, &field.span);
        good = false;
    }
    if let Some(long) = spec.repositories.iter().find(|r| r.len() > MAX_REPOSITORY) {
        let finding = Finding::new(
            &code::INVALID_REFERENCE,
            format!(
                "the repository name of `{}` has {} characters",
                image.key,
                long.len()
            ),
            config.place(
                image.span.clone(),
                format!("at most {MAX_REPOSITORY}, host included"),
            ),
        )
        .help("shorten `name`, or the `prefix` of the registry");
        faults.push(sink, finding, &image.span);
        good = false;
    }
    good
}

/// An image of others is not one of this matrix, nor two of them by one name.
pub(super) fn described(config: &Config, specs: &[Spec], aliases: &[Alias], sink: &mut Sink) {
    if config.described.is_empty() {
        return;
    }
    let mut known: FxHashMap<String, Place> = FxHashMap::default();
    for spec in specs {
        let image = &config.images[spec.image.0];
        for reference in spec.references() {
            let place = config.place(image.span.clone(), "built here");
            known.insert(full(&reference), place);
        }
    }
    for alias in aliases {
        let spec = &specs[alias.spec.0];
        for repository in &*spec.repositories {
            let image = &config.images[spec.image.0];
            let place = config.place(image.span.clone(), "built here, and called so by an alias");
            known.insert(full(&format!("{repository}:{}", alias.tag)), place);
        }
    }
    for image in &config.described {
        let place = config.place(image.span.clone(), "described as one of others");
        // What a digest pins is still called by its tag.
        let called = match image.reference.split_once('@') {
            Some((called, _)) if Parts::of(called).tag.is_some() => called,
            _ => &image.reference,
        };
        if let Some(other) = known.insert(full(called), place.clone()) {
            let headline = format!("`{}` is described, and is another image", image.reference);
            let finding = Finding::new(&code::DUPLICATE_REFERENCE, headline, place);
            sink.push(
                finding
                    .related(other)
                    .help("correct the reference, or delete the description"),
            );
        }
    }
}

/// Two specs with one reference: the second push would overwrite the first.
pub(super) fn duplicates(config: &Config, specs: &[Spec], sink: &mut Sink) {
    let mut seen: FxHashMap<(&str, &str), usize> =
        FxHashMap::with_capacity_and_hasher(specs.len(), Default::default());
    let mut reported: std::collections::BTreeSet<(ImageId, ImageId)> = Default::default();
    let tagged = specs.iter().enumerate();
    let tagged = tagged.filter_map(|(index, spec)| Some((index, spec, spec.tag.as_ref()?)));
    for (index, spec, tag) in tagged {
        for repository in &*spec.repositories {
            let Some(first) = seen.insert((repository, tag), index) else {
                continue;
            };
            let other = &specs[first];
            if first == index || !reported.insert((other.image, spec.image)) {
                continue;
            }
            let image = &config.images[spec.image.0];
            let span = |s: &Spec| {
                let field = s.merged.tag.as_ref().or(s.merged.name.as_ref());
                field.map_or(config.images[s.image.0].span.clone(), |f| f.span.clone())
            };
            let mut finding = Finding::new(
                &code::DUPLICATE_REFERENCE,
                format!("two specs are `{repository}:{tag}`"),
                config.place(span(spec), format!("for {}", spec.describe(config))),
            );
            if other.image == spec.image {
                finding = finding.note(format!("and for {}", other.describe(config)));
            } else {
                finding = finding.related(
                    config.place(span(other), format!("and for {}", other.describe(config))),
                );
            }
            let differ: Vec<String> = spec
                .cell
                .iter()
                .filter(|(axis, value)| other.cell.get(*axis) != Some(*value))
                .map(|(axis, _)| format!("`{{{{ {} }}}}`", config.axis(axis).word))
                .collect();
            finding = if differ.is_empty() {
                finding.help(format!("give image `{}` another `name`", image.key))
            } else {
                finding.help(format!("print {} in `tag` or `name`", differ.join(" or ")))
            };
            sink.push(finding);
        }
    }
}
