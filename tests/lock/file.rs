//! The file: what is recorded, and reading it back.

use std::fs;

use basematrix::diagnostic::Sink;
use basematrix::lock::Lock;
use basematrix::source::SourceFile;

use super::room::{MATRIX, record};
use crate::support::{project, run, stdout};

fn parse(text: &str) -> Result<Lock, String> {
    let mut sink = Sink::new();
    let lock = Lock::parse(&SourceFile::new("matrix.lock", text), &mut sink);
    let findings = sink.into_sorted();
    match lock {
        Some(lock) if findings.is_empty() => Ok(lock),
        _ => Err(findings
            .iter()
            .map(|f| f.headline.clone())
            .collect::<Vec<_>>()
            .join("; ")),
    }
}

#[test]
fn what_is_recorded_reads_back_and_recording_twice_changes_nothing() {
    let folder = project(&[("matrix.toml", MATRIX)]);
    let lock = record(folder.path());
    let text = lock.to_toml();
    let read = parse(&text).expect("what was written");
    assert_eq!(read.specs, lock.specs);
    assert_eq!((&read.release, &read.after), (&lock.release, &lock.after));
    assert_eq!(read.to_toml(), text);
    assert_eq!(record(folder.path()).to_toml(), text);
    assert_eq!(lock.specs.len(), 3);
}

#[test]
fn locked_digests_stand_in_from_and_survive_a_record() {
    let folder = project(&[("matrix.toml", MATRIX)]);
    let free = record(folder.path()).to_toml();
    let digest = format!("sha256:{}", "ab".repeat(32));
    let base =
        format!("\n[[base]]\nreference = \"docker.io/library/debian:13\"\ndigest = \"{digest}\"\n");
    let (head, specs) = free.split_once("\n[spec").expect("specs");
    fs::write(
        folder.path().join("matrix.lock"),
        format!("{head}{base}\n[spec{specs}"),
    )
    .expect("the lock");
    let pinned = format!("debian:13@{digest}");
    assert!(stdout(&run(folder.path(), &["plan"])).contains(&format!("\"base\": \"{pinned}\"")));
    run(folder.path(), &["matrix"]);
    let dockerfile =
        fs::read_to_string(folder.path().join("generated/docker/low/Dockerfile")).expect("it");
    assert!(
        dockerfile.contains(&format!("FROM {pinned}\n")),
        "{dockerfile}"
    );
    let again = record(folder.path());
    assert_eq!(again.bases.len(), 1);
    assert!(again.to_toml().contains(&digest));
    let low = &again.specs["low"].inputs;
    assert_eq!(
        (low.base.as_deref(), low.digest.as_deref()),
        (Some("debian:13"), Some(&*digest))
    );
}

#[test]
fn the_lock_is_part_of_no_context_and_no_output() {
    let matrix = format!(
        "{MATRIX}[image.own]\ntag = \"own\"\ndockerfile = \"Dockerfile\"\ncontext = \".\"\n"
    );
    let folder = project(&[("matrix.toml", &matrix), ("Dockerfile", "FROM scratch\n")]);
    run(folder.path(), &["matrix"]);
    let before = stdout(&run(folder.path(), &["plan"]));
    let text = record(folder.path()).to_toml();
    assert_eq!(stdout(&run(folder.path(), &["plan"])), before);
    run(folder.path(), &["matrix"]);
    assert_eq!(
        fs::read_to_string(folder.path().join("matrix.lock")).ok(),
        Some(text)
    );
}
