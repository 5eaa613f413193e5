//! What a provider cannot do with a plan, told as findings.

use std::ops::Range;

use crate::config::Config;
use crate::diagnostic::{Finding, and_list, code};
use crate::emit::cloud_build::STEP_TIMEOUT;
use crate::emit::emitters::Emission;
use crate::emit::work::Concern;
use crate::lock::some;

/// Reports concerns at the provider's table.
pub(super) fn report(e: &mut Emission<'_, '_>, at: &Range<usize>, concerns: Vec<Concern>) {
    for concern in concerns {
        let place = |label: String| e.config.place(at.clone(), label);
        e.sink.push(match concern {
            Concern::Limit {
                provider,
                key,
                at,
                count,
                limit,
            } => Finding::new(
                &code::PROVIDER_LIMIT,
                format!(
                    "{} would refuse the pipeline: {count} is over its limit `{key}` of {limit}",
                    called(provider)
                ),
                place(format!("reached by {at}")),
            )
            .help(match key {
                "timeout_seconds" => "lower `timeout-minutes`".to_owned(),
                "yaml_bytes" => "lower `jobs-per-pipeline`".to_owned(),
                "downstream_pipelines" => "raise `jobs-per-pipeline`".to_owned(),
                STEP_TIMEOUT => "lower the row's `timeout-minutes`, or raise that of the table".to_owned(),
                "expression_chars" => "move the text into a script of the repository".to_owned(),
                "tags" => "state fewer `tags`".to_owned(),
                "substitutions" | "substitution_key_bytes" | "substitution_value_bytes" => {
                    "state fewer or shorter `substitutions`".to_owned()
                }
                "args_per_step" | "arg_chars" => {
                    "give the image fewer or shorter `args`, or leave out `shape = \"classic\"`".to_owned()
                }
                "env_per_step" | "env_chars" => "give the step fewer or shorter variables".to_owned(),
                "job_name_chars" => "shorten the values, or the image's key".to_owned(),
                _ => widest_axis(e.config),
            }),
            Concern::NoRunner { provider, platform } => Finding::new(
                &code::UNKNOWN_RUNNER,
                format!("{} has no runner for `{platform}`", called(provider)),
                place("it has nowhere to be built".to_owned()),
            )
            .help(format!(
                "name one, `runner = {{ \"{platform}\" = {} }}`; emulate it, `emulate = [\"{platform}\"]`; or leave it out of \
                 the matrix",
                if provider == "gitlab" { "[\"…\"]" } else { "\"…\"" }
            )),
            Concern::NotEmulated { provider, platform } => Finding::new(
                &code::UNKNOWN_RUNNER,
                format!("{} cannot emulate `{platform}` here", called(provider)),
                place("it builds with rootless BuildKit".to_owned()),
            )
            .note("QEMU is registered by a privileged container")
            .help("build with `builder = \"dind\"`, or name a runner and take the platform out of `emulate`"),
            Concern::Emulated {
                provider,
                platforms,
                native,
            } => {
                let all: Vec<String> = std::iter::once(native)
                    .chain(platforms.iter().map(String::as_str))
                    .map(|platform| format!("\"{platform}\""))
                    .collect();
                Finding::new(
                    &code::UNDECLARED_EMULATION,
                    format!(
                        "{} builds {} under QEMU",
                        called(provider),
                        and_list(platforms.iter().map(String::as_str))
                    ),
                    place(format!("its machines are all `{native}`")),
                )
                .note("emulated builds take many times as long, and register QEMU by a privileged container")
                .help(format!(
                    "say so, `platforms = [{}]`; or leave them to a pipeline with such machines, `platforms = [\"{native}\"]`",
                    all.join(", ")
                ))
            }
            Concern::NotBuiltHere {
                provider,
                specs,
                platforms,
                classic,
            } => {
                let finding = Finding::new(
                    &code::NOT_BUILT_HERE,
                    format!("{} does not build {}", called(provider), some(&specs)),
                    place("an image is built whole or not at all".to_owned()),
                );
                let (stands, has, it) = match specs.len() {
                    1 => ("it stands", "it has", "it"),
                    _ => ("they stand", "they have", "them"),
                };
                if platforms.is_empty() {
                    finding.note(format!("{stands} on what is not built there"))
                } else {
                    let (what, help) = if classic {
                        (
                            "which the classic shape has no machine for",
                            "leave out `shape = \"classic\"`",
                        )
                    } else {
                        (
                            "which `platforms` leaves out",
                            "add that to `platforms`",
                        )
                    };
                    let platforms = and_list(platforms.iter().map(String::as_str));
                    finding
                        .note(format!("{has} {platforms}, {what}"))
                        .help(format!("{help}, or let another pipeline publish {it} first"))
                }
            }
            Concern::LoginUnknown {
                provider,
                registry,
                wants,
            } => {
                let mut finding = Finding::new(
                    &code::LOGIN_UNKNOWN,
                    format!("{} cannot log in to registry `{registry}`", called(provider)),
                    place(format!("it wants {wants}")),
                )
                .help(format!("correct `[registry.{registry}]`"));
                let known = e.config.registries.iter().find(|r| r.name == registry);
                finding.related.extend(known.map(|r| {
                    let label = format!("its host is `{}`", r.host);
                    e.config.place(r.span.clone(), label)
                }));
                finding
            }
        });
    }
}

/// What people call a provider.
fn called(provider: &'static str) -> &'static str {
    match provider {
        "github" => "GitHub",
        "gitlab" => "GitLab",
        "cloudbuild" => "Cloud Build",
        other => other,
    }
}

/// The next step where a pipeline is too large: the axis with the most values is the one to split by.
fn widest_axis(config: &Config) -> String {
    match config.axes.iter().max_by_key(|a| a.values.len()) {
        Some(axis) => format!(
            "split the matrix file in two by axis `{}` ({} values), or narrow it",
            axis.name,
            axis.values.len()
        ),
        None => "split the matrix file in two".to_owned(),
    }
}
