"""The cases that `scripts/test` leaves to `scripts/acceptance --full`, and why nothing is lost by that from run to run.

They hold of a large tree what others hold of small ones in every run. A change to how work is cut, or to a limit, is tried
with all of them before a release.
"""

import os

PUBLISHES = "every path of a pipeline is in one of the smaller trees, and all validators read this repository's own files"
SMALL = "the widest tree (truss), the deepest (core-images) and what is not published stay"
SIZES = "a thousand images stay: what five thousand add is the cut into more parts, which small limits force in the shapes of each provider"
LINES = "a Dockerfile is as long as its image is: hadolint reads those of all other trees"
SHELLS = "pipelines run the scripts in bash throughout the truth tests; here each case keeps the shells that they have besides"
MODES = "each way of signing stays in one of the shells, and in the pipelines of each provider"
RUN = "the same jobs are read and run by this tool in test_gitlab_truth.py"
ONE = "the scripts that this is about are the same bytes in every tree: the deepest stays where layers count, else one of the others"
ASKED = "each way of asking stays in one of the shells"
ENTRIES = "a reader of single entries: what it says of one of each kind it says of a thousand"
SOURCE = "what the sdist holds is held against git's files; the wheel is those files, which the suite has built, packed by maturin"
SPLIT = "test_cloud_build_truth.py runs this shape whole, by the same script"
BUILT = "a hook of the wheel is the same program, by the same definition; what a hook's own installer builds of these sources is that wheel"

#: What the ids of cases begin with, and what holds the same in every run.
LEFT = {
    **{
        f"{case}[repository": PUBLISHES
        for case in (
            "test_cloud_build_truth.py::test_the_steps_publish_exactly_the_plan",
            "test_github_truth.py::test_the_workflow_publishes_exactly_the_plan",
            "test_gitlab_truth.py::test_a_child_holds_exactly_what_is_missing",
            "test_gitlab_truth.py::test_the_pipeline_publishes_exactly_the_plan",
        )
    },
    **{
        f"test_equivalence.py::test_a_provider_builds_and_tags_what_the_plan_says[repository-{provider}": PUBLISHES
        for provider in ("buildkite", "cloud-build", "github", "gitlab")
    },
    "test_equivalence.py::test_all_providers_build_the_same[repository": PUBLISHES,
    **{
        f"test_equivalence.py::{case}": SMALL
        for tree in ("caliban", "envd")
        for case in (
            f"test_all_providers_build_the_same[{tree}",
            *(
                f"test_a_provider_builds_and_tags_what_the_plan_says[{tree}-{provider}"
                for provider in ("buildkite", "cloud-build", "github", "gitlab")
            ),
        )
    },
    **{
        f"{case}[{tree}": SMALL
        for tree in ("caliban", "envd")
        for case in (
            "test_cloud_build_truth.py::test_the_steps_publish_exactly_the_plan",
            "test_github_truth.py::test_the_workflow_publishes_exactly_the_plan",
            "test_gitlab_truth.py::test_the_pipeline_publishes_exactly_the_plan",
        )
    },
    **{
        f"test_gitlab_truth.py::{case}[{tree}": SMALL
        for tree in ("caliban", "envd")
        for case in (
            "test_a_child_holds_exactly_what_is_missing",
            "test_a_merge_request_builds_only_what_it_changes",
            "test_one_leaf_is_one_build",
            "test_what_stands_on_a_failed_leg_is_not_built",
        )
    },
    **{
        f"test_github_truth.py::{case}[{tree}": SMALL
        for case, tree in (
            ("test_a_failed_leg_stops_what_stands_on_it", "envd"),
            ("test_a_job_is_logged_in_wherever_it_goes_and_nowhere_else", "envd"),
            ("test_a_push_is_tried_again", "envd"),
            ("test_a_run_cut_short_is_finished_by_the_next", "build-envd"),
            ("test_a_run_cut_short_is_finished_by_the_next", "merge-envd"),
            ("test_a_dead_registry_is_not_an_empty_one", "caliban"),
            ("test_a_failed_leg_stops_what_stands_on_it", "caliban"),
            ("test_a_job_is_logged_in_wherever_it_goes_and_nowhere_else", "caliban"),
            ("test_a_push_is_tried_again", "caliban"),
            ("test_a_run_cut_short_is_finished_by_the_next", "build-caliban"),
            ("test_a_run_cut_short_is_finished_by_the_next", "merge-caliban"),
        )
    },
    **{
        f"test_github_truth.py::{case}[{tree}": ONE
        for case, tree in (
            ("test_a_run_cut_short_is_finished_by_the_next", "build-truss"),
            ("test_a_run_cut_short_is_finished_by_the_next", "merge-truss"),
            ("test_a_dead_registry_is_not_an_empty_one", "truss"),
            ("test_a_dead_registry_is_not_an_empty_one", "core-images"),
            ("test_a_failed_leg_stops_what_stands_on_it", "truss"),
            ("test_a_job_is_logged_in_wherever_it_goes_and_nowhere_else", "core-images"),
            ("test_a_push_is_tried_again", "truss"),
        )
    },
    "test_gitlab_truth.py::test_one_leaf_is_one_build[truss": SMALL,
    **{f"test_validators.py::test_outputs_pass[{tree}-gitlab-ci-local": RUN for tree in ("caliban", "core-images", "envd", "truss", "shape-secrets", "shape-unpublished")},
    **{
        f"test_signing.py::{case}[{mode}": MODES
        for case in (
            "test_a_signature_that_cannot_be_looked_at_is_no_answer",
            "test_everything_is_signed_before_it_has_a_tag",
            "test_the_summary_says_how_to_verify",
            "test_only_what_states_its_hash_is_signed_by_hand",
            "test_what_is_cut_short_before_its_signature_has_no_tag",
            "test_what_somebody_else_pushed_is_refused_before_a_build",
            "test_what_was_there_before_is_signed_by_hand",
        )
        for mode in ("key-bash", "keyless-bash", "key-busybox", "keyless-dash")
    },
    **{
        f"test_publish_script.py::{case}[bash": SHELLS
        for case in (
            "test_a_pipeline_has_its_share",
            "test_aliases_of_a_line_move_within_it",
            "test_everything_is_published_once",
            "test_moving_tags_go_forward_only",
            "test_values_come_through_whole",
            "test_what_became_of_each_tag_is_told",
        )
    },
    "test_hooks.py::test_the_hooks_of_this_repository": BUILT,
    "test_hooks.py::test_the_hook_of_the_wheel": SOURCE,
    "test_wheel.py::test_an_sdist_without_a_template_does_not_build": SOURCE,
    "test_wheel.py::test_the_wheel_": SOURCE,
    "test_cloud_build_split.py::test_the_script_alone_publishes_the_plan": SPLIT,
    "test_size.py::test_every_file_is_accepted[1000-hadolint": LINES,
    **{f"test_size.py::test_every_file_is_accepted[1000-{judge}": ENTRIES for judge in ("buildkite-schema", "yaml-keys")},
    **{
        f"test_shown.py::test_only_some_images_are_built_and_tagged[{asked}": ASKED
        for asked in ("alone-dash", "alone-busybox", "equal-bash", "equal-busybox", "key-bash", "key-dash", "stars-and-key-dash", "stars-and-key-bash")
    },
    **{
        f"{case}[5000": SIZES
        for case in (
            "test_cloud_build_split.py::test_large_matrices_give_valid_files",
            "test_size.py::test_every_file_is_accepted",
            "test_size.py::test_it_is_as_large_as_it_says",
            "test_size.py::test_one_more_cell_is_a_small_diff",
        )
    },
}


def is_drawn(id: str) -> bool:
    """Whether a case is another with each MATRIX_SEED."""
    return id.startswith("test_hostile.py::") or "[random-" in id


def part(items: list) -> tuple[list, list]:
    """The cases to run, and those that are left: with FULL in the environment these, and what is drawn, which is drawn anew
    there. One that is asked for by its whole id is run."""
    asked = os.environ.get("FULL")
    if len(items) == 1:
        return items, []
    here, left = [], []
    for item in items:
        id = item.nodeid.rsplit("/", 1)[-1]
        begins = next((begin for begin in LEFT if id.startswith(begin)), None)
        runs = begins is not None or is_drawn(id) if asked else begins is None
        (here if runs else left).append(item)
    return here, left


def unknown(items: list) -> list[str]:
    """What names no case any more, where all were collected."""
    ids = [item.nodeid.rsplit("/", 1)[-1] for item in items]
    return [begin for begin in LEFT if not any(id.startswith(begin) for id in ids)]
