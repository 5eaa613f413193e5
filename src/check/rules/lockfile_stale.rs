//! Lock files of package managers that repeat another version than the pinned manifest.

use crate::check::Context;
use crate::diagnostic::Sink;
use crate::release::lockfiles;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    lockfiles::look(cx.repository, cx.config, sink);
}
