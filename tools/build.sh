#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/build.sh FOLDER TARGET [MESON_SETUP_ARGUMENT]...: builds one target (or "all") in
# FOLDER, a name in the root of the source. A folder that is there is used again; one that is broken,
# comes from another path or was set up by this script with other arguments is made anew.
# Quiet, unless the build fails.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
cd -- "$root" || exit 1
folder=$1
target=$2
shift 2
remembered=$folder/subrosa-setup.txt

log=$(mktemp) || exit 1
trap 'rm -f -- "$log"' EXIT
trap 'exit 1' HUP INT TERM

# A compiler cache that cannot be written would stop the build.
[ -w "${HOME:-/nonexistent}" ] || export CCACHE_DISABLE=1

quietly() {
	"$@" >"$log" 2>&1 </dev/null && return 0
	cat -- "$log" >&2
	return 1
}

arguments() {
	printf 'CC=%s\n' "${CC-}"
	[ $# -eq 0 ] || printf '%s\n' "$@"
}

# is_usable ARGUMENT...: the folder was set up here, in this way, and can be brought up to date. Where
# everything is built, Meson looks for new test files as well.
is_usable() {
	[ -f "$folder/build.ninja" ] || return 1
	grep -qF "\"source\": \"$root\"" "$folder/meson-info/meson-info.json" 2>/dev/null || return 1
	[ ! -f "$remembered" ] || [ "$(cat -- "$remembered")" = "$(arguments "$@")" ] || return 1
	if [ "$target" = all ]; then
		meson setup --reconfigure "$folder"
	else
		ninja -C "$folder" build.ninja
	fi >/dev/null 2>&1 </dev/null
}

if ! is_usable "$@"; then
	rm -rf -- "$folder"
	quietly meson setup "$folder" "$@" || exit 1
	arguments "$@" >"$remembered"
fi
quietly ninja -C "$folder" "$target"
