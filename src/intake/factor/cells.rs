//! Few selectors that hold for some cells and for no others.

use std::collections::{BTreeSet, HashSet};

/// The largest box that is looked at, in cells.
const MOST_CELLS: usize = 100_000;

/// For each axis the values that it holds for.
pub(super) type Selection = Vec<BTreeSet<usize>>;

/// How many cells a selection holds for.
pub(super) fn size(selection: &[BTreeSet<usize>]) -> usize {
    let sizes = selection.iter().map(BTreeSet::len);
    sizes.fold(1usize, usize::saturating_mul)
}

/// The cells of a selection; only for those that are not too large.
pub(super) fn cells(selection: &[BTreeSet<usize>]) -> Option<Vec<Vec<usize>>> {
    if size(selection) > MOST_CELLS {
        return None;
    }
    let mut cells: Vec<Vec<usize>> = vec![Vec::new()];
    for values in selection {
        let longer = cells.iter().flat_map(|cell| {
            values.iter().map(move |value| {
                let mut cell = cell.clone();
                cell.push(*value);
                cell
            })
        });
        cells = longer.collect();
    }
    Some(cells)
}

/// Selections that together hold for all of `wanted`, and for no cell that `allowed` refuses; `counts` says how many values
/// each axis has.
pub(super) fn cover(
    wanted: &[Vec<usize>],
    counts: &[usize],
    allowed: &dyn Fn(&[usize]) -> bool,
) -> Vec<Selection> {
    let mut left: Vec<&Vec<usize>> = wanted.iter().collect();
    let mut found = Vec::new();
    while let Some(seed) = left.first() {
        let best = orders(counts.len())
            .into_iter()
            .map(|order| grown(seed, counts, &order, allowed))
            .max_by_key(|selection| {
                let covered = left.iter().filter(|cell| holds(selection, cell)).count();
                (covered, std::cmp::Reverse(words(selection, counts)))
            });
        let best = best.unwrap_or_else(|| grown(seed, counts, &[], allowed));
        left.retain(|cell| !holds(&best, cell));
        found.push(best);
    }
    found
}

/// How much there is to read in a selection.
fn words(selection: &[BTreeSet<usize>], counts: &[usize]) -> usize {
    let of = |(values, count): (&BTreeSet<usize>, &usize)| match values.len() {
        n if n == *count => 0,
        n if n + 1 == *count => 2,
        n => 1 + n,
    };
    selection.iter().zip(counts).map(of).sum()
}

fn holds(selection: &[BTreeSet<usize>], cell: &[usize]) -> bool {
    let mut all = selection.iter().zip(cell);
    all.all(|(values, value)| values.contains(value))
}

/// The orders in which a selection is let grow: each axis first, forwards and backwards.
fn orders(axes: usize) -> Vec<Vec<usize>> {
    let mut orders = Vec::new();
    for first in 0..axes.max(1) {
        let forward: Vec<usize> = (0..axes).map(|n| (first + n) % axes.max(1)).collect();
        let mut backward = forward.clone();
        backward.reverse();
        orders.push(forward);
        orders.push(backward);
    }
    let mut known = HashSet::new();
    orders.retain(|order| known.insert(order.clone()));
    orders
}

/// The selection that is one cell, let grow axis by axis.
fn grown(
    seed: &[usize],
    counts: &[usize],
    order: &[usize],
    allowed: &dyn Fn(&[usize]) -> bool,
) -> Selection {
    let mut selection: Selection = seed.iter().map(|value| BTreeSet::from([*value])).collect();
    for axis in order {
        for value in 0..counts[*axis] {
            if selection[*axis].contains(&value) {
                continue;
            }
            let mut slice = selection.clone();
            slice[*axis] = BTreeSet::from([value]);
            let Some(cells) = cells(&slice) else {
                continue;
            };
            if cells.iter().all(|cell| allowed(cell)) {
                selection[*axis].insert(value);
            }
        }
    }
    selection
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{cells, cover, holds};

    #[test]
    fn what_is_covered_is_what_is_wanted() {
        let wanted: Vec<Vec<usize>> = vec![vec![0, 0], vec![0, 1], vec![1, 1], vec![2, 1]];
        let set: HashSet<Vec<usize>> = wanted.iter().cloned().collect();
        let found = cover(&wanted, &[3, 2], &|cell| set.contains(cell));
        assert_eq!(found.len(), 2);
        let all: HashSet<Vec<usize>> = found
            .iter()
            .flat_map(|one| cells(one).expect("few"))
            .collect();
        assert_eq!(all, set);
        assert!(
            wanted
                .iter()
                .all(|cell| found.iter().any(|one| holds(one, cell)))
        );
    }
}
