//! The bump: every place that states the release, moved at once, as a set of planned files.
//!
//! Nothing is touched here. The new texts are laid over the repository in memory, and the matrix, the outputs and the
//! lock are made from that; one place that cannot be moved refuses the whole.

use std::cmp::Ordering;
use std::ops::Range;

use crate::check::drift_findings;
use crate::config::{Config, Pin, Release};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::flow::{self, Expanded, Fault, Rendered};
use crate::lock::{self, Lock, Unread};
use crate::output::{Drift, Owned, State, is_linked};
use crate::release::locate;
use crate::release::mentions::{Kind, MARKER, Names, Sighting};
use crate::release::pins::{Verdict, look};
use crate::release::texts::{Rewritten, Texts};
use crate::release::unseen::{pinned_output, unseen_finding};
use crate::release::version::{ReleaseVersion, Step};
use crate::source::Repository;

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A version.
    Version(String),
    /// One step on.
    Step {
        /// Which.
        step: Step,
        /// The version that a run which was cut short took this step to. Where that is the release by now, the step is done.
        begun: Option<String>,
    },
    /// Nowhere: the current release is recorded anew.
    Amend,
}

/// A place that states a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The file, from the root.
    pub path: String,
    /// One-based line.
    pub line: usize,
    /// What it is: the name of a constant or key, or the image that is mentioned.
    pub what: String,
    /// What it states.
    pub from: String,
    /// What it will state.
    pub to: String,
}

/// A bump that can be carried out.
#[derive(Debug)]
pub struct Bump {
    /// The release before.
    pub from: String,
    /// The release after.
    pub to: String,
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

/// Plans a bump. Going to an older release must be allowed by `back`.
///
/// # Errors
/// When it cannot be carried out; why is in `sink`.
pub fn plan(
    repository: &Repository,
    target: &Target,
    back: bool,
    sink: &mut Sink,
) -> Result<Bump, Fault> {
    let before = aside(sink, |sink| flow::expand(repository, sink))?;
    let config = &before.config;
    if *target != Target::Amend {
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
    let to = version_of(config, release, target, back).map_err(|finding| {
        sink.push(*finding);
        Fault::Findings
    })?;
    let mut texts = Texts::new(repository);
    state_version(&mut texts, &to)?;
    // From here on the matrix is as the new release says.
    let expanded = aside(sink, |sink| flow::expand(texts.now(), sink))?;
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
        && let Some(names) = Names::new(&expanded.config, &expanded.matrix)
    {
        moving.mentions(&names);
    }
    moving.agreed();
    let Moving {
        pins,
        stays,
        mentions,
        ..
    } = moving;
    // Files of the library may stand in build contexts, so what is rendered comes after them.
    let rendered = aside(sink, |sink| flow::render(texts.now(), &expanded, sink))?;
    let drift = flow::compare(texts.now(), &expanded, &rendered, false)?;
    let refused = drift_findings(&drift, &expanded.config)
        .into_iter()
        .filter(|f| {
            [&code::ACTION_EDITED, &code::NOT_OURS, &code::SYMLINK_OUTPUT].contains(&f.code)
        });
    refused.for_each(|finding| sink.push(finding));
    if !sink.is_empty() {
        return Err(Fault::Findings);
    }
    let record = |previous| {
        let Expanded { config, matrix, .. } = &expanded;
        Lock::record(previous, config, matrix, &rendered.contents)
    };
    let lock = match before.lock {
        // Of a release that is recorded, what changed since is `check`'s to say, and to record anew must be asked for.
        Some(lock)
            if *target != Target::Amend
                && lock
                    .release
                    .as_ref()
                    .is_some_and(|r| r.version == to.as_str())
                && to.as_str() == release.version =>
        {
            lock
        }
        previous => record(previous.as_ref()),
    };
    texts.put(&lock::path(repository.matrix_path()), lock.to_toml());
    let (repository, files) = texts.finish();
    Ok(Bump {
        from: release.version.clone(),
        to: to.to_string(),
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

/// The version that is bumped to.
fn version_of(
    config: &Config,
    release: &Release,
    target: &Target,
    back: bool,
) -> Result<ReleaseVersion, Box<Finding>> {
    let refused = |headline: String| {
        let place = config.place(release.span.clone(), "released here");
        Finding::new(&code::BUMP_REFUSED, headline, place)
    };
    let scheme = release.read.scheme();
    let to = match target {
        Target::Amend => release.read.clone(),
        Target::Step { begun, .. } if begun.as_ref() == Some(&release.version) => {
            release.read.clone()
        }
        Target::Step { step, .. } => release
            .read
            .step(*step)
            .map_err(|why| Box::new(refused(why).help("state the version: `gen bump VERSION`")))?,
        Target::Version(text) => ReleaseVersion::parse(scheme, text).map_err(|fault| {
            let finding = refused(format!(
                "`{}` is not a {} version: {fault}",
                text.escape_debug(),
                scheme.as_str()
            ));
            let bare = text.trim_start_matches(['v', 'V']);
            let full = format!("{bare}.0");
            let reads = |text: &str| ReleaseVersion::parse(scheme, text).is_ok();
            Box::new(finding.help(if bare != text && reads(bare) {
                format!("run `gen bump {bare}`; the tag puts the `v` before it")
            } else if reads(&full) {
                format!("run `gen bump {full}`")
            } else {
                "state a version, or a step: major, minor, patch, pre, release".to_owned()
            }))
        })?,
    };
    if to.cmp_release(&release.read) == Ordering::Less && !back {
        let older = format!("`{to}` is older than the release `{}`", release.version);
        let help = "if the release goes back on purpose, add `--backwards`";
        return Err(Box::new(refused(older).help(help)));
    }
    Ok(to)
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

struct Moving<'a, 't> {
    texts: &'a mut Texts<'t>,
    config: &'a Config,
    release: &'a Release,
    is_output: &'a dyn Fn(&str) -> bool,
    /// Takes what refuses the bump.
    sink: &'a mut Sink,
    pins: Vec<Move>,
    stays: Vec<Move>,
    mentions: Vec<Move>,
}

impl Moving<'_, '_> {
    fn pin(&mut self, pin: &Pin) {
        if (self.is_output)(&pin.file) {
            self.sink.push(pinned_output(&self.config.file, &pin.file));
            return;
        }
        if is_linked(self.texts.now(), &pin.file) {
            let headline = format!(
                "`{}` is a symbolic link, or lies behind one",
                pin.file.value
            );
            let place = self.config.place(pin.file.span.clone(), "cannot be moved");
            let finding = Finding::new(&code::BUMP_REFUSED, headline, place)
                .note("a file is moved by putting another in its place, which would cut the link");
            self.sink
                .push(finding.help("pin the file that it leads to"));
            return;
        }
        let seen = match look(self.texts.now(), pin) {
            Ok(seen) => seen,
            Err(unseen) => {
                let finding = unseen_finding(self.config, &pin.file, &pin.locator, unseen, "pin");
                self.sink.push(finding);
                return;
            }
        };
        let mut edits = Vec::new();
        for found in &seen.found {
            let moved = |to: &str| Move {
                path: pin.file.value.clone(),
                line: seen.file.line_column(found.span.start).0,
                what: pin.locator.named(),
                from: found.value.clone(),
                to: to.to_owned(),
            };
            if found.value == pin.states {
                continue;
            }
            if pin.judge(self.release, &found.value) == Verdict::Agrees {
                self.stays.push(moved(&found.value));
                continue;
            }
            match found.edits(&seen.file.text, &pin.states) {
                Ok(new) => edits.extend(new),
                Err(why) => {
                    let finding = Finding::new(
                        &code::BUMP_REFUSED,
                        format!("{} cannot state `{}`", pin.locator.named(), pin.states),
                        Place::span(&seen.file, found.span.clone(), why.to_string()),
                    );
                    let help = "write it in another form, or say by `states` what it should state";
                    self.sink.push(finding.help(help));
                }
            }
            self.pins.push(moved(&pin.states));
        }
        self.texts.edit(&seen.file, edits);
    }

    fn mentions(&mut self, names: &Names<'_>) {
        for mention in &self.release.mentions {
            let seen = names.read(self.texts.now(), mention, self.is_output);
            let of_one_file = seen
                .sightings
                .chunk_by(|a, b| std::sync::Arc::ptr_eq(&a.file, &b.file));
            for sightings in of_one_file {
                let mut edits = Vec::new();
                for sighting in sightings {
                    edits.extend(self.mention(sighting));
                }
                self.texts.edit(&sightings[0].file, edits);
            }
        }
    }

    /// Looks once more: of two places that are one, the later may have undone the earlier.
    fn agreed(&mut self) {
        if !self.sink.is_empty() {
            return;
        }
        let mut undone = Vec::new();
        for pin in self.release.pins.iter().filter(|p| self.texts.has(&p.file)) {
            let headline = match look(self.texts.now(), pin) {
                Ok(seen) => {
                    let states = |value: &str| pin.judge(self.release, value) == Verdict::Agrees;
                    let Some(other) = seen.found.iter().find(|f| !states(&f.value)) else {
                        continue;
                    };
                    let (named, other) = (pin.locator.named(), other.value.escape_debug());
                    let wanted = &pin.states;
                    format!("{named} would state `{other}`, and not `{wanted}`")
                }
                Err(_) => format!("{} would not be found again", pin.locator.named()),
            };
            let label = "another pin or mention writes there too";
            let place = self.config.place(pin.locator.span(), label);
            let finding = Finding::new(&code::BUMP_REFUSED, headline, place);
            undone.push(finding.help("keep one of them, or point them to two places"));
        }
        undone.into_iter().for_each(|f| self.sink.push(f));
    }

    fn mention(&mut self, sighting: &Sighting) -> Option<(Range<usize>, String)> {
        let Kind::Stale { tag, .. } = &sighting.kind else {
            return None;
        };
        let reference = &sighting.file.text[sighting.span.clone()];
        if sighting.digest {
            let finding = Finding::new(
                &code::BUMP_REFUSED,
                format!("the mention of `{reference}` cannot be moved"),
                Place::span(
                    &sighting.file,
                    sighting.span.clone(),
                    "only a registry knows the digest of another release",
                ),
            );
            self.sink.push(finding.help(format!(
                "leave out the digest, or keep the mention with a comment `{MARKER}`"
            )));
            return None;
        }
        self.mentions.push(Move {
            path: sighting.file.path.to_string(),
            line: sighting.file.line_column(sighting.span.start).0,
            what: sighting.repository.clone(),
            from: sighting.file.text[sighting.tag_span.clone()].to_owned(),
            to: tag.clone(),
        });
        Some((sighting.tag_span.clone(), tag.clone()))
    }
}
