//! One `matrix.toml` becomes Dockerfiles and CI pipelines, and nothing drifts.
//!
//! `matrix.toml` → [`config`] → `matrix` (cells) → [`image`] (specs, lineage, content, plan) → [`emit`] (which outputs, with
//! which context) → [`render`] (bytes, in memory) → [`output`] (compare, or write).
//!
//! The rooms are layers: each uses only rooms that stand above it in this list (`tests/layers.rs` reads it).
//!
//! - `grammar`: words of the field as types, no logic: platforms, references, versions, values with their place
//! - `source`: the only reader: files with spans, the repository's root, git's facts, build contexts
//! - `diagnostic`: findings, their codes, one renderer for each format
//! - `matrix`: axes, values, selectors, and the cells they leave
//! - `facts`: what is known of the outside world: ends of life, images, limits, each with source and date
//! - `dockerfile`: a Dockerfile as BuildKit reads it, for given args and platform
//! - `locate`: a written value in a file of the library's, by what languages call it
//! - `render`: template environments, one dialect for each kind of file: escaping by construction
//! - `config`: `matrix.toml`, as written and then always valid; declares what a provider's table is
//! - `image`: specs, lineage, what goes into an image and its content, the plan
//! - `lock`: what a release was made of
//! - `output`: the planned files: whose they are, what differs on disk, writing all or none
//! - `emit`: one folder for each kind of output and each CI provider
//! - `release`: the places of the library that state the release: found and judged
//! - `check`: one rule a file, over all of it
//! - `diff`: two revisions, side by side
//! - `flow`: the steps that every command runs a part of
//! - `bump`: what moves with a release, or with a base
//! - `intake`: what other tools' files say of images, as a declaration
//! - `registry`: what stands at registries, of upstream images (`gen lock`) and of the plan (`gen published`)
//! - `engine`: docker and its kin: one command that builds what is selected, tests in containers, and who signed an image
//! - `cli`: the command line
//! - `command`: a verb a file
//!
//! Every decision is taken before a template runs, `gen matrix` and `gen check` share one render ([`flow`]), and no
//! room below `command` prints.

#![forbid(unsafe_code)]
#![warn(clippy::disallowed_methods, clippy::disallowed_macros)]

pub mod bump;
pub mod check;
pub mod cli;
pub mod command;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod dockerfile;
pub mod emit;
mod engine;
pub mod facts;
pub mod flow;
pub mod grammar;
pub mod image;
pub mod intake;
pub mod locate;
pub mod lock;
mod matrix;
pub mod output;
mod registry;
pub mod release;
pub mod render;
pub mod source;
