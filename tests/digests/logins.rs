//! Who we are to a registry.

use super::room::Room;
use super::server::{BODY, Reply, Server};

/// `ada:secret`, as Docker keeps it.
const ADA: &str = "YWRhOnNlY3JldA==";

/// A registry whose own service gives the token that it wants, as Docker Hub's does.
fn with_tokens() -> Server {
    Server::new(|seen, _| {
        let host = seen.header("host").unwrap_or_default();
        if seen.path.starts_with("/token") {
            return Reply::status(200).body(r#"{"access_token": "t0k.en", "expires_in": 60}"#);
        }
        if seen.header("authorization") == Some("Bearer t0k.en") {
            return Reply::stated(BODY);
        }
        let challenge = format!(
            "Bearer realm=\"http://{host}/token?a=b\",service=\"some, registry\",scope=\"repository:lib/debian:pull\""
        );
        Reply::status(401).header("WWW-Authenticate", &challenge)
    })
}

fn auths(host: &str, entry: &str) -> String {
    format!(r#"{{"auths": {{"{host}": {entry}}}}}"#)
}

const TOKEN: &str =
    "GET /token?a=b&service=some%2C%20registry&scope=repository%3Alib%2Fdebian%3Apull";

#[test]
fn a_token_is_fetched_as_nobody() {
    let server = with_tokens();
    let room = Room::on(&server);
    room.gen_(&["lock"]);
    let at = "HEAD /v2/lib/debian/manifests/13";
    assert_eq!(server.lines()[..3], [at, TOKEN, at]);
    assert_eq!(server.seen()[1].header("authorization"), None);
}

#[test]
fn a_token_is_fetched_once_for_a_repository() {
    let server = with_tokens();
    let matrix = format!(
        "[axis]\nv = [\"12\", \"13\", \"14\"]\n[image.low]\ntag = \"{{{{ v }}}}\"\nfrom = \"{}/lib/debian:{{{{ v }}}}\"\n",
        server.host
    );
    let room = Room::new(&matrix);
    room.gen_(&["lock", "--only", "v=12"]);
    let before = server.lines().len();
    room.gen_(&["lock"]);
    let lines = server.lines();
    let fetched = lines[before..].iter().filter(|l| **l == TOKEN).count();
    assert_eq!(fetched, 1, "{lines:?}");
}

#[test]
fn a_password_goes_to_the_token_service_alone() {
    let server = with_tokens();
    let config = auths(&server.host, &format!(r#"{{"auth": "{ADA}"}}"#));
    Room::on(&server).logged_in(&config).gen_(&["lock"]);
    let shown: Vec<Option<String>> = server
        .seen()
        .iter()
        .map(|seen| seen.header("authorization").map(str::to_owned))
        .collect();
    let (basic, bearer) = (format!("Basic {ADA}"), "Bearer t0k.en".to_owned());
    assert_eq!(
        shown,
        [None, Some(basic), Some(bearer.clone()), Some(bearer)]
    );
}

#[test]
fn an_identity_token_is_exchanged() {
    let server = with_tokens();
    let config = auths(
        &server.host,
        r#"{"auth": "MDA6", "identitytoken": "re&fresh"}"#,
    );
    Room::on(&server).logged_in(&config).gen_(&["lock"]);
    let asked = &server.seen()[1];
    assert_eq!(asked.line(), "POST /token?a=b");
    for part in [
        "grant_type=refresh_token",
        "refresh_token=re%26fresh",
        "scope=repository",
    ] {
        assert!(asked.body.contains(part), "{}", asked.body);
    }
}

/// A registry that lets one in.
fn with_password() -> Server {
    Server::new(|seen, _| match seen.header("authorization") {
        Some(shown) if shown == format!("Basic {ADA}") => Reply::stated(BODY),
        _ => Reply::status(401).header("WWW-Authenticate", "Basic realm=\"x\""),
    })
}

#[test]
fn a_password_is_shown_where_it_is_asked_for() {
    let server = with_password();
    let config = auths(&server.host, &format!(r#"{{"auth": "{ADA}"}}"#));
    Room::on(&server).logged_in(&config).gen_(&["lock"]);
    assert_eq!(server.lines().len(), 3);
    let said = Room::on(&server).refused();
    assert!(said.contains("does not exist, or is private"), "{said}");
    assert!(
        said.contains(&format!("`docker login {}`", server.host)),
        "{said}"
    );
}

#[test]
fn a_login_that_is_refused_is_not_shown_for_ever() {
    let refusing =
        Server::new(|_, _| Reply::status(401).header("WWW-Authenticate", "Basic realm=\"x\""));
    let config = auths(&refusing.host, &format!(r#"{{"auth": "{ADA}"}}"#));
    let said = Room::on(&refusing).logged_in(&config).refused();
    assert!(said.contains("does not let us read it"), "{said}");
    assert!(refusing.lines().len() < 5, "{:?}", refusing.lines());
}

#[test]
fn a_login_that_cannot_be_had_is_told() {
    let server = with_password();
    let helper = format!(
        r#"{{"credHelpers": {{"{}": "that-nobody-has"}}}}"#,
        server.host
    );
    let said = Room::on(&server).logged_in(&helper).refused();
    assert!(
        said.contains("`docker-credential-that-nobody-has` is not installed"),
        "{said}"
    );
    let said = Room::on(&server).logged_in("{").refused();
    assert!(
        said.contains("cannot read ") && said.contains("config.json"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_helper_is_asked() {
    use std::os::unix::fs::PermissionsExt;
    let server = with_password();
    let helper = r#"{"credsStore": "played"}"#;
    let room = Room::on(&server).logged_in(helper);
    let tools = tempfile::tempdir().expect("a folder");
    let program = tools.path().join("docker-credential-played");
    let script = format!(
        "#!/bin/sh\nread -r server\n[ \"$1 $server\" = \"get {}\" ] || exit 1\n\
         echo '{{\"ServerURL\":\"x\",\"Username\":\"ada\",\"Secret\":\"secret\"}}'\n",
        server.host
    );
    std::fs::write(&program, script).expect("a program");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, mode).expect("its mode");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", tools.path().display());
    let output = room.command(&["lock"]).env("PATH", path).output();
    let output = output.expect("`gen` starts");
    assert!(
        output.status.success(),
        "{}",
        crate::support::stderr(&output)
    );
}

#[test]
fn a_token_service_that_gives_none_is_refused() {
    for body in [
        "",
        "{}",
        r#"{"token": ""}"#,
        r#"{"token": "a\r\nX: y"}"#,
        "[1",
    ] {
        let server = Server::new(move |seen, _| {
            let host = seen.header("host").unwrap_or_default();
            match seen.path.as_str() {
                "/token?scope=repository%3Alib%2Fdebian%3Apull" => Reply::status(200).body(body),
                _ => Reply::status(401).header(
                    "WWW-Authenticate",
                    &format!("Bearer realm=\"http://{host}/token\""),
                ),
            }
        });
        let said = Room::on(&server).refused();
        assert!(said.contains("gives no token"), "{said}");
    }
    for realm in ["", "ftp://x/", "/token", "file:///etc/passwd"] {
        let challenge = format!("Bearer realm=\"{realm}\"");
        let server = Server::script([Reply::status(401).header("WWW-Authenticate", &challenge)]);
        let said = Room::on(&server).refused();
        assert!(said.contains("no place to show a password"), "{said}");
    }
}

/// What a server at another port was asked, and what it was shown.
fn stray(server: &Server) -> Vec<Option<String>> {
    let seen = server.seen();
    let shown = seen.iter().map(|s| s.header("authorization"));
    shown.map(|s| s.map(str::to_owned)).collect()
}

/// Another port is another place: what runs there need not be the registry's.
#[test]
fn a_login_does_not_follow_a_redirect_to_another_place() {
    let other = Server::script([Reply::stated(BODY)]);
    let to = format!("http://{}/v2/lib/debian/manifests/13", other.host);
    let server = Server::new(move |seen, _| match seen.header("authorization") {
        Some(_) => Reply::status(307).header("Location", &to),
        _ => Reply::status(401).header("WWW-Authenticate", "Basic realm=\"x\""),
    });
    let config = auths(&server.host, &format!(r#"{{"auth": "{ADA}"}}"#));
    Room::on(&server).logged_in(&config).gen_(&["lock"]);
    assert!(!other.seen().is_empty());
    assert!(
        stray(&other).iter().all(Option::is_none),
        "{:?}",
        stray(&other)
    );
}

/// Whoever a redirect leads to may ask who we are; our login is not for them.
#[test]
fn a_place_that_a_redirect_leads_to_is_not_told_who_we_are() {
    let token = Server::script([Reply::status(200).body(r#"{"token": "t"}"#)]);
    let challenge = format!("Bearer realm=\"http://{}/token\"", token.host);
    let other = Server::script([Reply::status(401).header("WWW-Authenticate", &challenge)]);
    let to = format!("http://{}/x", other.host);
    let server = Server::script([Reply::status(307).header("Location", &to)]);
    let config = auths(&server.host, &format!(r#"{{"auth": "{ADA}"}}"#));
    let said = Room::on(&server).logged_in(&config).refused();
    assert!(
        said.contains("another place, which asks who we are"),
        "{said}"
    );
    assert!(token.seen().is_empty());
}

/// A token service that sends elsewhere is not followed with what is for it alone.
#[test]
fn an_identity_token_does_not_follow_a_redirect() {
    let other = Server::script([Reply::status(200).body(r#"{"token": "t"}"#)]);
    let to = format!("http://{}/token", other.host);
    let server = Server::new(move |seen, _| {
        let host = seen.header("host").unwrap_or_default();
        if seen.path.starts_with("/token") {
            return Reply::status(307).header("Location", &to);
        }
        let challenge = format!("Bearer realm=\"http://{host}/token\"");
        Reply::status(401).header("WWW-Authenticate", &challenge)
    });
    let config = auths(&server.host, r#"{"auth": "MDA6", "identitytoken": "re"}"#);
    let said = Room::on(&server).logged_in(&config).refused();
    assert!(
        said.contains("sends elsewhere what is for it alone"),
        "{said}"
    );
    assert!(other.seen().is_empty());
}

/// A registry on this machine may say that another machine knows who we are; without TLS it is not asked.
#[test]
fn a_realm_on_another_machine_without_tls_is_not_asked() {
    let challenge = "Bearer realm=\"http://192.0.2.1/token\",service=\"x\"";
    let server = Server::script([Reply::status(401).header("WWW-Authenticate", challenge)]);
    let config = auths(&server.host, &format!(r#"{{"auth": "{ADA}"}}"#));
    let started = std::time::Instant::now();
    let said = Room::on(&server).logged_in(&config).refused();
    assert!(said.contains("no place to show a password"), "{said}");
    assert!(started.elapsed().as_secs() < 5, "it was asked");
}

/// What is `null` in Docker's configuration is not there, and hides nothing.
#[test]
fn null_hides_no_login() {
    let server = with_password();
    let config = format!(
        r#"{{"auths": {{"{}": {{"auth": "{ADA}"}}, "other": null}}, "credHelpers": null, "credsStore": null}}"#,
        server.host
    );
    Room::on(&server).logged_in(&config).gen_(&["lock"]);
}
