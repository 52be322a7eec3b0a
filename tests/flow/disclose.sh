#!/bin/bash
# A record for somebody outside: it proves itself with the programme's id and
# nothing else, and nothing of any other record, or of its place, is in it.
# usage: disclose.sh FOLDER_OF_BINARIES
BIN=$(realpath "$1")
command -v jq >/dev/null || { echo "no jq: skipped"; exit 77; }
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$scratch"
found
as coord items add Rice --unit sack --quiet >/dev/null
as coord items add "Insulin" --unit box --quiet >/dev/null
as coord places add Farmhouse --quiet >/dev/null
as coord places add Chapel --quiet >/dev/null
enrol k1
as k1 log Rice 2.5sack Farmhouse --date 2026-03-01 --note "ask for Tomas" \
    --people 41 --quiet
as k1 log Insulin 7box Chapel --date 2026-03-02 --quiet
as k1 log Rice 9sack Chapel --date 2026-03-03 --quiet

# verify FILE [OPTION...]: by somebody without vault, set-up or network.
verify() {
	env -i "$BIN/waybill-verify" "$@"
}

# absent FILE WORD...: none of these bytes is in it.
absent() {
	local file=$1 word
	shift
	for word; do
		! grep -qaiF -- "$word" "$file" || die "$file tells: $word"
	done
}

# Not before it is in the log, and only by those who can read it.
fails 1 as coord disclose K1-1 -o early.wbx
says "no record K1-1"
as k1 sync --quiet
as coord sync --quiet
fails 1 as k1 disclose K1-1 -o field.wbx
says "only a coordinator"
as coord log Rice 1sack Chapel --quiet
fails 1 as coord disclose 1 -o early.wbx
says "not in the log yet"
fails 2 as coord disclose K1-1
says "needs -o FILE"
fails 1 as coord disclose K1-9 -o none.wbx
for f in early.wbx field.wbx none.wbx; do
	[ ! -e $f ] || die "$f was written"
done

fails 1 as coord disclose K1-1 --for "two
lines" -o early.wbx
[ ! -e early.wbx ] || die "early.wbx was written"
as coord disclose K1-1 --goods-only --for "Red Cross" -o goods.wbx 2>err
says "cannot be taken back"
says "goes with the next sync"
same 1 "$(as coord status --json | jq .papers_unsent)" "a note waits"
as coord disclose k1-0001 -o whole.wbx --json >out
same "whole.wbx K1-1 false" "$(jq -r '"\(.file) \(.id) \(.goods_only)"' out)" \
    "what disclose says"
fails 1 as coord disclose K1-1 -o goods.wbx
says "there already"

# What it proves.
fails 0 verify goods.wbx --programme "$programme" --json
same "good delivered 2026-03-01 Rice sack 2.5 K1 null" \
    "$(jq -r '.disclosed[0] as $d | $d.lines[0] as $l |
    "\(.result) \($d.kind) \($d.day) \($l.item) \($l.unit) \($l.quantity) " +
    "\($d.device) \($d.place)"' out)" "the goods"
fails 0 verify whole.wbx --programme "$programme" --json
same "good 2.5 Farmhouse 41 ask for Tomas 1" \
    "$(jq -r '.disclosed[0] as $d | $d.place as $p |
    "\(.result) \($d.lines[0].quantity) \($p.to) \($p.people) \($p.note) " +
    "\($p.number)"' out)" "the whole record"
fails 0 verify goods.wbx --programme "$programme"
grep -q "GOOD: the programme recorded this" out || die "no verdict"
grep -q "Place *not shown" out || die "it does not say what is not shown"
grep -q "Rice .*2.5 .*sack" out || die "it does not show the goods"
grep -q "corrected later" out || die "it does not say what it cannot tell"
fails 0 as coord verify goods.wbx
fails 3 verify goods.wbx
fails 4 verify goods.wbx --programme "${programme//[0-4]/5}"

# What it does not tell.
absent goods.wbx Farmhouse Chapel Insulin Tomas
absent whole.wbx Chapel Insulin

# An altered or cut file proves nothing, and shows nothing.
size=$(wc -c <goods.wbx)
for at in $(seq 0 97 $((size - 1))); do
	cp goods.wbx bad.wbx
	byte=$(od -An -tu1 -j "$at" -N 1 goods.wbx)
	# shellcheck disable=SC2059 # the format is the byte
	printf "\\$(printf %o $((byte ^ 4)))" |
	    dd of=bad.wbx bs=1 seek="$at" conv=notrunc status=none
	fails 4 verify bad.wbx --programme "$programme" --json
	same 0 "$(jq '.disclosed | length' out)" "shown of a file altered at $at"
done
head -c $((size - 40)) goods.wbx >cut.wbx
fails 4 verify cut.wbx --programme "$programme"

# One that was voided later can be shown, with a warning.
as k1 fix 3 --void --why mistyped --quiet
as k1 sync --quiet
as coord sync --quiet
as coord disclose K1-3 -o voided.wbx >/dev/null 2>err
says "was voided later"
fails 0 verify voided.wbx --programme "$programme"
as coord disclose K1-4 -o void.wbx --quiet >/dev/null
fails 0 verify void.wbx --programme "$programme" --json
same void-delivered "$(jq -r '.disclosed[0].kind' out)" "the void"

# Whom it was shown to, every coordinator can read, and nobody else.
enrol coord2 coordinator
as coord sync --quiet
as coord2 sync --quiet >/dev/null
as coord2 show K1-1 >shown
grep -q "^Shown *to Red Cross on ....-..-.. by C1 (goods only)$" shown ||
    die "the other coordinator is not told: $(cat shown)"
grep -q "^Shown *to somebody on ....-..-.. by C1$" shown ||
    die "a nameless showing is not told: $(cat shown)"
same "2 goods Red Cross true" "$(as coord show K1-1 --json |
    jq -r '"\(.shown | length) " + (.shown[0] |
    "\(.what) \(.to) \(.logged)")')" "the notes of a record"
same 0 "$(as coord2 show K1-2 --json | jq '.shown | length')" \
    "notes of another record"
same 0 "$(as k1 show 1 --json | jq '.shown | length')" "notes on a field device"
! grep -rqaF "Red Cross" srv k1 || die "a stranger can read the note"

# Evidence for others is noted too; a field member's is nobody's to note.
same true "$(as coord pack --for-audit --shown-to Donor all.wbx --json |
    jq .noted)" "evidence noted"
same true "$(as coord pack --headers-only heads.wbx --json | jq .noted)" \
    "headers noted"
same false "$(as k1 pack --for-audit mine.wbx --json | jq .noted)" \
    "evidence of a field device"
fails 2 as coord pack --shown-to Donor drive.wbx
as coord sync --quiet
fails 0 as coord verify
as coord pack --for-audit all.wbx --quiet >/dev/null
fails 0 verify all.wbx --programme "$programme"

# Broken off anywhere, it leaves no record shown that is not noted.
if strace -o /dev/null true 2>/dev/null; then
	waiting=$(as coord status --json | jq .papers_unsent)
	for call in fdatasync:1 fsync:1 rename:1 fsync:2; do
		fails 137 strace -qq -o /dev/null -e trace=${call%:*} \
		    -e inject=${call%:*}:signal=KILL:when=${call#*:} \
		    "$BIN/waybill" --dir coord -P coord.pass --no-input \
		    disclose K1-1 -o broken.wbx
		noted=$(as coord status --json | jq .papers_unsent)
		! grep -qaF Rice broken.wbx* 2>/dev/null ||
		    [ "$noted" -gt "$waiting" ] ||
		    die "broken off at $call, it shows and is not noted"
		waiting=$noted
		rm -f broken.wbx*
	done
fi

# Nobody takes such a file in for a bundle of news.
fails 0 as k1 unpack goods.wbx
echo ok
