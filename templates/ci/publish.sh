# <{ header | comment }>
# shellcheck shell=sh disable=SC2016
#
# Publishes the images of the plan. Every pipeline calls this one script, so all of them publish alike.
# It needs docker with buildx (0.13 or newer), and runs from the repository root. With curl it asks registries many times
# faster.
#
#   sh publish.sh probe [ID...]       print what is missing of these images, or of all, at their home registries: lines of
#                                     `build`, id, platform and layer, and of `merge`, id and layer, apart by tabs
#   sh publish.sh build ID PLATFORM   build, test and push one platform of one image, unless it is there; exit code 3 where
#                                     an image that it stands on is not
#   sh publish.sh merge ID...         join the platforms of each image under its content tag, unless it is there
#   sh publish.sh tags                put the release's tags and aliases on the contents, copy to other registries
#
# PLAN           the plan for scripts (default <{ folder | bare }>/plan.lines)
# PIPELINE       <{ pipelines[:-1] | join(", ") | comment }> or <{ pipelines | last | ident }>: only that pipeline's share of the plan (default: all of it)
# TEST_IN        where tests run: engine, in containers of `docker run`; buildkit, in a build of their own
#                (default: engine, buildkit where no engine answers)
# CURL_IMAGE     an image with curl, which the engine runs where this job has none, to tell repositories that are missing
# PUBLISH_JOBS   images put at once (default 8); four times as many questions
# PUBLISH_DELAY  whole seconds to wait before trying again (default 5): three tries, more and longer ones for a rate
#                limit, no second one for a refused login or a step of a Dockerfile that fails
#
# Every value is read from the plan and handed on as one word; none becomes part of a command's text.
# stdout carries only the probe's lines; people are spoken to on stderr.
# Any verb may be run again at any point: what is done already is found and left alone.
# (SC2016: what stands in single quotes with a dollar is awk's.)

set -eu

PLAN=${PLAN:-<{ folder | bare }>/plan.lines}
PIPELINE=${PIPELINE-}
TEST_IN=${TEST_IN-}
PUBLISH_JOBS=${PUBLISH_JOBS:-8}
PUBLISH_DELAY=${PUBLISH_DELAY:-5}
MARKER=newest-release<% if name %>-of-<{ name | bare }><% endif %>

VERSION_KEY=org.opencontainers.image.version
say() { printf '%s\n' "publish: $*" >&2; }
die() { say "$@"; exit 1; }

<% include "ci/plan.sh" %>

<% include "ci/json.sh" %>

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
  { printf 'ref %s\n' "$1"; cat "$work/$slot.out"; echo; } >>"$work/$slot.answers"
}

<% include "ci/ask.sh" %>

# look_all FILE: FILE lists references; append "REF<tab>DIGEST" to $work/found for each, DIGEST empty when absent.
look_all() {
  ask_all "$1"
  if [ ! -s "$work/unasked" ]; then return 0; fi
  rm -f "$work"/*.answers
  : >"$work/main.answers"
  each inquire_line "$work/unasked" || die "stopped: the registry did not answer clearly"
  # One process for all answers: starting it takes longer than many registries do.
  cat "$work"/*.answers | LC_ALL=C awk "$JSON_AWK"'
    function tell() {
      if (ref == "") return
      absent = text ~ /^[ \t\r\n]*null[ \t\r\n]*$/
      digest = absent ? "" : member(text, "digest")
      if (!absent && digest !~ /^sha256:[0-9a-f]+$/) exit wrong = 1
      print ref "\t" digest
    }
    /^ref / { tell(); ref = substr($0, 5); text = ""; next }
    length(text) < 200000 { text = text $0 "\n" }
    END { if (!wrong) tell(); exit wrong }' \
    >>"$work/found" || die "stopped: a registry's answer is not understood"
}

# curl_cli: curl, or an image of it where this job has an engine and no curl.
curl_cli() {
  if command -v curl >/dev/null; then curl "$@"; else docker run --rm --interactive "$CURL_IMAGE" "$@"; fi
}

# ask URL AUTHORIZATION: print the status of the answer; its body is kept.
ask() {
  printf 'Authorization: %s\n' "$2" | curl_cli --silent --max-time 60 --retry 3 --header @- --header "Accept: */*" \
    --write-out '\n%{http_code}' "$1" >"$work/$slot.got" || true
  sed '$d' "$work/$slot.got" >"$work/$slot.body"
  tail -n 1 "$work/$slot.got"
}

# codes: print what a registry complains of, of all that it says.
codes() {
  awk '{ text = text $0 } END { while (match(text, /"code" *: *"[A-Z_]+"/)) {
    code = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    sub(/.*: *"/, "", code)
    sub(/"/, "", code)
    printf "%s ", code
  } }'
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
    if [ "$status" = 200 ]; then login="Bearer $(member "$work/$slot.body" token || member "$work/$slot.body" access_token)" status=; fi
  fi
  # A GET: the answer to a HEAD has no body, and only that tells a repository that is missing from a tag that is.
  status=${status:-$(ask "https://$host/v2/$path/manifests/$tag" "$login")}
  said=$(codes <"$work/$slot.body")
  case "$status $said" in
    200*) ;;
    "404 "*NAME_UNKNOWN*) printf '%s\n' "$command" >>"$work/$slot.create" ;;
    "404 "*MANIFEST_UNKNOWN*) ;;
    *) say "not checked whether $host/$path exists: $host answers ${status:-nothing} $said" ;;
  esac
}

# Registries of AWS make no repository by themselves: told before hours of building, not after.
check_repositories() {
  plan '$1 == "repository" && has($2) { print $3 "\t" $4 "\t" $5 "\t" $6 "\t" $7 }' >"$work/repositories"
  if [ ! -s "$work/repositories" ]; then return 0; fi
  if [ -z "${CURL_IMAGE-}" ] && ! command -v curl >/dev/null; then
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
  printf '%s\n' "$@" >"$work/ids"
  if [ $# -gt 0 ]; then
    plan '
      pass == 3 { asked[$0]; next }
      $1 == "image" && has($8) { delete asked[$2] }
      END { for (id in asked) print id }' pass=3 "$work/ids" | sort >"$work/unknown"
    unknown=$(sed -n 1p "$work/unknown")
    [ -z "$unknown" ] || die "\`$unknown\` is no image that ${PIPELINE:-the plan} builds: of equal ones the first is"
  fi
  probed='
    pass == 3 { if ($0 != "") { some = 1; asked[$0] }; next }
    $1 == "image" { layer = $3; is_open = has($8) && (!some || $2 in asked) && digest[$5] == "" }
  '
  plan "$probed"'$1 == "image" && is_open { print $5 }' pass=3 "$work/ids" >"$work/refs"
  look_all "$work/refs"
  plan "$probed"'$1 == "image" { content = $5 } $1 == "leg" && is_open && $4 != content { print $4 }' pass=3 "$work/ids" >"$work/refs"
  look_all "$work/refs"
  plan "$probed"'
    $1 == "image" { content = $5; is_joined = 0 }
    $1 == "leg" && is_open && $4 != content && !is_joined++ { print "merge\t" $2 "\t" layer }
    $1 == "leg" && is_open && digest[$4] == "" { print "build\t" $2 "\t" $3 "\t" layer }' pass=3 "$work/ids" >"$work/missing"
  cat "$work/missing"
  say "missing: $(awk '$1 == "build" { builds++ } !seen[$2]++ { images++ } END { print builds + 0 " builds, " images + 0 " images" }' "$work/missing")"
}

<% include "ci/context.sh" %>

<% include "ci/test.sh" %>

# test_in_engine ID PLATFORM LEG OPTION...: each test in a container of its own.
test_in_engine() {
  id=$1 platform=$2 leg=$3
  shift 3
  docker buildx build --provenance=false --load "$@" </dev/null >&2
  while IFS= read -r line; do
    unfold "$line"
    say "testing $id for $platform: $word"
    run_test "$platform" "$leg" "$word" ||
      die "\`$id\` for $platform fails its test, so it is not pushed: $word"
  done <"$work/tests"
}

# test_in_buildkit ID PLATFORM OPTION...: each test as a step on top of the image, which stands in a folder meanwhile.
test_in_buildkit() {
  id=$1 platform=$2
  shift 2
  mkdir "$work/steps"
  number=0
  while IFS='	' read -r kind _ _ run; do
    if [ "$kind" != test ]; then continue; fi
    unfold "$run"
    printf 'FROM subject AS test-%s\n%s\n' "$number" "$word"
    number=$((number + 1))
  done <"$work/spec" >"$work/steps/Dockerfile"
  docker buildx build --provenance=false --output "type=oci,tar=false,dest=$work/subject" "$@" </dev/null >&2
  # Without anything attested it holds one manifest.
  subject=$work/subject@$(awk 'match($0, /"digest" *: *"sha256:[0-9a-f]+"/) {
    digest = substr($0, RSTART, RLENGTH)
    sub(/.*"sha256/, "sha256", digest)
    sub(/"/, "", digest)
    print digest
    exit
  }' "$work/subject/index.json")
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
  # Its records.
  plan '$1 == "image" { is_meant = $2 == id && has($7) } is_meant' id="$id" >"$work/spec"
  content=$(awk -F '\t' '$1 == "image" { print $5 }' "$work/spec")
  [ -n "$content" ] || die "the plan has no image \`$id\`${PIPELINE:+ for $PIPELINE}"
  leg=$(awk -F '\t' -v platform="$platform" '$1 == "leg" && $3 == platform { print $4 }' "$work/spec")
  # The contents that it stands on.
  plan '$1 == "image" { content[$2] = $5; is_meant = $2 == id }
    $1 == "below" && is_meant && content[$3] != content[id] { print content[$3] }' id="$id" | sort -u >"$work/below"
  [ -n "$leg" ] || die "\`$id\` has no platform \`$platform\`"
  set -- --tag "$leg" --platform "$platform"
  while IFS='	' read -r kind _ line _; do
    if [ "$kind" != word ]; then continue; fi
    unfold "$line"
    set -- "$@" "$word"
  done <"$work/spec"
  { printf '%s\n' "$content" "$leg"; cat "$work/below"; } | sort -u >"$work/refs"
  look_all "$work/refs"
  there=$(awk -F '\t' -v content="$content" -v leg="$leg" '($1 == content || $1 == leg) && $2 != "" { print $1 "@" $2; exit }' "$work/found")
  if [ -n "$there" ]; then
    say "$id for $platform is there already: $there"
    return 0
  fi
  lacking=$(awk -F '\t' 'pass == 1 { digest[$1] = $2; next } digest[$0] == "" { print; exit }' pass=1 "$work/found" pass=2 "$work/below")
  if [ -n "$lacking" ]; then
    say "$id for $platform is not built: it stands on $lacking, which is not there"
    exit 3
  fi
  while IFS='	' read -r kind _ context lfs submodules; do
    if [ "$kind" != source ]; then continue; fi
    unfold "$context"
    sources "$word" "$lfs" "$submodules"
  done <"$work/spec"
  awk -F '\t' '$1 == "artifact" { print $3 "\t" $4 }' "$work/spec" >"$work/artifacts"
  made "$work/artifacts"

  awk -F '\t' '$1 == "test" { print $3 }' "$work/spec" >"$work/tests"
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
  # What is attested is told by words without blanks.
  # shellcheck disable=SC2046
  try docker buildx build --output type=image,push=true,oci-mediatypes=true $(plan '$1 == "attest" { print $2 }') "$@" </dev/null >&2
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
  for leg in "$@"; do
    if grep -qxF "$leg	" "$work/found"; then
      say "$id is not joined: $leg is not there"
      return 1
    fi
  done
  say "merging $content from: $*"
  # --prefer-index=false: a single platform keeps its digest instead of being wrapped.
  try docker buildx imagetools create --prefer-index=false --tag "$content" "$@" </dev/null >&2
}

merge() {
  printf '%s\n' "$@" >"$work/ids"
  # Two of one content are merged once.
  plan '
    pass == 3 { wanted[$0]; next }
    $1 == "image" && $2 in wanted && has($7) { known[$2] }
    $1 == "image" { content = $5; is_meant = $2 in known && !(content in seen); seen[content]; if (is_meant) line[++count] = $2 "\t" content }
    # One platform alone was pushed as the content.
    $1 == "leg" && is_meant { if ($4 == content) count--; else line[count] = line[count] "\t" $4 }
    END {
      for (id in wanted) if (!(id in known)) print id
      for (n = 1; n <= count; n++) print line[n]
    }' pass=3 "$work/ids" >"$work/merges"
  unknown=$(grep -v '	' "$work/merges" | sort | sed -n 1p)
  [ -z "$unknown" ] || die "the plan has no image \`$unknown\`${PIPELINE:+ for $PIPELINE}"
  cut -f 2- "$work/merges" | tr '\t' '\n' >"$work/refs"
  look_all "$work/refs"
  each merge_line "$work/merges" || die "stopped: not everything could be merged"
}

# newest REF: print the release the marker REF names.
newest() {
  try docker buildx imagetools inspect --raw "$1" </dev/null >"$work/marker" || return 1
  member "$work/marker" annotations "$VERSION_KEY" || {
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
  plan '$1 == "image" { is_meant = has($9); if (is_meant) print $5 }
    ($1 == "reference" || $1 == "alias") && is_meant { print $3 }' | sort -u >"$work/refs"
  plan '$1 == "release" { is_final = $4 == "final" }
    $1 == "image" && is_final && has($9) { sub(/:[^:\/]*$/, "", $5); print $5 ":" marker }' marker="$MARKER" | sort -u >"$work/markers"
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
    function numbers(text, into) {
      sub(/[+].*/, "", text)
      sub(/^[^0-9]+/, "", text)
      return split(text, into, /[^0-9]+/)
    }
    # Whether one version is above another.
    function above(one, other,   a, b, count, n) {
      count = numbers(one, a)
      n = numbers(other, b)
      if (n > count) count = n
      for (n = 1; n <= count; n++) if (a[n] + 0 != b[n] + 0) return a[n] + 0 > b[n] + 0
      return 0
    }
    function decide(to, is_fixed, is_alias) {
      if (wanted == "") return "unbuilt"
      if (digest[to] == wanted) return "done"
      if (is_fixed) return digest[to] == "" ? "put" : "refuse"
      if (digest[to] == "" && !is_alias) return "put"
      if (version == "") return "move"
      if (!is_final || (home ":" marker in newest && above(newest[home ":" marker], version))) return "stay"
      return "move"
    }
    function tell(what, to) { print what "\t" to "\t" home "@" wanted "\t" content "\t" id "\t" digest[to] "\t" wanted }
    pass == 3 { newest[$1] = $2; next }
    $1 == "release" { version = $2; is_final = $4 == "final" }
    $1 == "image" {
      is_meant = has($9)
      if (!is_meant) next
      id = $2; content = home = $5; wanted = digest[content]
      sub(/:[^:\/]*$/, "", home)
      own = home ":" marker
      if (is_final && !(own in marked) && (!(own in newest) || above(version, newest[own]))) { marked[own]; tell("mark", own) }
    }
    is_meant && $1 == "reference" { tell(decide($3, $4 == "fixed", 0), $3) }
    is_meant && $1 == "alias" { tell(decide($3, 0, 1), $3) }
  ' marker="$MARKER" pass=3 "$work/newest" >"$work/decided"

  # decided WHAT PROGRAM: what is decided so, as awk prints it of: what, to, from, content, id, what it holds, what it should.
  decided() { awk -F '\t' -v what="$1" '$1 == what { '"$2"' }' "$work/decided"; }
  decided unbuilt 'print "not published yet: " $4' | sort -u >"$work/bad"
  decided refuse 'print "refused: " $2 " is published and holds " $6 ", this plan has " $7 " (" $5 "); a published release is never overwritten"' >>"$work/bad"
  if [ -s "$work/bad" ]; then
    while IFS= read -r line; do say "$line"; done <"$work/bad"
    die "stopped: no tag was changed"
  fi

  decided put 'print $2 "\t" $3' >"$work/put"
  put "$work/put"
  # The marker goes before the tags it guards, so that an older release cannot slip in between.
  version=$(plan '$1 == "release" { print $2 }')
  decided mark 'print $2 "\t" $3' >"$work/put"
  while IFS='	' read -r to from; do
    say "$to is now $version"
    try docker buildx imagetools create --annotation "index:$VERSION_KEY=$version" --tag "$to" "$from" </dev/null >&2 ||
      die "stopped: run this again to finish"
  done <"$work/put"
  decided move 'print $2 "\t" $3' >"$work/put"
  put "$work/put"

  decided stay 'print "left alone, only a final release may move it, and only forward: " $2' >"$work/stay"
  while IFS= read -r line; do say "$line"; done <"$work/stay"
  say "$(awk -F '\t' '{ count[$1]++ } END { printf "tags: %d put, %d there already, %d left alone", count["put"] + count["move"], count["done"], count["stay"] }' "$work/decided")"
}

usage() {
  say "usage: publish.sh probe [ID...] | build ID PLATFORM | merge ID... | tags"
  exit 2
}

case $PUBLISH_JOBS in '' | 0* | *[!0-9]*) die "PUBLISH_JOBS is no number of at least 1: \`$PUBLISH_JOBS\`" ;; esac
case $PUBLISH_DELAY in '' | *[!0-9]*) die "PUBLISH_DELAY is no number of whole seconds: \`$PUBLISH_DELAY\`" ;; esac
case $PIPELINE in ''<% for pipeline in pipelines %> | <{ pipeline | ident }><% endfor %>) ;; *) die "PIPELINE is none of <{ pipelines | join(", ") | comment }>: \`$PIPELINE\`" ;; esac
case $TEST_IN in '' | engine | buildkit) ;; *) die "TEST_IN is neither engine nor buildkit: \`$TEST_IN\`" ;; esac
check_plan
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: >"$work/found"
: >"$work/logins"
slot=main

case ${1-} in probe | build | merge | tags) needs_buildx ;; esac
case ${1-} in
  probe) shift; probe "$@" ;;
  build) [ $# -eq 3 ] || usage; build "$2" "$3" ;;
  merge) [ $# -ge 2 ] || usage; shift; merge "$@" ;;
  tags) [ $# -eq 1 ] || usage; tags ;;
  *) usage ;;
esac
