command_line="${0##*/} $*"

# github_command LEVEL: tell what stdin says beside the log: error or notice. A command of GitHub's is one line:
# actions/toolkit, packages/core/src/command.ts.
github_command() {
  awk -v level="$1" -v title="$command_line" '
    function data(text) { gsub(/%/, "%25", text); gsub(/\r/, "%0D", text); gsub(/\n/, "%0A", text); return text }
    function property(text) { text = data(text); gsub(/:/, "%3A", text); gsub(/,/, "%2C", text); return text }
    { text = text (NR > 1 ? "\n" : "") $0 }
    END { print "::" level " title=" property(title) "::" data(text) }' >&2
}
