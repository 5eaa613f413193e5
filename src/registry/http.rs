//! One exchange with a registry: bounded in time and size, and tried again where that can help.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that reaches the network"
)]

use std::env;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ureq::config::RedirectAuthHeaders;
use ureq::http::{HeaderMap, Response};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error, Proxy};

use crate::registry::Fault;
use crate::registry::fault::harmless;
use crate::registry::small;

/// Longest body that is read, in bytes: the most that a registry must accept of a manifest (OCI distribution, 1.1).
const LONGEST: u64 = 4 * 1024 * 1024;
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one exchange may take in all.
const EXCHANGE: Duration = Duration::from_secs(20);
/// How many redirects are followed.
const REDIRECTS: usize = 5;
/// How many connections to one registry are kept open between exchanges.
const IDLE: usize = 16;
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
    /// Whether the registry is on this machine: then it, and what it names on this machine, is asked without TLS.
    pub local: bool,
}

/// What came back: any status but those that are tried again.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    headers: HeaderMap,
    pub body: Vec<u8>,
    /// Whether it is of another place than was asked, which a redirect named: what that asks for is not for it.
    pub strayed: bool,
}

impl Answer {
    /// The values of a header.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok())
    }

    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// What its body says of a failure, in the form of OCI distribution: `{"errors": [{"code": …, "message": …}]}`.
    pub(super) fn said(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let first = &body["errors"][0];
        let texts = [&first["message"], &first["code"], &body["details"]];
        let text = texts.into_iter().find_map(|t| t.as_str());
        harmless(text.unwrap_or_default())
    }

    /// That its status is one we cannot go on from.
    pub(super) fn fault(&self) -> Fault {
        Fault::Status {
            status: self.status,
            says: self.said(),
        }
    }
}

/// The connections of a run, kept open between exchanges, and when all of them have to be over.
#[derive(Debug)]
pub(super) struct Http {
    remote: Agent,
    local: Agent,
    proxy: Option<Proxy>,
    limit: Duration,
    end: Instant,
}

impl Http {
    /// For a run of at most `limit`. Over TLS, redirects too, through the proxies that `HTTPS_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY` say; the authorities are Mozilla's, or those of `SSL_CERT_FILE`. Without TLS and without a proxy to
    /// places on this machine, where a registry on this machine is asked.
    pub(super) fn new(limit: Duration) -> Self {
        let roots = env::var_os("SSL_CERT_FILE").and_then(|path| small::bytes(path.as_ref()).ok());
        let roots = roots.map_or(RootCerts::WebPki, |pem| {
            let items = parse_pem(&pem).filter_map(Result::ok);
            let certificates = items.filter_map(|item| match item {
                PemItem::Certificate(certificate) => Some(certificate),
                _ => None,
            });
            RootCerts::Specific(Arc::new(certificates.collect()))
        });
        let tls = TlsConfig::builder().root_certs(roots).build();
        let remote = config().https_only(true).tls_config(tls);
        let proxy = Proxy::try_from_env();
        Http {
            remote: remote.proxy(proxy.clone()).build().into(),
            proxy,
            local: config().proxy(None).build().into(),
            limit,
            end: Instant::now() + limit,
        }
    }

    /// What is left of the time that the run has.
    pub(super) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    fn late(&self) -> Fault {
        let seconds = self.limit.as_secs();
        Fault::Unreached(format!(
            "no answer within the {seconds} s that this run has"
        ))
    }

    /// Asks, again where that can help: connections that break, status 429 and those of a server that fails.
    ///
    /// # Errors
    /// When no answer came, or the registry goes on failing.
    pub(super) fn ask(&self, request: &Request<'_>) -> Result<Answer, Fault> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            let wanted = match self.followed(request) {
                Ok(answer) if !is_passing(answer.status) => return Ok(answer),
                Ok(answer) => wanted(&answer)?,
                Err(Failed::Engine(error)) if may_pass(&error) => None,
                Err(failed) => return Err(failed.into()),
            };
            let wanted = wanted.unwrap_or(pause);
            if wanted >= self.left() {
                return Err(self.late());
            }
            thread::sleep(wanted);
            pause *= 2;
        }
        let answer = self.followed(request)?;
        if is_passing(answer.status) {
            Err(answer.fault())
        } else {
            Ok(answer)
        }
    }

    /// Asks, where redirects lead. What says who we are is shown to the place that was asked alone: same scheme, host and
    /// port.
    fn followed(&self, request: &Request<'_>) -> Result<Answer, Failed> {
        let asked = Origin::of(request.url).ok_or(Failed::Fault(unreadable(request.url)))?;
        let mut url = request.url.to_owned();
        for hop in 0..=REDIRECTS {
            let origin = Origin::of(&url).ok_or_else(|| Failed::Fault(unreadable(&url)))?;
            let agent = match origin.scheme {
                "https" => &self.remote,
                "http" if request.local && is_local(origin.host) => &self.local,
                _ => return Err(Failed::Fault(Fault::Answer(
                    "it leads from TLS, or from this machine, to a connection that anybody can change"
                        .to_owned(),
                ))),
            };
            let strayed = origin != asked;
            let mut answer = self.once(agent, &url, hop == 0, strayed, request)?;
            answer.strayed = strayed;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            if matches!(request.method, Method::Post(_)) {
                return Err(Failed::Fault(Fault::Answer(
                    "it sends elsewhere what is for it alone".to_owned(),
                )));
            }
            let to = answer.header("location").unwrap_or_default();
            url = origin.resolve(&url, to);
        }
        Err(Failed::Fault(Fault::Answer(
            "it leads round in circles".to_owned(),
        )))
    }

    fn once(
        &self,
        agent: &Agent,
        url: &str,
        is_first: bool,
        strayed: bool,
        request: &Request<'_>,
    ) -> Result<Answer, Failed> {
        let left = self.left();
        if left.is_zero() {
            return Err(Failed::Fault(self.late()));
        }
        let time = Some(EXCHANGE.min(left));
        // What is compressed on the way is not what a digest is of.
        let mut headers = vec![("accept", request.accept), ("accept-encoding", "identity")];
        headers.extend(
            request
                .authorization
                .filter(|_| !strayed)
                .map(|value| ("authorization", value)),
        );
        let query = request.query.iter().copied().filter(|_| is_first);
        let response = match request.method {
            Method::Post(form) => {
                let mut builder = agent.post(url).query_pairs(query);
                for (name, value) in headers {
                    builder = builder.header(name, value);
                }
                let builder = builder.config().timeout_global(time).build();
                builder.send_form(form.iter().copied())
            }
            Method::Head | Method::Get => {
                let mut builder = match request.method {
                    Method::Head => agent.head(url),
                    _ => agent.get(url),
                }
                .query_pairs(query);
                for (name, value) in headers {
                    builder = builder.header(name, value);
                }
                builder.config().timeout_global(time).build().call()
            }
        };
        match response.and_then(read) {
            Err(Error::Timeout(_)) if self.left().is_zero() => Err(Failed::Fault(self.late())),
            Err(error) => Err(match self.proxy_fault(agent, url, &error) {
                Some(fault) => Failed::Fault(fault),
                None => Failed::Engine(error),
            }),
            Ok(answer) => {
                let coded = answer.header("content-encoding").unwrap_or_default();
                if matches!(coded, "" | "identity") {
                    Ok(answer)
                } else {
                    let coded = harmless(coded);
                    Err(Failed::Fault(Fault::Answer(format!(
                        "it is encoded as `{coded}`, which was not asked for"
                    ))))
                }
            }
        }
    }
}

impl Http {
    /// That it was the proxy, if there is one on the way: where it stands between, nothing else is connected to.
    fn proxy_fault(&self, agent: &Agent, url: &str, error: &Error) -> Option<Fault> {
        let proxy = self
            .proxy
            .as_ref()
            .filter(|_| std::ptr::eq(agent, &raw const self.remote))?;
        if proxy.is_no_proxy(&url.parse().ok()?) {
            return None;
        }
        let why = match error {
            Error::ConnectProxyFailed(says) => harmless(says),
            error => unconnected(error)?.to_owned(),
        };
        Some(Fault::Proxy {
            at: format!("{}:{}", proxy.host(), proxy.port()),
            why,
        })
    }
}

/// Why there is no connection to what is connected to first, where that is known.
fn unconnected(error: &Error) -> Option<&'static str> {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            Some("nobody listens there")
        }
        Error::HostNotFound => Some(UNRESOLVED),
        // The standard library gives failures of `getaddrinfo` no kind of their own, and begins their text so.
        Error::Io(error) if error.to_string().starts_with("failed to lookup address") => {
            Some(UNRESOLVED)
        }
        _ => None,
    }
}

const UNRESOLVED: &str = "its name could not be resolved";

/// Why one exchange gave nothing.
enum Failed {
    /// The connection, or what came over it.
    Engine(Error),
    /// What is not tried again.
    Fault(Fault),
}

impl From<Failed> for Fault {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Engine(error) => fault(&error),
            Failed::Fault(fault) => fault,
        }
    }
}

fn unreadable(url: &str) -> Fault {
    Fault::Answer(format!(
        "it leads to `{}`, which is no address",
        harmless(url)
    ))
}

/// Where a URL leads: what says who we are belongs to one of these.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Origin<'a> {
    /// `https` or `http`.
    pub scheme: &'a str,
    /// The host, without its port.
    pub host: &'a str,
    /// With its port, where it states one.
    authority: &'a str,
}

impl<'a> Origin<'a> {
    /// Of a URL; `None` where it is none, or has a user in it.
    pub(super) fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = &rest[..end];
        let odd = |c: char| !c.is_ascii_graphic() || matches!(c, '@' | '\\');
        if authority.is_empty() || authority.contains(odd) || !matches!(scheme, "http" | "https") {
            return None;
        }
        // An IPv6 address stands in brackets.
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => authority.split(':').next().unwrap_or(authority),
        };
        Some(Origin {
            scheme,
            host,
            authority,
        })
    }

    /// Where a redirect from `url` at this place leads.
    pub(super) fn resolve(&self, url: &str, to: &str) -> String {
        let Origin {
            scheme, authority, ..
        } = self;
        if to.contains("://") {
            to.to_owned()
        } else if to.starts_with("//") {
            format!("{scheme}:{to}")
        } else if to.starts_with('/') {
            format!("{scheme}://{authority}{to}")
        } else {
            let bare = url.split(['?', '#']).next().unwrap_or(url);
            let folder = bare.rsplit_once('/').map_or(bare, |(folder, _)| folder);
            format!("{folder}/{to}")
        }
    }
}

/// Whether a host is this machine.
pub(super) fn is_local(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

fn config() -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
    Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("basematrix/", env!("CARGO_PKG_VERSION")))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .redirect_auth_headers(RedirectAuthHeaders::Never)
        .timeout_connect(Some(CONNECT))
        .max_idle_connections_per_host(IDLE)
        .max_idle_connections(4 * IDLE)
}

fn read(response: Response<Body>) -> Result<Answer, Error> {
    let (head, body) = response.into_parts();
    let mut body = body;
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.with_config().limit(LONGEST).read_to_vec()?,
        strayed: false,
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
    if let Some(why) = unconnected(error) {
        return Fault::Unreached(why.to_owned());
    }
    match error {
        Error::BodyExceedsLimit(_) => {
            Fault::Answer(format!("it is longer than {} MiB", LONGEST / 1024 / 1024))
        }
        Error::RequireHttpsOnly(_) => {
            Fault::Answer("it leads from TLS to a connection that anybody can change".to_owned())
        }
        Error::Io(_) | Error::Timeout(_) | Error::HostNotFound | Error::ConnectionFailed => {
            Fault::Unreached(harmless(&error.to_string()))
        }
        error => Fault::Answer(harmless(&error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart_by_scheme_host_and_port() {
        let of = |url| Origin::of(url).map(|o| (o.scheme, o.host, o.authority));
        assert_eq!(of("https://a.b/c"), Some(("https", "a.b", "a.b")));
        assert_eq!(of("http://a:1?x"), Some(("http", "a", "a:1")));
        assert_eq!(of("http://[::1]:5/"), Some(("http", "::1", "[::1]:5")));
        for bad in [
            "",
            "/a",
            "https://",
            "ftp://a/",
            "https://localhost@evil.example/",
            "http://localhost\\@evil.example/",
            "http://local host/",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
        for (host, local) in [
            ("localhost", true),
            ("127.1.2.3", true),
            ("::1", true),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(is_local(host), local, "{host}");
        }
    }

    #[test]
    fn redirects_are_resolved_against_where_they_come_from() {
        let url = "https://a:1/v2/x/manifests/1?q=/z";
        let origin = Origin::of(url).expect("a place");
        for (to, is) in [
            ("https://b/c", "https://b/c"),
            ("//b/c", "https://b/c"),
            ("/c", "https://a:1/c"),
            ("2", "https://a:1/v2/x/manifests/2"),
        ] {
            assert_eq!(origin.resolve(url, to), is, "{to}");
        }
    }
}
