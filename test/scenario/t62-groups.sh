#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Groups, {#tag|a|b}, which change together through the whole paper and count once; and questions, {?|a|b},
# which the author has not answered.
. "$(dirname -- "$0")/lib.sh"
needs_program
command -v jq >/dev/null || skip_all 'no jq'
. "$SOURCE/test/scenario/papers.sh"
own_mounts

# The paper: 33 sentences (on every other line), no two alike. Three have a place of the group, one a question.
sentence() { sed -n "$((2 * $1 - 1))p" "$2"; }
many_words 33 '{will|shall|must|may}' | awk '
	NR == 5 || NR == 25 { sub(/\{.*\}/, "{#house|ministry|department}") }
	NR == 45 { sub(/\{.*\}/, "{#house|minister|secretary}") }
	NR == 31 { sub(/\{.*\}/, "{?|asked|requested}") }
	{ print }' >paper.md
list_readers 1 12 >readers.csv

run places paper.md --no-auto
check 'places: lists the spots' test "$(grep -c '^[0-9]*:[0-9]*	author	' "$out")" -eq 32
check 'places: with their tag' test "$(grep -c '	#house$' "$out")" -eq 3
check 'places: other wordings, the same tag' out_has '	minister \| secretary	#house$'
check 'places: counts a group once' out_has '^30 places \(30 by the author, 0 automatic\), 59\.0 bits'
check 'places: says at how many spots' out_has '^They stand at 32 spots'
check 'places: says how many questions there are' out_has '^1 question is not answered'
cp "$out" once
run places paper.md --no-auto --json
check 'places --json: places' value_is 30 places
check 'places --json: spots' value_is 32 spots
check 'places --json: questions' value_is 1 questions
check 'places --json: bits' test "$(jq '.bits == 59' "$out")" = true
check 'places --json: a tag' value_is house list 2 group
check 'places --json: no tag' type_is null list 0 group

run mark paper.md --readers readers.csv --out copies --ledger ledger --no-auto --json
check 'mark: succeeds' exits 0
check 'mark: warns of the question' err_has 'warning: 1 question is not answered'
check 'mark: once' test "$(wc -l <"$err")" -eq 1
check 'mark --json: places' value_is 30 places
check 'mark --json: questions' value_is 1 questions
run mark paper.md --readers readers.csv --out again --ledger ledger --no-auto
check 'the same ledger again: the same copies' diff -r copies again
check 'and no word of the question, which cannot be answered any more' err_empty

# In each copy the three change together; both wordings are used.
changes_together() {
	case $(sentence 3 "$1") in *ministry*) was=ministry ;; *department*) was=department ;; *) return 1 ;; esac
	case $(sentence 13 "$1") in *$was*) ;; *) return 1 ;; esac
	case $was$(sentence 23 "$1") in ministry*minister* | department*secretary*) ;; *) return 1 ;; esac
}
for copy in copies/*.md; do
	check "${copy#copies/}: the group changes together" changes_together "$copy"
	check "${copy#copies/}: the first wording of the question" grep -q 'asked' "$copy"
	check "${copy#copies/}: no sign is left" not grep -q '[{}|#?]' "$copy"
done
check 'some say ministry' grep -q ministry copies/*.md
check 'some say department' grep -q department copies/*.md
run show paper.md --ledger ledger --reader u00003
check 'show: the copy' same "$out" copies/u00003.md

# Two of the three quoted.
quote() { for s in 1 2 3 4 5 6 7 8 9 10; do sentence "$s" "$1"; done; }
rest() { for s in 12 13 14 15 16; do sentence "$s" "$1"; done; }
leak() { quote "$1" && echo 'The weather: rain in the north, and later on snow.' && rest "$1"; }
leak copies/u00003.md >leak.md
quote copies/u00003.md >first.md
traced() { run trace "$@" --ledger ledger --max-false 1e-3 --json; }
traced first.md
check 'one of the group quoted: named' names u00003
check 'ten places' value_is 10 seen places
traced leak.md --verdict verdict.json
cp "$out" internal
check 'two of the group quoted: named' names u00003
check 'they count once' value_is 13 seen places
check 'all agree' value_is 13 named 0 agree
check 'places of the paper' value_is 30 paper places
run trace leak.md --ledger ledger --max-false 1e-3 --report report.html
check 'the report counts them once, too' grep -q '13 places that were read agree' report.html
check 'and shows both' test "$(grep -o '<mark class="read">' report.html | wc -l)" -ge 14

# The other wording at one of them: the group is erased, whatever reader it speaks for.
other() { sed -e '/ministry/s//DEPARTMENT/; t' -e '/department/s//ministry/'; }
{ quote copies/u00003.md && echo 'The weather: rain in the north, and later on snow.' && rest copies/u00003.md | other; } >torn.md
traced torn.md
check 'they contradict each other: it counts for nothing' value_is 12 seen places
check 'nor against anybody' value_is 12 named 0 agree
check 'and is told' test "$(value seen erased)" -ge 1
# A public text with the third.
sentence 23 copies/u00003.md >public.md
traced leak.md --public public.md --verdict public.json
check 'a public text with the third of them: it counts for nothing' value_is 12 seen places
check 'as supplied' value_is 1 seen supplied
check 'and still he is named' names u00003
sentence 22 copies/u00003.md >unrelated.md
traced leak.md --public unrelated.md --verdict unrelated.json
check 'one with something else: it counts' value_is 13 seen places

# Verdicts.
follows() {
	run verify "$@"
	exits 0
}
does_not_follow() {
	check "$1: does not follow" exits 1
	check "$1: says why" test -n "$(tr -s '\n ' '  ' <"$out" | grep -E -e "THE VERDICT DOES NOT FOLLOW: .*($2)")"
}
check 'the verdict follows' follows verdict.json leak.md ledger.commitment --max-false 1e-3
check 'with a copy beside it, too' follows verdict.json leak.md ledger.commitment --max-false 1e-3 --paper copies/u00009.md
check 'the verdict with a public text' follows public.json leak.md ledger.commitment --max-false 1e-3 --public public.md
check 'the one with another' follows unrelated.json leak.md ledger.commitment --max-false 1e-3 --public unrelated.md
shows_third() { jq -e '[.lattice.opened[].wordings // empty | .[0]] | index("minister")' "$1" >"$out"; }
check 'the third place is not opened where nobody needs it' not shows_third verdict.json
check 'where a public text might have it, it is' shows_third unrelated.json
edited() {
	jq "$1" verdict.json >edited.json
	run verify edited.json leak.md ledger.commitment --max-false 1e-3
}
member='(.lattice.opened[] | select(.group and .group.leader != .place) | .place)'
edited ". as \$v | $member as \$m | .named[0].symbols |= (. + [(.[] | select(.place == 2)) + {place: \$m}] | sort_by(.place)) |
	.named[0].agree += 1"
does_not_follow 'a place of the group counted by itself' 'just those places'
edited '.named[0].agree += 1'
does_not_follow 'one place more' 'otherwise than claimed'
edited "(.lattice.opened[] | select(.group and .group.leader != .place)) |= del(.group)"
does_not_follow 'a place taken out of its group' 'not those that were committed'
edited '(.lattice.opened[].group | select(.) | .places) = 2'
does_not_follow 'a group made smaller' 'not those that were committed'
edited 'del(.lattice.opened[].group)'
check 'no group at all: refused' refused
edited '.format = "subrosa-external/2"'
check 'groups in the form that has none: refused' refused
edited '(.lattice.opened[].group | select(.) | .more) = 1'
check 'a key too many: refused' refused

# Whose copy: all three places must be there, and say the same.
run which copies/u00003.md --ledger ledger --json
check 'which: by its bytes' value_is exact copies 0 decision
sed 's/$/ /' copies/u00003.md >spaced.md
run which spaced.md --ledger ledger --json --max-false 1e-3
check 'which: by its wordings' value_is worded copies 0 decision
check 'which: places read' value_is 30 copies 0 read
check 'which: of the paper' value_is 30 copies 0 places
sed '45d' spaced.md >lacking.md
run which lacking.md --ledger ledger --json
check 'which: without the third of the group it is part of a copy' value_is part copies 0 decision
sed -e '25{' -e 's/ministry/DEPARTMENT/; t' -e 's/department/ministry/' -e '}' spaced.md >mixed.md
run which mixed.md --ledger ledger --json
check "which: with another wording at one of them it is nobody's" items_are 0 copies 0 readers
run ledger info ledger --json
check 'ledger info: places' value_is 30 ledgers 0 places

# What is refused, and where.
printf 'x {#a|b|c}\n\n {#a|d|e|f}\n' >uneven.md
run places uneven.md --no-auto
check 'groups of two sizes: refused' refused
check 'at the second place' err_has 'uneven.md:3:2: error: this place has 3 wordings, .* #a has 2'
check 'with the first one' err_has 'uneven.md:1:3: error: here is the first place of the group #a'
printf 'Only a {?|question|query}.\n' >asked.md
run mark asked.md --readers readers.csv --out none --ledger none --no-auto
check 'a question is no place' refused
check 'nothing was made' none_of none none.commitment

# Automatic places stay out of questions, and what places --write writes keeps both.
printf 'We met {?|because of|owing to} rain, and left because of snow that day.\n\nOf {#x|it|that} they {?|often spoke|spoke often}, {#x|it|that} we knew.\n' >mixed.md
run places mixed.md --write approved.md --json
check 'places --write: succeeds' exits 0
check 'places --write: keeps questions and groups' test "$(grep -o -e '{?|because of|owing to}' -e '{?|often spoke|spoke often}' -e '{#x|it|that}' approved.md | wc -l)" -eq 4
spots=$(value spots)
run places approved.md --no-auto --json
check 'places --write: as many spots' value_is "$spots" spots
check 'places --write: the questions are still there' value_is 2 questions

end_of_test
