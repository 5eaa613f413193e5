"""Secrets, certificates and proxies on a real engine: a step is handed them, and no layer, history or provenance holds them."""

import base64
import gzip
import hashlib
import http.server
import io
import os
import shutil
import ssl
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest
from engine import Engine
from standing import NAMES, build
from world import World

SOURCE = Path(__file__).resolve().parent / "secrets"
USER, PASSWORD = "joe", "hunter2-of-the-house"
TOKEN = "token-0123456789"
PROXY = "http://proxy.acme.invalid:3128"
BARE = """\
FROM {debian}
RUN apt-get purge -qq -y ca-certificates && rm -rf /etc/ssl/certs /usr/local/share/ca-certificates
"""


def wheel() -> bytes:
    """A package that no other index has."""
    info = "acme_house-1.0.dist-info"
    files = {
        "acme_house.py": "HOUSE = 'acme'\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: acme-house\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return packed.getvalue()


class Index(http.server.BaseHTTPRequestHandler):
    """A package index that asks for a password."""

    wheel = wheel()

    def do_GET(self):
        given = self.headers.get("Authorization", "")
        if given != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        name = "acme_house-1.0-py3-none-any.whl"
        digest = hashlib.sha256(self.wheel).hexdigest()
        page = f'<!DOCTYPE html><a href="/files/{name}#sha256={digest}">{name}</a>'.encode()
        body = {"/simple/acme-house/": page, f"/files/{name}": self.wheel}.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html" if body == page else "application/octet-stream")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body or b"")

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def certificates(folder: Path) -> None:
    """An authority of the house, and what it signs for this machine."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, stdin=subprocess.DEVNULL, capture_output=True)

    (folder / "leaf.ext").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=House Authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=index.house")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", "leaf.pem", "-extfile", "leaf.ext")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """The index, by its port, and the certificate of its authority."""
    folder = tmp_path_factory.mktemp("index")
    certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, folder / "ca.pem"
    server.shutdown()


def address(port: int, password: str = PASSWORD) -> str:
    return f"https://{USER}:{password}@127.0.0.1:{port}/simple"


def world_of(engine: Engine, folder: Path, index, part: str) -> World:
    tree = folder / "source"
    shutil.copytree(SOURCE, tree)
    (tree / "certs").mkdir()
    shutil.copy(index[1], tree / "certs/house.pem")
    world = World(engine, tree, folder, {"HOST": f"{engine.host}/{part}"}, BUILD_NETWORK="host")
    text = (world.root / "generated/docker/house/python/Dockerfile").read_text()
    uv = text.split("--mount=from=")[1].split(",")[0]
    world.more["BUILD_CONTEXTS"] = f"{uv}=docker-image://{engine.host}/{NAMES['uv']}"
    return world


@pytest.fixture(scope="module")
def published(engine, installing, index, tmp_path_factory) -> tuple[World, str]:
    """All of it, built and published, and what the script said."""
    folder = tmp_path_factory.mktemp("secrets")
    debian = f"{engine.host}/stand-in/debian:1"
    build(engine, "--push", "--tag", f"{engine.host}/library/ubuntu:24.04", "-", input=BARE.format(debian=debian).encode())
    world = world_of(engine, folder, index, "secrets")
    env = {"PIP_INDEX_URL": address(index[0]), "TOKEN": TOKEN, "https_proxy": PROXY}
    said = ""
    for spec in sorted(world.plan["specs"], key=lambda spec: spec["layer"]):
        done = world.ok("build", spec["id"], "linux/amd64", **env)
        said += done.stdout + done.stderr
    done = world.ok("tags")
    return world, said + done.stdout + done.stderr


def reference(world: World, id: str) -> str:
    return world.spec(id)["references"][0]


def run(world: World, id: str, script: str, *words: str) -> list[str]:
    shell = ["--rm", *words, "--entrypoint", "sh", reference(world, id), "-euc", script]
    return world.engine.docker("run", *shell).split("\n")


def blobs(engine: Engine, name: str) -> dict[str, bytes]:
    """Everything that a registry holds of an image: manifests, configurations, layers unpacked, attestations."""
    repository, found = name.rsplit(":", 1)[0], {}

    def blob(digest: str) -> None:
        data = engine.run("crane", "blob", f"{repository}@{digest}").stdout
        found[digest] = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data

    def manifest(at: str) -> None:
        text = engine.run("crane", "manifest", at).stdout
        found[at] = text
        document = engine.manifest(at)
        for row in document.get("manifests", []):
            manifest(f"{repository}@{row['digest']}")
        for row in [*document.get("layers", []), *([document["config"]] if "config" in document else [])]:
            blob(row["digest"])

    manifest(name)
    return found


SECRETS = [PASSWORD, TOKEN, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()]


@pytest.mark.parametrize("id", ["house/python", "above", "own"])
def test_nothing_that_is_pushed_holds_a_secret(published, id):
    world, said = published
    held = blobs(world.engine, reference(world, id))
    if id == "own":
        # A step may write down what it likes, and this one does.
        proxies = f"{PROXY} {PROXY} \n".encode()
        held = {name: data.replace(proxies, b"") for name, data in held.items()}
    assert any(b"PIP_INDEX_URL" in data or b"UV_DEFAULT_INDEX" in data or b"/run/secrets/token" in data for data in held.values()), "the mount is told"
    attested = [name for name, data in held.items() if b"slsa.dev/provenance" in data]
    # What is told to a build as an arg, the fullest kind of provenance states: a proxy, which is no secret.
    proxy = {name for name, data in held.items() if b"proxy.acme.invalid" in data}
    assert proxy <= set(attested) and bool(proxy) == (id == "own")
    for secret in SECRETS:
        assert [name for name, data in held.items() if secret.encode() in data] == [], secret
        assert secret not in said
    assert attested, "the provenance was looked at, too"


def test_a_step_is_handed_it(published):
    world, _ = published
    assert run(world, "house/python", "python -c 'import acme_house; print(acme_house.HOUSE)'")[0] == "acme"
    assert run(world, "above", "python -c 'import acme_house; print(acme_house.HOUSE)'")[0] == "acme"
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    assert run(world, "own", "cat /token /proxies")[:3] == [digest, digest, f"{PROXY} {PROXY} "]


TRUSTS = "import ssl; print(sum('House Authority' in str(c) for c in ssl.create_default_context().get_ca_certs()))"


@pytest.mark.parametrize("id", ["house/python", "house/bare", "above"])
def test_the_authority_is_trusted_beside_the_public_ones(published, index, id):
    world, _ = published
    said = run(world, id, "echo $SSL_CERT_FILE $REQUESTS_CA_BUNDLE $PIP_CERT; grep -c BEGIN.CERT $SSL_CERT_FILE; ls /usr/local/share/ca-certificates")
    assert said[0] == " ".join(["/etc/ssl/certs/ca-certificates.crt"] * 3)
    assert int(said[1]) > 100 and said[2] == "house.crt"
    # By curl as by Python: the index answers, and wants its password.
    assert run(world, id, ask(index), "--network=host")[0] == "401"
    if id != "house/bare":
        assert run(world, id, f"python3 -c \"{TRUSTS}\"")[0] == "1"


def ask(index) -> str:
    """curl, by the certificates of the system alone: the status of the index's answer."""
    return f"env -u SSL_CERT_FILE curl -s -o /dev/null -w '%{{http_code}}' https://127.0.0.1:{index[0]}/simple/"


def test_what_is_built_on_it_trusts_it(published, index):
    """`update-ca-certificates` of a child takes it up again."""
    world, _ = published
    name = f"{world.engine.host}/secrets/derived:1"
    steps = f"FROM {reference(world, 'house/bare')}\nUSER 0:0\nRUN update-ca-certificates --fresh >/dev/null 2>&1\n"
    build(world.engine, "--push", "--tag", name, "-", input=steps.encode())
    said = world.engine.docker("run", "--rm", "--network=host", "--entrypoint", "sh", name, "-euc", ask(index))
    assert said.strip() == "401"


def test_a_missing_one_is_told_before_a_build(engine, installing, index, tmp_path, name):
    world = world_of(engine, tmp_path, index, name)
    before = len(engine.requests(name))
    done = world.call("build", "own", "linux/amd64", TOKEN="")
    assert done.returncode == 1
    assert "stopped before anything is built: the secret `token` is not here, TOKEN is not set" in done.stderr
    assert {method for method, _ in engine.requests(name)[before:]} <= {"GET", "HEAD"}
    assert "load build definition" not in done.stderr


def test_a_proxy_with_a_password_is_not_attested(engine, installing, index, tmp_path, name):
    world = world_of(engine, tmp_path, index, name)
    done = world.call("build", "own", "linux/amd64", TOKEN=TOKEN, https_proxy="http://joe:secret@proxy.acme.invalid:3128")
    assert done.returncode == 1 and "load build definition" not in done.stderr
    assert "stopped before anything is built: HTTPS_PROXY holds a password" in done.stderr and "joe" not in done.stderr


def test_what_fails_for_a_secret_is_not_tried_again(engine, installing, index, tmp_path, name):
    world = world_of(engine, tmp_path, index, name)
    # Of secrets no cache knows: a step that was run is not run again for another one.
    file = world.root / world.spec("house/python")["dockerfile"]
    file.write_text(file.read_text().replace("USER 0:0\n", "USER 0:0\nENV ANOTHER=1\n", 1))
    done = world.call("build", "house/python", "linux/amd64", PIP_INDEX_URL=address(index[0], "wrong"))
    assert done.returncode != 0 and "did not complete successfully" in done.stderr
    assert "trying again" not in done.stderr
    # One that no image lists: the builder says so, and would again.
    (world.root / "docker/Dockerfile").write_text("FROM debian:trixie-slim\nRUN --mount=type=secret,id=other,required true\n")
    done = world.call("build", "own", "linux/amd64", TOKEN=TOKEN)
    assert done.returncode != 0 and "secret other: not found" in done.stderr
    assert "trying again" not in done.stderr


def test_gen_build_hands_it_to_bake(engine, installing, index, tmp_path, name):
    world = world_of(engine, tmp_path, index, name)

    def gen(code: int, **env: str) -> str:
        words = [os.environ["GEN_BIN"], "build", "--load", "image=own"]
        done = subprocess.run(words, cwd=world.root, env=engine.env(**env), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == code, done.stderr[-3000:]
        return done.stderr

    assert "TOKEN is not set, which holds the secret `token` of own" in gen(2)
    assert TOKEN not in gen(0, TOKEN=TOKEN, HTTPS_PROXY=PROXY)
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    assert run(world, "own", "cat /token /proxies")[:3] == [digest, digest, f"{PROXY} {PROXY} "]
