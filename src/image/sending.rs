//! What is sent of a context: the ignore file that narrows it, which paths it may name, and what a pipeline makes in it.

use crate::diagnostic::{Finding, Stopped, code};
use crate::grammar::Pairs;
use crate::image::content::One;
use crate::image::ignore_text;
use crate::render::Field;
use crate::source::{DockerIgnore, Repository, plain};

impl One<'_> {
    /// The ignore file that narrows a context to these files, and to some more that are no patterns. Beside a Dockerfile of
    /// the user's, that is the user's too.
    pub(super) fn ignore(
        &mut self,
        files: &[Field],
        more: &[String],
        rendered: bool,
    ) -> Result<Option<String>, Stopped> {
        if files.is_empty() && more.is_empty() || !rendered {
            return Ok(None);
        }
        let mut lines = Vec::new();
        for field in files {
            let line = self.text(field, &self.spec.scope.clone())?;
            self.inside(line.strip_prefix('!').unwrap_or(&line), field)?;
            let alone = ignore_text("", std::slice::from_ref(&line));
            if let Some(fault) = DockerIgnore::parse(alone.as_bytes()).faults().first() {
                let finding = Finding::new(
                    &code::INVALID_GLOB,
                    format!(
                        "`{}` is no pattern of a `.dockerignore`",
                        line.escape_debug()
                    ),
                    self.config.place(field.span.clone(), fault.why.to_string()),
                )
                .help("write it with `*`, `**`, `?` and plain classes such as `[a-z]`");
                return Err(self.report(field.span.start, finding));
            }
            lines.push(line);
        }
        lines.extend(more.iter().cloned());
        let header = crate::config::header(self.config);
        Ok(Some(ignore_text(&header, &lines)))
    }

    /// A path of the user's is one of a file or folder below the root, and nothing else to whoever it is handed to: a
    /// builder takes a URL for a context, and what begins with `-` for an option.
    pub(super) fn inside(&mut self, path: &str, field: &Field) -> Result<(), Stopped> {
        let bare = path.strip_prefix("./").unwrap_or(path);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        if matches!(path, "." | "./") || plain(bare) {
            return Ok(());
        }
        let place = self.config.place(
            field.span.clone(),
            "must be relative and stay below the repository root",
        );
        let finding = Finding::new(
            &code::UNSAFE_VALUE,
            format!(
                "`{}` is no path below the repository root",
                path.escape_debug()
            ),
            place,
        )
        .help("write a path from the root, without `..`");
        Err(self.report(field.span.start, finding))
    }

    /// What pipelines make of what a context sends, by name with its version.
    pub(super) fn artifacts(
        &self,
        repository: &Repository,
        context: &str,
        dockerfile: &str,
        written: Option<&str>,
    ) -> Pairs<String, String> {
        let artifacts = self.config.artifacts.iter();
        let mut within = artifacts
            .filter_map(|artifact| Some((artifact, artifact.within(context)?)))
            .peekable();
        if within.peek().is_none() {
            return Pairs::default();
        }
        let beside = match context {
            "." => ".dockerignore".to_owned(),
            folder => format!("{folder}/.dockerignore"),
        };
        let places = [format!("{dockerfile}.dockerignore"), beside];
        let mut found = places
            .iter()
            .filter_map(|path| repository.bytes(path).ok().flatten());
        let ignore = match written {
            Some(text) => Some(DockerIgnore::parse(text.as_bytes())),
            None => found.next().map(|bytes| DockerIgnore::parse(&bytes)),
        };
        let ignore = ignore.unwrap_or_default();
        let mut sieve = ignore.sieve();
        within
            .filter(|(_, path)| !sieve.excludes(path.as_bytes()))
            .map(|(artifact, _)| (artifact.name.clone(), artifact.version.clone()))
            .collect()
    }
}
