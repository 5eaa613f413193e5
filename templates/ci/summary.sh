# What became of the tags, for people and for what comes after.

# weigh: leave in $work/sizes, of each content that gets a tag now, "CONTENT<tab>SIZE": what its platforms weigh, as they are
# pulled. Where a registry does not say, there is none.
weigh() {
  : >"$work/sizes"
  awk -F '\t' '($1 == "put" || $1 == "move") && !seen[$4]++ { print $4 }' "$work/decided" >"$work/weighed"
  weighed "$work/weighed" || return 0
  awk -F '\t' 'pass == 1 { ref[FNR] = $0; next }
    { home = ref[$1]; sub(/:[^:\/]*$/, "", home) }
    $2 == "size" { print ref[$1] "\t" "\t" $3 >sizes; next }
    { print home "@" $2 "\t" ref[$1] "\t" $3 }' sizes="$work/alone" pass=1 "$work/weighed" pass=2 "$work/weights" >"$work/platforms"
  cut -f 1 "$work/platforms" >"$work/weighed"
  weighed "$work/weighed" || return 0
  {
    cat "$work/alone" 2>/dev/null
    awk -F '\t' 'pass == 1 { size[$1] = $3; next } FNR in size { print $2 "\t" $3 "\t" size[FNR] }' pass=1 "$work/weights" pass=2 "$work/platforms"
  } | awk -F '\t' '
    function people(bytes) { return bytes < 1000000 ? sprintf("%.0f kB", bytes / 1000) : sprintf("%.0f MB", bytes / 1000000) }
    { sizes[$1] = sizes[$1] (sizes[$1] == "" ? "" : ", ") people($3) ($2 == "" ? "" : " " $2) }
    END { for (content in sizes) print content "\t" sizes[content] }' >"$work/sizes"
}

# weighed FILE: leave in $work/weights, for the references of FILE by number, "NUMBER<tab>DIGEST<tab>PLATFORM" of each
# platform in an index, "NUMBER<tab>size<tab>BYTES" of an image.
weighed() {
  : >"$work/weights"
  if [ ! -s "$1" ]; then return 0; fi
  read_manifests "$1" || return 1
  LC_ALL=C awk "$JSON_AWK"'
    # The leaves of a manifest by their path, lists as if each item stood for the list.
    function walk(text,   token, depth, key, at) {
      while (match(text, /"([^"\\]|\\.)*"|[][{}]|[0-9]+/)) {
        token = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (token == "{" || token == "[") { at[depth + 1] = at[depth] (key == "" ? "" : "/" key); depth++; key = "" }
        else if (token == "}" || token == "]") { if (at[depth] == "/manifests" && token == "}") entry(); depth--; key = "" }
        else if (text ~ /^[ \t\r\n]*:/) key = plain(token)
        else { leaf(at[depth] "/" key, token); key = "" }
      }
    }
    function leaf(path, token) {
      if (path == "/config/size" || path == "/layers/size") { bytes += token; is_image = 1 }
      else if (path == "/manifests/digest") digest = plain(token)
      else if (path == "/manifests/platform/architecture") arch = plain(token)
      else if (path == "/manifests/platform/variant") variant = "/" plain(token)
    }
    # What is attested has no platform.
    function entry() {
      if (arch != "" && arch != "unknown") print name "\t" digest "\t" arch variant
      digest = arch = variant = ""
    }
    function tell() {
      if (name == "") return
      bytes = is_image = 0
      walk(text)
      if (is_image) printf "%s\tsize\t%.0f\n", name, bytes
      text = ""
    }
    FNR == 1 { tell(); name = FILENAME; sub(/.*\//, "", name) }
    length(text) < 200000 { text = text $0 "\n" }
    END { tell() }' "$work/manifests"/* >"$work/weights"
}

# told: print what becomes of each tag as Markdown: a table, and how to pull what is there, and verify it.
told() {
  version=${CHANNEL:-$(plan '$1 == "release" { print $3 }')}
  verify=
  if is_signing && [ -n "$sign_public" ]; then
    verify="--key $sign_public"
    if [ "$sign_log" = false ]; then verify="$verify --insecure-ignore-tlog=true"; fi
  elif is_signing; then
    verify="--certificate-identity-regexp '$sign_pattern' --certificate-oidc-issuer $sign_issuer"
  fi
  VERIFY=$verify awk -F '\t' -v version="$version" -v dry="$1" '
    BEGIN {
      state["put"] = dry ? "would be put" : "put"
      state["move"] = dry ? "would move here" : "moved here"
      state["done"] = "there already"
      state["stay"] = "left alone"
      state["unbuilt"] = dry ? "would be built and put" : "not built"
      state["refuse"] = "**refused**: it holds other content"
    }
    function code(text) { return "`" text "`" }
    pass == 1 { size[$1] = $2; next }
    $1 in state && !(($1, $2) in seen) {
      seen[$1, $2]
      # What moves and stands nowhere yet is put.
      what = $1 == "move" && $6 == "" ? "put" : $1
      count[what]++
      rows = rows "| " code($2) " | " state[what] " | " code($1 == "stay" || $1 == "refuse" ? $6 : $7) " | " size[$4] " |\n"
      if (pull == "" && (what == "put" || what == "done") && $7 != "") pull = $2 "@" $7
    }
    END {
      print "### Base images" (version == "" ? "" : " " version) "\n"
      print count["put"] + 0 " put, " count["move"] + 0 " moved, " count["done"] + 0 " there already, " count["stay"] + 0 " left alone, " count["refuse"] + 0 " refused, " count["unbuilt"] + 0 " not built\n"
      print "| tag | | digest | size |\n|---|---|---|---|"
      printf "%s", rows
      if (pull != "" && !dry) {
        print "\nBy digest it stays the same whatever becomes of the tag:\n\n```sh\ndocker pull " pull
        if (ENVIRON["VERIFY"] != "") print "cosign verify " ENVIRON["VERIFY"] " " pull
        print "```"
      }
    }' pass=1 "$work/sizes" pass=2 "$work/decided"
}

# tell DRY: leave what became of each tag where the pipeline wants it: as Markdown in SUMMARY, and beside the log of a build of
# Buildkite; as lines in RESULTS.
tell() {
  : >"$work/sizes"
  if [ -n "$SUMMARY" ] || [ "$shown_by" = buildkite ]; then
    if [ -z "$1" ] && [ ! -s "$work/bad" ]; then weigh; fi
    told "$1" >"$work/summary"
    if [ -n "$SUMMARY" ]; then cat "$work/summary" >>"$SUMMARY"; fi
    if [ "$shown_by" = buildkite ]; then to_buildkite info tags <"$work/summary"; fi
  fi
  if [ -n "$RESULTS" ]; then
    awk -F '\t' -v dry="$1" '($1 == "done" || (!dry && $1 ~ /^(put|move)$/)) && $7 != "" && !($2 in seen) { seen[$2]; print $2 "\t" $7 }' \
      "$work/decided" >"$RESULTS"
  fi
}
