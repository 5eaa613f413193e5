# <{ header | comment }>
# shellcheck shell=sh disable=SC2016
#
# Builds what a pull request changes, and what that stands on, without pushing anything: no credentials are wanted.
# Every pipeline calls this one script. It needs docker with buildx (0.13 or newer) and jq, and runs from the root:
#
#   sh pull-request.sh fetch BASE       have git know what `gen check` compares with: the commit BASE as where the default
#                                       branch of origin is, and the tags of this release and of the one before. It needs
#                                       git alone; a tag that is not there is said
#   sh pull-request.sh released         fetch the tag of this release; fail where a reference that never moves stands for
#                                       other content than there
#   sh pull-request.sh changed [--legs N] [--size N] [BASE_PLAN]
#                                       print as JSON what differs from the plan of the base, in groups to build apart
#   sh pull-request.sh build PLATFORM ID...
#                                       build these images for one platform, and run their tests
#
# PLAN      the plan (default <{ folder | bare }>/plan.json)
# BAKE      the bake file (default as below)
# PIPELINE  <{ pipelines[:-1] | join(", ") | comment }> or <{ pipelines | last | ident }>: only what that pipeline publishes (default everything)
# LOCK      what was released (default as below)
# FETCH_DELAY  seconds to wait before origin is asked once more (default 5), twice at most
# TEST_IN   where tests run: engine, in containers of `docker run`; buildkit, in builds on top of the images
#           (default engine where there is one that answers)
#
# Every value is read from the plan by jq and handed on as one word; none becomes part of a command's text.
# stdout carries only the JSON of `changed`; people are spoken to on stderr.
# (SC2016: what stands in single quotes with a dollar is jq's.)

set -eu

PLAN=${PLAN:-<{ folder | bare }>/plan.json}
PIPELINE=${PIPELINE:-}
[ -n "${BAKE:-}" ] || BAKE=<{ bake }>
[ -n "${LOCK:-}" ] || LOCK=<{ lock }>
FETCH_DELAY=${FETCH_DELAY:-5}
TEST_IN=${TEST_IN:-}

say() { printf '%s\n' "pull request: $*" >&2; }
die() { say "$@"; exit 1; }

# fault: what jq was made to complain of.
fault() { sed 's/^jq: error ([^)]*): //' "$work/fault"; }

# is_count WORD: whether it is a whole number from 1.
is_count() {
  case $1 in
    '' | 0* | *[!0-9]*) return 1 ;;
  esac
}

# origin_has TAG: whether origin has it; stops where that cannot be told, for a silent origin must not look like one
# without the tag.
origin_has() {
  asks=1
  while :; do
    asked=0
    git ls-remote --exit-code origin "refs/tags/$1" </dev/null >/dev/null || asked=$?
    case $asked in
      0) return 0 ;;
      2) return 1 ;;
    esac
    [ "$asks" -lt 3 ] || die "stopped: origin cannot be asked whether there is a tag \`$1\`"
    asks=$((asks + 1))
    sleep "$FETCH_DELAY"
  done
}

# fetch_tag TAG: have it here, as origin has it. Of a shallow clone nothing but the one commit is wanted.
fetch_tag() {
  set -- "$1"
  if [ "$(git rev-parse --is-shallow-repository)" = true ]; then set -- "$1" --depth 1; fi
  tag=$1
  shift
  git fetch --quiet --no-tags "$@" origin "+refs/tags/$tag:refs/tags/$tag" </dev/null ||
    die "stopped: the tag \`$tag\` cannot be fetched"
}

fetch() {
  if ! command -v git >/dev/null; then
    say "there is no git here, so nothing is compared with the base or a release"
    return 0
  fi
  base=$(git rev-parse --quiet --verify "$1^{commit}") || die "stopped: the base \`$1\` is not here"
  git update-ref --no-deref refs/remotes/origin/HEAD "$base"
  # No jq is needed for two lines that gen itself has written.
  sed -n '/^  "release": {$/,/^  }/s/^    "tag": "\(.*\)",$/\1/p' "$PLAN" >"$work/tags"
  if [ -r "$LOCK" ]; then
    sed -n -e 's/^release = .* tag = "\([^"]*\)".*/\1/p' -e 's/^after = .* tag = "\([^"]*\)".*/\1/p' "$LOCK" >>"$work/tags"
  fi
  sort -u "$work/tags" >"$work/wanted"
  while IFS= read -r tag; do
    if origin_has "$tag"; then fetch_tag "$tag"; else say "origin has no tag \`$tag\` (yet)"; fi
  done <"$work/wanted"
}

released() {
  tag=$(jq -r '.release.tag // empty' "$PLAN")
  if [ -z "$tag" ]; then
    say "the matrix states no release, so there is none to compare with"
    return 0
  fi
  if ! origin_has "$tag"; then
    say "origin has no tag \`$tag\`: nothing is released under it yet"
    return 0
  fi
  fetch_tag "$tag"
  if ! git show "refs/tags/$tag:./<{ folder | bare }>/plan.json" >"$work/released" 2>/dev/null; then
    say "not compared with the release: there is no plan at the tag \`$tag\`"
    return 0
  fi
  jq -r --slurpfile now "$PLAN" '
    if type != "object" or .version != $now[0].version or .content_format != $now[0].content_format
    then error("of another format")
    else (reduce (.specs[] | .content as $content | .references[] | {key: ., $content}) as $one ({};
        .[$one.key] = $one.content)) as $before
      | $now[0].specs[] | select(.immutable) | . as $spec | .references[]
      | select($before[.] and $before[.] != $spec.content)
      | "\(.) is released with \($before[.][:19]), and stands for \($spec.content[:19]) here (\($spec.id))"
    end' "$work/released" >"$work/moved" 2>/dev/null || {
    say "not compared with the release: the plan at the tag \`$tag\` is of another format"
    return 0
  }
  if [ -s "$work/moved" ]; then
    while IFS= read -r line; do say "$line"; done <"$work/moved"
    die "stopped: \`$tag\` is released, with other content than this change has for it: run \`gen bump\` to another version"
  fi
  say "what \`$tag\` has released is the same here"
}

# before BASE: print as a JSON list what the base has, each as content and tests; fail when that cannot be told.
before() {
  [ -n "$1" ] && [ -r "$1" ] || return 1
  # A plan of another format may mean something else by a content.
  jq -se --slurpfile plan "$PLAN" '
    if length == 1 and (.[0] | type) == "object" and .[0].version == $plan[0].version
    then [.[0].specs[] | [.content, .tests]]
    else error("no plan") end' <"$1" 2>/dev/null
}

changed() {
  legs=256 size=16 base=
  while [ $# -gt 0 ]; do
    case $1 in
      --legs | --size)
        if [ $# -lt 2 ] || ! is_count "$2"; then usage; fi
        if [ "$1" = --legs ]; then legs=$2; else size=$2; fi
        shift
        ;;
      -?*) usage ;;
      *)
        if [ -n "$base" ]; then usage; fi
        base=$1
        ;;
    esac
    shift
  done
  if ! before "$base" >"$work/before"; then
    say "no plan of the base${base:+ at $base} that can be read: everything counts as changed"
    printf '[]\n' >"$work/before"
  fi
  jq -c --slurpfile before "$work/before" --arg pipeline "$PIPELINE" --argjson legs "$legs" --argjson size "$size" '
    def stands_on: [.parent | strings] + .needs;
    # In parts of nearly one size, none over $n.
    def cut($n): . as $all | length as $length | ($length / $n | ceil) as $parts
      | range($parts) | $all[. * $length / $parts | floor:(. + 1) * $length / $parts | floor];
    # Into $n groups: the largest first, each where there is least so far.
    def packed($n): reduce (sort_by(-length) | .[]) as $part ([range($n) | []];
      (map(length) | index(min)) as $least | .[$least] += $part);

    [.specs[] | select(.ci[$pipeline].role != "none")] as $specs
    # What is built: each pair of content and tests that the base has not, for the first image with it.
    | (reduce $before[0][] as $known ({}; .[$known | tojson] = true)) as $known
    | (reduce ($specs | to_entries[]) as {key: $place, value: $spec} ({seen: $known, built: []};
        ($spec | [.content, .tests] | tojson) as $key
        | if .seen[$key] then . else .seen[$key] = true | .built += [$place] end) | .built) as $built
    # Lineage: what a build needs, the families that share any of it, and an order in which relatives are neighbours.
    | ($specs | to_entries | map({key: .value.id, value: .key}) | from_entries) as $place
    | [range($specs | length)] | sort_by($specs[.].layer) as $up
    | ($specs | map(stands_on | map($place[.] | numbers))) as $below
    | (reduce ($up | reverse[]) as $one (reduce $built[] as $one ([]; .[$one] = true);
        if .[$one] then reduce $below[$one][] as $low (.; .[$low] = true) else . end)) as $needed
    | (reduce ($up[] | select($needed[.])) as $one ({family: [], members: {}, path: []};
        ([.family[$below[$one][]]] | unique) as $families
        | ($families[0] // $one) as $family
        | .path[$one] = (.path[$below[$one][0] // $one] // []) + [$one]
        | reduce (.members["\($families[1:][])"][], $one) as $member (.;
            .family[$member] = $family | .members["\($family)"] += [$member]))) as $lineage
    # A leg is for one platform, and for the one kind of machine that the pipeline has for its images.
    | reduce ($built[] | . as $one | $specs[.].platforms[] as $platform
        | {$platform, runner: $specs[$one].ci[$pipeline].legs[$platform].runner, $one}) as $build ([];
        ($build | [.platform, .runner]) as $machine
        | (map([.platform, .runner]) | index([$machine])) as $known
        | if $known then .[$known].built += [$build.one]
          else . + [$build | {platform, runner, built: [.one]}] end)
    | map(.parts = [.built | group_by($lineage.family[.])[] | sort_by($lineage.path[.]) | cut($size)])
    | (map(.parts | length) | add // 0) as $parts
    | if length > $legs then error("\(length) kinds of machines, and \($legs) legs at most") else . end
    | ($legs - length) as $spare
    | {
        legs: [
          .[] | .platform as $platform
          | .parts
          | (if $parts <= $legs then . else packed([1 + ($spare * length / $parts | floor), length] | min) end)
          | sort_by(min)[] | {$platform, targets: (sort | map($specs[.].id))}
        ]
        | group_by(.platform) | map(to_entries[] | {platform: .value.platform, group: .key, targets: .value.targets})
      }' "$PLAN" >"$work/changed" 2>"$work/fault" || die "$(fault)"
  cat "$work/changed"
  say "$(jq -r '"to build: \([.legs[].targets[]] | unique | length) images, in \(.legs | length) legs"' "$work/changed")"
}

<% include "ci/context.sh" %>

# bake OPTIONS TARGETS: every target and what it stands on, for the one platform.
bake() { docker buildx bake --file "$BAKE" --provenance=false --set "*.platform=$platform" "$@" </dev/null >&2; }

build() {
  platform=$1
  shift
  [ -r "$BAKE" ] || die "no bake file at $BAKE: run this from the repository root, or set BAKE"
  # Two lines for each image: its target, and where it is loaded for its tests.
  jq -r --slurpfile bake "$BAKE" --arg platform "$platform" '
    (.specs | map({key: .id, value: .}) | from_entries) as $specs
    | ($bake[0].target | to_entries | map({key: .value.description, value: .key}) | from_entries) as $targets
    | reduce $ARGS.positional[] as $id ([]; if index([$id]) then . else . + [$id] end) | .[] as $id
    | $specs[$id]
    | if . == null then error("the plan has no image `\($id)`")
      elif .platforms | index([$platform]) | not then error("`\($id)` has no platform `\($platform)`")
      else $targets[$id] // error("the bake file has no target for `\($id)`"),
        "\(.content_reference)-\($platform | split("/")[1:] | join("-"))",
        (.tests | length),
        (.tests[] | gsub("\\\\"; "\\\\") | gsub("\n"; "\\n"))
      end' "$PLAN" --args "$@" >"$work/words" 2>"$work/fault" ||
    die "$(fault)"

  # What they stand on is built with them.
  jq -r '(.specs | map({key: .id, value: .}) | from_entries) as $specs
    | [$ARGS.positional[] | $specs[.] | recurse($specs[.parent // empty, .needs[]]) | select(.lfs or .submodules)]
    | unique_by([.context, .lfs, .submodules])[]
    | "\(.lfs == true) \(.submodules == true) \(.context | gsub("\\\\"; "\\\\") | gsub("\n"; "\\n"))"' \
    "$PLAN" --args "$@" >"$work/sources"
  while IFS=' ' read -r lfs submodules context; do
    unfold "$context"
    sources "$word" "$lfs" "$submodules"
  done <"$work/sources"
  jq -r '(.specs | map({key: .id, value: .}) | from_entries) as $specs
    | [$ARGS.positional[] | $specs[.] | recurse($specs[.parent // empty, .needs[]]) | .artifacts // [] | .[]]
    | unique[] | "\(.name)\t\(.path)"' "$PLAN" --args "$@" >"$work/artifacts"
  made "$work/artifacts"

  set --
  while read_image; do set -- "$@" "$target"; done <"$work/words"
  say "building for $platform: $*"
  bake --set '*.output=type=cacheonly' "$@"

  if [ -z "$TEST_IN" ]; then
    if docker info >/dev/null 2>&1; then TEST_IN=engine; else TEST_IN=buildkit; fi
  fi
  ok=true
  while read_image; do
    if [ -s "$work/tests" ]; then "test_in_$TEST_IN" || ok=false; fi
  done <"$work/words"
  $ok || die "stopped: not every test succeeds"
}

# test_in_engine: each test of the image in a container of its own.
test_in_engine() {
  # One image at a time: a machine has room for the cache of the builder, hardly for every image besides.
  bake --set "$target.output=type=docker" --set "$target.tags=$image" "$target" || return 1
  passed=true
  while IFS= read -r line; do
    unfold "$line"
    say "testing $target for $platform: $word"
    docker run --rm --pull never --platform "$platform" --entrypoint /bin/sh "$image" -c "$word" </dev/null >&2 ||
      fails "$word"
  done <"$work/tests"
  docker image rm "$image" </dev/null >/dev/null || say "could not remove $image"
  $passed
}

# test_in_buildkit: each test of the image as a step on top of it.
test_in_buildkit() {
  passed=true
  while IFS= read -r line; do
    unfold "$line"
    say "testing $target for $platform: $word"
    # As JSON a step is no shell text to anybody but the shell in the image; a written-out `<` would begin a heredoc.
    # What bake reads in its own file is a template: `${` and `%{` start an expression.
    jq --arg target "$target" --arg word "$word" '
      {target: {($target + "-test"): (.target[$target] | {context, platforms, contexts: {subject: "target:\($target)"},
        "no-cache": true, output: ["type=cacheonly"],
        "dockerfile-inline": "FROM subject\nRUN \(["/bin/sh", "-c", $word] | tojson | gsub("<"; "\\u003c"))\n"
          | gsub("(?<template>[$%])\\{"; "\(.template)\(.template){")})}}' "$BAKE" >"$work/test.json"
    bake --file "$work/test.json" "$target-test" || fails "$word"
  done <"$work/tests"
  $passed
}

# fails TEST: say that it does.
fails() {
  say "\`$target\` for $platform fails its test: $1"
  passed=false
}

# read_image: the next of $work/words into $target, $image and $work/tests.
read_image() {
  IFS= read -r target || return 1
  IFS= read -r image
  IFS= read -r tests
  : >"$work/tests"
  while [ "$tests" -gt 0 ]; do
    IFS= read -r line
    printf '%s\n' "$line" >>"$work/tests"
    tests=$((tests - 1))
  done
}

usage() {
  say "usage: pull-request.sh fetch BASE | released | changed [--legs N] [--size N] [BASE_PLAN] | build PLATFORM ID..."
  exit 2
}

[ -r "$PLAN" ] || die "no plan at $PLAN: run this from the repository root, or set PLAN"
case $TEST_IN in
  '' | engine | buildkit) ;;
  *) die "TEST_IN is engine or buildkit, not \`$TEST_IN\`" ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

case ${1-} in
  fetch) [ $# -eq 2 ] || usage; fetch "$2" ;;
  released) [ $# -eq 1 ] || usage; released ;;
  changed) shift; changed "$@" ;;
  build) [ $# -ge 3 ] || usage; needs_buildx; shift; build "$@" ;;
  *) usage ;;
esac
