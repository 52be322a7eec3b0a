# Shared by the flow tests: real binaries, one scratch folder a test, loopback
# only.  Source it with BIN (the folder of the binaries) set; needs jq.
# shellcheck shell=bash
set -euo pipefail
: "${BIN:?}"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/waybill-flow-XXXXXX")
chmod 700 "$scratch"
started=()

clean_up() {
	local status=$? pid
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	if [ "$status" -ne 0 ] && [ -n "${KEEP:-}" ]; then
		echo "kept $scratch" >&2
	else
		rm -rf "$scratch"
	fi
	exit "$status"
}
trap clean_up EXIT

die() {
	echo "FAILED: $*" >&2
	exit 1
}

# same WANT GOT WHAT
same() {
	[ "$1" = "$2" ] || die "$3: wanted '$1', got '$2'"
}

# fails EXIT COMMAND...: the command must end with that exit code; what it
# printed is in $scratch/out and $scratch/err.
fails() {
	local want=$1 got=0
	shift
	"$@" >"$scratch/out" 2>"$scratch/err" || got=$?
	[ "$got" = "$want" ] || {
		cat "$scratch/out" "$scratch/err" >&2
		die "exit $got, not $want: $*"
	}
}

# says TEXT: the last failure's error has these words.
says() {
	grep -qF -- "$1" "$scratch/err" || {
		cat "$scratch/err" >&2
		die "the error does not say: $1"
	}
}

# as WHO COMMAND...: the client with the vault and the passphrase of WHO.
as() {
	local who=$1
	shift
	[ -e "$scratch/$who.pass" ] || echo "passphrase of $who" >"$scratch/$who.pass"
	"$BIN/waybill" --dir "$scratch/$who" -P "$scratch/$who.pass" \
	    --no-input "$@"
}

# serve [DIR]: starts the server; sets url and server_pid.
# shellcheck disable=SC2120 # the folder is rarely another one
serve() {
	local dir=${1:-srv}
	"$BIN/waybilld" serve --dir "$scratch/$dir" \
	    --listen "127.0.0.1:${port:-0}" >"$scratch/$dir.out" \
	    2>>"$scratch/$dir.log" &
	server_pid=$!
	started+=("$server_pid")
	local _
	for _ in $(seq 200); do
		grep -q '^listening on ' "$scratch/$dir.out" && break
		kill -0 "$server_pid" 2>/dev/null || {
			cat "$scratch/$dir.log" >&2
			die "the server did not start"
		}
		sleep 0.05
	done
	url=$(sed -n 's/^listening on //p' "$scratch/$dir.out")
	[ -n "$url" ] || die "the server is not ready"
	port=${url##*:}
}

# stop_server [SIGNAL]
stop_server() {
	kill "-${1:-TERM}" "$server_pid"
	wait "$server_pid" 2>/dev/null || true
}

# found [INIT_OPTION...]: a server and a programme with coordinator "coord".
found() {
	"$BIN/waybilld" init --dir "$scratch/srv" --origin example.org/aid \
	    --quiet >"$scratch/vkey"
	serve
	as coord init --name "Northern route" --server "$url" \
	    --log-key "$(cat "$scratch/vkey")" --quiet "$@" >/dev/null
	# shellcheck disable=SC2034 # for those who source this
	programme=$(as coord status --json | jq -r .programme)
}

# enrol WHO [ROLE] [APPROVE_OPTION...]
enrol() {
	local who=$1 role=${2:-field}
	shift
	[ $# -eq 0 ] || shift
	as coord invite --role "$role" -o "$scratch/$who.invite" --quiet
	as "$who" join "$scratch/$who.invite" -o "$scratch/$who.request" --quiet
	as coord approve "$scratch/$who.request" -o "$scratch/$who.welcome" \
	    --yes --quiet "$@"
	as "$who" join "$scratch/$who.welcome" --quiet >/dev/null
}
