# SPDX-License-Identifier: Apache-2.0
# Completion of subrosa for bash (shellcheck shell=bash). A new command or option goes into the first
# two functions; test/scenario/t93-completion.sh finds what is missing.

# _subrosa_commands: the words behind "subrosa".
_subrosa_commands() {
	echo mark places trace which show demo help --help --version
}

# _subrosa_options COMMAND: its options. One that ends in "=" takes a value: "=file", "=folder", or
# "=" for one that nobody can guess.
_subrosa_options() {
	case $1 in
	mark) echo --readers=file --out=folder --ledger=file --no-auto --force ;;
	places) echo --write=file --json --no-auto ;;
	trace) echo --ledger=file --public=file --leaked-on= --max-false= --json ;;
	which) echo --ledger=file --max-false= --json ;;
	show) echo --reader= --ledger=file --no-auto ;;
	demo) ;;
	*) return ;;
	esac
	echo --help --usage
}

# _subrosa_value COMMAND OPTION: what kind of value it takes; fails if it takes none.
_subrosa_value() {
	local option
	for option in $(_subrosa_options "$1"); do
		if [[ $option == "$2="* ]]; then
			echo "${option#*=}"
			return 0
		fi
	done
	return 1
}

# _subrosa_files KIND CURRENT
_subrosa_files() {
	compopt -o filenames 2>/dev/null
	case $1 in
	file) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	folder) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
	esac
}

_subrosa() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]-} kind options
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(_subrosa_commands)" -- "$current")
		return
	fi
	# bash splits --ledger=FILE at the sign.
	if [[ $current == = ]]; then
		current=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if kind=$(_subrosa_value "$command" "$before"); then
		_subrosa_files "$kind" "$current"
	elif [[ $current == -* ]]; then
		options=$(_subrosa_options "$command" | tr ' ' '\n' | sed 's/=.*//')
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
	elif [[ $command != demo && $command != help && $command != -* ]]; then
		_subrosa_files file "$current"
	fi
}

complete -F _subrosa subrosa
