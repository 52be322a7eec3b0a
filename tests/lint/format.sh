#!/bin/sh
# clang-format has nothing to change.
# usage: format.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/../..}"
find base crypto proto server client tests -name '*.[ch]' -print0 |
    xargs -0 clang-format --dry-run -Werror
