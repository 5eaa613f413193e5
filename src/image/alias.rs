//! Moving tags: which spec has each alias.

use std::cmp::Ordering;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::config::{Config, field_finding};
use crate::diagnostic::{Finding, Sink, code};
use crate::grammar::SpecId;
use crate::grammar::reference::{given_tag_fault, mend_reference};
use crate::image::Spec;
use crate::image::line::line;
use crate::image::spec::Alias;
use crate::matrix::AxisId;
use crate::render::Field;

/// Renders the aliases over the specs that match. Where several render the same, the newest has it.
pub fn aliases(config: &Config, specs: &[Spec], sink: &mut Sink) -> Vec<Alias> {
    if config.aliases.is_empty() {
        return Vec::new();
    }
    let mut own: FxHashMap<(&str, &str), SpecId> =
        FxHashMap::with_capacity_and_hasher(specs.len(), Default::default());
    for (index, spec) in specs.iter().enumerate() {
        if let Some(tag) = &spec.tag {
            for repository in &*spec.repositories {
                own.insert((repository, tag), SpecId(index));
            }
        }
    }
    let mut found: Vec<Alias> = Vec::new();
    let mut taken: FxHashMap<(&str, String), (SpecId, &Field)> = FxHashMap::default();
    for alias in &config.aliases {
        for field in &alias.tags {
            let mut rendered: IndexMap<(&str, String), Vec<SpecId>> = IndexMap::new();
            let mut failed = false;
            for (index, spec) in specs.iter().enumerate() {
                if !spec.is_aliased(alias) {
                    continue;
                }
                match config.fields.render(field, &spec.scope) {
                    Ok(tag) => {
                        if let (Some(fault), false) = (given_tag_fault(&tag), failed) {
                            failed = true;
                            sink.push(
                                Finding::new(
                                    &code::INVALID_REFERENCE,
                                    format!("`{tag}` is not a tag"),
                                    config.place(field.span.clone(), fault),
                                )
                                .note(format!("for {}", spec.describe(config)))
                                .help(mend_reference(&tag, given_tag_fault)),
                            );
                        }
                        rendered
                            .entry((spec.home(), tag.into_owned()))
                            .or_default()
                            .push(SpecId(index));
                    }
                    Err(fault) if !failed => {
                        failed = true;
                        let finding = lacking(config, field, spec)
                            .unwrap_or_else(|| field_finding(&config.file, field, fault));
                        sink.push(finding.note(format!("for {}", spec.describe(config))));
                    }
                    Err(_) => {}
                }
            }
            if failed {
                continue;
            }
            for ((repository, tag), holders) in rendered {
                let holder = match newest(config, specs, &holders, &alias.newest) {
                    Ok(holder) => holder,
                    Err((a, b)) => {
                        let mut finding = Finding::new(
                            &code::ALIAS_AMBIGUOUS,
                            format!(
                                "{} specs render the alias `{repository}:{tag}`",
                                holders.len()
                            ),
                            config.place(field.span.clone(), "a tag can point at one image only"),
                        )
                        .note(format!(
                            "{}{} and {}",
                            if holders.len() > 2 {
                                "among them "
                            } else {
                                "they are "
                            },
                            specs[a.0].describe(config),
                            specs[b.0].describe(config)
                        ));
                        let differ: Vec<AxisId> = specs[a.0]
                            .cell
                            .iter()
                            .filter(|(axis, v)| specs[b.0].cell.get(*axis) != Some(*v))
                            .map(|(axis, _)| axis)
                            .collect();
                        let versions = |axis: &AxisId| {
                            let values = &config.axis(*axis).values;
                            values.iter().any(|v| v.version.is_some())
                        };
                        let named = |quote: &str, more: &[AxisId]| -> String {
                            let all = more
                                .iter()
                                .chain(differ.iter().filter(|a| !more.contains(a)));
                            let names = all.map(|a| &config.axis(*a).name);
                            let names: Vec<String> =
                                names.map(|n| format!("{quote}{n}{quote}")).collect();
                            names.join(", ")
                        };
                        let asked = differ.iter().all(|axis| alias.newest.contains(axis));
                        finding = if differ.is_empty() || asked {
                            finding.help("narrow its `match`")
                        } else if differ.iter().all(versions) {
                            finding.help(format!(
                                "narrow its `match`, or let the newest have it: `newest = [{}]`",
                                named("\"", &alias.newest)
                            ))
                        } else {
                            finding.help(format!(
                                "narrow its `match`, or print {} in the tag",
                                named("`", &[])
                            ))
                        };
                        sink.push(finding);
                        continue;
                    }
                };
                // An alias that equals the spec's own tag says nothing new.
                if specs[holder.0].tag.as_ref() == Some(&tag) {
                    continue;
                }
                // Copies go wherever the spec goes, and must not meet another's there either.
                let everywhere = &specs[holder.0].repositories;
                let clash = everywhere.iter().find_map(|repository| {
                    let owner = own.get(&(repository, tag.as_str()))?;
                    (*owner != holder).then_some((repository, *owner))
                });
                if let Some((repository, other)) = clash {
                    sink.push(
                        Finding::new(
                            &code::ALIAS_SHADOWS_TAG,
                            format!(
                                "the alias `{tag}` of {} is the tag of another spec",
                                specs[holder.0].describe(config)
                            ),
                            config.place(
                                field.span.clone(),
                                format!(
                                    "`{repository}:{tag}` is {}",
                                    specs[other.0].describe(config)
                                ),
                            ),
                        )
                        .help("rename the alias, or narrow its `match`"),
                    );
                    continue;
                }
                let mut fresh = true;
                for repository in everywhere.iter() {
                    let at = format!("`{repository}:{tag}`");
                    let Some((before, first)) =
                        taken.insert((repository, tag.clone()), (holder, field))
                    else {
                        continue;
                    };
                    fresh = false;
                    if before == holder {
                        continue;
                    }
                    sink.push(
                        Finding::new(
                            &code::ALIAS_AMBIGUOUS,
                            format!("{at} is the alias of two specs"),
                            config.place(
                                field.span.clone(),
                                format!("for {}", specs[holder.0].describe(config)),
                            ),
                        )
                        .related(config.place(
                            first.span.clone(),
                            format!("and for {}", specs[before.0].describe(config)),
                        ))
                        .help("rename one of them, or narrow its `match`"),
                    );
                    break;
                }
                if fresh {
                    let line = line(config, field, &specs[holder.0], &tag);
                    found.push(Alias {
                        spec: holder,
                        tag,
                        line,
                    });
                }
            }
        }
    }
    found
}

/// The finding for an axis that the alias reads and the spec has not.
fn lacking(config: &Config, field: &Field, spec: &Spec) -> Option<Finding> {
    let uses = config.fields.uses(field)?;
    let (word, at) = uses.names.iter().find(|(word, _)| {
        let axis = config.axes.iter().position(|axis| *axis.word == **word);
        axis.is_some_and(|axis| spec.cell.get(AxisId(axis)).is_none())
    })?;
    let image = &config.images[spec.image.0].key;
    Some(config.lacking_finding(field, at.clone(), word, image))
}

/// The newest of `holders` by `axes`, or two between which the axes do not decide.
fn newest(
    config: &Config,
    specs: &[Spec],
    holders: &[SpecId],
    axes: &[AxisId],
) -> Result<SpecId, (SpecId, SpecId)> {
    let age = |a: SpecId, b: SpecId| {
        axes.iter()
            .map(|axis| {
                // An absent version is the oldest; every final is newer than every pre-release.
                let version = |id: SpecId| {
                    let value = specs[id.0].cell.get(*axis)?;
                    let version = config.axis(*axis).values[value].version.as_ref()?;
                    Some((!version.is_pre_release(), version))
                };
                version(a).cmp(&version(b))
            })
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    };
    let mut best = holders[0];
    for other in &holders[1..] {
        if age(*other, best).is_gt() {
            best = *other;
        }
    }
    match holders
        .iter()
        .find(|h| **h != best && age(**h, best).is_eq())
    {
        Some(tie) => Err((best.min(*tie), best.max(*tie))),
        None => Ok(best),
    }
}
