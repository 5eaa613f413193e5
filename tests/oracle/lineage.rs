//! Parents and needs: which spec stands on which, and in what layer.

use toml::Value as Toml;

use crate::oracle::expand::Draft;
use crate::oracle::model::{Contradiction, Fault, contradiction, malformed, value_in};
use crate::oracle::read::{Declaration, string};

/// `parent = "x"` or `parent = { image = "x", python = "3.9" }`; an element of `needs` alike.
pub(super) struct Standing {
    image: String,
    given: Vec<(String, String)>,
}

pub(super) struct Relations {
    pub parent: Option<usize>,
    pub needs: Vec<usize>,
    pub layer: u64,
}

impl Standing {
    pub(super) fn read(declaration: &Declaration, written: &Toml) -> Result<Standing, Fault> {
        let mut standing = Standing {
            image: String::new(),
            given: Vec::new(),
        };
        match written {
            Toml::String(image) => standing.image = image.clone(),
            Toml::Table(table) => {
                standing.image = string(table.get("image"), "image")?;
                for (axis, value) in table.iter().filter(|(key, _)| *key != "image") {
                    let value = string(Some(value), axis)?;
                    let known = declaration
                        .axis(axis)
                        .is_some_and(|axis| axis.values.iter().any(|v| v.text == value));
                    if !known {
                        return malformed(format!("no `{axis}` = `{value}`"));
                    }
                    standing.given.push((axis.clone(), value));
                }
            }
            other => return malformed(format!("not a parent: {other}")),
        }
        if !declaration
            .images
            .iter()
            .any(|(name, _)| *name == standing.image)
        {
            return malformed(format!("no image `{}`", standing.image));
        }
        Ok(standing)
    }

    /// Given where given, else equal where shared, else `none`: exactly one spec may answer.
    fn find(&self, child: &Draft, drafts: &[Draft]) -> Result<usize, Fault> {
        let mut found = Vec::new();
        for (index, candidate) in drafts
            .iter()
            .enumerate()
            .filter(|(_, draft)| draft.image == self.image)
        {
            if self
                .given
                .iter()
                .any(|(axis, _)| value_in(&candidate.cell, axis).is_none())
            {
                return malformed(format!("`{}` lacks an axis that is given", self.image));
            }
            let fits = candidate.cell.iter().all(|(axis, value)| {
                let given = self
                    .given
                    .iter()
                    .find(|(name, _)| name == axis)
                    .map(|(_, value)| value.as_str());
                let shared = value_in(&child.cell, axis).map(|value| value.text.as_str());
                value.text == given.or(shared).unwrap_or("none")
            });
            if fits {
                found.push(index);
            }
        }
        match found.as_slice() {
            [one] => Ok(*one),
            _ => contradiction(
                Contradiction::Lineage,
                format!(
                    "a spec of `{}` finds {} of `{}`",
                    child.image,
                    found.len(),
                    self.image
                ),
            ),
        }
    }
}

pub(super) fn resolve(drafts: &[Draft]) -> Result<Vec<Relations>, Fault> {
    let mut relations = Vec::new();
    for draft in drafts {
        let mut needs = Vec::new();
        for need in &draft.needs {
            needs.push(need.find(draft, drafts)?);
        }
        let parent = draft
            .parent
            .as_ref()
            .map(|parent| parent.find(draft, drafts))
            .transpose()?;
        for below in parent.iter().chain(&needs) {
            let there = &drafts[*below].platforms;
            if !draft.platforms.iter().all(|one| there.contains(one)) {
                return contradiction(
                    Contradiction::Platforms,
                    format!("what a spec of `{}` stands on", draft.image),
                );
            }
        }
        relations.push(Relations {
            parent,
            needs,
            layer: 0,
        });
    }
    for index in 0..drafts.len() {
        relations[index].layer = layer(index, &relations, drafts.len())?;
    }
    Ok(relations)
}

/// 0 when it stands on no other spec, else one more than the highest it stands on. `depth` bounds the walk.
fn layer(index: usize, relations: &[Relations], depth: usize) -> Result<u64, Fault> {
    if depth == 0 {
        return contradiction(Contradiction::Cycle, "specs that stand on each other");
    }
    let mut layer_here = 0;
    for below in relations[index]
        .parent
        .iter()
        .chain(&relations[index].needs)
    {
        layer_here = layer_here.max(1 + layer(*below, relations, depth - 1)?);
    }
    Ok(layer_here)
}
