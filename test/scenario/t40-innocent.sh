#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whom does it accuse when nobody leaked? Fresh ledgers, whose symbols nobody has seen before, and
# leaks that come from none of their copies; then releases that were made from a copy.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

# With a chance of 1e-3 a ledger, 200 ledgers name somebody more than 5 times in 7e-8 of all runs of
# this test: 1 - BinomialCDF(5; 200, 1e-3) = 7.0e-8; 50 more than 3 times in 2.2e-7. At 1e-6, more than
# once: 2.0e-8 and 1.2e-9. Where a sanitizer looks for other faults, 50 have to do.
ledgers_n=200
allowed_3=5
allowed_6=1
if [ "$SANITIZED" = true ]; then
	ledgers_n=50
	allowed_3=3
fi

list_readers 1 20 >list.csv
original "$paper" >original.md
given "$paper" list.csv copies.stranger ledger.stranger
stranger=copies.stranger/u00011.md
run trace original.md --ledger ledger.stranger --json
check 'control: the original wordings align with the paper' test "$(value seen places)" -gt 150

# accuse LEAK LEVEL: whether somebody is named; a failure counts as well.
accuse() {
	run trace "$1" --ledger ledger --max-false "$2" --json
	[ "$status" -ne 1 ]
}

by_original_3=0
by_original_6=0
by_stranger_3=0
by_stranger_6=0
missed=0
i=0
while [ "$i" -lt "$ledgers_n" ]; do
	i=$((i + 1))
	rm -rf copies ledger ledger.commitment
	given "$paper" list.csv copies ledger
	! accuse original.md 1e-3 || by_original_3=$((by_original_3 + 1))
	! accuse "$stranger" 1e-3 || by_stranger_3=$((by_stranger_3 + 1))
	# The stricter level can name only where the other one did.
	if [ "$((by_original_3 + by_stranger_3))" -gt 0 ]; then
		! accuse original.md 1e-6 || by_original_6=$((by_original_6 + 1))
		! accuse "$stranger" 1e-6 || by_stranger_6=$((by_stranger_6 + 1))
	fi
	if [ "$((i % 10))" -eq 0 ]; then
		run trace copies/u00003.md --ledger ledger --json
		names u00003 || missed=$((missed + 1))
	fi
done
printf '# wrong names in %d ledgers of 20 readers: original wordings %d at 1e-3, %d at 1e-6; the copy of another ledger %d, %d\n' \
	"$ledgers_n" "$by_original_3" "$by_original_6" "$by_stranger_3" "$by_stranger_6"
check "the original wordings: no more than $allowed_3 of $ledgers_n at 1e-3" test "$by_original_3" -le "$allowed_3"
check "the original wordings: no more than $allowed_6 of $ledgers_n at 1e-6" test "$by_original_6" -le "$allowed_6"
check "another ledger's copy: no more than $allowed_3 of $ledgers_n at 1e-3" test "$by_stranger_3" -le "$allowed_3"
check "another ledger's copy: no more than $allowed_6 of $ledgers_n at 1e-6" test "$by_stranger_6" -le "$allowed_6"
check 'control: he who leaked is named' test "$missed" -eq 0

# A draft by another hand, of which the author's wordings are a part.
run trace "$corpus/drafts/d1.md" --ledger ledger --json
check 'a draft names nobody' nobody_yet

# Releases made from a copy, and articles that quote them: the reader had no part in it.
given "$paper" "$readers" copies.release ledger.release
framed=0
unframed=0
for copy in copies.release/*.md; do
	id=${copy#copies.release/}
	id=${id%.md}
	{ echo 'For immediate release' && sed -n '1,50p' "$copy"; } >release.md
	{ sed -n '1,20p' "$corpus/junk/j1.txt" && sed -n '5,48p' "$copy" && cat "$corpus/junk/j2.txt"; } >article.txt
	run trace article.txt --ledger ledger.release --json
	names "$id" && unframed=$((unframed + 1))
	run trace article.txt --ledger ledger.release --public release.md --json
	nobody_yet || framed=$((framed + 1))
done
check 'control: without the release, its copy is named' test "$unframed" -eq 24
check 'with the release as a public text, nobody is named' test "$framed" -eq 0

# The article quotes the release and one copy.
for leaker in r02 r19; do
	{ sed -n '1,50p' copies.release/r07.md && cat "$corpus/junk/j3.txt" && sed -n '51,124p' "copies.release/$leaker.md"; } >article.txt
	sed -n '1,50p' copies.release/r07.md >release.md
	run trace article.txt --ledger ledger.release --public release.md --json
	check "a release made from r07 and a copy of $leaker: $leaker and nobody else" names "$leaker"
done
# Retyped with mistakes, the release is still known.
sed -n '1,50p' copies.release/r07.md | sed 's/tion /toin /; s/ the / teh /' >release.md
sed -n '5,48p' copies.release/r07.md >article.txt
run trace article.txt --ledger ledger.release --public release.md --json
check 'a release with typing errors: nobody is named' nobody_yet
sed -n '5,48p' copies.release/r07.md | sed 's/tion /toin /; s/ the / teh /' >article.txt
sed -n '1,50p' copies.release/r07.md | tr '[:lower:]' '[:upper:]' | tr '\n' ' ' >release.md
run trace article.txt --ledger ledger.release --public release.md --json
check 'a release in capitals, an article with typing errors: nobody is named' nobody_yet

end_of_test
