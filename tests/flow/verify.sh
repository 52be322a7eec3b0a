#!/bin/bash
# Evidence on a machine that has nothing: waybill-verify says what
# `waybill verify` says, of good files and of others, without a home, a
# vault, or the libraries of the client.
# usage: verify.sh FOLDER_OF_BINARIES
BIN=$(realpath "$1")
command -v jq >/dev/null || { echo "no jq: skipped"; exit 77; }
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$scratch"
found
as coord items add rice --unit sack --quiet >/dev/null
as coord places add S-12 --quiet >/dev/null
enrol k1
as k1 log rice 2.5sack S-12 --quiet
as k1 sync --quiet
as coord sync --quiet
as coord pack --for-audit good.wbx --quiet
as coord pack --headers-only headers.wbx --quiet
head -c 400 good.wbx >cut.wbx
cp good.wbx altered.wbx
printf X | dd of=altered.wbx bs=1 seek=700 conv=notrunc status=none

# alone ARGUMENT...: the small program, with no environment to lean on.
alone() {
	env -i "$BIN/waybill-verify" "$@"
}

# alike EXIT FILE [OPTION...]: both programs, in words and in JSON.
alike() {
	local want=$1
	shift
	fails "$want" "$BIN/waybill" verify "$@"
	mv out words
	fails "$want" alone "$@"
	cmp words out || die "other words: $*"
	fails "$want" "$BIN/waybill" verify "$@" --json
	jq -S . out >object
	fails "$want" alone "$@" --json
	jq -S 'del(.file)' out | cmp - object || die "another object: $*"
}
alike 0 good.wbx --programme "$programme"
alike 3 good.wbx
alike 3 headers.wbx --programme "$programme"
alike 4 cut.wbx --programme "$programme"
alike 4 altered.wbx --programme "$programme"
alike 4 good.wbx --programme "${programme//[0-4]/5}"

# What is no evidence at all is called what it is, not a forgery.
mkdir folder
: >empty
echo "a report of somebody" >report.txt
for row in "empty:it is empty" "report.txt:it is a text" "folder:is a folder" \
    "k1.invite:it is a text" "k1.request:is sealed" "k1.welcome:is sealed" \
    "srv/store.db:it is a database" "coord/waybill.vault:is no bundle"; do
	fails 1 alone "${row%%:*}" --programme "$programme"
	says "${row#*:}"
	fails 1 "$BIN/waybill" verify "${row%%:*}"
	says "${row#*:}"
done
for file in empty report.txt k1.invite folder k1.request; do
	fails 1 as coord unpack "$file"
done
says "no bundle"

# What the server shows, all of it, and what is not looked at.
fails 3 as coord verify --server
grep -q "1 content is not fetched: --contents does that" out ||
    die "what was not checked is not said"
fails 0 as coord verify --server --contents --json
jq -e '.result == "good" and .batches == 1 and .opened == 1' out >/dev/null ||
    die "the server's log is not good"
fails 1 as k1 verify --server
says "coordinators and auditors only"
fails 2 as coord verify --server good.wbx
fails 2 as coord verify --contents
stop_server
fails 6 as coord verify --server

# Several files: each is looked at, the worst decides.
fails 4 alone good.wbx altered.wbx headers.wbx --programme "$programme" --json
same "good bad unchecked" "$(jq -r .result out | paste -sd ' ')" "results"
same "good.wbx altered.wbx headers.wbx" "$(jq -r .file out | paste -sd ' ')" \
    "files"
fails 3 alone headers.wbx good.wbx --programme "$programme"
fails 0 alone good.wbx good.wbx --programme "$programme"
fails 1 alone no-such-file good.wbx --programme "$programme"
says "no-such-file"
fails 4 alone no-such-file altered.wbx --programme "$programme"

fails 2 alone
says "waybill-verify --help"
fails 2 alone good.wbx --programme 12
says "64 digits"
fails 2 alone good.wbx --frobnicate --json
jq -e '.error.exit == 2' err >/dev/null || die "no error object"
fails 0 alone --version
alone --help | grep -q programme || die "no help"
echo ok
