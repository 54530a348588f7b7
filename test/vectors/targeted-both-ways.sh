#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Targeted messages by two implementations: make_targeted.py reads what our C wrote, and still makes
# the vectors that our C reads. The argument is the program vec_mls_targeted.
set -u
here=$(dirname -- "$0")
program=$1
tests=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# report NAME RESULT: RESULT 77 is a library that is not there.
report()
{
	tests=$((tests + 1))
	case $2 in
	0) echo "ok $tests - $1" ;;
	77) echo "ok $tests - $1 # SKIP python3-cryptography is not installed" ;;
	*)
		echo "not ok $tests - $1"
		sed 's/^/# /' "$tmp/err"
		;;
	esac
}

python()
{
	if command -v python3 >"$tmp/where"; then
		python3 "$here/make_targeted.py" "$@"
	else
		return 77
	fi
}

"$program" write >"$tmp/ours" 2>"$tmp/err"
report 'our C writes messages' $?

python check <"$tmp/ours" >"$tmp/out" 2>"$tmp/err"
report 'Python opens them, and no damaged one' $?
sed 's/^/# /' "$tmp/out"

# The check would be worth nothing if it passed whatever is there.
sed 's/"padding_length": 84/"padding_length": 85/' "$tmp/ours" >"$tmp/wrong"
python check <"$tmp/wrong" >"$tmp/out" 2>"$tmp/err"
said=$?
if [ $said -ne 77 ]; then
	grep -q 'says something else' "$tmp/err"
	said=$?
fi
report 'Python says so if one differs' $said

for what in make refused; do
	name=targeted-suite3
	[ $what = make ] || name=$name-refused
	python $what 'subrosa targeted messages' >"$tmp/again" 2>"$tmp/err"
	made=$?
	[ $made -ne 0 ] || cmp "$tmp/again" "$here/data/mls/$name.json" >"$tmp/err" 2>&1 || made=1
	report "Python makes $name.json" $made
done

echo "1..$tests"
