//! How a pipeline logs in to each registry: decided here, by the registry's kind and by what its provider brings; spelled
//! out by the templates.
//!
//! Secrets are known by name only. A name that `matrix.toml` does not give has a default by kind.

use std::collections::HashSet;

use serde::Serialize;

use super::site::Site;
use super::work::unused;
use crate::config::{Registry, RegistryKind};
use crate::diagnostic::{Finding, code};
use crate::facts::Machinery;

/// What a provider's jobs bring, by which a registry opens without a secret.
#[derive(Clone, Copy, Debug)]
pub(super) struct Means {
    /// Jobs run as somebody who has access to Google's registries.
    pub runs_on_google: bool,
    /// Jobs have a token that opens GHCR.
    pub ghcr_token: bool,
    /// Jobs can get a token of Docker Hub by an OIDC connection.
    pub docker_hub: bool,
    /// By their identity, jobs get a token of Google's.
    pub google: Google,
    /// By their identity, jobs assume a role of AWS.
    pub aws: bool,
}

/// What it takes until an identity is known to Google.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Google {
    /// It is not: jobs have none.
    Never,
    /// A workload identity provider; a service account may be named besides.
    Provider,
    /// A workload identity provider, and a service account.
    ProviderAndAccount,
}

/// Commands that logins take, each with the image in which an engine runs it where a job's own image has none.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Lent {
    pub aws_cli: String,
    pub curl: String,
}

impl Lent {
    pub(super) fn of(site: &Site<'_>) -> Self {
        Lent {
            aws_cli: site.facts.machinery(Machinery::AwsCli).to_owned(),
            curl: site.facts.machinery(Machinery::Curl).to_owned(),
        }
    }
}

/// How jobs log in to one registry.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Login {
    /// Prefix of the variables that carry the registry's values, such as `REGISTRY_HUB`.
    pub variable: String,
    /// The registry.
    pub host: String,
    /// How.
    #[serde(flatten)]
    pub way: Way,
}

/// The ways to log in, each with what it takes. Users, passwords, ids and secrets are names of variables or stored secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "way", rename_all = "kebab-case")]
pub(super) enum Way {
    /// Jobs are logged in.
    BuiltIn,
    /// The token that each job has.
    JobToken,
    /// User and password.
    Password { username: String, password: String },
    /// A service account's key, the whole JSON in one variable.
    JsonKey { password: String },
    /// An OIDC connection of an organisation at Docker Hub.
    DockerHub {
        connection: String,
        organisation: String,
    },
    /// Google's workload identity federation.
    Google {
        /// `projects/…/providers/…`
        provider: String,
        service_account: Option<String>,
    },
    /// A role that is assumed.
    AwsRole {
        role: String,
        #[serde(flatten)]
        at: Aws,
    },
    /// An access key.
    AwsKeys {
        username: String,
        password: String,
        #[serde(flatten)]
        at: Aws,
    },
}

/// Where a registry of AWS is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Aws {
    /// None is known where the host is of no form that AWS has.
    pub region: Option<String>,
    /// The account; the public registry has none.
    pub account: Option<String>,
    /// The subcommand of `aws`.
    pub service: &'static str,
}

/// The logins for the registries that the plan uses, in declared order.
pub(super) fn logins<'a>(
    site: &Site<'a>,
    means: Means,
    findings: &mut Vec<Finding>,
) -> Vec<(&'a Registry, Login)> {
    let mut taken = HashSet::new();
    let mut hosts: Vec<(&Registry, Way)> = Vec::new();
    let used = site.plan.registries.iter().filter_map(|used| {
        let mut registries = site.config.registries.iter();
        registries.find(|registry| registry.name == used.name)
    });
    used.map(|registry| {
        let variable = format!("REGISTRY_{}", shout(&registry.name));
        let other = hosts.iter().find(|(of, _)| of.host == registry.host);
        let mut way = way(registry, means);
        if let Some((_, first)) = other {
            way.share(first, registry);
        }
        let lacks = lacks(registry, means, &way);
        findings.extend(lacks.map(|wants| site.login_unknown(registry, wants)));
        let login = Login {
            variable: unused(&variable, "_", &mut taken),
            host: registry.host.clone(),
            way: way.clone(),
        };
        let mut secrets = login.secrets().into_iter();
        if let Some(name) = secrets.find(|name| name.starts_with(|c: char| c.is_ascii_digit())) {
            findings.push(no_secret(
                site,
                registry,
                name,
                "a variable begins with no digit",
            ));
        }
        if let Some((other, _)) = other.filter(|(_, other)| *other != way) {
            findings.push(another_login(site, registry, other));
        }
        hosts.push((registry, way));
        (registry, login)
    })
    .collect()
}

/// The finding about a login by a secret that cannot be called so, and why.
pub(super) fn no_secret(site: &Site<'_>, registry: &Registry, name: &str, why: &str) -> Finding {
    let fact = format!("cannot log in to registry `{}`", registry.name);
    let label = format!("no secret can be called `{name}`");
    let of = site
        .config
        .place(registry.span.clone(), "its secrets are called after it");
    site.finding(&code::LOGIN_UNKNOWN, &fact, label)
        .note(why)
        .help("state `username` and `password` of the registry: names of secrets that can be made")
        .related(of)
}

/// The finding about a registry whose host another one logs in to by other means.
fn another_login(site: &Site<'_>, registry: &Registry, other: &Registry) -> Finding {
    let fact = format!("cannot log in to registry `{}`", registry.name);
    let label = format!("it has one login for `{}`", registry.host);
    let by = format!("`{}` has another login there", other.name);
    site.finding(&code::LOGIN_UNKNOWN, &fact, label)
        .note("Docker keeps one login for each host, and a job would push with the wrong one")
        .help("let one login open both and state it in both, or publish them from two matrices")
        .related(site.config.place(registry.span.clone(), "this one"))
        .related(site.config.place(other.span.clone(), by))
}

fn way(registry: &Registry, means: Means) -> Way {
    let [username, password] = secrets(registry);
    match registry.kind {
        RegistryKind::DockerHub => match &registry.oidc_connection {
            Some(connection) if means.docker_hub => Way::DockerHub {
                connection: connection.clone(),
                // Connections belong to an organisation: the first part of every path in it.
                organisation: registry
                    .prefix
                    .split('/')
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned(),
            },
            _ => Way::Password { username, password },
        },
        RegistryKind::Ghcr if means.ghcr_token && registry.password.is_none() => Way::JobToken,
        RegistryKind::ArtifactRegistry => google(registry, means, password),
        RegistryKind::Ecr | RegistryKind::EcrPublic => {
            let at = Aws::of(registry);
            match &registry.role {
                Some(role) if means.aws => Way::AwsRole {
                    role: role.clone(),
                    at,
                },
                _ => Way::AwsKeys {
                    username,
                    password,
                    at,
                },
            }
        }
        RegistryKind::Ghcr | RegistryKind::Gitlab | RegistryKind::Other => {
            Way::Password { username, password }
        }
    }
}

fn google(registry: &Registry, means: Means, password: String) -> Way {
    if means.runs_on_google {
        return Way::BuiltIn;
    }
    let service_account = registry.service_account.clone();
    match &registry.workload_identity_provider {
        Some(provider)
            if means.google == Google::Provider
                || (means.google == Google::ProviderAndAccount && service_account.is_some()) =>
        {
            Way::Google {
                provider: provider.clone(),
                service_account,
            }
        }
        _ => Way::JsonKey { password },
    }
}

/// What the registry's table would have to give.
fn lacks(registry: &Registry, means: Means, way: &Way) -> Option<&'static str> {
    match way {
        Way::DockerHub { organisation, .. } if organisation.is_empty() => {
            Some("an organisation behind the host, whose OIDC connection it is")
        }
        Way::JsonKey { .. }
            if means.google == Google::ProviderAndAccount
                && (registry.workload_identity_provider.is_some()
                    || registry.service_account.is_some()) =>
        {
            Some("both `workload-identity-provider` and `service-account`, or neither")
        }
        Way::AwsRole { at, .. } | Way::AwsKeys { at, .. } if at.region.is_none() => {
            Some("a host of the form ACCOUNT.dkr.ecr.REGION.amazonaws.com")
        }
        _ => None,
    }
}

impl Login {
    /// The names of the secrets that it reads.
    pub(super) fn secrets(&self) -> Vec<&String> {
        match &self.way {
            Way::Password { username, password }
            | Way::AwsKeys {
                username, password, ..
            } => vec![username, password],
            Way::JsonKey { password } => vec![password],
            Way::BuiltIn
            | Way::JobToken
            | Way::DockerHub { .. }
            | Way::Google { .. }
            | Way::AwsRole { .. } => Vec::new(),
        }
    }

    /// Whether it shows the job's identity.
    pub(super) fn is_by_identity(&self) -> bool {
        matches!(
            self.way,
            Way::DockerHub { .. } | Way::Google { .. } | Way::AwsRole { .. }
        )
    }
}

impl Way {
    /// Take the user and password of the host's first registry where this one states none: Docker keeps one login a host.
    fn share(&mut self, first: &Way, registry: &Registry) {
        let Way::Password { username, password } = self else {
            return;
        };
        let Way::Password {
            username: user,
            password: word,
        } = first
        else {
            return;
        };
        if registry.username.is_none() {
            username.clone_from(user);
        }
        if registry.password.is_none() {
            password.clone_from(word);
        }
    }
}

impl Aws {
    /// Read off the host: `123.dkr.ecr.eu-west-1.amazonaws.com`.
    fn of(registry: &Registry) -> Self {
        if registry.kind == RegistryKind::EcrPublic {
            return Aws {
                // The public registry gives its tokens in this region only.
                region: Some("us-east-1".to_owned()),
                account: None,
                service: "ecr-public",
            };
        }
        let (account, region) = private(&registry.host).unzip();
        Aws {
            region: region.map(str::to_owned),
            account: account.map(str::to_owned),
            service: "ecr",
        }
    }
}

/// Account and region of a host of private registries.
fn private(host: &str) -> Option<(&str, &str)> {
    let labels: Vec<&str> = host.split('.').collect();
    match labels[..] {
        [account, "dkr", "ecr" | "ecr-fips", region, "amazonaws", ..] => Some((account, region)),
        _ => None,
    }
}

/// The names of user and password, or of an access key and its secret.
pub(crate) fn secrets(registry: &Registry) -> [String; 2] {
    let (username, password) = match registry.kind {
        RegistryKind::DockerHub => ("DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN"),
        RegistryKind::Ghcr => ("GHCR_USERNAME", "GHCR_TOKEN"),
        RegistryKind::Gitlab => ("CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"),
        RegistryKind::Ecr | RegistryKind::EcrPublic => {
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        }
        RegistryKind::ArtifactRegistry => ("_json_key", "GOOGLE_CREDENTIALS"),
        RegistryKind::Other => ("", ""),
    };
    let named = |stated: &Option<String>, usual: &str, word: &str| match stated {
        Some(stated) => stated.clone(),
        None if usual.is_empty() => format!("{}_{word}", shout(&registry.name)),
        None => usual.to_owned(),
    };
    [
        named(&registry.username, username, "USERNAME"),
        named(&registry.password, password, "PASSWORD"),
    ]
}

/// Upper snake case, safe as a variable name behind a letter.
pub(super) fn shout(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_and_region_of_a_private_registry_are_in_its_host() {
        let [us, fips, china] = [
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
        ]
        .map(private);
        assert_eq!(us, Some(("123456789012", "eu-west-1")));
        assert_eq!(fips, Some(("123456789012", "us-gov-west-1")));
        assert_eq!(china, Some(("123456789012", "cn-north-1")));
        assert_eq!(private("ecr.example.com"), None);
    }
}
