#!/bin/bash
# Programs started with standard streams closed: what they open next must not
# take a stream's place, or what they say would be written over it.
# usage: streams.sh FOLDER_OF_BINARIES
BIN=$(realpath "$1")
command -v jq >/dev/null || { echo "no jq: skipped"; exit 77; }
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$scratch"

# A server that has nowhere to log to; without a stdout it says so and ends.
"$BIN/waybilld" init --dir srv --origin example.org/aid --quiet >vkey
got=0
"$BIN/waybilld" serve --dir srv --listen 127.0.0.1:0 >&- 2>err || got=$?
same 9 "$got" "a server without standard output"
"$BIN/waybilld" serve --dir srv --listen 127.0.0.1:0 <&- >out 2>&- &
started+=("$!")
server_pid=$!
for _ in $(seq 200); do
	! grep -q '^listening on ' out || break
	sleep 0.05
done
url=$(sed -n 's/^listening on //p' out)
as coord init --name "Northern route" --server "$url" \
    --log-key "$(cat vkey)" --quiet >/dev/null
as coord items add rice --unit sack --quiet >/dev/null
as coord places add S-12 --quiet >/dev/null
enrol k1
as coord sync --quiet >/dev/null

# A device whose vault would be the next stream.
got=0
as k1 log rice 1sack S-12 2>&- >/dev/null || got=$?
same 0 "$got" "a log without standard error"
got=0
as k1 log rice 1sack S-12 >&- 2>err || got=$?
same 9 "$got" "a log without standard output"
says "is saved"
got=0
as k1 log rice 1sack S-12 <&- >&- 2>&- || got=$?
same 9 "$got" "a log without streams"
as k1 log rice 1sack S-12 <&- >/dev/null 2>&1 || die "without standard input"
got=0
as k1 log rcie 1sack S-12 <&- >&- 2>&- || got=$?
same 1 "$got" "an error without streams"
fails 1 as k1 import - <&-
as k1 list 2>&- >/dev/null || die "a list without standard error"
as k1 sync --quiet >/dev/null 2>&- || die "a sync without standard error"
same 4 "$(as k1 list --json | jq '.records | length')" "records saved"

# Evidence is written whole, and checked.
as coord sync --quiet 2>&- >/dev/null
as coord pack --for-audit one.wbx --quiet <&- >/dev/null 2>&-
as coord report one.wbx -o one.html --quiet <&- >/dev/null 2>&-
for program in "$BIN/waybill verify" "$BIN/waybill-verify"; do
	got=0
	# shellcheck disable=SC2086 # a program and its command
	$program one.wbx --programme "$(as coord status --json |
	    jq -r .programme)" <&- >/dev/null 2>&- || got=$?
	same 0 "$got" "$program without streams"
done
stop_server
"$BIN/waybilld" verify --dir srv --quiet >/dev/null || die "the log is damaged"
