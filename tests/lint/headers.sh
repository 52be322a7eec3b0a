#!/bin/sh
# Every header compiles alone: what it needs, it includes.
# usage: headers.sh [ROOT [CC]]
set -eu
cd "${1:-$(dirname "$0")/../..}"
cc=${2:-cc}
rc=0
for h in $(find base crypto proto server client -name '*.h' | LC_ALL=C sort); do
	"$cc" -std=c11 -D_GNU_SOURCE -I. -Wall -Wextra -Werror -fsyntax-only \
	    -x c "$h" || { echo "$h does not compile alone"; rc=1; }
done
exit $rc
