#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The instrument that measures places: it counts what can be counted by hand, draws fairly, hides
# which wording is the original, and takes no verdict for another.
. "$(dirname -- "$0")/lib.sh"

# places ARGUMENT...: runs the instrument.
places() {
	"$PLACES" --pack xx "$@" >"$out" 2>"$err"
	status=$?
}

mkdir -p xx real/news real/law
cat >xx/language.pack <<'END'
language xx Invented
END
cat >xx/words.pack <<'END'
often: adv x <> often | frequently | many times
big: adj x > big | large
talks: noun x > talks | negotiations
	tier ask
never: adv x <> seldom | rarely
END
# 30 words with two places (log2 6 bits) and a question, and 30 words of a paragraph without any.
full='The council of the old town has often met in a big hall by the river when talks had come to an end, and nobody there has said a word.'
bare='Nothing that can be said in two ways stands in this paragraph, which is as long as the other one so that a window of the text falls into it.'
printf '%s\n\n%s\n' "$full" "$bare" >real/news/a.txt
printf '%s\n' "$bare" >real/law/b.txt

places real
check 'table: it runs' exits 0
check 'table: a genre by hand' out_has '^news +1 +60 +3\.33 +4\.31 \[4\.31, 4\.31\] +5\.00 +5\.97 +50% +50% +0% +0% +0% +50% '
check 'table: one without places' out_has '^law +1 +30 +0\.00 +0\.00 \[0\.00, 0\.00\] +0\.00 +0\.00 +0% +100% +0% +0% +0% +100% '
check 'table: all together' out_has '^all +2 +90 +2\.22 +2\.87 \[0\.00, 4\.31\] +3\.33 +3\.98 +50% +67% +0% +0% +0% +67% '
check 'table: a class' out_has '^adv +1 +1\.111 +0$'
check 'table: a class that is asked about' out_has '^noun +0 +0\.000 +1$'

places --entries real
check 'entries: it runs' exits 0
check 'entries: an entry, with its count' out_has '^== often  adv, xx/words.pack:1: 1$'
check 'entries: with ten words on either side' out_has \
	'^  The council of the old town has \[\[often\|frequently\|many times\]\] met in a big hall by the river when talks   news/a\.txt$'
check 'entries: a question is one' out_has '^  \? often met in a big hall by the river when \[\[talks\|negotiations\]\] had come to an end,'
check 'entries: what found nothing is told' out_has '^nothing found: never$'
places --entries --of talks real
check 'entries: of one entry' out_lacks 'often  adv'
places --entries --of words.pack real
check 'entries: of a file' out_has '^== big '
places --entries --of nothing real
check 'entries: an unknown name is refused' refused
places --entries --tsv real
tab=$(printf '\t')
check 'entries: as a table' out_has "^big${tab}adj${tab}auto${tab}1${tab}news/a.txt${tab}47${tab}council of the old town has often met in a ${tab}big${tab}large${tab} hall by"
check 'entries: one line a spot' [ "$(grep -c "$tab" "$out")" -eq 3 ]
for i in 1 2 3 4 5 6 7 8 9; do
	sed "s/hall/hall $i/" real/news/a.txt >"real/news/c$i.txt"
done
places --entries --most 3 --of often real
check 'entries: at most so many, of all' out_has '^== often .*: 10$'
check 'entries: that many are shown' [ "$(grep -c '\[\[often|' "$out")" -eq 3 ]

for i in $(seq 190); do
	cp real/news/a.txt "real/law/d$i.txt"
done
places --sample 1000 --seed 5 --sheet sheet --key key real
check 'sample: it runs' exits 0
count() { grep -c "$1" key; }
check 'sample: no more than there are, each once' [ "$(grep -v '^#' key | cut -f 2,3 | sort -u | wc -l)" -eq 400 ]
a_first=$(cut -f 6 key | grep -c '^A$')
check "sample: the original comes first as often as not ($a_first of 400)" [ "$a_first" -gt 160 -a "$a_first" -lt 240 ]
frequently=$(count "${tab}often${tab}frequently${tab}")
check "sample: of two other wordings each as often ($frequently of 200)" [ "$frequently" -gt 70 -a "$frequently" -lt 130 ]
check 'sample: what is asked about is not in it' [ "$(count "${tab}talks${tab}")" -eq 0 ]
check 'sample: a digest of the document' [ "$(cut -f 9 key | grep -c '^[0-9a-f]\{64\}$')" -eq 400 ]

# told: the sheet shows at A and B what the key says.
told() {
	awk -F "$tab" '
		FNR == NR && /^#/ { number = substr($0, 2) }
		FNR == NR && /^[AB] / { word = $0; sub(/.*\[\[/, "", word); sub(/\]\].*/, "", word); shown[number, substr($0, 1, 1)] = word }
		FNR == NR || /^#/ { next }
		{ n++; other = $6 == "A" ? "B" : "A"; good += shown[$1, $6] == $7 && shown[$1, other] == $8 }
		END { exit !(n == 400 && good == n) }' sheet key
}
check 'sample: the sheet shows what the key tells' told
cp sheet sheet1 && cp key key1
places --sample 1000 --seed 5 --sheet sheet --key key real
check 'sample: by the seed' cmp -s sheet sheet1
places --sample 1000 --seed 6 --sheet sheet --key key real
check 'sample: another seed, another one' [ "$(cmp -s sheet sheet1; echo $?)" -eq 1 ]
places --sample 20 --sheet sheet --key key real
check 'sample: as many as asked for' [ "$(grep -vc '^#' key)" -eq 20 ]
places --sample 1000 --ask --sheet sheet --key key real
check 'sample: of what is asked about' [ "$(count "${tab}talks${tab}noun${tab}")" -eq 200 ]
places --sample 20 --sheet sheet real
check 'sample: without a key it is refused' refused

# judged: 10 lines, of which the first six have the original at A.
awk 'BEGIN { for (i = 1; i <= 10; i++) printf "%d\tn/a\t0\te%d\t%s\t%s\told\tnew\n", i, i, i < 9 ? "adv" : "adj", i < 7 ? "A" : "B" }' >key
verdicts() {
	printf '%s\n' "1${tab}=" "2${tab}A${tab}stiff" "3${tab}B${tab}odd" "4${tab}B!${tab}another sense" "5${tab}A! B" "6${tab}=" \
		"7${tab}A" "8${tab}=" "9${tab}B!" "10${tab}="
}
judge() {
	verdicts | sed "$1" >said
	"$PLACES" --judge key said >"$out" 2>"$err"
	status=$?
}
judge ''
check 'judge: it runs' exits 0
check 'judge: natural substitutions' out_has '^substitutions fully natural +6 of +10 +60\.0% +\[26\.2, 87\.8\]$'
check 'judge: acceptable ones' out_has '^substitutions acceptable +9 of +10 +90\.0% +\[55\.5, 99\.7\]$'
check 'judge: originals are counted apart' out_has 'originals: fully natural +7 of +10 '
check 'judge: and those that are wrong' out_has 'originals: acceptable +8 of +10 '
check 'judge: a class' out_has '^adv +8 +4 +3 +1 +50 \[16, 84\]$'
check 'judge: a faulted substitution and why' out_has "^! 4${tab}.*${tab}another sense$"
check 'judge: a faulted original and why' out_has "^  2${tab}.*${tab}stiff$"
bad() {
	judge "$2"
	check "judge: $1 is refused" refused
}
bad 'a line without a verdict' 4d
bad 'a second verdict' '4s/^4/3/'
bad 'a verdict on no line' '10s/^10/11/'
bad 'a mark that is none' '1s/=/C/'
bad 'an empty verdict' "1s/=//"
bad 'natural and faulted at once' '2s/A/= A/'
bad 'a word for a mark' '7s/A/AB!!/'
bad 'a number with something behind it' '7s/^7/7x/'

places real/news
check 'documents not in genres are refused' refused
places missing
check 'a folder that is not there is refused' refused
places --sample real
check 'no number is refused' refused
places --peek real
check 'an unknown option is refused' refused
end_of_test
