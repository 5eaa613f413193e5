//! Who stands on whom, as nodes and edges: family by family, or spec by spec.

use indexmap::IndexMap;
use serde::Serialize;

use crate::emit::emitters::Emission;
use crate::grammar::SpecId;

/// A graph.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Graph {
    /// What stands on something, or is stood on; upstream images first.
    pub nodes: Vec<Node>,
    /// From what is stood on to what stands on it.
    pub edges: Vec<Edge>,
}

/// One node.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Node {
    /// A plain word, unique in the graph.
    pub id: String,
    /// What it is called: an upstream image, a family, or the id of a spec.
    pub label: String,
    /// `upstream` or `image`.
    pub kind: &'static str,
    /// How many specs it stands for.
    pub specs: usize,
}

/// One edge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Edge {
    /// The node that is stood on.
    pub from: String,
    /// The node that stands on it.
    pub to: String,
    /// `from`, or `needs` where it is lineage besides.
    pub kind: &'static str,
}

/// The graph of specs and all that they stand on; by family with `families`.
pub(super) fn graph(e: &Emission<'_, '_>, shown: &[SpecId], families: bool) -> Graph {
    let mut meant = vec![false; e.matrix.specs.len()];
    shown.iter().for_each(|id| meant[id.0] = true);
    let kept = e.matrix.with_lineage(&meant);
    let name = |id: SpecId| {
        let spec = e.matrix.spec(id);
        match families {
            true => e.config.images[spec.image.0].key.to_string(),
            false => spec.id.to_string(),
        }
    };
    let upstream = |base: &str| match families {
        // Its repository: tags differ from cell to cell.
        true => repository(base).to_owned(),
        false => base.to_owned(),
    };
    let mut bases: IndexMap<String, usize> = IndexMap::new();
    let mut images: IndexMap<String, usize> = IndexMap::new();
    let ids = || (0..kept.len()).map(SpecId).filter(|id| kept[id.0]);
    for id in ids() {
        *images.entry(name(id)).or_default() += 1;
        if let Some(base) = &e.matrix.spec(id).base {
            *bases.entry(upstream(base)).or_default() += 1;
        }
    }
    let node = |kind: &'static str, sign: char| {
        move |(place, (label, specs)): (usize, (&String, &usize))| Node {
            id: format!("{sign}{place}"),
            label: label.clone(),
            kind,
            specs: *specs,
        }
    };
    let nodes = bases.iter().enumerate().map(node("upstream", 'u'));
    let nodes = nodes.chain(images.iter().enumerate().map(node("image", 'i')));
    let mut graph = Graph {
        nodes: nodes.collect(),
        edges: Vec::new(),
    };
    let place = |of: &IndexMap<String, usize>, sign: char, label: &str| {
        let place = of.get_index_of(label).unwrap_or_default();
        format!("{sign}{place}")
    };
    let mut known = rustc_hash::FxHashSet::default();
    let mut add = |from: String, to: String, kind: &'static str| {
        if known.insert((from.clone(), to.clone(), kind)) {
            graph.edges.push(Edge { from, to, kind });
        }
    };
    for id in ids() {
        let spec = e.matrix.spec(id);
        let to = place(&images, 'i', &name(id));
        if let Some(base) = &spec.base {
            add(place(&bases, 'u', &upstream(base)), to.clone(), "from");
        }
        if let Some(below) = &spec.parent {
            add(place(&images, 'i', &name(*below)), to.clone(), "from");
        }
        for below in &spec.needs {
            add(place(&images, 'i', &name(*below)), to.clone(), "needs");
        }
    }
    graph
}

/// A reference without its tag and digest.
fn repository(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or(reference);
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}
