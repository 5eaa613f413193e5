//! Whether Cloud Build takes what was decided: its limits, told before it refuses.

use super::Files;
use super::context::{ClassicStep, ConfigView, OwnStep};
use super::options::CloudBuild;
use crate::diagnostic::Finding;
use crate::emit::site::Site;

/// Reports each limit that a config is over: of several like places only the worst.
pub(super) fn check(site: &Site<'_>, files: &Files, options: &CloudBuild) -> Vec<Finding> {
    let mut worst = Worst {
        site,
        found: Vec::new(),
    };
    let whole = options.timeout_minutes as usize * 60;
    worst.look("timeout_seconds", || "the build".to_owned(), whole);
    for file in &files.configs {
        worst.context(&file.context);
        for (step, seconds) in timeouts(&file.context) {
            let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
            if seconds > whole {
                worst.found.push((
                    format!("step `{step}`"),
                    Limit {
                        key: STEP_TIMEOUT,
                        count: seconds,
                        limit: whole,
                    },
                ));
            }
        }
    }
    worst.findings()
}

/// No fact: a step cannot take longer than its build.
const STEP_TIMEOUT: &str = "step_timeout_seconds";

struct Limit {
    key: &'static str,
    count: usize,
    limit: usize,
}

struct Worst<'a> {
    site: &'a Site<'a>,
    found: Vec<(String, Limit)>,
}

impl Worst<'_> {
    fn look(&mut self, key: &'static str, at: impl FnOnce() -> String, count: usize) {
        let limit = self.site.limit(key);
        if count > limit {
            self.found.push((at(), Limit { key, count, limit }));
        }
    }

    fn context(&mut self, context: &ConfigView) {
        let file = || format!("`{}`", context.file);
        self.look("steps", file, context.steps());
        self.look("tags", file, context.labels.len());
        self.look("substitutions", file, context.substitutions.len());
        for (name, default) in &context.substitutions {
            let at = || format!("substitution `{name}`");
            self.look("substitution_key_bytes", at, name.len());
            self.look("substitution_value_bytes", at, default.len());
        }
        // A first step has the logins, the builder and the substitutions, and a user's step his own.
        let beside = context.substitutions.len();
        let prepare = context.login_env.iter().chain(&context.builder_env);
        self.env("prepare", prepare, beside);
        let images = context.specs.iter();
        for spec in &context.specs {
            self.env(&spec.step, spec.env.iter(), 0);
        }
        let of_images = images.flat_map(|spec| spec.before.iter().chain(&spec.after));
        let calls = context.classic.iter();
        let of_calls = calls.flat_map(|call| call.before.iter().chain(&call.after));
        let around = [
            &context.before_probe,
            &context.before_tags,
            &context.after_tags,
        ];
        let own: Vec<&OwnStep> = of_images
            .chain(of_calls)
            .chain(around.into_iter().flatten())
            .collect();
        for step in own {
            self.env(&step.step, step.env.iter(), beside);
        }
        for step in &context.classic {
            self.args(step);
        }
    }

    fn env<'e>(&mut self, step: &str, env: impl Iterator<Item = &'e String>, beside: usize) {
        let at = || format!("step `{step}`");
        let mut count = beside;
        for entry in env {
            count += 1;
            self.look("env_chars", at, entry.chars().count());
        }
        self.look("env_per_step", at, count);
    }

    fn args(&mut self, step: &ClassicStep) {
        let at = || format!("step `{}`", step.step);
        self.look("args_per_step", at, step.args.len());
        let longest = step.args.iter().map(|arg| arg.text.chars().count()).max();
        self.look("arg_chars", at, longest.unwrap_or(0));
    }

    /// Of each key the farthest over.
    fn findings(self) -> Vec<Finding> {
        let mut kept: Vec<(String, Limit)> = Vec::new();
        for (at, limit) in self.found {
            match kept.iter_mut().find(|(_, k)| k.key == limit.key) {
                Some(worse) if worse.1.count < limit.count => *worse = (at, limit),
                Some(_) => {}
                None => kept.push((at, limit)),
            }
        }
        kept.into_iter()
            .map(|(at, Limit { key, count, limit })| {
                self.site.too_much(key, &at, (count, limit), help(key))
            })
            .collect()
    }
}

/// How to come below a limit; where nothing is said, by having less.
fn help(key: &str) -> Option<&'static str> {
    match key {
        "timeout_seconds" => Some("lower `timeout-minutes`"),
        STEP_TIMEOUT => Some("lower the row's `timeout-minutes`, or raise that of the table"),
        "tags" => Some("state fewer `tags`"),
        "substitutions" | "substitution_key_bytes" | "substitution_value_bytes" => {
            Some("state fewer or shorter `substitutions`")
        }
        "args_per_step" | "arg_chars" => {
            Some("give the image fewer or shorter `args`, or leave out `shape = \"classic\"`")
        }
        "env_per_step" | "env_chars" => Some("give the step fewer or shorter variables"),
        _ => None,
    }
}

/// Steps with a time of their own, in seconds.
fn timeouts(context: &ConfigView) -> impl Iterator<Item = (&str, u64)> {
    let specs = context.specs.iter().map(|s| (s.step.as_str(), s.timeout));
    let classic = context.classic.iter().map(|s| (s.step.as_str(), s.timeout));
    specs
        .chain(classic)
        .filter_map(|(step, timeout)| Some((step, timeout?)))
}
