#!/bin/bash
# The main job, as cli.md writes it: log offline, sync, total, verify.
# usage: main_job.sh BIN
BIN=$1
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"

found
as coord items add rice --unit sack --category food --quiet
as coord items add "Bible" --unit copy --category Bibles --quiet
as coord places add S-12 --quiet
enrol k7
same K1 "$(as k7 status --json | jq -r .label)" "the first field device"

# Offline: the server is not there.
stop_server
as k7 log rice 2.5sack S-12 --quiet
as k7 log Bible 3 S-12 --quiet
same 2 "$(as k7 status --json | jq .here)" "records here"
fails 6 as k7 sync
says "Nothing is lost"
same 2 "$(as k7 status --json | jq .here)" "records here after no connection"

serve
fails 6 as k7 sync --server http://127.0.0.1:1
as k7 sync --server "$url" --quiet
same 2 "$(as k7 status --json | jq .stored)" "records stored"
as coord sync --quiet
as k7 sync --quiet
same 2 "$(as k7 status --json | jq .opened)" "records opened"

totals=$(as coord totals --by item --json)
same 2.5 "$(jq '.rows[] | select(.item == "rice") | .net' <<<"$totals")" rice
same 3 "$(jq '.rows[] | select(.item == "Bible") | .delivered' <<<"$totals")" Bibles
same true "$(jq .coverage.complete <<<"$totals")" complete
same K1 "$(jq -r '.coverage.devices[0].label' <<<"$totals")" "the device heard"

# A correction: a void and a new record; both stay.
id=$(as k7 list --json | jq -r '.records[] | select(.lines[0].item == "rice") | .id')
as k7 fix "$id" --qty 2 --why mistyped --quiet
as k7 sync --quiet
as coord sync --quiet
totals=$(as coord totals --by item --json)
same 4.5 "$(jq '.rows[] | select(.item == "rice") | .delivered' <<<"$totals")" "gross"
same 2.5 "$(jq '.rows[] | select(.item == "rice") | .voided' <<<"$totals")" "voided"
same 2 "$(jq '.rows[] | select(.item == "rice") | .net' <<<"$totals")" "net"

as coord pack --for-audit "$scratch/evidence.wbx" --quiet
"$BIN/waybill" verify "$scratch/evidence.wbx" --programme "$programme" \
    --json >"$scratch/verdict"
same good "$(jq -r .result "$scratch/verdict")" verdict
same 0 "$(jq '.totals | length' "$scratch/verdict")" "totals for a stranger"
# Whoever may read adds them up again, and comes to the same.
as coord verify "$scratch/evidence.wbx" --json >"$scratch/verdict"
same "$(jq -cS .rows <<<"$totals")" "$(jq -cS .totals "$scratch/verdict")" \
    "totals of the evidence"
as coord verify --json >"$scratch/verdict"
same "$(jq -cS .rows <<<"$totals")" "$(jq -cS .totals "$scratch/verdict")" \
    "totals of the vault's audit"
fails 3 "$BIN/waybill" verify "$scratch/evidence.wbx"
fails 4 "$BIN/waybill" verify "$scratch/evidence.wbx" \
    --programme "$(printf '%064d' 7)"

# An auditor reads nothing, and can verify all.
enrol auditor auditor
as auditor sync --quiet
as auditor verify --json >"$scratch/verdict" || same 3 $? "an auditor's verify"
same "unchecked 0" "$(jq -r '"\(.result) \(.problems | length)"' "$scratch/verdict")" \
    "no content, and no problem"
fails 1 as auditor totals
says "reads no contents"

# Revoked: its sync ends with 7, and what it sent stays.
as coord revoke K1 --quiet
as coord sync --quiet
as k7 log rice 1sack S-12 --quiet
fails 7 as k7 sync
as k7 log rice 1sack S-12 >/dev/null 2>"$scratch/err"
says "this device is revoked"
same 2 "$(as coord totals --json | jq '.rows[] | select(.item == "rice") | .net')" \
    "what was sent before stays"
echo ok
