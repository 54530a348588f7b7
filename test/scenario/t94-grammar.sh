#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The grammar reader is a program of its own: subrosa does without its library.
. "$(dirname -- "$0")/lib.sh"
needs_program

# links_with PROGRAM LIBRARY: it is asked for when the program is loaded, by itself or by another.
links_with() {
	ldd "$1" | grep -q "$2"
}

links_not_with() {
	! links_with "$@"
}

check 'subrosa is linked with SQLite (control)' links_with "$SUBROSA" libsqlite3
check 'subrosa is not linked with link-grammar' links_not_with "$SUBROSA" liblink-grammar
if [ -n "${GRAMMAR-}" ]; then
	check 'subrosa-grammar is linked with it (control)' links_with "$GRAMMAR" liblink-grammar
	"$GRAMMAR" >"$out" 2>"$err" </dev/null
	status=$?
	check 'without a language: fails' exits 1
	check 'without a language: tells who starts it' err_has 'subrosa starts it'
	"$GRAMMAR" ../en >"$out" 2>"$err" </dev/null
	status=$?
	check 'a path for a language: fails' exits 1
	"$GRAMMAR" qq >"$out" 2>"$err" </dev/null
	status=$?
	check 'no dictionary: says so by its status' exits 2
	check 'no dictionary: says nothing else' test ! -s "$out"
else
	skip 'subrosa-grammar by hand' 'link-grammar was not built in'
fi
end_of_test
