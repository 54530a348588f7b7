#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/lint.sh BUILD_FOLDER: the rules of the house that a script can see, in TAP. The include flags
# of each module are read from BUILD_FOLDER/compile_commands.json (needs jq).
set -u

build=$(CDPATH='' cd -- "$1" && pwd -P) || exit 1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
cd -- "$root" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
found=$scratch/found
tests_n=0
failed_n=0

# verdict NAME: ok if the file $found is empty; otherwise it holds the reasons.
verdict() {
	tests_n=$((tests_n + 1))
	if [ -s "$found" ]; then
		failed_n=$((failed_n + 1))
		printf 'not ok %d - %s\n' "$tests_n" "$1"
		head -n 20 -- "$found" | sed 's/^/# /'
	else
		printf 'ok %d - %s\n' "$tests_n" "$1"
	fi
}

# files: what belongs to the source, one path a line. A tree without Git is searched.
files() {
	if [ -e .git ] && command -v git >/dev/null 2>&1; then
		git -c safe.directory='*' ls-files --cached --others --exclude-standard
	else
		find . -name .git -prune -o -path './build*' -prune -o -type f -print | sed 's,^\./,,'
	fi
}

# search OPTIONS PATTERN < list of files: every line that matches, as FILE:LINE:TEXT.
search() {
	tr '\n' '\0' | xargs -0 -r grep -nHI "$1" -e "$2" -- 2>/dev/null
}

# The patterns are written so that they do not match themselves.
text_rules() {
	files | search -E '(^|[^A-Za-z0-9_.~-])/([w]ork|[r]oot|[h]ome|tmp/[b]ash_jobs)(/|[^A-Za-z0-9_/-]|$)' >"$found"
	verdict 'no path of one machine'

	# The form of debian/copyright has a name that looks like an address.
	files | search -E '[h]ttps?://[a-z0-9.-]*(deb|npm|pypi|crates)[a-z0-9-]*\.' |
		grep -v '^debian/copyright:1:Format: ' >"$found"
	package_hosts | while IFS= read -r host; do
		files | search -F "$host"
	done >>"$found"
	verdict 'no host that packages are fetched from'

	files | grep -v '^LICENSE$' | search -wE '[T]ODO|[F]IXME|[X]XX' >"$found"
	verdict 'no unfinished work'

	files | grep -E '^(src|include|test|eval)/.*\.[ch]$' | search -E \
		'(^|[^A-Za-z0-9_])(strcpy|strcat|sprintf|vsprintf|gets|atoi|strtok)[[:space:]]*\(' >"$found"
	verdict 'no call without a bound'

	files | grep -E '(\.[ch]|(^|/)meson\.build|\.sh|^demo|^check)$' | while IFS= read -r file; do
		head -n 2 -- "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
	done >"$found"
	verdict 'every source names its license'

	files | grep -E '^(src|include|test|eval)/.*\.[ch]$' | search -E '^  +[^ *]' >"$found"
	verdict 'C is indented with tabs'
}

# package_hosts: the hosts in the package sources of this machine.
package_hosts() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		sed -n 's,^[^#]*[a-z]*://\([^/: ]*\).*,\1,p' | sort -u | grep -vE '^(localhost|127\.)'
}

# modules: those that exist, in the order of data flow (the list in the top meson.build).
modules() {
	sed -n "s,^subdir('src/\(.*\)')\$,\1,p" meson.build
}

# include_flags MODULE: the -I, -isystem and -D of its sources, one a line.
include_flags() {
	jq -r --arg part "src/$1/" '.[] | select(.file | contains($part)) | .command' \
		"$build/compile_commands.json" |
		while IFS= read -r command; do
			eval "set -- $command"
			for flag in "$@"; do
				case $flag in
				-I* | -isystem* | -D*) printf '%s\n' "$flag" ;;
				esac
			done
		done | sort -u
}

# compiles MODULE HEADER: a source of MODULE that includes HEADER compiles.
compiles() {
	printf '#include "%s"\nextern int nothing;\n' "$2" >"$scratch/probe.c"
	: >"$scratch/probe.d"
	(cd -- "$build" && tr '\n' '\0' <"$scratch/flags.$1" | xargs -0 cc -std=gnu17 -fsyntax-only \
		-MD -MF "$scratch/probe.d" "$scratch/probe.c") 2>"$scratch/probe.err"
}

# found_in FOLDER HEADER: the last probe read that file, not a namesake of the system (limits.h).
found_in() {
	grep -qE "(^|[ /])$1/$2( |:|\$)" "$scratch/probe.d"
}

first_error() {
	grep -m 1 'error:' "$scratch/probe.err"
}

# headers MODULE: the names of its headers.
headers() {
	(cd -- "src/$1" && ls -- *.h 2>/dev/null)
}

# accepts MODULE FOLDER HEADER: a source of MODULE can include this file.
accepts() {
	if ! compiles "$1" "$3"; then
		echo "$1: $(first_error)"
	elif ! found_in "$2" "$3"; then
		echo "$1: $3 is not that of $2"
	fi
}

# refuses MODULE OTHER: no header of OTHER is found from MODULE.
refuses() {
	for header in $(headers "$2"); do
		if compiles "$1" "$header"; then
			! found_in "src/$2" "$header" || echo "$1 can include $header of $2"
		elif ! grep -q 'No such file\|file not found' "$scratch/probe.err"; then
			echo "$1, $header of $2: $(first_error)"
		fi
	done
}

# What a module must never see although it lies below, and why: CONTRIBUTING.md.
never() {
	cat <<-'END'
	code text
	code vary
	code align
	code mark
	code extract
	code office
	commit vary
	commit align
	commit mark
	commit extract
	commit office
	vary extract
	ledger text
	ledger vary
	ledger align
	ledger commit
	ledger office
	vary office
	issue office
	trace office
	issue ledger
	trace ledger
	issue grammar
	trace grammar
	trace jail
	END
	for module in mls wire relay; do
		for below in $(modules | sed "/^$module\$/q"); do
			case $below in
			base | crypto | "$module") ;;
			wire) [ "$module" = relay ] || echo "$module $below" ;;
			*) echo "$module $below" ;;
			esac
		done
	done
	printf '%s\n' 'show wire' 'show relay' 'api relay'
	modules | sed -n '/^api$/q; s/^/cli /p'
	echo cli api
}

# accepts_what_it_needs MODULE: its own headers and one from below. The command line sees the public
# headers only.
accepts_what_it_needs() {
	case $1 in
	cli) accepts "$1" include subrosa-err.h ;;
	*) accepts "$1" src/base err.h ;;
	esac
	for header in $(headers "$1"); do
		accepts "$1" "src/$1" "$header"
	done
}

module_rules() {
	modules >"$scratch/modules"
	while IFS= read -r module; do
		include_flags "$module" >"$scratch/flags.$module"
	done <"$scratch/modules"

	while IFS= read -r module; do
		accepts_what_it_needs "$module"
	done <"$scratch/modules" >"$found"
	[ -s "$scratch/modules" ] || echo 'no modules found' >"$found"
	verdict 'a module can include what lies below and itself (control)'

	awk '{ m[NR] = $1 } END { for (i = 1; i <= NR; i++) for (j = i + 1; j <= NR; j++) print m[i], m[j] }' \
		"$scratch/modules" >"$scratch/upward"
	while read -r module other; do
		refuses "$module" "$other"
	done <"$scratch/upward" >"$found"
	verdict 'an upward include does not compile'

	never | while read -r module other; do
		grep -qx "$module" "$scratch/modules" && grep -qx "$other" "$scratch/modules" &&
			refuses "$module" "$other"
	done >"$found"
	verdict 'a module cannot include what it must never use'
}

text_rules
if [ -f "$build/compile_commands.json" ]; then
	module_rules
else
	echo "$1 is not set up" >"$found"
	verdict 'what modules can include is known'
fi
printf '1..%d\n' "$tests_n"
[ "$failed_n" -eq 0 ]
