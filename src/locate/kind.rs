//! What a file is written in, by its name.

/// A kind of file that values are found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Python,
    Rust,
    Go,
    /// TypeScript without JSX, where `<T>x` is a cast.
    TypeScript,
    /// JavaScript, and TypeScript with JSX.
    Script,
    Shell,
    Env,
    Make,
    Dockerfile,
    Toml,
    Json,
    Yaml,
}

/// Files that constants are found in, for people.
pub(super) const CODE: &str =
    "Python, Rust, Go, TypeScript, JavaScript, shell, `.env`, Makefile, Dockerfile";

/// Files that keys are found in, for people.
pub(super) const DATA: &str = "TOML, JSON, YAML";

impl Kind {
    /// The kind of the file at `path`.
    pub(super) fn of(path: &str) -> Option<Kind> {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
        Some(match extension {
            "py" | "pyi" => Kind::Python,
            "rs" => Kind::Rust,
            "go" => Kind::Go,
            "ts" | "mts" | "cts" => Kind::TypeScript,
            "tsx" | "js" | "jsx" | "mjs" | "cjs" => Kind::Script,
            "sh" | "bash" | "zsh" | "ksh" => Kind::Shell,
            "env" => Kind::Env,
            "mk" | "mak" => Kind::Make,
            "dockerfile" | "containerfile" => Kind::Dockerfile,
            "toml" => Kind::Toml,
            "json" | "jsonc" | "json5" => Kind::Json,
            "yaml" | "yml" => Kind::Yaml,
            "lock" if matches!(stem, "cargo" | "uv" | "poetry" | "pdm") => Kind::Toml,
            _ => match name.split('.').next().unwrap_or_default() {
                "dockerfile" | "containerfile" => Kind::Dockerfile,
                "makefile" | "gnumakefile" => Kind::Make,
                "" if name.starts_with(".env.") => Kind::Env,
                _ => return None,
            },
        })
    }
}
