#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ledgers that are missing, damaged, foreign, newer, tampered with, read-only: an error or the right
# verdict, never another name; and tracing leaves no trace.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"
own_mounts

given "$paper" "$readers" copies ledger
copy=copies/r07.md
size=$(wc -c <ledger)
run trace "$copy" --ledger ledger --json
check 'the ledger as it is names the reader' names r07
cp "$out" verdict

# refuses NAME LEDGER PATTERN: nothing on standard output, and the message names the ledger.
refuses() {
	run trace "$copy" --ledger "$2" --json
	check "$1: is refused" refused
	check "$1: says which and why" err_has "^$2: error: .*($3)"
	run mark "$paper" --readers "$readers" --out new --ledger "$2" --no-auto
	check "$1: mark refuses it, too" refused
	check "$1: and makes no copies" test ! -e new
}

: >empty
refuses 'empty' empty 'empty'
cp "$paper" text
refuses 'a text' text 'not a ledger|holds no'
"$SQL" foreign 'CREATE TABLE a(b); INSERT INTO a VALUES(1)'
refuses 'a database of another program' foreign 'not a ledger'
mkdir folder
run trace "$copy" --ledger folder
check 'a folder: is refused' refused
check 'a folder: is named' err_has '^folder: error'
run trace "$copy" --ledger none
check 'missing: is refused' refused
check 'missing: is named' err_has '^none: error: .*No such file'
check 'missing: is not made' test ! -e none
run trace "$copy" --ledger ''
check 'no name: is refused' refused
run trace "$copy" --ledger /dev/zero
check 'a device: is refused' refused
if command -v timeout >/dev/null; then
	mkfifo pipe
	timeout 20 "$SUBROSA" trace "$copy" --ledger pipe </dev/null >"$out" 2>"$err"
	status=$?
	check 'a pipe: is refused and waits for nobody' refused
else
	skip 'a pipe' 'no timeout(1)'
fi

# changed STATEMENT: a copy of the ledger, changed by SQL.
changed() {
	rm -f changed changed-journal changed-wal changed-shm
	cp ledger changed
	"$SQL" changed "$1" >/dev/null || bail_out "$1"
}
changed 'PRAGMA user_version = 5'
refuses 'of a newer version' changed 'newer'
changed 'PRAGMA user_version = 1'
refuses 'that claims an older version' changed 'damaged'
changed 'PRAGMA user_version = 0'
refuses 'of no version' changed 'damaged'
changed 'PRAGMA application_id = 7'
refuses 'of another kind' changed 'not a ledger'
changed 'CREATE TABLE more(a)'
refuses 'with another table' changed 'damaged|not a ledger'
changed 'CREATE TRIGGER t AFTER INSERT ON reader BEGIN DELETE FROM paper; END'
refuses 'with a trigger' changed 'damaged|not a ledger'
changed 'DROP TABLE roster'
refuses 'without one of its tables' changed 'damaged|not a ledger'
changed 'DROP TABLE commitment'
refuses 'without its commitments' changed 'damaged|not a ledger'
changed 'DELETE FROM paper'
refuses 'without its paper' changed 'damaged'

# tampered NAME STATEMENT: what is changed in the rows is found before anybody is named.
tampered() {
	changed "$2"
	run trace "$copy" --ledger changed --json
	check "$1: is refused" refused
	check "$1: says why" err_has '^changed: error: '
}
x7="number = 7"
x8="number = 8"
tampered 'a name is changed' "UPDATE reader SET name = cast('Somebody Else' AS blob) WHERE $x7"
tampered 'two names are swapped' "UPDATE reader SET name = (SELECT name FROM reader r WHERE r.number = 15 - reader.number)
	WHERE $x7 OR $x8"
tampered 'two ids are swapped' "UPDATE reader SET id = cast('y' AS blob) WHERE $x8;
	UPDATE reader SET id = cast('r08' AS blob) WHERE $x7; UPDATE reader SET id = cast('r07' AS blob) WHERE $x8"
tampered 'two numbers are swapped' "UPDATE reader SET number = 99 WHERE $x8;
	UPDATE reader SET number = 8 WHERE $x7; UPDATE reader SET number = 7 WHERE number = 99"
tampered 'a reader is gone' 'DELETE FROM reader WHERE number = 3'
tampered 'the last reader is gone' 'DELETE FROM reader WHERE number = 24'
tampered 'all readers are gone' 'DELETE FROM reader'
tampered 'a reader was committed earlier' "UPDATE reader SET committed_at = 0 WHERE $x7"
tampered 'the seed is another' 'UPDATE paper SET seed = randomblob(32)'
tampered 'the seed is shorter' 'UPDATE paper SET seed = zeroblob(31)'
tampered 'the title is another' "UPDATE paper SET title = cast('Another' AS blob)"
tampered 'the lattice is another' 'UPDATE paper SET lattice = zeroblob(length(lattice))'
tampered 'the lattice is cut' 'UPDATE paper SET lattice = substr(lattice, 1, 100)'
tampered 'the count is another' 'UPDATE roster SET readers = 23'
tampered 'the commitment is gone' 'DELETE FROM commitment'
changed "UPDATE reader SET copy_hash = NULL, copy_check = NULL WHERE $x7"
run trace "$copy" --ledger changed --json
check 'committed but not issued: still counts and is named' names r07

# Cut anywhere.
wrong=
i=0
while [ "$i" -lt 48 ]; do
	length=$((size * i / 48))
	head -c "$length" ledger >short
	run trace "$copy" --ledger short --json
	refused || wrong="$wrong $length"
	i=$((i + 1))
done
for length in 1 15 16 17 99 100 101 4095 4096 4097 $((size - 4096)) $((size - 1)); do
	head -c "$length" ledger >short
	run trace "$copy" --ledger short --json
	refused || wrong="$wrong $length"
done
check "cut at 60 lengths: is always refused${wrong:+, but not at}$wrong" test -z "$wrong"
{ cat ledger && printf 'more'; } >long
run trace "$copy" --ledger long --json
check 'with bytes behind it: is refused or gives the same verdict' sh -c "[ $status -eq 2 ] || cmp '$out' verdict"

# One bit anywhere: an error with nothing printed, or exactly the same verdict.
flip() {
	old=$(od -An -tu1 -j "$1" -N 1 ledger)
	cp ledger flipped
	# shellcheck disable=SC2059
	printf "\\$(printf '%03o' $((old ^ (1 << $2))))" | dd of=flipped bs=1 seek="$1" conv=notrunc 2>/dev/null
}
wrong=
refused_n=0
i=0
seed=1
while [ "$i" -lt 160 ]; do
	seed=$((seed * 16807 % 2147483647))
	# Every bit of the header in turn, then anywhere.
	if [ "$i" -lt 50 ]; then offset=$((i * 2)); else offset=$((seed % size)); fi
	flip "$offset" $((seed / 1024 % 8))
	run trace "$copy" --ledger flipped --json
	if refused; then
		refused_n=$((refused_n + 1))
	elif ! exits 0 || ! same "$out" verdict; then
		wrong="$wrong $offset"
	fi
	i=$((i + 1))
done
check "160 flipped bits: an error or the same verdict${wrong:+, but not at}$wrong" test -z "$wrong"
check '160 flipped bits: many are found' test "$refused_n" -ge 20
printf '# %d of 160 were refused, the others changed nothing\n' "$refused_n"

# Tracing leaves everything as it is.
mkdir box && cp ledger box/ && touch -d '2020-01-01' box/ledger 2>/dev/null
ls -lA box >before
run trace "$copy" --ledger box/ledger --json
ls -lA box >after
check 'tracing: the ledger has the same bytes' same ledger box/ledger
check 'tracing: no file beside it, the same time' same before after
chmod 400 box/ledger && chmod 500 box
run trace "$copy" --ledger box/ledger --json
check 'a read-only ledger in a read-only folder' names r07
chmod 700 box
ln -s box/ledger link
run trace "$copy" --ledger link --json
check 'through a link' names r07
if mount_small small 4m; then
	cp ledger small/ && mount -o remount,ro none small
	run trace "$copy" --ledger small/ledger --json
	check 'on a file system that cannot be written' names r07
	run mark "$paper" --readers "$readers" --out copies --ledger small/ledger --no-auto
	check 'on a file system that cannot be written: mark again has nothing to write' test "$status" -eq 0 -o "$status" -eq 2
	{ cat "$readers" && echo 'r25,U,H,S'; } >more.csv
	run mark "$paper" --readers more.csv --out copies --ledger small/ledger --no-auto
	check 'on a file system that cannot be written: nobody can be added' refused
	check 'on a file system that cannot be written: and gets no copy' test ! -e copies/r25.md
	umount small
else
	skip 'on a file system that cannot be written' 'no file system can be mounted here'
fi

run trace "$copy" --ledger ledger --ledger ledger
check 'the same ledger twice: is refused' refused
check 'the same ledger twice: says so' err_has '^ledger: error: .*twice'
ln ledger hard
run trace "$copy" --ledger ledger --ledger hard
check 'the same ledger under two names: is refused' refused
run trace "$copy" --ledger ledger --ledger box/ledger --json
check 'a copy of the ledger beside it: no name by it alone' value_is subrosa-verdict/1 format
run trace "$copy" --ledger ledger --ledger none
check 'a good and a missing one: is refused' refused

end_of_test
