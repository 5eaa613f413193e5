# <{ header | comment }>
# shellcheck shell=sh disable=SC2016
#
# Tells the GitHub workflows what their jobs have to do, as JSON for `$GITHUB_OUTPUT`. It runs from the repository root:
#
#   sh github.sh images PROBE            the images that the jobs of a probe are for, by their ids, one a line
#   sh github.sh missing PROBE MISSING   of what `publish.sh probe` printed: for each of these jobs what it builds or joins
#   sh github.sh changed CHANGED         of what `pull-request.sh changed` printed: what is built
#
# PLAN      the plan for scripts (default <{ folder | bare }>/plan.lines)
# RUNNERS   lines of a platform and the labels of its runner, apart by tabs; its group comes first, behind an empty field
#
# An image belongs to the job of its place in the plan, whatever else is missing.
# (SC2016: what stands in single quotes with a dollar is awk's.)

set -eu

PLAN=${PLAN:-<{ folder | bare }>/plan.lines}

say() { printf '%s\n' "github: $*" >&2; }
die() {
  say "$@"
  if [ "${GITHUB_ACTIONS-}" = true ]; then printf '%s\n' "$*" | github_command error; fi
  exit 1
}

<% include "ci/github-command.sh" %>

<% include "ci/plan.sh" %>

# Each job of a probe with its layer, the first of its images in that, and how many they are; each platform with its runner.
table() {
  printf '%s\n' "${RUNNERS-}" | sed 's/\\/\\\\/g; s/^/runner	/'
  cat <<'TABLE'
<% for probe in probes %>
<% for job, part in probe.jobs | items %>
job	<{ probe.id | ident }>	<{ job | ident }>	<{ part[0] }>	<{ part[1] }>	<{ part[2] }>
<% endfor %>
<% endfor %>
TABLE
}

# What both kinds of workflows share: behind the table comes the plan.
LEGS_AWK='
  # A field as JSON: the backslashes of a field are those of JSON.
  function quoted(field) { gsub(/"/, "\\\\&", field); return "\"" field "\"" }
  function listed(list, one) { return list (list == "" ? "" : ",") one }
  function key(name, value) { return quoted(name) ":" value }
  function machine(id, platform) { return ((id, platform) in own_machine) ? own_machine[id, platform] : (platform in runner) ? runner[platform] : "null" }
  # The runner that the fields from one on name, as `runs-on` takes it.
  function named(n,   group, count, list) {
    if ($n == "") { group = key("group", quoted($(n + 1))); n += 2 }
    for (; n <= NF; n++) { count++; list = listed(list, quoted($n)) }
    if (group != "") return "{" group (count ? "," key("labels", "[" list "]") : "") "}"
    return count == 1 ? list : "[" list "]"
  }
  FILENAME == table && $1 == "runner" && NF > 2 { runner[$2] = named(3) }
  FILENAME == table && $1 == "job" && $2 == probe { job[++jobs] = $3; of_layer[jobs] = $4; first[jobs] = $5; size[jobs] = $6 }
  FILENAME == table { next }
  FILENAME == plan && $1 == "image" && "," $8 "," ~ /,github,/ { image[$3, places[$3]++] = $2 }
  FILENAME == plan && $1 == "leg" { platforms[$2] = platforms[$2] (platforms[$2] == "" ? "" : " ") $3 }
  FILENAME == plan && $1 == "below" { below[$2] = below[$2] " " $3 }
  FILENAME == plan && $1 == "source" { lfs[$2] = $4; submodules[$2] = $5 }
  FILENAME == plan && $1 == "own" && $2 == "github" {
    own_minutes[$3, $4] = $5
    own_steps[$3, $4] = $6
    if (NF > 6) own_machine[$3, $4] = named(7)
  }
  FILENAME == plan { next }
'

# told PROBE PROGRAM [FILE]: what PROGRAM prints of the lines of FILE.
told() {
  table >"$work/table"
  awk -F '\t' -v probe="$1" -v table="$work/table" -v plan="$PLAN" "$LEGS_AWK$2" "$work/table" "$PLAN" ${3+"$3"}
}

images() {
  told "$1" '
    END { for (j = 1; j <= jobs; j++) for (n = 0; n < size[j]; n++) {
        id = image[of_layer[j], first[j] + n]
        if (id != "" && !(id in told)) print id
        told[id]
      } }'
}

missing() {
  told "$1" '
    $1 == "build" { build[$2, $3] }
    $1 == "merge" { merge[$2] }
    function leg(id, platform,   said) {
      said = key("id", quoted(id)) "," key("platform", quoted(platform))
<% if legs.timeout %>
      said = said "," key("timeout", own_minutes[id, platform] == "" ? <{ legs.timeout }> : own_minutes[id, platform])
<% endif %>
<% if legs.narrowed %>
      said = said "," key("steps", steps(own_steps[id, platform]))
<% endif %>
<% if legs.lfs == "some" %>
      said = said "," key("lfs", lfs[id])
<% endif %>
<% if legs.submodules == "some" %>
      said = said "," key("submodules", submodules[id])
<% endif %>
      return "{" said "," key("runner", machine(id, platform)) "}"
    }
    function steps(own,   count, n, step, list) {
      count = split(own, step, " ")
      for (n = 1; n <= count; n++) list = listed(list, quoted(step[n]))
      return "[" list "]"
    }
    END {
      for (j = 1; j <= jobs; j++) {
        list = ""
        for (n = 0; n < size[j]; n++) {
          if (!((of_layer[j], first[j] + n) in image)) continue
          id = image[of_layer[j], first[j] + n]
          if (job[j] ~ /^merge/) {
            if (id in merge) list = listed(list, quoted(id))
            continue
          }
          count = split(platforms[id], platform, " ")
          for (p = 1; p <= count; p++) if ((id, platform[p]) in build) list = listed(list, leg(id, platform[p]))
        }
        print job[j] "=[" list "]"
      }
    }' "$2"
}

changed() {
  told '' '
    # Whether what is built with an image, itself and all below it, holds any of these files.
    function holds(files, id,   count, n, low) {
      if (id in met) return 0
      met[id]
      if (files[id] == "true") return 1
      count = split(below[id], low, " ")
      for (n = 1; n <= count; n++) if (holds(files, low[n])) return 1
      return 0
    }
    function any(files,   n) {
      split("", met)
      for (n = 1; n <= count; n++) if (holds(files, id[n])) return "true"
      return "false"
    }
    # The steps that any of them has, each once, sorted.
    function steps(   n, m, many, step, all, list, least, last) {
      for (n = 1; n <= count; n++) {
        many = split(own_steps[id[n], $1], step, " ")
        for (m = 1; m <= many; m++) all[step[m]]
      }
      for (;;) {
        least = ""
        for (n in all) if (n > last && (least == "" || n < least)) least = n
        if (least == "") return "[" list "]"
        list = listed(list, quoted(least))
        last = least
      }
    }
    {
      count = split($2, id, " ")
      title = id[count] (count > 1 ? " and " count - 1 " more" : "")
      runs = (($1 in runner) ? runner[$1] : "null")
      for (n = count; n >= 1; n--) if ((id[n], $1) in own_machine) runs = own_machine[id[n], $1]
      said = key("leg", FNR - 1) "," key("platform", quoted($1)) "," key("title", quoted(title))
<% if legs.narrowed %>
      said = said "," key("steps", steps())
<% endif %>
<% if legs.lfs == "some" %>
      said = said "," key("lfs", any(lfs))
<% endif %>
<% if legs.submodules == "some" %>
      said = said "," key("submodules", any(submodules))
<% endif %>
      list = listed(list, "{" said "," key("runner", runs) "}")
    }
    END { print "legs=[" list "]" }' "$1"
}

check_plan
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
case ${1-}:$# in
  images:2) images "$2" ;;
  missing:3) missing "$2" "$3" ;;
  changed:2) changed "$2" ;;
  *) die "usage: github.sh images PROBE | missing PROBE MISSING | changed CHANGED" ;;
esac
