//! Workflows of the repository that the pipeline calls: GitHub refuses the whole run, before any image is built, where one is
//! not there, cannot be called, or asks for more than the call gives it.
//! Source: `ReusableWorkflowsLoader` and `PermissionsHelper` of actions/runner, 2026-11.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::check::Context;
use crate::check::workflow::{Asked, Workflow};
use crate::config::Access;
use crate::diagnostic::{Finding, Place, Sink, and_list, code, nearest};
use crate::emit::{Call, calls};
use crate::source::SourceFile;

/// Where GitHub looks for them.
const FOLDER: &str = ".github/workflows/";

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for call in calls(cx.config) {
        let found = look(cx, &call);
        found.into_iter().for_each(|finding| sink.push(finding));
    }
}

fn look(cx: &Context<'_>, call: &Call<'_>) -> Option<Finding> {
    let here = |label: &str| cx.place(call.uses.span.clone(), label);
    let name = call.path.strip_prefix(FOLDER).unwrap_or_default();
    if name.contains('/') || !name.ends_with(".yml") && !name.ends_with(".yaml") {
        let fact = format!("`{}` is no place of a workflow", call.path);
        let finding = Finding::new(&code::WORKFLOW_MISSING, fact, here("called here"));
        return Some(finding.help(format!(
            "put it into `{FOLDER}` itself, as in `$/{FOLDER}library.yml`"
        )));
    }
    let Some(file) = text(cx, call.path) else {
        // What is there and was not read is told as that.
        return (!cx.repository.is_file(call.path)).then(|| missing(cx, call));
    };
    let workflow = match Workflow::read(&file.text) {
        Ok(workflow) => workflow,
        Err(fault) => return Some(unreadable(&file, fault, here("called here"))),
    };
    if !workflow.is_callable {
        let fact = format!("`{}` cannot be called", call.path);
        let mut finding = Finding::new(&code::WORKFLOW_UNCALLABLE, fact, here("called here"));
        let on = workflow
            .on
            .map(|on| Place::span(&file, on, "without `workflow_call`"));
        finding
            .related
            .extend(on.or_else(|| Some(Place::file(file.path.clone()))));
        return Some(finding.help("add `workflow_call:` to what is under `on`"));
    }
    let over = workflow
        .asked
        .into_iter()
        .filter(|asked| asked.access > call.gives(&asked.right));
    let over: Vec<Asked> = over.collect();
    (!over.is_empty()).then(|| too_much(cx, call, &file, &over))
}

/// The text of a file, as the outputs are to be.
fn text(cx: &Context<'_>, path: &str) -> Option<Arc<SourceFile>> {
    match cx.tree.get(path) {
        Some(planned) => Some(SourceFile::new(path, planned.text.as_str())),
        None => cx.repository.text(path),
    }
}

fn missing(cx: &Context<'_>, call: &Call<'_>) -> Finding {
    let fact = format!("`{}` is not there", call.path);
    let place = cx.place(call.uses.span.clone(), "GitHub would refuse the run");
    let finding = Finding::new(&code::WORKFLOW_MISSING, fact, place);
    let own = cx
        .repository
        .matching(&[".github/workflows/*.yml", ".github/workflows/*.yaml"]);
    let names = own.iter().filter(|path| !cx.is_output(path));
    let names = names.filter_map(|path| path.strip_prefix(FOLDER));
    match nearest(call.path.strip_prefix(FOLDER).unwrap_or_default(), names) {
        Some(near) => finding.help(format!("did you mean `{FOLDER}{near}`?")),
        None => finding.help("add the file, or correct `uses`"),
    }
}

fn unreadable(
    file: &Arc<SourceFile>,
    (span, what): (Range<usize>, String),
    call: Place,
) -> Finding {
    let fact = format!("`{}` is called, and cannot be read", file.path);
    let finding = Finding::new(
        &code::WORKFLOW_UNCALLABLE,
        fact,
        Place::span(file, span, what),
    );
    finding.related(call).help("correct the file")
}

fn too_much(cx: &Context<'_>, call: &Call<'_>, file: &Arc<SourceFile>, over: &[Asked]) -> Finding {
    // The most that is asked of each, where it is asked so first.
    let mut most: IndexMap<&str, &Asked> = IndexMap::new();
    for asked in over {
        let known = most.entry(&asked.right).or_insert(asked);
        if asked.access > known.access {
            *known = asked;
        }
    }
    let mut said: IndexMap<&str, &Asked> = IndexMap::new();
    for asked in most.values() {
        said.entry(&asked.said).or_insert(asked);
    }
    let fact = format!(
        "`{}` asks for {}, which its call does not give",
        call.path,
        and_list(said.keys().copied())
    );
    let place = cx.place(call.uses.span.clone(), "GitHub would refuse the run");
    let mut finding = Finding::new(&code::WORKFLOW_PERMISSIONS, fact, place);
    for asked in said.values() {
        let label = match &asked.job {
            Some(job) => format!("job `{job}` asks for it"),
            None => "all its jobs ask for it".to_owned(),
        };
        finding = finding.related(Place::span(file, asked.span.clone(), label));
    }
    if let Some(all) = said.keys().find(|said| said.ends_with("-all")) {
        return finding.help(format!(
            "let the workflow name what it needs instead of `{all}`"
        ));
    }
    let mut given: IndexMap<&str, Access> = call
        .permissions
        .iter()
        .map(|(right, access)| (right.as_str(), *access))
        .collect();
    given.extend(
        most.values()
            .map(|asked| (asked.right.as_str(), asked.access)),
    );
    let given = given
        .into_iter()
        .filter_map(|(right, access)| match access {
            Access::None => None,
            Access::Read => Some(format!("{right} = \"read\"")),
            Access::Write => Some(format!("{right} = \"write\"")),
        });
    let given: Vec<String> = given.collect();
    finding.help(format!(
        "give it that, `permissions = {{ {} }}`, or let the workflow ask for less",
        given.join(", ")
    ))
}
