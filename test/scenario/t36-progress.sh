#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The bar on a terminal, and no bar anywhere else.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

has_terminal || skip_all 'no pseudo-terminal'

given "$paper" "$readers" copies ledger
ledgers=
for i in 1 2 3 4 5; do
	cp ledger "ledger.$i"
	ledgers="$ledgers --ledger ledger.$i"
done
cp "$corpus/junk/j1.txt" junk.txt

# tty COLUMNS LINE: what a terminal of that width gets, in the file seen.
tty() {
	echo "stty cols $1; $2" >line
	TERM=${term-xterm} script -qec 'sh line' /dev/null </dev/null >seen 2>/dev/null
}
export SUBROSA

# The leak comes late: there is always more than half a second of work.
slow="(sleep 1.5; cat junk.txt) | \"\$SUBROSA\" trace - $ledgers"
esc=$(printf '\033')
# frames: what was drawn, one a line, without what erases.
frames() { tr '\r' '\n' <seen | sed "s/$esc\[K//g" | grep '%'; }
drawn() { grep -q '%' seen; }
# narrower N: no frame is longer than N - 1.
narrower() { frames | awk -v n="$1" 'length($0) >= n { bad = 1 } END { exit bad }'; }
# erased: after the last frame the line is emptied.
erased() { tr -d '\n' <seen | grep -qE "%[^$esc]*.$esc\[K[^%]*\$"; }

tty 80 "$slow"
check 'slow work: a bar' drawn
check 'slow work: cells, a percentage, how many' sh -c 'tr "\r" "\n" <seen | grep -qE "\[#*\.+\] +20% 1 of 5 ledgers"'
check 'slow work: fits' narrower 80
check 'slow work: erased in the end' erased
check 'slow work: the verdict stands behind it' grep -q 'NOT OURS' seen
for width in 200 30 8; do
	tty "$width" "$slow"
	check "$width columns: a bar" grep -q '20' seen
	check "$width columns: fits" narrower "$width"
done
tty 3 "$slow"
check '3 columns: nothing' not grep -q '20' seen
tty 0 "$slow"
check 'no width: a bar' drawn
check 'no width: fits 80' narrower 80

# The passphrase comes late.
echo 'correct horse' >pass
list_readers 1 3000 >many.csv
run mark "$paper" --readers many.csv --out many --ledger sealed --no-auto
run ledger seal sealed --passphrase-file pass
tty 80 "(sleep 1.5; cat pass) | \"\$SUBROSA\" ledger check sealed --passphrase-file /dev/stdin"
check 'ledger check: a bar' sh -c 'tr "\r" "\n" <seen | grep -qE "\] +68% 2048 of 3000 commitments"'
check 'ledger check: erased in the end' erased
check 'ledger check: says that all is in order' grep -q 'sealed: in order' seen

# A window that changes while the work goes on does no harm.
tty 80 "(sleep 1.5; cat junk.txt) | (sh -c 'sleep .5; kill -WINCH \$PPID' & exec \"\$SUBROSA\" trace - $ledgers --json)"
check 'SIGWINCH: a verdict all the same' grep -q 'not-ours' seen

# An error erases the bar before its message.
echo damage >ledger.5
tty 80 "$slow"
check 'an error: the message stands alone in its line' grep -qE "(^|$esc\[K)ledger\.5: error" seen
cp ledger ledger.5

# No bar.
term=dumb tty 80 "$slow"
check 'TERM=dumb: no bar' not drawn
tty 80 "(sleep 1.5; cat junk.txt) | \"\$SUBROSA\" trace - $ledgers 2>messages"
check 'standard error in a file: no bar' not drawn
check 'standard error in a file: nothing in it' test ! -s messages
run trace junk.txt --ledger ledger.1 --ledger ledger.2
check 'no terminal: nothing' err_empty
if [ "$SANITIZED" = true ]; then
	skip 'quick work: no bar' 'sanitizers are slow'
else
	for i in 1 2 3 4 5 6 7 8; do
		tty 80 "\"\$SUBROSA\" trace junk.txt $ledgers"
		drawn || break
	done
	check 'quick work: no bar' not drawn
fi

end_of_test
