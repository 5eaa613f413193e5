//! The command line, as types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

/// Declare, generate and check the container base images of a library.
#[derive(Debug, Parser)]
#[command(
    name = "gen",
    version,
    about,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Exit codes: 0 clean, 1 rules found errors or drift, 2 no plan could be built."
)]
pub struct Cli {
    /// Global options.
    #[command(flatten, next_help_heading = "Global options")]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Run as if started in DIR.
    #[arg(short = 'C', value_name = "DIR", global = true, default_value = ".", hide_default_value = true, value_hint = ValueHint::DirPath)]
    pub directory: PathBuf,
    /// The matrix file, from DIR, which is then the repository root. Default: the nearest `matrix.toml` from DIR upwards.
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// When to use colour.
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        default_value = "auto",
        hide_default_value = true
    )]
    pub color: Color,
    /// Say less: findings and data only.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more.
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// When to use colour. `NO_COLOR` and `CLICOLOR_FORCE` are honoured by `auto`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum FindingFormat {
    /// With source lines.
    #[default]
    Full,
    /// One line each.
    Concise,
    /// As a JSON array, on stdout.
    Json,
}

/// How specs are listed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum ListFormat {
    /// Aligned columns.
    #[default]
    Table,
    /// A JSON array.
    Json,
    /// One full home reference a line.
    Lines,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Regenerate every output of the matrix.
    #[command(
        after_help = "Examples:\n  gen matrix              write what changed, remove what is no longer rendered\n  gen matrix --dry-run    say what would be written\n  gen matrix --diff       show it as a diff, write nothing\n  gen matrix --adopt      take over actions that a bot moved in the workflow\n  gen matrix --take-over  also replace what gen did not write"
    )]
    Matrix {
        /// Say what would be written, write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Show what would be written as a diff, write nothing.
        #[arg(long)]
        diff: bool,
        /// Take actions that were moved in the generated workflow over into the matrix, and regenerate from that.
        #[arg(long)]
        adopt: bool,
        /// Replace what gen did not write: files that stand where outputs belong, actions moved in the workflow.
        #[arg(long, conflicts_with = "adopt")]
        take_over: bool,
        /// How findings are printed.
        #[arg(
            long,
            value_name = "FORMAT",
            default_value = "full",
            hide_default_value = true
        )]
        format: FindingFormat,
    },
    /// Prove, offline, that nothing drifted.
    #[command(
        after_help = "Examples:\n  gen check                   as a pre-commit hook\n  gen check --diff            with the difference of every stale output\n  gen check --format concise  one line a finding, for editors\n  gen check --format json     for machines"
    )]
    Check {
        /// Show the difference of every output that differs.
        #[arg(long)]
        diff: bool,
        /// How findings are printed.
        #[arg(
            long,
            value_name = "FORMAT",
            default_value = "full",
            hide_default_value = true
        )]
        format: FindingFormat,
        /// Let warnings fail the run.
        #[arg(long)]
        deny_warnings: bool,
    },
    /// List the specs.
    #[command(
        after_help = "Examples:\n  gen list\n  gen list --only python=3.12,job=server --only @gpu\n  gen list --format lines --aliases --copies    every reference a release puts\n  gen list --format json | jq '.[].reference'"
    )]
    List {
        /// Only specs that match the selector; repeat for "or".
        #[arg(long, value_name = "SELECTOR")]
        only: Vec<String>,
        /// How they are listed.
        #[arg(
            long,
            value_name = "FORMAT",
            default_value = "table",
            hide_default_value = true
        )]
        format: ListFormat,
        /// Also aliases.
        #[arg(long)]
        aliases: bool,
        /// Also copies in other registries.
        #[arg(long)]
        copies: bool,
    },
    /// Print the plan as JSON: all that a pipeline needs to know.
    #[command(
        after_help = "Examples:\n  gen plan | jq '.specs[] | {id, parent, content}'\n  gen plan --only image=gpu-base"
    )]
    Plan {
        /// Only specs that match the selector; repeat for "or".
        #[arg(long, value_name = "SELECTOR")]
        only: Vec<String>,
    },
    /// Say why a cell is there or not, or which spec a reference or tag is.
    #[command(
        after_help = "Examples:\n  gen explain python=3.13,cuda=12.8.1,job=server\n  gen explain image=base,cuda=none,arch=arm64\n  gen explain docker.io/acme/base:3.12-v1.2.0\n  gen explain gpu-latest"
    )]
    Explain {
        /// `axis=value,…`, a reference, a tag or the id of a spec.
        #[arg(value_name = "CELL|REFERENCE|TAG")]
        what: String,
    },
    /// Print the JSON Schema of `matrix.toml`.
    #[command(
        after_help = "Example:\n  gen schema > generated/matrix.schema.json    and `#:schema generated/matrix.schema.json` in matrix.toml"
    )]
    Schema,
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  gen completions bash > ~/.local/share/bash-completion/completions/gen"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}
