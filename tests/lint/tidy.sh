#!/bin/sh
# clang-tidy over our own sources, with the checks of .clang-tidy.
# usage: tidy.sh ROOT BUILD (a build folder with compile_commands.json)
set -eu
cd "$1"
build=$2
find base crypto proto server client -name '*.c' -print0 |
    xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet -p "$build"
