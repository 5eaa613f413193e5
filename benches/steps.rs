//! The steps of the flow, each by itself, on matrices of growing size: `cargo bench --manifest-path benches/Cargo.toml`. The whole binary is timed by
//! `scripts/bench`.

#[path = "support/library.rs"]
mod library;
#[path = "../tests/faults/tree.rs"]
mod tree;

use basematrix::diagnostic::Sink;
use basematrix::facts::Day;
use basematrix::flow::{self, Expanded, Rendered, Standpoint};
use basematrix::output::{Change, compare, write};
use basematrix::release::mentions::ImageNames;
use basematrix::release::pins;
use basematrix::source::Repository;
use divan::{Bencher, counter::ItemsCount};
use library::Library;
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

/// Cells where every provider is on.
const CELLS_EVERYWHERE: &[usize] = if cfg!(debug_assertions) {
    &[192]
} else {
    &[192, 1_000, 5_000]
};

/// A matrix of so many cells.
fn matrix_of(cells: usize) -> String {
    let (pythons, cudas) = match cells {
        192 => (4, 12),
        1_000 => (10, 25),
        3_000 => (10, 75),
        5_000 => (10, 125),
        _ => (10, 300),
    };
    // `none` is one of the values.
    matrix(pythons, 1..cudas, "curl")
}

/// A repository with a matrix of so many cells.
fn repository(cells: usize) -> (Tree, Repository) {
    let tree = Tree::new(&matrix_of(cells));
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

/// From the text of the file to all files written where there was none, with every provider on.
#[divan::bench(args = CELLS_EVERYWHERE)]
fn write_for_every_provider(bencher: Bencher<'_, '_>, cells: usize) {
    let text = matrix_of(cells) + "\n[ci.github]\n\n[ci.cloud-build]\n";
    bencher
        .counter(ItemsCount::new(cells))
        .with_inputs(|| Tree::new(&text))
        .bench_local_values(|tree| {
            let repository = Repository::find(tree.path(), None).expect("a repository");
            let expanded = expanded(&repository);
            let rendered = rendered(&repository, &expanded);
            let drift = compare(&repository, &rendered.tree, &rendered.owned, None, false);
            let drift = drift.expect("a comparison");
            let changes: Vec<&Change> = drift.changes.iter().collect();
            write(&repository, &changes, &[]).expect("outputs on disk");
            assert!(changes.len() > cells);
            tree
        });
}

/// Outputs against a disk on which all is fresh.
#[divan::bench(args = CELLS)]
fn compare_fresh(bencher: Bencher<'_, '_>, cells: usize) {
    let (tree, repository) = repository(cells);
    tree.gen_(&["matrix"]).ends(0);
    let expanded = expanded(&repository);
    let rendered = rendered(&repository, &expanded);
    bencher.counter(ItemsCount::new(cells)).bench_local(|| {
        let drift = compare(&repository, &rendered.tree, &rendered.owned, None, false);
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

/// Files that are mentioned, and pins of ten languages; without optimisation only that it runs at all.
const LIBRARIES: &[Library] = if cfg!(debug_assertions) {
    &[Library {
        pins: 10,
        files: 50,
    }]
} else {
    &[
        Library { pins: 50, files: 1 },
        Library {
            pins: 50,
            files: 1_000,
        },
        Library {
            pins: 50,
            files: 5_000,
        },
    ]
};

/// All that `gen check` does, over a library with pins and mentions.
#[divan::bench(args = LIBRARIES)]
fn check_library(bencher: Bencher<'_, '_>, library: &Library) {
    let tree = library.written();
    bencher.bench_local(|| {
        let repository = Repository::find(tree.path(), None).expect("a repository");
        let mut sink = Sink::new();
        let expanded = flow::expand(&repository, &mut sink).expect("a plan");
        let rendered = flow::render(&repository, &expanded, &mut sink).expect("outputs");
        let standpoint = Standpoint::on(Day::EPOCH);
        let drift = flow::inspect(&repository, &expanded, &rendered, &standpoint, &mut sink);
        assert!(drift.expect("a comparison").is_clean() && sink.is_empty());
    });
}

/// Each pin found in its file.
#[divan::bench(args = LIBRARIES)]
fn look_at_pins(bencher: Bencher<'_, '_>, library: &Library) {
    let tree = library.written();
    let repository = Repository::find(tree.path(), None).expect("a repository");
    let expanded = expanded(&repository);
    let release = expanded.config.release.as_ref().expect("a release");
    bencher
        .counter(ItemsCount::new(library.pins))
        .bench_local(|| {
            let repository = repository.with([]);
            for pin in &release.pins {
                assert_eq!(
                    pins::look(&repository, pin).expect("a place").found.len(),
                    1
                );
            }
        });
}

/// The files of a mention found, read and searched.
#[divan::bench(args = LIBRARIES)]
fn read_mentions(bencher: Bencher<'_, '_>, library: &Library) {
    let tree = library.written();
    let repository = Repository::find(tree.path(), None).expect("a repository");
    let expanded = expanded(&repository);
    let release = expanded.config.release.as_ref().expect("a release");
    let names = ImageNames::new(&expanded.config, &expanded.matrix).expect("a release");
    bencher
        .counter(ItemsCount::new(library.files))
        .bench_local(|| {
            let seen = names.read(&repository, &release.mentions[0], &|_| false);
            assert!(seen.files == library.files && seen.sightings.is_empty());
        });
}
