//! Serves models from containers.
//!
//! The container is `ghcr.io/acme/serve:cu128-v1.4.0` or one of its kin, see [`image`].

pub mod image;
