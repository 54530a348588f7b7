#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# trace --report: the page, what it must not contain, and when it is not written.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"
own_mounts

given "$paper" "$readers" copies ledger
given "$other_paper" "$readers" other other.ledger
copy=copies/r07.md
head -c 600 "$copy" >short.md
head -c 2000 "$copy" >release.md

# has PATTERN, lacks PATTERN: of the page (fixed strings).
page=named.html
has() { grep -qF -e "$1" -- "$page"; }
lacks() { ! has "$1"; }
# the_name ID: the reader's name in the list of readers, as a page spells it.
the_name() {
	awk -F, -v id="$1" '$1 == id { print $2 }' "$readers" | sed "s/&/\\&amp;/g; s/'/\\&#39;/g"
}
well_formed() { xmllint --noout --nonet "$page" 2>"$err"; }
# quiet: nothing runs, nothing is fetched. What is foreign is text: it has no tag of its own.
quiet() {
	grep -oE '<[^>]*>' "$page" >"$scratch/tags"
	! grep -qiE '<(script|img|iframe|link|object|embed|base|form|video|audio|source|use|image)[ />]' "$scratch/tags" &&
		! grep -qiE ' (on[a-z]+|src|style|srcset|action|ping|xmlns)[a-z:]*=' "$scratch/tags" &&
		! grep -oE ' href="[^"]*"' "$scratch/tags" | grep -qv '"#' &&
		! grep -qiE '(https?|ftp|file|data|javascript):|url\(|@import' "$scratch/tags" "$page"
}
# whole NAME: what holds of every report.
whole() {
	page=$1
	check "$page: for the owner only" mode_is 600 "$page"
	if command -v xmllint >/dev/null; then
		check "$page: well-formed" well_formed
	else
		skip "$page: well-formed" 'no xmllint'
	fi
	check "$page: runs and fetches nothing" quiet
	check "$page: its policy forbids it" has "default-src &#39;none&#39;"
	check "$page: its language" has '<html lang="en">'
	check "$page: not to be passed on" has 'Do not pass on</p>'
	check "$page: the copy, not the person, or nobody" grep -qE 'not yet the person|Nothing in this leak' "$page"
}

run trace "$copy" --ledger ledger --json
cp "$out" plain
run trace "$copy" --ledger ledger --json --report named.html
check 'named: exit status' exits 0
check 'named: the verdict is the same with a report' same plain "$out"
check 'named: nothing on standard error' err_empty
whole named.html
check 'named: the answer' has "The leak comes from the copy of <bdi>$(the_name r07)</bdi>"
check 'named: places that agree' has "All $(value seen places) places that were read agree"
check 'named: the file of the leak' has "<bdi>$copy</bdi>"
for id in r01 r12 r24; do
	check "named: $id is listed" has "<bdi>$(the_name $id)</bdi> (<bdi>$id</bdi>)"
done
check 'named: who is excluded is counted' has 'Excluded as the only source (at 1%): 23 of 24'
check 'named: a plot' has '<svg class="plot"'
run trace "$copy" --ledger ledger --report again.html
check 'the same call, the same bytes' same named.html again.html

run trace short.md --ledger ledger --json --report open.html
check 'open: exit status' exits 1
whole open.html
check 'open: the answer' has 'Nobody can be named.'
check 'open: how much more' has "About $(value places_needed) more place"
check 'open: how many are consistent' has "$("$JSONGET" -n "$out" consistent) of 24 copies"
check 'open: no copy is put forward' lacks 'the copy of <bdi>'

run trace "$corpus/junk/j1.txt" --ledger ledger --report foreign.html
check 'not ours: exit status' exits 1
whole foreign.html
check 'not ours: no reader is on the page' lacks "$(the_name r07)"

run trace "$copy" --ledger ledger --public release.md --json --report public.html
whole public.html
check 'public text: is named with its places' has "could have supplied it: <bdi>release.md</bdi> ($(value seen supplied))"
check 'public text: is dashed' has '<mark class="erased">'

cat "$copy" other/r03.md >both.md
run trace both.md --ledger ledger --ledger other.ledger --max-false 0.001 --leaked-on 2040-01-31 --report both.html
check 'two papers: exit status' exits 0
whole both.html
check 'two papers: a section each' test "$(grep -c '<section id=' both.html)" -eq 2
check 'two papers: the other reader as well' has "<bdi>$(the_name r03)</bdi>"
check 'two papers: all readers count' has '48, all those committed'
check 'the level' has '1 in 1 thousand (0.001)'
check 'the date' has '2040-01-31 (UTC)'

# What is foreign stays text.
turn=$(printf '\342\200\256') # U+202E
cat >hostile.csv <<END
id,name,house,side
a,"</style><script>alert(1)</script>","<img src=x onerror=alert(1)>","""><b>"
b,"Eve ${turn}evE","x&y",
END
{
	printf '# <h1>"Title" & more</h1>\n\n'
	many_places 60
} >hostile.md
run mark hostile.md --readers hostile.csv --out hostile --ledger hostile.ledger --no-auto
{
	printf '<p>&lt;/style&gt;&lt;script src=//x&gt; ]]&gt; --&gt; &#8238;turned</p><p>'
	cat hostile/a.md
} >hostile.html
run trace hostile.html --ledger hostile.ledger --report hostile-report.html
check 'hostile names: somebody is named' exits 0
whole hostile-report.html
check 'hostile names: the name is there as text' has '&lt;script&gt;alert(1)&lt;/script&gt;'
check 'hostile names: no sign that turns the writing direction' lacks "$turn"

# Refused: nothing is written, nothing is lost.
printf 'mine' >mine.html
ln -s nowhere dangling.html
mkdir folder.html
snapshot . >"$scratch/before"
refuses() {
	check "$1: is refused" refused
	check "$1: says why" err_has "$2"
	snapshot . >"$scratch/after"
	check "$1: changes nothing" same "$scratch/before" "$scratch/after"
}
run trace "$copy" --ledger ledger --report mine.html
refuses 'a file that is there' '^mine\.html: error: .*there already'
run trace "$copy" --ledger ledger --report ledger
refuses 'the ledger' '^ledger: error: .*there already'
run trace "$copy" --ledger ledger --report "$copy"
refuses 'the leak' '^copies/r07\.md: error: .*there already'
run trace "$copy" --ledger ledger --report dangling.html
refuses 'a link to nowhere' '^dangling\.html: error: .*there already'
run trace "$copy" --ledger ledger --report folder.html
refuses 'a folder' '^folder\.html: error'
run trace "$copy" --ledger ledger --report none/new.html
refuses 'a missing folder' '^none/new\.html: error'
run trace "$copy" --ledger ledger --report -
refuses 'standard output' '^-: error: .*file of its own'
run trace "$copy" --ledger ledger --report ''
refuses 'no name' 'error'
run trace "$copy" --ledger ledger --report
refuses 'no file' 'report'
run trace none.md --ledger ledger --report new.html
refuses 'no such leak' '^none\.md: error'
run trace "$copy" --ledger mine.html --report new.html
refuses 'a ledger that is none' '^mine\.html: error'
run trace "$copy" --ledger ledger --max-false 2 --report new.html
refuses 'a bad level' 'max-false'

if mount_small small 16k; then
	run trace "$copy" --ledger ledger --report small/new.html
	check 'a full disk: is refused' refused
	check 'a full disk: is named' err_has '^small/new\.html: error'
	check 'a full disk: nothing is left' count_is 0 small
	mount -o remount,ro none small
	run trace "$copy" --ledger ledger --report small/new.html
	check 'a folder that cannot be written: is refused' refused
	umount small
else
	skip 'a full disk' 'no file system can be mounted here'
fi

end_of_test
