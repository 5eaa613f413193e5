//! What the images of a one-off are called, and what they may not be called.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::cli::OneOffArgs;
use crate::command::select::selected;
use crate::command::shell::{Error, Outcome, Shell};
use crate::config::{field_finding, full_prefix};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::flow::Expanded;
use crate::grammar::SpecId;
use crate::grammar::reference::{
    given_tag_fault, host_fault, mend_reference, path_fault, split_prefix,
};
use crate::image::{OneOff, Spec};
use crate::matrix::Selector;
use crate::release::mentions::{ImageNames, Stated};
use crate::source::SourceFile;

/// How the options are told of.
const TAG: &str = "--tag";
const REGISTRY: &str = "--registry";

/// What is asked for by `--tag` and `--registry` for the specs that are meant; `None` where it is neither. `pushes` says
/// that somebody else may come to see it.
pub(super) fn one_off(
    shell: &Shell<'_>,
    expanded: &mut Expanded,
    args: &OneOffArgs,
    only: &[Selector],
    pushes: bool,
) -> Result<Result<Option<OneOff>, Outcome>, Error> {
    if args.tag.is_none() && args.registry.is_none() {
        return Ok(Ok(None));
    }
    let mut sink = Sink::new();
    let found = named(expanded, args, only, &mut sink);
    if let Some(one_off) = found.as_ref().filter(|_| sink.is_empty()) {
        judge(expanded, args, one_off, pushes, &mut sink);
    }
    match found {
        Some(one_off) if sink.is_empty() => Ok(Ok(Some(one_off))),
        _ => Ok(Err(shell.unreadable(sink)?)),
    }
}

/// A whole option as a place.
fn place(option: &str, text: &str, label: impl Into<String>) -> Place {
    Place::span(&SourceFile::new(option, text), 0..text.len(), label)
}

/// What each spec that is meant is called.
fn named(
    expanded: &mut Expanded,
    args: &OneOffArgs,
    only: &[Selector],
    sink: &mut Sink,
) -> Option<OneOff> {
    let registry = match &args.registry {
        Some(text) => Some(registry(text, sink)?),
        None => None,
    };
    let tags = match &args.tag {
        Some(text) => rendered(expanded, text, only, sink)?,
        None => {
            let aliases = expanded.matrix.alias_tags();
            let specs = expanded.matrix.specs.iter().zip(aliases);
            specs
                .map(|(spec, aliases)| {
                    let own = spec.tag.as_deref().into_iter().chain(aliases);
                    selected(only, spec).then(|| own.map(str::to_owned).collect())
                })
                .collect()
        }
    };
    Some(OneOff {
        tag: args.tag.clone(),
        registry,
        tags,
    })
}

/// A registry as it is given, with its host.
fn registry(text: &str, sink: &mut Sink) -> Option<String> {
    let (host, path) = split_prefix(text);
    let fault = host_fault(host).or_else(|| match path {
        "" => None,
        path => path_fault(path),
    });
    let Some(fault) = fault else {
        return Some(full_prefix(text));
    };
    let finding = Finding::new(
        &code::INVALID_REFERENCE,
        format!("`{text}` is no registry"),
        place(REGISTRY, text, fault),
    );
    sink.push(finding.help("write host and path, as in `ghcr.io/me` or `localhost:5000`"));
    None
}

/// The tag of each spec that is meant, printed by the template that was given.
fn rendered(
    expanded: &mut Expanded,
    text: &str,
    only: &[Selector],
    sink: &mut Sink,
) -> Option<Vec<Option<Vec<String>>>> {
    let config = &mut expanded.config;
    let file: Arc<SourceFile> = SourceFile::new(TAG, text);
    let words: HashSet<String> = config.axes.iter().map(|a| a.word.to_string()).collect();
    let field = match config
        .fields
        .add(text, 0..text.len(), &|word| words.contains(word))
    {
        Ok(field) => field,
        Err(error) => {
            let span = error.range().unwrap_or(0..text.len());
            let what = error.detail().unwrap_or("a fault of syntax").to_owned();
            let label = "the template cannot be parsed here";
            let place = Place::span(&file, span, label);
            sink.push(Finding::new(&code::TEMPLATE_SYNTAX, what, place));
            return None;
        }
    };
    let mut tags = Vec::new();
    for spec in &expanded.matrix.specs {
        if !selected(only, spec) {
            tags.push(None);
            continue;
        }
        let describe = || format!("for {}", spec.describe(config));
        match config.fields.render(&field, &spec.scope) {
            Ok(tag) => match given_tag_fault(&tag) {
                None => tags.push(Some(vec![tag.into_owned()])),
                Some(fault) => {
                    let headline = format!("`{tag}` is not a tag");
                    let place = place(TAG, text, fault);
                    let finding = Finding::new(&code::INVALID_REFERENCE, headline, place);
                    let help = mend_reference(&tag, given_tag_fault);
                    sink.push(finding.note(describe()).help(help));
                    return None;
                }
            },
            Err(fault) => {
                sink.push(field_finding(&file, &field, fault).note(describe()));
                return None;
            }
        }
    }
    Some(tags)
}

/// Tells what a one-off may not put: what a release puts, and one name for two images.
fn judge(expanded: &Expanded, args: &OneOffArgs, one_off: &OneOff, pushes: bool, sink: &mut Sink) {
    let matrix = &expanded.matrix;
    let ours: HashSet<&str> = matrix
        .specs
        .iter()
        .flat_map(|spec| spec.repositories.iter())
        .map(String::as_str)
        .collect();
    if let (Some(text), true) = (&args.tag, pushes && one_off.registry.is_none())
        && expanded.config.registries.is_empty()
    {
        let finding = Finding::new(
            &code::ONE_OFF_REFUSED,
            "the matrix names no registry to push to",
            place(TAG, text, "pushed where?"),
        );
        sink.push(finding.help("add `--registry` with host and path"));
        return;
    }
    let names = ImageNames::new(&expanded.config, matrix);
    let mut holders: HashMap<String, &Spec> = HashMap::new();
    for (place_of, spec) in matrix.specs.iter().enumerate() {
        if one_off.tags[place_of].is_none() {
            continue;
        }
        let references = one_off.references(matrix, SpecId(place_of));
        if pushes && references.is_empty() {
            sink.push(unpublished(expanded, args, spec));
            return;
        }
        for reference in references {
            let (repository, tag) = reference.rsplit_once(':').unwrap_or_default();
            if pushes
                && ours.contains(repository)
                && let Some(finding) = taken(args, names.as_ref(), repository, tag)
            {
                sink.push(finding);
                return;
            }
            if let Some(other) = holders.insert(reference.clone(), spec) {
                sink.push(shared(expanded, args, &reference, [other, spec]));
                return;
            }
        }
    }
}

/// The finding for a name that is a release's, and none where it is nobody's.
fn taken(
    args: &OneOffArgs,
    names: Option<&ImageNames<'_>>,
    repository: &str,
    tag: &str,
) -> Option<Finding> {
    let stated = names?.states(repository, tag)?;
    let Some(text) = &args.tag else {
        let registry = args.registry.as_deref().unwrap_or_default();
        let finding = Finding::new(
            &code::ONE_OFF_REFUSED,
            format!("`{repository}:{tag}` is what a release puts"),
            place(REGISTRY, registry, "a registry of the matrix"),
        );
        return Some(finding.help("add a `--tag` of your own, or name another registry"));
    };
    let whose = match stated {
        Stated::Now => "a tag of the matrix".to_owned(),
        Stated::Other(release) => format!("the tag of a release: it states `{release}`"),
    };
    let finding = Finding::new(
        &code::ONE_OFF_REFUSED,
        format!("`{repository}:{tag}` is what a release puts"),
        place(TAG, text, whose),
    );
    Some(finding.help("choose a tag that no release has, such as `mine`, or another `--registry`"))
}

/// The finding for two specs with one name.
fn shared(expanded: &Expanded, args: &OneOffArgs, reference: &str, specs: [&Spec; 2]) -> Finding {
    let config = &expanded.config;
    let [one, other] = specs.map(|spec| spec.describe(config));
    let (option, text) = match (&args.tag, &args.registry) {
        (Some(tag), _) => (TAG, tag.as_str()),
        (None, registry) => (REGISTRY, registry.as_deref().unwrap_or_default()),
    };
    let finding = Finding::new(
        &code::ONE_OFF_REFUSED,
        format!("two of the specs would be `{reference}`"),
        place(option, text, "names both of them"),
    )
    .note(format!("they are {one} and {other}"));
    let differ = specs[0].cell.iter().find_map(|(axis, value)| {
        let is_other = specs[1].cell.get(axis) != Some(value);
        is_other.then(|| config.axis(axis).word.clone())
    });
    match differ.filter(|_| args.tag.is_some()) {
        Some(word) => finding.help(format!(
            "select one of them, or print what tells them apart: `--tag '{{{{ {word} }}}}-{text}'`"
        )),
        None => finding.help("select one of them"),
    }
}

/// The finding for a spec that has no name to be pushed by.
fn unpublished(expanded: &Expanded, args: &OneOffArgs, spec: &Spec) -> Finding {
    let registry = args.registry.as_deref().unwrap_or_default();
    Finding::new(
        &code::ONE_OFF_REFUSED,
        format!(
            "{} is not published, so it has no tag",
            spec.describe(&expanded.config)
        ),
        place(REGISTRY, registry, "pushed there by which tag?"),
    )
    .help("add a `--tag` of your own, or leave it out of the selection")
}
