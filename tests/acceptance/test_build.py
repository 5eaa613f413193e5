"""`gen build` on a real engine: a lineage of three layers from the working tree, loaded and pushed."""

import json
import os
import subprocess

import pytest
from world import LINEAGE, World


@pytest.fixture
def world(engine, tmp_path, name) -> World:
    tree = tmp_path / "three"
    tree.mkdir()
    (tree / "matrix.toml").write_text((LINEAGE / "three.toml").read_text())
    return World(engine, tree, tmp_path, {"HOST": f"{engine.host}/{name}"})


def gen(world: World, *words: str, code: int = 0) -> subprocess.CompletedProcess:
    """Run the binary under test as a person would, with this engine."""
    done = subprocess.run(
        [os.environ["GEN_BIN"], *words], cwd=world.root, env=world.engine.env(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stderr[-4000:]
    return done


def platforms(world: World) -> list[str]:
    return ["linux/amd64"] if world.engine.emulates else ["linux/amd64", "linux/arm64"]


def tags(world: World, repository: str) -> list[str]:
    """All that a repository has."""
    done = world.engine.run("crane", "ls", repository, check=False)
    return sorted(done.stdout.decode().split()) if done.returncode == 0 else []


def says(world: World, image: str, platform: str) -> list[str]:
    """What the image itself knows of its lineage."""
    said = world.engine.docker(
        "run", "--rm", "--network=none", "--platform", platform, image, "sh", "-c", "uname -m; echo $CORE $SIZE $APP",
    )  # fmt: skip
    return said.split()


MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}


def test_three_layers_are_loaded_under_a_tag_of_ones_own(world):
    asked = ",".join(platforms(world))
    gen(world, "build", "--load", "--platform", asked, "--tag", "mine", "image=app")
    app = world.spec("app")["references"][0].rsplit(":", 1)[0]
    for platform in platforms(world):
        assert says(world, f"{app}:mine", platform) == [MACHINES[platform], "1", "large", "it"]
    # What it stands on was built for it alone, and nothing went to a registry.
    below = world.spec("server/large")["references"][0]
    assert world.engine.run("docker", "image", "inspect", below, check=False).returncode != 0
    for spec in world.plan["specs"]:
        for reference in spec["references"]:
            assert tags(world, reference.rsplit(":", 1)[0]) == []


def test_what_is_printed_does_the_same(world):
    (world.root / "docker-bake.json").write_text("{}")
    command = gen(world, "build", "--load", "--platform", "amd64", "--tag", "printed", "image=app").args[1:]
    printed = gen(world, *command[:1], "--dry-run", *command[1:]).stdout
    assert printed.startswith("docker buildx bake --file - ") and "<<'EOF'" in printed
    app = world.spec("app")["references"][0].rsplit(":", 1)[0]
    held = world.engine.docker("image", "inspect", "--format", "{{.Id}}", f"{app}:printed")
    world.engine.docker("image", "rm", f"{app}:printed")
    world.engine.run("sh", "-c", printed, cwd=world.root)
    assert world.engine.docker("image", "inspect", "--format", "{{.Id}}", f"{app}:printed") == held


def test_a_tag_is_pushed_and_nothing_of_the_release(world):
    engine, asked = world.engine, ",".join(platforms(world))
    gen(world, "build", "--push", "--platform", asked, "--tag", "{{ size }}-mine", "image=server")
    for spec in world.plan["specs"]:
        for reference in spec["references"]:
            repository = reference.rsplit(":", 1)[0]
            wanted = ["large-mine", "small-mine"] if spec["image"] == "server" else []
            assert tags(world, repository) == wanted
    large = world.spec("server/large")["references"]
    home, copy = [f"{reference.rsplit(':', 1)[0]}:large-mine" for reference in large]
    assert engine.digest(home) == engine.digest(copy)
    if len(platforms(world)) > 1:
        assert engine.platforms(home) == platforms(world)
    for platform in platforms(world):
        assert says(world, home, platform) == [MACHINES[platform], "1", "large"]


def test_another_registry_gets_the_tags_of_the_plan(world, name):
    mine = f"{world.engine.host}/{name}-mine"
    gen(world, "build", "--push", "--platform", "amd64", "--registry", mine, "image=app", "image=server,size=small")
    assert tags(world, f"{mine}/app") == ["v1.4.0"]
    assert tags(world, f"{mine}/server") == ["small-v1.4.0"]
    assert tags(world, f"{mine}/core") == []
    assert set(world.digests().values()) == {None}


def test_docker_has_the_last_word(world):
    fails = gen(world, "build", "image=core", "--", "--set", "*.target=nowhere", code=1)
    assert "nowhere" in fails.stderr and "error[" not in fails.stderr
    nobody = gen(world, "build", "--builder", "nobody", "image=core", code=2)
    assert nobody.stderr.startswith("error[no-builder]: the builder `nobody` cannot be used")
    dockerfile = world.root / world.spec("core")["dockerfile"]
    dockerfile.write_text(dockerfile.read_text() + "RUN false\n")
    stale = gen(world, "build", "image=core", code=1)
    assert stale.stderr.startswith("error[stale-output]") and "nothing was built" in stale.stderr


def test_a_one_off_plan_is_published_beside_the_release(world, name):
    """publish.sh holds to it: names of its own, no marker, nothing that a pipeline reads."""
    mine, engine = f"{world.engine.host}/{name}-mine", world.engine
    lines = gen(world, "plan", "--format", "lines", "--registry", mine, "image=app").stdout
    (world.root / "one-off.lines").write_text(lines)
    plan = json.loads(gen(world, "plan", "--registry", mine, "image=app").stdout)
    env = {"PLAN": "one-off.lines"}
    for spec in plan["specs"]:
        for platform in platforms(world):
            world.ok("build", spec["id"], platform, **env)
        if len(platforms(world)) > 1:
            world.ok("merge", spec["id"], **env)
    if len(platforms(world)) > 1:
        world.ok("tags", **env)
        short = {spec["id"]: spec["content"][7:19] for spec in plan["specs"]}
        legs = [f"oneoff-{short['app']}{leg}" for leg in ("", "-amd64", "-arm64")]
        assert tags(world, f"{mine}/app") == [*sorted(legs), "v1.4.0"]
        assert all(tag.startswith("oneoff-") for tag in tags(world, f"{mine}/core"))
        assert engine.digest(f"{mine}/app:v1.4.0") == engine.digest(f"{mine}/app:{legs[0]}")
    assert set(world.digests().values()) == {None}
