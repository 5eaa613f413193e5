//! The steps of the flow, each by itself, on matrices of growing size: `cargo bench`. The whole binary is timed by
//! `scripts/bench`.

#[path = "../tests/faults/tree.rs"]
mod tree;

use basematrix::diagnostic::Sink;
use basematrix::flow::{self, Expanded, Rendered};
use basematrix::output::compare;
use basematrix::source::Repository;
use divan::{Bencher, counter::ItemsCount};
use tree::{Tree, matrix};

/// Cells of the large image; without optimisation, as in `cargo test`, only that each step runs at all.
const CELLS: &[usize] = if cfg!(debug_assertions) {
    &[192]
} else {
    &[192, 1_000, 3_000, 12_000]
};

fn main() {
    divan::main();
}

/// A repository with a matrix of so many cells.
fn repository(cells: usize) -> (Tree, Repository) {
    let (pythons, cudas) = match cells {
        192 => (4, 12),
        1_000 => (10, 25),
        3_000 => (10, 75),
        _ => (10, 300),
    };
    // `none` is one of the values.
    let tree = Tree::new(&matrix(pythons, 1..cudas, "curl"));
    let repository = Repository::find(tree.path(), None).expect("a repository");
    (tree, repository)
}

fn expanded(repository: &Repository) -> Expanded {
    flow::expand(repository, &mut Sink::new()).expect("a plan")
}

fn rendered(repository: &Repository, expanded: &Expanded) -> Rendered {
    flow::render(repository, expanded, &mut Sink::new()).expect("outputs")
}

/// From the text of the file to specs with names, lineage and aliases.
#[divan::bench(args = CELLS)]
fn expand(bencher: Bencher<'_, '_>, cells: usize) {
    let (_tree, repository) = repository(cells);
    bencher
        .counter(ItemsCount::new(cells))
        .bench_local(|| expanded(&repository));
}

/// From specs to the bytes of every output, contexts hashed.
#[divan::bench(args = CELLS)]
fn render(bencher: Bencher<'_, '_>, cells: usize) {
    let (tree, repository) = repository(cells);
    tree.gen_(&["matrix"]).ends(0);
    let expanded = expanded(&repository);
    bencher
        .counter(ItemsCount::new(cells))
        .bench_local(|| rendered(&repository, &expanded));
}

/// Outputs against a disk on which all is fresh.
#[divan::bench(args = CELLS)]
fn compare_fresh(bencher: Bencher<'_, '_>, cells: usize) {
    let (tree, repository) = repository(cells);
    tree.gen_(&["matrix"]).ends(0);
    let expanded = expanded(&repository);
    let rendered = rendered(&repository, &expanded);
    bencher.counter(ItemsCount::new(cells)).bench_local(|| {
        let drift = compare(&repository, &rendered.tree, &rendered.owned, false);
        assert!(drift.expect("a comparison").is_clean());
    });
}

/// The plan as JSON.
#[divan::bench(args = CELLS)]
fn plan_as_json(bencher: Bencher<'_, '_>, cells: usize) {
    let (_tree, repository) = repository(cells);
    let expanded = expanded(&repository);
    let rendered = rendered(&repository, &expanded);
    bencher
        .counter(ItemsCount::new(cells))
        .bench_local(|| rendered.plan.to_json());
}
