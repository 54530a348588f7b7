#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From mark to a verdict that others check; and all that does not follow, or is no verdict at all.
. "$(dirname -- "$0")/lib.sh"
needs_program
command -v jq >/dev/null || skip_all 'no jq'
. "$SOURCE/test/scenario/papers.sh"
own_mounts

old=$corpus/ledgers # version-2 and its commitment: of $paper and twelve readers, made in 2024

# passages ID: two quotations of a copy in other text; first_passage: the first of them.
first_passage() {
	echo 'The Gazette has seen pages of a paper that fourteen people were to return.'
	echo
	sed -n '8,22p' "copies/$1.md"
	echo
	echo 'Nobody at the mill would comment when we rang them yesterday.'
}
passages() {
	first_passage "$1"
	echo
	echo 'Further on the pages turn to the money, and to who is to sit at the table:'
	echo
	sed -n '60,73p' "copies/$1.md"
	echo
	echo 'The shares of both companies rose on the news before lunch.'
}

given "$paper" "$readers" copies ledger
passages r07 >leak.md
cp ledger.commitment lodged
run trace leak.md --ledger ledger --verdict verdict.json --json
check 'trace names the reader' names r07
cp "$out" internal
check 'the verdict is for its owner only' mode_is 600 verdict.json
run trace leak.md --ledger ledger --json
check 'with and without it, trace says the same' same internal "$out"
run trace leak.md --ledger ledger --verdict again.json
check 'the same call, the same verdict' same verdict.json again.json

# verify [OPTION...]: with the right files.
verify() {
	run verify verdict.json leak.md lodged "$@"
}
# says PATTERN: on standard output, wherever its lines end.
says() { tr -s '\n ' '  ' <"$out" | grep -qE -e "$1"; }
# does_not_follow NAME PATTERN
does_not_follow() {
	check "$1: does not follow" exits 1
	check "$1: says why" says "^THE VERDICT DOES NOT FOLLOW: .*($2)"
	check "$1: names nobody" out_lacks 'Minnow|r07|Name [0-9]'
}

verify
check 'it follows' exits 0
check 'it follows: says so' out_has '^THE VERDICT FOLLOWS'
check 'it follows: names the same' says 'Agathe Minnow \(r07\), Foreign Ministry, Talve'
check 'it follows: says nothing on standard error' err_empty
check 'it follows: says what nobody can compute' says 'was lodged before the leak'
verify --json
check 'JSON: format' value_is subrosa-check/1 format
check 'JSON: follows' value_is true follows
check 'JSON: why is null' type_is null why
check 'JSON: one is named' items_are 1 named
for key in reader name house side; do
	check "JSON: $key is that of trace" value_is "$(value named 0 "$key")" named 0 "$key"
	check "JSON: $key is a string" type_is string named 0 "$key"
done
check 'JSON: the reader' value_is r07 named 0 reader
check 'JSON: the p-value is that of trace' test "$(jq '.named[0].p_value' "$out")" = "$(jq '.named[0].p_value' internal)"
check 'JSON: p_value is a number' type_is 'real integer' named 0 p_value
for key in 'named 0 agree' 'named 0 disagree' tested places 'commitment number' 'commitment of' 'commitment time' \
	'commitment readers' 'leak words' 'leak outside' 'leak copies_compared' publics; do
	# shellcheck disable=SC2086
	check "JSON: $key is an integer" type_is integer $key
done
check 'JSON: max_false is a number' type_is 'real integer' max_false
check 'JSON: 24 readers are counted' value_is 24 tested
check 'JSON: and are bound' value_is 24 commitment readers
check 'JSON: the places are those of trace' value_is "$(jq .seen.places internal)" places
check 'JSON: not the whole paper is opened' value_is false leak whole_paper_opened
for key in digest key; do
	check "JSON: the $key has 64 digits" test "$(value commitment "$key" | tr -d '\n' | wc -c)" -eq 64
done
mkdir empty
cp verdict.json leak.md lodged empty/
(cd empty && exec env -i PATH=/usr/bin:/bin "$SUBROSA" verify verdict.json leak.md lodged </dev/null >"$out" 2>"$err")
status=$?
check 'anywhere, with nothing but the three files' exits 0
run_with verdict.json verify - leak.md lodged
check 'the verdict from standard input' exits 0
run_with leak.md verify verdict.json - lodged
check 'the leak from standard input' exits 0
run_with lodged verify verdict.json leak.md -
check 'the commitment from standard input' exits 0

# What is in the verdict, and what is not.
in_verdict() { grep -qF -e "$1" verdict.json; }
check 'it has what is quoted' in_verdict 'of the Norrow family trust'
check 'and the wordings there' in_verdict '"telephoned"'
# Texts are opened in pieces: what is looked for must lie in one, as the verdict that opens all shows.
run trace leak.md --ledger ledger --verdict whole.json --whole-paper
for words in ' as insurers so that the ' 'paid for the map, and' ' companies ' '"dig up"' '"disguised"' '"stalling"'; do
	check "it has nothing from elsewhere: $words" not in_verdict "$words"
	check "control, the whole paper has: $words" grep -qF -e "$words" whole.json
done
check 'it has the reader' in_verdict '"r07"'
awk -F, 'NR > 1 && $1 != "r07" { print "\"" $1 "\""; print "\"" $2 "\"" }
	NR > 1 && $3 != "Foreign Ministry" { print $3 }' "$readers" | sort -u >others
check 'it has no other id, name or house' not grep -qFf others verdict.json
check 'control: there are others' test "$(wc -l <others)" -eq 49
"$SQL" ledger 'SELECT lower(hex(seed)) FROM paper' >seed
check 'it has no seed' not grep -qFf seed verdict.json
check 'it has not the words of the leak' not in_verdict 'Gazette'
check 'the commitment has no words' not grep -qE 'Heron|Minnow|Norrow' lodged

# Other files.
verify_with() { run verify "$@"; }
echo >>leak.md
verify
does_not_follow 'the leak with one byte more' 'another leak'
passages r07 >leak.md
passages r08 >other-leak.md
verify_with verdict.json other-leak.md lodged
does_not_follow 'another leak' 'another leak'
verify_with verdict.json leak.md leak.md lodged
does_not_follow 'the leak twice' 'another leak'
first_passage r07 >part1.md
sed -n '60,73p' copies/r07.md >part2.md
run trace part1.md part2.md --ledger ledger --verdict parts.json
check 'a leak in two parts: is named' exits 0
verify_with parts.json part1.md part2.md lodged
check 'a leak in two parts: follows' exits 0
verify_with parts.json part2.md part1.md lodged
does_not_follow 'its parts in another order' 'order'
verify_with parts.json part1.md lodged
does_not_follow 'one part of it' 'another leak'
given "$paper" "$readers" other-copies other
verify_with verdict.json leak.md other.commitment
does_not_follow 'the commitment of another ledger' 'another ledger'
sed '2s/[0-9]/x/' lodged >damaged
verify_with verdict.json leak.md damaged
check 'a damaged commitment: is refused' refused
sed '2s/.$/x/' lodged | tr x "$(tail -c 2 lodged | tr '0-9a-f\n' '1-9a-f0 ' | cut -c 1)" >changed
verify_with verdict.json leak.md changed
does_not_follow 'a commitment with a changed digit' 'signature'

# Public texts.
sed -n '60,73p' copies/r07.md >release.md
run trace leak.md --ledger ledger --public release.md --verdict public.json --json
check 'beside a release: is named by the rest' names r07
verify_with public.json leak.md lodged --public release.md
check 'beside a release: follows' exits 0
check 'beside a release: says so' says 'public text'
verify_with public.json leak.md lodged
does_not_follow 'a public text left out' 'public'
verify --public release.md
does_not_follow 'a public text added' 'public'
verify_with public.json leak.md lodged --public part1.md
does_not_follow 'another public text' 'public'

# The level.
run trace leak.md --ledger ledger --max-false 1e-3 --verdict loose.json
verify_with loose.json leak.md lodged
does_not_follow 'made at a higher level than is accepted' '--max-false'
verify_with loose.json leak.md lodged --max-false 1e-3
check 'at its own level: follows' exits 0
verify --max-false 1e-9
does_not_follow 'a lower level is asked for' '--max-false'

# Edited. The filters are jq's.
edit() { jq "$1" verdict.json >edited.json || bail_out "$1"; }
edit .
run verify edited.json leak.md lodged
check 'control: written anew by another program, it follows' exits 0
edited() {
	edit "$2"
	! [ "$(jq -c . verdict.json)" = "$(jq -c . edited.json)" ] || bail_out "nothing is edited: $1"
	run verify edited.json leak.md lodged
	check "edited, $1: does not follow" exits 1
	check "edited, $1: names nobody" out_lacks '^It names'
}
r='.named[0]'
flip='(if .[0:1] == "0" then "1" else "0" end) + .[1:]'
edited reader "$r.reader = \"r08\""
edited name "$r.name = \"Somebody Else\""
edited house "$r.house = \"Office of the President\""
edited side "$r.side = \"Carrow\""
edited number "$r.number = 8"
edited 'number beyond all readers' "$r.number = 25"
edited 'time of commitment' "$r.committed_at -= 1"
edited "reader's salt" "$r.salt |= $flip"
edited 'p-value, smaller' "$r.p_value /= 10"
edited 'p-value, larger' "$r.p_value *= 10"
edited 'places that agree' "$r.agree -= 1"
edited 'places that do not' "$r.disagree += 1"
edited 'fewer readers counted' '.tested -= 1'
edited 'more readers counted' '.tested += 1'
edited symbol "$r.symbols[3].symbol |= (if . == 0 then 1 else 0 end)"
edited 'number of a place' "$r.symbols[3].place += 1"
edited "a symbol's salt" "$r.symbols[3].salt |= $flip"
edited 'a symbol less' "$r.symbols |= .[1:]"
edited 'a symbol twice' "$r.symbols |= .[0:1] + ."
edited 'no symbol' "$r.symbols = []"
edited 'proof of the symbols' "$r.symbols_proof[0] |= $flip"
edited 'a hash less in it' "$r.symbols_proof |= .[1:]"
edited 'a hash more in it' "$r.symbols_proof |= . + .[0:1]"
edited 'proof of the reader' ".readers_proof[0] |= $flip"
edited 'a hash less in that' '.readers_proof |= .[1:]'
edited 'named twice' '.named |= . + .'
place='.lattice.opened[([.lattice.opened[] | has("place")] | index(true))]'
text='.lattice.opened[([.lattice.opened[] | has("text")] | index(true))]'
edited wording "$place.wordings[0] += \"x\""
edited 'wordings swapped' "$place.wordings |= reverse"
edited threshold "$place.thresholds[0] += 1"
edited 'place of a unit' "$place.place += 1"
edited "a unit's salt" "$place.salt |= $flip"
edited text "$text.text += \"x\""
edited "a text's number" "$text.unit += 1"
edited 'the first unit left out' '.lattice.opened |= .[1:]'
edited 'a unit in the middle left out' '.lattice.opened |= .[0:9] + .[10:]'
edited 'units swapped' '.lattice.opened |= .[1:2] + .[0:1] + .[2:]'
edited 'proof of the text' ".lattice.proof[0] |= $flip"
edited 'no proof of the text' '.lattice.proof = []'
edited commitment ".commitment |= $flip"
edited leak ".leaks[0] |= $flip"
edited 'no leak' '.leaks = []'
edited 'a public text' '.publics = .leaks'
edited 'a higher level' '.max_false = 1e-3'
edited 'a level below its p-value' ".max_false = $r.p_value / 2"
edit '.issuer_statement.prior_none = 0.25'
run verify edited.json leak.md lodged
check 'the opinion is nobody'"'"'s proof: edited, it follows' exits 0
check 'and is called the issuer'"'"'s statement' says "issuer's statement"

# no_verdict NAME PATTERN: edited.json is none.
no_verdict() {
	run verify edited.json leak.md lodged
	check "$1: is refused" refused
	check "$1: says which and why" err_has "^edited\.json: error: .*($2)"
}
edit '.format = "subrosa-external/4"'
no_verdict 'of a newer version' 'version'
edit '.format = "subrosa-verdict/1"'
no_verdict 'a verdict of another kind' 'not an external verdict'
cp internal edited.json
no_verdict 'what trace --json prints' 'not an external verdict'
for filter in '.more = 1' 'del(.tested)' '.tested = "24"' '.tested = 0' '.decision = "inconclusive"' '.named = []' \
	'.named = {}' "$r.p_value = \"0\"" "$r.number = 0" "$r.p_value = -1" "$r.symbols[0].source = \"reader\"" \
	"$r.symbols[0].layer = \"layout\"" "$r.salt = \"00\"" "$place.thresholds = []" "$place.thresholds[0] = 0" \
	"$place.wordings = []" '.format = "subrosa-external/3"' "$place.group = {leader: 0, places: 2}" '.lattice.opened = []' '.commitment = 7' '.max_false = 0' '.leaks = "x"' '.[0:1]?, 7'; do
	jq -n "input | $filter" verdict.json >edited.json 2>/dev/null
	no_verdict "not of its form: $filter" 'does not have the form|not an external verdict'
done
{ cat verdict.json && echo more; } >edited.json
no_verdict 'with something behind it' 'not JSON|cut short'
sed 's/^  "tested": 24,$/&&/' verdict.json >edited.json
no_verdict 'with a key twice' 'not JSON|cut short'
printf '%0100000d' 0 | tr 0 '[' >edited.json
no_verdict 'a hundred thousand brackets' 'not JSON|cut short'
cp "$SUBROSA" edited.json
no_verdict 'a program' 'not JSON|cut short'
wrong=
size=$(wc -c <verdict.json)
length=0
while [ "$length" -lt "$((size - 2))" ]; do
	head -c "$length" verdict.json >edited.json
	run verify edited.json leak.md lodged
	refused || wrong="$wrong $length"
	length=$((length + 379))
done
check "cut short: is refused${wrong:+, but not at}$wrong" test -z "$wrong"
# proven: what stands in a verdict beside the issuer's opinion and the last digits of p-values, which
# are compared above.
proven() {
	jq -c 'del(.issuer_statement, .named[].issuer_statement, .named[].p_value)' "$1"
}
proven verdict.json >proven
wrong=
offset=0
while [ "$offset" -lt "$size" ]; do
	digit=$(tail -c "+$((offset + 1))" verdict.json | head -c 1)
	case $digit in
	[0-9a-f])
		{ head -c "$offset" verdict.json && printf '%s' "$digit" | tr '0-9a-f' '1-9a-f0' &&
			tail -c "+$((offset + 2))" verdict.json; } >edited.json
		run verify edited.json leak.md lodged
		if exits 0; then
			proven edited.json >"$scratch/proven" 2>/dev/null
			same proven "$scratch/proven" || wrong="$wrong $offset"
		else
			refused || exits 1 || wrong="$wrong $offset"
		fi
		;;
	esac
	offset=$((offset + 397))
done
check "a digit or letter changed: does not follow, or is none${wrong:+, but not at}$wrong" test -z "$wrong"

# Files that are not there, or twice.
for files in 'none leak.md lodged' 'verdict.json none lodged' 'verdict.json leak.md none' \
	'verdict.json leak.md lodged --public none' 'verdict.json leak.md lodged --paper none'; do
	# shellcheck disable=SC2086
	run verify $files
	check "no such file, $files: is refused" refused
	check "no such file, $files: is named" err_has '^none: error: .*No such file'
done
run verify verdict.json leak.md leak.md
check 'a leak as the commitment: is refused' refused
check 'a leak as the commitment: says what is wrong' err_has '^leak\.md: error: .*not a file of commitments'
run verify leak.md verdict.json lodged
check 'leak and verdict swapped: is refused' refused
run verify . leak.md lodged
check 'a folder: is refused' refused
run verify verdict.json leak.md
check 'no commitment: is refused' refused
run verify
check 'nothing: is refused' refused
run_with verdict.json verify - - lodged
check 'standard input twice: is refused' refused
run_with leak.md verify verdict.json leak.md lodged --public - --paper -
check 'standard input twice, in options: is refused' refused
verify --max-false 2
check 'a level that is none: is refused' refused

# What the verdict keeps back: the one of the first passage, held against the whole leak.
digest_of() { b2sum -l 256 "$1" | cut -d' ' -f1; }
run trace part1.md --ledger ledger --verdict first.json
check 'the first passage alone is enough' exits 0
check 'control: a leak is known by its digest' test "$(jq -r '.leaks[0]' first.json)" = "$(digest_of part1.md)"
jq --arg d "$(digest_of leak.md)" '.leaks[0] = $d' first.json >kept-back.json
run verify kept-back.json leak.md lodged
check 'a passage kept back: nobody can see that without the paper' exits 0
check 'a passage kept back: but it says how many words are not explained' says 'stand in no opened passage'
for id in r07 r20; do
	run verify kept-back.json leak.md lodged --paper "copies/$id.md"
	does_not_follow "a passage kept back, beside the copy of $id" 'keeps back'
	verify --paper "copies/$id.md"
	check "nothing kept back, beside the copy of $id: follows" exits 0
done
verify --paper "$other_paper" --json
check 'beside another paper: follows' value_is true follows
check 'beside another paper: counts it' value_is 1 leak copies_compared
run verify whole.json leak.md lodged --json
check 'the whole paper: follows' exits 0
check 'the whole paper: is opened' value_is true leak whole_paper_opened
check 'the whole paper: has no other reader' not grep -qFf others whole.json
jq --arg d "$(digest_of leak.md)" '.leaks[0] = $d' whole.json >same.json
run verify same.json leak.md lodged --paper copies/r20.md
check 'the whole paper: keeps nothing back' exits 0

# Readers who are added after the leak.
cp "$old/version-2" long-ago && cp "$old/version-2.commitment" long-ago.commitment
list_readers 1 62 >more.csv
given "$paper" more.csv more-copies long-ago
sed -n '8,22p' more-copies/u00003.md >leak-3.md
sed -n '8,22p' more-copies/u00040.md >leak-40.md
run trace leak-3.md --ledger long-ago --verdict late.json
run verify late.json leak-3.md "$old/version-2.commitment"
does_not_follow 'readers added later, beside what was lodged before' 'later one'
run verify late.json leak-3.md long-ago.commitment --json
check 'readers added later: all are counted beside the later commitment' value_is 62 tested
run trace leak-3.md --ledger long-ago --leaked-on 2024-06-01 --verdict early.json
check 'with the day of the leak: is named' exits 0
run verify early.json leak-3.md "$old/version-2.commitment" --json
check 'with the day of the leak: follows from what was lodged before' value_is true follows
check 'with the day of the leak: only the readers of then are counted' value_is 12 tested
run verify early.json leak-3.md long-ago.commitment
does_not_follow 'with the day of the leak, verified without it' 'last commitment before the leak'
run verify early.json leak-3.md long-ago.commitment --leaked-on 2024-02-01
does_not_follow 'with the day of the leak, verified with an earlier one' 'last commitment before the leak'
run verify late.json leak-3.md long-ago.commitment --leaked-on 2024-06-01
does_not_follow 'readers added later, verified with the day of the leak' 'last commitment before the leak'
run verify early.json leak-3.md long-ago.commitment --leaked-on 2024-13-01
check 'a day that is none: is refused' refused
run verify early.json leak-3.md long-ago.commitment --leaked-on 2024-06-01 --json
check 'with the day of the leak: follows from the later file, too' value_is true follows
check 'with the day of the leak: and rests on the first of two' test \
	"$(value commitment number)" -eq 1 -a "$(value commitment of)" -eq 2
run trace leak-40.md --ledger long-ago --verdict new.json --json
check 'who was added later can be named' names u00040
run verify new.json leak-40.md "$old/version-2.commitment"
does_not_follow 'but not beside what was lodged before' 'later one'
jq --arg d "$(jq -r .commitment early.json)" '.commitment = $d' new.json >edited.json
run verify edited.json leak-40.md "$old/version-2.commitment"
does_not_follow 'nor by putting in the older commitment' 'named reader|fewer'
run trace leak-40.md --ledger long-ago --leaked-on 2024-06-01 --verdict none.json
check 'with the day of the leak: he cannot' exits 1
check 'with the day of the leak: there is no verdict' test ! -e none.json
run trace leak-3.md --ledger long-ago --leaked-on 2024-02-01 --verdict none.json
check 'before all commitments: nobody is named' exits 1

# Nobody is named: no file.
sed -n '8,9p' copies/r07.md >short.md
run trace short.md --ledger ledger --verdict none.json
check 'nobody is named: exits 1' exits 1
check 'nobody is named: a note says why there is no file' err_has 'warning: nobody is named'
check 'nobody is named: there is none' test ! -e none.json
run trace "$other_paper" --ledger ledger --verdict none.json
check 'not ours: there is none, either' test "$status" -eq 1 -a ! -e none.json

# Files that are in the way.
echo 'somebody else wrote this' >taken
cp taken before
for in_way in taken link folder dangling; do
	case $in_way in
	link) ln -s taken link ;;
	folder) mkdir folder ;;
	dangling) ln -s nowhere dangling ;;
	esac
	run trace leak.md --ledger ledger --verdict "$in_way"
	check "a file in the way, $in_way: is refused" refused
	check "a file in the way, $in_way: is named" err_has "^$in_way: error: "
done
check 'a file in the way stays' test "$(cksum <before)" = "$(cksum <taken)" -a -L link -a -L dangling -a ! -e nowhere
run trace leak.md --ledger ledger --verdict -
check 'standard output has the other verdict' refused
run trace leak.md --ledger ledger --verdict one --report one
check 'one file for report and verdict: is refused' refused
check 'one file for report and verdict: is not made' test ! -e one
run trace leak.md --ledger ledger --report page.html --verdict none/verdict.json
check 'no such folder: is refused' refused
check 'no such folder: there is no report without the verdict' test ! -e page.html
run trace leak.md --ledger ledger --whole-paper
check '--whole-paper without --verdict: is refused' refused

# A full disk.
if mount_small small 128k; then
	for kib in 0 4 16 24; do
		rm -f small/*
		head -c "$((128 - kib))k" /dev/zero >small/filler 2>/dev/null
		run trace leak.md --ledger ledger --verdict small/verdict.json --report page.html
		check "a disk with $kib KiB of room: is refused" refused
		check "a disk with $kib KiB of room: the cause is told" err_has '^small/verdict\.json: error: .*No space'
		check "a disk with $kib KiB of room: nothing half made is there" test "$(ls -A small)" = filler
		check "a disk with $kib KiB of room: and no report" test ! -e page.html
	done
	rm small/filler
	run trace leak.md --ledger ledger --verdict small/verdict.json
	check 'with room, it is written' same verdict.json small/verdict.json
	umount small
else
	skip 'a full disk' 'no file system can be mounted here'
fi

# Sealed, the ledger gives the same.
echo 'a passphrase' >pass && chmod 600 pass
cp ledger sealed && cp ledger.commitment sealed.commitment
run ledger seal sealed --passphrase-file pass
check 'the ledger is sealed' exits 0
run trace leak.md --ledger sealed --passphrase-file pass --verdict sealed.json
check 'sealed: is named' exits 0
check 'sealed: the same verdict' same verdict.json sealed.json
run trace leak.md --ledger sealed --verdict none.json
check 'sealed, without the passphrase: is refused' refused
check 'sealed, without the passphrase: there is no verdict' test ! -e none.json

# Two papers in one leak.
run mark "$other_paper" --readers "$readers" --out papers-2 --ledger second --no-auto
{ cat leak.md && sed -n '20,60p' papers-2/r05.md; } >both.md
run trace both.md --ledger ledger --ledger second --verdict both.json
check 'two papers: a note tells that the verdict is about one' err_has 'warning: .*first paper only'
found=0
for commitment in lodged second.commitment; do
	run verify both.json both.md "$commitment"
	! exits 0 || found=$((found + 1))
done
check 'two papers: it follows with one commitment' test "$found" -eq 1

end_of_test
