#!/bin/sh
# Fuzzes every target for a while, from its seeds and what was found before.
# usage: run.sh BUILD SECONDS [TARGET...]   (BUILD: the fuzz preset's folder)
# The same seed each time, so that a run can be repeated; WAYBILL_FUZZ_SEED=0
# leaves it to chance, as the campaign does.
# What is found stays in BUILD/corpus/TARGET, a finding in BUILD/findings.
set -eu
build=$(cd "$1" && pwd)
seconds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -eq 0 ]; then
	for program in "$build"/tests/fuzz/fuzz_*; do
		set -- "$@" "${program##*/fuzz_}"
	done
fi
mkdir -p "$build/findings"
bad=0
for target; do
	grown=$build/corpus/$target
	log=$build/findings/$target.log
	mkdir -p "$grown"
	if "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" \
	    -seed="${WAYBILL_FUZZ_SEED:-1}" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix="$build/findings/$target-" \
	    "$grown" "$here/corpus/$target" >"$log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		echo "$target: $runs runs"
	else
		echo "$target: FAILED, see $log:"
		tail -n 30 "$log"
		bad=1
	fi
done
exit "$bad"
