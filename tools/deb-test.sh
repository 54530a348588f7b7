#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/deb-test.sh: builds the Debian package from a clean copy of the tree, asks lintian, installs it,
# runs what was installed and removes it again, in TAP. As root the package goes into this system, unless
# a subrosa is installed already; otherwise it is unpacked into a folder, and what needs root is skipped.
# Needs no network and leaves nothing behind. SUBROSA_DEB_OUT: a folder that gets the package.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
cd -- "$root" || exit 1
scratch=$(mktemp -d) || exit 1
installed=
trap 'tidy_up' EXIT
trap 'exit 1' HUP INT TERM
out=$scratch/out
tests_n=0
failed_n=0

tidy_up() {
	[ -z "$installed" ] || dpkg --purge subrosa >/dev/null 2>&1
	cd / && rm -rf -- "$scratch"
}

# A home, a terminal and a compiler cache may be missing where this runs.
export HOME="$scratch" TMPDIR="$scratch" CCACHE_DISABLE=1 TERM=dumb LC_ALL=C.UTF-8
unset SUBROSA_DATA MAKEFLAGS DEB_BUILD_OPTIONS CC CFLAGS LDFLAGS

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

# lists_all: what a user needs is in the package.
lists_all() {
	dpkg-deb -c "$deb" | awk '{ print $6 }' >"$scratch/list"
	for file in bin/subrosa share/subrosa/en/language.pack share/subrosa/demo/paper.md \
		share/bash-completion/completions/subrosa share/zsh/vendor-completions/_subrosa \
		share/fish/vendor_completions.d/subrosa.fish share/doc/subrosa/copyright; do
		grep -qx "./usr/$file" "$scratch/list" || echo "missing: $file"
	done
	for page in doc/man/*.1; do
		grep -qx "./usr/share/man/man1/${page##*/}.gz" "$scratch/list" || echo "missing: $page"
	done
}

# Warnings are printed as well.
no_errors() {
	lintian --fail-on error --allow-root --no-cfg --tag-display-limit 0 "$changes"
}

# only_usr: the package brings nothing but programs and shared data.
only_usr() {
	! grep -vE '^\./(usr/(bin|share)/.*|usr/)?$' "$scratch/list"
}

# works FOLDER: the program below it runs, as its own user would run it.
works() {
	"$1/usr/bin/subrosa" --version | grep -q "^subrosa $(meson_version)\$" || return 1
	"$1/usr/bin/subrosa" demo
}

# gone FILE: none of the files named in it is there, and the system has forgotten the package.
gone() {
	while IFS= read -r path; do
		if [ -e "$path" ] || [ -L "$path" ]; then
			echo "still there: $path"
		fi
	done <"$1" >"$out.gone"
	cat -- "$out.gone"
	[ ! -s "$out.gone" ] && ! dpkg-query -W subrosa 2>/dev/null
}

# named_so: whatever has the package's name in its own, dpkg's log book excepted.
named_so() {
	find /usr /etc /var/lib /var/cache /opt -xdev -name '*subrosa*' -not -path '/var/lib/dpkg/*' 2>/dev/null | sort
}

# through_dpkg: installed in this system, used, removed.
through_dpkg() {
	named_so >"$scratch/before"
	installed=yes
	# Small systems are set up to leave documentation out.
	try 'dpkg installs it' dpkg --path-include='/usr/share/*' -i "$deb"
	dpkg -L subrosa 2>/dev/null | while IFS= read -r path; do
		[ -d "$path" ] && [ "${path##*/}" != subrosa ] || printf '%s\n' "$path"
	done >"$scratch/files"
	try 'its files are known' test -s "$scratch/files"
	try 'the installed program works' works ''
	try 'dpkg finds every file unchanged' sh -c 'test -z "$(dpkg -V subrosa)"'
	try 'dpkg removes it' dpkg -r subrosa
	try 'dpkg purges it' dpkg --purge subrosa
	try 'no file of it is left' gone "$scratch/files"
	named_so >"$scratch/after"
	try 'nothing else of that name is left' diff "$scratch/before" "$scratch/after"
	installed=
}

# through_folder REASON: only unpacked.
through_folder() {
	try 'it can be unpacked' dpkg-deb -x "$deb" "$scratch/root"
	try 'the unpacked program works' works "$scratch/root"
	skip 'dpkg installs it' "$1"
	skip 'no file of it is left' "$1"
}

try 'debian/changelog and meson.build agree on the version' same_version
try 'a clean copy of the source' clean_copy "$scratch/subrosa"
try 'dpkg-buildpackage builds it' build_package "$scratch/subrosa"
deb=$(find "$scratch" -maxdepth 1 -name 'subrosa_*.deb')
changes=$(find "$scratch" -maxdepth 1 -name 'subrosa_*.changes')
[ -n "$deb" ] && [ -n "$changes" ] || end_of_test
[ -z "${SUBROSA_DEB_OUT-}" ] || cp -- "$deb" "$SUBROSA_DEB_OUT/"
lists_all >"$out" 2>&1
result 'everything a user needs is in it' "$(grep -c . "$out")"
try 'nothing lies outside its places' only_usr
try 'lintian finds no error' no_errors
sed 's/^/# lintian: /' "$out"
if [ "$(id -u)" -ne 0 ]; then
	through_folder 'not root'
elif dpkg-query -W subrosa >/dev/null 2>&1; then
	through_folder 'a subrosa is installed here'
else
	through_dpkg
fi
end_of_test
