<% include "ci/json.sh" %>

# What images of a change stand on, where it is published and the change leaves it as it is.

CONTENT_KEY=org.basematrix.content

# stand_on_published: ask registries for what the images of $work/ids stand on, the nearest first, and for what lies below
# only where that is not there. Append "REF<tab>DIGEST" to $work/found for each, DIGEST empty where it is to be built.
stand_on_published() {
  if ! plan '$1 == "parents" && has($2) { found = 1 } END { exit !found }'; then return 0; fi
  patience=
  if command -v timeout >/dev/null; then patience='timeout 60'; fi
  while :; do
    plan '
      pass == 3 { if (!($0 in met)) { met[$0]; open[++left] = $0 }; next }
      $1 == "image" { place[$2] = $5; hash[$2] = $4 }
      $1 == "below" { below[$2] = below[$2] " " $3 }
      END {
        while (left) {
          many = split(below[open[left--]], lower, " ")
          for (m = 1; m <= many; m++) {
            id = lower[m]
            if (id in met) continue
            met[id]
            if (!(place[id] in digest)) { if (!wanted[place[id]]++) print place[id] "\t" hash[id] }
            else if (digest[place[id]] == "") open[++left] = id
          }
        }
      }' pass=3 "$work/ids" >"$work/parents"
    if [ ! -s "$work/parents" ]; then return 0; fi
    rm -rf "$work/manifests"
    mkdir "$work/manifests"
    number=0
    while IFS='	' read -r ref _; do
      number=$((number + 1))
      manifest "$ref" "$work/manifests/$number" &
      if [ $((number % 8)) -eq 0 ]; then wait; fi
    done <"$work/parents"
    wait
    number=0
    while IFS='	' read -r ref hash; do
      number=$((number + 1))
      judge "$ref" "$hash" "$work/manifests/$number"
    done <"$work/parents"
  done
}

# manifest REF FILE: leave the manifest of REF in FILE, and what is said of it beside it. The client that asks is the one by
# which images are pulled, with whatever it is logged in to: nothing, as a rule.
manifest() {
  # Two words, or none.
  # shellcheck disable=SC2086
  $patience docker buildx imagetools inspect --raw "$1" </dev/null >"$2.raw" 2>"$2.said" || return 0
  mv "$2.raw" "$2"
}

# judge REF HASH FILE: say what becomes of REF, and note it down.
judge() {
  found=
  if [ ! -e "$3" ]; then
    said=$(sed -n '/[^[:space:]]/h; ${x;p;}' "$3.said")
    case $said in
      *": not found") say "built, for it is not published: $1" ;;
      *) say "built, for nobody says whether it is published: $1 (${said:-no answer})" ;;
    esac
  elif ! stated=$(member "$3" annotations "$CONTENT_KEY") || [ "$stated" != "$2" ]; then
    say "built, for what is published states another content: $1 states ${stated:-none}, and $2 is wanted"
  elif ! sum=$(sha256sum <"$3"); then
    say "built, for there is no sha256sum here: $1"
  else
    found=sha256:${sum%% *}
    say "not built, for it is published: $1@$found"
  fi
  printf '%s\t%s\n' "$1" "$found" >>"$work/found"
}

# link FILE: let bake link to what is published there: FILE has a line for each name of it, target, name and reference.
link() {
  if [ ! -s "$1" ]; then return 0; fi
  published=$work/published.json
  LC_ALL=C awk -F '\t' "$BAKE_AWK"'
    { contexts[$1] = contexts[$1] (contexts[$1] == "" ? "" : ", ") quoted($2) ": " quoted("docker-image://" $3) }
    END {
      printf "{\"target\": {"
      for (target in contexts) printf "%s%s: {\"contexts\": {%s}}", (count++ ? ", " : ""), quoted(target), contexts[target]
      print "}}"
    }' "$1" >"$published"
}
