//! What is written where nothing builds an image yet, or where that is asked for.

use clap::ValueEnum;

/// A matrix to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// One image.
    Minimal,
    /// Python × CUDA × job, for two architectures.
    Ml,
}

impl Preset {
    /// The axes and images; `name` is the project's.
    pub(super) fn text(self, name: &str, released: bool) -> String {
        let tag = if released { "-{{ release.tag }}" } else { "" };
        match self {
            Preset::Minimal => {
                let tag = match released {
                    true => "",
                    false => "tag = \"1\"                          # ? how is it called\n",
                };
                format!(
                    "[image.{name}]\nfrom = \"debian:trixie-slim\"        # ? what it stands on\n{tag}"
                )
            }
            Preset::Ml => format!(
                r#"[axis]
python = ["3.12", "3.13"]
cuda = ["none", {{ value = "12.8.1", os = "ubuntu24.04" }}, {{ value = "13.0.2", os = "ubuntu24.04" }}]
job = ["server", "training"]
arch = ["amd64", "arm64"]

[set]
gpu = {{ cuda = "!none" }}

[image.{name}]
name = "{name}-{{{{ job }}}}"
tag = "py{{{{ python.compact }}}}{{{{ '-cu' ~ cuda.compact if cuda }}}}{tag}"
from = "nvidia/cuda:{{{{ cuda }}}}-base-{{{{ cuda.os }}}}"
env = {{ JOB = "{{{{ job }}}}" }}            # ? what a job installs: `apt`, `pip`

[[image.{name}.when]]
match = {{ cuda = "none" }}
from = "python:{{{{ python }}}}-slim-trixie"

[[exclude]]
match = {{ set = "!@gpu", job = "training" }}
reason = "training needs a GPU"
"#
            ),
        }
    }
}
