# run_test PLATFORM IMAGE TEST: run a test in a container of the image, of which nothing is pulled.
run_test() {
  docker run --rm --pull never --platform "$1" --entrypoint /bin/sh "$2" -c "$3" </dev/null >&2
}
