//! What of a plan stands at the registries, and whether it is what the plan says.
//!
//! **What is compared.** A content is what stands under its tag at home. References and aliases have to hold that digest, at
//! home and in every copy; what a content states of itself has to be the hash that the plan has; and its platforms have to
//! be there. A tag that moves may have moved on with a newer release, which the marker of its repository tells.
//!
//! **What is not known.** A registry that does not answer plainly leaves a reference [`PublishedState::Unasked`]: it is neither there
//! nor missing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::diagnostic::and_list;
use crate::grammar::ReleaseVersion;
use crate::grammar::reference::Parts;
use crate::image::Digest;
use crate::image::plan::{Plan, PlanSpec};
use crate::registry::client::Client;
use crate::registry::fault::Fault;
use crate::registry::manifest::Manifest;

/// The annotation by which a published content states its hash.
pub(crate) const CONTENT: &str = "org.basematrix.content";
/// The annotation by which a marker states the newest release.
const VERSION: &str = "org.opencontainers.image.version";
/// How many questions are put at once.
pub(super) const AT_ONCE: usize = 16;

/// What a reference is to its spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Where its content is.
    Content,
    /// Its tag.
    Reference,
    /// A tag that moves.
    Alias,
}

impl Role {
    /// As people and machines read it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Role::Content => "content",
            Role::Reference => "reference",
            Role::Alias => "alias",
        }
    }
}

/// How it is with a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublishedState {
    /// As the plan says.
    There,
    /// With a newer release, which has it now.
    Moved,
    /// The registry says plainly that there is none.
    Missing,
    /// Other than the plan says.
    Differs,
    /// Nobody knows.
    Unasked,
}

impl PublishedState {
    /// As people and machines read it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            PublishedState::There => "there",
            PublishedState::Moved => "moved",
            PublishedState::Missing => "missing",
            PublishedState::Differs => "differs",
            PublishedState::Unasked => "unasked",
        }
    }
}

/// A reference of the plan, and what stands there.
#[derive(Debug)]
pub(crate) struct Row {
    /// The spec.
    pub id: Arc<str>,
    pub reference: String,
    pub role: Role,
    /// Whether it is at the spec's home, and no copy.
    pub is_home: bool,
    pub state: PublishedState,
    /// What stands there.
    pub digest: Option<Digest>,
    /// For which platforms; `None` where that is not known.
    pub platforms: Option<Vec<String>>,
    /// The hash that it states; `None` where it states none.
    pub states: Option<String>,
    /// What is not as it should be, each a sentence that goes on after the reference.
    pub why: Vec<String>,
}

/// What was learned of the references of a plan, each asked for once.
pub(super) struct Answers {
    digests: HashMap<String, Result<Option<Digest>, Fault>>,
    manifests: HashMap<Digest, Result<Manifest, Fault>>,
}

impl Answers {
    /// Asks for what stands under tags, and then once for each digest that was found.
    pub(super) fn ask(
        client: &Client,
        references: &IndexSet<String>,
        waiting: &(dyn Fn(&[&str]) + Sync),
    ) -> Self {
        let asked: Vec<&str> = references.iter().map(String::as_str).collect();
        let found = Client::each(&asked, AT_ONCE, &|one| client.digest(one), waiting);
        let mut places: IndexMap<Digest, String> = IndexMap::new();
        for (reference, answer) in asked.iter().zip(&found) {
            if let Ok(Some(digest)) = answer {
                let at = || format!("{}@{digest}", repository(reference));
                places.entry(*digest).or_insert_with(at);
            }
        }
        let at: Vec<&str> = places.values().map(String::as_str).collect();
        let look = |one: &str| match one.rsplit_once('@') {
            Some((repository, digest)) => match digest.parse() {
                Ok(digest) => client.look(repository, digest),
                Err(_) => Ok(Manifest::default()),
            },
            None => Ok(Manifest::default()),
        };
        let manifests = Client::each(&at, AT_ONCE, &look, waiting);
        Answers {
            digests: asked.into_iter().map(str::to_owned).zip(found).collect(),
            manifests: places.into_keys().zip(manifests).collect(),
        }
    }

    pub(super) fn digest(&self, reference: &str) -> Option<Digest> {
        self.digests
            .get(reference)?
            .as_ref()
            .ok()
            .copied()
            .flatten()
    }

    pub(super) fn manifest(&self, digest: Digest) -> Option<&Manifest> {
        self.manifests.get(&digest)?.as_ref().ok()
    }

    /// Why something was not learned of a reference.
    pub(super) fn fault(&self, reference: &str) -> Option<&Fault> {
        match self.digests.get(reference)? {
            Err(fault) => Some(fault),
            Ok(None) => None,
            Ok(Some(digest)) => self.manifests.get(digest)?.as_ref().err(),
        }
    }
}

/// A reference without its tag.
pub(super) fn repository(reference: &str) -> &str {
    reference.rsplit_once(':').map_or(reference, |(at, _)| at)
}

/// The tag by which a repository states its newest release, or the newest of a line; `matrix` is the name of one that
/// another lists.
fn marker(line: Option<&str>, matrix: Option<&str>) -> String {
    let line = line.map_or(String::new(), |line| format!("-{line}"));
    let of = matrix.map_or(String::new(), |name| format!("-of-{name}"));
    format!("newest-release{line}{of}")
}

/// Every reference of a plan, and how it is with it. `release` is that of the plan, and `matrix` its name, where another one
/// lists it.
pub(crate) fn published(
    client: &Client,
    plan: &Plan,
    release: Option<&ReleaseVersion>,
    matrix: Option<&str>,
    waiting: &(dyn Fn(&[&str]) + Sync),
) -> Vec<Row> {
    let references = plan.specs.iter().flat_map(references);
    let references: IndexSet<String> = references.map(|(_, at, _)| at.to_owned()).collect();
    let answers = Answers::ask(client, &references, waiting);
    let mut rows: Vec<Row> = plan
        .specs
        .iter()
        .flat_map(|spec| rows(spec, &answers))
        .collect();
    if let Some(release) = release {
        moved_on(client, plan, (release, matrix), &mut rows, waiting);
    }
    rows
}

/// The references of a spec, each with what it is and whether it is at home.
fn references(spec: &PlanSpec) -> impl Iterator<Item = (Role, &str, bool)> {
    let home = repository(&spec.content_reference);
    let own = spec.references.iter().map(|at| (Role::Reference, at));
    let aliases = spec.aliases.iter().map(|at| (Role::Alias, at));
    let tags = own
        .chain(aliases)
        .map(move |(role, at)| (role, at.as_str(), repository(at) == home));
    std::iter::once((Role::Content, spec.content_reference.as_str(), true)).chain(tags)
}

fn rows(spec: &PlanSpec, answers: &Answers) -> Vec<Row> {
    let content = spec.content_reference.as_str();
    // Where the content is not known, its tag at home says what the copies should hold.
    let mut known = std::iter::once(content).chain(spec.references.iter().map(String::as_str));
    let wanted = known.find_map(|at| Some((at, answers.digest(at)?)));
    references(spec)
        .map(|(role, at, is_home)| {
            let mut row = Row {
                id: spec.id.clone(),
                reference: at.to_owned(),
                role,
                is_home,
                state: PublishedState::There,
                digest: answers.digest(at),
                platforms: None,
                states: None,
                why: Vec::new(),
            };
            if let Some(fault) = answers.fault(at) {
                row.state = PublishedState::Unasked;
                let host = Parts::of(at).host;
                row.why.push(format!("`{host}` {fault}"));
                return row;
            }
            let Some(digest) = row.digest else {
                row.state = PublishedState::Missing;
                return row;
            };
            let manifest = answers.manifest(digest).cloned().unwrap_or_default();
            row.states = manifest.annotations.get(CONTENT).cloned();
            row.platforms = manifest.platforms;
            row.why = differences(spec, &row, wanted);
            if !row.why.is_empty() {
                row.state = PublishedState::Differs;
            }
            row
        })
        .collect()
}

/// How what stands under a reference is other than the plan says.
fn differences(spec: &PlanSpec, row: &Row, wanted: Option<(&str, Digest)>) -> Vec<String> {
    let mut why = Vec::new();
    if let (Some(digest), Some((at, wanted))) = (row.digest, wanted)
        && digest != wanted
    {
        why.push(format!(
            "holds {}, and `{at}` {}",
            digest.short(),
            wanted.short()
        ));
    }
    if let Some(states) = row
        .states
        .as_deref()
        .filter(|states| *states != spec.content)
    {
        why.push(format!(
            "states the content {}, and the plan has {}",
            short(states),
            short(&spec.content)
        ));
    }
    let there = row.platforms.iter().flatten();
    let lacking = spec.platforms.iter().filter(|wanted| match &row.platforms {
        Some(_) => !there.clone().any(|there| wanted.runs(there)),
        None => spec.platforms.len() > 1,
    });
    let lacking: Vec<&str> = lacking.map(|platform| platform.as_str()).collect();
    if !lacking.is_empty() {
        why.push(format!("lacks {}", and_list(lacking)));
    }
    why
}

/// The beginning of a hash, as tags have it; a text that is none stays.
pub(crate) fn short(hash: &str) -> String {
    hash.parse().map_or_else(
        |_| hash.to_owned(),
        |digest: Digest| digest.short().to_string(),
    )
}

/// Takes for moved what a newer release has: tags that move, in repositories whose marker states one.
fn moved_on(
    client: &Client,
    plan: &Plan,
    (release, matrix): (&ReleaseVersion, Option<&str>),
    rows: &mut [Row],
    waiting: &(dyn Fn(&[&str]) + Sync),
) {
    let moving: HashMap<&str, &PlanSpec> =
        plan.specs.iter().map(|spec| (&*spec.id, spec)).collect();
    let may_move = |row: &Row| {
        let is_fixed = moving.get(&*row.id).is_some_and(|spec| spec.immutable);
        row.state == PublishedState::Differs
            && (row.role == Role::Alias || (row.role == Role::Reference && !is_fixed))
    };
    let mark = |row: &Row| {
        let spec = moving.get(&*row.id)?;
        let line = spec.alias_lines.get(row.reference.as_str());
        let marker = marker(line.map(String::as_str), matrix);
        Some(format!("{}:{marker}", repository(&spec.content_reference)))
    };
    let markers: IndexSet<String> = rows
        .iter()
        .filter(|row| may_move(row))
        .filter_map(mark)
        .collect();
    if markers.is_empty() {
        return;
    }
    let answers = Answers::ask(client, &markers, waiting);
    let newest: BTreeMap<&String, ReleaseVersion> = markers
        .iter()
        .filter_map(|at| {
            let manifest = answers.manifest(answers.digest(at)?)?;
            let version = manifest.annotations.get(VERSION)?;
            let newest = ReleaseVersion::parse_any(release.scheme(), version)?;
            newest.cmp_release(release).is_gt().then_some((at, newest))
        })
        .collect();
    for row in rows.iter_mut().filter(|row| may_move(row)) {
        if let Some(newest) = mark(row).and_then(|at| newest.get(&at)) {
            row.state = PublishedState::Moved;
            row.why = vec![format!("the newer release {} has it", newest.as_str())];
        }
    }
}
