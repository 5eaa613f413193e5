//! That references which never move were compared with nothing, told where somebody relies on the answer.

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(unseen) = cx.before.unseen().filter(|unseen| unseen.aloud) else {
        return;
    };
    let place = match &cx.config.release {
        Some(release) => cx.place(release.span.clone(), "published or not, it was not seen"),
        None => Place::file(cx.config.file.path.clone()),
    };
    let headline = format!("`tag-moved` was not checked: {}", unseen.why);
    let mut finding = Finding::new(&code::TAG_UNCHECKED, headline, place);
    finding.help.extend(unseen.help.clone());
    sink.push(finding);
}
