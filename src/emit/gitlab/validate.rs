//! What GitLab would refuse of the options, or take otherwise than they were meant.

use super::options::GitLab;
use crate::config::{Options, PullRequest, Shape, StepMeans, TableReader};
use crate::grammar::Spanned;

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
            ..reader.shape(&self.matches, rows, &self.step, StepMeans::IdTokens)
        }
    }
}
