"""A stand-in for `docker` that remembers what a pipeline asked of it.

It plays the few verbs pipelines use, on registries that are one folder, and speaks the words of the real tool
(buildx 0.29, checked against a registry on loopback) wherever somebody may read them.

DOCKER_STUB names the folder:

  state.json     {"tags": {ref: digest}, "blobs": {digest: manifest as text}, "platforms": {digest: "linux/amd64"}}
  journal.jsonl  one JSON line per call, in order: "verb", "ok", and what the verb was given
  meanwhile.json optional, {"at": ref, "tag": ref, "annotations": {}}: as soon as the one is put by `create`, the other is too
  faults.json    optional, a list of {"verb": glob, "ref": glob, "error": kind, "platform": glob, "times": n}
                 verb   inspect | create | build (any build) | push (build --push) | bake (a target) | run | login | info
                 error  refused | unauthorized | denied | server-error | timeout | rate-limit | failed | immutable |
                        no-engine
                 times  how often it strikes (default: always)

Verbs no real docker has, for tests:
  docker stub put REF [PLATFORM...]   let REF hold something of its own
  docker stub tags                    print {ref: {"digest", "platforms", "annotations", "attestations"}}

Pipelines start the program `docker` beside this file, which asks docker_server.py or starts this file itself.
"""

import fcntl
import fnmatch
import hashlib
import json
import os
import re
import sys
import time

HOME = os.environ.get("DOCKER_STUB", "")
JOB = os.environ.get("GITHUB_JOB") or os.environ.get("CI_JOB_NAME")
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
# What a build pushes that does not ask for OCI media types. A list of these holds no annotations.
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
REFERENCE = "vnd.docker.reference."
# Options that take no value, of the verbs below. Whatever is not here takes one.
FLAGS = {"--load", "--push", "--pull", "--no-cache", "--rm", "--raw", "--append", "--dry-run", "--password-stdin",
         "--bootstrap", "--use", "--privileged", "-i", "-t", "-it", "--interactive", "--tty"}


class Failure(Exception):
    """What the real tool would print before it exits with 1."""


def path(name):
    return os.path.join(HOME, name)


def sha256(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def load(name, empty):
    try:
        with open(path(name)) as file:
            return json.load(file)
    except FileNotFoundError:
        return empty


def save(name, value):
    with open(path(name + ".new"), "w") as file:
        file.write(json.dumps(value))
    os.replace(path(name + ".new"), path(name))


def normal(ref):
    """A reference as docker reads it: with host, tag latest if none."""
    first = ref.split("/")[0]
    if "/" not in ref or not ("." in first or ":" in first or first == "localhost"):
        ref = "docker.io/" + ref
    if ref.startswith("docker.io/") and ref.count("/") == 1:
        ref = ref.replace("docker.io/", "docker.io/library/", 1)
    if "@" not in ref and ":" not in ref.rsplit("/", 1)[1]:
        ref += ":latest"
    return ref


def repository(ref):
    ref = ref.split("@")[0]
    head, tail = ref.rsplit("/", 1)
    return head + "/" + tail.split(":")[0]


def error_text(kind, ref):
    host, rest = ref.split("/", 1)
    name, tag = repository(ref).split("/", 1)[1], rest.rsplit(":", 1)[-1]
    url = f"https://{host}/v2/{name}/manifests/{tag}"
    return {
        "refused": f'failed to do request: Head "{url}": dial tcp 127.0.0.1:443: connect: connection refused',
        "timeout": f'failed to do request: Head "{url}": net/http: TLS handshake timeout',
        "unauthorized": f"failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://{host}/token: 401 Unauthorized: authentication required",
        "denied": f"{ref}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
        "server-error": f"unexpected status from HEAD request to {url}: 503 Service Unavailable",
        "rate-limit": f"unexpected status from HEAD request to {url}: 429 Too Many Requests",
        "immutable": f"failed to copy: unexpected status from PUT request to {url}: 400 Bad Request: TAG_INVALID: The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because the tag is immutable.",
        "no-engine": "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "failed": 'failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2',
    }[kind]


def strike(verb, ref, platform=""):
    """Raise the first fault that fits."""
    faults = load("faults.json", [])
    for fault in faults:
        fits = (fnmatch.fnmatch(verb, fault.get("verb", "*")) and fnmatch.fnmatch(ref, fault.get("ref", "*"))
                and fnmatch.fnmatch(platform, fault.get("platform", "*")) and fault.get("times", 1) > 0)
        if fits:
            if "times" in fault:
                fault["times"] -= 1
                save("faults.json", faults)
            raise Failure("ERROR: " + error_text(fault["error"], ref))


def parse(words):
    """Options and operands: {"--tag": [..]}, [..]. `run` and `login` stop at the first operand's tail themselves."""
    options, operands, index = {}, [], 0
    short = {"-t": "--tag", "-f": "--file", "-u": "--username", "-p": "--password"}
    while index < len(words):
        word = words[index]
        if not word.startswith("-") or word == "-":
            operands.append(word)
        elif "=" in word and word.startswith("--"):
            name, value = word.split("=", 1)
            options.setdefault(name, []).append(value)
        elif word in FLAGS and word not in short:
            options[word] = [True]
        else:
            options.setdefault(short.get(word, word), []).append(words[index + 1])
            index += 1
        index += 1
    return options, operands


class Registry:
    def __init__(self):
        state = load("state.json", {})
        self.tags = state.get("tags", {})
        self.blobs = state.get("blobs", {})
        self.platforms_of = state.get("platforms", {})
        self.local = state.get("local", {})

    def save(self):
        save("state.json", {"tags": self.tags, "blobs": self.blobs, "platforms": self.platforms_of, "local": self.local})

    def resolve(self, ref):
        digest = ref.split("@")[1] if "@" in ref else self.tags.get(ref)
        if digest not in self.blobs:
            raise Failure(f"ERROR: {ref}: not found")
        return digest

    def platforms(self, digest):
        manifest = json.loads(self.blobs[digest])
        if "manifests" in manifest:
            children = [child for child in manifest["manifests"] if child["platform"]["os"] != "unknown"]
            return sorted(p for child in children for p in self.platforms(child["digest"]))
        return [self.platforms_of[digest]]

    def attestations(self, digest):
        """What an index says of its images: {digest of an image: kinds of statement}."""
        rows = json.loads(self.blobs[digest]).get("manifests", [])
        return {row["annotations"][REFERENCE + "digest"]: json.loads(self.blobs[row["digest"]])["layers"]
                for row in rows if row.get("annotations", {}).get(REFERENCE + "type") == "attestation-manifest"}

    def annotations(self, digest):
        return json.loads(self.blobs[digest]).get("annotations", {})

    def add_manifest(self, platform, about, oci=True, annotations=None):
        kind = MANIFEST if oci else DOCKER_MANIFEST
        config = sha256(json.dumps([platform, about]))
        layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": sha256(config), "size": 123_000_000}
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": {"digest": config, "size": 4000}, "layers": [layer]}
        text = json.dumps(manifest | ({"annotations": annotations} if annotations else {}), indent=2)
        self.blobs[sha256(text)] = text
        self.platforms_of[sha256(text)] = platform
        return sha256(text)

    def add_attested(self, digest, kinds, annotations):
        """An index of one image and what is attested of it: what buildx pushes then, for one platform too."""
        text = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": digest}, "layers": kinds}, indent=2)
        self.blobs[sha256(text)] = text
        self.platforms_of[sha256(text)] = "unknown/unknown"
        index = json.loads(self.blobs[self.add_index([digest, sha256(text)], {})])
        index |= {"annotations": annotations} if annotations else {}
        index["manifests"][1]["annotations"] = {REFERENCE + "digest": digest, REFERENCE + "type": "attestation-manifest"}
        text = json.dumps(index, indent=2)
        self.blobs[sha256(text)] = text
        return sha256(text)

    def add_index(self, digests, annotations):
        rows = []
        for digest in digests:
            manifest = json.loads(self.blobs[digest])
            if "manifests" in manifest:
                rows += manifest["manifests"]
            else:
                os_, arch, *variant = self.platforms_of[digest].split("/")
                platform = {"architecture": arch, "os": os_} | ({"variant": variant[0]} if variant else {})
                rows.append({"mediaType": manifest["mediaType"], "digest": digest, "size": len(self.blobs[digest]), "platform": platform})
        oci = any(row["mediaType"] == MANIFEST for row in rows)
        index = {"schemaVersion": 2, "mediaType": INDEX if oci else DOCKER_LIST, "manifests": rows}
        if annotations and oci:
            index["annotations"] = annotations
        text = json.dumps(index, indent=2)
        self.blobs[sha256(text)] = text
        return sha256(text)


def parents(dockerfile, args):
    """References a Dockerfile stands on: FROM, COPY --from, RUN --mount=from=; stages and `scratch` left out."""
    known, stages, refs = {}, set(), []

    def fill(text):
        return re.sub(r"\$\{?(\w+)\}?", lambda m: known.get(m[1], ""), text)

    def note(ref):
        if ref.lower() not in stages and ref != "scratch" and not ref.isdigit() and normal(ref) not in refs:
            refs.append(normal(ref))

    for line in dockerfile.splitlines():
        if m := re.match(r"\s*ARG\s+(\w+)(?:=(\S*))?", line, re.I):
            known[m[1]] = args.get(m[1], (m[2] or "").strip("\"'"))
        elif m := re.match(r"\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", line, re.I):
            note(fill(m[1]))
            if m[2]:
                stages.add(m[2].lower())
        elif m := re.match(r"\s*COPY\s+(?:--\S+\s+)*?--from=(\S+)", line, re.I):
            note(fill(m[1]))
        for m in re.finditer(r"--mount=\S*\bfrom=([^,\s]+)", line):
            note(fill(m[1]))
    return refs


def build(words, registry, call):
    options, operands = parse(words)
    if len(operands) != 1:
        raise Failure('ERROR: "docker buildx build" requires 1 argument')
    context = operands[0]
    file = options.get("--file", [os.path.join(context, "Dockerfile")])[0]
    # One without a value is taken from the environment, which the stub does not know.
    taken = [a for a in options.get("--build-arg", []) if "=" not in a]
    args = dict(a.split("=", 1) for a in options.get("--build-arg", []) if "=" in a)
    handed = [dict(field.split("=", 1) for field in secret.split(",", 3)) for secret in options.get("--secret", [])]
    for secret in handed:
        if not secret["value"]:
            raise Failure(f"ERROR: environment variable {secret['env']} not found")
    labels = dict(label.split("=", 1) for label in options.get("--label", []))
    tags = [normal(t) for t in options.get("--tag", [])]
    platforms = ",".join(options.get("--platform", ["linux/amd64"])).split(",")
    outputs = [set(output.split(",")) for output in options.get("--output", [])]
    attested = [kind for kind in ("provenance", "sbom") if options.get(f"--{kind}", ["false"])[0] != "false"]
    push = "--push" in options or any("push=true" in output for output in outputs)
    # A plain build is made in the engine: what it stands on may be there, and its image stays there.
    engine = call["verb"] == "build" and call.pop("plain", False)
    known = registry.tags | registry.local if engine else registry.tags
    oci = any("oci-mediatypes=true" in output for output in outputs)
    call.update(tags=tags, platforms=platforms, args=args, labels=labels, file=file, context=context, target=options.get("--target", [None])[0],
                taken=taken, secrets={secret["id"]: secret["value"] for secret in handed}, push=push, load="--load" in options or engine, provenance=options.get("--provenance", [None])[0],
                sbom=options.get("--sbom", [None])[0], output=sorted(option for output in outputs for option in output),
                cache={way: options.get(f"--cache-{way}", [None])[0] for way in ("from", "to")})
    if not os.path.isdir(context):
        raise Failure(f'ERROR: unable to prepare context: path "{context}" not found')
    if not os.path.isfile(file):
        raise Failure(f"ERROR: resolve : lstat {file}: no such file or directory")
    with open(file) as handle:
        dockerfile = handle.read()
    # A named context goes before the image of that name.
    contexts = dict(c.split("=", 1) for c in options.get("--build-context", []))
    stated = {"manifest": {}, "index": {}}
    for kind, _, text in (annotation.partition(":") for annotation in options.get("--annotation", [])):
        stated[kind].update([text.split("=", 1)])
    if stated["index"] and not attested and len(platforms) == 1:
        raise Failure("ERROR: failed to solve: index annotations not supported for single platform export")
    if stated["manifest"] and not oci:
        raise Failure("ERROR: failed to solve: annotations want OCI media types")
    if call["load"] and attested:
        raise Failure("ERROR: docker exporter does not currently support exporting manifest lists")
    call["contexts"] = {name: place.removeprefix("docker-image://") for name, place in contexts.items()}
    named = {normal(name): place for name, place in call["contexts"].items()}
    call["from"] = [named.get(ref, ref) for ref in parents(dockerfile, args)]
    for ref in tags or [""]:
        for platform in platforms:
            strike("build", ref, platform)
            if push:
                strike("push", ref, platform)
    stands_on = []
    for ref in call["from"]:
        # The world outside is taken to exist; what pipelines build themselves must have been published before.
        if ":content-" in ref or ref in known:
            if ref not in known:
                raise Failure(f"ERROR: failed to solve: {ref}: failed to resolve source metadata for {ref}: {ref}: not found")
            have = registry.platforms(known[ref])
            for platform in platforms:
                if platform not in have:
                    raise Failure(f"ERROR: failed to solve: {ref}: no match for platform in manifest: not found")
            stands_on.append(known[ref])
    digests = [registry.add_manifest(p, [dockerfile, args, call["target"], context, stands_on], oci, stated["manifest"]) for p in platforms]
    if attested:
        digests = [registry.add_attested(digest, attested, stated["index"]) for digest in digests]
    digest = digests[0] if len(digests) == 1 else registry.add_index(digests, {})
    call["digest"] = digest
    for file in options.get("--metadata-file", []):
        with open(file, "w") as handle:
            json.dump({"buildx.build.ref": "stub", "containerimage.digest": digest}, handle)
    for tag in tags:
        if push:
            registry.tags[tag] = digest
        if call["load"]:
            registry.local[tag] = digest


def plain_build(words, registry, call):
    call["plain"] = True
    return build(words, registry, call)


def push(words, registry, call):
    ref = normal(words[-1])
    call["ref"] = ref
    strike("push", ref)
    if ref not in registry.local:
        raise Failure(f"An image does not exist locally with the tag: {repository(ref)}")
    registry.tags[ref] = call["digest"] = registry.local[ref]
    return f"{ref.rsplit(':', 1)[1]}: digest: {registry.tags[ref]} size: {len(registry.blobs[registry.tags[ref]])}\n"


def inspect(words, registry, call):
    options, operands = parse(words)
    ref = normal(operands[0])
    call["ref"] = ref
    strike("inspect", ref)
    digest = registry.resolve(ref)
    call["digest"] = digest
    text = registry.blobs[digest]
    if "--raw" in options:
        return text
    manifest = json.loads(text)
    form = options.get("--format", [""])[0]
    if form == "{{json .Manifest}}":
        whole = {"schemaVersion": 2} if "manifests" in manifest else {}
        whole |= {"mediaType": manifest["mediaType"], "digest": digest, "size": len(text)}
        whole |= {k: manifest[k] for k in ("manifests", "annotations") if k in manifest}
        return json.dumps(whole, indent=2)
    # As the real one does, also for {{.Manifest.Digest}}: the listing for people.
    if form and not form.startswith("{{.Manifest"):
        raise Failure(f"ERROR: the stub does not know --format {form}")
    return f"Name:      {ref}\nMediaType: {manifest['mediaType']}\nDigest:    {digest}\n"


def create(words, registry, call):
    options, operands = parse(words)
    tags = [normal(t) for t in options.get("--tag", [])]
    sources = [normal(r) for r in operands]
    prefer = options.get("--prefer-index", ["true"])[0] != "false"
    annotations = {}
    for text in options.get("--annotation", []):
        kind, _, rest = text.partition(":") if re.match(r"[a-z,]+(\[[^]]*\])?:", text) else ("manifest", "", text)
        if "index" not in kind:
            raise Failure(f'ERROR: "{kind}" annotations are not supported yet')
        annotations.update([rest.split("=", 1)])
    call.update(tags=tags, sources=sources, annotations=annotations, prefer_index=prefer)
    for ref in tags:
        strike("create", ref)
    digests = [registry.resolve(ref) for ref in sources]
    single = len(digests) == 1 and not annotations
    if single and (not prefer or "manifests" in json.loads(registry.blobs[digests[0]])):
        digest = digests[0]
    else:
        digest = registry.add_index(digests, annotations)
    call["digest"] = digest
    for tag in tags:
        registry.tags[tag] = digest
    # What somebody else puts at this very moment.
    meanwhile = load("meanwhile.json", {})
    if meanwhile.get("at") in tags:
        registry.tags[meanwhile["tag"]] = registry.add_index([digest], meanwhile["annotations"])


def run(words, registry, call):
    index = 0
    while words[index].startswith("-"):
        index += 1 if "=" in words[index] or words[index] in FLAGS - {"--pull"} else 2
    options, _ = parse([w for w in words[:index] if w not in ("--pull", "never", "always", "missing")])
    ref, rest = normal(words[index]), words[index + 1:]
    platform = options.get("--platform", ["linux/amd64"])[0]
    call.update(ref=ref, platform=platform, entrypoint=options.get("--entrypoint", [None])[0], command=rest, options=words[:index])
    # What was not built here is pulled from the world outside, unless that is forbidden.
    if ref not in registry.local and "never" in words[:index]:
        raise Failure(f"docker: Error response from daemon: No such image: {ref}")
    strike("run", ref, platform)
    # A scanner, as an image.
    if ref.startswith("docker.io/anchore/grype:") and any(one in rest[-1] for one in load("vulnerable.json", [])):
        raise Failure("discovered vulnerabilities at or above the severity threshold")
    return ""


def working_folder(words, registry, call):
    """`docker image inspect`, of which the working folder is asked alone."""
    call["ref"] = normal(words[-1])
    if words[:2] != ["--format", "{{.Config.WorkingDir}}/"]:
        raise Failure(f"Error: the stub does not know {words[:2]}")
    return "/srv/\n"


def bake(words, registry, call):
    from docker_bake import bake

    return bake(words, registry, call)


def remove(words, registry, call):
    from docker_bake import remove

    return remove(words, registry, call)


def login(words, registry, call):
    options, operands = parse(words)
    call.update(host=operands[0] if operands else "docker.io", username=options.get("--username", [None])[0])
    if "--password-stdin" in options and sys.stdin:
        sys.stdin.read()
    strike("login", call["host"] + "/v2")
    return "Login Succeeded\n"


def info(words, registry, call):
    strike("info", "docker.io/engine:1")
    return "docker stub\n"


def stub(words, registry, call):
    if words[0] == "put":
        ref, platforms = normal(words[1]), words[2:] or ["linux/amd64"]
        stated = json.loads(os.environ.get("STUB_ANNOTATIONS", "{}"))
        digests = [registry.add_manifest(p, ["put", ref]) for p in platforms]
        registry.tags[ref] = digests[0] if len(digests) == 1 and not stated else registry.add_index(digests, stated)
        return registry.tags[ref] + "\n"
    return json.dumps({ref: {"digest": digest, "platforms": registry.platforms(digest), "annotations": registry.annotations(digest),
                             "attestations": registry.attestations(digest)}
                       for ref, digest in sorted(registry.tags.items())}, indent=1) + "\n"


VERBS = {("buildx", "build"): build, ("build",): plain_build, ("push",): push, ("buildx", "bake"): bake,
         ("image", "rm"): remove, ("image", "inspect"): working_folder, ("buildx", "imagetools", "inspect"): inspect, ("buildx", "imagetools", "create"): create,
         ("run",): run, ("login",): login, ("info",): info, ("stub",): stub}
# The verbs that leave something behind.
CHANGING = {"build", "create", "push", "stub", "bake", "rm"}
# The verbs that a pipeline does nothing by.
UNTOLD = {("info",), ("stub",)}
SILENT = [("version",), ("context",), ("logout",), ("buildx", "version"), ("buildx", "create"), ("buildx", "inspect"),
          ("buildx", "use"), ("buildx", "ls"), ("buildx", "rm"), ("buildx", "install")]


def main(words):
    if not HOME:
        sys.exit("docker stub: DOCKER_STUB does not name a folder")
    os.makedirs(HOME, exist_ok=True)
    for name in SILENT:
        if tuple(words[:len(name)]) == name:
            print("docker stub")
            return 0
    for name, verb in VERBS.items():
        if tuple(words[:len(name)]) == name:
            break
    else:
        sys.exit(f"docker stub: unknown verb: docker {' '.join(words)}")
    with open(path("lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call = {"verb": name[-1], "at": time.monotonic(), "ok": True, "job": JOB}
        registry = Registry()
        try:
            out = verb(words[len(name):], registry, call)
            if name[-1] in CHANGING:
                registry.save()
        except Failure as failure:
            call.update(ok=False, error=str(failure))
        if name not in UNTOLD:
            with open(path("journal.jsonl"), "a") as journal:
                journal.write(json.dumps(call) + "\n")
    if not call["ok"]:
        print(call["error"], file=sys.stderr)
        return 1
    sys.stdout.write(out or "")
    return 0


if __name__ == "__main__":
    # As the module that docker_bake knows.
    import docker_stub

    sys.exit(docker_stub.main(sys.argv[1:]))
