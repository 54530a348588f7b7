#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo: one name, checked by others, and three abstentions, and a PDF, wherever it is started.
. "$(dirname -- "$0")/lib.sh"
needs_program

mkdir 'a folder with blanks'
TMPDIR=$PWD/'a folder with blanks'
export TMPDIR

run demo
check 'succeeds' exits 0
check 'says nothing on standard error' err_empty
check 'marks for 24 readers' out_has '^24 copies, '
check 'names one, by an article and by pages' test "$(grep -c '^NAMED: the copy of Agathe Minnow (r07)' "$out")" -eq 2
check 'and nobody else' test "$(grep -c '^NAMED: ' "$out")" -eq 2
check 'all positions agree' out_has 'and ([0-9]+) of the \1 positions'
check 'names the one whose copy it was' out_has '^NAMED: the copy of Agathe Minnow \(r07\), Foreign Ministry, Talve'
check 'with the bound' out_has 'at most 1 in [0-9]'
check 'abstains twice' test "$(grep -c '^NOBODY CAN BE NAMED' "$out")" -eq 2
check 'lists who is consistent' out_has 'consistent with [0-9]+ of 24 copies: .*r07'
check 'says that the stranger is not ours' test "$(grep -c '^NOT OURS' "$out")" -eq 1
check 'says that a release proves nothing' out_has 'could have come from a public text'
check 'lets the verdict be checked' test "$(grep -c '^THE VERDICT FOLLOWS' "$out")" -eq 1
check 'which comes to the same name' out_has '^It names the copy of Agathe Minnow \(r07\), Foreign Ministry, Talve'
check 'and refuses it with a commitment that is not its own' out_has '^THE VERDICT DOES NOT FOLLOW: .*commitment'
order=$(sed -n 's/^\(NAMED\|NOBODY CAN\|NOT OURS\|THE VERDICT FOLLOWS\|THE VERDICT DOES NOT\).*/\1/p' "$out" | tr '\n' ';')
check 'in this order' test "$order" = \
	'NAMED;THE VERDICT FOLLOWS;THE VERDICT DOES NOT;NOBODY CAN;NOT OURS;NOBODY CAN;NAMED;'
kept=$(sed -n 's/^Everything is in \(.*\)\.$/\1/p' "$out")
report=$(sed -n 's/^For the house only.*: \(.*\)$/\1/p' "$out")
check 'names the internal report' test "$report" = "$kept/report.html" -a -s "$report"
check 'for the owner only, too' test -n "$(find "$report" "$kept/verdict.json" -perm 600 | sed -n 2p)"
check 'keeps everything where it says' test -f "$kept/paper.ledger" -a -f "$kept/article.html"
check 'in the folder for temporary files' test "${kept#"$TMPDIR/"}" != "$kept"
check 'for the owner only' test "$(find "$kept" -perm /077 -type d | wc -l)" -eq 0
run trace "$kept/article.html" --ledger "$kept/paper.ledger"
check 'what it kept can be traced again' exits 0
check 'with the same name' out_has '^NAMED: the copy of Agathe Minnow \(r07\)'
run trace "$kept/article.html" --ledger "$kept/paper.ledger" --public "$kept/release.md"
check 'and beside the release nobody is named' exits 1
run verify "$kept/verdict.json" "$kept/article.html" "$kept/paper.ledger.commitment"
check 'the verdict it kept follows again' exits 0
run verify "$kept/verdict.json" "$kept/article.html" "$kept/anew.ledger.commitment"
check 'not with the other commitment' exits 1
run verify "$kept/verdict.json" "$kept/short.html" "$kept/paper.ledger.commitment"
check 'not from another article' exits 1

# The seeds are new each time; the outcome is not left to them.
wrong=0
for i in 1 2 3 4; do
	run demo
	exits 0 || wrong=$((wrong + 1))
done
check 'four more times: as it should be' test "$wrong" -eq 0

from=$PWD
cd / || exit 1
run demo
check 'from another folder: succeeds' exits 0
cd "$from" || exit 1
(unset TMPDIR && TMPDIR='' && run demo && exit "$status")
status=$?
check 'with an empty TMPDIR: succeeds' exits 0
left=$(sed -n 's/^Everything is in \(.*\)\.$/\1/p' "$out")
case $left in
/tmp/subrosa-demo-??????) rm -rf -- "$left" ;;
esac
TMPDIR=$PWD/none run demo
check 'no folder for temporary files: is an error' exits 2
check 'no folder for temporary files: is named' err_has 'none'
SUBROSA_DATA=$PWD/none run demo
check 'no data: is an error' exits 2
check 'no data: says what to do' err_has 'SUBROSA_DATA'
run demo more
check 'an argument is refused' refused

# Without SUBROSA_DATA the data is found beside the program, where that lies in the source tree.
case $SUBROSA in
"$SOURCE"/*/src/cli/subrosa)
	unset SUBROSA_DATA
	run demo
	check 'finds its data by itself' exits 0
	;;
*) skip 'finds its data by itself' 'the build folder is not in the source tree' ;;
esac

end_of_test
