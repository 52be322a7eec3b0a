#!/bin/bash
# Totals that anybody can check: made, verified, sampled, and what is refused.
# usage: tally.sh BIN
BIN=$1
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"

# public FILE: what may be shown to everybody, from the coordinator.
public() {
	as coord pack --headers-only "$1" --quiet >/dev/null
}

# check FILE [OPTION...]: as a stranger; the verdict in $scratch/verdict.
check() {
	local file=$1
	shift
	"$BIN/waybill" verify "$file" --programme "$programme" --json "$@" \
	    >"$scratch/verdict" 2>"$scratch/err"
}

# tallied JQ: of the last verdict's tallies.
tallied() {
	jq -r ".tallies | $1" "$scratch/verdict"
}

found
as coord items add rice --unit sack --quiet
as coord items add "a|b 50% wool" --unit "bale|x" --quiet
as coord places add S-12 --quiet
for who in k1 k2 k3; do enrol $who; done
as coord sync --quiet

fails 1 as k1 tally
says "coordinator"
fails 1 as coord tally
says "no batch was opened here yet"

for who in k1 k2 k3; do
	as $who log rice 2.5sack S-12 --quiet
	as $who sync --quiet
done
as coord sync --quiet

# Few batches, few devices, and one that alone reported something.
fails 1 as coord tally
says "of 3 batches and 3 devices"
for who in k1 k2; do
	as $who log rice 1sack S-12 --quiet
	as $who sync --quiet
done
as k3 log "a|b 50% wool" "3bale|x" S-12 --quiet
as k3 sync --quiet
as coord sync --quiet
fails 1 as coord tally --json
same small-cells "$(jq -r .error.id "$scratch/err")" "a lonely measure"
says "delivered|a%7Cb 50%25 wool|bale%7Cx"

as coord tally --small-cells --json >"$scratch/tally" 2>/dev/null
same "true 0 6 3" "$(jq -r '"\(.logged) \(.first) \(.batches) \(.devices)"' \
    "$scratch/tally")" "the first tally"
last=$(jq .last "$scratch/tally")
public "$scratch/public.wbx"
fails 3 check "$scratch/public.wbx"
check "$scratch/public.wbx" --tally
same "good 0 $last" "$(tallied '.[0] | "\(.result) \(.first) \(.last)"')" \
    "the first tally, checked"
same '[{"measure":"delivered|a%7Cb 50%25 wool|bale%7Cx","quantity":3},{"measure":"delivered|rice|sack","quantity":9.5}]' \
    "$(jq -c '.tallies[0].totals' "$scratch/verdict")" "its totals"
"$BIN/waybill-verify" "$scratch/public.wbx" --programme "$programme" --tally \
    --json | jq -r .result >"$scratch/out"
same good "$(cat "$scratch/out")" "without a vault"
"$BIN/waybill" verify "$scratch/public.wbx" --programme "$programme" --tally \
    >"$scratch/out"
grep -qF "the tally of entries 0 to $last holds: 6 batches of 3 devices" \
    "$scratch/out" || die "$(cat "$scratch/out")"
as coord verify --tally --json | jq -r '.tallies[0].result' >"$scratch/out"
same good "$(cat "$scratch/out")" "by the own vault"
grep -qa "age-encryption.org" "$scratch/public.wbx" && die "content is shown"

fails 1 as coord tally
says "no batch was opened since the last tally"

# One that is there and not opened when the totals are made counts later.
for who in k1 k2 k3 k1 k2 k3; do
	as $who log rice 1sack S-12 --quiet
	as $who sync --quiet
done
as coord sync --quiet
as k1 log rice 7sack S-12 --quiet
as k1 sync --quiet
enrol c2 coordinator
as coord sync --quiet
as c2 sync --quiet
as coord tally --json >"$scratch/tally" 2>/dev/null
same 13 "$(jq '.totals[] | select(.measure == "delivered|rice|sack") | .quantity' \
    "$scratch/tally")" "the second tally"
same "$((last + 1))" "$(jq .first "$scratch/tally")" "no gap, no overlap"
public "$scratch/public.wbx"
check "$scratch/public.wbx" --tally
same "good good" "$(tallied '[.[].result] | join(" ")')" "both tallies"

# Whoever cannot read may still ask for what headers show.
enrol auditor auditor
as coord sync --quiet
as auditor sync --quiet
fails 3 as auditor verify --tally --json
same unchecked "$(jq -r '.tallies[0].result' "$scratch/out")" "sealed totals"

# Samples: drawn by whoever asks, opened by a coordinator, checked by anybody.
public "$scratch/public.wbx"
as auditor tally challenge -n 4 --nonce 0123ab --json >"$scratch/asked"
"$BIN/waybill" tally challenge "$scratch/public.wbx" -n 4 --nonce 0123ab \
    --programme "$programme" --json >"$scratch/asked2"
cmp "$scratch/asked" "$scratch/asked2" || die "two draws differ"
as coord tally answer -n 4 --nonce 0123ab -o "$scratch/openings.wbx" --json \
    >"$scratch/answer" 2>/dev/null
same "$(jq -c .picks "$scratch/asked")" "$(jq -c .picks "$scratch/answer")" \
    "what is opened is what was drawn"
tally=$(jq .tally "$scratch/asked")
fails 3 check "$scratch/openings.wbx" --nonce 0123ab
check "$scratch/openings.wbx" --nonce 0123ab --samples 4 --sampled "$tally"
same "good 4 $tally $((last + 1))" \
    "$(jq -r '"\(.result) \(.samples | "\(.opened) \(.tally) \(.first)")"' \
    "$scratch/verdict")" "the samples hold"
"$BIN/waybill-verify" "$scratch/openings.wbx" --programme "$programme" \
    --nonce 0123ab --samples 4 --sampled "$tally" >"$scratch/out" ||
    die "$(cat "$scratch/out")"
grep -qF "4 of the 7 batches of the tally of entry $tally" "$scratch/out" ||
    die "$(cat "$scratch/out")"
fails 4 check "$scratch/openings.wbx" --nonce 0123ab --samples 5
same challenge-missing "$(jq -r '.problems[0].id' "$scratch/verdict")" "too few"
fails 4 check "$scratch/openings.wbx" --samples 4 --sampled "$last"
same challenge-tally "$(jq -r '.problems[0].id' "$scratch/verdict")" \
    "another tally"
fails 2 check "$scratch/openings.wbx" --samples 0
fails 3 check "$scratch/public.wbx" --tally --nonce 0123ab
fails 3 as coord verify --samples 4
fails 4 check "$scratch/openings.wbx" --nonce 0123ac
same challenge-nonce "$(jq -r '.problems[0].id' "$scratch/verdict")" "the nonce"
fails 1 as auditor tally answer -o "$scratch/x.wbx"
says "coordinator"

# Not online: it waits, and no second one is made before it is sent.
as k1 log rice 1sack S-12 --quiet
as k1 sync --quiet
as coord sync --quiet
stop_server
as coord tally --small-cells --json >"$scratch/tally" 2>/dev/null
same false "$(jq .logged "$scratch/tally")" "not in the log yet"
fails 1 as coord tally --small-cells
says "waybill sync"
serve
as coord sync --quiet
public "$scratch/public.wbx"
check "$scratch/public.wbx" --tally
same "good good good" "$(tallied '[.[].result] | join(" ")')" "three tallies"
echo ok
