"""plan.lines of a plan, made a second time: of what a test changed in plan.json, and to hold gen's own against."""

import hashlib
import json
import re

from harness import legs_of

SIZE = 16
PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
MOST = {"gitlab": 400}
PIPELINES = ["all", "github", "gitlab", "cloud-build", "buildkite"]


def lines(plan: dict, pipelines: list = PIPELINES, most: dict = MOST) -> str:
    """The records of a plan: of its specs, whatever else it says. `most` is how many groups a pipeline may have."""
    out = [["plan", 2, plan.get("content_format", 1), "stated" if plan.get("contents_stated", True) else ""]]
    if release := plan["release"]:
        out.append(["release", release["version"], release["tag"], "final" if release["final"] else "pre-release"])
    for channel in plan.get("channels", []):
        starts = "branch" if "branch" in channel else "schedule"
        out.append(["channel", channel["name"], starts, channel[starts]])
    attestations = plan.get("attestations", {"sbom": False, "provenance": "off"})
    provenance = attestations["provenance"]
    out.append(["attest", "--provenance=" + ("false" if provenance == "off" else f"mode={provenance}")])
    if attestations["sbom"]:
        out.append(["attest", "--sbom=true"])
    if packed := plan.get("packing", {}).get("compression"):
        out.append(["packed", f",compression={packed},force-compression=true"])
    out += signing(plan.get("signing", {}))
    if published := [one["pipeline"] for one in plan.get("pipelines", []) if "parents" in one]:
        out.append(["parents", ",".join(published)])
    specs = plan["specs"]
    shares = {name: share(specs, name) for name in pipelines}
    out += repositories(plan, shares)
    for spec in sorted(specs, key=lambda spec: spec["layer"]):
        out += records(spec, shares)
    cut = {name: groups(specs, shares[name]["has"], name, most.get(name, 256)) for name in pipelines}
    alike = [name for name in pipelines if cut[name] == cut["all"]]
    for name in ["all", *(name for name in pipelines if name not in alike)]:
        for group in cut[name]:
            names = ",".join(alike) if name == "all" else name
            out.append(["group", names, group["platform"], " ".join(group["builds"])])
    return "".join("\t".join(escaped(str(field)) for field in record) + "\n" for record in out)


def signing(facts: dict) -> list:
    """Who signs, and whose signature counts: refs with stars as a regular expression."""
    words = ["tool", "key", "public-key", "issuer", "identity"]
    out = [["sign", word, facts[word.replace("-", "_")]] for word in words if word.replace("-", "_") in facts]
    if refs := facts.get("refs"):
        known = [re.sub(r"[^\w/*-]", lambda m: f"[{m[0]}]", ref).replace("*", ".*") for ref in refs]
        out.append(["sign", "refs", f"({'|'.join(known)})"])
    if not facts.get("log", True):
        out.append(["sign", "log", "false"])
    return out


def escaped(field: str) -> str:
    return field.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def role(spec: dict, pipeline: str) -> str | None:
    return spec.get("ci", {}).get(pipeline, {}).get("role")


def share(specs: list, pipeline: str) -> dict:
    """The specs of a pipeline, those that build a content first, and those that it publishes."""
    has = [spec for spec in specs if role(spec, pipeline) != "none"]
    first = {}
    for spec in has:
        first.setdefault(spec["content_reference"], spec["id"])
    published = {spec["id"] for spec in has if role(spec, pipeline) is None and spec.get("publish", True)}
    return {"has": has, "builds": set(first.values()), "publishes": published}


def repositories(plan: dict, shares: dict) -> list:
    kinds = {r["host"]: r["kind"] for r in plan["registries"] if r["kind"] in ("ecr", "ecr-public")}
    found = {}
    for name, one in shares.items():
        for spec in one["has"]:
            tags = [*spec["references"], *spec["aliases"]] if spec["id"] in one["publishes"] else []
            for reference in [spec["content_reference"], *tags]:
                repository, _, tag = reference.rpartition(":")
                host, _, path = repository.partition("/")
                if host in kinds:
                    made = found.setdefault(repository, ([], kinds[host], host, path, tag))
                    if name not in made[0]:
                        made[0].append(name)
    return [["repository", ",".join(names), *made, creates(*made[:3])] for names, *made in found.values()]


def creates(kind: str, host: str, path: str) -> str:
    if kind == "ecr-public":
        return f"aws ecr-public create-repository --region us-east-1 --repository-name {path.split('/', 1)[1]}"
    account, _, _, region = host.split(".")[:4]
    return f"aws ecr create-repository --registry-id {account} --region {region} --repository-name {path}"


def records(spec: dict, shares: dict) -> list:
    id = spec["id"]
    tasks = [
        ",".join(name for name, one in shares.items() if spec in one["has"]),
        *(",".join(name for name, one in shares.items() if id in one[task]) for task in ("builds", "publishes")),
    ]
    words = ["--file", spec["dockerfile"]]
    if spec["target"]:
        words += ["--target", spec["target"]]
    for name, value in spec["args"].items():
        words += ["--build-arg", f"{name}={value}"]
    for name in PROXIES if spec.get("proxy") else []:
        words += ["--build-arg", name] if name not in spec["args"] else []
    for name, variable in spec.get("secrets", {}).items():
        words += ["--secret", f"type=env,id={name},env={variable}"]
    for name, value in spec.get("labels", {}).items():
        words += ["--label", f"{name}={value}"]
    for name, reference in spec["contexts"].items():
        words += ["--build-context", f"{name}=docker-image://{reference}"]
    words.append(spec["context"])
    flag = {True: "true", False: "false"}
    return [
        ["image", id, spec["layer"], spec["content"], spec["content_reference"], spec.get("bake_target", ""), *tasks],
        *(["below", id, below] for below in stands_on(spec)),
        *(["link", id, below, name] for name, below in spec.get("links", {}).items()),
        *(["leg", id, platform, leg] for platform, leg in zip(spec["platforms"], legs_of(spec))),
        *(["layers", id, platform, kept] for platform, kept in spec.get("layers_kept", {}).items()),
        *(["word", id, word] for word in words),
        *(["dated", id, seconds] for seconds in [spec.get("timestamp")] if seconds is not None),
        *(record for test in spec["tests"] for record in tests(id, test)),
        *own(spec),
        *(["reference", id, reference, "fixed" if spec["immutable"] else "moves"] for reference in spec["references"]),
        *(["alias", id, alias, spec.get("alias_lines", {}).get(alias, "")] for alias in spec["aliases"]),
        *(["channel-tag", id, name, reference] for name, all in spec.get("channels", {}).items() for reference in all),
        ["source", id, spec["context"], flag[spec.get("lfs", False)], flag[spec.get("submodules", False)]],
        *(["secret", id, name, variable] for name, variable in spec.get("secrets", {}).items()),
        *([["withheld", id, " ".join(spec["withheld"])]] if "withheld" in spec else []),
        *(["artifact", id, made["name"], made["path"]] for made in spec.get("artifacts", [])),
    ]  # fmt: skip


def own(spec: dict) -> list:
    """What rows and steps of a pipeline say of the builds of a spec."""
    found = []
    for name, told in spec.get("ci", {}).items():
        for platform, leg in told.get("legs", {}).items():
            runner = leg.get("runner", [])
            machine = [runner] if isinstance(runner, str) else runner
            if isinstance(runner, dict):
                machine = ["", runner["group"], *runner.get("labels", [])]
            found.append(["own", name, spec["id"], platform, leg.get("timeout_minutes", ""), " ".join(leg.get("steps", [])), *machine])
    return found


def command(test: str | dict) -> str:
    return test if isinstance(test, str) else test["run"]


def tests(id: str, test: str | dict) -> list:
    """A test, and what more is said of it than its command."""
    if isinstance(test, str):
        return [["test", id, test, steps(test)]]
    files, options = test.get("files", []), test.get("options", [])
    more = [" ".join(test.get("platforms", [])), test.get("target", ""), test.get("user", ""),
            "engine" if test["in"] == "engine" else "", test.get("files_digest", "")]  # fmt: skip
    return [
        ["test", id, test["run"], steps(test["run"], test.get("user"), [file["at"] for file in files]), *more],
        *(["test-file", id, file["path"], file["at"]] for file in files),
        *(["test-option", id, option] for option in options),
    ]


def steps(run: str, user: str | None = None, places: list = ()) -> str:
    """A test as steps of a Dockerfile."""
    words = json.dumps(["/bin/sh", "-c", run], ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    mounts = [f"--mount=type=bind,from=files,source=/{n},target={place} " for n, place in enumerate(places, 1)]
    return (f"USER {user}\n" if user else "") + "RUN " + "".join(mounts) + words


def stands_on(spec: dict) -> list:
    return ([spec["parent"]] if spec["parent"] else []) + spec["needs"]


def groups(specs: list, has: list, pipeline: str, most: int) -> list:
    """What a change builds together: relatives, not over SIZE of them as long as there are no more groups than `most`."""
    place = {spec["id"]: n for n, spec in enumerate(specs)}
    below = [[place[id] for id in stands_on(spec) if id in place] for spec in specs]
    first = {}
    for spec in has:
        if "withheld" not in spec:
            first.setdefault((spec["content"], json.dumps(spec["tests"])), place[spec["id"]])
    built = sorted(first.values())
    needed = set(built)
    left = list(built)
    while left:
        for low in below[left.pop()]:
            if low not in needed:
                needed.add(low)
                left.append(low)
    family = families(needed, below)
    paths = {}
    for one in sorted(needed, key=lambda n: specs[n]["layer"]):
        paths[one] = (paths[below[one][0]] if below[one] else []) + [one]
    machines, size = {}, SIZE
    for one in built:
        legs = specs[one].get("ci", {}).get(pipeline, {}).get("legs", {})
        for platform in specs[one]["platforms"]:
            runner = legs.get(platform, {}).get("runner")
            machines.setdefault((platform, json.dumps(runner)), []).append(one)
    orders = {machine: sorted(built, key=lambda n: (family[n], paths[n])) for machine, built in machines.items()}
    while True:
        parts = {machine: cut(specs, built, family if size == SIZE else None, size) for machine, built in orders.items()}
        if sum(map(len, parts.values())) <= max(most, len(parts)):
            break
        size *= 2
    made = []
    for (platform, _), own in parts.items():
        made += [{"platform": platform, "builds": [specs[n]["id"] for n in sorted(part)]} for part in sorted(own, key=min)]
    return sorted(made, key=lambda group: group["platform"])


def families(needed: set, below: list) -> dict:
    family = {one: one for one in needed}
    changed = True
    while changed:
        changed = False
        for one in needed:
            together = min(family[n] for n in [one, *below[one]])
            for n in [one, *below[one]]:
                if family[n] != together:
                    family[n], changed = together, True
    return family


def cut(specs: list, built: list, family: dict | None, size: int) -> list:
    runs = []
    for one in built:
        if not runs or (family is not None and family[runs[-1][-1]] != family[one]):
            runs.append([])
        runs[-1].append(one)
    return [part for run in runs for part in divide(specs, run, size)]


def divide(specs: list, run: list, size: int) -> list:
    """Parts that end before the smallest number around, those that are too long evenly."""
    if len(run) <= size:
        return [run]
    half, parts, begin = size // 2, [], 0
    numbers = {at: number(specs[run[at]]["id"]) for at in range(half, len(run) - half + 1)}
    for end in [*numbers, len(run)]:
        if end in numbers and numbers[end] != min(numbers[at] for at in range(end - half + 1, end + half) if at in numbers):
            continue
        count = -(-(end - begin) // size)
        for part in range(count):
            parts.append(run[begin + (end - begin) * part // count : begin + (end - begin) * (part + 1) // count])
        begin = end
    return parts


def number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def write(folder, plan: dict, name: str = "plan.lines", **more):
    """The lines in a file, as gen writes them: below a header that nobody reads."""
    file = folder / name
    file.write_text("# Generated, in a test.\n" + lines(plan, **more))
    return file
