//! A step of the user's own, as shell text among the text of a job.

use crate::config::{At, OwnStep};
use crate::render::shell_word;

/// A shell of its own, so that a step can neither change the job's nor, by what it does not close, swallow the next.
pub(super) fn script(key: &str, step: &OwnStep) -> Option<String> {
    let name = step.name.as_ref().map_or(key, |name| &name.value);
    let run = step.run.as_ref()?;
    let env: String = step
        .env
        .iter()
        .map(|(name, value)| format!("{}={} ", name.value, shell_word(value)))
        .collect();
    // A dry run puts no tag, so what stands around that is left out.
    let unless = match step.at {
        At::BeforeTags | At::AfterTags => "[ \"${BASE_IMAGES_DRY_RUN-}\" = true ] || ",
        At::BeforeProbe | At::BeforeBuild | At::AfterBuild => "",
    };
    Some(format!(
        "printf '%s\\n' {}\n{unless}{env}sh -e -c {}",
        shell_word(name),
        shell_word(run)
    ))
}
