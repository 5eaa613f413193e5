//! The declaration, read from the text of a `matrix.toml`: only what §4 says decides the plan.

use toml::{Table, Value as Toml};

use crate::oracle::model::{Axis, Fault, Value, malformed};
use crate::oracle::selector::{Names, Selector};
use crate::oracle::template::{self, Scope};
use crate::oracle::version::Version;

pub(super) struct Release {
    pub version: String,
    pub tag: String,
    pub is_final: bool,
}

pub(super) struct Declaration {
    pub release: Option<Release>,
    /// Name and prefix, in declared order.
    pub registries: Vec<(String, String)>,
    /// Every axis, `arch` too, in declared order.
    pub axes: Vec<Axis>,
    pub sets: Table,
    pub excludes: Vec<Selector>,
    /// `[defaults]` without its rows.
    pub defaults: Table,
    /// `[[defaults.when]]`: each with what it matches.
    pub default_rows: Vec<(Selector, Table)>,
    pub images: Vec<(String, Table)>,
    pub aliases: Vec<Alias>,
    /// `[described]`, by name.
    pub described: Table,
}

pub(super) struct Alias {
    /// None is all specs.
    pub matching: Option<Selector>,
    pub tags: Vec<String>,
    pub newest: Vec<String>,
}

impl Declaration {
    pub(super) fn read(text: &str) -> Result<Declaration, Fault> {
        let file: Table = text
            .parse()
            .map_err(|error| Fault::Malformed(format!("not TOML: {error}")))?;
        let mut declaration = Declaration {
            release: file.get("release").map(release).transpose()?,
            registries: Vec::new(),
            axes: Vec::new(),
            sets: table(&file, "set")?,
            excludes: Vec::new(),
            defaults: table(&file, "defaults")?,
            default_rows: Vec::new(),
            images: Vec::new(),
            aliases: Vec::new(),
            described: table(&file, "described")?,
        };
        for (name, registry) in &table(&file, "registry")? {
            declaration
                .registries
                .push((name.clone(), string(registry.get("prefix"), "prefix")?));
        }
        for (name, values) in &table(&file, "axis")? {
            declaration.axes.push(axis(name, values)?);
        }
        for (name, image) in table(&file, "image")? {
            match image {
                Toml::Table(image) => declaration.images.push((name, image)),
                _ => return malformed("an image that is no table"),
            }
        }
        for name in declaration.sets.keys() {
            declaration.selector(&Toml::String(format!("@{name}")))?;
        }
        let rows = declaration.defaults.remove("when");
        declaration.default_rows = declaration.rows(rows.as_ref())?;
        for exclude in list(file.get("exclude"))? {
            string(exclude.get("reason"), "reason")?;
            let Some(matching) = exclude.get("match") else {
                return malformed("an exclude without `match`");
            };
            let selector = declaration.selector(matching)?;
            declaration.excludes.push(selector);
        }
        for alias in list(file.get("alias"))? {
            let alias = declaration.alias(&alias)?;
            declaration.aliases.push(alias);
        }
        Ok(declaration)
    }

    pub(super) fn selector(&self, written: &Toml) -> Result<Selector, Fault> {
        let images: Vec<String> = self.images.iter().map(|(name, _)| name.clone()).collect();
        Selector::read(
            written,
            &Names {
                axes: &self.axes,
                images: &images,
                sets: &self.sets,
            },
        )
    }

    pub(super) fn axis(&self, name: &str) -> Option<&Axis> {
        self.axes.iter().find(|axis| axis.name == name)
    }

    /// `when` rows, in order: what each matches, and its keys.
    pub(super) fn rows(&self, written: Option<&Toml>) -> Result<Vec<(Selector, Table)>, Fault> {
        let mut rows = Vec::new();
        for row in list(written)? {
            let Toml::Table(mut keys) = row else {
                return malformed("a `when` row that is no table");
            };
            let Some(matching) = keys.remove("match") else {
                return malformed("a `when` row without `match`");
            };
            rows.push((self.selector(&matching)?, keys));
        }
        Ok(rows)
    }

    fn alias(&self, written: &Toml) -> Result<Alias, Fault> {
        let alias = Alias {
            matching: written
                .get("match")
                .map(|matching| self.selector(matching))
                .transpose()?,
            tags: strings(written.get("tags"))?,
            newest: strings(written.get("newest"))?,
        };
        if alias.tags.is_empty() || alias.newest.iter().any(|axis| self.axis(axis).is_none()) {
            return malformed("an alias without tags, or the newest by an unknown axis");
        }
        Ok(alias)
    }
}

fn release(written: &Toml) -> Result<Release, Fault> {
    let version = string(written.get("version"), "version")?;
    let scheme = written
        .get("scheme")
        .and_then(Toml::as_str)
        .unwrap_or("semver");
    let is_final = match scheme {
        "semver" => !version.contains('-'),
        "pep440" => Version::parse(&version).is_some_and(|version| version.is_final()),
        "calver" => true,
        other => return malformed(format!("scheme `{other}`")),
    };
    let template = written
        .get("tag")
        .and_then(Toml::as_str)
        .unwrap_or("v{{ version }}");
    // The tag sees `version` as if it were an axis: the evaluator needs nothing more.
    let cell = vec![(
        "version".to_string(),
        Value {
            text: version.clone(),
            attributes: vec![],
        },
    )];
    let tag = template::render(
        template,
        &Scope {
            cell: &cell,
            release: None,
            image: "",
            from: None,
        },
    )?;
    Ok(Release {
        version,
        tag,
        is_final,
    })
}

fn axis(name: &str, written: &Toml) -> Result<Axis, Fault> {
    if ["image", "release", "parent", "from", "registry", "set"].contains(&name) {
        return malformed(format!("reserved axis name `{name}`"));
    }
    let mut values: Vec<Value> = Vec::new();
    for one in list(Some(written))? {
        let value = match one {
            Toml::String(text) => Value {
                text,
                attributes: vec![],
            },
            Toml::Table(mut table) => {
                let text = string(table.remove("value").as_ref(), "value")?;
                let mut attributes = Vec::new();
                for (key, attribute) in &table {
                    attributes.push((key.clone(), string(Some(attribute), key)?));
                }
                Value { text, attributes }
            }
            other => return malformed(format!("not a value: {other}")),
        };
        if value.text.is_empty() || values.iter().any(|earlier| earlier.text == value.text) {
            return malformed(format!("axis `{name}` has an empty value, or one twice"));
        }
        values.push(value);
    }
    if values.is_empty() {
        return malformed(format!("axis `{name}` has no values"));
    }
    Ok(Axis {
        name: name.into(),
        values,
    })
}

pub(super) fn string(written: Option<&Toml>, key: &str) -> Result<String, Fault> {
    match written.and_then(Toml::as_str) {
        Some(text) => Ok(text.into()),
        None => malformed(format!("`{key}` is missing, or no string")),
    }
}

pub(super) fn strings(written: Option<&Toml>) -> Result<Vec<String>, Fault> {
    list(written)?
        .iter()
        .map(|one| string(Some(one), "an element"))
        .collect()
}

pub(super) fn list(written: Option<&Toml>) -> Result<Vec<Toml>, Fault> {
    match written {
        None => Ok(Vec::new()),
        Some(Toml::Array(list)) => Ok(list.clone()),
        Some(other) => malformed(format!("not a list: {other}")),
    }
}

pub(super) fn table(parent: &Table, key: &str) -> Result<Table, Fault> {
    match parent.get(key) {
        None => Ok(Table::new()),
        Some(Toml::Table(table)) => Ok(table.clone()),
        Some(other) => malformed(format!("`{key}` is no table: {other}")),
    }
}
