#!/bin/bash
# Bash completion offers what the programs have, and nothing else.
# usage: completion.sh BIN
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$1:$PATH
# shellcheck source=deploy/completion/waybill.bash
. "$top/deploy/completion/waybill.bash"
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
touch a.wbx
mkdir folder
rc=0

# offers WANT WORD...: what is offered for the last word, sorted, by the
# function that bash would call.
offers() {
	local want=$1
	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	local got
	got=$(complete -p "$1" | sed 's/.* -F \([a-z_]*\) .*/\1/')
	"$got"
	got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ' ')
	[ "$got" = "$want" ] || {
		echo "\"$*\": offered \"$got\", not \"$want\""
		rc=1
	}
}

offers "serve" waybilld se
offers "init" waybilld --dir somewhere in
offers "--listen" waybilld serve --l
offers "--listen" waybilld --dir status serve --l # a value is no command
offers "" waybilld status --l
offers "folder" waybilld serve --dir f
offers "a.wbx" waybilld unpack a
offers "" waybilld init --origin a
offers "items" waybill it
offers "add" waybill items a
offers "--from" waybill items add --f
offers "" waybill items --f
offers "a.wbx" waybill -P a
offers "a.wbx folder" waybill join ""
offers "--passphrase-file" waybill --passp
offers "--programme" waybill-verify --p
offers "--tally" waybill-verify a.wbx --ta
offers "a.wbx" waybill-verify a
exit $rc
