//! A file that a context is narrowed to, and that is not there.

use crate::check::Context;
use crate::check::gathered::Gathered;
use crate::diagnostic::{Finding, Sink, code};
use crate::image::ignore_text;
use crate::source::DockerIgnore;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut gathered = Gathered::default();
    pip_files(cx, &mut gathered);
    for (id, rendered) in cx.contents.iter().filter(|(_, one)| one.ignore.is_some()) {
        let spec = cx.matrix.spec(id);
        for field in &spec.merged.context_files {
            let Ok(line) = cx.config.fields.render(field, &spec.scope) else {
                continue;
            };
            if line.starts_with('!') {
                if takes_nothing_out(cx, &rendered.context, &line) {
                    let finding = Finding::new(
                        &code::CONTEXT_UNMATCHED,
                        format!("`{line}` takes no file out of the context `{}`", rendered.context),
                        cx.place(field.span.clone(), "matches nothing that is there"),
                    )
                    .help("correct it, or delete it; it is told from that folder, as in a `.dockerignore`");
                    gathered.add(finding, &line, &[id]);
                }
                continue;
            }
            let ignore = DockerIgnore::parse(ignore_text("", &[line.to_string()]).as_bytes());
            let mut sieve = ignore.sieve();
            if rendered
                .files
                .files
                .keys()
                .any(|path| !sieve.excludes(path.as_bytes()))
            {
                continue;
            }
            let finding = Finding::new(
                &code::CONTEXT_UNMATCHED,
                format!("`{line}` is no file of the context `{}`", rendered.context),
                cx.place(field.span.clone(), "matches nothing that is sent"),
            )
            .help("correct it, or delete it; it is told from that folder, as in a `.dockerignore`");
            gathered.add(finding, &line, &[id]);
        }
    }
    gathered.tell(sink);
}

/// Files that Python packages are installed by, and that no build is sent.
fn pip_files(cx: &Context<'_>, gathered: &mut Gathered) {
    for (id, rendered) in cx.contents.iter() {
        for (stated, sent) in &rendered.installed_from {
            let sent = sent.iter();
            for path in sent.filter(|path| !rendered.files.files.contains_key(&***path)) {
                let finding = Finding::new(
                    &code::CONTEXT_UNMATCHED,
                    format!("`{path}` is no file of the context `{}`", rendered.context),
                    cx.place(stated.clone(), "installed from"),
                )
                .help("correct the path, or the `context` of the image: a file outside of it cannot be sent");
                gathered.add(finding, path, &[id]);
            }
        }
    }
}

/// Whether a line that leaves files out speaks of none that a clean checkout has. Of a context that holds none, or whose
/// files cannot be told, nothing is said.
fn takes_nothing_out(cx: &Context<'_>, context: &str, line: &str) -> bool {
    let below = cx.repository.members().below(context);
    if below.files.is_empty() || !below.absent.is_empty() {
        return false;
    }
    let skipped = if context == "." { 0 } else { context.len() + 1 };
    let all = ignore_text("", &["**".to_owned(), line.to_owned()]);
    let ignore = DockerIgnore::parse(all.as_bytes());
    let mut sieve = ignore.sieve();
    !below
        .files
        .iter()
        .any(|(path, _)| sieve.excludes(&path[skipped..]))
}
