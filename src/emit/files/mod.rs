//! `[[output.file]]`: files of one's own. Each is a template over the same context; what it sees is decided in [`context`],
//! why cells are missing in [`missing`], who stands on whom in [`lineage`]. See `docs/outputs.md`.

mod context;
mod header;
mod lineage;
mod missing;

use std::collections::BTreeSet;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::Serde;

use crate::config::{Config, Each, OutputFile, field_finding, header as header_text};
use crate::diagnostic::{Finding, and_list, code, nearest};
use crate::emit::emitters::{Emission, unplaced, with_header};
use crate::emit::files::context::Seen;
use crate::emit::files::header::headed;
use crate::emit::workflow_dialect;
use crate::grammar::SpecId;
use crate::image::Spec;
use crate::matrix::ImageId;
use crate::output::{Block, Planned, Tree};
use crate::render::{Scope, fault_finding};

/// What one file is about.
#[derive(Clone, Copy)]
enum Subject {
    All,
    Image(ImageId),
    Spec(SpecId),
    /// By its place among the images of others.
    Described(usize),
}

/// A file, or a block of one, with its path.
struct Target<'a> {
    file: &'a OutputFile,
    subject: Subject,
    path: String,
}

/// Adds the files to the tree of all other outputs.
pub(super) fn add(e: &mut Emission<'_, '_>, tree: &mut Tree) {
    let config = e.config;
    if config.outputs.files.is_empty() {
        return;
    }
    let mut targets = Vec::new();
    for file in &config.outputs.files {
        targets.extend(targets_of(e, file));
    }
    let own = targets
        .iter()
        .filter(|target| target.file.between.is_none());
    let own = own.map(|target| target.path.as_str());
    let all: BTreeSet<&str> = tree.iter().map(|p| p.path.as_str()).chain(own).collect();
    let seen = Seen::new(e, &all);
    let mut last: Option<(&OutputFile, Option<ImageId>, Value)> = None;
    for target in targets {
        let file = target.file;
        let asked = format!("asks for `{}`", target.path.escape_debug());
        let template = file.template.clone();
        // What all files of a table see is made once for all of them.
        let image = match target.subject {
            Subject::Image(image) => Some(image),
            Subject::All | Subject::Spec(_) | Subject::Described(_) => None,
        };
        let common = match &last {
            Some((of, its, common)) if std::ptr::eq(*of, file) && *its == image => common.clone(),
            _ => {
                let mut shown = kept(e, file);
                shown.retain(|id| image.is_none_or(|image| e.matrix.spec(*id).image == image));
                seen.of(e, file.selector.as_ref(), &shown)
            }
        };
        last = Some((file, image, common.clone()));
        let with = Value::from(Serde(&file.with));
        let context = minijinja::context! {
            path => target.path.as_str(),
            with,
            ..common
        };
        let context = match target.subject {
            Subject::All => context,
            Subject::Image(image) => minijinja::context! {
                image => seen.image(image),
                ..context
            },
            Subject::Spec(spec) => minijinja::context! {
                spec => seen.spec(spec),
                ..context
            },
            Subject::Described(place) => minijinja::context! {
                image => Value::from(Serde(&config.described[place])),
                ..context
            },
        };
        let context = with_header(config, context);
        let dialect = workflow_dialect(&target.path).unwrap_or(file.dialect);
        let place = || config.place(template.span.clone(), asked.clone());
        let text = match e.templates.render(dialect, &template, &context) {
            Ok(text) => text,
            Err(error) => {
                let finding = fault_finding(e.templates, &template, &error, place());
                e.sink.push(finding);
                continue;
            }
        };
        let added = match (&file.between, dialect.comment()) {
            (Some(name), Some(comment)) => tree.add_block(
                &target.path,
                Block {
                    name: name.value.clone(),
                    comment,
                    lines: Arc::new(text),
                    asked: name.span.clone(),
                },
            ),
            _ => {
                let runs = text.starts_with("#!");
                let text = headed(&text, dialect, &header_text(config));
                let planned = Planned::text(target.path.clone(), text);
                tree.add(if runs { planned.executable() } else { planned })
            }
        };
        if let Err(refused) = added {
            let place = config.place(file.path.span.clone(), asked);
            e.sink.push(unplaced(&target.path, &refused, place));
        }
    }
}

/// The specs that a file's template sees.
fn kept(e: &Emission<'_, '_>, file: &OutputFile) -> Vec<SpecId> {
    let meant = |spec: &Spec| file.selector.as_ref().is_none_or(|s| spec.is_meant(s));
    let specs = e.matrix.specs.iter().enumerate();
    specs
        .filter(|(_, spec)| meant(spec))
        .map(|(index, _)| SpecId(index))
        .collect()
}

/// The files of a table; what is wrong with it as a whole is told here, once.
fn targets_of<'a>(e: &mut Emission<'_, '_>, file: &'a OutputFile) -> Vec<Target<'a>> {
    let config = e.config;
    let kept = kept(e, file);
    if file.each == Some(Each::Described) && config.described.is_empty() {
        let finding = Finding::new(
            &code::EMPTY_OUTPUT,
            format!(
                "`{}` is for images of others, and none is described",
                file.path.source.escape_debug()
            ),
            config.place(file.path.span.clone(), "would be written for each of them"),
        );
        e.sink
            .push(finding.help("describe one by `[described.NAME]`, or delete the output"));
        return Vec::new();
    }
    if kept.is_empty() {
        let at = file.selector.as_ref().map_or(&file.span, |s| &s.span);
        let finding = Finding::new(
            &code::EMPTY_OUTPUT,
            format!("`{}` would show no image", file.path.source.escape_debug()),
            config.place(at.clone(), "accepts no spec"),
        );
        e.sink
            .push(finding.help("correct the `match`, or delete the output"));
        return Vec::new();
    }
    unread(e, file);
    let subjects: Vec<Subject> = match file.each {
        None => vec![Subject::All],
        Some(Each::Spec) => kept.into_iter().map(Subject::Spec).collect(),
        Some(Each::Described) => (0..config.described.len())
            .map(Subject::Described)
            .collect(),
        Some(Each::Image) => {
            let mut images: Vec<ImageId> = kept.iter().map(|id| e.matrix.spec(*id).image).collect();
            images.dedup();
            images.into_iter().map(Subject::Image).collect()
        }
    };
    let mut targets = Vec::new();
    for subject in subjects {
        match path(e, config, file, subject) {
            Ok(path) => targets.push(Target {
                file,
                subject,
                path,
            }),
            // One is enough: the others have the same cause.
            Err(finding) => {
                e.sink.push(*finding);
                break;
            }
        }
    }
    targets
}

/// The path of a file.
fn path(
    e: &Emission<'_, '_>,
    config: &Config,
    file: &OutputFile,
    subject: Subject,
) -> Result<String, Box<Finding>> {
    let image = |image: ImageId| Value::from(config.images[image.0].key.clone());
    let scope = match subject {
        Subject::All => Value::from_object(Scope(Vec::new())),
        Subject::Image(id) => Value::from_object(Scope(vec![("image".into(), image(id))])),
        Subject::Spec(id) => e.matrix.spec(id).scope.clone(),
        Subject::Described(place) => {
            let name = Value::from(config.described[place].name.clone());
            Value::from_object(Scope(vec![("image".into(), name)]))
        }
    };
    let path = config.fields.render(&file.path, &scope);
    path.map(std::borrow::Cow::into_owned)
        .map_err(|fault| Box::new(field_finding(&config.file, &file.path, fault)))
}

/// Tells what a template is told and does not read.
fn unread(e: &mut Emission<'_, '_>, file: &OutputFile) {
    let Some(read) = e.templates.reads(file.dialect, &file.template, "with") else {
        return;
    };
    for key in file.with.keys().filter(|key| !read.contains(&key.value)) {
        let template = &file.template.value;
        let finding = Finding::new(
            &code::UNKNOWN_KEY,
            format!("`{}` does not read `with.{}`", template, key.escape_debug()),
            e.config.place(key.span.clone(), "unknown key"),
        );
        let known = || read.iter().map(String::as_str);
        e.sink.push(match nearest(key, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None if read.is_empty() => finding.note("it reads nothing of `with`"),
            None => finding.note(format!("it reads {}", and_list(known()))),
        });
    }
}
