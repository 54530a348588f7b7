#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One reader's copy on standard output: the very bytes, a preview, and what a terminal gets.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

given "$paper" "$readers" copies ledger
esc=$(printf '\033')

# With the ledger.
for id in r01 r07 r24; do
	run show "$paper" --reader "$id" --ledger ledger
	check "$id: the bytes of mark" same "$out" "copies/$id.md"
	check "$id: no message" err_empty
done
run_with "$paper" show - --reader r07 --ledger ledger
check 'a paper from standard input' same "$out" copies/r07.md
run show "$paper" --reader r07 --ledger ledger --no-auto
check 'the ledger knows the places, --no-auto or not' same "$out" copies/r07.md
sed 's/$/\r/' "$paper" >crlf.md
given crlf.md "$readers" crlf crlf.ledger
run show crlf.md --reader r07 --ledger crlf.ledger
check 'CR LF stays CR LF' same "$out" crlf/r07.md
run mark "$other_paper" --readers "$readers" --out auto --ledger auto.ledger
run show "$other_paper" --reader r07 --ledger auto.ledger
check 'with automatic places' same "$out" auto/r07.md

# Refusals.
printf '# Title \033[2J of it\n\nWe {met|sat} and {left|went}.\n' >titled.md
given titled.md "$readers" titled titled.ledger
printf 'a {b|c\n' >bad.md
snapshot . >"$scratch/before"
for id in r99 R07 'r07 ' 'r07.md' ''; do
	run show "$paper" --reader "$id" --ledger ledger
	check "the ledger has no '$id': is refused" refused
done
run show "$paper" --reader r99 --ledger ledger
check 'no such reader: the ledger is named' err_has '^ledger: error: .*no reader'
run show "$other_paper" --reader r07 --ledger ledger
check 'the ledger of another paper: is refused' refused
check 'the ledger of another paper: said so' err_has 'another paper'
run show "$paper" --reader r07 --ledger titled.ledger
check 'the ledger of another paper: its title steers no terminal' not grep -q "$esc" "$err"
run show copies/r07.md --reader r07 --ledger ledger
check 'a copy instead of the paper: is refused' refused
for words in '' "$paper" '--reader r07' "$paper $paper --reader r07" 'none.md --reader r07' \
	"$paper --reader r07 --ledger none" "$paper --reader r07 --ledger $paper"; do
	# shellcheck disable=SC2086 # words
	run show $words
	check "show ${words##*/}: is refused" refused
done
run show "$paper" --reader "$(printf '%0300d' 1)"
check 'an id that is too long: is refused' refused
run show bad.md --reader r07
check 'a paper that is not in order: is refused' refused
snapshot . >"$scratch/after"
check 'nothing was changed' same "$scratch/before" "$scratch/after"

# A preview.
run show "$paper" --reader r07 --no-auto
check 'a preview: succeeds' exits 0
check 'a preview: says what it is' err_has 'a preview: not the copy that mark will make'
check "a preview: is not the reader's copy" not same "$out" copies/r07.md
check 'a preview: no braces' not grep -q '[{}|]' "$out"
cp "$out" preview
run show "$paper" --reader r07 --no-auto
check 'the same preview again' same preview "$out"
run show "$paper" --reader r08 --no-auto
check 'another preview for another reader' not same preview "$out"
run trace preview --ledger ledger --json
check 'a preview accuses nobody' nobody_yet
run which preview --ledger ledger
check "a preview is nobody's copy" exits 1

# Automatic places, of a pack of three entries: one of ten readers sees another wording.
mkdir -p data/en
printf 'language en English\nabbreviation Mr.\n' >data/en/language.pack
printf '%s: c x <> %s\n' one 'big | large' two 'begin | start' three 'maybe | perhaps' >data/en/words.pack
printf 'It is a big town.\n\nThey begin at ten.\n\nThere are two or maybe three.\n' >plain.md
changed() {
	for reader in r01 r02 r03 r04 r05 r06 r07 r08 r09 r10; do
		SUBROSA_DATA="$PWD/data" run show plain.md --reader "$reader" "$@"
		same plain.md "$out" || return 0
	done
	return 1
}
check 'automatic places show in a preview' changed
check 'and are left out if not wanted' not changed --no-auto

if ! has_terminal; then
	skip 'what a terminal gets' 'no pseudo-terminal'
	end_of_test
fi

# tty SETTING COMMAND-LINE: what a terminal gets, in the file seen.
tty() {
	env TERM=xterm $1 script -qec "'$SUBROSA' $2" /dev/null </dev/null >raw 2>/dev/null
	tr -d '\r' <raw >seen
}
printf 'The {small|minor} paper \033[2J has \007 a \302\233 {red|red\033[1m} \342\200\256 flag.\tEnd\n' >steers.md
given steers.md "$readers" steered steers.ledger
tty '' "show '$PWD/steers.md' --reader r07 --ledger '$PWD/steers.ledger'"
check 'a terminal: the wordings are underlined' grep -qE "The $esc\[4m(small|minor)$esc\[24m paper" seen
sed "s/$esc\[4m//g; s/$esc\[24m//g" seen >stripped
check 'a terminal: nothing else steers it' not env LC_ALL=C grep -q "$(printf '[\033\007\233\256]')" stripped
check 'a terminal: the tab stays' grep -q "$(printf 'flag\\.[\t ]*End')" stripped
tty 'NO_COLOR=1' "show '$PWD/steers.md' --reader r07 --ledger '$PWD/steers.ledger'"
check 'NO_COLOR: no escape sequence' not grep -q "$esc" seen
tty 'TERM=dumb' "show '$PWD/steers.md' --reader r07 --ledger '$PWD/steers.ledger'"
check 'TERM=dumb: no escape sequence' not grep -q "$esc" seen
tty 'NO_COLOR=' "show '$PWD/steers.md' --reader r07 --ledger '$PWD/steers.ledger'"
check 'NO_COLOR empty: underlined' grep -q "$esc\[4m" seen
run show steers.md --reader r07 --ledger steers.ledger
check 'no terminal: the bytes as they are' same "$out" steered/r07.md
tty 'NO_COLOR=1' "show '$paper' --reader r07 --ledger '$PWD/ledger'"
check 'a terminal, plain: the whole copy' same seen copies/r07.md

end_of_test
