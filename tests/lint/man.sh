#!/bin/sh
# The man pages and the programs name the same commands, options and settings:
# nothing that works is left out, nothing is described that does not exist.
# usage: man.sh ROOT BIN_DIR
set -eu
root=$1
bin=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rc=0

# The commands and options of a page, as `help --list` writes them: "## NAME"
# under COMMANDS is a command, a line "*-x*, *--name* _VALUE_" an option, of
# every command when it stands under OPTIONS.
of_page() {
	awk '
	/^# / { section = $0; sub(/^# /, "", section); next }
	section == "COMMANDS" && /^## / {
		command = $0; sub(/^## /, "", command); print command; next }
	section == "OPTIONS" { command = "*" }
	(section == "COMMANDS" || section == "OPTIONS") && /^\*-/ {
		line = $0; gsub(/[*_,\\]/, "", line); n = split(line, word, " ")
		letter = "-"; at = 1
		if (word[1] !~ /^--/) { letter = substr(word[1], 2); at = 2 }
		printf "%s\t%s\t%s\t%s\n", command, word[at], letter,
		    at < n ? word[at + 1] : "-"
	}' "$1" | LC_ALL=C sort
}

# The options in the help of a program of one command, in the same form.
of_help() {
	awk '/^  (-., |    )--/ {
		letter = /^  -/ ? substr($1, 2, 1) : "-"
		name = letter == "-" ? 1 : 2
		value = $(name + 1) ~ /^[A-Z]+$/ ? $(name + 1) : "-"
		printf "*\t%s\t%s\t%s\n", $name, letter, value
	}' | LC_ALL=C sort
}

compare() { # PAGE PROGRAM
	of_page "$root/docs/man/$1.scd" >"$work/page"
	if [ "$2" = waybill-verify ]; then
		"$bin/$2" --help | of_help >"$work/program"
	else
		"$bin/$2" help --list | LC_ALL=C sort >"$work/program"
	fi
	[ -s "$work/program" ] || { echo "$2 lists no options"; rc=1; }
	diff "$work/page" "$work/program" >"$work/diff" || {
		echo "docs/man/$1.scd (<) and $2 (>) differ:"
		cat "$work/diff"
		rc=1
	}
	command -v scdoc >/dev/null || return 0
	scdoc <"$root/docs/man/$1.scd" >/dev/null || rc=1
}

compare waybill.1 waybill
compare waybill-verify.1 waybill-verify
compare waybilld.8 waybilld

"$bin/waybilld" init --dir "$work/log" --origin example.org/lint --quiet \
    >/dev/null
sed -n 's/^#\([a-z_]*\) =.*/\1/p' "$work/log/waybilld.conf" >"$work/program"
awk '/^# SETTINGS/ { on = 1 } /^# EXIT/ { on = 0 } on && /^\|/ { print $2 }' \
    "$root/docs/man/waybilld.8.scd" >"$work/page"
diff "$work/page" "$work/program" || {
	echo "the settings of waybilld.8 (<) and waybilld (>) differ"
	rc=1
}
exit $rc
