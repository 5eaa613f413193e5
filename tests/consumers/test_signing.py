"""Signing by publish.sh, with a stand-in for cosign: what is signed and when, whose signature counts, and what a run says to others."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import HERE, legs_of, missing
from test_publish_script import COPY, HOME, SHELLS, World, calls

KEY = {"tool": "cosign", "key": "env://SIGNING_KEY", "public_key": "cosign.pub", "log": False}
WORKFLOW = "https://github.com/acme/images/.github/workflows/base-images.yml"
ISSUER = "https://token.actions.githubusercontent.com"
KEYLESS = {"tool": "cosign", "issuer": ISSUER, "refs": ["refs/tags/v*", "refs/heads/main"], "log": True}


class Signing(World):
    """The sample, signed by a key, in a folder that holds the public one."""

    def __init__(self, folder: Path, shell: list[str], signing: dict):
        self.signing = signing
        super().__init__(folder, shell)
        self.extra = {"SIGNING_KEY": "ours", "SIGNER": f"{WORKFLOW}@refs/tags/v0.12.0",
                      "STUB_IDENTITY": f"{WORKFLOW}@refs/tags/v0.12.0", "STUB_ISSUER": ISSUER}  # fmt: skip

    def release(self, version: str | None, final: bool) -> None:
        super().release(version, final)
        self.plan["signing"] = self.signing
        if "key" in self.signing:
            public = self.folder / "cosign.pub"
            public.write_text("ours\n")
            self.plan["signing"] = {**self.signing, "public_key": str(public)}
        self.plan["specs"] = [spec for spec in self.plan["specs"] if spec["id"] in ("base/3.11_none_server", "notebook")]

    def run(self, *words: str, env: dict | None = None) -> subprocess.CompletedProcess:
        return super().run(*words, env={**self.extra, **(env or {})})

    def cosigned(self, verb: str) -> list[str]:
        file = self.stub.folder / "cosign.jsonl"
        rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [row["subject"] for row in rows if row["verb"] == verb]

    def forget(self) -> None:
        self.stub.forget()
        (self.stub.folder / "cosign.jsonl").unlink(missing_ok=True)

    def publish(self) -> None:
        self.build()
        self.ok("tags")


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request) -> list[str]:
    if not shutil.which(request.param[0]):
        pytest.skip(f"no {request.param[0]} on this machine")
    return request.param


@pytest.fixture(params=[KEY, KEYLESS], ids=["key", "keyless"])
def world(request, tmp_path, shell) -> Signing:
    return Signing(tmp_path, shell, request.param)


def test_everything_is_signed_before_it_has_a_tag(world):
    world.publish()
    tags = world.stub.tags()
    signed = world.cosigned("sign")
    for spec in world.plan["specs"]:
        repository = spec["content_reference"].rsplit(":", 1)[0]
        for reference in {spec["content_reference"], *legs_of(spec)}:
            assert f"{repository}@{tags[reference]['digest']}" in signed
        for reference in spec["references"] + spec["aliases"]:
            digest = tags[reference]["digest"].replace(":", "-")
            assert f"{reference.rsplit(':', 1)[0]}:{digest}.sig" in tags, "copies carry the signature"
    # A build pushes under a tag that nobody reads.
    assert all(tag.endswith("-unsigned") for call in calls(world, "build") if call["push"] for tag in call["tags"])

    # A second run looks at each signature once a content, signs nothing and changes nothing.
    world.forget()
    assert missing(world.ok("probe").stdout) == {"build": [], "merge": []}
    assert "0 put" in world.ok("tags").stderr
    assert world.cosigned("sign") == []
    assert len(world.cosigned("verify")) == len(set(world.cosigned("verify"))) == len({spec["content"] for spec in world.plan["specs"]})


def test_what_somebody_else_pushed_is_refused_before_a_build(world):
    (spec, *_) = world.plan["specs"]
    content = spec["content_reference"]
    # It even states what it is not.
    world.stub.put(content, {"org.basematrix.content": spec["content"]})
    digest = world.digest(content)
    for who in (None, "theirs"):
        if who:
            theirs = {"SIGNING_KEY": who, "STUB_IDENTITY": "https://github.com/mallory/images/.github/workflows/x.yml@refs/tags/v1"}
            words = ["--key", "env://SIGNING_KEY"] if "key" in world.signing else []
            subprocess.run([HERE / "stubs/cosign", "sign", "--yes", *words, f"{content.rsplit(':', 1)[0]}@{digest}"],
                           env={**world.stub.env(), **world.extra, **theirs}, check=True)  # fmt: skip
        done = world.run("probe")
        assert done.returncode == 1 and done.stdout == "", done.stderr
        assert f"foreign: {content.rsplit(':', 1)[0]}@{digest} is not signed by this pipeline: no" in done.stderr
        assert world.run("build", spec["id"], spec["platforms"][0]).returncode == 1
        assert world.run("tags").returncode == 1
    assert world.digest(content) == digest, "and never overwritten"
    assert not calls(world, "build") and not [call for call in calls(world, "create") if HOME in str(call["tags"])]


def test_a_platform_that_somebody_else_pushed_is_not_joined(world):
    spec = next(spec for spec in world.plan["specs"] if len(spec["platforms"]) > 1)
    for other in world.plan["specs"]:
        if other["layer"] < spec["layer"]:
            for platform in other["platforms"]:
                world.ok("build", other["id"], platform)
            world.ok("merge", other["id"])
    world.ok("build", spec["id"], spec["platforms"][0])
    for leg in legs_of(spec)[1:]:
        world.put(leg)
    done = world.run("merge", spec["id"])
    assert done.returncode == 1 and "is not signed by this pipeline" in done.stderr
    assert world.digest(spec["content_reference"]) is None


def test_a_signature_that_cannot_be_looked_at_is_no_answer(world):
    world.publish()
    done = world.run("probe", env={"COSIGN_FAULTS": "verify"})
    assert done.returncode == 1 and "cannot tell who signed" in done.stderr and "foreign" not in done.stderr


def test_what_is_cut_short_before_its_signature_has_no_tag(world):
    (spec, *_) = world.plan["specs"]
    done = world.run("build", spec["id"], spec["platforms"][0], env={"COSIGN_FAULTS": "sign"})
    assert done.returncode == 1 and "is not signed, and has no tag" in done.stderr
    assert [tag for tag in world.stub.tags() if not tag.endswith("-unsigned")] == []
    world.publish()


def test_what_was_there_before_is_signed_by_hand(world):
    signing = world.plan.pop("signing")
    world.publish()
    world.plan["signing"] = signing
    done = world.run("probe")
    assert done.returncode == 1 and "sh publish.sh sign" in done.stderr
    before = {tag: row["digest"] for tag, row in world.stub.tags().items()}
    world.ok("sign")
    assert len(world.cosigned("sign")) == len({spec["content_reference"] for spec in world.plan["specs"]})
    assert missing(world.ok("probe").stdout) == {"build": [], "merge": []}
    world.ok("tags")
    after = world.stub.tags()
    assert {tag: after[tag]["digest"] for tag in before} == before, "nothing is rebuilt or moved"
    assert any(tag.startswith(COPY) and tag.endswith(".sig") for tag in after)
    assert "signed: 0" in world.ok("sign").stderr


def test_only_what_states_its_hash_is_signed_by_hand(world):
    signing = world.plan.pop("signing")
    world.publish()
    world.plan["signing"] = signing
    content = world.plan["specs"][0]["content_reference"]
    world.put(content)
    done = world.run("sign")
    assert done.returncode == 1 and f"foreign: {content}" in done.stderr
    assert world.cosigned("sign") == []


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"SIGNER": ""}, "whose signatures count is not known here"),
        ({"SIGNER": f"{WORKFLOW}@refs/heads/feature"}, "this run is of refs/heads/feature, whose signatures do not count"),
        ({"SIGNER": f"{WORKFLOW}@refs/heads/maintenance"}, "whose signatures do not count"),
    ],
)
def test_a_run_whose_signature_would_not_count_stops_at_once(tmp_path, env, said):
    world = Signing(tmp_path, ["sh"], KEYLESS)
    done = world.run("probe", env=env)
    assert done.returncode == 1 and said in done.stderr
    assert world.stub.journal() == []


def test_a_fork_does_not_sign_as_the_matrix_says(tmp_path):
    world = Signing(tmp_path, ["sh"], {**KEYLESS, "identity": "https://github.com/acme/other/.github/workflows/base-images.yml"})
    done = world.run("probe")
    assert done.returncode == 1 and "the signatures that count are those of https://github.com/acme/other" in done.stderr


def test_without_cosign_or_the_key_nothing_begins(tmp_path):
    world = Signing(tmp_path, ["sh"], KEY)
    (tmp_path / "cosign.pub").unlink()
    done = world.run("probe")
    assert done.returncode == 1 and "which is not here" in done.stderr


def test_the_summary_says_how_to_verify(world, tmp_path):
    """With the very command: run as it stands there, it finds the signature; of another pipeline's it finds none."""
    world.build()
    summary = tmp_path / "summary"
    world.ok("tags", env={"SUMMARY": str(summary)})
    (line,) = [line for line in summary.read_text().splitlines() if line.startswith("cosign verify ")]
    pulled = next(line for line in summary.read_text().splitlines() if line.startswith("docker pull ")).split()[-1]
    world.forget()
    done = subprocess.run(["sh", "-eu", "-c", line], cwd=world.folder, env=world.stub.env(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert world.cosigned("verify") == [pulled]
    # Nor by anybody else's.
    other = line.replace(str(world.folder / "cosign.pub"), "theirs").replace("refs/tags", "refs/other").replace("refs/heads", "refs/more")
    (world.folder / "theirs").write_text("theirs\n")
    assert subprocess.run(["sh", "-eu", "-c", other], cwd=world.folder, env=world.stub.env(), capture_output=True).returncode
