#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/deb-test.sh: builds the Debian packages from a clean copy of the tree, asks lintian, installs subrosa
# and subrosa-relay, runs what was installed and removes it again, in TAP. As root they go into this system,
# unless one of them is installed already; otherwise they are unpacked into a folder, and what needs root is
# skipped. Needs no network and leaves nothing behind. SUBROSA_DEB_OUT: a folder that gets the packages.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
cd -- "$root" || exit 1
scratch=$(mktemp -d) || exit 1
names='subrosa subrosa-relay'
installed=
relay_pid=
port=$((20000 + $$ % 20000))
trap 'tidy_up' EXIT
trap 'exit 1' HUP INT TERM
out=$scratch/out
had_user=yes
tests_n=0
failed_n=0

tidy_up() {
	stop_relay
	# shellcheck disable=SC2086
	[ -z "$installed" ] || dpkg --purge $names >/dev/null 2>&1
	[ -z "$installed" ] || forget_relay
	cd / && rm -rf -- "$scratch"
}

# A home, a terminal and a compiler cache may be missing where this runs.
export HOME="$scratch" TMPDIR="$scratch" CCACHE_DISABLE=1 TERM=dumb LC_ALL=C.UTF-8
unset SUBROSA_DATA MAKEFLAGS CC CFLAGS LDFLAGS
# Packages of debugging symbols are not tried.
export DEB_BUILD_OPTIONS=noautodbgsym

# result NAME STATUS: one test; if it failed, with the end of what was said.
result() {
	tests_n=$((tests_n + 1))
	if [ "$2" -eq 0 ]; then
		printf 'ok %d - %s\n' "$tests_n" "$1"
	else
		failed_n=$((failed_n + 1))
		printf 'not ok %d - %s\n' "$tests_n" "$1"
		tail -n 60 -- "$out" | sed 's/^/# /'
	fi
}

skip() {
	tests_n=$((tests_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tests_n" "$1" "$2"
}

# try NAME COMMAND...: ok if it succeeds.
try() {
	name=$1
	shift
	"$@" >"$out" 2>&1 </dev/null
	result "$name" $?
}

end_of_test() {
	printf '1..%d\n' "$tests_n"
	[ "$failed_n" -eq 0 ]
	exit # with that status
}

# clean_copy FOLDER: the source without what was built in it, and without Git.
clean_copy() {
	mkdir -- "$1" && tar -c --exclude=.git --exclude='./build*' --exclude=./out . | tar -x -C "$1"
}

build_package() {
	(cd -- "$1" && dpkg-buildpackage -us -uc -b)
}

# meson_version: what meson.build says.
meson_version() {
	sed -n "s/^ *version: '\(.*\)',\$/\1/p" meson.build
}

same_version() {
	echo "debian/changelog: $(dpkg-parsechangelog -S Version); meson.build: $(meson_version)"
	[ -n "$(meson_version)" ] && [ "$(dpkg-parsechangelog -S Version)" = "$(meson_version)" ]
}

# contents NAME: the files in that package, one a line, without the folders; kept in $scratch/list.NAME.
contents() {
	dpkg-deb -c "$(deb "$1")" | awk '$1 !~ /^d/ { print $6 }' | sort >"$scratch/list.$1"
}

# deb NAME: its package.
deb() {
	find "$scratch" -maxdepth 1 -name "$1_*.deb"
}

# has NAME FILE...: says which of these are not in the package, compressed or not.
has() {
	list=$scratch/list.$1
	shift
	for file in "$@"; do
		grep -qxE "\./$file(\.gz)?" "$list" || echo "missing: $file"
	done
}

# lists_all: what a user, and an operator, needs is in the packages.
lists_all() {
	has subrosa usr/bin/subrosa usr/share/subrosa/en/language.pack usr/share/subrosa/demo/paper.md \
		usr/share/bash-completion/completions/subrosa usr/share/zsh/vendor-completions/_subrosa \
		usr/share/fish/vendor_completions.d/subrosa.fish usr/share/doc/subrosa/copyright
	for page in doc/man/*.1; do
		has subrosa "usr/share/man/man1/${page##*/}"
	done
	has subrosa-relay usr/bin/subrosa-relay etc/subrosa-relay.conf usr/lib/sysusers.d/subrosa-relay.conf \
		usr/lib/tmpfiles.d/subrosa-relay.conf '(usr/)?lib/systemd/system/subrosa-relay.service' \
		usr/share/man/man8/subrosa-relay.8 usr/share/doc/subrosa-relay/operations.md \
		usr/share/doc/subrosa-relay/PROTOCOL.md usr/share/doc/subrosa-relay/copyright
}

# apart: no file is in two packages, and none that belongs to the relay in another one.
apart() {
	! sort "$scratch"/list.* | uniq -d | grep . &&
		! grep -h relay "$scratch/list.subrosa" &&
		! grep -vE 'subrosa-relay' "$scratch/list.subrosa-relay"
}

# Warnings are printed as well.
no_errors() {
	lintian --fail-on error --allow-root --no-cfg --tag-display-limit 0 "$changes"
}

# only_usr: the packages bring nothing but programs and shared data, and the relay what its service needs.
only_usr() {
	! grep -hvE '^\./usr/(bin|share)/' "$scratch/list.subrosa" &&
		! grep -hvE '^\./(usr/(bin|share|lib/(sysusers|tmpfiles)\.d)/|(usr/)?lib/systemd/system/|etc/subrosa-relay\.conf$)' \
			"$scratch/list.subrosa-relay"
}

# The relay, from the folder $1 with the configuration $2. A port may be taken: then the next one.
start_relay() {
	for i in 1 2 3 4 5 6; do
		: >"$scratch/relay.log"
		"$1/usr/bin/subrosa-relay" run --config "$2" --listen "127.0.0.1:$port" 2>"$scratch/relay.log" &
		relay_pid=$!
		until grep -qE 'event=(start|not-started) ' "$scratch/relay.log" || ! kill -0 "$relay_pid" 2>/dev/null; do
			sleep 0.1
		done
		! grep 'event=start ' "$scratch/relay.log" || return 0
		wait "$relay_pid"
		relay_pid=
		port=$((port + i))
	done
	cat -- "$scratch/relay.log"
	return 1
}

stop_relay() {
	[ -n "$relay_pid" ] || return 0
	kill "$relay_pid" && wait "$relay_pid"
	status=$?
	relay_pid=
	return "$status"
}

# healthy: the relay says so.
healthy() {
	bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" >&3 && cat <&3' "$port" |
		tr -d '\r' | awk 'NR == 1 { good = / 200 / } { last = $0 } END { print last; exit !(good && last == "ok") }'
}

# carries FOLDER CONFIGURATION: a cell goes there and comes back.
carries() {
	address=$("$1/usr/bin/subrosa-relay" address --config "$2" --listen "127.0.0.1:$port") || return 1
	set -- "$1/usr/bin/subrosa" wire "$address"
	"$1" wire key "$scratch/try.key" &&
		echo hello | "$1" wire append --relay "$3" --key "$scratch/try.key" --log "$scratch/try.log" &&
		"$1" wire read --relay "$3" --key "$scratch/try.key" --log "$scratch/other.log" | grep -qx 'cell 1: hello'
}

# serves FOLDER CONFIGURATION: the relay is made, runs, is used, checked, copied and stopped.
serves() {
	program=$1/usr/bin/subrosa-relay
	copy=$(sed -n 's/^data *= *//p' "$2")/relay.copy
	try 'the relay has the version' sh -c '"$1" --version | grep -qx "subrosa-relay $2"' sh "$program" "$(meson_version)"
	try 'subrosa-relay init' "$program" init --config "$2"
	try 'subrosa-relay run' start_relay "$1" "$2"
	try 'GET /healthz' healthy
	try 'a cell goes there and comes back' carries "$1" "$2"
	try 'subrosa-relay token' "$program" token --config "$2" --number 3
	try 'subrosa-relay check' "$program" check --config "$2"
	try 'subrosa-relay backup' "$program" backup --config "$2" "$copy"
	try 'it stops when it is told to' stop_relay
}

# works FOLDER: the program below it runs, as its own user would run it.
works() {
	"$1/usr/bin/subrosa" --version | grep -q "^subrosa $(meson_version)\$" || return 1
	"$1/usr/bin/subrosa" demo
}

# gone FILE: none of the files named in it is there, and the system has forgotten the packages.
gone() {
	while IFS= read -r path; do
		if [ -e "$path" ] || [ -L "$path" ]; then
			echo "still there: $path"
		fi
	done <"$1" >"$out.gone"
	cat -- "$out.gone"
	# shellcheck disable=SC2086
	[ ! -s "$out.gone" ] && ! dpkg-query -W $names 2>/dev/null
}

# files_of NAME: what dpkg installed of it, without the folders that others have as well.
files_of() {
	dpkg -L "$1" 2>/dev/null | while IFS= read -r path; do
		[ -d "$path" ] && [ "${path##*/}" != "$1" ] || printf '%s\n' "$path"
	done
}

# named_so: whatever has the packages' name in its own, dpkg's log book excepted.
named_so() {
	find /usr /etc /var/lib /var/cache /opt -xdev -name '*subrosa*' -not -path '/var/lib/dpkg/*' 2>/dev/null | sort
}

# confined: systemd understands the unit, and finds it exposed by less than 2 of 10. (Looking for
# its manual page would leave a formatted one behind.)
confined() {
	unit=$(sed -n 's,^\.\(.*/subrosa-relay\.service\)$,\1,p' "$scratch/list.subrosa-relay")
	systemd-analyze verify --man=no "$1$unit" >"$scratch/verify" 2>&1 && ! grep relay "$scratch/verify" &&
		systemd-analyze security --offline=true --threshold=20 --no-pager "$1$unit" >"$scratch/exposure"
	status=$?
	[ "$status" -eq 0 ] || cat -- "$scratch/verify"
	tail -n 1 "$scratch/exposure"
	return "$status"
}

# unit_is_good FOLDER
unit_is_good() {
	if ! command -v systemd-analyze >/dev/null; then
		skip 'the unit is confined' 'there is no systemd-analyze'
		return
	fi
	try 'the unit is confined' confined "$1"
	sed 's/^/# /' "$out"
}

# forget_relay removes what a purge leaves by intention, if it was not here before.
forget_relay() {
	[ "$had_user" = yes ] || {
		rm -rf /var/lib/subrosa-relay
		userdel subrosa-relay
		! getent group subrosa-relay || groupdel subrosa-relay
	} >/dev/null 2>&1
}

# keeps_cells: other people's cells outlive the package.
keeps_cells() {
	[ "$(stat -c '%U %a' /var/lib/subrosa-relay)" = 'subrosa-relay 700' ] && [ -s /var/lib/subrosa-relay/relay.db ]
}

# through_dpkg: installed in this system, used, removed.
through_dpkg() {
	had_user=no
	! getent passwd subrosa-relay >/dev/null || had_user=yes
	named_so >"$scratch/before"
	installed=yes
	# Small systems are set up to leave documentation out.
	try 'dpkg installs them' dpkg --path-include='/usr/share/*' -i "$(deb subrosa)" "$(deb subrosa-relay)"
	for name in $names; do
		files_of "$name" >"$scratch/files.$name"
		try "the files of $name are known" test -s "$scratch/files.$name"
	done
	cat "$scratch"/files.* >"$scratch/files"
	try 'the installed program works' works ''
	unit_is_good ''
	serves '' /etc/subrosa-relay.conf
	# shellcheck disable=SC2016,SC2086
	try 'dpkg finds every file unchanged' sh -c 'test -z "$(dpkg -V "$@")"' sh $names
	# shellcheck disable=SC2086
	try 'dpkg removes them' dpkg -r $names
	# shellcheck disable=SC2086
	try 'dpkg purges them' dpkg --purge $names
	try 'no file of them is left' gone "$scratch/files"
	try 'the cells are left' keeps_cells
	forget_relay
	named_so >"$scratch/after"
	try 'nothing else of that name is left' diff "$scratch/before" "$scratch/after"
	installed=
}

# through_folder REASON: only unpacked.
through_folder() {
	try 'the program can be unpacked' dpkg-deb -x "$(deb subrosa)" "$scratch/root"
	try 'the relay can be unpacked' dpkg-deb -x "$(deb subrosa-relay)" "$scratch/root"
	try 'the unpacked program works' works "$scratch/root"
	sed "/^user /d; s,^data = .*,data = $scratch/relay," "$scratch/root/etc/subrosa-relay.conf" >"$scratch/relay.conf"
	serves "$scratch/root" "$scratch/relay.conf"
	skip 'dpkg installs them' "$1"
	skip 'no file of them is left' "$1"
}

# installed_here: dpkg knows one of the packages.
installed_here() {
	for name in $names; do
		! dpkg-query -W "$name" >/dev/null 2>&1 || return 0
	done
	return 1
}

try 'debian/changelog and meson.build agree on the version' same_version
try 'a clean copy of the source' clean_copy "$scratch/subrosa"
try 'dpkg-buildpackage builds it' build_package "$scratch/subrosa"
changes=$(find "$scratch" -maxdepth 1 -name 'subrosa_*.changes')
[ -n "$(deb subrosa)" ] && [ -n "$(deb subrosa-relay)" ] && [ -n "$changes" ] || end_of_test
for name in subrosa subrosa-grammar subrosa-picture subrosa-relay; do
	contents "$name"
	[ -z "${SUBROSA_DEB_OUT-}" ] || cp -- "$(deb "$name")" "$SUBROSA_DEB_OUT/"
done
lists_all >"$out" 2>&1
result 'everything that is needed is in them' "$(grep -c . "$out")"
try 'no file is in two of them' apart
try 'nothing lies outside its places' only_usr
try 'lintian finds no error' no_errors
sed 's/^/# lintian: /' "$out"
cp -- "$out" "$scratch/lintian"
try 'and nothing at all about the relay' sh -c '! grep "^[A-Z]: subrosa-relay:" "$1"' sh "$scratch/lintian"
if [ "$(id -u)" -ne 0 ]; then
	through_folder 'not root'
elif installed_here; then
	through_folder 'one of them is installed here'
else
	through_dpkg
fi
end_of_test
