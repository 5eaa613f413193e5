//! Runs that are killed: every file is old or new, and the next run heals.

use std::fs;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::tree::{Files, Tree, bot, matrix, same};

/// Numbers that look random and are the same in every run with one `FAULTS_SEED`.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let seed = std::env::var("FAULTS_SEED")
            .ok()
            .and_then(|s| s.parse().ok());
        Random(seed.unwrap_or(0x5eed))
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Waits until the run has begun to write, or has ended.
fn begun(tree: &Tree, run: &mut Child) -> bool {
    let temporary = tree.at("generated/.tmp");
    let limit = Instant::now() + Duration::from_secs(120);
    while Instant::now() < limit {
        if temporary.exists() {
            return true;
        }
        if run.try_wait().expect("a child").is_some() {
            return false;
        }
        sleep(Duration::from_micros(200));
    }
    panic!("gen does not come to an end");
}

/// Starts a run and kills it some time after its first write.
fn kill_in_mid_write(tree: &Tree, arguments: &[&str], after: Duration) {
    let mut command = tree.command(arguments);
    let mut run = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("gen runs");
    if begun(tree, &mut run) {
        sleep(after);
    }
    // SIGKILL: no handler, no unwinding, no flush.
    let _ = run.kill();
    run.wait().expect("gen ended");
}

/// How many outputs are new and how many are not; fails when one is neither old nor new.
fn whole(tree: &Tree, old: &Files, new: &Files) -> (usize, usize) {
    let (mut fresh, mut stale) = (0, 0);
    for (path, bytes) in tree.files() {
        if path.starts_with("generated/.tmp/") {
            continue;
        }
        let (before, after) = (old.get(&path), new.get(&path));
        assert!(
            before == Some(&bytes) || after == Some(&bytes),
            "{path} is torn: {} bytes, {:?} before, {:?} after",
            bytes.len(),
            before.map(Vec::len),
            after.map(Vec::len)
        );
        if before != after {
            if after == Some(&bytes) {
                fresh += 1;
            } else {
                stale += 1;
            }
        }
    }
    // What both trees have must not be gone in between.
    for path in old.keys().filter(|path| new.contains_key(*path)) {
        assert!(tree.at(path).exists(), "{path} is gone");
    }
    (fresh, stale)
}

#[test]
fn a_kill_in_mid_write_leaves_every_file_old_or_new_and_the_next_run_heals() {
    // A thousand cells; the second matrix adds, changes and drops some.
    let texts = [matrix(10, 0..25, "curl"), matrix(10, 2..27, "wget")];
    let ends = texts.each_ref().map(|text| Tree::written(text).files());
    let tree = Tree::written(&texts[0]);
    let mut random = Random::new();
    let (mut torn_between, mut at) = (0, 0);
    for _ in 0..24 {
        let next = 1 - at;
        tree.write("matrix.toml", &texts[next]);
        kill_in_mid_write(
            &tree,
            &["-q", "matrix"],
            Duration::from_micros(random.below(60_000)),
        );
        let (fresh, stale) = whole(&tree, &ends[at], &ends[next]);
        torn_between += usize::from(fresh > 1 && stale > 1);
        tree.gen_(&["matrix"]).ends(0);
        same(&tree.files(), &ends[next]);
        assert!(!tree.at("generated/.tmp").exists(), "leftovers");
        tree.gen_(&["check"]).ends(0);
        at = next;
        if torn_between == 4 {
            return;
        }
    }
    assert!(
        torn_between > 0,
        "no run was killed in the middle of its work"
    );
}

/// The list of owned paths comes last, so the first run that is killed leaves none.
#[test]
fn a_first_run_that_is_killed_is_taken_up_where_it_stopped() {
    let text = matrix(8, 0..12, "curl");
    let end = Tree::written(&text).files();
    let mut random = Random::new();
    for _ in 0..4 {
        let tree = Tree::new(&text);
        kill_in_mid_write(
            &tree,
            &["-q", "matrix"],
            Duration::from_micros(random.below(30_000)),
        );
        whole(&tree, &Files::new(), &end);
        tree.gen_(&["matrix"]).ends(0);
        same(&tree.files(), &end);
    }
}

/// Kills in a row, between two matrices, and only then a run that may end.
#[test]
fn many_kills_in_a_row_heal_like_one() {
    let texts = [matrix(8, 0..12, "curl"), matrix(8, 4..16, "wget")];
    let end = Tree::written(&texts[0]).files();
    let tree = Tree::written(&texts[0]);
    let mut random = Random::new();
    // Many rounds: what a killed run wrote is an orphan only when the next matrix is another one.
    for round in 0..12 {
        tree.write("matrix.toml", &texts[(round + 1) % 2]);
        kill_in_mid_write(
            &tree,
            &["-q", "matrix"],
            Duration::from_micros(random.below(40_000)),
        );
    }
    tree.write("matrix.toml", &texts[0]);
    tree.gen_(&["matrix"]).ends(0);
    same(&tree.files(), &end);
    assert!(
        fs::read_dir(tree.at("generated"))
            .expect("a folder")
            .count()
            > 3
    );
}

/// The matrix file comes last: until then the edit is still to be seen in the workflow, and is adopted by the next run.
#[test]
fn an_adoption_that_is_killed_is_taken_up_by_the_next() {
    let [old, new] = ["curl", "wget"].map(|package| matrix(8, 0..12, package) + "\n[ci.github]\n");
    let edited = |tree: &Tree| {
        bot(tree);
        tree.write("matrix.toml", &new);
    };
    let reference = Tree::written(&old);
    edited(&reference);
    let before = reference.files();
    reference.gen_(&["matrix", "--adopt"]).ends(0);
    let end = reference.files();
    assert_ne!(before["matrix.toml"], end["matrix.toml"]);
    let mut random = Random::new();
    let mut torn_between = 0;
    for _ in 0..16 {
        let tree = Tree::written(&old);
        edited(&tree);
        kill_in_mid_write(
            &tree,
            &["-q", "matrix", "--adopt"],
            Duration::from_micros(random.below(40_000)),
        );
        let (fresh, stale) = whole(&tree, &before, &end);
        torn_between += usize::from(fresh > 0 && stale > 0);
        if stale > 0 {
            assert_eq!(
                tree.files()["matrix.toml"],
                before["matrix.toml"],
                "the matrix file was written before the outputs"
            );
        }
        tree.gen_(&["matrix", "--adopt"]).ends(0);
        same(&tree.files(), &end);
        if torn_between == 3 {
            return;
        }
    }
    assert!(
        torn_between > 0,
        "no run was killed in the middle of its work"
    );
}
