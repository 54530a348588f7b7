#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whose copy is a file? First of all: whom does it name wrongly?
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

given "$paper" "$readers" copies ledger
given "$other_paper" "$readers" others other.ledger

# says DECISION: of the first file (--json); who is said to be whose it is goes with it.
says() { value_is "$1" copies 0 decision; }
# one ID DECISION: this reader and nobody else.
one() { exits 0 && says "$2" && items_are 1 copies 0 readers && value_is "$1" copies 0 readers 0 reader; }
# none DECISION: nobody.
none() { exits 1 && says "$1" && items_are 0 copies 0 readers; }

# Byte for byte.
for id in r01 r07 r24; do
	run which "copies/$id.md" --ledger ledger --json
	check "the copy of $id is his" one "$id" exact
done
run which copies/r07.md --ledger ledger
check 'in words: whose' out_has '^copies/r07\.md: byte for byte the copy of Agathe Minnow \(r07\), Foreign Ministry, Talve'
check 'in words: says nothing on standard error' err_empty
run_with copies/r07.md which - --ledger ledger --json
check 'standard input' one r07 exact
run which others/r05.md --ledger ledger --ledger other.ledger --json
check 'of the second ledger' one r05 exact
check 'of the second ledger: which one' value_is other.ledger copies 0 readers 0 ledger
run which copies/r03.md others/r09.md --ledger ledger --ledger other.ledger --json
check 'two files, each for itself' exits 0
check 'two files: the first' value_is r03 copies 0 readers 0 reader
check 'two files: the second' value_is r09 copies 1 readers 0 reader

# By wordings. Each of these is the whole copy of r07 in other bytes.
sed 's/$/ /' copies/r07.md >spaces.txt
tr 'a-z' 'A-Z' <copies/r07.md >capitals.txt
sed 's/$/\r/' copies/r07.md >crlf.md
tr '\n' ' ' <copies/r07.md >line.txt
{
	echo '<!DOCTYPE html><html><head><title>x</title></head><body><p>Menu</p>'
	sed 's/&/\&amp;/g; s/</\&lt;/g; s/^$/<p>/' copies/r07.md
	echo '<p>Imprint</p></body></html>'
} >page.html
{
	printf 'Dear all, here is what we were sent on Monday, with regards.\n\n'
	cat copies/r07.md copies/r07.md
} >twice.txt
for file in spaces.txt capitals.txt crlf.md line.txt page.html twice.txt; do
	run which "$file" --ledger ledger --json
	check "$file: is worded as the copy of r07" one r07 worded
	check "$file: every place was read" test "$(value copies 0 read)" = "$(value copies 0 places)"
done
run which spaces.txt --ledger ledger
check 'by wordings, in words: whose' out_has 'by its wordings the copy of Agathe Minnow \(r07\)'
check 'by wordings, in words: how sure' out_has 'is at most 1 in 10\^[0-9]+'
run which spaces.txt --ledger other.ledger --ledger ledger --json
check 'by wordings, of the second ledger' one r07 worded

# Places that no copy shows, at both ends of a paper, do not stand in the way.
sed '1s/^/{Confidential|Secret}\n\n/; $s/$/\n\n{Thanks|Regards}/' "$paper" >edges.md
given edges.md "$readers" edges edges.ledger
sed 's/$/ /' edges/r02.md >edge.txt
run which edge.txt --ledger edges.ledger --json
check 'places at the edges: whose' one r02 worded

# Whom does it name wrongly? These are nobody's.
original "$paper" >original.md
run which original.md --ledger ledger --json
check "the original wordings are nobody's" none nobody
run which original.md --ledger ledger
check 'the original wordings: trace is recommended' out_has 'subrosa trace'
given "$paper" "$readers" again again.ledger
run which again/r07.md --ledger ledger --json
check 'the copy of r07 from another ledger of the same paper' none nobody
run which again/r07.md --ledger ledger --ledger again.ledger --json
check 'with both ledgers: his, in that one' one r07 exact
head -n 60 copies/r07.md >mixed.md
tail -n +61 copies/r12.md >>mixed.md
run which mixed.md --ledger ledger --json
check 'two copies mixed' none nobody
# One place of r07's copy is set to another wording of the paper.
diff copies/r07.md copies/r12.md | grep -m 1 '^[0-9]' | sed 's/[^0-9].*//' >line
{
	head -n $(($(cat line) - 1)) copies/r07.md
	sed -n "$(cat line)p" copies/r12.md
	tail -n +$(($(cat line) + 1)) copies/r07.md
} >changed.md
check 'one line was changed' not same changed.md copies/r07.md
run which changed.md --ledger ledger --json
check 'one line of another copy' exits 1
check 'one line of another copy: nobody' items_are 0 copies 0 readers
{
	cat copies/r07.md
	sed -n '10,20p' copies/r12.md
} >both.md
run which both.md --ledger ledger --json
check 'a copy beside a part of another' exits 1
check 'a copy beside a part of another: nobody' items_are 0 copies 0 readers
for lines in 5 20 60 100; do
	head -n "$lines" copies/r07.md >part.md
	run which part.md --ledger ledger --json
	check "the first $lines lines" none part
done
run which part.md --ledger ledger
check 'a part: trace is recommended' out_has "subrosa trace"
check 'a part: is not called his' out_lacks 'r07'
for file in "$corpus/junk/j1.txt" "$SOURCE/data/demo/stranger.html" others/r07.md /dev/null; do
	run which "$file" --ledger ledger --json
	check "${file##*/} of elsewhere" none not-ours
done
run which copies/r07.md original.md --ledger ledger --json
check "one is somebody's, one nobody's: does not succeed" exits 1

# A paper with a few places: anybody may write the same by chance.
printf 'The board {met|sat} in the {morning|forenoon} and {rose|left} some time before noon.\n' >short.md
given short.md "$readers" short short.ledger
named=0
for met in met sat; do
	for morning in morning forenoon; do
		for rose in rose left; do
			echo "The board $met in the $morning and $rose some time before noon. " >any.txt
			run which any.txt --ledger short.ledger --json
			exits 1 || named=$((named + 1))
			items_are 0 copies 0 readers || value_is twins copies 0 decision || named=$((named + 1))
		done
	done
done
check 'three places: of all eight texts none is named' test "$named" -eq 0
head -n 2 "$readers" >lone.csv
given short.md lone.csv lone lone.ledger
sed 's/$/ /' lone/r01.md >lone.txt
run which lone.txt --ledger lone.ledger --json
check 'one reader, three places: not sure' none unsure
p=$(value copies 0 p_value)
check 'one reader, three places: a chance of 1 in 8, rounded upward' \
	awk -v p="$p" 'BEGIN { exit !(p >= 0.125 && p < 0.1250001) }'
run which lone.txt --ledger lone.ledger
check 'one reader, three places: no name in the words' out_lacks 'r01'
run which lone.txt --ledger lone.ledger --max-false 0.2 --json
check 'at a level of 0.2: is told' one r01 worded
run which lone/r01.md --ledger lone.ledger
check 'byte for byte, with a warning' out_has 'can be the same by chance'
run which copies/r07.md --ledger ledger
check 'byte for byte, of many places: without' out_lacks 'by chance'

# Twins.
echo 'A paper without any place.' >plain.md
run mark plain.md --readers "$readers" --out plain --ledger plain.ledger --no-auto --force
run which plain/r07.md --ledger plain.ledger --json
check 'identical copies: twins' says twins
check 'identical copies: nobody is named' exits 1
check 'identical copies: all are listed' items_are 24 copies 0 readers
run which plain/r07.md --ledger plain.ledger
check 'identical copies: said so' out_has 'TWINS.*24 readers'

# Copies that cannot be read as text are told by their bytes.
printf '%%PDF-1.4\n\nThe board {met|sat} in the {morning|forenoon}.\n' >odd.md
given odd.md lone.csv odd odd.ledger
run which odd/r01.md --ledger odd.ledger --json
check 'a copy that looks like a PDF' one r01 exact
run which "$corpus/extract/paper.pdf" --ledger ledger
check "a PDF that is nobody's is refused" refused
check 'a PDF: the message names the file' err_has 'paper\.pdf: error: '

# What is refused, and what stays as it is.
snapshot . >"$scratch/before"
for words in '' 'copies/r07.md' '--ledger ledger' 'none.md --ledger ledger' 'copies --ledger ledger' \
	'copies/r07.md --ledger none' 'copies/r07.md --ledger copies/r07.md' \
	'copies/r07.md --ledger ledger --ledger ./ledger' '- - --ledger ledger' \
	'copies/r07.md --ledger ledger --max-false 0' 'copies/r07.md --ledger ledger --max-false 1' \
	'copies/r07.md --ledger ledger --max-false x' 'copies/r07.md none.md --ledger ledger'; do
	# shellcheck disable=SC2086 # words
	run which $words
	check "which $words: is refused" refused
done
snapshot . >"$scratch/after"
check 'nothing was changed' same "$scratch/before" "$scratch/after"

end_of_test
