"""What pipelines say of signing and of logins that run out, on each provider, read by the tools that will read it."""

import functools
import re
from pathlib import Path

import pytest
from harness import read_yaml
from judges import JUDGES, Refused
from trees import MACHINERY, Tree, outputs

HEAD = """\
[release]
version = "1.0.0"

[registry.gar]
prefix = "europe-docker.pkg.dev/acme/images"
workload-identity-provider = "projects/1/locations/global/workloadIdentityPools/ci/providers/ci"
service-account = "images@acme.iam.gserviceaccount.com"

[registry.hub]
prefix = "docker.io/acme"

[axis]
arch = ["amd64", "arm64"]

[image.base]
from = "debian:13-slim"

[image.server]
parent = "base"

[ci]
sign = %s

"""
KEYLESS = '"cosign"'
KEY = '{ with = "cosign", key = "env://SIGNING_KEY", public-key = "cosign.pub" }'
SECRETS = ["SIGNING_KEY", "COSIGN_PASSWORD"]
TABLES = {
    "github": "[ci.github]\n",
    "gitlab": "[ci.gitlab]\nrunner = { arm64 = [\"arm\"] }\n",
    "cloud-build": '[ci.cloud-build]\nplatforms = ["linux/amd64", "linux/arm64"]\n',
    "buildkite": '[ci.buildkite]\nrunner = { amd64 = "x", arm64 = "arm" }\n',
}


@pytest.fixture(scope="module")
def tree(gen, tmp_path_factory):
    """A generated tree of one provider, signed so; made once."""

    @functools.cache
    def make(provider: str, sign: str) -> Path:
        scratch = tmp_path_factory.mktemp("signed")
        source = scratch / "source"
        source.mkdir()
        (source / "matrix.toml").write_text(HEAD % sign + TABLES[provider])
        return Tree("signed", source).generate(gen, scratch)

    return make


@pytest.mark.parametrize(
    ("provider", "sign"),
    # By an identity where the provider has one.
    [("github", KEYLESS), ("gitlab", KEYLESS), *((provider, KEY) for provider in TABLES)],
    ids=["github-keyless", "gitlab-keyless", *(f"{provider}-key" for provider in TABLES)],
)
def test_readers_take_what_signs(tree, provider, sign, tmp_path):
    root = tree(provider, sign)
    kinds = Tree("signed", root).expected_kinds()
    for judge in JUDGES:
        paths = [path for kind in judge.kinds for path in outputs(root, kind)]
        if paths and kinds & set(judge.kinds):
            (told := tmp_path / judge.name).mkdir()
            try:
                assert judge.ask(root, paths, told) == len(paths)
            except Refused as refusal:
                pytest.fail(f"{judge.name}: {refusal}", pytrace=False)


def signing_steps(job: dict) -> list[dict]:
    return [step for step in job["steps"] if set(SECRETS) & set(step.get("env", {}))]


@pytest.mark.parametrize("sign", [KEYLESS, KEY], ids=["keyless", "key"])
def test_github_signs_where_it_pushes_contents_and_nowhere_else(tree, sign):
    root = tree("github", sign)
    workflow = read_yaml(root / ".github/workflows/base-images.yml")
    jobs = workflow["jobs"]
    release = MACHINERY["cosign"].split("@")[0].rsplit(":", 1)[1]
    for name, job in jobs.items():
        signs = name == "sign" or name.startswith(("build-", "merge-"))
        (installer,) = [step for step in job["steps"] if step.get("uses", "").startswith("sigstore/cosign-installer@")]
        assert len(installer["uses"].split("@")[1]) == 40 and installer["with"] == {"cosign-release": release}
        if sign == KEY:
            assert bool(signing_steps(job)) == signs, name
            assert all(set(SECRETS) <= set(step["env"]) for step in signing_steps(job))
        elif signs:
            assert job["permissions"]["id-token"] == "write"
    text = (root / ".github/workflows/base-images.yml").read_text()
    assert text.count("id-token: write # to sign images") == (1 + 2 + 2 if sign == KEYLESS else 0)
    if sign == KEYLESS:
        assert workflow["env"]["SIGNER"] == "${{ github.server_url }}/${{ github.repository }}/.github/workflows/base-images.yml@${{ github.ref }}"
    else:
        assert "SIGNER" not in workflow["env"]
        assert set(SECRETS) <= set(workflow["on"]["workflow_call"]["secrets"])
    assert jobs["sign"]["if"] == "${{ github.event_name == 'workflow_dispatch' && inputs.sign && !inputs.dry-run }}"
    assert jobs["probe"]["needs"] == ["sign"]


def test_github_logs_in_again_between_build_and_push(tree):
    job = read_yaml(tree("github", KEYLESS) / ".github/workflows/base-images.yml")["jobs"]["build-0-0"]
    names = [step["name"] for step in job["steps"]]
    host = "europe-docker.pkg.dev"
    again = [f"Get an identity anew for {host}", f"Log in again to {host}"]
    assert names[names.index("Build and test") :] == ["Build and test", *again, "Push"]
    assert [step["run"] for step in job["steps"] if step["name"] == "Push"] == ['sh "$PUBLISH" push "$IMAGE_ID" "$IMAGE_PLATFORM"']
    ids = [step["id"] for step in job["steps"] if "id" in step]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("sign", [KEYLESS, KEY], ids=["keyless", "key"])
def test_gitlab_signs_where_it_pushes_contents_and_nowhere_else(tree, sign, tmp_path):
    root = tree("gitlab", sign)
    text = (root / ".gitlab/base-images-jobs.yml").read_text()
    # References of GitLab's own as words.
    (tmp_path / "jobs.yml").write_text(re.sub(r"!reference \[(.*)\]", r'"reference \1"', text))
    jobs = read_yaml(tmp_path / "jobs.yml")
    pipeline = read_yaml(root / ".gitlab/base-images.gitlab-ci.yml")
    tokens = {name for name, job in {**jobs, **pipeline}.items() if isinstance(job, dict) and "SIGSTORE_ID_TOKEN" in job.get("id_tokens", {})}
    assert tokens == ({".build", ".merge", "sign"} if sign == KEYLESS else set())
    assert jobs[".publish"]["variables"]["COSIGN_IMAGE"] == MACHINERY["cosign"]
    assert pipeline["sign"]["rules"] == [{"if": '$BASE_IMAGES_SIGN == "true"'}]
    assert pipeline["stages"] == ["sign", "probe", "images", "tags"]
    # The token of the first registry lasts an hour.
    script = jobs[".build"]["script"]
    make, again, push = script[script.index("reference .login, script") - 1 :]
    assert "publish.sh make" in make and "publish.sh push" in push


def test_cloud_build_gives_its_secrets_to_the_steps_that_build(tree):
    config = read_yaml(tree("cloud-build", KEY) / "cloudbuild.yaml")
    secrets = {step["id"]: set(step.get("secretEnv", [])) & set(SECRETS) for step in config["steps"]}
    assert secrets == {step["id"]: set(SECRETS) if step["id"].startswith("image-") else set() for step in config["steps"]}
    assert set(SECRETS) <= {row["env"] for row in config["availableSecrets"]["secretManager"]}
    assert f"COSIGN_IMAGE={MACHINERY['cosign']}" in config["options"]["env"]
    builds = [step["script"] for step in config["steps"] if step["id"].startswith("image-")]
    assert all("publish.sh make" in script and "publish.sh push" in script for script in builds)


def test_buildkite_has_the_image_of_cosign(tree):
    root = tree("buildkite", KEY)
    for file in ("base-images", "base-images-jobs"):
        for step in read_yaml(root / f".buildkite/{file}.yml")["steps"]:
            assert step["env"]["COSIGN_IMAGE"] == MACHINERY["cosign"]


@pytest.mark.parametrize("provider", TABLES)
def test_provenance_names_the_run(tree, provider):
    root = tree(provider, KEY)
    text = "".join((root / path).read_text() for path in outputs(root, provider) + outputs(root, "gitlab-templates"))
    address = {
        "github": "BUILDER_ID: ${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}/attempts/${{ github.run_attempt }}",
        "gitlab": "BUILDER_ID=$CI_JOB_URL sh",
        "cloud-build": "BUILDER_ID=https://cloudbuild.googleapis.com/v1/projects/$PROJECT_ID/locations/$LOCATION/builds/$BUILD_ID",
        "buildkite": "BUILDER_ID=$$BUILDKITE_BUILD_URL#$$BUILDKITE_JOB_ID sh",
    }
    assert address[provider] in text
    assert "attest\t--provenance=mode=min" in (root / "generated/plan.lines").read_text()
