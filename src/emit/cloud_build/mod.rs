//! Google Cloud Build: exact `waitFor` between the steps of one config, or of several that a script submits.
//!
//! **Shapes.** Scripted: one step for each unit, which builds its platforms and merges them. Classic: a step that builds, one
//! for each test and one that pushes, all plain calls of Docker, and a last one that merges and tags: see [`classic`].
//!
//! **Size.** A config may have 300 steps. A larger build is split: each lineage layer into groups (see `emit/split.rs`), each
//! group into a config. A script submits the groups of a layer together and waits for them before the next layer; the tags
//! have a config to themselves, which it submits last. The config that people and triggers name then asks the registry
//! what is missing and runs that script, for the groups with something missing alone.
//!
//! **Which platforms.** Cloud Build has x86 machines only. By default it builds every platform of the plan all the same,
//! the foreign ones under QEMU, so that the same images come out as on any other provider. `platforms` narrows that. A
//! content reference names one set of platforms, so a unit is built here whole or not at all: one with a platform that
//! is not in `platforms` gets no step, nor does what stands on it, and each is reported. `tags` stays: it wants every
//! content of the plan to be there, and refuses, moving nothing, until another pipeline has published the rest.
//!
//! **Substitution.** Cloud Build substitutes `$NAME` in every string but those of `script`. So values from the plan go
//! through `env`, where the dialect doubles the dollar, and scripts read them as shell variables. What was rendered is read
//! again by the rules of `check/rules/build_config.rs`, for templates of the user's may say anything.

mod change;
mod classic;
mod context;
mod json;
mod limits;
mod options;
mod scripted;
mod steps;
mod trigger;
mod validate;

use std::sync::Arc;

use indexmap::IndexSet;
use schemars::{Schema, SchemaGenerator};
use toml::de::{DeValue, Error};

use self::context::{ConfigView, Part, Script, Submit};
use self::options::CloudBuild as CloudBuildOptions;
use self::scripted::Unit;
use self::steps::Own;
use super::checkout::Checkout;
use super::login::{self, Google, Lent, Login, Means, Way};
use super::provider::{self, Layout, Provider};
use super::signing::Cosign;
use super::site::Site;
use super::triggers::also_released;
use super::{split, work};
use crate::config::header;
use crate::config::{Config, Options, Pipeline, ProviderTable, options_schema, read_options};
use crate::diagnostic::{Finding, code};
use crate::emit::setup;
use crate::facts::Machinery;
use crate::grammar::Spanned;
use crate::output::{Planned, Tree};
use crate::render::{Dialect, Shipped, Sign, shipped};

/// The config of images and tags, below the template folder.
const TEMPLATE: &str = "cloud-build/cloudbuild.yaml";

/// The same in the classic shape.
const CLASSIC: &str = "cloud-build/classic.yaml";

/// The config of a change.
const CHANGE: &str = "cloud-build/pull-request.yaml";

/// The script that submits configs.
const SCRIPT: &str = "cloud-build/submit.sh";

/// A config: `$` starts a substitution, but not in a `script`.
const DIALECT: Dialect = Dialect::Yaml(Sign {
    text: "$",
    disarmed: "$$",
    in_scripts: false,
    backslash: None,
});

/// What a build brings: its service account, for registries of Google's.
const MEANS: Means = Means {
    runs_on_google: true,
    ghcr_token: false,
    docker_hub: false,
    google: Google::Never,
    aws: false,
};

/// The one platform of Cloud Build's machines.
const NATIVE: &str = "linux/amd64";

/// Where the configs of a split build go, and the script that submits them, below the folder of outputs. The templates say
/// so too.
const PARTS: &str = "ci/cloudbuild";

/// Substitutions that say what one run is of: variables of the script that publishes, behind a `_`.
const ASKED: [&str; 2] = ["_BASE_IMAGES_ONLY", "_BASE_IMAGES_DRY_RUN"];

/// The longest a build may wait for a machine, and take, in seconds: the configs of a split build wait for each other.
const DAY: u64 = 86_400;

/// Google Cloud Build.
pub(super) struct CloudBuild;

impl ProviderTable for CloudBuild {
    fn key(&self) -> &'static str {
        "cloud-build"
    }

    fn title(&self) -> &'static str {
        "Cloud Build"
    }

    fn description(&self) -> &'static str {
        "Google Cloud Build."
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".yml", ".yaml", ".json"]
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        options_schema::<CloudBuildOptions>(generator)
    }

    fn read(&self, table: toml::Spanned<DeValue<'_>>) -> Result<Box<dyn Options>, Error> {
        read_options::<CloudBuildOptions>(table)
    }
}

impl Provider for CloudBuild {
    fn traces(&self) -> &'static [&'static str] {
        &["cloudbuild.yaml", "cloudbuild.json"]
    }

    fn apart(&self) -> &'static str {
        "file = \"cloudbuild.base-images.yaml\"\n"
    }

    fn unit(&self) -> &'static str {
        "steps"
    }

    fn templates(&self) -> Shipped {
        shipped!(
            "cloud-build/classic.yaml",
            "cloud-build/cloudbuild.yaml",
            "cloud-build/pull-request.yaml",
            "cloud-build/step.yaml",
            "cloud-build/submit.sh",
        )
    }

    fn setup(&self, site: &Site<'_>) -> Vec<String> {
        setup::stored(site, MEANS, "secrets in Secret Manager", &[])
    }

    fn lay_out(&self, site: &Site<'_>) -> Layout {
        let Some(options) = site.pipeline.options::<CloudBuildOptions>() else {
            return Layout::default();
        };
        let mut findings = Vec::new();
        let files = files(site, options, &mut findings);
        let size = files.steps();
        let configs = files.configs.into_iter();
        let configs = configs
            .map(|file| provider::File::new(file.path, file.template, DIALECT, &file.context));
        let script = files.script.into_iter();
        let script = script.map(|(path, context)| provider::File::script(path, SCRIPT, &context));
        Layout {
            files: configs.chain(script).collect(),
            findings,
            size,
        }
    }

    /// A config as its path says: YAML, or JSON.
    fn finish(
        &self,
        site: &Site<'_>,
        file: Planned,
        findings: &mut Vec<Finding>,
    ) -> Option<Planned> {
        if !json::is_json(&file.path) {
            return Some(file);
        }
        let Some(text) = json::json(&file.text, &header(site.config)) else {
            let at = site.pipeline.span.clone();
            let place = site.config.place(at, format!("asks for `{}`", file.path));
            let headline = format!("what the templates make of `{}` is no YAML", file.path);
            let finding = Finding::new(&code::TEMPLATE_FAULT, headline, place);
            findings.push(finding.help(
                "JSON is made from it: correct the template, or ask for a file that ends in `.yaml`",
            ));
            return None;
        };
        Some(Planned {
            text: text.into(),
            ..file
        })
    }
}

/// The build configs among the outputs, with the pipeline that they are of: nothing where it is not turned on.
pub fn build_configs<'t>(
    config: &'t Config,
    tree: &'t Tree,
) -> Option<(&'t Pipeline, impl Iterator<Item = &'t Arc<Planned>>)> {
    let pipeline = config.ci.pipeline(CloudBuild.key())?;
    let options = pipeline.options::<CloudBuildOptions>()?;
    let parts = format!("{}-", config.owner.path(PARTS));
    let change = change::path(options);
    let configs = tree.iter().filter(move |output| {
        output.path.starts_with(&parts)
            || output.path == options.file.value
            || Some(&output.path) == change.as_ref()
    });
    Some((pipeline, configs))
}

/// Everything that is written for Cloud Build.
struct Files {
    /// The configs.
    configs: Vec<File>,
    /// The script that submits them, and its path, when there are several.
    script: Option<(String, Script)>,
}

/// One config.
struct File {
    path: String,
    template: &'static str,
    context: ConfigView,
}

impl Files {
    /// The steps of all configs that publish.
    pub(crate) fn steps(&self) -> usize {
        let publishing = self
            .configs
            .iter()
            .filter(|file| file.context.change.is_none());
        publishing.map(|file| file.context.steps()).sum()
    }
}

/// Decides every config of the pipeline.
fn files(site: &Site<'_>, options: &CloudBuildOptions, findings: &mut Vec<Finding>) -> Files {
    let maker = Maker {
        site,
        config: site.config,
        options,
        registries: login::logins(site, MEANS, findings)
            .into_iter()
            .map(|(_, login)| login)
            .collect(),
    };
    findings.extend(also_released(site, &options.trigger));
    if options.is_classic() && !site.plan.channels.is_empty() {
        let fact = "publishes no channel by the classic shape";
        let finding = site.finding(
            &code::INVALID_OPTION,
            fact,
            "it builds everything, every time",
        );
        findings.push(finding.help(
            "take the scripted shape, or leave channels to another pipeline: delete `shape`",
        ));
    }
    let built = scripted::built_here(site, options, findings);
    let mut own = Own::of(options, &site.pipeline.shape);
    let mut files = if options.is_classic() {
        Files {
            configs: vec![classic::file(&maker, own, &built)],
            script: None,
        }
    } else {
        let units = scripted::units(&built, &mut own);
        publishing(&maker, &own, units, built.left_out(), site.limit("steps"))
    };
    files.configs.extend(change::file(&maker, site));
    let [publish, change] = trigger::commands(site, options);
    for file in &mut files.configs {
        file.context.make_available();
        file.context.triggers = match file.context.part {
            Part::PullRequest => change.clone(),
            Part::Group | Part::Tags => Vec::new(),
            _ => publish.clone(),
        };
    }
    findings.extend(limits::check(site, &files, options));
    files
}

/// The configs of the scripted shape: one, or as many as it takes.
fn publishing(
    maker: &Maker<'_>,
    own: &Own,
    units: Vec<Unit>,
    left_out: usize,
    room: usize,
) -> Files {
    let steps: usize = units.iter().map(Unit::steps).sum();
    let sources = sources_of(&units);
    // Those that are not a unit's: sources, prepare, probe, tags.
    let whole = 3
        + usize::from(sources.is_more())
        + own.count_before_probe()
        + steps
        + own.count_around_tags();
    let path = maker.options.file.value.clone();
    let parts = maker.config.owner.path(PARTS);
    if whole <= room {
        let mut context =
            maker.building(&path, Part::Whole, units.iter().flat_map(|u| &u.platforms));
        context.left_out = left_out;
        context.sources = sources;
        own.around_probe(&mut context);
        context.specs = units.into_iter().map(|unit| unit.step).collect();
        own.around_tags(&mut context);
        let configs = vec![File {
            path,
            template: TEMPLATE,
            context,
        }];
        return Files {
            configs,
            script: None,
        };
    }

    let beside = 2 + usize::from(sources.is_more()) + own.count_before_probe();
    let mut configs = Vec::new();
    let mut layers: Vec<Vec<String>> = Vec::new();
    let depth = units.iter().map(|unit| unit.layer + 1).max().unwrap_or(0);
    let mut of_layer: Vec<Vec<Unit>> = (0..depth).map(|_| Vec::new()).collect();
    for unit in units {
        of_layer[unit.layer].push(unit);
    }
    for (layer, units) in of_layer.into_iter().enumerate() {
        let groups = split::groups(units, room.saturating_sub(beside), |u| &u.id, Unit::steps);
        let mut paths = Vec::new();
        for group in groups {
            let dash = if group.key.is_empty() { "" } else { "-" };
            let path = format!("{parts}-{layer}{dash}{}.yaml", group.key);
            let mut context = maker.building(
                &path,
                Part::Group,
                group.members.iter().flat_map(|u| &u.platforms),
            );
            context.sources = sources_of(&group.members);
            own.around_probe(&mut context);
            context.queue_ttl.get_or_insert(DAY);
            context.specs = group.members.into_iter().map(Unit::alone).collect();
            configs.push(File {
                path: path.clone(),
                template: TEMPLATE,
                context,
            });
            paths.push(path);
        }
        layers.push(paths);
    }

    let path_of_tags = format!("{parts}-tags.yaml");
    let mut tags = maker.speaking(&path_of_tags, Part::Tags);
    own.around_tags(&mut tags);
    configs.push(File {
        path: path_of_tags.clone(),
        template: TEMPLATE,
        context: tags,
    });
    layers.push(vec![path_of_tags]);

    let script = format!("{parts}.sh");
    let mut driver = maker.speaking(&path, Part::Driver);
    driver.left_out = left_out;
    own.around_probe(&mut driver);
    driver.timeout = DAY;
    driver.machine_type = options::MachineType::E2Medium;
    driver.submit = Some(Submit {
        image: maker.image(&maker.options.submit_image, Machinery::GoogleCloudCli),
    });
    configs.insert(
        0,
        File {
            path: path.clone(),
            template: TEMPLATE,
            context: driver,
        },
    );
    let substitutions = maker.options.substitutions.keys();
    let submitting = Script {
        file: path,
        script: script.clone(),
        layers,
        substitutions: substitutions
            .map(|name| name.value.as_str())
            .filter(|name| !ASKED.contains(name))
            .chain(ASKED)
            .map(str::to_owned)
            .collect(),
    };
    Files {
        configs,
        script: Some((script, submitting)),
    }
}

/// What some of these have to check out besides.
fn sources_of(units: &[Unit]) -> Checkout {
    units
        .iter()
        .fold(Checkout::default(), |all, unit| Checkout {
            lfs: all.lfs || unit.sources.lfs,
            submodules: all.submodules || unit.sources.submodules,
        })
}

/// What all configs are made from.
struct Maker<'a> {
    site: &'a Site<'a>,
    config: &'a Config,
    options: &'a CloudBuildOptions,
    registries: Vec<Login>,
}

impl Maker<'_> {
    /// A config that logs in, sets up a builder for `platforms`, and does nothing yet.
    fn building<'p>(
        &self,
        file: &str,
        part: Part,
        platforms: impl Iterator<Item = &'p String>,
    ) -> ConfigView {
        let mut context = self.speaking(file, part);
        self.set_up_builder(&mut context, platforms);
        context
    }

    /// A config that logs in, and does nothing yet.
    fn speaking(&self, file: &str, part: Part) -> ConfigView {
        let mut context = self.bare(file, part);
        context.asked = ASKED.to_vec();
        context.registries.clone_from(&self.registries);
        context.secrets = secrets(&self.registries);
        context.sign = Cosign::of(self.site);
        let mut ways = self.registries.iter().map(|registry| &registry.way);
        context.lent = ways
            .any(|way| matches!(way, Way::AwsKeys { .. }))
            .then(|| Lent::of(self.site));
        context.login_env = login_env(&self.registries);
        context
    }

    fn image(&self, stated: &Option<Spanned<String>>, name: Machinery) -> String {
        self.site.image(stated, name).to_owned()
    }

    /// A config that knows no registry, and does nothing yet.
    fn bare(&self, file: &str, part: Part) -> ConfigView {
        let options = self.options;
        let has_channels = part != Part::PullRequest && !self.site.plan.channels.is_empty();
        let of_channel = [trigger::CHANNEL, trigger::COMMIT];
        let of_channel = of_channel.into_iter().filter(|_| has_channels);
        let labels = options.tags.iter().map(|tag| tag.value.clone());
        let substitutions = options.substitutions.iter();
        let seconds = |minutes: u32| u64::from(minutes) * 60;
        let stated = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
        ConfigView {
            file: file.to_owned(),
            part,
            triggers: Vec::new(),
            image: self.image(&options.image, Machinery::DockerCli),
            builder: self.image(&options.builder, Machinery::DockerCli),
            sources: Checkout::default(),
            git_lfs_image: self.image(&None, Machinery::GitLfs),
            registries: Vec::new(),
            secrets: Vec::new(),
            available: Vec::new(),
            lent: None,
            sign: None,
            login_env: Vec::new(),
            buildkit: false,
            builder_env: Vec::new(),
            emulated: Vec::new(),
            left_out: 0,
            before_probe: Vec::new(),
            probe: Vec::new(),
            specs: Vec::new(),
            classic: Vec::new(),
            homes: Vec::new(),
            submit: None,
            before_tags: Vec::new(),
            after_tags: Vec::new(),
            change: None,
            asked: Vec::new(),
            substitutions: substitutions
                .map(|(name, default)| (name.value.clone(), default.value.clone()))
                .chain(of_channel.map(|name| (name.to_owned(), String::new())))
                .collect(),
            channels: has_channels,
            timeout: seconds(options.timeout_minutes),
            queue_ttl: options.queue_ttl_minutes.map(seconds),
            labels: std::iter::once("base-images".to_owned())
                .chain(
                    self.config
                        .owner
                        .name()
                        .map(|name| format!("base-images-{name}")),
                )
                .chain(labels)
                .collect(),
            machine_type: options.machine_type,
            pool: stated(&options.pool),
            disk_size_gb: options.disk_size_gb,
            logging: options.logging(),
            logs_bucket: stated(&options.logs_bucket),
            service_account: stated(&options.service_account),
        }
    }

    /// Lets a config build with BuildKit, the foreign ones of `platforms` under QEMU.
    fn set_up_builder<'p>(
        &self,
        context: &mut ConfigView,
        platforms: impl Iterator<Item = &'p String>,
    ) {
        context.buildkit = true;
        for platform in platforms.filter(|platform| *platform != NATIVE) {
            if !context.emulated.contains(platform) {
                context.emulated.push(platform.clone());
            }
        }
        let env = &mut context.builder_env;
        if !context.emulated.is_empty() {
            let emulator = self.image(&self.options.emulator, Machinery::Binfmt);
            env.push(format!("EMULATOR={emulator}"));
            env.push(format!(
                "EMULATED={}",
                emulators(&context.emulated).join(",")
            ));
        }
        env.push(format!("PARALLELISM={}", self.options.parallelism));
        let buildkit = self.image(&None, Machinery::Buildkit);
        env.push(format!("BUILDKIT={buildkit}"));
    }
}

fn secrets(registries: &[Login]) -> Vec<String> {
    let names: IndexSet<&String> = registries.iter().flat_map(Login::secrets).collect();
    names.into_iter().cloned().collect()
}

fn login_env(registries: &[Login]) -> Vec<String> {
    let mut env = Vec::new();
    for Login {
        variable,
        host,
        way,
    } in registries
    {
        if *way == Way::BuiltIn {
            continue;
        }
        env.push(format!("{variable}_HOST={host}"));
        if let Way::AwsKeys { at, .. } = way {
            let region = at.region.iter();
            env.extend(region.map(|region| format!("{variable}_REGION={region}")));
        }
    }
    env
}

/// The emulators' own names, which know no variants: `linux/arm/v7` → `arm`.
fn emulators(platforms: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for platform in platforms {
        let name = platform.split('/').nth(1).unwrap_or(platform);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emulators_are_named_once_and_without_variant() {
        let platforms = ["linux/arm64", "linux/arm/v7", "linux/arm/v6"].map(str::to_owned);
        assert_eq!(emulators(&platforms), ["arm64", "arm"]);
    }
}
