#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where the output goes: a full disk, closed streams, a reader that has left.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"
own_mounts

TMPDIR=$PWD
export TMPDIR
given "$paper" "$readers" copies ledger
copy=copies/r07.md
printf 'The {small|minor} paper warns: a {red|dark red} flag.\n' >warns.md

# lost COMMAND...: with the output closed, and on a full disk, the status is 2 and there is a message.
lost() {
	if [ -c /dev/full ]; then
		"$SUBROSA" "$@" </dev/null >/dev/full 2>"$err"
		status=$?
		: >"$out"
		check "$1 ${2-}: on a full disk" refused
	else
		skip "$1 ${2-}: on a full disk" 'no /dev/full'
	fi
	"$SUBROSA" "$@" </dev/null >&- 2>"$err"
	status=$?
	check "$1 ${2-}: with its output closed" refused
}
lost trace "$copy" --ledger ledger
lost trace "$copy" --ledger ledger --json
lost trace "$corpus/junk/j1.txt" --ledger ledger
lost places "$paper"
lost places "$paper" --json
lost mark "$paper" --readers "$readers" --out copies --ledger ledger --no-auto
lost demo
lost --help
lost --version
lost mark --help
lost trace --usage
check 'mark without output: the copies are there all the same' count_is 24 copies

# Closed streams take no file's place.
"$SUBROSA" mark warns.md --readers "$readers" --out closed --ledger closed.ledger --no-auto <&- >&- 2>&-
check 'all streams closed: the copies appear' count_is 24 closed
check 'all streams closed: no message went into one' not grep -qE 'warning|error|copies in' closed/* closed.ledger
"$SUBROSA" trace closed/r07.md --ledger closed.ledger --json >"$out" 2>&-
status=$?
check 'messages closed: a verdict all the same' value_is inconclusive decision
run trace "$copy" --ledger ledger --json
cp "$out" verdict
"$SUBROSA" trace "$copy" --ledger ledger --json <&- >"$out" 2>"$err"
status=$?
check 'standard input closed: the same verdict' same verdict "$out"
"$SUBROSA" trace "$copy" --ledger ledger --json <&- >"$out" 2>&-
check 'standard input and messages closed: the same verdict' same verdict "$out"

# A reader that has left ends the program; it says nothing.
"$SUBROSA" places "$paper" --json 2>"$err" | head -n 1 >"$out"
check 'a pipe that is closed early: no message' err_empty

# No terminal, no colours and no progress lines.
run trace "$copy" --ledger ledger
check 'no control characters in the verdict' not grep -q "$(printf '[\033\r]')" "$out" "$err"

# What comes from a list of readers or from a paper does not reach the terminal as it is.
printf 'id,name,house,side\na,"A",H,S\n' >odd.csv
printf '# Title \033[2J of it\n\nWe {met|sat} and {left|went} when the long day was {over|done}.\n' >odd.md
run mark odd.md --readers odd.csv --out odd --ledger odd.ledger --no-auto
run trace odd/a.md --ledger odd.ledger
check 'no escape sequence of a title in the verdict' not grep -q "$(printf '\033')" "$out"

# Nor may the name of a file that somebody else chose.
evil=$(printf 'e\033[2Jv\nil\r\302\233')
steers() { cat -- "$out" "$err" | tr -d '\n' | grep -qa "$(printf '[\033\r]\|\302\233')"; }
cp ledger "$evil"
cp "$paper" evil-paper.md
cp "$readers" evil-readers.csv
for arguments in "trace $evil --ledger ledger" "ledger info $evil" "ledger check $evil" "ledger info $evil.none" \
	"mark evil-paper.md --readers evil-readers.csv --out $evil.dir --ledger $evil.new" "$evil" "ledger $evil" \
	"ledger backup ledger $evil.copy" "ledger backup ledger $evil"; do
	IFS=' ' # the name has a line end
	# shellcheck disable=SC2086
	run $arguments
	unset IFS
	check "a file name that steers, $(printf '%.9s' "$arguments" | tr -cd 'a-z '): is shown without" not steers
	check "a file name that steers: it is shown" grep -qa 'e?\[2Jv?il??*' "$out" "$err"
done

# The same verdict in other surroundings.
for locale in C C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8; do
	LC_ALL=$locale run trace "$copy" --ledger ledger --json
	check "in the locale $locale: the same verdict" same verdict "$out"
done
TZ=Pacific/Kiritimati run trace "$copy" --ledger ledger --json
check 'in another time zone: the same verdict' same verdict "$out"
(cd / && "$SUBROSA" trace "$scratch/work/$copy" --ledger "$scratch/work/ledger" --json) >"$out" 2>"$err"
check 'from another folder: the same verdict' same verdict "$out"
(
	ulimit -n 16
	run trace "$copy" --ledger ledger --json
	exit "$status"
)
check 'with few open files: the same verdict' same verdict "$out"

end_of_test
