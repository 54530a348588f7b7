#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copies on pages: what mark --layers words,layout writes, what is refused, and whom a leaked page
# names: as the PDF itself, as a screenshot, as half of one, as two pictures of one leak; and whom
# it never names.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"
command -v pdftoppm >/dev/null 2>&1 || bail_out 'poppler-utils is missing'

# shellcheck disable=SC2154 # papers.sh sets them
run mark "$paper" --readers "$readers" --out copies --ledger ledger --layers words,layout --footer
check 'pages are made' exits 0
check 'and told of' out_has 'PDF'
check 'one for each reader' [ "$(ls copies/*.pdf | wc -l)" -eq "$(ls copies/*.md | wc -l)" ]
pdftotext copies/r07.pdf text
pdfinfo copies/r07.pdf >info
plain_words() { tr -s '[:space:]#*_-' '\n' | grep '[[:alpha:]]' | head -n 100; }
plain_words <text >a
plain_words <copies/r07.md >b
check 'the text is that of the copy' same a b
check 'the title is set' grep -q '^Title: *[^ ]' info
check 'nothing tells when it was made but the ledger' sh -c \
	'for r in r07 r08; do pdfinfo copies/$r.pdf; done | grep Date | sort -u | [ "$(wc -l)" -eq 1 ]'
cp copies/r07.pdf first.pdf
rm copies/r07.pdf
run mark "$paper" --readers "$readers" --out copies --ledger ledger
check 'a missing one is made again, without being asked for' exits 0
check 'byte for byte' cmp -s first.pdf copies/r07.pdf
run mark "$paper" --readers "$readers" --out copies --ledger ledger --layers words,layout --footer
check 'the same call once more' exits 0
run mark "$paper" --readers "$readers" --out copies --ledger ledger --layers words,layout --font sans
check 'another look with the same ledger is refused' refused
check 'and why' err_has '^ledger: error: .*look'
run mark "$paper" --readers "$readers" --out plain --ledger plain.ledger
run mark "$paper" --readers "$readers" --out plain --ledger plain.ledger --layers words,layout
check 'pages cannot be added to a ledger without' refused
run mark "$paper" --readers "$readers" --out x --ledger x.ledger --layers layout
check 'layers: only what there is' exits 2
run mark "$paper" --readers "$readers" --out x --ledger x.ledger --footer
check 'a footer without pages' exits 2
run mark "$paper" --readers "$readers" --out x --ledger x.ledger --layers words,layout --font 'No Such Family'
check 'a family that is not installed is refused' refused
check 'by its name' err_has 'No Such Family'
check 'and nothing is made' [ ! -e x ]
# Pango has threads of its own, which an early end may meet at work.
echo '![](x.png)' >blank.md
never_crashes() {
	for i in 1 2 3 4 5 6 7 8; do
		run mark blank.md --readers "$readers" --out x --ledger x.ledger --layers words,layout
		exits 2 || return 1
	done
}
check 'a paper with nothing to print is refused, time after time' never_crashes
# What can move nowhere marks nobody.
echo 'Two words' >two.md
run mark two.md --readers "$readers" --out x --ledger x.ledger --layers words,layout
check 'a paper whose copies would all be alike is refused' refused
check 'and why' err_has '^two.md: error: .*no word on its pages has room'
check 'and nothing is made of it' none_of x x.ledger x.ledger.commitment
run mark two.md --readers "$readers" --out x --ledger x.ledger --layers words,layout --force
check 'but if they are asked for they are made' exits 0
run ledger check ledger
check 'the ledger is in order' exits 0
run ledger info ledger
check 'and says which layers it has' out_has 'layout'

# names_r07 FILE...: r07 is named by these files, and nobody else.
names_r07() {
	run trace "$@" --ledger ledger --json
	names r07
}
# names_nobody ARGUMENT...
names_nobody() {
	run trace "$@" --json
	nobody_yet
}
# measured N: so many positions at least.
measured() { [ "$(value seen layers layout)" -ge "$1" ]; }

check 'the PDF itself names its reader' names_r07 copies/r07.pdf
check 'by its positions too' measured 100
pdftoppm -r 150 -gray -png copies/r07.pdf page
set -- page-*.png
first=$1
check 'a screenshot of its first page' names_r07 "$first"
check 'positions are read from it' measured 100
convert "$first" -crop 100%x45%+0+300 +repage half.png
check 'half of it' names_r07 half.png
# From here on a strip of it will do: reading a picture takes its time.
convert "$first" -crop 100%x30%+0+300 +repage strip.png
run trace half.png strip.png --ledger ledger --json
check 'two pictures of one leak' names r07
check 'what both show counts once' measured 100
convert strip.png -rotate 90 turned.png
check 'turned' names_r07 turned.png
run trace strip.png --ledger ledger --report report.html
check 'a report is written' [ -s report.html ]
check 'it is well-formed' xmllint --noout report.html
check 'and shows the picture' grep -q 'data:image/png' report.html

check 'a public picture of the same page supplies what it shows' names_nobody strip.png --ledger ledger --public copies/r07.pdf
convert strip.png -fill white -draw 'rectangle 0,150 1240,330' patchy.png
run trace strip.png --ledger ledger --public patchy.png --json
check 'and what it shows but badly' value_is 0 seen layers layout
convert "$first" -crop 100%x25%+0+0 +repage top.png
run trace half.png --ledger ledger --public top.png --json
check 'but not the rest of the page' measured 50
run mark "$paper" --readers "$readers" --out copies2 --ledger ledger2 --layers words,layout
check 'not by the ledger of other copies' names_nobody strip.png --ledger ledger2
run which copies/r07.pdf --ledger ledger
check 'which knows the PDF' out_has 'r07'

# A bar for many pages: while they are read, and while they are compared. The leak comes late, so that
# there is more than half a second of work.
if has_terminal; then
	echo '(sleep 1; cat copies/r07.pdf) | "$SUBROSA" trace - copies/r07.pdf copies/r08.pdf --ledger ledger' >line
	SUBROSA=$SUBROSA TERM=xterm script -qec 'stty cols 80; sh line' /dev/null </dev/null >seen 2>/dev/null
	check 'a bar of pages' grep -qE ' of [0-9]+ pages' seen
	check 'and of those compared' grep -qE ' of [0-9]+ pages compared' seen
else
	skip 'a bar of pages' 'no pseudo-terminal'
fi

# A paper without any place is marked by its positions alone.
original "$paper" >bare.md
run mark bare.md --no-auto --readers "$readers" --out bare --ledger bare.ledger --layers words,layout
check 'a paper without places' exits 0
pdftoppm -r 110 -gray -png -singlefile -H 500 bare/r07.pdf bare
run trace bare.png --ledger bare.ledger --json --verdict bare.json
check 'is traced by positions alone' names r07
check 'and by nothing else' value_is 0 seen layers words
check 'which others cannot be shown: it is said' err_has 'no external verdict is written: the positions'
check 'and there is none' [ ! -e bare.json ]

# The page of one copy and the words of another: both are named, and neither by a sum of the two.
{ cat bare.md && echo && many_places 60; } >late.md
run mark late.md --no-auto --readers "$readers" --out late --ledger late.ledger --layers words,layout
check 'a paper with all its places behind its first page' exits 0
pdftoppm -r 110 -gray -png -singlefile -H 500 late/r08.pdf late
tail -n 119 late/r07.md >late.txt
run trace late.png late.txt --ledger late.ledger --verdict late.json --json
check 'the words of one copy, the page of another: two are named' value_is 2 copies_at_least
check 'by layers that disagree' value_is true layers_disagree
check 'and there is no opinion about one copy' value_is null named 0 posterior
check 'an external verdict is written for the words' [ -s late.json ]
check 'and it is said that it rests on them alone' err_has 'rests on the wordings alone, with a p of its own: [0-9.e-]+$'
p=$(sed -n 's/.* a p of its own: //p' "$err")
check 'and what it cannot tell is said' err_has 'positions of words name another'
run verify late.json late.png late.txt late.ledger.commitment
check 'whoever verifies it finds the same p' grep -qF "p = $p" "$out"

# From right to left.
cat >hebrew.md <<'END'
# הסכם המעברים

המשלחות נפגשו באביב והסכימו שהמעברים ייפתחו לפני החורף. השיחות היו ארוכות ולעתים קשות, אך שני הצדדים
החזיקו בדעה שהסגירה פוגעת באנשים הגרים ליד הנהר יותר מאשר בכל אדם אחר. מאז הוחלפו שלושה סבבים של
מכתבים, ונותרו שאלות מעטות. הוועדה ביקשה שהעניין יישאר בין המשלחות עד שהנוסח יושלם, והוסיפה
שהעיתונות דיווחה על הסבב הראשון בטעויות רבות. המזכירות תשלח נוסח נקי עד העשירי בחודש.
END
run mark hebrew.md --no-auto --readers "$readers" --out hebrew --ledger hebrew.ledger --layers words,layout
check 'a paper in Hebrew' exits 0
pdftotext -enc UTF-8 hebrew/r07.pdf - | sed 's/'"$(printf '\342\200')"'[^ ]//g' >text
check 'its words can be copied' grep -q 'המשלחות נפגשו באביב והסכימו' text
run trace hebrew/r07.pdf --ledger hebrew.ledger --json
check 'names its reader' names r07
end_of_test
