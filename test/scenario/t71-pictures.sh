#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Leaks that are pictures or PDFs: the copy in them is found, however they were taken and stored,
# and what is damaged or an attack is refused, in words, by a program that lives on.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

[ -n "${PICTURE-}" ] || skip_all 'subrosa-picture was not built'
for program in convert pdftoppm; do
	command -v "$program" >/dev/null 2>&1 || bail_out "$program is missing"
done

given "$paper" "$readers" copies ledger
copy=copies/r07.md

# pdf_of FILE: its text on pages, in a font that every reader of PDFs has, 30 lines a page.
pdf_of() {
	fold -s -w 88 "$1" | sed 's/[\\()]/\\&/g; s/[^ -~]/-/g' | awk '
	function object(s) { offset[++n] = length(all); all = all n " 0 obj\n" s "\nendobj\n" }
	{ line[++lines] = $0 }
	END {
		pages = int((lines + 29) / 30)
		all = "%PDF-1.4\n"
		for (i = 1; i <= pages; i++) kids = kids (3 + 2 * i) " 0 R "
		object("<</Type/Catalog/Pages 2 0 R>>")
		object("<</Type/Pages/Kids[" kids "]/Count " pages "/MediaBox[0 0 595 842]>>")
		object("<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>")
		for (i = 1; i <= pages; i++) {
			text = "BT /F 11 Tf 14 TL 70 780 Td"
			for (k = 30 * i - 29; k <= 30 * i && k <= lines; k++) text = text " (" line[k] ") Tj T*"
			text = text " ET"
			object("<</Length " length(text) ">>stream\n" text "\nendstream")
			object("<</Type/Page/Parent 2 0 R/Contents " n " 0 R/Resources<</Font<</F 3 0 R>>>>>>")
		}
		end = length(all)
		printf "%sxref\n0 %d\n0000000000 65535 f \n", all, n + 1
		for (i = 1; i <= n; i++) printf "%010d 00000 n \n", offset[i]
		printf "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", n + 1, end
	}'
}

# scan_of FILE.jpg: a PDF with that picture on its page, and words behind it that nobody sees.
scan_of() {
	size=$(identify -format '%w %h' "$1")
	long=$(wc -c <"$1")
	printf '%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n'
	printf '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n'
	page='q 595 0 0 842 0 0 cm /I Do Q BT 3 Tr /F 9 Tf 50 700 Td (wrong words of a layer) Tj ET'
	printf '4 0 obj<</Length %d>>stream\n%s\nendstream\nendobj\n' "${#page}" "$page"
	printf '5 0 obj<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode/Length %d>>stream\n' \
		"${size% *}" "${size#* }" "$long"
	cat -- "$1"
	printf '\nendstream\nendobj\ntrailer<</Root 1 0 R/Size 6>>\n'
}

# exif N FILE: a JPEG with the tag of orientation N.
exif() {
	head -c 2 -- "$2"
	printf '\377\341\000\042Exif\000\000MM\000\052\000\000\000\010\000\001\001\022\000\003\000\000\000\001\000%b\000\000\000\000\000\000' "\\0$(printf %03o "$1")"
	tail -c +3 -- "$2"
}

finds() {
	run trace "$2" --ledger ledger --json
	check "$1" names r07
}

refuses() {
	run trace "$2" --ledger ledger --json
	check "$1: is refused" refused
	check "$1: says which file and why" err_has "^$2: error: .*$3"
}

pdf_of "$copy" >copy.pdf
pdftoppm -r 110 -gray -png copy.pdf page || bail_out 'pdftoppm failed'
set -- page-*.png
first=$1
second=$2
convert "$first" -quality 85 page.jpg || bail_out 'convert failed'

# A whole page is enough for a name, and so are twenty lines of one; those are read sooner.
convert "$first" -crop 100%x36%+0+60 +repage lines.png
finds 'a PDF with text' copy.pdf
finds 'PNG' "$first"
finds 'JPEG' page.jpg
convert lines.png -define webp:lossless=true page.webp && finds 'WebP' page.webp
convert "$first" "$second" -compress zip pages.tif
finds 'TIFF of two pages' pages.tif
convert lines.png page.gif && finds 'GIF' page.gif
convert lines.png -type truecolor bmp3:page.bmp && finds 'BMP' page.bmp
convert lines.png -negate dark.png && finds 'white on black' dark.png
convert "$first" -evaluate multiply 0.18 -quality 90 dim.jpg && finds 'badly underexposed' dim.jpg
convert "$first" -background '#604020' -rotate 7 -quality 80 skew.jpg && finds 'askew on a desk' skew.jpg
scan_of page.jpg >scan.pdf
finds 'a scanned PDF, whose layer of text is not believed' scan.pdf
run_with page.jpg trace - --ledger ledger --json
check 'from standard input' names r07
run which copy.pdf --ledger ledger
check 'which reads the PDF, too' out_has 'r07'

# Half a page is enough, too.
convert lines.png half.png
# What was turned when it was taken, and what EXIF says of that.
for n in 1 2 3 4 5 6 7 8; do
	case $n in
	1) undo= ;;
	2) undo=-flop ;;
	3) undo='-rotate 180' ;;
	4) undo=-flip ;;
	5) undo=-transpose ;;
	6) undo='-rotate 270' ;;
	7) undo=-transverse ;;
	8) undo='-rotate 90' ;;
	esac
	# shellcheck disable=SC2086
	convert half.png $undo -quality 90 turned.jpg
	exif "$n" turned.jpg >exif$n.jpg
	finds "EXIF orientation $n" exif$n.jpg
done
for angle in 90 180 270; do
	convert half.png -rotate $angle turned$angle.png
	finds "turned by $angle degrees, and nothing says so" turned$angle.png
done

# The half of every line, whose spaces depend on words in the other half.
convert "$first" -crop 50%x100%+0+0 +repage left.png
finds 'the left half of a page' left.png

# Some lines: nobody else fits.
convert "$first" -crop 100%x25%+0+150 +repage crop.png
run trace crop.png --ledger ledger
check 'a crop of some lines is of this paper' err_empty
check 'and nobody else is named' out_lacks 'r0[1-68-9]|r1[0-9]|r2[0-4]'

# Not ours.
printf 'Nothing in here comes from that paper; it is about gardens and boats.\n%.0s' 1 2 3 4 5 6 >other.txt
pdf_of other.txt >other.pdf
pdftoppm -r 110 -gray -png -singlefile other.pdf other
run trace other.png --ledger ledger
check 'another page names nobody' exits 1
check 'and it is said in which language it was read' err_has 'English.*--ocr-language'
convert -size 600x400 xc:white blank.png
refuses 'an empty page' blank.png 'no text'
convert -size 16000x2 xc:white hair.png
refuses 'a picture of two rows' hair.png 'no text'
convert "$first" "$second" moving.webp
refuses 'a WebP that moves' moving.webp 'moving WebP.*PNG'

# Damaged, or an attack.
head -c $(($(wc -c <page.jpg) / 2)) page.jpg >half.jpg
refuses 'half a JPEG' half.jpg 'damaged'
head -c $(($(wc -c <"$first") / 2)) "$first" >torn.png
refuses 'half a PNG' torn.png 'damaged'
printf '\211PNG\r\n\032\n\000\000\000\rIHDR\000\000\116\040\000\000\116\040\010\000\000\000\000\000\000\000\000' >large.png
head -c 200 /dev/zero >>large.png
refuses 'a PNG of 20,000 x 20,000' large.png 'larger picture'
printf 'GIF89a\377\377\377\377\200\000\000\000\000\000\377\377\377,' >large.gif
head -c 200 /dev/zero >>large.gif
refuses 'a GIF of 65,535 x 65,535' large.gif 'larger picture'
for magic in '\211PNG\r\n\032\n' '\377\330\377\340' 'II*\000' 'GIF89a' '%%PDF-1.7\n'; do
	{ printf "$magic" && sed -n '1,400p' "$SOURCE/src/picture/picture_pdf.c" | tr 'a-z' '\200-\231'; } >junk.bin
	refuses "junk behind $magic" junk.bin 'damaged|larger picture'
done
: >empty.png
run trace empty.png --ledger ledger
check 'an empty file is an empty text' exits 1
printf '%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]/Count 3>>endobj\ntrailer<</Root 1 0 R>>\n' >loop.pdf
refuses 'a PDF whose pages contain themselves' loop.pdf 'damaged|no text'
printf '%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</XObject<</X 4 0 R>>>>>>endobj\n4 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</XObject<</X 4 0 R>>>>/Length 12>>stream\n/X Do /X Do \nendstream\nendobj\ntrailer<</Root 1 0 R>>\n' >form.pdf
refuses 'a PDF whose form contains itself' form.pdf 'damaged|no text'
printf '%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[%s]/Count 501/MediaBox[0 0 99 99]>>endobj\n%strailer<</Root 1 0 R>>\n' \
	"$(seq -f '%g 0 R' 3 503 | tr '\n' ' ')" "$(seq -f '%g 0 obj<</Type/Page/Parent 2 0 R>>endobj' 3 503)" >long.pdf
refuses 'a PDF of 501 pages' long.pdf '500 pages.*give it in parts'
refuses_corpus() {
	cp -- "$corpus/picture/$2" .
	refuses "$1" "$2" "$3"
}
refuses_corpus 'a PDF with a password' locked.pdf 'encrypted'

# What is missing is said.
run trace page.jpg --ledger ledger --ocr-language nosuchtongue
check 'no data for a language: is refused' refused
check 'no data for a language: says what to install' err_has 'apt install tesseract-ocr-'
SUBROSA_PICTURE=/nonexistent run trace page.jpg --ledger ledger
check 'no reader: is refused' refused
check 'no reader: says what to install' err_has 'apt install subrosa-picture'

end_of_test
