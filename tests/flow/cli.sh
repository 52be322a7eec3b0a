#!/bin/bash
# The manners of the command line: what is never overwritten, exit codes, what
# goes to which stream, and what an error says.
# usage: cli.sh FOLDER_OF_BINARIES
BIN=$(realpath "$1")
command -v jq >/dev/null || { echo "no jq: skipped"; exit 77; }
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$scratch"
found
as coord items add rice --unit sack --quiet >/dev/null
as coord places add S-12 --quiet >/dev/null
enrol k1
as coord sync --quiet >/dev/null

# unharmed FILE COMMAND...: refused, and the file is as it was.
unharmed() {
	local file=$1 before
	shift
	before=$(sha256sum "$file")
	fails 1 "$@"
	same "$before" "$(sha256sum "$file")" "$file after: $*"
}

# Results never replace a vault, nor what is no such result.
echo "a report of somebody" >report.txt
cp k1.invite again.invite
vault=k1/waybill.vault
cp "$vault" copy.vault
for file in "$vault" report.txt copy.vault; do
	unharmed "$file" as coord invite --role field -o "$file"
	unharmed "$file" as k3 join k1.invite -o "$file"
	unharmed "$file" as coord key export-reader -o "$file"
	unharmed "$file" as k1 pack "$file"
	unharmed "$file" as coord pack --for-audit "$file"
done
says "nothing was written"
[ ! -e k3 ] || die "a refused join leaves a vault"
as coord invite --role field -o k4.invite --quiet
as k4 join k4.invite -o k4.request --quiet
unharmed report.txt as coord approve k4.request -o report.txt --yes
same 2 "$(as coord people --json | jq '.people | length')" "members"
as coord approve k4.request -o k4.welcome --yes --quiet
as k4 join k4.welcome --quiet >/dev/null
fails 1 as coord pack --for-audit coord/waybill.vault.new/waybill.vault
fails 1 as coord invite --role field -o .
as coord invite --role field -o again.invite --quiet
as coord pack --for-audit one.wbx --quiet >/dev/null
as coord pack --for-audit one.wbx --quiet >/dev/null
: >empty
as k1 pack empty --quiet >/dev/null
as k1 pack empty --quiet >/dev/null
as k1 status --json | jq -e '.label == "K1"' >/dev/null || die "the vault"

# With --json all of stderr is one error object, whatever is wrong.
one_error() {
	jq -es 'length == 1 and .[0].error.exit == '"$1"' and
	    (.[0].error.text | length) > 0' err >/dev/null || {
		cat err >&2
		die "no error object of exit $1"
	}
}
fails 2 as k1 log --no-such-option --json
one_error 2
fails 2 "$BIN/waybill" nonsense --json
one_error 2
fails 2 "$BIN/waybilld" nonsense --json
one_error 2
fails 2 "$BIN/waybilld" serve --json
one_error 2
jq -e '.error.next | length > 0' err >/dev/null || die "no next step"
fails 1 as k1 log rcie 1sack S-12 --json
one_error 1
"$BIN/waybill" help --json | jq -e '.help | length > 1000' >/dev/null ||
	die "help --json"
"$BIN/waybill" log --help --json | jq -e '.v == 1' >/dev/null || die "help"
"$BIN/waybilld" version --json | jq -e '.program == "waybilld"' >/dev/null ||
	die "version"
as k1 log rice 1sack S-12 --json >out 2>err
[ ! -s err ] || die "--json talks: $(cat err)"

# What is saved is named even where nobody can be told the result.
if [ -c /dev/full ]; then
	for json in "" --json; do
		got=0
		# shellcheck disable=SC2086 # no word where it is empty
		as k1 log rice 1sack S-12 $json 2>err >/dev/full || got=$?
		same 9 "$got" "exit of a log that cannot print"
		says "is saved"
		says "Do not enter it again"
	done
fi

# Exit 7 is the server's alone.
fails 1 as k1 places add S-99
fails 1 as k4 pack --for K99 x.wbx
as k1 pack sealed.wbx --quiet >/dev/null
fails 1 "$BIN/waybill" verify sealed.wbx
fails 1 as coord revoke C1

# Ctrl-C at a secret question brings the echo back.
if command -v python3 >/dev/null; then
	python3 - "$BIN/waybill" "$scratch/k1" <<'END' || die "echo stays off"
import os, pty, signal, subprocess, sys, termios, time
parent, child = pty.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    import fcntl
    fcntl.ioctl(child, termios.TIOCSCTTY, 0)
    for fd in 0, 1, 2:
        os.dup2(child, fd)
    os.execv(sys.argv[1], [sys.argv[1], "--dir", sys.argv[2], "status"])
said = b""
while b"Passphrase:" not in said:
    said += os.read(parent, 1000)
if termios.tcgetattr(child)[3] & termios.ECHO:
    sys.exit("the passphrase would be shown")
os.kill(pid, signal.SIGINT)
_, status = os.waitpid(pid, 0)
if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT):
    sys.exit("it did not end by the signal: %r" % status)
if not termios.tcgetattr(child)[3] & termios.ECHO:
    sys.exit("no echo")
END
fi

# Addresses, and what is remembered of them.
fails 2 as k1 sync --server http://example.org
says "this machine alone"
fails 6 as k1 sync --server http://127.0.0.1:1 --proxy socks5h://127.0.0.1:1
says "socks5h://127.0.0.1:1"
as k1 status --json | jq -e '.route == "proxy" and
    .proxy == "socks5h://127.0.0.1:1"' >/dev/null || die "the route"
as k1 status | grep -q "socks5h" || die "the proxy in status"
fails 6 as k1 sync --server http://127.0.0.1:1 --proxy none

# A server that takes the call and stays silent is given up soon.
if command -v python3 >/dev/null; then
	python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(60)' >silent &
	started+=("$!")
	while [ ! -s silent ]; do sleep 0.05; done
	before=$SECONDS
	fails 6 as k1 sync --server "http://127.0.0.1:$(cat silent)"
	says "does not answer"
	[ $((SECONDS - before)) -lt 25 ] || die "waited $((SECONDS - before)) s"
fi

# A server is remembered once it was reached, and named when it was not.
as k1 sync --quiet >/dev/null || die "an address that failed is remembered"
stop_server
fails 6 as k1 sync
says "$url: no connection"
serve

# The sync line counts from the moment of saving.
as k1 log rice 1sack S-12 >/dev/null 2>err
says "1 not sent · oldest just now"
as k1 status --json | jq -e '.oldest_unsent | test("T00:00:00Z") | not' \
    >/dev/null || die "a made-up midnight"

# Words and next steps for the commonest slips.
# hints EXIT TEXT COMMAND...
hints() {
	local want=$1 text=$2
	shift 2
	fails "$want" "$@"
	says "$text"
}
hints 2 "a point for the comma" as k1 log rice 2,5sack
hints 2 "--unit m3" as k1 log rice 2.5m3
hints 2 "1000" as k1 log rice 1e3
hints 2 "1099511627.776" as k1 log rice 99999999999sack
hints 2 "one word: 2sack" as k1 log rice 2 sack S-12
hints 2 "1970-01-02 to 2199-12-31" as k1 log rice 1sack --date 1969-12-31
hints 2 "no messages in" as k1 status --lang fr
hints 1 "Check the name" "$BIN/waybill" --dir k1 -P nowhere status
hints 1 "there is no log in nowhere" "$BIN/waybilld" serve --dir nowhere
hints 2 "bogus" "$BIN/waybilld" serve --dir srv --listen bogus
: >nothing
hints 2 "on one line" "$BIN/waybill" --dir k1 -P nothing status
echo short >short
"$BIN/waybill" --dir k9 -P short --no-input join k4.invite -o k9.request \
    >/dev/null 2>err
says "passphrase is short"

# A correction of the day alone.
as k1 log rice 3sack S-12 --json >out 2>/dev/null
number=$(jq .number out)
as k1 fix "$number" --date 2026-03-01 --json >out
jq -e '.saved[1].day == "2026-03-01" and .saved[1].lines[0].quantity == 3' \
    out >/dev/null || die "fix --date"

# An auditor has no contents to add up.
enrol a1 auditor
hints 1 "an auditor reads no contents" as a1 totals

# What follows the program's name is nobody else's business.  The passphrase
# comes through a pipe, so that the command waits where it can be looked at.
mkfifo pipe
"$BIN/waybill" --dir k1 -P pipe --quiet log rice 1sack S-12 >out &
logging=$!
started+=("$logging")
for _ in $(seq 100); do
	shown=$(tr '\0' ' ' <"/proc/$logging/cmdline" | sed 's/ *$//')
	[ "$shown" != "$BIN/waybill" ] || break
	sleep 0.05
done
same "$BIN/waybill" "$shown" "what ps shows"
cat k1.pass >pipe
wait "$logging" || die "the hidden arguments were not taken"
# Whoever may not is told so before anything else, and no server is blamed.
for words in "log rice 1sack S-12" "log nothing 1 nowhere"; do
	# shellcheck disable=SC2086 # words of one command
	hints 1 "only field members and coordinators" as a1 $words
done
for who in a1 k1; do
	as "$who" sync --quiet >/dev/null
	for words in "disclose K9-99 -o one.wbx" tally "items add x" \
	    "places add x" "invite --role field" "revoke nobody" \
	    "approve k4.request -o x.welcome" "key export-reader -o x" \
	    "tally answer -o x" "policy set $scratch/vkey"; do
		# shellcheck disable=SC2086 # words of one command
		fails 1 as "$who" $words --json
		jq -e '.error.id == "not-coordinator"' err >/dev/null || {
			cat err
			die "$who may $words"
		}
	done
done
fails 1 as k1 verify --server --json
jq -e '.error.id == "not-whole-log"' err >/dev/null || die "verify --server"
[ ! -e x ] && [ ! -e x.welcome ] || die "a file is left"

# Each error says what is safe and one next step, whoever made it.
told() {
	local want=$1 words=$2
	shift 2
	fails "$want" "$@" --json
	jq -e --arg words "$words" '.error.next | contains($words)' err \
	    >/dev/null || {
		cat err
		die "no \"$words\": $*"
	}
}
told 2 "Nothing was saved. See: waybill log --help" as k1 log rice
told 2 "Nothing was saved. See: waybill log --help" as k1 log --hepl
told 2 "Nothing was saved. See: waybill fix --help" as k1 fix
told 1 "Nothing was saved. See what is known" as k1 log rcie 1sack
told 1 "Nothing was saved." as k1 log rice 1sack --note "$(printf 'a\tb')"
told 5 "Nothing was saved. Try again" "$BIN/waybill" --dir k1 -P short log \
    rice 1sack
told 1 "Nothing was saved." as k1 import k1
told 2 "See: waybill list --help" as k1 list --limit 0
told 2 "Nothing was changed." as coord items add
told 2 "Nothing was made." as coord invite --role king
told 2 "See: waybill totals --help" as coord totals --by itme
as k1 list --limit 0 --json 2>&1 | grep -q "othing was" &&
	die "a list that saves nothing says so"

# A list is of this device alone; a record says where in the log it is.
as coord list 2>err >/dev/null
says "waybill totals"
as a1 list 2>err >/dev/null
says "waybill verify"
as k1 sync --quiet >/dev/null
as k1 show 1 --json | jq -e '.entry | type == "number"' >/dev/null ||
	die "no log entry"
as k1 show 1 | grep -q '^In the log  entry [0-9]' || die "no log entry in words"
as k1 log rice 1sack S-12 --json 2>/dev/null | jq -e '.entry == null' \
    >/dev/null || die "an entry before any sync"

# Several files: each verdict with its name, the worst decides.
as coord sync --quiet >/dev/null
as coord pack --for-audit two.wbx --quiet >/dev/null
as coord sync --quiet >/dev/null
good=(--programme "$programme")
for program in "$BIN/waybill verify" "$BIN/waybill-verify"; do
	# shellcheck disable=SC2086 # a program and its command
	$program two.wbx two.wbx "${good[@]}" --json >out
	jq -es 'map(.file == "two.wbx" and .result == "good") == [true, true]' \
	    out >/dev/null || die "$program of two files"
	# shellcheck disable=SC2086
	fails 1 $program two.wbx nowhere "${good[@]}"
	says "cannot open nowhere"
	# shellcheck disable=SC2086
	fails 4 $program two.wbx nowhere two.wbx --programme "$(printf '%064d' 1)"
done
fails 2 "$BIN/waybill" --dir nowhere verify
says "name a file"

# Nothing new to publish.
as coord tally --small-cells --quiet >/dev/null
fails 1 as coord tally --small-cells
says "since the last tally; nothing was published"

# An empty --dir is a slip of a script, not the folder of somebody else.
hints 2 "--dir names no folder" "$BIN/waybill" --dir "" -P k1.pass list
