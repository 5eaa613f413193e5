//! Moving tags: which spec has each alias.

use std::cmp::Ordering;
use std::collections::HashMap;

use indexmap::IndexMap;

use crate::config::{Config, field_finding};
use crate::diagnostic::{Finding, Sink, code};
use crate::image::reference::tag_fault;
use crate::image::spec::Alias;
use crate::image::{Spec, SpecId};
use crate::matrix::AxisId;

/// Renders the aliases over the specs that match. Where several render the same, the newest has it. A pre-release has
/// none, though they are checked all the same.
pub fn aliases(config: &Config, specs: &[Spec], sink: &mut Sink) -> Vec<Alias> {
    if config.aliases.is_empty() {
        return Vec::new();
    }
    let mut own: HashMap<(&str, &str), SpecId> = HashMap::with_capacity(specs.len());
    for (index, spec) in specs.iter().enumerate() {
        for repository in &*spec.repositories {
            own.insert((repository, &spec.tag), SpecId(index));
        }
    }
    let mut taken: IndexMap<(&str, String), (SpecId, usize)> = IndexMap::new();
    for (which, alias) in config.aliases.iter().enumerate() {
        for (field_index, field) in alias.tags.iter().enumerate() {
            let mut rendered: IndexMap<(&str, String), Vec<SpecId>> = IndexMap::new();
            let mut failed = false;
            for (index, spec) in specs.iter().enumerate() {
                if !alias.selector.holds_on_any(
                    spec.image,
                    &spec.cell,
                    config.arch.filter(|_| config.images[spec.image.0].folded),
                    &spec.arches,
                ) {
                    continue;
                }
                match config.fields.render(field, &spec.scope) {
                    Ok(tag) => {
                        if let (Some(fault), false) = (tag_fault(&tag), failed) {
                            failed = true;
                            sink.push(
                                Finding::new(
                                    &code::INVALID_REFERENCE,
                                    format!("`{tag}` is not a tag"),
                                    config.place(field.span.clone(), fault),
                                )
                                .note(format!("for {}", spec.describe(config))),
                            );
                        }
                        rendered
                            .entry((spec.home(), tag.into_owned()))
                            .or_default()
                            .push(SpecId(index));
                    }
                    Err(fault) if !failed => {
                        failed = true;
                        sink.push(field_finding(&config.file, field, fault));
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
                        .note(format!("among them {}", specs[a.0].describe(config)))
                        .note(format!("and {}", specs[b.0].describe(config)));
                        let differ: Vec<String> = specs[a.0]
                            .cell
                            .iter()
                            .filter(|(axis, v)| specs[b.0].cell.get(*axis) != Some(*v))
                            .map(|(axis, _)| format!("\"{}\"", config.axis(axis).name))
                            .collect();
                        if !differ.is_empty() {
                            finding = finding.help(format!(
                                "narrow `match`, or let the newest have it: `newest = [{}]`",
                                differ.join(", ")
                            ));
                        }
                        sink.push(finding);
                        continue;
                    }
                };
                // An alias that equals the spec's own tag says nothing new.
                if specs[holder.0].tag == tag {
                    continue;
                }
                let clash = own
                    .get(&(repository, tag.as_str()))
                    .filter(|id| **id != holder);
                if let Some(other) = clash {
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
                let earlier = taken.insert(
                    (repository, tag.clone()),
                    (holder, which * 1000 + field_index),
                );
                if let Some((before, _)) = earlier.filter(|(before, _)| *before != holder) {
                    sink.push(
                        Finding::new(
                            &code::ALIAS_AMBIGUOUS,
                            format!("two aliases render `{repository}:{tag}` for different specs"),
                            config.place(
                                field.span.clone(),
                                format!("for {}", specs[holder.0].describe(config)),
                            ),
                        )
                        .note(format!(
                            "an earlier one for {}",
                            specs[before.0].describe(config)
                        )),
                    );
                }
            }
        }
    }
    if config.release.as_ref().is_some_and(|r| r.pre_release) {
        return Vec::new();
    }
    taken
        .into_iter()
        .map(|((_, tag), (spec, _))| Alias { spec, tag })
        .collect()
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
                let version = |id: SpecId| {
                    let value = specs[id.0].cell.get(*axis)?;
                    config.axis(*axis).values[value].version.as_ref()
                };
                // `None` (an absent version) is the oldest.
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
