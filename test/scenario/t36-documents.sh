#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Leaks that are mails or office documents: the copy in them is found in whatever form it was sent
# on, and nobody is named where nothing of ours is in them.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

given "$paper" "$readers" copies ledger
copy=copies/r07.md
command -v zip >/dev/null 2>&1 || bail_out 'zip is missing'

# names_r07 NAME FILE: as a file and, under no name, from standard input.
names_r07() {
	run trace "$2" --ledger ledger --json
	check "$1" names r07
	run_with "$2" trace - --ledger ledger --json
	check "$1, from standard input" names r07
}

refuses() {
	run trace "$2" --ledger ledger --json
	check "$1: is refused" refused
	check "$1: says which file and why" err_has "^$2: error: .*$3"
}

# quoted_printable: standard input in that encoding, every line broken softly.
quoted_printable() {
	od -An -v -tx1 | awk '{ for (i = 1; i <= NF; i++) {
		if ($i == "0a") { printf "\n"; n = 0; continue }
		if (n > 60) { printf "=\n"; n = 0 }
		if ($i ~ /^(2[0-9a-f]|3[0-9abcef]|[4-6][0-9a-f]|7[0-9a-e])$/) { printf "%c", code[$i]; n++ }
		else { printf "=%s", toupper($i); n += 3 } } }
	BEGIN { for (i = 32; i < 127; i++) code[sprintf("%02x", i)] = i }'
}

# page FILE: its text as HTML.
page() {
	printf '<html><body><div><p>'
	sed 's/&/\&amp;/g; s/</\&lt;/g; s/^$/<\/p><p>/' "$1"
	printf '</p></div></body></html>\n'
}

# header FIELD...: those of every mail, and these.
header() {
	printf '%s\n' 'Return-Path: <a@b.example>' 'From: =?utf-8?Q?J=C3=B6rg?= <a@b.example>' \
		'To: Desk <c@d.example>' 'Subject: =?utf-8?B?RlcgZG9jdW1lbnQ=?=' \
		'Date: Mon, 1 Jan 2024 10:00:00 +0000' 'MIME-Version: 1.0' "$@" ''
}

{ header 'Content-Type: text/plain; charset=utf-8' && cat "$copy"; } >plain.eml
names_r07 'a plain mail' plain.eml
{ header 'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: quoted-printable' &&
	quoted_printable <"$copy"; } >qp.eml
names_r07 'quoted-printable' qp.eml
sed 's/$/\r/' qp.eml >crlf.eml
names_r07 'with CRLF' crlf.eml
{ header 'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: base64' &&
	base64 <"$copy"; } >base64.eml
names_r07 'base64' base64.eml
{ header 'Content-Type: text/html; charset=utf-8' 'Content-Transfer-Encoding: quoted-printable' &&
	page "$copy" | quoted_printable; } >html.eml
names_r07 'HTML only' html.eml
{ header 'Content-Type: text/plain; format=flowed' &&
	fold -s -w 60 "$copy"; } >flowed.eml
names_r07 'format=flowed' flowed.eml
{ header 'Content-Type: text/plain' && echo 'On Monday a wrote:' &&
	fold -s -w 50 "$copy" | sed 's/^/> /' && echo 'Interesting.'; } >reply.eml
names_r07 'a reply that quotes it in narrow lines' reply.eml
{
	header 'Content-Type: multipart/mixed; boundary="=_b"'
	printf '%s\n' '--=_b' 'Content-Type: multipart/alternative; boundary=c' '' \
		'--c' 'Content-Type: text/plain' '' 'See the attachment.' \
		'--c' 'Content-Type: text/html' '' '<p>See the <b>attachment</b>.' '--c--' \
		'--=_b' 'Content-Type: image/png; name="logo.png"' 'Content-Transfer-Encoding: base64' '' \
		'iVBORw0KGgo=' \
		'--=_b' 'Content-Type: application/octet-stream; name="paper.txt"' \
		'Content-Disposition: attachment' 'Content-Transfer-Encoding: base64' ''
	base64 <"$copy"
	echo '--=_b--'
} >attached.eml
names_r07 'as an attachment, beside a logo' attached.eml
run trace attached.eml --ledger ledger
check 'the logo is told of' err_has '^attached\.eml: warning: 1 part of this mail was not read: a picture$'
{
	header 'Content-Type: multipart/mixed; boundary=b'
	printf '%s\n' '--b' '' 'Look.' '--b' 'Content-Type: message/rfc822' ''
	cat html.eml
	echo '--b--'
} >forwarded.eml
names_r07 'forwarded' forwarded.eml
{ echo 'From x Mon Jan  1 00:00:00 2024' && header && printf 'Nothing.\n\n' &&
	echo 'From y Mon Jan  1 00:00:00 2024' && cat base64.eml; } >box.mbox
names_r07 'the second mail of a mailbox' box.mbox

# Two readers, two texts: which one is read does not depend on anything but the mail.
{
	header 'Content-Type: multipart/alternative; boundary=b'
	printf '%s\n' '--b' 'Content-Type: text/plain; charset=utf-8' ''
	cat "$copy"
	printf '%s\n' '--b' 'Content-Type: text/html; charset=utf-8' ''
	page copies/r08.md
	echo '--b--'
} >both.eml
names_r07 'alternatives that contradict each other' both.eml

# docx FILE TEXT: a Word document with this text, a paragraph for each line.
docx() {
	rm -rf made "$1"
	mkdir -p made/word/_rels
	echo '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>' \
		>'made/[Content_Types].xml'
	{
		printf '<?xml version="1.0" encoding="UTF-8"?>\n<w:document xmlns:w="%s"><w:body>' \
			'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
		sed 's/&/\&amp;/g; s/</\&lt;/g; s/.*/<w:p><w:r><w:t>&<\/w:t><\/w:r><\/w:p>/' "$2"
		printf '</w:body></w:document>\n'
	} >made/word/document.xml
	(cd made && zip -q -r "../$1" '[Content_Types].xml' word)
}

# flat_odt TEXT: an OpenDocument text in one file.
flat_odt() {
	ns=urn:oasis:names:tc:opendocument:xmlns
	printf '<?xml version="1.0" encoding="UTF-8"?>\n<office:document xmlns:office="%s" xmlns:text="%s"' \
		"$ns:office:1.0" "$ns:text:1.0"
	printf ' office:mimetype="%s"><office:body><office:text>\n' application/vnd.oasis.opendocument.text
	sed 's/&/\&amp;/g; s/</\&lt;/g; s/.*/<text:p>&<\/text:p>/' "$1"
	printf '</office:text></office:body></office:document>\n'
}

docx paper.docx "$copy"
names_r07 'a Word document' paper.docx
cp paper.docx renamed.txt
names_r07 'under another name' renamed.txt
flat_odt "$copy" >paper.fodt
names_r07 'a flat OpenDocument text' paper.fodt
rm -rf made
mkdir made
printf 'application/vnd.oasis.opendocument.text' >made/mimetype
sed 's/office:document /office:document-content /; s/office:document>/office:document-content>/' \
	paper.fodt >made/content.xml
(cd made && zip -q -X -0 ../paper.odt mimetype && zip -q -X ../paper.odt content.xml)
names_r07 'an OpenDocument text' paper.odt
{
	header 'Content-Type: multipart/mixed; boundary=b'
	printf '%s\n' '--b' '' 'See the attachment.' '--b' 'Content-Type: application/octet-stream' \
		'Content-Transfer-Encoding: base64' ''
	base64 <paper.docx
	echo '--b--'
} >document.eml
names_r07 'a Word document in a mail' document.eml

# A text that was public, as a mail or document, is no evidence.
run trace "$copy" --public qp.eml --ledger ledger --json
check 'a public mail takes the evidence away' nobody_yet
run trace "$copy" --public paper.docx --ledger ledger --json
check 'a public document does, too' nobody_yet

# Nobody leaked.
for form in plain qp html docx fodt; do
	stranger=$corpus/junk/j1.txt
	case $form in
	plain) { header && cat "$stranger"; } ;;
	qp) { header 'Content-Transfer-Encoding: quoted-printable' && quoted_printable <"$stranger"; } ;;
	html) { header 'Content-Type: text/html' && page "$stranger"; } ;;
	docx) docx stranger.docx "$stranger" && cat stranger.docx ;;
	fodt) flat_odt "$stranger" ;;
	esac >stranger
	run trace stranger --ledger ledger --json
	check "$form: a text that is not ours names nobody" nobody not-ours
done
original "$paper" >original.md
{ header && cat original.md; } >original.eml
run trace original.eml --ledger ledger --json
check "the paper's first wordings in a mail name nobody" nobody_yet

# What cannot be read.
header >empty.eml
refuses 'a mail without text' empty.eml 'holds no text'
{ header 'Content-Type: image/png' 'Content-Transfer-Encoding: base64' && echo iVBORw0KGgo=; } >picture.eml
refuses 'a mere picture' picture.eml 'holds no text'
{ header && printf '%s\n' '-----BEGIN PGP MESSAGE-----' '' hQ== '-----END PGP MESSAGE-----'; } >secret.eml
refuses 'an encrypted mail' secret.eml 'is encrypted'
head -c 600 paper.docx >cut.docx
echo >nothing
docx empty.docx nothing
refuses 'a document without text' empty.docx 'holds no text'
refuses 'a document cut off' cut.docx '(damaged|archive)'
docx bomb.docx /dev/null
{ printf '<?xml version="1.0"?><x>' && head -c 40000000 /dev/zero | tr '\000' x && printf '</x>'; } \
	>made/word/document.xml
(cd made && zip -q ../bomb.docx word/document.xml)
refuses 'a zip bomb' bomb.docx 'unpacks to more'
awk 'BEGIN { printf "MIME-Version: 1.0\n"; for (i = 0; i < 10000; i++)
	printf "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i }' >deep.eml
refuses 'ten thousand levels' deep.eml 'nested deeper'
printf '<?xml version="1.0"?><!DOCTYPE office:document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' >entities
flat_odt "$copy" | sed 1d >>entities
sed 's/<text:p>/<text:p>\&b;/' entities >entities.fodt
refuses 'an entity bomb' entities.fodt 'damaged'

end_of_test
