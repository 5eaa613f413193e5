//! What GitLab would refuse of the options, or take otherwise than they were meant.

use super::options::{Builder, GitLab};
use crate::config::{Options, PullRequest, Shape, StepMeans, TableReader, UnmetWish, Wish};
use crate::grammar::Spanned;

/// A builder by itself runs steps, and no containers with options.
const NO_ENGINE: UnmetWish = UnmetWish {
    of: Wish::Engine,
    fact: "builds with rootless BuildKit here, and has no engine",
    help: "build with `builder = \"dind\"`, or let the row's `match` leave out what this pipeline has",
};

impl Options for GitLab {
    fn file(&mut self) -> &mut Spanned<String> {
        &mut self.file
    }

    fn pull_request(&self) -> &PullRequest {
        &self.pull_request
    }

    fn validate(&self, reader: &mut TableReader<'_>) -> Shape {
        reader.trigger(&self.trigger);
        reader.optional_word("image", &self.image);
        reader.optional_word("emulator", &self.emulator);
        reader.optional_word("service", &self.service);
        reader.check_image(&self.check_image);
        reader.machines("runner", self.runner.values());
        reader.machines("control-runner", &self.control_runner);
        for row in &self.when {
            reader.machines("runner", row.runner.values());
        }
        reader.platforms(self.runner.keys().chain(&self.emulate));
        let rows = reader.rows(&self.when);
        Shape {
            groups: self.jobs_per_pipeline.get(),
            lacks: match self.builder {
                Builder::Rootless => vec![NO_ENGINE],
                Builder::Dind => Vec::new(),
            },
            ..reader.shape(&self.matches, rows, &self.step, StepMeans::IdTokens)
        }
    }
}
