#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the program offers, its manual describes and every shell completes.
. "$(dirname -- "$0")/lib.sh"
needs_program

completion=$SOURCE/data/completion
bash_file=$completion/subrosa.bash
zsh_file=$completion/_subrosa
fish_file=$completion/subrosa.fish

# commands: those of --help. options COMMAND: the long ones of its --help.
commands() {
	"$SUBROSA" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}
options() {
	"$SUBROSA" "$1" --help | grep -E '^ +-' | grep -oE -e '--[a-z][a-z-]*'
}

# Which lines of a completion are about a command.
bash_part() { sed -n "s/^	$1) *//p" "$bash_file"; grep -F 'echo --help' "$bash_file"; }
zsh_part() { awk -v c="	$1)" '$0 == c { on = 1 } on { print } /;;/ { on = 0 }' "$zsh_file"; grep common= "$zsh_file"; }
fish_part() { grep -E "from $1'|not __fish_use_subcommand" "$fish_file"; }

# in_shell SHELL COMMAND OPTION: the option is completed behind the command.
in_shell() {
	case $1 in
	fish) fish_part "$2" | grep -qE -e "-l ${3#--}( |\$)" ;;
	*) "$1_part" "$2" | grep -qE -e "$3([^a-z-]|\$)" ;;
	esac
}

# man_has PAGE OPTION: in its list of options.
man_has() { grep -qE -e "^\.It Fl -${2#--}( |\$)" "$SOURCE/doc/man/$1"; }

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
			in_shell "$shell" "$command" "$option" || echo "$shell: $command $option"
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
not_in_any() {
	for shell in bash zsh fish; do
		! in_shell "$shell" trace --no-such || return 1
	done
	! man_has subrosa-trace.1 --no-such
}
check 'a planted option would be missed' not_in_any

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
HOME=$PWD fish -c "source '$fish_file'; complete -C 'subrosa tr'; complete -C 'subrosa trace --le'" >"$out" 2>"$err"
check 'fish: trace' out_has '^trace'
check 'fish: --ledger' out_has '^--ledger'

end_of_test
