#!/bin/bash
# What the tests reach: builds the coverage preset, runs unit tests, vectors and
# flow tests, and prints lines and branches of each folder beside their goals.
# usage: tests/coverage.sh [--report]
#   --report   only prints, from what an earlier run left
# Of branches those are left out that compilers add for exceptions, that no
# path can reach, of asserts, whose failing is our own mistake, and of what only
# a processor without SHA instructions does (crypto/hash_pair.c; a test of its
# own builds it for one).  Exit 1: a goal is missed, or a test failed.  Needs
# gcovr and jq.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/coverage
missed=0
if [ "${1:-}" != --report ]; then
	cmake --preset coverage >/dev/null
	ninja -C "$build"
	find "$build" -name '*.gcda' -delete
	(cd "$build" && ctest -L 'unit|vectors|flow' --timeout 1800) || missed=1
fi
left_out='\s*assert\(|.*(cpuid|bit_SSE4_1|bit_SHA|has_instructions|known = has)'
gcovr --root . --object-directory "$build" --json-summary "$build/summary.json" \
    --exclude-throw-branches --exclude-unreachable-branches \
    --exclude-branches-by-pattern "$left_out" \
    --filter '(base|crypto|proto|server|client)/' >/dev/null

# LINES BRANCHES of a folder, or of what is all branches (testing.md).
goals() {
	case "$1" in
	crypto | proto | client/vault) echo 95 100 ;;
	*) echo 95 85 ;;
	esac
}

printf '%-18s %8s %6s %9s %6s\n' folder lines goal branches goal
while read -r folder lines branches; do
	read -r want_lines want_branches < <(goals "$folder")
	printf '%-18s %7.1f%% %5d%% %8.1f%% %5d%%\n' "$folder" "$lines" \
	    "$want_lines" "$branches" "$want_branches"
	awk -v l="$lines" -v wl="$want_lines" -v b="$branches" \
	    -v wb="$want_branches" 'BEGIN { exit !(l < wl || b < wb) }' &&
	    missed=1
done < <(jq -r '
    [.files[] | . + {folder: (.filename | split("/")[:-1] | join("/"))}]
    | group_by(.folder)
    | (.[], [.[][] | .folder = "all"])
    | [.[0].folder,
       100 * (map(.line_covered) | add) / (map(.line_total) | add),
       100 * (map(.branch_covered) | add) / ([map(.branch_total) | add, 1] | max)]
    | join(" ")' "$build/summary.json")
exit "$missed"
