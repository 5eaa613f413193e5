//! One `matrix.toml` becomes Dockerfiles and CI pipelines, and nothing drifts.
//!
//! ```text
//! matrix.toml → config (as written → valid) → matrix (cells) → image (specs, lineage, content)
//!             → emit (which outputs, with which context) → render (bytes, in memory) → output (compare, or write)
//!                                        check looks across all of it, and reports diagnostics
//!                                        release holds places in the library to the release, and moves them
//!                                        dockerfile reads Dockerfiles as BuildKit does, for given args and platform
//!                                        facts are what is known of the outside world: ends of life, images, limits
//!                                        lock says what a release was made of, diff what two revisions differ in
//!                                        registry asks what upstream images are now, for `gen lock` alone
//! ```
//!
//! Every decision is taken before a template runs, `gen matrix` and `gen check` share one render ([`flow`]), and no
//! room below `command` prints.

#![forbid(unsafe_code)]
#![warn(clippy::disallowed_methods, clippy::disallowed_macros)]

pub mod check;
pub mod cli;
pub mod command;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod dockerfile;
pub mod emit;
pub mod facts;
pub mod flow;
pub mod image;
pub mod lock;
pub mod matrix;
pub mod output;
pub mod registry;
pub mod release;
pub mod render;
pub mod source;
