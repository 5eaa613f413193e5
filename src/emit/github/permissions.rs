//! What tokens of jobs may do because the user says so: for steps of theirs, and in workflows that are called at the end.

use indexmap::IndexMap;

use super::login::Rights;
use crate::config::ProviderTable as _;
use crate::config::{Access, At, Shape, Steps, TableReader};
use crate::diagnostic::{nearest, or_list};
use crate::grammar::Spanned;
use crate::image::plan::PlanSpec;

/// What a key takes besides `none`.
const ANY: &[Access] = &[Access::Read, Access::Write];
const READ: &[Access] = &[Access::Read];
const WRITE: &[Access] = &[Access::Write];

/// The keys of `permissions`. Source: `permissions-mapping` of GitHub's schema of workflows, in actions/languageservices,
/// 2026-11.
const ALL: [(&str, &[Access]); 20] = [
    ("actions", ANY),
    ("artifact-metadata", ANY),
    ("attestations", ANY),
    ("checks", ANY),
    ("code-quality", ANY),
    ("contents", ANY),
    ("copilot-requests", WRITE),
    ("deployments", ANY),
    ("discussions", ANY),
    ("drives", ANY),
    ("id-token", WRITE),
    ("issues", ANY),
    ("models", READ),
    ("packages", ANY),
    ("pages", ANY),
    ("pull-requests", ANY),
    ("repository-projects", ANY),
    ("security-events", ANY),
    ("statuses", ANY),
    ("vulnerability-alerts", READ),
];

/// The permissions that `read-all` and `write-all` grant whatever else they do: those that can be looked at and changed.
pub fn all_permissions() -> impl Iterator<Item = &'static str> {
    let both = ALL.iter().filter(|(_, takes)| takes.len() == ANY.len());
    both.map(|(name, _)| *name)
}

/// Reports what GitHub would refuse of `permissions`: then it refuses the whole workflow.
pub(super) fn check(reader: &mut TableReader<'_>, permissions: &IndexMap<Spanned<String>, Access>) {
    for (right, access) in permissions {
        let known = ALL.iter().find(|(name, _)| *name == right.value);
        match known {
            None => {
                let names = || ALL.iter().map(|(name, _)| *name);
                let help = match nearest(right, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("name one of them: {}", or_list(names())),
                };
                let fact = format!("`{}` is no permission", right.escape_debug());
                reader.option_fault(fact, right, "GitHub has none of that name", &help);
            }
            Some((_, takes)) if *access != Access::None && !takes.contains(access) => {
                let (has, wants) = if takes.contains(&Access::Read) {
                    ("read", "write")
                } else {
                    ("write", "read")
                };
                let fact = format!("`{}` cannot be `{wants}`", right.value);
                let help = format!("say `{} = \"{has}\"`", right.value);
                reader.option_fault(fact, right, "GitHub knows no such access", &help);
            }
            Some(_) => {}
        }
    }
}

/// What the steps of some places ask for, of those that a job has: the most that any asks.
pub(super) fn asked(
    steps: &Steps,
    places: &[At],
    has: impl Fn(&str) -> bool,
) -> IndexMap<String, Access> {
    let mut asked = IndexMap::new();
    let steps = steps
        .iter()
        .filter(|(key, step)| places.contains(&step.at) && has(key));
    for (right, access) in steps.flat_map(|(_, step)| &step.permissions) {
        if *access != Access::None {
            let most = asked.entry(right.value.clone()).or_insert(*access);
            *most = (*most).max(*access);
        }
    }
    asked
}

/// The same for the builds of some specs: of the steps that are only for some builds, those that any of these has.
pub(super) fn asked_by_builds<'s>(
    steps: &Steps,
    shape: &Shape,
    specs: impl Iterator<Item = &'s PlanSpec> + Clone,
) -> IndexMap<String, Access> {
    let named = |key: &str| {
        let own = specs
            .clone()
            .filter_map(|spec| spec.ci.get(super::GitHub.key()));
        let mut legs = own.flat_map(|own| own.legs.values());
        legs.any(|leg| leg.steps.iter().any(|step| step == key))
    };
    asked(steps, &[At::BeforeBuild, At::AfterBuild], |key| {
        !shape.narrows(key) || named(key)
    })
}

impl Rights {
    /// Those of a job whose steps ask for more.
    pub(super) fn and(mut self, asked: IndexMap<String, Access>) -> Self {
        for (right, access) in asked {
            match right.as_str() {
                "contents" => self.contents = self.contents.max(access),
                "packages" if self.packages.is_some() => {
                    self.packages = self.packages.max(Some(access));
                }
                "id-token" if self.id_token => {}
                _ => {
                    self.steps.insert(right, access);
                }
            }
        }
        self
    }
}
