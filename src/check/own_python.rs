//! A Python that a Dockerfile of the user's brings along, so that the one of its base is another: installed by uv, conda,
//! pyenv or a package manager, or copied from an image that has it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::Context;
use crate::dockerfile::{Build, CommandLine, Dockerfile, Does, Operation, Source, Step, said};
use crate::grammar::SpecId;
use crate::grammar::Version;
use crate::grammar::reference::Parts;

/// Commands that install a Python of any version.
const INSTALLERS: [&str; 22] = [
    "add-apt-repository",
    "apk",
    "apt",
    "apt-get",
    "asdf",
    "conda",
    "configure",
    "dnf",
    "mamba",
    "make",
    "microdnf",
    "micromamba",
    "mise",
    "pixi",
    "pyenv",
    "python-build",
    "rye",
    "tdnf",
    "uv",
    "uvx",
    "yum",
    "zypper",
];

/// What uv makes environments of, by its name in the environment: <https://docs.astral.sh/uv/reference/environment/>.
const UV_PYTHON: &str = "UV_PYTHON";

/// Folders of Debian's `python` image that hold its interpreter, and folders above them.
const HOMES: [&str; 5] = ["/", "/usr", "/usr/local", "/usr/local/bin", "/usr/local/*"];

/// Whether a Dockerfile of the user's, or what a template of theirs renders, brings a Python of that version into the image
/// of a spec, on every platform.
pub(super) fn brings_python(cx: &Context<'_>, id: SpecId, version: &Version) -> bool {
    let Some(cooked) = cx.cooked_of(id) else {
        return false;
    };
    let Ok(file) = &cooked.recipe.parsed else {
        return false;
    };
    let builds = cx.builds(&cooked);
    let text = &cooked.recipe.file.text;
    !builds.is_empty()
        && builds.iter().all(|(_, build)| {
            let Ok(build) = &**build else {
                return false;
            };
            let look = Look {
                file,
                build,
                text,
                version,
            };
            look.stage(build.target, &mut Vec::new())
        })
}

struct Look<'a> {
    file: &'a Dockerfile,
    build: &'a Build,
    text: &'a str,
    version: &'a Version,
}

impl Look<'_> {
    /// Whether a stage, or one that it stands on, brings one.
    fn stage(&self, target: usize, seen: &mut Vec<usize>) -> bool {
        if seen.contains(&target) {
            return false;
        }
        seen.push(target);
        let mut lineage = vec![target];
        while let Some(Source::Stage(below)) =
            lineage.last().map(|at| &self.build.standings[*at].base)
        {
            lineage.push(*below);
        }
        let mut known: HashMap<Arc<str>, String> = HashMap::new();
        for index in lineage
            .into_iter()
            .rev()
            .filter(|at| *at < self.file.stages.len())
        {
            let stage = self.build.stages.iter().find(|built| built.index == index);
            // Args end with their stage.
            let mut args = known.clone();
            for step in stage.iter().flat_map(|stage| &stage.steps) {
                match &step.does {
                    Does::Args(set) => {
                        for (name, value) in set {
                            let value = value.as_ref().and_then(|value| value.known());
                            args.insert(name.clone(), value.unwrap_or_default().to_owned());
                        }
                    }
                    Does::Env(set) => {
                        for (name, value) in set {
                            let value = value.known().unwrap_or_default().to_owned();
                            known.insert(name.clone(), value.clone());
                            args.insert(name.clone(), value);
                        }
                    }
                    _ => {}
                }
                if self.step(step, &args, seen) {
                    return true;
                }
            }
        }
        false
    }

    fn step(&self, step: &Step, known: &HashMap<Arc<str>, String>, seen: &mut Vec<usize>) -> bool {
        match &step.instruction.kind {
            Operation::Run(command, _) => self.installs(step, command, known),
            Operation::Copy(_) => {
                let Does::Takes(taken, _) = &step.does else {
                    return false;
                };
                let paths: Vec<&str> = taken.iter().filter_map(|(_, path)| path.known()).collect();
                match step.sources.first() {
                    Some(Source::Image(image)) => {
                        self.is_python(image) && paths.iter().any(|path| is_home(path))
                    }
                    Some(Source::Stage(index)) => {
                        let packages = |path: &&str| path.contains("-packages");
                        let standing = &self.build.standings[*index].base;
                        let official =
                            matches!(standing, Source::Image(image) if self.is_python(image));
                        (official && paths.iter().any(|path| is_home(path)))
                            || (!paths.iter().all(packages) && self.stage(*index, seen))
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    fn installs(
        &self,
        step: &Step,
        command: &CommandLine,
        known: &HashMap<Arc<str>, String>,
    ) -> bool {
        let mut said = said(command, &step.instruction, self.text).join("\n");
        // The longer names first: `$PY` begins `$PYTHON`.
        let mut names: Vec<&Arc<str>> = known.keys().collect();
        names.sort_by_key(|name| std::cmp::Reverse((name.len(), *name)));
        for name in names {
            let value = &known[name];
            said = said.replace(&format!("${{{name}}}"), value);
            said = said.replace(&format!("${name}"), value);
        }
        let split = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
        let mut words = said
            .split(split)
            .map(|word| word.rsplit('/').next().unwrap_or(word));
        let mut installs = words.clone().filter(|word| INSTALLERS.contains(word));
        let Some(first) = installs.next() else {
            return false;
        };
        let uv = words.any(|word| matches!(word, "uv" | "uvx")) || first == "uv";
        let chosen = known.get(UV_PYTHON).filter(|_| uv);
        let named = ["python", "pyenv", " -p "];
        let lower = said.to_ascii_lowercase();
        let python = named.iter().any(|name| lower.contains(name));
        let spelled = python && versions(&said).any(|found| agrees(self.version, found));
        spelled
            || chosen
                .is_some_and(|chosen| versions(chosen).any(|found| agrees(self.version, found)))
    }

    /// Whether an image is the official one of Python, of that version.
    fn is_python(&self, image: &str) -> bool {
        let parts = Parts::of(image);
        let tag = parts
            .tag
            .unwrap_or_default()
            .split('-')
            .next()
            .unwrap_or_default();
        parts.is_hub("python") && agrees(self.version, tag)
    }
}

fn is_home(path: &str) -> bool {
    let whole = path.trim_end_matches('/');
    let whole = if whole.is_empty() { "/" } else { whole };
    HOMES.contains(&whole) || whole.contains("/bin/python")
}

/// Numbers with dots in a text.
fn versions(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    words
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.contains('.'))
}

/// Whether a text is the same version, as far as both go: `3.12` and `3.12.4`.
fn agrees(version: &Version, text: &str) -> bool {
    let Some(other) = Version::parse(text) else {
        return false;
    };
    let parts = |v: &Version| -> Vec<u64> { (0..).map_while(|i| v.written_part(i)).collect() };
    let (a, b) = (parts(version), parts(&other));
    a.len().min(b.len()) > 1 && a.iter().zip(&b).all(|(a, b)| a == b)
}
