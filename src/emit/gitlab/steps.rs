//! The user's own steps, as lines of a job's script.

use indexmap::IndexMap;
use serde::Serialize;

use crate::config::{self, At, Shape};
use crate::emit::own_step::script;

/// By where they run, each the whole of a line of the script.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Steps {
    pub before_probe: Vec<String>,
    pub before_build: Vec<String>,
    pub after_build: Vec<String>,
    pub before_tags: Vec<String>,
    pub after_tags: Vec<String>,
    /// Identity tokens that they ask for, by the variables that hold them, each with its audience.
    pub tokens_of_probe: IndexMap<String, String>,
    pub tokens_of_builds: IndexMap<String, String>,
    pub tokens_of_tags: IndexMap<String, String>,
}

/// The steps of a pipeline, in declared order.
pub(super) fn steps(steps: &config::Steps, shape: &Shape) -> Steps {
    let mut all = Steps::default();
    for (key, step) in steps {
        let Some(mut script) = script(key, step) else {
            continue;
        };
        if shape.narrows(key) {
            // The child pipeline says which of these a build has.
            let key = &key.value;
            script =
                format!("case \" ${{BASE_IMAGE_STEPS-}} \" in *\" {key} \"*)\n{script}\n;; esac");
        }
        let tokens = match step.at {
            At::BeforeProbe => &mut all.tokens_of_probe,
            At::BeforeBuild | At::AfterBuild => &mut all.tokens_of_builds,
            At::BeforeTags | At::AfterTags => &mut all.tokens_of_tags,
        };
        let asked = step.id_tokens.iter();
        tokens.extend(asked.map(|(name, audience)| (name.value.clone(), audience.value.clone())));
        match step.at {
            At::BeforeProbe => all.before_probe.push(script),
            At::BeforeBuild => all.before_build.push(script),
            At::AfterBuild => all.after_build.push(script),
            At::BeforeTags => all.before_tags.push(script),
            At::AfterTags => all.after_tags.push(script),
        }
    }
    all
}
