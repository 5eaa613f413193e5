//! What a first matrix can be made from: each as axes, registries and images.

use crate::facts::Day;
use crate::grammar::Version;
use crate::grammar::reference::path_fault;
use crate::intake::factor;
use crate::intake::gather::{Imported, ReadOptions, agrees, import, put_together};
use crate::intake::init::compose;
use crate::intake::init::presets::Preset;
use crate::intake::init::sound::{findings, is_sound};
use crate::intake::init::survey::{Language, MOST_DOCKERFILES, Survey};
use crate::intake::row::{Told, Weight, folder};
use crate::intake::value;
use crate::source::Repository;

/// What the images are made from.
pub(super) struct Source {
    /// Axes, registries and images, as text.
    pub(super) body: String,
    pub(super) from: Vec<String>,
    pub(super) told: Vec<(String, Told)>,
    /// Why other sources were not taken, and what could not be told: comments.
    pub(super) questions: Vec<String>,
    /// Whether a registry is known.
    pub(super) homes: bool,
    /// Whether something must print the release, there being no tag.
    pub(super) released: bool,
}

/// What to say of a run that nobody makes here.
fn settings(survey: &Survey, git_ref: Option<String>) -> ReadOptions {
    let mut set = Vec::new();
    if let Some(remote) = &survey.remote {
        set.push(("github.repository".to_owned(), remote.path.clone()));
        set.push(("github.event_name".to_owned(), "push".to_owned()));
    }
    if let Some(git_ref) = git_ref {
        set.push(("github.ref".to_owned(), git_ref));
    }
    ReadOptions {
        fields: Vec::new(),
        set,
    }
}

pub(super) fn of_file(
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
    let mut best: Option<(Imported, ReadOptions, Option<&str>)> = None;
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
    let node = value::read(text).ok()?;
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
fn released(body: &str, version: &str, text: &str, options: &ReadOptions) -> Option<String> {
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
    let same = agrees(text, options, &whole);
    same.is_ok_and(|same| same).then_some(after)
}

pub(super) fn of_workflows(
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

pub(super) fn of_bake(
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

pub(super) fn of_compose(
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
pub(super) fn of_dockerfiles(
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

pub(super) fn of_preset(survey: &Survey, preset: Preset) -> Source {
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

/// A text of TOML.
pub(super) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
