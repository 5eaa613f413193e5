# <{ header | comment }>
# shellcheck shell=sh
#
# Moves what images stand on to what it is today, and commits that<% if released %> with the release it takes<% endif %>. Nothing is pushed.
#
#   sh refresh.sh bases       the digests of upstream images
#   sh refresh.sh packages    those, and the day that packages are not to be older than
#
# GEN       how gen is run, as shell text; its arguments come behind (default as below)
# Who commits, where git knows nobody, is GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, or `base images`.
#
# It runs from the repository root, in a clean checkout, and asks registries as `docker login` left it. What moved is on
# stdout, and is the commit's message; when nothing did there is no commit, and stdout is empty.

set -eu

[ -n "${GEN:-}" ] || GEN=<{ gen }>
MATRIX=<{ matrix }>

say() { printf '%s\n' "refresh: $*" >&2; }
die() {
  say "$@"
  if [ "${GITHUB_ACTIONS-}" = true ]; then printf '%s\n' "$*" | github_command error; fi
  exit 1
}

<% include "ci/github-command.sh" %>

# run ARGUMENT...: what gen says.
run() {
  if ! sh -c "$GEN \"\$@\"" gen --color=never --config "$MATRIX" "$@" >"$work/said" 2>&1; then
    cat "$work/said" >&2
    die "\`gen $*\` failed"
  fi
  cat "$work/said" >&2
}

case $*:$# in
  bases:1) refresh=bases ;;
  packages:1) refresh=packages ;;
  *) sed -n 's/^# \{0,1\}//; /^  *sh refresh/p' "$0" >&2; exit 2 ;;
esac
changed=$(git status --porcelain)
[ -z "$changed" ] || die "the checkout is not clean: $changed"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run lock "--refresh=$refresh"
cp "$work/said" "$work/locked"
changed=$(git status --porcelain)
if [ -z "$changed" ]; then
  say "nothing moved"
  exit 0
fi
<% if released %>
run bump patch
<% else %>
: >"$work/said"
<% endif %>
{
  printf 'Refresh base images\n\n'
  sed 's/^/    /' "$work/locked" "$work/said"
} >"$work/message"
git add --all
if ! git config user.email >/dev/null; then
  : "${GIT_AUTHOR_NAME:=base images}" "${GIT_AUTHOR_EMAIL:=base-images@users.noreply.invalid}"
  : "${GIT_COMMITTER_NAME:=$GIT_AUTHOR_NAME}" "${GIT_COMMITTER_EMAIL:=$GIT_AUTHOR_EMAIL}"
  export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
fi
git commit --quiet --file "$work/message"
cat "$work/message"
