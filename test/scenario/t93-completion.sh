#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the program offers, its manual describes and every shell completes.
. "$(dirname -- "$0")/lib.sh"
needs_program
not() { ! "$@"; }

completion=$SOURCE/data/completion
bash_file=$completion/subrosa.bash
zsh_file=$completion/_subrosa
fish_file=$completion/subrosa.fish

# commands [ledger]: those of --help. options COMMAND [VERB]: the long ones of its --help.
commands() {
	"$SUBROSA" "$@" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}
options() {
	"$SUBROSA" "$@" --help | grep -E '^ +-' | grep -oE -e '--[a-z][a-z-]*'
}

# SHELL_part COMMAND [VERB]: what a completion has about a command, or about one of ledger's.
bash_part() {
	awk -v c="	$1${2+-$2})" 'index($0, c) == 1 { on = 1 } on { print } /;;/ { on = 0 }' "$bash_file"
	grep -F 'echo --help' "$bash_file"
}
zsh_part() {
	awk -v f="_subrosa${2+_$1}() {" -v c="	${2-$1})" '$0 == f { inside = 1 } /^}/ { inside = 0 }
		inside && $0 == c { on = 1 } on { print } /;;/ { on = 0 }' "$zsh_file" >"$scratch/part"
	cat "$scratch/part"
	for variable in common passphrase; do
		! grep -q "[$]$variable" "$scratch/part" || grep "^	$variable=" "$zsh_file"
	done
}
fish_part() {
	if [ $# -eq 2 ]; then
		grep -F "'__subrosa_$1 $2'" "$fish_file"
	else
		grep -F "'__fish_seen_subcommand_from $1'" "$fish_file"
	fi
	grep -F 'not __fish_use_subcommand' "$fish_file"
}

# in_shell SHELL OPTION COMMAND [VERB]: the option is completed behind the command.
in_shell() {
	shell=$1 option=$2
	shift 2
	case $shell in
	fish) fish_part "$@" | grep -qE -e "-l ${option#--}( |\$)" ;;
	*) "${shell}_part" "$@" | grep -qE -e "$option([^a-z-]|\$)" ;;
	esac
}

# man_has PAGE OPTION: in its list of options.
man_has() { grep -qE -e "^\.It Fl -${2#--}( |\$)" "$SOURCE/doc/man/$1"; }

# synopsis_has VERB OPTION: in the lines of subrosa-ledger(1) about that command.
synopsis_has() {
	awk -v c=".Nm subrosa Cm ledger $1" '/^\.Sh DESCRIPTION/ { exit } /^\.Nm/ { on = $0 == c } on' \
		"$SOURCE/doc/man/subrosa-ledger.1" | grep -qE -e "^\.Op Fl -${2#--}( |\$)"
}

# none_missing NAME: every line of the file missing says what is not there.
none_missing() {
	cp missing "$out"
	status=none
	check "$1" test ! -s missing
}

commands >list
check 'the program has commands' test "$(grep -c . list)" -ge 6
check 'trace has options' test "$(options trace | grep -c .)" -ge 5
while IFS= read -r command; do
	for shell in bash zsh fish; do
		for option in $(options "$command"); do
			in_shell "$shell" "$option" "$command" || echo "$shell: $command $option"
		done
	done >missing
	none_missing "every option of $command is completed"
	grep -qE "^	echo .*\b$command\b" "$bash_file" || echo bash >missing
	grep -qE "^		['\"]$command:" "$zsh_file" || echo zsh >>missing
	grep -qE "^complete -c subrosa -n __fish_use_subcommand -a $command( |\$)" "$fish_file" || echo fish >>missing
	none_missing "$command is completed"
	page=subrosa-$command.1
	check "$command has a page of the manual" test -f "$SOURCE/doc/man/$page"
	check "$command: the page is installed" grep -q "'$page'" "$SOURCE/doc/man/meson.build"
	check "$command: subrosa(1) has it" grep -qx "\.It Cm $command" "$SOURCE/doc/man/subrosa.1"
	check "$command: subrosa(1) points at it" grep -q "^\.Xr subrosa-$command 1" "$SOURCE/doc/man/subrosa.1"
	for option in $(options "$command"); do
		case $option in
		--help | --usage) ;;
		*) man_has "$page" "$option" || echo "$page: $option" ;;
		esac
	done >missing
	none_missing "$command: every option stands in its page"
done <list

# The commands of ledger.
commands ledger >list
check 'ledger has commands' test "$(grep -c . list)" -ge 6
check 'ledger check has options' test "$(options ledger check | grep -c .)" -ge 3
while IFS= read -r verb; do
	for option in $(options ledger "$verb"); do
		for shell in bash zsh fish; do
			in_shell "$shell" "$option" ledger "$verb" || echo "$shell: ledger $verb $option"
		done
		case $option in
		--help | --usage) ;;
		*)
			man_has subrosa-ledger.1 "$option" || echo "subrosa-ledger.1: $option"
			synopsis_has "$verb" "$option" || echo "subrosa-ledger.1: SYNOPSIS of $verb: $option"
			;;
		esac
	done >missing
	none_missing "every option of ledger $verb is completed and described"
	sed -n '/^_subrosa_verbs/,/^}/p' "$bash_file" | grep -qE "^	echo .*\b$verb\b" || echo bash >missing
	sed -n '/^_subrosa_ledger/,/^}/p' "$zsh_file" | grep -q "^		'$verb:" || echo zsh >>missing
	grep -q "^complete -c subrosa -n __subrosa_ledger -a $verb " "$fish_file" || echo fish >>missing
	grep -qx "\.It Cm $verb" "$SOURCE/doc/man/subrosa-ledger.1" || echo 'subrosa-ledger.1' >>missing
	none_missing "ledger $verb is completed and described"
done <list

# What wire can do.
"$SUBROSA" wire --help | sed -n 's/^.* subrosa wire \[OPTION\.\.\.\] \([a-z]*\).*/\1/p' >list
check 'wire has verbs' test "$(grep -c . list)" -ge 5
while IFS= read -r verb; do
	: >missing
	sed -n '/^	wire)$/,/;;/p' "$zsh_file" | grep -qE "'1:what to do:\(.*\b$verb\b.*\)'" || echo zsh >>missing
	grep -F "'__fish_seen_subcommand_from wire' -a " "$fish_file" | grep -q "\b$verb\b" || echo fish >>missing
	grep -qx "\.Nm subrosa Cm wire $verb" "$SOURCE/doc/man/subrosa-wire.1" || echo 'subrosa-wire.1' >>missing
	none_missing "wire $verb is completed and described"
done <list

# What is not there is missed.
not_in_any() {
	for shell in bash zsh fish; do
		! in_shell "$shell" "$@" || return 1
	done
}
check 'a planted option would be missed' not_in_any --no-such trace
check 'one of another command, too' not_in_any --readers trace
check 'one of a command of ledger, too' not_in_any --no-such ledger check
check 'one of another command of ledger, too' not_in_any --commitment ledger seal
check 'one of a command that has the name of a verb, too' not_in_any --commitment check
check 'a page without an option would be missed' not man_has subrosa-trace.1 --no-such
check 'a synopsis without an option would be missed' not synopsis_has seal --commitment

for top in --help --version; do
	check "bash has $top" grep -qE "^	echo .*$top" "$bash_file"
	check "zsh has $top" grep -q -e "'$top\[" "$zsh_file"
	check "fish has $top" grep -q "__fish_use_subcommand -l ${top#--}" "$fish_file"
done

# The shells themselves.
check 'bash takes it' bash -n "$bash_file"
check 'zsh takes it' zsh -n "$zsh_file"
check 'fish takes it' env HOME="$PWD" fish -n "$fish_file"

# complete WORD...: what bash offers for the last word.
cat >try.bash <<'END'
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_subrosa
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
exit 0
END
offers() {
	expected=$1
	shift
	bash try.bash "$bash_file" subrosa "$@" >"$out" 2>"$err"
	status=$?
	[ "$(sort "$out" | tr '\n' ' ')" = "$expected" ] && err_empty
}
mkdir 'a folder'
: >paper.md
: >'paper two.md'
check 'bash: tr' offers 'trace ' tr
check 'bash: a command that is not there' offers '' nosuch
check 'bash: --v' offers '--version ' --v
check 'bash: trace --le' offers '--leaked-on --ledger ' trace --le
check 'bash: mark --no' offers '--no-auto ' mark --no
check 'bash: demo --' offers '--help --usage ' demo --
check 'bash: a paper' offers 'paper two.md paper.md ' places pa
check 'bash: a ledger' offers 'paper two.md paper.md ' trace --ledger pa
check 'bash: a ledger behind =' offers 'paper two.md paper.md ' trace --ledger = pa
check 'bash: nothing behind =' offers 'a folder ' mark --out =
check 'bash: only folders for --out' offers 'a folder ' mark --out ''
check 'bash: no file for a level' offers '' trace --max-false pa
check 'bash: a second file' offers 'paper two.md paper.md ' which paper.md pa
check 'bash: the demo takes no file' offers '' demo pa
check 'bash: ledger' offers 'backup ' ledger b
check 'bash: ledger --' offers '--help ' ledger --
check 'bash: ledger check --' offers '--commitment --help --passphrase-file --usage ' ledger check --
check 'bash: ledger backup --' offers '--help --usage ' ledger backup --
check 'bash: ledger check --commitment' offers 'paper two.md paper.md ' ledger check --commitment pa
check 'bash: a file for ledger info' offers 'paper two.md paper.md ' ledger info pa
check 'bash: a command of ledger that is not there' offers '' ledger nosuch --
check 'bash: none for ledger help' offers '' ledger help pa
check 'bash: no command of ledger elsewhere' offers '' trace ba
check 'bash: verify --p' offers '--paper --public ' verify --p
HOME=$PWD fish -c "source '$fish_file'; complete -C 'subrosa tr'; complete -C 'subrosa trace --le'
	complete -C 'subrosa ledger b'; complete -C 'subrosa ledger check --com'; complete -C 'subrosa ledger seal --'" >"$out" 2>"$err"
check 'fish: trace' out_has '^trace'
check 'fish: --ledger' out_has '^--ledger'
check 'fish: ledger backup' out_has '^backup'
check 'fish: ledger check --commitment' test "$(grep -c '^--commitment' "$out")" -eq 1
check 'fish: ledger seal --same-key-as' out_has '^--same-key-as'
HOME=$PWD fish -c "source '$fish_file'; complete -C 'subrosa ledger check re'; complete -C 'subrosa trace ledger re'" \
	>"$out" 2>"$err"
check 'fish: no second command of ledger' out_lacks '^readers'

end_of_test
