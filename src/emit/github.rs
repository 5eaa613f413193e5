//! GitHub Actions: one job asks what is missing, each lineage layer is a matrix of builds and a merge, tags come last.
//!
//! **Legs.** The file does not name specs, so it hardly grows with them. A leg (spec × platform) belongs to the job of
//! its place among the plan's builder legs of its layer, cut every [`LEGS_PER_JOB`]; the probe puts it there only when it
//! is missing. The template's `jq` counts in the same way; a test holds the two together. The file grows by about 3 kB
//! per 256 legs, so the limit on outputs is met long before the one on the file.
//!
//! **Needs.** Every job needs all jobs of the layers below directly, because a skipped job hides whether what it needed
//! was skipped, cancelled or timed out. A job with nothing to do is skipped and does not stop what stands on it.
//!
//! **Rights.** A job logs in where it reads or writes, and has the rights and the environment that takes, nothing more.

use std::collections::HashSet;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::login::secrets_by_kind;
use super::work::{self, Concern};
use crate::config::{Config, Registry, RegistryKind};
use crate::facts::Pin;
use crate::image::plan::{Plan, Spec};

/// Below the template folder. It includes `github/rights.yml` and `github/login.yml`.
pub const TEMPLATE: &str = "github/workflow.yml";

const PROVIDER: &str = "github";

/// `facts/provider_limits.toml`, `matrix_configurations_per_job`.
const LEGS_PER_JOB: usize = 256;

/// Images merged by one job: their ids travel in one variable, which Linux holds to 128 KiB.
const MERGES_PER_JOB: usize = 1000;

/// `facts/provider_limits.toml`, `job_output_bytes`, reckoned in UTF-16.
const OUTPUT_BYTES: usize = 1_048_576;

/// `[ci.github]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Github {
    /// Where the workflow is written: GitHub runs what is in `.github/workflows`.
    pub file: String,
    /// The runner of the jobs that build nothing.
    pub runner: String,
    /// The runner for each architecture, as in `arm64` or `arm-v7`.
    pub runners: IndexMap<String, String>,
    /// The environment of the jobs that read secrets; empty: none.
    pub environment: String,
    /// How long one build may take: up to 360 minutes on GitHub's own runners.
    pub timeout_minutes: u32,
    /// Actions to use at other commits than the shipped ones, by `owner/name`.
    pub actions: IndexMap<String, ActionPin>,
}

/// One action at one commit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionPin {
    /// The commit, 40 hexadecimal digits.
    pub sha: String,
    /// The version that commit has, as in `v4.1.0`: written behind it as a comment.
    pub version: String,
}

impl Default for Github {
    fn default() -> Self {
        Self {
            file: ".github/workflows/base-images.yml".to_owned(),
            runner: "ubuntu-24.04".to_owned(),
            runners: IndexMap::new(),
            environment: "publish".to_owned(),
            timeout_minutes: 120,
            actions: IndexMap::new(),
        }
    }
}

/// What the template sees.
#[derive(Debug, Serialize)]
pub struct Context {
    pub file: String,
    pub plan: &'static str,
    pub script: &'static str,
    /// Whether any job asks for `packages: write`, or for `id-token: write`: what a caller has to grant.
    pub packages: bool,
    pub id_token: bool,
    /// Names of all secrets that any job reads.
    pub secrets: Vec<String>,
    pub runner: String,
    /// The runner of each platform, as a JSON object.
    pub runners: String,
    pub timeout: u32,
    pub legs: usize,
    pub merges: usize,
    pub checkout: Action,
    pub buildx: Action,
    pub probe: Rights,
    pub layers: Vec<Layer>,
    pub tags: Tags,
}

/// An action as `uses` names it, and the version for the comment behind it.
#[derive(Debug, Clone, Serialize)]
pub struct Action {
    pub uses: String,
    pub version: String,
}

/// What a job may do, and where it logs in.
#[derive(Debug, Serialize)]
pub struct Rights {
    pub logins: Vec<Login>,
    pub packages: Option<Access>,
    pub id_token: bool,
    pub environment: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    Read,
    Write,
}

/// One lineage layer.
#[derive(Debug, Serialize)]
pub struct Layer {
    pub build: Rights,
    pub merge: Rights,
    pub builds: Vec<Job>,
    pub merges: Vec<Job>,
}

/// A job of a layer. Its id is also the name of the probe's output that says what it has to do.
#[derive(Debug, Serialize)]
pub struct Job {
    pub id: String,
    /// `LAYER-CHUNK`
    pub title: String,
    pub needs: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Tags {
    pub needs: Vec<String>,
    // The rights, spelled out because the template reads one flat job.
    pub logins: Vec<Login>,
    pub packages: Option<Access>,
    pub id_token: bool,
    pub environment: Option<String>,
}

/// How a job logs in to one registry.
#[derive(Debug, Clone, Serialize)]
pub struct Login {
    pub way: Way,
    pub title: String,
    /// The action that logs in.
    pub action: Action,
    /// Absent for Docker Hub, which is the action's default.
    pub host: Option<String>,
    /// Of a secret, unless `user_is_secret` is false: then the user itself.
    pub username: String,
    pub user_is_secret: bool,
    pub password: String,
    /// For the ways that get an identity first: its action, its step and that step's title.
    pub identity: Option<Action>,
    pub identity_title: String,
    pub step: String,
    pub provider: Option<String>,
    pub service_account: Option<String>,
    pub role: Option<String>,
    pub region: Option<String>,
    /// The AWS account; absent for the public registry.
    pub account: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The token that GitHub gives each job; for GHCR, unless the matrix names a password.
    GithubToken,
    /// User and password.
    Password,
    /// Google's workload identity federation.
    Google,
    /// An AWS role by identity, or an access key.
    Aws,
}

/// Decides every job of the workflow.
pub fn context(
    plan: &Plan,
    config: &Config,
    options: &Github,
    shipped: &[Pin],
    concerns: &mut Vec<Concern>,
) -> Context {
    let pins = Pins { options, shipped };
    let logins: Vec<(&Registry, Login)> = plan
        .registries
        .iter()
        .filter_map(|used| {
            config
                .registries
                .iter()
                .find(|registry| registry.name == used.name)
        })
        .map(|registry| (registry, login(registry, &pins, concerns)))
        .collect();
    let rights = |read: &[&str], written: &[&str]| rights(&logins, options, read, written);

    let mut contents = HashSet::new();
    let builders: Vec<&Spec> = plan
        .specs
        .iter()
        .filter(|spec| contents.insert(spec.content_reference.as_str()))
        .collect();
    let content_of: IndexMap<&str, &str> = plan
        .specs
        .iter()
        .map(|spec| (spec.id.as_str(), spec.content_reference.as_str()))
        .collect();

    let mut needs = vec!["probe".to_owned()];
    let mut layers = Vec::new();
    let mut output_units = 0;
    for number in 0..plan.layers {
        let specs: Vec<&Spec> = builders
            .iter()
            .copied()
            .filter(|spec| spec.layer == number)
            .collect();
        let homes: Vec<&str> = specs
            .iter()
            .map(|spec| spec.content_reference.as_str())
            .collect();
        let lineage: Vec<&str> = specs
            .iter()
            .flat_map(|spec| spec.parent.iter().chain(&spec.needs))
            .map(|id| content_of[id.as_str()])
            .collect();
        let legs = specs.iter().map(|spec| spec.platforms.len()).sum::<usize>();
        output_units += specs
            .iter()
            .map(|spec| spec.platforms.len() * (spec.id.len() + 96) + spec.id.len() + 3)
            .sum::<usize>();
        let builds = jobs("build", number, legs.div_ceil(LEGS_PER_JOB), &mut needs);
        let merges = jobs(
            "merge",
            number,
            specs.len().div_ceil(MERGES_PER_JOB),
            &mut needs,
        );
        layers.push(Layer {
            build: rights(&lineage, &homes),
            merge: rights(&[], &homes),
            builds,
            merges,
        });
    }
    if output_units * 2 > OUTPUT_BYTES {
        concerns.push(limit("job_output_bytes", "probe", output_units * 2));
    }

    let homes: Vec<&str> = builders
        .iter()
        .map(|spec| spec.content_reference.as_str())
        .collect();
    let probe = rights(&homes, &[]);
    let tagged: Vec<&str> = plan
        .specs
        .iter()
        .flat_map(|spec| spec.references.iter().chain(&spec.aliases))
        .map(String::as_str)
        .collect();
    let Rights {
        logins: tag_logins,
        packages,
        id_token,
        environment,
    } = rights(&homes, &tagged);
    let tags = Tags {
        needs,
        logins: tag_logins,
        packages,
        id_token,
        environment,
    };

    // The tags job goes wherever any other job goes.
    let mut secrets: Vec<String> = Vec::new();
    for login in &tags.logins {
        for secret in stored_secrets(login) {
            if !secrets.contains(secret) {
                secrets.push(secret.clone());
            }
        }
    }

    Context {
        file: options.file.clone(),
        plan: "generated/plan.json",
        script: "generated/ci/publish.sh",
        packages: tags.packages == Some(Access::Write),
        id_token: tags.id_token,
        secrets,
        runner: options.runner.clone(),
        runners: runners(&builders, options, concerns),
        timeout: options.timeout_minutes,
        legs: LEGS_PER_JOB,
        merges: MERGES_PER_JOB,
        checkout: pins.action("actions/checkout"),
        buildx: pins.action("docker/setup-buildx-action"),
        probe,
        layers,
        tags,
    }
}

/// The jobs of one kind in one layer; they need all that is in `needs`, and are needed by what follows.
fn jobs(kind: &str, layer: usize, chunks: usize, needs: &mut Vec<String>) -> Vec<Job> {
    let jobs: Vec<Job> = (0..chunks)
        .map(|chunk| {
            let title = format!("{layer}-{chunk}");
            Job {
                id: format!("{kind}-{title}"),
                title,
                needs: needs.clone(),
            }
        })
        .collect();
    needs.extend(jobs.iter().map(|job| job.id.clone()));
    jobs
}

/// The logins for references that a job reads or writes, and what they take.
fn rights(
    logins: &[(&Registry, Login)],
    options: &Github,
    read: &[&str],
    written: &[&str],
) -> Rights {
    let touches = |registry: &Registry, references: &[&str]| {
        references.iter().any(|reference| {
            reference
                .strip_prefix(&registry.prefix)
                .is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let used: Vec<&(&Registry, Login)> = logins
        .iter()
        .filter(|(registry, _)| touches(registry, read) || touches(registry, written))
        .collect();
    let token = |references: &[&str]| {
        used.iter()
            .any(|(registry, login)| login.way == Way::GithubToken && touches(registry, references))
    };
    let packages = if token(written) {
        Some(Access::Write)
    } else if token(read) {
        Some(Access::Read)
    } else {
        None
    };
    let mut hosts = HashSet::new();
    let logins: Vec<Login> = used
        .iter()
        .filter(|(registry, _)| hosts.insert(registry.host.as_str()))
        .map(|(_, login)| login.clone())
        .collect();
    let id_token = logins
        .iter()
        .any(|login| login.way == Way::Google || login.role.is_some());
    let stored = logins.iter().any(|login| !stored_secrets(login).is_empty());
    let environment =
        (stored && !options.environment.is_empty()).then(|| options.environment.clone());
    Rights {
        logins,
        packages,
        id_token,
        environment,
    }
}

/// The names of the secrets that a login reads.
fn stored_secrets(login: &Login) -> Vec<&String> {
    match login.way {
        Way::Password if login.user_is_secret => vec![&login.username, &login.password],
        Way::Password => vec![&login.password],
        Way::Aws if login.role.is_none() => vec![&login.username, &login.password],
        Way::Aws | Way::Google | Way::GithubToken => Vec::new(),
    }
}

fn login(registry: &Registry, pins: &Pins<'_>, concerns: &mut Vec<Concern>) -> Login {
    let host = registry.host.as_str();
    let (username, password) = secrets_by_kind(registry.kind, &registry.name);
    let mut login = Login {
        way: Way::Password,
        title: format!("Log in to {host}"),
        action: pins.action("docker/login-action"),
        host: Some(host.to_owned()),
        username: registry.username.clone().unwrap_or(username),
        user_is_secret: true,
        password: registry.password.clone().unwrap_or(password),
        identity: None,
        identity_title: format!("Get an identity for {host}"),
        step: format!("identity-{}", registry.name),
        provider: None,
        service_account: None,
        role: None,
        region: None,
        account: None,
    };
    match registry.kind {
        RegistryKind::DockerHub => login.host = None,
        RegistryKind::Ghcr if registry.password.is_none() => login.way = Way::GithubToken,
        RegistryKind::ArtifactRegistry => {
            if let (Some(provider), Some(account)) = (
                &registry.workload_identity_provider,
                &registry.service_account,
            ) {
                login.way = Way::Google;
                login.identity = Some(pins.action("google-github-actions/auth"));
                login.provider = Some(provider.clone());
                login.service_account = Some(account.clone());
            } else {
                // A service account's key: the user is always called this.
                login.username = "_json_key".to_owned();
                login.user_is_secret = false;
            }
        }
        RegistryKind::Ecr | RegistryKind::EcrPublic => {
            let public = registry.kind == RegistryKind::EcrPublic;
            let place = ecr_place(host);
            if !public && place.is_none() {
                concerns.push(Concern::LoginUnknown {
                    provider: PROVIDER,
                    registry: registry.name.clone(),
                    wants: "a host of the form ACCOUNT.dkr.ecr.REGION.amazonaws.com",
                });
            }
            let (account, region) = place.unzip();
            login.way = Way::Aws;
            login.action = pins.action("aws-actions/amazon-ecr-login");
            login.identity = Some(pins.action("aws-actions/configure-aws-credentials"));
            login.role.clone_from(&registry.role);
            login.account = if public { None } else { account };
            // The public registry gives its tokens in this region only.
            login.region = if public {
                Some("us-east-1".to_owned())
            } else {
                region
            };
        }
        RegistryKind::Ghcr | RegistryKind::Gitlab | RegistryKind::Other => {}
    }
    login
}

/// `123.dkr.ecr.eu-west-1.amazonaws.com` → `123` and `eu-west-1`.
fn ecr_place(host: &str) -> Option<(String, String)> {
    let labels: Vec<&str> = host.split('.').collect();
    match labels[..] {
        [account, "dkr", "ecr" | "ecr-fips", region, "amazonaws", ..] => {
            Some((account.to_owned(), region.to_owned()))
        }
        _ => None,
    }
}

/// Where actions are pinned: by the user, else by the shipped table, whose later rows are newer.
struct Pins<'a> {
    options: &'a Github,
    shipped: &'a [Pin],
}

impl Pins<'_> {
    fn action(&self, repo: &str) -> Action {
        let user = self
            .options
            .actions
            .get(repo)
            .map(|pin| (&pin.sha, &pin.version));
        let row = || {
            self.shipped
                .iter()
                .rev()
                .find(|pin| pin.repo == repo)
                .map(|pin| (&pin.sha, &pin.version))
        };
        let (sha, version) = user
            .or_else(row)
            .expect("the shipped table has every action the template uses");
        Action {
            uses: format!("{repo}@{sha}"),
            version: version.clone(),
        }
    }
}

/// The runner of every platform that is built: the user's, else GitHub's own, which are of two architectures.
fn runners(builders: &[&Spec], options: &Github, concerns: &mut Vec<Concern>) -> String {
    let mut runners = serde_json::Map::new();
    for platform in builders.iter().flat_map(|spec| &spec.platforms) {
        let platform = platform.to_string();
        if runners.contains_key(&platform) {
            continue;
        }
        let arch = work::arch(&platform);
        let label = options
            .runners
            .get(&arch)
            .cloned()
            .or_else(|| match arch.as_str() {
                "amd64" => Some("ubuntu-24.04".to_owned()),
                "arm64" => Some("ubuntu-24.04-arm".to_owned()),
                _ => None,
            });
        if label.is_none() {
            concerns.push(Concern::NoRunner {
                provider: PROVIDER,
                platform: platform.clone(),
            });
        }
        runners.insert(platform, label.into());
    }
    serde_json::Value::Object(runners).to_string()
}

fn limit(key: &'static str, at: &str, count: usize) -> Concern {
    Concern::Limit {
        provider: PROVIDER,
        key,
        at: at.to_owned(),
        count,
    }
}
