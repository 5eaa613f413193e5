# <{ header | comment }>
# shellcheck shell=sh
#
# Submits the builds of the base images: those of one lineage layer together, the next layer when all of them have
# succeeded, and last the build that puts the tags. It stops at a failure. Run it from the repository root:
#
#   sh <{ script | comment }>
#
# It may be run again at any point: a build ends at once where its images are there. From a trigger it is started by
# <{ file | comment }>, which asks the registry first and names the builds that have something to do.
#
# ONLY           a file that lists the configs of images to submit, one a line (default: all of them)
# SUBMIT_DELAY   seconds between two looks at builds that are under way (default 20)
<% for name in substitutions %>
# <{ name | ident }>   a substitution, handed on to every build where it is set
<% endfor %>
#
# Project and region are gcloud's own: CLOUDSDK_CORE_PROJECT and CLOUDSDK_BUILDS_REGION state others.

set -eu

SUBMIT_DELAY=${SUBMIT_DELAY:-20}

say() { printf '%s\n' "submit: $*" >&2; }
die() { say "$@"; exit 1; }

# layer CONFIG...: submit the configs of one layer, and wait for all of them.
layer() {
  running=''
  for config in "$@"; do
    if is_wanted "$config"; then submit "$config"; fi
  done
  wait_for_running
}

# is_wanted CONFIG: whether it is to be submitted. The tags always are.
is_wanted() {
  [ "$1" = <{ layers | last | first }> ] || [ -z "${ONLY-}" ] || grep -qxF "$1" "$ONLY"
}

# submit CONFIG: start its build, and add "ID=CONFIG" to $running.
submit() {
  set -- "$1" builds submit --quiet --async --config "$1" --format 'value(id)'
<% if substitutions %>
  substitutions=''
<% for name in substitutions %>
  if [ -n "${<{ name | ident }>+set}" ]; then substitutions="$substitutions|_|<{ name | ident }>=$<{ name | ident }>"; fi
<% endfor %>
  # What stands between the two ^ parts the values, which may then hold commas.
  if [ -n "$substitutions" ]; then set -- "$@" --substitutions "^|_|^${substitutions#|_|}"; fi
<% endif %>
  submitted=$1
  shift
  id=$(try gcloud "$@" .) || id=''
  # A build that was not started must not look like one that is over.
  case $id in
    '' | *[!0-9a-zA-Z-]*)
      cancel_running
      die "$submitted was not submitted" ;;
  esac
  say "$submitted is build $id"
  running="$running $id=$submitted"
}

# try COMMAND...: three times, because services have bad seconds.
try() {
  if "$@"; then return 0; fi
  sleep "$SUBMIT_DELAY"
  if "$@"; then return 0; fi
  sleep "$SUBMIT_DELAY"
  "$@"
}

# Look at the builds under way until none is. They all come to an end before a failure stops the script.
wait_for_running() {
  failed=''
  while [ -n "$running" ]; do
    still=''
    for build in $running; do
      id=${build%%=*}
      if ! status=$(try gcloud builds describe "$id" --format 'value(status)'); then
        die "cannot tell how build $id goes (${build#*=}): run this again when it is over"
      fi
      case $status in
        SUCCESS) say "${build#*=} has succeeded" ;;
        PENDING | QUEUED | WORKING) still="$still $build" ;;
        *)
          say "${build#*=} has ended as ${status:-unknown}: gcloud builds log $id"
          failed="$failed ${build#*=}" ;;
      esac
    done
    running=$still
    if [ -n "$running" ]; then sleep "$SUBMIT_DELAY"; fi
  done
  [ -z "$failed" ] || die "stopped; failed:$failed. Run this again to finish"
}

cancel_running() {
  for build in $running; do
    gcloud builds cancel "${build%%=*}" --quiet >&2 || true
  done
}

stop() {
  trap '' INT TERM
  say "stopped: the builds under way are cancelled"
  cancel_running
  exit "$1"
}

[ $# -eq 0 ] || die "it takes no arguments"
[ -r <{ folder | bare }>/plan.json ] || die "no plan at <{ folder | bare }>/plan.json: run this from the repository root"
[ -z "${ONLY-}" ] || [ -r "$ONLY" ] || die "no list at $ONLY"
running=''
trap 'stop 130' INT
trap 'stop 143' TERM

<% for configs in layers %>
layer<% for config in configs %> \
  <{ config }><% endfor %>

<% endfor %>
say "everything is published"
