#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How the program answers to help, version and mistakes on the command line.
. "$(dirname -- "$0")/lib.sh"
needs_program

commands='mark places trace which show verify ledger mls wire demo'

run --help
check '--help succeeds' exits 0
check '--help writes no error' err_empty
for command in $commands; do
	check "--help names $command" out_has "(^|[^a-z])$command([^a-z]|\$)"
done

run --version
check '--version succeeds' exits 0
check '--version tells the number' out_has '[0-9]+\.[0-9]+\.[0-9]+'
check '--version: the first line is the program' test "$(sed -n '1s/ .*//p' "$out")" = subrosa
for library in SQLite libsodium libxml2 jansson utf8proc libseccomp glibc; do
	check "--version tells that of $library" out_has "^  $library +[0-9]+\.[0-9]+"
done
check '--version: nothing but names and numbers' \
	test -z "$(grep -vE '^( *[A-Za-z0-9-]+) +[0-9]+(\.[0-9a-z]+)+$' "$out")"

for command in $commands; do
	run "$command" --help
	check "$command --help succeeds" exits 0
	check "$command --help says something" test -s "$out"
	check "$command --help writes no error" err_empty
	run "$command" --no-such-option
	check "$command --no-such-option is refused" refused
done

# A name that is a command only almost, or not at all.
for wrong in nonsense Mark mar marks '' ' mark' -- -x --no-such-option; do
	run "$wrong"
	check "'$wrong' is refused" refused
done

run
check 'no command at all is refused' refused

# What a command must be told and is not.
for command in mark places trace which show verify ledger mls wire; do
	run "$command"
	check "$command without arguments is refused" refused
done
run mark paper.md --readers
check 'an option without its value is refused' refused

# A closed standard output is an error, not a success.
if [ -c /dev/full ]; then
	"$SUBROSA" --help >/dev/full 2>"$err"
	status=$?
	check '--help on a full disk does not succeed' test "$status" -ne 0
else
	skip '--help on a full disk does not succeed' 'no /dev/full'
fi

end_of_test
