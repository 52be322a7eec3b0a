#!/bin/bash
# The everyday commands on the real programs, without any connection: found a
# programme, teach, join, log, list, show, fix, again, import, totals, status.
# usage: entry.sh WAYBILL WAYBILLD
set -u
waybill=$(realpath "$1")
waybilld=$(realpath "$2")
command -v jq >/dev/null || { echo "no jq: skipped"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
echo passphrase >p
failed=0

fail() {
	echo "FAILED: $*"
	failed=1
}
# as WHO COMMAND...: stdout in out, stderr in err.
as() {
	local who=$1
	shift
	"$waybill" --dir "$who" -P p --no-input "$@" >out 2>err
}
# gives CODE WHO COMMAND...
gives() {
	local want=$1 got
	shift
	as "$@"
	got=$?
	[ "$got" = "$want" ] || {
		fail "exit $got, not $want: $*"
		cat out err
	}
}
# says WHERE TEXT: the last command's stream holds the text.
says() {
	grep -qF -- "$2" "$1" || {
		fail "not in $1: $2"
		cat out err
	}
}
# json FILTER: true of the last command's output.
json() {
	jq -e "$1" out >/dev/null || {
		fail "not so: $1"
		cat out
	}
}

# A programme of a coordinator and a field device.
"$waybilld" init --dir srv --origin flow.example/entry --quiet >vkey ||
	fail "no server"
gives 1 c status --json
jq -e '.error.id == "no-vault" and (.error.text | contains(" c"))' err \
	>/dev/null || fail "no vault, no words"
gives 2 c init --name "Flow" --log-key "$(cat vkey)" --server junk://x
gives 2 c init --name "Flow" --log-key "$(cat vkey)" --server http://example.org
says err "onion"
gives 0 c init --name "Flow" --log-key "$(cat vkey)"
gives 0 c items add rice --unit sack --category food
gives 0 c items add beans --unit kg --category food
gives 0 c items add beans --unit sack --category food
gives 0 c places add S-12
gives 0 c places add S-13
gives 0 c invite --role field -o k.invite
gives 0 k join k.invite -o k.request
gives 0 k status
says out "welcome"
gives 1 k log rice 1sack S-12
gives 0 c approve k.request -o k.welcome --yes
gives 0 k join k.welcome

# log
gives 0 k log rice 2.5sack S-12 --date 2026-03-01
says out "Saved K1-1 · delivered rice 2.5 sack · S-12 · 2026-03-01"
says err "1 not sent · oldest just now · no sync yet"
gives 0 k log rice 2 S-12 --json --quiet --note "by boat" --households 3
json '.v == 1 and .id == "K1-2" and .state == "here" and .households == 3'
json '.lines == [{"item":"rice","unit":"sack","quantity":2,"lot":"",
    "expiry":null,"detail":""}]'
[ ! -s err ] || fail "--quiet talks"
gives 0 k log rice 1sack beans 10kg S-13 --lot L1 --expiry 2027-01-01
gives 2 k log
gives 2 k log rice
gives 2 k log rice sack S-12
gives 2 k log rice 2,5sack
gives 2 k log beans 2 S-12
says err "several units"
gives 2 k log rice 1sack S-12 --date 2026-02-30
gives 2 k log rice 1sack --kind stolen
gives 2 k log rice 1sack --kind lost
gives 1 k log rcie 1sack S-12
says err 'near it: "rice"'
gives 1 k log rice 1sack s-12
gives 1 k log Rice 1sack S-12
gives 1 k log rice 1kg S-12 --json
jq -e '.error.id == "unknown-unit"' err >/dev/null || fail "no stable id"
gives 0 k log rice 1sack S-12 --kind lost --why stolen
gives 0 c log "new thing" 3bag X-1
says out "Saved C1-1"
says err 'the item "new thing" is not known'
says err 'the place "X-1" is not known; it is saved'
gives 2 k log rice -1sack S-12
says err "waybill fix ID --void"

# list and show
gives 0 k list --json
json '.records | length == 4 and .[0].id == "K1-4" and .[3].day == "2026-03-01"'
gives 0 k list --limit 1
[ "$(wc -l <out)" = 2 ] || fail "--limit 1 lists $(cat out)"
gives 0 k show k1-0003 --json
json '.id == "K1-3" and (.lines | length) == 2 and .lines[1].lot == "L1"'
gives 0 k show 3
says out "2027-01-01"
gives 1 k show 99
gives 2 k show seven

# fix and again
gives 2 k fix
gives 2 k fix 1 --qty 3sack --void
gives 0 k fix 1 --qty 3sack
says out "Saved K1-5 · voids K1-1 (mistyped)"
says out "Saved K1-6 · delivered rice 3 sack · S-12 · 2026-03-01"
gives 1 k fix 1 --void
gives 1 k fix 5 --void
gives 2 k fix 3 --qty 1kg
gives 1 k fix 2 --place S-99
gives 0 k again --date 2026-03-02
says out "Saved K1-7 · delivered rice 3 sack · S-12 · 2026-03-02"
gives 0 k fix --void --why counted-again --json
json '.fixed == "K1-7" and (.saved | length) == 1'
gives 0 k show 7 --json
json '.voided == true'

# import
cat >good.csv <<END
date,place,item,quantity,unit,mission,district
2026-03-03,S-12,rice,1,sack,M1,North
2026-03-03,S-13,rice,1.5,sack,M1,North
2026-03-03,S-12,rice,1,sack,M1,North
END
gives 0 k import --dry-run good.csv --json
json '.dry_run and .rows == 3 and .deliveries == 2 and .first == null'
gives 0 k import good.csv --json
json '.rows == 3 and .deliveries == 2 and .bad == [] and
    .ignored == ["district"] and .first == "K1-9" and .last == "K1-10"'
[ ! -s err ] || fail "--json talks on stderr"
gives 1 k import good.csv
says err "imported already"
gives 0 k import - --again <good.csv
says err 'the column "district" is not used'
cat >bad.csv <<END
date,place,item,quantity,unit
2026-03-04,S-12,rice,1,sack
2026-13-04,S-12,rice,1,sack
2026-03-04,S-12,rice,=1+1,sack
2026-03-04,S-12,rcie,1,sack
END
gives 3 k import bad.csv
says err 'line 3: date "2026-13-04"'
says err 'line 4: quantity: "=1+1"'
says err 'line 5: the item "rcie" is not known'
says out "Saved 1 row as 1 delivery"
as k list --json
before=$(jq '.records | length' out)
sed '2d' bad.csv >worse.csv
gives 1 k import worse.csv
says err "not one row could be taken"
echo "date,place" >short.csv
gives 1 k import short.csv
says err "names no column: item, quantity, unit"
gives 1 k import .
head -c 4096 /dev/urandom >binary.csv
gives 1 k import binary.csv
: >empty.csv
gives 1 k import empty.csv
gives 1 k import missing.csv
as k list --json
[ "$(jq '.records | length' out)" = "$before" ] || fail "a bad file changed"

# totals and status
gives 0 k totals --json
json '[.rows[] | select(.item == "rice")] | length == 1'
json '.rows[] | select(.item == "rice") | .delivered == 19.5 and
    .voided == 5.5 and .net == 14 and .lost == 1'
json '.coverage.complete == true and (.coverage.devices | type) == "array"'
gives 0 k totals --by place --from 2026-03-03 --to 2026-03-03 --json
json '[.rows[] | {place, delivered}] ==
    [{"place":"S-12","delivered":4},{"place":"S-13","delivered":3}]'
gives 0 k totals --by category
says out "food"
says out "Coverage:"
gives 2 k totals --by colour
gives 2 k totals --from 2026-03-02 --to 2026-03-01
gives 0 k status --json
json '.label == "K1" and .here == 13 and .stored == 0 and .opened == 0 and
    .last_success == null and (.oldest_unsent | type) == "string"'
gives 0 k status
says out "K1, field"

# Sealed mode: nothing is read back, all is still recorded and corrected.
gives 0 s init --name "Sealed" --log-key "$(cat vkey)" --window-days 0
gives 0 s items add rice --unit sack
gives 0 s invite --role field -o s.invite
gives 0 t join s.invite -o s.request
gives 0 s approve s.request -o s.welcome --yes
gives 0 t join s.welcome
gives 0 t log rice 2sack
gives 1 t again
says err "seals a record when it is saved"
gives 1 t show 1
gives 1 t totals
gives 1 t fix --void
gives 0 t fix 1 rice 2sack --qty 3sack
gives 0 t list --json
json '.records | length == 3 and all(.readable == false)'

for command in log again fix list status show totals import; do
	"$waybill" "$command" --help >out 2>err || fail "$command --help"
	says out "waybill $command"
done
exit "$failed"
