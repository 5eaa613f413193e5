//! What starts a provider's pipelines, in the words that providers take: globs, or regular expressions.

use std::collections::{BTreeSet, HashSet};
use std::iter;

use regex::Regex;
use serde::Serialize;

use crate::config::{Paths, Trigger};
use crate::diagnostic::{Finding, code};
use crate::emit::site::Site;
use crate::grammar::Spanned;
use crate::source::lock_path;

/// What the template of a pipeline sees of a [`Trigger`].
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Triggers {
    /// The git tags that start it; none stated: what the provider takes for a release.
    pub tags: Option<Refs>,
    /// The branches.
    pub branches: Option<Refs>,
    /// The paths of which one has to be touched, as globs; none: whatever is touched.
    pub paths: Vec<String>,
}

/// Tags or branches. Where there are no globs, there is none.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Refs {
    /// As GitHub's globs.
    pub globs: Vec<String>,
    /// As one regular expression over the whole name, in which no `/` stands bare. Every engine reads it.
    pub regex: String,
}

impl Triggers {
    /// Of a pipeline that is written to `files`.
    pub(super) fn of(site: &Site<'_>, trigger: &Trigger, files: &[&str]) -> Self {
        let refs = |patterns: &[Spanned<String>]| {
            let patterns: Vec<&str> = patterns.iter().map(|one| one.value.as_str()).collect();
            Refs::of(&patterns)
        };
        Triggers {
            tags: trigger.tags.as_deref().map(refs),
            branches: (!trigger.branches.is_empty()).then(|| refs(&trigger.branches)),
            paths: paths(site, &trigger.paths, files),
        }
    }

    /// Whether anything is said of it.
    pub(super) fn is_stated(&self) -> bool {
        self.tags.is_some() || self.branches.is_some() || !self.paths.is_empty()
    }

    /// The regular expression of its tags; nothing where none starts it.
    pub(super) fn tag_regex(&self) -> Option<&str> {
        match &self.tags {
            None => Some(USUAL_TAGS),
            Some(tags) => (!tags.globs.is_empty()).then_some(tags.regex.as_str()),
        }
    }

    /// The regular expression of its branches.
    pub(super) fn branch_regex(&self) -> Option<&str> {
        self.branches.as_ref().map(|branches| &*branches.regex)
    }
}

/// A channel, as providers are told of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Started {
    /// Its name.
    pub name: String,
    /// Its branch.
    pub branch: Option<String>,
    /// That as a regular expression over the whole name.
    pub regex: Option<String>,
    /// Its cron line.
    pub schedule: Option<String>,
}

/// The channels of the matrix.
pub(super) fn channels(site: &Site<'_>) -> Vec<Started> {
    let channels = site.plan.channels.iter();
    let started = channels.map(|channel| Started {
        name: channel.name.clone(),
        branch: channel.branch.clone(),
        regex: channel
            .branch
            .as_deref()
            .map(|branch| Refs::of(&[branch]).regex),
        schedule: channel.schedule.clone(),
    });
    started.collect()
}

/// The findings about channels whose branch starts a release, too: a push to it cannot be both.
pub(super) fn also_released(site: &Site<'_>, trigger: &Trigger) -> Vec<Finding> {
    let regexes = trigger.branches.iter().filter_map(|pattern| {
        let regex = Regex::new(&format!("^{}$", regex(pattern))).ok()?;
        Some((regex, pattern))
    });
    let patterns: Vec<(Regex, &Spanned<String>)> = regexes.collect();
    let channels = site.config.channels.iter().filter_map(|channel| {
        let branch = channel.branch()?;
        let (_, pattern) = patterns.iter().find(|(regex, _)| regex.is_match(branch))?;
        let fact = format!(
            "{} would publish a release and channel `{}` by a push to `{branch}`",
            site.provider.title(),
            channel.name
        );
        let label = "in `branches` of its `trigger`";
        let at = site.config.place(pattern.span.clone(), label);
        let finding = Finding::new(&code::CHANNEL_CLASH, fact, at);
        let place = site.config.place(channel.span.clone(), "the channel");
        Some(
            finding
                .related(place)
                .help("take the branch out of `branches`: tags or people start releases"),
        )
    });
    channels.collect()
}

/// What looks like a release.
pub(super) const USUAL_TAGS: &str = "^v?[0-9]";

impl Refs {
    fn of(patterns: &[&str]) -> Self {
        let all: Vec<String> = patterns.iter().map(|pattern| regex(pattern)).collect();
        Refs {
            // To GitHub a plus repeats what stands before it.
            globs: patterns
                .iter()
                .map(|pattern| pattern.replace('+', "\\+"))
                .collect(),
            regex: match &*all {
                [one] => format!("^{one}$"),
                all => format!("^({})$", all.join("|")),
            },
        }
    }
}

/// A pattern as a regular expression: classes are the same in both.
fn regex(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() * 2);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let (text, length): (&str, usize) = match c {
            '*' if rest.starts_with("**") => (".*", 2),
            '*' => (r"[^\/]*", 1),
            '.' | '+' | '/' => {
                out.push('\\');
                (&rest[..1], 1)
            }
            c => (&rest[..c.len_utf8()], c.len_utf8()),
        };
        out.push_str(text);
        rest = &rest[length..];
    }
    out
}

/// The patterns of all paths that count: what is generated and what it is generated from, and what is stated or, where that
/// is asked for, the files that images are built from and those that are compared with the matrix.
fn paths(site: &Site<'_>, stated: &Paths, files: &[&str]) -> Vec<String> {
    let config = site.config;
    let mut found = BTreeSet::new();
    let mut add = |path: String| {
        found.insert(plain(&path));
    };
    match stated {
        Paths::Switch(false) => return Vec::new(),
        Paths::List(list) => list.iter().for_each(|path| add(path.value.clone())),
        Paths::Switch(true) => {
            for spec in &site.plan.specs {
                add(below(&spec.context));
                // With an ignore file of its own beside it.
                add(format!("{}*", spec.dockerfile));
            }
            let release = config.release.iter();
            let pins = release
                .flat_map(|release| &release.pins)
                .map(|pin| &pin.file.value);
            let offers = config.offers().iter().map(|offer| &offer.file.value);
            pins.chain(offers).for_each(|file| add(file.clone()));
            for mention in config.mentions() {
                let files = mention.files.iter().map(|glob| &glob.value);
                let files = files.filter(|glob| !glob.starts_with('!'));
                files
                    .chain(mention.place.iter().map(|place| &place.file.value))
                    .for_each(|file| add(file.clone()));
            }
        }
    }
    let matrix = &*config.file.path;
    add(matrix.to_owned());
    add(lock_path(matrix));
    add(below(&config.owner.folder()));
    add("templates/**".to_owned());
    files.iter().for_each(|file| add((*file).to_owned()));
    config
        .facts
        .iter()
        .for_each(|facts| add(facts.file.value.clone()));
    each_once(found)
}

/// Without what stands below a folder of which everything is there.
fn each_once(paths: BTreeSet<String>) -> Vec<String> {
    let folders = paths.iter().filter_map(|path| path.strip_suffix("**"));
    let folders: HashSet<String> = folders.map(str::to_owned).collect();
    let mut paths: Vec<String> = paths.into_iter().collect();
    paths.retain(|path| {
        let ends = path.match_indices('/').map(|(at, _)| at + 1);
        let mut above = iter::once(0).chain(ends).map(|end| path.split_at(end));
        !above.any(|(folder, rest)| rest != "**" && folders.contains(folder))
    });
    paths
}

/// As many patterns as `most`, or fewer: those that lie deepest are widened to the folder above, one by one, or where there
/// are twice as many and more, all of them.
pub(super) fn widened(paths: &[String], most: usize) -> Vec<String> {
    let mut paths = paths.to_vec();
    while paths.len() > most.max(1) {
        let depth = |path: &String| path.trim_end_matches("/**").matches('/').count();
        let deepest = paths.iter().map(depth).max().unwrap_or_default();
        let at_once = if paths.len() > 2 * most {
            paths.len()
        } else {
            1
        };
        let lie_there = paths.iter().rev().filter(|path| depth(path) == deepest);
        let above = lie_there.take(at_once).map(|path| {
            let above = path.trim_end_matches("/**").rsplit_once('/');
            below(above.map_or("", |(folder, _)| folder))
        });
        let wider: BTreeSet<String> = above.chain(paths.iter().cloned()).collect();
        paths = each_once(wider);
    }
    paths
}

/// All of a folder.
fn below(folder: &str) -> String {
    match folder.trim_start_matches("./").trim_end_matches('/') {
        "" | "." => "**".to_owned(),
        folder => format!("{folder}/**"),
    }
}

/// A pattern that every provider reads alike: from the first part on that holds anything else, all that is there.
fn plain(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+/*".contains(c);
    if path.chars().all(is_plain) {
        return path.to_owned();
    }
    let parts = path
        .split('/')
        .take_while(|part| part.chars().all(is_plain));
    parts.chain(["**"]).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_regular_expressions() {
        assert_eq!(regex("v[0-9]*"), r"v[0-9][^\/]*");
        assert_eq!(regex("release/**"), r"release\/.*");
        assert_eq!(regex("1.0+cu"), r"1\.0\+cu");
        assert_eq!(Refs::of(&["main"]).regex, "^main$");
        assert_eq!(Refs::of(&["main", "1.x"]).regex, r"^(main|1\.x)$");
        assert_eq!(Refs::of(&["1+2"]).globs, [r"1\+2"]);
    }

    #[test]
    fn what_some_would_read_otherwise_is_widened() {
        assert_eq!(plain("docs/**/*.md"), "docs/**/*.md");
        assert_eq!(plain("a/b c/d"), "a/**");
        assert_eq!(plain("{a,b}/c"), "**");
    }

    #[test]
    fn too_many_are_widened_from_below() {
        let paths = ["a/b/c/**", "a/b/d/x", "e/f", "g"].map(str::to_owned);
        assert_eq!(widened(&paths, 4), paths);
        assert_eq!(widened(&paths, 3), ["a/b/**", "e/f", "g"]);
        assert_eq!(widened(&paths, 1), ["**"]);
        let many: Vec<String> = (0..4000).map(|n| format!("dir{n}/sub/**")).collect();
        assert_eq!(widened(&many, 50), ["**"]);
        let many: Vec<String> = (0..4000).map(|n| format!("dir{}/{n}/**", n % 40)).collect();
        assert_eq!(widened(&many, 50).len(), 40);
    }
}
