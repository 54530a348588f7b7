#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The commitment beside a ledger: there before a copy is, one line an extension, never another one;
# a ledger that is not the one committed to is refused, and nothing is changed.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

old=$corpus/ledgers # version-1, -2, -3 and their commitments: of $paper and twelve readers, made in 2024
list_readers 1 12 >list.csv
list_readers 1 15 >more.csv

# mark READERS DIR LEDGER
mark() {
	run mark "$paper" --readers "$1" --out "$2" --ledger "$3" --no-auto
}

# line N FILE; digest HEX: of the bytes that stand there as digits.
line() { sed -n "$1p" "$2"; }
digest() {
	# shellcheck disable=SC2059
	env printf "$(printf '%s' "$1" | sed 's/../\\x&/g')" | b2sum -l 256 | cut -d' ' -f1
}

# The file.
mark list.csv copies ledger
check 'a new ledger: the commitment has one line' test "$(wc -l <ledger.commitment)" -eq 2
check 'a new ledger: below the name of the format' test "$(line 1 ledger.commitment)" = 'subrosa-commitment/1'
check 'a new ledger: of hexadecimal digits' test -z "$(line 2 ledger.commitment | tr -d '0-9a-f')"
check 'others may read it' mode_is 644 ledger.commitment
check 'mark says that it is to be lodged' out_has 'ledger\.commitment'
"$SQL" ledger 'SELECT lower(hex(seed)) FROM paper' >seed
check 'it does not contain the seed' not grep -qFf seed ledger.commitment
check 'it is what the ledger keeps' test "$(line 2 ledger.commitment)" = \
	"$("$SQL" ledger 'SELECT lower(hex(entry)) FROM commitment')"
run ledger info ledger --json
check 'info shows its digest' value_is "$(digest "$(line 2 ledger.commitment)")" ledgers 0 commitments 0 digest
cp ledger ledger.1
cp ledger.commitment commitment.1
mark list.csv copies ledger
check 'again without new readers: succeeds' exits 0
check 'again without new readers: the same bytes' same commitment.1 ledger.commitment
mark more.csv copies ledger
check 'more readers: succeed' exits 0
check 'more readers: one more line' test "$(wc -l <ledger.commitment)" -eq 3
head -n 2 ledger.commitment >head
check 'more readers: the lines before are the same' same commitment.1 head
check 'more readers: it names the one before' test \
	"$(line 3 ledger.commitment | cut -c 203-266)" = "$(digest "$(line 2 ledger.commitment)")"
cp ledger ledger.2
cp ledger.commitment commitment.2
run ledger check ledger
check 'the ledger has both' out_has '15 readers, 2 commitments'

# No copy appears before it: a name with room for a ledger and its journal, but not for a commitment.
long=$(printf '%0246d' 0)
cp ledger.1 "$long"
mark more.csv none "$long"
check 'a commitment that cannot be written: is refused' refused
check 'a commitment that cannot be written: no copy appears' test -z "$(ls -A none 2>/dev/null)"
check 'a commitment that cannot be written: the readers were committed before' test \
	"$("$SQL" "$long" 'SELECT count(*) FROM reader')" -eq 15 -a "$(issued "$long")" -eq 12
mv "$long" short
mark more.csv none short
check 'where it can be written, the next run completes it' test "$status" -eq 0 -a "$(wc -l <short.commitment)" -eq 3
check 'where it can be written, all copies appear' count_is 15 none

# refuses NAME: by mark, with the files of the folder box, and nothing is changed.
refuses() {
	snapshot box >before
	mark more.csv box/new box/ledger
	check "$1: is refused" refused
	check "$1: says which file and why" err_has "^box/ledger.*: error: .*$2"
	snapshot box >after
	check "$1: nothing is changed" same before after
}

# box LEDGER COMMITMENT: a folder with these.
box() {
	rm -rf box
	mkdir box
	[ -z "$1" ] || cp "$1" box/ledger
	[ -z "$2" ] || cp "$2" box/ledger.commitment
}

# no_verdict NAME ID: the ledger itself is in order, whatever lies beside it; but there is no external verdict.
no_verdict() {
	run trace "copies/$2.md" --ledger box/ledger --json
	check "$1: a leak is traced" names "$2"
	run trace "copies/$2.md" --ledger box/ledger --verdict verdict.json
	check "$1: there is no external verdict" refused
	check "$1: and no file" test ! -e verdict.json
	run ledger check box/ledger
	check "$1: check refuses it" refused
	check "$1: check says why" err_has '^box/ledger.commitment: error: .*not the one that was committed'
}

box '' commitment.2
refuses 'a ledger made anew beside an old commitment' 'not the one that was committed'
box ledger.1 commitment.2
refuses 'an old backup beside a newer commitment' 'old copy'
no_verdict 'an old backup' u00003
mark list.csv other-copies other
cp other.commitment commitment.other
box other commitment.1
refuses 'another ledger of the same paper' 'not the one that was committed'
cp other-copies/u00003.md copies/other.md
run trace copies/other.md --ledger box/ledger --verdict verdict.json
check 'another ledger: there is no external verdict' refused
check 'another ledger: and no file' test ! -e verdict.json
box ledger.2 commitment.other
refuses 'the commitment of another ledger' 'not the one that was committed'
no_verdict 'the commitment of another ledger' u00003
: >empty
box ledger.2 empty
refuses 'an empty commitment' 'not a file of commitments'
{ cat commitment.2 && line 2 commitment.other; } >mixed
box ledger.2 mixed
refuses 'a commitment with a line of another ledger' 'chain'
{ line 1 commitment.2 && line 3 commitment.2; } >later
box ledger.2 later
refuses 'a commitment without its first line' 'chain'
box ledger.2 commitment.2
"$SQL" box/ledger 'DELETE FROM commitment WHERE number = 2'
refuses 'a ledger without its last commitment' 'damaged'
box ledger.2 commitment.2
"$SQL" box/ledger 'UPDATE commitment SET entry = (SELECT entry FROM commitment WHERE number = 1) WHERE number = 2'
refuses 'a ledger with a commitment in the place of another' 'damaged'
box ledger.2 commitment.2
mark more.csv box/new box/ledger
check 'control: the right two are taken' exits 0

# What is missing in the file is written again.
box ledger.2 ''
mark more.csv copies box/ledger
check 'no commitment: mark writes it again' same commitment.2 box/ledger.commitment
box ledger.2 commitment.1
mark more.csv copies box/ledger
check 'an older commitment: mark adds what is missing' same commitment.2 box/ledger.commitment
run ledger check box/ledger
check 'and the ledger is in order' exits 0

# check --commitment LODGED
lodged() {
	run ledger check ledger --commitment "$1"
}
lodged commitment.2
check 'lodged: the same file' exits 0
lodged commitment.1
check 'lodged: an older one' exits 0
sed 's/$/\r/' commitment.2 >crlf
lodged crlf
check 'lodged: with other line ends' exits 0
for file in commitment.other empty mixed later none ledger; do
	lodged "$file"
	check "lodged, $file: is refused" refused
	check "lodged, $file: is named" err_has "^$file: error: "
done
run ledger check ledger.1 --commitment commitment.2
check 'lodged: a newer one than the ledger' refused
run ledger check ledger other --commitment commitment.2
check 'lodged: one file for two ledgers' refused
whole=$(wc -c <commitment.1)
size=$(wc -c <commitment.2)
wrong=
length=0
while [ "$length" -lt "$((size - 1))" ]; do
	head -c "$length" commitment.2 >cut
	lodged cut
	# A line less is an older file.
	if [ "$length" -eq "$whole" ] || [ "$length" -eq "$((whole - 1))" ]; then
		exits 0 || wrong="$wrong $length"
	else
		refused || wrong="$wrong $length"
	fi
	length=$((length + 1 + length % 13))
	[ "$((length / 30))" -ne "$((whole / 30))" ] || length=$((length < whole - 1 ? whole - 1 : length))
done
check "lodged, cut short: is refused, or older${wrong:+, but not at}$wrong" test -z "$wrong"
wrong=
for n in 1 2 3; do
	for column in 1 2 17 18 19 20 21 44 45 57 58 62 75 139 203 267 331 332 458; do
		changed=$(line "$n" commitment.2 | cut -c "$column" | tr '0-9a-z/-' '1-90b-za9a')
		[ -n "$changed" ] || continue
		sed "${n}s/./$changed/$column" commitment.2 >flipped
		! same flipped commitment.2 || bail_out "nothing was changed in line $n, column $column"
		lodged flipped
		refused || wrong="$wrong $n:$column"
	done
done
check "lodged, a character changed: is refused${wrong:+, but not at}$wrong" test -z "$wrong"

# A ledger that an older version made.
cp "$old/version-1" first
run trace "$paper" --ledger first --json
check 'version 1: a leak of nobody is traced' nobody_yet
run show "$paper" --reader u00003 --ledger first
cp "$out" first.md
cp first first.before
run trace first.md --ledger first --json
check 'version 1: a leak is traced' names u00003
run trace first.md --ledger first --verdict verdict.json
check 'version 1: there is no external verdict' refused
check 'version 1: says what to do' err_has "^first: error: .*older version.*subrosa mark"
check 'version 1: and no file' test ! -e verdict.json
run ledger check first
check 'version 1: check succeeds' exits 0
check 'version 1: and warns' err_has '^first: warning: .*subrosa mark'
check 'version 1: all this left it as it was' same first.before first
mark list.csv first-copies first
check 'version 1: mark takes it' exits 0
check 'version 1: nobody is new' out_has '.0 new readers.'
check 'version 1: the copies are the same' same first.md first-copies/u00003.md
check 'version 1: now there is a commitment' test "$(wc -l <first.commitment)" -eq 2
check 'version 1: it is of another version' test "$("$SQL" first 'PRAGMA user_version')" -gt 1
run ledger check first --commitment first.commitment
check 'version 1: and is in order' exits 0
run trace first.md --ledger first --verdict verdict.json
check 'version 1: and there is an external verdict' test "$status" -eq 0 -a -s verdict.json
run verify verdict.json first.md first.commitment
check 'version 1: which follows' exits 0

# One that was made long ago, and another that begins like it.
cp "$old/version-2" second
cp "$old/version-2.commitment" second.commitment
run ledger check second
check 'an old ledger: is in order' exits 0
mark more.csv second-copies second
check 'an old ledger: readers are added' exits 0
head -n 2 second.commitment >head
check 'an old ledger: its first line stays' same head "$old/version-2.commitment"
run ledger check second --commitment "$old/version-2.commitment"
check 'an old ledger: what was lodged is part of it' exits 0

# One of the version before layouts: it has none, and stays of its version.
cp "$old/version-3" third
cp "$old/version-3.commitment" third.commitment
cp third third.before
run ledger info third --json
check 'version 3: has words only' test "$status" -eq 0 -a "$(value ledgers 0 layers 0) $(value ledgers 0 slots)" = 'words 0'
run show "$paper" --reader u00007 --ledger third
cp "$out" third.md
run trace third.md --ledger third --json
check 'version 3: a leak is traced' names u00007
run trace third.md --ledger third --verdict third.json
check 'version 3: there is an external verdict' test "$status" -eq 0 -a -s third.json
run ledger check third
check 'version 3: is in order' exits 0
check 'version 3: all this left it as it was' same third.before third
mark more.csv third-copies third
check 'version 3: readers are added' out_has '.3 new readers.'
check 'version 3: the copies are the same' same third.md third-copies/u00007.md
check 'version 3: it is of that version still' test "$("$SQL" third 'PRAGMA user_version')" -eq 3
check 'version 3: without a table more' test "$("$SQL" third "SELECT count(*) FROM sqlite_schema WHERE type = 'table'")" -eq 4
check 'version 3: the new line has the length of the first' test "$(line 2 third.commitment | wc -c)" -eq "$(line 3 third.commitment | wc -c)"
run ledger check third --commitment "$old/version-3.commitment"
check 'version 3: what was lodged is part of it' exits 0
run verify third.json third.md "$old/version-3.commitment"
check 'version 3: the verdict of before follows' exits 0

# Sealed.
echo 'a passphrase' >pass && chmod 600 pass
run mark "$paper" --readers list.csv --out sealed-copies --ledger sealed --no-auto --seal --passphrase-file pass
check 'sealed: has a commitment in the clear' test "$status" -eq 0 -a "$(line 1 sealed.commitment)" = 'subrosa-commitment/1'
cp sealed.commitment lodged
run mark "$paper" --readers more.csv --out sealed-copies --ledger sealed --no-auto --passphrase-file pass
check 'sealed: readers are added' test "$status" -eq 0 -a "$(wc -l <sealed.commitment)" -eq 3
run ledger check sealed --commitment lodged --passphrase-file pass
check 'sealed: what was lodged is part of it' exits 0
run ledger check sealed --commitment commitment.1 --passphrase-file pass
check 'sealed: what others lodged is not' refused
cp sealed.commitment before
run ledger unseal sealed --passphrase-file pass
check 'unsealed: the commitment stays' test "$status" -eq 0 -a "$(cksum <before)" = "$(cksum <sealed.commitment)"
run ledger seal ledger --passphrase-file pass
check 'sealed later: the commitment stays' same commitment.2 ledger.commitment
run ledger check ledger --passphrase-file pass
check 'sealed later: and is the ledger'"'"'s' exits 0

# A backup.
run ledger backup other backup
check 'a backup: has no commitment beside it' none_of backup.commitment
run ledger check backup --commitment other.commitment
check 'a backup: is held against that of the ledger' exits 0

# A link to another folder is followed, and stays.
mkdir elsewhere
cp ledger.1 linked
cp commitment.1 elsewhere/file
ln -s elsewhere/file linked.commitment
mark more.csv copies linked
check 'a commitment that is a link: succeeds' exits 0
check 'a commitment that is a link: stays one' test -L linked.commitment
check 'a commitment that is a link: what it leads to has both' test "$(wc -l <elsewhere/file)" -eq 3
check 'a commitment that is a link: nothing else is there' count_is 1 elsewhere

# Several runs at once: some are told to run again, none is told that anything is wrong, and
# whoever comes last, the file has all that the ledger has.
at_once() {
	for i in 1 2 3 4 5; do
		"$SUBROSA" mark "$paper" --readers "more$i.csv" --out "$1.copies" --ledger "$1" --no-auto \
			>/dev/null 2>"$1.err$i" &
	done
	wait
}
# all_again LEDGER: the same once more, one after the other.
all_again() {
	for i in 1 2 3 4 5; do
		run mark "$paper" --readers "more$i.csv" --out "$1.copies" --ledger "$1" --no-auto
		exits 0 || return 1
	done
}
for i in 1 2 3 4 5; do
	{ cat list.csv && echo "extra$i,Extra $i,House,Side"; } >"more$i.csv"
done
list_readers 1 12 >more5.csv # nobody new: an old ledger gets its first commitment all the same
cp ledger.1 crowd
cp commitment.1 crowd.commitment
cp "$old/version-1" crowd1
for ledger in crowd crowd1; do
	at_once "$ledger"
	check "$ledger: nothing is said to be wrong" not grep -qE 'afterwards|made anew|chain' "$ledger".err*
	run ledger check "$ledger"
	check "$ledger: it is in order" exits 0
	check "$ledger: the file has all of it" test "$(wc -l <"$ledger.commitment")" -eq \
		"$(($("$SQL" "$ledger" 'SELECT count(*) FROM commitment') + 1))"
	check "$ledger: the same once more works" all_again "$ledger"
	run ledger check "$ledger"
	check "$ledger: all readers are there" out_has "order; 16 readers"
done

end_of_test
