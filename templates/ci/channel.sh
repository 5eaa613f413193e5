# of_channel: where this run is of a channel, leave the plan with its images, what they stand on, and of references nothing but its
# tags, which move: what the release's references hold is of no account then.
of_channel() {
  if [ -z "$CHANNEL" ]; then return 0; fi
  [ -z "$RELEASE_TAG" ] || die "this run is of the git tag \`$RELEASE_TAG\`, and channel \`$CHANNEL\` is for what has no release"
  channels=$(plan '$1 == "channel" { print $2 }')
  printf '%s\n' "$channels" | grep -qxF -e "$CHANNEL" ||
    die "the plan has no channel \`$CHANNEL\`: $(printf '%s' "${channels:-it has none}" | tr '\n' ' ')"
  if [ -n "$(plan '$1 == "channel-tag" && $3 == channel && index($4, "{commit.") { print; exit }' channel="$CHANNEL")" ]; then
    # Whoever checked it out may be another user than this one.
    COMMIT=${COMMIT:-$(git -c safe.directory='*' rev-parse HEAD)} || die "which commit this is cannot be told: set COMMIT"
    case ${#COMMIT}:$COMMIT in *:*[!0-9a-f]*) false ;; 40:* | 64:*) ;; *) false ;; esac || die "COMMIT is no commit: \`$COMMIT\`"
  fi
  DATE=${DATE:-$(date -u +%Y%m%d)}
  case $DATE in *[!0-9]*) false ;; ????????) ;; *) false ;; esac || die "DATE is no day such as 20261231: \`$DATE\`"
  plan '
    function fill(text, hole, with,   at) {
      while (at = index(text, hole)) text = substr(text, 1, at - 1) with substr(text, at + length(hole))
      return text
    }
    pass == 3 && $1 == "image" { content[$2] = $5 }
    pass == 3 && $1 == "below" { below[$2] = below[$2] " " $3 }
    pass == 3 && $1 == "channel-tag" && $3 == channel { todo[++count] = $2 }
    pass == 3 { next }
    # Of equal contents another image may be the one that is built.
    !walked++ {
      for (n = 1; n <= count; n++) {
        if (todo[n] in met) continue
        met[todo[n]]
        wanted[content[todo[n]]]
        many = split(below[todo[n]], low, " ")
        for (m = 1; m <= many; m++) todo[++count] = low[m]
      }
    }
    $1 == "release" || $1 == "reference" || $1 == "alias" { next }
    $1 == "image" { id = $2; is_wanted = $5 in wanted }
    $1 == "channel-tag" {
      if (is_wanted && $3 == channel) print "alias\t" $2 "\t" fill(fill(fill($4, "{commit.sha}", commit), "{commit.short}", substr(commit, 1, 7)), "{date}", date) "\t"
      next
    }
    id == "" || $2 != id || is_wanted' channel="$CHANNEL" commit="$COMMIT" date="$DATE" pass=3 "$PLAN" >"$work/of-channel"
  PLAN=$work/of-channel
}
