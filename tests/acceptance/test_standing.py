"""What is promised of every rendered image, on each kind of base, and of what is built on it."""

import re

import pytest
from standing import build

BASES = ["python", "cuda", "debian"]
CACHES = re.compile(r"\.deb$|^/var/lib/apt/lists/|^/var/cache/apt/|/\.cache/|^/tmp/|pkgcache\.bin|__pycache__/.*pip")

WHO = 'python -c "import getpass, pathlib, sys; print(getpass.getuser(), pathlib.Path.home(), sys.prefix)"'
#: A cache as huggingface's, made by the user.
CACHE = "mkdir -p ~/.cache/huggingface; touch ~/.cache/huggingface/model"
#: Both installers as the user, each with a command that is found.
INSTALL = "pip install -q pyflakes && pyflakes --version && uv pip install -q --reinstall pyflakes && pyflakes --version && python -c 'import six'"


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("image", ["core", "dev"])
def test_the_user_has_a_name_a_home_and_a_way_to_install(standing, base, image):
    reference = standing.reference(f"{image}/{base}_3.13")
    said = standing.run(reference, f"id; pwd; {WHO}; {CACHE}; ls -ldn ~/.bashrc; pip install -q tabulate; echo 1 | tabulate -f plain; locale charmap")
    lines = said.splitlines()
    assert lines[0] == "uid=1000(app) gid=1000(app) groups=1000(app)"
    assert lines[1:3] == ["/home/app", "app /home/app /opt/venv"]
    assert lines[3].split()[2:4] == ["1000", "1000"]
    assert lines[4] == "1" and lines[5] == "UTF-8"


@pytest.mark.parametrize("base", BASES)
def test_what_is_built_on_it_installs_as_root_and_as_the_user(standing, base):
    """Whatever root leaves behind, the home stays the user's, and each installs what it wants."""
    steps = (
        "USER root\nRUN pip install -q tabulate && apt-get update -qq && apt-get install -y -qq --no-install-recommends file\n"
        "RUN UV uv pip install -q --reinstall tabulate\n"
        "USER 1000:1000\n"
        f"RUN UV {INSTALL}\n"
        "RUN UV --mount=type=cache,target=/home/app/.cache/uv,uid=1000,gid=1000 uv pip install -q --reinstall six\n"
    )
    core = standing.reference(f"core/{base}_3.13")
    reference = standing.derive(f"installs-{base}", core, steps)
    said = standing.run(reference, f"whoami; {CACHE}; find ~ ! -user app; pyflakes --version; file --version | head -n 1; pip list -q")
    lines = said.splitlines()
    assert lines[0] == "app" and lines[1].endswith(" on Linux"), "nothing in the home is another's"
    assert lines[2].startswith("file-"), said


@pytest.mark.parametrize("base", BASES)
def test_no_layer_holds_a_cache(standing, base):
    for image, below in (("core", standing.bare(base)), ("dev", standing.reference(f"core/{base}_3.13"))):
        reference = standing.reference(f"{image}/{base}_3.13")
        files = standing.files(reference, standing.added(reference, below))
        assert any(name.startswith("/opt/venv/lib") for name in files)
        assert [name for name in files if CACHES.search(name)] == []


@pytest.mark.parametrize("base", ["python", "cuda"])
def test_what_is_built_on_it_is_as_small_as_on_its_base(standing, base):
    apt = "USER root\nRUN apt-get update -qq && apt-get install -y -qq --no-install-recommends git && rm -rf /var/lib/apt/lists/*\n"
    core = standing.reference(f"core/{base}_3.13")
    sizes = {}
    for name, below in (("bare", standing.bare(base)), ("ours", core)):
        reference = standing.derive(f"size-{name}-{base}", below, apt)
        sizes[name] = sum(layer["size"] for layer in standing.added(reference, below))
    print(f"git on {base}: {sizes}")
    assert abs(sizes["ours"] - sizes["bare"]) < sizes["bare"] // 100, sizes


@pytest.mark.parametrize("base", BASES)
def test_a_repeat_changes_nothing(standing, base):
    """An image of ours may be the upstream of another matrix, which makes the same user."""
    text = standing.dockerfile(f"core/{base}_3.13")
    block = re.search(r"^RUN set -eu; name=.*?[^\\]\n", text, re.M | re.S).group()
    core = standing.reference(f"core/{base}_3.13")
    again = standing.derive(f"again-{base}", core, f"USER 0:0\n{block}USER 1000:1000\n")
    state = "cat /etc/passwd /etc/group; ls -lanR ~"
    assert standing.run(again, state) == standing.run(core, state)


def test_a_user_that_is_there_is_renamed_and_its_home_moved(standing):
    said = standing.run(standing.reference("core/cuda_3.13"), "grep 1000 /etc/passwd /etc/group; ls -A /home; grep -c ubuntu /etc/group || true; ls -A ~")
    lines = said.splitlines()
    assert lines[:2] == ["/etc/passwd:app:x:1000:1000::/home/app:/bin/bash", "/etc/group:app:x:1000:"]
    assert lines[2:4] == ["app", "0"] and ".bashrc" in lines


@pytest.mark.parametrize("base", BASES)
def test_ssh_and_git_know_who_they_are(standing, base):
    script = "ssh -G example.com | grep -x 'user app'; ssh-keygen -q -N '' -f ~/.ssh/id_ed25519; git init -q ~/r; git -C ~/r -c user.name=a -c user.email=a@b commit -q --allow-empty -m x; ls -dn ~/r"
    said = standing.run(standing.reference(f"dev/{base}_3.13"), script, "--hostname=machine")
    assert said.startswith("user app\n") and "1000 1000" in said


def test_an_init_is_first_and_passes_signals_on(standing):
    engine, reference = standing.engine, standing.reference("dev/python_3.13")
    id = engine.docker("run", "--rm", "--detach", "--network=none", reference).strip()
    assert engine.docker("exec", id, "cat", "/proc/1/comm").strip() == "tini"
    engine.docker("stop", "--time=20", id)


def test_users_differ(standing):
    named = standing.run(standing.reference("as/named_3.13"), f"id; pwd; {WHO}; {CACHE}; pip install -q pyflakes; ls -A /home")
    assert named.splitlines() == [
        "uid=70(model) gid=71(model) groups=71(model)", "/home/model", "model /home/model /opt/venv", "model", "ubuntu"
    ]  # fmt: skip
    root = standing.run(standing.reference("as/root_3.13"), f"id -u; pwd; {WHO}; {CACHE}; pip install -q --root-user-action=ignore pyflakes; pyflakes --version")
    assert root.splitlines()[:3] == ["0", "/root", "root /root /opt/venv"]


@pytest.mark.parametrize("user", ["1000:0", "123456:0"])
def test_any_user_of_group_0_may_run_it(standing, user):
    script = f"cd ~; pwd; {CACHE}; pip install -q pyflakes; pyflakes --version; pip uninstall -q -y six"
    said = standing.run(standing.reference("as/arbitrary_3.13"), script, f"--user={user}")
    assert said.splitlines()[0] == "/home/app" and " on Linux" in said


def test_a_child_may_give_its_user_another_number(standing):
    said = standing.run(standing.reference("other"), f"id; pwd; {WHO}; {CACHE}; find ~ /opt/venv ! -user app; pip uninstall -q -y six; ls -A /home")
    assert said.splitlines() == ["uid=2000(app) gid=2001(app) groups=2001(app)", "/home/app", "app /home/app /opt/venv", "app"]


@pytest.mark.parametrize("base", ["python", "cuda"])
def test_packages_are_those_of_the_locks(standing, base):
    reference = standing.reference(f"locked/{base}_3.13")
    said = standing.run(reference, "pip list --format=freeze; find /opt/venv ! -user app; ls -A /tmp")
    assert "/opt/venv" not in said
    names = {line.split("==")[0] for line in said.splitlines()}
    assert {"packaging", "pyflakes", "tabulate"} <= names and "library" not in names and "project" not in names, said


def test_a_package_that_fits_no_hash_ends_the_build(standing):
    tree, spec = standing.world.root, standing.world.spec("locked/cuda_3.13")
    lock, dockerfile = tree / "requirements.lock", tree / spec["dockerfile"]
    right = lock.read_text()
    lock.write_text(right.split("sha256:")[0] + "sha256:" + "0" * 64 + "\n")
    context, uv = standing.world.more["BUILD_CONTEXTS"].split("=", 1)
    try:
        with pytest.raises(AssertionError, match="[Hh]ash"):
            build(standing.engine, "--build-context", f"{context}={uv}", "--output=type=cacheonly", "--file", dockerfile, tree)
    finally:
        lock.write_text(right)
