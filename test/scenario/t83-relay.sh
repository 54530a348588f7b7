#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# subrosa-relay by its operator's hand: what each command says, makes and refuses. How it serves is in
# test/unit/test_relay_program.c.
. "$(dirname -- "$0")/lib.sh"
[ -n "${SUBROSA_RELAY-}" ] || skip_all 'subrosa-relay was not built'

relay() {
	"$SUBROSA_RELAY" "$@" >"$out" 2>"$err" </dev/null
	status=$?
}

commands='run init address token check backup'
relay --help
check '--help succeeds' exits 0
for command in $commands; do
	check "--help names $command" out_has "^  $command "
	relay "$command" --help
	check "$command --help succeeds" exits 0
	for option in config data listen set user; do
		check "$command takes --$option" out_has "--$option="
	done
	relay "$command" --no-such-option
	check "$command --no-such-option is refused" refused
	relay "$command"
	check "$command without a folder is refused" refused
	relay --help
done
relay --version
check '--version tells the number' out_has '^subrosa-relay [0-9]+\.[0-9]+\.[0-9]+'
for wrong in nonsense '' Run --no-such-option; do
	relay "$wrong"
	check "'$wrong' is refused" refused
done
relay
check 'no command is refused' refused

digits='[0-9a-f]{64}'
relay run --data one
check 'a folder without a relay is not served' refused
check 'it says so' err_has 'init'
relay init --data one
check 'init makes one' exits 0
check 'it prints the address' out_has "^http://127\.0\.0\.1:8787#$digits\$"
check 'its folder is its own' test "$(stat -c %a one)" = 700
check 'so is its key' test "$(stat -c %a one/relay.key)" = 600
check 'and its store' test "$(stat -c %a one/relay.db)" = 600
cp -- "$out" address
relay init --data one
check 'init leaves it alone' cmp -s "$out" address
relay address --data one
check 'address prints the same' cmp -s "$out" address
relay address --data one --set reached_at=name.onion:80
check 'address knows where it is reached' out_has "^http://name\.onion:80#$digits\$"
relay address --data one --set 'reached_at=[2001:db8::1]:80'
check 'an IPv6 address is one in brackets' out_has '^http://\[2001:db8::1\]:80#'
relay init --data one --tls
check 'init adds TLS' out_has "^https://127\.0\.0\.1:8787#$digits\.$digits\$"
check 'the key of the relay is the same' test "$(sed 's/.*#//; s/\..*//' "$out")" = "$(sed 's/.*#//' address)"
check 'the TLS key is its own' test "$(stat -c %a one/tls.key)" = 600

relay token --data one --number 1000
check 'tokens' exits 0
check 'as many as asked for' test "$(grep -cE "^$digits\$" "$out")" = 1000
check 'all different' test "$(sort -u "$out" | wc -l)" = 1000
token=$(head -n 1 "$out")
od -An -v -tx1 one/relay.db* | tr -d ' \n' >"$out"
check 'they are not in the store' out_lacks "$token"
for wrong in 0 -1 x 1x 100001; do
	relay token --data one --number "$wrong"
	check "--number $wrong is refused" refused
done
relay check --data one
check 'check finds nothing wrong' exits 0
check 'it counts' out_has '^tokens 1000$'

relay backup --data one copy
check 'a backup' exits 0
check 'is a file of its own' test "$(stat -c %a copy)" = 600
relay backup --data one copy
check 'does not replace anything' refused
mkdir two && cp -- one/relay.key two/ && cp -- copy two/relay.db
relay check --data two
check 'it can be put in its place' out_has '^tokens 1000$'
for file in relay.key relay.db; do
	mkdir half && cp -p -- "two/$file" half/
	relay init --data half
	check "init makes no half relay to go with $file" refused
	rm -r half
done

# Damage: each page but the first, in turn, until the check sees none.
pages=$(($(stat -c %s copy) / 4096))
seen=0
page=1
while [ "$page" -lt "$pages" ]; do
	cp -- copy two/relay.db
	dd if=/dev/urandom of=two/relay.db bs=4096 seek="$page" count=1 conv=notrunc 2>/dev/null
	relay check --data two
	[ "$status" -eq 0 ] || seen=$((seen + 1))
	page=$((page + 1))
done
check 'damage is seen' test "$seen" -gt 0
check 'wherever it is' test "$seen" -eq "$((pages - 1))"
printf 'no store' >two/relay.db
relay check --data two
check 'something else is no store' test "$status" -ne 0
relay run --data two --listen 127.0.0.1:8787
check 'and is not served' refused

chmod 640 one/relay.key
relay address --data one
check 'a key that others may read is refused' refused
chmod 600 one/relay.key

printf '# a relay\ndata = one\nlisten = 127.0.0.1:9\nreached_at = a.example:10\n' >conf
relay address --config conf
check 'a configuration file' out_has '^https://a\.example:10#'
relay address --config conf --set reached_at=b.example:11
check 'the command line has the last word' out_has '^https://b\.example:11#'
printf 'data = one\n\npols = 5\nidle_s = much\n' >conf
relay address --config conf
check 'a wrong one is refused' refused
check 'it says where' err_has '^conf:3:1: error: there is no such key'
check 'everywhere' err_has '^conf:4:1: error: not a number'
relay address --config nowhere
check 'a missing one is refused' refused
check 'it says which' err_has '^nowhere: '
relay address --data one --set polls=5 --set connections=5
check 'values that do not go together are refused' refused
relay run --data one --listen 192.0.2.1:80
check 'an address of somebody else is refused' refused
check 'in a line of its log' err_has '^time=[0-9TZ:-]+ level=error event=not-started what="cannot listen'
relay run --data one --listen localhost.example:80
check 'a name is not resolved' refused
relay address --data one --user nobody-of-this-name
check 'there is no such user' refused

end_of_test
