//! Commits of GitHub actions, with the releases they are.

use std::sync::OnceLock;

use serde::Deserialize;

/// Every action that generated workflows may use. The shipped table knows more, and has all of these.
pub const USED_ACTIONS: [&str; 8] = [
    "actions/checkout",
    "aws-actions/amazon-ecr-login",
    "aws-actions/configure-aws-credentials",
    "docker/login-action",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
    "google-github-actions/auth",
    "sigstore/cosign-installer",
];

/// One action at one commit.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct PinnedAction {
    /// `owner/name`.
    pub repo: String,
    /// The release, as in `v4.1.0`.
    pub version: String,
    /// The commit, 40 hex digits.
    pub sha: String,
}

#[derive(Deserialize)]
struct Table {
    pin: Vec<PinnedAction>,
}

/// The shipped pins, in the table's order. Each row's source and date stand in `actions.toml`.
pub fn action_pins() -> &'static [PinnedAction] {
    static PINS: OnceLock<Vec<PinnedAction>> = OnceLock::new();
    PINS.get_or_init(|| {
        toml::from_str::<Table>(include_str!("actions.toml"))
            .map(|t| t.pin)
            .unwrap_or_default()
    })
}
