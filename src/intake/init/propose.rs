//! Puts a matrix together, most first, and takes what would be clean.

use std::fmt::Write;

use crate::config;
use crate::diagnostic::{Finding, Sink};
use crate::emit::{PROVIDERS, secrets_of};
use crate::facts::Day;
use crate::intake::init::presets::Preset;
use crate::intake::init::sound::{findings, is_sound};
use crate::intake::init::sources::{
    Source, of_bake, of_compose, of_dockerfiles, of_file, of_preset, of_workflows, quoted,
};
use crate::intake::init::survey::Survey;
use crate::intake::row::Told;
use crate::source::{Git, Owner, Repository, SourceFile};

/// A matrix to begin with.
#[derive(Debug)]
pub struct Begun {
    /// Its text.
    pub text: String,
    /// What was looked at to make it.
    pub from: Vec<String>,
    /// What is to be known of it.
    pub told: Vec<(String, Told)>,
    /// What is still found, though it is no error.
    pub left: Vec<Finding>,
    /// What to do next, in order.
    pub next: Vec<String>,
}

/// Looks at a repository and makes a matrix for it. `only` is the one file to make it from; `declared` as in [`import`].
///
/// # Errors
/// When nothing can be made of that file, with the reason.
pub fn begin(
    repository: &Repository,
    only: Option<(&str, &str)>,
    preset: Option<Preset>,
    today: Day,
    declared: &dyn Fn(&str) -> Option<Vec<String>>,
) -> Result<Begun, String> {
    let survey = Survey::of(repository);
    let mut sources: Vec<Source> = Vec::new();
    let mut questions = Vec::new();
    match (only, preset) {
        (_, Some(preset)) => sources.push(of_preset(&survey, preset)),
        (Some((path, text)), None) => sources.push(of_file(&survey, path, text, declared)?),
        (None, None) => {
            sources.extend(of_workflows(repository, &survey, declared, &mut questions));
            sources.extend(of_bake(repository, &survey, declared, &mut questions));
            sources.extend(of_compose(repository, &survey, declared));
            sources.extend(of_dockerfiles(repository, &survey, today, &mut questions));
            sources.push(of_preset(&survey, Preset::Minimal));
        }
    }
    let mut why = String::new();
    for mut source in sources {
        questions.append(&mut source.questions);
        for attempt in attempts(&survey, &source) {
            let text = attempt.text(&survey, &source, &questions);
            let left = findings(repository, &text, today);
            if is_sound(&left) {
                let mut next = next(&text, &survey, &source);
                if let Some(file) =
                    Git::new(repository).ignoring(&repository.owner().path("plan.json"))
                {
                    let folder = repository.owner().folder();
                    next.insert(
                        0,
                        format!("add the line `!/{folder}/` at the end of {file}, which keeps what is generated out of git"),
                    );
                }
                return Ok(Begun {
                    text,
                    from: source.from,
                    told: source.told,
                    left,
                    next,
                });
            }
            if let (true, Some(first)) = (why.is_empty(), left.first()) {
                why = format!("{}: {}", first.primary.path, first.headline);
            }
        }
        let (from, fault) = (source.from.join(", "), std::mem::take(&mut why));
        questions.push(format!("{from} gives a matrix that is not clean: {fault}"));
    }
    Err(match questions.pop() {
        Some(question) => question,
        None => "nothing was found to make a matrix from".to_owned(),
    })
}

/// What is stated beside the images.
struct Attempt {
    release: bool,
    pipelines: bool,
}

fn attempts(survey: &Survey, source: &Source) -> Vec<Attempt> {
    let version = survey
        .project
        .as_ref()
        .and_then(|project| project.version.as_ref());
    let prints = source.released || source.body.contains("release.");
    let releases = if version.is_some() && prints {
        vec![true]
    } else {
        vec![false]
    };
    let pipelines = match source.homes && !survey.providers.is_empty() {
        true => vec![true, false],
        false => vec![false],
    };
    releases
        .iter()
        .flat_map(|release| {
            pipelines.iter().map(|pipelines| Attempt {
                release: *release,
                pipelines: *pipelines,
            })
        })
        .collect()
}

/// A comment, whatever is in the text.
fn comment(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut lines = String::from("#");
    let mut width = 1;
    for word in words {
        if width + word.len() > 110 {
            lines += "\n#  ";
            width = 3;
        }
        lines += " ";
        lines += &word.replace(char::is_control, " ");
        width += word.len() + 1;
    }
    lines + "\n"
}

impl Attempt {
    fn text(&self, survey: &Survey, source: &Source, questions: &[String]) -> String {
        let mut text = String::new();
        text += &comment(&format!(
            "The images of this repository, as `gen init` found them in {}. Every line is yours to change; `gen schema` and the documents say what there is. `?` marks what could not be told.",
            source.from.join(", ")
        ));
        text.push('\n');
        if self.release
            && let Some(project) = &survey.project
            && let Some(version) = &project.version
        {
            let _ = write!(text, "[release]\nversion = {}\n", quoted(version));
            if semver::Version::parse(version).is_err() {
                text += "scheme = \"pep440\"\n";
            }
            text += &comment("? how tags name a release: `v{{ version }}` is the default");
            let _ = write!(
                text,
                "\n[[release.pin]]\nfile = {}\nkey = {}\nstates = \"{{{{ version }}}}\"\n",
                quoted(project.file),
                quoted(project.key)
            );
            for (file, name) in &survey.constants {
                let _ = write!(
                    text,
                    "\n[[release.pin]]\nfile = {}\nconstant = {}\nstates = \"{{{{ version }}}}\"\n",
                    quoted(file),
                    quoted(name)
                );
            }
            text.push('\n');
        }
        if !source.homes {
            text += &comment(
                "? Where images go. Without a registry they are built and checked, and no pipeline publishes them.",
            );
            let prefix = match &survey.remote {
                Some(remote) if remote.host == "github.com" => {
                    format!("ghcr.io/{}", remote.owner().to_lowercase())
                }
                Some(remote) if remote.host == "gitlab.com" => {
                    format!("registry.gitlab.com/{}", remote.path.to_lowercase())
                }
                _ => "docker.io/acme".to_owned(),
            };
            let _ = write!(
                text,
                "# [registry.home]\n# prefix = {}\n\n",
                quoted(&prefix)
            );
        }
        text += &with_source(&source.body, survey);
        if self.pipelines {
            for provider in &survey.providers {
                let table = PROVIDERS.iter().find(|one| one.key() == *provider);
                let file = table.map_or("", |table| table.apart());
                let _ = write!(text, "\n[ci.{provider}]\n{file}");
            }
        } else if !survey.providers.is_empty() {
            let all: Vec<String> = survey
                .providers
                .iter()
                .map(|p| format!("[ci.{p}]"))
                .collect();
            text.push('\n');
            text += &comment(&format!(
                "? A pipeline that publishes these, once it is known where to: {}",
                all.join(", ")
            ));
        }
        if !questions.is_empty() {
            text.push('\n');
            questions
                .iter()
                .for_each(|question| text += &comment(&format!("? {question}")));
        }
        text
    }
}

/// The images with the label that says where their source is.
fn with_source(body: &str, survey: &Survey) -> String {
    let Some(remote) = &survey.remote else {
        return body.to_owned();
    };
    let line = format!("source = {}\n", quoted(&remote.url()));
    if let Some((before, after)) = body.split_once("[defaults]\n") {
        return format!("{before}[defaults]\n{line}{after}");
    }
    match body.find("[image.") {
        Some(at) => format!("{}[defaults]\n{line}\n{}", &body[..at], &body[at..]),
        None => body.to_owned(),
    }
}

/// What is left for people to do.
fn next(text: &str, survey: &Survey, source: &Source) -> Vec<String> {
    let mut next =
        vec!["gen matrix    writes what follows from it; then `gen check` proves it".to_owned()];
    if text.contains("\n[release]") {
        next.push("gen bump --amend    records what the release is made of".to_owned());
    }
    let file = SourceFile::new("matrix.toml", text);
    let mut sink = Sink::new();
    let owner = Owner::alone("matrix.toml");
    let Ok(config) = config::load(&file, &owner, &PROVIDERS.tables(), &mut sink) else {
        return next;
    };
    if config.publishes().is_some() {
        for registry in &config.registries {
            let github_alone = survey.providers.len() == 1
                && !survey.workflows.is_empty()
                && registry.host == "ghcr.io";
            if !github_alone {
                let [user, password] = secrets_of(registry);
                next.push(format!(
                    "make the secrets {user} and {password} for {}; on GitHub in the environment `publish`",
                    registry.prefix
                ));
            }
        }
        if !survey.workflows.is_empty() {
            next.push("make the environment `publish` in the repository's settings".to_owned());
        }
        for path in source
            .from
            .iter()
            .filter(|path| survey.workflows.contains(path))
        {
            next.push(format!("{path} publishes the same tags: take its build jobs out once the new pipeline has run"));
        }
    } else {
        next.push("answer the questions in matrix.toml: the registry first".to_owned());
    }
    if text.contains("# ?") {
        next.push("look for `?` in matrix.toml: what could not be told".to_owned());
    }
    next
}
