//! All of cargo's tests are one binary, so that what they share is built and linked once: a module a subject.
//! `cargo test ui::` runs those of one.

mod adopt;
mod asked;
mod build;
mod bump;
mod contexts;
mod diff;
mod diff_base;
mod digests;
mod docs;
mod examples;
mod faults;
mod fixtures;
mod formats;
mod incidents;
mod intake;
mod language;
mod laws;
mod layers;
mod libraries;
mod line_ends;
mod locate;
mod lock;
mod oracle;
mod properties;
mod providers;
mod registry;
mod support;
mod trials;
mod ui;
