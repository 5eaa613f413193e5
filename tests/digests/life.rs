//! What becomes of the repository: the lock, the outputs and the release, as upstream images move.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::room::{Room, matrix};
use super::server::{Reply, Server, digest};
use crate::support::{commit, stderr, stdout};

const DOCKERFILE: &str = "generated/docker/low/Dockerfile";

/// A registry in which every tag points at a manifest that holds its path and what was pushed last.
struct Registry {
    server: Server,
    pushed: Arc<Mutex<String>>,
}

impl Registry {
    fn new() -> Self {
        let pushed = Arc::new(Mutex::new("1".to_owned()));
        let now = pushed.clone();
        // What was asked for by its tag is there by its digest from then on.
        let known: Mutex<BTreeMap<String, String>> = Mutex::default();
        let server = Server::new(move |seen, _| {
            let now = now.lock().expect("what was pushed");
            let mut known = known.lock().expect("what is known");
            let tag = seen.path.rsplit('/').next().unwrap_or_default();
            if let Some(body) = known.get(tag) {
                return Reply::stated(body);
            }
            let body = body(&seen.path, &now);
            known.insert(digest(body.as_bytes()), body.clone());
            Reply::stated(&body)
        });
        Registry { server, pushed }
    }

    fn push(&self, what: &str) {
        what.clone_into(&mut self.pushed.lock().expect("what was pushed"));
    }

    fn digest(&self, repository: &str, tag: &str) -> String {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let pushed = self.pushed.lock().expect("what was pushed");
        digest(body(&path, &pushed).as_bytes())
    }

    /// That of the base of [`Room::on`].
    fn debian(&self) -> String {
        self.digest("lib/debian", "13")
    }
}

fn body(path: &str, pushed: &str) -> String {
    format!("{{\"schemaVersion\":2,\"annotations\":{{\"{path}\":\"{pushed}\"}}}}")
}

/// The first twelve digits of a digest.
fn short(digest: &str) -> &str {
    &digest["sha256:".len()..][..12]
}

/// Every file of a repository.
fn files(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).expect("inside");
                let text = fs::read_to_string(&path).expect("text");
                found.insert(name.to_string_lossy().into_owned(), text);
            }
        }
    }
    found
}

#[test]
fn digests_stand_in_the_lock_and_in_every_output() {
    let registry = Registry::new();
    let room = Room::on(&registry.server);
    room.gen_(&["matrix"]);
    let (out, said) = room.gen_(&["lock"]);
    let new = registry.debian();
    let reference = format!("{}/lib/debian:13", registry.server.host);
    assert_eq!(out, "");
    assert_eq!(
        said,
        format!(
            "  {reference}  new → {}\nlocked 1 base: 1 new, 0 moved, 0 dropped; 2 outputs\n",
            short(&new)
        )
    );
    let dockerfile = room.read(DOCKERFILE).expect("a Dockerfile");
    assert!(
        dockerfile.contains(&format!("FROM {reference}@{new}\n")),
        "{dockerfile}"
    );
    let lock = room.read("matrix.lock").expect("a lock");
    let base = format!("\n[[base]]\nreference = \"{reference}\"\ndigest = \"{new}\"\n");
    assert!(lock.ends_with(&base), "{lock}");
    assert!(!lock.contains("release ="), "{lock}");
    let before = files(room.path());
    room.gen_(&["check", "--deny-warnings"]);
    let (_, said) = room.gen_(&["lock"]);
    assert_eq!(
        said,
        format!(
            "  {reference}  {} stays\n1 base locked; nothing changed\n",
            short(&new)
        )
    );
    room.gen_(&["matrix"]);
    assert_eq!(files(room.path()), before);
}

#[test]
fn packages_are_refreshed_by_a_day_that_counts() {
    let registry = Registry::new();
    let host = &registry.server.host;
    let room = Room::new(&format!(
        "[release]\nversion = \"1.0.0\"\n\n[registry.hub]\nprefix = \"docker.io/acme\"\n\n\
         [image.low]\nfrom = \"{host}/lib/debian:13\"\n\n\
         [image.installs]\nparent = \"low\"\napt = [\"curl\"]\n\n\
         [image.told]\ndockerfile = \"told.Dockerfile\"\n\n\
         [image.untold]\ndockerfile = \"untold.Dockerfile\"\n\n[output.publish]\n"
    ));
    fs::write(
        room.path().join("told.Dockerfile"),
        format!(
            "FROM {host}/lib/debian:13\nARG PACKAGES_DAY\nRUN : $PACKAGES_DAY; apt-get update\n"
        ),
    )
    .expect("a file");
    fs::write(
        room.path().join("untold.Dockerfile"),
        format!("FROM {host}/lib/debian:13\nRUN true\n"),
    )
    .expect("a file");
    room.gen_(&["lock", "--refresh"]);
    room.gen_(&["bump", "--amend"]);
    let installs = "generated/docker/installs/Dockerfile";
    assert!(!room.read(installs).expect("a file").contains("upgrade"));
    let lines = room.read("generated/plan.lines").expect("a plan");
    assert!(!lines.contains("PACKAGES_DAY"), "{lines}");

    let (_, said) = room.gen_(&["lock", "--refresh=packages"]);
    assert!(
        said.contains("  packages are not older than 2026-11-21\n"),
        "{said}"
    );
    assert!(said.contains("2 specs differ from the release"), "{said}");
    let lock = room.read("matrix.lock").expect("a lock");
    assert!(lock.contains("\npackages = \"2026-11-21\"\n"), "{lock}");
    let dockerfile = room.read(installs).expect("a file");
    let begins = "    : not older than 2026-11-21; apt-get update \\\n    && DEBIAN_FRONTEND=noninteractive \
                  apt-get -o Dir::Cache::archives=kept upgrade -y \\\n";
    assert!(dockerfile.contains(begins), "{dockerfile}");
    let lines = room.read("generated/plan.lines").expect("a plan");
    assert!(
        lines.contains("word\ttold\tPACKAGES_DAY=2026-11-21\n"),
        "{lines}"
    );
    assert!(!lines.contains("word\tuntold\tPACKAGES_DAY"), "{lines}");

    // Digests alone move no day, and the same day moves nothing.
    let (_, said) = room.gen_(&["lock"]);
    assert!(said.contains("nothing changed"), "{said}");
    let (_, said) = room.gen_(&["lock", "--refresh=packages"]);
    assert!(said.contains("nothing changed"), "{said}");
    room.gen_(&["bump", "1.0.1"]);
    room.gen_(&["check", "--deny-warnings"]);
    let next = room
        .command(&["lock", "--refresh=packages"])
        .env("SOURCE_DATE_EPOCH", "1795305600")
        .output()
        .expect("`gen` starts");
    assert!(next.status.success());
    let lock = room.read("matrix.lock").expect("a lock");
    assert!(lock.contains("\npackages = \"2026-11-22\"\n"), "{lock}");
}

#[test]
fn what_has_not_moved_for_long_is_told() {
    let registry = Registry::new();
    let room = Room::on(&registry.server);
    room.gen_(&["lock", "--refresh=packages"]);
    let old = |day: &str| {
        let output = room.run(&["check", "--as-of", day]);
        let said = stdout(&output) + &stderr(&output);
        said.matches("note[lock-old]").count()
    };
    assert_eq!(old("2027-05-20"), 0);
    assert_eq!(old("2027-05-21"), 2);
    // To ask again moves nothing by itself, and what moved is of today.
    let later = |args: &[&str]| {
        let mut command = room.command(args);
        let output = command.env("SOURCE_DATE_EPOCH", "1811376000").output();
        assert!(output.expect("`gen` starts").status.success());
    };
    later(&["lock"]);
    assert_eq!(old("2027-05-27"), 2);
    registry.push("2");
    later(&["lock"]);
    assert_eq!(old("2027-05-27"), 1, "packages alone");
    later(&["lock", "--refresh=packages"]);
    assert_eq!(old("2027-05-27"), 0);
    let text = room.read("matrix.toml").expect("a matrix") + "\n[check]\nlock-days = 3\n";
    fs::write(room.path().join("matrix.toml"), text).expect("a file");
    assert_eq!(old("2027-05-31"), 2);
}

#[test]
fn a_reproducible_image_has_the_day_of_its_content() {
    let registry = Registry::new();
    let room = Room::on(&registry.server);
    let more = "\n[image.high]\nparent = \"low\"\napt = [\"curl\"]\n\n[ci]\nreproducible = true\n\n[output.publish]\n";
    let text = room.read("matrix.toml").expect("a matrix") + more;
    fs::write(room.path().join("matrix.toml"), text).expect("a file");
    room.gen_(&["bump", "--amend"]);
    let dated = || {
        let lines = room.read("generated/plan.lines").expect("a plan");
        let dated = lines.lines().filter(|line| line.starts_with("dated\t"));
        dated.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        dated(),
        ["dated\tlow\t1795219200", "dated\thigh\t1795219200"]
    );
    room.gen_(&["check", "--deny-warnings"]);
    let dockerfile = room
        .read("generated/docker/high/Dockerfile")
        .expect("a file");
    assert!(
        dockerfile.contains("    && rm -rf /var/log/apt "),
        "{dockerfile}"
    );
    // What is not recorded has no day: nobody's clock takes its place.
    room.edit("matrix.toml", "\"curl\"", "\"git\"");
    assert!(stderr(&room.run(&["matrix"])).contains("unreleased-change"));
    assert_eq!(dated(), ["dated\tlow\t1795219200"]);
    let next = room
        .command(&["bump", "patch"])
        .env("SOURCE_DATE_EPOCH", "1795305600")
        .output()
        .expect("`gen` starts");
    assert!(next.status.success(), "{}", stderr(&next));
    assert_eq!(
        dated(),
        ["dated\tlow\t1795219200", "dated\thigh\t1795305600"]
    );
    room.gen_(&["check", "--deny-warnings"]);
}

#[test]
fn a_base_that_moved_calls_for_a_release() {
    let registry = Registry::new();
    let room = Room::on(&registry.server);
    room.gen_(&["lock"]);
    room.gen_(&["bump", "--amend"]);
    let recorded = room.read("matrix.lock").expect("a lock");
    let old = registry.debian();
    registry.push("2");
    // Nobody hears of it before the registry is asked.
    room.gen_(&["check", "--deny-warnings"]);
    let (_, said) = room.gen_(&["lock"]);
    let new = registry.debian();
    assert!(
        said.contains(&format!("{} → {}\n", short(&old), short(&new))),
        "{said}"
    );
    assert!(
        said.contains("0 new, 1 moved, 0 dropped; 2 outputs; 1 spec differs"),
        "{said}"
    );
    let lock = room.read("matrix.lock").expect("a lock");
    let only = |text: &str| {
        text.replace(
            &format!(
                "[[base]]\nreference = \"{}/lib/debian:13\"\ndigest = \"{old}\"",
                registry.server.host
            ),
            "",
        )
    };
    assert_eq!(
        only(&lock.replace(
            &format!("\ndigest = \"{new}\""),
            &format!("\ndigest = \"{old}\"")
        )),
        only(&recorded),
        "records are not touched"
    );
    let output = room.run(&["check"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error[unreleased-change]"), "{said}");
    assert!(
        said.contains(short(&new)),
        "the new digest is named: {said}"
    );
    assert!(!said.contains("stale-output"), "{said}");
    room.gen_(&["bump", "patch"]);
    room.gen_(&["check", "--deny-warnings"]);
    assert_eq!(room.locked()[0], new);
}

#[test]
fn what_is_not_meant_keeps_its_digest_and_what_is_not_used_is_dropped() {
    let registry = Registry::new();
    let host = &registry.server.host;
    let text = format!(
        "[axis]\nv = [\"1\", \"2\", \"3\"]\n[image.low]\ntag = \"{{{{ v }}}}\"\nfrom = \"{host}/lib/x:{{{{ v }}}}\"\n"
    );
    let room = Room::new(&text);
    room.gen_(&["lock", "--only", "v=1", "--only", "v=3"]);
    let old = |tag| registry.digest("lib/x", tag);
    let (one, three) = (old("1"), old("3"));
    assert_eq!(room.locked(), [one.clone(), three.clone()]);
    registry.push("2");
    room.edit("matrix.toml", "\"2\", ", "");
    room.gen_(&["lock", "--only", "v=3"]);
    assert_eq!(room.locked(), [one.clone(), old("3")]);
    room.edit("matrix.toml", ", \"3\"", "");
    let (_, said) = room.gen_(&["lock", "--only", "v=1"]);
    assert!(
        said.contains(&format!("/lib/x:3  {} dropped\n", short(&old("3")))),
        "{said}"
    );
    assert_eq!(room.locked(), [old("1")]);
    let output = room.run(&["lock", "--only", "v=9"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn only_what_a_registry_can_say_is_asked_for() {
    let registry = Registry::new();
    let host = &registry.server.host;
    let stated = digest(b"stated");
    let text = format!(
        "[release]\nversion = \"1.0.0\"\n[registry.hub]\nprefix = \"docker.io/acme\"\n\
         [image.a]\nfrom = \"scratch\"\n[image.b]\nfrom = \"{host}/lib/x:1@{stated}\"\n\
         [image.c]\nfrom = \"{host}/lib/x:1\"\n[image.d]\nfrom = \"{host}/lib/x:1\"\n\
         [image.e]\nparent = \"c\"\n[image.f]\nfrom = \"{host}/lib/x\"\n"
    );
    let room = Room::new(&text);
    room.gen_(&["lock"]);
    let mut lines = registry.server.lines();
    lines.retain(|line| !line.contains("/sha256:"));
    lines.sort();
    assert_eq!(
        lines,
        [
            "HEAD /v2/lib/x/manifests/1",
            "HEAD /v2/lib/x/manifests/latest"
        ]
    );
    room.gen_(&["check"]);
    let none = Room::new("[image.a]\ntag = \"1\"\nfrom = \"scratch\"\n");
    none.gen_(&["lock"]);
    assert_eq!(none.read("matrix.lock"), None);
}

#[test]
fn all_digests_are_learned_or_none_is_locked() {
    let server = Server::new(|seen, _| match seen.path.ends_with("/2") {
        true => Reply::status(404),
        false => Reply::stated("{}"),
    });
    let text = format!(
        "[axis]\nv = [\"1\", \"2\"]\n[image.low]\ntag = \"{{{{ v }}}}\"\nfrom = \"{}/lib/x:{{{{ v }}}}\"\n",
        server.host
    );
    let room = Room::new(&text);
    let before = files(room.path());
    let output = room.run(&["lock"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("/lib/x:2` does not exist"), "{said}");
    assert!(said.ends_with("1 error; nothing was locked\n"), "{said}");
    assert_eq!(files(room.path()), before);
}

#[test]
fn a_dry_run_shows_and_writes_nothing() {
    let registry = Registry::new();
    let room = Room::on(&registry.server);
    room.gen_(&["matrix"]);
    let before = files(room.path());
    let (out, said) = room.gen_(&["lock", "--dry-run"]);
    let new = registry.debian();
    assert!(out.contains("+++ b/matrix.lock"), "{out}");
    assert!(out.contains(&format!("/lib/debian:13@{new}\n")), "{out}");
    assert!(said.contains("would lock 1 base: 1 new"), "{said}");
    assert_eq!(files(room.path()), before);
}

#[test]
fn a_run_that_was_cut_short_is_healed_by_the_next() {
    let registry = Registry::new();
    let room = Room::on(&registry.server);
    room.gen_(&["lock"]);
    let old = files(room.path());
    registry.push("2");
    room.gen_(&["lock"]);
    let new = files(room.path());
    let changed: Vec<&String> = new.keys().filter(|p| old.get(*p) != new.get(*p)).collect();
    assert!(changed.len() > 1, "{changed:?}");
    // In whatever order: any of the files may be new already.
    for some in 0..1 << changed.len() {
        for (index, path) in changed.iter().enumerate() {
            let files = if some >> index & 1 == 1 { &new } else { &old };
            fs::write(room.path().join(path), &files[*path]).expect("a file");
        }
        room.gen_(&["lock"]);
        assert_eq!(files(room.path()), new, "{some:b}");
    }
}

#[test]
fn where_something_else_stands_nothing_is_written() {
    let registry = Registry::new();
    let room = Room::on(&registry.server);
    fs::create_dir_all(room.path().join("generated/docker/low")).expect("a folder");
    fs::write(room.path().join(DOCKERFILE), "FROM mine\n").expect("a file");
    let before = files(room.path());
    let output = room.run(&["lock"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("error[not-ours]"),
        "{}",
        stderr(&output)
    );
    assert_eq!(files(room.path()), before);
    fs::remove_file(room.path().join(DOCKERFILE)).expect("a file");
    fs::create_dir(room.path().join("matrix.lock")).expect("a folder");
    let output = room.run(&["lock"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(!room.path().join(DOCKERFILE).exists());
}

#[test]
fn a_lock_that_cannot_be_kept_is_not_replaced() {
    let registry = Registry::new();
    let room = Room::on(&registry.server);
    room.gen_(&["lock"]);
    let good = room.read("matrix.lock").expect("a lock");
    for (text, code) in [
        (
            "<<<<<<< a\nversion = 1\n=======\n>>>>>>> b\n".to_owned(),
            "lock-conflict",
        ),
        (
            good.replace("version = 1\n", "version = 9\n"),
            "lock-format",
        ),
        (good.replace("[[base]]", "[[bases]]"), "lock-syntax"),
    ] {
        fs::write(room.path().join("matrix.lock"), &text).expect("a lock");
        let before = registry.server.lines().len();
        let output = room.run(&["lock"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("error[{code}]")), "{said}");
        assert_eq!(room.read("matrix.lock"), Some(text));
        assert_eq!(registry.server.lines().len(), before, "nobody is asked");
    }
}

#[test]
fn nothing_else_asks_a_registry() {
    let registry = Registry::new();
    let room = Room::on(&registry.server);
    room.gen_(&["lock"]);
    let before = registry.server.lines().len();
    registry.push("2");
    commit(room.path(), "all");
    for args in [
        &["matrix"] as &[&str],
        &["matrix", "--dry-run"],
        &["check", "--deny-warnings"],
        &["check", "--fix"],
        &["list"],
        &["plan"],
        &["explain", "image=low"],
        &["bump", "--amend"],
        &["bump", "minor"],
        &["bump", "--check"],
        &["diff"],
        &["schema"],
        &["completions", "bash"],
    ] {
        room.gen_(args);
    }
    assert_eq!(registry.server.lines().len(), before);
}

#[test]
fn a_reference_is_the_same_however_it_names_docker_hub() {
    // Nothing is asked for where nothing is meant, so that no network is needed.
    let text = matrix("docker.io").replace("docker.io/lib/debian:13", "debian:13");
    let room = Room::new(
        &format!("{text}[axis]\nv = [\"1\"]\n[image.other]\naxes = [\"v\"]\nfrom = \"scratch\"\n")
            .replace("[image.low]", "[image.low]\naxes = []"),
    );
    let locked = digest(b"x");
    fs::write(
        room.path().join("matrix.lock"),
        format!("version = 1\ncontent-format = 1\n\n[[base]]\nreference = \"docker.io/library/debian:13\"\ndigest = \"{locked}\"\n"),
    )
    .expect("a lock");
    room.gen_(&["lock", "--only", "image=other"]);
    let lock = room.read("matrix.lock").expect("a lock");
    assert!(lock.contains("reference = \"debian:13\""), "{lock}");
    assert_eq!(room.locked(), [locked]);
    let output = room.run(&["plan"]);
    assert!(
        stdout(&output).contains("debian:13@sha256:"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn images_that_a_dockerfile_names_are_taken_at_their_digest_and_the_file_stays() {
    let registry = Registry::new();
    let host = &registry.server.host;
    let room = Room::new(&format!(
        "[release]\nversion = \"1.0.0\"\n\n[registry.hub]\nprefix = \"docker.io/acme\"\n\n[output.bake]\n\n\
         [image.low]\nfrom = \"{host}/lib/debian:13\"\n\n\
         [image.own]\nparent = \"low\"\ndockerfile = \"own/Dockerfile\"\n\
         args = {{ TAG = \"3.13\", LOW = \"{{{{ from }}}}\" }}\n"
    ));
    let text = format!(
        "ARG TAG\nARG LOW\nFROM {host}/lib/python:${{TAG}} AS build\nFROM {host}/lib/unbuilt:1 AS other\n\
         FROM $LOW\nCOPY --from={host}/lib/uv /uv /uv\nCOPY --from=build /x /x\n\
         RUN --mount=from={host}/lib/tool@sha256:{},target=/t true\n",
        "0".repeat(64)
    );
    fs::create_dir(room.path().join("own")).expect("a folder");
    fs::write(room.path().join("own/Dockerfile"), &text).expect("a file");
    room.gen_(&["matrix"]);
    let own = |room: &Room| {
        let plan = room.read("generated/plan.json").expect("a plan");
        let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
        plan["specs"][1].clone()
    };
    let before = own(&room);
    let (_, said) = room.gen_(&["lock"]);
    assert!(said.contains("locked 3 bases: 3 new"), "{said}");
    assert_eq!(room.read("own/Dockerfile"), Some(text));
    let after = own(&room);
    assert_ne!(before["content"], after["content"]);
    let named = |name: &str, tag: &str| {
        let digest = registry.digest(&format!("lib/{name}"), tag);
        format!("{host}/lib/{name}:{tag}@{digest}")
    };
    let contexts = &after["contexts"];
    let python = &contexts[format!("{host}/lib/python:3.13")];
    assert_eq!(*python, named("python", "3.13"));
    // As builders look it up: without what is filled in.
    assert_eq!(contexts[format!("{host}/lib/uv")], named("uv", "latest"));
    assert_eq!(
        contexts.as_object().map(serde_json::Map::len),
        Some(3),
        "{contexts}"
    );
    let bake = room.read("docker-bake.json").expect("a bake file");
    let uv = named("uv", "latest");
    let pinned = format!("\"{host}/lib/uv\": \"docker-image://{uv}\"");
    assert!(bake.contains(&pinned), "{bake}");
    room.gen_(&["bump", "--amend"]);
    registry.push("2");
    room.gen_(&["lock"]);
    let said = stderr(&room.run(&["check"]));
    let why = format!("digest of `{host}/lib/uv` `sha256:");
    assert!(said.contains(&why), "{said}");
}

#[test]
fn what_cannot_be_locked_is_said_with_the_reason() {
    let registry = Registry::new();
    let host = &registry.server.host;
    let room = Room::new(
        "[release]\nversion = \"1.0.0\"\n\n[registry.hub]\nprefix = \"docker.io/acme\"\n\n\
         [image.own]\ndockerfile = \"Dockerfile\"\n",
    );
    let text = format!(
        "FROM tool-${{BUILDARCH}} AS a\nFROM python AS python\nCOPY --from=a /a /a\nCOPY --from={host}/lib/x:1 /x /x\n"
    );
    fs::write(room.path().join("Dockerfile"), text).expect("a file");
    let (_, said) = room.gen_(&["lock"]);
    for line in [
        "not locked: what Dockerfile:1 names, since `BUILDARCH` is told by the machine that builds",
        "not locked: what Dockerfile:2 names, since a stage of the file is called `python`, too",
        "locked 1 base: 1 new",
    ] {
        assert!(said.contains(line), "`{line}` is not in\n{said}");
    }
}
