#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# subrosa wire against a real relay: cells there and back, races, tokens, TLS, and the alarms of a
# relay that was put back to an older state.
. "$(dirname -- "$0")/lib.sh"
needs_program

# Without a relay.
run wire key one.key
check 'a key is made' exits 0
check 'nothing is printed' out_empty
check 'only its owner reads it' test "$(stat -c %a one.key)" = 600
check 'it is one line' test "$(wc -l <one.key)" -eq 1
run wire key one.key
check 'a key is not overwritten' refused
run wire key --days 400 long.key
check 'a key for long' exits 0
run wire key --days 31 no.key
check 'no key for 31 days' refused
check 'and no file' test ! -e no.key
run wire key no/such/folder.key
check 'a folder that is not there' refused
run wire key two.key
check 'keys differ' test "$(sort one.key two.key | uniq | wc -l)" -eq 2
for wrong in key 'append a b --relay x --key one.key --log v' 'read a --relay x --key one.key --log v' \
	'read --relay x --key one.key' 'read --relay x --log v' 'read --key one.key --log v' 'write x' \
	'read --wait 51 --relay x --key one.key --log v' 'read --wait x --relay x --key one.key --log v'; do
	# shellcheck disable=SC2086
	run wire $wrong
	check "'wire $wrong' is refused" refused
done
digits=$(printf '%064d' 7)
for address in '' x http://127.0.0.1:9 "https://127.0.0.1:9#$digits" "http://127.0.0.1#$digits"; do
	run wire head --relay "$address" --key one.key --log view
	check "'$address' is no relay's address" refused
done
run wire head --relay "http://127.0.0.1:9#$digits" --key long.key --log view --proxy http://127.0.0.1:9
check 'a proxy of another kind is refused' refused
echo 'subrosa-log/1 30 00' >bad.key
run wire head --relay "http://127.0.0.1:9#$digits" --key bad.key --log view
check 'a damaged key is refused' refused
check 'the message does not repeat it' err_lacks 'subrosa-log'
check 'nothing is kept of what failed' test ! -e view

[ -n "${SUBROSA_RELAY-}" ] || {
	skip 'a relay' 'subrosa-relay was not built'
	end_of_test
}

# start FOLDER [SETTING...]: a relay of that folder; its address is in $address. stop: no more.
port=$((20000 + $$ % 20000))
pid=
start() {
	folder=$1
	shift
	for setting in "$@"; do
		set -- "$@" --set "$setting"
		shift
	done
	for try in 1 2 3 4 5 6; do
		rm -f relay.log
		"$SUBROSA_RELAY" run --data "$folder" --listen "127.0.0.1:$port" "$@" 2>relay.log &
		pid=$!
		i=0
		while [ $i -lt 600 ] && ! grep -qs 'event=start ' relay.log && kill -0 "$pid" 2>/dev/null; do
			sleep 0.1
			i=$((i + 1))
		done
		grep -qs 'event=start ' relay.log && break
		wait "$pid"
		port=$((port + 1 + try))
	done
	address=$("$SUBROSA_RELAY" address --data "$folder" --listen "127.0.0.1:$port")
}
stop() {
	[ -z "$pid" ] || {
		kill "$pid" 2>/dev/null
		wait "$pid"
	}
	pid=
}
trap 'stop; cd / && chmod -R u+rwX -- "$scratch" && rm -rf -- "$scratch"' EXIT

# by_hand VERB VIEW [ARGUMENT...]: with the key one.key, and standard input from the file input.
: >input
key=one.key
by_hand() {
	verb=$1 view=$2
	shift 2
	run_with input wire "$verb" --relay "$address" --key "$key" --log "$view" "$@"
}
said() {
	printf '%s' "$1" >input
	shift
	by_hand append "$@"
}

"$SUBROSA_RELAY" init --data relay --listen "127.0.0.1:$port" >"$out" 2>"$err"
status=$?
check 'a relay is made' exits 0
start relay
check 'a relay runs' grep -q 'event=start ' relay.log

said hello mine
check 'a first cell' exits 0
check 'it is number 1' test "$(cat "$out")" = 'appended as cell 1'
check 'the view is kept' test "$(stat -c %a:%s mine)" = 600:410
by_hand read theirs
check 'another reads it' test "$(cat "$out")" = 'cell 1: hello'
by_hand read theirs
check 'once' test "$(cat "$out")" = 'no new cell'
said "$(printf 'a\033[31mb')" theirs
by_hand read mine
check 'nothing steers the terminal' test "$(cat "$out")" = 'cell 2: a?[31mb'
said from-theirs theirs
said from-mine mine
check 'who was behind reads first' test "$(tr '\n' ' ' <"$out")" = 'cell 3: from-theirs appended as cell 4 '
by_hand head mine --json
check 'head' test "$("$JSONGET" "$out" last) $("$JSONGET" "$out" first) $("$JSONGET" "$out" known)" = '4 1 4'
head -c 4094 /dev/urandom >input
cp input sent
by_hand append mine
check 'a full cell' exits 0
by_hand read theirs --json
check 'JSON is JSON' test "$("$JSONGET" -t "$out" cells)" = array
"$JSONGET" "$out" cells 1 hex >got
od -An -v -tx1 sent | tr -d ' \n' >want
echo >>want
check 'all bytes come back' cmp -s got want
head -c 4095 /dev/zero >input
cp mine before
by_hand append mine
check 'a byte too many is refused' refused
check 'the view stays' cmp -s mine before
: >input
by_hand append mine
check 'an empty cell' exits 0
(sleep 1 && printf late | "$SUBROSA" wire append --relay "$address" --key one.key --log late >/dev/null) &
by_hand read mine --wait 50
check 'a cell that was waited for' out_has 'late'
wait $!

# Many at once: each has a view of its own.
pids=
for i in 1 2 3 4 5 6 7 8; do
	(for k in 1 2 3; do
		printf '%s' "cell-$i-$k" | "$SUBROSA" wire append --relay "$address" --key one.key --log "race$i" || exit 1
	done) >/dev/null 2>"race$i.err" &
	pids="$pids $!"
done
failed=0
for p in $pids; do wait "$p" || failed=$((failed + 1)); done
check 'all who race get there' test $failed -eq 0
by_hand read mine
check 'every cell once' test "$(grep -o 'cell-[0-9]-[0-9]' "$out" | sort | uniq -c | grep -c '^ *1 ')" -eq 24
check 'no number is left out' test "$(sed -n 's/^cell \([0-9]*\):.*/\1/p' "$out" | awk 'NR > 1 && $1 != p + 1 { print } { p = $1 }')" = ''
check 'the order of each is kept' sh -c '
	for i in 1 2 3 4 5 6 7 8; do
		[ "$(grep -o "cell-$i-[0-9]" "$1" | tr "\n" " ")" = "cell-$i-1 cell-$i-2 cell-$i-3 " ] || exit 1
	done' sh "$out"

# Somebody else's key, another relay's key, another log's view.
address_was=$address
address=$(printf '%s' "$address" | sed -e 's/#f/#0/' -e t -e 's/#./#f/')
cp mine before
by_hand read fresh
check 'a relay with another key is refused' refused
address=$address_was
key=two.key
by_hand read mine
key=one.key
check "another log's view is refused" refused
check 'the view stays' cmp -s mine before

# Put back to an older state.
stop
cp -r relay older
cp -r relay oldest
start relay
said lost-1 mine
said lost-2 mine
stop
mv relay newer && mv older relay
start relay
cp mine before
by_hand read mine
check 'a shorter log is an alarm' refused
check 'it says so' err_has 'ALARM.*mine\.evidence'
check 'evidence' test "$(stat -c %s mine.evidence)" -eq 315
check 'of a shorter log' test "$(od -An -tx1 -j9 -N1 mine.evidence | tr -d ' ')" = 02
cp mine.evidence shorter.evidence
check 'the view stays' cmp -s mine before
said refused mine
check 'nothing is appended to it' refused
said other-1 theirs
said other-2 theirs
check 'whoever did not see the old end goes on' exits 0
by_hand read mine
check 'now it is a fork' refused
check 'with evidence' test "$(od -An -tx1 -j9 -N1 mine.evidence | tr -d ' ')" = 01
check 'the view stays' cmp -s mine before
stop
cp -r relay forked
rm -r relay && cp -r oldest relay
start relay
cp mine.evidence proof
by_hand read mine
check 'shorter once more' refused
check 'what proves more is kept' cmp -s mine.evidence proof
stop
rm -r relay && mv forked relay

# What others make of the evidence, without the relay.
key_of_relay=${address#*#}
proves() { exits 0 && out_has '^PROVED' && err_empty; }
proves_nothing() { exits 1 && out_has '^NOT(HING IS)? PROVED' && out_lacks '^PROVED' && err_empty; }
# put FROM TO N: mine.evidence with N bytes from there to there, as bad.evidence.
put() {
	cp mine.evidence bad.evidence
	dd if=mine.evidence of=bad.evidence bs=1 skip="$1" seek="$2" count="$3" conv=notrunc 2>/dev/null
	run wire evidence bad.evidence
}
run wire evidence mine.evidence
check 'a fork is proved' proves
check 'it tells the cells' test "$(grep -cE '^(earlier|later): +cell [0-9]+, chain [0-9a-f]{64}, signed$' "$out")" -eq 2
check "it tells the relay's key" out_has "^relay's key: $key_of_relay\$"
run_with mine.evidence wire evidence -
check 'from standard input' proves
run wire evidence --json mine.evidence
check 'as JSON' exits 0
check 'what it says' test "$("$JSONGET" "$out" proved) $("$JSONGET" "$out" alarm) $("$JSONGET" "$out" relay)" = "true fork $key_of_relay"
check 'of one cell' test "$("$JSONGET" "$out" earlier seq)" = "$("$JSONGET" "$out" later seq)"
check 'two chains' test "$("$JSONGET" "$out" earlier chain)" != "$("$JSONGET" "$out" later chain)"
check 'both signed' test "$("$JSONGET" "$out" earlier signed) $("$JSONGET" "$out" later signed)" = 'true true'
run wire evidence shorter.evidence
check 'a shorter log is not proved' proves_nothing
check 'though both are signed' out_lacks 'NOT SIGNED'
run wire evidence shorter.evidence --json
check 'nor as JSON' exits 1
check 'what it says' test "$("$JSONGET" "$out" proved) $("$JSONGET" "$out" alarm) $("$JSONGET" "$out" later signed)" = 'false shorter true'
put 107 211 104
check 'the same position twice proves nothing' proves_nothing
check 'it says why' out_has 'do not contradict'
put 211 107 104
check 'nor the other one twice' proves_nothing
put 251 147 64
check "one's signature for the other proves nothing" proves_nothing
check 'it says why' out_has '^earlier: .* NOT SIGNED'
put 42 10 32
check 'another key proves nothing' proves_nothing
put 74 42 32
check 'another log proves nothing' proves_nothing
for length in 0 9 107 211 314; do
	head -c $length mine.evidence >bad.evidence
	run wire evidence bad.evidence
	check "$length bytes are no evidence" refused
done
{ cat mine.evidence && printf x; } >bad.evidence
run wire evidence bad.evidence
check 'nor 316' refused
put 8 9 1
check 'nor an alarm that there is not' refused
for wrong in evidence 'evidence a b' 'evidence no-such-file' 'evidence .' 'evidence one.key'; do
	# shellcheck disable=SC2086
	run wire $wrong
	check "'wire $wrong' is refused" refused
done

# Tokens of admission.
"$SUBROSA_RELAY" init --data closed >/dev/null 2>&1
"$SUBROSA_RELAY" token --data closed --number 1 >token 2>/dev/null
chmod 600 token
start closed admission=yes
key=two.key
said no closed1
check 'without a token there is no new log' refused
check 'it says why' err_has 'token'
said yes closed1 --token token
check 'with one there is' exits 0
said more closed1
check 'it is needed once' exits 0
key=long.key
said no closed2 --token token
check 'it is good once' refused
stop

# A quota.
"$SUBROSA_RELAY" init --data small >/dev/null 2>&1
start small log_cells=2
key=one.key
said 1 quota && said 2 quota
check 'two cells' exits 0
said 3 quota
check 'a third is too many' refused
check 'it says why' err_has 'as many cells'
stop

# TLS.
"$SUBROSA_RELAY" init --data tls --tls >/dev/null 2>&1
start tls
case $address in
https://*.*)
	said secret tls1
	check 'TLS with the right pin' exits 0
	last=$(printf '%s' "$address" | tail -c 1)
	address=${address%?}$([ "$last" = 0 ] && echo 1 || echo 0)
	said secret tls1
	check 'TLS with a wrong pin' refused
	check 'it says why' err_has 'TLS key'
	;;
*) skip 'TLS' "the relay's address is not https" ;;
esac
stop

end_of_test
