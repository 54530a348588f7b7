#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/deps.sh among package tools that only pretend: what it asks for, and what it says when it
# cannot have it.
. "$(dirname -- "$0")/lib.sh"

mkdir bin
for tool in sh env sed tr cat mktemp rm; do
	ln -s -- "$(command -v "$tool")" bin/
done

# pretend NAME LINE...: a program of this name that runs these lines.
pretend() {
	file=bin/$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod +x -- "$file"
}

# system USER_ID: a system where "here" is installed and everything works.
system() {
	pretend dpkg-query 'for last; do :; done' \
		'[ "$last" != half ] || { printf "config-files "; exit 0; }' \
		'[ "$last" != known ] || { printf "not-installed "; exit 0; }' \
		'[ "$last" = here ] && printf "installed "'
	pretend apt-get "echo \"\$*\" >>'$PWD/asked'"
	pretend id "echo $1"
	rm -f -- bin/sudo asked
}

# deps: runs the script with the file list as its list.
deps() {
	PATH=$PWD/bin sh "$SOURCE/tools/deps.sh" "$PWD/list" >"$out" 2>"$err"
	status=$?
}

asked() {
	grep -qE -e "$1" asked 2>/dev/null
}

system 0
printf '# a comment\nhere # and another\n\n' >list
deps
check 'everything is there: succeeds' exits 0
check 'everything is there: asks for nothing' test ! -e asked
check 'everything is there: says nothing' err_empty

printf 'here\ngone\nhalf\nknown\n' >list
deps
check 'something is missing: succeeds' exits 0
check 'something is missing: fetches the lists first' asked ' update$'
check 'something is missing: installs only that' asked ' install --no-install-recommends gone half known$'

pretend apt-get 'echo "E: no route"; exit 100'
deps
check 'no network: fails' test "$status" -ne 0
check 'no network: says so' err_has 'Is there a network'
check 'no network: shows what was said' err_has 'no route'

system 1000
deps
check 'no root, no sudo: fails' test "$status" -ne 0
check 'no root, no sudo: names what is missing' err_has 'gone half'
check 'no root, no sudo: asks for nothing' test ! -e asked

printf 'here\n' >list
deps
check 'no root, no sudo, nothing missing: succeeds' exits 0

printf 'gone\n' >list
pretend sudo "echo sudo >>'$PWD/asked'" '"$@"'
deps
check 'sudo: succeeds' exits 0
check 'sudo: is used' asked '^sudo$'
check 'sudo: installs' asked ' gone$'
pretend sudo 'exit 1'
deps
check 'sudo refuses: fails' test "$status" -ne 0
check 'sudo refuses: names what is missing' err_has 'gone'

system 0
rm -- bin/apt-get
deps
check 'not Debian, no tools: fails' test "$status" -ne 0
check 'not Debian, no tools: names the packages' err_has 'gone'
for tool in cc meson ninja pkg-config; do
	pretend "$tool" 'exit 0'
done
deps
check 'not Debian, with tools: goes on' exits 0
check 'not Debian, with tools: names the packages' err_has 'gone'

PATH=$PWD/bin sh "$SOURCE/tools/deps.sh" >"$out" 2>"$err"
check 'without a list: fails' test $? -ne 0
PATH=$PWD/bin sh "$SOURCE/tools/deps.sh" nowhere >"$out" 2>"$err"
check 'a list that is not there: fails' test $? -ne 0

end_of_test
