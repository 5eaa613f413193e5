//! One `matrix.toml` becomes Dockerfiles and CI pipelines, and nothing drifts.
