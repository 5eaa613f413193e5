//! What a provider cannot do with a plan, told as findings.

use std::ops::Range;

use crate::config::Config;
use crate::diagnostic::{Finding, and_list, code};
use crate::emit::cloud_build::STEP_TIMEOUT;
use crate::emit::emitters::Emission;
use crate::emit::work::Concern;

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
                "name one: `runner = {{ \"{platform}\" = {} }}`; or leave the platform out of the matrix",
                if provider == "gitlab" { "[\"…\"]" } else { "\"…\"" }
            )),
            Concern::NotEmulated { provider, platform } => Finding::new(
                &code::UNKNOWN_RUNNER,
                format!("{} cannot emulate `{platform}` here", called(provider)),
                place("it builds with rootless BuildKit".to_owned()),
            )
            .note("QEMU is registered by a privileged container")
            .help("build with `builder = \"dind\"`, or name a runner and take the platform out of `emulate`"),
            Concern::NotBuiltHere {
                provider,
                spec,
                platforms,
                classic,
            } => {
                let finding = Finding::new(
                    &code::NOT_BUILT_HERE,
                    format!("{} does not build `{spec}`", called(provider)),
                    place("an image is built whole or not at all".to_owned()),
                );
                if platforms.is_empty() {
                    finding.note("it stands on a spec that is not built there")
                } else {
                    let (what, help) = if classic {
                        (
                            "which the classic shape has no machine for",
                            "leave out `shape = \"classic\"`, or let another pipeline publish it first",
                        )
                    } else {
                        (
                            "which `platforms` leaves out",
                            "add that to `platforms`, or let another pipeline publish it first",
                        )
                    };
                    let platforms = and_list(platforms.iter().map(String::as_str));
                    finding.note(format!("it has {platforms}, {what}")).help(help)
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
