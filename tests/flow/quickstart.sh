#!/bin/bash
# deploy/quickstart.sh from a clean copy: with its sample, with the real
# deliveries where they are at hand, and with a file that is none.
# usage: quickstart.sh ROOT
set -euo pipefail
cd "$1"
data=${WAYBILL_DATA:-../shared/data}/nepal-2015/deliveries.csv
out=$PWD/build/quickstart-test
rm -rf "$out"
mkdir -p "$out"

run() { # NAME [FILE]
	WAYBILL_DEMO=$out/$1 deploy/quickstart.sh ${2:+"$2"} >"$out/$1.txt" 2>&1 || {
		tail -n 40 "$out/$1.txt"
		return 1
	}
	grep -q GOOD "$out/$1.txt"
	grep -q '>GOOD</p>' "$out/$1/report.html"
}
run sample
grep -q Bibles "$out/sample.txt"
if deploy/quickstart.sh "$out/no-such-file" >/dev/null 2>&1; then
	echo "a missing file was accepted" >&2
	exit 1
fi
if [ ! -e "$data" ]; then
	echo "real deliveries not at hand ($data): only the sample was run"
	exit 0
fi
run nepal "$data"
PATH=$PWD/build/quickstart/bin:$PATH
totals=$(waybill --dir "$out/nepal/coordinator" -P "$out/nepal/coordinator.passphrase" \
    totals --by item --json)
jq -e '([.rows[].net] | add) == 44567.5 and (.rows | length) == 79' <<<"$totals"
jq -e '.coverage.complete and (.coverage.devices | length) == 3' <<<"$totals"
