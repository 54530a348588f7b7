#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ledgers sealed with a passphrase: the full cycle, who gets in and who does not, and that nothing in
# the clear is left, whenever the program is killed.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

passphrase='correct horse battery'
umask 077
printf '%s\n' "$passphrase" >pass
printf 'wrong horse battery\n' >wrong
mkdir safe
ledger=safe/paper.ledger

mark_sealed() {
	run mark "$paper" --readers "$readers" --out copies --ledger "$ledger" --no-auto \
		--passphrase-file pass "$@"
}

# in_the_clear: something in the folder of the ledger gives the paper, a reader or SQLite away.
in_the_clear() {
	grep -rqaF -e 'SQLite format' -e 'CREATE TABLE' -e 'Foreign Ministry' -e 'Halloran' \
		-e 'Project Heron' -e "$passphrase" safe
}

# Born sealed.
mark_sealed --seal
check 'mark --seal succeeds' exits 0
check 'the ledger is its owner'"'"'s alone' mode_is 600 "$ledger"
check 'its commitment lies beside it, and nothing else' test \
	"$(ls -A safe | tr '\n' ' ')" = 'paper.ledger paper.ledger.commitment '
check 'nothing in it is in the clear' not in_the_clear
check 'the passphrase is not told' test -z "$(grep -F "$passphrase" "$out" "$err")"
run trace copies/r05.md --ledger "$ledger" --json --passphrase-file pass
check 'a leak is traced with the passphrase' names r05
run trace copies/r05.md --ledger "$ledger" --passphrase-file wrong
check 'not with another one' refused
check 'which is said to be wrong' err_has "$ledger: error: the passphrase is wrong"
check 'and not repeated' test -z "$(grep -F "horse" "$out" "$err")"
cksum <"$ledger" >"$scratch/sum"
mark_sealed
check 'mark again stays sealed' not in_the_clear
check 'and succeeds' exits 0
check 'and has written it anew' not same "$scratch/sum" - <<END
$(cksum <"$ledger")
END
head -n 5 "$readers" >few.csv
echo 'n1,New Reader,New House,Talve' >>few.csv
run mark "$paper" --readers few.csv --out copies --ledger "$ledger" --no-auto --passphrase-file pass
check 'readers are added' out_has '\(1 new readers\)'
check 'and it stays sealed' not in_the_clear
run ledger info --json "$ledger" --passphrase-file pass
check 'info tells that it is sealed' value_is true ledgers 0 sealed
check 'info counts the readers' value_is 25 ledgers 0 issued
run mark "$paper" --readers few.csv --out copies --ledger "$ledger" --no-auto --passphrase-file wrong
check 'mark refuses another passphrase' refused
run mark "$paper" --readers "$readers" --out c2 --ledger l2 --no-auto --seal --same-key-as "$ledger" \
	--passphrase-file wrong
check '--same-key-as refuses another passphrase' refused
check 'and makes no ledger' not test -e l2
check 'and no copies' not test -e c2

# Seal and unseal.
given "$other_paper" "$readers" others safe/other.ledger
check 'the instrument: an open ledger is in the clear' in_the_clear
run mark "$other_paper" --readers "$readers" --out others --ledger safe/other.ledger --no-auto --seal \
	--passphrase-file pass
check 'mark --seal refuses a ledger that is open' refused
run ledger seal safe/other.ledger --same-key-as "$ledger" --passphrase-file pass
check 'seal succeeds' exits 0
check 'nothing is left in the clear' not in_the_clear
check 'their commitments lie beside them, and nothing else' test \
	"$(ls -A safe | tr '\n' ' ')" = 'other.ledger other.ledger.commitment paper.ledger paper.ledger.commitment '
same_salt() { [ "$(dd if="$1" bs=1 count=52 2>/dev/null | cksum)" = "$(dd if="$2" bs=1 count=52 2>/dev/null | cksum)" ]; }
check 'both have one key' same_salt "$ledger" safe/other.ledger
run trace others/r07.md --ledger "$ledger" --ledger safe/other.ledger --json --passphrase-file pass
check 'a leak is traced through both' names r07
run ledger seal safe/other.ledger --passphrase-file pass
check 'sealing twice is refused' refused
run ledger backup safe/other.ledger safe/backup.ledger
check 'backup needs no passphrase' exits 0
check 'a copy stays sealed' not in_the_clear
run ledger unseal safe/backup.ledger --passphrase-file wrong
check 'unseal refuses another passphrase' refused
check 'and leaves it sealed' not in_the_clear
run ledger unseal safe/backup.ledger --passphrase-file pass
check 'unseal succeeds' exits 0
check 'then it is in the clear' in_the_clear
run trace others/r07.md --ledger safe/backup.ledger --json
check 'and traces without a passphrase' names r07
check 'it is its owner'"'"'s alone' mode_is 600 safe/backup.ledger

# What would stay in the clear, or could not be done for all.
mv safe/backup.ledger open.ledger
is_open() { grep -qaF 'SQLite format' open.ledger; }
run ledger seal open.ledger ./open.ledger --passphrase-file pass
check 'one ledger given twice is refused' refused
check 'before it is sealed' is_open
ln open.ledger second.ledger
run ledger seal open.ledger --passphrase-file pass
check 'a ledger with a second name is refused' refused
check 'a second name: it says why' err_has '^open\.ledger: error: .*hard link'
check 'a second name: it is not sealed' is_open
rm second.ledger
run ledger seal open.ledger --passphrase-file pass
check 'with one name it is sealed' not is_open

# Damage is not a wrong passphrase.
cp "$ledger" bad.ledger
printf 'X' | dd of=bad.ledger bs=1 seek=5000 conv=notrunc 2>/dev/null
run ledger check bad.ledger --passphrase-file pass
check 'a changed byte is refused' refused
check 'as damage' err_has 'bad.ledger: error: .*damaged'
head -c 5000 "$ledger" >bad.ledger
run ledger check bad.ledger --passphrase-file pass
check 'a truncated one is refused' refused
check 'as truncated' err_has 'truncated'

# Files that are no good for a passphrase.
: >empty
printf 'one\ntwo\n' >two
head -c 3000 "$paper" | tr '\n' ' ' >long
for file in empty two long none .; do
	run ledger check "$ledger" --passphrase-file "$file"
	check "a passphrase file '$file' is refused" refused
	check "a passphrase file '$file' is named" err_has "^$file: error: "
done
printf '%s\r\n' "$passphrase" >crlf
run ledger check "$ledger" --passphrase-file crlf
check 'CR LF ends a line' exits 0
check 'a private file is no reason to warn' err_empty
chmod 644 pass
run ledger check "$ledger" --passphrase-file pass
check 'one that others can read is' err_has '^pass: warning: '
chmod 600 pass
check 'the passphrase is read from a pipe' sh -c \
	'printf "%s" "$1" | "$2" ledger check "$3" --passphrase-file /dev/stdin >/dev/null' \
	- "$passphrase" "$SUBROSA" "$ledger"

# Without a terminal there is nobody to ask.
if command -v setsid >/dev/null 2>&1; then
	setsid -w "$SUBROSA" ledger check "$ledger" </dev/null >"$out" 2>"$err"
	status=$?
	check 'without file and terminal it is refused' refused
	check 'and it says what to do' err_has '--passphrase-file'
else
	skip 'without file and terminal it is refused' 'no setsid'
fi

# at_terminal INPUT ARGUMENT...: a run that is asked on a terminal, which answers with the lines.
at_terminal() {
	input=$1
	shift
	# The answers come when the question stands there: what is typed earlier is thrown away.
	rm -f typescript
	mkfifo keys
	words=
	for word in "$SUBROSA" "$@"; do
		words="$words '$word'"
	done
	script -qec "$words >shown.out" typescript <keys >/dev/null 2>&1 &
	exec 5>keys
	printf '%s' "$input" | while IFS= read -r line; do
		questions_n=$((${questions_n-0} + 1))
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
			[ "$(grep -aoE '(for [^ ]*|again): ' typescript 2>/dev/null | wc -l)" -ge "$questions_n" ] && break
			sleep 0.1
		done
		sleep 0.1
		printf '%s\n' "$line" >&5
	done
	wait $!
	status=$?
	exec 5>&-
	rm keys
	cp shown.out "$out" 2>/dev/null || : >"$out"
	tr -d '\r' <typescript >"$err"
}

if has_terminal; then
	at_terminal "$passphrase
" ledger check "$ledger"
	check 'asked on a terminal, it opens' exits 0
	check 'the question names the ledger' err_has "Passphrase for $ledger: "
	check 'what is typed is not shown' not grep -qF "$passphrase" typescript
	at_terminal 'something else
' ledger check "$ledger"
	check 'another one does not' exits 2
	check 'and is said to be wrong' err_has 'the passphrase is wrong'
	at_terminal "new one
new one
" mark "$paper" --readers few.csv --out c3 --ledger safe/new.ledger --no-auto --seal
	check 'a new passphrase is asked for' err_has 'New passphrase for safe/new.ledger: '
	check 'and asked for again' err_has 'The same again: '
	check 'and then the ledger is made' test -e safe/new.ledger
	printf 'new one' >new
	run trace c3/n1.md --ledger safe/new.ledger --json --passphrase-file new
	check 'which opens with it' names n1
	at_terminal "new one
new two
" mark "$paper" --readers few.csv --out c4 --ledger safe/more.ledger --no-auto --seal
	check 'two that differ are refused' exits 2
	check 'and nothing is made' not test -e safe/more.ledger
	check 'not even copies' not test -e c4
	rm safe/new.ledger
else
	skip 'asked on a terminal, it opens' 'no pseudo-terminal'
fi

# The passphrase is no argument that others could see; the program is looked at while it works on it.
"$SUBROSA" ledger check "$ledger" --passphrase-file pass </dev/null >"$out" 2>"$err" &
seen=false
while kill -0 $! 2>/dev/null; do
	if cat "/proc/$!/cmdline" "/proc/$!/environ" 2>/dev/null | grep -qaF horse; then seen=true; fi
done
check 'the passphrase is neither argument nor environment' test "$seen" = false

# What is opened while a sealed ledger is written: no file in the clear.
if command -v strace >/dev/null 2>&1 && [ "$SANITIZED" = false ]; then
	echo 'n2,Another Reader,New House,Talve' >>few.csv
	strace -f -o trace.txt -e trace=openat,open,creat "$SUBROSA" mark "$paper" --readers few.csv --out copies \
		--ledger "$ledger" --no-auto --passphrase-file pass </dev/null >"$out" 2>"$err"
	status=$?
	check 'watched, it succeeds' exits 0
	grep -E 'O_WRONLY|O_RDWR|O_CREAT' trace.txt | grep -F safe/ | grep -v ENOENT >written.txt
	check 'the instrument: the new ledger is seen' grep -qF '.subrosa-tmp' written.txt
	check 'nothing else is written beside it' test -z \
		"$(grep O_CREAT written.txt | grep -vF '.subrosa-tmp')"
	check 'and no temporary file elsewhere' not grep -qE '(/tmp|/var/tmp|TMPDIR)/(etilqs|[^ "]*journal)' trace.txt
else
	skip 'what is written beside it' 'no strace'
fi

# Killed at any moment, then run again.
list_readers 1 200 >list.csv
mark_list() {
	"$SUBROSA" mark "$paper" --readers list.csv --out many --ledger safe/many.ledger --no-auto --seal \
		--passphrase-file pass </dev/null >"$out" 2>"$err"
}
started() { :; }
ledger_made() { [ -e safe/many.ledger ]; }
replacing() { [ -e safe/many.ledger.subrosa-tmp ]; }
copy_appeared() { [ -e many/u00001.md ]; }
killed_n=0
for condition in started ledger_made replacing copy_appeared; do
	for seconds in 0 0.01; do
		rm -rf many safe/many*
		mark_list &
		while kill -0 $! 2>/dev/null && ! "$condition"; do :; done
		sleep "$seconds"
		# The shell that runs the function goes with its child.
		child=$(cat "/proc/$!/task/$!/children" 2>/dev/null)
		[ -z "$child" ] || kill -KILL $child 2>/dev/null
		wait $! 2>/dev/null
		status=$?
		[ "$status" -ne 137 ] || killed_n=$((killed_n + 1))
		label="killed $seconds s after $condition"
		check "$label: nothing is in the clear" not in_the_clear
		if [ -e safe/many.ledger ]; then
			run ledger check safe/many.ledger --passphrase-file pass
			check "$label: the ledger is in order" exits 0
			run ledger info --json safe/many.ledger --passphrase-file pass
			appeared_n=$(find many -maxdepth 1 -name 'u*' 2>/dev/null | wc -l)
			check "$label: it claims no copy that is not there" \
				test "$(value ledgers 0 issued)" -le "$appeared_n"
			check "$label: no copy is there that it does not know" \
				test "$(value ledgers 0 committed)" -ge "$appeared_n"
		fi
		mark_list
		status=$?
		check "$label: the next run completes it" exits 0
		check "$label: all copies are there" count_is 200 many
		# A ledger that is being created has a name of its own beside it.
		check "$label: nothing is left of a replacement" not test -e safe/many.ledger.subrosa-tmp
	done
done
check 'runs were killed' test "$killed_n" -ge 3
printf '# %d runs were killed\n' "$killed_n"

end_of_test
