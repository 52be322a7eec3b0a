#!/bin/bash
# Runs Waybill's main job on this machine, for real: a server, a coordinator,
# three field devices and an auditor.  Deliveries are logged offline, synced,
# totalled and verified.
# usage: deploy/quickstart.sh [CSV]
#   CSV   deliveries: date,place,item,quantity,unit and, if there, mission,
#         category, district, ... (default: a small sample, deploy/sample.csv)
# Installs the Debian packages that are missing, builds under build/, and puts
# everything it makes into a new folder (WAYBILL_DEMO, or under build/).
set -euo pipefail
case "${1:-}" in
-h | --help)
	sed -n '2,9s/^# \{0,1\}//p' "$0"
	exit 0
	;;
-*)
	echo "unknown option $1; see deploy/quickstart.sh --help" >&2
	exit 2
	;;
esac
[ $# -le 1 ] || { echo "one file at most; see --help" >&2; exit 2; }
top=$(cd "$(dirname "$0")/.." && pwd)
csv=${1:-$top/deploy/sample.csv}
[ -f "$csv" ] && [ -r "$csv" ] || { echo "cannot read the file $csv" >&2; exit 2; }
csv=$(cd "$(dirname "$csv")" && pwd)/$(basename "$csv")
cd "$top"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }

say "1. Build"
sh deploy/packages.sh build
mkdir -p build
cmake -S . -B build/quickstart -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DBUILD_TESTING=OFF >build/quickstart.log
ninja -C build/quickstart >>build/quickstart.log ||
    { tail -n 30 build/quickstart.log >&2; exit 1; }
PATH=$top/build/quickstart/bin:$PATH
waybill version

demo=${WAYBILL_DEMO:-}
[ -n "$demo" ] || demo=$(mktemp -d "$top/build/demo-XXXXXX")
mkdir -p "$demo"
[ -z "$(ls -A "$demo")" ] || { echo "$demo is not empty" >&2; exit 2; }
chmod 700 "$demo"
cd "$demo"
umask 077

server=
finish() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
}
trap finish EXIT

# as WHO COMMAND...: the client, with the vault and passphrase of WHO.
as() {
	local who=$1
	shift
	waybill --dir "$demo/$who" --passphrase-file "$demo/$who.passphrase" \
	    --no-input --quiet "$@"
}
new_passphrase() {
	head -c 24 /dev/urandom | base64 >"$demo/$1.passphrase"
}

say "2. A server, which can read nothing of what it keeps"
waybilld init --dir server --origin "quickstart.example/aid" --quiet >log-key
waybilld serve --dir server --listen 127.0.0.1:0 >server.out 2>server.log &
server=$!
for _ in $(seq 100); do
	grep -q '^listening on ' server.out && break
	kill -0 "$server" 2>/dev/null || { cat server.log >&2; exit 1; }
	sleep 0.1
done
url=$(sed -n 's/^listening on //p' server.out)
[ -n "$url" ] || { echo "the server did not start" >&2; cat server.log >&2; exit 1; }
echo "serving at $url, log key $(cat log-key)"

say "3. A coordinator founds the programme and teaches items and places"
new_passphrase coordinator
as coordinator init --name "Quickstart" --server "$url" \
    --log-key "$(cat log-key)" >/dev/null
programme=$(as coordinator status --json | sed -n 's/.*"programme":"\([0-9a-f]*\)".*/\1/p')
echo "programme $programme"
as coordinator items add --from "$csv"
as coordinator places add --from "$csv"

say "4. Three field devices join"
for n in 1 2 3; do
	new_passphrase "field$n"
	as coordinator invite --role field -o "field$n.invite"
	as "field$n" join "field$n.invite" -o "field$n.request"
	as coordinator approve "field$n.request" -o "field$n.welcome" --yes
	as "field$n" join "field$n.welcome"
done
as coordinator people

say "5. Each logs its deliveries offline, into its encrypted vault"
awk -v n=3 -v out="$demo/share" -f "$top/deploy/split.awk" "$csv"
for n in 1 2 3; do
	[ "$(wc -l <"share$n.csv")" -gt 1 ] || continue
	as "field$n" import "share$n.csv"
done

say "6. Sync: sealed and signed batches to the server, receipts back"
for n in 1 2 3; do
	as "field$n" sync
done
as coordinator sync
for n in 1 2 3; do
	as "field$n" sync
	as "field$n" status
done

say "7. The coordinator reads the totals"
as coordinator totals --by category

say "8. An auditor with nothing but the programme's id checks the evidence"
as coordinator pack --for-audit evidence.wbx
waybill verify evidence.wbx --programme "$programme"
as coordinator report evidence.wbx -o report.html >/dev/null

say "9. Where everything is"
cat <<END
$demo/
  server/                 the server's log and store: ciphertext only
  coordinator/ field1-3/  one encrypted vault each
  *.passphrase            their passphrases (for this demonstration only)
  evidence.wbx            what the auditor checked; so does, on any machine,
                          waybill-verify $demo/evidence.wbx --programme $programme
  report.html             the same as a page to look at and print, with totals
Look further, for example:
  waybill --dir $demo/coordinator -P $demo/coordinator.passphrase totals --by place
  waybill --dir $demo/field1 -P $demo/field1.passphrase list
with $top/build/quickstart/bin in your PATH.  Remove the folder when done.
END
