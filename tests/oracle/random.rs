//! Random matrices that keep to §4 and use every definition of it. Most have a plan; some contradict themselves,
//! and the oracle knows which.

mod axes;
mod images;
mod terms;

use toml::{Table, Value as Toml};

use crate::oracle::draw::Draw;
use axes::AxisModel;
use images::{ImageModel, Setting};
pub(super) use terms::as_text;

const REGISTRIES: [(&str, &str); 3] = [
    ("hub", "docker.io/acme"),
    ("ghcr", "ghcr.io/acme/images"),
    ("local", "localhost:5000"),
];

pub(super) fn matrix(seed: u64) -> Table {
    let draw = &mut Draw::new(seed);
    let mut file = Table::new();
    let release = release(draw);
    let mut axes = axes::axes(draw);
    let arch = axes.pop_if(|axis| axis.name == "arch");
    let registries = draw.some(&REGISTRIES, 0);
    let setting = Setting {
        sets: terms::sets(
            draw,
            &[axes.clone(), arch.clone().into_iter().collect()].concat(),
        ),
        registries: registries.iter().map(|(name, _)| *name).collect(),
        release: release.is_some(),
        default_base: draw.chance(20),
        default_args: draw.chance(40),
        default_apt: draw.chance(30),
        default_meta: draw.chance(25),
        default_axes: draw.chance(20).then(|| draw.some(&axes, 0)),
        axes,
        arch,
    };
    let mut images = images::images(draw, &setting);
    draw.shuffle(&mut images);

    file.extend(release.map(|release| ("release".to_string(), release.into())));
    let prefix = |prefix: &str| Table::from_iter([("prefix".to_string(), Toml::from(prefix))]);
    let registries = registries
        .iter()
        .map(|(name, at)| (name.to_string(), prefix(at).into()));
    put(&mut file, "registry", registries.collect::<Table>());
    let declared = setting
        .axes
        .iter()
        .chain(&setting.arch)
        .map(|axis| (axis.name.to_string(), axis.written.clone()));
    put(&mut file, "axis", declared.collect::<Table>());
    let sets = setting
        .sets
        .iter()
        .map(|set| (set.name.clone(), set.written.clone()));
    put(&mut file, "set", sets.collect::<Table>());
    let excludes = excludes(draw, &setting, &images);
    put_list(&mut file, "exclude", excludes);
    let keys: Vec<String> = images.iter().map(|image| image.key.clone()).collect();
    put(&mut file, "defaults", defaults(draw, &setting, &keys));
    let written = images
        .iter()
        .map(|image| (image.key.clone(), Toml::Table(image.written.clone())));
    put(&mut file, "image", written.collect::<Table>());
    if draw.chance(15) {
        put(&mut file, "described", described(draw, setting.release));
    }
    let aliases = (0..draw.below(4))
        .map(|_| alias(draw, &setting, &images))
        .collect();
    put_list(&mut file, "alias", aliases);
    file
}

fn put(file: &mut Table, key: &str, table: Table) {
    if !table.is_empty() {
        file.insert(key.into(), table.into());
    }
}

fn put_list(file: &mut Table, key: &str, list: Vec<Toml>) {
    if !list.is_empty() {
        file.insert(key.into(), list.into());
    }
}

/// Final mostly, a pre-release at times, seldom none at all.
fn release(draw: &mut Draw) -> Option<Table> {
    let (version, scheme) = *draw.pick(&[
        ("0.12.0", "semver"),
        ("1.2.3", "semver"),
        ("0.9.10", "pep440"),
        ("2025.11.1", "calver"),
        ("0.12.0", "semver"),
        ("0.13.0-rc.1", "semver"),
        ("0.9.1rc1", "pep440"),
        ("", ""),
    ]);
    if version.is_empty() {
        return None;
    }
    let mut release = Table::from_iter([("version".to_string(), Toml::from(version))]);
    release.insert("scheme".into(), scheme.into());
    release.insert(
        "tag".into(),
        (*draw.pick(&["v{{ version }}", "{{ version }}", "r-{{ version }}"])).into(),
    );
    Some(release)
}

fn excludes(draw: &mut Draw, setting: &Setting, images: &[ImageModel]) -> Vec<Toml> {
    let mut axes = setting.axes.clone();
    axes.extend(setting.arch.clone());
    let keys: Vec<String> = images.iter().map(|image| image.key.clone()).collect();
    let mut excludes = Vec::new();
    for _ in 0..draw.below(3) {
        if axes.is_empty() {
            break;
        }
        let mut matching = terms::narrow(draw, &axes, &setting.sets);
        if let Toml::Table(table) = &mut matching
            && draw.chance(35)
        {
            table.insert("image".into(), terms::image_term(draw, &keys));
        }
        let mut exclude = Table::from_iter([("match".to_string(), matching)]);
        exclude.insert("reason".into(), "not wanted".into());
        excludes.push(exclude.into());
    }
    excludes
}

fn defaults(draw: &mut Draw, setting: &Setting, keys: &[String]) -> Table {
    let mut defaults = Table::new();
    if setting.default_base {
        defaults.insert("from".into(), "debian:bookworm-slim".into());
    }
    if setting.default_args {
        let args = [
            ("SHARED".to_string(), Toml::from("by {{ image }}")),
            ("LAST".to_string(), Toml::from("1")),
        ];
        defaults.insert("args".into(), Table::from_iter(args).into());
    }
    if setting.default_apt {
        defaults.insert("apt".into(), vec!["curl"].into());
    }
    if setting.default_meta {
        let title = Table::from_iter([("title".to_string(), Toml::from("T {{ image }}"))]);
        defaults.insert("meta".into(), title.into());
    }
    if draw.chance(20) {
        defaults.insert("user".into(), "1000:1000".into());
    }
    if !setting.registries.is_empty() && draw.chance(20) {
        defaults.insert("registry".into(), draw.some(&setting.registries, 1).into());
    }
    if let Some(axes) = &setting.default_axes {
        let names = axes.iter().map(|axis| axis.name.into());
        defaults.insert("axes".into(), names.collect::<Vec<Toml>>().into());
    }
    let rows: Vec<Toml> = (0..draw.below(3))
        .filter_map(|_| default_row(draw, setting, keys))
        .collect();
    if !rows.is_empty() {
        defaults.insert("when".into(), rows.into());
    }
    defaults
}

/// Over any axes: an image that lacks one is passed by.
fn default_row(draw: &mut Draw, setting: &Setting, keys: &[String]) -> Option<Toml> {
    if setting.axes.is_empty() {
        return None;
    }
    let mut args = Table::new();
    args.insert(
        (*draw.pick(&["SHARED", "LAST", "ROW"])).into(),
        (*draw.pick(&["of a row", "{{ image }} in a row"])).into(),
    );
    let mut matching = if draw.chance(40) {
        // What it prints is an axis that it names, so that whoever lacks that never sees it.
        let axis = draw.pick(&setting.axes).clone();
        args.insert("PRINTS".into(), axis.part(draw).into());
        terms::keys(draw, &[axis], 1..2)
    } else {
        terms::selector(draw, &setting.axes, &setting.sets)
    };
    if let Toml::Table(table) = &mut matching
        && draw.chance(25)
    {
        table.insert("image".into(), terms::image_term(draw, keys));
    }
    let mut row = Table::from_iter([("match".to_string(), matching)]);
    row.insert("args".into(), args.into());
    if draw.chance(20) {
        row.insert("from".into(), "debian:row".into());
    }
    if draw.chance(30) {
        row.insert("apt".into(), vec!["jq"].into());
    }
    if !setting.registries.is_empty() && draw.chance(10) {
        row.insert("registry".into(), (*draw.pick(&setting.registries)).into());
    }
    Some(row.into())
}

/// Images of others.
fn described(draw: &mut Draw, release: bool) -> Table {
    let mut all = Table::new();
    for name in draw.some(&["theirs", "other-one"], 1) {
        let mut one = Table::new();
        let tag = if release && draw.chance(50) {
            "{{ release.version }}"
        } else {
            "1"
        };
        one.insert(
            "reference".into(),
            format!("quay.io/them/{name}:{tag}").into(),
        );
        if draw.chance(50) {
            one.insert(
                "meta".into(),
                Table::from_iter([("text".to_string(), Toml::from("theirs"))]).into(),
            );
        }
        all.insert(name.into(), one.into());
    }
    all
}

/// Prints some axes of one image, and leaves the rest to `match` and `newest`; careless at times.
fn alias(draw: &mut Draw, setting: &Setting, images: &[ImageModel]) -> Toml {
    let image = draw.pick(images).clone();
    let anyone = images.iter().all(|image| image.every_axis) && draw.chance(50);
    let mut matching = Table::new();
    if !anyone {
        matching.insert("image".into(), image.key.as_str().into());
    }
    let (mut printed, mut newest): (Vec<AxisModel>, Vec<Toml>) = (Vec::new(), Vec::new());
    let axes = match anyone {
        true => setting.axes_of_all(),
        false => &image.axes,
    };
    for axis in axes {
        let dated = axis.versions.len() + usize::from(axis.none) == axis.values.len();
        match draw.below(10) {
            0 if draw.chance(10) => {}
            0..3 => match axis.attribute(draw).filter(|_| draw.chance(15)) {
                Some(attribute) => {
                    let key = format!("{}.{}", axis.name, attribute.name);
                    matching.insert(key, draw.pick(&attribute.values).as_str().into());
                }
                None => {
                    matching.insert(axis.name.into(), draw.pick(&axis.values).as_str().into());
                }
            },
            3..7 if dated && axis.name != "arch" => newest.push(axis.name.into()),
            _ => printed.push(axis.clone()),
        }
    }
    if let Some(arch) = setting.arch.as_ref().filter(|_| draw.chance(15)) {
        matching.insert("arch".into(), draw.pick(&arch.values).as_str().into());
    }
    let sets: Vec<String> = setting
        .sets
        .iter()
        .map(|set| format!("@{}", set.name))
        .collect();
    if !sets.is_empty() && draw.chance(15) {
        matching.insert("set".into(), terms::set_term(draw, &sets).into());
    }
    let mut tags = vec![alias_tag(draw, &printed)];
    if draw.chance(30) {
        tags.push(format!("also-{}", alias_tag(draw, &printed)));
    }
    if let Some(own) = image.written.get("tag").and_then(Toml::as_str)
        && !anyone
        && draw.chance(10)
    {
        // The spec's own tag, or that of the spec with another value of a pinned axis.
        let mut tag = own.to_string();
        for axis in axes.iter().filter(|axis| matching.contains_key(axis.name)) {
            let value = draw.pick(&axis.values).replace("none", "no");
            tag = tag.replace(&axis.whole(), &value);
        }
        tags.push(tag);
    }
    if setting.release && draw.chance(10) {
        tags.push(format!(
            "{{{{ release.tag }}}}-{}",
            alias_tag(draw, &printed)
        ));
    }
    let mut alias = Table::new();
    // Nothing to match is the same as no `match`.
    if !matching.is_empty() || draw.chance(50) {
        alias.insert("match".into(), matching.into());
    }
    alias.insert("tags".into(), tags.into());
    if !newest.is_empty() {
        draw.shuffle(&mut newest);
        alias.insert("newest".into(), newest.into());
    }
    alias.into()
}

fn alias_tag(draw: &mut Draw, printed: &[AxisModel]) -> String {
    let mut tag = draw.pick(&["latest", "t", "edge"]).to_string();
    for axis in printed {
        tag += &format!("-{}", axis.whole());
    }
    tag
}
