# Completion of waybill, waybilld and waybill-verify in bash.  The programs say themselves what
# there is (help --list: command, option, letter, value, separated by tabs), so
# this file never falls behind them.
# shellcheck shell=bash

# The options of COMMAND, common ones too.
_waybill_options() { # LIST COMMAND
	local command option letter
	while IFS=$'\t' read -r command option letter _; do
		[[ -n $option && ($command == '*' || $command == "$2") ]] || continue
		printf '%s\n' "$option"
		[[ $letter == - ]] || printf '%s\n' "-$letter"
	done <<<"$1"
}

# What the value of OPTION is, in the words of the help: "FILE".
_waybill_value() { # LIST COMMAND OPTION
	local command option letter value
	while IFS=$'\t' read -r command option letter value; do
		[[ $command == '*' || $command == "$2" ]] || continue
		[[ -n $option && ($option == "$3" || -$letter == "$3") ]] || continue
		[[ $value == - ]] || printf '%s\n' "$value"
		return
	done <<<"$1"
}

_waybill() {
	local list cur prev commands command='' word value i
	COMPREPLY=()
	list=$("${COMP_WORDS[0]}" help --list 2>/dev/null) || return 0
	cur=${COMP_WORDS[COMP_CWORD]}
	prev=${COMP_WORDS[COMP_CWORD - 1]}
	commands=$(cut -f 1 <<<"$list" | grep -v '^\*$' | sort -u)

	# The command so far, of one word or two; values of options are none.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -* ]]; then
			[[ -z $(_waybill_value "$list" "$command" "$word") ]] || ((i++))
		elif grep -qxF -- "${command:+$command }$word" <<<"$commands"; then
			command=${command:+$command }$word
		else
			break
		fi
	done

	value=
	[[ $prev != -* ]] || value=$(_waybill_value "$list" "$command" "$prev")
	case $value in
	FILE* | WHERE)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	DIR)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	?*) return ;; # words that only its user knows
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
		    "$(_waybill_options "$list" "$command")" -- "$cur")
		return
	fi
	# First words of commands; second words; then files.
	if [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
		    "$(cut -d ' ' -f 1 <<<"$commands" | sort -u)" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$(sed -n \
		    "s/^$command \([a-z-]*\)$/\1/p" <<<"$commands")" -- "$cur")
		[[ ${#COMPREPLY[@]} -gt 0 ]] ||
		    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}

# One command only: its help names its options, and its words are files.
_waybill_verify() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --help \
		    2>/dev/null | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' |
		    grep -oE -- '--[a-z-]+')" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}

complete -o filenames -F _waybill waybill waybilld
complete -o filenames -F _waybill_verify waybill-verify
