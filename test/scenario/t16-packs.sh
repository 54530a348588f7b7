#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Language packs: every shipped pack keeps its own tests, and what is wrong in one is told by file
# and line.
. "$(dirname -- "$0")/lib.sh"
needs_program

for dir in "$SOURCE"/data/*/language.pack; do
	dir=${dir%/*}
	run pack check "$dir"
	check "$dir: is in order" exits 0
	check "$dir: nothing on standard error" err_empty
	check "$dir: its tests were run" out_has '[1-9][0-9]* test sentences passed'
done

mkdir xx
cat >xx/language.pack <<'END'
language xx Invented
class number #digits two
END
cat >xx/a.pack <<'END'
about: quant x <> about | around
	right #number
	+ It holds about 40 tons. => It holds around 40 tons.
	- They spoke about it.
END
run pack check xx
check 'a pack of two files' exits 0
check 'its name and its tests' out_has '^Invented: 1 entries, 0 fixed terms; 2 test sentences passed'

# wrong LINE WORDS TEXT: a pack with a bad line is refused with its place.
wrong() {
	printf '%s' "$3" >xx/b.pack
	run pack check xx
	check "$2: refused" exits 2
	check "$2: file and line" err_has "^xx/b.pack:$1:1: error: .*$2"
	check "$2: nothing on standard output" out_empty
}
wrong 3 'finds nothing here' 'x: c x <> one | another
	right house
	+ This is one tree.
'
wrong 2 'finds a place here' 'x: c x <> one | another
	- This is one tree.
'
wrong 2 'no wording gives the second sentence' 'x: c x <> one | another
	+ This is one tree. => This is other tree.
'
wrong 1 'no part of speech' 'x: c v <> one | another
'
wrong 2 'is no guard' 'x: c x <> one | another
	before house
'
wrong 1 'not indented' 'one another
'
rm xx/b.pack
run pack check .
check 'a folder without a pack' exits 2
check 'is told so' err_has 'holds no language pack'
run pack check missing
check 'no folder' exits 2
check 'is named' err_has '^missing: error: '
run pack
check 'no folder given' exits 2
run pack mend xx
check 'nothing else can be done to a pack' exits 2
end_of_test
