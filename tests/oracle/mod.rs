//! An independent reading of the matrix: a naive expander that shares no code with the product, and random
//! matrices on which `gen plan` must agree with it.
//!
//! `ORACLE_CASES` is the number of random matrices (200), `ORACLE_SEED` the first of their seeds (1): a failure
//! names its seed and prints, for each way to disagree, the smallest matrix found that still does.

mod cases;
mod compare;
mod draw;
mod example;
mod expand;
mod lineage;
mod merged;
mod model;
mod print;
mod random;
mod read;
mod relations;
mod selected;
mod selector;
mod shrink;
mod tags;
mod template;
mod version;

use std::collections::BTreeMap;

use model::{Fault, Plan, Spec};

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not `{text}`")),
        Err(_) => default,
    }
}

fn seeds() -> impl Iterator<Item = u64> {
    let first = number("ORACLE_SEED", 1);
    first..first + number("ORACLE_CASES", 200)
}

#[test]
fn plan_agrees_with_the_oracle() {
    let seeds: Vec<u64> = seeds().collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let found: BTreeMap<String, String> = std::thread::scope(|scope| {
        let share = |worker: usize| seeds.iter().skip(worker).step_by(workers).copied();
        let running: Vec<_> = (0..workers)
            .map(|worker| {
                let seeds = share(worker);
                scope.spawn(move || disagreements(seeds))
            })
            .collect();
        let done = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        done.flat_map(|found| found.expect("a worker ends"))
            .collect()
    });
    let report: Vec<String> = found.into_values().collect();
    assert!(report.is_empty(), "{}", report.join("\n=====\n"));
}

/// By class, the first disagreement of these seeds, shrunk.
fn disagreements(seeds: impl Iterator<Item = u64>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for seed in seeds {
        let text = print::matrix(&random::matrix(seed));
        let Some(first) = compare::disagreement(&text) else {
            continue;
        };
        if found.contains_key(&first.class) {
            continue;
        }
        let alike = |text: &str| {
            compare::disagreement(text).is_some_and(|found| found.class == first.class)
        };
        let small = shrink::smallest(&text, alike);
        let detail = compare::disagreement(&small).map_or(first.detail, |found| found.detail);
        let report = format!(
            "seed {seed} (ORACLE_SEED={seed} ORACLE_CASES=1)\n{detail}\n--- matrix.toml, shrunk\n{small}"
        );
        found.insert(first.class, report);
    }
    found
}

/// The generator keeps to what the oracle can read, most of its matrices have a plan, and no relation is missing.
#[test]
fn random_matrices_are_worth_comparing() {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut total = 0;
    for seed in seeds() {
        let text = print::matrix(&random::matrix(seed));
        total += 1;
        let traits = match expand::plan(&text) {
            Ok(plan) => traits(&plan),
            Err(Fault::Contradiction(kind, _)) => vec![format!("{kind:?}")],
            Err(Fault::Malformed(why)) => panic!("seed {seed}: {why}\n{text}"),
        };
        for one in traits {
            *counts.entry(one).or_default() += 1;
        }
    }
    println!("{counts:?}");
    let count = |name: &str| counts.get(name).copied().unwrap_or(0);
    assert!(total < 100 || count("plan") * 2 > total, "{counts:?}");
    for name in [
        "parent",
        "needs",
        "alias",
        "copies",
        "three layers",
        "printed arch",
        "folded arch",
        "no axes",
        "unpublished",
        "meta",
        "described",
        "idle taking",
    ] {
        assert!(
            total < 100 || count(name) > 0,
            "no plan with {name}: {counts:?}"
        );
    }
}

fn traits(plan: &Plan) -> Vec<String> {
    let any = |test: &dyn Fn(&Spec) -> bool| plan.specs.iter().any(test);
    let found = [
        ("plan", true),
        ("parent", any(&|spec| spec.parent.is_some())),
        ("needs", any(&|spec| !spec.needs.is_empty())),
        ("alias", any(&|spec| !spec.aliases.is_empty())),
        ("copies", any(&|spec| spec.references.len() > 1)),
        ("three layers", plan.layers >= 3),
        (
            "printed arch",
            any(&|spec| spec.cell.iter().any(|(axis, _)| axis == "arch")),
        ),
        ("folded arch", any(&|spec| spec.platforms.len() > 1)),
        ("meta", any(&|spec| !spec.meta.is_empty())),
        ("described", !plan.described.is_empty()),
        ("unpublished", any(&|spec| !spec.publish)),
        ("idle taking", !plan.taken.is_empty()),
        ("no axes", any(&|spec| spec.cell.is_empty())),
        ("over 40 specs", plan.specs.len() > 40),
    ];
    found
        .iter()
        .filter(|(_, holds)| *holds)
        .map(|(name, _)| name.to_string())
        .collect()
}

#[test]
fn random_matrices_repeat() {
    for seed in 1..20 {
        assert_eq!(
            print::matrix(&random::matrix(seed)),
            print::matrix(&random::matrix(seed))
        );
    }
}
