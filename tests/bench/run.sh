#!/bin/bash
# Builds the release preset and measures what the design promises, in one run:
# each figure is a ratio to something measured beside it, or a size.
# usage: tests/bench/run.sh [--quick | --smoke BUILD | --bytes BUILD]
#   --quick        smaller sizes, under four minutes
#   --smoke BUILD  tiny sizes on the binaries of BUILD; nothing is judged
#   --bytes BUILD  no figures: where each byte of a sync is
# Prints a line for each figure: what was seen, its limit, ok or MISSED, and
# whether it counts.  Rates by the clock do not: they depend on who else uses
# the machine, and CPU says the same more steadily.  Exit 1: one that counts
# was missed.  The scratch folder is on the disk of the build.  Needs jq.
#
# What is run:
# - Ingest: make_batches seals batches of 50 deliveries (a content of 8 KiB) of
#   200 devices; http_load posts them to waybilld, one a request; bare_verify
#   checks the same envelopes' signatures on one thread between its slices.
# - Disk: sync_rate appends 4 KiB and calls fdatasync, in turns with slices of
#   one connection.
# - Main job: a CSV of deliveries, one row each, through waybill import, sync,
#   the coordinator's sync, and totals; once direct, once through delay_proxy.
# - Verify: verify_bench, evidence with contents of 8 KiB, CPU of all threads;
#   waybill-verify on few and on many entries with contents of 512 bytes.
# - Tally: tally_bench, commitments beside as many bare points.
# - Bytes: deliveries of one line and of two in turns, each with a mission, a
#   place and households, counted by the proxy: all TCP payload of the device's
#   sync both ways, with receipts, feed and acks.  Once a sync for each batch of
#   50, once for ten batches that `pack` made; and once a sync again in a log of
#   10,000 entries (acks that concern others), some more of them between syncs.
# - Growth: batches of one delivery (2 KiB), first and last of them.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
mode=${1:-}
case "$mode" in
'')
	slice=4000 slices=6 crowd=4000 alone=400 job=100000 rows=1000000
	grow=500000 audited=4000 few=10000 many=500000 log=10000
	;;
--quick) slice=2000 slices=4 crowd=1500 alone=150 job=10000 rows=200000 grow=40000 audited=1500 few=10000 many=50000 log=10000 ;;
--smoke) slice=20 slices=1 crowd=20 alone=5 job=60 rows=500 grow=80 audited=20 few=50 many=100 log=300 ;;
--bytes) ;;
*) sed -n '2,8s/^# //p' "$0"; exit 2 ;;
esac
build=${2:-$top/build/release}
mkdir -p "$top/build"
if [ -z "${2:-}" ]; then
	(cd "$top" && cmake --preset release && ninja -C "$build" waybill \
	    waybilld http_load make_batches bare_verify sync_rate vault_bench \
	    make_acks verify_bench make_evidence peak_memory waybill-verify \
	    tally_bench delay_proxy) >"$top/build/log-bench.txt" 2>&1 ||
	    { cat "$top/build/log-bench.txt" >&2; exit 1; }
fi
BIN=$build/bin
bench=$build/tests/bench
mkdir -p "$build/scratch"
export TMPDIR=$build/scratch
# shellcheck source=tests/flow/lib.sh
. "$top/tests/flow/lib.sh"
missed=0

# calc EXPRESSION [NAME=VALUE...]: awk's arithmetic.
calc() {
	local expression=$1
	shift
	awk -v OFMT=%.4g -v CONVFMT=%.4g "${@/#/-v}" "BEGIN { print ($expression) }"
}

# median NUMBER...
median() {
	printf '%s\n' "$@" | sort -g | sed -n "$((($# + 1) / 2))p"
}

# figure counts|seen TEXT VALUE '<='|'>=' LIMIT
figure() {
	local word=ok
	if [ "$(calc "$3 $4 $5")" = 0 ]; then
		word=MISSED
		[ "$1" = seen ] || missed=1
	fi
	[ "$mode" != --smoke ] || word='not judged'
	printf '%-60s %9.3g  %s %-7s %s%s\n' "$2" "$3" "$4" "$5" "$word" \
	    "$([ "$1" = seen ] && echo ' (does not count)')"
}

note() {
	printf '    %s\n' "$*"
}

# fresh NAME BATCHES DELIVERIES: a server with the roster of fresh batches.
fresh() {
	"$BIN/waybilld" init --dir "$scratch/$1" --origin example.org/aid \
	    --quiet >"$scratch/$1.key"
	"$bench/make_batches" "$(cat "$scratch/$1.key")" "$scratch/bodies" \
	    "$2" "$3"
	port=0
	serve "$1"
	at=0
	load 1 1 >/dev/null
}

# load CONNECTIONS BATCHES [OPTION...]: the next of them; prints JSON.
load() {
	local connections=$1 n=$2
	shift 2
	"$bench/http_load" -c "$connections" -n "$n" -t 600 -s "$at" \
	    -b "$scratch/bodies" -p /v1/entries -P "$server_pid" "$@" \
	    "$port" >"$scratch/load" || die "load: $(cat "$scratch/load")"
	at=$((at + n))
	cat "$scratch/load"
}

# bare: microseconds of one verification, by the clock and of CPU.
bare() {
	"$bench/bare_verify" "$scratch/bodies" "$slice"
}

seconds() {
	date +%s.%N
}

ingest() {
	local wall=() cpu=() ratio=() _ before before_cpu after after_cpu saw
	fresh ingest $((slices * slice + 3 * crowd + 4 * alone)) 50
	for _ in $(seq "$slices"); do
		read -r before before_cpu < <(bare)
		load 64 "$slice" >"$scratch/saw"
		read -r after after_cpu < <(bare)
		saw=$(jq .per_second "$scratch/saw")
		wall+=("$saw")
		ratio+=("$(calc 'r * (a + b) / 2e6' r="$saw" a="$before" b="$after")")
		cpu+=("$(calc '2 * c / (a + b)' c="$(jq .cpu_us "$scratch/saw")" \
		    a="$before_cpu" b="$after_cpu")")
	done
	note "batches a second: ${wall[*]}"
	note "CPU in verifications, each slice: ${cpu[*]}"
	figure counts '1 ingest: server CPU a batch, in bare verifications' \
	    "$(median "${cpu[@]}")" '<=' 2.5
	figure seen '1 ingest: rate at 64 connections, of one core verifying' \
	    "$(median "${ratio[@]}")" '>=' 0.5
	one_client
	waits
	stop_server TERM
}

one_client() {
	local ratio=() _ disk
	for _ in 1 2 3 4; do
		disk=$("$bench/sync_rate" "$scratch" "$alone")
		load 1 "$alone" >"$scratch/saw"
		ratio+=("$(calc 'r / d' r="$(jq .per_second "$scratch/saw")" \
		    d="$disk")")
		note "one connection: $(jq .per_second "$scratch/saw")/s" \
		    "beside $disk fdatasync/s"
	done
	figure seen '1 ingest: rate at one connection, of fdatasync' \
	    "$(median "${ratio[@]}")" '>=' 0.15
}

waits() {
	local connections
	for connections in 128 256 512; do
		load "$connections" "$crowd" >"$scratch/saw"
		figure counts "2 longest wait of a connection of $connections, s" \
		    "$(calc 'ms / 1000' ms="$(jq .longest_ms "$scratch/saw")")" \
		    '<=' 1
	done
}

# deliveries FIRST N LINES: rows of so many deliveries.
deliveries() {
	awk -v first="$1" -v n="$2" -v lines="$3" 'BEGIN {
		split("rice lentils tarpaulin soap blanket", item, " ")
		split("sack kg piece bar piece", unit, " ")
		print "date,mission,place,item,quantity,unit,households"
		for (i = first; i < first + n; i++)
			for (k = 0; k < (lines > 1 ? 1 + i % 2 : 1); k++)
				printf "2026-02-%02d,M-%d,S-%d,%s,%d,%s,%d\n",
				    1 + i % 28, i, 1 + int(i / 28) % 90,
				    item[1 + (i + k) % 5], 1 + i % 40,
				    unit[1 + (i + k) % 5], 1 + i % 9
	}'
}

# through MS: starts a proxy before the server; url becomes its address.
through() {
	: >"$scratch/proxy"
	"$build/tests/tools/delay_proxy" "$port" "$1" >"$scratch/proxy" &
	proxy_pid=$!
	started+=("$proxy_pid")
	until grep -q '^listening' "$scratch/proxy"; do sleep 0.05; done
	url=http://127.0.0.1:$(sed -n 's/^listening on //p' "$scratch/proxy")
}

# programme NAME [MS]: a server, a coordinator, a field device; perhaps a proxy.
programme() {
	rm -rf "$scratch/coord" "$scratch/k1" "$scratch"/k1.{invite,request,welcome}
	"$BIN/waybilld" init --dir "$scratch/$1" --origin example.org/aid \
	    --quiet >"$scratch/vkey"
	port=0
	serve "$1"
	[ $# -lt 2 ] || through "$2"
	as coord init --name Bench --server "$url" \
	    --log-key "$(cat "$scratch/vkey")" --quiet >/dev/null
	deliveries 0 5 1 >"$scratch/items.csv"
	as coord items add --from "$scratch/items.csv" --quiet >/dev/null
	deliveries 0 2520 1 >"$scratch/places.csv"
	as coord places add --from "$scratch/places.csv" --quiet >/dev/null
	enrol k1
}

# main_job: seconds from import to totals, which must be right.
main_job() {
	local from to
	from=$(seconds)
	as k1 import "$scratch/job.csv" --quiet >/dev/null
	as k1 sync --quiet >/dev/null
	as coord sync --quiet >/dev/null
	as coord totals --by item --json >"$scratch/totals"
	to=$(seconds)
	same "$job" "$(jq '[.rows[].records] | add' "$scratch/totals")" \
	    "deliveries in the totals"
	calc 't - f' t="$to" f="$from"
}

distance() {
	local near far
	deliveries 0 "$job" 1 >"$scratch/job.csv"
	programme near
	near=$(main_job)
	stop_server TERM
	programme far 50
	far=$(main_job)
	stop_server TERM
	note "$job deliveries: $near s direct, $far s with 100 ms a round trip"
	figure counts '3 import to totals with 100 ms a round trip, of direct' \
	    "$(calc 'f / n' f="$far" n="$near")" '<=' 2
}

# record: a proxy that keeps what it carries; url becomes its address.
record() {
	mkdir "$scratch/wire"
	python3 "$top/tests/bench/wire.py" proxy "$port" "$scratch/wire" \
	    >"$scratch/proxy" &
	started+=("$!")
	until grep -q '^listening' "$scratch/proxy"; do sleep 0.05; done
	url=http://127.0.0.1:$(sed -n 's/^listening on //p' "$scratch/proxy")
}

# table: accounts for a sync of one batch of 50, the third, each after an ack.
table() {
	local next=100 _
	through() {
		record
	}
	programme bytes 0
	for _ in 1 2 3; do
		as k1 sync --quiet >/dev/null
		as coord sync --quiet >/dev/null
		fifty
	done
	sleep 0.3 # for what the proxy still writes
	rm "$scratch"/wire/*
	as k1 sync --quiet >/dev/null
	sleep 0.3
	python3 "$top/tests/bench/wire.py" table "$scratch/wire" 50
	stop_server TERM
}

# carried: bytes through the proxy so far.
carried() {
	local had
	had=$(grep -c '^bytes' "$scratch/proxy" || true)
	kill -USR1 "$proxy_pid"
	while [ "$(grep -c '^bytes' "$scratch/proxy" || true)" = "$had" ]; do
		sleep 0.02
	done
	awk '/^bytes/ { up = $2; down = $3 } END { print up, down }' \
	    "$scratch/proxy"
}

# wire DELIVERIES: bytes a delivery of the next sync, up, down and in all.
wire() {
	local up down to_up to_down
	read -r up down < <(carried)
	as k1 sync --quiet >/dev/null
	read -r to_up to_down < <(carried)
	calc 'u / n " " d / n " " (u + d) / n' n="$1" u=$((to_up - up)) \
	    d=$((to_down - down))
}

# fifty: so many new deliveries.
fifty() {
	deliveries "$next" 50 2 >"$scratch/some.csv"
	next=$((next + 50))
	as k1 import "$scratch/some.csv" --quiet >/dev/null
}

bytes() {
	local _ each=() up down all next=100
	programme bytes 0
	as k1 sync --quiet >/dev/null
	for _ in 1 2 3; do
		fifty
		read -r up down all < <(wire 50)
		each+=("$all")
		as coord sync --quiet >/dev/null
	done
	note "up $up, down $down"
	figure counts '6 bytes on the wire a delivery, a batch of 50 a sync' \
	    "$(median "${each[@]}")" '<=' 200
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		fifty
		as k1 pack "$scratch/carried.wbx" --quiet >/dev/null
		rm "$scratch/carried.wbx"
	done
	read -r up down all < <(wire 500)
	note "up $up, down $down"
	figure counts '6 bytes on the wire a delivery, ten batches of 50 a sync' \
	    "$all" '<=' 200
	stop_server TERM
}

# others N: so many entries that do not concern the device, and an ack that does.
others() {
	"$bench/make_acks" "$scratch/coord" "$scratch/coord.pass" "$1"
	as coord sync --quiet >/dev/null
}

# between N TIMES: sets each, bytes a delivery with N entries of others in
# between.
between() {
	local _ up down all
	each=()
	for _ in $(seq "$2"); do
		others "$1"
		fifty
		read -r up down all < <(wire 50)
		each+=("$all")
	done
	note "$1 entries of others in between: ${each[*]}"
}

bytes_at_length() {
	local next=100 each
	programme large 0
	as k1 sync --quiet >/dev/null
	others "$log"
	as k1 sync --quiet >/dev/null
	between 100 1
	between 3 3
	figure counts "6 a batch a sync in a log of $log, 3 of others in between" \
	    "$(median "${each[@]}")" '<=' 200
	stop_server TERM
}

# verify: evidence of batches of 8 KiB, 32 that saw the same head, beside the
# same signatures.
verify() {
	local saw
	saw=$("$bench/verify_bench" "$audited" 8192 32)
	note "$(sed -n '2,3p' <<<"$saw" | paste -sd ' ')"
	figure counts '4 verify, of bare verification on one thread' \
	    "$(awk '/^ratio/ { print $2 }' <<<"$saw")" '>=' 0.8
	figure counts '4 verify on two threads: bare verification by twice its CPU' \
	    "$(awk '/^two/ { print $7 }' <<<"$saw")" '>=' 1.5
	figure seen '4 verify on two cores, of bare verification on one thread' \
	    "$(awk '/^two/ { print $3 }' <<<"$saw")" '>=' 1.5
	figure counts "4 verify: memory at $many entries, of $few" \
	    "$(calc 'm / f' m="$(peak "$many")" f="$(peak "$few")")" '<=' 1.1
}

# peak BATCHES: KiB of memory that verifying so many takes.
peak() {
	local programme
	programme=$("$bench/make_evidence" "$scratch/evidence.wbx" "$1")
	"$bench/peak_memory" "$BIN/waybill-verify" "$scratch/evidence.wbx" \
	    --programme "$programme" 2>"$scratch/said" | awk '{ print $1 }'
	grep -q '^GOOD' "$scratch/said" || die "verify: $(cat "$scratch/said")"
	rm "$scratch/evidence.wbx"
}

tally() {
	local saw
	saw=$("$bench/tally_bench" $((audited * 25)))
	note "$(sed -n 1p <<<"$saw")"
	figure counts '4 adding up a tally, of bare point decoding and addition' \
	    "$(awk '/^ratio/ { print $2 }' <<<"$saw")" '<=' 1.5
}

vault() {
	local saw
	saw=$("$bench/vault_bench" --dir "$scratch" --rows "$rows" \
	    --commits $((rows / 400 + 5)))
	note "$(sed -n 2p <<<"$saw")"
	note "$(sed -n 3p <<<"$saw")"
	figure counts '5 totals on a vault, warm, of plain SQLite' \
	    "$(awk '/^vault\/plain/ { print $7 }' <<<"$saw")" '<=' 1.15
	figure counts '5 totals on a vault, cold, of plain SQLite' \
	    "$(awk '/^vault\/plain/ { print $5 }' <<<"$saw")" '<=' 1.5
}

growth() {
	local first=() last=() cpu_first=() cpu_last=() _ step=$((grow / 20))
	[ "$step" -le 2500 ] || step=2500
	fresh growth "$grow" 1
	for _ in 1 2 3 4; do
		load 64 "$step" >"$scratch/saw"
		first+=("$(jq .per_second "$scratch/saw")")
		cpu_first+=("$(jq .cpu_us "$scratch/saw")")
	done
	load 64 $((grow - 8 * step)) >/dev/null
	for _ in 1 2 3 4; do
		load 64 "$step" >"$scratch/saw"
		last+=("$(jq .per_second "$scratch/saw")")
		cpu_last+=("$(jq .cpu_us "$scratch/saw")")
	done
	note "$grow batches; a second at first: ${first[*]}; at last: ${last[*]}"
	note "CPU a batch, us, at first: ${cpu_first[*]}; at last: ${cpu_last[*]}"
	figure counts "7 server memory at $grow batches, MiB, the peak" \
	    "$(awk '/VmHWM/ { print $2 / 1024 }' "/proc/$server_pid/status")" \
	    '<=' 64
	figure counts "7 batches for the same CPU at $grow, of $((4 * step))" \
	    "$(calc 'f / l' f="$(median "${cpu_first[@]}")" \
	    l="$(median "${cpu_last[@]}")")" '>=' 0.9
	figure seen "7 ingest rate at $grow batches, of $((4 * step))" \
	    "$(calc 'l / f' f="$(median "${first[@]}")" \
	    l="$(median "${last[@]}")")" '>=' 0.9
	stop_server TERM
	rm -f "$scratch/bodies"
}

if [ "$mode" = --bytes ]; then
	table
	exit
fi
echo "Waybill benchmarks on $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), $(date -u +%F)"
ingest
distance
verify
tally
vault
bytes
bytes_at_length
growth
[ "$mode" = --smoke ] || exit "$missed"
