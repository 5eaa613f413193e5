//! From the declaration to the expected plan: cells, what exists, merge, folding; then lineage and tags.

use std::collections::BTreeMap;

use toml::{Table, Value as Toml};

use crate::oracle::lineage::{self, Standing};
use crate::oracle::model::{
    Cell, Contradiction, Described, Fault, Plan, Spec, Value, contradiction, malformed,
};
use crate::oracle::read::{Declaration, list, string, strings, table};
use crate::oracle::selector::Selector;
use crate::oracle::tags;
use crate::oracle::template::{self, Scope};

/// A spec that does not know its relations yet.
pub(super) struct Draft {
    pub image: String,
    pub cell: Cell,
    pub name: String,
    /// None where it is built, tested and stood upon, and never tagged.
    pub tag: Option<String>,
    /// Prefixes, home first.
    pub registries: Vec<String>,
    pub immutable: bool,
    pub platforms: Vec<String>,
    /// The values of `arch` folded into it.
    pub arches: Vec<Value>,
    pub base: Option<String>,
    pub parent: Option<Standing>,
    pub needs: Vec<Standing>,
    pub args: Vec<(String, String)>,
    pub meta: Vec<(String, String)>,
}

/// A value of `arch`, where there is such an axis and it is not printed, and its platform.
type Arch = (Option<Value>, String);

/// The specs that a selector of the command line means: those of which it holds for any platform.
pub(super) fn selected(text: &str, selector: &str) -> Result<Vec<String>, Fault> {
    let declaration = Declaration::read(text)?;
    let selector = declaration.selector(&Toml::from(selector))?;
    let mut meant = Vec::new();
    for (name, image) in &declaration.images {
        let drafts = expand_image(&declaration, name, image, &mut Taken::new())?;
        let drafts = drafts
            .iter()
            .filter(|draft| tags::selects(&selector, draft));
        meant.extend(drafts.map(id));
    }
    Ok(meant)
}

pub(super) fn plan(text: &str) -> Result<Plan, Fault> {
    let declaration = Declaration::read(text)?;
    let mut drafts = Vec::new();
    let mut taken = Taken::new();
    for (name, image) in &declaration.images {
        drafts.extend(expand_image(&declaration, name, image, &mut taken)?);
    }
    if drafts.is_empty() {
        return contradiction(Contradiction::NoSpec, "no image has a spec");
    }
    let lineage = lineage::resolve(&drafts)?;
    let tags = tags::resolve(&declaration, &drafts)?;
    let mut specs = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let relation = &lineage[index];
        specs.push(Spec {
            id: id(draft),
            image: draft.image.clone(),
            cell: draft
                .cell
                .iter()
                .map(|(axis, value)| (axis.clone(), value.text.clone()))
                .collect(),
            layer: relation.layer,
            references: tags[index].references.clone(),
            immutable: draft.immutable,
            aliases: tags[index].aliases.clone(),
            platforms: draft.platforms.clone(),
            base: draft.base.clone(),
            parent: relation.parent.map(|parent| id(&drafts[parent])),
            needs: relation
                .needs
                .iter()
                .map(|need| id(&drafts[*need]))
                .collect(),
            args: draft.args.clone(),
            meta: draft.meta.clone(),
            publish: draft.tag.is_some(),
        });
    }
    let layers = specs.iter().map(|spec| spec.layer + 1).max().unwrap_or(0);
    let taken = taken.into_iter().filter(|(_, was_there)| !was_there);
    Ok(Plan {
        layers,
        specs,
        described: described(&declaration)?,
        taken: taken.map(|((_, what), _)| what).collect(),
    })
}

/// Images of others: what is said of them may print the release.
fn described(declaration: &Declaration) -> Result<Vec<Described>, Fault> {
    let none = Cell::new();
    let scope = Scope {
        cell: &none,
        release: declaration.release.as_ref(),
        image: "",
        from: None,
    };
    let mut all = Vec::new();
    for (name, written) in &declaration.described {
        let reference = string(written.get("reference"), "reference")?;
        let facts = written.get("meta").and_then(Toml::as_table);
        let mut meta = Vec::new();
        for (key, value) in facts.into_iter().flatten() {
            let printed = template::render(&string(Some(value), key)?, &scope)?;
            meta.push((key.clone(), printed));
        }
        all.push(Described {
            name: name.clone(),
            reference: template::render(&reference, &scope)?,
            meta,
        });
    }
    Ok(all)
}

/// `image/value_value`, bytes outside `[A-Za-z0-9.+-]` as `=XX`.
fn id(draft: &Draft) -> String {
    let mut id = draft.image.clone();
    for (position, (_, value)) in draft.cell.iter().enumerate() {
        id.push(if position == 0 { '/' } else { '_' });
        for byte in value.text.bytes() {
            if byte.is_ascii_alphanumeric() || b".+-".contains(&byte) {
                id.push(byte as char);
            } else {
                id.push_str(&format!("={byte:02X}"));
            }
        }
    }
    id
}

fn expand_image(
    declaration: &Declaration,
    name: &str,
    image: &Table,
    taken: &mut Taken,
) -> Result<Vec<Draft>, Fault> {
    let mut own = image.clone();
    own.remove("when");
    // What decides about cells is the same in all of them: no row may say it.
    let shared = |key: &str| own.get(key).or_else(|| declaration.defaults.get(key));
    let rows = declaration.rows(image.get("when"))?;
    let matching = shared("match")
        .map(|written| declaration.selector(written))
        .transpose()?;
    let mentions = |keys: &Table, key: &str| {
        template::mentions(keys.get(key).and_then(Toml::as_str).unwrap_or(""), "arch")
    };
    let prints_arch = ["name", "tag"].iter().any(|key| {
        let below = Some(&declaration.defaults).filter(|_| !own.contains_key(*key));
        let default_rows = declaration.default_rows.iter().map(|(_, row)| row);
        let default_rows = default_rows.filter(|_| !own.contains_key(*key));
        let layers = below.into_iter().chain(default_rows).chain([&own]);
        layers
            .chain(rows.iter().map(|(_, row)| row))
            .any(|keys| mentions(keys, key))
    });

    let mut drafts = Vec::new();
    for cell in cells(declaration, shared("axes"))? {
        let arches = arches(declaration, name, &cell, matching.as_ref());
        let groups: Vec<(Cell, Vec<Arch>)> = if prints_arch {
            let one = |(value, platform): Arch| {
                let mut cell = cell.clone();
                cell.extend(value.map(|value| ("arch".to_string(), value)));
                (cell, vec![(None, platform)])
            };
            arches.into_iter().map(one).collect()
        } else {
            vec![(cell, arches)]
        };
        for (cell, arches) in groups.into_iter().filter(|(_, left)| !left.is_empty()) {
            let applies = |(selector, _): &(Selector, Table)| selector.holds(name, &cell);
            let named = |of: &str, rows: &[(Selector, Table)]| {
                let all = rows.iter().enumerate();
                let mine = all.filter(|(_, row)| applies(row));
                let named = |(at, (_, row)): (usize, &(Selector, Table))| {
                    (format!("row {at} of {of}"), row.clone())
                };
                mine.map(named).collect::<Vec<_>>()
            };
            let mut layers = vec![("defaults".to_string(), declaration.defaults.clone())];
            layers.extend(named("defaults", &declaration.default_rows));
            layers.push((name.to_string(), own.clone()));
            layers.extend(named(name, &rows));
            let mut keys = Table::new();
            for (layer, over) in &layers {
                lay_over(&mut keys, layer, over, taken)?;
            }
            let arches = wanted(declaration, &keys, arches)?;
            if !arches.is_empty() {
                drafts.push(draft(declaration, name, &keys, cell, arches)?);
            }
        }
    }
    Ok(drafts)
}

/// What is taken away, by the table that does it, and whether it was there in some spec.
type Taken = BTreeMap<(String, String), bool>;

/// Later wins, tables merge, `apt` `pip` `needs` append, `from` and `parent` replace each other. `false` takes an entry
/// of a table away, `!x` one of a list, an empty list all of it.
fn lay_over(keys: &mut Table, layer: &str, over: &Table, taken: &mut Taken) -> Result<(), Fault> {
    if over.contains_key("from") && over.contains_key("parent") {
        return contradiction(Contradiction::Base, "`from` and `parent` side by side");
    }
    let mut take = |what: String, was_there: bool| {
        *taken.entry((layer.to_string(), what)).or_default() |= was_there;
    };
    for (key, value) in over {
        match (key.as_str(), value) {
            ("apt" | "pip" | "needs", Toml::Array(more)) => {
                let mut entries = list(keys.get(key))?;
                if more.is_empty() {
                    take(format!("{key} = []"), !entries.is_empty());
                    entries.clear();
                }
                for one in more {
                    match one.as_str().and_then(|text| text.strip_prefix('!')) {
                        Some(name) => {
                            let before = entries.len();
                            // Of `needs`, every need of that image.
                            let named = |entry: &Toml| {
                                entry.get("image").unwrap_or(entry).as_str() == Some(name)
                            };
                            entries.retain(|entry| !named(entry));
                            take(format!("{key}: {name}"), entries.len() < before);
                        }
                        None => entries.push(one.clone()),
                    }
                }
                keys.insert(key.clone(), entries.into());
            }
            ("args" | "env" | "labels" | "meta", Toml::Table(more)) => {
                let mut entries = table(keys, key)?;
                for (name, value) in more {
                    if value.as_bool() == Some(false) {
                        take(format!("{key}.{name}"), entries.remove(name).is_some());
                    } else {
                        entries.insert(name.clone(), value.clone());
                    }
                }
                keys.insert(key.clone(), entries.into());
            }
            _ => {
                keys.insert(key.clone(), value.clone());
            }
        }
        match key.as_str() {
            "from" => keys.remove("parent"),
            "parent" => keys.remove("from"),
            _ => None,
        };
    }
    Ok(())
}

/// The product over the image's axes, the first axis slowest; `arch` is never among them.
fn cells(declaration: &Declaration, axes: Option<&Toml>) -> Result<Vec<Cell>, Fault> {
    let names = match axes {
        Some(written) => strings(Some(written))?,
        None => declaration
            .axes
            .iter()
            .map(|axis| axis.name.clone())
            .filter(|name| name != "arch")
            .collect(),
    };
    let mut cells = vec![Cell::new()];
    for (position, name) in names.iter().enumerate() {
        let axis = match declaration.axis(name) {
            Some(axis) if name != "arch" && !names[..position].contains(name) => axis,
            _ => return malformed(format!("`axes` names `{name}`")),
        };
        let longer = |cell: &Cell| {
            let extended =
                |value: &Value| [cell.clone(), vec![(name.clone(), value.clone())]].concat();
            axis.values.iter().map(extended).collect::<Vec<_>>()
        };
        cells = cells.iter().flat_map(longer).collect();
    }
    Ok(cells)
}

/// The values of `arch`, each with its platform, that neither `match` nor an exclude takes from this cell.
fn arches(
    declaration: &Declaration,
    image: &str,
    cell: &Cell,
    matching: Option<&Selector>,
) -> Vec<Arch> {
    let all: Vec<Arch> = match declaration.axis("arch") {
        None => vec![(None, "linux/amd64".into())],
        Some(axis) => axis
            .values
            .iter()
            .map(|value| (Some(value.clone()), platform(value)))
            .collect(),
    };
    let exists = |arch: &Option<Value>| {
        let mut full = cell.clone();
        full.extend(arch.clone().map(|value| ("arch".to_string(), value)));
        let accepted = matching
            .is_none_or(|selector| !selector.touches(&full) || selector.holds(image, &full));
        accepted
            && !declaration
                .excludes
                .iter()
                .any(|exclude| exclude.holds(image, &full))
    };
    all.into_iter().filter(|(arch, _)| exists(arch)).collect()
}

fn platform(arch: &Value) -> String {
    match arch.attribute("platform") {
        Some(platform) => platform.into(),
        None => format!("linux/{}", arch.text),
    }
}

/// `platforms` narrows what the `arch` axis gives; without that axis it is the list itself.
fn wanted(declaration: &Declaration, keys: &Table, left: Vec<Arch>) -> Result<Vec<Arch>, Fault> {
    let Some(written) = keys.get("platforms") else {
        return Ok(left);
    };
    let wanted = strings(Some(written))?;
    match declaration.axis("arch") {
        _ if wanted.is_empty() => malformed("no platforms"),
        Some(axis)
            if wanted
                .iter()
                .any(|one| !axis.values.iter().any(|value| platform(value) == *one)) =>
        {
            malformed("a platform that `arch` does not have")
        }
        Some(_) => Ok(left
            .into_iter()
            .filter(|(_, one)| wanted.contains(one))
            .collect()),
        None if left.is_empty() => Ok(left),
        None => Ok(wanted.into_iter().map(|one| (None, one)).collect()),
    }
}

fn draft(
    declaration: &Declaration,
    image: &str,
    keys: &Table,
    cell: Cell,
    arches: Vec<Arch>,
) -> Result<Draft, Fault> {
    let text = |key: &str| {
        keys.get(key)
            .map(|written| string(Some(written), key))
            .transpose()
    };
    let release = declaration.release.as_ref();
    let scope = Scope {
        cell: &cell,
        release,
        image,
        from: None,
    };
    let name = template::render(&text("name")?.unwrap_or(image.into()), &scope)?;
    let tag_template = text("tag")?.unwrap_or("{{ release.tag }}".into());
    let publish = match keys.get("publish") {
        None => true,
        Some(Toml::Boolean(publish)) => *publish,
        Some(other) => return malformed(format!("`publish` is {other}")),
    };
    // What is never published needs no tag.
    let tag = match publish {
        true => Some(template::render(&tag_template, &scope)?),
        false => None,
    };
    let immutable = template::mentions(&tag_template, "release")
        || template::mentions(&text("name")?.unwrap_or_default(), "release");
    let base = text("from")?
        .map(|from| template::render(&from, &scope))
        .transpose()?;
    let parent = keys
        .get("parent")
        .map(|written| Standing::read(declaration, written))
        .transpose()?;
    if base.is_none() && parent.is_none() && !keys.contains_key("dockerfile") {
        return contradiction(Contradiction::Base, format!("`{image}` stands on nothing"));
    }
    let mut args = Vec::new();
    for (key, value) in &table(keys, "args")? {
        let scope = Scope {
            from: base.as_deref(),
            ..scope
        };
        args.push((
            key.clone(),
            template::render(&string(Some(value), key)?, &scope)?,
        ));
    }
    for field in ["env", "labels"] {
        for (key, value) in &table(keys, field)? {
            template::render(&string(Some(value), key)?, &scope)?;
        }
    }
    let mut meta = Vec::new();
    for (key, value) in &table(keys, "meta")? {
        let printed = template::render(&string(Some(value), key)?, &scope)?;
        meta.push((key.clone(), printed));
    }
    Ok(Draft {
        image: image.into(),
        name,
        tag,
        registries: registries(declaration, keys)?,
        immutable,
        platforms: arches
            .iter()
            .map(|(_, platform)| platform.clone())
            .collect(),
        arches: arches.into_iter().filter_map(|(value, _)| value).collect(),
        base,
        parent,
        needs: list(keys.get("needs"))?
            .iter()
            .map(|written| Standing::read(declaration, written))
            .collect::<Result<_, _>>()?,
        args,
        meta,
        cell,
    })
}

/// The prefixes of the registries an image uses, in declared order: the first is its home.
fn registries(declaration: &Declaration, keys: &Table) -> Result<Vec<String>, Fault> {
    let all = &declaration.registries;
    let Some(written) = keys.get("registry") else {
        return Ok(all.iter().map(|(_, prefix)| prefix.clone()).collect());
    };
    let wanted = match written {
        Toml::String(one) => vec![one.clone()],
        _ => strings(Some(written))?,
    };
    if wanted.is_empty()
        || wanted
            .iter()
            .any(|name| !all.iter().any(|(known, _)| known == name))
    {
        return malformed("an unknown registry, or none");
    }
    Ok(all
        .iter()
        .filter(|(name, _)| wanted.contains(name))
        .map(|(_, prefix)| prefix.clone())
        .collect())
}
