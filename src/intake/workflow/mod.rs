//! A workflow of GitHub Actions: the images that its jobs build, without running any of it.

mod expression;
mod jobs;
mod matrix;
mod metadata;
mod run;
mod shell;
mod steps;

pub(super) use jobs::rows;
