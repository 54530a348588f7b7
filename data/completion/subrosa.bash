# SPDX-License-Identifier: Apache-2.0
# Completion of subrosa for bash (shellcheck shell=bash). A new command or option goes into the first
# three functions; test/scenario/t93-completion.sh finds what is missing.

# _subrosa_commands: the words behind "subrosa".
_subrosa_commands() {
	echo mark places trace which show verify pack ledger mls wire demo help --help --version
}

# _subrosa_verbs: the words behind "subrosa ledger".
_subrosa_verbs() {
	echo info check backup seal unseal readers help --help
}

# _subrosa_options COMMAND: its options; "ledger-check" and so on for those of ledger. One that ends in "=" takes a value: "=file", "=folder", or
# "=" for one that nobody can guess.
_subrosa_options() {
	case $1 in
	mark)
		echo --readers=file --out=folder --ledger=file --no-auto --language= --fixed=file --force --seal --same-key-as=file \
			--max-collusion= --layers= --paper-size= --font= --font-size= --ragged --footer --json --passphrase-file=file
		;;
	places)
		echo --write=file --readers= --json --no-auto --language= --fixed=file --max-collusion= \
			--propose= --model= --key-file=file --timeout=
		;;
	trace)
		echo --ledger=file --public=file --leaked-on= --max-false= --ocr-language= --json --report=file --verdict=file \
			--whole-paper --passphrase-file=file
		;;
	which) echo --ledger=file --max-false= --ocr-language= --json --passphrase-file=file ;;
	show) echo --reader= --ledger=file --no-auto --language= --fixed=file --passphrase-file=file ;;
	verify) echo --public=file --paper=file --leaked-on= --max-false= --ocr-language= --json ;;
	ledger-info) echo --json --passphrase-file=file ;;
	ledger-check) echo --commitment=file --passphrase-file=file ;;
	ledger-backup) ;;
	ledger-seal) echo --same-key-as=file --passphrase-file=file ;;
	ledger-unseal) echo --passphrase-file=file ;;
	ledger-readers) echo --json --passphrase-file=file ;;
	pack) ;;
	mls) ;;
	wire) echo --relay= --key=file --log=file --proxy= --wait= --skip --token=file --days= --json ;;
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
	if [[ $command == ledger ]]; then
		if ((COMP_CWORD == 2)); then
			mapfile -t COMPREPLY < <(compgen -W "$(_subrosa_verbs)" -- "$current")
			return
		fi
		command=ledger-${COMP_WORDS[2]}
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
	elif [[ $command != demo && $command != *help && $command != -* ]]; then
		_subrosa_files file "$current"
	fi
}

complete -F _subrosa subrosa
