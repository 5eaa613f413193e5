"""The catalog, imported and asked as a library does.

Of each tree with a catalog: what it finds is what `gen list` says. Of a small matrix of its own: what it says where
there is nothing, or too much, to find.
"""

import copy
import importlib.util
import itertools
import json
import keyword
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from test_validators import generated  # noqa: F401
from trees import outputs, trees

TREES = [pytest.param(tree, id=tree.name) for tree in trees() if "module" in tree.expected_kinds()]

MATRIX = """
[release]
version = "1.4.0"

[registry.hub]
prefix = "docker.io/acme"

[registry.ghcr]
prefix = "ghcr.io/acme"

[axis]
python = ["3.9", "3.10", "3.12"]
cuda = ["none", "11.8.0", "12.4.1", "12.8.1"]
job-type = ["server", "training"]
class = [{ value = "old", version = "8.0" }, { value = "new", version = "2.0" }, { value = "next", version = "9.0" }]
arch = ["amd64", "arm64"]

[[exclude]]
match = { job-type = "training", cuda = "none" }
reason = 'training needs a GPU: "CPU" is {too} slow \\\\o/'

[[exclude]]
match = { cuda = "12.4.*", arch = "arm64" }
reason = "no driver for Arm"

[[exclude]]
match = [{ image = "base", class = "next" }, { python = "3.12", class = "next" }]
reason = "next is for tools"

[[exclude]]
match = { image = "base", cuda = "11.*", arch = ["amd64", "arm64"] }
reason = "11 is for tools"

[image.base]
tag = "{{ python }}-{{ cuda.compact if cuda else 'cpu' }}-{{ job_type }}-{{ class }}-{{ release.tag }}"
from = "debian:13"
env = { JOB = "{{ job_type }}", CLASS = "{{ class }}", GPU = "{{ 'cu' ~ cuda.compact if cuda }}" }

[image.tools]
axes = ["cuda", "class"]
match = { cuda = "!none" }
tag = "{{ cuda }}-{{ class }}-{{ release.tag }}"
from = "debian:13"
registry = "ghcr"
env = { CLASS = "{{ class }}", GPU = "cu{{ cuda.compact }}" }

[[alias]]
match = { image = "base", python = "3.12", cuda = "none" }
tags = ["{{ job_type }}-{{ class }}"]

[output.catalog]
python = "acme/base_images.py"
"""


def load(file: Path, name: str = "catalog_under_test"):
    """The module of a file, known under its name as pickling needs."""
    spec = importlib.util.spec_from_file_location(name, file)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def generate(gen: Path, root: Path, matrix: str) -> Path:
    (root / "matrix.toml").write_text(matrix)
    done = subprocess.run([gen, "matrix", "-C", root], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return root


def listed(gen: Path, root: Path, *only: str) -> list[dict]:
    ask = [gen, "list", "-C", root, "--format", "json", "--aliases", "--copies", *only]
    return json.loads(subprocess.run(ask, check=True, capture_output=True, text=True).stdout)


def arguments(cell: dict) -> dict:
    """A cell as arguments: `job-type` is `job_type`, `class` is `class_`."""
    names = [axis.replace("-", "_") for axis in cell]
    return {f"{name}_" if keyword.iskeyword(name) else name: value for name, value in zip(names, cell.values())}


@pytest.fixture(scope="module")
def root(gen, tmp_path_factory) -> Path:
    return generate(gen, tmp_path_factory.mktemp("catalog"), MATRIX)


@pytest.fixture(scope="module")
def catalog(root):
    return load(root / "acme/base_images.py", "acme_base_images")


# Every tree


def rows_of(tree, gen: Path, root: Path) -> list[dict]:
    """What `gen list` says of the specs that the catalog of a tree holds."""
    match = tree.config()["output"]["catalog"].get("match", {})
    terms = ",".join(f"{axis}={value}" for axis, value in match.items())
    return listed(gen, root, *(["--only", terms] if terms else []))


@pytest.mark.parametrize("tree", TREES)
def test_every_spec_is_found_by_its_cell(tree, gen, generated):  # noqa: F811
    root = generated(tree)
    (path,) = outputs(root, "module")
    module, rows = load(root / path), rows_of(tree, gen, root)
    assert rows
    assert [str(image) for image in module.IMAGES] == [row["reference"] for row in rows]
    for row in rows:
        values = arguments(row["cell"])
        image = module.resolve(image=row["image"], **values)
        assert image == row["reference"] == str(image) == image.reference == f"{image}"
        assert (image.image, image.cell, list(image.platforms)) == (row["image"], values, row["platforms"])
        copies = [row["reference"], *row["copies"]]
        assert list(image.references.values()) == copies
        seen = []
        for registry, reference in image.references.items():
            there = module.resolve(image=row["image"], **values, registry=registry)
            assert there == reference
            assert there.references == image.references
            seen.append(there.aliases)
        # `gen list` has all copies of the first alias, then those of the second.
        assert list(itertools.chain(*zip(*seen))) == row["aliases"]


@pytest.mark.parametrize("tree", TREES)
def test_constants_are_what_is_built(tree, gen, generated):  # noqa: F811
    root = generated(tree)
    (path,) = outputs(root, "module")
    module, rows, config = load(root / path), rows_of(tree, gen, root), tree.config()
    for axis, declared in config.get("axis", {}).items():
        texts = [value if isinstance(value, str) else value["value"] for value in declared]
        built = tuple(text for text in texts if any(row["cell"].get(axis) == text for row in rows))
        assert getattr(module, axis.replace("-", "_").upper(), ()) == built
    assert module.IMAGE_NAMES == tuple(dict.fromkeys(row["image"] for row in rows))
    assert getattr(module, "RELEASE", None) == config.get("release", {}).get("version")
    assert set(module.__all__) <= set(vars(module))


@pytest.mark.parametrize("tree", [tree for tree in TREES if "catalog" in tree.values[0].expected_kinds()])
def test_the_data_says_the_same(tree, gen, generated):  # noqa: F811
    root = generated(tree)
    (module,), (data,) = outputs(root, "module"), outputs(root, "catalog")
    module, data = load(root / module), json.loads((root / data).read_text())
    assert list(data)[:2] == ["generated", "version"]
    assert data["version"] == 1
    assert len(module.IMAGES) == len(data["images"])
    for image, entry in zip(module.IMAGES, data["images"]):
        copies = [entry, *entry["copies"]]
        assert image.references == {copy["registry"]: copy["reference"] for copy in copies}
        assert (image.image, image.cell) == (entry["image"], arguments(entry["cell"]))
        assert (list(image.platforms), list(image.aliases)) == (entry["platforms"], entry["aliases"])
    for axis, values in data["axes"].items():
        assert getattr(module, axis.replace("-", "_").upper()) == tuple(values)
    assert tuple(data["registries"]) == getattr(module, "REGISTRY_NAMES", ())


def test_what_this_repository_excludes_says_why(generated):  # noqa: F811
    root = generated(trees()[0])
    module = load(root / outputs(root, "module")[0])
    older = "development happens on the newest CUDA of each major; older ones serve models that are pinned to them"
    absent = 0
    for python, cuda, job in itertools.product(module.PYTHON, module.CUDA, module.JOB):
        reasons = []
        if job == "training" and cuda == "none":
            reasons.append("training needs a GPU")
        if job == "dev" and cuda in ("12.6.3", "12.8.1"):
            reasons.append(older)
        if reasons:
            absent += 1
            with pytest.raises(module.NoSuchImage) as raised:
                module.resolve(python=python, cuda=cuda, job=job)
            assert list(raised.value.reasons) == reasons
            assert all(f"excluded: {reason}" in str(raised.value) for reason in reasons)
        else:
            assert module.resolve(python=python, cuda=cuda, job=job).image == "base"
    assert absent == 12


# What there is not


def refused(catalog, **values):
    with pytest.raises(catalog.NoSuchImage) as raised:
        catalog.resolve(**values)
    assert isinstance(raised.value, LookupError)
    return raised.value


def cells(fault) -> list[tuple]:
    return [(image.image, *image.cell.values()) for image in fault.nearest]


def test_the_message_says_what_was_asked_why_and_what_is_near(catalog):
    fault = refused(catalog, python="3.10", cuda="none", job_type="training", class_="new")
    assert str(fault) == (
        "resolve(python='3.10', cuda='none', job_type='training', class_='new') finds no image\n"
        "  excluded: training needs a GPU: \"CPU\" is {too} slow \\\\o/\n"
        "  nearest: resolve(image='base', python='3.10', cuda='none', job_type='server', class_='new')\n"
        "  nearest: resolve(image='base', python='3.10', cuda='12.4.1', job_type='training', class_='new')"
    )
    for line in str(fault).splitlines():
        if "nearest: " in line:
            assert eval(line.split(": ", 1)[1], {"resolve": catalog.resolve}) in fault.nearest


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        # By number, not by letters; of two as near, the one declared first.
        ({"python": "3.8"}, [("base", "3.9", "12.8.1", "server", "new")]),
        ({"python": "3.11"}, [("base", "3.10", "12.8.1", "server", "new")]),
        ({"python": "3.99"}, [("base", "3.12", "12.8.1", "server", "new")]),
        # By spelling where there is no number.
        ({"job_type": "trainig"}, [("base", "3.9", "12.8.1", "training", "new")]),
        # As it compares, not as it is spelled: `next` is 9.0, `old` is 8.0.
        ({"class_": "next"}, [("base", "3.9", "12.8.1", "server", "old")]),
        # One value each way, and no more ways than needed.
        ({"python": "3.8", "job_type": "serve"}, [("base", "3.9", "12.8.1", "server", "new")]),
        # In the family asked for, as far as it has the axes.
        ({"image": "tools"}, [("tools", "12.8.1", "new")]),
        ({"image": "tool"}, [("base", "3.9", "12.8.1", "server", "new")]),
    ],
)
def test_the_nearest_differ_in_the_fewest_values(catalog, asked, near):
    base = {"python": "3.9", "cuda": "12.8.1", "job_type": "server", "class_": "new"}
    assert cells(refused(catalog, **{**base, **asked})) == near


def test_reasons_are_those_that_hold(catalog):
    assert refused(catalog, cuda="none", job_type="training").reasons  # for every python and class
    assert not refused(catalog, cuda="13.0", job_type="training").reasons
    assert refused(catalog, image="base", class_="next").reasons == ("next is for tools",)
    # The rule on `next` is not for tools, of which there is one.
    assert catalog.resolve(image="tools", cuda="12.8.1", class_="next")
    # A rule that takes every platform away takes the image.
    assert refused(catalog, image="base", cuda="11.8.0").reasons == ("11 is for tools",)
    # What `match` leaves out has no reason.
    assert not refused(catalog, image="tools", cuda="none", class_="old").reasons
    # A rule that takes away a platform leaves the image.
    cuda12 = catalog.resolve(image="tools", cuda="12.4.1", class_="old")
    assert cuda12.platforms == ("linux/amd64",)


def test_values_of_other_types_are_no_values(catalog):
    assert "python=3.9," in str(refused(catalog, python=3.9, cuda="none"))
    with pytest.raises(TypeError):
        catalog.resolve(pyhton="3.9")


def test_a_copy_that_is_not_there(catalog):
    asked = {"image": "tools", "cuda": "12.8.1", "class_": "old"}
    fault = refused(catalog, **asked, registry="hub")
    assert str(fault) == "ghcr.io/acme/tools:12.8.1-old-v1.4.0 is not in registry 'hub', it is in 'ghcr'"
    assert fault.nearest == (catalog.resolve(**asked),)
    assert catalog.resolve(**asked, registry="ghcr") == catalog.resolve(**asked)


# What there is too much of


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"cuda": "12.8.1", "class_": "old"},
            "resolve(cuda='12.8.1', class_='old') finds 7 images: state image ('base', 'tools'), "
            "python ('3.9', '3.10', '3.12'), job_type ('server', 'training')",
        ),
        (
            {"image": "base", "python": "3.9", "job_type": "training", "cuda": "12.4.1"},
            "resolve(image='base', python='3.9', cuda='12.4.1', job_type='training') finds 2 images: "
            "state class_ ('old', 'new')",
        ),
    ],
)
def test_too_few_values_raise(catalog, asked, said):
    with pytest.raises(catalog.AmbiguousImage) as raised:
        catalog.resolve(**asked)
    assert str(raised.value) == said
    assert isinstance(raised.value, LookupError)
    assert all(asked.items() <= {"image": image.image, **image.cell}.items() for image in raised.value.candidates)
    assert len(raised.value.candidates) > 1


def test_an_axis_may_be_left_out_when_one_image_is_left(catalog):
    assert catalog.resolve(cuda="12.8.1", class_="next").image == "tools"
    with pytest.raises(catalog.AmbiguousImage):
        catalog.resolve()


# What is found


def test_an_image_is_its_reference(catalog):
    asked = {"python": "3.12", "cuda": "none", "job_type": "server", "class_": "old"}
    image = catalog.resolve(**asked)
    text = "docker.io/acme/base:3.12-cpu-server-old-v1.4.0"
    assert (image == text, {image: 1}[text], json.dumps([image])) == (True, 1, f'["{text}"]')
    assert type(str(image)) is type(image.reference) is str
    assert image.aliases == ("docker.io/acme/base:server-old",)
    there = catalog.resolve(**asked, registry="ghcr")
    assert there.aliases == ("ghcr.io/acme/base:server-old",)
    assert image != there
    assert catalog.resolve(image=image.image, **image.cell) == image
    assert repr(image) == (
        f"<Image {text}: resolve(image='base', python='3.12', cuda='none', job_type='server', class_='old')>"
    )


def test_an_image_cannot_be_changed_and_can_be_sent(catalog):
    image = catalog.resolve(image="tools", cuda="12.8.1", class_="next")
    with pytest.raises(AttributeError):
        image.platforms = ()
    image.cell["cuda"] = "none"
    assert image.cell["cuda"] == "12.8.1"
    copies = [pickle.loads(pickle.dumps(image, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for other in [*copies, copy.copy(image), copy.deepcopy(image)]:
        assert (other, hash(other), repr(other), vars(other)) == (image, hash(image), repr(image), vars(image))
    fault = refused(catalog, cuda="0")
    assert pickle.loads(pickle.dumps(fault)).nearest == fault.nearest


def test_it_works_inside_any_package(root):
    package = root / "acme"
    (package / "__init__.py").write_text("")
    (package / "user.py").write_text("from .base_images import *\nprint(resolve(cuda='12.8.1', class_='next'), *CLASS)\n")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "acme.user"], cwd=root, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("ghcr.io/acme/tools:12.8.1-next-v1.4.0 old new next\n", "")


def test_type_checkers_know_the_values(root, tmp_path):
    lines = {
        "resolve(python='3.9', cuda='12.8.1', job_type='server', class_='new', registry='hub')": None,
        "resolve(python='3.90')": "arg-type",
        "resolve(job_type='trainig')": "arg-type",
        "resolve(image='bas')": "arg-type",
        "resolve(registry='quay')": "arg-type",
        "resolve(pyhton='3.9')": "call-arg",
        "resolve('3.9')": "call-arg",
        "for version in PYTHON: resolve(python=version)": None,
        "text: str = resolve(cuda='none')": None,
        "default: PythonValue = '3.13'": "assignment",
        "IMAGES[0].platforms = ()": "misc",
    }
    (tmp_path / "base_images.py").write_text((root / "acme/base_images.py").read_text())
    (tmp_path / "user.py").write_text("from base_images import *\n" + "\n".join(lines) + "\n")
    ask = ["mypy", "--strict", "--no-error-summary", "--config-file=", "--no-incremental", "user.py"]
    said = subprocess.run(ask, cwd=tmp_path, capture_output=True, text=True).stdout.splitlines()
    faults = {int(line.split(":")[1]): line.rsplit("[", 1)[1].rstrip("]") for line in said if " error: " in line}
    assert faults == {number: code for number, code in enumerate(lines.values(), start=2) if code}


# Any text


HOSTILE = [
    "'", '"', '"""', "\\", "\\n", "\\N{DEGREE SIGN}", "a\\", "{}", "{x}", "%s", "#", "# type: ignore", "]", ")", "é", "日本",
    "\u202e", "a\u2028b", "\ufeff", "a\u00a0b", "😀", "None", "True", "class", "$(id)", "${{ x }}", "x<{ x }>", "x<% x %>", "a b",
]  # fmt: skip


def toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=True) if text.isascii() else json.dumps(text, ensure_ascii=False)


def test_any_text_comes_through(gen, tmp_path):
    values = HOSTILE
    reasons = [*HOSTILE, "two\nlines", "\ttab", "\x1b[31m", "\x7f"]
    axis = ", ".join(f'{{ value = {toml(value)}, slug = "v{at}" }}' for at, value in enumerate(values))
    rules = "".join(
        f'[[exclude]]\nmatch = {{ from-class = {toml(values[0])}, number = "{at}" }}\nreason = {toml(reason)}\n'
        for at, reason in enumerate(reasons)
    )
    numbers = ", ".join(f'"{at}"' for at in range(len(reasons) + 1))
    matrix = (
        f"[axis]\nfrom-class = [{axis}]\nnumber = [{numbers}]\n{rules}"
        '[image.base]\ntag = "{{ from_class.slug }}-{{ number }}"\nfrom = "debian:13"\n'
        'env = { CLASS = "{{ from_class.slug }}", NUMBER = "{{ number }}" }\n[output.catalog]\n'
    )
    root = generate(gen, tmp_path, matrix)
    module = load(root / "generated/catalog/base_images.py")
    assert module.FROM_CLASS == tuple(values)
    for at, value in enumerate(values):
        assert module.resolve(from_class=value, number=str(len(reasons))) == f"base:v{at}-{len(reasons)}"
    for at, reason in enumerate(reasons):
        assert refused(module, from_class=values[0], number=str(at)).reasons == (reason,)
    data = json.loads((root / "generated/catalog/base_images.json").read_text())
    assert data["axes"]["from-class"] == values
    assert [rule["reason"] for rule in data["excluded"]] == reasons


#: Words that the template language reads as something else too: no axis is called so.
RESERVED = ("and", "else", "from", "if", "in", "is", "not", "or")


@pytest.mark.parametrize("name", [word for word in keyword.kwlist if word.islower() and word not in RESERVED])
def test_axes_may_be_called_as_python_calls_its_own(gen, tmp_path, name):
    others = ["str", "dict", "tuple", "image-with", "type", "match", "print", "n"]
    axes = [name, *others]
    values = "\n".join(f'{axis} = ["a"]' for axis in axes)
    root = generate(
        gen, tmp_path, f'[axis]\n{values}\n[image.base]\ntag = "1"\nfrom = "debian:13"\n[output.catalog]\n'
    )
    module = load(root / "generated/catalog/base_images.py")
    assert module.resolve(**arguments(dict.fromkeys(axes, "a"))) == "base:1"


def test_it_grows_with_the_number_of_images(gen, tmp_path):
    sizes = []
    for count in (200, 400):
        values = ", ".join(f'"{number:04}"' for number in range(count))
        folder = tmp_path / str(count)
        folder.mkdir()
        root = generate(
            gen, folder,
            f'[axis]\nn = [{values}]\njob = ["a", "b"]\n[[exclude]]\nmatch = {{ job = "b", n = "!0001" }}\n'
            'reason = "x"\n[image.base]\ntag = "{{ n }}-{{ job }}"\nfrom = "debian:13"\n'
            'env = { N = "{{ n }}", JOB = "{{ job }}" }\n[output.catalog]\n',
        )  # fmt: skip
        files = [root / f"generated/catalog/base_images.{ending}" for ending in ("py", "json")]
        sizes.append([file.stat().st_size for file in files])
        assert len(load(files[0]).IMAGES) == count + 1
    assert all(large < 2.01 * small for small, large in zip(*sizes))
