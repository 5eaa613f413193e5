//! GitLab CI: a small pipeline that writes the large one while it runs.
//!
//! **Nothing idle.** What is missing is known only when the registries have been asked, and GitLab decides which jobs a
//! pipeline has before any of them runs. So the probe writes a child pipeline of exactly the missing jobs, with exact
//! `needs`, and a trigger job starts it. The file does not name specs: it grows by one trigger job where the jobs that
//! may be missing are more than one pipeline holds. The children run one after another, each with the next of the jobs
//! in lineage order, so that what a job stands on is either in its own child or done; and no more jobs than one child's
//! are active at a time, which is what GitLab.com counts.
//!
//! **Depth.** GitLab nests children two deep: a pipeline of the user's calls this one, and this one calls what it wrote.
//! It is a pipeline of its own (it sets `workflow` and `stages`), so it is called as a child and not merged by `include`.
//!
//! **Templates.** The jobs are templates in a file of their own, which the pipelines and the children include. A child
//! is JSON written by jq, so that values from the plan stay values.

use itertools::Itertools;
use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use toml::de::{DeValue, Error};

use super::checkout::Checkout;
use super::login::{self, Google, Lent, Login, Means, Way};
use super::provider::{File, Layout, Provider};
use super::signing::Cosign;
use super::site::{Site, stated_or};
use super::triggers::also_released;
use super::work;
use crate::config::{Config, Options, ProviderTable, Registry, options_schema, read_options};
use crate::diagnostic::{Finding, and_list, code};
use crate::emit::setup;
use crate::facts::Machinery;
use crate::grammar::Spanned;
use crate::grammar::arch;
use crate::render::{Dialect, Shipped, Sign, shipped};

mod children;
mod options;
mod rules;
mod steps;
mod validate;

use children::{Child, children, jobs};
use options::{Builder, GitLab as GitLabOptions};
use rules::Rules;
use steps::{Steps, steps};

/// The pipeline that publishes, below the template folder.
const TEMPLATE: &str = "gitlab/base-images.gitlab-ci.yml";
/// The pipeline of a merge request.
const MERGE_REQUEST: &str = "gitlab/merge-request.gitlab-ci.yml";
/// Rules by which a pipeline of the user's calls them, where the matrix says when.
const RULES: &str = "gitlab/rules.yml";
/// The templates of the jobs of all pipelines.
const JOBS: &str = "gitlab/jobs.yml";
/// The script that writes the child pipelines.
const CHILDREN: &str = "gitlab/children.sh";
/// Where that script is written, below the folder of outputs.
const SCRIPT: &str = "ci/gitlab.sh";

/// A pipeline: `$` starts a variable, which in a script the shell is left to read.
const DIALECT: Dialect = Dialect::Yaml(Sign {
    text: "$",
    disarmed: "$$",
    in_scripts: false,
    backslash: None,
});

/// GitLab CI.
pub(super) struct GitLab;

impl ProviderTable for GitLab {
    fn key(&self) -> &'static str {
        "gitlab"
    }

    fn title(&self) -> &'static str {
        "GitLab"
    }

    fn description(&self) -> &'static str {
        "GitLab CI."
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".yml", ".yaml"]
    }

    fn issuer(&self) -> Option<&'static str> {
        Some("https://gitlab.com")
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        options_schema::<GitLabOptions>(generator)
    }

    fn read(&self, table: toml::Spanned<DeValue<'_>>) -> Result<Box<dyn Options>, Error> {
        read_options::<GitLabOptions>(table)
    }
}

impl Provider for GitLab {
    fn traces(&self) -> &'static [&'static str] {
        &[".gitlab-ci.yml"]
    }

    fn templates(&self) -> Shipped {
        shipped!(
            "gitlab/base-images.gitlab-ci.yml",
            "gitlab/children.sh",
            "gitlab/jobs.yml",
            "gitlab/merge-request.gitlab-ci.yml",
            "gitlab/tokens.yml",
            "gitlab/rules.yml",
        )
    }

    fn setup(&self, site: &Site<'_>) -> Vec<String> {
        setup::stored(site, MEANS, "masked and protected variables", &GIVEN)
    }

    fn lay_out(&self, site: &Site<'_>) -> Layout {
        let Some(options) = site.pipeline.options::<GitLabOptions>() else {
            return Layout::default();
        };
        let mut findings = Vec::new();
        let context = context(site, options, &mut findings);
        let file = |path: &str, template| File::new(path, template, DIALECT, &context);
        let merge_request = merge_request_file(options);
        let rules = context.rules.is_stated.then(|| rules_file(options));
        let files = [
            Some(file(&options.file, TEMPLATE)),
            Some(file(&jobs_file(options), JOBS)),
            merge_request.map(|path| file(&path, MERGE_REQUEST)),
            rules.map(|path| file(&path, RULES)),
            Some(File::script(
                site.config.owner.path(SCRIPT),
                CHILDREN,
                &context,
            )),
        ];
        Layout {
            files: files.into_iter().flatten().collect(),
            findings,
            // Besides those, the probe and the tags.
            size: context.jobs + 2,
        }
    }
}

/// Variables that every job of GitLab's has: they open its own registry.
const GIVEN: [&str; 2] = ["CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"];

/// What a job of GitLab's brings.
const MEANS: Means = Means {
    runs_on_google: false,
    ghcr_token: false,
    docker_hub: false,
    google: Google::Provider,
    aws: true,
};

/// What all of GitLab's templates see.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub file: String,
    /// Where the pipeline of merge requests is written, if anywhere.
    pub merge_request_file: Option<String>,
    /// The file of the job templates, as `include:local` names it: from the root of the repository.
    pub jobs_path: String,
    /// When they run.
    pub rules: Rules,
    pub image: String,
    pub service_image: String,
    /// What builds, on an engine.
    pub buildkit: String,
    pub rootless: bool,
    /// The image that registers QEMU, where something is emulated.
    pub emulator: Option<String>,
    pub timeout: String,
    /// Tags of the runner for the jobs that build nothing.
    pub control_tags: Vec<String>,
    pub runners: Vec<Runner>,
    /// Commands that the logins take, which the image of jobs has.
    pub commands: Vec<&'static str>,
    /// The same, where it has not and an engine runs images that do.
    pub lent: Option<Lent>,
    pub tokens: Vec<Token>,
    /// How jobs sign, and see who signed.
    pub sign: Option<Cosign>,
    /// Whether a login may have run out when a long build is done.
    pub renewed: bool,
    pub registries: Vec<Login>,
    pub steps: Steps,
    /// What some builds have to check out besides.
    pub sources: Checkout,
    pub jobs_per_pipeline: usize,
    pub children: Vec<Child>,
    /// The command by which a merge request is checked, when one is stated, and the image for it.
    pub check: Option<String>,
    pub check_image: String,
    /// How many jobs build and merge when nothing is there yet.
    pub jobs: usize,
}

/// Where the builds of one platform run.
#[derive(Debug, Serialize)]
pub(super) struct Runner {
    pub arch: String,
    pub tags: Vec<String>,
    pub emulated: bool,
}

/// One of the `id_tokens`.
#[derive(Debug, Serialize)]
pub(super) struct Token {
    pub name: String,
    pub audience: String,
}

/// Decides all that the pipelines need to know; which jobs there are is decided while they run.
fn context(site: &Site<'_>, options: &GitLabOptions, findings: &mut Vec<Finding>) -> View {
    let config = site.config;
    findings.extend(also_released(site, &options.trigger));
    let logins = login::logins(site, MEANS, findings);
    // Of the image that is known here, it is known what it has not.
    let has_known_image = options.image.is_none();
    let is_lent = has_known_image && options.builder == Builder::Dind;
    if has_known_image && !is_lent {
        let unlent = logins
            .iter()
            .filter(|(_, login)| !commands(login).is_empty());
        findings.extend(unlent.map(|(registry, login)| not_lent(site, registry, login)));
    }
    let sign = Cosign::of(site);
    if has_known_image && !is_lent && sign.is_some() {
        findings.push(no_cosign(site));
    }
    let registries: Vec<Login> = logins.into_iter().map(|(_, login)| login).collect();
    let commands: Vec<&str> = registries
        .iter()
        .flat_map(commands)
        .copied()
        .chain(sign.iter().map(|_| "cosign"))
        .unique()
        .collect();
    let lent = (is_lent && !commands.is_empty()).then(|| Lent::of(site));
    let jobs = jobs(&work::units(site.plan, site.pipeline.provider));
    for job in &jobs {
        findings.extend(site.over("needs_per_job", &job.name, job.needs, None));
        let help = "shorten the values, or the image's key";
        let chars = job.name.chars().count();
        findings.extend(site.over("job_name_chars", &job.name, chars, Some(help)));
    }
    let size = options.jobs_per_pipeline.get();
    let children = children(jobs.len().div_ceil(size).max(1));
    findings.extend(site.over(
        "downstream_pipelines",
        "the pipelines of missing images",
        children.len(),
        Some("raise `jobs-per-pipeline`"),
    ));
    // Any of the jobs may come together in a child, so the longest count.
    let mut bytes: Vec<usize> = jobs.iter().map(|job| job.bytes).collect();
    bytes.sort_unstable_by(|a, b| b.cmp(a));
    findings.extend(site.over(
        "yaml_bytes",
        "a pipeline of missing images",
        bytes.iter().take(size).sum(),
        Some("lower `jobs-per-pipeline`"),
    ));
    let image = site.image(&options.image, Machinery::DockerCli);
    let runners = runners(site, options, findings);
    let emulated = runners.iter().any(|runner| runner.emulated);

    View {
        file: options.file.value.clone(),
        merge_request_file: merge_request_file(options),
        jobs_path: format!("/{}", jobs_file(options)),
        rules: Rules::of(site, options),
        image: image.to_owned(),
        service_image: site
            .image(&options.service, options.builder.machinery())
            .to_owned(),
        buildkit: site.facts.machinery(Machinery::Buildkit).to_owned(),
        rootless: options.builder == Builder::Rootless,
        emulator: emulated.then(|| site.image(&options.emulator, Machinery::Binfmt).to_owned()),
        timeout: format!("{} minutes", options.timeout_minutes),
        control_tags: options
            .control_runner
            .as_deref()
            .map(texts)
            .or_else(|| runner_tags(config, options, NATIVE))
            .unwrap_or_default(),
        runners,
        commands,
        lent,
        renewed: registries.iter().any(Login::is_by_identity),
        sign,
        tokens: registries.iter().filter_map(token).collect(),
        registries,
        steps: steps(&options.step, &site.pipeline.shape),
        sources: Checkout::of(site.share()),
        jobs_per_pipeline: size,
        children,
        check: config.ci.check.clone(),
        check_image: stated_or(&options.check_image, image).to_owned(),
        jobs: jobs.len(),
    }
}

/// Where the templates of the jobs are written: beside the pipeline.
fn jobs_file(options: &GitLabOptions) -> String {
    beside(&options.file, "-jobs.yml")
}

/// Where the rules are written by which others call the pipelines: beside them.
fn rules_file(options: &GitLabOptions) -> String {
    beside(&options.file, "-rules.yml")
}

/// Where the pipeline of merge requests is written, if anywhere: by default beside the other.
fn merge_request_file(options: &GitLabOptions) -> Option<String> {
    let usual = beside(&options.file, "-merge-request.gitlab-ci.yml");
    options.pull_request.path(&usual).map(str::to_owned)
}

/// `.gitlab/base-images.gitlab-ci.yml` with another ending than its own. A name that is all ending becomes `base-images`.
fn beside(file: &str, ending: &str) -> String {
    let (folder, name) = file
        .rfind('/')
        .map_or(("", file), |slash| file.split_at(slash + 1));
    let stem = [".gitlab-ci.yml", ".gitlab-ci.yaml", ".yml", ".yaml"]
        .iter()
        .find_map(|own| name.strip_suffix(own))
        .unwrap_or(name);
    let stem = if stem.is_empty() { "base-images" } else { stem };
    format!("{folder}{stem}{ending}")
}

/// The platform of GitLab's usual runners.
const NATIVE: &str = "linux/amd64";

/// Where each platform is built, in the order in which the plan comes to them.
fn runners(site: &Site<'_>, options: &GitLabOptions, findings: &mut Vec<Finding>) -> Vec<Runner> {
    let config = site.config;
    let mut platforms: Vec<&str> = Vec::new();
    for platform in site.share().iter().flat_map(|spec| &spec.platforms) {
        if !platforms.contains(&&**platform) {
            platforms.push(platform);
        }
    }
    platforms
        .into_iter()
        .map(|platform| {
            let emulated = options
                .emulate
                .iter()
                .any(|key| config.names_platform(key, platform));
            if emulated && options.builder == Builder::Rootless {
                findings.push(not_emulated(site, platform));
            }
            let tags = runner_tags(config, options, platform)
                .filter(|_| !emulated || work::runner(config, &options.runner, platform).is_some())
                .or_else(|| {
                    emulated
                        .then(|| runner_tags(config, options, NATIVE))
                        .flatten()
                });
            if tags.is_none() {
                findings.push(site.no_runner(platform, "[\"…\"]"));
            }
            Runner {
                arch: arch(platform),
                tags: tags.unwrap_or_default(),
                emulated,
            }
        })
        .collect()
}

/// The finding about a platform that is to run under QEMU where nothing can register that.
fn not_emulated(site: &Site<'_>, platform: &str) -> Finding {
    let fact = format!("cannot emulate `{platform}` here");
    let label = "it builds with rootless BuildKit";
    let finding = site.finding(&code::UNKNOWN_RUNNER, &fact, label);
    finding
        .note("QEMU is registered by a privileged container")
        .help("build with `builder = \"dind\"`, or name a runner and take the platform out of `emulate`")
}

/// The tags for a platform: the user's, else those of GitLab's hosted runners, which are of two architectures.
fn runner_tags(config: &Config, options: &GitLabOptions, platform: &str) -> Option<Vec<String>> {
    let arch = arch(platform);
    work::runner(config, &options.runner, platform)
        .map(|tags| texts(tags))
        .or_else(|| match arch.as_str() {
            "amd64" | "arm64" => Some(vec![format!("saas-linux-small-{arch}")]),
            _ => None,
        })
}

fn texts(tags: &[Spanned<String>]) -> Vec<String> {
    tags.iter().map(|tag| tag.value.clone()).collect()
}

/// The identity token by which a job logs in.
fn token(login: &Login) -> Option<Token> {
    let audience = match &login.way {
        Way::Google { provider, .. } => format!("https://iam.googleapis.com/{provider}"),
        Way::AwsRole { .. } => "sts.amazonaws.com".to_owned(),
        Way::BuiltIn
        | Way::JobToken
        | Way::Password { .. }
        | Way::JsonKey { .. }
        | Way::DockerHub { .. }
        | Way::AwsKeys { .. } => return None,
    };
    Some(Token {
        name: format!("{}_ID_TOKEN", login.variable),
        audience,
    })
}

/// The commands that a login takes, besides docker's.
fn commands(login: &Login) -> &'static [&'static str] {
    match login.way {
        // The probe asks AWS by curl whether the repositories exist.
        Way::AwsRole { .. } | Way::AwsKeys { .. } => &["aws", "curl"],
        Way::Google { .. } => &["curl"],
        _ => &[],
    }
}

/// The finding about a login that takes commands which the jobs have from nowhere.
fn not_lent(site: &Site<'_>, registry: &Registry, login: &Login) -> Finding {
    let fact = format!("cannot log in to registry `{}`", registry.name);
    let commands = and_list(commands(login).iter().copied());
    let label = format!("its jobs have no {commands}");
    let host = format!("its host is `{}`", registry.host);
    site.finding(&code::LOGIN_UNKNOWN, &fact, label)
        .note("rootless BuildKit is no engine that could run another image for that")
        .help("state an image that has them and Docker's client: `image` in `[ci.gitlab]`")
        .related(site.config.place(registry.span.clone(), host))
}

/// The finding about images that are signed by a command which the jobs have from nowhere.
fn no_cosign(site: &Site<'_>) -> Finding {
    let fact = "has no cosign in its jobs";
    let finding = site.finding(&code::INVALID_OPTION, fact, "its images are to be signed");
    finding
        .note("rootless BuildKit is no engine that could run another image for that")
        .help("state an image that has cosign and Docker's client: `image` in `[ci.gitlab]`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_stand_beside_the_pipeline() {
        let beside = |file: &str| beside(file, "-jobs.yml");
        assert_eq!(beside(".gitlab-ci.yml"), "base-images-jobs.yml");
        assert_eq!(beside("ci/x.gitlab-ci.yml"), "ci/x-jobs.yml");
        assert_eq!(beside("a.b/x.yaml"), "a.b/x-jobs.yml");
        assert_eq!(beside("plain"), "plain-jobs.yml");
    }
}
