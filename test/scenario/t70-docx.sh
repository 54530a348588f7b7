#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Word documents: copies differ in their wording and in nothing else, what would give the places away is
# refused, and LibreOffice shows the copies as it shows the source.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"
. "$SOURCE/test/scenario/docx.sh"

for program in zip unzip; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done

# document_xml FILE, footnotes_xml FILE
document_xml() { unzip -p "$1" word/document.xml; }
footnotes_xml() { unzip -p "$1" word/footnotes.xml; }

# shape FILE: what a thief could see of a document without reading it: names, order, times, attributes.
shape() { unzip -Z -T "$1" | awk 'NR > 2 && NF == 8 { print $1, $3, $5, substr($6, 1, 3), $7, $8 }'; }

# original_first: takes the wordings of the test document back to the original ones.
original_first() {
	sed -e 's/the idea/the plan/; s/The idea/The plan/; s/requested/asked/; s/strong &lt;one&gt;/bold/' \
		-e 's/reference</link</; s/uno/one/; s/start at/begin at/; s/the annex/below/'
}

# The document: as Word leaves it after some typing.
picture="<w:r><w:drawing><wp:inline xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\"
 distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"914400\" cy=\"914400\"/><wp:docPr id=\"1\"
 name=\"Picture 1\" descr=\"a square\"/><a:graphic
 xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><a:graphicData
 uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic
 xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:nvPicPr><pic:cNvPr id=\"1\"
 name=\"image1.png\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip
 r:embed=\"rId4\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x=\"0\"
 y=\"0\"/><a:ext cx=\"914400\" cy=\"914400\"/></a:xfrm><a:prstGeom
 prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
run_of() { printf '<w:r%s>%s<w:t xml:space="preserve">%s</w:t></w:r>' "${3-}" "${2-}" "$1"; }
bold='<w:rPr><w:b/></w:rPr>'
id=' w:rsidRPr="00AB12CD"'
typed="$(run_of 'We {ask')<w:proofErr w:type=\"spellStart\"/>$(run_of 'ed|reques' '' "$id")<w:bookmarkStart w:id=\"0\"
 w:name=\"_GoBack\"/><w:bookmarkEnd w:id=\"0\"/>$(run_of 'ted} for' '' ' w:rsidR="00AB12CE"')<w:proofErr
 w:type=\"spellEnd\"/>$(run_of ' tea &amp; \{cakes\}, délai.')"
field="<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:fldChar
 w:fldCharType=\"separate\"/></w:r>$(run_of 1)<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
box="<w:r><w:pict><v:shape xmlns:v=\"urn:schemas-microsoft-com:vml\"
 style=\"width:100pt;height:30pt\"><v:textbox><w:txbxContent>$(p 'In a box.')</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
link="<w:hyperlink r:id=\"rId5\">$(run_of '{link|reference}')</w:hyperlink>"
all_of_it="<w:p w:rsidR=\"00AB12CD\"><w:pPr><w:pStyle w:val=\"Titre1\"/></w:pPr>$(run_of 'The {plan|idea}')</w:p>
<w:p w:rsidR=\"00AB12CD\" w:rsidRDefault=\"00AB12CE\">$typed</w:p>
<w:p>$(run_of 'A {')$(run_of bo "$bold")$(run_of 'ld|stro')$(run_of 'ng &lt;one&gt;} word')<w:r><w:footnoteReference
 w:id=\"2\"/></w:r>$(run_of ' and a ')$link$(run_of ', page ')$field$box</w:p>
<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr><w:tblGrid><w:gridCol
 w:w=\"4000\"/></w:tblGrid><w:tr><w:tc><w:tcPr><w:tcW w:w=\"4000\" w:type=\"dxa\"/></w:tcPr>$(p \
	'a cell {one|uno}')</w:tc></w:tr></w:tbl><w:p>$picture</w:p>$(p 'They {begin|start} at once.')"
new_document
body "$all_of_it"
footnotes 'see {below|the annex}.'
pack paper.docx || bail_out 'no document'

list_readers 1 12 >readers.csv
run mark paper.docx --readers readers.csv --out copies --ledger ledger --no-auto
check 'marks a document' exits 0
check 'all its places' out_has '^12 copies in copies \(12 new readers\); 7 places, 7\.0 bits'
check 'warns of a place in two formats' err_has '^paper\.docx: warning: paragraph 3, "\{bold\|strong <one>\}": .*formatted'
check 'and of nothing else' test "$(wc -l <"$err")" -eq 1
check 'a copy for each' count_is 12 copies
check 'that ends in .docx' test -f copies/u00001.docx

shape paper.docx >shape.source
names_n=$(unzip -Z1 paper.docx | wc -l)
shapes=0 parts=0 tags=0 texts=0 clean=0
document_xml copies/u00001.docx | sed 's/>[^<]*</></g' >tags.first
{ document_xml copies/u00001.docx && footnotes_xml copies/u00001.docx; } | original_first >text.first
for copy in copies/*.docx; do
	shape "$copy" | cmp -s - shape.source && shapes=$((shapes + 1))
	unzip -Z1 "$copy" | grep -vx 'word/document.xml\|word/footnotes.xml' | while read -r name; do
		name=$(echo "$name" | sed 's/[][]/\\&/g')
		unzip -p "$copy" "$name" >part.copy && unzip -p paper.docx "$name" | cmp -s - part.copy || echo "$name"
	done >differ
	[ -s differ ] || parts=$((parts + 1))
	document_xml "$copy" | sed 's/>[^<]*</></g' | cmp -s - tags.first && tags=$((tags + 1))
	{ document_xml "$copy" && footnotes_xml "$copy"; } | original_first | cmp -s - text.first && texts=$((texts + 1))
	{ document_xml "$copy" && footnotes_xml "$copy"; } | grep -qE '[|]|rsid|proofErr|_GoBack' || clean=$((clean + 1))
done
check 'copies have the names, order, times and attributes of the source' test "$names_n $shapes" = '9 12'
check 'all other parts are those of the source' test "$parts" -eq 12
check 'copies have the same elements and attributes' test "$tags" -eq 12
check 'but for the wordings they are the same' test "$texts" -eq 12
check 'nothing in them shows a place' test "$clean" -eq 12
check 'they do differ' test "$(cat copies/*.docx | wc -c)" -ne $((12 * $(wc -c <copies/u00001.docx))) -o \
	"$(cksum copies/*.docx | cut -d' ' -f1 | sort -u | wc -l)" -gt 1
check 'escapes become braces' sh -c 'unzip -p copies/u00001.docx word/document.xml | grep -q "tea &amp; {cakes}, délai"'

# Again, elsewhere, later, with more readers.
cp -r copies before
rm copies/u00003.docx
list_readers 1 14 >more.csv
TZ=America/New_York
export TZ
run mark paper.docx --readers more.csv --out copies --ledger ledger
unset TZ
check 'more readers: succeeds' exits 0
check 'more readers: two are new' out_has '^14 copies in copies \(2 new readers\); 7 places'
check 'more readers: old copies are the same' sh -c 'for f in before/*; do cmp -s "$f" "copies/${f#*/}" || exit 1; done'
cp paper.docx paper.md
run_with paper.docx mark - --readers readers.csv --out piped --ledger ledger
check 'from standard input, the same' sh -c 'cmp -s piped/u00005.docx before/u00005.docx'
run mark paper.md --readers readers.csv --out named --ledger ledger
check 'whatever its name, the same' sh -c 'cmp -s named/u00005.docx before/u00005.docx'
p 'Another {one|text}.' >another
body "$(cat another)"
pack another.docx
run mark another.docx --readers readers.csv --out other --ledger ledger
check 'another document with this ledger: is refused' refused
check 'another document: no copies' test ! -e other

# places.
run places paper.docx --no-auto
check 'places: lists paragraph and character' out_has '^2:4	author	asked \| requested$'
check 'places: the footnote is the last paragraph' out_has '^6:6	author	below \| the annex$'
run places paper.docx --no-auto --json
check 'places: JSON' value_is 3 list 2 line
new_document
body "$(p 'It was asked for because of the weather, and however often they tried, they could not help it.')$(p 'It {is|was} so.')"
pack auto.docx
mkdir -p own/en
cat >own/en/language.pack <<'END'
language en English
because: conn x <> because of | owing to
often: adv x <> often | frequently
END
export SUBROSA_DATA="$PWD/own"
run places auto.docx --json --write approved.docx
check 'places --write: succeeds' exits 0
all=$(value places)
check 'places --write: finds some' test "$all" -gt 1
run places approved.docx --json --no-auto
check 'places --write: they are written out' value_is "$all" places
document_xml auto.docx | tr '\n' ' ' | sed 's/<[^>]*>/ /g; s/{\([^|}]*\)|[^}]*}/\1/g' | tr -s ' ' >plain.before
document_xml approved.docx | tr '\n' ' ' | sed 's/<[^>]*>/ /g; s/{\([^|}]*\)|[^}]*}/\1/g' | tr -s ' ' >plain.after
check 'places --write: not another word' same plain.before plain.after
run places auto.docx --write approved.docx
check 'places --write: never over another file' refused
unset SUBROSA_DATA

# Groups and questions.
new_document
body "$(p 'It was in {#us|the US|America} that it began.')<w:p>$(run_of 'They {')$(run_of '?|as' "$bold")$(run_of \
	'ked|begged} for \{cakes\} and {#u')$(run_of 's|the US|America} {went|sailed} home, because of rain.')</w:p>$(p \
	'{?|Often|Frequently \{so\}} they did.')"
footnotes 'see {#us|U.S.|American} law.'
pack groups.docx
run places groups.docx --no-auto --json --write kept.docx
check 'groups: places' value_is 2 places
check 'groups: spots' value_is 4 spots
check 'groups: questions' value_is 2 questions
check 'groups: paragraph' value_is 2 list 1 line
check 'groups: character of the brace' value_is 41 list 1 column
check 'groups: --write keeps groups and questions' sh -c 'unzip -p kept.docx word/document.xml | sed "s/<[^>]*>//g" |
	grep -qF "They {?|asked|begged} for \{cakes\} and {#us|the US|America} {went|sailed} home"'
run mark groups.docx --readers readers.csv --out grouped --ledger grouped.ledger --no-auto
check 'groups: marks them' exits 0
check 'groups: count once' out_has '2 places, 2\.0 bits'
check 'groups: warns of the questions' err_has '^groups\.docx: warning: 2 questions are not answered'
text_of() { { document_xml "$1" && footnotes_xml "$1"; } | sed 's/<[^>]*>//g' | tr -d '\n'; }
together=0 asked=0
for copy in grouped/*.docx; do
	case $(text_of "$copy") in
	*'in the US that'*'and the US '*'see U.S. law'*) together=$((together + 1)) ;;
	*'in America that'*'and America '*'see American law'*) together=$((together + 1)) ;;
	esac
	text_of "$copy" | grep -q 'They asked for {cakes} and .*Often they did' && asked=$((asked + 1))
done
check 'groups: each copy has one wording of the group throughout' test "$together" -eq 12
check 'groups: both are used' test "$(for f in grouped/*; do text_of "$f" | grep -c 'in America'; done | sort -u | wc -l)" -eq 2
check 'questions: each copy has the first wording' test "$asked" -eq 12
run mark groups.docx --readers more.csv --out grouped --ledger grouped.ledger --no-auto
check 'groups: further readers of the same ledger' exits 0

# What is refused, and that nothing is written then.
# refuses NAME PATTERN: refused.docx.
refuses() {
	run mark refused.docx --readers readers.csv --out refused --ledger refused.ledger --no-auto
	check "$1: is refused" refused
	check "$1: is explained" err_has "^refused\\.docx: error: .*$2"
	check "$1: nothing is written" test ! -e refused -a ! -e refused.ledger
}

# refuses_body NAME PATTERN XML
refuses_body() {
	body "$3"
	pack refused.docx
	refuses "$1" "$2"
	body "$(p 'It {is|was} so.')"
}

new_document
refuses_body 'a tracked change' '1 tracked change in word/document\.xml, the first in "It \{is\|was\} new\.\.\.".*Accept All' \
	"<w:p>$(run_of 'It {is|was} ')<w:ins w:id=\"1\" w:author=\"A\">$(run_of new)</w:ins></w:p>"
refuses_body 'an unclosed brace' 'paragraph 2, "\{is so\.": this brace is not closed' "$(p One)$(p 'It {is so.')"
refuses_body 'a place over a tab' 'paragraph 1, "\{is \|was\}": a place cannot hold a tab' \
	"<w:p><w:r><w:t>{is</w:t><w:tab/><w:t>|was}</w:t></w:r></w:p>"
refuses_body 'a place in a text box' 'text box' "<w:p>$(echo "$box" | sed 's/In a box/{In|Within} a box/')</w:p>"
refuses_body 'a question over a tab' 'paragraph 2, "\{\?\|is \|was\}": a place cannot hold a tab' \
	"<w:p>$(run_of 'One {or|and} two ')</w:p><w:p><w:r><w:t>{?|is</w:t><w:tab/><w:t>|was}</w:t></w:r></w:p>"
refuses_body 'a group of two sizes' 'paragraph 2, "\{#us\|a\|b\|c\}.*": this place has 3 wordings' \
	"$(p '{#us|US|America}')$(p '{#us|a|b|c}')"
check 'a group of two sizes: the first place' err_has 'paragraph 1, "\{#us\|US\|America\}.*": here is the first place'
refuses_body 'a document without a place' 'no place' "$(p 'It is so.')"
body "$(p 'It {is|was} so.')"
footnotes "x</w:t></w:r><w:del w:id=\"1\"><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:t>"
pack refused.docx
refuses 'a tracked change in a footnote' '1 tracked change in word/footnotes\.xml'
footnotes ''
xml word/header1.xml <<-END
<w:hdr $W>$(p '{Draft|Final}')</w:hdr>
END
pack refused.docx
refuses 'a place in a header' 'word/header1\.xml in it holds "\{Draft\|Final\}"'
new_document
body "$(p 'It {is|was} so.')"
sed -i 's/A paper/A {paper|text}/' doc/docProps/core.xml
pack refused.docx
refuses 'a place in the title' 'docProps/core\.xml'
new_document
body "$(p 'It {is|was} so.')"
xml word/comments.xml <<-END
<w:comments $W><w:comment w:id="1" w:author="A">$(p 'Really?')</w:comment></w:comments>
END
more_parts=word/comments.xml
pack refused.docx
refuses 'a comment' '1 comment in word/comments\.xml, the first in "Really\?'
more_parts=word/vbaProject.bin
echo x | part word/vbaProject.bin
pack refused.docx
refuses 'macros' 'macros'
more_parts=
head -c 1500 paper.docx >refused.docx
refuses 'half a document' 'damaged'
printf '\320\317\021\340\241\261\032\341 and more' >refused.docx
refuses 'an encrypted document' 'encrypted'
(cd doc && zip -qX -P secret ../refused.zip word/document.xml) && mv refused.zip refused.docx
refuses 'a document packed with a password' 'encrypted'

# A leak of a copy, as plain text, names the reader.
new_document
body "$(sed 's/&/\&amp;/g; s/</\&lt;/g' "$paper" | awk 'BEGIN { RS = "" } { gsub(/\n/, " ");
	printf "<w:p><w:r><w:t xml:space=\"preserve\">%s</w:t></w:r></w:p>", $0 }')"
pack long.docx
run mark long.docx --readers "$readers" --out long --ledger long.ledger --no-auto
check 'a long paper: all places of the text file' out_has '; 183 places'
document_xml long/r07.docx | sed 's,</w:p>,\n\n,g' | sed 's/<[^>]*>//g; s/&lt;/</g; s/&amp;/\&/g' >leak.txt
run trace leak.txt --ledger long.ledger --json
check 'its leak as plain text names the reader' names r07
run trace long/r11.docx --ledger long.ledger --json
check 'the copy itself names the reader' names r11
run which long/r11.docx --ledger long.ledger
check 'the copy itself is known byte for byte' out_has 'byte for byte .*\(r11\)'

# pictures NAME: makes NAME.pdf into NAME-1.png ...
pictures() { pdftoppm -r 60 -png "$1.pdf" "$1"; }

# looks: LibreOffice shows a copy with the original wordings as it shows the source with these by hand.
looks() {
	new_document
	text="<w:p>$(run_of 'We {ask')$(run_of 'ed|reques' '' "$id")$(run_of 'ted} for') $(run_of ' tea.')</w:p>"
	text="$text<w:p>$(run_of 'A {' "$bold")$(run_of 'bold|strong} word' "$bold")<w:r><w:footnoteReference
	 w:id=\"2\"/></w:r></w:p><w:p>$picture</w:p><w:p>$link $box</w:p>"
	body "$text"
	footnotes 'see {below|the annex}.'
	pack looks.docx
	by_hand=$(echo "$text" | sed 's/{ask/ask/; s/ed|reques/ed/; s/ted} for/ for/; s/A {/A /; s/bold|strong}/bold/
		s/{link|reference}/link/')
	body "$by_hand"
	footnotes 'see below.'
	pack hand.docx
	list_readers 1 400 >many.csv
	run mark looks.docx --readers many.csv --out looks --ledger looks.ledger --no-auto
	for copy in looks/*.docx; do
		{ document_xml "$copy" && footnotes_xml "$copy"; } >looks.xml
		grep -q 'We asked' looks.xml && grep -q 'A bold' looks.xml && grep -q '>link<' looks.xml &&
			grep -q 'see below' looks.xml && break
	done
	cp "$copy" original.docx
	cp copies/u00002.docx marked.docx
	run mark "$corpus/docx/libreoffice.docx" --readers readers.csv --out lo --ledger lo.ledger --no-auto
	check 'a document by LibreOffice is marked' exits 0
	cp lo/u00004.docx lists.docx
	cp "$corpus/docx/libreoffice.docx" lists-source.docx
	soffice "-env:UserInstallation=file://$PWD/profile" --headless --convert-to pdf hand.docx original.docx \
		paper.docx marked.docx lists.docx lists-source.docx >office.out 2>&1
	check 'LibreOffice: all are converted' test -s hand.pdf -a -s original.pdf -a -s marked.pdf -a -s lists.pdf
	# What it says of the system (no Java, no folder for settings: "error : Unknown IO error", once)
	# is not about a document.
	check 'LibreOffice: without a complaint' not grep -E \
		'^Error|could not be loaded|parser error|[Cc]orrupt|[Rr]epair|[Dd]amage' office.out
	check 'LibreOffice: six conversions' test "$(grep -c '^convert .* using filter' office.out)" -eq 6
	pictures hand
	pictures original
	check 'LibreOffice: one page' test -f hand-1.png -a -f original-1.png -a ! -e original-2.png
	compare -metric AE hand-1.png original-1.png null: >"$out" 2>"$err"
	check 'LibreOffice: not a dot differs from the source resolved by hand' test "$(cat "$err")" = 0
	pages() { pdfinfo "$1" | sed -n 's/^Pages: *//p'; }
	check 'LibreOffice: as many pages as the source' test "$(pages marked.pdf)" = "$(pages paper.pdf)"
	check 'LibreOffice: lists, too' test "$(pages lists.pdf)" = "$(pages lists-source.pdf)"
	pdftotext -layout marked.pdf marked.txt
	check 'LibreOffice: shows the text and the header' grep -q 'Confidential' marked.txt
	check 'LibreOffice: the footnote' grep -qE 'see (below|the annex)\.' marked.txt
	pdftotext -layout lists.pdf lists.txt
	check 'LibreOffice: no braces' not grep -qE '[{|}]' lists.txt
	# The instrument: another wording is seen.
	pictures paper
	pictures marked
	compare -metric AE paper-1.png marked-1.png null: >"$out" 2>"$err"
	check 'LibreOffice: a difference would be seen (control)' test "$(cat "$err")" != 0
}

if "$SANITIZED"; then
	skip 'LibreOffice' 'once, with the program as users get it'
elif command -v soffice >/dev/null && command -v pdftoppm >/dev/null && command -v compare >/dev/null; then
	looks
else
	skip 'LibreOffice' 'it is not installed'
fi
end_of_test
