# <{ header | comment }>
# shellcheck shell=sh disable=SC2016
#
# Publishes the images of the plan. Every pipeline calls this one script, so all of them publish alike.
# It needs docker with buildx (0.13 or newer) and jq, and runs from the repository root. With curl it asks registries many
# times faster.
#
#   sh publish.sh probe               print as JSON what is missing at the images' home registries
#   sh publish.sh build ID PLATFORM   build, test and push one platform of one image, unless it is there
#   sh publish.sh merge ID...         join the platforms of each image under its content tag, unless it is there
#   sh publish.sh tags                put the release's tags and aliases on the contents, copy to other registries
#
# PLAN           the plan (default <{ folder | bare }>/plan.json)
# PIPELINE       <{ pipelines[:-1] | join(", ") | comment }> or <{ pipelines | last | ident }>: only that pipeline's share of the plan (default: all of it)
# TEST_IN        where tests run: engine, in containers of `docker run`; buildkit, in a build of their own
#                (default: engine, buildkit where no engine answers)
# PUBLISH_JOBS   images put at once (default 8); four times as many questions
# PUBLISH_DELAY  whole seconds to wait before trying again (default 5): three tries, more and longer ones for a rate
#                limit, no second one for a refused login or a step of a Dockerfile that fails
#
# Every value is read from the plan by jq and handed on as one word; none becomes part of a command's text.
# stdout carries only the probe's JSON; people are spoken to on stderr.
# Any verb may be run again at any point: what is done already is found and left alone.
# (SC2016: what stands in single quotes with a dollar is jq's.)

set -eu

PLAN=${PLAN:-<{ folder | bare }>/plan.json}
PIPELINE=${PIPELINE-}
TEST_IN=${TEST_IN-}
PUBLISH_JOBS=${PUBLISH_JOBS:-8}
PUBLISH_DELAY=${PUBLISH_DELAY:-5}
MARKER=newest-release<% if name %>-of-<{ name | bare }><% endif %>

VERSION_KEY=org.opencontainers.image.version
# Shared by all questions put to the plan: the builder of a content is the first spec of the share that has it.
PLAN_JQ='
  def role: .ci[$pipeline].role;
  def share: .specs[] | select(role != "none");
  def published: role == null and .publish != false;
  def builders: reduce share as $s ({seen: {}, out: []};
    if .seen[$s.content_reference] then . else .seen[$s.content_reference] = true | .out += [$s] end) | .out;
  def spec($id): first(share | select(.id == $id));
  def leg($platform): .content_reference + "-" + ($platform | split("/")[1:] | join("-"));
  def repository: sub(":[^:/]*$"; "");
  # A word on one line; unfold turns it back.
  def fold: gsub("\\\\"; "\\\\") | gsub("\n"; "\\n");
  def found: [split("\n")[] | select(. != "") | split("\t") | {key: .[0], value: .[1]}] | from_entries;
'

say() { printf '%s\n' "publish: $*" >&2; }
die() { say "$@"; exit 1; }

# plan FILTER [jq options]: ask the plan.
plan() {
  plan_filter=$1
  shift
  jq -r --arg pipeline "$PIPELINE" "$@" "$PLAN_JQ $plan_filter" "$PLAN"
}

# each FUNCTION FILE: call FUNCTION with each line of FILE, PUBLISH_JOBS of them at once. Fails if any call does; a call
# that returns 2 stops all that has not begun. $slot keeps the scratch files of calls at the same time apart.
each() {
  rm -f "$work/stop"
  pids='' slot=0
  while [ "$slot" -lt "$PUBLISH_JOBS" ]; do
    slot_share "$1" <"$2" &
    pids="$pids $!"
    slot=$((slot + 1))
  done
  slot=main each_status=0
  for pid in $pids; do wait "$pid" || each_status=1; done
  return $each_status
}

# is_wanted: a script that was killed wants nothing more done.
is_wanted() { kill -0 "$$" 2>/dev/null; }

slot_share() {
  number=0 slot_status=0
  while IFS= read -r item; do
    number=$((number + 1))
    if [ $((number % PUBLISH_JOBS)) -ne "$slot" ]; then continue; fi
    if [ -e "$work/stop" ] || ! is_wanted; then return 1; fi
    "$1" "$item" || {
      if [ $? -eq 2 ]; then : >"$work/stop"; fi
      slot_status=1
    }
  done
  return $slot_status
}

# last_word FILE: what a command's stderr in FILE comes to.
last_word() { sed -n '/^ERROR: /h; /[^[:space:]]/{x; /^ERROR: /!{x;h;x;}; x;}; ${x;p;}' "$1"; }

# is_refusal TEXT: whether it tells of a login that the registry does not take. Names of images do not count: they hold
# no blank.
is_refusal() {
  case $1 in
    *" denied"* | *"denied: "* | *"unauthorized: "* | *"401 Unauthorized"* | *"403 Forbidden"*) return 0 ;;
    *insufficient_scope:* | *"no basic auth credentials"*) return 0 ;;
  esac
  return 1
}

# again TRY FILE: wait before another try, or fail where none would help. FILE holds what the last one said.
again() {
  again_word=$(last_word "$2")
  again_pause=$PUBLISH_DELAY again_tries=3
  case $again_word in
    *" did not complete successfully"*) return 1 ;;
    *"429 Too Many Requests"* | *"toomanyrequests: "* | *"ate exceeded"*)
      # 20, 40, 80, 160, 320 seconds: registries count by the minute or the hour.
      again_tries=6 again_pause=$((PUBLISH_DELAY * 4 << ($1 - 1))) ;;
    *) if is_refusal "$again_word"; then return 1; fi ;;
  esac
  if [ "$1" -ge "$again_tries" ] || ! is_wanted; then return 1; fi
  say "trying again in $again_pause s: $again_word"
  sleep "$again_pause"
}

# heard COMMAND...: run it; what it says on stderr is passed on, and kept for `again`.
heard() {
  {
    {
      heard=0
      "$@" 2>&1 >&3 3>&- || heard=$?
      echo "$heard" >"$work/$slot.status"
    } | tee "$work/$slot.said" >&2 3>&-
  } 3>&1
  return "$(cat "$work/$slot.status")"
}

# Registries have bad seconds.
try() {
  tries=1
  until heard "$@"; do
    again "$tries" "$work/$slot.said" || return 1
    tries=$((tries + 1))
  done
}

# is_absent REF FILE: whether the error in FILE is the registry's plain answer "not found" about REF.
# Nothing else counts: a dead registry, a refused login or a missing program must not look like an empty shelf.
is_absent() {
  absent=$(sed -n '/[^[:space:]]/h; ${x;p;}' "$2")
  case $absent in
    "ERROR: "*": not found") absent=${absent#ERROR: } absent=${absent%: not found} ;;
    *) return 1 ;;
  esac
  case $absent in
    *[[:space:]]*) return 1 ;;
    "$1" | */"${1##*/}") return 0 ;;
    *) return 1 ;;
  esac
}

# inquire REF: leave in $work/$slot.out what the registry has under REF, `null` where it says that there is no such tag;
# fail otherwise.
inquire() {
  inquiries=1
  until docker buildx imagetools inspect --format '{{json .Manifest}}' "$1" >"$work/$slot.out" 2>"$work/$slot.said" </dev/null; do
    if is_absent "$1" "$work/$slot.said"; then
      echo null >"$work/$slot.out"
      return 0
    fi
    again "$inquiries" "$work/$slot.said" || {
      answer=$(cat "$work/$slot.said") hint=
      if is_refusal "$answer"; then hint=' (check the credentials of this job, and that the repository exists)'; fi
      say "cannot tell whether $1 exists, so nothing is assumed$hint. The registry's answer: $answer"
      return 1
    }
    inquiries=$((inquiries + 1))
  done
}

inquire_line() {
  inquire "$1" || return 2
  { printf '"%s"\n' "$1"; cat "$work/$slot.out"; } >>"$work/$slot.answers"
}

<% include "ci/ask.sh" %>

# look_all FILE: FILE lists references; append "REF<tab>DIGEST" to $work/found for each, DIGEST empty when absent.
look_all() {
  ask_all "$1"
  if [ ! -s "$work/unasked" ]; then return 0; fi
  rm -f "$work"/*.answers
  : >"$work/main.answers"
  each inquire_line "$work/unasked" || die "stopped: the registry did not answer clearly"
  # One jq for all answers: starting it takes longer than many registries do.
  cat "$work"/*.answers | jq -rn '[inputs] | range(0; length; 2) as $i
    | "\(.[$i])\t\(.[$i + 1] | if . == null then "" else (.digest | strings) // error("an answer holds no digest") end)"' \
    >>"$work/found" || die "stopped: a registry's answer is not understood"
}

# ask URL AUTHORIZATION: print the status of the answer; its body is kept.
ask() {
  : >"$work/$slot.body"
  printf 'Authorization: %s\n' "$2" | curl --silent --max-time 60 --retry 3 --header @- --header "Accept: */*" \
    --output "$work/$slot.body" --write-out '%{http_code}' "$1" || true
}

# repository_line "KIND HOST PATH TAG COMMAND...": keep COMMAND if AWS says that it has no repository PATH.
# It is asked with docker's own login and the right that every other question here takes.
repository_line() {
  IFS='	' read -r kind host path tag command <<LINE
$1
LINE
  if ! login=$(credentials "$host"); then
    say "not checked whether $host/$path exists: docker is not logged in to $host here"
    return 0
  fi
  login="Basic $login" status=
  if [ "$kind" = ecr-public ]; then
    status=$(ask "https://$host/token/?service=$host&scope=repository:$path:pull" "$login")
    if [ "$status" = 200 ]; then login="Bearer $(jq -r '.token // .access_token' "$work/$slot.body")" status=; fi
  fi
  # A GET: the answer to a HEAD has no body, and only that tells a repository that is missing from a tag that is.
  status=${status:-$(ask "https://$host/v2/$path/manifests/$tag" "$login")}
  said=$(jq -r '[.errors[]? | .code] | join(" ")' "$work/$slot.body" 2>/dev/null) || said=
  case "$status $said" in
    200*) ;;
    "404 "*NAME_UNKNOWN*) printf '%s\n' "$command" >>"$work/$slot.create" ;;
    "404 "*MANIFEST_UNKNOWN*) ;;
    *) say "not checked whether $host/$path exists: $host answers ${status:-nothing} $said" ;;
  esac
}

# Registries of AWS make no repository by themselves: told before hours of building, not after.
check_repositories() {
  plan '([.registries[] | select(.kind == "ecr" or .kind == "ecr-public") | {key: .host, value: .kind}] | from_entries) as $kinds
    | [share | .content_reference, (select(published) | .references[], .aliases[])]
    | map(select($kinds[split("/")[0]])) | unique_by(repository)[]
    | (split("/")[0]) as $host | $kinds[$host] as $kind | (repository | ltrimstr($host + "/")) as $path
    | [$kind, $host, $path, .[($host + "/" + $path + ":" | length):],
        if $kind == "ecr"
        then "aws ecr create-repository --registry-id \($host | split(".")[0] | @sh) --region \($host | split(".")[3] | @sh) --repository-name \($path | @sh)"
        else "aws ecr-public create-repository --region us-east-1 --repository-name \($path | split("/")[1:] | join("/") | @sh)"
        end] | join("\t")' >"$work/repositories"
  if [ ! -s "$work/repositories" ]; then return 0; fi
  if ! command -v curl >/dev/null; then
    say "not checked whether the repositories at AWS exist: there is no curl here"
    return 0
  fi
  each repository_line "$work/repositories"
  cat "$work"/*.create >"$work/missing" 2>/dev/null || return 0
  say "these repositories do not exist yet, and AWS makes none by itself. Whoever may, runs:"
  sort "$work/missing" >&2
  die "stopped: nothing was built"
}

probe() {
  check_repositories
  plan 'builders[].content_reference' >"$work/refs"
  look_all "$work/refs"
  plan '($found | found) as $has | builders[] | select($has[.content_reference] == "")
        | leg(.platforms[])' --rawfile found "$work/found" >"$work/refs"
  look_all "$work/refs"
  plan '($found | found) as $has
    | [builders[] | select($has[.content_reference] == "")] as $missing
    | {
        build: [$missing[] | . as $s | .platforms[] as $p | select($has[$s | leg($p)] == "")
                | {id: $s.id, platform: $p, layer: $s.layer}],
        merge: [$missing[] | {id, layer}]
      }' --rawfile found "$work/found" >"$work/missing"
  cat "$work/missing"
  say "$(jq -r '"missing: \(.build | length) builds, \(.merge | length) images"' "$work/missing")"
}

<% include "ci/context.sh" %>

# test_in_engine ID PLATFORM LEG OPTION...: each test in a container of its own.
test_in_engine() {
  id=$1 platform=$2 leg=$3
  shift 3
  docker buildx build --provenance=false --load "$@" </dev/null >&2
  while IFS= read -r line; do
    unfold "$line"
    say "testing $id for $platform: $word"
    docker run --rm --pull never --platform "$platform" --entrypoint /bin/sh "$leg" -c "$word" </dev/null >&2 ||
      die "\`$id\` for $platform fails its test, so it is not pushed: $word"
  done <"$work/tests"
}

# test_in_buildkit ID PLATFORM OPTION...: each test as a step on top of the image, which stands in a folder meanwhile.
test_in_buildkit() {
  id=$1 platform=$2
  shift 2
  mkdir "$work/steps"
  # As JSON a step is no shell text to anybody but the shell in the image, and holds no heredoc for the builder.
  plan 'spec($id) | .tests | to_entries[]
    | "FROM subject AS test-\(.key)\nRUN \(["/bin/sh", "-c", .value] | tojson)"' \
    --arg id "$id" >"$work/steps/Dockerfile"
  docker buildx build --provenance=false --output "type=oci,tar=false,dest=$work/subject" "$@" </dev/null >&2
  subject=$work/subject@$(jq -er '.manifests[0].digest' "$work/subject/index.json")
  number=0
  while IFS= read -r line; do
    unfold "$line"
    say "testing $id for $platform: $word"
    docker buildx build --provenance=false --no-cache --platform "$platform" --build-context "subject=oci-layout://$subject" \
      --target "test-$number" --output type=cacheonly "$work/steps" </dev/null >&2 ||
      die "\`$id\` for $platform fails its test, so it is not pushed: $word"
    number=$((number + 1))
  done <"$work/tests"
  rm -rf "$work/subject"
}

build() {
  id=$1 platform=$2
  plan '(.attestations // {}) as $attest | spec($id)
    | .content_reference, (if any(.platforms[]; . == $p) then leg($p) else "" end),
      "--provenance=\($attest.provenance // "off" | if . == "off" then "false" else "mode=\(.)" end)",
      (if $attest.sbom then "--sbom=true" else "" end),
      (.context | fold), "\(.lfs == true) \(.submodules == true)", (
        ["--platform", $p, "--file", .dockerfile]
        + (if .target then ["--target", .target] else [] end)
        + (.args | to_entries | map("--build-arg", "\(.key)=\(.value)"))
        + (.labels // {} | to_entries | map("--label", "\(.key)=\(.value)"))
        + (.contexts // {} | to_entries | map("--build-context", "\(.key)=docker-image://\(.value)"))
        + [.context] | .[] | fold)' --arg id "$id" --arg p "$platform" >"$work/words"
  {
    IFS= read -r content || die "the plan has no image \`$id\`${PIPELINE:+ for $PIPELINE}"
    IFS= read -r leg && [ -n "$leg" ] || die "\`$id\` has no platform \`$platform\`"
    IFS= read -r provenance
    IFS= read -r sbom
    IFS= read -r context
    IFS=' ' read -r lfs submodules
    set -- --tag "$leg"
    while IFS= read -r line; do
      unfold "$line"
      set -- "$@" "$word"
    done
  } <"$work/words"
  printf '%s\n' "$content" "$leg" >"$work/refs"
  look_all "$work/refs"
  there=$(sed -n '/	sha256:/{s/	/@/;p;q;}' "$work/found")
  if [ -n "$there" ]; then
    say "$id for $platform is there already: $there"
    return 0
  fi
  unfold "$context"
  sources "$word" "$lfs" "$submodules"
  plan 'spec($id) | .artifacts // [] | .[] | "\(.name)\t\(.path)"' --arg id "$id" >"$work/artifacts"
  made "$work/artifacts"

  plan 'spec($id) | .tests[] | fold' --arg id "$id" >"$work/tests"
  if [ -s "$work/tests" ]; then
    say "building $id for $platform"
    if [ -z "$TEST_IN" ]; then
      if docker info >/dev/null 2>&1; then TEST_IN=engine; else TEST_IN=buildkit; fi
    fi
    case $TEST_IN in
      engine) test_in_engine "$id" "$platform" "$leg" "$@" ;;
      buildkit) test_in_buildkit "$id" "$platform" "$@" ;;
    esac
  fi
  say "building and pushing $leg"
  # OCI media types: Docker's own hold no annotations, and the marker of the newest release is one.
  try docker buildx build --output type=image,push=true,oci-mediatypes=true "$provenance" ${sbom:+"$sbom"} "$@" </dev/null >&2
}

# merge_line "ID CONTENT LEG..."
merge_line() {
  # Ids and references hold no blank: one word each.
  # shellcheck disable=SC2086
  set -- $1
  id=$1 content=$2
  shift 2
  digest=$(grep "^$content	" "$work/found" | cut -f 2)
  if [ -n "$digest" ]; then
    say "$id is there already: $content@$digest"
    return 0
  fi
  say "merging $content from: $*"
  # --prefer-index=false: a single platform keeps its digest instead of being wrapped.
  try docker buildx imagetools create --prefer-index=false --tag "$content" "$@" </dev/null >&2
}

merge() {
  printf '%s\n' "$@" >"$work/ids"
  plan '(reduce share as $s ({}; .[$s.id] = $s)) as $specs
    | $ids | split("\n")[:-1] | map([., $specs[.]])
    | map(select(.[1] == null))[:1] + unique_by(.[1].content_reference)
    | .[] | .[0] as $id | .[1] | if . == null then $id else [$id, .content_reference, leg(.platforms[])] | join("\t") end' \
    --rawfile ids "$work/ids" >"$work/merges"
  IFS= read -r first <"$work/merges"
  case $first in
    *"	"*) ;;
    *) die "the plan has no image \`$first\`${PIPELINE:+ for $PIPELINE}" ;;
  esac
  cut -f 2 "$work/merges" >"$work/refs"
  look_all "$work/refs"
  each merge_line "$work/merges" || die "stopped: not everything could be merged"
}

# newest REF: print the release the marker REF names.
newest() {
  try docker buildx imagetools inspect --raw "$1" </dev/null >"$work/marker" || return 1
  jq -er --arg key "$VERSION_KEY" '.annotations[$key] | strings' "$work/marker" || {
    say "$1 does not say which release is the newest (annotation $VERSION_KEY)"
    return 1
  }
}

# put_line "TO FROM": give it its tag; the digest is kept, across registries too.
put_line() {
  to=${1%%	*} from=${1#*	}
  say "$to is now $from"
  try docker buildx imagetools create --prefer-index=false --tag "$to" "$from" </dev/null >&2 || return 2
}

put() { each put_line "$1" || die "stopped: run this again to finish"; }

tags() {
  # What stands in the registries now.
  plan '[share | select(published) | .content_reference, .references[], .aliases[]] | unique[]' >"$work/refs"
  plan 'if .release.final == true then [share | select(published) | .content_reference | repository] | unique[] + ":" + $marker else empty end' \
    --arg marker "$MARKER" >"$work/markers"
  cat "$work/markers" >>"$work/refs"
  look_all "$work/refs"
  : >"$work/newest"
  while IFS= read -r ref; do
    if grep -qxF "$ref	" "$work/found"; then continue; fi
    version=$(newest "$ref") || die "stopped: no tag was changed"
    printf '%s\t%s\n' "$ref" "$version" >>"$work/newest"
  done <"$work/markers"

  # What is to be done: decided in one place, before anything changes.
  plan '
    def version: split("+")[0] | [scan("[0-9]+") | tonumber] | until(length == 0 or .[-1] != 0; .[:-1]);
    ($found | found) as $has
    | ($newest | found) as $newest
    | .release as $release
    | def older($home): $newest[$home + ":" + $marker] as $n
        | $n != null and ($n | version) > ($release.version | version);
    [ share | select(published) | . as $s | ($s.content_reference | repository) as $home | $has[$s.content_reference] as $digest
      | ( (.references[] | {to: ., fixed: $s.immutable, alias: false}),
          (.aliases[] | {to: ., fixed: false, alias: true}) )
      | . + {id: $s.id, home: $home, content: $s.content_reference, from: "\($home)@\($digest)", holds: $has[.to], wanted: $digest}
      | . + {do: (
          if .wanted == "" then "unbuilt"
          elif .holds == .wanted then "done"
          elif .fixed and .holds != "" then "refuse"
          elif .fixed or (.holds == "" and (.alias | not)) then "put"
          elif $release == null then "move"
          elif $release.final | not then "stay"
          elif older(.home) then "stay"
          else "move" end)}
    ] as $all
    | {
        all: $all,
        markers: (if $release.final == true then
            [ $all[] | select($newest[.home + ":" + $marker] == null or
                (($newest[.home + ":" + $marker] | version) < ($release.version | version)))
              | {to: (.home + ":" + $marker), from} ] | unique_by(.to)
          else [] end),
        version: $release.version
      }' --rawfile found "$work/found" --rawfile newest "$work/newest" --arg marker "$MARKER" >"$work/decided"

  decided() { jq -r "$1" "$work/decided"; }
  decided '[.all[] | select(.do == "unbuilt") | .content] | unique[] | "not published yet: \(.)"' >"$work/bad"
  decided '.all[] | select(.do == "refuse")
    | "refused: \(.to) is published and holds \(.holds), this plan has \(.wanted) (\(.id)); a published release is never overwritten"' >>"$work/bad"
  if [ -s "$work/bad" ]; then
    while IFS= read -r line; do say "$line"; done <"$work/bad"
    die "stopped: no tag was changed"
  fi

  decided '.all[] | select(.do == "put") | "\(.to)\t\(.from)"' >"$work/put"
  put "$work/put"
  # The marker goes before the tags it guards, so that an older release cannot slip in between.
  decided '.markers[] | "\(.to)\t\(.from)"' >"$work/put"
  version=$(decided '.version // ""')
  while IFS='	' read -r to from; do
    say "$to is now $version"
    try docker buildx imagetools create --annotation "index:$VERSION_KEY=$version" --tag "$to" "$from" </dev/null >&2 ||
      die "stopped: run this again to finish"
  done <"$work/put"
  decided '.all[] | select(.do == "move") | "\(.to)\t\(.from)"' >"$work/put"
  put "$work/put"

  decided '.all[] | select(.do == "stay") | "left alone, only a final release may move it, and only forward: \(.to)"' >"$work/stay"
  while IFS= read -r line; do say "$line"; done <"$work/stay"
  say "$(decided '.all | "tags: \(map(select(.do == "put" or .do == "move")) | length) put, \(map(select(.do == "done")) | length) there already, \(map(select(.do == "stay")) | length) left alone"')"
}

usage() {
  say "usage: publish.sh probe | build ID PLATFORM | merge ID... | tags"
  exit 2
}

case $PUBLISH_JOBS in '' | 0* | *[!0-9]*) die "PUBLISH_JOBS is no number of at least 1: \`$PUBLISH_JOBS\`" ;; esac
case $PUBLISH_DELAY in '' | *[!0-9]*) die "PUBLISH_DELAY is no number of whole seconds: \`$PUBLISH_DELAY\`" ;; esac
case $PIPELINE in ''<% for pipeline in pipelines %> | <{ pipeline | ident }><% endfor %>) ;; *) die "PIPELINE is none of <{ pipelines | join(", ") | comment }>: \`$PIPELINE\`" ;; esac
case $TEST_IN in '' | engine | buildkit) ;; *) die "TEST_IN is neither engine nor buildkit: \`$TEST_IN\`" ;; esac
[ -r "$PLAN" ] || die "no plan at $PLAN: run this from the repository root, or set PLAN"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: >"$work/found"
: >"$work/logins"
slot=main

case ${1-} in probe | build | merge | tags) needs_buildx ;; esac
case ${1-} in
  probe) [ $# -eq 1 ] || usage; probe ;;
  build) [ $# -eq 3 ] || usage; build "$2" "$3" ;;
  merge) [ $# -ge 2 ] || usage; shift; merge "$@" ;;
  tags) [ $# -eq 1 ] || usage; tags ;;
  *) usage ;;
esac
