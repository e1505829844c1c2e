#!/usr/bin/env bash
# One scan in a GitHub workflow: annotations on standard output, SARIF and the job's summary in files.
set -uo pipefail
bulwark="$(dirname "${BASH_SOURCE[0]}")/../bin/bulwark.mjs"

# Words as a shell would split them, but nothing in them is run or expanded: xargs knows quotes and backslashes.
words() { printf '%s' "$1" | xargs -r -n 1 printf '%s\0'; }
mapfile -d '' -t paths < <(words "${BULWARK_PATHS:-.}")
mapfile -d '' -t more < <(words "${BULWARK_ARGUMENTS:-}")

outputs=(-o github)
[ -n "${BULWARK_SARIF:-}" ] && outputs+=(-o "sarif=$BULWARK_SARIF")
summary="${RUNNER_TEMP:-/tmp}/bulwark-summary.md"
[ "${BULWARK_SUMMARY:-true}" = true ] && outputs+=(-o "markdown=$summary")

node "$bulwark" scan "${outputs[@]}" --fail-on "${BULWARK_FAIL_ON:-high}" "${more[@]}" -- "${paths[@]}"
code=$?
[ "${BULWARK_SUMMARY:-true}" = true ] && [ -f "$summary" ] && cat "$summary" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
echo "exit-code=$code" >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$code"
