//! The release: where the library states it, and what moves it.

pub mod locate;
