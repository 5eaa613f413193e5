//! How the jobs of a workflow log in, and the rights that takes.

use std::collections::HashSet;

use serde::Serialize;

use super::options::{Access, Github};
use super::pins::{Action, Pins};

use crate::config::{Registry, RegistryKind};
use crate::diagnostic::Finding;
use crate::emit::login::secrets_by_kind;
use crate::emit::site::Site;

/// What a job may do, and where it logs in.
#[derive(Debug, Serialize)]
pub struct Rights {
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
    /// The OIDC connection of Docker Hub.
    pub connection: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The token that GitHub gives each job; for GHCR, unless the matrix names a password.
    GithubToken,
    /// User and password.
    Password,
    /// An OIDC connection of Docker Hub, for which the action gets a token itself, since 4.5.0 (docker/login-action#1048).
    DockerHub,
    /// Google's workload identity federation.
    Google,
    /// An AWS role by identity, or an access key.
    Aws,
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
        .any(|login| matches!(login.way, Way::Google | Way::DockerHub) || login.role.is_some());
    // An identity is as good as a stored secret; and its subject is then the environment, whatever started the run.
    let stored = logins.iter().any(|login| !stored_secrets(login).is_empty());
    let environment = ((stored || id_token) && !options.environment.is_empty())
        .then(|| options.environment.value.clone());
    Rights {
        logins,
        packages,
        id_token,
        environment,
    }
}

/// Whether a reference is one of a registry's.
pub(super) fn is_in(registry: &Registry, reference: &str) -> bool {
    let rest = reference.strip_prefix(&registry.prefix);
    rest.is_some_and(|rest| rest.starts_with('/'))
}

/// The names of the secrets that a login reads.
pub(super) fn stored_secrets(login: &Login) -> Vec<&String> {
    match login.way {
        Way::Password if login.user_is_secret => vec![&login.username, &login.password],
        Way::Password => vec![&login.password],
        Way::Aws if login.role.is_none() => vec![&login.username, &login.password],
        Way::Aws | Way::Google | Way::DockerHub | Way::GithubToken => Vec::new(),
    }
}

pub(super) fn login(
    site: &Site<'_>,
    registry: &Registry,
    pins: &Pins<'_>,
    findings: &mut Vec<Finding>,
) -> Login {
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
        connection: None,
    };
    match registry.kind {
        RegistryKind::DockerHub => {
            login.host = None;
            if let Some(connection) = &registry.oidc_connection {
                login.way = Way::DockerHub;
                login.connection = Some(connection.clone());
                // Connections belong to an organisation: the first part of every path in it.
                let path = registry.prefix.split('/').nth(1);
                if path.is_none() {
                    findings.push(site.login_unknown(
                        registry,
                        "an organisation behind the host, whose OIDC connection it is",
                    ));
                }
                login.username = path.unwrap_or_default().to_owned();
            }
        }
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
                if registry.workload_identity_provider.is_some()
                    || registry.service_account.is_some()
                {
                    findings.push(site.login_unknown(
                        registry,
                        "both `workload-identity-provider` and `service-account`, or neither",
                    ));
                }
                // A service account's key: the user is always called this.
                login.username = "_json_key".to_owned();
                login.user_is_secret = false;
            }
        }
        RegistryKind::Ecr | RegistryKind::EcrPublic => {
            let public = registry.kind == RegistryKind::EcrPublic;
            let place = ecr_place(host);
            if !public && place.is_none() {
                findings.push(site.login_unknown(
                    registry,
                    "a host of the form ACCOUNT.dkr.ecr.REGION.amazonaws.com",
                ));
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
