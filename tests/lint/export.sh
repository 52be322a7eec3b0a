#!/bin/sh
# A packager's build: an export without .git, tests or documentation tools.
# usage: export.sh ROOT
set -eu
cd "$1"
out=build/export
rm -rf "$out"
mkdir -p "$out"
git ls-files -z base client cmake crypto deploy docs proto server tests \
    CMakeLists.txt CMakePresets.json | xargs -0 cp --parents -t "$out"
cmake -S "$out" -B "$out/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DBUILD_TESTING=OFF
ninja -C "$out/build"
"$out/build/bin/waybill" version
"$out/build/bin/waybilld" version
