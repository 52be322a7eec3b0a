#!/bin/sh
# Length of functions and files against STYLE.md's hard limits.
# usage: budget.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/../..}"
rc=0
long=$(find base crypto proto server client tests -name '*.c' -print0 |
    xargs -0 ctags -x --c-kinds=f --fields=+ne --_xformat='%n %F %N %{end}' |
    awk 'NF == 4 && $4 - $1 + 1 > 70 {
        printf "%s:%d: %s has %d lines\n", $2, $1, $3, $4 - $1 + 1 }')
big=$(find base crypto proto server client tests -name '*.[ch]' -exec wc -l {} + |
    awk '$2 != "total" && $1 > 700 { printf "%s has %d lines\n", $2, $1 }')
for found in "$long" "$big"; do
	[ -z "$found" ] || { printf '%s\n' "$found"; rc=1; }
done
exit $rc
