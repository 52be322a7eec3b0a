#!/bin/sh
# The server is blind by construction: nothing that reads what only members
# may know is in it.  usage: blind.sh NM PROGRAM LIBRARY...
set -eu
nm=$1
program=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$nm" -g --defined-only "$@" | awk 'NF == 3 { print $3 }' | sort -u >"$dir/forbidden"
"$nm" --defined-only "$program" | awk 'NF == 3 { print $3 }' | sort -u >"$dir/has"
# Both lists must be real, or nothing would be proven.
grep -qx wb_goods_decode "$dir/forbidden"
grep -qx wb_batch_decode "$dir/has"
comm -12 "$dir/forbidden" "$dir/has" >"$dir/both"
if [ -s "$dir/both" ]; then
	echo "$program has what only members' programs may have:"
	cat "$dir/both"
	exit 1
fi
