//! Who we are to a registry: what `docker login` left in Docker's `config.json`, or the helper it names.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that asks registries, as whom the user is logged in"
)]

use std::collections::BTreeMap;
use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::registry::fault::harmless;
use crate::registry::small;

/// What Docker calls Docker Hub in its configuration.
const HUB: &str = "https://index.docker.io/v1/";
/// The user name by which a helper says that its secret is a token.
const TOKEN: &str = "<token>";

/// How long a helper may take: it may ask a person.
const HELPER: Duration = Duration::from_secs(30);
/// The longest answer of a helper, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// As whom to speak to a registry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// With a password.
    Password { user: String, password: String },
    /// With a token that the registry's own service exchanges for another.
    Refresh(String),
    /// As nobody; why, where somebody was meant.
    Nobody(Option<String>),
}

/// Docker's `config.json`, as far as it is about logins.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    auths: BTreeMap<String, Entry>,
    store: String,
    helpers: BTreeMap<String, String>,
    /// Why there is nothing in it.
    unread: Option<String>,
}

#[derive(Debug, Default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    token: String,
}

/// What a helper answers.
#[derive(Deserialize)]
struct Helped {
    #[serde(rename = "Username")]
    user: String,
    #[serde(rename = "Secret")]
    secret: String,
}

impl Credentials {
    /// Those of the user: in the folder that `DOCKER_CONFIG` names, else in `~/.docker`.
    pub(super) fn read() -> Self {
        let named = env::var_os("DOCKER_CONFIG").filter(|v| !v.is_empty());
        let folder = named.map(PathBuf::from);
        let home = || Some(env::home_dir()?.join(".docker"));
        let Some(path) = folder.or_else(home).map(|f| f.join("config.json")) else {
            return Credentials::default();
        };
        let unread = |why: String| Credentials {
            unread: Some(format!("cannot read {}: {why}", path.display())),
            ..Credentials::default()
        };
        match small::bytes(&path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(file) => Credentials::of_file(&file),
                Err(error) => unread(error.to_string()),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Credentials::default(),
            Err(error) => unread(error.to_string()),
        }
    }

    /// Those of a file. What is `null` is not there, and an entry of another shape than Docker's hides no other.
    fn of_file(file: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let table = |name: &str| file[name].as_object().into_iter().flatten();
        let entry = |(key, of): (&String, &Value)| {
            let entry = Entry {
                auth: text(&of["auth"]),
                username: text(&of["username"]),
                password: text(&of["password"]),
                token: text(&of["identitytoken"]),
            };
            (key.clone(), entry)
        };
        let helper = |(key, of): (&String, &Value)| (key.clone(), text(of));
        Credentials {
            auths: table("auths").map(entry).collect(),
            store: text(&file["credsStore"]),
            helpers: table("credHelpers").map(helper).collect(),
            unread: None,
        }
    }

    /// As whom to speak to the registry at `host`, found out within `time`: as Docker does, a helper for it first, then the store for all, then
    /// what stands in the file itself.
    pub(super) fn of(&self, host: &str, time: Duration) -> Login {
        let name = if host == "docker.io" { HUB } else { host };
        let helpers = [self.helpers.get(name), self.helpers.get(host)];
        let helper = helpers.into_iter().flatten().find(|name| !name.is_empty());
        let helper = helper.unwrap_or(&self.store);
        let mut why = self.unread.clone();
        if !helper.is_empty() {
            match ask_helper(helper, name, time.min(HELPER)) {
                Ok(Some(login)) => return login,
                Ok(None) => {}
                Err(error) => {
                    why = Some(format!("`docker-credential-{}` {error}", harmless(helper)));
                }
            }
        }
        let named = self.auths.get(name).or_else(|| {
            let mut all = self.auths.iter();
            all.find(|(key, _)| host_of(key) == host_of(name))
                .map(|(_, entry)| entry)
        });
        named.and_then(Entry::login).unwrap_or(Login::Nobody(why))
    }
}

impl Entry {
    fn login(&self) -> Option<Login> {
        if !self.token.is_empty() {
            return Some(Login::Refresh(self.token.clone()));
        }
        let decoded = STANDARD
            .decode(&self.auth)
            .ok()
            .and_then(|b| String::from_utf8(b).ok());
        let (user, password) = match decoded.as_deref().and_then(|text| text.split_once(':')) {
            // Docker once padded it with zeros.
            Some((user, password)) => (user, password.trim_end_matches('\0')),
            None => (self.username.as_str(), self.password.as_str()),
        };
        (!user.is_empty()).then(|| Login::Password {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }
}

/// The host of a key, which may be a URL.
fn host_of(key: &str) -> &str {
    let bare = key.split_once("://").map_or(key, |(_, bare)| bare);
    bare.split('/').next().unwrap_or(bare)
}

/// Asks a program `docker-credential-NAME`, and ends it when it takes longer than `time`; `None` when it knows nobody
/// there.
fn ask_helper(helper: &str, server: &str, time: Duration) -> io::Result<Option<Login>> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !helper.chars().all(word) {
        return Err(io::Error::other("is no name of a program"));
    }
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => io::Error::other("is not installed"),
            _ => io::Error::other(format!("does not start: {error}")),
        })?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not listen answers what it will.
        let _ = input.write_all(server.as_bytes());
    }
    let end = Instant::now() + time;
    let said = child.stdout.take();
    // Read beside, for one that says much waits until it is heard; what it has started may go on after it has ended.
    let (heard, hears) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(said) = said {
            let _ = said.take(LONGEST).read_to_end(&mut bytes);
        }
        let _ = heard.send(bytes);
    });
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                let seconds = time.as_secs();
                return Err(io::Error::other(format!("gave no answer in {seconds} s")));
            }
        }
    };
    let left = end.saturating_duration_since(Instant::now());
    let stdout = hears
        .recv_timeout(left)
        .map_err(|_| io::Error::other("gave an answer without end"))?;
    if !status.success() {
        let said = String::from_utf8_lossy(&stdout);
        return if said.contains("credentials not found") {
            Ok(None)
        } else {
            Err(io::Error::other(format!("failed: {}", harmless(&said))))
        };
    }
    let Helped { user, secret } = serde_json::from_slice(&stdout)
        .map_err(|_| io::Error::other("gave an answer that cannot be read"))?;
    Ok(Some(if user == TOKEN {
        Login::Refresh(secret)
    } else {
        Login::Password {
            user,
            password: secret,
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(10);

    fn read(text: &str) -> Credentials {
        Credentials::of_file(&serde_json::from_str(text).expect("a configuration"))
    }

    fn password(user: &str, password: &str) -> Login {
        Login::Password {
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }

    #[test]
    fn logins_are_found_by_the_names_that_docker_writes() {
        let credentials = read(
            r#"{
                "auths": {
                    "https://index.docker.io/v1/": {"auth": "YWRhOmM6ZA=="},
                    "https://ghcr.io/v2/": {"username": "bob", "password": "x"},
                    "acr.example.com": {"auth": "MDA6", "identitytoken": "t"},
                    "empty.example.com": {},
                    "odd.example.com": {"auth": "%%%"}
                },
                "HttpHeaders": {}
            }"#,
        );
        for (host, login) in [
            ("docker.io", password("ada", "c:d")),
            ("ghcr.io", password("bob", "x")),
            ("acr.example.com", Login::Refresh("t".to_owned())),
            ("empty.example.com", Login::Nobody(None)),
            ("odd.example.com", Login::Nobody(None)),
            ("quay.io", Login::Nobody(None)),
        ] {
            assert_eq!(credentials.of(host, TIME), login, "{host}");
        }
    }

    #[test]
    fn what_is_null_or_odd_hides_nothing_else() {
        let ada = r#""auths": {"ghcr.io": {"auth": "YWRhOmM6ZA=="}, "a": null, "b": 7, "c": {"auth": null}}"#;
        for rest in [
            "\"credHelpers\": null",
            "\"credsStore\": null",
            "\"credHelpers\": {\"ghcr.io\": null}",
            "\"credHelpers\": [1]",
            "\"credsStore\": {}",
            "\"proxies\": null",
        ] {
            let credentials = read(&format!("{{{ada}, {rest}}}"));
            assert_eq!(
                credentials.of("ghcr.io", TIME),
                password("ada", "c:d"),
                "{rest}"
            );
            assert_eq!(credentials.of("c", TIME), Login::Nobody(None), "{rest}");
        }
        for none in ["{\"auths\": null}", "null", "[]", "7"] {
            assert_eq!(
                read(none).of("ghcr.io", TIME),
                Login::Nobody(None),
                "{none}"
            );
        }
    }

    #[test]
    fn a_helper_that_is_not_there_is_told() {
        for (helper, says) in [
            (
                "that-nobody-has",
                "`docker-credential-that-nobody-has` is not installed",
            ),
            (
                "../../sh",
                "`docker-credential-../../sh` is no name of a program",
            ),
        ] {
            let text = format!(r#"{{"credHelpers": {{"quay.io": "{helper}"}}}}"#);
            let credentials = read(&text);
            assert_eq!(
                credentials.of("quay.io", TIME),
                Login::Nobody(Some(says.to_owned()))
            );
            assert_eq!(credentials.of("ghcr.io", TIME), Login::Nobody(None));
        }
    }
}
