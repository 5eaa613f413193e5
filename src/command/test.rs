//! `gen test`: the tests of specs in the images that are there, each in a container.

use crate::cli::{FindingFormat, TestArgs};
use crate::command::one_off::one_off;
use crate::command::select::{Given, meant, selectors};
use crate::command::shell::{Error, Outcome, Shell, left, number};
use crate::command::{CLEAN, FOUND, NO_PLAN};
use crate::diagnostic::{Sink, visible};
use crate::emit::test_script;
use crate::engine::{Case, Docker, End, Subject, Trial, failed, junit};
use crate::flow;
use crate::grammar::{Platform, SpecId};
use crate::image::Plan;
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
    let plan = left(Plan::new(&expanded.config, &expanded.matrix, &contents));
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
                None => Some("it is not published, and so has no name: build and test it with a `--tag`".to_owned()),
                Some(subject) if args.published => docker.pull(subject)?.err(),
                Some(subject) => docker.has(subject.image)?.err().map(|why| {
                    format!("{why}: put it there with `gen build --load`, or test what is published with `--published`")
                }),
            };
            if let Some(why) = &lacks {
                shell.insist(&format!("{name} is not tested: {why}"));
            }
            for test in &spec.tests {
                let trial = match (subject, &lacks) {
                    (Some(subject), None) => one(shell, &docker, &script, subject, (&name, test))?,
                    (_, why) => Trial::unrun(why.as_deref().unwrap_or_default()),
                };
                runs.push(Run {
                    subject: name.clone(),
                    test: test.clone(),
                    trial,
                });
            }
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

/// Runs one test, and says that it does.
fn one(
    shell: &Shell<'_>,
    docker: &Docker<'_>,
    script: &str,
    subject: Subject<'_>,
    (name, test): (&str, &str),
) -> Result<Trial, Error> {
    shell.say(&format!("testing {name}: {}", visible(test)));
    let trial = docker.run_test(script, subject, test, &|said| shell.pass_on(said))?;
    let why = match &trial.end {
        End::Passed => return Ok(trial),
        End::Failed(code) => format!(
            "{name} fails its test, {}: {}",
            failed(*code),
            visible(test)
        ),
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
