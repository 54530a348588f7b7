# SPDX-License-Identifier: Apache-2.0
# test/scenario/lib.sh: what a scenario test needs to run the program and say in TAP how it did.
# A test is test/scenario/tNN-NAME.sh; it begins with
#
#	. "$(dirname -- "$0")/lib.sh"
#
# and ends with a call of end_of_test: a test that breaks off earlier has no plan and counts as
# failed. It starts in an empty folder of its own ($PWD), which is gone afterwards.
#
#	SUBROSA  the program under test (absolute path)
#	SOURCE   the root of the source
#	SANITIZED  "true" if the program was built with a sanitizer: no limits on memory or time
#
# shellcheck shell=sh disable=SC2034
set -u

SOURCE=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P) || exit 1
SANITIZED=${SANITIZED:-false}
tests_n=0
failed_n=0
status=none

scratch=$(mktemp -d) || exit 1
# What a test made read-only goes as well.
trap 'cd / && chmod -R u+rwX -- "$scratch" && rm -rf -- "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -- "$scratch/work" && cd -- "$scratch/work" || exit 1
out=$scratch/out
err=$scratch/err
: >"$out"
: >"$err"

# has_terminal: this system gives out pseudo-terminals (a chroot may lack /dev/pts).
has_terminal() {
	[ "$(script -qec 'echo yes' /dev/null </dev/null 2>/dev/null | tr -d '\r\n')" = yes ]
}

# skip_all REASON ends a test that cannot run here.
skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

# needs_program skips the test where the program was not built.
needs_program() {
	[ -n "${SUBROSA-}" ] || skip_all 'the program was not built'
}

# end_of_test prints the plan; the status tells whether all was well.
end_of_test() {
	printf '1..%d\n' "$tests_n"
	[ "$failed_n" -eq 0 ]
	exit
}

ok() {
	tests_n=$((tests_n + 1))
	printf 'ok %d - %s\n' "$tests_n" "$1"
}

# skip NAME REASON counts one case that cannot run here.
skip() {
	tests_n=$((tests_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tests_n" "$1" "$2"
}

# not_ok NAME says what the last run printed.
not_ok() {
	tests_n=$((tests_n + 1))
	failed_n=$((failed_n + 1))
	printf 'not ok %d - %s\n# exit status %s\n' "$tests_n" "$1" "$status"
	head -c 2000 -- "$out" | sed 's/^/# out: /'
	head -c 2000 -- "$err" | sed 's/^/# err: /'
	echo
}

# check NAME COMMAND...: ok if the command succeeds.
check() {
	name=$1
	shift
	if "$@"; then ok "$name"; else not_ok "$name"; fi
}

# run ARGUMENT...: runs the program; its status is in $status, its output in the files $out and $err.
# Standard input is empty; run_with FILE ARGUMENT... gives it a file.
run() {
	run_with /dev/null "$@"
}

run_with() {
	input=$1
	shift
	"$SUBROSA" "$@" <"$input" >"$out" 2>"$err"
	status=$?
}

# The questions for check. Patterns are extended regular expressions.
exits() { [ "$status" -eq "$1" ]; }
out_has() { grep -qE -e "$1" -- "$out"; }
err_has() { grep -qE -e "$1" -- "$err"; }
out_lacks() { ! out_has "$1"; }
err_lacks() { ! err_has "$1"; }
out_empty() { [ ! -s "$out" ]; }
err_empty() { [ ! -s "$err" ]; }
# refused: exit status 2, a message, and nothing on standard output.
refused() { exits 2 && out_empty && [ -s "$err" ]; }
