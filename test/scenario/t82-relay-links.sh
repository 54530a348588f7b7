#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What subrosa-relay is made of: it cannot leak what it does not link.
. "$(dirname -- "$0")/lib.sh"
[ -n "${SUBROSA_RELAY-}" ] || skip_all 'subrosa-relay was not built'

# symbols PROGRAM: the names of what is defined in it, one a line.
symbols() {
	nm --defined-only -- "$1" 2>/dev/null | awk '$2 ~ /^[TtDdBbRr]$/ { print $3 }'
}

# of MODULE LIST: those of a module.
of() {
	grep -E "^$1_" "$2"
}

symbols "$SUBROSA_RELAY" >relay
[ -s relay ] || skip_all 'the program has no symbols'
for module in relay wire crypto; do
	check "it is seen that $module is in it" test "$(of "$module" relay | wc -l)" -gt 5
done

# Every module but its own, also those that are still to come.
for module in $(cd -- "$SOURCE/src" && ls) vault room web wire_client; do
	case $module in base | crypto | wire | relay) continue ;; esac
	of "$module" relay >"$out"
	check "no $module is in it" out_empty
done

# The same look at a program that has them.
if [ -n "${SUBROSA-}" ]; then
	symbols "$SUBROSA" >subrosa
	for module in mls text trace ledger; do
		check "it would be seen: $module" test "$(of "$module" subrosa | wc -l)" -gt 5
	done
fi

# libasan, libubsan and libgcc_s: of a build with sanitizers.
objdump -p -- "$SUBROSA_RELAY" | awk '$1 == "NEEDED" { print $2 }' >needed
check 'its libraries are known' grep -q '^libmicrohttpd' needed
grep -vE '^(libc|libm|libpthread|libsodium|libsqlite3|libseccomp|libmicrohttpd|libgnutls|libgcc_s|ld-linux[a-z0-9-]*|libasan|libubsan)\.so' \
	needed >"$out"
check 'it is linked with nothing else' out_empty

# Nor do they bring it along.
ldd "$SUBROSA_RELAY" >"$out" 2>"$err"
check 'no curl' out_lacks 'libcurl'
check 'no parser of documents' out_lacks 'libxml2|libgmime|libzip|poppler|tesseract|pango'

end_of_test
