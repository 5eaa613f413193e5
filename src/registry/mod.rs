//! The only client of container registries: what a tag points at, asked over the OCI distribution API.
//!
//! Nothing but `gen lock` opens this room: `gen check` and `gen matrix` stand on what the lock holds.

mod challenge;
mod client;
mod credentials;
mod fault;
mod http;
mod small;
mod token;

pub(crate) use client::Client;
pub(crate) use fault::Fault;
