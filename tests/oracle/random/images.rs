//! Random images: axes, bases and parents, `when` rows, args that print every axis.

use toml::{Table, Value as Toml};

use super::axes::AxisModel;
use super::terms::{self, SetModel};
use crate::oracle::draw::Draw;

/// What is fixed before the images are drawn.
pub(super) struct Setting {
    /// Without `arch`.
    pub axes: Vec<AxisModel>,
    pub arch: Option<AxisModel>,
    pub sets: Vec<SetModel>,
    pub registries: Vec<&'static str>,
    pub release: bool,
    /// Do `[defaults]` hold a `from`?
    pub default_base: bool,
    /// Do they hold `args`, `apt` and `meta`?
    pub default_args: bool,
    pub default_apt: bool,
    pub default_meta: bool,
    /// Axes of an image that names none, where that is not all of them.
    pub default_axes: Option<Vec<AxisModel>>,
}

impl Setting {
    /// The axes of an image that names none.
    pub(super) fn axes_of_all(&self) -> &[AxisModel] {
        self.default_axes.as_deref().unwrap_or(&self.axes)
    }
}

#[derive(Clone)]
pub(super) struct ImageModel {
    pub key: String,
    /// Its axes in its order; `arch` last where it is printed.
    pub axes: Vec<AxisModel>,
    /// Does it name no axes?
    pub every_axis: bool,
    pub written: Table,
    prints_arch: bool,
}

const KEYS: [&str; 6] = ["base", "gpu-base", "runtime", "ssh", "tools", "train.x"];

/// One to four images; each may stand on an earlier one. The caller declares them in any order.
pub(super) fn images(draw: &mut Draw, setting: &Setting) -> Vec<ImageModel> {
    let count = 1 + draw.below(4);
    let mut images: Vec<ImageModel> = Vec::new();
    for key in &KEYS[..count] {
        let below = images.last().filter(|_| draw.chance(65)).cloned();
        let image = image(
            draw,
            setting,
            &key.replace('.', "-"),
            below.as_ref(),
            &images,
        );
        images.push(image);
    }
    images
}

fn image(
    draw: &mut Draw,
    setting: &Setting,
    key: &str,
    below: Option<&ImageModel>,
    earlier: &[ImageModel],
) -> ImageModel {
    let mut written = Table::new();
    let every_axis = draw.chance(35);
    let mut axes = match every_axis {
        true => setting.axes_of_all().to_vec(),
        false => setting.axes.clone(),
    };
    if !every_axis {
        let least = usize::from(!draw.chance(20));
        axes = draw.some(&axes, least);
        if let Some(below) = below {
            let shared = |axis: &AxisModel| below.axes.iter().any(|other| other.name == axis.name);
            let missing = setting
                .axes
                .iter()
                .filter(|axis| shared(axis) && !axes.iter().any(|a| a.name == axis.name));
            let missing: Vec<AxisModel> = missing.cloned().collect();
            axes.extend(missing.into_iter().filter(|_| draw.chance(65)));
        }
        if draw.chance(30) {
            draw.shuffle(&mut axes);
        }
        written.insert(
            "axes".into(),
            axes.iter()
                .map(|axis| Toml::from(axis.name))
                .collect::<Vec<_>>()
                .into(),
        );
    }
    let prints_arch =
        setting.arch.is_some() && (below.is_some_and(|below| below.prints_arch) || draw.chance(8));

    existence(draw, setting, &axes, below, &mut written);
    let mut all = axes.clone();
    all.extend(setting.arch.clone().filter(|_| prints_arch));
    names(draw, setting, &all, &mut written);
    let mut when = standing(draw, setting, &all, below, &mut written);
    if let Some(other) = earlier
        .first()
        .filter(|other| !other.prints_arch && draw.chance(35))
        && below.is_none_or(|below| below.key != other.key)
    {
        written.insert("needs".into(), vec![standing_on(draw, &all, other)].into());
    }
    args(draw, setting, &all, &mut written);
    meta(draw, setting, &all, &mut written);
    for _ in 0..draw.below(3) {
        if !all.is_empty() {
            let mut row = row(draw, setting, &all);
            taking(draw, &all, &written, &mut row);
            when.push(row.into());
        }
    }
    extras(draw, setting, prints_arch, &mut written);
    if !when.is_empty() {
        written.insert("when".into(), when.into());
    }
    ImageModel {
        key: key.into(),
        axes: all,
        every_axis,
        written,
        prints_arch,
    }
}

/// `match`: mostly absent, else the parent's own, else one over the image's axes and `arch`.
fn existence(
    draw: &mut Draw,
    setting: &Setting,
    axes: &[AxisModel],
    below: Option<&ImageModel>,
    written: &mut Table,
) {
    let mut choice = axes.to_vec();
    choice.extend(setting.arch.clone().filter(|_| draw.chance(30)));
    let inherited = below.and_then(|below| Some((below, below.written.get("match")?)));
    match inherited {
        Some((below, matching))
            if below
                .axes
                .iter()
                .all(|axis| axes.iter().any(|own| own.name == axis.name)) =>
        {
            written.insert("match".into(), matching.clone());
        }
        _ if !choice.is_empty() && draw.chance(25) => {
            written.insert(
                "match".into(),
                terms::selector(draw, &choice, &setting.sets),
            );
        }
        _ => {}
    }
}

/// `name` and `tag`: together they print every axis whole, save now and then.
fn names(draw: &mut Draw, setting: &Setting, axes: &[AxisModel], written: &mut Table) {
    let mut in_tag = axes.to_vec();
    if let Some(first) = axes.first().cloned()
        && draw.chance(25)
    {
        written.insert(
            "name".into(),
            format!("acme-{{{{ image }}}}-{}", first.whole()).into(),
        );
        in_tag.remove(0);
    } else if draw.chance(20) {
        written.insert("name".into(), "acme/{{ image }}".into());
    } else if setting.release && draw.chance(5) {
        written.insert("name".into(), "{{ image }}-{{ release.version }}".into());
    }
    if draw.chance(2) {
        in_tag.pop();
    }
    if in_tag.is_empty() && setting.release && draw.chance(50) {
        return; // the default tag
    }
    written.insert("tag".into(), tag(draw, setting, &in_tag).into());
}

fn tag(draw: &mut Draw, setting: &Setting, axes: &[AxisModel]) -> String {
    let mut axes = axes.to_vec();
    if draw.chance(40) {
        draw.shuffle(&mut axes);
    }
    let mut tag = draw.pick(&["t", "py", "1"]).to_string();
    for axis in &axes {
        match axis.values.as_slice() {
            [_, _] if axis.none && draw.chance(60) => {
                tag += &format!("{{{{ '-{0}' if {0} }}}}", axis.word());
            }
            _ => tag += &format!("-{}", axis.whole()),
        }
    }
    if setting.release && draw.chance(80) {
        tag += *draw.pick(&[
            "-{{ release.tag }}",
            "-{{ release.version }}",
            "_{{release.tag}}",
        ]);
    }
    tag
}

/// `from`, `parent`, or a `when` row that replaces one by the other.
fn standing(
    draw: &mut Draw,
    setting: &Setting,
    axes: &[AxisModel],
    below: Option<&ImageModel>,
    written: &mut Table,
) -> Vec<Toml> {
    let optional: Vec<&AxisModel> = axes
        .iter()
        .filter(|axis| axis.none && axis.values.len() > 1)
        .collect();
    let without =
        |axis: &AxisModel| Table::from_iter([(axis.name.to_string(), Toml::from("none"))]);
    let mut row = Table::new();
    if let Some(below) = below {
        let parent = standing_on(draw, axes, below);
        if let Some(axis) = optional.first()
            && draw.chance(40)
        {
            row.insert("match".into(), without(axis).into());
            row.insert("from".into(), base(draw, axes).into());
        } else if !axes.is_empty() && draw.chance(25) {
            written.insert("from".into(), base(draw, axes).into());
            row.insert("match".into(), terms::selector(draw, axes, &setting.sets));
            row.insert("parent".into(), parent);
            return vec![row.into()];
        }
        written.insert("parent".into(), parent);
    } else if let Some(axis) = optional.first()
        && draw.chance(60)
    {
        written.insert(
            "from".into(),
            format!("vendor/x:{{{{ {} }}}}-base", axis.path(draw)).into(),
        );
        row.insert("match".into(), without(axis).into());
        row.insert("from".into(), base(draw, axes).into());
    } else if !setting.default_base || draw.chance(50) {
        written.insert("from".into(), base(draw, axes).into());
    }
    if row.is_empty() {
        vec![]
    } else {
        vec![row.into()]
    }
}

fn base(draw: &mut Draw, axes: &[AxisModel]) -> String {
    if axes.is_empty() || draw.chance(30) {
        return "docker.io/library/debian:bookworm-slim".into();
    }
    format!("debian:x{}-slim", draw.pick(axes).part(draw))
}

/// The image by name, or with its extra axes given where they have no `none` (and sometimes where they do).
fn standing_on(draw: &mut Draw, axes: &[AxisModel], below: &ImageModel) -> Toml {
    let mut table = Table::from_iter([("image".to_string(), Toml::from(below.key.as_str()))]);
    for extra in below
        .axes
        .iter()
        .filter(|axis| !axes.iter().any(|own| own.name == axis.name))
    {
        if !extra.none && draw.chance(97) || draw.chance(30) {
            table.insert(extra.name.into(), draw.pick(&extra.values).as_str().into());
        }
    }
    if table.len() == 1 {
        below.key.as_str().into()
    } else {
        table.into()
    }
}

fn args(draw: &mut Draw, setting: &Setting, axes: &[AxisModel], written: &mut Table) {
    let mut args = Table::new();
    for axis in axes {
        let printed = if draw.chance(1) {
            format!("{{{{ {} }}}}", axis.word())
        } else {
            axis.whole()
        };
        args.insert(axis.arg(), printed.into());
        if draw.chance(40) {
            args.insert(format!("{}_PART", axis.arg()), axis.part(draw).into());
        }
    }
    if draw.chance(30) {
        args.insert("IMAGE".into(), "{{ image }} it is".into());
    }
    if setting.release && draw.chance(20) {
        args.insert(
            "RELEASE".into(),
            "{{ release.version }} {{ release.tag }}".into(),
        );
    }
    if setting.default_args && draw.chance(15) {
        args.insert("SHARED".into(), false.into());
    } else if draw.chance(10) {
        args.insert("SHARED".into(), "of the image".into());
    }
    if !args.is_empty() {
        written.insert("args".into(), args.into());
    }
}

/// Facts of the image, and the default title taken away.
fn meta(draw: &mut Draw, setting: &Setting, axes: &[AxisModel], written: &mut Table) {
    if !draw.chance(25) {
        return;
    }
    let mut meta = Table::from_iter([("text".to_string(), Toml::from("{{ image }}: \"it\""))]);
    for axis in axes.iter().filter(|_| draw.chance(40)).collect::<Vec<_>>() {
        meta.insert(axis.name.into(), axis.part(draw).into());
    }
    if setting.default_meta && draw.chance(40) {
        meta.insert("title".into(), false.into());
    }
    written.insert("meta".into(), meta.into());
}

/// What a row takes away of the image, and whether it is published.
fn taking(draw: &mut Draw, axes: &[AxisModel], image: &Table, row: &mut Table) {
    if draw.chance(15) {
        let mut args = row
            .get("args")
            .and_then(Toml::as_table)
            .cloned()
            .unwrap_or_default();
        let taken = if draw.chance(10) {
            "NOT_THERE".into()
        } else {
            draw.pick(axes).arg()
        };
        args.insert(taken, false.into());
        row.insert("args".into(), args.into());
    }
    if let Some(need) = image.get("needs").and_then(|needs| needs.get(0))
        && draw.chance(25)
    {
        let name = need
            .get("image")
            .unwrap_or(need)
            .as_str()
            .unwrap_or_default();
        let taken = vec![format!("!{name}")];
        row.insert("needs".into(), draw.pick(&[taken, vec![]]).clone().into());
    }
    if image.contains_key("env") && draw.chance(30) {
        row.insert(
            "env".into(),
            Table::from_iter([("HERE".to_string(), Toml::from(false))]).into(),
        );
    }
    if image.contains_key("meta") && draw.chance(40) {
        let text = *draw.pick(&[Some("over it"), None]);
        let text = text.map_or(Toml::from(false), Toml::from);
        row.insert(
            "meta".into(),
            Table::from_iter([("text".to_string(), text)]).into(),
        );
    }
    if draw.chance(5) {
        row.insert("publish".into(), image.contains_key("publish").into());
    }
}

/// A `when` row that overrides and adds.
fn row(draw: &mut Draw, setting: &Setting, axes: &[AxisModel]) -> Table {
    let mut row = Table::from_iter([(
        "match".to_string(),
        terms::selector(draw, axes, &setting.sets),
    )]);
    let axis = draw.pick(axes).clone();
    let mut args = Table::new();
    if axis.none && draw.chance(50) {
        let only = Table::from_iter([(axis.name.to_string(), Toml::from("!none"))]);
        row.insert("match".into(), only.into());
        args.insert(
            "WHEN".into(),
            format!("{{{{ {} }}}}", axis.path(draw)).into(),
        );
    } else {
        args.insert("WHEN".into(), axis.part(draw).into());
    }
    if draw.chance(40) {
        args.insert(axis.arg(), format!("over {}", axis.whole()).into());
    }
    row.insert("args".into(), args.into());
    if draw.chance(30) {
        row.insert("apt".into(), vec!["build-essential"].into());
    }
    if draw.chance(15) {
        row.insert(
            "tag".into(),
            format!("w{}", tag(draw, setting, axes)).into(),
        );
    }
    if !setting.registries.is_empty() && draw.chance(10) {
        row.insert("registry".into(), (*draw.pick(&setting.registries)).into());
    }
    row
}

fn extras(draw: &mut Draw, setting: &Setting, prints_arch: bool, written: &mut Table) {
    if !setting.registries.is_empty() && draw.chance(25) {
        let mut used = draw.some(&setting.registries, 1);
        draw.shuffle(&mut used);
        written.insert("registry".into(), used.into());
    }
    if setting.default_apt && draw.chance(20) {
        written.insert(
            "apt".into(),
            draw.pick(&[vec!["!curl"], vec!["!curl", "git"], vec![]])
                .clone()
                .into(),
        );
    } else if draw.chance(20) {
        written.insert("apt".into(), vec!["git"].into());
    }
    if draw.chance(8) {
        written.insert("publish".into(), false.into());
        if !prints_arch && draw.chance(70) {
            written.remove("tag");
        }
    }
    if draw.chance(15) {
        written.insert(
            "env".into(),
            Table::from_iter([("HERE".to_string(), Toml::from("{{ image }}"))]).into(),
        );
    }
    if let Some(arch) = setting.arch.as_ref().filter(|_| draw.chance(10)) {
        let platform = |value: &String| format!("linux/{}", value.replace("riscv", "riscv64"));
        let some = draw.some(&arch.values, 1);
        written.insert(
            "platforms".into(),
            some.iter().map(platform).collect::<Vec<_>>().into(),
        );
    } else if setting.arch.is_none() && !prints_arch && draw.chance(12) {
        written.insert(
            "platforms".into(),
            vec!["linux/amd64", "linux/arm64"].into(),
        );
    }
}
