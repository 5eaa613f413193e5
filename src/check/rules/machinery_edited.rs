//! Images that somebody, mostly a bot, moved in a generated pipeline or Dockerfile: a kind of drift that has its own words.

use crate::config::Config;
use crate::diagnostic::{Finding, Place, code};
use crate::output::{MovedImages, Unadoptable, is_dockerfile};
use crate::source::SourceFile;

const DROP: &str = "to drop the edit, run `gen matrix --take-over`";

/// What is to be said of a file in which images were moved: one finding for each.
pub(crate) fn findings(
    config: &Config,
    path: &str,
    text: &str,
    images: &MovedImages,
) -> Vec<Finding> {
    let file = SourceFile::new(path, text);
    let kind = if is_dockerfile(path) {
        "Dockerfile"
    } else {
        "pipeline"
    };
    let told = images.moved.iter().map(|image| {
        let (from, to) = image.words();
        let name = image.name();
        let finding = Finding::new(
            &code::MACHINERY_EDITED,
            format!("`{name}` was moved from `{from}` to `{to}` in the {kind}"),
            Place::span(&file, image.span.clone(), format!("rendered: {}", image.from)),
        );
        match &image.unfit {
            None if !images.fit() => {
                finding.note("it waits for the others, which cannot be adopted").help(DROP)
            }
            None => finding
                .help(format!(
                    "to keep it, run `gen matrix --adopt`, which writes it into {} or the facts that it names",
                    config.file.path
                ))
                .help(DROP),
            Some(Unadoptable::Several(other)) => finding
                .related(Place::span(&file, other.clone(), "and to this"))
                .help("let all its lines say the same, and run `gen matrix --adopt`")
                .help(DROP),
            Some(Unadoptable::Unnamed(facts)) => finding
                .note(format!("it cannot be adopted: `{facts}` is there, and {} does not name it", config.file.path))
                .help(format!("name your facts: `[facts]` with `file = \"{facts}\"`, or another path"))
                .help(DROP),
        }
    });
    told.collect()
}
