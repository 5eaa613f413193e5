"""A git server that asks who pushes, and writes down what it is pushed with: GitLab's and GitHub's, as far as a push goes."""

import base64
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness import run

#: Each push as one line of JSON: who, the branch, its options.
HOOK = """\
#!/usr/bin/env python3
import json, os, sys
options = [os.environ[f"GIT_PUSH_OPTION_{at}"] for at in range(int(os.environ.get("GIT_PUSH_OPTION_COUNT", 0)))]
with open("pushes", "a") as pushes:
    for line in sys.stdin:
        print(json.dumps([os.environ["REMOTE_USER"], line.split()[2], *options]), file=pushes)
"""


class GitServer:
    """One repository, `acme/library`, a copy of another; whoever has the token may read and write it."""

    def __init__(self, folder: Path, token: str, of: Path):
        self.repository = folder / "acme/library.git"
        run(["git", "clone", "-q", "--bare", "--template=", f"file://{of}", str(self.repository)], of)
        run(["git", "config", "receive.advertisePushOptions", "true"], self.repository)
        (self.repository / "hooks").mkdir()
        (self.repository / "hooks/pre-receive").write_text(HOOK)
        (self.repository / "hooks/pre-receive").chmod(0o755)
        backend = [run(["git", "--exec-path"], of).stdout.strip() + "/git-http-backend"]

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                given = self.headers.get("Authorization", "").removeprefix("Basic ")
                user, _, password = base64.b64decode(given).decode().partition(":")
                if password != token:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="git"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                path, _, query = self.path.partition("?")
                env = {
                    "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": user,
                    "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1",
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                }  # fmt: skip
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                said = subprocess.run(backend, input=body, capture_output=True, env=env).stdout
                head, _, answer = said.partition(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
                self.send_response(int(fields.pop("Status", "200").split()[0]))
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/acme/library"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pushes(self) -> list[list[str]]:
        """Who pushed what, with which options."""
        file = self.repository / "pushes"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
