#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What mark writes, what it leaves alone, and what it refuses.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"
own_mounts

# mark ARGUMENT...: of the paper; what is not given is the usual.
mark() {
	run mark "$paper" --no-auto "$@"
}

# The first run.
mark --readers "$readers" --out copies --ledger ledger
check 'marks a paper' exits 0
check 'says nothing on standard error' err_empty
check 'says how many copies' out_has '^24 copies in copies .24 new readers.; 183 places'
check 'one copy for each reader and nothing else' count_is 24 copies
check 'the ledger and its commitment beside them, and nothing else' count_is 27 .
check 'the commitment has its name' test -f ledger.commitment
for id in 01 13 24; do
	check "the copy of r$id has its name" test -f "copies/r$id.md"
done
check 'copies are for the owner only' test -z "$(find copies -type f ! -perm 600)"
check 'so is the folder' mode_is 700 copies
check 'so is the ledger' mode_is 600 ledger
check 'no two copies are alike' test "$(cat copies/* | wc -l)" -gt 0 -a \
	"$(cksum copies/* | cut -d' ' -f1 | sort -u | wc -l)" -eq 24
check 'no copy shows a brace' not grep -q '[{|}]' copies/*
original "$paper" >original.md
check 'a copy is not the original' not same copies/r01.md original.md
check 'but has as many lines' test "$(wc -l <copies/r01.md)" -eq "$(wc -l <original.md)"
check 'all are in the ledger' test "$(issued ledger)" -eq 24

# Again.
snapshot copies >before
cp ledger ledger.before
cp ledger.commitment commitment.before
mark --readers "$readers" --out copies --ledger ledger
check 'again: succeeds' exits 0
check 'again: nobody is new' out_has '^24 copies in copies .0 new readers.'
snapshot copies >after
check 'again: the copies are the same' same before after
check 'again: the ledger is the same' same ledger.before ledger
check 'again: the commitment is the same' same commitment.before ledger.commitment

# More readers.
{ cat -- "$readers" && echo 'r25,Ulla Brenneke,Office of the President,Carrow'; } >more.csv
mark --readers more.csv --out copies --ledger ledger
check 'one more: succeeds' exits 0
check 'one more: is the only new one' out_has '^25 copies in copies .1 new readers.'
check 'one more: has a copy' test -f copies/r25.md
mv copies/r25.md r25.md
snapshot copies >after
check 'one more: the others are the same' same before after
mark --readers more.csv --out elsewhere --ledger ledger
check 'into another folder: succeeds' exits 0
check 'into another folder: the same bytes' same r25.md elsewhere/r25.md
check 'into another folder: the same bytes for the old ones' same copies/r07.md elsewhere/r07.md
rm elsewhere/r07.md
mark --readers more.csv --out elsewhere --ledger ledger
check 'a copy that was lost is made again' same copies/r07.md elsewhere/r07.md
{ head -n 1 -- "$readers" && sed '1d' more.csv | sort -r; } >reverse.csv
mark --readers reverse.csv --out reverse --ledger ledger
check 'the order of the readers does not matter' same copies/r07.md reverse/r07.md
{ head -n 1 -- "$readers" && echo 'r26,Only One,House,Side'; } >one.csv
mark --readers one.csv --out copies --ledger ledger
check 'a list with the new one only: leaves the others' test -f copies/r01.md -a -f copies/r26.md
mark --readers "$readers" --out copies.second --ledger ledger.second
check 'another ledger of the same paper: other copies' not same copies/r07.md copies.second/r07.md

# Modes whatever the umask.
for mask in 000 022 077 777; do
	(umask "$mask" && mark --readers "$readers" --out "copies.$mask" --ledger "ledger.$mask" &&
		exit "$status")
	status=$?
	check "umask $mask: succeeds" exits 0
	check "umask $mask: the ledger is for the owner only" mode_is 600 "ledger.$mask"
	check "umask $mask: so are the copies" test -z "$(find "copies.$mask" -type f ! -perm 600)"
	check "umask $mask: so is the folder" mode_is 700 "copies.$mask"
done

# unchanged NAME: the last run was refused and has left everything as it was.
unchanged() {
	check "$1: is refused" refused
	snapshot . >"$scratch/after"
	check "$1: nothing has changed" same "$scratch/before" "$scratch/after"
}

# remember: what the folder holds before a run that must change nothing.
remember() {
	snapshot . >"$scratch/before"
}

# What is refused.
remember
run mark "$other_paper" --readers "$readers" --out copies --ledger ledger --no-auto
unchanged 'the ledger of another paper'
check 'the ledger of another paper: says whose it is' err_has 'another paper.*Project Heron'
sed 's/Project Heron/Project Crane/' "$paper" >version.md
remember
run mark version.md --readers "$readers" --out copies --ledger ledger --no-auto
unchanged 'another version of the paper'
sed 's/^r07,Agathe Minnow,/r07,Agatha Minnow,/' "$readers" >renamed.csv
remember
mark --readers renamed.csv --out copies --ledger ledger
unchanged 'a reader with another name'
check 'a reader with another name: in which line' err_has '^renamed\.csv:8:.*r07'

mkdir full && echo 'what somebody else wrote' >full/r05.md
cp ledger ledger.before
remember
mark --readers "$readers" --out full --ledger ledger
unchanged 'another file of that name'
check 'another file of that name: which one' err_has 'full/r05\.md'
mkdir linked && ln -s ../original.md linked/r05.md
remember
mark --readers "$readers" --out linked --ledger ledger
unchanged 'a link of that name'
mkdir folder && mkdir folder/r05.md
remember
mark --readers "$readers" --out folder --ledger ledger
unchanged 'a folder of that name'
mark --readers "$readers" --out full --ledger ledger.late
check 'another file of that name, new ledger: is refused' refused
check 'another file of that name, new ledger: no copy appears' count_is 1 full
check 'another file of that name, new ledger: there is none' test ! -e ledger.late
rm full/r05.md
mark --readers "$readers" --out full --ledger ledger.late
check 'out of the way, it is marked' exits 0
check 'out of the way, all copies appear' count_is 24 full

# Paths that do not work. What is given where: PAPER, READERS, DIR, LEDGER.
cp -- "$paper" paper.md && cp -- "$readers" readers.csv && : >empty && mkdir void
wrong_path() {
	remember
	run mark "$2" --readers "$3" --out "$4" --ledger "$5" --no-auto
	unchanged "$1"
	check "$1: is named" err_has "$6"
}
wrong_path 'no such paper' none.md readers.csv new new.ledger '^none\.md: error'
wrong_path 'no such readers' paper.md none.csv new new.ledger '^none\.csv: error'
wrong_path 'a folder as the paper' void readers.csv new new.ledger '^void: error'
wrong_path 'a folder as the readers' paper.md void new new.ledger '^void: error'
wrong_path 'a file as the folder' paper.md readers.csv empty new.ledger 'empty'
wrong_path 'a folder in a missing one' paper.md readers.csv none/new new.ledger 'none/new'
wrong_path 'no name for the folder' paper.md readers.csv '' new.ledger 'error: '
wrong_path 'a ledger in a missing folder' paper.md readers.csv new none/new.ledger 'none/new\.ledger'
wrong_path 'a folder as the ledger' paper.md readers.csv new void 'void'
wrong_path 'no name for the ledger' paper.md readers.csv new '' 'error: '
wrong_path 'the paper as the ledger' paper.md readers.csv new paper.md '^paper\.md: error'
wrong_path 'the readers as the ledger' paper.md readers.csv new readers.csv '^readers\.csv: error'
wrong_path 'an empty file as the ledger' paper.md readers.csv new empty 'empty'
wrong_path 'an empty paper' empty readers.csv new new.ledger '^empty: error'
wrong_path 'an empty list of readers' paper.md empty new new.ledger '^empty: error'
wrong_path 'copies over the paper' paper.md readers.csv new paper.md 'paper\.md'
printf 'id,name,house,side\npaper,P,H,S\n' >self.csv
remember
run mark paper.md --readers self.csv --out . --ledger ledger.second --no-auto
check 'a copy that has the name of the paper: is refused' refused
check 'a copy that has the name of the paper: the paper stays' same paper.md "$paper"

if mount_small void 1m; then
	mount -o remount,ro none void
	cp ledger ledger.before
	mark --readers "$readers" --out void --ledger ledger
	check 'a folder that cannot be written: is refused' refused
	check 'a folder that cannot be written: is named' err_has '(^|[ "])void'
	mark --readers "$readers" --out new --ledger void/ledger
	check 'a ledger that cannot be written: is refused' refused
	check 'a ledger that cannot be written: is named' err_has 'void/ledger'
	check 'a ledger that cannot be written: no copies' test ! -e new
	umount void
else
	skip 'a folder that cannot be written' 'no file system can be mounted here'
fi

# Options twice, words too many.
mark --readers "$readers" --out new --ledger new.ledger more.md
check 'two papers are refused' refused
check 'two papers: nothing is written' test ! -e new -a ! -e new.ledger

end_of_test
