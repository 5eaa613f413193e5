# Signatures, by cosign. Whose count the plan says: those of a key, or those of this very workflow, run for certain refs.

# signed_by WORD: print what the plan says of how images are signed; nothing where it does not.
signed_by() { sed -n "s/^sign	$1	//p" "$PLAN"; }

is_signing() { [ -n "${signing-}" ]; }

# check_signing: stop where images are signed and that cannot be done here, or by this run: told before a build.
check_signing() {
  signing=$(signed_by tool)
  if [ -z "$signing" ]; then return 0; fi
  : >"$work/verified"
  command -v cosign >/dev/null || [ -n "$COSIGN_IMAGE" ] ||
    die "stopped: the images are signed, and there is no cosign here: install it, or name an image of it as COSIGN_IMAGE"
  sign_key=$(signed_by key) sign_public=$(signed_by public-key) sign_log=$(signed_by log)
  if [ -n "$sign_key" ]; then
    [ -r "$sign_public" ] || die "stopped: signatures are verified by the public key in $sign_public, which is not here"
    return 0
  fi
  sign_issuer=$(signed_by issuer) refs=$(signed_by refs) identity=$(signed_by identity)
  workflow=${SIGNER%%@refs/*}
  identity=${identity:-$workflow}
  [ -n "$identity" ] ||
    die "stopped: whose signatures count is not known here: set SIGNER to the workflow and ref of this run, or state \`identity\` in \`sign\` of the matrix"
  case $identity in *[!A-Za-z0-9:/._~%@+=-]*) die "SIGNER names no workflow: \`$SIGNER\`" ;; esac
  if [ -n "$SIGNER" ]; then
    [ "$workflow" = "$identity" ] || die "stopped: this is run by $workflow, and the signatures that count are those of $identity"
    printf '%s\n' "${SIGNER#"$workflow@"}" | REFS="^$refs\$" awk '{ exit $0 !~ ENVIRON["REFS"] }' ||
      die "stopped: this run is of ${SIGNER#"$workflow@"}, whose signatures do not count: run it from a ref that \`refs\` in \`sign\` of the matrix names, or add it there"
  fi
  sign_pattern="^$(printf '%s\n' "$identity" | sed 's/[^A-Za-z0-9:/_-]/[&]/g')@$refs\$"
}

# cosign_cli REF WORD...: cosign with these words, of which REF is the last; where this job has none, an image of it. That
# gets by a copy what it reads, since its engine may see other folders than this job.
cosign_cli() {
  subject=$1
  shift
  if command -v cosign >/dev/null; then
    cosign "$@" "$subject" </dev/null
    return
  fi
  for name in COSIGN_PASSWORD SIGSTORE_ID_TOKEN ${sign_key:+"${sign_key#env://}"}; do
    # Names only: no value of a secret is a word of a command.
    case $name in *[!A-Za-z0-9_]*) ;; *) set -- --env "$name" "$@" ;; esac
  done
  box=$(cosign_box "$@" "$subject") || return 1
  host=${subject%%/*} given=$work/$slot.box status=0
  rm -rf "$given"
  mkdir -p "$given/docker"
  if login=$(credentials "$host"); then
    if [ "$host" = docker.io ]; then host=https://index.docker.io/v1/; fi
    printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$host" "$login" >"$given/docker/config.json"
  fi
  if [ -n "$sign_public" ]; then
    mkdir -p "$given/$(dirname "$sign_public")"
    cp "$sign_public" "$given/$sign_public"
  fi
  tar -c -f - -C "$given" . | docker cp - "$box:/tmp" >&2 && docker start --attach "$box" || status=$?
  rm -rf "$given"
  docker rm --force "$box" >/dev/null
  return "$status"
}

# cosign_box [--env NAME]... WORD...: make the container, and print its id.
cosign_box() {
  count=0
  for one in "$@"; do
    if [ "$one" = --env ]; then count=$((count + 2)); fi
  done
  total=$# at=0
  # The image stands between the options and its words.
  for one in "$@"; do
    if [ "$at" -eq "$count" ]; then set -- "$@" "$COSIGN_IMAGE"; fi
    set -- "$@" "$one"
    at=$((at + 1))
  done
  shift "$total"
  docker create --user 0:0 --network "$COSIGN_NETWORK" --workdir /tmp --env HOME=/tmp --env DOCKER_CONFIG=/tmp/docker "$@" </dev/null
}

# What is not signed yet has a tag that nobody reads: what is cut short leaves nothing that looks like somebody else's.
UNSIGNED=-unsigned

# release_signed REF DIGEST: sign what was pushed under its other tag, and give it its own.
release_signed() {
  sign_line "${1%:*}@$2" && try docker buildx imagetools create --prefer-index=false --tag "$1" "${1%:*}@$2" </dev/null >&2
}

# sign_line REF@DIGEST: sign it.
sign_line() {
  say "signing $1"
  if [ -n "$sign_key" ]; then
    set -- "$1" --key "$sign_key"
    if [ "$sign_log" = false ]; then set -- "$@" --tlog-upload=false; fi
  fi
  subject=$1
  shift
  try cosign_cli "$subject" sign --yes "$@" >&2
}

# verify_line REF@DIGEST: list it in $slot.unsigned where no signature of it is this pipeline's; stop where that is not told.
verify_line() {
  subject=$1
  if [ -n "$sign_public" ]; then
    set -- --key "$sign_public"
    if [ "$sign_log" = false ]; then set -- "$@" --insecure-ignore-tlog=true; fi
  else
    set -- --certificate-identity-regexp "$sign_pattern" --certificate-oidc-issuer "$sign_issuer"
  fi
  verifications=1
  while :; do
    outcome=0
    cosign_cli "$subject" verify "$@" >/dev/null 2>"$work/$slot.said" || outcome=$?
    case $outcome in
      0) return 0 ;;
      # No signature at all, and none that fits: cmd/cosign/errors/exit_codes.go of sigstore/cosign.
      10 | 12)
        printf '%s\t%s\n' "$subject" "$(last_word "$work/$slot.said" | sed 's/^error during command execution: //')" >>"$work/$slot.unsigned"
        return 0
        ;;
    esac
    again "$verifications" "$work/$slot.said" || {
      blame "cannot tell who signed $subject, so nothing is assumed. cosign says: $(last_word "$work/$slot.said")"
      return 2
    }
    verifications=$((verifications + 1))
  done
}

# unsigned FILE: leave in $work/unsigned, of the references of FILE, "REF@DIGEST<tab>WHY" of those that are not signed. Each
# digest is looked at once.
unsigned() {
  awk -F '\t' 'pass == 1 { digest[$1] = $2; next } pass == 2 { verified[$1]; next }
    { name = $0; sub(/:[^:\/]*$/, "", name); name = name "@" digest[$0] }
    digest[$0] != "" && !(name in verified) && !seen[name]++ { print name }' \
    pass=1 "$work/found" pass=2 "$work/verified" pass=3 "$1" >"$work/unverified"
  rm -f "$work"/*.unsigned
  : >"$work/unsigned"
  if [ ! -s "$work/unverified" ]; then return 0; fi
  each verify_line "$work/unverified" || die "stopped: nothing was changed"
  cat "$work"/*.unsigned >"$work/unsigned" 2>/dev/null || true
  awk -F '\t' 'pass == 1 { unsigned[$1]; next } !($0 in unsigned)' pass=1 "$work/unsigned" pass=2 "$work/unverified" >>"$work/verified"
  say "signatures looked at: $(wc -l <"$work/unverified" | tr -d ' ')"
}

# hold_signed FILE: FILE lists references that are there; where images are signed, stop if one is not, by this pipeline.
hold_signed() {
  if ! is_signing; then return 0; fi
  unsigned "$1"
  if [ ! -s "$work/unsigned" ]; then return 0; fi
  while IFS='	' read -r ref why; do
    blame "foreign: $ref is not signed by this pipeline: $why"
  done <"$work/unsigned"
  die "stopped: look who pushed that. What this pipeline pushed before images were signed is signed by \`sh publish.sh sign\`"
}

# sign: of the contents that are there, sign those that are not. Each states its hash, or nothing is signed.
sign() {
  is_signing || die "the matrix does not say that images are signed: \`sign\` in \`[ci]\`"
  plan '$1 == "image" && has($7) { print $5 }' | sort -u >"$work/refs"
  look_all "$work/refs"
  plan '$1 == "image" && has($7) && digest[$5] != "" { print $5 "\t" $4 }' | sort -u >"$work/hashes"
  hold_stated "$work/hashes"
  cut -f 1 "$work/hashes" >"$work/references"
  unsigned "$work/references"
  cut -f 1 "$work/unsigned" >"$work/signing"
  each sign_line "$work/signing" || die "stopped: run this again to finish"
  say "signed: $(wc -l <"$work/signing" | tr -d ' '), signed before: $(wc -l <"$work/verified" | tr -d ' ')"
}

# carry: give what is copied its signature at the other registry too, before it has a tag there. A copy has the same digest,
# and a signature is a tag that is named after it.
carry() {
  if ! is_signing; then return 0; fi
  awk -F '\t' '$1 == "done" || $1 == "put" || $1 == "move" {
    to = $2
    sub(/:[^:\/]*$/, "", to)
    from = $3
    sub(/@.*/, "", from)
    if (to == from) next
    tag = $3
    sub(/.*@sha256:/, ":sha256-", tag)
    if (!seen[to tag]++) print to tag ".sig\t" from tag ".sig"
  }' "$work/decided" >"$work/signatures"
  cut -f 1 "$work/signatures" >"$work/refs"
  look_all "$work/refs"
  awk -F '\t' 'pass == 1 { digest[$1] = $2; next } digest[$1] == ""' pass=1 "$work/found" pass=2 "$work/signatures" >"$work/put"
  put "$work/put"
}
