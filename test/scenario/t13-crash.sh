#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mark is killed at many moments; what it leaves is whole, and the next run completes it.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

readers_n=1000
list_readers 1 "$readers_n" >list.csv
lines_n=$(wc -l <"$paper")

mark() {
	run mark "$paper" --readers list.csv --out copies --ledger ledger --no-auto
}

# killed_when SECONDS CONDITION...: starts a run, waits until the condition is true and for some
# time more, and kills it, if it has not ended by itself.
killed_when() {
	seconds=$1
	shift
	"$SUBROSA" mark "$paper" --readers list.csv --out copies --ledger ledger --no-auto \
		</dev/null >"$out" 2>"$err" &
	while kill -0 $! 2>/dev/null && ! "$@"; do :; done
	sleep "$seconds"
	kill -KILL $! 2>/dev/null
	wait $! 2>/dev/null
	status=$?
}

# The conditions: how far a run has come.
started() { :; }
staging() { ls copies/.subrosa-*/u* >/dev/null 2>&1; }
ledger_made() { [ -e ledger ]; }
writing_ledger() { [ -e ledger-journal ]; }
copy_appeared() { [ -e copies/u00001.md ]; }
last_appeared() { [ -e "copies/u0$readers_n.md" ]; }

# appeared: the names of the copies that are there.
appeared() {
	[ ! -d copies ] || (cd copies && find . -maxdepth 1 -name 'u*' | sort)
}

# all_whole: every copy has all lines of the paper.
all_whole() {
	[ -z "$(appeared | (cd copies 2>/dev/null && xargs -r wc -l) | awk -v n="$lines_n" '$2 != "total" && $1 != n')" ]
}

sums() {
	appeared | (cd copies 2>/dev/null && xargs -r cksum) | sort
}

stayed() {
	sums >"$scratch/after"
	[ -z "$(comm -23 "$scratch/before" "$scratch/after")" ]
}

# traced: the first and the last copy that are there name their readers, or nobody can read the
# ledger until the next run has put it in order.
traced() {
	for copy in $(appeared | sed -n '1p;$p'); do
		id=${copy#./}
		run trace "copies/$copy" --ledger ledger --json
		names "${id%.md}" || { refused && err_has 'interrupted'; } || return 1
	done
}

# claims_no_more: the ledger has no more issued copies than have appeared.
claims_no_more() {
	[ -e ledger ] || return 0
	rm -f look look-journal
	cp ledger look
	[ ! -e ledger-journal ] || cp ledger-journal look-journal
	[ "$(issued look)" -le "$(appeared | wc -l)" ]
}

# committed_first: where a copy is, a commitment is, and there is never half of one.
committed_first() {
	[ ! -e ledger.commitment ] && [ -z "$(appeared)" ] ||
		[ "$(head -n 1 ledger.commitment) $(wc -l <ledger.commitment)" = 'subrosa-commitment/1 2' ]
}

# commitment_stayed: what was in its file before is in it now.
commitment_stayed() {
	[ ! -e "$scratch/commitment" ] || same "$scratch/commitment" ledger.commitment
}

killed_n=0

# crash NAME SECONDS CONDITION
crash() {
	label=$1
	shift
	rm -rf copies ledger*
	killed_when "$@"
	[ "$status" -ne 137 ] || killed_n=$((killed_n + 1))
	sums >"$scratch/before"
	printf '# %s: status %d, %d copies, ledger %s\n' "$label" "$status" "$(wc -l <"$scratch/before")" \
		"$([ -e ledger ] && echo there || echo missing)"
	check "$label: copies that are there are whole" all_whole
	check "$label: the ledger claims no copy that is not there" claims_no_more
	check "$label: the commitment is there before a copy is" committed_first
	rm -f "$scratch/commitment"
	[ ! -e ledger.commitment ] || cp ledger.commitment "$scratch/commitment"
	check "$label: a copy that is there can be traced" traced
	mark
	check "$label: the next run completes it" exits 0
	check "$label: all copies are there, and nothing else" count_is "$readers_n" copies
	check "$label: all are whole" all_whole
	check "$label: all are issued" test "$(issued ledger)" -eq "$readers_n"
	check "$label: what was there has stayed" stayed
	check "$label: a commitment that is there stays" commitment_stayed
	check "$label: nothing but the commitment is left beside the ledger" \
		test "$(find . -name 'ledger?*')" = ./ledger.commitment
	run ledger check ledger
	check "$label: it is the ledger's" exits 0
}

for condition in started staging ledger_made writing_ledger copy_appeared last_appeared; do
	for seconds in 0 0.01; do
		crash "killed ${seconds} s after $condition" "$seconds" "$condition"
	done
done
check 'runs were killed' test "$killed_n" -ge 6
printf '# %d runs were killed\n' "$killed_n"

# A limit on the size of files kills it while it makes the ledger, which is larger than a copy: at the
# same place each time.
for blocks in 16 40; do
	label="killed at $blocks blocks of the ledger"
	rm -rf copies ledger*
	(ulimit -c 0 && ulimit -f $blocks && mark && exit "$status")
	check "$label: there is no ledger yet" test ! -e ledger
	check "$label: what was begun lies beside it" test -e ledger.subrosa-new
	mark
	check "$label: the next run completes it" exits 0
	check "$label: nothing but the commitment is left beside the ledger" \
		test "$(find . -name 'ledger?*')" = ./ledger.commitment
done

# More readers, killed while they are added.
list_readers 1 10 >list.csv
rm -rf copies ledger ledger.commitment
mark
sums >"$scratch/before"
list_readers 1 "$readers_n" >list.csv
for seconds in 0.002 0.01 0.03 0.1; do
	killed_when "$seconds" started
	check "adding, killed after $seconds s: the old copies stay" stayed
	check "adding, killed after $seconds s: all are whole" all_whole
	check "adding, killed after $seconds s: no copy is claimed that is not there" claims_no_more
done
mark
check 'adding: the next run completes it' exits 0
check 'adding: all copies are there' count_is "$readers_n" copies
check 'adding: the old copies stay' stayed
run ledger check ledger
check 'adding: the commitments are the ledger'"'"'s' exits 0

# Two at a time.
rm -rf copies ledger*
for i in 1 2; do
	"$SUBROSA" mark "$paper" --readers list.csv --out copies --ledger ledger --no-auto \
		</dev/null >/dev/null 2>"err.$i" &
done
wait
check 'two at a time: leave no half copies' all_whole
mark
check 'two at a time: a third run is content' exits 0
check 'two at a time: all copies are there' count_is "$readers_n" copies
check 'two at a time: all are issued' test "$(issued ledger)" -eq "$readers_n"

end_of_test
