# <{ header | comment }>
# shellcheck shell=sh disable=SC2016
#
# Writes the child pipelines that the GitLab pipelines trigger: only the jobs that are needed, with exact `needs`.
# It needs jq, and runs from the repository root:
#
#   sh gitlab.sh publish MISSING FOLDER   of what `publish.sh probe` printed: FOLDER/1.yml, 2.yml, …
#   sh gitlab.sh changed CHANGED FOLDER   of what `pull-request.sh changed` printed: FOLDER/1.yml
#
# PLAN   the plan (default <{ folder | bare }>/plan.json)
#
# JSON is YAML, so jq writes them, and a value stays a value. The jobs are extended from templates in a file of their
# own; a dollar is doubled where GitLab would see a variable. No pipeline is longer than GitLab accepts: what is over
# goes to the next, which starts when the one before has ended. That is why the jobs come lineage first.
# (SC2016: what stands in single quotes with a dollar is jq's.)

set -eu

PLAN=${PLAN:-<{ folder | bare }>/plan.json}
jobs_file=<{ jobs_path }>
jobs_per_pipeline=<{ jobs_per_pipeline }>
children=<{ children | length }>

say() { printf '%s\n' "gitlab: $*" >&2; }
die() { say "$@"; exit 1; }

# What both kinds of pipelines share.
COMMON='
  def arch: split("/")[1:] | join("-");
  def plain: gsub("\\$"; "$$");
  # What a job that builds some specs for one platform has otherwise than all: the runner that a row names for any of
  # them, the longest of their times, all of their steps.
  def deviating($platform):
    [.[].ci.gitlab.legs[$platform]? // empty] as $legs
    | ([$legs[].runner // empty][0] // null) as $tags
    | ([$legs[].timeout_minutes // empty] | max) as $minutes
    | ([$legs[].steps[]?] | unique | join(" ")) as $steps
    | (if $tags then {tags: ($tags | map(plain))} else {} end)
      + (if $minutes then {timeout: "\($minutes) minutes"} else {} end)
      + (if $steps != "" then {variables: {BASE_IMAGE_STEPS: $steps}} else {} end);
  # What a job checks out besides, for any of the specs that it builds.
  def sources:
    (if any(.[]; .lfs) then {variables: {GIT_LFS_SKIP_SMUDGE: "0"}} else {} end)
      * (if any(.[]; .submodules) then {variables: {GIT_SUBMODULE_STRATEGY: "recursive"}} else {} end);
  def pipeline($title):
    {
      include: [{local: $jobs_file}],
      workflow: {
        name: $title,
        auto_cancel: {on_new_commit: "interruptible"},
        rules: [{if: "$CI_PIPELINE_SOURCE == \"parent_pipeline\""}]
      },
      stages: ["images"]
    }
    + if length == 0 then {"nothing to build": {extends: ".nothing"}} else from_entries end;
'

# write FOLDER TITLE FILTER INPUT: FILTER makes of INPUT a list of pipelines, each a list of jobs.
write() {
  mkdir -p "$1"
  jq --null-input --raw-input --slurpfile plan "$PLAN" --arg jobs_file "$jobs_file" --arg title "$2" \
    --argjson size "$jobs_per_pipeline" --argjson children "$children" \
    "$COMMON (reduce \$plan[0].specs[] as \$s ({}; .[\$s.id] = \$s)) as \$spec | $3 | map(pipeline(\$title))" "$4" \
    >"$1/all.json"
  number=0
  while [ "$number" -lt "$(jq length "$1/all.json")" ]; do
    jq ".[$number]" "$1/all.json" >"$1/$((number + 1)).yml"
    number=$((number + 1))
  done
  rm "$1/all.json"
}

publish() {
  write "$2" "base images" '
    # The missing image that holds a content, and the platforms of an image that are missing.
    [inputs | split("\t")] as $missing
    | (reduce ($missing[] | select(.[0] == "merge")) as $m ({}; .[$spec[$m[1]].content_reference] = $m[1])) as $image
    | (reduce ($missing[] | select(.[0] == "build")) as $b ({}; .[$b[1]] += [$b[2]])) as $platforms
    | [ $missing[] | select(.[0] == "merge") | .[1] as $id | $spec[$id] as $s | ($platforms[$id] // []) as $missing
        | [($s.parent // empty), $s.needs[] | $image[$spec[.].content_reference] // empty] as $stands_on
        | ( $missing[] as $platform
            | {
                key: "build \($id) \($platform)",
                value: (
                  {
                    extends: [".build", ".on-\($platform | arch)"],
                    needs: [$stands_on | unique[] | select(. != $id) | "merge \(.)"],
                    variables: {BASE_IMAGE: $id, BASE_IMAGE_PLATFORM: $platform}
                  } * ([$s] | deviating($platform) * sources)
                )
              } ),
          {
            key: "merge \($id)",
            value: {
              extends: ".merge",
              needs: [$missing[] | "build \($id) \(.)"],
              variables: {BASE_IMAGE: $id}
            }
          }
      ] as $jobs
    | if ($jobs | length) > $size * $children then
        error("\($jobs | length) jobs do not fit into \($children) pipelines of \($size): run gen matrix again")
      else . end
    | [ range($children) as $n | $jobs[$n * $size:($n + 1) * $size]
        | (reduce .[].key as $key ({}; .[$key] = true)) as $here
        # What stands in a pipeline before is done when this one starts.
        | map(.value.needs |= map(select($here[.]))) ]' "$1"
}

changed() {
  write "$2" "base images of a merge request" '
    [ [ inputs | split("\t") | {platform: .[0], group: .[1], targets: (.[2] | split(" "))}
        | .platform as $platform
        | (.targets[0] | if length > 150 then .[:149] + "…" else . end) as $first
        | (.targets | length - 1) as $more
        | {
            key: "build \($platform) \(.group): \($first)\(if $more > 0 then " and \($more) more" else "" end)",
            value: (
              {
                extends: [".build-changed", ".on-\($platform | arch)"],
                variables: {BASE_IMAGES: (.targets | join(" ")), BASE_IMAGE_PLATFORM: $platform}
              } * (.targets | map($spec[.]) | deviating($platform))
                * ([.targets[] | $spec[.] | recurse($spec[.parent // empty, .needs[]])] | sources)
            )
          }
      ] ]' "$1"
}

[ $# -eq 3 ] || die "usage: gitlab.sh publish MISSING FOLDER | changed CHANGED FOLDER"
[ -r "$PLAN" ] || die "no plan at $PLAN: run this from the repository root, or set PLAN"
case $1 in
  publish | changed) "$@" ;;
  *) die "unknown verb \`$1\`" ;;
esac
