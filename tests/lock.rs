//! `matrix.lock`: what it holds, and what `gen check` says against it over the life of a release.

mod causes;
mod file;
mod life;
mod published;
mod room;
