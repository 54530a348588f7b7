#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Papers in order and out of order, as mark and places take them.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

list_readers 1 3 >list.csv

# mark PAPER OPTION...: in a fresh folder.
mark() {
	rm -rf -- copies ledger ledger.commitment
	run mark "$@" --readers list.csv --out copies --ledger ledger
}

# refuses NAME FORMAT PATTERN: the paper that printf(1) makes is refused with this message, by mark
# and by places.
refuses() {
	# shellcheck disable=SC2059
	printf "$2" >paper.md
	mark paper.md --no-auto
	check "$1: is refused" refused
	check "$1: says where and why" err_has "$3"
	check "$1: nothing is written" none_of copies ledger ledger.commitment
	run places paper.md --no-auto --write approved.md
	check "$1: places refuses it, too" refused
	check "$1: places says the same" err_has "$3"
	check "$1: places writes nothing" test ! -e approved.md
}

at='^paper\.md:'
refuses 'a brace that stays open' 'One.\n\nWe {met|sat here.\n' "${at}3:4: error"
refuses 'a brace that closes nothing' 'One.\n\nWe met} here.\n' "${at}3:7: error"
refuses 'a brace that closes nothing, later' 'We {met|sat} here.\n\nWe } met.' "${at}3:4: error"
refuses 'braces in braces' 'We {met|{sat|stood}} here.\n' "${at}1:9: error"
refuses 'an empty place' 'We {} here.\n' "${at}1:4: error"
refuses 'one wording' 'We {met} here.\n' "${at}1:4: error"
refuses 'an empty wording' 'We {met|} here.\n' "${at}1:[0-9]*: error.*empty"
refuses 'identical wordings' 'We {met|sat|met} here.\n' "${at}1:[0-9]*: error"
refuses 'wordings that differ in case' 'We {Met|met} here.\n' "${at}1:[0-9]*: error"
refuses 'wordings that differ in quotation marks' 'We {"met"|met} here.\n' "${at}1:[0-9]*: error"
refuses 'wordings that differ in a hyphen' 'A {co-operative|cooperative} spirit.\n' "${at}1:[0-9]*: error"
refuses 'wordings that differ in a blank' 'A {any one|anyone} else.\n' "${at}1:[0-9]*: error"
refuses 'wordings that differ in punctuation' 'They left{.|!} Then.\n' "${at}1:[0-9]*: error"
refuses 'a place over two paragraphs' 'We {met\n\n|sat} here.\n' "${at}1:4: error"
refuses 'not UTF-8' 'We {met|sat} here.\nJ\374rgen.\n' '^paper\.md:2:2: error.*UTF-8'
refuses 'a NUL' 'We {met|sat} here.\nA\000B\n' '^paper\.md:2:2: error'
refuses 'a byte order mark of UTF-16' '\377\376W\000e\000' '^paper\.md:1:1: error.*UTF-8'
refuses 'columns count characters' 'Žižka und {a|a}' "${at}1:1[0-9]*: error"
check 'two mistakes are both told' \
	test "$(printf 'We {a|a} and {b|b}.\n' >paper.md; run places paper.md --no-auto; grep -c 'error' "$err")" -ge 2

# Taken, with or without a word.
printf 'The {red|dark red} flag {flew|was flying} there.\n' >paper.md
mark paper.md --no-auto
check 'a wording inside another: is taken' exits 0
check 'a wording inside another: with a warning' err_has "${at}1:[0-9]*: warning"
printf 'Literal \\{ \\| \\} \\\\ and {a|the} brace in C:\\dir.\n' >paper.md
mark paper.md --no-auto
check 'escaped signs: are taken' exits 0
check 'escaped signs: stand in the copy' \
	grep -qE '^Literal \{ \| \} \\ and (a|the) brace in C:\\dir\.$' copies/u00001.md
printf '\357\273\277We {met|sat} here.\r\nAnd {left|went}.\r\n' >paper.md
mark paper.md --no-auto
check 'a byte order mark and CRLF: are taken' exits 0
check 'a byte order mark and CRLF: stay' \
	test "$(head -c 3 copies/u00001.md | od -An -tx1 | tr -d ' ')" = efbbbf -a \
	"$(grep -c "$(printf '\r')" copies/u00001.md)" -eq 2
printf '# {Draft|Sketch} of a {plan|scheme}\n\n* one {item|point}\n\n> {Said|Told} so\n' >paper.md
mark paper.md --no-auto
check 'places in headings, lists and quotations' out_has ' 4 places, 4\.0 bits'
printf 'Paper with {one|1|a single} place.\n' >paper
mark paper --no-auto
check 'a name without extension: the copy has none' test -f copies/u00001
mkdir -p dir.d && cp paper dir.d/paper
mark dir.d/paper --no-auto
check 'a point in the folder is no extension' test -f copies/u00001
mkdir -p old && mv paper old/.paper
mark old/.paper --no-auto
check 'a hidden name is no extension' test -f copies/u00001

# No place.
printf 'Nothing here can differ.\n' >plain.md
mark plain.md --no-auto
check 'no place: is refused' refused
check 'no place: says what to do' err_has '^plain\.md: error: .*--force'
check 'no place: nothing is written' none_of copies ledger ledger.commitment
mark plain.md --no-auto --force
check 'no place, --force: is taken' exits 0
check 'no place, --force: identical copies' same copies/u00001.md copies/u00003.md
check 'no place, --force: the paper itself' same copies/u00001.md plain.md
run trace copies/u00001.md --ledger ledger --json
check 'no place: a leak names nobody' nobody_yet
run places plain.md --no-auto
check 'no place: places lists none' out_has '^0 places'

# Automatic places.
mark "$paper" --no-auto
own=$(sed -n 's/.*; \([0-9]*\) places.*/\1/p' "$out")
check '--no-auto: only the places of the author' test "$own" -eq 183
mark "$paper"
check 'otherwise: more of them' test "$(sed -n 's/.*; \([0-9]*\) places.*/\1/p' "$out")" -gt "$own"
original "$paper" >plain.md
mark plain.md --no-auto
check '--no-auto: without any, the paper is refused' refused
SUBROSA_DATA=/nonexistent run places "$paper"
check 'no language pack: is an error' refused
check 'no language pack: says what to do' err_has 'SUBROSA_DATA|--no-auto'
SUBROSA_DATA=/nonexistent run places "$paper" --no-auto
check 'no language pack, --no-auto: is none' exits 0

# Standard input.
rm -rf copies ledger ledger.commitment
run_with "$paper" mark - --readers list.csv --out copies --ledger ledger --no-auto
check 'from standard input: is taken' exits 0
check 'from standard input: no extension' test -f copies/u00001
run_with "$paper" mark - --readers list.csv --out copies --ledger ledger --no-auto
check 'from standard input: again' exits 0
run_with list.csv mark "$paper" --readers - --out other --ledger other.ledger --no-auto
check 'readers from standard input: are taken' exits 0
rm -rf copies ledger ledger.commitment
run_with "$paper" mark - --readers - --out copies --ledger ledger --no-auto
check 'both from standard input: is refused' refused
check 'both from standard input: nothing is written' none_of copies ledger ledger.commitment
"$SUBROSA" mark - --readers list.csv --out copies --ledger ledger <&- >"$out" 2>"$err"
status=$?
check 'a closed standard input: is refused' refused

# One place, and many.
printf 'The board {met|sat} in the morning and rose before noon.\n' >paper.md
mark paper.md --no-auto
check 'one place: is taken' out_has ' 1 places, 1\.0 bits'
run trace copies/u00001.md --ledger ledger --json
check 'one place: is not enough for a name' nobody inconclusive
many_places 5000 >paper.md
mark paper.md --no-auto
check '5,000 places: are taken' out_has ' 5000 places, 3366\.[0-9] bits'
run trace copies/u00002.md --ledger ledger --json
check '5,000 places: the copy is named' names u00002
check '5,000 places: all are read' value_is 5000 seen places
check '5,000 places: the bound is a number above 0' not value_is 0.0 named 0 p_value
many_places 100001 >paper.md
mark paper.md --no-auto
check '100,001 places: are refused' refused
check '100,001 places: nothing is written' none_of copies ledger ledger.commitment
head -c 17000000 /dev/zero | tr '\0' 'x' >paper.md
mark paper.md --no-auto --force
check '17 MB of paper: are refused' refused
check '17 MB of paper: says why' err_has '^paper\.md: error: .*larger'

end_of_test
