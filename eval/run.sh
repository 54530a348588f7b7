#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# eval/run.sh: builds build-eval, runs every program of eval/ and writes what they print to
# eval/RESULTS.md, and their charts and pictures beside it. Takes about three hours on two cores, most
# of them for pictures of pages.
#
# The relay is measured in /var/tmp, which takes 6 GB there, beside Redis and PostgreSQL where their
# Debian packages (redis-server, postgresql-15) are installed.
#
# SUBROSA_CORPORA names the folder where eval/corpora.mjs put real text: its parts held-E and held-F
# are measured, with which no entry was written.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd -- "$root"
sh tools/build.sh build-eval all -Dbuildtype=debugoptimized
out=eval/RESULTS.md
new=$(mktemp)
trap 'rm -f -- "$new"' EXIT

# table TITLE COMMAND [ARGUMENT]...: what a program prints, below its title and its command.
table() {
	title=$1
	shift
	printf '\n## %s\n\n`build-eval/eval/%s`\n\n' "$title" "$*"
	program=$1
	shift
	"build-eval/eval/$program" "$@" | sed 's/ *$//; s/^/    /'
}

# corpora: places in the text that no pack was written with.
corpora() {
	printf '\n## Places in real text\n\n`build-eval/eval/places "$SUBROSA_CORPORA"/held-[EF]`\n\n'
	if [ -n "${SUBROSA_CORPORA:-}" ]; then
		build-eval/eval/places "$SUBROSA_CORPORA"/held-[EF] | sed 's/ *$//; s/^/    /'
	else
		echo 'Not measured here: it needs the texts that eval/corpora.mjs makes.'
	fi
}

# planted FAULT: the last line of a calibration with a planted fault, which has to fail by it.
planted() {
	status=0
	build-eval/eval/code_calibration --readers 1000000 --plant "$1" >"$new.planted" || status=$?
	[ "$status" -eq 1 ] || exit 1
	printf '    --readers 1000000 --plant %s: exit status 1, %s\n' "$1" "$(tail -n 1 -- "$new.planted")"
	rm -- "$new.planted"
}

{
	printf '# What the programs of eval/ printed\n\n'
	printf 'Made by `sh eval/run.sh`, on 2 shared cores: quote ratios and medians, not single times.\n'
	table 'How much of a retyped copy names its reader' trace_retype 1000
	table 'Whom does it accuse when nobody leaked?' trace_innocent 3500
	table 'Is the error bound calibrated?' code_calibration
	printf '\nWith faults planted:\n\n'
	planted gaussian
	planted search
	planted layers
	table 'How many places catch one of a coalition' code_lengths --svg eval
	table 'Pages that several readers put together' layout_collusion
	table 'Which code for places with more than two wordings?' code_qary
	table 'A million readers' code_scale
	table 'Beside programs that mark texts in other ways' peers build-eval/src/cli/subrosa
	corpora
	table 'Do pictures of a page name its reader?' photo build-eval/src/cli/subrosa
	table 'Do pictures made of several copies name one?' photo_collusion build-eval/src/cli/subrosa
	table 'Can the marks of a page be seen?' photo_visibility eval
	table 'A thousand copies of a page' photo_speed build-eval/src/cli/subrosa 5
	table 'MLS groups' mls --runs 3
	for t in speed reads order kill polls start hostile; do
		table "The relay: $t" relay "$t"
	done
	table 'Speed and memory of the program' program_speed build-eval/src/cli/subrosa 5
} >"$new"
cat -- "$new" >"$out"
