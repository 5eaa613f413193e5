"""How each provider's pipeline of a generated tree is run: on a docker stub, by a tool that is not ours."""

import test_cloud_build_truth
import test_github_truth
import test_gitlab_truth

#: By the provider's table in matrix.toml: runs the pipeline of a tree, and raises where it fails.
PROVIDERS = {
    "github": test_github_truth.publish,
    "gitlab": test_gitlab_truth.publish,
    "cloud-build": test_cloud_build_truth.publish,
}
