//! What `check`, `matrix` and `bump --check` look at before they differ.

use std::thread;

use crate::cli::Dates;
use crate::command::shell::{Error, Shell};
use crate::diagnostic::Sink;
use crate::flow::{self, Expanded, Fault, Standpoint};
use crate::lock::{Before, Looking};
use crate::output::Drift;
use crate::source::{Members, Origin, Repository};

/// A matrix with its outputs, looked at by every rule.
pub(super) struct Looked {
    pub expanded: Expanded,
    pub drift: Drift,
}

/// From where to look.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    pub dates: Dates,
    /// The revision at which the release was published, when it is asked for.
    pub base: Option<&'a str>,
    pub take_over: bool,
}

impl From<'_> {
    /// Today, and nowhere else.
    pub fn here() -> Self {
        From {
            dates: Dates::default(),
            base: None,
            take_over: false,
        }
    }
}

/// Expands, renders, compares with the disk and runs every rule.
///
/// # Errors
/// When no plan can be built, or the machine fails.
pub(super) fn look(
    shell: &Shell<'_>,
    repository: &Repository,
    from: From<'_>,
    sink: &mut Sink,
) -> Result<Result<Looked, Fault>, Error> {
    let today = shell.today(from.dates)?;
    let mut expanded = match flow::expand(repository, sink) {
        Ok(expanded) => expanded,
        Err(fault) => {
            // What stopped may have done so over a file that was not read.
            let _ = flow::tell_refused(repository, sink);
            return Ok(Err(fault));
        }
    };
    shell.look_ahead(from.dates, &mut expanded.config);
    let (release, lock) = (expanded.config.release.as_ref(), expanded.lock.as_ref());
    let looking = Looking {
        base: from.base,
        pipeline: shell.in_pipeline(),
    };
    // git answers while the outputs are rendered and compared.
    let (compared, before) = thread::scope(|scope| {
        let asked = scope.spawn(|| Before::find(repository, release, lock, looking));
        let compared = flow::render(repository, &expanded, sink).and_then(|rendered| {
            let drift = flow::compare(repository, &expanded, &rendered, from.take_over)?;
            Ok((rendered, drift))
        });
        (compared, asked.join())
    });
    let (rendered, drift) = match compared {
        Ok(compared) => compared,
        Err(fault) => return Ok(Err(fault)),
    };
    let before = before.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    if let Some(unseen) = before.unseen().filter(|unseen| !unseen.aloud) {
        shell.detail(&format!("`tag-moved` was not checked: {}", unseen.why));
    }
    if let Some(Origin::Walk) = repository.known_members().map(Members::origin) {
        shell.detail("there is no git here: every file of a context counts, ignored or not");
    }
    let standpoint = Standpoint {
        today,
        before,
        take_over: from.take_over,
    };
    flow::judge(repository, &expanded, &rendered, &drift, &standpoint, sink);
    if let Err(stopped) = flow::tell_refused(repository, sink) {
        return Ok(Err(stopped.into()));
    }
    Ok(Ok(Looked { expanded, drift }))
}
