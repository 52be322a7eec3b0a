#!/bin/bash
# Two witnesses, a policy that asks for both, and what members see of it.
# usage: witnessed.sh BIN
BIN=$1
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || exit 77

# witness NAME: makes and starts one; its key is in NAME.vkey.
witness() {
	[ -e "$scratch/$1" ] || "$BIN/waybill" witness init --dir "$scratch/$1" \
	    --name "$1.example.org" --quiet >"$scratch/$1.vkey"
	"$BIN/waybill" witness serve --dir "$scratch/$1" --listen "127.0.0.1:${2:-0}" \
	    >"$scratch/$1.out" 2>>"$scratch/$1.log" &
	witness_pid=$!
	started+=("$witness_pid")
	for _ in $(seq 200); do
		grep -q '^listening on ' "$scratch/$1.out" && break
		sleep 0.05
	done
	witness_url=$(sed -n 's/^listening on //p' "$scratch/$1.out")
	[ -n "$witness_url" ] || die "the witness is not ready"
}

# until WHO FIELD WANT: syncs until its status says so.
until_status() {
	local got _
	for _ in $(seq 60); do
		as "$1" sync --quiet >/dev/null
		got=$(as "$1" status --json | jq -r ".$2")
		[ "$got" = "$3" ] && return
		sleep 0.2
	done
	die "$1: $2 is $got, not $3"
}

found
enrol k1
as coord items add rice --unit sack --category food --quiet >/dev/null
as coord places add S-12 --quiet >/dev/null
as coord sync --quiet >/dev/null
as k1 sync --quiet >/dev/null
as k1 log rice 2sack S-12 --quiet >/dev/null
as k1 sync --quiet >/dev/null
same 0 "$(as k1 status --json | jq .witnessed)" "without a policy"
same 1 "$(as k1 status --json | jq .stored)" "without a policy, stored"

# The policy there is, and what is wrong with others.
as k1 policy >"$scratch/policy"
same "log $(cat "$scratch/vkey")
quorum none" "$(cat "$scratch/policy")" "the first policy"
fails 1 as k1 policy set "$scratch/policy"
says "coordinator"
as coord policy set "$scratch/policy" --json >"$scratch/out" ||
	die "the same policy again"
jq -e '.quorum == false' "$scratch/out" >/dev/null || die "what it says"
as coord policy set "$scratch/policy" 2>"$scratch/err"
says "nothing to change"
sed 's/^quorum.*//' "$scratch/policy" >"$scratch/bad"
fails 1 as coord policy set "$scratch/bad"
says "no quorum line"
sed '/^log/d' "$scratch/policy" >"$scratch/bad"
fails 1 as coord policy set "$scratch/bad"
says "names no log"
"$BIN/waybilld" init --dir "$scratch/other" --origin example.org/other --quiet |
    sed 's/^/log /;$a quorum none' >"$scratch/bad"
fails 1 as coord policy set "$scratch/bad" --json
same policy-log "$(jq -r .error.id "$scratch/err")" "another log"
echo "quorum w9" >>"$scratch/policy"
fails 1 as coord policy set "$scratch/policy"
says "line 3"

# Both must cosign, and one is not there.
witness w1
url1=$witness_url
witness w2
url2=$witness_url
pid2=$witness_pid
kill "$pid2"
wait "$pid2" 2>/dev/null || true
{
	echo "log $(cat "$scratch/vkey")"
	echo "witness w1 $(cat "$scratch/w1.vkey") $url1"
	echo "witness w2 $(cat "$scratch/w2.vkey") $url2"
	echo "group both all w1 w2"
	echo "quorum both"
} >"$scratch/policy"
as coord policy set "$scratch/policy" 2>"$scratch/err"
says "nothing counts as witnessed until"
same 2 "$(as coord policy --json | jq '.witnesses | length')" "witnesses"
as coord sync --quiet >/dev/null
as k1 sync --quiet >/dev/null
same 0 "$(as k1 status --json | jq .witnessed)" "with one of two"

# It comes back, and what was stored is witnessed, or opened by now.
as k1 log rice 3sack S-12 --quiet >/dev/null
as k1 sync --quiet >/dev/null
witness w2 "${url2##*:}"
until_status k1 witnessed 1
same "0 0 1" "$(as k1 status --json | jq -r '"\(.here) \(.stored) \(.opened)"')" \
    "the other states"
same witnessed "$(as k1 list --json | jq -r '.records[0].state')" "list"
same opened "$(as k1 list --json | jq -r '.records[1].state')" "list"
as k1 show 2 | grep -q witnessed || die "show does not say witnessed"
as k1 sync | grep -q "1 witnessed, 1 opened" || die "sync does not say so"
until_status coord opened 0
until_status k1 opened 2
same 0 "$(as k1 status --json | jq .witnessed)" "opened is not witnessed too"
[ "$(as k1 verify --json | jq .witnessed.size)" -gt 0 ] ||
    die "a field device does not know what is witnessed"

# An auditor with nothing but the programme's id sees it too.
verdict() {
	as coord pack --for-audit "$scratch/evidence.wbx" --quiet >/dev/null
	"$BIN/waybill" verify "$scratch/evidence.wbx" --programme "$programme" \
	    --json >"$scratch/verdict"
	jq -r "$1" "$scratch/verdict"
}
as coord sync --quiet >/dev/null
same good "$(verdict .result)" "verify"
for _ in $(seq 60); do
	[ "$(verdict '.witnessed.size == .witnessed.of')" = true ] && break
	as coord sync --quiet >/dev/null
	sleep 0.2
done
same true "$(verdict '.witnessed.size == .witnessed.of and .witnessed.of == .entries')" \
    "all is witnessed"
same 0 "$(verdict '.notes | length')" "nothing to note"
as coord verify --server --contents --json >"$scratch/live"
same true "$(jq '.witnessed.size >= 1 and .result == "good"' "$scratch/live")" \
    "what the server shows is witnessed"
"$BIN/waybill" verify "$scratch/evidence.wbx" --programme "$programme" |
    grep -q "entries witnessed" || die "verify does not say so"

# A new policy counts at once.
as k1 log rice 1sack S-12 --quiet >/dev/null
as k1 sync --quiet >/dev/null
until_status k1 witnessed 1
sed 's/^quorum.*/quorum none/' "$scratch/policy" >"$scratch/none"
as coord policy set "$scratch/none" --quiet 2>"$scratch/err"
says "no witness"
as coord sync --quiet >/dev/null
as k1 sync --quiet >/dev/null
same 0 "$(as k1 status --json | jq .witnessed)" "with no quorum any more"
echo good
