# What reads the few answers that are JSON: of registries, and docker's own. A machine that builds images has awk, and often
# nothing better.
JSON_AWK='
  function plain(text,   at, one, out) {
    text = substr(text, 2, length(text) - 2)
    if (index(text, "\\") == 0) return text
    for (at = 1; at <= length(text); at++) {
      one = substr(text, at, 1)
      if (one == "\\") {
        one = substr(text, ++at, 1)
        if (one == "n") one = "\n"
        else if (one == "t") one = "\t"
        else if (one == "r") one = "\r"
        else if (one !~ /["\/\\]/) return ""
      }
      out = out one
    }
    return out
  }
  # The text to which keys, one a line, lead from object to object; nothing where they lead to none.
  function member(text, keys,   key, count, depth, leads, here, token) {
    count = split(keys, key, "\n")
    leads = 1
    while (match(text, /"([^"\\]|\\.)*"|[][{},]/)) {
      token = substr(text, RSTART, RLENGTH)
      text = substr(text, RSTART + RLENGTH)
      if (token == "{" || token == "[") { here[++depth] = leads && token == "{"; leads = 0 }
      else if (token == "}" || token == "]") { depth--; leads = 0 }
      else if (token == ",") leads = 0
      else if (text ~ /^[ \t\r\n]*:/) leads = here[depth] && plain(token) == key[depth]
      else if (leads && depth == count) return plain(token)
      else leads = 0
    }
    return ""
  }
'

# member FILE KEY...: print the text to which the keys lead in a file of JSON. Fail where there is none. An answer that is
# far longer than any of them should be is not read to its end.
member() {
  member_file=$1
  shift
  KEYS=$(printf '%s\n' "$@") LC_ALL=C awk "$JSON_AWK"'
    length(text) < 200000 { text = text $0 "\n" }
    END { text = member(text, ENVIRON["KEYS"]); if (text == "") exit 1; print text }' "$member_file"
}
