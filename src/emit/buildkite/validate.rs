//! What Buildkite would refuse of the options, or take otherwise than they were meant.

use super::options::Buildkite;
use crate::config::{Options, PullRequest, Shape, StepMeans, TableReader};
use crate::grammar::Spanned;

impl Options for Buildkite {
    fn file(&mut self) -> &mut Spanned<String> {
        &mut self.file
    }

    fn pull_request(&self) -> &PullRequest {
        &self.pull_request
    }

    fn validate(&self, reader: &mut TableReader<'_>) -> Shape {
        reader.trigger(&self.trigger);
        reader.machines("runner", self.runner.values());
        reader.line("control-runner", &self.control_runner);
        for row in &self.when {
            reader.machines("runner", row.runner.values());
        }
        reader.platforms(self.runner.keys());
        let rows = reader.rows(&self.when);
        reader.shape(&self.matches, rows, &self.step, StepMeans::Shell)
    }
}
