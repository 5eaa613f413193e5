//! Why docker could not be asked.

use std::io;

/// Why docker could not be asked, or not for this.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineFault {
    /// There is no such program.
    #[error("there is no `docker` on `PATH`")]
    NoDocker,
    /// It is there, and does not start.
    #[error("cannot run docker: {0}")]
    Start(#[from] io::Error),
    /// It has no buildx.
    #[error("docker has no buildx: {0}")]
    NoBuildx(String),
    /// No engine answers.
    #[error("no engine answers: {0}")]
    NoEngine(String),
    /// It knows no builder of that name, or that one is not there.
    #[error("{}: {says}", named(.name.as_deref()))]
    NoBuilder {
        /// As it was asked for; `None`: the one in use.
        name: Option<String>,
        /// What buildx says.
        says: String,
    },
}

fn named(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("the builder `{name}` cannot be used"),
        None => "no builder can be used".to_owned(),
    }
}
