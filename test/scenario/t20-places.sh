#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# places: what it lists, and the paper that it writes for the author to approve.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"
own_mounts

printf 'A {small|little} test\n\nwith {three|3|a few} places {inside|within} it.\n' >paper.md
run places paper.md --no-auto
check 'lists places' exits 0
check 'says nothing on standard error' err_empty
check 'each with line and column' out_has '^3:6	author	three \| 3 \| a few$'
check 'a line for each' test "$(grep -c '^[0-9]*:[0-9]*	author	' "$out")" -eq 3
check 'sums them up: bits are those of two, three and two wordings' out_has '^3 places .*, 3\.6 bits in 8 words'
check 'says how long a passage must be' out_has 'readers +at 0\.001 +at 1e-06'
check 'for a paper that is too short says so' out_has ' 1000 +-- +--'
cp "$out" first
run places paper.md --no-auto
check 'the same again' same first "$out"

run places paper.md --no-auto --json
check 'JSON: succeeds' exits 0
check 'JSON: format' value_is subrosa-places/1 format
check 'JSON: places' value_is 3 places
check 'JSON: bits are a number' type_is 'integer real' bits
check 'JSON: words' value_is 8 words
check 'JSON: the list has them all' items_are 3 list
check 'JSON: line' value_is 3 list 1 line
check 'JSON: column' value_is 6 list 1 column
check 'JSON: origin' value_is author list 1 origin
check 'JSON: wordings' value_is '["three","3","a few"]' list 1 wordings
check 'JSON: no passage is long enough' type_is null shortest 0 words
run places "$paper" --json
check 'JSON: places of a longer paper' type_is integer places
check 'JSON: bits of a longer paper' type_is real bits
check 'JSON: the shortest passages' items_are 6 shortest
check 'JSON: is a number of words' type_is integer shortest 0 words
check 'JSON: stricter takes more words' test "$(value shortest 1 words)" -gt "$(value shortest 0 words)"
check 'JSON: more readers take more words' test "$(value shortest 4 words)" -gt "$(value shortest 0 words)"

printf '\033[31mRed\033[0m {a\033[2Jb|c} and {"x" \\| y|z} there.\n' >hostile.md
run places hostile.md --no-auto
check 'control characters do not reach the terminal' not grep -q "$(printf '\033')" "$out"
run places hostile.md --no-auto --json
check 'in JSON they are escaped' value_is 2 places
check 'quotation marks in JSON' value_is '"x" | y' list 1 wordings 0

# --write.
for file in "$corpus"/papers/p*.md "$corpus"/drafts/*.md "$SOURCE/data/demo/paper.md"; do
	name=${file##*/}
	rm -f approved.md
	run places "$file" --json --write approved.md
	check "$name --write: succeeds" exits 0
	all=$(value places)
	bits=$(value bits)
	run places approved.md --json --no-auto
	check "$name --write: written out, as many places" value_is "$all" places
	check "$name --write: as many bits" value_is "$bits" bits
	original "$file" >plain.before
	original approved.md >plain.after
	check "$name --write: not another word" same plain.before plain.after
	run mark approved.md --no-auto --readers "$readers" --out "copies.$name" --ledger "ledger.$name" --force
	check "$name --write: marked, as many places" out_has "; $all places"
done
rm approved.md
run places "$paper" --json
more=$(value places)
run places "$paper" --json --no-auto
check '--no-auto: fewer places' test "$(value places)" -lt "$more"
run places "$paper" --no-auto --write same.md
check '--no-auto --write: succeeds' exits 0
check '--no-auto --write: nothing changes' same same.md "$paper"
check '--write: for the owner only' mode_is 600 same.md
printf 'Literal \\{ \\| \\} \\\\ C:\\dir {a|b} was asked for in order to help.\r\n' >paper.md
run places paper.md --json --write escaped.md
all=$(value places)
run places escaped.md --json --no-auto
check '--write: keeps what is escaped' value_is "$all" places
check '--write: and the line end' test "$(tail -c 2 escaped.md | od -An -tx1)" = ' 0d 0a'

# Refused.
snapshot . >"$scratch/before"
refuses() {
	check "$1: is refused" refused
	check "$1: says why" err_has "$2"
	snapshot . >"$scratch/after"
	check "$1: changes nothing" same "$scratch/before" "$scratch/after"
}
run places none.md
refuses 'no such paper' '^none\.md: error'
run places .
refuses 'a folder' '^\.: error'
run places "$paper" --write none/approved.md
refuses 'a missing folder' '^none/approved\.md: error'
run places "$paper" --write same.md
refuses 'a file that is there' '^same\.md: error'
run places "$paper" --write paper.md
refuses 'another paper' '^paper\.md: error'
run places "$paper" --write ''
refuses 'no name' 'error'
run places "$paper" paper.md
refuses 'two papers' 'one paper'
run places
refuses 'no paper' 'PAPER'
run places "$paper" --write
refuses 'no file to write' 'write'
ln -s nowhere dangling && snapshot . >"$scratch/before"
run places "$paper" --write dangling
check 'a link to nowhere: nothing is written elsewhere' test ! -e nowhere

run_with "$paper" places - --json
check 'from standard input' value_is "$more" places
: >empty
run places empty
check 'an empty paper has no places' out_has '^0 places .* in 0 words'
run places empty --json
check 'an empty paper in JSON' value_is 0 places

if mount_small small 1m; then
	mount -o remount,ro none small
	run places "$paper" --write small/approved.md
	check 'a folder that cannot be written: is refused' refused
	check 'a folder that cannot be written: is named' err_has '^small/approved\.md: error'
	umount small
else
	skip 'a folder that cannot be written' 'no file system can be mounted here'
fi

end_of_test
