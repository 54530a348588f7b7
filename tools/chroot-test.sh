#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/chroot-test.sh [--worktree]: runs ./demo and ./check in a fresh Debian 12 and tells how
# long each took. Needs root and debootstrap. The last commit is tested; with --worktree, the files
# as they are now. The bare system is kept as a tarball, so that a second run starts quickly, in
# $SUBROSA_CHROOT_CACHE (or a folder beside the other temporary files).
set -u

suite=bookworm
source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 2
cache=${SUBROSA_CHROOT_CACHE:-${TMPDIR:-/tmp}/subrosa-chroot}
base=$cache/$suite.tar
failed=0

die() {
	printf 'chroot-test: %s\n' "$*" >&2
	exit 2
}

case $# in
0) worktree=false ;;
*)
	[ $# -eq 1 ] && [ "$1" = --worktree ] || die 'usage: tools/chroot-test.sh [--worktree]'
	worktree=true
	;;
esac
[ "$(id -u)" -eq 0 ] || die 'must be run by root'
command -v debootstrap >/dev/null 2>&1 || die 'debootstrap is missing'

mkdir -p -- "$cache" || die "no folder $cache"
root=$(mktemp -d -- "$cache/root.XXXXXX") || die 'no temporary folder'

# finish takes the mounts away before the files; a busy mount keeps the files.
finish() {
	for point in proc sys dev/pts dev/shm dev; do
		! mountpoint -q "$root/$point" || umount "$root/$point" || umount -l "$root/$point"
	done
	grep -qF " $root/" /proc/mounts || rm -rf --one-file-system -- "$root"
}
trap finish EXIT
trap 'exit 2' HUP INT TERM

# package_sources: the Debian sources of this machine, "URI suite component" a line.
package_sources() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(CODENAME)' \
		'Created-By: Packages' | sort -u | awk -v suite="$suite" '
		$4 == suite || index($4, suite "-") == 1 { print $1, $2, $3 }'
}

# make_base writes the bare system to $base, if it is not there yet.
make_base() {
	[ ! -s "$base" ] || return 0
	mirror=$(package_sources | awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }')
	[ -n "$mirror" ] || die "this machine names no package source for $suite"
	debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$cache/debootstrap.log" 2>&1 || {
		tail -n 20 -- "$cache/debootstrap.log" >&2
		die 'debootstrap failed'
	}
	package_sources | sed 's/^/deb /' >"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(Check-|.*[Pp]roxy)' >"$root/etc/apt/apt.conf.d/90host"
	rm -rf -- "$root"/var/cache/apt/archives/*.deb
	tar -C "$root" -cf "$base.new" . && mv -- "$base.new" "$base" || die "no space for $base"
}

# unpack makes $root the bare system, with the network settings of this machine.
unpack() {
	[ -e "$root/etc" ] || tar -C "$root" -xf "$base" || die "$base cannot be unpacked"
	chmod 755 -- "$root" || die 'chmod failed'
	for file in resolv.conf hosts; do
		cat -- "/etc/$file" >"$root/etc/$file" || die "no /etc/$file"
	done
	mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" &&
		mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts" ||
		die 'mount failed'
	mkdir -p -- "$root/dev/shm"
}

# put_source FOLDER: the tree under test, in a folder whose name has a space.
put_source() {
	mkdir -p -- "$root/$1" || die 'no space'
	if $worktree; then
		(cd -- "$source" && tar --exclude='./build*' --exclude=./.git -cf - .)
	else
		git -C "$source" archive HEAD
	fi | tar -C "$root/$1" -xf - || die 'the source cannot be copied'
}

# inside USER COMMAND: runs it in the new system, with next to no environment and no input.
inside() {
	chroot --userspec="$1" "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/nonexistent http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" \
		no_proxy="${no_proxy-}" sh -c "$2" </dev/null
}

# timed TITLE USER COMMAND: runs it inside and prints how it ended and how long it took.
timed() {
	printf '== %s\n' "$1"
	start=$(date +%s)
	inside "$2" "$3"
	status=$?
	printf '== %s: exit status %d after %d s\n' "$1" "$status" "$(($(date +%s) - start))"
	[ "$status" -eq 0 ] || failed=1
}

make_base
unpack
put_source 'srv/sub rosa'
put_source 'srv/user copy'
chown -R 65534:65534 "$root/srv/user copy"

timed './demo by root' 0:0 "'/srv/sub rosa/demo'"
timed './demo by root, again' 0:0 "'/srv/sub rosa/demo'"
timed './demo by a user without a home' 65534:65534 "'/srv/user copy/demo'"
timed '.ci/run by root' 0:0 "cd '/srv/sub rosa' && CI=true bash .ci/run"
timed './check by a user without a home' 65534:65534 "'/srv/user copy/check'"
exit "$failed"
