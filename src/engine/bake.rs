//! One command of `docker buildx bake`, word by word.

use std::fmt::Write;
use std::path::Path;

use crate::engine::{Docker, EngineFault};
use crate::grammar::Platform;
use crate::render::shell_word;

/// Where bake reads what its targets are.
#[derive(Debug)]
pub(crate) enum Definition {
    /// In a file, by its path from the root of the repository.
    File(String),
    /// In a text that is handed to it.
    Text(String),
}

/// What the command says of one target beyond its definition.
#[derive(Debug, Default)]
pub(crate) struct Override<'a> {
    /// What it is called in place of what the definition says.
    pub tags: Vec<String>,
    /// The platforms that it is built for in place of those of the definition.
    pub platforms: Vec<&'a Platform>,
}

/// What is to be built, and how.
#[derive(Debug)]
pub(crate) struct Bake<'a> {
    pub definition: Definition,
    /// The targets that are asked for.
    pub targets: Vec<&'a str>,
    /// What is said of targets, also of those that others stand on.
    pub overrides: Vec<(&'a str, Override<'a>)>,
    /// Platforms for all of them.
    pub platforms: Vec<&'a Platform>,
    pub builder: Option<&'a str>,
    pub load: bool,
    pub push: bool,
    /// What is attested of the images.
    pub attestations: Vec<String>,
    /// How what is pushed is packed: what its exporter is told behind other options, or nothing.
    pub packed: String,
    /// What the user has to say to bake.
    pub rest: &'a [String],
}

impl Bake<'_> {
    /// The words behind `docker`.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = vec!["buildx".to_owned(), "bake".to_owned()];
        let mut add = |word: &str| words.push(word.to_owned());
        if let Some(builder) = self.builder {
            add("--builder");
            add(builder);
        }
        add("--file");
        add(match &self.definition {
            Definition::File(path) => path,
            Definition::Text(_) => "-",
        });
        self.attestations.iter().for_each(|word| add(word));
        let plainly = self.push && self.packed.is_empty();
        for (on, word) in [(self.load, "--load"), (plainly, "--push")] {
            if on {
                add(word);
            }
        }
        let mut set = |target: &str, key: &str, value: &str| {
            add("--set");
            add(&format!("{target}.{key}={value}"));
        };
        if self.push && !plainly {
            let output = format!("type=image,push=true,oci-mediatypes=true{}", self.packed);
            let targets = self.targets.iter();
            targets.for_each(|target| set(target, "output", &output));
        }
        for platform in &self.platforms {
            set("*", "platform", platform.as_str());
        }
        for (target, over) in &self.overrides {
            for platform in &over.platforms {
                set(target, "platform", platform.as_str());
            }
            for tag in &over.tags {
                set(target, "tags", tag);
            }
        }
        self.rest.iter().for_each(|word| add(word));
        self.targets.iter().for_each(|target| add(target));
        words
    }

    /// The command as somebody would type it at the root of the repository.
    pub(crate) fn shown(&self) -> String {
        let words = self.words();
        let words: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
        let mut text = format!("docker {}", words.join(" "));
        if let Definition::Text(definition) = &self.definition {
            // No line of JSON is a word without quotes.
            let _ = write!(text, " <<'EOF'\n{}\nEOF", definition.trim_end());
        }
        text.push('\n');
        text
    }

    /// Carries it out at the root of a repository, in place of this program. `begins` is called when all that it takes is
    /// there.
    ///
    /// # Errors
    /// When nothing could be started.
    pub(crate) fn run(&self, root: &Path, begins: impl FnOnce()) -> Result<u8, EngineFault> {
        let docker = Docker::at(root);
        docker.see_builder(self.builder)?;
        begins();
        let input = match &self.definition {
            Definition::File(_) => None,
            Definition::Text(text) => Some(text.as_str()),
        };
        docker.become_it(&self.words(), input)
    }
}
