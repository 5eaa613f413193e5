# <{ header | comment }>
# shellcheck shell=sh disable=SC2016
#
# Builds what a pull request changes, and what that stands on, without pushing anything: no credentials are wanted.
# Every pipeline calls this one script. It needs docker with buildx (0.13 or newer), and runs from the repository root:
#
#   sh pull-request.sh fetch BASE       have git know what `gen check` compares with: the commit BASE as where the default
#                                       branch of origin is, and the tags of this release and of the one before. It needs
#                                       git alone; a tag that is not there is said
#   sh pull-request.sh released         fetch the tag of this release; fail where a reference that never moves stands for
#                                       other content than there
#   sh pull-request.sh changed [BASE_PLAN]
#                                       print what differs from the plan for scripts of the base, in the groups of the plan:
#                                       each line is a platform and ids, apart by a tab and the ids by blanks
#   sh pull-request.sh build PLATFORM ID...
#                                       build these images for one platform, and run their tests
<% if parents %>
#                                       What they stand on is built too, unless it is published, and PIPELINE takes that
<% endif %>
#
# PLAN      the plan for scripts (default <{ folder | bare }>/plan.lines)
# BAKE      the bake file (default as below)
# PIPELINE  <{ pipelines[:-1] | join(", ") | comment }> or <{ pipelines | last | ident }>: only what that pipeline publishes (default everything)
# LOCK      what was released (default as below)
# FETCH_DELAY  seconds to wait before origin is asked once more (default 5), twice at most
# TEST_IN   where tests run: buildkit, as steps on top of the images, which never leave the builder (default); engine, in
#           containers of `docker run`, as those always do that take options of it
# ROOM_GIB  on machines of GitHub's own, and nowhere else: less free space than that has their toolchains removed (default
#           40; 0 never)
#
# Every value is read from the plan and handed on as one word; none becomes part of a command's text.
# stdout carries only the lines of `changed`; people are spoken to on stderr.
# (SC2016: what stands in single quotes with a dollar is awk's.)

set -eu

PLAN=${PLAN:-<{ folder | bare }>/plan.lines}
PIPELINE=${PIPELINE:-}
[ -n "${BAKE:-}" ] || BAKE=<{ bake }>
[ -n "${LOCK:-}" ] || LOCK=<{ lock }>
FETCH_DELAY=${FETCH_DELAY:-5}
TEST_IN=${TEST_IN:-buildkit}
ROOM_GIB=${ROOM_GIB:-40}

say() { printf '%s\n' "pull request: $*" >&2; }

<% include "ci/shown.sh" %>

<% include "ci/plan.sh" %>

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
  plan '$1 == "release" { print $3 }' >"$work/tags"
  if [ -r "$LOCK" ]; then
    sed -n -e 's/^release = .* tag = "\([^"]*\)".*/\1/p' -e 's/^after = .* tag = "\([^"]*\)".*/\1/p' "$LOCK" >>"$work/tags"
  fi
  sort -u "$work/tags" >"$work/wanted"
  while IFS= read -r tag; do
    if origin_has "$tag"; then fetch_tag "$tag"; else say "origin has no tag \`$tag\` (yet)"; fi
  done <"$work/wanted"
}

released() {
  tag=$(plan '$1 == "release" { print $3 }')
  if [ -z "$tag" ]; then
    say "the matrix states no release, so there is none to compare with"
    return 0
  fi
  if ! origin_has "$tag"; then
    say "origin has no tag \`$tag\`: nothing is released under it yet"
    return 0
  fi
  fetch_tag "$tag"
  if ! git show "refs/tags/$tag:./<{ folder | bare }>/plan.lines" >"$work/released" 2>/dev/null; then
    say "not compared with the release: there is no plan for scripts at the tag \`$tag\`"
    return 0
  fi
  if [ "$(formats "$work/released")" != "$(formats "$PLAN")" ]; then
    say "not compared with the release: the plan at the tag \`$tag\` is of another format"
    return 0
  fi
<% if waits %>
  lock=$LOCK
  [ -r "$lock" ] || lock=/dev/null
<% endif %>
  plan '
    $1 == "image" { id = $2; content = $4 }
    $1 == "reference" && pass == 3 { before[$3] = content }
<% if waits %>
    # What the lock does not record waits for the next release, as `[check.severity]` lets it.
    pass == 4 { if ($1 ~ /^content = "/) recorded[substr($1, 12, 71)]; next }
<% endif %>
    $1 == "reference" && pass == 2 && $4 == "fixed" && $3 in before && before[$3] != content {
<% if waits %>
      if (!(content in recorded)) { waiting++; next }
<% endif %>
      print $3 " is released with " substr(before[$3], 1, 19) ", and stands for " substr(content, 1, 19) " here (" id ")"
<% if waits %>
    }
    END { if (waiting) print "references that wait for the release after this one: " waiting >told
    }' told="$work/waiting" pass=4 "$lock" pass=3 "$work/released" >"$work/moved"
<% else %>
    }' pass=3 "$work/released" >"$work/moved"
<% endif %>
  if [ -s "$work/moved" ]; then
    while IFS= read -r line; do blame "$line"; done <"$work/moved"
    die "stopped: \`$tag\` is released, with other content than this change has for it: run \`gen bump\` to another version"
  fi
<% if waits %>
  if [ -r "$work/waiting" ]; then
    say "$(cat "$work/waiting")"
    say "what \`$tag\` has released is the same here, but for what waits"
    return 0
  fi
<% endif %>
  say "what \`$tag\` has released is the same here"
}

# formats FILE: print the format of a plan and of its contents; nothing where it is no plan.
formats() { awk -F '\t' '$1 == "plan" { print $2, $3; exit }' "$1"; }

changed() {
  # It may be a pipe, and is read twice.
  cat "${1:-/dev/null}" >"$work/base" 2>/dev/null || : >"$work/base"
  # A plan of another format may mean something else by a content.
  if [ "$(formats "$work/base" | cut -d ' ' -f 1)" != "$(formats "$PLAN" | cut -d ' ' -f 1)" ]; then
    say "no plan of the base${1:+ at $1} that can be read: everything counts as changed"
    : >"$work/base"
  fi
  plan '
    $1 == "image" { id = $2; state[pass, id] = $4 "\t" }
    $1 == "image" && pass == 2 && has($7) { own[id]; order[++count_of_all] = id }
    # All that is said of a test, and what it reads by its digest.
    $1 ~ /^test(-file|-option)?$/ { $2 = ""; state[pass, id] = state[pass, id] $0 "\n" }
    $1 == "withheld" && pass == 2 && id in own { lacks[id] = $3 }
    function compare() { if (!begun++) for (key in state) if (key ~ "^3" SUBSEP) had[state[key]] }
    $1 == "group" && pass == 2 && has($2) {
      compare()
      count = split($4, ids, " ")
      changed = ""
      for (n = 1; n <= count; n++) {
        if (state[2, ids[n]] in had) continue
        changed = changed " " ids[n]
        built[ids[n]]
      }
      if (changed != "") { print $3 "\t" substr(changed, 2); legs++ }
    }
    END {
      for (id in built) images++
      printf "to build: %d images, in %d legs\n", images, legs >told
      compare()
      for (n = 1; n <= count_of_all; n++) {
        id = order[n]
        if (!(id in lacks) || state[2, id] in had) continue
        names = lacks[id]
        gsub(/ /, ", ", names)
        print "not built: " id ", for a change is given no secret, and it takes " names >told
      }
    }
  ' pass=3 "$work/base" told="$work/told" >"$work/changed"
  cat "$work/changed"
  while IFS= read -r line; do say "$line"; done <"$work/told"
  sed '/^not built: /!d' "$work/told" >"$work/unbuilt"
  if [ -s "$work/unbuilt" ]; then annotate notice <"$work/unbuilt"; fi
}

<% include "ci/context.sh" %>

<% include "ci/bake.sh" %>

<% if parents %>
<% include "ci/parents.sh" %>

# bake OPTIONS TARGETS: every target and what it stands on that is not published, for the one platform.
bake() {
  docker buildx bake --file "$BAKE" ${published:+--file} ${published:+"$published"} --provenance=false \
    --set "*.platform=$platform" "$@" </dev/null >&2
}
<% else %>
# bake OPTIONS TARGETS: every target and what it stands on, for the one platform.
bake() { docker buildx bake --file "$BAKE" --provenance=false --set "*.platform=$platform" "$@" </dev/null >&2; }
<% endif %>

build() {
  platform=$1
  shift
  [ -r "$BAKE" ] || die "no bake file at $BAKE: run this from the repository root, or set BAKE"
  printf '%s\n' "$@" >"$work/ids"
  : >"$work/sources"
  : >"$work/artifacts"
  : >"$work/records"
<% if parents %>
  : >"$work/links"
  published=
  stand_on_published
<% endif %>
  # The images, and of all that is built with them what it takes.
  plan '
    pass == 3 { if (!($0 in asked)) { asked[$0]; order[++count] = $0 }; next }
    $1 == "image" { id = $2; target[id] = $6 }
    $1 == "withheld" { lacks[id] = $3 }
    $1 == "leg" && $3 == platform { leg[id] = $4 }
    $1 == "below" { below[id] = below[id] " " $3 }
    $1 == "source" { source[id] = $5 " " $4 " " $3; context[id] = $3 }
    $1 == "artifact" { artifacts[id] = artifacts[id] $3 "\t" $4 "\n" }
    $1 ~ /^test(-file|-option)?$/ && id in asked { print >tests }
<% if parents %>
    $1 == "image" { place[id] = $5 }
    $1 == "link" { link[++count_of_links] = $0 }
    function is_there(id) { return !(id in asked) && digest[place[id]] != "" }
<% endif %>
    function fault(text) { print text >faults; exit }
    END {
      for (n = 1; n <= count; n++) {
        id = order[n]
        if (!(id in target)) fault("the plan has no image `" id "`")
        if (!(id in leg)) fault("`" id "` has no platform `" platform "`")
        if (id in lacks) fault("`" id "` takes a secret, itself or by what it stands on, and a change is given none: " lacks[id])
        if (target[id] == "") fault("the bake file has no target for `" id "`")
        print target[id] "\t" leg[id] "\t" id "\t" context[id]
        open[++left] = id
        while (left) {
          id = open[left--]
          if (id in met) continue
          met[id]
          if (!(source[id] in said) && source[id] !~ /^false false /) print source[id] >sources
          said[source[id]]
          printf "%s", artifacts[id] >made
          many = split(below[id], lower, " ")
<% if parents %>
          for (m = 1; m <= many; m++) if (!is_there(lower[m])) open[++left] = lower[m]
        }
      }
      for (n = 1; n <= count_of_links; n++) {
        split(link[n], words, "\t")
        if (words[2] in met && is_there(words[3])) print target[words[2]] "\t" words[4] "\t" place[words[3]] "@" digest[place[words[3]]] >links
      }
    }' links="$work/links" platform="$platform" tests="$work/records" faults="$work/fault" sources="$work/sources" \
    made="$work/artifacts" pass=3 "$work/ids" >"$work/images"
<% else %>
          for (m = 1; m <= many; m++) open[++left] = lower[m]
        }
      }
    }' platform="$platform" tests="$work/records" faults="$work/fault" sources="$work/sources" made="$work/artifacts" \
    pass=3 "$work/ids" >"$work/images"
<% endif %>
  if [ -e "$work/fault" ]; then die "$(cat "$work/fault")"; fi
<% if parents %>
  link "$work/links"
<% endif %>
  while IFS=' ' read -r submodules lfs context; do
    unfold "$context"
    sources "$word" "$lfs" "$submodules"
  done <"$work/sources"
  sort -u "$work/artifacts" >"$work/wanted"
  made "$work/wanted"

  make_room
  proxies
  set --
  while IFS='	' read -r target _; do set -- "$@" "$target"; done <"$work/images"
  group "building for $platform: $*"
  bake --set '*.output=type=cacheonly' "$@" || die "stopped: not built for $platform"

  ok=true
  while IFS='	' read -r target image id context; do
    tests_of "$id" "$platform" "$work/records"
    passed=true
    if any_in builder; then test_in_builder; fi
    if any_in engine; then test_in_engine || ok=false; fi
    $passed || ok=false
  done <"$work/images"
  $ok || die "stopped: not every test succeeds"
}

<% include "ci/tests.sh" %>

# test_in_engine: the tests of the image that run there, each in a container of its own.
test_in_engine() {
  # One image at a time: a machine has room for the cache of the builder, hardly for every image besides.
  loaded='' name=''
  while IFS='	' read -r number place stage user test _; do
    if [ "$place" != engine ]; then continue; fi
    if [ "$stage" != "$loaded" ]; then
      unload
      loaded=$stage
      case $stage in
        -) name=$image; set -- ;;
        *) name=$image-stage; set -- --set "$target.target=$stage" ;;
      esac
      bake --set "$target.output=type=docker" --set "$target.tags=$name" "$@" "$target" || return 1
    fi
    unfold "$test"
    command=$word
    say "testing $target for $platform in the engine: $command"
    contain "$platform" "$name" "$number" "$user" || fails "$command"
  done <"$work/tests"
  unload
}

# unload: drop what was tested in the engine, if anything was.
unload() {
  if [ -z "$name" ]; then return 0; fi
  docker image rm "$name" </dev/null >/dev/null || say "could not remove $name"
}

# test_in_builder: the tests of the image that run there, each as steps on top of it, or of another stage of its Dockerfile.
test_in_builder() {
  while IFS='	' read -r number place stage _ test steps; do
    if [ "$place" != builder ]; then continue; fi
    unfold "$test"
    say "testing $target for $platform: $word"
    lay_out "$number"
    case $laid in 0) files= ;; *) files=$work/laid ;; esac
    TARGET=$target CONTEXT=$context STEPS=$steps LC_ALL=C awk "$BAKE_AWK"'BEGIN {
      print "{\"target\": {" tester(ENVIRON["TARGET"] "-test", ENVIRON["TARGET"], ENVIRON["CONTEXT"], ENVIRON["STEPS"], ARGV[1], ARGV[2]) "}}"
    }' "$platform" "$files" >"$work/test.json"
    case $stage in -) set -- ;; *) set -- --set "$target.target=$stage" ;; esac
    # What is laid out is none of the folder that this runs in.
    (export BUILDX_BAKE_ENTITLEMENTS_FS=0; bake --file "$work/test.json" "$@" "$target-test") || fails "$word"
  done <"$work/tests"
}

# fails TEST: say that it does.
fails() {
  blame "\`$target\` for $platform fails its test: $1"
  passed=false
}

usage() {
  say "usage: pull-request.sh fetch BASE | released | changed [BASE_PLAN] | build PLATFORM ID..."
  exit 2
}

check_plan
case $ROOM_GIB in *[!0-9]*) die "ROOM_GIB is no number of whole GiB: \`$ROOM_GIB\`" ;; esac
case $TEST_IN in
  engine | buildkit) ;;
  *) die "TEST_IN is engine or buildkit, not \`$TEST_IN\`" ;;
esac
: >"$work/found"

case ${1-} in
  fetch) [ $# -eq 2 ] || usage; fetch "$2" ;;
  released) [ $# -eq 1 ] || usage; released ;;
  changed) [ $# -le 2 ] || usage; changed "${2-}" ;;
  build) [ $# -ge 3 ] || usage; needs_buildx; shift; build "$@" ;;
  *) usage ;;
esac
