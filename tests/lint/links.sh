#!/bin/sh
# What the documentation names is there: files and functions in backquotes, and
# the targets of relative links.
# usage: links.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/../..}"
rc=0
missing() { # FILE WHAT
	echo "$1: $2 does not exist"
	rc=1
}

# Paths of the tree that stand in backquotes; generated and made ones do not.
for page in README.md DESIGN.md docs/one-delivery.md; do
	for path in $(grep -oE '`[^` ]+`' "$page" | tr -d '`' | LC_ALL=C sort -u |
	    grep -E '^(base|client|cmake|crypto|deploy|docs|proto|server|tests)/|^[A-Z]+\.md$'); do
		path=${path%%:*}
		ls -d $path >/dev/null 2>&1 || missing "$page" "$path"
	done
	for name in $(grep -oE '`(wb_[a-z0-9_]+|[a-z][a-z0-9_]*\(\))`' "$page" |
	    tr -d '`()' | LC_ALL=C sort -u); do
		# A definition begins its line; a type or a constant follows.
		grep -rqE "^$name\(|(struct|enum) $name \{" --include='*.[ch]' \
		    base client crypto proto server || missing "$page" "$name"
	done
done

# "`NAME` in `FILE`": it is defined there, not elsewhere.
for pair in $(grep -ohE '`[a-z0-9_]+(\(\))?` in `[^` ]+\.[ch]`' README.md DESIGN.md \
    docs/one-delivery.md | tr -d '`()' | sed 's/ in /:/' | LC_ALL=C sort -u); do
	grep -qE "^${pair%%:*}\(" "${pair#*:}" 2>/dev/null ||
	    missing "the documentation" "${pair%%:*} in ${pair#*:}"
done

for page in $(git ls-files '*.md' 2>/dev/null || find . -name '*.md' -not -path './build/*'); do
	dir=$(dirname "$page")
	for target in $(grep -oE '\]\([^)# ]+' "$page" | sed 's/^](//' |
	    grep -vE '^[a-z]+:' || true); do
		[ -e "$dir/$target" ] || missing "$page" "$target"
	done
done
exit $rc
