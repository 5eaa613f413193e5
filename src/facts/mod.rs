//! Facts of the outside world, shipped as data with source and date.

mod actions;
mod day;

pub use actions::{Pin, action_pins};
pub use day::Day;

/// The image uv is taken from. Source: the package index's newest uv release and the project's image naming, 2026-11-21.
pub const UV_IMAGE: &str = "ghcr.io/astral-sh/uv:0.13.9";
