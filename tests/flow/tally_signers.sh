#!/bin/bash
# A programme whose published totals two coordinators sign.
# usage: tally_signers.sh BIN
BIN=$1
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"

fails 2 "$BIN/waybill" --dir "$scratch/none" init --name x --log-key y \
    --tally-threshold 0
says "--tally-threshold"
found --tally-threshold 2
as coord items add rice --unit sack --quiet
as coord places add S-12 --quiet
for who in k1 k2 k3; do enrol $who; done
enrol c2 coordinator
enrol c3 coordinator
as coord sync --quiet
for who in k1 k2 k3 k1 k2; do
	as $who log rice 2.5sack S-12 --quiet
	as $who sync --quiet
done
as coord sync --quiet

# The first names whom it asks, and nothing is logged by one alone.
fails 2 as coord tally
says "waybill tally -o FILE"
fails 2 as coord tally --with K1 -o "$scratch/one.wbx"
says "no other coordinator"
as coord tally -o "$scratch/one.wbx" --json >"$scratch/tally" 2>/dev/null
same "false 1 2" "$(jq -r '"\(.logged) \(.signatures) \(.signers)"' \
    "$scratch/tally")" "one of two"
grep -qa 'delivered|rice' "$scratch/one.wbx" && die "a proposal shows totals"

# Whoever signs knows the log first, and signs only in turn.
fails 3 as c2 tally --sign "$scratch/one.wbx"
says "waybill sync"
as c2 sync --quiet
as c3 sync --quiet
fails 1 as c3 tally --sign "$scratch/one.wbx"
says "another coordinator"
fails 1 as coord tally --sign "$scratch/one.wbx"
cp "$scratch/one.wbx" "$scratch/bad.wbx"
printf '\001' | dd of="$scratch/bad.wbx" bs=1 seek=300 conv=notrunc status=none
fails 1 as c2 tally --sign "$scratch/bad.wbx"
says "no tally to sign"
fails 1 as c2 tally --sign "$scratch/c2.welcome"
says "no tally to sign"

as c2 tally --sign "$scratch/one.wbx" --json >"$scratch/tally" 2>/dev/null
same "true 2 12.5" "$(jq -r '"\(.logged) \(.signatures) \(.totals[0].quantity)"' \
    "$scratch/tally")" "both have signed"
as coord sync --quiet
as coord pack --headers-only "$scratch/public.wbx" --quiet >/dev/null
"$BIN/waybill" verify "$scratch/public.wbx" --programme "$programme" --tally \
    --json >"$scratch/verdict"
same "good good" "$(jq -r '"\(.result) \(.tallies[0].result)"' \
    "$scratch/verdict")" "the tally of two"

# Two who publish at once: the first stands, the other says what to do.
for who in k1 k2 k3 k1 k2; do
	as $who log rice 1sack S-12 --quiet
	as $who sync --quiet
done
as coord sync --quiet
as c2 sync --quiet
as c3 sync --quiet
as coord tally --with C2 -o "$scratch/a.wbx" --quiet >/dev/null
as c3 tally --with C1 -o "$scratch/b.wbx" --quiet >/dev/null
as c2 tally --sign "$scratch/a.wbx" --quiet >/dev/null
fails 3 as coord tally --sign "$scratch/b.wbx"
says "somebody else's tally came first"
as coord sync --quiet
as coord pack --headers-only "$scratch/public.wbx" --quiet >/dev/null
"$BIN/waybill" verify "$scratch/public.wbx" --programme "$programme" --tally \
    --json >"$scratch/verdict"
same "good good" "$(jq -r '[.tallies[].result] | join(" ")' \
    "$scratch/verdict")" "one chain"
echo ok
