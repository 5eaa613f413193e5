"""What refreshing is tried on: a registry whose image moves, and a repository whose image stands on that."""

import hashlib
import json
import shlex
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness import run

GIT = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com"]
OCI = "application/vnd.oci.image.manifest.v1+json"

MATRIX = """\
[release]
version = "1.4.0"

[registry.ghcr]
prefix = "ghcr.io/acme"

[image.server]
tag = "{{ release.tag }}"
from = "HOST/lib/debian:13"
apt = ["curl"]

[ci]
gen = GEN

"""


class Upstream:
    """A registry of one image for one platform."""

    def __init__(self):
        upstream = self
        self.push("1")

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                at = self.path.rsplit("/", 1)[1]
                body = b"{}" if self.path == "/v2/" else upstream.bytes.get(at if "sha256:" in at else upstream.digest)
                self.send_response(200 if body else 404)
                body = body or b""
                if body and "/manifests/" in self.path:
                    self.send_header("Content-Type", OCI)
                    self.send_header("Docker-Content-Digest", upstream.digest)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def push(self, what: str) -> None:
        """The tag is another image from now on."""
        config = json.dumps({"architecture": "amd64", "os": "linux", "what": what}).encode()
        at = "sha256:" + hashlib.sha256(config).hexdigest()
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": OCI, "layers": [],
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": at, "size": len(config)},
        }).encode()  # fmt: skip
        self.digest = "sha256:" + hashlib.sha256(manifest).hexdigest()
        self.bytes = {at: config, self.digest: manifest}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def repository(gen: Path, upstream: Upstream, root: Path, provider: str) -> Path:
    """A repository whose release is recorded, and whose base is locked; `provider` is the table of the pipeline."""
    root.mkdir()
    # A command of several words, as somebody would state one.
    command = json.dumps(f"env REFRESHED=1 {shlex.quote(str(gen))}")
    (root / "matrix.toml").write_text(MATRIX.replace("HOST", upstream.host).replace("GEN", command) + provider)
    run([*GIT, "init", "-q", "-b", "main", "--template="], root)
    run([gen, "-q", "lock"], root)
    run([gen, "-q", "bump", "--amend"], root)
    run([*GIT, "add", "-A"], root)
    run([*GIT, "commit", "-qm", "as released"], root)
    return root
