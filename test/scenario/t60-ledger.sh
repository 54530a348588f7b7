#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# subrosa ledger: info, check, readers, backup; what they say and what they refuse.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

cat >odd.csv <<'END'
id,name,house,side
a1,"Halloran, Ines","The ""Grey"" House",Talve
a2,Zoë,,
END
given "$paper" odd.csv copies paper.ledger
given "$other_paper" "$readers" others other.ledger
title='Project Heron: proposed merger with Norrow Mills'
places_n=$(grep -o '{[^{}|]*|' "$paper" | wc -l)

# What is told.
run ledger info paper.ledger
check 'info succeeds' exits 0
check 'info tells the title' out_has "$title"
check 'info counts the places' out_has "places +$places_n,"
check 'info counts the readers' out_has '2 committed, 2 of them issued'
check 'info tells that it is not sealed' out_has 'sealed +no'
run ledger info --json paper.ledger other.ledger
check 'info --json succeeds' exits 0
check 'info --json names its format' value_is subrosa-ledgers/1 format
check 'info --json has an item for each ledger' items_are 2 ledgers
check 'info --json tells the title' value_is "$title" ledgers 0 title
check 'info --json counts the places' value_is "$places_n" ledgers 0 places
check 'info --json counts the readers of the other' value_is 24 ledgers 1 committed
check 'info --json counts its copies' value_is 24 ledgers 1 issued
check 'info --json tells that it is not sealed' value_is false ledgers 0 sealed
check 'info --json lists commitments' type_is array ledgers 0 commitments

run ledger check paper.ledger other.ledger
check 'check succeeds' exits 0
check 'check names the first' out_has '^paper.ledger: in order; 2 readers'
check 'check names the second' out_has '^other.ledger: in order; 24 readers'

run ledger readers paper.ledger
check 'readers succeeds' exits 0
check 'readers has a header' out_has '^id,name,house,side,state,committed'
check 'readers quotes a comma and quotes' out_has '^a1,"Halloran, Ines","The ""Grey"" House",Talve,issued,20'
check 'readers leaves out what is missing' out_has '^a2,Zoë,,,issued,20'
check 'readers ends its lines as RFC 4180 says' test "$(grep -c "$(printf '\r')\$" "$out")" -eq 3
run ledger readers --json paper.ledger
check 'readers --json names its format' value_is subrosa-readers/1 format
check 'readers --json lists them' items_are 2 readers
check 'readers --json tells a house' value_is 'The "Grey" House' readers 0 house
check 'readers --json tells a state' value_is issued readers 0 state

# The list of readers can be read back.
run ledger readers other.ledger
cut -d , -f 1-4 "$out" >again.csv
run mark "$other_paper" --readers again.csv --out others --ledger other.ledger --no-auto
check 'the list of readers serves mark' exits 0
check 'and nobody is new' out_has '\(0 new readers\)'

# A copy.
snapshot . >"$scratch/before"
run ledger backup paper.ledger backup.ledger
check 'backup succeeds' exits 0
check 'backup makes a file of its owner alone' mode_is 600 backup.ledger
run trace "copies/a1.md" --ledger backup.ledger --json
check 'the copy traces as the ledger does' names a1
cksum backup.ledger >"$scratch/backup"
run ledger backup other.ledger backup.ledger
check 'backup never writes over a file' refused
check 'the file stays' test "$(cat "$scratch/backup")" = "$(cksum backup.ledger)"
run ledger backup paper.ledger paper.ledger
check 'nor over the ledger itself' refused
run ledger backup paper.ledger no-such-folder/x
check 'backup tells that a folder is missing' refused
run ledger backup none x.ledger
check 'backup of nothing is refused' refused
rm backup.ledger
snapshot . >"$scratch/after"
check 'nothing else has changed' same "$scratch/before" "$scratch/after"

# One in use can be copied, and what is copied is one state of it.
list_readers 1 300 >many.csv
"$SUBROSA" mark "$paper" --readers many.csv --out many --ledger many.ledger --no-auto \
	</dev/null >/dev/null 2>&1 &
copies_n=0
while kill -0 $! 2>/dev/null; do
	if [ -e many.ledger ]; then
		run ledger backup many.ledger "b$copies_n.ledger"
		[ "$status" -eq 0 ] && copies_n=$((copies_n + 1))
	fi
done
wait
i=0
while [ "$i" -lt "$copies_n" ]; do
	run ledger info --json "b$i.ledger"
	case $(value ledgers 0 committed) in
	0 | 300) ;;
	*) not_ok "copy $i of a ledger in use is one state of it" ;;
	esac
	i=$((i + 1))
done
printf '# %d copies while it was in use\n' "$copies_n"

# Damage.
cp paper.ledger bad.ledger
"$SQL" bad.ledger "UPDATE reader SET name=x'41' WHERE number=2" >/dev/null
run ledger check bad.ledger
check 'check finds a changed name' refused
check 'check names the file' err_has '^bad.ledger: error: '
run ledger check bad.ledger other.ledger
check 'check fails if one of several is damaged' refused
cp paper.ledger bad.ledger
"$SQL" bad.ledger "UPDATE reader SET fold=x'6133' WHERE number=1" >/dev/null
run ledger check bad.ledger
check 'check finds a changed fold' refused
head -c 5000 paper.ledger >bad.ledger
for verb in info check readers; do
	run ledger "$verb" bad.ledger
	check "$verb refuses a truncated ledger" refused
	run ledger "$verb" "$paper"
	check "$verb refuses what is not a ledger" refused
	run ledger "$verb" none
	check "$verb tells that there is no file" refused
done
run ledger backup bad.ledger x.ledger
check 'backup refuses a truncated ledger' refused
check 'and leaves nothing' not test -e x.ledger
run ledger seal bad.ledger --passphrase-file "$readers"
check 'seal refuses a truncated ledger' refused
run ledger unseal paper.ledger --passphrase-file "$readers"
check 'unseal refuses an open ledger' refused
check 'and says why' err_has 'not sealed'

# The command line.
for verb in info check backup seal unseal readers; do
	run ledger "$verb" --help
	check "$verb --help succeeds" exits 0
	check "$verb --help tells the usage" out_has "^Usage: subrosa ledger $verb "
	run ledger "$verb"
	check "$verb without a ledger is refused" refused
	run ledger "$verb" --no-such-option paper.ledger
	check "$verb --no-such-option is refused" refused
done
run ledger backup paper.ledger
check 'backup without a target is refused' refused
run ledger backup paper.ledger x y
check 'backup with two targets is refused' refused
run ledger readers paper.ledger other.ledger
check 'readers of two ledgers are refused' refused
run ledger nonsense paper.ledger
check 'a command that is none is refused' refused
check 'no file was made' not test -e x

end_of_test
