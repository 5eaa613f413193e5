//! The command line, as types.

use std::path::PathBuf;

use clap::{ArgGroup, Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use crate::diagnostic::nearest;
use crate::facts::Day;
use crate::intake::{FieldOption, Preset};

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
    after_help = "Exit codes: 0 clean, 1 rules found errors or drift, 2 no plan could be built, or\nwhat was asked for could not be done.\n\nEvery key of matrix.toml, every finding and how pipelines work:\nhttps://github.com/basematrix/basematrix/tree/main/docs"
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

/// The day that findings about dates are made on.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Dates {
    /// Look at dates as on this day. Default: that of `SOURCE_DATE_EPOCH`, or today.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub as_of: Option<Day>,
    /// How many days before its end of life a release is told of. Default: `[check] days-ahead`, or 90.
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
    pub days_ahead: Option<u32>,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "write a day as in 2027-03-01".to_owned())
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
    /// As commands of GitHub's runner, on stdout: beside the lines of a change.
    Github,
    /// As a report of GitLab's Code Quality, on stdout.
    Gitlab,
    /// As SARIF 2.1.0, on stdout.
    Sarif,
}

impl FindingFormat {
    /// Whether stdout is for the findings alone.
    pub fn is_data(self) -> bool {
        !matches!(self, FindingFormat::Full | FindingFormat::Concise)
    }
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
    /// A Markdown table, for documents. One that is kept by `gen check`: `[[output.file]]`.
    Markdown,
    /// CSV, with a column for each axis.
    Csv,
}

/// How the plan is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum PlanFormat {
    /// As `plan.json`.
    #[default]
    Json,
    /// As `plan.lines`, for scripts: one record a line, its fields apart by tabs.
    Lines,
}

/// How what is published is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum PublishedFormat {
    /// Aligned columns.
    #[default]
    Table,
    /// A JSON object.
    Json,
}

/// How a difference is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal.
    #[default]
    Text,
    /// As a JSON object.
    Json,
    /// For a comment on a pull request.
    Markdown,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a first `matrix.toml` for the repository: what is there is declared, what cannot be told is asked in a comment.
    #[command(
        after_help = "Examples:\n  gen init                                      look around, and declare what builds images today\n  gen init --from .github/workflows/images.yml  from this file alone\n  gen init --preset ml                          Python, CUDA and jobs to begin with\n  gen init --dry-run                            print it, write nothing\n\nA matrix that is there is never overwritten. `gen matrix` and then `gen check`\nare clean afterwards."
    )]
    Init(InitArgs),
    /// Declare what a workflow, a bake file or a list of rows builds: `matrix.toml` where there is none, else on stdout.
    #[command(
        after_help = "Examples:\n  gen import .github/workflows/images.yml\n  gen import .github/workflows/images.yml --set github.ref=refs/tags/v1.2.0\n  docker buildx bake --print all | gen import -\n  gen import rows.json --field reference=TAGS --field dockerfile=FILE --field arg=PYTHON_VERSION\n  gen import rows.json --field 'reference=ghcr.io/acme/{name}:{cuda}' --field dockerfile==docker/Dockerfile\n\nWhat is written is proved to be the same images before it is written.\n\nExit codes: 0 all of it is declared, 1 something is not and is told, 2 nothing\ncould be declared."
    )]
    Import(ImportArgs),
    /// Regenerate every output of the matrix.
    #[command(
        after_help = "Examples:\n  gen matrix              write what changed, remove what is no longer rendered\n  gen matrix --dry-run    say what would be written\n  gen matrix --diff       show it as a diff, write nothing\n  gen matrix --adopt      take over what a bot moved in pipelines\n  gen matrix --take-over  also replace what gen did not write"
    )]
    Matrix(MatrixArgs),
    /// Prove, offline, that nothing drifted.
    #[command(
        after_help = "Examples:\n  gen check                     as a pre-commit hook\n  gen check --diff              with the difference of every stale output\n  gen check --fix               write this release's tag where a text has another\n  gen check --format concise    one line a finding, for editors\n  gen check --format json       for machines; also github, gitlab, sarif\n  gen check --as-of 2027-06-01  what will have ended by then"
    )]
    Check(CheckArgs),
    /// Move the release everywhere at once: pins, mentions, outputs, the lock and `matrix.toml`.
    #[command(
        after_help = "Examples:\n  gen bump 0.13.0           to a version\n  gen bump minor            one step on: major, minor, patch, pre, release\n  gen bump minor --dry-run  show it as a diff, write nothing\n  gen bump --amend          record the release anew, before it is published\n  gen bump --check          only say whether all places agree"
    )]
    Bump(BumpArgs),
    /// Ask registries for the digests of upstream images, and stand on those: in the lock and in every output.
    #[command(
        after_help = "Examples:\n  gen lock                       all upstream images that state no digest\n  gen lock --only image=gpu-base\n  gen lock --refresh=packages    and what packages fixed since: a rebuild for security\n  gen lock --dry-run             show it as a diff, write nothing\n\nRegistries are asked as `docker login` left it, through the proxies of\nHTTPS_PROXY and NO_PROXY."
    )]
    Lock(LockArgs),
    /// List the specs.
    #[command(
        after_help = "Examples:\n  gen list\n  gen list python=3.12,job=server    both hold: \"and\"\n  gen list python=3.12 @gpu          any holds: \"or\"\n  gen list cuda.os=ubuntu22.04       an attribute of a value\n  gen list set=@gpu,arch=arm64       a set beside other keys\n  gen list --format lines --aliases --copies    every reference a release puts\n  gen list --format json | jq '.[].reference'"
    )]
    List(ListArgs),
    /// Print the plan as JSON: all that a pipeline needs to know.
    #[command(
        after_help = "Examples:\n  gen plan | jq '.specs[] | {id, parent, content}'\n  gen plan image=gpu-base\n  gen plan python=3.12,job=server    both hold: \"and\"; several selectors are \"or\"\n  gen plan image=server --tag mine --format lines > one-off.lines    for PLAN=one-off.lines publish.sh"
    )]
    Plan(PlanArgs),
    /// Build specs with `docker buildx bake`, from the working tree.
    #[command(
        after_help = "Examples:\n  gen build --load job=server,python=3.12,cuda=none --tag mine    into the local engine, as NAME:mine\n  gen build --load --platform linux/amd64 @gpu                    a set, one platform\n  gen build --push --registry ghcr.io/me                          everything, at a registry of your own\n  gen build --dry-run image=server                                print the command of docker, run nothing\n  gen build image=server -- --no-cache                            what follows `--` is bake's\n\nThe exit code is that of docker; 1 where a file to build from is not what the\nmatrix yields, 2 where nothing could be started."
    )]
    Build(BuildArgs),
    /// Run the tests of specs, each in a container of its image.
    #[command(
        after_help = "Examples:\n  gen build --load image=server && gen test image=server    what was built here\n  gen test --published                                      what registries have\n  gen test --tag mine image=server                          a one-off\n  gen test --junit report.xml                               for a CI to show\n\nExit codes: 0 all passed, 1 a test failed, 2 something could not be tested."
    )]
    Test(TestArgs),
    /// Ask registries what of the plan is published, and whether it is what the plan says.
    #[command(
        after_help = "Examples:\n  gen published                      every reference and alias, at home and in each copy\n  gen published image=server         some specs\n  gen published --unused             also tags that no release, alias or plan stands on\n  gen published --format json | jq '.references[] | select(.state != \"there\")'\n\nExit codes: 0 all is there, 1 something is missing or differs, 2 something could\nnot be asked. Registries are asked as `docker login` left it, through the proxies\nof HTTPS_PROXY and NO_PROXY."
    )]
    Published(PublishedArgs),
    /// Say why a cell is there or not, which spec a reference or tag is, or what the code of a finding means.
    #[command(
        after_help = "Examples:\n  gen explain python=3.13,cuda=12.8.1,job=server\n  gen explain image=base,cuda=none,arch=arm64\n  gen explain docker.io/acme/base:3.12-v1.2.0\n  gen explain gpu-latest\n  gen explain floating-base    what a finding means"
    )]
    Explain(ExplainArgs),
    /// Show what changed since another revision: specs and why, tags, builds, jobs.
    #[command(
        after_help = "Examples:\n  gen diff                      since the branch began\n  gen diff v1.2.0               since that release\n  gen diff --format markdown    for a comment on a pull request"
    )]
    Diff(DiffArgs),
    /// Print the JSON Schema of `matrix.toml`.
    #[command(
        after_help = "Example:\n  gen schema > matrix.schema.json    and `#:schema matrix.schema.json` in matrix.toml"
    )]
    Schema,
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  gen completions bash > ~/.local/share/bash-completion/completions/gen"
    )]
    Completions(CompletionsArgs),
    /// Print a page of the manual, in roff.
    #[command(
        after_help = "Examples:\n  gen man | man -l -                      read it here\n  gen man > ~/.local/share/man/man1/gen.1\n  gen man bump > ~/.local/share/man/man1/gen-bump.1"
    )]
    Man(ManArgs),
}

/// `gen init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The one file to make it from: a workflow, or what `docker buildx bake --print` says.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "preset")]
    pub from: Option<PathBuf>,
    /// A matrix to begin with, whatever is there.
    #[arg(long, value_name = "PRESET")]
    pub preset: Option<Preset>,
    /// Print it, write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `gen import`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A GitHub workflow, what `docker buildx bake --print` says, or a list of rows in YAML or JSON; `-` is stdin.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Which column of a list of rows is what: `tag=TAG`, a text with columns (`tag=py{python}`), or a text (`dockerfile==docker/Dockerfile`). A key is `reference`, `name`, `tag`, `base`, `dockerfile`, `context`, `target`, `platforms`, `args`, `arg` or `arg.NAME`.
    #[arg(long, value_name = "KEY=COLUMN", value_parser = FieldOption::parse)]
    pub field: Vec<FieldOption>,
    /// What a workflow knows only when it runs: `github.ref=refs/tags/v1.2.0`, `steps.meta.outputs.tags=…`, `inputs.x=…`.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Print the declaration, write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// `gen matrix`
#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// Say what would be written, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Show what would be written as a diff, write nothing.
    #[arg(long)]
    pub diff: bool,
    /// Take actions and images that were moved in generated pipelines over into the matrix and its facts, and regenerate from that.
    #[arg(long)]
    pub adopt: bool,
    /// Replace what gen did not write: files that stand where outputs belong, what was moved in pipelines.
    #[arg(long, conflicts_with = "adopt")]
    pub take_over: bool,
    /// The day.
    #[command(flatten)]
    pub dates: Dates,
    /// How findings are printed.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "full",
        hide_default_value = true
    )]
    pub format: FindingFormat,
}

/// `gen check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Mend what can be mended alone: mentions of another release.
    #[arg(long)]
    pub fix: bool,
    /// Show the difference of every output that differs.
    #[arg(long)]
    pub diff: bool,
    /// How findings are printed.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "full",
        hide_default_value = true
    )]
    pub format: FindingFormat,
    /// Let warnings fail the run.
    #[arg(long)]
    pub deny_warnings: bool,
    /// The git revision at which the release was published. Default: its tag, else where the branch began.
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// The day.
    #[command(flatten)]
    pub dates: Dates,
}

/// `gen bump`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["to", "amend", "check"]))]
pub struct BumpArgs {
    /// The version, or a step: major, minor, patch, pre, release.
    #[arg(value_name = "VERSION|STEP")]
    pub to: Option<String>,
    /// Record the current release anew: its content changed before it was published.
    #[arg(long)]
    pub amend: bool,
    /// Only say whether all places agree.
    #[arg(long, conflicts_with_all = ["dry_run", "backwards", "allow_errors"])]
    pub check: bool,
    /// How findings of `--check` are printed.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "full",
        hide_default_value = true,
        conflicts_with_all = ["to", "amend"]
    )]
    pub format: FindingFormat,
    /// Show what would be written as a diff, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Allow an older version than the current release.
    #[arg(long)]
    pub backwards: bool,
    /// Bump although `gen check` would find errors afterwards.
    #[arg(long)]
    pub allow_errors: bool,
}

/// `gen lock`
#[derive(Debug, Args)]
pub struct LockArgs {
    /// What moves.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t, num_args = 0..=1, require_equals = true, default_missing_value = "bases")]
    pub refresh: Refresh,
    /// Only images that specs which match the selector stand on; repeat for "or"; for "and", join keys by a comma.
    #[arg(long, value_name = "SELECTOR")]
    pub only: Vec<String>,
    /// Show what would be written as a diff, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// How long all questions may take together.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
}

/// Specs that are meant: any of the selectors may hold.
#[derive(Debug, Args)]
pub struct Selection {
    /// Only specs that match one of the selectors; for "and", join keys by a comma: `python=3.12,job=server`.
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
    /// The same: repeated it means "or"; for "and", join keys by a comma.
    #[arg(long, value_name = "SELECTOR")]
    pub only: Vec<String>,
}

/// `gen list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which specs.
    #[command(flatten)]
    pub selection: Selection,
    /// How they are listed.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        hide_default_value = true
    )]
    pub format: ListFormat,
    /// Also aliases.
    #[arg(long)]
    pub aliases: bool,
    /// Also copies in other registries.
    #[arg(long)]
    pub copies: bool,
}

/// What `gen lock` moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Refresh {
    /// The digests of upstream images
    #[default]
    Bases,
    /// Those, and the day that packages are not to be older than: whatever installs some is built anew, and upgrades what its
    /// base has
    Packages,
}

/// `gen plan`
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// How it is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: PlanFormat,
    /// Which specs.
    #[command(flatten)]
    pub selection: Selection,
    /// What they are called, where the plan is that of a one-off.
    #[command(flatten)]
    pub one_off: OneOffArgs,
}

/// What the images of a one-off are called, in place of what a release calls them.
#[derive(Debug, Default, Args)]
pub struct OneOffArgs {
    /// Call the images by this tag; it may print axes, as the tag of an image does: `{{ python }}-mine`.
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// Call them below another registry: host and path, such as `ghcr.io/me`.
    #[arg(long, value_name = "PREFIX")]
    pub registry: Option<String>,
}

/// `gen build`
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// Which specs; what they stand on is built with them.
    #[command(flatten)]
    pub selection: Selection,
    /// What they are called.
    #[command(flatten)]
    pub one_off: OneOffArgs,
    /// Only for these platforms, or values of `arch`. Default: all that a spec has.
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    pub platform: Vec<String>,
    /// Leave the images in the local engine.
    #[arg(long)]
    pub load: bool,
    /// Push the images; wants `--tag` or `--registry`, for what a release is called its pipeline alone puts.
    #[arg(long)]
    pub push: bool,
    /// The builder of buildx that builds: a local one, a remote one, one in Kubernetes.
    #[arg(long, value_name = "NAME")]
    pub builder: Option<String>,
    /// Print the command, run nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Arguments for `docker buildx bake` itself.
    #[arg(last = true, value_name = "ARGUMENT")]
    pub rest: Vec<String>,
}

/// `gen published`
#[derive(Debug, Args)]
pub struct PublishedArgs {
    /// Which specs.
    #[command(flatten)]
    pub selection: Selection,
    /// Also ask, by the program cosign, who signed what is there, and whether that counts by `sign` of the matrix.
    #[arg(long)]
    pub verify: bool,
    /// Also list tags in the repositories of the matrix that no release, alias or plan stands on. Nothing is deleted.
    #[arg(long)]
    pub unused: bool,
    /// How it is printed.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        hide_default_value = true
    )]
    pub format: PublishedFormat,
    /// How long all questions may take together.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
}

/// `gen test`
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Which specs.
    #[command(flatten)]
    pub selection: Selection,
    /// What the images are called.
    #[command(flatten)]
    pub one_off: OneOffArgs,
    /// Pull the contents of the plan from their registry, and test those. Default: what the local engine has.
    #[arg(long, conflicts_with_all = ["tag", "registry"])]
    pub published: bool,
    /// Only for these platforms, or values of `arch`. Default: that of the engine.
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    pub platform: Vec<String>,
    /// Also write the results to a file, as JUnit's XML.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub junit: Option<PathBuf>,
}

/// `gen explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// `axis=value,…`, a reference, a tag, the id of a spec, or a code.
    #[arg(value_name = "CELL|REFERENCE|TAG|CODE")]
    pub what: String,
}

/// `gen diff`
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// A git revision. Default: where the branch left origin's default one, else the last commit.
    #[arg(value_name = "REV")]
    pub revision: Option<String>,
    /// Only specs that match the selector; repeat for "or"; for "and", join keys by a comma: `python=3.12,job=server`.
    #[arg(long, value_name = "SELECTOR")]
    pub only: Vec<String>,
    /// How it is printed.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        hide_default_value = true
    )]
    pub format: DiffFormat,
}

/// `gen man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command that the page is about. Default: all of them, in short.
    #[arg(value_name = "COMMAND", value_parser = command_name)]
    pub about: Option<String>,
}

fn command_name(text: &str) -> Result<String, String> {
    let commands = Cli::command();
    let names: Vec<&str> = commands
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    match names.iter().find(|name| **name == text) {
        Some(name) => Ok((*name).to_owned()),
        None => Err(match nearest(text, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`gen --help` lists the commands".to_owned(),
        }),
    }
}

/// `gen completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: Shell,
}
