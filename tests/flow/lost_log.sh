#!/bin/bash
# A log and its witnesses: heads are cosigned, a dead witness delays nothing, a
# log that lost entries does not go on, and gets them back from its members.
# usage: lost_log.sh BIN
BIN=$1
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"

declare -A witness_pid witness_url

# witness NAME: starts it; on the port of before, if there was one.
witness() {
	local name=$1 _
	local at=${witness_url[$name]:-http://127.0.0.1:0}
	"$BIN/waybill" witness serve --dir "$scratch/$name" \
	    --listen "${at#http://}" >"$scratch/$name.out" \
	    2>>"$scratch/$name.log" &
	witness_pid[$name]=$!
	started+=("$!")
	for _ in $(seq 200); do
		grep -q '^listening on ' "$scratch/$name.out" && break
		sleep 0.05
	done
	witness_url[$name]=$(sed -n 's/^listening on //p' "$scratch/$name.out")
	[ -n "${witness_url[$name]}" ] || die "witness $name did not start"
}

dies() { # a witness
	kill "${witness_pid[$1]}"
	wait "${witness_pid[$1]}" 2>/dev/null || true
}

size() { # of the note at an address; 0: there is none
	curl -sf "$url$1" | sed -n 2p | grep . || echo 0
}

# until_true WORDS COMMAND...: asks again, up to 30 s.
until_true() {
	local words=$1 _
	shift
	for _ in $(seq 300); do
		if "$@"; then return; fi
		sleep 0.1
	done
	die "never: $words"
}

all_witnessed() {
	[ "$(size /v1/witnessed)" = "$(size /checkpoint)" ]
}

status_names() { # a witness that has cosigned the newest head
	"$BIN/waybilld" status --dir "$scratch/srv" |
	    grep -q "$(size /checkpoint) by witness.example.org/$1"
}

# refuses WORDS: the server must end by itself, with exit 4.
refuses() {
	fails 4 timeout 20 "$BIN/waybilld" serve --dir "$scratch/srv" \
	    --listen 127.0.0.1:0
	says "$1"
}

for name in w1 w2; do
	"$BIN/waybill" witness init --dir "$scratch/$name" \
	    --name "witness.example.org/$name" --quiet >"$scratch/$name.vkey"
	witness "$name"
done
found
as coord items add rice --unit sack --quiet >/dev/null
as coord places add S-12 --quiet >/dev/null
cat >"$scratch/policy" <<END
log $(cat "$scratch/vkey")
witness w1 $(tail -1 "$scratch/w1.vkey") ${witness_url[w1]}
witness w2 $(tail -1 "$scratch/w2.vkey") ${witness_url[w2]}
group both all w1 w2
quorum both
END
as coord policy set "$scratch/policy" --quiet 2>/dev/null
enrol k1
as coord sync --quiet

# Cosigned by both, which took the log's key with the first question.
until_true "a quorum" all_witnessed
for name in w1 w2; do
	curl -sf "$url/checkpoint" | grep -q "^— witness.example.org/$name " ||
	    die "the checkpoint lacks $name's cosignature"
	until_true "$name in the status" status_names "$name"
done

# One that is dead delays nothing but what is witnessed.
dies w2
before=$(size /v1/witnessed)
for n in 1 2 3; do
	as k1 log rice ${n}sack S-12 --quiet
	timeout 20 "$BIN/waybill" --dir "$scratch/k1" -P "$scratch/k1.pass" \
	    --no-input sync --quiet || die "a dead witness held up a sync"
done
same "$((before + 3))" "$(size /checkpoint)" "entries while a witness is dead"
same "$before" "$(size /v1/witnessed)" "witnessed without a quorum"
witness w2
until_true "w2 to catch up" all_witnessed

# No quorum at a start: members read, nothing is logged, until it is there.
stop_server
dies w1
dies w2
serve
grep -q "Waiting for a quorum of witnesses" "$scratch/srv.log" ||
	die "the server does not say that it waits"
as k1 log rice 4sack S-12 --quiet
before=$(size /checkpoint)
fails 6 as k1 sync
says "until its witnesses answer"
same "$before" "$(size /checkpoint)" "entries without a quorum"
witness w1
witness w2
until_true "the log to open" as k1 sync --quiet 2>/dev/null
until_true "a quorum" all_witnessed

# Who knows better says so.
stop_server
dies w1
"$BIN/waybilld" serve --dir "$scratch/srv" --listen 127.0.0.1:0 \
    --without-witness >"$scratch/out" 2>"$scratch/err" &
alone=$!
started+=("$alone")
until_true "a warning" grep -q "without its witnesses" "$scratch/err"
kill "$alone"
wait "$alone" 2>/dev/null || true
witness w1

# A backup; then entries that the coordinator has, and one that only K1 has.
cp -r "$scratch/srv" "$scratch/backup"
serve
as k1 log rice 5sack S-12 --quiet
as k1 sync --quiet
as coord sync --quiet
as k1 log rice 6sack S-12 --quiet
as k1 sync --quiet
until_true "a quorum" all_witnessed
full=$(size /checkpoint)
stop_server
as coord pack --for-audit "$scratch/coord.wbx" --quiet
as k1 pack --for-audit "$scratch/k1.wbx" --quiet

# The disk is lost, the whole folder restored: the witnesses know.
mv "$scratch/srv" "$scratch/lost"
cp -r "$scratch/backup" "$scratch/srv"
refuses "has seen $full entries of this log, and the store has fewer"
says "waybilld recover"

# What the coordinator holds is not all that was witnessed: still no.
"$BIN/waybilld" recover --dir "$scratch/srv" "$scratch/coord.wbx" \
    >"$scratch/out" 2>/dev/null
grep -q "entries put back" "$scratch/out" || die "nothing was recovered"
refuses "has seen $full entries"
# The same again puts nothing back, and does not say that all is well.
"$BIN/waybilld" recover --dir "$scratch/srv" "$scratch/coord.wbx" \
    >"$scratch/out" 2>"$scratch/err"
grep -q "^0 entries put back" "$scratch/out" || die "something was recovered"
says "ask whoever"
says "Do not serve before"

# The store alone restored, beside the newest signer: the same refusal.
cp "$scratch/lost/signer" "$scratch/srv/signer"
refuses "the log has signed $full entries"
fails 1 "$BIN/waybilld" recover --dir "$scratch/srv" "$scratch/coord.wbx"
says "entry $((full - 1)) is in none of these bundles"
"$BIN/waybilld" recover --dir "$scratch/srv" "$scratch/coord.wbx" \
    "$scratch/k1.wbx" --json >"$scratch/out"
same "$full" "$(jq .entries "$scratch/out")" "entries recovered"

# As if nothing had happened.
"$BIN/waybilld" verify --dir "$scratch/srv" >/dev/null || die "not whole"
serve
same "$full" "$(size /checkpoint)" "entries served again"
as k1 log rice 7sack S-12 --quiet
as k1 sync --quiet || die "the device complains"
as coord sync --quiet || die "the coordinator complains"
until_true "a quorum" all_witnessed
same 28 "$(as coord totals --by item --json | jq '.rows[0].delivered')" "the total"
