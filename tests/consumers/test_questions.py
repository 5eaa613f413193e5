"""How publish.sh asks registries: as many questions as there are references, all heads, over few connections."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import lines
import pytest
from harness import HERE, STUBS, Stub, is_joined, missing
from registry import LOGIN, Registry

ROOT = HERE.parents[1]
SCRIPT = ROOT / "generated/ci/publish.sh"
SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash"]}


class Asking:
    """This repository's plan, at home in a registry of its own, with programs whose words are kept."""

    def __init__(self, folder: Path, registry: Registry, shell: str = "dash"):
        self.folder, self.registry, self.shell = folder, registry, SHELLS[shell]
        text = (ROOT / "generated/plan.json").read_text()
        home = json.loads(text)["registries"][0]["prefix"]
        self.plan = json.loads(text.replace(home + "/", f"{registry.host}/acme/"))
        self.plan["release"]["final"] = False
        for spec in self.plan["specs"]:
            spec["references"], spec["aliases"] = spec["references"][:1], []
        self.stub = Stub(folder / "stub")
        programs = folder / "programs"
        programs.mkdir()
        # Whoever looks at the machine's processes sees the words of each.
        for name in ("curl", "awk", "jq", "sed", "sort"):
            real = shutil.which("busybox") if (name, shell) == ("awk", "busybox") else shutil.which(name)
            word = "awk " if (name, shell) == ("awk", "busybox") else ""
            (programs / name).write_text(f'#!/bin/bash\nprintf "%s\\n" "{name} $*" >>"{folder}/words"\nexec {real} {word}"$@"\n')
            (programs / name).chmod(0o755)
        (programs / "docker").symlink_to(STUBS / "docker")
        config = folder / "docker"
        config.mkdir()
        login = base64.b64encode(":".join(LOGIN).encode()).decode()
        (config / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": login}}}))
        self.secrets = [login, *LOGIN, "Bearer t"]

    def publish(self, tagged: bool = True) -> list[str]:
        """Let the registry have all contents, and their tags."""
        contents, refs = {}, []
        for spec in self.plan["specs"]:
            digest = contents.setdefault(spec["content_reference"], f"sha256:{len(contents) + 10:064x}")
            self.registry.stated[spec["content_reference"].removeprefix(self.registry.host + "/")] = spec["content"]
            for ref in [spec["content_reference"], *(spec["references"] if tagged else [])]:
                self.registry.tags[ref.removeprefix(self.registry.host + "/")] = digest
                refs.append(ref)
        return sorted(set(refs))

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        file = lines.write(self.folder, self.plan)
        own = self.stub.env(PLAN=str(file), DOCKER_CONFIG=str(self.folder / "docker"), **env)
        own["PATH"] = os.pathsep.join([str(self.folder / "programs"), own["PATH"]])
        command = [*self.shell, SCRIPT, *words]
        done = subprocess.run(command, cwd=ROOT, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        said = (self.folder / "words").read_text() if (self.folder / "words").exists() else ""
        assert not [secret for secret in self.secrets if secret in said], "a secret stands in the words of a command"
        return done

    def by_imagetools(self) -> list[str]:
        return [call["ref"] for call in self.stub.journal()]


@pytest.fixture
def registry():
    registry = Registry()
    yield registry
    registry.close()


@pytest.mark.parametrize("shell", SHELLS)
def test_one_head_a_reference_and_one_token_a_repository(tmp_path, registry, shell):
    if not shutil.which(SHELLS[shell][0]):
        pytest.skip(f"no {shell} on this machine")
    asking = Asking(tmp_path, registry, shell)
    refs = asking.publish()
    contents = {ref for ref in refs if ":content-" in ref}
    repositories = {ref.rsplit(":", 1)[0] for ref in refs}
    done = asking.run("probe")
    assert done.returncode == 0, done.stderr
    assert missing(done.stdout) == {"build": [], "merge": []}
    # Whether each content that is there is what it is called is looked at once, and counted apart.
    assert registry.asked == {"head": len(contents), "get": len(contents), "token": len(repositories), "challenge": 1}
    registry.asked.clear()
    done = asking.run("tags")
    assert done.returncode == 0, done.stderr
    assert f"0 put, {len(asking.plan['specs'])} there already" in done.stderr
    assert registry.asked == {"head": len(refs), "token": len(repositories), "challenge": 1}
    assert asking.by_imagetools() == []


def test_what_is_not_there_is_missing(tmp_path, registry):
    asking = Asking(tmp_path, registry)
    done = asking.run("probe")
    assert done.returncode == 0, done.stderr
    builders = {spec["content_reference"]: spec for spec in reversed(asking.plan["specs"])}.values()
    joined = [spec for spec in builders if is_joined(spec)]
    legs = sum(len(spec["platforms"]) for spec in builders)
    told = missing(done.stdout)
    assert len(told["merge"]) == len(joined) and len(told["build"]) == legs
    # One platform alone is the content.
    references = {ref for spec in asking.plan["specs"] for ref in spec["references"] if spec["immutable"]}
    assert registry.asked["head"] == len(builders) + len(references) + sum(len(spec["platforms"]) for spec in joined)
    assert registry.asked["get"] == 0
    # The tokens of the contents serve for their platforms.
    assert registry.asked["token"] == len({spec["content_reference"].rsplit(":", 1)[0] for spec in builders})
    assert asking.by_imagetools() == []


def test_a_login_by_password_alone(tmp_path):
    registry = Registry("Basic")
    asking = Asking(tmp_path, registry)
    asking.publish()
    done = asking.run("probe")
    registry.close()
    assert done.returncode == 0 and missing(done.stdout)["merge"] == [], done.stderr
    assert registry.asked["token"] == 0 and asking.by_imagetools() == []


def test_limits_and_bad_seconds_pass(tmp_path, registry):
    asking = Asking(tmp_path, registry)
    refs = [ref for ref in asking.publish() if ":content-" in ref]
    registry.faults = [(429, {"Retry_After": "1"}), (503, {}), (429, {}), (502, {}), (401, {})]
    done = asking.run("probe")
    assert done.returncode == 0, done.stderr
    assert missing(done.stdout)["merge"] == []
    assert "a registry asks for patience: again in 1 s" in done.stderr
    assert registry.asked["head"] == len(refs) + 5
    assert asking.by_imagetools() == []


@pytest.mark.parametrize(
    "realm", ["http://registry.example/token", "http://localhost:80@{}/token", "http://127.evil.example/token", "ftp://{}/token"]
)
def test_a_login_goes_nowhere_else_in_the_clear(tmp_path, registry, realm):
    asking = Asking(tmp_path, registry)
    refs = asking.publish()
    registry.realm = realm.format(registry.host)
    assert asking.run("probe").returncode == 0
    # Nothing asked for a token, here or there, and no question carried the login.
    assert registry.asked["token"] == 0 and registry.tokens == {}
    assert set(asking.by_imagetools()) >= {ref for ref in refs if ":content-" in ref}


@pytest.mark.parametrize("fault", [(403, {}), (418, {}), (500, {})], ids=lambda fault: str(fault[0]))
def test_what_is_no_plain_answer_is_asked_by_imagetools(tmp_path, registry, fault):
    asking = Asking(tmp_path, registry)
    asking.publish(tagged=False)
    registry.faults = [fault] * 400
    done = asking.run("probe")
    # There, nothing is known of these images: they are missing by its word, and by no other.
    assert done.returncode == 0, done.stderr
    contents = {spec["content_reference"] for spec in asking.plan["specs"]}
    assert contents <= set(asking.by_imagetools())


def test_no_redirect_is_followed(tmp_path, registry):
    """A login would go along to another port, by a curl that is some years old."""
    asking, other = Asking(tmp_path, registry), Registry()
    asking.publish()
    registry.faults = [(307, {"Location": f"http://{other.host}/v2/acme/x/manifests/y"})] * 400
    assert asking.run("probe").returncode == 0
    other.close()
    assert other.asked == {}
    assert {spec["content_reference"] for spec in asking.plan["specs"]} <= set(asking.by_imagetools())


def test_an_answer_without_a_digest_is_none(tmp_path, registry):
    asking = Asking(tmp_path, registry)
    asking.publish()
    registry.bare = True
    assert asking.run("probe").returncode == 0
    assert {spec["content_reference"] for spec in asking.plan["specs"]} <= set(asking.by_imagetools())


def test_a_registry_that_refuses_or_is_down_is_never_empty(tmp_path, registry):
    asking = Asking(tmp_path, registry)
    asking.publish()
    (tmp_path / "stub/faults.json").parent.mkdir(exist_ok=True)
    (tmp_path / "stub/faults.json").write_text(json.dumps([{"verb": "inspect", "error": "unauthorized"}]))
    (tmp_path / "docker/config.json").write_text(json.dumps({"auths": {}}))
    done = asking.run("probe")
    assert done.returncode == 1 and "so nothing is assumed (check the credentials" in done.stderr, done.stderr
    assert done.stdout == ""
    registry.close()
    done = asking.run("probe")
    assert done.returncode == 1 and done.stdout == "", done.stderr


def test_an_identity_token_is_left_to_docker(tmp_path, registry):
    asking = Asking(tmp_path, registry)
    refs = asking.publish()
    auths = {registry.host: {"auth": base64.b64encode(b"00000000:").decode(), "identitytoken": "refresh"}}
    (tmp_path / "docker/config.json").write_text(json.dumps({"auths": auths}))
    assert asking.run("probe").returncode == 0
    assert registry.tokens == {} and set(asking.by_imagetools()) >= {ref for ref in refs if ":content-" in ref}


def test_a_thousand_images_far_away(tmp_path):
    """Questions are put many at once: a thousand answers of 100 ms take no hundred seconds."""
    registry = Registry(delay=0.1)
    asking = Asking(tmp_path, registry)
    spec = asking.plan["specs"][0]
    asking.plan["specs"] = [
        {**spec, "id": f"app/{n}", "content_reference": f"{registry.host}/acme/app:content-{n:012x}", "references": [f"{registry.host}/acme/app:{n}"]}
        for n in range(1000)
    ]
    asking.publish()
    done = asking.run("probe")
    registry.close()
    assert done.returncode == 0 and missing(done.stdout) == {"build": [], "merge": []}, done.stderr
    assert registry.asked == {"head": 1000, "get": 1000, "token": 1, "challenge": 1}
    assert registry.most > 16
