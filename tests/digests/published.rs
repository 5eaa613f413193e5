//! `gen published`: what stands at registries beside what the plan says, and what is asked for that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::room::Room;
use super::server::{INDEX, Reply, SINGLE, Seen, Server, digest};
use crate::support::{stderr, stdout};

/// A registry of manifests by repository and tag.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<BTreeMap<(String, String), String>>>);

impl Shelf {
    fn put(&self, reference: &str, body: &str) {
        let (_, rest) = reference.split_once('/').expect("a host");
        let (repository, tag) = rest.rsplit_once(':').expect("a tag");
        let key = (repository.to_owned(), tag.to_owned());
        self.0
            .lock()
            .expect("the shelf")
            .insert(key, body.to_owned());
    }

    fn take(&self, reference: &str) {
        let (_, rest) = reference.split_once('/').expect("a host");
        let (repository, tag) = rest.rsplit_once(':').expect("a tag");
        let key = (repository.to_owned(), tag.to_owned());
        self.0
            .lock()
            .expect("the shelf")
            .remove(&key)
            .expect("it was there");
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let shelf = self.0.lock().expect("the shelf");
        let path = seen.path.strip_prefix("/v2/").unwrap_or_default();
        if let Some((repository, query)) = path.split_once("/tags/list") {
            let tags: Vec<&str> = shelf
                .keys()
                .filter(|(at, _)| at == repository)
                .map(|(_, tag)| tag.as_str())
                .collect();
            if tags.is_empty() {
                return absent("NAME_UNKNOWN");
            }
            // Two at a time, whatever is asked for.
            let last = query.split_once("last=").map(|(_, last)| last);
            let from = last.map_or(0, |last| tags.partition_point(|tag| *tag <= last));
            let page = &tags[from..tags.len().min(from + 2)];
            let reply = Reply::status(200)
                .body(serde_json::json!({"name": repository, "tags": page}).to_string());
            return match page.last().filter(|_| from + 2 < tags.len()) {
                Some(last) => reply.header(
                    "Link",
                    &format!("</v2/{repository}/tags/list?n=2&last={last}>; rel=\"next\""),
                ),
                None => reply,
            };
        }
        if let Some((_, blob)) = path.split_once("/blobs/") {
            let config = r#"{"os":"linux","architecture":"amd64"}"#;
            assert_eq!(blob, digest(config.as_bytes()));
            return Reply::status(200).body(config);
        }
        let Some((repository, what)) = path.split_once("/manifests/") else {
            return Reply::status(400);
        };
        let found = shelf.iter().find(|((at, tag), body)| {
            at == repository && (tag == what || digest(body.as_bytes()) == what)
        });
        match found {
            Some((_, body)) if body.contains("manifests") => Reply::index(body),
            Some((_, body)) => Reply::stated(body),
            None => absent("MANIFEST_UNKNOWN"),
        }
    }

    fn serve(&self) -> Server {
        let shelf = self.clone();
        Server::new(move |seen, _| shelf.answer(seen))
    }
}

fn absent(code: &str) -> Reply {
    Reply::status(404).body(format!(
        r#"{{"errors":[{{"code":"{code}","message":"none"}}]}}"#
    ))
}

/// An index for these architectures that states a content, if it does.
fn index(arches: &[&str], content: Option<&str>) -> String {
    let child = |arch: &&str| {
        serde_json::json!({
            "mediaType": SINGLE, "digest": digest(arch.as_bytes()), "platform": {"os": "linux", "architecture": arch},
        })
    };
    let mut index = serde_json::json!({
        "schemaVersion": 2, "mediaType": INDEX, "manifests": arches.iter().map(child).collect::<Vec<_>>(),
    });
    if let Some(content) = content {
        index["annotations"] = serde_json::json!({"org.basematrix.content": content});
    }
    index.to_string()
}

/// The manifest of one image.
fn single(content: &str) -> String {
    let config = digest(br#"{"os":"linux","architecture":"amd64"}"#);
    serde_json::json!({
        "schemaVersion": 2, "mediaType": SINGLE, "config": {"digest": config}, "layers": [],
        "annotations": {"org.basematrix.content": content},
    })
    .to_string()
}

fn matrix(host: &str) -> String {
    format!(
        "[release]\nversion = \"1.4.0\"\n\n[registry.one]\nprefix = \"{host}/one\"\n\n[registry.two]\nprefix = \"{host}/two\"\n\n\
         [axis]\narch = [\"amd64\", \"arm64\"]\n\n[image.server]\nfrom = \"debian:trixie-slim\"\n\n\
         [image.tool]\nfrom = \"debian:trixie-slim\"\nplatforms = [\"linux/amd64\"]\nenv = {{ A = \"b\" }}\n\n\
         [[alias]]\nmatch = {{ image = \"server\" }}\ntags = [\"latest\"]\n"
    )
}

/// A registry on which the whole plan is published as it should be.
struct World {
    shelf: Shelf,
    server: Server,
    room: Room,
    plan: Value,
}

impl World {
    fn new() -> Self {
        Self::with("")
    }

    /// One whose matrix says more.
    fn with(more: &str) -> Self {
        let shelf = Shelf::default();
        let server = shelf.serve();
        let room = Room::new(&(matrix(&server.host) + more));
        let plan = serde_json::from_str(&room.gen_(&["plan"]).0).expect("JSON");
        let world = World {
            shelf,
            server,
            room,
            plan,
        };
        for spec in world.specs() {
            let body = world.body(spec);
            for reference in references(spec) {
                world.shelf.put(&reference, &body);
            }
        }
        world
    }

    fn specs(&self) -> &[Value] {
        self.plan["specs"].as_array().expect("specs")
    }

    fn body(&self, spec: &Value) -> String {
        let content = spec["content"].as_str().expect("a hash");
        match spec["image"].as_str() {
            Some("tool") => single(content),
            _ => index(&["amd64", "arm64"], Some(content)),
        }
    }

    /// The exit code, and of each reference that is not `there` its end, state and why.
    fn published(&self, args: &[&str]) -> (Option<i32>, Vec<String>) {
        let output = self
            .room
            .run(&[&["published", "--format", "json"], args].concat());
        let report: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let rows = report["references"].as_array().expect("rows").iter();
        let rows = rows.filter(|row| row["state"] != "there").map(|row| {
            let why = row["why"]
                .as_array()
                .expect("why")
                .iter()
                .filter_map(Value::as_str);
            let at = self.bare(&text(row, "reference"));
            self.bare(
                format!(
                    "{at} {} {}",
                    text(row, "state"),
                    why.collect::<Vec<_>>().join("; ")
                )
                .trim(),
            )
        });
        let unused = report["unused"].as_array().into_iter().flatten();
        let unused = unused.map(|row| {
            self.bare(&format!(
                "{} unused {}",
                text(row, "reference"),
                text(row, "why")
            ))
        });
        (output.status.code(), rows.chain(unused).collect())
    }

    fn bare(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.server.host), "")
            .replace(&self.server.host, "HOST")
    }

    fn at(&self, rest: &str) -> String {
        format!("{}/{rest}", self.server.host)
    }
}

fn references(spec: &Value) -> Vec<String> {
    let list = |key: &str| spec[key].as_array().cloned().unwrap_or_default();
    let all = std::iter::once(spec["content_reference"].clone());
    let all = all.chain(list("references")).chain(list("aliases"));
    all.filter_map(|at| at.as_str().map(str::to_owned))
        .collect()
}

fn short(body: &str) -> String {
    digest(body.as_bytes())[7..19].to_owned()
}

#[test]
fn a_plan_that_is_published_is_all_there() {
    let world = World::new();
    let output = world.room.run(&["published"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "8 references: 8 there\n");
    let table = stdout(&output);
    let server = &world.specs()[0];
    let content = &server["content"].as_str().expect("a hash")[7..19];
    let stands = short(&world.body(server));
    let row = table
        .lines()
        .find(|line| line.contains("/two/server:latest"))
        .expect("a row");
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        words,
        [
            "there",
            &world.at("two/server:latest"),
            &stands,
            "linux/amd64,linux/arm64",
            content
        ]
    );
    let tool = table
        .lines()
        .find(|line| line.contains("/one/tool:v1.4.0"))
        .expect("a row");
    assert!(tool.contains(" linux/amd64 "), "{tool}");

    // One HEAD for each reference, one GET for each digest, and what one image is for once.
    let lines = world.server.lines();
    let lines = &lines[..lines.len()];
    let count = |begin: &str, part: &str| {
        lines
            .iter()
            .filter(|line| line.starts_with(begin) && line.contains(part))
            .count()
    };
    assert_eq!(
        [
            count("HEAD", "/manifests/"),
            count("GET", "/manifests/sha256:"),
            count("GET", "/blobs/")
        ],
        [8, 2, 1]
    );
    assert_eq!(lines.len(), 11);
}

#[test]
fn what_is_not_as_the_plan_says_is_told_with_what_it_is() {
    let world = World::new();
    let server = &world.specs()[0];
    let whole = world.body(server);
    let other = index(&["amd64", "arm64"], None);
    let content = world.bare(server["content_reference"].as_str().expect("a reference"));
    // A release tag that was moved, one that is missing, a copy that differs, an alias at home.
    world.shelf.put(&world.at("one/server:v1.4.0"), &other);
    world.shelf.take(&world.at("two/tool:v1.4.0"));
    world.shelf.put(&world.at("two/server:latest"), &other);
    let holds = format!("holds {}, and `{content}` {}", short(&other), short(&whole));
    let expected = [
        format!("one/server:v1.4.0 differs {holds}"),
        format!("two/server:latest differs {holds}"),
        "two/tool:v1.4.0 missing".to_owned(),
    ];
    assert_eq!(world.published(&[]), (Some(1), expected.to_vec()));
    assert_eq!(
        world.published(&["image=tool"]),
        (Some(1), expected[2..].to_vec())
    );
}

#[test]
fn contents_state_what_they_are_and_have_their_platforms() {
    let world = World::new();
    let server = &world.specs()[0];
    let foreign = index(&["amd64"], Some(&digest(b"something else")));
    for reference in references(server) {
        world.shelf.put(&reference, &foreign);
    }
    let (code, rows) = world.published(&["image=server"]);
    assert_eq!((code, rows.len()), (Some(1), 5));
    let own = &server["content"].as_str().expect("a hash")[7..19];
    let states = &digest(b"something else")[7..19];
    for row in rows {
        let why = format!(
            "differs states the content {states}, and the plan has {own}; lacks `linux/arm64`"
        );
        assert!(row.ends_with(&why), "{row}");
    }
    // What states nothing is no fault: what was published before anything did states nothing.
    let silent = index(&["amd64", "arm64"], None);
    for reference in references(server) {
        world.shelf.put(&reference, &silent);
    }
    assert_eq!(world.published(&["image=server"]), (Some(0), Vec::new()));
    let table = stdout(&world.room.run(&["published", "image=server"]));
    assert!(
        table.lines().skip(1).all(|line| line.ends_with(" none")),
        "{table}"
    );
}

#[test]
fn a_lost_content_is_missing_and_its_tags_are_held_against_each_other() {
    let world = World::new();
    let server = &world.specs()[0];
    let content = server["content_reference"].as_str().expect("a reference");
    world.shelf.take(content);
    let other = index(&["amd64", "arm64"], None);
    world.shelf.put(&world.at("two/server:v1.4.0"), &other);
    let whole = world.body(server);
    let why = format!(
        "two/server:v1.4.0 differs holds {}, and `one/server:v1.4.0` {}",
        short(&other),
        short(&whole)
    );
    assert_eq!(
        world.published(&["image=server"]),
        (
            Some(1),
            vec![format!("{} missing", world.bare(content)), why]
        )
    );
}

#[test]
fn what_a_newer_release_has_has_moved_on() {
    let world = World::new();
    let other = index(&["amd64", "arm64"], None);
    for alias in ["one/server:latest", "two/server:latest"] {
        world.shelf.put(&world.at(alias), &other);
    }
    let marker = |version: &str| {
        let marker = serde_json::json!({
            "schemaVersion": 2, "manifests": [], "annotations": {"org.opencontainers.image.version": version},
        });
        world
            .shelf
            .put(&world.at("one/server:newest-release"), &marker.to_string());
    };
    assert_eq!(
        world.published(&[]).0,
        Some(1),
        "nothing says that it should have moved"
    );
    marker("1.4.0");
    assert_eq!(
        world.published(&[]).0,
        Some(1),
        "this release is the newest"
    );
    marker("1.10.0");
    let moved = ["one", "two"]
        .map(|at| format!("{at}/server:latest moved the newer release 1.10.0 has it"));
    assert_eq!(world.published(&[]), (Some(0), moved.to_vec()));
    // A tag of the release itself never moves.
    world.shelf.put(&world.at("one/server:v1.4.0"), &other);
    assert_eq!(world.published(&[]).0, Some(1));
}

/// Only the registry's own "not found" makes a reference missing.
#[test]
fn who_does_not_answer_plainly_was_not_asked() {
    for (reply, why) in [
        (
            Reply::status(404).body("<html>"),
            "gives no usable answer: it says \"not found\" in other words than a registry's",
        ),
        (
            Reply::status(403).body(r#"{"errors":[{"code":"DENIED","message":"no"}]}"#),
            "does not let us read it: no",
        ),
        (Reply::status(400), "answers with status 400"),
        (
            Reply::status(200)
                .header("Content-Type", "text/html")
                .body("hello"),
            "gives no usable answer: it is `text/html` and no manifest",
        ),
    ] {
        let shelf = Shelf::default();
        let odd = reply.clone();
        let served = shelf.clone();
        let server = Server::new(move |seen, _| match seen.path.contains("/two/") {
            true => odd.clone(),
            false => served.answer(seen),
        });
        let room = Room::new(&matrix(&server.host));
        let plan = serde_json::from_str(&room.gen_(&["plan"]).0).expect("JSON");
        let world = World {
            shelf,
            server,
            room,
            plan,
        };
        let (code, rows) = world.published(&["image=tool"]);
        let content = world.bare(
            world.specs()[1]["content_reference"]
                .as_str()
                .expect("a reference"),
        );
        let expected = [
            format!("{content} missing"),
            "one/tool:v1.4.0 missing".to_owned(),
            format!("two/tool:v1.4.0 unasked `HOST` {why}"),
        ];
        assert_eq!((code, rows), (Some(2), expected.to_vec()));
    }
    let nobody = Room::new(&matrix("127.0.0.1:1"));
    let output = nobody.run(&["published"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "8 references: 8 not known, since a registry could not be asked\n"
    );
    assert!(
        stdout(&output).contains("cannot be reached: nobody listens there"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn one_token_is_asked_for_each_repository() {
    let world = World::new();
    let shelf = world.shelf.clone();
    let guarded = Server::new(move |seen, _| {
        if seen.path.starts_with("/token?") {
            assert_eq!(seen.header("authorization"), Some("Basic YWRhOmM6ZA=="));
            let scope = seen
                .path
                .split_once("scope=")
                .expect("a scope")
                .1
                .to_owned();
            return Reply::status(200)
                .body(serde_json::json!({"token": scope.replace('%', "_")}).to_string());
        }
        let repository = seen
            .path
            .strip_prefix("/v2/")
            .and_then(|path| path.split_once("/manifests"))
            .map_or("", |(at, _)| at);
        let wanted = format!(
            "Bearer repository_3A{}_3Apull",
            repository.replace('/', "_2F")
        );
        match seen.header("authorization") {
            Some(shown) if shown == wanted => shelf.answer(seen),
            Some(other) => panic!("{other} was shown for {wanted}"),
            None => {
                let host = seen.header("host").expect("a host");
                let challenge = format!(
                    "Bearer realm=\"http://{host}/token\",service=\"s\",scope=\"repository:{repository}:pull\""
                );
                Reply::status(401).header("WWW-Authenticate", &challenge)
            }
        }
    });
    let room = Room::new(&matrix(&guarded.host));
    let login = format!(
        r#"{{"auths": {{"{}": {{"auth": "YWRhOmM6ZA=="}}}}}}"#,
        guarded.host
    );
    let room = room.logged_in(&login);
    let output = room.run(&["published", "image=server"]);
    // The hashes are of another host's parents: what counts is who asked whom, and how often.
    assert!(
        stdout(&output).contains("linux/amd64,linux/arm64"),
        "{}",
        stdout(&output)
    );
    let lines = guarded.lines();
    let count = |begin: &str| lines.iter().filter(|line| line.starts_with(begin)).count();
    assert_eq!(count("GET /token?"), 2, "{lines:?}");
    let unshown = guarded
        .seen()
        .iter()
        .filter(|seen| seen.header("authorization").is_none())
        .count();
    assert_eq!(
        unshown, 2,
        "one question for each repository shows nothing: {lines:?}"
    );
}

#[test]
fn what_a_channel_may_have_put_is_in_use() {
    let channel = "\n[channel.edge]\nbranch = \"main\"\nmatch = { image = \"server\" }\ntags = [\"edge\", \"py-{{ commit.short }}\", \"{{ date }}\"]\n";
    let world = World::with(channel);
    for tag in ["edge", "py-0123abc", "20261130"] {
        let content = "content-0000000000aa";
        let body = index(&["amd64"], Some(&digest(tag.as_bytes())));
        world
            .shelf
            .put(&world.at(&format!("one/server:{tag}")), &body);
        let content = format!("{content}{}", tag.len());
        world
            .shelf
            .put(&world.at(&format!("one/server:{content}")), &body);
    }
    assert_eq!(world.published(&["--unused"]), (Some(0), Vec::new()));
    let other = index(&["amd64"], None);
    for tag in ["py-0123abz", "2026113", "edge2"] {
        world
            .shelf
            .put(&world.at(&format!("one/server:{tag}")), &other);
    }
    let (_, unused) = world.published(&["--unused"]);
    let why = "unused no release, alias or channel of the matrix is called so";
    let expected = ["2026113", "edge2", "py-0123abz"];
    assert_eq!(
        unused,
        expected.map(|tag| format!("one/server:{tag} {why}"))
    );
}

#[test]
fn what_nothing_stands_on_is_listed_and_nothing_else() {
    let world = World::new();
    let (server, tool) = (&world.specs()[0], &world.specs()[1]);
    assert_eq!(world.published(&["--unused"]), (Some(0), Vec::new()));
    // What pipelines leave beside it: platforms, a marker, a signature.
    let content = server["content_reference"].as_str().expect("a reference");
    let whole = world.body(server);
    world.shelf.put(&format!("{content}-amd64"), &single("x"));
    world
        .shelf
        .put(&world.at("one/server:newest-release"), &whole);
    let signature = format!(
        "one/server:{}.sig",
        digest(whole.as_bytes()).replace(':', "-")
    );
    world.shelf.put(&world.at(&signature), &single("y"));
    // An older release, with its content, and a newer one with its own.
    for (content, tag) in [
        ("content-0000000000aa", "v1.3.0"),
        ("content-0000000000ab", "v1.5.0"),
    ] {
        let body = index(&["amd64"], Some(&digest(tag.as_bytes())));
        world
            .shelf
            .put(&world.at(&format!("one/server:{content}")), &body);
        world
            .shelf
            .put(&world.at(&format!("one/server:{tag}")), &body);
    }
    assert_eq!(world.published(&["--unused"]), (Some(0), Vec::new()));
    // A content of no release with one of its platforms, a one-off, a tag by hand, and a signature of what is gone.
    world
        .shelf
        .put(&world.at("one/server:content-0000000000ac"), &single("a"));
    world.shelf.put(
        &world.at("one/server:content-0000000000ac-arm64"),
        &single("b"),
    );
    world
        .shelf
        .put(&world.at("two/server:oneoff-0000000000ad"), &single("c"));
    world.shelf.put(&world.at("two/server:mine"), &single("c"));
    world.shelf.put(
        &world.at(&format!(
            "one/tool:{}.sig",
            digest(b"gone").replace(':', "-")
        )),
        &single("d"),
    );
    let content = "unused a content that no release, alias, channel or plan stands on";
    let expected = [
        format!("one/server:content-0000000000ac {content}"),
        format!("one/server:content-0000000000ac-arm64 {content}"),
        format!(
            "one/tool:{}.sig unused says something of an image that no release, alias or plan stands on",
            digest(b"gone").replace(':', "-")
        ),
        "two/server:mine unused no release, alias or channel of the matrix is called so".to_owned(),
        format!("two/server:oneoff-0000000000ad {content}"),
    ];
    assert_eq!(world.published(&["--unused"]), (Some(0), expected.to_vec()));
    // Also of a selection all repositories are looked through.
    assert_eq!(world.published(&["--unused", "image=tool"]).1, expected);
    // What a tag in use holds is not known: then nothing is called unused.
    let (shelf, home) = (world.shelf.clone(), world.bare(&references(tool)[1]));
    let odd = Server::new(move |seen, _| {
        match seen
            .path
            .ends_with(&home.replace("tool:", "tool/manifests/"))
        {
            true => Reply::status(400),
            false => shelf.answer(seen),
        }
    });
    let room = Room::new(&matrix(&odd.host));
    let output = room.run(&["published", "--unused", "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let report: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(report["unused"], Value::Array(Vec::new()));
    assert!(
        stderr(&output).contains("what is unused is not known: "),
        "{}",
        stderr(&output)
    );
}
