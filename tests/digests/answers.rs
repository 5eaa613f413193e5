//! What registries answer, and what it is worth.

use super::room::{Room, matrix};
use super::server::{BODY, INDEX, Reply, Server, digest};
use crate::support::stderr;

const AT: &str = "/v2/lib/debian/manifests/13";

/// Locks, and gives the digest and what was asked for it.
fn lock(server: &Server) -> (Vec<String>, Vec<String>) {
    let room = Room::on(server);
    room.gen_(&["lock"]);
    (room.locked(), server.lines())
}

fn locks(replies: &[Reply], asked: &[&str]) {
    let server = Server::script(replies);
    let (digests, lines) = lock(&server);
    let whole = digest(BODY.as_bytes());
    assert_eq!(digests, std::slice::from_ref(&whole));
    let by_digest = format!("{}/{whole}", AT.trim_end_matches("/13"));
    let asked: Vec<String> = asked
        .iter()
        .map(|method| match method.strip_suffix(" it") {
            Some(method) => format!("{method} {by_digest}"),
            None => format!("{method} {AT}"),
        })
        .collect();
    assert_eq!(lines, asked);
}

fn refuses(replies: &[Reply], why: &str) -> Server {
    let server = Server::script(replies);
    let said = Room::on(&server).refused();
    assert!(said.contains(why), "`{why}` is not in\n{said}");
    server
}

#[test]
fn what_is_named_is_looked_at_and_every_kind_of_manifest_is_accepted() {
    let server = Server::script([Reply::stated(BODY)]);
    let (digests, lines) = lock(&server);
    assert_eq!(digests, [digest(BODY.as_bytes())]);
    let by_digest = format!("{}/{}", AT.trim_end_matches("/13"), digests[0]);
    assert_eq!(lines, [format!("HEAD {AT}"), format!("GET {by_digest}")]);
    let seen = &server.seen()[0];
    let accept = seen.header("accept").expect("what is accepted");
    let kinds: Vec<&str> = accept.split(", ").collect();
    assert_eq!(
        kinds,
        [
            INDEX,
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.docker.distribution.manifest.v2+json",
        ]
    );
    assert_eq!(seen.header("authorization"), None);
    let agent = seen.header("user-agent").expect("a name");
    assert!(agent.starts_with("basematrix/"), "{agent}");
}

/// An index with an image for each of these, and an attestation.
fn index(platforms: &[&str]) -> String {
    let platform = |platform: &&str| {
        let mut words = platform.split('/');
        let word = |w: Option<&str>| w.unwrap_or_default().to_owned();
        let (os, arch, variant) = (word(words.next()), word(words.next()), word(words.next()));
        format!(
            "{{\"platform\":{{\"os\":\"{os}\",\"architecture\":\"{arch}\",\"variant\":\"{variant}\"}}}}"
        )
    };
    let all: Vec<String> = platforms.iter().map(platform).collect();
    format!("{{\"schemaVersion\":2,\"manifests\":[{}]}}", all.join(","))
}

/// A matrix of one image for two platforms.
fn for_two(server: &Server) -> Room {
    Room::new(&format!(
        "{}platforms = [\"linux/amd64\", \"linux/arm64\"]\n",
        matrix(&server.host)
    ))
}

#[test]
fn an_index_is_looked_into_once_by_its_digest() {
    let body = index(&["linux/amd64", "linux/arm64/v8", "unknown/unknown"]);
    let server = Server::script([Reply::index(&body)]);
    let room = for_two(&server);
    room.gen_(&["lock"]);
    let whole = digest(body.as_bytes());
    assert_eq!(room.locked(), std::slice::from_ref(&whole));
    let by_digest = format!("GET {}/{whole}", AT.trim_end_matches("/13"));
    assert_eq!(server.lines(), [format!("HEAD {AT}"), by_digest]);
    // One that is not what was asked for is none.
    let other = Reply::index(&index(&["linux/amd64"]));
    let server = Server::script([Reply::index(&body), other]);
    let said = Room::on(&server).refused();
    assert!(said.contains("where `sha256:"), "{said}");
    for bad in ["[]", "{", "{\"manifests\":7}"] {
        let said = Room::on(&Server::script([Reply::index(bad)])).refused();
        assert!(said.contains("its index"), "{said}");
    }
}

#[test]
fn what_is_not_there_for_all_platforms_is_not_locked() {
    let lacks = |reply: Reply, headline: &str| {
        let server = Server::script([reply]);
        let room = for_two(&server);
        let output = room.run(&["lock"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("error[base-platform]"), "{said}");
        assert!(said.contains(headline), "{said}");
        assert!(said.contains("matrix.toml:8:8"), "{said}");
        assert_eq!(room.read("matrix.lock"), None);
    };
    lacks(
        Reply::index(&index(&["linux/amd64", "unknown/unknown"])),
        "/lib/debian:13` is not there for `linux/arm64`",
    );
    lacks(
        Reply::index(&index(&[])),
        "/lib/debian:13` is not there for `linux/amd64` and `linux/arm64`",
    );
    lacks(
        Reply::stated(BODY),
        "/lib/debian:13` is one image and no index, and is stood on for `linux/amd64` and `linux/arm64`",
    );
}

#[test]
fn a_manifest_without_a_stated_digest_has_that_of_its_bytes() {
    locks(&[Reply::manifest(BODY)], &["HEAD", "GET"]);
}

#[test]
fn a_registry_that_knows_no_head_is_asked_for_the_manifest() {
    locks(&[Reply::status(405), Reply::stated(BODY)], &["HEAD", "GET"]);
    locks(&[Reply::status(404), Reply::stated(BODY)], &["HEAD", "GET"]);
}

#[test]
fn what_passes_is_asked_again() {
    let ok = || Reply::stated(BODY);
    for status in [408, 429, 500, 502, 503, 504] {
        let passing = Reply::status(status).header("Retry-After", "0");
        locks(&[passing, ok()], &["HEAD", "HEAD", "GET it"]);
    }
    let again = ["HEAD", "HEAD", "GET it"];
    locks(&[Reply::status(500), ok()], &again);
    locks(&[Reply::hang_up(), ok()], &again);
}

#[test]
fn what_does_not_pass_is_given_up() {
    let busy = Reply::status(429).header("Retry-After", "3600");
    let server = refuses(&[busy], "asks to be left alone for 3600 seconds");
    assert_eq!(server.lines().len(), 1);
    let failing = Reply::status(503).header("Retry-After", "0");
    let server = refuses(&[failing], "answers with status 503");
    assert_eq!(server.lines().len(), 4);
    let server = refuses(&[Reply::status(418)], "answers with status 418");
    assert_eq!(server.lines().len(), 2);
}

#[test]
fn what_is_not_there_is_told_apart() {
    let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
    let server = refuses(
        &[Reply::status(404).body(body)],
        "has no such image: manifest unknown",
    );
    let said = Room::on(&server).refused();
    assert!(said.contains("/lib/debian:13` does not exist"), "{said}");
    assert!(said.contains("correct the name or the tag"), "{said}");
}

#[test]
fn a_redirect_is_followed() {
    let moved = |to: &str| Reply::status(307).header("Location", to);
    let server = Server::new(move |seen, _| match seen.path.as_str() {
        AT => moved("/elsewhere"),
        _ => Reply::stated(BODY),
    });
    let (digests, lines) = lock(&server);
    assert_eq!(digests, [digest(BODY.as_bytes())]);
    assert_eq!(
        lines[..2],
        [format!("HEAD {AT}"), "HEAD /elsewhere".to_owned()]
    );
    let round = Reply::status(307).header("Location", AT);
    let server = refuses(&[round], "it leads round in circles");
    assert!(server.lines().len() < 10);
}

#[test]
fn a_stated_digest_must_be_that_of_the_bytes() {
    let other = digest(b"other");
    let lies = Reply::manifest(BODY).header("Docker-Content-Digest", &other);
    refuses(
        &[Reply::status(405), lies],
        &format!("it says `{other}` of a manifest that has"),
    );
}

/// A header is worth what the bytes say: an empty body has a digest, and a compressed one another.
#[test]
fn a_digest_is_believed_only_of_bytes_that_have_it() {
    let stated = |body: &[u8]| {
        Reply::manifest("")
            .body(body)
            .header("Docker-Content-Digest", &digest(BODY.as_bytes()))
    };
    let whole = Reply::stated(BODY);
    refuses(&[whole.clone(), stated(b"")], "it is empty");
    refuses(&[Reply::status(405), Reply::manifest("")], "it is empty");
    refuses(&[whole.clone(), stated(b"{}")], "of a manifest that has");
    refuses(&[whole.clone(), Reply::manifest("{}")], "was asked for");
    refuses(
        &[Reply::status(405), Reply::manifest("[]")],
        "its manifest cannot be read",
    );
    let compressed = Reply::manifest(BODY).header("Content-Encoding", "gzip");
    let server = refuses(
        &[Reply::status(405), compressed.clone()],
        "it is encoded as `gzip`",
    );
    assert_eq!(server.seen()[1].header("accept-encoding"), Some("identity"));
    refuses(&[whole, compressed], "it is encoded as `gzip`");
}

/// A registry that never answers is named before long, and the run has an end.
#[test]
fn who_hangs_is_named_and_given_up() {
    let server = Server::new(|_, _| {
        std::thread::sleep(std::time::Duration::from_secs(30));
        Reply::stated(BODY)
    });
    let room = Room::on(&server);
    let started = std::time::Instant::now();
    let output = room.run(&["lock", "--timeout", "4"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(started.elapsed().as_secs() < 15, "{said}");
    let waits = format!("waiting for `{}`: 1 image still to ask", server.host);
    assert!(said.contains(&waits), "{said}");
    assert!(said.contains("no answer within the 4 s"), "{said}");
}

#[test]
fn hostile_answers_are_refused() {
    let states = |digest: &str| Reply::manifest(BODY).header("Docker-Content-Digest", digest);
    let whole = digest(BODY.as_bytes());
    for bad in [
        "sha256:0".to_owned(),
        "sha512:".to_owned() + &"0".repeat(128),
        whole.to_uppercase(),
        format!("{whole}\" evil"),
        format!("{whole}0"),
    ] {
        refuses(&[states(&bad)], "is no SHA-256 digest");
    }
    let huge = Reply::manifest("").body(vec![b' '; 5 * 1024 * 1024]);
    refuses(&[Reply::status(405), huge], "it is longer than 4 MiB");
    let portal = Reply::status(200).header("Content-Type", "text/html; charset=utf-8");
    refuses(
        &[portal.body("<html>")],
        "it is `text/html` and no manifest",
    );
    refuses(
        &[Reply::status(200).body(BODY)],
        "it does not say what it is",
    );
    let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let old = Reply::status(200).header("Content-Type", old).body(BODY);
    refuses(
        &[old.header("Docker-Content-Digest", &whole)],
        "manifest.v1+prettyjws` and no manifest",
    );
    let evil = r#"{"errors":[{"message":"\u001b[2Jgone\u202e"}]}"#;
    refuses(
        &[Reply::status(404).body(evil)],
        r"has no such image: \u{1b}[2Jgone\u{202e}",
    );
}

#[test]
fn nobody_at_all_is_told_at_once() {
    let room = Room::new(&matrix("127.0.0.1:1"));
    let said = room.refused();
    assert!(
        said.contains("`127.0.0.1:1` cannot be reached: nobody listens there"),
        "{said}"
    );
}

/// Whoever asks goes through a proxy at which nobody listens (see [`Room::command`]).
#[test]
fn a_proxy_that_is_not_there_is_named_and_told_once_for_all_hosts() {
    let two = format!(
        "{}\n[image.other]\nfrom = \"ghcr.io/lib/alpine:3\"\n",
        matrix("docker.example.org")
    );
    let said = Room::new(&two).refused();
    for part in [
        "the digests of 2 images could not be learned",
        "`docker.example.org` cannot be reached through the proxy `127.0.0.1:1`: nobody listens there",
        "the others: `ghcr.io/lib/alpine:3`",
        "correct `HTTPS_PROXY`",
    ] {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
    assert_eq!(said.matches("error[").count(), 1, "{said}");
}

#[test]
fn a_name_that_no_resolver_knows_is_said_to_be_none() {
    let room = Room::new(&matrix("registry.invalid"));
    let mut command = room.command(&["lock", "--timeout", "5"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
        command.env_remove(name);
    }
    let said = stderr(&command.output().expect("`gen` starts"));
    assert!(
        said.contains("cannot be reached: its name could not be resolved")
            || said.contains("no answer within the 5 s"),
        "{said}"
    );
}
