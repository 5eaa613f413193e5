//! Where a pipeline is laid out: the plan, what is known around it, and words for what the provider cannot do with it.

use crate::config::{Config, Pipeline, Registry};
use crate::diagnostic::{Code, Finding, code};
use crate::emit::provider::Provider;
use crate::facts::{Facts, Machinery};
use crate::grammar::Spanned;
use crate::image::plan::{Plan, PlanSpec};

/// What a provider is given to lay out its pipeline.
pub struct Site<'a> {
    /// Whose pipeline it is.
    pub provider: &'static dyn Provider,
    /// Its table.
    pub pipeline: &'a Pipeline,
    /// The configuration.
    pub config: &'a Config,
    /// Facts of the outside world.
    pub facts: &'a Facts,
    /// What is built, and published.
    pub plan: &'a Plan,
}

impl<'a> Site<'a> {
    /// The site of a provider's pipeline; `None` when it is not turned on.
    pub fn new(
        provider: &'static dyn Provider,
        config: &'a Config,
        facts: &'a Facts,
        plan: &'a Plan,
    ) -> Option<Self> {
        Some(Site {
            provider,
            pipeline: config.ci.pipeline(provider.key())?,
            config,
            facts,
            plan,
        })
    }

    /// What the pipeline works on: the specs that it publishes, and those that they stand on.
    pub fn share(&self) -> Vec<&'a PlanSpec> {
        self.plan.share(self.provider.key())
    }

    /// The most that the provider accepts of `key`, as in `facts/provider_limits.toml`.
    pub fn limit(&self, key: &str) -> usize {
        self.facts.limit(self.provider.key(), key)
    }

    /// An image that the pipeline runs: as stated, else the one that is known for that.
    pub fn image<'o>(&self, stated: &'o Option<Spanned<String>>, name: Machinery) -> &'o str
    where
        'a: 'o,
    {
        stated_or(stated, self.facts.machinery(name))
    }

    /// A finding at the pipeline's table. Its headline begins with what people call the provider.
    pub fn finding(&self, code: Code, fact: &str, label: impl Into<String>) -> Finding {
        Finding::new(
            code,
            format!("{} {fact}", self.provider.title()),
            self.config.place(self.pipeline.span.clone(), label),
        )
    }

    /// The finding about a `count`, reached by `at`, that is over a limit. Without a help of its own, the next step is to
    /// have less.
    pub fn over(&self, key: &str, at: &str, count: usize, help: Option<&str>) -> Option<Finding> {
        let limit = self.limit(key);
        (count > limit).then(|| self.too_much(key, at, (count, limit), help))
    }

    /// The same, where the limit is no fact.
    pub fn too_much(
        &self,
        key: &str,
        at: &str,
        (count, limit): (usize, usize),
        help: Option<&str>,
    ) -> Finding {
        let fact =
            format!("would refuse the pipeline: {count} is over its limit `{key}` of {limit}");
        let finding = self.finding(&code::PROVIDER_LIMIT, &fact, format!("reached by {at}"));
        finding.help(help.map_or_else(|| widest_axis(self.config), str::to_owned))
    }

    /// The finding about a platform that has nowhere to be built; `runner` is how a runner is written in the table.
    pub fn no_runner(&self, platform: &str, runner: &str) -> Finding {
        let fact = format!("has no runner for `{platform}`");
        let finding = self.finding(&code::UNKNOWN_RUNNER, &fact, "it has nowhere to be built");
        finding.help(format!(
            "name one, `runner = {{ \"{platform}\" = {runner} }}`; emulate it, `emulate = [\"{platform}\"]`; or leave it out of \
             the matrix"
        ))
    }

    /// The finding about a registry whose kind wants something that its table does not give.
    pub fn login_unknown(&self, registry: &Registry, wants: &str) -> Finding {
        let fact = format!("cannot log in to registry `{}`", registry.name);
        let finding = self.finding(&code::LOGIN_UNKNOWN, &fact, format!("it wants {wants}"));
        let label = format!("its host is `{}`", registry.host);
        finding
            .help(format!("correct `[registry.{}]`", registry.name))
            .related(self.config.place(registry.span.clone(), label))
    }
}

/// What is stated, else what stands for it.
pub(super) fn stated_or<'o>(stated: &'o Option<Spanned<String>>, usual: &'o str) -> &'o str {
    stated.as_ref().map_or(usual, |stated| &stated.value)
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
