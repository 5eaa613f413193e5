//! The flow, step by step: what every command runs a part of.

mod adoption;

use std::collections::HashSet;
use std::sync::Arc;

use crate::check;
use crate::config::pinned_output;
use crate::config::{self, Config};
use crate::diagnostic::{Finding, Place, Sink, Stopped, code};
use crate::diff::Side;
use crate::emit::{Emission, PROVIDERS, Providers, emit};
use crate::facts::{Day, Facts};
use crate::image::{Contents, ContextHash, Matrix, Plan, ignore_path, render_specs, resolve};
use crate::lock::{Before, Lock, Unread};
use crate::output::{self, Claims, Drift, Owned, Tree, made_from};
use crate::render::Templates;
use crate::source::lock_path;
use crate::source::{Ours, Owner, ReadError, Refusal, Repository, SourceFile};

pub use adoption::{Adoption, adopted};

/// The matrix with its specs resolved: enough to list them.
#[derive(Debug)]
pub struct Expanded {
    /// The valid configuration.
    pub config: Config,
    /// The specs.
    pub matrix: Matrix,
    /// What was recorded of a release, when that can be read.
    pub lock: Option<Lock>,
    /// Facts of the outside world.
    pub facts: Facts,
    /// The CI providers whose pipelines the matrix may turn on.
    pub providers: Providers,
}

impl Expanded {
    /// With what comes of it, one side of a difference.
    pub fn side<'a>(&'a self, revision: &'a str, rendered: &'a Rendered) -> Side<'a> {
        Side {
            revision,
            providers: self.providers,
            facts: &self.facts,
            config: &self.config,
            matrix: &self.matrix,
            contents: &rendered.contents,
            plan: &rendered.plan,
        }
    }
}

/// Everything rendered in memory.
#[derive(Debug)]
pub struct Rendered {
    /// What goes into each spec.
    pub contents: Contents,
    /// The plan.
    pub plan: Plan,
    /// The outputs.
    pub tree: Tree,
    /// What gen owns on disk.
    pub owned: Owned,
}

/// Why a step gave no result.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Findings say why.
    #[error("the matrix contradicts itself")]
    Findings,
    /// The machine failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<Stopped> for Fault {
    fn from(_: Stopped) -> Self {
        Fault::Findings
    }
}

/// Reads and expands the matrix. Locked digests stand in the references of upstream images; a lock that cannot be read is
/// told in `sink`, and locks none.
///
/// # Errors
/// When the matrix cannot be read, or no plan can be built from it (why is in `sink`).
pub fn expand(repository: &Repository, sink: &mut Sink) -> Result<Expanded, Fault> {
    expand_for(repository, PROVIDERS, sink)
}

/// The same, for other providers than those that gen knows.
///
/// # Errors
/// As [`expand`].
pub fn expand_for(
    repository: &Repository,
    providers: Providers,
    sink: &mut Sink,
) -> Result<Expanded, Fault> {
    let file = matrix_file(repository, sink)?;
    let config = config::load(&file, repository.owner(), &providers.tables(), sink)?;
    let facts = config::facts(&config, |path| repository.text(path), sink);
    let mut matrix = resolve(&config, sink)?;
    let lock = match Lock::read(repository, sink) {
        Ok(lock) => lock,
        Err(Unread::Findings) => None,
        Err(Unread::Read(error)) => return Err(error.into()),
    };
    if let Some(lock) = &lock {
        lock.pin(&mut matrix);
    }
    Ok(Expanded {
        config,
        matrix,
        lock,
        facts: facts?,
        providers,
    })
}

/// The text of the matrix file.
fn matrix_file(repository: &Repository, sink: &mut Sink) -> Result<Arc<SourceFile>, Fault> {
    match repository.read_text(repository.matrix_path()) {
        Ok(file) => Ok(file.with_lf()),
        Err(ReadError::NotText(_)) => {
            let (file, bad) = repository.read_lossy(repository.matrix_path())?;
            let at = bad.unwrap_or_default();
            let place = Place::span(&file, at..at + 1, "this byte is no UTF-8");
            let finding = Finding::new(&code::TOML_SYNTAX, "the file is not UTF-8 text", place);
            sink.push(finding.help("save it as UTF-8"));
            Err(Fault::Findings)
        }
        Err(error) => Err(error.into()),
    }
}

/// Tells of the files that were to be read, and are there, and were not.
///
/// # Errors
/// When there are such: nothing that looked at them says the whole truth.
pub fn tell_refused(repository: &Repository, sink: &mut Sink) -> Result<(), Stopped> {
    for (path, why) in repository.refused() {
        let headline = format!("`{path}` {why}");
        let finding = Finding::new(&code::FILE_REFUSED, headline, Place::file(path));
        sink.push(finding.help(match why {
            Refusal::Lacking => {
                "fetch it, as by `git cat-file -p REVISION:PATH`, or compare in a whole clone"
            }
            Refusal::Unreadable(_) => "let it be read, or name other files",
            Refusal::TooLong(_) => "keep large data elsewhere, or name another file",
            Refusal::NotRegular | Refusal::Outside => {
                "put the file itself there, or name another file"
            }
        }));
    }
    if repository.refused().is_empty() {
        Ok(())
    } else {
        Err(Stopped)
    }
}

/// The plan with what goes into its specs, without what is written, and what is wrong with the ground of its specs.
///
/// # Errors
/// As [`render`].
pub fn plan(
    repository: &Repository,
    expanded: &Expanded,
    today: Day,
    sink: &mut Sink,
) -> Result<(Plan, Contents), Fault> {
    let owned = Owned::read(repository)?;
    let mut templates = Templates::new(repository, expanded.providers.templates());
    let contents = contents(repository, expanded, &owned, &mut templates, sink)?;
    stand(repository, expanded, &owned, &contents, today, sink);
    let plan = Plan::new(&expanded.config, &expanded.matrix, &contents);
    Ok((plan, contents))
}

/// Tells what specs stand on and are built from, as far as it is not there.
///
/// # Errors
/// When the list of outputs cannot be read.
pub fn ground(
    repository: &Repository,
    expanded: &Expanded,
    contents: &Contents,
    today: Day,
    sink: &mut Sink,
) -> Result<(), ReadError> {
    let owned = Owned::read(repository)?;
    stand(repository, expanded, &owned, contents, today, sink);
    Ok(())
}

fn stand(
    repository: &Repository,
    expanded: &Expanded,
    owned: &Owned,
    contents: &Contents,
    today: Day,
    sink: &mut Sink,
) {
    let context = check::Context {
        config: &expanded.config,
        matrix: &expanded.matrix,
        contents,
        drift: &Drift::default(),
        lock: expanded.lock.as_ref(),
        before: &Before::Nothing,
        repository,
        tree: &Tree::new(String::new(), repository.owner().clone()),
        owned,
        facts: &expanded.facts,
        today,
        known_bases: Default::default(),
        recipes: Default::default(),
    };
    check::ground(&context, sink);
}

/// What goes into every spec.
///
/// # Errors
/// As [`render`].
pub fn contents_of(
    repository: &Repository,
    expanded: &Expanded,
    sink: &mut Sink,
) -> Result<Contents, Fault> {
    let owned = Owned::read(repository)?;
    let mut templates = Templates::new(repository, expanded.providers.templates());
    contents(repository, expanded, &owned, &mut templates, sink)
}

fn contents(
    repository: &Repository,
    expanded: &Expanded,
    owned: &Owned,
    templates: &mut Templates<'_>,
    sink: &mut Sink,
) -> Result<Contents, Fault> {
    let planned: HashSet<String> = expanded
        .matrix
        .rendered()
        .map(|spec| spec.rendered_path(repository.owner()))
        .flat_map(|path| [ignore_path(&path), path])
        .collect();
    // Of all matrices here: the release of one is no part of the images of another.
    let owners = repository.family().owners().chain([repository.owner()]);
    let locks: HashSet<String> = owners.map(|owner| lock_path(owner.matrix())).collect();
    let owners = repository.family().owners().chain([repository.owner()]);
    let matrices: HashSet<&str> = owners.map(Owner::matrix).collect();
    // What a pipeline makes counts by its version, whether it is there or not.
    let artifacts = &expanded.config.artifacts;
    let ours = Ours {
        path: &|path| {
            owned.lists(path)
                || planned.contains(path)
                || locks.contains(path)
                || artifacts.iter().any(|artifact| artifact.covers(path))
        },
        head: &|head| {
            let made = made_from(head);
            made.is_some_and(|matrix| matrices.contains(matrix.as_str()))
        },
    };
    let mut contexts = ContextHash::new(repository, &ours);
    let contents = render_specs(
        &expanded.config,
        &expanded.matrix,
        &expanded.facts,
        repository,
        templates,
        &mut contexts,
        sink,
    );
    tell_refused(repository, sink)?;
    Ok(contents?)
}

/// Renders everything into memory.
///
/// # Errors
/// When a template fails or a build context cannot be read (why is in `sink`).
pub fn render(
    repository: &Repository,
    expanded: &Expanded,
    sink: &mut Sink,
) -> Result<Rendered, Fault> {
    let Expanded {
        config,
        matrix,
        facts,
        ..
    } = expanded;
    if let (Some(span), true) = (config.publishes(), config.registries.is_empty()) {
        sink.push(
            Finding::new(
                &code::NO_REGISTRY,
                "a pipeline is asked for, and no registry is declared",
                config.place(span, "where would it push to?"),
            )
            .help("add `[registry.hub]` with `prefix = \"docker.io/…\"`"),
        );
        return Err(Fault::Findings);
    }
    let owned = Owned::read(repository)?;
    let mut templates = Templates::new(repository, expanded.providers.templates());
    let contents = contents(repository, expanded, &owned, &mut templates, sink)?;
    let plan = Plan::new(config, matrix, &contents);
    for pipeline in &config.ci.pipelines {
        let (pipeline, shape, span) = (pipeline.provider, &pipeline.shape, &pipeline.span);
        let share = plan.share(pipeline);
        if share.iter().all(|spec| spec.role(pipeline).is_some()) {
            let at = shape.selector.as_ref().map_or(span, |s| &s.span);
            sink.push(
                Finding::new(
                    &code::EMPTY_PIPELINE,
                    "the pipeline would publish no image",
                    config.place(
                        at.clone(),
                        if share.is_empty() {
                            "accepts no spec"
                        } else {
                            "accepts no spec that is published"
                        },
                    ),
                )
                .help(if shape.selector.is_some() {
                    format!("correct the `match` of `[ci.{pipeline}]`, or delete it")
                } else {
                    format!("publish an image, or delete `[ci.{pipeline}]`")
                }),
            );
        }
    }
    let tree = emit(&mut Emission {
        config,
        matrix,
        facts,
        plan: &plan,
        contents: &contents,
        templates: &mut templates,
        providers: expanded.providers,
        sink,
    });
    let pins = config.release.iter().flat_map(|r| &r.pins);
    for pin in pins.filter(|pin| tree.contains(&pin.file)) {
        sink.push(pinned_output(&config.file, &pin.file));
    }
    sink.checkpoint()?;
    Ok(Rendered {
        contents,
        plan,
        tree,
        owned,
    })
}

/// Where the disk and the world are looked at from.
#[derive(Debug)]
pub struct Standpoint {
    /// The day that dates are looked at from.
    pub today: Day,
    /// What the references of the release stood for when it was published.
    pub before: Before,
    /// Whether files that gen did not make, and actions that somebody moved, count as stale.
    pub take_over: bool,
}

impl Standpoint {
    /// On a day, with no other revision to compare with.
    pub fn on(today: Day) -> Self {
        Standpoint {
            today,
            before: Before::Nothing,
            take_over: false,
        }
    }
}

/// Compares with the disk. `claims` are those of all matrices of the repository, where all of them are looked at. With
/// `take_over`, files that gen did not make and actions that somebody moved count as stale.
///
/// # Errors
/// When an output exists and cannot be read.
pub fn compare(
    repository: &Repository,
    expanded: &Expanded,
    rendered: &Rendered,
    claims: Option<&Claims>,
    take_over: bool,
) -> Result<Drift, ReadError> {
    let Rendered { tree, owned, .. } = rendered;
    let mut drift = output::compare(repository, tree, owned, claims, take_over)?;
    if take_over {
        return Ok(drift);
    }
    adoption::mark(repository, expanded, &mut drift);
    Ok(drift)
}

/// Compares with the disk and runs every rule.
///
/// # Errors
/// When an output exists and cannot be read.
pub fn inspect(
    repository: &Repository,
    expanded: &Expanded,
    rendered: &Rendered,
    standpoint: &Standpoint,
    sink: &mut Sink,
) -> Result<Drift, Fault> {
    let drift = compare(repository, expanded, rendered, None, standpoint.take_over)?;
    judge(repository, expanded, rendered, &drift, standpoint, sink);
    Ok(drift)
}

/// Runs every rule over what was compared.
pub fn judge(
    repository: &Repository,
    expanded: &Expanded,
    rendered: &Rendered,
    drift: &Drift,
    standpoint: &Standpoint,
    sink: &mut Sink,
) {
    let context = check::Context {
        config: &expanded.config,
        matrix: &expanded.matrix,
        contents: &rendered.contents,
        drift,
        lock: expanded.lock.as_ref(),
        before: &standpoint.before,
        repository,
        tree: &rendered.tree,
        owned: &rendered.owned,
        facts: &expanded.facts,
        today: standpoint.today,
        known_bases: Default::default(),
        recipes: Default::default(),
    };
    check::run(&context, sink);
}
