//! The bump: every place that states the release, moved at once, as a set of planned files.
//!
//! Nothing is touched here. The new texts are laid over the repository in memory, and the matrix, the outputs and the
//! lock are made from that; one place that cannot be moved refuses the whole.

use crate::bump::Move;
use crate::bump::News;
use crate::bump::moving::Moving;
use crate::bump::texts::{Rewritten, Texts};
use crate::bump::{Ahead, Destination};
use crate::check::refused_outputs;
use crate::config::{Config, Release};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::facts::Day;
use crate::flow::{self, Expanded, Fault, Rendered};
use crate::grammar::release::ReleaseVersion;
use crate::locate;
use crate::lock::{self, Lock, Unread};
use crate::output::{Drift, Owned, State, is_linked};
use crate::release::Begun;
use crate::release::mentions::ImageNames;
use crate::source::Repository;
use crate::source::lock_path;

/// What is asked for.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Where to.
    pub target: Destination,
    /// Whether an older release is meant.
    pub back: bool,
    /// What a run that was cut short has noted.
    pub begun: Option<&'a Begun>,
    /// The day on which it is recorded.
    pub today: Day,
}

/// A bump that can be carried out.
#[derive(Debug)]
pub struct Bump {
    /// The release before.
    pub from: String,
    /// The release after.
    pub to: String,
    /// The place from which a step was counted, where that is not the release before.
    pub counted: Option<Ahead>,
    /// What is built for it.
    pub news: News,
    /// What was found of the matrix at the new release, besides what rules find.
    pub said: Sink,
    /// Pins that move.
    pub pins: Vec<Move>,
    /// Pins whose relation lets them stay as they are.
    pub stays: Vec<Move>,
    /// Mentions that move.
    pub mentions: Vec<Move>,
    /// The files that are rewritten besides outputs, the matrix file last.
    pub files: Vec<Rewritten>,
    /// The outputs against the disk.
    pub drift: Drift,
    /// The matrix at the new release.
    pub expanded: Expanded,
    /// Everything rendered at the new release.
    pub rendered: Rendered,
    /// The lock as it will be.
    pub lock: Lock,
    /// The repository as if all of it were written.
    pub repository: Repository,
}

/// Plans a bump.
///
/// # Errors
/// When it cannot be carried out; why is in `sink`.
pub fn plan(repository: &Repository, asked: &Asked<'_>, sink: &mut Sink) -> Result<Bump, Fault> {
    let target = &asked.target;
    let before = aside(sink, |sink| flow::expand(repository, sink))?;
    let config = &before.config;
    if *target != Destination::Amend {
        // What changed since the release, and which digests are locked, is told by the lock alone.
        let mut said = Sink::new();
        let read = Lock::read(repository, &mut said);
        sink.append(said);
        match read {
            Err(Unread::Read(error)) => return Err(error.into()),
            _ if !sink.is_empty() => return Err(Fault::Findings),
            _ => {}
        }
    }
    let Some(release) = &config.release else {
        let place = Place::file(config.file.path.clone());
        let finding = Finding::new(&code::BUMP_REFUSED, "the matrix states no release", place);
        sink.push(finding.help("add `[release]` with `version = \"0.1.0\"`"));
        return Err(Fault::Findings);
    };
    linked_matrix(repository, sink)?;
    let to = target.version(repository, config, release, asked.begun, asked.back);
    let (to, counted) = to.map_err(|finding| {
        sink.push(*finding);
        Fault::Findings
    })?;
    let mut texts = Texts::new(repository);
    state_version(&mut texts, &to)?;
    // From here on the matrix is as the new release says.
    let mut said = Sink::new();
    let expanded = kept(sink, &mut said, |sink| flow::expand(texts.now(), sink))?;
    let Some(next) = &expanded.config.release else {
        return Err(Fault::Findings);
    };
    let outputs = aside(sink, |sink| flow::render(texts.now(), &expanded, sink))?.tree;
    let owned = Owned::read(repository)?;
    let is_output = |path: &str| outputs.contains(path) || owned.lists(path);
    let mut moving = Moving {
        texts: &mut texts,
        config: &expanded.config,
        release: next,
        before: &release.read,
        is_output: &is_output,
        sink,
        pins: Vec::new(),
        stays: Vec::new(),
        mentions: Vec::new(),
    };
    for pin in &next.pins {
        moving.pin(pin);
    }
    if !next.mentions.is_empty()
        && let Some(names) = ImageNames::new(&expanded.config, &expanded.matrix)
    {
        moving.mentions(&names.after(&before.matrix, &expanded.matrix));
    }
    moving.agreed();
    let Moving {
        pins,
        stays,
        mentions,
        ..
    } = moving;
    // Files of the library may stand in build contexts, so what is rendered comes after them.
    let rendered = kept(sink, &mut said, |sink| {
        flow::render(texts.now(), &expanded, sink)
    })?;
    let mut drift = flow::compare(texts.now(), &expanded, &rendered, None, false)?;
    refused_outputs(&drift, &expanded.config, repository.family())
        .for_each(|finding| sink.push(finding));
    if !sink.is_empty() {
        return Err(Fault::Findings);
    }
    // Blocks of files that are the user's move with what else moves in those.
    drift
        .changes
        .retain(|change| match (&change.state, &change.after) {
            (State::Block(_), Some(after)) => {
                texts.put(&change.path, after.text.to_string());
                false
            }
            _ => true,
        });
    let record = |previous| {
        let Expanded { config, matrix, .. } = &expanded;
        Lock::record(previous, config, matrix, &rendered.contents, asked.today)
    };
    let recorded = before.lock.as_ref().and_then(|lock| lock.release.as_ref());
    let again =
        recorded.is_some_and(|r| r.version == to.as_str()) && to.as_str() == release.version;
    let (mut lock, news) = match before.lock {
        // Of a release that is recorded, what changed since is `check`'s to say, and to record anew must be asked for.
        Some(lock) if *target != Destination::Amend && again => {
            let differ = lock.difference(&expanded.matrix, &rendered.contents).len();
            let news = match differ {
                0 => News::of(Some(&lock), &expanded, &rendered),
                changed => News::Changed { changed },
            };
            (lock, news)
        }
        previous => {
            let news = News::of(previous.as_ref(), &expanded, &rendered);
            (record(previous.as_ref()), news)
        }
    };
    lock.follow(config, &before.matrix);
    if *target == Destination::Amend {
        tagged(repository, next, &lock, config, sink)?;
    }
    texts.put(&lock_path(repository.matrix_path()), lock.to_toml());
    // The day that is recorded for a content stands in the plan.
    let (expanded, rendered, drift) = if expanded.config.ci.reproducible {
        let expanded = aside(sink, |sink| flow::expand(texts.now(), sink))?;
        let rendered = aside(sink, |sink| flow::render(texts.now(), &expanded, sink))?;
        let drift = flow::compare(texts.now(), &expanded, &rendered, None, false)?;
        (expanded, rendered, drift)
    } else {
        (expanded, rendered, drift)
    };
    let (repository, files) = texts.finish();
    Ok(Bump {
        from: release.version.clone(),
        to: to.to_string(),
        counted,
        news,
        said,
        pins,
        stays,
        mentions,
        files,
        drift,
        rendered,
        lock,
        repository,
        expanded,
    })
}

impl Bump {
    /// Whether everything is as it will be.
    pub fn is_done(&self) -> bool {
        self.files.is_empty() && self.drift.is_clean()
    }

    /// The paths it writes or removes.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let outputs = self
            .drift
            .changes
            .iter()
            .filter(|c| c.state != State::Fresh);
        outputs
            .map(|c| c.path.as_str())
            .chain(self.files.iter().map(|f| f.edit.path.as_str()))
    }
}

/// Runs a step whose findings count only where it fails: `check` tells the others.
fn aside<T>(sink: &mut Sink, step: impl FnOnce(&mut Sink) -> Result<T, Fault>) -> Result<T, Fault> {
    let mut own = Sink::new();
    let result = step(&mut own);
    if result.is_err() {
        sink.append(own);
    }
    result
}

/// Runs a step whose findings are kept for later, unless it fails.
fn kept<T>(
    sink: &mut Sink,
    said: &mut Sink,
    step: impl FnOnce(&mut Sink) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let mut own = Sink::new();
    let result = step(&mut own);
    if result.is_err() { sink } else { said }.append(own);
    result
}

/// Refuses to record a release anew that is tagged with another record: what carries its tags is out there.
fn tagged(
    repository: &Repository,
    release: &Release,
    lock: &Lock,
    config: &Config,
    sink: &mut Sink,
) -> Result<(), Fault> {
    let Some(published) = Lock::at_tag(repository, release) else {
        return Ok(());
    };
    let differ = lock.contradicted(&published);
    if differ.is_empty() {
        return Ok(());
    }
    let tag = &release.tag;
    let place = config.place(release.span.clone(), "this release is tagged");
    let headline = format!(
        "release `{}` is tagged, and the lock at `{tag}` records other content",
        release.version
    );
    let finding = Finding::new(&code::BUMP_REFUSED, headline, place).note(lock::some(&differ));
    sink.push(
        finding
            .help("run `gen bump patch`, so that the new content gets tags of its own")
            .help(format!(
                "if nothing of it was published, take the tag away: `git tag -d {tag}`"
            )),
    );
    Err(Fault::Findings)
}

/// Refuses a matrix file that would be a file of its own after the bump, and a link before.
fn linked_matrix(repository: &Repository, sink: &mut Sink) -> Result<(), Fault> {
    let path = repository.matrix_path();
    if !is_linked(repository, path) {
        return Ok(());
    }
    let headline = format!("`{path}` is a symbolic link, or lies behind one");
    let finding = Finding::new(&code::BUMP_REFUSED, headline, Place::file(path))
        .note("a file is moved by putting another in its place, which would cut the link")
        .help("run `gen bump` where the file itself lies, or put the file there");
    sink.push(finding);
    Err(Fault::Findings)
}

/// Lets the matrix file state the version.
fn state_version(texts: &mut Texts<'_>, to: &ReleaseVersion) -> Result<(), Fault> {
    let matrix = texts.now().matrix_path().to_owned();
    let file = texts.now().read_text(&matrix)?;
    let edits = locate::key(&file, "release.version")
        .ok()
        .and_then(|found| found.edits(&file.text, to.as_str()).ok());
    // It was read from there, and a version is a plain word.
    texts.edit(&file, edits.ok_or(Fault::Findings)?);
    Ok(())
}
