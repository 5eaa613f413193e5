//! A file that a context is narrowed to, and that is not there.

use crate::check::Context;
use crate::check::gathered::Gathered;
use crate::diagnostic::{Finding, Sink, code};
use crate::image::ignore_text;
use crate::source::DockerIgnore;

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut gathered = Gathered::default();
    for (id, rendered) in cx.contents.iter().filter(|(_, one)| one.ignore.is_some()) {
        let spec = cx.matrix.spec(id);
        for field in &spec.merged.context_files {
            let Ok(line) = cx.config.fields.render(field, &spec.scope) else {
                continue;
            };
            if line.starts_with('!') {
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
