#!/bin/sh
# Every shell script passes shellcheck.
# usage: scripts.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/../..}"
find deploy tests .ci -type f \( -name '*.sh' -o -name '*.bash' -o \
    -name run \) -print0 |
    xargs -0 shellcheck -x -S warning
