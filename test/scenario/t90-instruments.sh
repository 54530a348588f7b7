#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The instruments of ./check, and that of the error bound: each shows a fault that is planted for it,
# and none where there is none.
. "$(dirname -- "$0")/lib.sh"

# entry RESULT LINE...: one program in the form of Meson's log.
entry() {
	printf '=== 1/1 ===\nresult: %s\n--- stdout ---\n' "$1"
	shift
	printf '%s\n' "$@"
	echo '======'
}

# says LINE STATUS: this line and no other, and this exit status.
says() {
	exits "$2" && [ "$(cat -- "$out")" = "$1" ]
}

# counts NAME EXPECTED STATUS: what tools/tap-count.sh makes of the file log.
counts() {
	sh "$SOURCE/tools/tap-count.sh" log >"$out" 2>"$err"
	status=$?
	check "$1" says "$2" "$3"
}

good='exit status 0'
entry "$good" 'ok 1 - a' '# not ok' 'ok 2 - b # SKIP why' 'ok 3' '1..3' >log
counts 'count: passed and skipped' '2 passed, 0 failed, 1 skipped' 0
entry 'exit status 1' 'ok 1 - a' 'not ok 2 - b' '1..2' >log
counts 'count: a failure counts once' '1 passed, 1 failed, 0 skipped' 1
entry 'killed by signal 11 SIGSEGV' 'ok 1 - a' 'not ok 2 - b' >log
counts 'count: a crash counts beside the failures' '1 passed, 2 failed, 0 skipped' 1
entry 'exit status 1' 'ok 1 - a' '1..1' >log
counts 'count: a bad end without a failed line' '1 passed, 1 failed, 0 skipped' 1
entry "$good" 'ok 1 - a' >log
counts 'count: no plan' '1 passed, 1 failed, 0 skipped' 1
entry "$good" 'ok 1 - a' '1..2' >log
counts 'count: fewer lines than planned' '1 passed, 1 failed, 0 skipped' 1
entry "$good" 'hello' >log
counts 'count: a program that speaks no TAP' '0 passed, 1 failed, 0 skipped' 1
entry "$good" '1..0 # SKIP no program' >log
counts 'count: nothing passed' '0 passed, 0 failed, 1 skipped' 1
{ entry "$good" 'ok 1' '1..1'; entry 'killed by signal 15 SIGTERM'; entry "$good" 'ok 1' '1..1'; } >log
counts 'count: a timeout between two good ones' '2 passed, 1 failed, 0 skipped' 1

# calibrate ARGUMENT...: the error bound held against few readers.
calibrate() {
	"$CALIBRATION" --readers 50000 "$@" >"$out" 2>"$err"
	status=$?
}

# violated FIRST LAST: a claim is violated between the headings that begin so (LAST: none, the end).
violated() {
	sed -n "/^# $1/,/^# $2/p" "$out" | grep -q VIOLATED
}

# only_whole: a claim about whole families is violated, and none about a score.
only_whole() {
	exits 1 && violated 'families' 'all symbols' && ! violated 'readers' 'families' &&
		! violated 'all symbols' 'none'
}

# in_scores: a claim about a score is violated.
in_scores() {
	exits 1 && violated 'readers' 'families'
}

calibrate
check 'calibration: no claim is violated' exits 0
check 'calibration: nor said to be' out_lacks VIOLATED
calibrate --plant gaussian
check 'calibration: a Gaussian tail is found in the scores' in_scores
calibrate --plant search
check 'calibration: a forgotten search is found, and only there' only_whole
calibrate --plant layers
check 'calibration: layers that are not counted are found, and only there' only_whole
calibrate --plant nothing
check 'calibration: what cannot be planted is refused' exits 2

command -v jq >/dev/null 2>&1 || {
	skip 'lint' 'jq is missing'
	end_of_test
}

# make_tree: a small source that breaks no rule, with two modules.
make_tree() {
	rm -rf -- tree && mkdir -p -- tree/tools tree/build
	cp -- "$SOURCE/tools/lint.sh" tree/tools/
	printf "# SPDX-License-Identifier: Apache-2.0\nsubdir('src/base')\nsubdir('src/code')\nsubdir('src/text')\n" >tree/meson.build
	for module in base code text; do
		mkdir -p -- "tree/src/$module"
		cp -- tree/meson.build "tree/src/$module/"
		for file in "$module.c" "$module.h"; do
			echo '/* SPDX-License-Identifier: Apache-2.0 */' >"tree/src/$module/$file"
		done
	done
	cp -- tree/src/base/base.h tree/src/base/err.h
	flags ''
}

# flags MORE: what the compiler is told; code gets MORE beside it.
flags() {
	cat <<-END >tree/build/compile_commands.json
	[{"file": "../src/base/base.c", "command": "cc -I../src/base -c ../src/base/base.c"},
	 {"file": "../src/code/code.c", "command": "cc -I../src/base -I../src/code $1 -c ../src/code/code.c"},
	 {"file": "../src/text/text.c", "command": "cc -I../src/base -I../src/text -c ../src/text/text.c"}]
	END
}

lint() {
	sh tree/tools/lint.sh tree/build >"$out" 2>"$err"
	status=$?
}

fails_once() {
	[ "$status" -ne 0 ] && [ "$(grep -c '^not ok' "$out")" -eq 1 ]
}

# finds PART: the lint fails, by one rule, whose name has PART.
finds() {
	lint
	check "lint finds one fault: $1" fails_once
	check "lint names it: $1" out_has "^not ok .*$1"
}

make_tree
lint
check 'lint: a clean tree passes' exits 0
check 'lint: with nothing to complain of' out_lacks '^not ok'

echo "see /$(printf work)/main" >tree/note.md && finds 'path of one machine' && rm tree/note.md
echo "from http$(printf s)://deb.example.org/" >tree/note.md && finds 'host that packages' && rm tree/note.md
echo "$(printf TO)DO later" >tree/note.md && finds 'unfinished work' && rm tree/note.md
echo 'static int n(const char *s) { return atoi (s); }' >>tree/src/text/text.c
finds 'call without a bound'
make_tree
: >tree/src/text/more.h && finds 'names its license'
make_tree
echo '    int n;' >>tree/src/text/text.c && finds 'indented with tabs'
make_tree
flags '-I../src/text' && lint
check 'lint: an include that must not be is found' out_has '^not ok .*upward include'
check 'lint: and so is one that a module must never use' out_has '^not ok .*must never use'
make_tree
cp -- tree/src/text/text.h tree/src/text/limits.h && lint
check 'lint: a header of the system is not mistaken for one of ours' exits 0
make_tree
echo '#error broken' >>tree/src/code/code.h && finds 'below and itself'
make_tree
echo '[]' >tree/build/compile_commands.json && finds 'below and itself'
make_tree
rm tree/build/compile_commands.json && finds 'modules can include is known'

end_of_test
