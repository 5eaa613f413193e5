//! `gen lock`: what registries are asked and how, what their answers are worth, and what becomes of the repository.
//!
//! The registries are servers on this machine that answer by a script; `gen` runs as a user would run it.

mod answers;
mod life;
mod logins;
mod published;
mod room;
mod server;
