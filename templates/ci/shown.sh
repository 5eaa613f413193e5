# What a run looks like where it runs: groups of its log, and what is wrong beside the log. Elsewhere all is plain lines.

shown_by=
if [ "${GITHUB_ACTIONS-}" = true ]; then shown_by=github
elif [ "${GITLAB_CI-}" = true ]; then shown_by=gitlab
elif [ "${BUILDKITE-}" = true ]; then shown_by=buildkite
fi
groups=0 is_grouped=

<% include "ci/github-command.sh" %>

work=$(mktemp -d)
trap 'ungroup; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# group TITLE: what follows is one group of the log, until the next one.
group() {
  ungroup
  groups=$((groups + 1)) is_grouped=yes
  case $shown_by in
    github) printf '::group::%s\n' "$1" ;;
    gitlab) printf '\033[0Ksection_start:%s:base_images_%s[collapsed=true]\r\033[0K%s\n' "$(date +%s)" "$groups" "$1" ;;
    buildkite) printf '%s\n' "--- $1" ;;
    *) say "$1" ;;
  esac >&2
}

# ungroup [FAILED]: no longer. Where it failed its lines are wanted.
ungroup() {
  if [ -z "$is_grouped" ]; then return 0; fi
  is_grouped=
  case $shown_by in
    github) echo ::endgroup:: ;;
    gitlab) printf '\033[0Ksection_end:%s:base_images_%s\r\033[0K\n' "$(date +%s)" "$groups" ;;
    buildkite) if [ -n "${1-}" ]; then echo "^^^ +++"; fi ;;
  esac >&2
}

# blame TEXT: say what is wrong; `die` tells it with what came of it.
blame() {
  ungroup failed
  say "$@"
  printf '%s\n' "$*" >>"$work/blamed"
}

die() {
  blame "$@"
  annotate error <"$work/blamed"
  exit 1
}

# notice TEXT: say what is not wrong, and easily overlooked.
notice() {
  say "$@"
  printf '%s\n' "$*" | annotate notice
}

# annotate LEVEL: tell what stdin says beside the log: LEVEL is error or notice.
annotate() {
  case $shown_by in
    github) github_command "$1" ;;
    # Markdown takes what is indented by the letter.
    buildkite)
      style=$1
      if [ "$style" = notice ]; then style=info; fi
      { printf '%s\n' "$command_line"; cat; } | sed 's/^/    /' | to_buildkite "$style" "${BUILDKITE_JOB_ID-}-$style" ;;
  esac
}

# to_buildkite STYLE CONTEXT: let the build show what stdin says, as Markdown.
to_buildkite() {
  if ! command -v buildkite-agent >/dev/null; then return 0; fi
  buildkite-agent annotate --style "$1" --context "base-images-$2" --append >&2 || say "this is told by the log alone"
}
