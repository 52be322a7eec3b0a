#!/bin/sh
# Calls and words that STYLE.md rules out in our own code.
# usage: banned.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/../..}"
rc=0
calls='alloca|strcpy|strcat|strncpy|sprintf|vsprintf|gets|atoi|atol|atoll|strtok|rand|srand|random|tmpnam|mktemp|system|popen|setjmp'
found=$(grep -rnE "(^|[^A-Za-z0-9_.>\"])($calls)\(" --include='*.[ch]' \
    base crypto proto server client || true)
# exit and abort belong to main alone; abort also where no key may be made.
found="$found$(grep -rnE '(^|[^A-Za-z0-9_.>])(exit|_exit|abort)\(' \
    --include='*.[ch]' base crypto proto server client |
    grep -vE '^(base/random\.c|client/main\.c|server/main\.c):' || true)"
found="$found$(grep -rnwE 'TODO|FIXME|XXX|HACK' --include='*.[ch]' \
    base crypto proto server client tests || true)"
found="$found$(grep -rnE '^typedef (struct|enum|union)[^(]*$' --include='*.[ch]' \
    base crypto proto server client || true)"
if [ -n "$found" ]; then
	printf '%s\n' "$found"
	rc=1
fi
exit $rc
