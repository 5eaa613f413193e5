//! `[registry.*]`: where images go, and the names of the secrets that open it. `[mirror]`: where they come from.

use crate::config::model::{Registry, RegistryKind};
use crate::config::raw::{RawMatrix, RawRegistry, RawRegistryKind};
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code, or_list};
use crate::grammar::Mirrors;
use crate::grammar::Spanned;
use crate::grammar::reference::{host_fault, path_fault, split_prefix};

impl RegistryKind {
    /// What a host is known to be.
    pub fn of(host: &str) -> Self {
        let ecr = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
        match host {
            "docker.io" | "index.docker.io" | "registry-1.docker.io" => RegistryKind::DockerHub,
            "ghcr.io" => RegistryKind::Ghcr,
            "public.ecr.aws" => RegistryKind::EcrPublic,
            "registry.gitlab.com" => RegistryKind::Gitlab,
            _ if ecr && host.contains(".dkr.ecr.") => RegistryKind::Ecr,
            _ if host.ends_with("-docker.pkg.dev") || host.ends_with(".pkg.dev") => {
                RegistryKind::ArtifactRegistry
            }
            _ if host == "gcr.io" || host.ends_with(".gcr.io") => RegistryKind::ArtifactRegistry,
            _ => RegistryKind::Other,
        }
    }
}

fn stated(kind: RawRegistryKind) -> RegistryKind {
    match kind {
        RawRegistryKind::DockerHub => RegistryKind::DockerHub,
        RawRegistryKind::Ghcr => RegistryKind::Ghcr,
        RawRegistryKind::ArtifactRegistry => RegistryKind::ArtifactRegistry,
        RawRegistryKind::Ecr => RegistryKind::Ecr,
        RawRegistryKind::EcrPublic => RegistryKind::EcrPublic,
        RawRegistryKind::Gitlab => RegistryKind::Gitlab,
        RawRegistryKind::Other => RegistryKind::Other,
    }
}

/// A prefix with its host: Docker Hub may be written without.
pub fn full_prefix(prefix: &str) -> String {
    let (host, _) = split_prefix(prefix);
    if prefix.starts_with(host) {
        prefix.to_owned()
    } else {
        format!("{host}/{prefix}")
    }
}

impl Builder<'_> {
    pub(super) fn registries(&mut self, raw: &RawMatrix) -> Vec<Registry> {
        let mut registries = Vec::new();
        for (name, table) in &raw.registry {
            self.valid_name(name, "a registry");
            registries.push(self.registry(name, table));
        }
        registries
    }

    /// Reads `[mirror]`.
    pub(super) fn mirrors(&mut self, raw: &RawMatrix) -> Mirrors {
        let mut own = Vec::new();
        for (mirror, home) in &raw.mirror {
            self.valid_prefix(mirror, "");
            self.valid_prefix(home, "");
            let [mirror, at] = [mirror, home].map(|p| full_prefix(p.trim_end_matches('/')));
            if mirror == at {
                let finding = Finding::new(
                    &code::INVALID_REFERENCE,
                    format!("`{mirror}` cannot be a mirror of itself"),
                    self.place(home.span.clone(), "the same prefix"),
                );
                self.sink
                    .push(finding.help("name the registry that it mirrors, as in `\"docker.io\"`"));
            }
            own.push((mirror, at));
        }
        Mirrors::new(own)
    }

    /// Reports what cannot stand before the name of an image; `key` goes before a better one.
    fn valid_prefix(&mut self, written: &Spanned<String>, key: &str) {
        let prefix = written.trim_end_matches('/');
        let (host, path) = split_prefix(prefix);
        let fault = if prefix.is_empty() {
            Some("it is empty".to_owned())
        } else if prefix.contains("://") {
            Some("a prefix has no scheme".to_owned())
        } else {
            host_fault(host).or_else(|| path_fault(path).filter(|_| !path.is_empty()))
        };
        let Some(fault) = fault else { return };
        let mut finding = Finding::new(
            &code::INVALID_REFERENCE,
            format!("`{prefix}` cannot stand before an image's name"),
            self.place(written.span.clone(), fault),
        );
        let lower = prefix.to_lowercase();
        let bare = lower.split_once("://").map_or(&*lower, |(_, bare)| bare);
        let (host, path) = split_prefix(bare);
        if !bare.is_empty()
            && host_fault(host).is_none()
            && (path.is_empty() || path_fault(path).is_none())
        {
            finding = finding.help(format!("write `{key}\"{bare}\"`"));
        }
        self.sink.push(finding);
    }

    /// Reports an identity by which nobody logs in to a registry of that kind.
    fn idle_identity(
        &mut self,
        (name, kind): (&str, RegistryKind),
        key: &str,
        stated: &Option<Spanned<String>>,
        kinds: &[RegistryKind],
    ) {
        let Some(stated) = stated.as_ref().filter(|_| !kinds.contains(&kind)) else {
            return;
        };
        let label = format!("the registry is of kind `{}`", kind.word());
        let finding = Finding::new(
            &code::IDLE_KEY,
            format!("`{key}` does nothing in `[registry.{name}]`"),
            self.place(stated.span.clone(), label),
        );
        let of = or_list(kinds.iter().map(|kind| kind.word()));
        let finding = finding.note(format!("it is for registries of kind {of}"));
        self.sink
            .push(finding.help("take it out, or state the `kind` of the registry"));
    }

    fn registry(&mut self, name: &Spanned<String>, table: &Spanned<RawRegistry>) -> Registry {
        let prefix = table.prefix.trim_end_matches('/').to_owned();
        let (host, _) = split_prefix(&prefix);
        self.valid_prefix(&table.prefix, "prefix = ");
        let full = full_prefix(&prefix);
        let kind = table.kind.map_or_else(|| RegistryKind::of(host), stated);
        for secret in [&table.username, &table.password].into_iter().flatten() {
            let word = |s: &str| {
                !s.is_empty()
                    && !s.starts_with(|c: char| c.is_ascii_digit())
                    && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            };
            if !word(secret) {
                let place = self.place(secret.span.clone(), "not a variable's name");
                let finding = Finding::new(
                    &code::INVALID_NAME,
                    format!("`{}` cannot name a secret", secret.value.escape_debug()),
                    place,
                )
                .note("this is the name of the CI secret or variable, never its value");
                let bare = secret.trim_matches(['$', '{', '}', '(', ')', '%', ' ']);
                self.sink.push(if word(bare) {
                    finding.help(format!("write `{bare}`"))
                } else {
                    finding
                });
            }
        }
        {
            use RegistryKind::{ArtifactRegistry, DockerHub, Ecr, EcrPublic};
            let of = (name.as_str(), kind);
            self.idle_identity(of, "role", &table.role, &[Ecr, EcrPublic]);
            let provider = &table.workload_identity_provider;
            self.idle_identity(
                of,
                "workload-identity-provider",
                provider,
                &[ArtifactRegistry],
            );
            let account = &table.service_account;
            self.idle_identity(of, "service-account", account, &[ArtifactRegistry]);
            self.idle_identity(of, "oidc-connection", &table.oidc_connection, &[DockerHub]);
        }
        if let Some(movable) = &table.movable
            && movable.iter().any(|tag| tag.trim().is_empty())
        {
            let fact = format!("registry `{}` would except a tag that is empty", name.value);
            let finding = Finding::new(
                &code::INVALID_OPTION,
                fact,
                self.place(movable.span.clone(), "one of these is empty"),
            );
            self.sink.push(finding.help("name tags, as in `movable = [\"latest\", \"edge-*\"]`; where it excepts none, write `movable = []`"));
        }
        let text = |s: &Option<Spanned<String>>| s.as_ref().map(|s| s.value.clone());
        Registry {
            name: name.value.clone(),
            host: host.to_owned(),
            prefix: full,
            kind,
            username: text(&table.username),
            password: text(&table.password),
            role: text(&table.role),
            workload_identity_provider: text(&table.workload_identity_provider),
            service_account: text(&table.service_account),
            oidc_connection: text(&table.oidc_connection),
            movable: table.movable.clone(),
            span: name.span.clone(),
        }
    }
}
