#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Leaks that readers put together from their copies: who is named, who never is, and what an outsider
# can check of it.
. "$(dirname -- "$0")/lib.sh"
needs_program
command -v jq >/dev/null || skip_all 'no jq'
. "$SOURCE/test/scenario/papers.sh"

# named_are ID...: just these readers are named, in any order.
named_are() {
	[ "$(jq -r '[.named[].reader] | sort | join(" ")' "$out")" = "$*" ]
}

# lines_of ID ID...: line by line the copies of these readers in turn.
lines_of() {
	awk -v n=$# 'FNR == 1 { f++ } { line[f, FNR] = $0; if (FNR > most) most = FNR }
		END { for (i = 1; i <= most; i++) print line[i % n + 1, i] }' \
		$(printf 'copies/%s.md ' "$@")
}

# json_is FILTER: it is true of what was printed.
json_is() { [ "$(jq "$1" "$out")" = true ]; }

given "$paper" "$readers" copies ledger
cp ledger.commitment lodged

for pair in 'r03 r17' 'r08 r09' 'r01 r24'; do
	# shellcheck disable=SC2086
	lines_of $pair >mixed
	run trace mixed --ledger ledger --json
	check "$pair in turn: somebody is named" exits 0
	# shellcheck disable=SC2086
	check "$pair in turn: both, and nobody else" named_are $pair
	check "$pair in turn: at least two copies" value_is 2 copies_at_least
	check "$pair in turn: by scores of a coalition" json_is \
		'[.named[] | .score.kind] | all(. != "single")'
	check "$pair in turn: nobody is consistent alone" value_is '[]' consistent
done

lines_of r03 r17 >mixed
run trace mixed --ledger ledger --verdict verdict.json --report report.html
check 'in words: at least two copies' out_has 'NAMED: at least 2 copies took part'
check 'in words: what each is named by' out_has 'It is named as mixed with what other'
check 'in words: no opinion about one copy' out_has 'No opinion by house'
check 'the report says so' grep -q 'marks of at least 2 copies' report.html
run verify verdict.json mixed lodged --paper copies/r05.md
check 'the verdict about two follows' exits 0
jq '.named[0].score.partners = []' verdict.json >no-partner.json
run verify no-partner.json mixed lodged
check 'without a partner it is no verdict' exits 2
jq '.named[0].score = {kind: "single", number: 0, partners: []}' verdict.json >single.json
run verify single.json mixed lodged
check 'as the only source it does not follow' exits 1
jq 'del(.named[1])' verdict.json >half.json
run verify half.json mixed lodged
check 'without the other one it does not follow' exits 1

# Two quotations, each of one copy.
{
	echo 'The Gazette has seen two pages of a paper that nobody was to have.'
	sed -n '8,30p' copies/r03.md
	echo
	echo 'From another source, whom we met by the canal on a wet evening last week, come these lines,'
	echo 'which speak of what was agreed much later and in a different room:'
	echo
	sed -n '60,85p' copies/r17.md
	echo 'The shares of both companies rose on the news before lunch.'
} >two
run trace two --ledger ledger --json
check 'two sources: both are named' named_are r03 r17
check 'two sources: which passage is whose' json_is \
	'[.sources[].reader] == ["r03", "r17"] and .sources[0].last_word < .sources[1].first_word'
run trace two --ledger ledger
check 'two sources, in words' out_has '^TWO SOURCES OR MORE'

# One copy, quoted twice, is one source.
sed -n '8,30p' copies/r03.md >one
echo 'Our correspondent was not told who else had been in the room when all this was said.' >>one
sed -n '60,85p' copies/r03.md >>one
run trace one --ledger ledger --json
check 'one copy quoted twice: one name' named_are r03
check 'one copy quoted twice: no other source' value_is '[]' sources

# A code for three: nobody innocent, whoever the three are.
run mark "$paper" --readers "$readers" --out three --ledger ledger3 --no-auto --max-collusion 3
check 'a code for three' exits 0
rm -rf copies
mv three copies
lines_of r02 r11 r20 >mixed
run trace mixed --ledger ledger3 --json
check 'three in turn: nobody innocent' json_is '[.named[].reader] - ["r02", "r11", "r20"] == []'
check 'three in turn: the design size' value_is 3 design_size
end_of_test
