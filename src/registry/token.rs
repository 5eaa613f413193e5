//! What a registry is shown so that it answers: a password, or a token that its service gives for one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::registry::Fault;
use crate::registry::challenge::{Challenge, challenges};
use crate::registry::credentials::Login;
use crate::registry::fault::harmless;
use crate::registry::http::{Answer, Http, Method, Origin, Request, is_local};

/// What a token service answers; both names are in use.
#[derive(Deserialize)]
struct Granted {
    token: Option<String>,
    access_token: Option<String>,
}

/// What there is to a token service.
pub(super) struct Asking<'a> {
    /// How it is asked.
    pub http: &'a Http,
    /// Whether the registry is on this machine.
    pub local: bool,
    /// As whom.
    pub login: &'a Login,
    /// What the token is for where the challenge does not say: `repository:library/python:pull`.
    pub scope: &'a str,
}

impl Asking<'_> {
    /// The header `Authorization` that an answer with status 401 asks for.
    ///
    /// # Errors
    /// When there is none to be had.
    pub(super) fn authorization(&self, refused: &Answer) -> Result<String, Fault> {
        let all: Vec<Challenge> = refused
            .all("www-authenticate")
            .flat_map(challenges)
            .collect();
        let of = |scheme: &str| all.iter().find(|c| c.scheme == scheme);
        if let Some(bearer) = of("bearer") {
            return Ok(format!("Bearer {}", self.token(bearer)?));
        }
        match (of("basic"), basic(self.login)) {
            (Some(_), Some(basic)) => Ok(basic),
            _ => Err(self.denied(refused)),
        }
    }

    /// That we are not let in, and what may be the cause.
    pub(super) fn denied(&self, answer: &Answer) -> Fault {
        Fault::Denied(match self.login {
            Login::Nobody(Some(why)) => why.clone(),
            _ => answer.said(),
        })
    }

    fn token(&self, bearer: &Challenge) -> Result<String, Fault> {
        let realm = bearer.get("realm").unwrap_or_default();
        // Anybody on the way reads what is not over TLS, but for what stays on this machine.
        let safe = Origin::of(realm).is_some_and(|origin| {
            origin.scheme == "https" || (self.local && is_local(origin.host))
        });
        if !safe {
            let realm = harmless(realm);
            return Err(Fault::Answer(format!(
                "it sends us for a token to `{realm}`, which is no place to show a password"
            )));
        }
        let service = bearer.get("service").unwrap_or_default();
        let scope = bearer.get("scope").unwrap_or(self.scope);
        let mut asked = vec![("service", service), ("scope", scope)];
        asked.retain(|(_, value)| !value.is_empty());
        let authorization = basic(self.login);
        let (method, query): (_, &[_]) = match self.login {
            Login::Refresh(token) => {
                asked.extend([
                    ("grant_type", "refresh_token"),
                    ("client_id", "basematrix"),
                    ("refresh_token", token),
                ]);
                (Method::Post(&asked), &[])
            }
            Login::Password { .. } | Login::Nobody(_) => (Method::Get, &asked),
        };
        let answer = self.http.ask(&Request {
            method,
            url: realm,
            query,
            accept: "application/json",
            authorization: authorization.as_deref(),
            local: self.local,
        })?;
        match answer.status {
            200 => {}
            400 | 401 | 403 => return Err(self.denied(&answer)),
            _ => return Err(answer.fault()),
        }
        let granted = serde_json::from_slice(&answer.body).ok();
        let token = granted.and_then(|g: Granted| g.token.or(g.access_token));
        let printable = |token: &String| token.bytes().all(|b| b.is_ascii_graphic());
        token
            .filter(|token| !token.is_empty() && printable(token))
            .ok_or_else(|| Fault::Answer("its token service gives no token".to_owned()))
    }
}

fn basic(login: &Login) -> Option<String> {
    match login {
        Login::Password { user, password } => {
            let pair = STANDARD.encode(format!("{user}:{password}"));
            Some(format!("Basic {pair}"))
        }
        Login::Refresh(_) | Login::Nobody(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_password_is_never_shown_without_tls_to_another_machine() {
        let http = Http::new(Duration::from_secs(5));
        let login = Login::Password {
            user: "ada".to_owned(),
            password: "secret".to_owned(),
        };
        let token = |realm: &str, local| {
            let bearer = challenges(&format!("Bearer realm=\"{realm}\"")).remove(0);
            let asking = Asking {
                http: &http,
                local,
                login: &login,
                scope: "repository:a:pull",
            };
            asking.token(&bearer)
        };
        let refuses = |realm, local| {
            let said = token(realm, local);
            let told = matches!(&said, Err(Fault::Answer(why)) if why.contains("no place to show"));
            assert!(told, "{realm}: {said:?}");
        };
        refuses("http://127.0.0.1:1/token", false);
        // A registry on this machine may name another: what it names has to be on it too.
        for realm in [
            "http://192.0.2.1/token",
            "http://localhost.example.com/token",
            "http://localhost:1@192.0.2.1/token",
            "http://127.0.0.1.example.com/token",
        ] {
            refuses(realm, true);
        }
        for realm in ["http://127.0.0.1:1/token", "http://localhost:1/token"] {
            assert!(matches!(token(realm, true), Err(Fault::Unreached(_))));
        }
    }
}
