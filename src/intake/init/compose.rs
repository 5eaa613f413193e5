//! Services of a Compose file that build an image of a name.

use indexmap::IndexMap;

use crate::intake::row::{Gathered, Reference, Row, below, path};
use crate::intake::value::{Node, Unreadable, read};

/// The rows of a Compose file in the root.
pub(in crate::intake) fn rows(text: &str) -> Result<Gathered, Unreadable> {
    let node = read(text)?;
    let mut gathered = Gathered::default();
    let services = node.get("services").and_then(Node::map).unwrap_or_default();
    for (name, service) in services {
        let (Some(build), Some(image)) = (service.get("build"), service.get("image")) else {
            continue;
        };
        match row(name, build, image) {
            Ok(row) => gathered.rows.push(row),
            Err(fault) => gathered.unsaid(service.line, format!("service `{name}`: {fault}")),
        }
    }
    Ok(gathered)
}

fn row(name: &str, build: &Node, image: &Node) -> Result<Row, String> {
    let image = image.text().unwrap_or_default();
    if image.contains('$') {
        return Err(format!("`{image}` depends on the environment"));
    }
    let of = |key: &str| build.get(key).and_then(Node::text);
    let stated = build.text().or_else(|| of("context"));
    let context = path(stated.as_deref().unwrap_or("."));
    let context = context.ok_or("its context is no folder of this repository")?;
    let file = of("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
    let dockerfile =
        path(&below(&context, &file)).ok_or("its Dockerfile is not in this repository")?;
    let mut args = IndexMap::new();
    let stated = build.get("args");
    let pairs = stated.and_then(Node::map).unwrap_or_default().iter();
    let mut given: Vec<(String, String)> = pairs
        .map(|(name, value)| (name.clone(), value.text().unwrap_or_default()))
        .collect();
    for item in stated.and_then(Node::list).unwrap_or_default() {
        let text = item.text().unwrap_or_default();
        if let Some((name, value)) = text.split_once('=') {
            given.push((name.to_owned(), value.to_owned()));
        }
    }
    for (arg, value) in given {
        if value.contains('$') {
            return Err(format!("the build arg `{arg}` depends on the environment"));
        }
        args.insert(arg, value);
    }
    Ok(Row {
        line: build.line,
        called: format!("service `{name}`"),
        references: vec![Reference::parse(&image)?],
        args,
        dockerfile: Some(dockerfile),
        context: Some(context),
        target: of("target"),
        ..Row::default()
    })
}
