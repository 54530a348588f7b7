#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The three verdicts, their JSON, and leaks in every form that a text can come in.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

given "$paper" "$readers" copies ledger
copy=copies/r07.md

# trace ARGUMENT...: in the ledger.
trace() {
	run trace --ledger ledger "$@"
}

# A copy, whole.
trace "$copy"
check 'a copy: somebody is named' exits 0
check 'a copy: who and of which house' out_has '^NAMED: the copy of Agathe Minnow \(r07\), Foreign Ministry, Talve\.'
check 'a copy: with the bound' out_has 'had no part in this leak fits it this well is at most 1 in '
check 'a copy: says nothing on standard error' err_empty
cp "$out" first
trace "$copy"
check 'the same call, the same verdict' same first "$out"
for id in r01 r12 r24; do
	trace "copies/$id.md" --json
	check "the copy of $id names $id" names "$id"
done

# has TYPE PATH...: a key of the contract and its type.
has() {
	type=$1
	shift
	check "JSON: $* is: $type" type_is "$type" "$@"
}

trace "$copy" --json
check 'JSON: names the reader' names r07
cp "$out" first
trace "$copy" --json
check 'JSON: the same again' same first "$out"
check 'JSON: format' value_is subrosa-verdict/1 format
has real max_false
has string paper title
check 'JSON: places of the paper' value_is 183 paper places
has integer paper matched_words
has integer seen places
has integer seen erased
has integer seen layers words
check 'JSON: the layers add up' test "$(value seen places)" -eq "$(value seen layers words)"
for key in reader name house side; do
	has string named 0 "$key"
done
check 'JSON: name' value_is 'Agathe Minnow' named 0 name
check 'JSON: house' value_is 'Foreign Ministry' named 0 house
check 'JSON: side' value_is Talve named 0 side
has 'real integer' named 0 p_value
has 'real integer' named 0 posterior
has integer named 0 agree
has integer named 0 disagree
check 'JSON: all places agree' test "$(value named 0 agree)" -eq "$(value seen places)" -a "$(value named 0 disagree)" -eq 0
has array consistent
has string consistent 0
has array ranking
check 'JSON: ten at least are ranked' test "$("$JSONGET" -n "$out" ranking)" -ge 10
has string ranking 0 reader
has 'real integer' ranking 0 p_value
has 'real integer' ranking 0 posterior
has 'real integer' ranking 0 score
check 'JSON: the best is first' value_is r07 ranking 0 reader
check 'JSON: all houses' items_are 4 houses
has string houses 0 house
has 'real integer' houses 0 prior
has 'real integer' houses 0 posterior
has 'real integer' none_of_these
check 'JSON: no further places are needed' value_is 0 places_needed
cut -c 1-2000 "$out" | head -n 1 >line
check 'JSON: standard output begins with the object' test "$(cat line)" = '{'

# A little of it.
sed -n '9,12p' "$copy" >little.md
trace little.md
check 'a little: nobody is named' exits 1
check 'a little: says so' out_has '^NOBODY CAN BE NAMED'
check 'a little: with whom it is consistent' out_has 'consistent with [0-9]+ of 24 copies'
check 'a little: what it would take' out_has '[0-9]+ more places? that agree'
check 'a little: names nobody' out_lacks '^NAMED'
trace little.md --json
check 'a little: in JSON' nobody inconclusive
has array named
has integer places_needed
check 'a little: he who leaked it is consistent' test "$(value consistent | grep -c '"r07"')" -eq 1

# Nothing of it.
for leak in "$corpus"/junk/j*.txt "$other_paper" "$SOURCE/data/demo/stranger.html"; do
	trace "$leak" --json
	check "${leak##*/}: is not ours" nobody not-ours
done
trace "$corpus/junk/j1.txt"
check 'not ours: in words' out_has '^NOT OURS'
for key in format decision max_false paper seen named consistent ranking houses none_of_these places_needed; do
	trace "$corpus/junk/j1.txt" --json
	check "not ours: JSON has $key" type_is 'string real object array integer null' "$key"
done
: >empty
trace empty --json
check 'an empty leak is not ours' nobody not-ours
printf '\n \n\t\n' >blank
trace blank --json
check 'nor is a blank one' nobody not-ours

# The author's own file, and texts in which nobody's choice shows.
trace "$paper" --json
check 'the paper with its braces names nobody' nobody_yet
original "$paper" >original.md
cat "copies/r07.md" "copies/r08.md" >both.md
trace both.md --json
check 'two copies together: name those two' test "$(value named 0 reader)$(value named 1 reader)" = r07r08
check 'two copies together: and nobody else' items_are 2 named

# The same leak in other clothes.
run_with "$copy" trace --ledger ledger - --json
check 'from standard input' names r07
head -c 1000000 "$copy" | "$SUBROSA" trace --ledger ledger - --json >"$out" 2>"$err"
status=$?
check 'from a pipe' names r07
tr '\n' ' ' <"$copy" >leak
trace leak --json
check 'all in one line' names r07
sed 's/$/\r/' "$copy" >leak.txt
trace leak.txt --json
check 'with CRLF' names r07
tr '[:lower:]' '[:upper:]' <"$copy" >leak.txt
trace leak.txt --json
check 'in capitals' names r07
fold -s -w 31 "$copy" >leak.txt
trace leak.txt --json
check 'in narrow lines' names r07
sed 's/^/> > /' "$copy" >leak.txt
trace leak.txt --json
check 'quoted in a mail' names r07
LC_ALL=C sed "s/'/\xe2\x80\x99/g; s/ - / \xe2\x80\x94 /g; s/fi/\xef\xac\x81/g" "$copy" >leak.txt
trace leak.txt --json
check 'with typographic signs' names r07
# page FILE: a web page with the text of a file in it.
page() {
	printf '<!DOCTYPE html><html><head><meta charset="utf-8"><title>T</title><script>var a="{b|c}";</script></head>'
	printf '<body><nav><a href="/">menu</a> <i>search</i></nav><article>'
	sed 's/&/\&amp;/g; s/</\&lt;/g; s/^$/<\/p><p>/' "$1"
	printf '</article><footer>share <b>print</b></footer></body></html>\n'
}
page "$copy" >leak.html
trace leak.html --json
check 'as a page' names r07
cp leak.html leak.unknown
trace leak.unknown --json
check 'as a page that does not say so in its name' names r07
if command -v iconv >/dev/null; then
	for encoding in UTF-16LE UTF-16BE UTF-32LE; do
		{ printf '\357\273\277' && cat "$copy"; } | iconv -f UTF-8 -t "$encoding" >leak.txt
		trace leak.txt --json
		check "in $encoding" names r07
	done
	sed "s/'/\xe2\x80\x99/g" "$copy" | iconv -f UTF-8 -t CP1252//TRANSLIT >leak.txt
	trace leak.txt --json
	check 'in Windows-1252' names r07
else
	skip 'in other encodings' 'no iconv'
fi
{ cat "$corpus/junk/j1.txt" && sed -n '5,60p' "$copy" && cat "$corpus/junk/j2.txt"; } >leak.txt
trace leak.txt --json
check 'with junk before and after' names r07
awk 'BEGIN { RS = ""; ORS = "\n\n" } { p[NR] = $0 } END { for (i = NR; i; i--) print p[i] }' "$copy" >leak.txt
trace leak.txt --json
check 'with its paragraphs in another order' names r07
cat "$copy" "$copy" "$copy" >leak.txt
trace leak.txt --json
check 'three times over' names r07
check 'three times over: each place counts once' test "$(value seen places)" -le 183

# A name on the command line is only a name.
cp "$copy" './-leak.md'
run trace --ledger ledger --json -- -leak.md
check 'a leak whose name begins with a hyphen' names r07
cp "$copy" "$(printf 'a b\n"c".md')"
trace "$(printf 'a b\n"c".md')" --json
check 'a leak with blanks and a line break in its name' names r07

end_of_test
