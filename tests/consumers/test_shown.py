"""What people see of a run: groups of the log, what is wrong beside the log, each as the place has it, and nowhere else. And what
one run may be asked for: some images alone, or to say what it would do."""

import os
import re
import shutil
import subprocess

import pytest
from harness import missing
from test_publish_script import HOME, SCRIPT, World, built, in_every_shell, merged, shell, world  # noqa: F401

#: By the place: what its environment says, how a group begins there, and how the log says that it ends. (What is read as text
#: has a line's end for GitLab's carriage return.)
PLACES = {
    "github": ({"GITHUB_ACTIONS": "true"}, r"::group::(.*)", "::endgroup::"),
    "gitlab": ({"GITLAB_CI": "true"}, r"\x1b\[0Ksection_start:\d+:(?:\w+)\[collapsed=true\]\n\x1b\[0K(.*)", "\x1b[0Ksection_end:"),
    "buildkite": ({"BUILDKITE": "true", "BUILDKITE_JOB_ID": "job-1"}, r"--- (.*)", None),
    "elsewhere": ({}, r"publish: (building .*|joining .*|putting .*)", None),
}
SIGNS = ("::group::", "::endgroup::", "section_start", "\x1b[", "--- ", "+++", "::error", "::notice")


def publish(world: World, *words: str, **env: str) -> subprocess.CompletedProcess:
    told = {"BUILDKITE_ANNOTATIONS": str(world.folder / "annotations"), **env}
    return world.run(*words, env=told)


def annotations(world: World) -> str:
    file = world.folder / "annotations"
    return file.read_text() if file.exists() else ""


@in_every_shell
@pytest.mark.parametrize("place", PLACES)
def test_a_log_is_grouped_as_its_place_has_groups(world, place):  # noqa: F811
    env, begin, end = PLACES[place]
    spec = next(spec for spec in world.plan["specs"] if spec["layer"] == 0 and len(spec["platforms"]) > 1)
    said = ""
    for platform in spec["platforms"]:
        done = publish(world, "build", spec["id"], platform, **env)
        assert done.returncode == 0, done.stderr
        said += done.stderr
    said += publish(world, "merge", spec["id"], **env).stderr
    titles = re.findall(rf"^{begin}\s*$", said, re.MULTILINE)
    assert f"building and pushing {spec['content_reference']}-amd64" in titles and "joining platforms" in titles
    if end:
        assert said.count(end) == len(titles), "each group ends once"
    others = [sign for sign in SIGNS if sign in said]
    own = {"github": ["::group::", "::endgroup::"], "gitlab": ["section_start", "\x1b["], "buildkite": ["--- "], "elsewhere": []}
    assert others == own[place]
    # Sections of GitLab's open and close by name.
    opened = re.findall(r"section_start:\d+:(\w+)", said), re.findall(r"section_end:\d+:(\w+)", said)
    assert opened[0] == opened[1]


@in_every_shell
@pytest.mark.parametrize("place", PLACES)
def test_what_is_refused_is_told_beside_the_log(built, place):  # noqa: F811
    world = built  # noqa: F811
    taken = sorted(ref for spec in world.plan["specs"] for ref in spec["references"] if spec["immutable"])[:2]
    others = [world.put(reference) for reference in taken]
    done = publish(world, "tags", **PLACES[place][0])
    assert done.returncode == 1
    for reference, other in zip(taken, others):
        # For whoever reads the log, on lines of their own, wherever it runs.
        assert f"publish: refused: {reference} is published and holds {other}" in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("::")]
    if place == "github":
        (error,) = errors
        assert error.startswith("::error title=publish.sh tags::refused: ")
        assert all(reference in error for reference in taken) and error.endswith("%0Astopped: no tag was changed")
    else:
        assert not errors
    if place == "buildkite":
        told = annotations(world)
        assert "--style error --context base-images-job-1-error --append" in told
        assert all(f"    refused: {reference} is published" in told for reference in taken)
        # What becomes of the tags is there too, as Markdown.
        assert f"| `{taken[0]}` | **refused**" in told
    else:
        assert not annotations(world)


@in_every_shell
def test_a_build_that_fails_opens_its_group_and_is_told(world):  # noqa: F811
    spec = next(spec for spec in world.plan["specs"] if spec["layer"] == 0 and not spec["tests"])
    world.strike({"verb": "build", "error": "failed"})
    words = ("build", spec["id"], spec["platforms"][0])
    done = publish(world, *words, **PLACES["github"][0])
    assert done.returncode == 1
    ends = [line for line in done.stderr.splitlines() if line.startswith("::")]
    assert [line.split("::")[1].split(" ")[0] for line in ends] == ["group", "endgroup", "error"]
    assert ends[-1] == (
        f"::error title=publish.sh {' '.join(words)}::`{spec['id']}` for {words[2]} is not built and pushed: ERROR: failed to solve: "
        'process "/bin/sh -c make" did not complete successfully: exit code: 2'
    )
    assert "^^^ +++\n" in publish(world, *words, **PLACES["buildkite"][0]).stderr


@in_every_shell
def test_a_command_of_githubs_holds_no_other(world):  # noqa: F811
    odd = "a%b\r\n::set-env name=X::y, and: more"
    done = publish(world, "build", odd, "linux/amd64", **PLACES["github"][0])
    assert done.returncode == 1
    # Of what the log shows as it is, GitHub reads lines that begin so; this one is told within a line.
    line = next(line for line in done.stderr.split("\n") if line.startswith("::error"))
    title = "title=publish.sh build a%25b%0D%0A%3A%3Aset-env name=X%3A%3Ay%2C and%3A more linux/amd64::"
    assert line == f"::error {title}the plan has no image `a%25b%0D%0A::set-env name=X::y, and: more`"


@in_every_shell
def test_an_error_of_the_script_that_hands_work_to_jobs_is_told_too(shell, tmp_path):  # noqa: F811
    if not shutil.which(shell[0]):
        pytest.skip(f"no {shell[0]} on this machine")
    for env, told in (PLACES["github"][0], ["::error title=github.sh images probe::no plan at none: run this"]), (PLACES["elsewhere"][0], []):
        clean = {name: value for name, value in os.environ.items() if name != "GITHUB_ACTIONS"}
        done = subprocess.run(
            [*shell, SCRIPT.with_name("github.sh"), "images", "probe"], cwd=tmp_path, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, env={**clean, **env, "PLAN": "none"},
        )  # fmt: skip
        assert done.returncode == 1 and done.stdout == ""
        assert "github: no plan at none: run this from the repository root" in done.stderr
        commands = [line for line in done.stderr.splitlines() if line.startswith("::")]
        assert len(commands) == len(told) and all(map(str.startswith, commands, told)), done.stderr


@in_every_shell
def test_without_its_agent_a_build_of_buildkites_goes_on(built):  # noqa: F811
    """An agent that refuses, too: telling is no part of publishing."""
    done = publish(built, "tags", BUILDKITE="true", BUILDKITE_ANNOTATIONS="")
    assert done.returncode == 0 and "told by the log alone" in done.stderr


# Some images alone


def kept(plan: dict, ids: set) -> set:
    """Those, all that they stand on, and what is built in the stead of either."""
    by_id, all_of, left = {spec["id"]: spec for spec in plan["specs"]}, set(), list(ids)
    first = {}
    for spec in plan["specs"]:
        first.setdefault(spec["content_reference"], spec["id"])
    while left:
        id = left.pop()
        if id not in all_of:
            all_of.add(id)
            left += [*filter(None, [by_id[id]["parent"]]), *by_id[id]["needs"], first[by_id[id]["content_reference"]]]
    return all_of


@in_every_shell
@pytest.mark.parametrize("only", ["base", "base/3.11_none_server", "base/*_none_*, gpu-base", "notebook", "alias-base"],
                         ids=["key", "id", "stars-and-key", "alone", "equal"])  # fmt: skip
def test_only_some_images_are_built_and_tagged(world, only):  # noqa: F811
    words = re.split(r"[, ]+", only)
    like = [re.compile(re.escape(word).replace(r"\*", ".*") + ("$" if "/" in word or "*" in word else "(/.*)?$")) for word in words]
    ids = {spec["id"] for spec in world.plan["specs"] if any(one.match(spec["id"]) for one in like)}
    assert ids, only
    env = {"BASE_IMAGES_ONLY": only}
    wanted = missing(world.ok("probe", env=env).stdout)
    of_all = kept(world.plan, ids)
    first = {}
    for spec in world.plan["specs"]:
        first.setdefault(spec["content_reference"], spec)
    expected = {(spec["id"], platform) for spec in first.values() if spec["id"] in of_all for platform in spec["platforms"]}
    assert {(leg["id"], leg["platform"]) for leg in wanted["build"]} == expected
    assert {one["id"] for one in wanted["merge"]} <= of_all
    for layer in range(world.plan["layers"]):
        for leg in wanted["build"]:
            if leg["layer"] == layer:
                world.ok("build", leg["id"], leg["platform"])
        merges = [one["id"] for one in wanted["merge"] if one["layer"] == layer]
        if merges:
            world.ok("merge", *merges)
    # All the others are missing, and nobody minds.
    world.ok("tags", env=env)
    tagged = {tag for spec in world.plan["specs"] if spec["id"] in ids for tag in [*spec["references"], *spec["aliases"]]}
    there = {tag for tag in world.stub.tags() if ":content-" not in tag and ":newest-release" not in tag}
    assert there == tagged
    assert "not published yet" in world.run("tags").stderr or ids == set(world.plan["specs"])
    # What is tagged can be told to a step.
    told = [line.split("\t") for line in world.ok("images", env=env).stdout.splitlines()]
    contents = {spec["content_reference"] for spec in world.plan["specs"] if spec["id"] in ids}
    assert {reference for _, reference, _ in told} == {f"{ref.rsplit(':', 1)[0]}@{world.digest(ref)}" for ref in contents}


@in_every_shell
def test_moving_tags_and_markers_stay_right_when_some_are_published(built):  # noqa: F811
    """A newer release of some images holds the line: an older one, whole, moves none of its tags back, and the rest follows."""
    world = built  # noqa: F811
    world.ok("tags")
    spec = next(spec for spec in world.plan["specs"] if spec["aliases"])
    alias = next(alias for alias in spec["aliases"] if alias.startswith(HOME))
    world.release("0.13.0", True)
    own = next(one for one in world.plan["specs"] if one["id"] == spec["id"])
    own_before = world.digest(alias)
    other = [tag for one in world.plan["specs"] if one["id"] != spec["id"] for tag in one["aliases"]]
    before = {tag: world.digest(tag) for tag in other}
    own["content_reference"] = own["content_reference"].rsplit("-", 1)[0] + "-" + "1" * 12
    own["content"] = "sha256:" + "1" * 64
    for platform in own["platforms"]:
        world.ok("build", own["id"], platform)
    world.ok("merge", own["id"])
    world.ok("tags", env={"BASE_IMAGES_ONLY": own["id"]})
    moved = world.digest(alias)
    assert moved != own_before and {tag: world.digest(tag) for tag in other} == before
    # An older line, published whole afterwards.
    world.release("0.12.5", True)
    said = world.ok("tags").stderr
    assert f"left alone, only a final release may move it, and only forward: {alias}" in said and world.digest(alias) == moved


@in_every_shell
@pytest.mark.parametrize("only", ["nothing", "base/3", "base/9*", "base,nothing", "bas", "$(touch x)", "`id`", "base/[3]*", "'; exit"],
                         ids=["key", "begun", "stars", "one-of-two", "cut-short", "call", "ticks", "class", "quote"])  # fmt: skip
def test_what_the_plan_has_not_is_refused(world, only):  # noqa: F811
    for words in (["probe"], ["tags"], ["images"]):
        done = world.run(*words, env={"BASE_IMAGES_ONLY": only})
        assert done.returncode == 1 and "BASE_IMAGES_ONLY: the plan has no image `" in done.stderr, done.stderr
        assert done.stdout == ""
    assert not world.stub.journal()


@in_every_shell
def test_a_probe_of_some_ids_passes_by_those_that_are_not_asked_for(world):  # noqa: F811
    """As a workflow with several probes asks: each for its own ids, whatever the run is of."""
    ids = [leg["id"] for leg in missing(world.ok("probe").stdout)["build"]]
    said = missing(world.ok("probe", *ids, env={"BASE_IMAGES_ONLY": "notebook"}).stdout)
    alone = missing(world.ok("probe", env={"BASE_IMAGES_ONLY": "notebook"}).stdout)
    assert said == alone and {leg["id"] for leg in alone["build"]} < set(ids)
    assert "`none` is no image" in world.run("probe", "none", env={"BASE_IMAGES_ONLY": "notebook"}).stderr


# What would be done


@in_every_shell
def test_a_dry_run_says_what_would_be_and_changes_nothing(world, tmp_path):  # noqa: F811
    dry = {"BASE_IMAGES_DRY_RUN": "true", "SUMMARY": str(tmp_path / "summary"), "RESULTS": str(tmp_path / "results")}
    done = world.ok("probe", env=dry)
    assert done.stdout == "", "no job has anything to do"
    builds = missing(world.ok("probe").stdout)["build"]
    assert builds and all(f"{leg['id']} for {leg['platform']}\n" in done.stderr for leg in builds)
    assert "nothing was changed" in world.ok("tags", env=dry).stderr
    assert "would be built and put" in (tmp_path / "summary").read_text() and (tmp_path / "results").read_text() == ""
    for words in (["build", builds[0]["id"], builds[0]["platform"]], ["merge", builds[0]["id"]], ["sign"]):
        assert "a dry run changes nothing" in world.run(*words, env=dry).stderr
    assert not world.stub.tags() and not [call for call in world.stub.journal() if call["verb"] != "inspect"]
    assert "BASE_IMAGES_DRY_RUN is neither true nor false: `yes`" in world.run("probe", env={"BASE_IMAGES_DRY_RUN": "yes"}).stderr


@in_every_shell
def test_a_dry_run_gives_no_content_its_tag_back(built):  # noqa: F811
    world = built  # noqa: F811
    world.ok("tags")
    spec = next(spec for spec in world.plan["specs"] if spec["immutable"])
    world.stub.drop(spec["content_reference"])
    before = world.stub.tags()
    assert world.ok("probe", env={"BASE_IMAGES_DRY_RUN": "true"}).stdout == "" and world.stub.tags() == before
    assert world.ok("probe").stdout == "" and spec["content_reference"] in world.stub.tags()
