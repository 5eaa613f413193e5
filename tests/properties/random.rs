//! Random matrices: what is written is found fresh, and any edit of it is found.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use basematrix::diagnostic::Sink;
use basematrix::flow::{self, Rendered, Standpoint};
use basematrix::output::{self, Change, Drift, Owned, State};
use basematrix::source::Repository;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::support::today;

const AXES: [&str; 3] = ["python", "cuda", "job"];

/// An image: its axes as bits, whether it stands on the image before, and its packages.
type Image = (u8, bool, Vec<&'static str>);

#[derive(Clone, Debug)]
struct Shape {
    values: [usize; 3],
    arch: bool,
    images: Vec<Image>,
    /// Axis, value and image, or every image.
    excludes: Vec<(usize, usize, Option<usize>)>,
    alias: bool,
    pipelines: [bool; 3],
}

fn shapes() -> impl Strategy<Value = Shape> {
    let packages = prop::collection::vec(
        prop::sample::select(&["curl", "git", "it's", "a b", "$x"][..]),
        0..3,
    );
    let images = prop::collection::vec((0_u8..8, any::<bool>(), packages), 1..4);
    let excludes =
        prop::collection::vec((0_usize..3, 0_usize..3, prop::option::of(0_usize..3)), 0..2);
    (
        prop::array::uniform3(1_usize..4),
        any::<bool>(),
        images,
        excludes,
        any::<bool>(),
        any::<[bool; 3]>(),
    )
        .prop_map(|(values, arch, images, excludes, alias, pipelines)| Shape {
            values,
            arch,
            images,
            excludes,
            alias,
            pipelines,
        })
}

fn print(shape: &Shape) -> String {
    let mut text = String::from(
        "[release]\nversion = \"1.0.0\"\n[registry.hub]\nprefix = \"docker.io/acme\"\n[axis]\n",
    );
    for (name, count) in AXES.iter().zip(shape.values) {
        let values: Vec<String> = (0..count).map(|v| format!("\"{}.{v}\"", v + 1)).collect();
        let _ = writeln!(text, "{name} = [{}]", values.join(", "));
    }
    if shape.arch {
        text.push_str("arch = [\"amd64\", \"arm64\"]\n");
    }
    for (axis, value, image) in &shape.excludes {
        let value = format!("{}.{value}", value % shape.values[*axis] + 1);
        let image = image.map_or(String::new(), |i| {
            format!("image = \"i{}\", ", i % shape.images.len())
        });
        let _ = writeln!(
            text,
            "[[exclude]]\nmatch = {{ {image}{} = \">={value}\" }}\nreason = \"no\"",
            AXES[*axis]
        );
    }
    let mut below = 0;
    for (index, (bits, child, packages)) in shape.images.iter().enumerate() {
        // A child has the axes of its parent, so that there is exactly one.
        let child = *child && index > 0;
        let bits = if child { bits | below } else { *bits };
        below = bits;
        let axes: Vec<&str> = (0..3)
            .filter(|a| bits & (1 << a) != 0)
            .map(|a| AXES[a])
            .collect();
        let listed: Vec<String> = axes.iter().map(|a| format!("\"{a}\"")).collect();
        let printed: String = axes.iter().map(|a| format!("{{{{ {a} }}}}-")).collect();
        let base = if child {
            format!("parent = \"i{}\"", index - 1)
        } else {
            "from = \"debian:13\"".to_owned()
        };
        let _ = writeln!(
            text,
            "[image.i{index}]\naxes = [{}]\n{base}\ntag = \"{printed}{{{{ release.tag }}}}\"\napt = {packages:?}\nenv = {{ CELL = \"{printed}\" }}",
            listed.join(", ")
        );
    }
    if shape.alias {
        text.push_str("[[alias]]\nmatch = { image = \"i0\" }\ntags = [\"newest\"]\nnewest = [\"python\", \"cuda\", \"job\"]\n");
    }
    for (name, on) in ["gitlab", "cloud-build", "github"]
        .iter()
        .zip(shape.pipelines)
    {
        if on {
            let _ = writeln!(text, "[ci.{name}]");
        }
    }
    text
}

struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Tree(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Renders the matrix, and compares it with the disk; nothing when it has no plan.
    fn look(&self, text: &str) -> Option<(Repository, Rendered, Drift)> {
        fs::write(self.0.path().join("matrix.toml"), text).expect("a file");
        let repository = Repository::find(self.0.path(), None).expect("a repository");
        let mut sink = Sink::new();
        let expanded = flow::expand(&repository, &mut sink).ok()?;
        let rendered = flow::render(&repository, &expanded, &mut sink).ok()?;
        let drift = flow::inspect(
            &repository,
            &expanded,
            &rendered,
            &Standpoint::on(today()),
            &mut sink,
        )
        .expect("a comparison");
        Some((repository, rendered, drift))
    }

    fn write(&self, text: &str) -> Option<()> {
        let (repository, _, drift) = self.look(text)?;
        let changes: Vec<&Change> = drift.changes.iter().collect();
        output::write(&repository, &changes, &[]).expect("a written tree");
        Some(())
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path
                        .strip_prefix(self.0.path())
                        .expect("below")
                        .to_string_lossy()
                        .into_owned();
                    found.insert(name, fs::read(path).expect("a file"));
                }
            }
        }
        found
    }
}

/// What is done to the bytes of a file.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Replace(u8),
    Insert(u8),
    Delete,
    Cut,
}

fn edits() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<u8>().prop_map(Edit::Replace),
        any::<u8>().prop_map(Edit::Insert),
        Just(Edit::Delete),
        Just(Edit::Cut),
    ]
}

fn edited(bytes: &[u8], at: usize, edit: Edit) -> Vec<u8> {
    let mut out = bytes.to_vec();
    match edit {
        Edit::Replace(byte) => out[at] = byte,
        Edit::Insert(byte) => out.insert(at, byte),
        Edit::Delete => drop(out.remove(at)),
        Edit::Cut => out.truncate(at),
    }
    out
}

fn lf(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    /// Written once, nothing differs; written over another matrix, nothing of that one is left.
    #[test]
    fn what_is_written_is_fresh_and_leaves_no_trace_of_what_was_before(one in shapes(), other in shapes()) {
        let (one, other) = (print(&one), print(&other));
        let tree = Tree::new();
        prop_assume!(tree.write(&one).is_some());
        let (_, _, drift) = tree.look(&one).expect("it had a plan");
        prop_assert!(drift.is_clean(), "{:?}\n{one}", drift.changes);
        let first = tree.files();
        prop_assume!(tree.write(&other).is_some());
        let (_, _, drift) = tree.look(&other).expect("it had a plan");
        prop_assert!(drift.is_clean(), "{:?}\n{other}", drift.changes);
        tree.write(&one);
        prop_assert!(tree.files() == first, "{one}\n--- after\n{other}");
    }

    /// Whatever byte of whatever output is edited, `check` finds that very file.
    #[test]
    fn any_edit_of_any_output_is_found(
        shape in shapes(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), edits()), 24),
    ) {
        let text = print(&shape);
        let tree = Tree::new();
        prop_assume!(tree.write(&text).is_some());
        let (repository, rendered, _) = tree.look(&text).expect("it had a plan");
        let mut files = tree.files();
        files.remove("matrix.toml");
        let paths: Vec<&String> = files.keys().collect();
        for (file, place, edit) in edits {
            let path = paths[file.index(paths.len())];
            let bytes = &files[path];
            let after = edited(bytes, place.index(bytes.len()), edit);
            // Line ends do not count.
            if lf(&after) == lf(bytes) {
                continue;
            }
            let at = tree.0.path().join(path);
            fs::write(&at, &after).expect("an edited file");
            let owned = Owned::read(&repository).expect("a list");
            let drift = output::compare(&repository, &rendered.tree, &owned, None, false).expect("a comparison");
            let found = drift.changes.iter().any(|c| c.path == *path && c.state != State::Fresh);
            prop_assert!(found, "{path}: {edit:?} at {} is not found", place.index(bytes.len()));
            fs::write(&at, bytes).expect("the file as it was");
        }
    }
}
