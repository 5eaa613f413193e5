"""`curl` as Google's token services would answer it: an identity token for an access token, that for another. And as the
registries of AWS would: of those repositories that DOCKER_STUB's faults have under the verb `repository`, they say so. And
as all registries of the stub would, asked for many heads at once: of those that a fault is about, they say nothing of use.
"""

import fcntl
import fnmatch
import json
import os
import re
import sys
import time

import docker_stub


def transfers(config):
    """The transfers of a curl config: each its keys with their values, or None."""
    for part in filter(str.strip, re.split(r"^next$", config, flags=re.M)):
        rows = [re.fullmatch(r'([a-z-]+)(?: = (?:"((?:[^"\\]|\\.)*)"|(\d+)))?', line) for line in part.splitlines() if line]
        headers = " ".join(row[2] for row in rows if row[1] == "header")
        yield {row[1]: row[2] if row[2] is not None else row[3] for row in rows} | {"headers": headers}


def heads(config):
    said = []
    with open(docker_stub.path("lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = docker_stub.load("state.json", {"tags": {}, "blobs": {}})
        tags, blobs, faults = state["tags"], state["blobs"], docker_stub.load("faults.json", [])
        faults = [f for f in faults if fnmatch.fnmatch("inspect", f.get("verb", "*")) and f.get("times", 1) > 0]
        for transfer in transfers(config):
            host, path = re.fullmatch(r"https?://([^/]+)/v2/(.*)", transfer["url"]).groups()
            host = {"registry-1.docker.io": "docker.io"}.get(host, host)
            if not path:
                with open(transfer["dump-header"], "w") as file:
                    file.write("HTTP/1.1 200 OK\r\n\r\n")
                continue
            if path.endswith("/tags/list"):
                repository = f"{host}/{path.removesuffix('/tags/list')}"
                refused = any(f["verb"] == "tags" for f in docker_stub.load("faults.json", []))
                here = [tag.rsplit(":", 1)[1] for tag in tags if tag.rsplit(":", 1)[0] == repository]
                open(transfer["dump-header"], "w").close()
                with open(transfer["output"], "w") as file:
                    json.dump({"name": path, "tags": here}, file)
                print(transfer["write-out"].replace("%{http_code}", "403" if refused else "200"), end="")
                said.append({"verb": "tags", "at": time.monotonic(), "ok": True, "job": docker_stub.JOB, "ref": repository})
                continue
            assert "oci.image.index" in transfer["headers"], transfer
            ref = host + "/" + path.replace("/manifests/sha256:", "@sha256:").replace("/manifests/", ":")
            digest = tags.get(ref) or next((held for held in blobs if ref.endswith(f"@{held}")), None)
            status = 403 if any(fnmatch.fnmatch(ref, f.get("ref", "*")) for f in faults) else 200 if digest else 404
            with open(transfer["output"], "w") as file:
                if "head" not in transfer:
                    file.write(blobs.get(digest, "") if status == 200 else "{}")
                    print(transfer["write-out"].replace("%{http_code}", str(status)).replace("\\n", "\n"), end="")
                    if status != 403:
                        said.append({"verb": "inspect", "at": time.monotonic(), "ok": status == 200, "job": docker_stub.JOB, "ref": ref, "raw": True})
                    continue
                file.write(f"HTTP/1.1 {status} -\r\n" + (f"Docker-Content-Digest: {digest}\r\n" if status == 200 else "") + "\r\n")
            print(transfer["write-out"].replace("%{http_code}", str(status)).replace("\\n", "\n"), end="")
            if status != 403:
                said.append({"verb": "inspect", "at": time.monotonic(), "ok": status == 200, "job": docker_stub.JOB, "ref": ref})
        with open(docker_stub.path("journal.jsonl"), "a") as journal:
            journal.writelines(json.dumps(call) + "\n" for call in said)


def told(options, status):
    return options["--write-out"].replace("\\n", "\n").replace("%{http_code}", f"{status:03}")


def token(words, url, given):
    options = {words[i]: words[i + 1] for i in range(len(words) - 1) if words[i].startswith("--")}
    if url == "https://sts.googleapis.com/v1/token":
        asked = json.loads(given)
        wants = {"audience", "subjectToken", "subjectTokenType", "grantType", "requestedTokenType", "scope"}
        if set(asked) != wants or not all(asked.values()) or not asked["audience"].startswith("//iam.googleapis.com/projects/"):
            sys.exit("curl stub: 400 Bad Request")
        print('{"access_token": "federated", "token_type": "Bearer", "expires_in": 3599}')
    elif url.startswith("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/") and url.endswith(":generateAccessToken"):
        if given != "Authorization: Bearer federated\n" or not json.loads(options["--data"])["scope"]:
            sys.exit("curl stub: 401 Unauthorized")
        print('{"accessToken": "token", "expireTime": "2030-01-01T00:00:00Z"}')
    elif url == "https://public.ecr.aws/token/?service=public.ecr.aws&scope=repository:acme/images/tool:pull":
        if not given.startswith("Authorization: Basic "):
            sys.exit("curl stub: no login")
        print('{"token": "public"}' + told(options, 200), end="")
    elif asked := re.fullmatch(r"https://((?:\d+\.dkr\.ecr\.[\w-]+\.amazonaws\.com|public\.ecr\.aws)/[\w./-]+)/manifests/[\w.-]+", url.replace("/v2/", "/", 1)):
        wanted = "Bearer public" if "public.ecr.aws" in url else "Basic QVdTOnRva2Vu"
        if given != f"Authorization: {wanted}\n":
            sys.exit("curl stub: 401 Unauthorized")
        try:
            with open(os.path.join(os.environ["DOCKER_STUB"], "faults.json")) as file:
                faults = [fault for fault in json.load(file) if fault["verb"] == "repository" and fnmatch.fnmatch(asked[1], fault["ref"])]
        except FileNotFoundError:
            faults = []
        status, code = {None: (404, "MANIFEST_UNKNOWN"), "absent": (404, "NAME_UNKNOWN"), "denied": (403, "DENIED"), "dead": (0, None)}[
            faults[0]["error"] if faults else None
        ]
        said = json.dumps({"errors": [{"code": code}]}) if code else ""
        print(said + told(options, status), end="")
        sys.exit(0 if status else 7)
    else:
        sys.exit(f"curl stub: unknown address {url}")


if __name__ == "__main__":
    words, given = sys.argv[1:], sys.stdin.read()
    if "--parallel" in words:
        heads(given)
    else:
        token(words, words[-1], given)
