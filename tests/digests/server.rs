//! A server on this machine that answers by a script, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest, Sha256};

/// What an index is called.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// What the image of one platform is called.
pub(super) const SINGLE: &str = "application/vnd.oci.image.manifest.v1+json";
/// One.
pub(super) const BODY: &str = r#"{"schemaVersion":2,"layers":[]}"#;

/// The digest of a body.
pub(super) fn digest(body: &[u8]) -> String {
    let bytes = Sha256::digest(body);
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub method: String,
    /// Path and query.
    pub path: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// `HEAD /v2/…`
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Reply {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A manifest, and nothing said of its digest.
    pub(super) fn manifest(body: &str) -> Self {
        Reply::status(200).header("Content-Type", SINGLE).body(body)
    }

    /// An index, as registries answer.
    pub(super) fn index(body: &str) -> Self {
        Reply::status(200)
            .header("Content-Type", INDEX)
            .header("Docker-Content-Digest", &digest(body.as_bytes()))
            .body(body)
    }

    /// A manifest, as registries answer.
    pub(super) fn stated(body: &str) -> Self {
        Reply::manifest(body).header("Docker-Content-Digest", &digest(body.as_bytes()))
    }

    /// The end of the connection.
    pub(super) fn hang_up() -> Self {
        Reply::status(0)
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// A server that runs until the test ends.
pub(super) struct Server {
    /// `127.0.0.1:PORT`
    pub host: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// One that answers each request by what it is and how many came before it.
    pub(super) fn new(answer: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = seen.clone();
        thread::spawn(move || {
            let answer = Arc::new(answer);
            for stream in listener.incoming() {
                let (answer, log) = (answer.clone(), log.clone());
                thread::spawn(move || {
                    let mut stream = stream.expect("a connection");
                    let Some(seen) = read(&stream) else { return };
                    let number = {
                        let mut log = log.lock().expect("the log");
                        log.push(seen.clone());
                        log.len() - 1
                    };
                    // Whoever has heard enough hangs up.
                    let _ = write(&mut stream, &answer(&seen, number), seen.is_head());
                });
            }
        });
        Server { host, seen }
    }

    /// One that answers the requests in turn, the last answer ever after.
    pub(super) fn script(replies: impl Into<Vec<Reply>>) -> Self {
        let replies = replies.into();
        Server::new(move |_, number| replies[number.min(replies.len() - 1)].clone())
    }

    /// What was asked so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("the log").clone()
    }

    /// The same, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut seen = Seen {
        method,
        path,
        headers,
        body: String::new(),
    };
    let length = seen.header("content-length").and_then(|l| l.parse().ok());
    let length = length.unwrap_or(0);
    reader.take(length).read_to_string(&mut seen.body).ok()?;
    Some(seen)
}

fn write(stream: &mut TcpStream, reply: &Reply, head: bool) -> std::io::Result<()> {
    if reply.status == 0 {
        return Ok(());
    }
    let mut text = format!("HTTP/1.1 {} Said\r\nConnection: close\r\n", reply.status);
    text += &format!("Content-Length: {}\r\n", reply.body.len());
    for (name, value) in &reply.headers {
        text += &format!("{name}: {value}\r\n");
    }
    stream.write_all(text.as_bytes())?;
    stream.write_all(b"\r\n")?;
    if !head {
        stream.write_all(&reply.body)?;
    }
    stream.flush()
}
