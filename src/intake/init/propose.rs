//! Puts a matrix together, most first, and takes what would be clean.

use std::fmt::Write;

use crate::config;
use crate::diagnostic::{Finding, Sink};
use crate::emit::{PROVIDERS, secrets_of};
use crate::facts::Day;
use crate::grammar::Version;
use crate::grammar::reference::path_fault;
use crate::intake::factor;
use crate::intake::gather::{Imported, Options, import, put_together};
use crate::intake::init::compose;
use crate::intake::init::presets::Preset;
use crate::intake::init::sound::{findings, is_sound};
use crate::intake::init::survey::{Language, MOST_DOCKERFILES, Survey};
use crate::intake::row::{Told, Weight, folder};
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

/// What the images are made from.
struct Source {
    /// Axes, registries and images, as text.
    body: String,
    from: Vec<String>,
    told: Vec<(String, Told)>,
    /// Why other sources were not taken, and what could not be told: comments.
    questions: Vec<String>,
    /// Whether a registry is known.
    homes: bool,
    /// Whether something must print the release, there being no tag.
    released: bool,
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

/// A text of TOML.
fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
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
                let file = match *provider {
                    // Where the one that is there stands.
                    "cloud-build" => "file = \"cloudbuild.base-images.yaml\"\n",
                    _ => "",
                };
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

/// What to say of a run that nobody makes here.
fn settings(survey: &Survey, git_ref: Option<String>) -> Options {
    let mut set = Vec::new();
    if let Some(remote) = &survey.remote {
        set.push(("github.repository".to_owned(), remote.path.clone()));
        set.push(("github.event_name".to_owned(), "push".to_owned()));
    }
    if let Some(git_ref) = git_ref {
        set.push(("github.ref".to_owned(), git_ref));
    }
    Options {
        fields: Vec::new(),
        set,
    }
}

fn of_file(
    survey: &Survey,
    path: &str,
    text: &str,
    declared: &dyn Fn(&str) -> Option<Vec<String>>,
) -> Result<Source, String> {
    let version = survey
        .project
        .as_ref()
        .and_then(|project| project.version.clone());
    let mut attempts = vec![(settings(survey, None), None)];
    if let Some(branch) = only_branch(text) {
        attempts.push((settings(survey, Some(format!("refs/heads/{branch}"))), None));
    }
    if let Some(version) = &version {
        let tag = format!("refs/tags/v{version}");
        attempts.push((settings(survey, Some(tag)), Some(version.as_str())));
    }
    let mut best: Option<(Imported, Options, Option<&str>)> = None;
    for (options, version) in attempts {
        let found = import(path, text, &options, declared)
            .map_err(|fault| format!("{path}:{}: {}", fault.line, fault.what))?;
        let rank = |found: &Imported| match found.text {
            Some(_) => found.images,
            None => 0,
        };
        let more = best
            .as_ref()
            .is_none_or(|(known, ..)| rank(known) < rank(&found));
        if more {
            best = Some((found, options, version));
        }
    }
    let (found, options, version) = best.ok_or_else(|| format!("{path} was not read"))?;
    let Some(body) = found.text else {
        let first = found.told.iter().find(|told| told.weight == Weight::Unsaid);
        let first = first.or(found.told.first());
        return Err(match first {
            Some(told) => format!(
                "{path}:{} builds no image that can be declared: {}",
                told.line, told.what
            ),
            None => format!("{path} builds no image that can be declared"),
        });
    };
    let body = body
        .split_once("\n\n")
        .map_or(body.as_str(), |(_, body)| body);
    let mut body = body.to_owned();
    if let Some(version) = version {
        body = released(&body, version, text, &options).unwrap_or(body);
    }
    let mut questions = Vec::new();
    if found.told.iter().any(|told| told.weight == Weight::Unsaid) {
        questions.push(format!("{path} builds more than is declared here: `gen import {path} --dry-run` tells what, and why"));
    }
    Ok(Source {
        body,
        from: vec![path.to_owned()],
        told: found
            .told
            .into_iter()
            .map(|told| (path.to_owned(), told))
            .collect(),
        questions,
        homes: true,
        released: false,
    })
}

/// The branch that a workflow runs for, where it names one alone: `on: { push: { branches: [main] } }`.
fn only_branch(text: &str) -> Option<String> {
    let node = crate::intake::value::read(text).ok()?;
    let push = node.get("on")?.get("push")?;
    if push.get("tags").is_some() {
        return None;
    }
    let branches = push.get("branches")?;
    let branch = match branches.list() {
        Some([only]) => only.text()?,
        Some(_) => return None,
        None => branches.text()?,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    branch.chars().all(plain).then_some(branch)
}

/// The declaration with the release where its version stands in tags, if that says the same.
fn released(body: &str, version: &str, text: &str, options: &Options) -> Option<String> {
    let mut lines = Vec::new();
    for line in body.lines() {
        let of_tags = line.starts_with("tag = ") || line.starts_with("tags = ");
        match of_tags && line.contains(version) {
            true => lines.push(line.replace(version, "{{ release.version }}")),
            false => lines.push(line.to_owned()),
        }
    }
    let after = lines.join("\n") + "\n";
    if after.trim_end() == body.trim_end() {
        return None;
    }
    let scheme = match semver::Version::parse(version) {
        Ok(_) => "",
        Err(_) => "scheme = \"pep440\"\n",
    };
    let whole = format!(
        "[release]\nversion = {}\n{scheme}\n{after}",
        quoted(version)
    );
    let same = crate::intake::gather::agrees(text, options, &whole);
    same.is_ok_and(|same| same).then_some(after)
}

fn of_workflows(
    repository: &Repository,
    survey: &Survey,
    declared: &dyn Fn(&str) -> Option<Vec<String>>,
    questions: &mut Vec<String>,
) -> Option<Source> {
    let mut found: Vec<Source> = Vec::new();
    for path in &survey.workflows {
        let Some(text) = repository.text(path) else {
            continue;
        };
        let words = [
            "docker/build-push-action",
            "docker build",
            "docker/bake-action",
        ];
        if !words.iter().any(|word| text.text.contains(word)) {
            continue;
        }
        match of_file(survey, path, &text.text, declared) {
            Ok(source) => found.push(source),
            Err(fault) => questions.push(fault),
        }
    }
    // Of several the one that declares most; the others are asked about.
    let most = (0..found.len()).max_by_key(|at| (found[*at].body.len(), std::cmp::Reverse(*at)))?;
    let most = found.remove(most);
    for other in found {
        questions.push(format!(
            "{} builds images, too: `gen import` declares them",
            other.from.join(", ")
        ));
    }
    Some(most)
}

fn of_bake(
    repository: &Repository,
    survey: &Survey,
    declared: &dyn Fn(&str) -> Option<Vec<String>>,
    questions: &mut Vec<String>,
) -> Option<Source> {
    for path in &survey.bake {
        let text = repository.text(path)?;
        if path.ends_with(".json")
            && let Ok(source) = of_file(survey, path, &text.text, declared)
        {
            return Some(source);
        }
        questions.push(format!(
            "{path} builds images: `docker buildx bake -f {path} --print | gen import -` declares them"
        ));
    }
    None
}

fn of_compose(
    repository: &Repository,
    survey: &Survey,
    declared: &dyn Fn(&str) -> Option<Vec<String>>,
) -> Option<Source> {
    let path = survey.compose.first()?;
    let text = repository.text(path)?;
    let gathered = compose::rows(&text.text).ok()?;
    let found = put_together(path, gathered, declared);
    let body = found.text?;
    let body = body
        .split_once("\n\n")
        .map_or(body.clone(), |(_, body)| body.to_owned());
    Some(Source {
        body,
        from: vec![path.clone()],
        told: found
            .told
            .into_iter()
            .map(|told| (path.clone(), told))
            .collect(),
        questions: Vec::new(),
        homes: true,
        released: false,
    })
}

/// Each Dockerfile as an image of its own, if it is clean alone.
fn of_dockerfiles(
    repository: &Repository,
    survey: &Survey,
    today: Day,
    questions: &mut Vec<String>,
) -> Option<Source> {
    if survey.dockerfiles.is_empty() {
        return None;
    }
    let version = survey
        .project
        .as_ref()
        .and_then(|project| project.version.as_ref());
    let tag = match version {
        Some(_) => "",
        None => "tag = \"latest\"                     # ? how it is called\n",
    };
    let project = survey
        .project
        .as_ref()
        .map_or("", |project| project.name.as_str());
    let remote = survey
        .remote
        .as_ref()
        .map(|remote| remote.path.rsplit('/').next().unwrap_or_default());
    let mut body = String::new();
    let mut from = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    for path in survey.dockerfiles.iter().take(MOST_DOCKERFILES) {
        let named = factor::stem(std::iter::once(path.as_str()));
        let parent = folder(path)
            .rsplit('/')
            .next()
            .map(word)
            .filter(|word| !word.is_empty());
        let whole = word(remote.unwrap_or(project));
        let mut key = named.or(parent).unwrap_or(whole).replace('.', "-");
        if path_fault(&key).is_some() || key.contains('/') {
            key = "image".to_owned();
        }
        let plain = key.clone();
        let mut nth = 1;
        while taken.contains(&key) {
            nth += 1;
            key = format!("{plain}-{nth}");
        }
        let mut why = None;
        // From its own folder, or from the root, as what it copies says.
        let own = folder(path).to_owned();
        let contexts = match own == "." {
            true => vec![own],
            false => vec![own, ".".to_owned()],
        };
        let clean = contexts.into_iter().find_map(|context| {
            let line = match context == folder(path) {
                true => String::new(),
                false => format!("context = {}\n", quoted(&context)),
            };
            let block = format!("[image.{key}]\n{tag}dockerfile = {}\n{line}", quoted(path));
            let alone = match version {
                Some(version) => format!("{}{block}", release_alone(version)),
                None => block.clone(),
            };
            let left = findings(repository, &alone, today);
            match is_sound(&left) {
                true => Some(block),
                false => {
                    let first = left.first().map(|finding| finding.headline.clone());
                    why = why.take().or(first);
                    None
                }
            }
        });
        match clean {
            Some(block) => {
                taken.push(key);
                from.push(path.clone());
                if !body.is_empty() {
                    body.push('\n');
                }
                body += &block;
            }
            None => questions.push(format!(
                "{path} is not declared: {}",
                why.unwrap_or_else(|| "it cannot be read".to_owned())
            )),
        }
    }
    if survey.dockerfiles.len() > MOST_DOCKERFILES {
        let more = survey.dockerfiles.len() - MOST_DOCKERFILES;
        questions.push(format!("{more} more Dockerfiles were not looked at"));
    }
    (!body.is_empty()).then(|| Source {
        body,
        from,
        told: Vec::new(),
        questions: vec![
            "Which args vary, and over which values: such an arg is an axis".to_owned(),
        ],
        homes: false,
        released: version.is_some(),
    })
}

fn release_alone(version: &str) -> String {
    let scheme = match semver::Version::parse(version) {
        Ok(_) => "",
        Err(_) => "scheme = \"pep440\"\n",
    };
    format!("[release]\nversion = {}\n{scheme}\n", quoted(version))
}

/// A word in the grammar of keys.
fn word(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let last = lower.rsplit('/').next().unwrap_or(&lower);
    let fit: String = last
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let parts: Vec<&str> = fit.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

fn of_preset(survey: &Survey, preset: Preset) -> Source {
    let released = survey
        .project
        .as_ref()
        .is_some_and(|project| project.version.is_some());
    let remote = survey.remote.as_ref().map(|remote| remote.path.as_str());
    let project = survey.project.as_ref().map(|project| project.name.as_str());
    let name = word(
        project
            .filter(|name| !name.is_empty())
            .or(remote)
            .unwrap_or("base"),
    );
    let name = if name.is_empty() {
        "base".to_owned()
    } else {
        name
    };
    let text = match (preset, &survey.project) {
        (Preset::Minimal, Some(project)) if project.language == Language::Python => {
            python(&name, project.python.as_deref(), released)
        }
        _ => preset.text(&name, released),
    };
    Source {
        body: text,
        from: vec![match preset {
            Preset::Minimal => "the preset `minimal`".to_owned(),
            Preset::Ml => "the preset `ml`".to_owned(),
        }],
        told: Vec::new(),
        questions: Vec::new(),
        homes: false,
        released,
    }
}

/// An image for each Python that a library of Python asks for.
fn python(name: &str, asked: Option<&str>, released: bool) -> String {
    let known = ["3.10", "3.11", "3.12", "3.13", "3.14"];
    let least = asked.and_then(|asked| {
        let at = asked.split(">=").nth(1)?;
        let text: String = at
            .trim()
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        Version::parse(&text)
    });
    let fits = |text: &&str| match (&least, Version::parse(text)) {
        (Some(least), Some(version)) => version >= *least,
        _ => *text == "3.13",
    };
    let values: Vec<String> = known
        .iter()
        .filter(|v| fits(v))
        .map(|v| quoted(v))
        .collect();
    let values = match values.is_empty() {
        true => quoted("3.13"),
        false => values.join(", "),
    };
    let tag = match released {
        true => "py{{ python.compact }}-{{ release.tag }}",
        false => "py{{ python.compact }}",
    };
    format!(
        "[axis]\npython = [{values}]            # ? which of them are needed\n\n[image.{name}]\ntag = \"{tag}\"\nfrom = \"python:{{{{ python }}}}-slim-trixie\"\n"
    )
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
            let github_alone = survey.providers == ["github"] && registry.host == "ghcr.io";
            if !github_alone {
                let [user, password] = secrets_of(registry);
                next.push(format!(
                    "make the secrets {user} and {password} for {}; on GitHub in the environment `publish`",
                    registry.prefix
                ));
            }
        }
        if survey.providers.contains(&"github") {
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
