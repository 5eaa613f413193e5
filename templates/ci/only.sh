# narrow: where BASE_IMAGES_ONLY says so, let the plan be that of these images alone: they, without tags what they stand on,
# and nothing else. WHOLE is the plan as it is written.
narrow() {
  WHOLE=$PLAN
  printf '%s\n' "$BASE_IMAGES_ONLY" | awk '{ gsub(/,/, " "); for (n = 1; n <= NF; n++) print $n }' >"$work/words"
  if [ ! -s "$work/words" ]; then return 0; fi
  awk -F '\t' "$PLAN_AWK"'
    # A word is an id, the key of an image, or an id with stars for any characters.
    function is_like(id, word) {
      if (id == word || index(id, word "/") == 1) return 1
      if (word !~ /[*]/ || word ~ /[^A-Za-z0-9.+=_\/*-]/) return 0
      gsub(/[.+]/, "[&]", word)
      gsub(/[*]/, ".*", word)
      return id ~ ("^" word "$")
    }
    function repository(ref) { sub(/:[^:\/]*$/, "", ref); return ref }
    BEGIN { OFS = "\t" }
    pass == 2 { word[++words] = $0; next }
    pass == 3 && $1 == "image" { is_here = has($7); content[$2] = $5; stands[$2, ++count[$2]] = $5 }
    pass == 3 && $1 == "image" && has($8) { builder[$5] = $2 }
    pass == 3 && $1 == "image" && is_here {
      for (n = 1; n <= words; n++) if (is_like($2, word[n])) { met[n]; wanted[$2]; open[++left] = $2 }
    }
    pass == 3 && $1 == "below" { below[$2] = below[$2] " " $3 }
    pass == 3 && ($1 == "reference" || $1 == "alias") { stands[$2, ++count[$2]] = $3 }
    pass == 3 { next }
    FNR == 1 {
      for (n = 1; n <= words; n++) if (!(n in met)) print word[n] >unknown
      # What has the same content is built by its first.
      while (left) {
        id = open[left--]
        if (id == "" || id in kept) continue
        kept[id]
        many = id in wanted ? count[id] : 1
        for (n = 1; n <= many; n++) used[repository(stands[id, n])]
        open[++left] = builder[content[id]]
        many = split(below[id], low, " ")
        for (n = 1; n <= many; n++) open[++left] = low[n]
      }
      is_kept = 1
    }
    $1 == "repository" && !(($4 "/" $5) in used) { next }
    # Records of an image follow it.
    $1 == "group" { is_kept = is_wanted = 1 }
    $1 == "image" { is_kept = $2 in kept; is_wanted = $2 in wanted; if (!is_wanted) $9 = "" }
    !is_wanted && ($1 == "reference" || $1 == "alias") { next }
    is_kept' pipeline="${PIPELINE:-all}" unknown="$work/unknown" pass=2 "$work/words" pass=3 "$PLAN" pass=4 "$PLAN" >"$work/plan"
  if [ -s "$work/unknown" ]; then
    die "BASE_IMAGES_ONLY: ${PIPELINE:-the plan} has no image \`$(sed -n 1p "$work/unknown")\`: \`gen list\` prints their ids"
  fi
  PLAN=$work/plan
  say "only: $(plan '$1 == "image" && has($9) { print $2 }' | tr '\n' ' ')"
}

# of_all COMMAND...: run it on the whole plan.
of_all() {
  narrowed=$PLAN PLAN=$WHOLE of_all=0
  "$@" || of_all=$?
  PLAN=$narrowed
  return "$of_all"
}
