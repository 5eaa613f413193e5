"""A container engine and a registry of our own, on loopback, for as long as a run of the tests lasts.

The registry is also the engine's mirror of Docker Hub, so `FROM debian:trixie-slim` in an unchanged Dockerfile finds the
stand-in that was pushed as `localhost:PORT/library/debian:trixie-slim`.
"""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / ".tools/engine"
SHIMS = Path(__file__).resolve().parent / "shims"
RUNNING = INSTALLED / "running"
BINFMT = Path("/proc/sys/fs/binfmt_misc")
ARM = BINFMT / "basematrix-acceptance-aarch64"
#: How the kernel knows a program for linux/arm64: the head of its ELF file, and which bits of that count.
ARM_MAGIC = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
ARM_MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"


class Unavailable(Exception):
    """Why no engine runs here, in one line."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def stop(pid_file: Path, name: str) -> None:
    """End the program that this pid file is of, and nothing else."""
    try:
        pid = int(pid_file.read_text())
        if name not in Path(f"/proc/{pid}/cmdline").read_text():
            return
        os.kill(pid, signal.SIGTERM)
        for _ in range(300):
            # A child of ours has to be waited for.
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
            os.kill(pid, 0)
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        return


@dataclass
class Engine:
    """The daemons, and how to speak to them."""

    folder: Path
    port: int = field(default_factory=free_port)
    emulates: str = ""

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def env(self, **more: str) -> dict:
        """An environment in which `docker` is this engine's."""
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TZ") if name in os.environ}
        path = [SHIMS, INSTALLED / "root/usr/sbin", INSTALLED / "root/usr/bin", os.environ["PATH"]]
        return {
            **kept,
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(self.folder),
            "DOCKER_CONFIG": str(self.folder / "config"),
            "DOCKER_HOST": f"unix://{self.folder}/docker.sock",
            "LD_LIBRARY_PATH": str(INSTALLED / "root/usr/lib/x86_64-linux-gnu"),
            "REAL_DOCKER": str(INSTALLED / "root/usr/bin/docker"),
            "BUILDKIT_PROGRESS": "plain",
            "PUBLISH_DELAY": "0",
            **more,
        }

    def run(
        self, *words, check: bool = True, input: bytes | None = None, cwd: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess:
        given = {"input": input} if input is not None else {"stdin": subprocess.DEVNULL}
        words = [str(word) for word in words]
        done = subprocess.run(words, env=self.env(**more), cwd=cwd or self.folder, capture_output=True, **given)
        if check and done.returncode != 0:
            raise AssertionError(f"{words}: exit {done.returncode}\n{done.stderr.decode()[-4000:]}")
        return done

    def docker(self, *words, **more) -> str:
        return self.run(INSTALLED / "root/usr/bin/docker", *words, **more).stdout.decode()

    def crane(self, *words) -> str:
        return self.run("crane", *words).stdout.decode().strip()

    def digest(self, reference: str) -> str | None:
        """The digest a tag holds, asked by a tool that shares no code with buildx; None when the registry has no such tag."""
        done = self.run("crane", "digest", reference, check=False)
        if done.returncode == 0:
            return done.stdout.decode().strip()
        said = done.stderr.decode()
        assert "MANIFEST_UNKNOWN" in said or "NAME_UNKNOWN" in said or "404 Not Found" in said, said
        return None

    def manifest(self, reference: str) -> dict:
        return json.loads(self.crane("manifest", reference))

    def platforms(self, reference: str) -> list[str]:
        """The platforms of an index, attestations left out."""
        rows = [row["platform"] for row in self.manifest(reference)["manifests"]]
        return sorted(f"{row['os']}/{row['architecture']}" for row in rows if row["os"] != "unknown")

    def requests(self, name: str) -> list[tuple[str, str]]:
        """Method and path of every request about repositories below `name` that the registry has answered."""
        log = (self.folder / "registry.log").read_text(errors="replace")
        return re.findall(rf'"(GET|HEAD|PUT|POST|PATCH|DELETE) (/v2/{re.escape(name)}/\S+) HTTP/', log)

    # Daemons

    def start_registry(self) -> None:
        config = {
            "version": "0.1",
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "registry")}, "delete": {"enabled": True}},
            "http": {"addr": f"127.0.0.1:{self.port}"},
        }
        (self.folder / "registry.json").write_text(json.dumps(config))
        with open(self.folder / "registry.log", "ab") as log:
            process = subprocess.Popen(
                ["docker-registry", "serve", self.folder / "registry.json"],
                env=self.env(OTEL_TRACES_EXPORTER="none"), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        (self.folder / "registry.pid").write_text(str(process.pid))
        for _ in range(150):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise Unavailable("the registry does not start: " + last_line(self.folder / "registry.log"))

    def stop_registry(self) -> None:
        stop(self.folder / "registry.pid", "docker-registry")

    def start_engine(self) -> None:
        config = self.folder / "config/cli-plugins"
        config.mkdir(parents=True)
        for plugin in ("docker-buildx", "docker-compose"):
            (config / plugin).symlink_to(INSTALLED / "root/usr/libexec/docker/cli-plugins" / plugin)
        (self.folder / "config/config.json").write_text("{}")
        with open(self.folder / "engine.log", "ab") as log:
            process = subprocess.Popen(
                ["dockerd", "--data-root", self.folder / "data", "--exec-root", self.folder / "exec",
                 "--pidfile", self.folder / "engine.pid", "--host", f"unix://{self.folder}/docker.sock",
                 "--bip=172.31.77.1/24", "--iptables=false", "--ip6tables=false", "--userland-proxy=false",
                 "--feature", "containerd-snapshotter=true", "--registry-mirror", f"http://127.0.0.1:{self.port}"],
                env=self.env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        for _ in range(600):
            if process.poll() is not None:
                break
            if self.run(INSTALLED / "root/usr/bin/docker", "version", check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise Unavailable("no container engine can start here: " + last_line(self.folder / "engine.log"))

    def register_arm(self) -> None:
        """Let the kernel run linux/arm64 by QEMU. `emulates` says why not, or stays empty."""
        try:
            if not (BINFMT / "register").exists():
                subprocess.run(["mount", "-t", "binfmt_misc", "none", BINFMT], check=True, capture_output=True)
            if any("aarch64" in entry.name for entry in BINFMT.iterdir()):
                return
            emulator = INSTALLED / "root/usr/bin/qemu-aarch64-static"
            # F: the kernel opens the emulator now, so that it is found inside containers too. P: a program keeps the name it
            # is called by, which is how busybox's shell calls its own commands.
            (BINFMT / "register").write_text(f":{ARM.name}:M::{ARM_MAGIC}:{ARM_MASK}:{emulator}:PF")
        except (OSError, subprocess.CalledProcessError) as fault:
            self.emulates = f"linux/arm64 cannot be emulated here: {fault}"

    def close(self) -> None:
        if ARM.exists():
            ARM.write_text("-1")
        stop(self.folder / "engine.pid", "dockerd")
        self.stop_registry()
        # Of a few hundred thousand files.
        subprocess.run(["rm", "-rf", self.folder], stderr=subprocess.DEVNULL)
        RUNNING.unlink(missing_ok=True)


def start() -> Engine:
    """Start both; raises `Unavailable`."""
    if reason := os.environ.get("ACCEPTANCE_WITHOUT"):
        raise Unavailable(reason)
    if not (INSTALLED / ".stamp").exists():
        raise Unavailable("no engine is installed: run scripts/acceptance")
    # One run at a time: what else stands in `running` was left behind by one that was killed.
    start.lock = open(INSTALLED / "lock", "w")
    fcntl.flock(start.lock, fcntl.LOCK_EX)
    if RUNNING.exists():
        Engine(Path(RUNNING.read_text()), 0).close()
    # Sockets have short names.
    engine = Engine(Path(tempfile.mkdtemp(prefix="acceptance.")))
    RUNNING.write_text(str(engine.folder))
    try:
        engine.start_registry()
        engine.start_engine()
        engine.register_arm()
    except Unavailable:
        engine.close()
        raise
    return engine


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    telling = [line for line in lines if "level=fatal" in line or "failed" in line] or lines
    return telling[-1] if telling else "it says nothing"


# Stand-ins for images of the world outside

#: What the small stand-in has in place of Python and its installer: enough for the Dockerfiles under test to run through.
PYTHON = b"""#!/bin/sh
case "$*" in
  --version) echo "Python 3.0 (stand-in)" ;;
  "-m venv "*) mkdir -p "$3/bin" ;;
  *) echo "python stand-in: $*" >&2; exit 2 ;;
esac
"""
PIP = b"""#!/bin/sh
while [ $# -gt 0 ]; do if [ "$1" = --target ]; then mkdir -p "$2"; fi; shift; done
"""
#: The protocol of BuildKit's scanners: a statement for what lies in one folder, into another.
SCANNER = b"""#!/bin/sh
echo '{"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document",
  "predicate": {"spdxVersion": "SPDX-2.3", "name": "stand-in"}}' > "$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json"
"""


def small_root(busybox: bytes, applets: list[str], to: Path) -> None:
    """A root folder as a tar: busybox, its commands, and the stand-in programs."""
    with tarfile.open(to, "w") as tar:

        def add(name: str, data: bytes | None = None, mode: int = 0o755, link: str = "") -> None:
            entry = tarfile.TarInfo(name)
            entry.mode = mode
            if link:
                entry.type, entry.linkname = tarfile.SYMTYPE, link
            elif data is None:
                entry.type = tarfile.DIRTYPE
            else:
                entry.size = len(data)
            tar.addfile(entry, BytesIO(data) if data is not None else None)

        for folder in ("bin", "usr", "usr/bin", "etc", "root", "home", "var", "run", "tmp"):
            add(folder, mode=0o1777 if folder == "tmp" else 0o755)
        add("bin/busybox", busybox)
        for applet in applets:
            if applet != "busybox":
                add(f"bin/{applet}", link="busybox")
        add("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", 0o644)
        for name, script in (("python", PYTHON), ("pip", PIP), ("scan", SCANNER)):
            add(f"usr/bin/{name}", script)


def make_small(engine: Engine, scratch: Path) -> None:
    """Push the small stand-in, for both platforms, under each name that the images under test stand on."""
    amd64 = INSTALLED / "root/bin/busybox"
    applets = subprocess.run([amd64, "--list"], check=True, capture_output=True, text=True).stdout.split()
    small_root(amd64.read_bytes(), applets, scratch / "amd64.tar")
    small_root((INSTALLED / "arm64/bin/busybox").read_bytes(), applets, scratch / "arm64.tar")
    (scratch / "Dockerfile").write_text(
        "FROM scratch AS small\nARG TARGETARCH\nADD ${TARGETARCH}.tar /\nFROM small AS scanner\nENTRYPOINT [\"/usr/bin/scan\"]\n"
    )
    for target, names in {
        "small": ["library/debian:trixie-slim", "library/python:3.8.16-slim"],
        "scanner": ["docker/buildkit-syft-scanner:stable-1"],
    }.items():
        tags = [word for name in names for word in ("--tag", f"{engine.host}/{name}")]
        engine.docker("buildx", "build", "--provenance=false", "--platform", "linux/amd64,linux/arm64", "--push",
                      "--target", target, *tags, scratch)  # fmt: skip


def push_debian(engine: Engine, architectures: list[str]) -> str:
    """Push a Debian with Python for these, and say where it is; raises `Unavailable` where it could not be made."""
    if not (INSTALLED / "debian-amd64.tar").exists():
        raise Unavailable("no Debian could be made for images that install packages (mmdebstrap)")
    debian, parts = f"{engine.host}/stand-in/debian:1", []
    for architecture in architectures:
        tar = INSTALLED / f"debian-{architecture}.tar"
        if not tar.exists():
            make_debian(tar, architecture)
        parts.append(f"{debian}-{architecture}")
        engine.docker("import", "--platform", f"linux/{architecture}", tar, parts[-1])
        engine.docker("push", "--quiet", parts[-1])
    engine.docker("buildx", "imagetools", "create", "--tag", debian, *parts)
    return debian


def make_debian(tar: Path, architecture: str) -> None:
    """A Debian of another architecture, made once, by programs that are emulated: it takes minutes."""
    new = tar.with_suffix(".new")
    asked = ["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", "--skip=check/qemu", f"--architectures={architecture}",
             "--include=python3-venv,ca-certificates", "--format=tar", "", new, INSTALLED / "debian.sources"]  # fmt: skip
    env = {**os.environ, "PATH": f"{INSTALLED}/root/usr/bin:{os.environ['PATH']}"}
    done = subprocess.run(asked, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"no Debian for {architecture} could be made: {done.stderr[-500:]}")
    new.rename(tar)
