//! `gen bump`, `gen bump --check` and `gen check --fix` as a release engineer runs them, over libraries of every kind.

mod agreement;
mod amend;
mod branches;
mod carried;
mod files;
mod locks;
mod mentions;
mod news;
mod patch;
mod pins;
mod refusals;
mod room;
mod tags;
mod versions;
