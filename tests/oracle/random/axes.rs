//! Random axes: versions, plain strings, `none`, attributes, values that compare as another version.

use toml::{Table, Value as Toml};

use crate::oracle::draw::Draw;
use crate::oracle::template::said;
use crate::oracle::version::Version;

/// An axis and what the rest of the generator must know to use it without fault.
#[derive(Clone)]
pub(super) struct AxisModel {
    pub name: &'static str,
    pub written: Toml,
    pub values: Vec<String>,
    /// Is `none` among the values?
    pub none: bool,
    /// Attributes every value but `none` carries.
    pub attributes: Vec<&'static str>,
    /// Attributes that some value carries, and what they are there.
    pub carried: Vec<(&'static str, Vec<String>)>,
    /// The versions its values compare as.
    pub versions: Vec<String>,
}

type Row = (&'static str, &'static [(&'static str, &'static str)]);

const FAMILIES: &[(&str, &[Row])] = &[
    (
        "python",
        &[
            ("3.9", &[]),
            ("3.10", &[]),
            ("3.11", &[]),
            ("3.12", &[]),
            ("3.14.0rc1", &[]),
        ],
    ),
    (
        "cuda",
        &[
            ("none", &[]),
            ("11.8.0", &[("os", "ubuntu20.04"), ("cudnn", "8")]),
            ("12.4.1", &[("os", "ubuntu22.04"), ("cudnn", "9")]),
            ("12.8", &[("os", "ubuntu22.04"), ("cudnn", "9")]),
            ("12.8.1", &[("os", "ubuntu24.04"), ("cudnn", "9.1")]),
            ("13.0.0-rc.1", &[("os", "ubuntu24.04")]),
        ],
    ),
    (
        "job",
        &[("server", &[]), ("training", &[]), ("notebook", &[])],
    ),
    (
        "torch",
        &[
            ("2.6.0", &[]),
            ("none", &[]),
            ("2.8.0rc1", &[]),
            ("2.8.0", &[]),
            ("2.10.0", &[]),
        ],
    ),
    (
        "distro",
        &[
            ("noble", &[("version", "24.04"), ("family", "ubuntu")]),
            ("jammy", &[("version", "22.04"), ("family", "ubuntu")]),
            ("bookworm", &[("version", "12.0"), ("family", "debian")]),
        ],
    ),
    (
        "flavor",
        &[
            ("none", &[]),
            ("full_x", &[]),
            ("slim-2", &[]),
            ("1.x", &[]),
            ("devel", &[]),
        ],
    ),
    (
        "job-size",
        &[("0", &[]), ("1", &[]), ("12.8", &[]), ("xl", &[])],
    ),
];

/// Up to four axes in random order, each with up to four values; `arch`, where there is one, comes last.
pub(super) fn axes(draw: &mut Draw) -> Vec<AxisModel> {
    let mut families = FAMILIES.to_vec();
    draw.shuffle(&mut families);
    let count = if draw.chance(4) { 0 } else { 1 + draw.below(4) };
    let mut axes = Vec::new();
    for (name, rows) in &families[..count] {
        let least = if draw.chance(75) { 2 } else { 1 };
        let mut rows = draw.some(rows, least);
        rows.truncate(4);
        if draw.chance(50) {
            draw.shuffle(&mut rows);
        }
        axes.push(model(name, &rows));
    }
    if draw.chance(50) {
        let odd: Row = ("riscv", &[("platform", "linux/riscv64")]);
        let rows: [Row; 3] = [("amd64", &[]), ("arm64", &[]), odd];
        let least = if draw.chance(80) { 2 } else { 1 };
        let rows = draw.some(&rows, least);
        axes.push(model("arch", &rows));
    }
    axes
}

fn model(name: &'static str, rows: &[Row]) -> AxisModel {
    let mut attributes: Option<Vec<&'static str>> = None;
    let mut versions = Vec::new();
    let mut written = Vec::new();
    for (text, own) in rows {
        let mut table = Table::new();
        table.insert("value".into(), (*text).into());
        table.extend(
            own.iter()
                .map(|(key, value)| (key.to_string(), (*value).into())),
        );
        written.push(if own.is_empty() {
            (*text).into()
        } else {
            Toml::Table(table)
        });
        if *text == "none" {
            continue;
        }
        let version = own
            .iter()
            .find(|(key, _)| *key == "version")
            .map_or(*text, |(_, value)| value);
        versions.extend(Version::parse(version).map(|_| version.to_string()));
        let has = |key: &str| own.iter().any(|(own, _)| *own == key);
        let common = attributes
            .take()
            .unwrap_or_else(|| own.iter().map(|(key, _)| *key).collect());
        attributes = Some(common.into_iter().filter(|key| has(key)).collect());
    }
    let mut carried: Vec<(&'static str, Vec<String>)> = Vec::new();
    for (key, value) in rows.iter().flat_map(|(_, own)| own.iter()) {
        match carried.iter_mut().find(|(known, _)| known == key) {
            Some((_, values)) => values.push((*value).into()),
            None => carried.push((key, vec![(*value).into()])),
        }
    }
    AxisModel {
        name,
        written: Toml::Array(written),
        carried,
        values: rows.iter().map(|(text, _)| text.to_string()).collect(),
        none: rows.iter().any(|(text, _)| *text == "none"),
        attributes: attributes.unwrap_or_default(),
        versions,
    }
}

impl AxisModel {
    /// Its name in templates, where `-` would subtract.
    pub(super) fn word(&self) -> String {
        self.name.replace('-', "_")
    }

    /// A build arg after it.
    pub(super) fn arg(&self) -> String {
        self.word().to_uppercase()
    }

    /// Does every value but `none` compare as a version of two numbers or more?
    pub(super) fn dotted(&self) -> bool {
        let named = self.values.iter().filter(|value| *value != "none").count();
        self.versions.len() == named && self.versions.iter().all(|version| version.contains('.'))
    }

    /// An attribute that some value carries, as if it were an axis of its own.
    pub(super) fn attribute(&self, draw: &mut Draw) -> Option<AxisModel> {
        let mut carried = self.carried.clone();
        carried.extend(self.said());
        if carried.is_empty() {
            return None;
        }
        let (name, values) = draw.pick(&carried).clone();
        let versions = values
            .iter()
            .filter(|value| Version::parse(value).is_some());
        Some(AxisModel {
            name,
            versions: versions.cloned().collect(),
            values,
            none: false,
            ..self.clone()
        })
    }

    /// What its values have without stating it: platforms, and what their versions say.
    fn said(&self) -> Vec<(&'static str, Vec<String>)> {
        if self.name == "arch" {
            let platforms = self.values.iter().map(|value| format!("linux/{value}"));
            let known = platforms.map(|p| p.replace("linux/riscv", "linux/riscv64"));
            return vec![("platform", known.collect())];
        }
        let parts = ["version", "major", "minor", "compact"].into_iter();
        let parts = parts.filter(|name| !self.carried.iter().any(|(known, _)| known == name));
        let said = parts.map(|name| {
            let versions = self.versions.iter();
            let of = |text: &String| said(text, &Version::parse(text)?, name);
            (name, versions.filter_map(of).collect::<Vec<String>>())
        });
        said.filter(|(_, values)| !values.is_empty()).collect()
    }

    /// A path that prints something of a value that is not `none`.
    pub(super) fn path(&self, draw: &mut Draw) -> String {
        let mut fields = vec![String::new()];
        for (attribute, values) in &self.carried {
            if !self.attributes.contains(attribute) {
                continue;
            }
            fields.push(format!(".{attribute}"));
            // What the value compares as has no parts of its own: those are the value's.
            if *attribute != "version" && values.iter().all(|value| Version::parse(value).is_some())
            {
                let parts = [".version", ".major", ".compact"];
                fields.push(format!(".{attribute}{}", draw.pick(&parts)));
            }
        }
        if self.dotted() && self.name != "arch" {
            fields.extend([".version", ".major", ".minor", ".compact"].map(String::from));
        }
        format!("{}{}", self.word(), draw.pick(&fields))
    }

    /// Prints the whole value, `none` as another word: no two values alike.
    pub(super) fn whole(&self) -> String {
        let name = self.word();
        if self.none {
            format!("{{{{ {name} if {name} else 'no' }}}}")
        } else {
            format!("{{{{ {name} }}}}")
        }
    }

    /// Prints some part of the value, never of `none`.
    pub(super) fn part(&self, draw: &mut Draw) -> String {
        let (name, path) = (self.word(), self.path(draw));
        match draw.below(4) {
            0 => format!("{{{{ 'some' if {name} else 'other' }}}}"),
            1 => format!("{{{{ 'with' if {name} }}}}"),
            2 if self.none => format!("{{{{ {path} if {name} }}}}"),
            _ if self.none => format!("{{{{ {path} if {name} else 'no-{name}' }}}}"),
            _ => format!("{{{{ {path} }}}}"),
        }
    }
}
