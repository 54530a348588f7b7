# SPDX-License-Identifier: Apache-2.0
# test/scenario/papers.sh: papers, readers and leaks for the tests of mark, places and trace, and more
# questions for check. A test sources it after lib.sh.
#
#	JSONGET, SQL  the helpers jsonget.c and sql.c
#
# shellcheck shell=sh disable=SC2034,SC2154
# A sanitizer's report is no verdict: its usual exit status, 1, would say that nobody can be named.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}exitcode=99
UBSAN_OPTIONS=${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}exitcode=99
export ASAN_OPTIONS UBSAN_OPTIONS

corpus=$SOURCE/test/corpus
paper=$corpus/papers/p1.md            # 183 places by the author
other_paper=$corpus/papers/p2.md      # 185 places; nothing in common with it
readers=$SOURCE/data/demo/readers.csv # r01 to r24

# bail_out REASON: what the test needs is not there.
bail_out() {
	printf 'Bail out! %s\n' "$1"
	sed 's/^/# /' "$err"
	exit 1
}

# given PAPER READERS DIR LEDGER: marked, with the author's places only; not what is tested.
given() {
	run mark "$1" --readers "$2" --out "$3" --ledger "$4" --no-auto
	[ "$status" -eq 0 ] || bail_out "$1 cannot be marked"
}

# list_readers FROM TO: a list of readers u00001, u00002 ... in seven houses.
list_readers() {
	echo 'id,name,house,side'
	awk -v i="$1" -v to="$2" 'BEGIN { for (; i <= to; i++)
		printf "u%05d,Name %d,House %d,Side %d\n", i, i, i % 7, i % 2 }'
}

# original PAPER: it in the author's first wordings; marks of questions and groups are none.
original() {
	tr '\n' '\001' <"$1" | sed 's/{?|/{/g; s/{#[a-z0-9-]*|/{/g; s/{\([^{|}]*\)|[^{}]*}/\1/g' | tr '\001' '\n'
}

# many_words N [BETWEEN]: N sentences of invented words, no two alike, with BETWEEN in the middle of each.
many_words() {
	awk -v n="$1" -v between="${2-}" '
	function next_syllable() {
		seed = seed * 16807 % 2147483647
		return substr("babedifogukalemipotu", 2 * (int(seed / 1024) % 10) + 1, 2)
	}
	function word() { return next_syllable() next_syllable() next_syllable() next_syllable() }
	BEGIN {
		for (seed = 1; i < n; i++)
			print word(), word(), word(), between, word(), word(), word() ".\n"
	}'
}

# many_places N: a paper with so many places.
many_places() { many_words "$1" '{will|shall}'; }

# snapshot FOLDER: the files in it, their modes and their bytes.
snapshot() {
	(cd -- "$1" && find . -exec ls -ld {} + | awk '{ print $1, $NF }' | sort &&
		find . -type f -exec cksum {} + | sort)
}

# same A B: the files have the same bytes.
same() { cmp -s -- "$1" "$2"; }
not() { ! "$@"; }
# none_of FILE...: none of them is there.
none_of() {
	for file in "$@"; do
		[ ! -e "$file" ] || return 1
	done
}
count_is() { [ "$(find "$2" -mindepth 1 | wc -l)" -eq "$1" ]; }
# mode_is MODE FILE
mode_is() { [ -n "$(find "$2" -prune -perm "$1")" ]; }

# Questions about the JSON on standard output. A path is names and numbers, one an argument.
value() { "$JSONGET" "$out" "$@" 2>/dev/null; }
value_is() { expected=$1 && shift && [ "$(value "$@")" = "$expected" ]; }
# type_is TYPES PATH...: one of these types.
type_is() {
	types=$1
	shift
	case " $types " in
	*" $("$JSONGET" -t "$out" "$@" 2>/dev/null) "*) ;;
	*) return 1 ;;
	esac
}
items_are() { expected=$1 && shift && [ "$("$JSONGET" -n "$out" "$@" 2>/dev/null)" = "$expected" ]; }
# names ID: this reader and nobody else is named (--json).
names() { exits 0 && value_is named decision && items_are 1 named && value_is "$1" named 0 reader; }
# nobody DECISION: nobody is named (--json).
nobody() { exits 1 && value_is "$1" decision && items_are 0 named; }
# nobody_yet: nobody is named, whatever the reason.
nobody_yet() { nobody inconclusive || nobody not-ours; }

# issued LEDGER: how many copies the ledger says have appeared; none if there is no ledger.
issued() {
	if [ -e "$1" ]; then
		"$SQL" "$1" 'SELECT count(copy_hash) FROM reader'
	else
		echo 0
	fi
}

# own_mounts: starts the test again where it may mount file systems that nobody else sees.
own_mounts() {
	[ -z "${OWN_MOUNTS-}" ] || return 0
	unshare -rm true 2>/dev/null || return 0
	cd / && rm -rf -- "$scratch"
	OWN_MOUNTS=1 exec unshare -rm sh "$SOURCE/test/scenario/${0##*/}"
}

# mount_small FOLDER SIZE: a file system of that size; fails where that cannot be.
mount_small() {
	[ -n "${OWN_MOUNTS-}" ] && mkdir -p -- "$1" && mount -t tmpfs -o "size=$2" none "$1" 2>"$err"
}
