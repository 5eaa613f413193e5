//! A Dockerfile, read as BuildKit reads it. The only reading there is: rules, locators and the lock ask here.
//!
//! Two steps, both pure and linear:
//!
//! - [`Dockerfile::parse`], once a text: directives, instructions with their words, here-documents and bytes, stages. It
//!   refuses what BuildKit refuses whatever is to be built, with the place ([`Fault`]).
//! - [`Dockerfile::evaluate`], for a [`Request`]: args passed, target, platform, and the platform of the machine that
//!   builds where that is known. It gives a [`Build`]: the [stages](Build::stages) that are really built, in order, each
//!   with what it stands on ([`Standing`]: [`Source::Stage`], [`Source::Image`], or [`Source::Unknown`] with the reason),
//!   and with its instructions ([`Step`]: what its words come to, what it takes from where). What cannot be told is an
//!   [`Unknown`], never nothing.
//!
//! What rules ask most: [`Build::named`], every image outside of the file that is taken (FROM, `COPY --from`,
//! `RUN --mount=from`), with its place and platform; [`Build::last`], the stage that becomes the image, whose
//! [`Config`] says user, entrypoint and command; [`Build::reach`], whether an arg that is passed arrives. Ranges are bytes
//! of the text that was parsed, on borders of characters.
//!
//! Held against the real builder by `tests/acceptance/test_dockerfiles.py`.

mod directive;
mod evaluate;
mod expand;
mod flags;
mod heredoc;
mod instruction;
mod lines;
mod naming;
mod parse;
mod pattern;
mod reach;
mod read;
mod reference;
mod rejection;
mod runtime;
mod scope;
mod secrets;
mod stages;
#[cfg(test)]
mod tests;
mod value;
mod words;

pub use directive::{Directives, other_frontend};
pub use evaluate::{Build, Built, Config, Does, Named, NamedBy, Step};
pub use instruction::{
    Assignment, CommandLine, Flag, FromLine, Heredoc, Instruction, Mount, Operation, Transfer, Word,
};
pub use naming::said;
pub use parse::{Dockerfile, Stage};
pub use reach::{Declared, Lack, Missed, Reach};
pub use rejection::Rejection;
pub use scope::{Global, Request};
pub use secrets::SecretMount;
pub use stages::{Source, Standing};
pub use value::{Expansion, Unknown};
