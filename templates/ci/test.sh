# run_test PLATFORM IMAGE TEST USER [FILE PLACE]... -- [OPTION]...: run a test in a container of the image, of which nothing is
# pulled. An empty USER is the image's own. Files are told from the root of the repository, where this runs, and a place that
# begins with no `/` from the working folder of the image.
run_test() {
  test_on=$1 test_image=$2 test_command=$3 test_user=$4 test_folder=
  shift 4
  while [ "$1" != -- ]; do
    test_place=$2
    case $2 in
      /*) ;;
      *)
        [ -n "$test_folder" ] || test_folder=$(docker image inspect --format '{{.Config.WorkingDir}}/' "$test_image" </dev/null)
        test_place=/$(printf '%s' "$test_folder$2" | sed 's/^\/*//')
        ;;
    esac
    set -- "$@" --mount "type=bind,\"source=$PWD/$1\",target=$test_place,readonly"
    shift 2
  done
  shift
  if [ -n "$test_user" ]; then set -- --user "$test_user" "$@"; fi
  docker run --rm --pull never --platform "$test_on" "$@" --entrypoint /bin/sh "$test_image" -c "$test_command" </dev/null >&2
}
