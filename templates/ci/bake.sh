# How tests run inside the builder: each as a step of a target that bake links to the image, so that no image leaves the
# builder for its tests, and one that fails them never does.

BAKE_AWK='
  # A field of the plan as JSON that bake reads as the text itself: `${` and `%{` would start an expression there.
  function quoted(field,   at, one, out) {
    if (!("\r" in escape)) for (at = 1; at < 32; at++) escape[sprintf("%c", at)] = sprintf("\\u%04x", at)
    for (at = 1; at <= length(field); at++) {
      one = substr(field, at, 1)
      # Fields are folded as JSON would: a backslash, a tab, a line end.
      if (one == "\\") one = one substr(field, ++at, 1)
      else if (one == "\"") one = "\\\""
      else if (one in escape) one = escape[one]
      else if ((one == "$" || one == "%") && substr(field, at + 1, 1) == "{") one = one one
      out = out one
    }
    return "\"" out "\""
  }
  # The target that runs one test of what another target builds. Nothing of its context is sent; `files` is where what it
  # reads is laid out, or nothing.
  function tester(name, subject, context, steps, platform, files) {
    return quoted(name) ": {\"context\": " quoted(context) ", \"dockerfile-inline\": " quoted("FROM subject\\n" steps "\\n") \
      ", \"contexts\": {\"subject\": " quoted("target:" subject) (files == "" ? "" : ", \"files\": " quoted(files)) "}" \
      ", \"platforms\": [" quoted(platform) "]" \
      ", \"no-cache\": true, \"output\": [\"type=cacheonly\"]}"
  }
'
