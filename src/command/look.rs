//! What `check`, `matrix` and `bump --check` look at before they differ.

use std::thread;

use itertools::Either;

use crate::cli::Dates;
use crate::command::shell::{Error, Shell};
use crate::diagnostic::Sink;
use crate::emit::setup;
use crate::flow::{self, Expanded, Fault, Standpoint};
use crate::image::shared;
use crate::lock::{Before, Looking};
use crate::output::{Claims, Drift};
use crate::source::{Members, Origin, ReadError, Repository};

/// A matrix with its outputs, looked at by every rule.
pub(super) struct Looked {
    pub expanded: Expanded,
    pub drift: Drift,
    /// What people set up before its pipelines can run, where no output was written yet.
    pub first: Vec<(&'static str, Vec<String>)>,
}

/// From where to look.
#[derive(Clone, Copy)]
pub(super) struct Vantage<'a> {
    pub dates: Dates,
    /// The revision at which the release was published, when it is asked for.
    pub base: Option<&'a str>,
    pub take_over: bool,
}

impl Vantage<'_> {
    /// Today, and nowhere else.
    pub(super) fn here() -> Self {
        Vantage {
            dates: Dates::default(),
            base: None,
            take_over: false,
        }
    }
}

/// Expands, renders, compares with the disk and runs every rule, over one matrix alone.
///
/// # Errors
/// When no plan can be built, or the machine fails.
pub(super) fn look(
    shell: &Shell<'_>,
    repository: &Repository,
    from: Vantage<'_>,
    sink: &mut Sink,
) -> Result<Result<Looked, Fault>, Error> {
    let looked = look_at(shell, std::slice::from_ref(repository), false, from, sink)?;
    Ok(looked.and_then(|looked| looked.into_iter().next().ok_or(Fault::Findings)))
}

/// The same over all matrices of a repository, in their order. Where no plan can be built of one, none is compared, and
/// the findings of all tell.
///
/// # Errors
/// As [`look`].
pub(super) fn look_all(
    shell: &Shell<'_>,
    repositories: &[Repository],
    from: Vantage<'_>,
    sink: &mut Sink,
) -> Result<Result<Vec<Looked>, Fault>, Error> {
    look_at(shell, repositories, true, from, sink)
}

fn look_at(
    shell: &Shell<'_>,
    repositories: &[Repository],
    all: bool,
    from: Vantage<'_>,
    sink: &mut Sink,
) -> Result<Result<Vec<Looked>, Fault>, Error> {
    let today = shell.today(from.dates)?;
    // Each has findings of its own until the end: what one suppresses is not another's.
    let mut sinks: Vec<Sink> = repositories.iter().map(|_| Sink::new()).collect();
    let mut faults = Vec::new();
    let mut expanded = Vec::new();
    for (repository, sink) in repositories.iter().zip(&mut sinks) {
        match flow::expand(repository, sink) {
            Ok(mut one) => {
                shell.look_ahead(from.dates, &mut one.config);
                expanded.push(Some(one));
            }
            Err(fault) => {
                // What stopped may have done so over a file that was not read.
                let _ = flow::tell_refused(repository, sink);
                faults.push(fault);
                expanded.push(None);
            }
        }
    }
    let matrices: Vec<_> = expanded
        .iter()
        .flatten()
        .map(|one| (&one.config, &one.matrix))
        .collect();
    if faults.is_empty() && matrices.len() > 1 {
        for (index, finding) in shared(&matrices) {
            sinks[index].push(finding);
            faults.push(Fault::Findings);
        }
    }
    let looking = Looking {
        base: from.base,
        pipeline: shell.in_pipeline(),
    };
    // git, where it has to be asked, answers while the outputs are rendered and compared.
    let (compared, before) = thread::scope(|scope| {
        let asked: Vec<_> = repositories
            .iter()
            .zip(&expanded)
            .filter_map(|(repository, one)| {
                let one = one.as_ref()?;
                let (release, lock) = (one.config.release.as_ref(), one.lock.as_ref());
                Some(match Before::known(repository, release, lock, looking) {
                    Some(known) => Either::Right(Ok(known)),
                    None => Either::Left(
                        scope.spawn(move || Before::find(repository, release, lock, looking)),
                    ),
                })
            })
            .collect();
        let mut rendered = Vec::new();
        for ((repository, one), sink) in repositories.iter().zip(&expanded).zip(&mut sinks) {
            match one.as_ref().map(|one| flow::render(repository, one, sink)) {
                Some(Ok(one)) => rendered.push(one),
                Some(Err(fault)) => faults.push(fault),
                None => {}
            }
        }
        let mut drifts: Result<Vec<Drift>, ReadError> = Ok(Vec::new());
        if faults.is_empty() {
            let claims = all.then(|| Claims::of(rendered.iter().map(|one| &one.tree)));
            let each = repositories.iter().zip(&expanded).zip(&rendered);
            drifts = each
                .filter_map(|((repository, one), rendered)| {
                    let (one, claims) = (one.as_ref()?, claims.as_ref());
                    Some(flow::compare(
                        repository,
                        one,
                        rendered,
                        claims,
                        from.take_over,
                    ))
                })
                .collect();
        }
        let before = asked
            .into_iter()
            .map(|asked| asked.either(|one| one.join(), Ok));
        let before: Vec<_> = before.collect();
        (drifts.map(|drifts| (rendered, drifts)), before)
    });
    if let Some(fault) = faults
        .into_iter()
        .max_by_key(|fault| matches!(fault, Fault::Read(_)))
    {
        sinks.into_iter().for_each(|one| sink.append(one));
        return Ok(Err(fault));
    }
    let (rendered, drifts) = match compared {
        Ok(compared) => compared,
        Err(error) => {
            sinks.into_iter().for_each(|one| sink.append(one));
            return Ok(Err(error.into()));
        }
    };
    let mut looked = Vec::new();
    let mut unread = None;
    let expanded = expanded.into_iter().flatten();
    let each = repositories.iter().zip(expanded).zip(rendered).zip(drifts);
    for ((((repository, expanded), rendered), drift), (before, mut own)) in
        each.zip(before.into_iter().zip(sinks))
    {
        let before = before.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        if let Some(unseen) = before.unseen().filter(|unseen| !unseen.aloud) {
            let of = match repositories {
                [_] => String::new(),
                _ => format!(" of `{}`", repository.matrix_path()),
            };
            shell.detail(&format!("`tag-moved`{of} was not checked: {}", unseen.why));
        }
        let standpoint = Standpoint {
            today,
            before,
            take_over: from.take_over,
        };
        flow::judge(
            repository,
            &expanded,
            &rendered,
            &drift,
            &standpoint,
            &mut own,
        );
        if let Err(stopped) = flow::tell_refused(repository, &mut own) {
            unread = Some(stopped);
        }
        sink.append(own);
        let first = match rendered.owned.is_new() {
            true => {
                let Expanded { config, facts, .. } = &expanded;
                setup(expanded.providers, config, facts, &rendered.plan)
            }
            false => Vec::new(),
        };
        looked.push(Looked {
            expanded,
            drift,
            first,
        });
    }
    let members = repositories.iter().filter_map(Repository::known_members);
    if members
        .map(Members::origin)
        .any(|origin| *origin == Origin::Walk)
    {
        shell.detail("there is no git here: every file of a context counts, ignored or not");
    }
    Ok(match unread {
        Some(stopped) => Err(stopped.into()),
        None => Ok(looked),
    })
}
