//! From the declaration to the expected plan: cells, what exists, merge, folding; then lineage and tags.

use toml::{Table, Value as Toml};

use crate::lineage::{self, Standing};
use crate::model::{Cell, Contradiction, Fault, Plan, Spec, Value, contradiction, malformed};
use crate::read::{Declaration, list, string, strings, table};
use crate::selector::Selector;
use crate::tags;
use crate::template::{self, Scope};

/// A spec that does not know its relations yet.
pub struct Draft {
    pub image: String,
    pub cell: Cell,
    pub name: String,
    pub tag: String,
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
}

/// A value of `arch`, where there is such an axis and it is not printed, and its platform.
type Arch = (Option<Value>, String);

pub fn plan(text: &str) -> Result<Plan, Fault> {
    let declaration = Declaration::read(text)?;
    let mut drafts = Vec::new();
    for (name, image) in &declaration.images {
        drafts.extend(expand_image(&declaration, name, image)?);
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
        });
    }
    let layers = specs.iter().map(|spec| spec.layer + 1).max().unwrap_or(0);
    Ok(Plan { layers, specs })
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

fn expand_image(declaration: &Declaration, name: &str, image: &Table) -> Result<Vec<Draft>, Fault> {
    let mut shared = declaration.defaults.clone();
    lay_over(&mut shared, image)?;
    let mut rows = Vec::new();
    for row in list(image.get("when"))? {
        let (Some(matching), Toml::Table(keys)) = (row.get("match"), &row) else {
            return malformed("a `when` row without `match`");
        };
        rows.push((declaration.selector(matching)?, keys.clone()));
    }
    let matching = shared
        .get("match")
        .map(|written| declaration.selector(written))
        .transpose()?;
    let prints_arch = std::iter::once(&shared)
        .chain(rows.iter().map(|(_, row)| row))
        .any(|keys| {
            ["name", "tag"].iter().any(|key| {
                template::mentions(keys.get(*key).and_then(Toml::as_str).unwrap_or(""), "arch")
            })
        });

    let mut drafts = Vec::new();
    for cell in cells(declaration, &shared)? {
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
        for (cell, arches) in groups {
            let mut keys = shared.clone();
            for (selector, row) in &rows {
                if selector.holds(name, &cell) {
                    lay_over(&mut keys, row)?;
                }
            }
            let arches = wanted(declaration, &keys, arches)?;
            if !arches.is_empty() {
                drafts.push(draft(declaration, name, &keys, cell, arches)?);
            }
        }
    }
    Ok(drafts)
}

/// Later wins, tables merge, `apt` `pip` `needs` append, `from` and `parent` replace each other.
fn lay_over(keys: &mut Table, over: &Table) -> Result<(), Fault> {
    if over.contains_key("from") && over.contains_key("parent") {
        return contradiction(Contradiction::Base, "`from` and `parent` side by side");
    }
    for (key, value) in over {
        match (key.as_str(), keys.get_mut(key), value) {
            ("when", ..) => {}
            ("apt" | "pip" | "needs", Some(Toml::Array(before)), Toml::Array(more)) => {
                before.extend(more.clone())
            }
            ("args" | "env" | "labels", Some(Toml::Table(before)), Toml::Table(more)) => {
                before.extend(more.clone());
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
fn cells(declaration: &Declaration, keys: &Table) -> Result<Vec<Cell>, Fault> {
    let names = match keys.get("axes") {
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
    let tag = template::render(&tag_template, &scope)?;
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
