#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# "-" is standard input, wherever a file is read, and once in a call.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

given "$paper" "$readers" copies ledger
copy=copies/r07.md

# through FILE COMMAND...: with FILE and with standard input, in a pipe, the same comes out.
through() {
	what=$1
	file=$2
	shift 2
	run "$@"
	cp -- "$out" expected
	expected=$status
	cat -- "$file" | (
		for word in "$@"; do
			shift
			[ "$word" = "$file" ] && word=-
			set -- "$@" "$word"
		done
		exec "$SUBROSA" "$@"
	) >"$out" 2>"$err"
	status=$?
	check "$what: the same status" exits "$expected"
	check "$what: the same output" same expected "$out"
}
through 'places PAPER' "$paper" places "$paper" --json
through 'show PAPER' "$paper" show "$paper" --reader x
through 'show PAPER --ledger' "$paper" show "$paper" --reader r07 --ledger ledger
through 'trace LEAK' "$copy" trace "$copy" --ledger ledger
through 'trace LEAK LEAK' "$copy" trace "$copy" "$corpus/junk/j1.txt" --ledger ledger --json
through 'trace --public' "$copy" trace copies/r08.md --public "$copy" --ledger ledger --json
through 'mark PAPER' "$paper" mark "$paper" --readers "$readers" --out elsewhere --ledger ledger
through 'mark --readers' "$readers" mark "$paper" --readers "$readers" --out copies --ledger ledger

run_with "$copy" which - --ledger ledger --json
check 'which COPY: whose' value_is r07 copies 0 readers 0 reader
check 'which COPY: the file is called -' value_is - copies 0 file

# The copies of a paper without a name have no extension.
run_with "$paper" mark - --readers "$readers" --out nameless --ledger nameless.ledger --no-auto
check 'mark -: succeeds' exits 0
check 'mark -: no extension' test -f nameless/r07 -a ! -e nameless/r07.md
check 'mark -: all of them' count_is 24 nameless

# Twice is once too often. Nothing is read, nothing is made.
snapshot . >"$scratch/before"
twice() {
	run_with "$copy" "$@"
	check "$*: is refused" refused
	check "$*: says why" err_has "standard input \('-'\) can be read only once"
}
twice mark - --readers - --out two --ledger two.ledger
twice trace - - --ledger ledger
twice trace - --public - --ledger ledger
twice trace "$copy" --public - --public - --ledger ledger
twice which - - --ledger ledger
snapshot . >"$scratch/after"
check 'nothing was changed' same "$scratch/before" "$scratch/after"

# Input that is closed, empty, or a folder.
for command in 'places -' 'show - --reader r07' 'trace - --ledger ledger' 'which - --ledger ledger'; do
	# shellcheck disable=SC2086 # words
	"$SUBROSA" $command <&- >"$out" 2>"$err"
	status=$?
	check "$command, closed: is refused" refused
	# shellcheck disable=SC2086 # words
	"$SUBROSA" $command <copies >"$out" 2>"$err"
	status=$?
	check "$command, a folder: is refused" refused
done
for command in trace which; do
	run_with /dev/null "$command" - --ledger ledger
	check "$command -, empty: nobody" exits 1
done

# A file of that name is called ./-
cp -- "$paper" ./-
run places ./- --json
check 'a file named - is ./-' exits 0

end_of_test
