#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/deps.sh LIST...: installs what the package lists name and this machine lacks.
# Does nothing, and asks for nothing, when everything is there.
set -u

die() {
	printf '%s\n' "$@" >&2
	exit 1
}

# names: the packages of the lists, without comments.
names() {
	sed -e 's/#.*//' -- "$@" | tr -s '[:space:]' '\n' | sed '/^$/d'
}

is_installed() {
	case " $(dpkg-query -W -f '${db:Status-Status} ' "$1" 2>/dev/null)" in
	*' installed '*) return 0 ;; # and not: not-installed
	*) return 1 ;;
	esac
}

# quietly COMMAND...: shows its output only if it fails.
quietly() {
	"$@" >"$log" 2>&1 </dev/null && return 0
	cat -- "$log" >&2
	return 1
}

# not_debian LIST...: names what is needed; goes on where at least the tools of a build are there.
not_debian() {
	printf 'This is not a Debian system. subrosa needs, in Debian'\''s names:\n%s\n' \
		"$(names "$@" | tr '\n' ' ')" >&2
	for tool in cc meson ninja pkg-config; do
		command -v "$tool" >/dev/null 2>&1 || die "Please install them; $tool is missing."
	done
	exit 0
}

[ $# -gt 0 ] || die 'usage: tools/deps.sh LIST...'
for list in "$@"; do
	[ -r "$list" ] || die "tools/deps.sh: $list cannot be read"
done
command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 || not_debian "$@"

missing=
for name in $(names "$@"); do
	is_installed "$name" || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 ||
		die "Missing packages:$missing" 'Install them as root: there is no sudo here.'
	as_root=sudo
fi

log=$(mktemp) || die 'tools/deps.sh: no temporary file'
trap 'rm -f -- "$log"' EXIT
trap 'exit 1' HUP INT TERM

# apt ARGUMENT...: apt-get without questions, waiting for another one to end.
apt() {
	quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=120 -o APT::Update::Error-Mode=any "$@"
}

printf 'Installing:%s\n' "$missing" >&2
[ -z "$as_root" ] || sudo true ||
	die "Missing packages:$missing" 'Install them as root: sudo refused.'
apt update || die 'The package lists could not be fetched. Is there a network?' "Missing:$missing"
# shellcheck disable=SC2086 # a list of words
apt install --no-install-recommends $missing ||
	die "The packages could not be installed:$missing"
