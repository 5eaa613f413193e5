//! How a pipeline written in shell logs in to each registry: decided here by kind, spelled out by the template.
//!
//! Secrets are known by name only. A name that `matrix.toml` does not give has a default by kind.

use std::collections::HashSet;

use serde::Serialize;

use super::site::Site;
use super::work::unused;
use crate::config::{Registry, RegistryKind};
use crate::diagnostic::Finding;

/// Where the pipeline runs: what identity it can bring by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Means {
    GitLab,
    CloudBuild,
}

/// One registry as the templates see it. `variable`, `username`, `password`, `token` and `service` are identifiers.
#[derive(Debug, Clone, Serialize)]
pub struct Login {
    /// Prefix of the variables that carry this registry's values, such as `REGISTRY_HUB`.
    pub variable: String,
    pub host: String,
    pub login: Way,
    pub username: String,
    pub password: String,
    /// The CI variable that holds the identity token, for the OIDC ways.
    pub token: Option<String>,
    /// What the identity token is issued for.
    pub audience: Option<String>,
    pub role: Option<String>,
    pub region: Option<String>,
    /// The workload identity provider, as `projects/…/providers/…`.
    pub provider: Option<String>,
    pub service_account: Option<String>,
    /// The subcommand of `aws`: `ecr` or `ecr-public`.
    pub service: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// User and password, each from a variable.
    Password,
    /// A service account's key, the whole JSON in one variable.
    JsonKey,
    /// Workload identity federation: the job's identity token for an access token.
    GoogleOidc,
    /// A role assumed with the job's identity token.
    AwsOidc,
    /// An access key: its id and its secret, each from a variable.
    AwsKeys,
    /// The provider has logged in already.
    BuiltIn,
}

/// The logins for the registries that the plan uses, in declared order.
pub fn logins(site: &Site<'_>, provider: Means, findings: &mut Vec<Finding>) -> Vec<Login> {
    let mut taken = HashSet::new();
    site.plan
        .registries
        .iter()
        .filter_map(|used| {
            site.config
                .registries
                .iter()
                .find(|registry| registry.name == used.name)
        })
        .map(|registry| {
            let variable = unused(
                &format!("REGISTRY_{}", shout(&registry.name)),
                "_",
                &mut taken,
            );
            login(site, registry, variable, provider, findings)
        })
        .collect()
}

fn login(
    site: &Site<'_>,
    registry: &Registry,
    variable: String,
    provider: Means,
    findings: &mut Vec<Finding>,
) -> Login {
    let way = match (registry.kind, provider) {
        (RegistryKind::ArtifactRegistry, Means::CloudBuild) => Way::BuiltIn,
        (RegistryKind::ArtifactRegistry, Means::GitLab)
            if registry.workload_identity_provider.is_some() =>
        {
            Way::GoogleOidc
        }
        (RegistryKind::ArtifactRegistry, Means::GitLab) => Way::JsonKey,
        (RegistryKind::Ecr | RegistryKind::EcrPublic, Means::GitLab) if registry.role.is_some() => {
            Way::AwsOidc
        }
        (RegistryKind::Ecr | RegistryKind::EcrPublic, _) => Way::AwsKeys,
        (
            RegistryKind::DockerHub
            | RegistryKind::Ghcr
            | RegistryKind::Gitlab
            | RegistryKind::Other,
            _,
        ) => Way::Password,
    };
    let (username, password) = secrets_by_kind(registry.kind, &registry.name);
    let (token, audience) = match way {
        Way::GoogleOidc => (
            Some(format!("{variable}_ID_TOKEN")),
            registry
                .workload_identity_provider
                .as_ref()
                .map(|provider| format!("https://iam.googleapis.com/{provider}")),
        ),
        Way::AwsOidc => (
            Some(format!("{variable}_ID_TOKEN")),
            Some("sts.amazonaws.com".to_owned()),
        ),
        Way::Password | Way::JsonKey | Way::AwsKeys | Way::BuiltIn => (None, None),
    };
    let region = match registry.kind {
        RegistryKind::Ecr => ecr_region(&registry.host),
        // The public registry gives its tokens in this region only.
        RegistryKind::EcrPublic => Some("us-east-1".to_owned()),
        _ => None,
    };
    if registry.kind == RegistryKind::Ecr && region.is_none() {
        let wants = "a host of the form ACCOUNT.dkr.ecr.REGION.amazonaws.com";
        findings.push(site.login_unknown(registry, wants));
    }
    Login {
        variable,
        host: registry.host.clone(),
        login: way,
        username: registry.username.clone().unwrap_or(username),
        password: registry.password.clone().unwrap_or(password),
        token,
        audience,
        role: registry.role.clone().filter(|_| way == Way::AwsOidc),
        region,
        provider: registry
            .workload_identity_provider
            .clone()
            .filter(|_| way == Way::GoogleOidc),
        service_account: registry
            .service_account
            .clone()
            .filter(|_| way == Way::GoogleOidc),
        service: if registry.kind == RegistryKind::EcrPublic {
            "ecr-public"
        } else {
            "ecr"
        },
    }
}

/// The names under which the secrets are looked for when `matrix.toml` gives none.
pub(super) fn secrets_by_kind(kind: RegistryKind, name: &str) -> (String, String) {
    let (username, password) = match kind {
        RegistryKind::DockerHub => ("DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN"),
        RegistryKind::Ghcr => ("GHCR_USERNAME", "GHCR_TOKEN"),
        RegistryKind::Gitlab => ("CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"),
        RegistryKind::Ecr | RegistryKind::EcrPublic => {
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        }
        RegistryKind::ArtifactRegistry => ("_json_key", "GOOGLE_CREDENTIALS"),
        RegistryKind::Other => {
            return (
                format!("{}_USERNAME", shout(name)),
                format!("{}_PASSWORD", shout(name)),
            );
        }
    };
    (username.to_owned(), password.to_owned())
}

/// `123.dkr.ecr.eu-west-1.amazonaws.com` → `eu-west-1`.
fn ecr_region(host: &str) -> Option<String> {
    let mut labels = host
        .split('.')
        .skip_while(|label| *label != "ecr" && *label != "ecr-fips")
        .skip(1);
    labels
        .next()
        .filter(|_| labels.next() == Some("amazonaws"))
        .map(str::to_owned)
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
    fn the_region_of_a_private_registry_is_in_its_host() {
        assert_eq!(
            ecr_region("123456789012.dkr.ecr.eu-west-1.amazonaws.com").as_deref(),
            Some("eu-west-1")
        );
        assert_eq!(
            ecr_region("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com").as_deref(),
            Some("us-gov-west-1")
        );
        assert_eq!(
            ecr_region("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn").as_deref(),
            Some("cn-north-1")
        );
        assert_eq!(ecr_region("ecr.example.com"), None);
    }
}
