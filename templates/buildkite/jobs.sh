#!/bin/sh
# <{ header | comment }>
#
#   sh buildkite.sh upload MISSING    upload the jobs of the pipeline, of which MISSING, what `publish.sh probe` printed, are
#                                     wanted: variables say so, which the agent puts into the jobs' conditions
#   sh buildkite.sh fetch PLAN        fetch what a change is compared with, and write the plan of its base to PLAN; that is
#                                     empty where there is none
#   sh buildkite.sh change PLATFORM   build what a change changed, for one platform
#   sh buildkite.sh build ID PLATFORM SECRET...
#                                     build one platform of an image that is handed secrets, each by the variable that holds
#                                     it: of the agent's environment, else the one that Buildkite stores under that name
<% if channels %>
#   sh buildkite.sh channel           print the channel that this build is of, if it is of one: of its branch, or of what the
#                                     schedule that started it sets as BASE_IMAGES_CHANNEL
<% endif %>
#   sh buildkite.sh builder           set up BuildKit, where the agent has not for a job before

set -eu

# Each job, behind the variable that says that it is wanted.
jobs() {
  cat <<'JOBS'
<% for part in parts %>
<% for job in part.jobs %>
<{ job.wanted | ident }> <% if job.platform %>build <{ job.id | bare }> <{ job.platform | bare }><% else %>merge <{ job.id | bare }><% endif %>

<% endfor %>
<% endfor %>
JOBS
}

upload() {
  awk -F '\t' '{ print $1 " " $2 ($1 == "build" ? " " $3 : "") }' "$1" > "$1.jobs"
  [ -s "$1.jobs" ] || { echo "nothing is missing" >&2; return; }
  variables=$(jobs | awk '
    NR == FNR { wanted[$0]; next }
    { variable = $1; sub(/^[^ ]* /, "") }
    $0 in wanted { print variable; delete wanted[$0] }
    END { for (job in wanted) { print "no job of the pipeline is `" job "`: run gen matrix" | "cat >&2"; exit 1 } }' "$1.jobs" -)
  for variable in $variables; do
    export "$variable=true"
  done
<% for part in parts %>
  buildkite-agent pipeline upload <{ part.file }>
<% endfor %>
}

fetch() {
  branch=${BUILDKITE_PULL_REQUEST_BASE_BRANCH:-}
  if [ -n "$branch" ] && git fetch --quiet --depth 1 origin "$branch" && git show FETCH_HEAD:<{ folder | bare }>/plan.lines > "$1"; then
    sh <{ folder | bare }>/ci/pull-request.sh fetch FETCH_HEAD
    sh <{ folder | bare }>/ci/pull-request.sh released
  else
    echo "there is no plan to compare with: everything is built, and nothing compared with a release" >&2
    : > "$1"
  fi
}

change() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  fetch "$work/base"
  sh <{ folder | bare }>/ci/pull-request.sh changed "$work/base" > "$work/changed"
  # Ids hold no blank: one word each.
  # shellcheck disable=SC2086
  awk -F '\t' -v platform="$1" '$1 == platform { print $2 }' "$work/changed" | while IFS= read -r ids; do
    sh <{ folder | bare }>/ci/pull-request.sh build "$1" $ids </dev/null || exit
  done
}

build() {
  id=$1 platform=$2
  shift 2
  for variable in "$@"; do
    # Names of variables are plain words. Whatever is still missing then, the script tells.
    eval "held=\${$variable-}"
    [ -n "$held" ] || held=$(buildkite-agent secret get "$variable") || held=
    export "$variable=$held"
  done
  sh <{ folder | bare }>/ci/publish.sh build "$id" "$platform"
}

<% if channels %>
channel() {
  if [ -n "${BASE_IMAGES_CHANNEL:-}" ]; then printf '%s\n' "$BASE_IMAGES_CHANNEL"; return; fi
  # By hand and by schedule it is the release, and of a tag, too.
  [ "${BUILDKITE_SOURCE:-}" = webhook ] && [ -z "${BUILDKITE_TAG:-}" ] || return 0
  case ${BUILDKITE_BRANCH:-} in
<% for channel in channels %>
<% if channel.branch %>
    <{ channel.branch }>) echo <{ channel.name }> ;;
<% endif %>
<% endfor %>
  esac
}

<% endif %>
builder() {
  docker buildx inspect base-images >/dev/null 2>&1 ||
    docker buildx create --name base-images --driver docker-container --driver-opt image=<{ buildkit | bare }>
}

"$@"
