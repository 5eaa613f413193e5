# needs_buildx: stop where docker cannot do what is asked of it here, before anything takes its words for an answer.
needs_buildx() {
  command -v docker >/dev/null || die "stopped: there is no docker here"
  docker buildx version >/dev/null 2>&1 </dev/null ||
    die "stopped: docker has no buildx here, or cannot run it (\`docker buildx version\`): install its plugin, 0.13 or newer"
}

# make_room: have toolchains removed that machines of GitHub's bring and no build here uses, where less than ROOM_GIB is free:
# about 25 GiB, the largest with the fewest files first. The build does not wait for it: what fills a disk takes longer to come.
# Whatever lies on any other machine is somebody's.
make_room() {
  if [ "${RUNNER_ENVIRONMENT-}" != github-hosted ]; then return 0; fi
  free=$(df -Pk / | awk 'NR == 2 { printf "%d", $4 / 1048576 }')
  if [ "$free" -ge "$ROOM_GIB" ]; then return 0; fi
  say "making room: $free GiB are free, and toolchains of this machine are removed meanwhile"
  sudo -n rm -rf /opt/hostedtoolcache/CodeQL /usr/local/.ghcup /opt/ghc /usr/share/swift /usr/share/dotnet \
    /usr/local/lib/android </dev/null >/dev/null 2>&1 &
}

# proxies: programs differ in the case of the variables in which they read a proxy: what is set in one is handed on in both.
proxies() {
  if [ -n "${HTTP_PROXY-}" ] && [ -z "${http_proxy-}" ]; then export "http_proxy=$HTTP_PROXY"; fi
  if [ -n "${HTTPS_PROXY-}" ] && [ -z "${https_proxy-}" ]; then export "https_proxy=$HTTPS_PROXY"; fi
  if [ -n "${NO_PROXY-}" ] && [ -z "${no_proxy-}" ]; then export "no_proxy=$NO_PROXY"; fi
  if [ -n "${http_proxy-}" ] && [ -z "${HTTP_PROXY-}" ]; then export "HTTP_PROXY=$http_proxy"; fi
  if [ -n "${https_proxy-}" ] && [ -z "${HTTPS_PROXY-}" ]; then export "HTTPS_PROXY=$https_proxy"; fi
  if [ -n "${no_proxy-}" ] && [ -z "${NO_PROXY-}" ]; then export "NO_PROXY=$no_proxy"; fi
}

# secrets FILE: stop where a secret is not here that a build is handed. Each line of FILE is its name and the variable that
# holds it. Pipelines hand on an empty one where nobody stored it.
secrets() {
  while IFS='	' read -r name variable; do
    # Names of variables are plain words.
    eval "held=\${$variable-}"
    if [ -z "$held" ]; then
      die "stopped before anything is built: the secret \`$name\` is not here, $variable is not set. Store it where this pipeline has its secrets"
    fi
  done <"$1"
}

# sources CONTEXT LFS SUBMODULES: stop where what a context holds is not here. A pointer of Git LFS in place of a file, or
# the empty folder of a submodule, would go into the image, and the image out under a content that means the files.
sources() {
  if [ "$2" = true ]; then
    # A pointer is 130 bytes or so, and at most 1024.
    find "./$1" -name .git -prune -o -type f -size -3 -exec grep -l -x -F "version https://git-lfs.github.com/spec/v1" {} + \
      >"$work/pointers" </dev/null || true
    if [ -s "$work/pointers" ]; then
      while IFS= read -r pointer; do say "a pointer of Git LFS, not the file: ${pointer#./}"; done <"$work/pointers"
      die "stopped before anything is built: run \`git lfs pull\` where this was checked out"
    fi
  fi
  if [ "$3" = true ]; then
    # Submodules may have some of their own.
    { [ ! -r .gitmodules ] || echo ./.gitmodules; find "./$1" -name .gitmodules -type f; } | sort -u >"$work/modules"
    while IFS= read -r modules; do
      sed -n "s/^[[:space:]]*path[[:space:]]*=[[:space:]]*//p" "$modules" >"$work/paths"
      while IFS= read -r module; do
        module=${modules%.gitmodules}$module
        # One that is elsewhere is no part of the context.
        case ${module#./}/ in "$1"/*) ;; *) [ "$1" = . ] || case $1/ in "${module#./}"/*) ;; *) continue ;; esac ;; esac
        if [ -z "$(ls -A "$module" 2>/dev/null)" ]; then
          die "stopped before anything is built: the submodule ${module#./} is not here, run \`git submodule update --init --recursive\`"
        fi
      done <"$work/paths"
    done <"$work/modules"
  fi
}

# made FILE: stop where something is not here that the pipeline makes first. Each line of FILE is its name and its path.
made() {
  while IFS='	' read -r name path; do
    # A path holds no blank, and its stars are to be seen by the shell.
    for found in $path; do break; done
    case $found in
      */) if [ -d "$found" ] && [ -n "$(ls -A "$found")" ]; then continue; fi ;;
      *) if [ -e "$found" ]; then continue; fi ;;
    esac
    die "stopped before anything is built: the artifact \`$name\` ($path) is not here. A step of yours has to make it before the build"
  done <"$1"
}
