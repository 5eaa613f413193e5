"""What publish.sh reads of JSON: in each awk it may meet, of any document, the text to which keys lead, and no other."""

import json
import random
import re
import shutil
import subprocess

import pytest
from harness import HERE

SCRIPT = (HERE.parents[1] / "generated/ci/publish.sh").read_text()
READER = re.search(r"^JSON_AWK='.*?^'\n.*?^}\n", SCRIPT, re.DOTALL | re.MULTILINE)[0]
AWKS = [awk for awk in ("mawk", "gawk", "original-awk", "busybox awk") if shutil.which(awk.split()[0])]
KEYS = ["auths", "auth", "https://index.docker.io/v1/", "digest", "a\\b", 'a"b', "{", "}:", "[", "é"]


def value(dice: random.Random, depth: int):
    kind = dice.choice(["text", "text", "object", "object", "list", "other"] if depth else ["text", "other"])
    if kind == "text":
        return dice.choice([*KEYS, "plain", ", ", "\\", '"', '\\"', '{"auth": "no"}', '"auth": "no"'])
    if kind == "object":
        return {dice.choice(KEYS): value(dice, depth - 1) for _ in range(dice.randint(0, 4))}
    if kind == "list":
        return [value(dice, depth - 1) for _ in range(dice.randint(0, 3))]
    return dice.choice([0, -1.5e9, True, False, None])


def lookup(document, keys: list) -> str | None:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, str) and document else None


def paths(document, keys: tuple = ()) -> list:
    found = [list(keys)] if keys else []
    if isinstance(document, dict):
        found += [path for key in document for path in paths(document[key], (*keys, key))]
    return found


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize("seed", range(6))
def test_keys_lead_where_they_lead(tmp_path, awk, seed):
    dice = random.Random(seed)
    file, lines, wanted = tmp_path / "read.sh", [], []
    for number in range(30):
        document = {dice.choice(KEYS): value(dice, 3) for _ in range(4)}
        (tmp_path / f"{number}.json").write_text(json.dumps(document, indent=dice.choice([None, 1]), ensure_ascii=False))
        for keys in dice.sample(paths(document), 4) + [["auth", "auth"]] if len(paths(document)) >= 4 else [["auth"]]:
            words = " ".join("'" + key.replace("'", "'\\''") + "'" for key in keys)
            lines.append(f"member {number}.json {words} || echo NONE")
            wanted.append(lookup(document, keys) or "NONE")
    file.write_text(f"awk() {{ command {awk} \"$@\"; }}\n" + READER + "\n".join(lines) + "\n")
    done = subprocess.run(["sh", file], cwd=tmp_path, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == wanted
