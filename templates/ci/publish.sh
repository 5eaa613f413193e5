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
#   sh publish.sh make ID PLATFORM    the first half of `build`: all but the push, so that a job can log in again before it
#   sh publish.sh push ID PLATFORM    the second half
#   sh publish.sh merge ID...         join the platforms of each image under its content tag, unless it is there
#   sh publish.sh tags [--dry-run]    put the release's tags and aliases on the contents, copy to other registries; or say what
#                                     would become of each, and change nothing
#   sh publish.sh images              print what the tags go on, as soon as all of it is there: lines of an id, the reference of
#                                     its content by digest, and its platforms by blanks, apart by tabs; equal contents once
#   sh publish.sh sign                sign what was there before images were signed, once its stated hash was checked
#
# PLAN           the plan for scripts (default <{ folder | bare }>/plan.lines)
# PIPELINE       <{ pipelines[:-1] | join(", ") | comment }> or <{ pipelines | last | ident }>: only that pipeline's share of the plan (default: all of it)
# BUILDER_ID     the address of the run that builds, which the provenance of what it pushes states (default: it states none)
# SIGNER         where images are signed with no key: the workflow of this run, with its ref, as a certificate names it
# COSIGN_IMAGE   an image of cosign, which the engine runs where this job has none
# COSIGN_NETWORK the network of its container (default host)
# BASE_IMAGES_ONLY     ids, keys of images, or ids with `*` for any characters, apart by commas or blanks: `probe` and `tags` are
#                of these alone, and of what they stand on, which gets no tag (default: all)
# BASE_IMAGES_DRY_RUN  true: say what would be built and put, and change nothing
# SUMMARY        a file to which `tags` adds what became of each tag, as Markdown
# RESULTS        a file for what comes after. `tags` leaves the references in it that stand for their content then, each with
#                a tab and its digest; `build`, `push` and `merge` what they pushed, or found: IMAGE_REFERENCE=, IMAGE_DIGEST=
# CHANNEL        the channel that this run is of: only its tags are put, on contents of its images; none: the release's
# COMMIT         the commit that these tags name (default: that which is checked out)
# DATE           the day that they name, as 20261231 (default: today, in UTC)
# RELEASE_TAG    the git tag that started this run, if one did: where it is not that of the plan's release, nothing is done
# TEST_IN        where tests run: buildkit, as steps on top of the image, which leaves the builder once it has passed them
#                (default); engine, in containers of `docker run`, as those always do that take options of it
# ROOM_GIB       on machines of GitHub's own, and nowhere else: less free space than that has their toolchains removed (default
#                40; 0 never)
# CURL_IMAGE     an image with curl, which the engine runs where this job has none, to tell repositories that are missing
# PUBLISH_JOBS   images put at once (default 8); four times as many questions
# PUBLISH_DELAY  whole seconds to wait before trying again (default 5): three tries, more and longer ones for a rate
#                limit, no second one for a refused login or a step of a Dockerfile that fails
#
# A build also reads the secrets of its image from the variables that the plan names, and, where the image says so, proxies from
# HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
#
# Every value is read from the plan and handed on as one word; none becomes part of a command's text.
# stdout carries only the probe's lines; people are spoken to on stderr.
# Any verb may be run again at any point: what is done already is found and left alone.
# (SC2016: what stands in single quotes with a dollar is awk's.)

set -eu

PLAN=${PLAN:-<{ folder | bare }>/plan.lines}
PIPELINE=${PIPELINE-}
BUILDER_ID=${BUILDER_ID-}
SIGNER=${SIGNER-}
COSIGN_IMAGE=${COSIGN_IMAGE-}
COSIGN_NETWORK=${COSIGN_NETWORK:-host}
SUMMARY=${SUMMARY-}
RESULTS=${RESULTS-}
CHANNEL=${CHANNEL-}
COMMIT=${COMMIT-}
DATE=${DATE-}
RELEASE_TAG=${RELEASE_TAG-}
BASE_IMAGES_ONLY=${BASE_IMAGES_ONLY-}
BASE_IMAGES_DRY_RUN=${BASE_IMAGES_DRY_RUN:-false}
TEST_IN=${TEST_IN:-buildkit}
ROOM_GIB=${ROOM_GIB:-40}
PUBLISH_JOBS=${PUBLISH_JOBS:-8}
PUBLISH_DELAY=${PUBLISH_DELAY:-5}
MARKER=newest-release
MARKER_OF=<% if name %>-of-<{ name | bare }><% endif %>

VERSION_KEY=org.opencontainers.image.version
CONTENT_KEY=org.basematrix.content
say() { printf '%s\n' "publish: $*" >&2; }

<% include "ci/shown.sh" %>

<% include "ci/plan.sh" %>

<% include "ci/channel.sh" %>

<% include "ci/only.sh" %>

is_dry() { [ "$BASE_IMAGES_DRY_RUN" = true ]; }

# result REFERENCE DIGEST: leave it where the pipeline wants it.
result() { if [ -n "$RESULTS" ]; then printf 'IMAGE_REFERENCE=%s\nIMAGE_DIGEST=%s\n' "${1%:*}@$2" "$2" >"$RESULTS"; fi; }

<% include "ci/json.sh" %>

# check_tag: stop where this run was started by the tag of another release: it would find all of this one published, and
# be green. What stands before a release's own tag or version is the repository's affair (`lib-v1.4.0`, `images/1.4.0`).
check_tag() {
  if [ -z "$RELEASE_TAG" ]; then return 0; fi
  IFS='	' read -r release_version release_tag <<LINE
$(plan '$1 == "release" { print $2 "\t" $3 }')
LINE
  if [ -z "$release_tag" ]; then return 0; fi
  for word in "$release_tag" "$release_version"; do
    case $RELEASE_TAG in
      "$word" | *[!0-9.]"$word") return 0 ;;
    esac
  done
  die "this run is of the git tag \`$RELEASE_TAG\`, and the plan is of release $release_version, whose tag is \`$release_tag\`: nothing is published. Bump the release to what is tagged, or tag the commit of the bump"
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
    # A step requires one that the image does not list, or that is read no more.
    *": secret "*": not found"* | *"environment variable "*" not found"*) return 1 ;;
    *mmutable*) return 1 ;;
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
      blame "cannot tell whether $1 exists, so nothing is assumed$hint. The registry's answer: $answer"
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

# raw_line "NUMBER REF": leave the manifest of REF in the file of that number.
raw_line() {
  try docker buildx imagetools inspect --raw "${1#* }" </dev/null >"$work/manifests/${1%% *}" || return 2
}

# read_manifests FILE: leave the manifests of the references of FILE in $work/manifests, each under its number.
read_manifests() {
  rm -rf "$work/manifests"
  mkdir "$work/manifests"
  gets "$1"
  each raw_line "$work/unread"
}

# state FILE: leave in $work/stated, for each reference of FILE, "REF<tab>HASH": of the content that its manifest states.
state() {
  read_manifests "$1" || die "stopped: a registry did not say what it holds"
  LC_ALL=C awk "$JSON_AWK"'
    function tell() { if (name != "") print name "\t" member(text, "annotations\n" key); text = "" }
    FNR == 1 { tell(); name = FILENAME; sub(/.*\//, "", name) }
    length(text) < 200000 { text = text $0 "\n" }
    END { tell() }' key="$CONTENT_KEY" "$work/manifests"/* >"$work/numbered"
  awk -F '\t' 'pass == 1 { stated[$1] = $2; next } { print $0 "\t" stated[FNR] }' pass=1 "$work/numbered" pass=2 "$1" >"$work/stated"
}

# is_stated: whether the contents of this plan state their hash. What Docker itself pushes can state nothing.
is_stated() {
  [ -n "${states-}" ] || states=$(plan '$1 == "plan" { print $4 == "stated" ? "yes" : "no"; exit }')
  [ "$states" = yes ]
}

# differing FILE: FILE lists "REF<tab>HASH"; print "REF<tab>HASH<tab>STATED" of those that state another hash, or none.
differing() {
  if [ ! -s "$1" ] || ! is_stated; then return 0; fi
  cut -f 1 "$1" >"$work/asked"
  state "$work/asked"
  awk -F '\t' 'pass == 1 { stated[$1] = $2; next } stated[$1] != $2 { print $1 "\t" $2 "\t" stated[$1] }' \
    pass=1 "$work/stated" pass=2 "$1"
}

# hold FILE: FILE lists "REF<tab>HASH" of contents that are there; stop if one states another hash than its own, or none, or
# where images are signed, if one is not signed by this pipeline. Who may push may call anything by that name: it is neither
# built upon, nor tagged, nor overwritten.
hold() {
  hold_stated "$1"
  cut -f 1 "$1" >"$work/references"
  hold_signed "$work/references"
}

hold_stated() {
  differing "$1" >"$work/differing"
  if [ ! -s "$work/differing" ]; then return 0; fi
  while IFS='	' read -r ref hash stated; do
    blame "foreign: $ref is not what the plan means by it, which states $hash; it states ${stated:-nothing}"
  done <"$work/differing"
  die "stopped: look who pushed that. Where it was a mistake, delete it in the registry and run this again"
}

<% include "ci/sign.sh" %>

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
  blame "these repositories do not exist yet, and AWS makes none by itself. Whoever may, runs:
$(sort "$work/missing")"
  die "stopped: nothing was built"
}

probe() {
  check_repositories
  printf '%s\n' "$@" >"$work/ids"
  if [ $# -gt 0 ]; then
    of_all plan '
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
  plan "$probed"'$1 == "image" && has($8) && (!some || $2 in asked) && digest[$5] != "" { print $5 "\t" $4 }' \
    pass=3 "$work/ids" | sort -u >"$work/hashes"
  hold "$work/hashes"
  restore
  plan "$probed"'$1 == "image" { content = $5 } $1 == "leg" && is_open && $4 != content { print $4 }' pass=3 "$work/ids" >"$work/refs"
  look_all "$work/refs"
  plan "$probed"'
    $1 == "image" { content = $5; is_joined = 0 }
    $1 == "leg" && is_open && $4 != content && !is_joined++ { print "merge\t" $2 "\t" layer }
    $1 == "leg" && is_open && digest[$4] == "" { print "build\t" $2 "\t" $3 "\t" layer }' pass=3 "$work/ids" >"$work/missing"
  if is_dry; then
    group "what would be built"
    awk -F '\t' '$1 == "build" { print $2 " for " $3 }' "$work/missing" >&2
    ungroup
  else
    cat "$work/missing"
  fi
  say "missing: $(awk '$1 == "build" { builds++ } !seen[$2]++ { images++ } END { print builds + 0 " builds, " images + 0 " images" }' "$work/missing")"
}

# restore: of contents that are not there, look for references of this release that never move. One that states the content
# gives it back its tag, which a clean-up took; any other was published with something else, and is told before a build.
restore() {
  if ! is_stated; then return 0; fi
  plan "$probed"'
    function repository(ref) { sub(/:[^:\/]*$/, "", ref); return ref }
    $1 == "image" { content = $5; hash = $4; is_gone = has($7) && (!some || $2 in asked) && digest[content] == "" }
    $1 == "reference" && $4 == "fixed" && is_gone && repository($3) == repository(content) { print $3 "\t" hash "\t" content }
  ' pass=3 "$work/ids" >"$work/standing"
  cut -f 1 "$work/standing" >"$work/refs"
  look_all "$work/refs"
  awk -F '\t' 'pass == 1 { digest[$1] = $2; next } digest[$1] != ""' pass=1 "$work/found" pass=2 "$work/standing" >"$work/there"
  cut -f 1,2 "$work/there" >"$work/hashes"
  differing "$work/hashes" >"$work/differing"
  if [ -s "$work/differing" ]; then
    while IFS='	' read -r ref hash stated; do
      if [ -n "$stated" ]; then
        blame "$ref is published with content $stated, and the plan has $hash: what goes into it changed, and the release did not"
      else
        blame "$ref is published and states no content: something else published it"
      fi
    done <"$work/differing"
    die "stopped: nothing was built. Release under a new version: gen bump"
  fi
  cut -f 1 "$work/there" >"$work/references"
  hold_signed "$work/references"
  awk -F '\t' 'pass == 1 { digest[$1] = $2; next } !seen[$3]++ { home = $3; sub(/:[^:\/]*$/, "", home); print $3 "\t" home "@" digest[$1] }' \
    pass=1 "$work/found" pass=2 "$work/there" >"$work/put"
  if ! is_dry; then put "$work/put"; fi
  sed 's/	.*@/	/' "$work/put" >>"$work/found"
}

<% include "ci/context.sh" %>

<% include "ci/bake.sh" %>

<% include "ci/tests.sh" %>

# test_in_engine ID PLATFORM LEG OPTION...: the tests that run there, each in a container of its own: of the image, or of
# another stage of its Dockerfile, which goes by a name of its own and nowhere else.
test_in_engine() {
  id=$1 platform=$2 leg=$3 loaded=
  shift 3
  while IFS='	' read -r number place stage user test _; do
    if [ "$place" != engine ]; then continue; fi
    if [ "$stage" != "$loaded" ]; then
      loaded=$stage
      case $stage in
        -) subject=$leg; docker buildx build --provenance=false --load --tag "$subject" "$@" </dev/null >&2 ;;
        *) subject=$leg-stage; docker buildx build --provenance=false --load --tag "$subject" "$@" --target "$stage" </dev/null >&2 ;;
      esac || die "\`$id\` for $platform is not built"
    fi
    unfold "$test"
    command=$word
    say "testing $id for $platform in the engine: $command"
    contain "$platform" "$subject" "$number" "$user" ||
      die "\`$id\` for $platform fails its test, so it is not pushed: $command"
  done <"$work/tests"
}

# test_in_builder ID PLATFORM LEG KEPT: the tests that run there, each as steps on top of the image, which the builder keeps, or
# of another stage. Layers are taken from where earlier builds kept theirs.
test_in_builder() {
  id=$1 platform=$2 leg=$3 kept=$4
  LC_ALL=C awk -F '\t' "$BAKE_AWK"'
    function join(list, value) { return list (list == "" ? "" : ", ") value }
    function pair(field,   at) { at = index(field, "="); return quoted(substr(field, 1, at - 1)) ": " quoted(substr(field, at + 1)) }
    function subject(name, stage) {
      return quoted(name) ": {\"context\": " quoted(context) ", \"dockerfile\": " quoted(file) \
        (stage == "" ? "" : ", \"target\": " quoted(stage)) \
        (kept == "" ? "" : ", \"cache-from\": [" quoted("type=registry,ref=" kept) "]") \
        ", \"args\": {" args "}, \"secret\": [" secrets "], \"labels\": {" labels "}, \"contexts\": {" contexts "}" \
        ", \"tags\": [" quoted(leg) "], \"platforms\": [" quoted(platform) "]}"
    }
    FILENAME == reads { files[$1] = laid; next }
    FILENAME == rows && $2 == "builder" { order[++count] = $1; stage_of[$1] = $3; steps[$1] = $6 }
    FILENAME == rows { next }
    $1 == "word" && option == "" { if ($3 ~ /^--/) option = $3; else context = $3; next }
    $1 == "word" {
      if (option == "--file") file = $3
      else if (option == "--target") target = $3
      else if (option == "--build-arg" && index($3, "=") == 0) {
        # What is not set here is not passed.
        args = join(args, quoted($3) ": \"${" $3 "}\"")
        variables = join(variables, quoted($3) ": {\"default\": null}")
      }
      else if (option == "--build-arg") args = join(args, pair($3))
      else if (option == "--secret") secrets = join(secrets, quoted($3))
      else if (option == "--label") labels = join(labels, pair($3))
      else if (option == "--build-context") contexts = join(contexts, pair($3))
      else exit wrong = 1
      option = ""
    }
    END {
      if (wrong) exit 1
      # bake looks for it from the context.
      for (parts = split(context, above, "/"); parts; parts--) if (above[parts] != "." && above[parts] != "") file = "../" file
      print "{" (variables == "" ? "" : "\"variable\": {" variables "}, ") "\"target\": {" subject("subject", target)
      for (n = 1; n <= count; n++) {
        number = order[n]; name = "subject"
        if (stage_of[number] != "-") { name = "subject-" number; print ", " subject(name, stage_of[number]) }
        print ", " tester("test-" number, name, context, steps[number], platform, files[number])
      }
      print "}}"
    }' platform="$platform" leg="$leg" kept="$kept" laid="$work/laid" reads="$work/test-files" rows="$work/tests" \
    "$work/spec" "$work/test-files" "$work/tests" >"$work/tests.json" || die "the plan has a word for \`$id\` that this script does not know"
  while IFS='	' read -r number place _ _ test _; do
    if [ "$place" != builder ]; then continue; fi
    unfold "$test"
    say "testing $id for $platform: $word"
    lay_out "$number"
    # What is laid out is none of the folder that this runs in.
    BUILDX_BAKE_ENTITLEMENTS_FS=0 docker buildx bake --file "$work/tests.json" --provenance=false "test-$number" </dev/null >&2 ||
      die "\`$id\` for $platform fails its test, so it is not pushed: $word"
  done <"$work/tests"
}

# unattested: stop where provenance would state the password of a proxy: the fullest kind states all build args.
unattested() {
  if [ -z "$(plan '$1 == "attest" && $2 ~ /mode=max/ { print $2 }')" ]; then return 0; fi
  for name in HTTP_PROXY HTTPS_PROXY; do
    eval "held=\${$name-}"
    case $held in
      *@*) die "stopped before anything is built: $name holds a password, which provenance of mode max would state. Use a proxy without one, or less provenance" ;;
    esac
  done
}

# build ID PLATFORM HALF: HALF is make, push, or whole.
build() {
  id=$1 platform=$2 half=$3
  # Its records.
  plan '$1 == "image" { is_meant = $2 == id && has($7) } is_meant' id="$id" >"$work/spec"
  content=$(awk -F '\t' '$1 == "image" { print $5 }' "$work/spec")
  [ -n "$content" ] || die "the plan has no image \`$id\`${PIPELINE:+ for $PIPELINE}"
  leg=$(awk -F '\t' -v platform="$platform" '$1 == "leg" && $3 == platform { print $4 }' "$work/spec")
  # The contents that it stands on.
  plan '$1 == "image" { content[$2] = $5; is_meant = $2 == id }
    $1 == "below" && is_meant && content[$3] != content[id] { print content[$3] }' id="$id" | sort -u >"$work/below"
  [ -n "$leg" ] || die "\`$id\` has no platform \`$platform\`"
  set -- --platform "$platform"
  while IFS='	' read -r kind _ line _; do
    if [ "$kind" != word ]; then continue; fi
    unfold "$line"
    set -- "$@" "$word"
  done <"$work/spec"
  { printf '%s\n' "$content" "$leg"; cat "$work/below"; } | sort -u >"$work/refs"
  look_all "$work/refs"
  there=$(awk -F '\t' -v content="$content" -v leg="$leg" '($1 == content || $1 == leg) && $2 != "" { print $1 "@" $2; exit }' "$work/found")
  if [ -n "$there" ]; then
    awk -F '\t' -v ref="${there%@*}" '$1 == "image" { print ref "\t" $4 }' "$work/spec" >"$work/hashes"
    if [ "$half" != push ]; then hold "$work/hashes"; fi
    say "$id for $platform is there already: $there"
    result "${there%@*}" "${there##*@}"
    return 0
  fi
  lacking=$(awk -F '\t' 'pass == 1 { digest[$1] = $2; next } digest[$0] == "" { print; exit }' pass=1 "$work/found" pass=2 "$work/below")
  if [ -n "$lacking" ]; then
    notice "$id for $platform is not built: it stands on $lacking, which is not there"
    exit 3
  fi
  # What it stands on may have been pushed by somebody else since the probe.
  if [ "$half" != push ]; then hold_signed "$work/below"; fi
  while IFS='	' read -r kind _ context lfs submodules; do
    if [ "$kind" != source ]; then continue; fi
    unfold "$context"
    sources "$word" "$lfs" "$submodules"
  done <"$work/spec"
  awk -F '\t' '$1 == "artifact" { print $3 "\t" $4 }' "$work/spec" >"$work/artifacts"
  made "$work/artifacts"

  awk -F '\t' '$1 == "secret" { print $3 "\t" $4 }' "$work/spec" >"$work/secrets"
  secrets "$work/secrets"
  if [ "$half" != push ]; then make_room; fi
  proxies
  if grep -q '^word	[^	]*	HTTPS_PROXY$' "$work/spec"; then unattested; fi
  # The day that is recorded for the content, which the image and its files carry then.
  rewritten=
  dated=$(awk -F '\t' '$1 == "dated" { print $3 }' "$work/spec")
  if [ -n "$dated" ]; then
    SOURCE_DATE_EPOCH=$dated
    export SOURCE_DATE_EPOCH
    # An engine's own builder cannot do that to what it unpacks for itself, too.
    rewritten=,rewrite-timestamp=true,store=false
  fi

  # Where the layers of the builds before are, and these are kept for those after.
  kept=$(awk -F '\t' -v platform="$platform" '$1 == "layers" && $3 == platform { print $4 }' "$work/spec")
  if [ -n "$kept" ]; then set -- --cache-from "type=registry,ref=$kept" "$@"; fi

  tests_of "$id" "$platform" "$work/spec"
  if [ "$half" = push ]; then
    : # Tested by the first half.
  elif [ -s "$work/tests" ]; then
    group "building and testing $id for $platform"
    if any_in builder; then test_in_builder "$id" "$platform" "$leg" "$kept"; fi
    if any_in engine; then test_in_engine "$id" "$platform" "$leg" "$@"; fi
  elif [ "$half" = make ]; then
    group "building $id for $platform"
    try docker buildx build --provenance=false --output type=cacheonly "$@" </dev/null >&2 || unbuilt
  fi
  if [ "$half" = make ]; then return 0; fi
  group "building and pushing $leg"
  # OCI media types: Docker's own hold no annotations, and the marker of the newest release is one.
  attest=$(plan '$1 == "attest" { print $2 (builder != "" && $2 ~ /^--provenance=mode=/ ? ",builder-id=" builder : "") }' \
    builder="$BUILDER_ID")
  # To keep them is no part of publishing: what fails at that fails nothing.
  if [ -n "$kept" ]; then
    set -- --cache-to "type=registry,ref=$kept,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true" "$@"
  fi
  packed=$(plan '$1 == "packed" { print $2 }')
  # What is attested comes in an index, which states the content then.
  case $attest in --provenance=false) kind=manifest ;; *) kind=index ;; esac
  stated=$(plan '$1 == "plan" { stated = $4 } $1 == "image" && $2 == id && stated { print $4 }' id="$id")
  if [ -n "$stated" ]; then set -- --annotation "$kind:$CONTENT_KEY=$stated" "$@"; fi
  exported=type=image,push=true,oci-mediatypes=true$packed$rewritten
  # Told by words without blanks.
  # shellcheck disable=SC2086
  set -- $attest "$@"
  export BUILDX_METADATA_PROVENANCE=disabled
  pushed=$leg
  if is_signing; then pushed=$leg$UNSIGNED; fi
  try docker buildx build --output "$exported" --metadata-file "$work/pushed" --tag "$pushed" "$@" </dev/null >&2 || unbuilt
  digest=$(member "$work/pushed" containerimage.digest) || die "stopped: docker does not say what it pushed"
  if is_signing; then release_signed "$leg" "$digest" || die "stopped: $leg is not signed, and has no tag"; fi
  ungroup
  say "$id for $platform is now $leg@$digest"
  result "$leg" "$digest"
}

unbuilt() { die "\`$id\` for $platform is not built and pushed: $(last_word "$work/$slot.said")"; }

# merge_line "ID CONTENT HASH LEG...", without a hash a dash.
merge_line() {
  # Ids and references hold no blank: one word each.
  # shellcheck disable=SC2086
  set -- $1
  id=$1 content=$2 hash=$3
  shift 3
  digest=$(grep "^$content	" "$work/found" | cut -f 2)
  if [ -n "$digest" ]; then
    say "$id is there already: $content@$digest"
    result "$content" "$digest"
    return 0
  fi
  for leg in "$@"; do
    if grep -qxF "$leg	" "$work/found"; then
      blame "$id is not joined: $leg is not there"
      return 1
    fi
  done
  say "merging $content from: $*"
  if [ "$hash" != - ]; then set -- --annotation "index:$CONTENT_KEY=$hash" "$@"; fi
  # --prefer-index=false: a single platform keeps its digest instead of being wrapped.
  if ! is_signing; then
    try docker buildx imagetools create --prefer-index=false --tag "$content" "$@" </dev/null >&2 || return 1
    if [ -z "$RESULTS" ]; then return 0; fi
    inquire "$content" && digest=$(member "$work/$slot.out" digest) || return 1
    result "$content" "$digest"
    return
  fi
  try docker buildx imagetools create --prefer-index=false --tag "$content$UNSIGNED" "$@" </dev/null >&2 || return 1
  inquire "$content$UNSIGNED" && digest=$(member "$work/$slot.out" digest) || return 1
  release_signed "$content" "$digest" || return 1
  result "$content" "$digest"
}

merge() {
  printf '%s\n' "$@" >"$work/ids"
  # Two of one content are merged once.
  plan '
    pass == 3 { wanted[$0]; next }
    $1 == "image" && $2 in wanted && has($7) { known[$2] }
    $1 == "plan" { stated = $4 }
    $1 == "image" {
      content = $5; is_meant = $2 in known && !(content in seen); seen[content]
      if (is_meant) line[++count] = $2 "\t" content "\t" (stated ? $4 : "-")
    }
    # One platform alone was pushed as the content.
    $1 == "leg" && is_meant { if ($4 == content) count--; else line[count] = line[count] "\t" $4 }
    END {
      for (id in wanted) if (!(id in known)) print id
      for (n = 1; n <= count; n++) print line[n]
    }' pass=3 "$work/ids" >"$work/merges"
  unknown=$(grep -v '	' "$work/merges" | sort | sed -n 1p)
  [ -z "$unknown" ] || die "the plan has no image \`$unknown\`${PIPELINE:+ for $PIPELINE}"
  cut -f 2,4- "$work/merges" | tr '\t' '\n' >"$work/refs"
  look_all "$work/refs"
  awk -F '\t' 'pass == 1 { digest[$1] = $2; next } digest[$2] != "" { print $2 "\t" $3 }' pass=1 "$work/found" pass=2 "$work/merges" >"$work/hashes"
  hold "$work/hashes"
  # The platforms of what is yet to be joined.
  awk -F '\t' 'pass == 1 { digest[$1] = $2; next } digest[$2] == "" { for (n = 4; n <= NF; n++) if (digest[$n] != "") print $n }' \
    pass=1 "$work/found" pass=2 "$work/merges" >"$work/legs"
  hold_signed "$work/legs"
  group "joining platforms"
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
  try docker buildx imagetools create --prefer-index=false --tag "$to" "$from" </dev/null >&2 || {
    told_immutable "$to" "$work/$slot.said"
    return 2
  }
}

# told_immutable REF FILE: say what to do where a registry lets no tag be moved.
told_immutable() {
  # The words of Amazon's registry, Docker Hub and Harbor; not every client hands on more than the status.
  case $(cat "$2") in
    *mmutable* | *"400 Bad Request"* | *"412 Precondition Failed"*)
      say "$1 cannot be put again: where the tags of its registry are immutable, let it except ${1##*:} and the others that move (${MARKER}*, aliases), then run this again" ;;
  esac
}

put() { each put_line "$1" || die "stopped: run this again to finish"; }

# What tags knows of releases and markers. A marker is a tag `newest-release` of a home repository, or of a line of releases
# there (`newest-release-1.4`), whose index states which release is the newest that was published there.
TAGS_AWK='
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
  function repository(ref) { sub(/:[^:\/]*$/, "", ref); return ref }
  # The marker of a line: of all releases where there is none. An alias of one release needs no guard.
  function marker_of(home, line) { return home ":" marker (line == "" ? "" : "-" line) of }
  $1 == "release" { version = $2; release_tag = $3; is_final = $4 == "final" }
  $1 == "image" { is_meant = has($9); id = $2; content = $5; home = repository($5); wanted = digest[content] }
  # What moves: its reference, and the marker that guards it, if any.
  { moves = guard = "" }
  is_meant && $1 == "reference" && $4 != "fixed" { moves = $3; guard = marker_of(home, "") }
  is_meant && $1 == "alias" { moves = $3; if ($4 != version || version == "") guard = marker_of(home, $4) }
'

# ask_tags PROGRAM [NAME=VALUE | FILE]...: as `plan`, of tags.
ask_tags() {
  ask_program=$1
  shift
  plan "$TAGS_AWK$ask_program" marker="$MARKER" of="$MARKER_OF" "$@"
}

# listed REPOSITORY: print the tags that stand in it, one a line; fail where they cannot be told.
listed() {
  if ! command -v curl >/dev/null; then return 1; fi
  printf '%s:any\n' "$1" >"$work/asking"
  sign_in "$work/asking"
  address=/v2/${1#*/}/tags/list pages=0
  while :; do
    # No registry of one image has that many; one that goes round in circles has no end.
    pages=$((pages + 1))
    if [ "$pages" -gt 1000 ]; then return 1; fi
    rm -f "$work/page" "$work/page.head"
    printf '%s\n' "$1" | awk -F '\t' -v address="$address" -v page="$work/page" "$QUESTIONS_AWK"'
      pass == 1 { login[$1] = $2; next }
      {
        transfer(endpoint(host_of($0)) address, 1)
        if ($0 in login) say("header", login[$0])
        say("dump-header", page ".head")
        say("output", page)
        print "write-out = \"%{http_code}\""
      }' pass=1 "$work/logins" pass=2 - | curls >"$work/status"
    case $(cat "$work/status") in
      200) ;;
      # No repository, no tags.
      404) return 0 ;;
      *) return 1 ;;
    esac
    awk '{ text = text $0 " " } END {
      if (!match(text, /"tags"[ \t\r]*:[ \t\r]*(\[[^]]*\]|null)/)) exit 1
      count = split(substr(text, RSTART + 6, RLENGTH - 6), part, "\"")
      for (n = 2; n <= count; n += 2) print part[n]
    }' "$work/page" || return 1
    # The next page is at the same registry.
    if ! grep -q '^[Ll][Ii][Nn][Kk]:.*rel="\{0,1\}next' "$work/page.head"; then return 0; fi
    address=$(sed -n 's/^[Ll][Ii][Nn][Kk]: *<\(https*:\/\/[^\/>]*\)\{0,1\}\(\/v2\/[A-Za-z0-9._~:\/?&=%+-]*\)>.*rel="\{0,1\}next.*/\2/p' "$work/page.head")
    if [ -z "$address" ]; then return 1; fi
  done
}

# newest_listed REPOSITORY MARKER: print the newest final release, of the marker's line, whose references stand in a
# repository; nothing where there is none. Fail where that cannot be told.
newest_listed() {
  listed "$1" >"$work/tags" || return 1
  of_all ask_tags '
    pass == 3 { tag[++tags] = $0; next }
    is_meant && $1 == "reference" && $4 == "fixed" && repository($3) == asked {
      # What stands before and behind the release in a tag of it.
      text = substr($3, length(asked) + 2)
      at = index(text, version)
      if (at == 0) next
      told = 1
      before = substr(text, 1, at - 1); behind = substr(text, at + length(version))
      for (n = 1; n <= tags; n++) {
        length_of = length(tag[n]) - length(before) - length(behind)
        if (length_of < 1 || substr(tag[n], 1, length(before)) != before || substr(tag[n], length(before) + length_of + 1) != behind) continue
        other = substr(tag[n], length(before) + 1, length_of)
        if (other !~ /^[0-9]+([.][0-9]+)*([.]post[0-9]+)?$/) continue
        if (line != "" && other != line && index(other, line ".") != 1) continue
        if (newest == "" || above(other, newest)) newest = other
      }
    }
    END { if (!told) exit 1; if (newest != "") print newest }' asked="$1" line="$(ask_tags '
      guard == asked && $1 == "alias" { print $4; exit }' asked="$2")" pass=3 "$work/tags"
}

# look_at_markers: leave in $work/newest the release that each marker names. Where a marker is absent and a tag stands that
# it would guard, the releases of the repository decide: what was published before there were markers, or what a clean-up
# took, never lowers a tag.
look_at_markers() {
  look_all "$work/markers"
  : >"$work/newest"
  while IFS= read -r ref; do
    if ! grep -qxF "$ref	" "$work/found"; then
      version=$(newest "$ref") || return 1
      printf '%s\t%s\n' "$ref" "$version" >>"$work/newest"
      continue
    fi
    stands=$(ask_tags 'moves != "" && guard == asked && digest[moves] != "" && digest[moves] != wanted { print moves; exit }' asked="$ref")
    if [ -z "$stands" ]; then continue; fi
    if version=$(newest_listed "${ref%:*}" "$ref"); then
      if [ -n "$version" ]; then printf '%s\t%s\n' "$ref" "$version" >>"$work/newest"; fi
    else
      say "there is no $ref, and which releases ${ref%:*} holds is not known here (it takes curl, and references that print the version): what moves is left where it stands"
      printf '%s\t?\n' "$ref" >>"$work/newest"
    fi
  done <"$work/markers"
}

# decide: leave in $work/decided what is to be done with each tag: what, to, from, content, id, what it holds, what it
# should.
decide() {
  ask_tags '
    # Whether a release that is newer than this one, or may be, has what a marker guards.
    function is_later(guard) { return guard in newest && (newest[guard] == "?" || above(newest[guard], version)) }
    function tell(what, to) { print what "\t" to "\t" home "@" wanted "\t" content "\t" id "\t" digest[to] "\t" wanted }
    function move(to, guard, is_alias) {
      if (digest[to] == wanted) return "done"
      if (digest[to] == "" && !is_alias) return "put"
      if (version == "") return "move"
      if (!is_final || (guard != "" && is_later(guard))) return "stay"
      return "move"
    }
    pass == 3 { newest[$1] = $2; next }
    $1 == "image" && is_meant && is_final { guard = marker_of(home, "") }
    is_meant && wanted == "" { if ($1 == "reference" || $1 == "alias") tell("unbuilt", $3); next }
    is_meant && is_final && guard != "" && !(guard in marked) {
      marked[guard]
      if (!is_later(guard) && (digest[guard] == "" || above(version, newest[guard]))) tell("mark", guard)
    }
    is_meant && $1 == "reference" && $4 == "fixed" {
      tell(digest[$3] == wanted ? "done" : digest[$3] == "" ? "put" : "refuse", $3)
    }
    moves != "" { tell(move(moves, guard, $1 == "alias"), moves) }
  ' pass=3 "$work/newest" >"$work/decided"
}

# decided WHAT PROGRAM: what is decided so, as awk prints it.
decided() { awk -F '\t' -v what="$1" '$1 == what { '"$2"' }' "$work/decided"; }

<% include "ci/summary.sh" %>

# tags [DRY]
tags() {
  # What stands in the registries now.
  ask_tags '$1 == "image" && is_meant { print $5 }
    ($1 == "reference" || $1 == "alias") && is_meant { print $3 }' | sort -u >"$work/refs"
  look_all "$work/refs"
  ask_tags '$1 == "image" && is_meant && is_final { print marker_of(home, "") }
    is_final && guard != "" { print guard }' | sort -u >"$work/markers"
  look_at_markers || die "stopped: no tag was changed"

  # What is to be done: decided in one place, before anything changes.
  decide
  : >"$work/bad"
  if [ -z "$1" ]; then decided unbuilt 'print "not published yet: " $4' | sort -u >"$work/bad"; fi
  decided refuse 'print "refused: " $2 " is published and holds " $6 ", this plan has " $7 " (" $5 "); a published release is never overwritten"' >>"$work/bad"
  if [ -s "$work/bad" ]; then
    tell "$1"
    while IFS= read -r line; do blame "$line"; done <"$work/bad"
    die "stopped: no tag was changed"
  fi
  if [ -n "$1" ]; then
    {
      decided unbuilt 'print "would build and put " $2'
      decided put 'print "would put " $2'
      decided move 'print ($6 == "" ? "would put " $2 : "would move " $2 " to " $7)'
      decided stay 'print "would leave alone: " $2'
    } >"$work/would"
    while IFS= read -r line; do say "$line"; done <"$work/would"
    say "tags: $(grep -c '^would put' "$work/would") would be put, $(grep -c '^would build' "$work/would") of what is not built yet, $(grep -c '^would move' "$work/would") would move; nothing was changed"
    tell "$1"
    return 0
  fi
  # Each content that is tagged now is looked at.
  awk -F '\t' 'pass == 1 { if ($1 ~ /^(put|mark|move)$/) wanted[$4]; next } $1 == "image" && $5 in wanted { print $5 "\t" $4 }' \
    pass=1 "$work/decided" pass=2 "$PLAN" | sort -u >"$work/hashes"
  hold "$work/hashes"
  carry
  decided put 'print $2 "\t" $3' >"$work/put"
  group "putting tags"
  put "$work/put"
  counted=$(wc -l <"$work/put")

  decided mark 'print $2 "\t" $3' >"$work/put"
  if [ -s "$work/put" ]; then
    # Another run may have come in between: markers are looked at once more, right before they are put.
    awk -F '\t' 'pass == 1 { marker[$0]; next } !($1 in marker)' pass=1 "$work/markers" pass=2 "$work/found" >"$work/kept"
    mv "$work/kept" "$work/found"
    look_at_markers || die "stopped: run this again to finish"
    decide
    decided mark 'print $2 "\t" $3' >"$work/put"
  fi
  # The marker goes before the tags it guards, so that an older release cannot slip in between.
  version=$(plan '$1 == "release" { print $2 }')
  while IFS='	' read -r to from; do
    say "$to is now $version"
    try docker buildx imagetools create --annotation "index:$VERSION_KEY=$version" --tag "$to" "$from" </dev/null >&2 || {
      told_immutable "$to" "$work/$slot.said"
      die "stopped: run this again to finish"
    }
  done <"$work/put"
  decided move 'print $2 "\t" $3' >"$work/put"
  put "$work/put"
  counted=$((counted + $(wc -l <"$work/put")))
  ungroup

  decided stay 'print "left alone, only a final release may move it, and only forward: " $2' >"$work/stay"
  while IFS= read -r line; do say "$line"; done <"$work/stay"
  if [ -s "$work/stay" ]; then annotate notice <"$work/stay"; fi
  tell ''
  say "tags: $counted put, $(decided 'done' 'print' | wc -l | tr -d ' ') there already, $(wc -l <"$work/stay" | tr -d ' ') left alone"
}

# images: what the tags go on.
images() {
  plan '$1 == "image" && has($9) && !seen[$5]++ { print $5 }' >"$work/refs"
  look_all "$work/refs"
  plan '$1 == "image" && has($9) && digest[$5] == "" && !seen[$5]++ { print $5 }' >"$work/bad"
  while IFS= read -r line; do blame "not published yet: $line"; done <"$work/bad"
  if [ -s "$work/bad" ]; then die "stopped: not all is there"; fi
  plan '
    function tell() { if (id != "") print id "\t" home "@" wanted "\t" platforms; id = "" }
    $1 == "image" { tell() }
    $1 == "image" && has($9) && !seen[$5]++ { id = $2; home = $5; sub(/:[^:\/]*$/, "", home); wanted = digest[$5]; platforms = "" }
    $1 == "leg" && $2 == id { platforms = platforms (platforms == "" ? "" : " ") $3 }
    END { tell() }'
}

usage() {
  say "usage: publish.sh probe [ID...] | build ID PLATFORM | make ID PLATFORM | push ID PLATFORM | merge ID... | tags [--dry-run] | images | sign"
  exit 2
}

case $PUBLISH_JOBS in '' | 0* | *[!0-9]*) die "PUBLISH_JOBS is no number of at least 1: \`$PUBLISH_JOBS\`" ;; esac
case $PUBLISH_DELAY in '' | *[!0-9]*) die "PUBLISH_DELAY is no number of whole seconds: \`$PUBLISH_DELAY\`" ;; esac
case $PIPELINE in ''<% for pipeline in pipelines %> | <{ pipeline | ident }><% endfor %>) ;; *) die "PIPELINE is none of <{ pipelines | join(", ") | comment }>: \`$PIPELINE\`" ;; esac
case $BUILDER_ID in *[!A-Za-z0-9:/._~#@%=+-]*) die "BUILDER_ID is no address of a run: \`$BUILDER_ID\`" ;; esac
case $BASE_IMAGES_DRY_RUN in true | false) ;; *) die "BASE_IMAGES_DRY_RUN is neither true nor false: \`$BASE_IMAGES_DRY_RUN\`" ;; esac
case $ROOM_GIB in *[!0-9]*) die "ROOM_GIB is no number of whole GiB: \`$ROOM_GIB\`" ;; esac
case $TEST_IN in engine | buildkit) ;; *) die "TEST_IN is neither engine nor buildkit: \`$TEST_IN\`" ;; esac
check_plan
: >"$work/found"
: >"$work/logins"
slot=main
check_tag
of_channel
narrow

case ${1-}:$BASE_IMAGES_DRY_RUN in build:true | make:true | push:true | merge:true | sign:true) die "a dry run changes nothing: BASE_IMAGES_DRY_RUN is set" ;; esac
case ${1-} in probe | build | make | push | merge | tags | images | sign) needs_buildx; check_signing ;; esac
case ${1-} in
  probe) shift; probe "$@" ;;
  build) [ $# -eq 3 ] || usage; build "$2" "$3" whole ;;
  make | push) [ $# -eq 3 ] || usage; build "$2" "$3" "$1" ;;
  merge) [ $# -ge 2 ] || usage; shift; merge "$@" ;;
  tags)
    case $#:${2-} in 1: | 2:--dry-run) ;; *) usage ;; esac
    dry=${2-}
    if is_dry; then dry=--dry-run; fi
    tags "$dry" ;;
  images) [ $# -eq 1 ] || usage; images ;;
  sign) [ $# -eq 1 ] || usage; sign ;;
  *) usage ;;
esac
