# A manifest of any kind: without one of these a registry may say that there is none, or answer about another.
MANIFESTS=application/vnd.oci.image.index.v1+json,application/vnd.docker.distribution.manifest.list.v2+json
MANIFESTS=$MANIFESTS,application/vnd.oci.image.manifest.v1+json,application/vnd.docker.distribution.manifest.v2+json

# credentials HOST: print `user:password` in base64, as docker was logged in to HOST. What it was given that is no password
# (an identity token) is left to docker.
credentials() {
  config=${DOCKER_CONFIG:-${HOME-}/.docker}/config.json key=$1
  if [ "$key" = docker.io ]; then key=https://index.docker.io/v1/; fi
  [ -r "$config" ] || return 1
  # A login that is an identity token is another kind of password.
  if ! member "$config" auths "$key" identitytoken >/dev/null && member "$config" auths "$key" auth; then return 0; fi
  helper=$(member "$config" credHelpers "$key" || member "$config" credsStore) || return 1
  printf '%s' "$key" | "docker-credential-$helper" get >"$work/$slot.login" 2>/dev/null || return 1
  user=$(member "$work/$slot.login" Username) && [ "$user" != '<token>' ] && secret=$(member "$work/$slot.login" Secret) || return 1
  rm "$work/$slot.login"
  printf '%s:%s' "$user" "$secret" | base64 | tr -d '\n'
}

# What makes a curl config of references and repositories. No token stands in the words of a command: programs read it.
QUESTIONS_AWK='
  function endpoint(host) {
    if (host == "docker.io") return "https://registry-1.docker.io"
    if (host ~ /^(localhost|127\.[0-9.]+)(:[0-9]+)?$/) return "http://" host
    return "https://" host
  }
  function host_of(name) { sub("/.*", "", name); return name }
  function path_of(name) { sub("[^/]*/", "", name); return name }
  function quoted(text) { gsub(/["\\]/, "\\\\&", text); return "\"" text "\"" }
  function say(key, value) { print key " = " quoted(value) }
  function transfer(url, number) {
    if (number > 1) print "next"
    say("url", url)
    print "max-time = 60"
  }
'

# curls: carry out the transfers of a curl config, many at once over few connections. Each answer is a file of its own;
# what is left unanswered is asked in another way.
curls() { curl --silent --parallel --parallel-max "$((PUBLISH_JOBS * 4))" --config - 2>/dev/null || true; }

# sign_in FILE: add to $work/logins, for each repository of FILE's references that is not there, the header that its
# registry wants: a token once for each repository.
sign_in() {
  sed 's/@[^@]*$//; s/:[^:/]*$//' "$1" | sort -u >"$work/named"
  awk -F '\t' 'pass == 1 { has[$1]; next } !($1 in has)' pass=1 "$work/logins" pass=2 "$work/named" >"$work/strangers"
  if [ ! -s "$work/strangers" ]; then return 0; fi
  rm -rf "$work/challenges" "$work/tokens"
  mkdir "$work/challenges" "$work/tokens"
  cut -d / -f 1 "$work/strangers" | sort -u >"$work/hosts"
  awk -v folder="$work/challenges" "$QUESTIONS_AWK"'{
    transfer(endpoint($0) "/v2/", FNR)
    say("dump-header", folder "/" FNR)
    say("output", "/dev/null")
  }' "$work/hosts" | curls
  : >"$work/realms"
  number=0
  while IFS= read -r host; do
    number=$((number + 1))
    challenge=$(sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: *//p' "$work/challenges/$number" 2>/dev/null | tr -d '\r' | tail -n 1)
    login=$(credentials "$host") || login=
    realm=$(printf '%s\n' "$challenge" | sed -n 's/.*realm="\([^"]*\)".*/\1/p')
    service=$(printf '%s\n' "$challenge" | sed -n 's/.*service="\([^"]*\)".*/\1/p')
    case $challenge in
      [Bb]asic*) printf '%s\tbasic\t\t%s\n' "$host" "$login" >>"$work/realms" ;;
      [Bb]earer*)
        # Credentials go over TLS, or do not leave this machine; `http://localhost:80@elsewhere` would.
        case $realm in
          *@*) ;;
          https://* | http://localhost[:/]* | http://127.0.0.1[:/]*) printf '%s\t%s\t%s\t%s\n' "$host" "$realm" "$service" "$login" >>"$work/realms" ;;
        esac
        ;;
    esac
  done <"$work/hosts"
  awk -F '\t' 'pass == 1 { if ($2 == "basic" && $4 != "") login[$1] = $4; next }
    { host = $0; sub("/.*", "", host); if (host in login) print $0 "\tAuthorization: Basic " login[host] }
  ' pass=1 "$work/realms" pass=2 "$work/strangers" >>"$work/logins"
  awk -F '\t' -v folder="$work/tokens" "$QUESTIONS_AWK"'
    pass == 1 { if ($2 != "basic") { realm[$1] = $2; service[$1] = $3; login[$1] = $4 }; next }
    {
      host = host_of($0)
      if (!(host in realm) || service[host] ~ /[^A-Za-z0-9._:\/-]/) next
      asked++
      url = realm[host] (realm[host] ~ /[?]/ ? "&" : "?")
      if (service[host] != "") url = url "service=" service[host] "&"
      transfer(url "scope=repository:" path_of($0) ":pull", asked)
      say("output", folder "/" FNR)
      if (login[host] != "") say("header", "Authorization: Basic " login[host])
    }' pass=1 "$work/realms" pass=2 "$work/strangers" | curls
  set -- "$work/tokens"/*
  if [ ! -e "$1" ]; then return 0; fi
  LC_ALL=C awk "$JSON_AWK"'
    function tell(   token) {
      token = member(text, "token")
      if (token == "") token = member(text, "access_token")
      if (token ~ /^[A-Za-z0-9._~+\/=-]+$/) print name "\t" token
      text = ""
    }
    FNR == 1 { tell(); name = FILENAME; sub(/.*\//, "", name) }
    length(text) < 200000 { text = text $0 "\n" }
    END { tell() }' "$@" >"$work/given"
  awk -F '\t' 'pass == 1 { token[$1] = $2; next } FNR in token { print $0 "\tAuthorization: Bearer " token[FNR] }' \
    pass=1 "$work/given" pass=2 "$work/strangers" >>"$work/logins"
}

# heads FILE: put one HEAD for each reference of FILE. Append "REF<tab>DIGEST" to $work/found for each that its registry has,
# "REF<tab>" for each that it has not; the others go to $work/open as "STATUS SECONDS REF", with the pause that is asked for.
heads() {
  rm -rf "$work/heads"
  mkdir "$work/heads"
  awk -F '\t' -v folder="$work/heads" -v accept="$MANIFESTS" "$QUESTIONS_AWK"'
    pass == 1 { login[$1] = $2; next }
    {
      name = $0
      sub(":[^:/]*$", "", name)
      transfer(endpoint(host_of(name)) "/v2/" path_of(name) "/manifests/" substr($0, length(name) + 2), FNR)
      # No redirect is followed: an older curl takes the login along to another port.
      print "head"
      say("header", "Accept: " accept)
      if (name in login) say("header", login[name])
      say("output", folder "/" FNR)
      print "write-out = \"%{http_code} " FNR "\\n\""
    }' pass=1 "$work/logins" pass=2 "$1" | curls >"$work/statuses"
  : >"$work/open"
  # Numbers of files hold no blank.
  # shellcheck disable=SC2046
  (cd "$work/heads" && awk -v open="$work/open" '
    pass == 1 { status[$2] = $1; next }
    pass == 2 { ref[FNR] = $0; count = FNR; next }
    /^HTTP\// { digest[FILENAME] = ""; pause[FILENAME] = "" }
    { sub(/\r$/, "") }
    tolower($1) == "docker-content-digest:" { digest[FILENAME] = $2 }
    tolower($1) == "retry-after:" && $2 ~ /^[0-9]+$/ { pause[FILENAME] = $2 }
    END {
      for (n = 1; n <= count; n++) {
        if (status[n] == "200" && length(digest[n]) == 71 && digest[n] ~ /^sha256:[0-9a-f]+$/) print ref[n] "\t" digest[n]
        else if (status[n] == "404") print ref[n] "\t"
        else print (status[n] == "" ? "000" : status[n]) " " (pause[n] == "" ? "-" : pause[n]) " " ref[n] >open
      }
    }' pass=1 ../statuses pass=2 "$1" pass=3 $(awk '$1 != "000" { print $2 }' ../statuses)) >>"$work/found"
}

# gets FILE: fetch the manifest of each reference of FILE into $work/manifests, under its number in the list. Those that do not
# come plainly are left in $work/unread as "NUMBER REF".
gets() {
  : >"$work/statuses"
  if command -v curl >/dev/null; then
    sign_in "$1"
    awk -F '\t' -v folder="$work/manifests" -v accept="$MANIFESTS" "$QUESTIONS_AWK"'
      pass == 1 { login[$1] = $2; next }
      {
        name = $0
        sub("(@[^@]*|:[^:/]*)$", "", name)
        transfer(endpoint(host_of(name)) "/v2/" path_of(name) "/manifests/" substr($0, length(name) + 2), FNR)
        say("header", "Accept: " accept)
        if (name in login) say("header", login[name])
        say("output", folder "/" FNR)
        print "write-out = \"%{http_code} " FNR "\\n\""
      }' pass=1 "$work/logins" pass=2 "$1" | curls >"$work/statuses"
  fi
  awk 'pass == 1 { status[$2] = $1; next } status[FNR] != "200" { print FNR " " $0 }' pass=1 "$work/statuses" pass=2 "$1" >"$work/unread"
}

# ask_all FILE: FILE lists references; append "REF<tab>DIGEST" to $work/found for each, DIGEST empty when absent. Those that
# no plain answer came about are left in $work/unasked: there is no curl, the registry has a certificate or a login of its
# own kind, or it refuses.
ask_all() {
  : >"$work/unasked"
  if ! command -v curl >/dev/null || ! command -v awk >/dev/null; then
    cat "$1" >"$work/unasked"
    return 0
  fi
  cat "$1" >"$work/asking"
  rounds=1
  while [ -s "$work/asking" ]; do
    sign_in "$work/asking"
    heads "$work/asking"
    # A token may have run out. Limits and bad seconds pass.
    awk -v round="$rounds" -v unasked="$work/unasked" '
      ($1 == "401" && round == 1) || (($1 == "429" || $1 ~ /^5/) && round < 5) { print; next }
      { print $3 >>unasked }' "$work/open" >"$work/later"
    if [ ! -s "$work/later" ]; then return 0; fi
    cut -d ' ' -f 3 "$work/later" >"$work/asking"
    awk -F '\t' 'pass == 1 { sub(".* ", ""); sub(":[^:/]*$", ""); spent[$0]; next } !($1 in spent)' \
      pass=1 "$work/later" pass=2 "$work/logins" >"$work/kept"
    mv "$work/kept" "$work/logins"
    pause=$(awk -v usual="$((PUBLISH_DELAY * (1 << (rounds - 1))))" '
      $1 == "401" { next }
      { wanted = $2 == "-" ? usual : $2; if (wanted > most) most = wanted }
      END { print (most > 300 ? 300 : most + 0) }' "$work/later")
    if [ "$pause" -gt 0 ]; then
      if ! is_wanted; then return 1; fi
      say "a registry asks for patience: again in $pause s"
      sleep "$pause"
    fi
    rounds=$((rounds + 1))
  done
}
