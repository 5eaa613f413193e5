//! One exchange with a registry: bounded in time and size, and tried again where that can help.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that reaches the network"
)]

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ureq::config::RedirectAuthHeaders;
use ureq::http::{HeaderMap, Response};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error, Proxy};

use crate::registry::Fault;
use crate::registry::fault::harmless;

/// Longest body that is read, in bytes: the most that a registry must accept of a manifest (OCI distribution, 1.1).
const LONGEST: u64 = 4 * 1024 * 1024;
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one exchange may take in all.
const EXCHANGE: Duration = Duration::from_secs(20);
/// How often one exchange is tried.
const ATTEMPTS: u32 = 4;
/// How long to wait before the second attempt; twice as long before each that follows.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest wait that a registry may ask for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How to ask.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method<'a> {
    Head,
    Get,
    /// With a form.
    Post(&'a [(&'a str, &'a str)]),
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub method: Method<'a>,
    pub url: &'a str,
    /// Names and values, appended to the URL.
    pub query: &'a [(&'a str, &'a str)],
    pub accept: &'a str,
    pub authorization: Option<&'a str>,
}

/// What came back: any status but those that are tried again.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The values of a header.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok())
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// What its body says of a failure, in the form of OCI distribution: `{"errors": [{"code": …, "message": …}]}`.
    pub fn said(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let first = &body["errors"][0];
        let texts = [&first["message"], &first["code"], &body["details"]];
        let text = texts.into_iter().find_map(|t| t.as_str());
        harmless(text.unwrap_or_default())
    }

    /// That its status is one we cannot go on from.
    pub fn fault(&self) -> Fault {
        Fault::Status {
            status: self.status,
            says: self.said(),
        }
    }
}

/// The connections of a run, kept open between exchanges.
#[derive(Debug)]
pub(super) struct Http(Agent);

impl Http {
    /// Over TLS alone, redirects too, through the proxies that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say. The
    /// authorities are Mozilla's, or those of `SSL_CERT_FILE`.
    pub fn new() -> Self {
        let roots = env::var_os("SSL_CERT_FILE").and_then(|path| fs::read(path).ok());
        let roots = roots.map_or(RootCerts::WebPki, |pem| {
            let items = parse_pem(&pem).filter_map(Result::ok);
            let certificates = items.filter_map(|item| match item {
                PemItem::Certificate(certificate) => Some(certificate),
                _ => None,
            });
            RootCerts::Specific(Arc::new(certificates.collect()))
        });
        let tls = TlsConfig::builder().root_certs(roots).build();
        let config = config().https_only(true).tls_config(tls);
        Http(config.proxy(Proxy::try_from_env()).build().into())
    }

    /// Without TLS and without a proxy: for registries on this machine.
    pub fn local() -> Self {
        Http(config().proxy(None).build().into())
    }

    /// Asks, again where that can help: connections that break, status 429 and those of a server that fails.
    ///
    /// # Errors
    /// When no answer came, or the registry goes on failing.
    pub fn ask(&self, request: &Request<'_>) -> Result<Answer, Fault> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            let wanted = match self.once(request) {
                Ok(answer) if !is_passing(answer.status) => return Ok(answer),
                Ok(answer) => wanted(&answer)?,
                Err(error) if may_pass(&error) => None,
                Err(error) => return Err(fault(&error)),
            };
            thread::sleep(wanted.unwrap_or(pause));
            pause *= 2;
        }
        match self.once(request) {
            Ok(answer) if is_passing(answer.status) => Err(answer.fault()),
            Ok(answer) => Ok(answer),
            Err(error) => Err(fault(&error)),
        }
    }

    fn once(&self, request: &Request<'_>) -> Result<Answer, Error> {
        let Request {
            url,
            accept,
            authorization,
            ..
        } = *request;
        let mut headers = vec![("accept", accept)];
        headers.extend(authorization.map(|value| ("authorization", value)));
        let query = request.query.iter().copied();
        let response = match request.method {
            Method::Post(form) => {
                let mut builder = self.0.post(url).query_pairs(query);
                for (name, value) in headers {
                    builder = builder.header(name, value);
                }
                builder.send_form(form.iter().copied())?
            }
            Method::Head | Method::Get => {
                let mut builder = match request.method {
                    Method::Head => self.0.head(url),
                    _ => self.0.get(url),
                }
                .query_pairs(query);
                for (name, value) in headers {
                    builder = builder.header(name, value);
                }
                builder.call()?
            }
        };
        read(response)
    }
}

fn config() -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
    Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("basematrix/", env!("CARGO_PKG_VERSION")))
        .max_redirects(5)
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(EXCHANGE))
}

fn read(response: Response<Body>) -> Result<Answer, Error> {
    let (head, body) = response.into_parts();
    let mut body = body;
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.with_config().limit(LONGEST).read_to_vec()?,
    })
}

/// Whether a status says that asking again may help.
fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// How long the registry wants us to wait, when it says so in seconds.
fn wanted(answer: &Answer) -> Result<Option<Duration>, Fault> {
    let seconds = answer
        .header("retry-after")
        .and_then(|s| s.trim().parse().ok());
    match seconds.map(Duration::from_secs) {
        Some(wanted) if wanted > PATIENCE => Err(Fault::Busy(wanted.as_secs())),
        wanted => Ok(wanted),
    }
}

/// Whether asking again may help. Where nobody listens, nobody will in a second.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() != ErrorKind::ConnectionRefused,
        Error::Timeout(_) | Error::HostNotFound | Error::ConnectionFailed => true,
        _ => false,
    }
}

fn fault(error: &Error) -> Fault {
    match error {
        Error::BodyExceedsLimit(_) => {
            Fault::Answer(format!("it is longer than {} MiB", LONGEST / 1024 / 1024))
        }
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            Fault::Unreached("nobody listens there".to_owned())
        }
        Error::RequireHttpsOnly(_) => {
            Fault::Answer("it leads from TLS to a connection that anybody can change".to_owned())
        }
        Error::TooManyRedirects => Fault::Answer("it leads round in circles".to_owned()),
        Error::Io(_) | Error::Timeout(_) | Error::HostNotFound | Error::ConnectionFailed => {
            Fault::Unreached(harmless(&error.to_string()))
        }
        error => Fault::Answer(harmless(&error.to_string())),
    }
}
