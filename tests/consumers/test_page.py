"""The page of the matrix, in a real browser: what is shown, by the keyboard alone, in the dark, without a network."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from packages import run
from trees import ROOT

BROWSER = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome", "chrome"])), None)
PAGE = ROOT / "generated/matrix.html"


def use(page: Path, profile: Path) -> dict:
    """Drives the page by tests/consumers/page.mjs. Node learned to speak with browsers in 22; before, it wants to be asked."""
    node = ["node"]
    if subprocess.run([*node, "-e", "WebSocket"], capture_output=True).returncode:
        node.append("--experimental-websocket")
    done = subprocess.run(
        [*node, Path(__file__).with_name("page.mjs"), BROWSER, page.as_uri(), profile],
        capture_output=True, text=True, timeout=120, env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    if not BROWSER:
        pytest.skip("no Chromium is installed: the page was not opened")
    return use(PAGE, tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def listed(gen):
    return json.loads(run([gen, "-q", "list", "--format", "json"], ROOT))


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(pair: list[str]) -> float:
    dark, light = sorted(map(luminance, pair))
    return (light + 0.05) / (dark + 0.05)


def test_nothing_is_asked_of_a_network_and_nothing_fails(seen):
    assert seen["requests"] == [] and seen["faults"] == []
    text = PAGE.read_text()
    assert "default-src 'none'" in text and not re.search(r'(?:src|href)="(?!#)', text)


def test_every_image_is_a_cell_and_every_other_says_why(seen, listed):
    assert seen["count"] == f"{len(listed)} of {len(listed)} images"
    there = [label for label, gone in seen["cells"] if not gone]
    gone = [label for label, gone in seen["cells"] if gone]
    assert len(there) == len(listed) and gone
    assert all(re.search(r": not there\. \S", label) for label in gone)
    assert any(label.endswith("training needs a GPU") for label in gone)


def test_a_keyboard_is_enough(seen):
    assert 0 < seen["stops"] < 60 and seen["unnamed"] == 0
    label, why = seen["missing"]
    assert "not there" in label and why.endswith(label.split("not there. ")[1])
    assert seen["closed"]


def test_a_filter_narrows_and_its_address_brings_it_back(seen, listed):
    axis, value = seen["filter"]
    kept = sum(1 for row in listed if row["cell"].get(axis) == value)
    assert seen["filtered"] == seen["again"] == f"{kept} of {len(listed)} images" and 0 < kept < len(listed)
    assert seen["hash"] == f"#{axis}={value}"
    assert seen["cleared"] == [seen["count"], ""]


def test_the_tag_is_copied(seen, listed):
    assert seen["reference"] in {row["reference"] for row in listed}
    assert seen["copied"] == seen["selected"] == [seen["reference"], "Copied"]


def test_without_scripts_the_images_are_listed(seen, listed):
    assert seen["plain"] == len(listed)


def test_the_lineage_is_drawn(seen, listed):
    families = list(dict.fromkeys(row["image"] for row in listed))
    assert set(families) < set(seen["nodes"]) and "nvidia/cuda" in seen["nodes"]
    assert seen["lines"] >= len(families)


def test_it_can_be_read_in_the_dark_and_on_a_phone(seen):
    assert seen["light"] != seen["dark"]
    assert contrast(seen["light"]) >= 7 and contrast(seen["dark"]) >= 7
    assert seen["overflow"] <= 0


@pytest.mark.skipif(not BROWSER, reason="no Chromium is installed")
def test_a_page_that_is_broken_is_told(tmp_path):
    """Negative control."""
    broken = tmp_path / "matrix.html"
    broken.write_text(PAGE.read_text().replace("lineage();\n</script>", "lineages();\n</script>").replace("training needs a GPU", ""))
    seen = use(broken, tmp_path / "profile")
    assert any("lineages" in fault for fault in seen["faults"])
    assert not all(re.search(r": not there\. \S", label) for label, gone in seen["cells"] if gone)
