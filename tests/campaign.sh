#!/bin/bash
# Long runs before a release: hours, not for CI.
# usage: tests/campaign.sh [SECONDS]   for each fuzz target; 600 unless told
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-600}
for preset in fuzz release; do
	cmake --preset "$preset"
	ninja -C "build/$preset"
done
bad=0
run() {
	echo "== $*"
	"$@" || bad=1
}
fault=build/release/tests/fault
run tests/coverage.sh
run env WAYBILL_FUZZ_SEED=0 sh tests/fuzz/run.sh build/fuzz "$seconds"
run "$fault/vault_power" --states 100000
run "$fault/vault_kill" --rounds 10000
run "$fault/attacks" 10000
whole() { # NAME ARG...
	run python3 "tests/fault/$1.py" build/release/bin "${@:2}"
}
whole sync_kill --rounds 1000
whole vault_misuse --flips 2000
whole drive --flips 20000 --cuts 2000 --unpacked 1000
for control in files names; do
	run "$fault/vault_power" --without "$control"
done
[ "$bad" -eq 0 ] && echo "nothing was found"
exit "$bad"
