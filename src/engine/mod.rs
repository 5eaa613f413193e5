//! Docker and its kin: what they are asked to do with what was decided above.
//!
//! Nothing is decided here. BuildKit orders, runs at once, caches and shows what it does; this room puts one command
//! together, sees that there is somebody to carry it out, and hands the terminal over; or it runs tests and takes down what they
//! say.

mod bake;
mod cosign;
mod docker;
mod environment;
mod fault;
mod junit;
mod trial;

pub(crate) use bake::{Bake, Definition, Override};
pub(crate) use cosign::{Cosign, Signature};
pub(crate) use docker::Docker;
pub(crate) use environment::is_set;
pub(crate) use fault::EngineFault;
pub(crate) use junit::{Case, failed, junit};
pub(crate) use trial::{End, Subject, Trial};
