#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Leaks that are no text, too large, or made to do harm: a clear error, never a verdict by accident.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

given "$paper" "$readers" copies ledger
copy=copies/r07.md

trace() {
	run trace --ledger ledger "$@"
}

# refuses NAME FILE PATTERN: as a leak, as one of two parts, and as a public text.
refuses() {
	trace "$2" --json
	check "$1: is refused" refused
	check "$1: says which file and why" err_has "^$2: error: .*($3)"
	trace "$copy" "$2" --json
	check "$1: as a second part it is refused" refused
	trace "$copy" --public "$2" --json
	check "$1: as a public text it is refused" refused
}

# leak FORMAT: what printf(1) makes of it is the file "leak".
leak() {
	# shellcheck disable=SC2059
	printf "$1" >leak
}

cp "$corpus/extract/paper.pdf" paper.pdf
refuses 'a PDF' paper.pdf PDF
{ printf '%%PDF-1.7\n' && cat "$copy"; } >leak
refuses 'a PDF under another name' leak PDF
leak '\211PNG\r\n\032\n\000\000\000\015IHDR\000\000\000\001'
refuses 'a PNG picture' leak '[Pp]icture|image|PNG'
leak '\377\330\377\340\000\020JFIF\000'
refuses 'a JPEG picture' leak '[Pp]icture|image|JPEG'
leak 'GIF89a\001\000\001\000'
refuses 'a GIF picture' leak '[Pp]icture|image|GIF'
leak 'PK\003\004\024\000\000\000\000\000\000\000\000\000abc'
refuses 'a ZIP archive' leak '[Aa]rchive|ZIP'
leak '\037\213\010\000\000\000\000\000'
refuses 'a gzip file' leak '[Aa]rchive|compressed'
cp "$corpus/extract/word.docx" word.docx
refuses 'a damaged Word document' word.docx 'damaged document'
leak '\320\317\021\340\241\261\032\341\000\000'
refuses 'an old Word document' leak 'Office document of a kind'
cp "$SUBROSA" program
refuses 'a program' program '[Pp]rogram'
cp ledger ledger.copy
refuses 'a ledger' ledger.copy 'text|binary|data'
awk 'BEGIN { s = 7; for (i = 0; i < 20000; i++) { s = s * 16807 % 2147483647; printf "%c", 1 + s % 255 } }' |
	LC_ALL=C tr '\n\r\t' '\001\002\003' >leak
refuses 'noise' leak 'text|binary|data'
head -c 100000 /dev/zero >leak
refuses 'nothing but NUL' leak 'text|binary|data'

trace none.md
check 'no such file: is refused' refused
check 'no such file: is named' err_has '^none\.md: error: .*No such file'
trace .
check 'a folder: is refused' refused
check 'a folder: is named' err_has '^\.: error: '
trace ''
check 'no name: is refused' refused
"$SUBROSA" trace - --ledger ledger <&- >"$out" 2>"$err"
status=$?
check 'a closed standard input: is refused' refused

# Text that is hard to read: an answer, never a crash.
answers() {
	trace "$2" --json
	check "$1: has a verdict" value_is subrosa-verdict/1 format
	check "$1: and its status" test "$status" -eq 0 -o "$status" -eq 1
}
{ sed -n '1,40p' "$copy" && printf '\377\376\200\n' && sed -n '41,400p' "$copy"; } >leak
answers 'some broken bytes in a text' leak
{ cat "$copy" && printf '\000\000\n'; } >leak
trace leak --json
check 'a NUL at the end of a text: a verdict or a refusal' test "$status" -eq 0 -o "$status" -eq 2
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "<div><b>" ; print "x" }' >leak.html
trace leak.html --json
check 'a page nested 40,000 deep: an answer or a refusal' test "$status" -eq 1 -o "$status" -eq 2
printf '<!DOCTYPE h [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><html><p>&b;&b;&b;</p></html>' >leak.html
answers 'a page with entities' leak.html
printf '<html><body><iframe src="file:///etc/passwd"></iframe><p>&xxe; text</p></body></html>' >leak.html
answers 'a page that asks for files' leak.html
check 'a page that asks for files: gets none' not grep -q root: "$out"
head -c 3000000 /dev/zero | tr '\0' 'a' >leak
answers 'one word of 3 MB' leak
awk 'BEGIN { for (i = 0; i < 200000; i++) print "the of and to a in that is" }' >leak
answers '1,600,000 small words' leak
awk 'BEGIN { for (i = 0; i < 30000; i++) printf "\314\201\342\200\213" }' >leak
trace leak --json
check 'nothing but accents and invisible signs: nobody is named' test "$status" -ne 0

# Large.
head -c 268435457 /dev/zero | tr '\0' ' ' >leak
trace leak
check '256 MiB and a byte: are refused' refused
check '256 MiB and a byte: says why' err_has '^leak: error: .*large'
if [ "$SANITIZED" = true ]; then
	skip '100 MiB' 'the sanitizer takes too much memory'
else
	{ cat "$copy" && yes "$(cat "$corpus"/junk/*.txt)"; } | head -c 104857600 >leak
	check '100 MiB: are that large' test "$(wc -c <leak)" -eq 104857600
	start=$(date +%s)
	trace leak --json
	took=$(($(date +%s) - start))
	printf '# 100 MiB took %d s\n' "$took"
	check '100 MiB: the copy at its start is named' names r07
	check '100 MiB: within a minute' test "$took" -le 60
	yes "$(cat "$copy")" | head -c 10485760 >leak
	start=$(date +%s)
	trace leak --json
	took=$(($(date +%s) - start))
	printf '# 10 MiB of the copy again and again took %d s\n' "$took"
	check '10 MiB of the copy again and again: named' names r07
	check '10 MiB of the copy again and again: within a minute' test "$took" -le 60
fi
rm -f leak

end_of_test
