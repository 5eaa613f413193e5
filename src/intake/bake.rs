//! What `docker buildx bake --print` says: every target with all it inherits.

use indexmap::IndexMap;

use crate::grammar::Platform;
use crate::intake::row::{Gathered, Reference, Row, below, path};
use crate::intake::value::Node;

/// Keys of a target that a row has, or that are nothing of the image.
const KNOWN: [&str; 17] = [
    "context",
    "dockerfile",
    "args",
    "tags",
    "platforms",
    "target",
    "cache-from",
    "cache-to",
    "output",
    "pull",
    "no-cache",
    "no-cache-filter",
    "attest",
    "labels",
    "annotations",
    "name",
    "description",
];

pub(super) fn rows(node: &Node) -> Result<Gathered, String> {
    let mut gathered = Gathered::default();
    let targets = node.get("target").and_then(Node::map).unwrap_or_default();
    if node.get("variable").is_some()
        || targets
            .iter()
            .any(|(_, target)| target.get("inherits").is_some() || is_open(target))
    {
        return Err(
            "it is a bake file as people write it; import what `docker buildx bake --print` says, with `all` or the groups to build"
                .to_owned(),
        );
    }
    for (name, target) in targets {
        row(name, target, &mut gathered);
    }
    Ok(gathered)
}

/// What a printed text means: bake prints it so that it could read it again.
fn meant(text: &str) -> String {
    text.replace("$${", "${").replace("%%{", "%{")
}

/// Whether a text holds what bake has yet to fill in.
fn is_open(node: &Node) -> bool {
    let open = |text: &str| {
        let rest = text.replace("$${", "").replace("%%{", "");
        rest.contains("${") || rest.contains("%{")
    };
    node.text().is_some_and(|text| open(&text))
        || node.list().unwrap_or_default().iter().any(is_open)
        || node
            .map()
            .unwrap_or_default()
            .iter()
            .any(|(_, value)| is_open(value))
}

fn row(name: &str, target: &Node, gathered: &mut Gathered) {
    let called = format!("target `{name}`");
    let text = |key: &str| {
        let text = target
            .get(key)
            .and_then(Node::text)
            .filter(|t| !t.is_empty());
        text.map(|text| meant(&text))
    };
    let texts = |key: &str| {
        let items = target.get(key).and_then(Node::list).unwrap_or_default();
        let items = items.iter().filter_map(Node::text);
        items.map(|text| meant(&text)).collect::<Vec<String>>()
    };
    let mut references = Vec::new();
    for tag in texts("tags") {
        match Reference::parse(&tag) {
            Ok(reference) => references.push(reference),
            Err(fault) => gathered.unsaid(
                target.line,
                format!("{called}: `{tag}` is no reference: {fault}"),
            ),
        }
    }
    if references.is_empty() {
        let what = format!("{called} has no tag, so that nothing comes of it");
        return gathered.unsaid(target.line, what);
    }
    if target.get("dockerfile-inline").is_some() {
        let what = format!(
            "{called} holds its Dockerfile (`dockerfile-inline`): write it into a file, and name that"
        );
        return gathered.unsaid(target.line, what);
    }
    for (key, value) in target.map().unwrap_or_default() {
        match key.as_str() {
            "contexts" => gathered.unsaid(
                value.line,
                format!(
                    "{called}: its named contexts are not declared; where they are images of the matrix, `needs` says so"
                ),
            ),
            "labels" => gathered.odd(
                value.line,
                format!("{called}: its labels are not declared; `labels` takes them"),
            ),
            key if !KNOWN.contains(&key) => gathered.unsaid(
                value.line,
                format!("{called}: `{key}` is not declared: the matrix has no such key"),
            ),
            _ => {}
        }
    }
    let context = text("context").unwrap_or_else(|| ".".to_owned());
    let Some(context) = path(&context) else {
        let what =
            format!("{called} is built from `{context}`, which is no folder of this repository");
        return gathered.unsaid(target.line, what);
    };
    let file = text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
    // Bake takes it from the context.
    let Some(dockerfile) = path(&below(&context, &file)) else {
        let what = format!("{called}: its Dockerfile `{file}` is not in this repository");
        return gathered.unsaid(target.line, what);
    };
    let mut platforms = Vec::new();
    for platform in texts("platforms") {
        match Platform::parse(&platform) {
            Some(_) => platforms.push(platform),
            None => gathered.unsaid(
                target.line,
                format!("{called}: `{platform}` is no platform"),
            ),
        }
    }
    let args = target.get("args").and_then(Node::map).unwrap_or_default();
    let mut taken = IndexMap::new();
    for (arg, value) in args {
        match value.text() {
            Some(text) => {
                taken.insert(arg.clone(), meant(&text));
            }
            None => gathered.unsaid(value.line, format!("{called}: the arg `{arg}` is no text")),
        }
    }
    gathered.rows.push(Row {
        line: target.line,
        called,
        references,
        platforms,
        args: taken,
        base: None,
        dockerfile: Some(dockerfile),
        context: Some(context),
        target: text("target"),
        variables: IndexMap::new(),
    });
}

#[cfg(test)]
mod tests {
    use super::rows;
    use crate::intake::value::read;

    #[test]
    fn what_is_printed_is_what_is_built() {
        let printed = r#"{"target": {
            "x": {"context": "docker", "tags": ["acme/x:1"], "args": {"A": "$${HOME}"}, "platforms": ["linux/arm64"]},
            "y": {"context": "https://example.com/x.git", "tags": ["acme/y:1"]},
            "z": {"context": "."}
        }}"#;
        let found = rows(&read(printed).expect("JSON")).expect("a bake file");
        assert_eq!(found.rows.len(), 1);
        assert_eq!(
            found.rows[0].dockerfile.as_deref(),
            Some("docker/Dockerfile")
        );
        assert_eq!(found.rows[0].args["A"], "${HOME}");
        assert_eq!(found.told.len(), 2);
        let written = r#"{"target": {"x": {"tags": ["acme/x:${TAG}"]}}}"#;
        assert!(rows(&read(written).expect("JSON")).is_err());
    }
}
