//! What a matrix leg is told: which platform of which image, where it runs, and what holds for it alone.

use indexmap::IndexMap;
use serde::Serialize;

use super::GitHub;
use super::options::Github;
use crate::config::{Config, ProviderTable as _, Runner};
use crate::diagnostic::Finding;
use crate::emit::checkout::Extent;
use crate::emit::site::Site;
use crate::emit::work;
use crate::grammar::arch;
use crate::image::plan::PlanSpec;

/// The script that tells jobs what they have to do: a template.
pub(super) const TEMPLATE: &str = "github/legs.sh";

/// Where it is written, below the folder of outputs.
pub(super) const WRITTEN: &str = "ci/github.sh";

/// The runner of a platform that is emulated, unless the matrix names another.
const EMULATING: &str = "ubuntu-24.04";

/// What holds for all legs, unless the plan says otherwise of one.
#[derive(Debug, Serialize)]
pub(crate) struct Legs {
    /// The runner of each platform, one a line, as fields apart by tabs.
    pub runners: String,
    /// Minutes that a leg may take, when legs differ in that.
    pub timeout: Option<u32>,
    /// Whether some steps are only for the legs that name them.
    pub narrowed: bool,
    /// Which legs build from files that Git LFS stores.
    pub lfs: Extent,
    /// Which legs build from submodules.
    pub submodules: Extent,
}

/// One leg, as the probe hands it out: in the form and with the names of the template's.
#[derive(Serialize)]
struct Leg<'a> {
    id: &'a str,
    platform: &'a str,
    runner: Option<&'a Runner>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lfs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submodules: Option<bool>,
}

impl Legs {
    /// UTF-16 units that all legs of an image and its id take as JSON, with what separates them.
    pub(super) fn units(&self, runners: &Runners, spec: &PlanSpec) -> usize {
        let json = |text: String| text.encode_utf16().count() + 1;
        let own = spec.ci.get(GitHub.key());
        let legs = spec.platforms.iter().map(|platform| {
            let own = own.and_then(|own| own.legs.get(platform));
            let platform = platform.to_string();
            let leg = Leg {
                id: &spec.id,
                runner: own
                    .and_then(|own| own.runner.as_ref())
                    .or_else(|| runners.of(&platform)),
                timeout: self
                    .timeout
                    .map(|usual| own.and_then(|own| own.timeout_minutes).unwrap_or(usual)),
                steps: self
                    .narrowed
                    .then(|| own.map_or(&[][..], |own| own.steps.as_slice())),
                lfs: (self.lfs == Extent::Some).then_some(spec.lfs),
                submodules: (self.submodules == Extent::Some).then_some(spec.submodules),
                platform: &platform,
            };
            json(serde_json::to_string(&leg).unwrap_or_default())
        });
        legs.sum::<usize>() + json(format!("\"{}\"", spec.id))
    }
}

/// The runner of every platform that is built: the user's, else GitHub's own, which are of two architectures.
pub(super) struct Runners(IndexMap<String, Option<Runner>>);

impl Runners {
    pub(super) fn new(
        site: &Site<'_>,
        options: &Github,
        builders: &[&PlanSpec],
        findings: &mut Vec<Finding>,
    ) -> Self {
        let config = site.config;
        let mut told: Vec<String> = Vec::new();
        let mut runners: IndexMap<String, Option<Runner>> = IndexMap::new();
        for (spec, platform) in builders
            .iter()
            .flat_map(|spec| spec.platforms.iter().map(move |platform| (spec, platform)))
        {
            let own = spec
                .ci
                .get(GitHub.key())
                .and_then(|own| own.legs.get(platform));
            let has_its_own = own.is_some_and(|own| own.runner.is_some());
            let name = platform.to_string();
            let runner = runners.entry(name.clone()).or_insert_with(|| {
                let usual = match arch(&name).as_str() {
                    _ if emulates(config, options, &name) => Some(EMULATING),
                    "amd64" => Some("ubuntu-24.04"),
                    "arm64" => Some("ubuntu-24.04-arm"),
                    _ => None,
                };
                work::runner(config, &options.runner, &name)
                    .map(|runner| runner.clone().into())
                    .or_else(|| usual.map(|label| Runner::Label(label.to_owned())))
            });
            if runner.is_none() && !has_its_own && !told.contains(&name) {
                findings.push(site.no_runner(&name, "\"…\""));
                told.push(name);
            }
        }
        Runners(runners)
    }

    fn of(&self, platform: &str) -> Option<&Runner> {
        self.0.get(platform)?.as_ref()
    }

    /// As the script reads it.
    pub(super) fn to_lines(&self) -> String {
        let runners = self.0.iter();
        let lines = runners.filter_map(|(platform, runner)| {
            let fields = [vec![platform.as_str()], runner.as_ref()?.fields()];
            Some(fields.concat().join("\t"))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The platforms that are built by emulation.
    pub(super) fn emulated(&self, config: &Config, options: &Github) -> Vec<String> {
        let platforms = self.0.keys();
        platforms
            .filter(|platform| emulates(config, options, platform))
            .cloned()
            .collect()
    }
}

fn emulates(config: &Config, options: &Github, platform: &str) -> bool {
    let mut words = options.emulate.iter();
    words.any(|word| config.names_platform(word, platform))
}
