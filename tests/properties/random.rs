//! Random matrices: what is written is found fresh, and any edit of it is found.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use basematrix::diagnostic::Sink;
use basematrix::flow::{self, Rendered, Standpoint};
use basematrix::output::{self, Change, Drift, Owned, State};
use basematrix::source::Repository;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use crate::support::today;

const AXES: [&str; 3] = ["python", "cuda", "job"];

/// What the values of `cuda` say of themselves, by their number.
const ATTRIBUTES: [&str; 3] = [", os = \"one\", ubuntu = \"22.04\"", ", os = \"two\"", ""];

/// Selectors by attributes and by sets.
const SELECTORS: [&str; 12] = [
    "{ cuda.os = \"one\" }",
    "{ \"cuda.os\" = \"!t*\" }",
    "{ cuda.ubuntu = \">=22,<23\" }",
    "{ cuda.value = \">=2.1\", cuda.os = \"*\" }",
    "{ cuda.minor = \">=1\", python = \"1.0\" }",
    "\"cuda.os=*,job=3.0\"",
    "\"@some\"",
    "\"!@some\"",
    "{ set = \"@other\", python = \">=1.1\" }",
    "{ set = [\"!@some\", \"@other\"], job = \"3.0\" }",
    "{ set = \"@other,!@some\" }",
    "[\"set=!@other,python=1.*\", { cuda.compact = \"20\" }]",
];

/// What `[set] some` is; `other` is made of it.
const SETS: [&str; 3] = [
    "{ cuda.os = \"o*\" }",
    "{ python = \"!1.0\" }",
    "[{ job = \"3.0\" }, { cuda.ubuntu = \"*\" }]",
];
const OTHERS: [&str; 3] = [
    "\"!@some\"",
    "{ set = \"!@some\", python = \"<=1.1\" }",
    "[\"@some\", { cuda = \"2.0\", python = \"1.0\" }]",
];

#[derive(Clone, Debug)]
struct Image {
    /// Its axes, as bits.
    axes: u8,
    /// Whether it states them, or has those of the defaults.
    states_axes: bool,
    /// Whether it stands on the image before.
    child: bool,
    packages: Vec<&'static str>,
    /// Whether it takes away what the defaults hold.
    takes: bool,
    meta: bool,
    published: bool,
}

#[derive(Clone, Debug)]
struct Shape {
    values: [usize; 3],
    arch: bool,
    images: Vec<Image>,
    /// Axis, value and image, or every image.
    excludes: Vec<(usize, usize, Option<usize>)>,
    /// One more, of [`SELECTORS`], and whether for one platform.
    excluded: Option<(&'static str, bool)>,
    /// None is no defaults: axes as bits, and what the rows match.
    defaults: Option<(Option<u8>, Vec<&'static str>)>,
    sets: (&'static str, &'static str),
    described: bool,
    /// Whether there is one, and whether it says for what.
    alias: Option<bool>,
    pipelines: [bool; 3],
    outputs: [bool; 2],
}

fn images() -> impl Strategy<Value = Vec<Image>> {
    let packages = prop::collection::vec(
        prop::sample::select(&["curl", "git", "it's", "a b", "$x"][..]),
        0..3,
    );
    let image = (
        0_u8..8,
        prop::bool::weighted(0.8),
        any::<bool>(),
        packages,
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.8),
    );
    let image = image.prop_map(
        |(axes, states_axes, child, packages, takes, meta, published)| Image {
            axes,
            states_axes,
            child,
            packages,
            takes,
            meta,
            published,
        },
    );
    prop::collection::vec(image, 1..4)
}

fn shapes() -> impl Strategy<Value = Shape> {
    let selector = || prop::sample::select(&SELECTORS[..]);
    let excludes =
        prop::collection::vec((0_usize..3, 0_usize..3, prop::option::of(0_usize..3)), 0..2);
    let defaults = (
        prop::option::of(0_u8..8),
        prop::collection::vec(selector(), 0..3),
    );
    (
        (prop::array::uniform3(1_usize..4), any::<bool>()),
        images(),
        (excludes, prop::option::of((selector(), any::<bool>()))),
        prop::option::of(defaults),
        (
            prop::sample::select(&SETS[..]),
            prop::sample::select(&OTHERS[..]),
        ),
        (any::<bool>(), prop::option::of(any::<bool>())),
        (any::<[bool; 3]>(), any::<[bool; 2]>()),
    )
        .prop_map(
            |(
                (values, arch),
                images,
                (excludes, excluded),
                defaults,
                sets,
                (described, alias),
                (pipelines, outputs),
            )| Shape {
                values,
                arch,
                images,
                excludes,
                excluded,
                defaults,
                sets,
                described,
                alias,
                pipelines,
                outputs,
            },
        )
}

fn axes_of(bits: u8) -> Vec<&'static str> {
    let there = (0..3).filter(|a| bits & (1 << a) != 0);
    there.map(|a| AXES[a]).collect()
}

fn print(shape: &Shape) -> String {
    let mut text = String::from(
        "[release]\nversion = \"1.0.0\"\n[registry.hub]\nprefix = \"docker.io/acme\"\n[axis]\n",
    );
    for (axis, (name, count)) in AXES.iter().zip(shape.values).enumerate() {
        let value = |v: usize| match (*name, ATTRIBUTES[v]) {
            ("cuda", attributes) => format!("{{ value = \"{}.{v}\"{attributes} }}", axis + 1),
            _ => format!("\"{}.{v}\"", axis + 1),
        };
        let values: Vec<String> = (0..count).map(value).collect();
        let _ = writeln!(text, "{name} = [{}]", values.join(", "));
    }
    if shape.arch {
        text.push_str("arch = [\"amd64\", \"arm64\"]\n");
    }
    let (some, other) = shape.sets;
    let _ = writeln!(text, "[set]\nsome = {some}\nother = {other}");
    excludes(shape, &mut text);
    if let Some((axes, rows)) = &shape.defaults {
        text.push_str("[defaults]\napt = [\"jq\"]\nenv = { SHARED = \"1\" }\nlabels = { shared = \"1\" }\nmeta = { shared = \"{{ image }}\" }\n");
        if let Some(bits) = axes {
            let _ = writeln!(text, "axes = {:?}", axes_of(*bits));
        }
        for (number, row) in rows.iter().enumerate() {
            let _ = writeln!(
                text,
                "[[defaults.when]]\nmatch = {row}\napt = [\"!jq\", \"row-{number}\"]\nenv = {{ ROW = \"{number}\" }}\nmeta = {{ row = \"{number}\", shared = false }}"
            );
        }
    }
    let mut below = 0;
    for (index, image) in shape.images.iter().enumerate() {
        // A child has the axes of its parent, so that there is exactly one.
        let child = image.child && index > 0;
        let of_defaults = shape.defaults.as_ref().and_then(|(axes, _)| *axes);
        let bits = match (child, image.states_axes) {
            (true, _) => image.axes | below,
            (false, true) => image.axes,
            (false, false) => of_defaults.unwrap_or(0b111),
        };
        below = bits;
        let axes = axes_of(bits);
        let printed: String = axes.iter().map(|a| format!("{{{{ {a} }}}}-")).collect();
        let base = if child {
            format!("parent = \"i{}\"", index - 1)
        } else {
            "from = \"debian:13\"".to_owned()
        };
        let _ = writeln!(text, "[image.i{index}]\n{base}");
        if child || image.states_axes {
            let _ = writeln!(text, "axes = {axes:?}");
        }
        if image.published {
            let _ = writeln!(text, "tag = \"{printed}{{{{ release.tag }}}}\"");
        } else {
            text.push_str("publish = false\n");
        }
        let mut packages = image.packages.clone();
        if image.takes {
            packages.insert(0, "!jq");
            text.push_str("labels = { shared = false }\n");
        }
        let taken = if image.takes { ", SHARED = false" } else { "" };
        let _ = writeln!(
            text,
            "apt = {packages:?}\nenv = {{ CELL = \"{printed}\"{taken} }}"
        );
        if image.meta {
            let _ = writeln!(text, "meta = {{ title = \"T {printed}\" }}");
        }
    }
    if shape.described {
        text.push_str("[described.else]\nreference = \"example.com/else:{{ release.version }}\"\nmeta = { of = \"others\" }\n");
    }
    if let Some(narrow) = shape.alias {
        let narrow = if narrow {
            "match = { image = \"i0\" }\n"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "[[alias]]\n{narrow}tags = [\"newest\"]\nnewest = {AXES:?}"
        );
    }
    let pipelines = ["ci.gitlab", "ci.cloud-build", "ci.github"].iter();
    let pipelines = pipelines.zip(shape.pipelines);
    let outputs = ["output.bake", "output.catalog"].iter().zip(shape.outputs);
    for (name, on) in pipelines.chain(outputs) {
        if on {
            let _ = writeln!(text, "[{name}]");
        }
    }
    text
}

fn excludes(shape: &Shape, text: &mut String) {
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
    if let Some((selector, of_platform)) = shape.excluded {
        let selector = match (of_platform && shape.arch, selector.strip_prefix("{ ")) {
            (true, Some(rest)) => format!("{{ arch = \"arm64\", {rest}"),
            _ => selector.to_owned(),
        };
        let _ = writeln!(
            text,
            "[[exclude]]\nmatch = {selector}\nreason = \"not wanted\""
        );
    }
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

/// Every form is in matrices that have a plan; without one nothing would be tried.
#[test]
fn random_matrices_use_the_whole_language() {
    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..200 {
        let shape = shapes().new_tree(&mut runner).expect("a matrix").current();
        let text = print(&shape);
        if Tree::new().look(&text).is_none() {
            continue;
        }
        for form in [
            "cuda.os",
            "cuda.value",
            "cuda.ubuntu =",
            "cuda.minor",
            "match = \"!@",
            "{ set = [",
            "{ set = \"!@some\", ",
            "arch = \"arm64\", set",
            "[defaults]\n",
            "[[defaults.when]]",
            "SHARED = false",
            "title = ",
            "[described",
            "publish = false",
            "[[alias]]\ntags",
            "[output.catalog]",
            "",
        ] {
            *counts.entry(form).or_default() += usize::from(text.contains(form));
        }
    }
    let enough = counts[""] > 120 && counts.values().all(|n| *n > 2);
    assert!(enough, "{counts:?}");
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
