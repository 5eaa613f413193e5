"""A registry on loopback that speaks the distribution protocol as far as publish.sh asks: challenges, tokens, heads."""

import base64
import collections
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LOGIN = ("someone", 'pass"w\\ord')


class Registry:
    """`tags` holds {repository:tag: digest}. Each fault is taken once, by the next head: a status, and headers with it."""

    def __init__(self, scheme: str = "Bearer", delay: float = 0):
        self.scheme, self.delay = scheme, delay
        self.tags: dict[str, str] = {}
        # What the manifest of a tag states of its content.
        self.stated: dict[str, str] = {}
        self.faults: list[tuple[int, dict]] = []
        self.bare = False
        # Where tokens are said to be had, other than here.
        self.realm = ""
        self.asked: collections.Counter = collections.Counter()
        self.tokens: dict[str, str] = {}
        # How many are answered at once, and the most that ever were.
        self.now = self.most = 0
        self.lock = threading.Lock()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def say(self, status: int, body: bytes = b"", **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_GET(self) -> None:
                registry.answer(self)

            do_HEAD = do_GET

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.host = f"localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, call) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.delay)
        try:
            self.say(call)
        finally:
            with self.lock:
                self.now -= 1

    def say(self, call) -> None:
        url = urlsplit(call.path)
        given = call.headers.get("Authorization", "")
        basic = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()
        if url.path == "/token":
            with self.lock:
                self.asked["token"] += 1
            query = parse_qs(url.query)
            if given != basic or query["service"] != ["registry.test"]:
                return call.say(401)
            token = f"t{len(self.tokens)}.{len(given)}-_"
            with self.lock:
                self.tokens[token] = query["scope"][0]
            return call.say(200, json.dumps({"token": token, "expires_in": 60}).encode())
        realm = f'Bearer realm="{self.realm or f"http://{self.host}/token"}",service="registry.test"' if self.scheme == "Bearer" else 'Basic realm="x"'
        if url.path == "/v2/":
            with self.lock:
                self.asked["challenge"] += 1
            return call.say(401, **{"WWW_Authenticate": realm})
        name, tag = re.fullmatch(r"/v2/(.+)/manifests/([^/]+)", url.path).groups()
        with self.lock:
            self.asked[call.command.lower()] += 1
            opened = given == basic if self.scheme == "Basic" else self.tokens.get(given.removeprefix("Bearer ")) == f"repository:{name}:pull"
            fault = self.faults.pop(0) if opened and self.faults else None
        if not opened:
            return call.say(401, **{"WWW_Authenticate": realm})
        if fault:
            return call.say(fault[0], **fault[1])
        assert "application/vnd.oci.image.index.v1+json" in call.headers["Accept"]
        digest = self.tags.get(f"{name}:{tag}")
        if digest is None:
            return call.say(404)
        annotations = {"org.basematrix.content": self.stated[f"{name}:{tag}"]} if f"{name}:{tag}" in self.stated else {}
        body = json.dumps({"schemaVersion": 2, "annotations": annotations}).encode() if call.command == "GET" else b""
        return call.say(200, body, **({} if self.bare else {"Docker_Content_Digest": digest}))
