//! What somebody, mostly a bot, moved in generated pipelines: told from what is merely stale, and taken over.

use std::sync::Arc;

use crate::emit::{
    ActionEdits, adopt, facts_beside, name_facts, put_machinery, restate, stated_images,
    workflow_files,
};
use crate::facts::{Facts, Machinery};
use crate::flow::Expanded;
use crate::output::{Change, Drift, MovedImage, MovedImages, RunImage, State};
use crate::source::{Repository, SourceFile};

/// Marks the stale outputs in which actions or images were moved: they are left as they are until somebody has decided.
pub(super) fn mark(repository: &Repository, expanded: &Expanded, drift: &mut Drift) {
    let workflows = workflow_files(&expanded.config);
    let is_stale = |change: &&mut Change| change.state == State::Stale;
    let mut stale = drift.changes.iter_mut().filter(is_stale).peekable();
    let images = match stale.peek() {
        Some(_) => run_images(repository, expanded),
        None => Vec::new(),
    };
    for change in stale {
        if workflows.contains(&change.path) && ActionEdits::of(change).is_some() {
            change.state = State::Edited;
            continue;
        }
        let images: Vec<&RunImage> = images
            .iter()
            .filter(|image| image.may_be_in(&change.path))
            .collect();
        if let Some(moved) = MovedImages::of(change, &images, Facts::ships) {
            change.state = State::Moved(Arc::new(moved));
        }
    }
}

/// The images that pipelines run, as the matrix, its facts or the shipped ones state them.
fn run_images(repository: &Repository, expanded: &Expanded) -> Vec<RunImage> {
    let Expanded { config, facts, .. } = expanded;
    let stated = stated_images(&config.file.text);
    let beside = facts_beside(&config.file.path);
    let is_strange = config.facts.is_none() && repository.text(&beside).is_some();
    let machinery = facts.all_machinery();
    let machinery = machinery.filter(|(_, image)| !stated.iter().any(|stated| stated == image));
    let by_facts = machinery.map(|(name, image)| RunImage {
        reference: image.to_owned(),
        in_dockerfiles: name == Machinery::Uv,
        not_ours: is_strange.then(|| beside.clone()),
    });
    let by_matrix = stated.iter().map(|reference| RunImage {
        reference: reference.clone(),
        in_dockerfiles: false,
        not_ours: None,
    });
    by_matrix.chain(by_facts).collect()
}

/// What somebody moved in pipelines, taken over into the matrix and its facts.
#[derive(Debug)]
pub struct Adoption {
    /// The files as they would be on disk, the matrix file last.
    pub files: Vec<Arc<SourceFile>>,
    /// What was moved, from where, to where.
    pub moved: Vec<(String, String, String)>,
}

/// What the matrix and its facts would be if everything that was moved in a pipeline were moved there too. `None` when nothing
/// was, or when they cannot say all of it: the findings tell why. Where files disagree, the first is followed, and what is
/// newer in another is an edit of that one still.
pub fn adopted(repository: &Repository, expanded: &Expanded, drift: &Drift) -> Option<Adoption> {
    let file = &expanded.config.file;
    let mut text = file.text.clone();
    let mut moved = Vec::new();
    let edited = drift.changes.iter().filter(|c| c.state == State::Edited);
    let edited: Vec<ActionEdits> = edited.filter_map(ActionEdits::of).collect();
    let mut pins = Vec::new();
    for edits in &edited {
        for (edit, pin) in edits.edits.iter().zip(edits.pins()?) {
            if pins.iter().all(|(action, _)| *action != edit.action) {
                let (from, to) = edit.moved.clone();
                moved.push((edit.action.clone(), from, to));
                pins.push(pin);
            }
        }
    }
    if !pins.is_empty() {
        text = adopt(&text, &pins).ok()?;
    }
    let stated = stated_images(&text);
    let mut facts: Vec<(Machinery, &str)> = Vec::new();
    let mut images: Vec<&MovedImage> = Vec::new();
    for change in &drift.changes {
        let State::Moved(found) = &change.state else {
            continue;
        };
        if !found.fit() {
            return None;
        }
        for image in &found.moved {
            if images.iter().all(|known| known.from != image.from) {
                images.push(image);
            }
        }
    }
    for image in images {
        let (from, to) = image.words();
        moved.push((image.name().to_owned(), from, to));
        if stated.contains(&image.from) {
            text = restate(&text, &image.from, &image.to).ok()?;
        }
        let machinery = expanded.facts.all_machinery();
        let meant = machinery.filter(|(_, reference)| *reference == image.from);
        facts.extend(meant.map(|(name, _)| (name, &*image.to)));
    }
    let mut files = Vec::new();
    if !facts.is_empty() {
        let named = expanded.config.facts.as_ref();
        let path = named.map_or_else(|| facts_beside(&file.path), |f| f.file.value.clone());
        if named.is_none() {
            text = name_facts(&text, &path).ok()?;
        }
        let before = match named {
            Some(_) => repository.text(&path)?.with_lf(),
            None => SourceFile::new(&*path, ""),
        };
        let mut rows = before.text.clone();
        for (name, image) in facts {
            rows = put_machinery(&rows, name, image).ok()?;
        }
        files.push(SourceFile::new(&*path, before.edited_on_disk(&rows)));
    }
    files.push(SourceFile::new(
        file.path.clone(),
        file.edited_on_disk(&text),
    ));
    (!moved.is_empty()).then_some(Adoption { files, moved })
}
