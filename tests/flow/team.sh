#!/bin/bash
# A team over time: what goes wrong between its devices is told, with what to
# do, and nothing stays stuck.
# usage: team.sh BIN
BIN=$1
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"

found
as coord items add rice --unit sack --quiet >/dev/null
as coord places add S-12 --quiet >/dev/null
enrol k1
as k1 log rice 2sack S-12 --quiet
as k1 sync --quiet
as coord sync --quiet
as k1 sync --quiet

# Both correct the same record: the second batch is disputed, and said so.
as coord fix K1-1 --qty 3sack >"$scratch/out" 2>"$scratch/err"
says "not to correct it there too"
as coord sync --quiet
as k1 fix 1 --qty 4sack --quiet
as k1 log rice 5sack S-12 --quiet
as k1 sync --quiet
as coord sync --json >"$scratch/out"
same "K1 3 disputed void-twice" "$(jq -r '.troubles[] |
    "\(.device) \(.batch) \(.outcome) \(.id)"' "$scratch/out")" "sync's troubles"
as coord sync >"$scratch/out" 2>/dev/null
! grep -q disputed "$scratch/out" || die "sync tells of it twice"
as coord status >"$scratch/err" 2>/dev/null
says "batch 3 of K1 is disputed"
says "log again"
same 1 "$(as coord status --json | jq '.warnings | map(select(test("void-twice"))) | length')" \
    "the warning of status"
as k1 sync --quiet
as k1 status >"$scratch/err" 2>/dev/null
says "not counted; ask the coordinator, then log them again"
as k1 list >/dev/null 2>"$scratch/err"
says "Disputed: not counted."
echo ok
