"""What the builder is sent of a context, against what this library takes it to be sent: drawn ignore files over drawn trees."""

import io
import json
import os
import random
import subprocess
import tarfile
from pathlib import Path

import pytest

#: One build compares so many contexts: each is a named context of its own, which obeys its own ignore file.
BATCH = 100
PAIRS = 4000 if os.environ.get("ACCEPTANCE_FULL") else 200
#: Of the ignore files that cannot be followed, so many are shown to the builder, one build each.
REFUSED = 64 if os.environ.get("ACCEPTANCE_FULL") else 13

NAMES = ["a", "b", "ab", "a.b", "axb", "é", "7", "x", "a b", "{a,b}", "[a]", "!a", "#a", ".a", "*", "a.pyc", "\\", "d", "a+", "$a", "^a"]
PIECES = ["a", "b", "ab", "a.b", "é", "d", "*", "**", "?", "[ab]", "[!a]", "[^a]", "[a-c]", "[é]", "[*]", "[a?b]", "[[]", "{a,b}", "\\*", "\\d", "\\a",
          "\\.", "x", "7", "+", "$", "^", "(", ")", "|", ".", "..", "a*", "*.pyc", "**.pyc", "**a", "a**", "#a", "!a", " ", "]", "{", "}", "&&", "--", "~", "{2}", "{1,}", "a{,2}"]  # fmt: skip
WRONG = ["[", "[a", "\\", "[]", "[a-]", "[c-a]", "*{2}", "\\k", "\\é", "!", "[-a]", "! ", "!/"]


def draw_pattern(draw: random.Random) -> str:
    parts = ["".join(draw.choices(PIECES, k=draw.choice([1, 1, 1, 2, 3]))) for _ in range(draw.choice([1, 1, 2, 2, 3]))]
    text = draw.choice(["", "", "", "", "/", "./", "//", "../", "**/"]) + "/".join(parts) + draw.choice(["", "", "", "/", "/*", "/**", "//", "/."])
    return draw.choice(["", "", "", "!", "! ", "!!"]) + text


def draw_ignore(draw: random.Random) -> bytes:
    lines = [draw.choice(["", "", "", " ", "\t"]) + draw_pattern(draw) + draw.choice(["", "", "", " ", "\u00a0"]) for _ in range(draw.randint(1, 5))]
    if draw.random() < 0.3:
        lines.insert(0, draw.choice(["*", "**", "a", "*/*"]))
    if draw.random() < 0.1:
        lines.insert(draw.randrange(len(lines)), "# a comment")
    text = draw.choice(["\n", "\n", "\n", "\r\n"]).join(lines) + draw.choice(["", "\n"])
    data = text.encode()
    if draw.random() < 0.1:
        data = b"\xef\xbb\xbf" + data
    if draw.random() < 0.05:
        data = b"# caf\xe9\n" + data
    return data


def draw_tree(draw: random.Random, folder: Path) -> None:
    """Folders and files of few names, so that patterns meet them."""
    for _ in range(draw.randint(6, 16)):
        parts = [draw.choice(NAMES) for _ in range(draw.choice([1, 1, 2, 2, 3]))]
        path = folder.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_text("x")
        except (FileExistsError, NotADirectoryError):
            continue


def ours(folder: Path) -> dict[str, dict]:
    reader = Path(os.environ["READERS"]) / "sent"
    said = subprocess.run([reader, folder], check=True, capture_output=True, stdin=subprocess.DEVNULL, text=True).stdout
    return {row["name"]: row for row in map(json.loads, said.splitlines())}


def sent(engine, folder: Path, names: list[str]) -> dict[str, list[str]]:
    """The files that the builder was sent of each of these contexts."""
    empty = folder / "empty.d"
    empty.mkdir(exist_ok=True)
    recipe = "FROM scratch\n" + "".join(f"COPY --from=c{name} . /{name}/\n" for name in names)
    (empty / "Dockerfile").write_text(recipe)
    contexts = [f"--build-context=c{name}={folder / name}" for name in names]
    found = engine.run("docker", "buildx", "build", *contexts, "--output=type=tar,dest=-", empty).stdout
    files: dict[str, list[str]] = {name: [] for name in names}
    with tarfile.open(fileobj=io.BytesIO(found)) as tar:
        for entry in tar:
            if not entry.isdir():
                name, _, path = entry.name.removeprefix("./").partition("/")
                files[name].append(path)
    return {name: sorted(paths) for name, paths in files.items()}


@pytest.mark.timeout(3600)
def test_the_builder_is_sent_what_is_hashed(engine, tmp_path):
    draw = random.Random(20261128)
    world = tmp_path / "world"
    for number in range(PAIRS):
        folder = world / f"{number:05}"
        folder.mkdir(parents=True)
        draw_tree(draw, folder)
        (folder / ".dockerignore").write_bytes(draw_ignore(draw))
    read = ours(world)
    assert len(read) == PAIRS
    followed = [name for name, row in read.items() if not row["faults"]]
    # Most ignore files of this draw are well formed: what is compared is not a few.
    assert len(followed) > PAIRS * 0.8
    different, left_out = {}, 0
    for start in range(0, len(followed), BATCH):
        for name, files in sent(engine, world, followed[start : start + BATCH]).items():
            left_out += sum(path.is_file() for path in (world / name).rglob("*")) - len(files)
            if files != sorted(read[name]["files"]):
                ignore = (world / name / ".dockerignore").read_bytes()
                different[name] = (ignore, "sent", files, "hashed", read[name]["files"])
    assert not different, f"{len(different)} of {len(followed)} differ, such as {list(different.items())[:5]}"
    assert left_out > PAIRS, "the ignore files left next to nothing out"


@pytest.mark.timeout(900)
def test_what_cannot_be_followed_ends_the_build(engine, tmp_path):
    draw = random.Random(7)
    world = tmp_path / "world"
    for number in range(REFUSED):
        folder = world / f"{number:05}"
        folder.mkdir(parents=True)
        draw_tree(draw, folder)
        wrong = WRONG[number % len(WRONG)]
        # Alone, it is asked of every file.
        (folder / ".dockerignore").write_text(draw.choice(["", "x", "a/"]) + wrong if "!" not in wrong else wrong)
    read = ours(world)
    for name, row in read.items():
        with pytest.raises(AssertionError):
            sent(engine, world, [name])
        assert row["faults"], (world / name / ".dockerignore").read_bytes()
