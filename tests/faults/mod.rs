//! What `gen` does when the world is against it: nothing is ever torn, nothing of anybody else's is ever touched, and
//! running again heals.

mod bumps;
mod crashes;
mod devices;
mod disk;
mod ownership;
mod several;
mod streams;
pub(crate) mod tree;
mod twice;
