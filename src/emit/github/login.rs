//! How the jobs of a workflow log in, and the rights that takes.

use std::collections::HashSet;

use serde::Serialize;

use super::options::Github;
use super::pins::{Action, Pins};
use crate::config::{Access, Registry, RegistryKind};
use crate::diagnostic::{Finding, code};
use crate::emit::login::{self, Google, Means, Way};
use crate::emit::signing::Cosign;
use crate::emit::site::Site;
use indexmap::IndexMap;

/// What a job may do, and where it logs in.
#[derive(Debug, Serialize)]
pub(crate) struct Rights {
    pub logins: Vec<Login>,
    pub contents: Access,
    pub packages: Option<Access>,
    pub id_token: bool,
    /// Whether its identity signs.
    pub signs: bool,
    /// What steps of the user's ask for besides.
    pub steps: IndexMap<String, Access>,
    /// The logins that may have run out when a long build is done, which are made again before its push.
    pub renewed: Vec<Login>,
    pub environment: Option<String>,
}

/// How a job logs in to one registry.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Login {
    #[serde(flatten)]
    pub login: login::Login,
    /// What the action calls the registry; nothing for Docker Hub, which is its default.
    pub registry: Option<String>,
    /// The action that logs in.
    pub action: Action,
    /// The action that gets an identity, or a session of AWS, before.
    pub identity: Option<Action>,
    /// The id of that step.
    pub step: String,
}

/// What a job of GitHub's brings. Docker Hub's action gets a token itself, since 4.5.0 (docker/login-action#1048).
pub(super) const MEANS: Means = Means {
    runs_on_google: false,
    ghcr_token: true,
    docker_hub: true,
    google: Google::ProviderAndAccount,
    aws: true,
};

/// The logins for the registries that the plan uses.
pub(super) fn logins<'a>(
    site: &Site<'a>,
    pins: &Pins<'_>,
    findings: &mut Vec<Finding>,
) -> Vec<(&'a Registry, Login)> {
    let logins = login::logins(site, MEANS, findings);
    for (registry, login) in &logins {
        let mut secrets = login.secrets().into_iter();
        if let Some(secret) = secrets.find(|name| is_own(name)) {
            findings.push(login::no_secret(site, registry, secret, WHY_OWN));
        }
    }
    let logins = logins.into_iter();
    logins
        .map(|(registry, login)| (registry, by_actions(registry, login, pins)))
        .collect()
}

fn by_actions(registry: &Registry, login: login::Login, pins: &Pins<'_>) -> Login {
    let (action, identity) = match login.way {
        Way::Google { .. } => ("docker/login-action", Some("google-github-actions/auth")),
        Way::AwsRole { .. } | Way::AwsKeys { .. } => (
            "aws-actions/amazon-ecr-login",
            Some("aws-actions/configure-aws-credentials"),
        ),
        Way::BuiltIn
        | Way::JobToken
        | Way::Password { .. }
        | Way::JsonKey { .. }
        | Way::DockerHub { .. } => ("docker/login-action", None),
    };
    let is_hub = registry.kind == RegistryKind::DockerHub;
    Login {
        registry: (!is_hub).then(|| registry.host.clone()),
        action: pins.action(action),
        identity: identity.map(|action| pins.action(action)),
        step: format!("identity-{}", registry.name),
        login,
    }
}

/// The logins for references that a job reads or writes, and what they take.
pub(super) fn rights(
    logins: &[(&Registry, Login)],
    options: &Github,
    read: &[&str],
    written: &[&str],
) -> Rights {
    let touches = |registry: &Registry, references: &[&str]| {
        references
            .iter()
            .any(|reference| is_in(registry, reference))
    };
    let used: Vec<&(&Registry, Login)> = logins
        .iter()
        .filter(|(registry, _)| touches(registry, read) || touches(registry, written))
        .collect();
    let token = |references: &[&str]| {
        used.iter().any(|(registry, login)| {
            login.login.way == Way::JobToken && touches(registry, references)
        })
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
    let id_token = logins.iter().any(|login| login.login.is_by_identity());
    // An identity is as good as a stored secret; and its subject is then the environment, whatever started the run.
    let stored = logins.iter().any(|login| !login.login.secrets().is_empty());
    let environment = ((stored || id_token) && !options.environment.is_empty())
        .then(|| options.environment.value.clone());
    let renewed = logins.iter().filter(|login| login.login.is_by_identity());
    Rights {
        renewed: renewed.cloned().collect(),
        logins,
        contents: Access::Read,
        packages,
        id_token,
        signs: false,
        steps: IndexMap::new(),
        environment,
    }
}

/// The secret that every job has, without anybody storing it.
pub(super) const JOB_TOKEN: &str = "GITHUB_TOKEN";

impl Rights {
    /// Those of a job that reads these secrets besides.
    pub(super) fn reading(self, secrets: &[String], options: &Github) -> Self {
        let stored = secrets.iter().any(|secret| secret != JOB_TOKEN);
        let stated = (stored && !options.environment.is_empty()).then_some(&options.environment);
        Rights {
            environment: self
                .environment
                .or(stated.map(|stated| stated.value.clone())),
            ..self
        }
    }
}

/// The findings about secrets of builds that nobody can store under their names.
pub(super) fn unstored(site: &Site<'_>) -> Vec<Finding> {
    let secrets = site.config.secrets.iter();
    let own = secrets.filter(|secret| secret.env != JOB_TOKEN && is_own(&secret.env));
    own.map(|secret| {
        let fact = format!("cannot store a secret called `{}`", secret.env);
        let label = format!("`{}` is read from it", secret.name);
        site.finding(
            &code::INVALID_NAME,
            &fact,
            "its jobs are given what it stores",
        )
        .note(WHY_OWN)
        .help(format!(
            "give it another name, `env` of `[secret.{}]`",
            secret.name
        ))
        .related(site.config.place(secret.span.clone(), label))
    })
    .collect()
}

/// Whether a name is one of those that GitHub keeps to itself.
fn is_own(name: &str) -> bool {
    name.to_ascii_uppercase().starts_with("GITHUB_")
}

const WHY_OWN: &str = "names that begin with `GITHUB_` are GitHub's own";

/// The same for a job that signs.
pub(super) fn signing_rights(sign: Option<&Cosign>, options: &Github, rights: Rights) -> Rights {
    let Some(sign) = sign else {
        return rights;
    };
    let stored = !sign.secrets.is_empty() && !options.environment.is_empty();
    let environment = stored.then(|| options.environment.value.clone());
    Rights {
        id_token: rights.id_token || sign.by_identity,
        signs: sign.by_identity,
        environment: rights.environment.or(environment),
        ..rights
    }
}

/// Those of the job that puts the tags: whoever states an environment for it wants it whatever the job reads.
pub(super) fn release_rights(options: &Github, rights: Rights) -> Rights {
    let stated = options.release_environment.as_ref();
    Rights {
        environment: stated.map(|own| own.value.clone()).or(rights.environment),
        ..rights
    }
}

/// Whether a reference is one of a registry's.
pub(super) fn is_in(registry: &Registry, reference: &str) -> bool {
    let rest = reference.strip_prefix(&registry.prefix);
    rest.is_some_and(|rest| rest.starts_with('/'))
}
