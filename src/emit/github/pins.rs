//! Actions and the commits they are pinned to.

use serde::Serialize;

use super::options::Github;
use crate::facts::PinnedAction;

/// An action as `uses` names it, and the version for the comment behind it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Action {
    pub uses: String,
    pub version: String,
}

/// Where actions are pinned: by the matrix, else by the facts, whose later rows are newer.
pub(super) struct Pins<'a> {
    pub options: &'a Github,
    pub known: &'a [PinnedAction],
}

impl Pins<'_> {
    /// The action, pinned.
    pub(super) fn action(&self, repo: &str) -> Action {
        let user = self
            .options
            .actions
            .get(repo)
            .map(|pin| (&pin.sha, &pin.version));
        let row = || {
            self.known
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{USED_ACTIONS, action_pins};

    #[test]
    fn the_shipped_table_has_every_action_the_workflow_uses() {
        let options = Github::default();
        let pins = Pins {
            options: &options,
            known: action_pins(),
        };
        for repo in USED_ACTIONS {
            let action = pins.action(repo);
            let sha = action.uses.rsplit('@').next().unwrap_or_default();
            assert!(
                sha.len() == 40 && sha.bytes().all(|b| b.is_ascii_hexdigit()),
                "{repo}: {sha}"
            );
        }
    }
}
