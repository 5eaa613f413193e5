//! `gen test`: the tests of specs in the images that are there, each in a container.

use crate::cli::{FindingFormat, TestArgs};
use crate::command::one_off::one_off;
use crate::command::select::{Given, meant, selectors};
use crate::command::shell::{Error, Outcome, Shell, left, number};
use crate::command::{CLEAN, FOUND, NO_PLAN};
use crate::config::header;
use crate::diagnostic::{Sink, visible};
use crate::emit::{bake_text, test_script};
use crate::engine::{Case, Docker, End, Subject, Trial, failed, junit};
use crate::flow;
use crate::grammar::{Platform, SpecId};
use crate::image::{Plan, Test};
use crate::render::Templates;

/// A test that was to be run, and what became of it.
struct Run {
    /// The image and the platform.
    subject: String,
    test: String,
    trial: Trial,
}

pub(super) fn run(shell: &mut Shell<'_>, args: &TestArgs) -> Result<Outcome, Error> {
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let mut expanded = match flow::expand(&repository, &mut sink) {
        Ok(expanded) => left(expanded),
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let only = match selectors(shell, &expanded.config, Given::of(&args.selection))? {
        Ok(only) => only,
        Err(outcome) => return Ok(outcome),
    };
    let asked = meant(&expanded.matrix, &only)?;
    let one_off = match one_off(shell, &mut expanded, &args.one_off, &only, false)? {
        Ok(one_off) => one_off,
        Err(outcome) => return Ok(outcome),
    };
    let contents = match flow::contents_of(&repository, &expanded, &mut sink) {
        Ok(contents) => left(contents),
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let mut templates = Templates::new(&repository, expanded.providers.templates());
    let Ok(script) = test_script(&expanded.config, &mut templates, &mut sink) else {
        return shell.unreadable(sink);
    };
    let mut plan = left(Plan::new(&expanded.config, &expanded.matrix, &contents));
    plan.name_targets(&expanded.config, &expanded.matrix);
    let targets = plan.names.as_ref().map_or(&[][..], |names| &names.targets);
    let head = header(&expanded.config);
    let definition = bake_text(&expanded.matrix, &contents, &plan, &head).unwrap_or_default();
    let specs = plan
        .specs
        .iter()
        .enumerate()
        .filter(|(place, _)| asked[*place]);
    let (tested, untested): (Vec<_>, Vec<_>) = specs.partition(|(_, spec)| !spec.tests.is_empty());
    if tested.is_empty() {
        return Err(Error::NoTests);
    }
    let docker = Docker::at(repository.root());
    // There is an engine, or nothing is said of any image.
    let native = docker.platform()?;
    let is_meant = |platform: &Platform| match args.platform.as_slice() {
        [] => platform.runs(&native),
        words => {
            let config = &expanded.config;
            words
                .iter()
                .any(|word| config.names_platform(word, platform))
        }
    };
    let mut runs: Vec<Run> = Vec::new();
    let mut elsewhere = 0;
    for (place, spec) in tested {
        let reference = match &one_off {
            _ if args.published => Some(spec.content_reference.clone()),
            Some(one_off) => one_off
                .references(&expanded.matrix, SpecId(place))
                .into_iter()
                .next(),
            None => spec.references.first().cloned(),
        };
        let platforms: Vec<&Platform> = spec.platforms.iter().filter(|p| is_meant(p)).collect();
        elsewhere += usize::from(platforms.is_empty());
        for platform in platforms {
            let subject = reference.as_deref().map(|image| Subject {
                platform: platform.as_str(),
                image,
            });
            let name = format!(
                "{} for {platform}",
                visible(&spec.id),
                platform = platform.as_str()
            );
            let lacks = match subject {
                // Not of the image is asked where each test has a stage of its own.
                _ if spec.tests.iter().all(|test| test.target.is_some()) => None,
                None => Some("it is not published, and so has no name: build and test it with a `--tag`".to_owned()),
                Some(subject) if args.published => docker.pull(subject)?.err(),
                Some(subject) => docker.has(subject.image)?.err().map(|why| {
                    format!("{why}: put it there with `gen build --load`, or test what is published with `--published`")
                }),
            };
            if let Some(why) = &lacks {
                shell.insist(&format!("{name} is not tested: {why}"));
            }
            let mut stages = Stages {
                docker: &docker,
                definition: &definition,
                target: &targets[place],
                subject: Subject {
                    platform: platform.as_str(),
                    image: &format!("{}-stage", spec.content_reference),
                },
                built: None,
            };
            for test in spec.tests.iter().filter(|test| test.is_for(platform)) {
                let (subject, lacks) = match &test.target {
                    Some(stage) => match stages.build(shell, &name, stage)? {
                        Ok(subject) => (Some(subject), None),
                        Err(why) => (None, Some(why)),
                    },
                    None => (subject, lacks.clone()),
                };
                let trial = match (subject, lacks) {
                    (Some(subject), None) => one(shell, &docker, &script, subject, (&name, test))?,
                    (_, why) => Trial::unrun(why.as_deref().unwrap_or_default()),
                };
                runs.push(Run {
                    subject: name.clone(),
                    test: test.title(),
                    trial,
                });
            }
            stages.drop()?;
        }
    }
    if let Some(path) = &args.junit {
        let cases = runs.iter().map(|run| Case {
            class: &run.subject,
            name: &run.test,
            trial: &run.trial,
        });
        shell.write(path, &junit(&cases.collect::<Vec<_>>())?)?;
    }
    told(shell, &runs, untested.len(), elsewhere);
    Ok(outcome(&runs))
}

/// Other stages of an image's Dockerfile, which are built for its tests.
struct Stages<'a> {
    docker: &'a Docker<'a>,
    /// The bake file.
    definition: &'a str,
    /// What that calls the image.
    target: &'a str,
    /// What the engine calls a stage of it.
    subject: Subject<'a>,
    /// The one that goes by that name now, or why it does not.
    built: Option<(String, Result<(), String>)>,
}

impl<'a> Stages<'a> {
    /// The stage in the engine; why it is not there, where it is not.
    fn build(
        &mut self,
        shell: &Shell<'_>,
        name: &str,
        stage: &str,
    ) -> Result<Result<Subject<'a>, String>, Error> {
        let ended = match &self.built {
            Some((built, ended)) if built == stage => ended.clone(),
            _ => {
                shell.say(&format!("building stage {stage} of {name}"));
                let what = (self.definition, self.target, stage);
                let hear = |said: &[u8]| shell.pass_on(said);
                let ended = self.docker.build_stage(what, self.subject, &hear)?;
                if let Err(why) = &ended {
                    shell.insist(&format!("{name} is not tested: {why}"));
                }
                self.built = Some((stage.to_owned(), ended.clone()));
                ended
            }
        };
        Ok(ended.map(|()| self.subject))
    }

    /// Leaves none of them in the engine.
    fn drop(self) -> Result<(), Error> {
        match self.built {
            Some((_, Ok(()))) => Ok(self.docker.drop_image(self.subject.image)?),
            _ => Ok(()),
        }
    }
}

/// Runs one test, and says that it does.
fn one(
    shell: &Shell<'_>,
    docker: &Docker<'_>,
    script: &str,
    subject: Subject<'_>,
    (name, test): (&str, &Test),
) -> Result<Trial, Error> {
    let title = test.title();
    let title = visible(&title);
    shell.say(&format!("testing {name}: {title}"));
    let trial = docker.run_test(script, subject, test, &|said| shell.pass_on(said))?;
    let why = match &trial.end {
        End::Passed => return Ok(trial),
        End::Failed(code) => format!("{name} fails its test, {}: {title}", failed(*code)),
        End::Unrun(why) => format!("{name} is not tested: {why}"),
    };
    if shell.is_quiet() {
        shell.insist(trial.said.trim_end());
    }
    shell.insist(&why);
    Ok(trial)
}

/// A test that failed is a fact, whatever else could not be tested.
fn outcome(runs: &[Run]) -> Outcome {
    let any = |of: fn(&End) -> bool| runs.iter().any(|run| of(&run.trial.end));
    Outcome(match () {
        () if any(|end| matches!(end, End::Failed(_))) => FOUND,
        () if runs.is_empty() || any(|end| matches!(end, End::Unrun(_))) => NO_PLAN,
        () => CLEAN,
    })
}

/// `3 tests: 2 passed, 1 failed`, and what was not looked at.
fn told(shell: &Shell<'_>, runs: &[Run], untested: usize, elsewhere: usize) {
    let count = |of: fn(&End) -> bool| runs.iter().filter(|run| of(&run.trial.end)).count();
    let counts = [
        (count(|end| *end == End::Passed), "passed"),
        (count(|end| matches!(end, End::Failed(_))), "failed"),
        (count(|end| matches!(end, End::Unrun(_))), "not run"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let mut text = number(runs.len(), "test");
    if !counts.is_empty() {
        text += &format!(": {}", counts.join(", "));
    }
    for (count, what) in [
        (untested, "without tests"),
        (elsewhere, "for other platforms alone"),
    ] {
        if count > 0 {
            text += &format!("; {} {what}", number(count, "spec"));
        }
    }
    shell.say(&text);
}
