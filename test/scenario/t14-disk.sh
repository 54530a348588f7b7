#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A full disk, at any moment, leaves neither half a copy nor a ledger that claims one.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"
own_mounts

list_readers 1 300 >list.csv

# mark DIR LEDGER
mark() {
	run mark "$paper" --readers list.csv --out "$1" --ledger "$2" --no-auto
}

# limited BLOCKS DIR LEDGER: no file may grow beyond so many blocks of 512 bytes.
limited() {
	(
		trap '' XFSZ
		ulimit -f "$1" && mark "$2" "$3"
		exit "$status"
	)
	status=$?
}

# appeared DIR: how many copies are there, and whatever else.
appeared() {
	[ ! -d "$1" ] || ls -A -- "$1" | wc -l
}

# left_clean DIR LEDGER: refused; all copies appeared or none, and the ledger claims no more.
left_clean() {
	left=$(appeared "$1")
	check "$label: is refused" refused
	check "$label: all copies appear or none" test "${left:-0}" -eq 0 -o "${left:-0}" -eq 300
	check "$label: no more is claimed than there is" test "$(issued "$2")" -le "${left:-0}"
}

# commitment_is_whole LEDGER: it is the ledger's, or there is none.
commitment_is_whole() {
	[ -e "$1.commitment" ] || return 0
	run ledger check "$1"
	exits 0
}

completes() {
	mark "$1" "$2"
	check "$label: with room, it is completed" exits 0
	check "$label: with room, all copies appear" count_is 300 "$1"
	check "$label: with room, all are issued" test "$(issued "$2")" -eq 300
	run ledger check "$2"
	check "$label: with room, the commitment is the ledger's" test "$status" -eq 0 -a -s "$2.commitment"
}

# A limit on the size of files: of a copy (12 blocks), then of the ledger.
for blocks in 0 1 8 16 40 80 120; do
	label="files of $blocks blocks"
	limited "$blocks" "copies.$blocks" "ledger.$blocks"
	if [ "$status" -eq 0 ]; then
		ok "$label: are enough"
		continue
	fi
	# What was said went into a file that may not grow, either.
	[ "$blocks" -eq 0 ] && echo 'nothing can be said' >"$err"
	left_clean "copies.$blocks" "ledger.$blocks"
	completes "copies.$blocks" "ledger.$blocks"
done

mount_small small 1m || {
	skip 'a full disk' 'no file system can be mounted here'
	end_of_test
}

# room KIB: leaves so much in the small file system.
room() {
	rm -rf small/* small/.[!.]*
	head -c "$((1024 - $1))k" /dev/zero >small/filler 2>/dev/null
}

for kib in 0 4 8 40 400 1000; do
	label="folder with $kib KiB of room"
	room "$kib"
	rm -f ledger ledger.commitment
	mark small/copies ledger
	left_clean small/copies ledger
	check "$label: the cause is told" err_has 'small/copies.*No space left'
	completes copies ledger
	rm -rf copies
done

taken=0
for kib in 0 4 8 16 24 32 40 48 56 64 72 80 96 112 128 160 200 300 500; do
	label="ledger with $kib KiB of room"
	room "$kib"
	rm -rf copies
	mark copies small/ledger
	if [ "$status" -eq 0 ]; then
		taken=1
		check "$label: is enough" count_is 300 copies
		check "$label: all are issued" test "$(issued small/ledger)" -eq 300
		continue
	fi
	left_clean copies small/ledger
	check "$label: the cause is told" err_has 'small/ledger.*(No space left|full)'
	check "$label: nothing half made lies about" \
		test -z "$(find . -name '.subrosa*' -o -path './small/ledger.*' ! -name ledger.commitment)"
	check "$label: the commitment is whole or not there" commitment_is_whole small/ledger
	rm small/filler
	completes copies small/ledger
done
check 'some room was enough' test "$taken" -eq 1

# Both on one small disk, and more readers on a full one.
label='all in 1 MiB'
room 1000
mark small/copies small/ledger
left_clean small/copies small/ledger
rm -rf small/*
label='more readers on a full disk'
list_readers 1 40 >list.csv
mark small/copies small/ledger
check "$label: room for 40" exits 0
snapshot small/copies >before
list_readers 1 300 >list.csv
mark small/copies small/ledger
check "$label: is refused" refused
snapshot small/copies >after
check "$label: the old copies stay" same before after
check "$label: no copy is claimed that is not there" test "$(issued small/ledger)" -eq 40
check "$label: the commitment is whole" commitment_is_whole small/ledger
run trace small/copies/u00007.md --ledger small/ledger --json
check "$label: a leak is traced" names u00007
head -c 1000k /dev/zero >small/filler 2>/dev/null
run trace small/copies/u00007.md --ledger small/ledger --json
check "$label: on a disk without any room, too" names u00007
run places "$paper" --write small/approved.md
check 'places --write on a full disk: is refused' refused
check 'places --write on a full disk: writes nothing' test -z "$(ls small/approved* 2>/dev/null)"
umount small

end_of_test
