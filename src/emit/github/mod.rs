//! GitHub Actions: one job asks what is missing, each lineage layer is a matrix of builds and a merge, tags come last.
//!
//! **Legs.** The file does not name specs, so it hardly grows with them. A leg (spec × platform) belongs to the job of
//! its place among the builders of its layer, cut where GitHub's limits are; the probe puts it there only when it is
//! missing. The template's `jq` counts in the same way; a test holds the two together.
//!
//! **Needs.** Every job needs all jobs of the layers below directly, because a skipped job hides whether what it needed
//! was skipped, cancelled or timed out. A job with nothing to do is skipped and does not stop what stands on it.
//!
//! **Rights.** A job logs in where it reads or writes, and has the rights and the environment that takes, nothing more.

use std::collections::HashSet;

use indexmap::{IndexMap, IndexSet};
use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use toml::de::{DeValue, Error};

use super::build_secrets;
use super::checkout::Extent;
use super::emitters::PUBLISH;
use super::provider::{File, Layout, Provider};
use super::signing::Cosign;
use super::site::Site;
use super::triggers::{Started, Triggers, also_released, channels};
use crate::config::{
    self, Access, At, Config, Options, ProviderTable, RegistryKind, Runner, options_schema,
    read_options,
};
use crate::diagnostic::{Finding, and_list, code};
use crate::emit::setup;
use crate::facts::Machinery;
use crate::grammar::Spanned;
use crate::image::plan::PlanSpec;
use crate::output::Planned;
use crate::render::{Dialect, Shipped, Sign, shipped};

mod adopt;
mod calls;
mod edits;
mod legs;
mod limits;
mod login;
mod machine;
mod options;
mod parts;
mod permissions;
mod pins;
mod pull_request;
mod refresh;
mod steps;
mod validate;

pub use adopt::adopt;
pub use calls::{Call, calls};
pub use edits::{ActionEdit, ActionEdits, Unfit};
pub use permissions::all_permissions;

use legs::{Legs, Runners};
use login::{JOB_TOKEN, Rights, is_in, logins, release_rights, rights, signing_rights, unstored};
use options::{ActionPin, Github};
use parts::{Block, Limits, Part, Work, cut};
use permissions::{asked, asked_by_builds};
use pins::{Action, Pins};
use steps::{Hook, Steps, hooks};

/// Below the template folder. It includes `github/rights.yml`, `github/login.yml`, `github/emulation.yml` and
/// `github/step.yml`.
const TEMPLATE: &str = "github/workflow.yml";

/// A workflow: `${{` starts an expression, and in a script too.
const DIALECT: Dialect = Dialect::Yaml(Sign {
    text: "${{",
    disarmed: "${{ '${{' }}",
    in_scripts: true,
    backslash: None,
});

/// The dialect of a file of one's own, where GitHub reads expressions in it.
pub(super) fn workflow_dialect(path: &str) -> Option<Dialect> {
    let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
    let action = ["action.yml", "action.yaml"].contains(&path.rsplit('/').next()?);
    (yaml && (action || path.starts_with(".github/workflows/"))).then_some(DIALECT)
}

/// GitHub Actions.
pub(super) struct GitHub;

impl ProviderTable for GitHub {
    fn key(&self) -> &'static str {
        "github"
    }

    fn title(&self) -> &'static str {
        "GitHub"
    }

    fn description(&self) -> &'static str {
        "GitHub Actions."
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".yml", ".yaml"]
    }

    fn issuer(&self) -> Option<&'static str> {
        Some("https://token.actions.githubusercontent.com")
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        options_schema::<Github>(generator)
    }

    fn read(&self, table: toml::Spanned<DeValue<'_>>) -> Result<Box<dyn Options>, Error> {
        read_options::<Github>(table)
    }
}

impl Provider for GitHub {
    fn traces(&self) -> &'static [&'static str] {
        &[".github/workflows/*.yml", ".github/workflows/*.yaml"]
    }

    fn templates(&self) -> Shipped {
        shipped!(
            "github/changes.yml",
            "github/cosign.yml",
            "github/emulation.yml",
            "github/fetch.yml",
            "github/inputs.yml",
            "github/legs.sh",
            "github/login.yml",
            "github/pull-request.yml",
            "github/refresh.yml",
            "github/rights.yml",
            "github/sources.yml",
            "github/step.yml",
            "github/workflow.yml",
        )
    }

    fn setup(&self, site: &Site<'_>) -> Vec<String> {
        let Some(options) = site.pipeline.options::<Github>() else {
            return Vec::new();
        };
        let environment = match options.environment.as_str() {
            "" => "secrets".to_owned(),
            name => format!("environment `{name}`, and in it the secrets"),
        };
        let mut lines = setup::stored(site, login::MEANS, &environment, &[login::JOB_TOKEN]);
        lines.extend(deployed(site, options, !lines.is_empty()));
        lines.extend(refresh::setup(options));
        lines
    }

    fn lay_out(&self, site: &Site<'_>) -> Layout {
        let Some(options) = site.pipeline.options::<Github>() else {
            return Layout::default();
        };
        let mut findings = Vec::new();
        let publish = context(site, options, &mut findings);
        let file = options.file.value.as_str();
        let mut files = vec![
            File::new(file, TEMPLATE, DIALECT, &publish),
            File::script(
                site.config.owner.path(legs::WRITTEN),
                legs::TEMPLATE,
                &publish,
            ),
        ];
        if let Some(path) = pull_request::file(options) {
            let change = pull_request::context(site, options);
            files.push(File::new(path, pull_request::TEMPLATE, DIALECT, &change));
        }
        if let Some(path) = refresh::file(options) {
            let refreshed = refresh::context(site, options);
            files.push(File::new(path, refresh::TEMPLATE, DIALECT, &refreshed));
        }
        Layout {
            files,
            findings,
            size: publish.jobs,
        }
    }

    fn finish(
        &self,
        site: &Site<'_>,
        file: Planned,
        findings: &mut Vec<Finding>,
    ) -> Option<Planned> {
        findings.extend(limits::limits(site, &file.path, &file.text));
        Some(file)
    }
}

/// What the template sees.
#[derive(Debug, Serialize)]
pub(super) struct PublishView {
    pub file: String,
    pub script: String,
    /// What a caller has to grant: the most that any job asks for.
    pub grants: IndexMap<String, Access>,
    /// Names of all secrets that any job reads.
    pub secrets: Vec<String>,
    pub trigger: Triggers,
    /// The channel that a run is of, as an expression; none: there are no channels.
    pub channel: Option<String>,
    /// Branches a push to which starts it, those of channels among them.
    pub branches: Vec<String>,
    pub schedule: Vec<String>,
    /// Of the jobs that build nothing.
    pub runner: Runner,
    /// Minutes that a build may take.
    pub timeout: u32,
    pub max_parallel: Option<u32>,
    pub legs: Legs,
    /// Platforms that are built by emulation, as a JSON list; absent: none.
    pub emulated: Option<String>,
    pub checkout: Action,
    pub buildx: Action,
    /// What BuildKit is run as.
    pub driver_opts: String,
    pub qemu: Action,
    /// The image that registers QEMU.
    pub binfmt: String,
    pub probe: Rights,
    pub probes: Vec<Probe>,
    pub layers: Vec<Layer>,
    pub tags: Tags,
    /// How jobs sign, and see who signed.
    pub sign: Option<Cosign>,
    /// The action that sets up cosign.
    pub cosign: Action,
    /// Rights of the job that signs what was there before.
    pub signer: Rights,
    pub then: Vec<Hook>,
    pub steps: Steps,
    /// How many jobs run when nothing is there yet.
    #[serde(skip)]
    pub jobs: usize,
}

/// A job that asks for a part of the images what is missing, and hands that out.
#[derive(Debug, Serialize)]
pub(super) struct Probe {
    pub id: String,
    pub title: String,
    /// The jobs that it hands work to, each with the layer, the first of its images and how many there may be. Outputs are
    /// called after them.
    pub jobs: IndexMap<String, [usize; 3]>,
}

/// One lineage layer.
#[derive(Debug, Serialize)]
pub(super) struct Layer {
    pub build: Rights,
    /// Secrets that its builds are handed, by the variables that hold them.
    pub secrets: Vec<String>,
    pub merge: Rights,
    pub builds: Vec<Job>,
    pub merges: Vec<Job>,
}

/// A job of a layer. Its id is also the name of the probe's output that says what it has to do.
#[derive(Debug, Serialize)]
pub(super) struct Job {
    pub id: String,
    /// `LAYER-NUMBER`
    pub title: String,
    /// The probe that hands out its work.
    pub probe: String,
    pub needs: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Tags {
    pub needs: Vec<String>,
    pub rights: Rights,
}

/// What environments have to let in: they can be restricted to branches, and runs of channels are of theirs. A schedule runs on
/// the default branch.
fn deployed(site: &Site<'_>, options: &Github, stores: bool) -> Option<String> {
    let own = Some(options.environment.as_str()).filter(|_| stores);
    let release = options.release_environment.as_ref();
    let environments = own.into_iter().chain(release.map(|own| own.value.as_str()));
    let environments: IndexSet<&str> = environments.filter(|name| !name.is_empty()).collect();
    let branches = site
        .config
        .channels
        .iter()
        .map(|channel| match channel.branch() {
            Some(branch) => format!("`{branch}`"),
            None => "the default branch".to_owned(),
        });
    let branches: IndexSet<String> = branches.collect();
    if branches.is_empty() || environments.is_empty() {
        return None;
    }
    let are = if environments.len() == 1 {
        "environment"
    } else {
        "environments"
    };
    let branches: Vec<String> = branches.into_iter().collect();
    Some(format!(
        "{} among the branches that may deploy to {are} {}, for channels",
        branches.join(" and "),
        and_list(environments)
    ))
}

/// The options of the pipeline, where it is turned on.
fn options(config: &Config) -> Option<&Github> {
    config.ci.pipeline(GitHub.key())?.options()
}

/// The expression that tells of which channel a run is.
fn channel(channels: &[Started]) -> Option<String> {
    let asked = channels
        .iter()
        .map(|channel| match (&channel.branch, &channel.schedule) {
            (Some(branch), _) => format!(
                "github.event_name == 'push' && github.ref == 'refs/heads/{branch}' && '{}'",
                channel.name
            ),
            (None, schedule) => format!(
                "github.event_name == 'schedule' && github.event.schedule == '{}' && '{}'",
                schedule.as_deref().unwrap_or_default(),
                channel.name
            ),
        });
    let asked: Vec<String> = asked.collect();
    (!asked.is_empty()).then(|| format!("${{{{ {} || '' }}}}", asked.join(" || ")))
}

fn branches(trigger: &Triggers, channels: &[Started]) -> Vec<String> {
    let stated = trigger
        .branches
        .iter()
        .flat_map(|branches| branches.globs.clone());
    let own = channels
        .iter()
        .filter_map(|channel| channel.branch.as_ref());
    stated
        .chain(own.map(|branch| branch.replace('+', "\\+")))
        .collect()
}

/// The findings about a line of `schedule` that a channel has, too: a run cannot be of both.
fn twice_a_day(site: &Site<'_>, options: &Github) -> Vec<Finding> {
    let both = options.schedule.iter().filter_map(|cron| {
        let mut channels = site.config.channels.iter();
        let channel = channels.find(|channel| channel.schedule() == Some(cron))?;
        let fact = format!(
            "GitHub would publish a release and channel `{}` at `{}`",
            channel.name, cron.value
        );
        let finding = Finding::new(
            &code::CHANNEL_CLASH,
            fact,
            site.config.place(cron.span.clone(), "in `schedule`"),
        );
        let place = site.config.place(channel.span.clone(), "the channel");
        Some(
            finding
                .related(place)
                .help("give one of them another minute"),
        )
    });
    both.collect()
}

/// What starts the workflows.
fn trigger(site: &Site<'_>, options: &Github) -> Triggers {
    let files = workflow_files(site.config);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    Triggers::of(site, &options.trigger, &files)
}

/// Where workflows are written.
pub fn workflow_files(config: &Config) -> Vec<String> {
    let files = |options: &Github| {
        let file = [options.file.value.clone()].into_iter();
        let file = file.chain(pull_request::file(options));
        file.chain(refresh::file(options)).collect()
    };
    options(config).map_or_else(Vec::new, files)
}

/// The commit that the matrix states for an action.
pub fn stated_pin<'c>(config: &'c Config, action: &str) -> Option<&'c Spanned<ActionPin>> {
    options(config)?.actions.get(action)
}

/// How the action that sets up BuildKit is told which.
fn driver_opts(site: &Site<'_>) -> String {
    format!("image={}", site.facts.machinery(Machinery::Buildkit))
}

/// Decides every job of the workflow.
fn context(site: &Site<'_>, options: &Github, findings: &mut Vec<Finding>) -> PublishView {
    let Site {
        pipeline,
        config,
        facts,
        plan,
        ..
    } = *site;
    let pins = Pins {
        options,
        known: &facts.action_pins(),
    };
    let logins = logins(site, &pins, findings);
    findings.extend(unstored(site));
    findings.extend(also_released(site, &options.trigger));
    findings.extend(twice_a_day(site, options));
    let (trigger, channels) = (trigger(site, options), channels(site));
    let rights = |read: &[&str], written: &[&str]| rights(&logins, options, read, written);
    let sign = Cosign::of(site);
    let signing = |own: Rights| signing_rights(sign.as_ref(), options, own);

    let builders = builders(site);
    let runners = Runners::new(site, options, &builders, findings);
    let emulated = runners.emulated(config, options);
    let steps = Steps::new(options, &pipeline.shape);
    let mut rows = pipeline.shape.rows.iter();
    let legs = Legs {
        runners: runners.to_lines(),
        timeout: rows
            .any(|row| row.timeout_minutes.is_some())
            .then_some(options.timeout_minutes),
        narrowed: steps.narrowed(),
        lfs: Extent::of(&builders, |spec| spec.lfs),
        submodules: Extent::of(&builders, |spec| spec.submodules),
    };

    let by_layer: Vec<Vec<Work<'_>>> = (0..plan.layers)
        .map(|layer| {
            let specs = builders.iter().filter(|spec| spec.layer == layer);
            specs
                .map(|spec| Work {
                    spec,
                    units: legs.units(&runners, spec),
                })
                .collect()
        })
        .collect();
    let parts = cut(
        &by_layer,
        Limits {
            legs: site.limit("matrix_configurations_per_job"),
            output_bytes: site.limit("job_output_bytes"),
        },
    );
    findings.extend(site.over("job_output_bytes", "probe", parts.output_bytes, None));

    let content_of: IndexMap<&str, &str> = plan
        .specs
        .iter()
        .map(|spec| (spec.id.as_ref(), spec.content_reference.as_str()))
        .collect();
    let mut probes = probes(parts.probes);
    let mut needs: Vec<String> = probes.iter().map(|probe| probe.id.clone()).collect();
    let mut handed: Vec<IndexMap<String, [usize; 3]>> = vec![IndexMap::new(); parts.probes];
    let mut layers = Vec::new();
    for (work, blocks) in by_layer.iter().zip(&parts.layers) {
        let homes: Vec<&str> = work
            .iter()
            .map(|work| work.spec.content_reference.as_str())
            .collect();
        let lineage: Vec<&str> = work
            .iter()
            .flat_map(|work| work.spec.parent.iter().chain(&work.spec.needs))
            .map(|id| content_of[id.as_ref()])
            .collect();
        let below = needs.clone();
        let mut number = 0..;
        let builds: Vec<Job> = blocks
            .iter()
            .flat_map(|block| block.builds.iter().map(move |part| (block, part)))
            .zip(&mut number)
            .map(|((block, part), number)| {
                job("build", block, part, number, &below, &mut handed, &probes)
            })
            .collect();
        needs.extend(builds.iter().map(|job| job.id.clone()));
        let merges: Vec<Job> = blocks
            .iter()
            .filter(|block| block.merge.of(work).iter().any(|one| one.spec.is_joined()))
            .enumerate()
            .map(|(number, block)| {
                job(
                    "merge",
                    block,
                    &block.merge,
                    number,
                    &needs,
                    &mut handed,
                    &probes,
                )
            })
            .collect();
        needs.extend(merges.iter().map(|job| job.id.clone()));
        let secrets = build_secrets::variables(work.iter().map(|work| work.spec));
        layers.push(Layer {
            build: signing(rights(&lineage, &homes).reading(&secrets, options)).and(
                asked_by_builds(&options.step, &pipeline.shape, work.iter().map(|w| w.spec)),
            ),
            secrets,
            merge: signing(rights(&[], &homes)),
            builds,
            merges,
        });
    }
    for (probe, parts) in probes.iter_mut().zip(handed) {
        probe.jobs = parts;
    }

    let homes: Vec<&str> = builders
        .iter()
        .map(|spec| spec.content_reference.as_str())
        .collect();
    let tagged: Vec<&str> = plan
        .share(pipeline.provider)
        .into_iter()
        .filter(|spec| spec.role(pipeline.provider).is_none())
        .flat_map(|spec| spec.references.iter().chain(&spec.aliases))
        .map(String::as_str)
        .collect();
    // Repositories of AWS are not made by a push, so the probe looks whether they are there, wherever images are copied.
    let made_first = logins.iter().filter(|(registry, _)| {
        matches!(registry.kind, RegistryKind::Ecr | RegistryKind::EcrPublic)
    });
    let read: Vec<&str> = made_first
        .flat_map(|(registry, _)| {
            let tagged = tagged.iter().copied();
            tagged.filter(|reference| is_in(registry, reference))
        })
        .chain(homes.iter().copied())
        .collect();
    let probe = rights(&read, &[]).and(asked(&options.step, &[At::BeforeProbe], |_| true));
    let tags = Tags {
        needs,
        rights: release_rights(options, rights(&homes, &tagged)).and(asked(
            &options.step,
            &[At::BeforeTags, At::AfterTags],
            |_| true,
        )),
    };
    let signer = signing(rights(&[], &homes));
    let then = hooks(options);
    let merges: usize = layers.iter().map(|layer| layer.merges.len()).sum();
    let builds: usize = builders.iter().map(|spec| spec.platforms.len()).sum();

    PublishView {
        file: options.file.value.clone(),
        script: config.owner.path(PUBLISH),
        grants: grants(&tags.rights, sign.as_ref(), &then, &options.step),
        secrets: secrets(&tags.rights, &layers, sign.as_ref(), &then),
        channel: channel(&channels),
        branches: branches(&trigger, &channels),
        trigger,
        schedule: options
            .schedule
            .iter()
            .map(|cron| cron.value.clone())
            .chain(
                channels
                    .iter()
                    .filter_map(|channel| channel.schedule.clone()),
            )
            .collect(),
        runner: options.control_runner.value.clone().into(),
        timeout: options.timeout_minutes,
        max_parallel: options.max_parallel.as_ref().map(|most| most.value),
        legs,
        emulated: (!emulated.is_empty())
            .then(|| serde_json::to_string(&emulated).unwrap_or_default()),
        checkout: pins.action("actions/checkout"),
        buildx: pins.action("docker/setup-buildx-action"),
        driver_opts: driver_opts(site),
        qemu: pins.action("docker/setup-qemu-action"),
        binfmt: site.facts.machinery(Machinery::Binfmt).to_owned(),
        jobs: probes.len() + builds + merges + 1 + then.len(),
        probe,
        probes,
        layers,
        tags,
        cosign: pins.action("sigstore/cosign-installer"),
        signer,
        sign,
        then,
        steps,
    }
}

/// The first spec of each content that this pipeline has to build.
fn builders<'a>(site: &Site<'a>) -> Vec<&'a PlanSpec> {
    let mut contents = HashSet::new();
    let mut specs = site.share();
    specs.retain(|spec| contents.insert(spec.content_reference.as_str()));
    specs
}

/// The probes; what each hands out is decided later.
fn probes(count: usize) -> Vec<Probe> {
    let numbers = 0..count;
    numbers
        .map(|number| {
            let (id, title) = if count == 1 {
                ("probe".to_owned(), "Probe".to_owned())
            } else {
                (format!("probe-{number}"), format!("Probe {number}"))
            };
            Probe {
                id,
                title,
                jobs: IndexMap::new(),
            }
        })
        .collect()
}

/// A job that does one part of the work; its probe is told.
fn job(
    kind: &str,
    block: &Block,
    part: &Part,
    number: usize,
    needs: &[String],
    handed: &mut [IndexMap<String, [usize; 3]>],
    probes: &[Probe],
) -> Job {
    let id = format!("{kind}-{}-{number}", part.layer);
    let title = match number {
        0 => format!("Join platforms, layer {}", part.layer),
        number => format!("Join platforms, layer {}, part {}", part.layer, number + 1),
    };
    handed[block.probe].insert(id.clone(), [part.layer, part.first, part.size]);
    Job {
        id,
        title,
        probe: probes[block.probe].id.clone(),
        needs: needs.to_vec(),
    }
}

/// The rights that a caller has to grant: the tags job goes wherever any other job goes, and hooks ask for their own.
fn grants(
    tags: &Rights,
    sign: Option<&Cosign>,
    then: &[Hook],
    steps: &config::Steps,
) -> IndexMap<String, Access> {
    let mut grants = IndexMap::from([("contents".to_owned(), Access::Read)]);
    let mut grant = |what: &str, access: Access| {
        let granted = grants.entry(what.to_owned()).or_insert(access);
        *granted = (*granted).max(access);
    };
    if let Some(access) = tags.packages {
        grant("packages", access);
    }
    if tags.id_token || sign.is_some_and(|sign| sign.by_identity) {
        grant("id-token", Access::Write);
    }
    let hooks = then.iter().flat_map(|hook| &hook.permissions);
    let steps = steps.values().flat_map(|step| &step.permissions);
    let asked = hooks.chain(steps.map(|(what, access)| (&what.value, access)));
    for (what, access) in asked.filter(|(_, access)| **access != Access::None) {
        grant(what, *access);
    }
    grants
}

/// The secrets that a caller has to hand on.
fn secrets(tags: &Rights, layers: &[Layer], sign: Option<&Cosign>, then: &[Hook]) -> Vec<String> {
    // The job's own token is nobody's to hand on.
    let builds = layers.iter().flat_map(|layer| &layer.secrets);
    let builds = builds.filter(|secret| *secret != JOB_TOKEN);
    let logins = tags.logins.iter().flat_map(|login| login.login.secrets());
    let hooks = then.iter().flat_map(|hook| &hook.secrets);
    let signing = sign.iter().flat_map(|sign| &sign.secrets);
    let mut seen = HashSet::new();
    logins
        .chain(builds)
        .chain(signing)
        .chain(hooks)
        .filter(|secret| seen.insert(secret.as_str()))
        .cloned()
        .collect()
}
