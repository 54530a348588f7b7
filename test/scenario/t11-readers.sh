#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lists of readers as spreadsheets write them, and as somebody writes them who means harm.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

printf 'The board {met|sat} in the {morning|forenoon} and {rose|left} before noon.\n' >paper.md
header='id,name,house,side'

# list FORMAT: what printf(1) makes of it is the list of readers; it is marked in a fresh folder.
list() {
	rm -rf -- copies ledger ledger.commitment
	# shellcheck disable=SC2059
	printf "$1" >list.csv
	run mark paper.md --readers list.csv --out copies --ledger ledger --no-auto
}

# takes NAME FORMAT FILE...: the list is taken; these copies and no others appear.
takes() {
	list "$2"
	check "$1: is taken" exits 0
	label=$1
	shift 2
	check "$label: as many copies" count_is $# copies
	for file; do
		check "$label: $file" test -f "copies/$file"
	done
}

# refuses NAME FORMAT PATTERN: nothing is written, and the message has the pattern.
refuses() {
	list "$2"
	check "$1: is refused" refused
	check "$1: says where and why" err_has "$3"
	check "$1: nothing is written" none_of copies ledger ledger.commitment
}

# reader ID: name, house and side in the ledger.
reader_is() {
	[ "$("$SQL" ledger "SELECT cast(name AS text), cast(house AS text), cast(side AS text) FROM reader
		WHERE id = cast('$1' AS blob)")" = "$(printf '%s\t%s\t%s' "$2" "$3" "$4")" ]
}

takes 'one reader' "$header\na,A,H,S\n" a.md
takes 'no line end at the end' "$header\na,A,H,S" a.md
takes 'columns in another order' 'side,id,house,name\nS,a,H,A\n' a.md
check 'columns in another order: fields are told apart' reader_is a A H S
takes 'empty rows' "$header\n\na,A,H,S\n\n\nb,B,H,S\n\n" a.md b.md
takes 'a spreadsheet: BOM, semicolons, CRLF, a line break in quotes' \
	'\357\273\277id;name;house;side\r\na;"Anna\nBerg";"H; or ""G""";S\r\nb;B;H;S\r\n' a.md b.md
check 'a spreadsheet: the fields are right' reader_is a 'Anna Berg' 'H; or "G"' S
takes 'sep= in the first line' 'sep=;\r\nid;name;house;side\r\na;A,B;H;S\r\n' a.md
check 'sep=: the comma stays' reader_is a 'A,B' H S
takes 'tabs' 'id\tname\thouse\tside\na\tA\tH\tS\n' a.md
takes 'names in other scripts' "$header\nЖанна,Жанна Ž,外务省,Σ\n" 'Жанна.md'
check 'names in other scripts: stay' reader_is 'Жанна' 'Жанна Ž' '外务省' 'Σ'
takes 'Windows-1252' "$header\na,J\\374rgen,H,S\n" a.md
check 'Windows-1252: is turned into UTF-8' reader_is a 'Jürgen' H S
check 'Windows-1252: with a warning' err_has 'list\.csv: warning: .*Windows-1252'
takes 'another column' 'id,name,phone,house,side\na,A,12,H,S\n' a.md
check 'another column: a warning' err_has 'list\.csv:1.*warning: .*phone'
takes 'an id with blanks and points' "$header\nA. N. Other,A,H,S\n" 'A. N. Other.md'
long=$(printf '%0200d' 0)
takes '200 bytes of id' "$header\n$long,A,H,S\n" "$long.md"
takes 'a percent sign' "$header\n%%s%%n,A,H,S\n" '%s%n.md'

if command -v iconv >/dev/null; then
	for encoding in UTF-16LE UTF-16BE; do
		{ printf '\357\273\277id\tname\thouse\tside\r\na\tZoë\tH\tS\r\n'; } |
			iconv -f UTF-8 -t "$encoding" >list.csv
		rm -rf copies ledger ledger.commitment
		run mark paper.md --readers list.csv --out copies --ledger ledger --no-auto
		check "$encoding: is taken" exits 0
		check "$encoding: the name is right" reader_is a 'Zoë' H S
	done
else
	skip 'UTF-16' 'no iconv'
fi

for file in "$corpus"/readers/*; do
	rm -rf copies ledger ledger.commitment
	run mark paper.md --readers "$file" --out copies --ledger ledger --no-auto
	check "${file##*/}: is taken" exits 0
done

where='^list\.csv:'
refuses 'nothing' '' '^list\.csv: error: .*empty'
refuses 'a header only' "$header\n" '^list\.csv: error: .*no reader'
refuses 'no header' 'a,A,H,S\n' "${where}1.*no column"
refuses 'a column less' 'id,name,house\na,A,H\n' "${where}1.*\"side\""
refuses 'a column twice' 'id,name,house,side,name\na,A,H,S,B\n' "${where}1.*two columns"
refuses 'a field less' "$header\na,A,H,S\nb,B,H\n" "${where}3"
refuses 'a field more' "$header\na,A,H,S\nb,B,H,S,T\n" "${where}3.*5 fields"
refuses 'an id twice' "$header\na,A,H,S\nb,B,H,S\na,C,H,S\n" "${where}4.*\"a\".*line 2"
refuses 'the same row twice' "$header\na,A,H,S\na,A,H,S\n" "${where}3.*line 2"
refuses 'twins in another case' "$header\nRoy,A,H,S\nroy,B,H,S\n" "${where}3.*line 2"
refuses 'twins in another script case' "$header\nÄsa,A,H,S\näsa,B,H,S\n" "${where}3"
refuses 'twins in another encoding of accents' "$header\n\303\251,A,H,S\ne\314\201,B,H,S\n" "${where}3"
refuses 'an empty id' "$header\na,A,H,S\n,B,H,S\n" "${where}3.*empty"
refuses 'out of the folder' "$header\n../x,A,H,S\n" "${where}2.*\"../x\""
refuses 'an absolute path' "$header\n/tmp/x,A,H,S\n" "${where}2"
refuses 'a path for Windows' "$header\na\\\\\\\\b,A,H,S\n" "${where}2"
refuses 'the folder itself' "$header\n.,A,H,S\n" "${where}2"
refuses 'the folder above' "$header\n..,A,H,S\n" "${where}2"
refuses 'a hidden file' "$header\n.profile,A,H,S\n" "${where}2"
refuses 'an option' "$header\n-rf,A,H,S\n" "${where}2"
refuses 'a device' "$header\nCON,A,H,S\n" "${where}2"
refuses 'a NUL' "$header\na\\000b,A,H,S\n" "${where}2"
refuses 'a NUL at the end' "$header\na,A,H,S\nb,B,H,S\\000" "${where}3"
refuses 'an escape sequence' "$header\na\\033[2Jb,A,H,S\n" "${where}2"
refuses 'an invisible character' "$header\na\342\200\213b,A,H,S\n" "${where}2"
refuses 'a line break in an id' "$header\n\"a\nb\",A,H,S\n" "${where}2"
refuses '255 bytes of id' "$header\n$(printf '%0255d' 0),A,H,S\n" "${where}2.*longer than 200"
refuses '201 bytes of id' "$header\n${long}0,A,H,S\n" "${where}2.*longer than 200"
refuses 'a name without end' "$header\na,$(printf '%01025d' 0),H,S\n" "${where}2.*longer than 1024"
refuses 'a quotation that never ends' "$header\na,\"A,H,S\nb,B,H,S\n" "${where}[23]"
refuses 'a quotation mark inside' "$header\na,A\"B,H,S\n" "${where}2"
check 'messages show no escape character' not grep -q "$(printf '\033')" "$err"
refuses 'many mistakes' "$header\n$(printf '../%s,A,H,S\\n' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22)" \
	'and 2 more problems'
head -c 3000 "$SUBROSA" >list.csv
run mark paper.md --readers list.csv --out copies --ledger ledger --no-auto
check 'a program as the list: is refused' refused

# The name of a copy: an id and the extension, which must fit a file name.
mv paper.md "paper.$(printf '%060d' 0)"
printf '%s\n%s,A,H,S\n' "$header" "$long" >list.csv
run mark paper.* --readers list.csv --out copies --ledger ledger --no-auto
check 'id and extension too long together: are refused' refused
check 'id and extension too long together: nothing is written' none_of copies ledger ledger.commitment

# Ten thousand readers.
printf 'The board {met|sat} in the {morning|forenoon} and {rose|left} before noon.\n' >paper.txt
list_readers 1 10000 >list.csv
rm -rf copies ledger ledger.commitment
run mark paper.txt --readers list.csv --out copies --ledger ledger --no-auto
check '10,000 readers: are taken' exits 0
check '10,000 readers: have a copy each' count_is 10000 copies
check '10,000 readers: are in the ledger' test "$(issued ledger)" -eq 10000
list_readers 1 10001 >list.csv
run mark paper.txt --readers list.csv --out copies --ledger ledger --no-auto
check '10,000 readers and one: succeeds' exits 0
check '10,000 readers and one: one is new' out_has '^10001 copies in copies .1 new readers.'

end_of_test
