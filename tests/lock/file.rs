//! The file: what is recorded, and reading it back.

use std::fs;

use basematrix::diagnostic::Sink;
use basematrix::facts::Day;
use basematrix::image::{Digest, Short};
use basematrix::lock::{Below, ContextFiles, Entry, Inputs, Lock, Recorded};
use basematrix::source::{BuildContext, SourceFile};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

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

/// What the lock adds to a base is nothing that the user's Dockerfile had to say.
#[test]
fn a_locked_digest_is_not_asked_of_a_dockerfile_of_the_users() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let matrix = "[image.own]\ntag = \"1\"\nfrom = \"debian:13\"\ndockerfile = \"own/D\"\n";
    let lock = format!(
        "version = 1\ncontent-format = 1\n[[base]]\nreference = \"debian:13\"\ndigest = \"{digest}\"\n"
    );
    let folder = project(&[
        ("matrix.toml", matrix),
        ("matrix.lock", &lock),
        ("own/D", "FROM debian:13\n"),
    ]);
    let findings = |folder: &std::path::Path| {
        run(folder, &["matrix"]);
        stdout(&run(folder, &["check", "--format", "json"]))
    };
    assert!(!findings(folder.path()).contains("parent-ignored"));
    // What the matrix itself declares still is.
    let stated = matrix.replace("debian:13", &format!("debian:13@{digest}"));
    fs::write(folder.path().join("matrix.toml"), &stated).expect("a matrix");
    fs::write(
        folder.path().join("matrix.lock"),
        "version = 1\ncontent-format = 1\n",
    )
    .expect("a lock");
    assert!(findings(folder.path()).contains("parent-ignored"));
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

fn recorded() -> impl Strategy<Value = Recorded> {
    (any::<String>(), any::<String>(), any::<bool>(), 0..10_usize).prop_map(
        |(version, tag, is_final, specs)| Recorded {
            version,
            tag,
            is_final,
            specs,
        },
    )
}

fn day() -> impl Strategy<Value = Option<Day>> {
    option::of((0..20_000i64).prop_filter_map("a day", |day| Day::of_epoch(day * 86_400)))
}

fn below() -> impl Strategy<Value = Below> {
    (any::<String>(), any::<[u8; 4]>()).prop_map(|(spec, bytes)| Below {
        spec,
        content: Short::of(&bytes),
    })
}

fn inputs() -> impl Strategy<Value = Inputs> {
    let texts = || option::of(any::<String>());
    let short = || any::<[u8; 4]>().prop_map(|bytes| Short::of(&bytes));
    (
        (
            short(),
            option::of(short()),
            texts(),
            vec(any::<String>(), 0..3),
        ),
        (texts(), 0..=i64::MAX as u64, texts(), texts()),
        (option::of(below()), vec(below(), 0..3)),
        vec(btree_map(any::<String>(), any::<String>(), 0..3), 4),
    )
        .prop_map(
            |(
                (dockerfile, context, target, platforms),
                (compression, epoch, base, digest),
                (parent, needs),
                tables,
            )| Inputs {
                dockerfile,
                context,
                target,
                platforms,
                compression,
                epoch,
                base,
                digest,
                parent,
                needs,
                // Not in sorted order.
                args: tables[0].clone().into_iter().rev().collect(),
                labels: tables[1].clone().into_iter().collect(),
                pins: tables[2].clone().into_iter().collect(),
                artifacts: tables[3].clone().into_iter().collect(),
            },
        )
}

prop_compose! {
    fn entry()(
        content in any::<[u8; 32]>(),
        since in any::<String>(),
        publish in any::<bool>(),
        recorded in day(),
        inputs in inputs(),
    ) -> Entry {
        Entry { content: content.into(), since, publish, recorded, inputs }
    }
}

prop_compose! {
    fn context()(files in btree_map(any::<String>(), any::<[u8; 32]>(), 0..3)) -> ContextFiles {
        ContextFiles::of(&BuildContext { files, ..BuildContext::default() })
    }
}

prop_compose! {
    fn lock()(
        content_format in any::<u32>(),
        release in option::of(recorded()),
        after in option::of(recorded()),
        last_final in option::of(recorded()),
        (moved, packages) in (day(), day()),
        bases in btree_map("[a-z]{1,5}(/[a-z]{1,5})?(:[a-z0-9]{1,5})?", any::<[u8; 32]>(), 0..3),
        specs in btree_map(any::<String>(), entry(), 0..3),
        contexts in btree_map(any::<[u8; 4]>(), context(), 0..3),
    ) -> Lock {
        let contexts = contexts.into_iter().map(|(bytes, files)| (Short::of(&bytes), files)).collect();
        let bases = bases.into_iter().map(|(name, bytes)| (name, Digest::from(bytes)));
        Lock { content_format, release, after, last_final, moved, packages, bases: bases.collect(), specs, contexts, place: None, conflicted: false }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_lock_reads_back_as_it_was_written(lock in lock()) {
        let text = lock.to_toml();
        let read = parse(&text).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&read.specs, &lock.specs);
        for (id, entry) in &read.specs {
            prop_assert!(entry.inputs.args.keys().eq(lock.specs[id].inputs.args.keys()));
        }
        prop_assert_eq!((read.content_format, &read.release, &read.after, &read.bases), (lock.content_format, &lock.release, &lock.after, &lock.bases));
        prop_assert_eq!(read.to_toml(), text);
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>(), cut in any::<prop::sample::Index>(), lock in lock()) {
        let _ = parse(&text);
        let whole = lock.to_toml();
        let chars: Vec<char> = whole.chars().collect();
        let kept: String = chars[..cut.index(chars.len())].iter().collect();
        let _ = parse(&(kept + &text));
    }
}
