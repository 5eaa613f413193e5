# tests_of ID PLATFORM FILE: leave in $work/tests the tests that the records in FILE have for a platform of an image: number,
# `builder` or `engine`, stage, user, command and steps, a dash for no stage and no user. What they read is in
# $work/test-files, and the options of those in the engine in $work/test-options, by number. A builder has no options for a
# step: what takes some runs in the engine, wherever the others do.
tests_of() {
  : >"$work/test-files"
  : >"$work/test-options"
  LC_ALL=C awk -F '\t' '
    function or_dash(text) { return text == "" ? "-" : text }
    $1 == "test" && $2 == id { number++; is_meant = $5 == "" || index(" " $5 " ", " " platform " ") }
    $2 != id || !is_meant { next }
    $1 == "test" {
      print number "\t" (place == "engine" || $8 == "engine" ? "engine" : "builder") "\t" or_dash($6) "\t" or_dash($7) "\t" $3 "\t" $4
    }
    $1 == "test-file" { print number "\t" $3 "\t" $4 >files }
    $1 == "test-option" { print number "\t" $3 >options }
  ' id="$1" platform="$2" place="$TEST_IN" files="$work/test-files" options="$work/test-options" "$3" >"$work/tests"
}

# any_in PLACE: whether any of those tests runs there.
any_in() { awk -F '\t' -v place="$1" '$2 == place { any = 1; exit } END { exit !any }' "$work/tests"; }

# lay_out NUMBER: put what a test reads where the builder is sent it from: apart from all else, and past any ignore file.
lay_out() {
  rm -rf "$work/laid"
  mkdir "$work/laid"
  laid=0
  while IFS='	' read -r reader path _; do
    if [ "$reader" != "$1" ]; then continue; fi
    laid=$((laid + 1))
    cp -RH "./$path" "$work/laid/$laid" || die "stopped: a test reads $path, which is not here"
  done <"$work/test-files"
}

<% include "ci/test.sh" %>

# contain PLATFORM IMAGE NUMBER USER: run that test, whose command is in $word, in a container of the image.
contain() {
  contained=$3
  case $4 in -) set -- "$1" "$2" "$word" '' ;; *) set -- "$1" "$2" "$word" "$4" ;; esac
  while IFS='	' read -r reader path at; do
    if [ "$reader" = "$contained" ]; then set -- "$@" "$path" "$at"; fi
  done <"$work/test-files"
  set -- "$@" --
  while IFS='	' read -r reader option; do
    if [ "$reader" != "$contained" ]; then continue; fi
    unfold "$option"
    set -- "$@" "$word"
  done <"$work/test-options"
  run_test "$@"
}
