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

# Both correct the same record: the second correction is disputed, and said so;
# what was logged beside it counts.
as coord fix K1-1 --qty 3sack >"$scratch/out" 2>"$scratch/err"
says "not to correct it there too"
as coord sync --quiet
as k1 fix 1 --qty 4sack --quiet
as k1 log rice 5sack S-12 --quiet
as k1 sync --quiet
as coord sync --json >"$scratch/out"
same "K1 4 disputed void-twice" "$(jq -r '.troubles[] |
    "\(.device) \(.batch) \(.outcome) \(.id)"' "$scratch/out")" "sync's troubles"
as coord sync >"$scratch/out" 2>/dev/null
! grep -q disputed "$scratch/out" || die "sync tells of it twice"
as coord status >"$scratch/err" 2>/dev/null
says "batch 4 of K1 is disputed"
same 8 "$(as coord totals --json | jq '.rows[0].net')" "what counts"
says "log again"
same 1 "$(as coord status --json | jq '.warnings | map(select(test("void-twice"))) | length')" \
    "the warning of status"
as k1 sync --quiet
as k1 status >"$scratch/err" 2>/dev/null
says "not counted; ask the coordinator, then log them again"
as k1 list >/dev/null 2>"$scratch/err"
says "Disputed: not counted."

# A drive of who was revoked: left, and sync is not spoilt.
enrol k2
enrol k3
as k2 log rice 7sack S-12 --quiet
as k2 pack "$scratch/k2.wbx" --quiet
as k3 log rice 8sack S-12 --quiet
as k3 pack "$scratch/k3.wbx" --quiet
as coord unpack "$scratch/k3.wbx" --quiet
as coord revoke K2 >/dev/null 2>"$scratch/err"
says "change"
says "of the team not sent"
as coord revoke K3 --quiet 2>/dev/null
as coord status >"$scratch/err" 2>/dev/null
says "4 changes of the team: waybill sync"
same 4 "$(as coord status --json | jq .changes_unsent)" "unsent changes"
fails 3 as coord sync
says "the drive still has it"
grep -q "4 changes of the team" "$scratch/out" || die "sync does not tell of them"
as coord sync --quiet >/dev/null
same 0 "$(as coord status --json | jq .changes_unsent)" "unsent changes"
as coord unpack "$scratch/k2.wbx" --json >"$scratch/out" 2>/dev/null
same "1 1" "$(jq -r '"\(.strange) \(.revoked)"' "$scratch/out")" "left of K2"
as coord unpack "$scratch/k2.wbx" >/dev/null 2>"$scratch/err"
says "revoked"
says "--admit LABEL"
as coord sync --quiet >/dev/null

# What was honest and only late is let in, and nothing else is.
before=$(as coord totals --json | jq '.rows[] | select(.item == "rice") | .net')
fails 1 as coord unpack "$scratch/k2.wbx" --admit K99
fails 1 as coord unpack "$scratch/k2.wbx" --admit C1
says "not revoked"
fails 1 as k1 unpack "$scratch/k2.wbx" --admit K2
same "1 0" "$(as coord unpack "$scratch/k2.wbx" --admit k2 --json |
    jq -r '"\(.admitted) \(.revoked)"')" "let in"
same 0 "$(as coord unpack "$scratch/k2.wbx" --admit k2 --json |
    jq .admitted)" "let in twice"
as coord sync --quiet >/dev/null
as coord sync --quiet >/dev/null
same "$((before + 7))" "$(as coord totals --json |
    jq '.rows[] | select(.item == "rice") | .net')" "late rice counts"
as coord pack --for-audit "$scratch/late.wbx" --quiet
as coord verify "$scratch/late.wbx" --json >"$scratch/out" ||
	die "the log with late batches does not verify"

# What is suspect can be said later, by an index that people shows.
same "revoked true" "$(as coord people --json | jq -r '.people[] |
    select(.label == "K1") | "\(.state) \(.first_index < .last_index)"' |
    sed s/active/revoked/)" "the log indexes of K1"
all=$(as coord totals --json | jq '[.rows[].net] | add')
its=$(as coord totals --by device --json |
    jq '[.rows[] | select(.device == "K2").net] | add')
[ "$its" != 0 ] || die "K2 has nothing in the totals"
as coord revoke k2 --distrust-from 3 >/dev/null 2>"$scratch/err"
says "K2 is revoked"
as coord sync --quiet >/dev/null
same "$(jq -n "$all - $its")" "$(as coord totals --json |
    jq '[.rows[].net] | add')" "totals without what is suspect"
same "K2 3 true" "$(as coord totals --json | jq -r '.coverage |
    .devices as $d | .distrusted[] | "\(.label) \(.from) \(.batches ==
    ($d[] | select(.label == "K2").batches))"')" "what is suspect"
as coord totals >"$scratch/out"
grep -q "SUSPECT from entry 3" "$scratch/out" || die "totals hide the suspect"
as coord pack --for-audit "$scratch/suspect.wbx" --quiet
same true "$(as coord verify "$scratch/suspect.wbx" --json |
    jq '.suspect > 0')" "suspect batches in evidence"
same 3 "$(as coord people --json | jq '.people[] |
    select(.label == "K2").distrust_from')" "where distrust begins"
fails 1 as coord revoke K2
says "waybill people"

# A place of one device alone, and of all again.
as coord places add S-61 --for K1 --quiet >/dev/null
same K1 "$(as coord places --json | jq -r '.places[] |
    select(.code == "S-61").for[]')" "for whom S-61 is"
as coord places add S-61 --quiet >/dev/null
same 0 "$(as coord places --json | jq '.places[] |
    select(.code == "S-61").for | length')" "S-61 for all"
as coord sync --quiet >/dev/null

# Approving: what --json says, and again for a welcome that was lost.
as coord invite --role field -o "$scratch/k9.invite" --json >"$scratch/out" 2>/dev/null
same field "$(jq -r .role "$scratch/out")" "the invited role"
as k9 join "$scratch/k9.invite" -o "$scratch/k9.request" --quiet
fails 1 as coord approve "$scratch/k9.request" -o "$scratch/no/k9.welcome" --yes
same 0 "$(as coord people --json | jq '[.people[] | select(.label == "K9")] | length')" \
    "nobody is enrolled without a welcome"
as coord approve "$scratch/k9.request" -o "$scratch/k9.welcome" --label K9 \
    --yes --json >"$scratch/out" 2>/dev/null
same "K9 field false" "$(jq -r '"\(.label) \(.role) \(.again)"' "$scratch/out")" approve
rm "$scratch/k9.welcome"
as coord approve "$scratch/k9.request" -o "$scratch/k9.welcome" --yes \
    --json >"$scratch/out" 2>/dev/null
same "K9 true" "$(jq -r '"\(.label) \(.again)"' "$scratch/out")" "approve again"
as k9 join "$scratch/k9.welcome" --quiet >/dev/null
fails 2 as coord approve "$scratch/k9.request" -o "$scratch/x" --label ""
as coord sync --quiet >/dev/null

# A newer roster on a drive does not cost a device its lists.
enrol k4
as coord sync --quiet >/dev/null
as k4 sync --quiet >/dev/null
as coord items add beans --unit kg --quiet >/dev/null
as coord places add S-13 --quiet >/dev/null
as coord sync --quiet >/dev/null
as coord pack --for-audit "$scratch/evidence.wbx" --quiet >/dev/null
as k4 unpack "$scratch/evidence.wbx" --quiet >/dev/null
same "S-12 S-61" "$(as k4 places | xargs)" "the places held"
same rice "$(as k4 items --json | jq -r '.items[].item')" "the items held"
as k4 sync --quiet >/dev/null
same 3 "$(as k4 places | wc -l)" "the places after sync"

# Two coordinators change the roster at once: who loses hears what was lost,
# and enrols the next one all the same.
enrol second coordinator
as coord sync --quiet >/dev/null
as second sync --quiet >/dev/null
as second items add oil --unit litre --quiet >/dev/null
as second revoke K4 --quiet 2>/dev/null
as coord items add salt --unit kg --quiet >/dev/null
as coord sync --quiet >/dev/null
fails 3 as second sync
says "revoked K4"
as second sync --quiet >/dev/null
as second revoke K4 --quiet 2>/dev/null
as second invite --role field -o "$scratch/k8.invite" --quiet
as k8 join "$scratch/k8.invite" -o "$scratch/k8.request" --quiet
as second approve "$scratch/k8.request" -o "$scratch/k8.welcome" --yes --quiet
as second sync --quiet >/dev/null
as k8 join "$scratch/k8.welcome" --quiet >/dev/null
as k8 log salt 1kg S-12 --quiet >/dev/null
as second pack "$scratch/second.wbx" --for K1 --quiet >/dev/null
as k1 unpack "$scratch/second.wbx" --quiet >/dev/null
fails 7 as k4 sync
as k4 status >"$scratch/err"
says "Ask a coordinator for an invitation"
echo ok
