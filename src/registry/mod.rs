//! The only client of container registries: what a tag points at, asked over the OCI distribution API.
//!
//! `gen lock` asks it for upstream images, `gen published` for those of the matrix. `gen check` and `gen matrix` never open this
//! room: they stand on what the lock holds.

mod challenge;
mod client;
mod credentials;
mod fault;
mod http;
mod manifest;
mod place;
mod published;
mod small;
mod token;
mod unused;

pub(crate) use client::Client;
pub(crate) use fault::Fault;
pub(crate) use published::{PublishedState, Row, published, short};
pub(crate) use unused::{Strays, unused};
