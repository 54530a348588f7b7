#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --max-collusion: what mark makes of it, that it stays, and that every command goes by it.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

# mark_for C LEDGER [ARGUMENT...]
mark_for() {
	c=$1 ledger=$2
	shift 2
	run mark "$paper" --readers "$readers" --out "copies.$ledger" --ledger "$ledger" --no-auto --max-collusion "$c" "$@"
}

# entry_size FILE: the design size that the last line of a file of commitments names.
entry_size() { tail -n 1 "$1" | cut -c 57-58; }

for c in 1 3 12; do
	mark_for "$c" "l$c"
	check "$c: succeeds" exits 0
	check "$c: nothing on standard error" err_empty
	check "$c: says so" out_has "^Design size $c .--max-collusion.: ready for "
	check "$c: and what it costs" out_has "takes about [0-9]+ words in a row to name one of 24"
	check "$c: and beside size 2" out_has 'size 2 about [0-9]+'
	run ledger info "l$c"
	check "$c: info tells it" out_has "^  design size  $c\$"
	run ledger info "l$c" --json
	check "$c: info tells it in JSON" value_is "$c" ledgers 0 design_size
	check "$c: the version of the ledger" value_is 4 ledgers 0 version
	check "$c: the commitment names it" test "$(entry_size "l$c.commitment")" = "$(printf %02x "$c")"
	run ledger check "l$c" --commitment "l$c.commitment"
	check "$c: is in order" exits 0
	run show "$paper" --reader r07 --ledger "l$c"
	check "$c: show gives the bytes" same "$out" "copies.l$c/r07.md"
	run which "copies.l$c/r07.md" --ledger "l$c" --json
	check "$c: which knows them" value_is exact copies 0 decision
	check "$c: and whose they are" value_is r07 copies 0 readers 0 reader
	{ cat "copies.l$c/r07.md" && echo 'An end of its own.'; } >worded.md
	run which worded.md --ledger "l$c" --json
	check "$c: which knows a whole copy by its wordings" value_is worded copies 0 decision
	check "$c: and whose it is" value_is r07 copies 0 readers 0 reader
	run trace "copies.l$c/r07.md" --ledger "l$c" --json
	check "$c: a leaked copy is traced" value_is named decision
	check "$c: to its reader" value_is r07 named 0 reader
	check "$c: and to nobody else" items_are 1 named
	rm -f verdict.json
	run trace "copies.l$c/r07.md" --ledger "l$c" --verdict verdict.json
	run verify verdict.json "copies.l$c/r07.md" "l$c.commitment" --json
	check "$c: the verdict follows from the commitment" value_is true follows
done
mark_for 3 l3 --json
check '3: what it costs: longer quotations' test "$(value design words)" -gt "$(value design words_2)"
mark_for 3 l3 --json
check 'JSON: the size' value_is 3 design design_size
check 'JSON: the readers' value_is 24 design readers
check 'JSON: 350 places for three' value_is 350 design coalition_places
check 'JSON: the paper has fewer' value_is false design coalition_named
check 'JSON: the places' value_is 183 places
check 'JSON: the file to lodge' value_is l3.commitment commitment
bits=$(value bits)
run ledger info l3 --json
check 'JSON: the bits of the ledger are those of mark' value_is "$bits" ledgers 0 bits
run places "$paper" --no-auto --max-collusion 3 --json
check 'JSON: and those of places' value_is "$bits" bits
check 'places: the size' value_is 3 design design_size
check 'places: among 100' value_is 100 design readers
run places "$paper" --no-auto --json
check 'places: 2 by itself' value_is 2 design design_size
check 'places: 125 places for two' value_is 125 design coalition_places
check 'places: the paper has as many' value_is true design coalition_named
run places "$paper" --no-auto --max-collusion 6
check 'places: says what six cost' out_has 'one of 6 together is named by about 1700 places; this paper has 183, too few'
run places "$paper" --no-auto --max-collusion 1
check 'places: says what one costs' out_has 'is named by 27 places; this paper has 183\.$'

# It stays.
{ cat -- "$readers" && echo 'r25,Ulla Brenneke,Office of the President,Carrow'; } >more.csv
snapshot copies.l3 >before
run mark "$paper" --readers more.csv --out copies.l3 --ledger l3 --no-auto
check 'one more, without the option: succeeds' exits 0
check 'one more: is the only new one' out_has '.1 new readers.'
check 'one more: the ledger has the size' out_has '^Design size 3 '
mv copies.l3/r25.md r25.md
snapshot copies.l3 >after
check 'one more: the others are the same' same before after
check 'one more: his entry names it, too' test "$(entry_size l3.commitment)" = 03
run trace r25.md --ledger l3 --json
check 'one more: his copy is traced' value_is r25 named 0 reader
for c in 1 2 4 5 12; do
	snapshot . >"$scratch/before"
	mark_for "$c" l3
	check "$c for 3: is refused" refused
	check "$c for 3: says why" err_has '^l3: error: .*--max-collusion 3.*cannot be changed'
	snapshot . >"$scratch/after"
	check "$c for 3: nothing has changed" same "$scratch/before" "$scratch/after"
done
mark_for 3 l3
check '3 for 3: is fine' exits 0

# Numbers that are none.
snapshot . >"$scratch/before"
for c in 0 13 -1 +3 3.0 ' 3' '3 ' three '' 4294967299 99999999999999999999; do
	mark_for "$c" never
	check "'$c': is refused" refused
	check "'$c': says what is allowed" err_has 'takes a whole number from 1 to 12'
	run places "$paper" --max-collusion "$c"
	check "'$c': places refuses it, too" refused
done
snapshot . >"$scratch/after"
check 'none of them: nothing has changed' same "$scratch/before" "$scratch/after"

# By itself.
given "$paper" "$readers" usual usual.ledger
check 'without the option: 2' out_has '^Design size 2 '
check 'without the option: the entry names it' test "$(entry_size usual.ledger.commitment)" = 02
head -n 3 "$readers" >few.csv
for row in '1499 2' '1500 5'; do
	n=${row% *} c=${row#* }
	many_places "$n" >long.md
	run mark long.md --readers few.csv --out "long$n" --ledger "long$n.ledger" --no-auto
	check "$n places: $c" out_has "^Design size $c "
	run places long.md --no-auto --json
	check "$n places: places says so, too" value_is "$c" design design_size
	run show long.md --reader r01 --ledger "long$n.ledger"
	check "$n places: show gives the bytes" same "$out" "long$n/r01.md"
done

# Sealed, and a ledger of before.
echo 'a passphrase for this test' >pass
mark_for 4 sealed --seal --passphrase-file pass
check 'sealed: succeeds' exits 0
run ledger info sealed --passphrase-file pass --json
check 'sealed: has the size' value_is 4 ledgers 0 design_size
run mark "$paper" --readers more.csv --out copies.sealed --ledger sealed --no-auto --passphrase-file pass
check 'sealed: one more' out_has '.1 new readers.'
mark_for 3 sealed --passphrase-file pass
check 'sealed: another size is refused' refused
run trace copies.sealed/r07.md --ledger sealed --passphrase-file pass --json
check 'sealed: a copy is traced' value_is r07 named 0 reader
cp "$corpus/ledgers/version-2" old
cp "$corpus/ledgers/version-2.commitment" old.commitment
run ledger info old --json
check 'version 2: its size is 2' value_is 2 ledgers 0 design_size
run show "$paper" --reader u00003 --ledger old
cp "$out" u00003.md
list_readers 1 14 >fourteen.csv
run mark "$paper" --readers fourteen.csv --out copies.old --ledger old --max-collusion 3
check 'version 2: no other size' refused
run mark "$paper" --readers fourteen.csv --out copies.old --ledger old --max-collusion 2
check 'version 2: readers are added' out_has '.2 new readers.'
check 'version 2: the copies are the same' same u00003.md copies.old/u00003.md
check 'version 2: the new line says the size' test "$(entry_size old.commitment)" = 02
run ledger info old --json
check 'version 2: is version 3 now' value_is 3 ledgers 0 version
run ledger check old --commitment "$corpus/ledgers/version-2.commitment"
check 'version 2: what was lodged is part of it' exits 0

# A ledger whose size was changed is none, and one that was computed anew is not the one committed to.
"$SQL" l12 'UPDATE paper SET collusion=11' >/dev/null
run trace copies.l12/r07.md --ledger l12
check 'changed: trace refuses it' refused
check 'changed: says why' err_has '^l12: error: .*damaged'
"$SQL" l1 'UPDATE paper SET collusion=13' >/dev/null
run ledger info l1
check '13: is refused' refused
check '13: says why' err_has '^l1: error: the ledger is damaged'
end_of_test
