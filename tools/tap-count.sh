#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/tap-count.sh LOG...: adds up Meson's testlog.txt files and prints, as its only line,
# "N passed, N failed, N skipped"; exit status 1 if something failed or nothing passed.
#
# Each TAP line counts once. A program that breaks off counts as one more failure: it was killed, or
# it ended badly without saying "not ok", or its plan is missing or names another number of lines.
# A program that speaks no TAP at all has not passed anything: it counts as a failure.
set -u
cat -- "$@" | awk '
function end_of_program(    bad) {
	if (!in_program)
		return
	in_program = 0
	bad = result !~ /^exit status/ || plan != lines
	bad = bad || (result != "exit status 0" && !said_not_ok)
	failed += bad
	if (!bad && plan == 0) skipped++
}
/^=+ [0-9]+\/[0-9]+ =+$/ {
	end_of_program()
	in_program = 1; in_stdout = 0; plan = -1; lines = 0; said_not_ok = 0
	result = "none"
}
/^=+$/ { end_of_program() }
!in_program { next }
/^-+ stdout -+$/ { in_stdout = 1; next }
/^-+ stderr -+$/ { in_stdout = 0; next }
/^result: / && !in_stdout && result == "none" { sub(/^result: */, ""); result = $0 }
!in_stdout { next }
/^ok([ \t]|$)/ {
	lines++
	if (toupper($0) ~ /# *SKIP/) skipped++
	else passed++
}
/^not ok([ \t]|$)/ { lines++; failed++; said_not_ok = 1 }
/^Bail out!/ { plan = -2 }
/^1\.\.[0-9]+/ && plan == -1 { plan = substr($0, 4) + 0 }
END {
	end_of_program()
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0 || passed == 0
}'
