#!/bin/bash
# Builds Waybill with gcc and sanitizers and with clang, and runs every test.
# usage: tests/run.sh [--quick] [--keep-going]
#   --quick   no second compiler, no thread sanitizer, no fuzzing
# Installs what the tests need (Debian packages).  Results are under build/.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
quick=no
for arg; do
	case "$arg" in
	--quick) quick=yes ;;
	-h | --help) sed -n '2,5s/^# //p' "$0"; exit 0 ;;
	*) echo "unknown option $arg; see tests/run.sh --help" >&2; exit 2 ;;
	esac
done
sh deploy/packages.sh test || exit 1
mkdir -p build
passed=0
failed=0
jobs=$(nproc)

# step NAME COMMAND...: runs it, keeps its output, counts it once.
step() {
	local name=$1 log="build/log-${1// /-}.txt"
	shift
	printf '%-34s ' "$name"
	local from=$SECONDS
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "ok ($((SECONDS - from)) s)"
	else
		failed=$((failed + 1))
		echo "FAILED ($((SECONDS - from)) s), end of $log:"
		tail -n 40 "$log" | sed 's/^/    /'
	fi
}

# tests NAME PRESET CTEST_ARG...: runs ctest and counts each of its tests.
tests() {
	local name=$1 preset=$2 log="build/log-${1// /-}.txt"
	shift 2
	printf '%-34s ' "$name"
	local from=$SECONDS ok bad
	(cd "build/$preset" && ctest -j "$jobs" --output-on-failure "$@") \
	    >"$log" 2>&1
	ok=$(grep -cE '^ *[0-9]+/[0-9]+ Test.* Passed ' "$log")
	bad=$(grep -cE '^ *[0-9]+/[0-9]+ Test.*\*\*\*(Failed|Timeout|Exception|Not Run)' \
	    "$log")
	if [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ]; then
		bad=1 # ctest itself could not run
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
	echo "$ok passed, $bad failed ($((SECONDS - from)) s)"
	sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) .*\*\*\*Skipped.*/    skipped: \1/p' \
	    "$log"
	if [ "$bad" -ne 0 ]; then
		grep -E '\*\*\*|Errors while' "$log" | sed 's/^/    /'
		tail -n 60 "$log" | sed 's/^/    /'
	fi
}

build() {
	cmake --preset "$1" && ninja -C "build/$1"
}

# Warnings are errors in the two builds below; both compilers must be content.
step "build (gcc, sanitizers)" build asan
for lint in layers headers banned budget format scripts links; do
	step "lint $lint" sh "tests/lint/$lint.sh" .
done
if [ -x build/asan/bin/waybilld ]; then
	step "lint blind" sh tests/lint/blind.sh build/asan/bin
	step "lint man" sh tests/lint/man.sh . build/asan/bin
fi
tests "tests (gcc, sanitizers)" asan
if [ "$quick" = no ]; then
	step "build (clang)" build clang
	tests "unit tests (clang)" clang -L unit
	step "lint tidy" sh tests/lint/tidy.sh . build/clang
	step "build (fuzz)" build fuzz
	step "fuzz, 20 s a target" sh tests/fuzz/run.sh build/fuzz 20
	step "build (thread sanitizer)" build tsan
	tests "threaded tests (thread sanitizer)" tsan -R '^(server/|client/audit$)'
	step "build (release, no tests)" sh tests/lint/export.sh .
	step "quickstart" bash tests/flow/quickstart.sh .
fi
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
