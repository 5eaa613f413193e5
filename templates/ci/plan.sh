# What reads the plan. Of each record the first field says what it is; those of an image follow its `image`. Records that
# nobody asks for are passed over, so that a plan may say more than this script knows. See docs/plan.md of basematrix.
#
#   image ID LAYER CONTENT REFERENCE TARGET HAS BUILDS PUBLISHES   the last three list pipelines
PLAN_AWK='
  function has(pipelines) { return index("," pipelines ",", "," pipeline ",") > 0 }
  # What the registries hold, as far as they were asked.
  pass == 1 { digest[$1] = $2; next }
'

# plan PROGRAM [NAME=VALUE | FILE]...: ask the plan by awk, which is given these variables and files before it.
plan() {
  plan_program=$1
  shift
  awk -F '\t' "$PLAN_AWK$plan_program" pipeline="${PIPELINE:-all}" pass=1 "$work/found" "$@" pass=2 "$PLAN"
}

# check_plan: stop where there is none that this script can read, or none of its images is for this pipeline.
check_plan() {
  [ -r "$PLAN" ] || die "no plan at $PLAN: run this from the repository root, or set PLAN"
  format=$(awk -F '\t' "$PLAN_AWK"'
    $1 == "plan" { format = $2 }
    $1 == "image" { images++; own += has($7) }
    END { print format (images && !own ? " for others" : "") }' pipeline="${PIPELINE:-all}" "$PLAN")
  case $format in
    2) ;;
    '2 for others') die "the plan at $PLAN has no image for $PIPELINE" ;;
    '') die "there is no plan for scripts at $PLAN: it is the file plan.lines, not plan.json" ;;
    *) die "the plan at $PLAN has format $format, and this script reads 2: run \`gen matrix\`, which writes both" ;;
  esac
}

# unfold FIELD: put the text of a field into $word, newlines at its end included.
unfold() {
  case $1 in
    *\\*)
      word=$(printf '%b_' "$1")
      word=${word%_}
      ;;
    *) word=$1 ;;
  esac
}
