#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What MLS objects say: their bytes, their digits, what is none of them. The objects are written here
# by hand after RFC 9420; their keys and signatures are patterns.
. "$(dirname -- "$0")/lib.sh"
needs_program
not() { ! "$@"; }
has_line() { grep -qxF -e "$1" -- "$out"; }

# vector HEX: with its length before it (2.1.2). repeat N HEX: N of them.
vector() {
	n=$((${#1} / 2))
	if [ "$n" -lt 64 ]; then printf '%02x%s' "$n" "$1"; else printf '%04x%s' "$((n + 0x4000))" "$1"; fi
}
repeat() {
	i=0
	while [ "$i" -lt "$1" ]; do
		printf '%s' "$2"
		i=$((i + 1))
	done
}
text() { printf '%s' "$1" | od -An -tx1 | tr -d ' \n'; }
# bytes HEX: those that the digits stand for.
bytes() {
	# shellcheck disable=SC2059 # the format is made of octal escapes
	printf "$(printf '%s' "$1" | sed 's/../0x& /g' | xargs -r printf '\\%03o')"
}

key=$(vector "$(repeat 32 a1)")
signature=$(vector "$(repeat 64 b2)")
# leaf NAME-HEX: a LeafNode of a key package. versions 1; suites 1, 3, GREASE; credentials basic, x509
leaf() {
	printf '%s' "$key$key" "0001$(vector "$1")" \
		"$(vector 0001)$(vector 000100034a4a)0000$(vector 00010002)" \
		"01" 000000006553f100 ffffffffffffffff 00 "$signature"
}
# key_package NAME-HEX
key_package() { printf '%s' 00010003 "$key$(leaf "$1")" 00 "$signature"; }
message() { printf '0001%04x%s' "$1" "$2"; }

alice=$(key_package "$(text alice)")
message 5 "$alice" >alice.hex
bytes "$(cat alice.hex)" >alice.mls

run mls show alice.mls
check 'a key package: succeeds' exits 0
check 'a key package: no message' err_empty
for line in 'MLSMessage:' '  version: 1 (mls10)' '  wire_format: 5 (mls_key_package)' \
	'  cipher_suite: 3 (MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519)' \
	"  init_key: $(repeat 32 a1)" '  leaf_node:' '      credential_type: 1 (basic)' \
	'      identity: "alice" 616c696365' '      versions: 1 (mls10)' '      extensions: none' \
	'      credentials: 1 (basic), 2 (x509)' '    leaf_node_source: 1 (key_package)' \
	'    not_before: 1700000000 (2023-11-14 22:13:20 UTC)' '    not_after: 18446744073709551615' \
	"    signature: $(repeat 64 b2)"; do
	check "a key package: '$line'" has_line "$line"
done
check 'a key package: GREASE' out_has '^      cipher_suites: 1 \(.*\), 3 \(.*\), 19018 \(GREASE\)$'
cp "$out" alice.txt

# However it is written.
same_text() { cmp -s alice.txt "$out"; }
run_with alice.mls mls show -
check 'from standard input' same_text
run mls show alice.hex
check 'hexadecimal digits' same_text
tr 'a-f' 'A-F' <alice.hex | fold -w 64 >upper
run mls show upper
check 'upper case, in lines' same_text
base64 <alice.mls >alice.b64
run mls show alice.b64
check 'base64, in lines' same_text
tr -d '=\n' <alice.b64 | tr '+/' '-_' >url
run mls show url
check 'base64 of addresses, no line end' same_text

# Bare objects, and what is within others.
bytes "$alice" >bare
run mls show bare
check 'a bare key package' has_line 'KeyPackage:'
tree=$(vector "0101$(leaf "$(text bob)")0000")
printf '%s\n' "$tree" >tree
run mls show tree
check 'a tree: its nodes' has_line 'ratchet_tree: 3 items'
check 'a tree: a blank one' has_line '  [1]: none'
check 'a tree: a leaf' has_line '        identity: "bob" 626f62'
# required_capabilities, unknown
context=$(printf '%s' 00010003 "$(vector "$(text group)")" 0000000000000102 "$key$key" \
	"$(vector "0003$(vector "$(vector 0005)$(vector 000a)$(vector 0001)")f00102beef")")
info=$(printf '%s' "$context" "$(vector "0002$(vector "$tree")0004$(vector "$key")")" "$key" 00000000 "$signature")
message 4 "$info" >group_info
run mls show group_info
check 'a GroupInfo: succeeds' exits 0
for line in '    group_id: "group" 67726f7570' '    epoch: 258' '        extension_type: 3 (required_capabilities)' \
	'        extension_types: 5 (external_senders)' '        proposal_types: 10 (self_remove)' \
	'        extension_type: 61441' '        extension_data: beef' '      ratchet_tree: 3 items' \
	"      external_pub: $(repeat 32 a1)" '  signer: 0'; do
	check "a GroupInfo: '$line'" has_line "$line"
done
message 2 "$(vector 67)000000000000000001$(vector '')$(vector c0ffee)$(vector "$(repeat 300 d4)")" >private
run mls show private
check 'a private message: is not decrypted' has_line "  ciphertext: $(repeat 64 d4)… 300 bytes"

# Names that would steer a terminal.
message 5 "$(key_package "$(text 'a')1b5b324a0a")" >steers
run mls show steers
check 'an escape sequence: digits only' has_line '      identity: 611b5b324a0a'
message 5 "$(key_package "61e280ae62")" >turns
run mls show turns
check 'what turns the writing: digits only' has_line '      identity: 61e280ae62'
check 'no control character gets through' not env LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$out"
message 5 "$(key_package "$(text 'x" 00')")" >quotes
run mls show quotes
check 'a quote does not end the quotes' has_line '      identity: "x\" 00" 7822203030'

# What is refused.
printf 'Dear all,\n\nthis is no MLS message.\n' >letter
: >empty
printf '\n \n' >blank
head -c -1 alice.mls >cut_late
head -c 40 alice.mls >cut_early
{
	cat alice.mls
	printf 'x'
} >longer
head -c 1000 /dev/zero >zeros
secret=$(vector "$(repeat 32 c3)")
printf '%s0000' "$secret" >secrets
for file in none.mls . letter empty blank cut_late cut_early longer zeros secrets; do
	run mls show "$file"
	check "$file: is refused" refused
	check "$file: is named" err_has "^$file: error: "
done
run mls show cut_early
check 'a message cut short: what it is like, and where it ends' err_has 'as MLSMessage .* byte 8 on: .*ends too early'
run mls show longer
check 'a byte more: where it is' err_has "byte $(wc -c <alice.mls) on: bytes behind the end"
head -c 80 alice.hex >cut.hex
run mls show cut.hex
check 'digits cut short: said so' err_has 'as MLSMessage .* byte 8 of what the digits stand for on'
run mls show letter
check 'text: said so' err_has 'digits'
run mls show secrets
check 'group secrets: not shown' err_lacks c3c3c3
printf '53524d4c534b45590001%s' "$(vector "$alice")$secret$secret$secret" >key
run mls show key
check 'what is kept of a key package: is shown' exits 0
check 'what is kept of a key package: but no secret' out_lacks c3c3c3
check 'what is kept of a key package: which is said' has_line '  signature_priv: not shown'
run_with empty mls show -
check 'nothing on standard input: is refused' refused
missed=
size=$(wc -c <alice.mls)
n=0
while [ "$n" -lt "$size" ]; do
	head -c "$n" alice.mls >prefix
	run mls show prefix
	refused || missed="$missed $n"
	n=$((n + 7))
done
check "every seventh prefix is refused$missed" test -z "$missed"
for words in '' show 'show a b' 'look alice.mls' 'show --json alice.mls' alice.mls; do
	# shellcheck disable=SC2086 # words
	run mls $words
	check "mls $words: is refused" refused
done

end_of_test
