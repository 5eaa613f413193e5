"""What is promised of every rendered image, on each kind of base, and of what is built on it: by the rows of grid.py."""

import re
from concurrent.futures import ThreadPoolExecutor

import grid
import pytest
from grid import ARCHITECTURES, FULL, IMPORTED, WHO, Case
from standing import AT_ONCE, build

CACHES = re.compile(r"\.deb$|^/var/lib/apt/lists/|^/var/cache/apt/|/\.cache/|^/tmp/|pkgcache\.bin|__pycache__/.*pip")

#: A cache as huggingface's, made by the user, and what is another's of the home.
CACHE = "mkdir -p ~/.cache/huggingface; touch ~/.cache/huggingface/model; find ~ ! -user $(id -u)"
#: Both installers, each with a command that is found.
BY_PIP = "pip install -q --root-user-action=ignore --force-reinstall --no-deps PACKAGE && PACKAGE --help >/dev/null"
BY_UV = "uv pip install -q --reinstall --no-deps PACKAGE && PACKAGE --help >/dev/null"
NAMED = 'python -c "import getpass, pathlib, sys; print(getpass.getuser(), pathlib.Path.home(), sys.prefix)"'
#: Of `dev`: ssh and git know who they are.
DEV = """\
ssh -G example.com | sed -n 's/^user //p'; ssh-keygen -q -N '' -f ~/.ssh/id_ed25519
git init -q ~/r; git -C ~/r -c user.name=a -c user.email=a@b commit -q --allow-empty -m x; git -C ~/r log --format=%s
"""

BASES = list(grid.FROM)
ROWS = [pytest.param(row, architecture, id=f"{row.name}-{architecture}") for row in grid.cases() for architecture in ARCHITECTURES]
every_row = pytest.mark.parametrize("row, architecture", ROWS)
#: All images are built before the first test: of the full grid half by emulated programs.
pytestmark = pytest.mark.timeout(3600 if FULL else 600)


def of(package: str, installer: str) -> str:
    return installer.replace("PACKAGE", package)


def test_each_value_meets_each_other():
    """In every run those of what is not emulated; the whole grid is the product of what an image is."""
    assert grid.unmet(grid.cases(full=False)) == []
    whole = [(row.base, row.parent, row.user) for row in grid.cases(full=True)]
    assert len(set(whole)) == len(whole) == len(grid.DIMENSIONS["base"]) * len(grid.DIMENSIONS["parent"]) * len(grid.DIMENSIONS["user"])


@pytest.fixture(scope="module")
def said(standing) -> dict:
    """What each row's own user is told in a container, which several are asked at once."""

    def ask(row: Case, architecture: str) -> str:
        script = f"uname -m; id -un; id -u; id -g; pwd; {NAMED}; locale charmap; python -c 'import {IMPORTED[row.packages]}'; {CACHE}; ls -A /tmp"
        script = f"{script}\n{of('pyflakes', BY_PIP)}\n{DEV if row.system == 'dev' else ''}"
        return standing.run(standing.reference(row.name), script, f"--platform=linux/{architecture}", "--hostname=machine")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {(row, architecture): pool.submit(ask, row, architecture) for row in grid.cases() for architecture in ARCHITECTURES}


@every_row
def test_the_user_has_a_name_a_home_and_a_way_to_install(said, row: Case, architecture):
    name, uid, gid, home = WHO[row.user]
    lines = said[row, architecture].result().splitlines()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}[architecture]
    assert lines[:7] == [machine, name, uid, gid, home, f"{name} {home} /opt/venv", "UTF-8"]
    # Nothing of the home is another's, and nothing was left in /tmp.
    assert lines[7:] == ([name, "x"] if row.system == "dev" else [])


@every_row
def test_no_layer_holds_a_cache(standing, row: Case, architecture):
    below = standing.reference(row.below.name) if row.below else standing.bare(row.base)
    reference = standing.reference(row.name)
    files = standing.files(reference, standing.added(reference, below, architecture))
    # A child may find all that it wants in its parent.
    assert row.below or any(name.startswith("/opt/venv/lib") for name in files)
    assert [name for name in files if CACHES.search(name)] == []


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in grid.cases() if FULL or row.name.endswith("-alone-app")])
def test_what_is_built_on_it_installs_as_root_and_as_the_user(standing, row: Case):
    """Whatever root leaves behind, the home stays the user's, and each installs what it wants."""
    _, uid, gid, home = WHO[row.user]
    steps = "".join(
        f"USER {user}\nRUN {of(package, BY_PIP)}\nRUN UV {of(package, BY_UV)}\n"
        # What root adds is root's to replace.
        for user, package in (("root", "tabulate"), (f"{uid}:{gid}", "pyflakes"))
    )
    steps += f"RUN UV --mount=type=cache,target={home}/.cache/uv,uid={uid},gid={gid} {of('pyflakes', BY_UV)}\n"
    reference = standing.derive(f"installs-{row.name}", standing.reference(row.name), steps)
    said = standing.run(reference, f"id -u; {CACHE}; pyflakes --version; echo 1 | tabulate -f plain").splitlines()
    # Nothing of the home is another's.
    assert said[0] == uid and " on Linux" in said[1] and said[2:] == ["1"], said


@pytest.mark.parametrize("base", BASES)
def test_what_apt_leaves_in_it_is_as_small_as_on_its_base(standing, base):
    """A child's package of Debian, installed as everybody does, without a word on caches."""
    apt = "USER root\nRUN apt-get update -qq && apt-get install -y -qq --no-install-recommends file && rm -rf /var/lib/apt/lists/*\n"
    sizes = {}
    for name, below in (("bare", standing.bare(base)), ("ours", standing.reference(f"{base}-alone-app"))):
        reference = standing.derive(f"size-{name}-{base}", below, apt)
        sizes[name] = sum(layer["size"] for layer in standing.added(reference, below))
    print(f"file on {base}: {sizes}")
    assert abs(sizes["ours"] - sizes["bare"]) < sizes["bare"] // 100, sizes


@pytest.mark.parametrize("base", BASES)
def test_a_repeat_changes_nothing(standing, base):
    """An image of ours may be the upstream of another matrix, which makes the same user."""
    text = standing.dockerfile(f"{base}-alone-app")
    block = re.search(r"^RUN set -eu; name=.*?[^\\]\n", text, re.M | re.S).group()
    reference = standing.reference(f"{base}-alone-app")
    again = standing.derive(f"again-{base}", reference, f"USER 0:0\n{block}USER 1000:1000\n")
    state = "cat /etc/passwd /etc/group; ls -lanR ~"
    assert standing.run(again, state) == standing.run(reference, state)


def test_a_user_that_is_there_is_renamed_and_its_home_moved(standing):
    said = standing.run(standing.reference("cuda-alone-app"), "grep 1000 /etc/passwd /etc/group; ls -A /home; grep -c ubuntu /etc/group || true; ls -A ~")
    lines = said.splitlines()
    assert lines[:2] == ["/etc/passwd:app:x:1000:1000::/home/app:/bin/bash", "/etc/group:app:x:1000:"]
    assert lines[2:4] == ["app", "0"] and ".bashrc" in lines
    # One of another number stays.
    assert standing.run(standing.reference("cuda-alone-named"), "id -un ubuntu; ls -A /home").splitlines() == ["ubuntu", "model", "ubuntu"]


def test_an_init_is_first_and_passes_signals_on(standing):
    engine, reference = standing.engine, standing.reference("cuda-child-app")
    id = engine.docker("run", "--rm", "--detach", "--network=none", reference).strip()
    assert engine.docker("exec", id, "cat", "/proc/1/comm").strip() == "tini"
    engine.docker("stop", "--time=20", id)


@pytest.mark.parametrize("image", [row.name for row in grid.cases() if row.user == "arbitrary"])
def test_any_user_of_group_0_may_run_it(standing, image):
    script = f"cd ~; pwd; mkdir -p ~/.cache/huggingface; touch ~/.cache/huggingface/model; {of('pyflakes', BY_PIP)}; pip uninstall -q -y pyflakes"
    assert standing.run(standing.reference(image), script, "--user=123456:0") == "/home/app"


def test_a_child_may_give_its_user_another_number(standing):
    said = standing.run(standing.reference("other"), f"id; pwd; {NAMED}; {CACHE}; find /opt/venv ! -user app; pip uninstall -q -y tabulate; ls -A /home")
    assert said.splitlines() == ["uid=2000(app) gid=2001(app) groups=2001(app)", "/home/app", "app /home/app /opt/venv", "app"]


def test_packages_are_those_of_the_locks(standing):
    """Of a project what it needs, without its groups for development and without itself."""
    names = {}
    for image in ("other", "debian-alone-app"):
        said = standing.run(standing.reference(image), "pip list --format=freeze")
        names[image] = {line.split("==")[0] for line in said.splitlines()}
    assert {"packaging", "pyflakes", "tabulate"} <= names["other"], names
    assert "pyflakes" in names["debian-alone-app"] and not names["debian-alone-app"] & {"library", "tabulate"}, names


def test_a_package_that_fits_no_hash_ends_the_build(standing):
    tree, spec = standing.world.root, standing.spec("cuda-alone-app")
    lock, dockerfile = tree / "requirements.lock", tree / spec["dockerfile"]
    right = lock.read_text()
    lock.write_text(right.split("sha256:")[0] + "sha256:" + "0" * 64 + "\n")
    context, uv = standing.world.more["BUILD_CONTEXTS"].split("=", 1)
    try:
        with pytest.raises(AssertionError, match="[Hh]ash"):
            build(standing.engine, "--build-context", f"{context}={uv}", "--output=type=cacheonly", "--file", dockerfile, tree)
    finally:
        lock.write_text(right)
