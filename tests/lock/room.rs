//! A small repository, and its lock recorded as `gen bump` does.

use std::fs;
use std::path::Path;

use basematrix::diagnostic::Sink;
use basematrix::facts::Day;
use basematrix::flow;
use basematrix::lock::Lock;
use basematrix::source::Repository;

/// Records the lock of the repository in `folder`, as it stands.
pub(super) fn record(folder: &Path) -> Lock {
    let repository = Repository::find(folder, None).expect("a repository");
    let mut sink = Sink::new();
    let expanded = flow::expand(&repository, &mut sink).expect("a plan");
    let rendered = flow::render(&repository, &expanded, &mut sink).expect("outputs");
    let lock = Lock::record(
        expanded.lock.as_ref(),
        &expanded.config,
        &expanded.matrix,
        &rendered.contents,
        Day::EPOCH,
    );
    fs::write(folder.join("matrix.lock"), lock.to_toml()).expect("the lock");
    lock
}

/// An upstream base, a child by content, and a grandchild with an arg.
pub(super) const MATRIX: &str = r#"
[release]
version = "1.0.0"

[image.low]
from = "debian:13"
apt = ["curl"]

[image.middle]
parent = "low"
tag = "middle-{{ release.tag }}"

[image.high]
parent = "middle"
tag = "high-{{ release.tag }}"
args = { TORCH = "2.6" }
"#;
