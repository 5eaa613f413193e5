//! Lines of releases: which of them an alias is of.

use std::borrow::Cow;

use crate::config::{Config, Release};
use crate::grammar::release::ReleaseVersion;
use crate::image::Spec;
use crate::image::resolve::scope;
use crate::render::Field;

/// The line to which `tag`, that `field` renders for `spec`, belongs: as many first numbers of the release as it changes
/// with. `4` of `{{ release.major }}`, `4.15` of `{{ release.series }}`; the version where it changes with all of them, and
/// `None` where it is an alias of whichever release is the newest.
pub(super) fn line(config: &Config, field: &Field, spec: &Spec, tag: &str) -> Option<String> {
    let release = config.release.as_ref()?;
    if !config.fields.reads(field, "release") {
        return None;
    }
    let parts = release.read.parts();
    let differs = |version: &ReleaseVersion| {
        let seen = config.object_at(release, version);
        let scope = scope(
            config,
            &config.images[spec.image.0],
            &spec.cell,
            seen.as_ref(),
        );
        // Where it cannot be rendered it is no alias of that release.
        let rendered = config.fields.render(field, &scope);
        rendered.map_or(true, |other: Cow<'_, str>| other != tag)
    };
    let changes_with = |place: &usize| {
        let mut beside = beside(release, &parts, *place).peekable();
        beside.peek().is_some() && beside.all(|version| differs(&version))
    };
    let count = (0..parts.len()).take_while(changes_with).count();
    match count {
        0 => None,
        _ if count == parts.len() => Some(release.version.clone()),
        _ => Some(parts[..count].join(".")),
    }
}

/// The versions with one number of the release one higher and one lower, as far as there are such in its scheme.
fn beside<'a>(
    release: &'a Release,
    parts: &'a [&str],
    place: usize,
) -> impl Iterator<Item = ReleaseVersion> + 'a {
    let number: Option<u64> = parts[place].parse().ok();
    let others = [
        number.and_then(|n| n.checked_add(1)),
        number.and_then(|n| n.checked_sub(1)),
    ];
    others.into_iter().flatten().filter_map(move |other| {
        let mut parts: Vec<Cow<'_, str>> = parts.iter().map(|part| Cow::Borrowed(*part)).collect();
        // With the padding of `26.06`.
        let width = parts[place].len();
        parts[place] = format!("{other:0width$}").into();
        ReleaseVersion::parse(release.read.scheme(), &parts.join(".")).ok()
    })
}
