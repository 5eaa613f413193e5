# <{ header | comment }>
# shellcheck shell=sh disable=SC2016
#
# Writes the child pipelines that the GitLab pipelines trigger: only the jobs that are needed, with exact `needs`. It runs
# from the repository root:
#
#   sh gitlab.sh publish MISSING FOLDER   of what `publish.sh probe` printed: FOLDER/1.yml, 2.yml, …
#   sh gitlab.sh changed CHANGED FOLDER   of what `pull-request.sh changed` printed: FOLDER/1.yml
#
# PLAN   the plan for scripts (default <{ folder | bare }>/plan.lines)
#
# JSON is YAML, and a text of the plan stays a text in it. The jobs are extended from templates in a file of their own. No
# pipeline is longer than GitLab accepts: what is over goes to the next, which starts when the one before has ended. That is
# why the jobs come in the order of the plan, what others stand on first.
# (SC2016: what stands in single quotes with a dollar is awk's.)

set -eu

PLAN=${PLAN:-<{ folder | bare }>/plan.lines}
jobs_file=<{ jobs_path }>
jobs_per_pipeline=<{ jobs_per_pipeline }>
children=<{ children | length }>

say() { printf '%s\n' "gitlab: $*" >&2; }
die() { say "$@"; exit 1; }

<% include "ci/plan.sh" %>

# What both kinds of pipelines share.
JOBS_AWK='
  # A field as JSON that GitLab reads as the text itself. The backslashes of a field are those of JSON.
  function quoted(field) {
    gsub(/"/, "\\\\&", field)
    gsub(/\$/, "$$", field)
    return "\"" field "\""
  }
  function listed(list, one) { return list (list == "" ? "" : ", ") quoted(one) }
  function arch(platform) { sub(/^[^\/]*\//, "", platform); gsub(/\//, "-", platform); return platform }
  # What a job has that builds some images for one platform: the runner that a row names for any of them, the longest of
  # their times, all of their steps. `own` begins anew, and `among` adds an image.
  function own() { tags = minutes = steps = ""; lfs = submodules = 0 }
  function among(id, platform,   key, n, count, step) {
    key = id SUBSEP platform
    if (tags == "") tags = own_tags[key]
    if (own_minutes[key] + 0 > minutes + 0) minutes = own_minutes[key]
    count = split(own_steps[key], step, " ")
    for (n = 1; n <= count; n++) if (index(" " steps " ", " " step[n] " ") == 0) steps = steps (steps == "" ? "" : " ") step[n]
  }
  # What it checks out besides, of an image: `with` those below it, since they are built along.
  function sources(id, with,   n, count, low) {
    if (source_lfs[id] == "true") lfs = 1
    if (source_submodules[id] == "true") submodules = 1
    if (!with || (id in met)) return
    met[id]
    count = split(below[id], low, " ")
    for (n = 1; n <= count; n++) sources(low[n], 1)
  }
  function job(name, template, platform, needs, variables) {
    if (steps != "") variables = variables ", \"BASE_IMAGE_STEPS\": " quoted(steps)
    if (lfs) variables = variables ", \"GIT_LFS_SKIP_SMUDGE\": \"0\""
    if (submodules) variables = variables ", \"GIT_SUBMODULE_STRATEGY\": \"recursive\""
    return quoted(name) ": {\"extends\": [" quoted(template) (platform == "" ? "" : ", " quoted(".on-" arch(platform))) "]" \
      (needs == "-" ? "" : ", \"needs\": [" needs "]") ", \"variables\": {" variables "}" \
      (tags == "" ? "" : ", \"tags\": [" tags "]") (minutes == "" ? "" : ", \"timeout\": \"" minutes " minutes\"") "}"
  }
  function begin(file) {
    print "{\n  \"include\": [{\"local\": \"" jobs_file "\"}],\n  \"workflow\": {\n    \"name\": \"" title "\"," >file
    print "    \"auto_cancel\": {\"on_new_commit\": \"interruptible\"}," >file
    print "    \"rules\": [{\"if\": \"$CI_PIPELINE_SOURCE == \\\"parent_pipeline\\\"\"}]\n  },\n  \"stages\": [\"images\"]" >file
  }
  function end(file, count) {
    if (count == 0) print "  , \"nothing to build\": {\"extends\": \".nothing\"}" >file
    print "}" >file
    close(file)
  }
  $1 == "image" { content[$2] = $5 }
  $1 == "below" { below[$2] = below[$2] " " $3 }
  $1 == "source" { source_lfs[$2] = $4; source_submodules[$2] = $5 }
  $1 == "own" && $2 == pipeline {
    own_minutes[$3, $4] = $5
    own_steps[$3, $4] = $6
    for (n = 7; n <= NF; n++) own_tags[$3, $4] = listed(own_tags[$3, $4], $n)
  }
'

# write TITLE FILE FOLDER PROGRAM: PROGRAM makes jobs of the lines of FILE, behind the plan.
write() {
  mkdir -p "$3"
  awk -F '\t' "$JOBS_AWK$4" pipeline=gitlab title="$1" folder="$3" jobs_file="$jobs_file" size="$jobs_per_pipeline" \
    children="$children" faults="$work/fault" pass=1 "$PLAN" pass=2 "$2"
  if [ -e "$work/fault" ]; then die "$(cat "$work/fault")"; fi
}

publish() {
  write "base images" "$1" "$2" '
    pass == 2 && !($2 in ends) { order[++images] = $2; holder[content[$2]] = $2 }
    # The job that ends with the image being there.
    pass == 2 && $1 == "merge" { ends[$2] = "merge " $2 }
    pass == 2 && $1 == "build" { platforms[$2] = platforms[$2] " " $3; if (!($2 in ends)) ends[$2] = "build " $2 " " $3 }
    # What stands in a pipeline before is done when this one starts.
    function here(names,   n, count, name, list) {
      count = split(names, name, "\n")
      list = ""
      for (n = 2; n <= count; n++) if (child[name[n]] == child[names_of]) list = listed(list, name[n])
      return list
    }
    END {
      for (m = 1; m <= images; m++) {
        id = order[m]
        needs = ""
        many = split(below[id], low, " ")
        for (n = 1; n <= many; n++) {
          of = holder[content[low[n]]]
          if (of != "" && of != id && index(needs "\n", "\n" ends[of] "\n") == 0) needs = needs "\n" ends[of]
        }
        builds = ""
        many = split(platforms[id], platform, " ")
        for (n = 1; n <= many; n++) {
          name = "build " id " " platform[n]
          builds = builds "\n" name
          names[++jobs] = name; image[jobs] = id; on[jobs] = platform[n]; wants[jobs] = needs
        }
        if (ends[id] == "merge " id) { names[++jobs] = ends[id]; image[jobs] = id; wants[jobs] = builds }
      }
      if (jobs > size * children) {
        print jobs " jobs do not fit into " children " pipelines of " size ": run gen matrix again" >faults
        exit
      }
      for (n = 1; n <= jobs; n++) child[names[n]] = int((n - 1) / size) + 1
      for (c = 1; c <= children; c++) {
        file = folder "/" c ".yml"
        begin(file)
        first = (c - 1) * size + 1
        last = c * size < jobs ? c * size : jobs
        for (j = first; j <= last; j++) {
          own()
          names_of = names[j]
          variables = "\"BASE_IMAGE\": " quoted(image[j])
          if (on[j] != "") {
            among(image[j], on[j])
            sources(image[j], 0)
            variables = variables ", \"BASE_IMAGE_PLATFORM\": " quoted(on[j])
          }
          print "  , " job(names[j], on[j] == "" ? ".merge" : ".build", on[j], here(wants[j]), variables) >file
        }
        end(file, last - first + 1 > 0 ? 1 : 0)
      }
    }'
}

changed() {
  write "base images of a merge request" "$1" "$2" '
    pass == 2 {
      file = folder "/1.yml"
      if (!begun++) begin(file)
      count = split($2, ids, " ")
      own()
      split("", met)
      for (n = 1; n <= count; n++) { among(ids[n], $1); sources(ids[n], 1) }
      name = length(ids[1]) > 150 ? substr(ids[1], 1, 149) "…" : ids[1]
      if (count > 1) name = name " and " count - 1 " more"
      variables = "\"BASE_IMAGES\": " quoted($2) ", \"BASE_IMAGE_PLATFORM\": " quoted($1)
      print "  , " job("build " $1 ": " name, ".build-changed", $1, "-", variables) >file
    }
    END {
      file = folder "/1.yml"
      if (!begun) begin(file)
      end(file, begun)
    }'
}

[ $# -eq 3 ] || die "usage: gitlab.sh publish MISSING FOLDER | changed CHANGED FOLDER"
check_plan
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
case $1 in
  publish) publish "$2" "$3" ;;
  changed) changed "$2" "$3" ;;
  *) die "unknown verb \`$1\`" ;;
esac
