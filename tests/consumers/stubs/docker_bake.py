"""`docker buildx bake` of the stub: what it would build is asked of the real buildx, and then built as the stub builds.

The journal's call has "targets", by name as buildx printed them, with "requested" (not just linked to another), "from"
(what its Dockerfile stands on, links resolved), "load" and "push".
"""

import json
import os
import re
import subprocess

import docker_stub
from docker_stub import Failure


def familiar(ref):
    """The form in which BuildKit looks a named context up by what stands behind FROM."""
    ref = docker_stub.normal(ref).removeprefix("docker.io/")
    if ref.startswith("library/") and ref.count("/") == 1:
        ref = ref.removeprefix("library/")
    return ref.removesuffix(":latest")


def tests(words):
    """The bake file in which publish.sh says the tests of one image, read as JSON: buildx itself takes a tenth of a second
    for it, and is asked where the folder of the stub holds `real-bake`."""
    file = words[1]
    if words[0] != "--file" or os.path.basename(file) != "tests.json" or os.path.exists(docker_stub.path("real-bake")):
        return None
    with open(file) as handle:
        target = json.load(handle)["target"]
    return {"target": target, "group": {"default": {"targets": words[-1:]}}}


def printed(words):
    # Inherited, it would become a build arg of every target.
    env = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    done = subprocess.run(
        ["docker-buildx", "bake", "--print", *words], env={**env, "BUILDX_CONFIG": docker_stub.path("buildx")},
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode != 0:
        raise Failure(done.stderr)
    return json.loads(done.stdout)


def read(text):
    """What a printed text means: it is printed so that bake could read it again."""
    return text.replace("$${", "${").replace("%%{", "%{")


def laid_out(dockerfile, folder):
    """{place: the text of the file there, or the names in the folder}, of what a step mounts from a context."""
    found = {}
    for number, place in re.findall(r"--mount=type=bind,from=files,source=/(\d+),target=(\S+)", dockerfile):
        path = os.path.join(folder, number)
        if os.path.isdir(path):
            found[place] = sorted(os.listdir(path))
        else:
            with open(path) as file:
                found[place] = file.read()
    return found


def bake(words, registry, call):
    bake = tests(words) or printed(words)
    targets, digests = bake["target"], {}
    call.update(targets=targets, words=words)
    requested, groups = [], list(bake["group"]["default"]["targets"])
    for name in groups:
        members = bake["group"].get(name, {}).get("targets") if name != "default" else None
        groups.extend(members or [])
        requested += [] if members else [name]

    def built(name):
        if name not in digests:
            digests[name] = build(name, targets[name])
        return digests[name]

    def build(name, target):
        target["requested"] = name in requested
        outputs = [o for o in target.get("output", []) if isinstance(o, dict)]
        target["push"] = any(o["type"] == "registry" or o.get("push") == "true" for o in outputs)
        target["load"] = any(o["type"] == "docker" for o in outputs)
        args = {key: read(value) for key, value in target.get("args", {}).items()}
        if "dockerfile-inline" in target:
            dockerfile = target["dockerfile-inline"] = read(target["dockerfile-inline"])
        else:
            with open(os.path.join(target["context"], target["dockerfile"])) as file:
                dockerfile = file.read()
        if not os.path.isdir(target["context"]):
            raise Failure(f'ERROR: unable to prepare context: path "{target["context"]}" not found')
        contexts = target.get("contexts", {})
        stands_on, target["from"] = [], []
        for ref in docker_stub.parents(dockerfile, args):
            link = contexts.get(familiar(ref), ref)
            target["from"].append(link)
            if link.startswith("target:"):
                stands_on.append(built(link.removeprefix("target:")))
            elif name.startswith("subject") and (place := docker_stub.normal(link.removeprefix("docker-image://"))) in registry.tags:
                stands_on.append(registry.tags[place])
            elif link.startswith("docker-image://") and ":content-" in link:
                stands_on.append(registry.resolve(docker_stub.normal(link.removeprefix("docker-image://"))))
            elif ":content-" in ref:
                raise Failure(f"ERROR: target {name}: failed to solve: {ref}: not found")
        tags = [docker_stub.normal(tag) for tag in target.get("tags", [])]
        # A Dockerfile that stands in no file is a test of an image: of `subject` or another stage, where publish.sh runs it.
        tested = "dockerfile-inline" in target
        subject = contexts.get("subject", "").removeprefix("target:")
        of = targets[subject]["tags"][0] if subject.startswith("subject") else name
        if tested:
            # What it reads is there while it runs, and no longer.
            call["read"] = laid_out(dockerfile, contexts.get("files"))
        if tested and of != name:
            step = dockerfile.splitlines()[-1].removeprefix("RUN ")
            call.update(verb="run", ref=docker_stub.normal(of), platform=target["platforms"][0], command=json.loads(step[step.index("["):]), place="buildkit")
        for platform in target["platforms"]:
            docker_stub.strike("run" if tested else "bake", docker_stub.normal(of), platform)
        manifests = [
            registry.add_manifest(p, [dockerfile, args, target.get("target"), target["context"], stands_on])
            for p in target["platforms"]
        ]
        digest = manifests[0] if len(manifests) == 1 else registry.add_index(manifests, {})
        for tag in tags:
            if target["push"]:
                registry.tags[tag] = digest
            if target["load"]:
                registry.local[tag] = digest
        return digest

    for name in requested:
        built(name)


def remove(words, registry, call):
    call["refs"] = [docker_stub.normal(word) for word in words]
    for ref in call["refs"]:
        if ref not in registry.local:
            raise Failure(f"Error response from daemon: No such image: {ref}")
        del registry.local[ref]
