#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A leak in parts, several ledgers, texts that were public, dates and levels.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

given "$paper" "$readers" copies ledger
given "$other_paper" "$readers" copies.other ledger.other
copy=copies/r07.md

trace() {
	run trace --json "$@"
}


# Parts of one leak: three passages, each too short.
i=1
for lines in 5,7 40,42 80,82 95,97 110,113; do
	sed -n "${lines}p" "$copy" >"part.$i"
	trace "part.$i" --ledger ledger
	check "part $i alone: names nobody" exits 1
	i=$((i + 1))
done
trace part.* --ledger ledger
check 'the parts together: name the reader' names r07
cp "$out" verdict
trace part.5 part.3 part.1 part.4 part.2 --ledger ledger
check 'in another order: the same verdict' same verdict "$out"
places=$(value seen places)
trace part.* part.1 part.2 --ledger ledger
check 'a part twice: its places count once' value_is "$places" seen places
check 'a part twice: the same reader' names r07
cat part.* >joined
trace joined --ledger ledger
check 'in one file: the same reader' names r07
run_with part.1 trace --json - part.2 part.3 part.4 part.5 --ledger ledger
check 'a part from standard input: the same verdict' same verdict "$out"

# Several ledgers.
trace "$copy" --ledger ledger --ledger ledger.other
check 'two ledgers: the reader of the paper that is quoted' names r07
check 'two ledgers: which paper' value_is 'Project Heron: proposed merger with Norrow Mills' paper title
cp "$out" verdict
trace "$copy" --ledger ledger.other --ledger ledger
check 'two ledgers: the other way round, the same verdict' same verdict "$out"
trace "$corpus/junk/j1.txt" --ledger ledger --ledger ledger.other
check 'two ledgers: quoted from neither' nobody not-ours
trace "$copy" --ledger ledger.other
check 'only the ledger of another paper' nobody not-ours
cat "$copy" copies.other/r12.md >two.md
trace two.md --ledger ledger --ledger ledger.other
check 'two papers in one leak: one reader is named' items_are 1 named
check 'two papers in one leak: the other stands below' items_are 1 other_papers
check 'two papers in one leak: both are right' \
	test "$(for name in "$(value named 0 reader)" "$(value other_papers 0 named 0 reader)"; do echo "$name"; done |
		sort | tr '\n' ' ')" = 'r07 r12 '
check 'two papers in one leak: all readers of both are counted' value_is 48 tested
run trace two.md --ledger ledger --ledger ledger.other
check 'two papers in one leak: in words, both' \
	test "$(grep -c '^NAMED: the copy of .*(r07)\|^NAMED: the copy of .*(r12)' "$out")" -eq 2
sed -n '1,60p' "$copy" >half
sed -n '5,9p' copies.other/r12.md >>half
trace half --ledger ledger --ledger ledger.other
check 'much of one and little of another: the first is named' names r07
check 'much of one and little of another: nobody for the second' items_are 0 other_papers 0 named
list_readers 1 3 >few.csv
set --
i=0
while [ "$i" -lt 30 ]; do
	i=$((i + 1))
	many_words 20 "{will|shall} case $i" >small.md
	given small.md few.csv "small.$i" "small.ledger.$i"
	set -- "$@" --ledger "small.ledger.$i"
done
trace "$copy" "$@" --ledger ledger
check '31 ledgers: the right one is found' names r07
check '31 ledgers: all were searched' value_is 31 papers_searched

# Public texts.
sed -n '1,60p' "$copy" >release.md
sed -n '61,400p' "$copy" >rest.md
trace "$copy" --ledger ledger --public "$copy"
check 'all of it was public: nobody is named' nobody_yet
check 'all of it was public: nothing is read' value_is 0 seen places
check 'all of it was public: the places are counted' test "$(value seen supplied)" -gt 100
trace release.md --ledger ledger
check 'a part, not known as public: is named' names r07
trace release.md --ledger ledger --public release.md
check 'the same part, public: nobody is named' nobody_yet
trace "$copy" --ledger ledger --public release.md
check 'a part was public, the rest is enough' names r07
check 'a part was public: fewer places are read' test "$(value seen places)" -lt 183
trace "$copy" --ledger ledger --public release.md --public rest.md
check 'two public texts that hold it all: nobody is named' nobody_yet
for public in "$corpus/junk/j1.txt" "$other_paper" "$SOURCE/data/demo/stranger.html"; do
	trace "$copy" --ledger ledger --public "$public"
	check "public, but nothing of it: ${public##*/}" names r07
done
original "$paper" >original.md
trace original.md --ledger ledger --public original.md
check 'the original wordings, public' nobody_yet
trace "$copy" --ledger ledger --public "$paper"
check 'the braces file, public: nobody is named' nobody_yet
run_with "$copy" trace --json release.md --ledger ledger --public -
check 'a public text from standard input' nobody_yet
trace "$copy" --ledger ledger --public none.md
check 'a public text that is missing: is refused' refused
check 'a public text that is missing: is named' err_has '^none\.md: error'

# Dates. The copies are committed now, by the clock of this machine.
today=$(date -u +%Y-%m-%d)
trace "$copy" --ledger ledger --leaked-on "$today"
check 'leaked today: is named' names r07
trace "$copy" --ledger ledger --leaked-on 2999-12-31
check 'leaked later: is named' names r07
check 'leaked later: nobody is left out' value_is 0 left_out
for day in 2001-01-01 1970-01-01 1969-12-31 2000-02-29; do
	trace "$copy" --ledger ledger --leaked-on "$day"
	check "leaked on $day, before there were copies: nobody is named" nobody_yet
	check "leaked on $day: all are left out" value_is 24 left_out
	check "leaked on $day: nobody is consistent" items_are 0 consistent
done
run trace "$copy" --ledger ledger --leaked-on 2001-01-01
check 'leaked before: in words, too' out_has '^24 copies that were committed later'
for day in '' today 2001 2001-13-01 2001-00-10 2001-01-00 2001-02-29 2001-04-31 1900-02-29 01-01-2001 2001/01/01 \
	2001-1-1 '2001-01-01 ' ' 2001-01-01' ' 2001-1-01' '2001- 1-01' '2001-01- 1' '2001-+1-01' 2001-01-01T00:00 \
	2001-01-01x 20010101 99999-01-01 -001-01-01; do
	trace "$copy" --ledger ledger --leaked-on "$day"
	check "--leaked-on '$day' is refused" refused
done

# Levels.
for level in '' x 0 1 2 -1 -0.5 nan -nan inf 1e-3x '1e-3 ' 1,5 1e-9999 0.0 1.0 1e0 --json; do
	trace "$copy" --ledger ledger --max-false "$level"
	check "--max-false '$level' is refused" refused
done
# At a high level others may be named as well.
for level in 0.5 1e-3 1e-6 .000001 1e-30; do
	trace "$copy" --ledger ledger --max-false "$level"
	check "--max-false $level: is named" exits 0
	check "--max-false $level: comes first" value_is r07 named 0 reader
done
trace "$copy" --ledger ledger --max-false 1e-300
check '--max-false 1e-300: is too strict for this paper' nobody inconclusive
trace "$copy" --ledger ledger
cp "$out" verdict
trace "$copy" --ledger ledger --max-false 1e-6
check '--max-false: 1e-6 is the default' same verdict "$out"
trace "$copy" --ledger ledger --max-false 1e-3 --max-false 1e-300
check '--max-false: the last one counts' nobody inconclusive

# Every level keeps to its word, whatever the passage.
broken=0
n=1
while [ "$n" -le 60 ]; do
	sed -n "$n,$((n + 6))p" "$copy" >piece
	for level in 1e-1 1e-3 1e-6; do
		trace piece --ledger ledger --max-false "$level"
		case $(value decision) in
		named) awk -v p="$(value named 0 p_value)" -v level="$level" 'BEGIN { exit !(p + 0 <= level + 0) }' || broken=1 ;;
		*) [ "$status" -eq 1 ] || broken=1 ;;
		esac
	done
	n=$((n + 7))
done
check 'nobody is named above the level' test "$broken" -eq 0

run trace --ledger ledger
check 'no leak: is refused' refused
run trace "$copy"
check 'no ledger: is refused' refused

end_of_test
