#!/bin/bash
# report: the page of good, bad and unchecked evidence, for strangers and for
# members, with names that try to be markup; where it may be written.
# usage: report.sh BIN_DIR
BIN=$1
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || exit 77
cd "$scratch"

# page FILE WORDS: the page has them, and nothing that a browser would load.
page() {
	grep -qF -- "$2" "$1" || die "$1 does not say: $2"
	if grep -qE 'https?:|<script|<link|<img|<iframe|src=|url\(|@import' "$1"; then
		die "$1 loads or runs something"
	fi
}

evil='<script>alert(1)</script>'
rtl=$'\u0623\u0631\u0632' # rice, from right to left
found
as coord items add "$evil" --unit '"box" onload=x' --category '<b>food' --quiet
as coord items add "$rtl" --unit sack --category '<b>food' --quiet
as coord places add S-12 --quiet
enrol k1
as k1 log "$evil" '3"box" onload=x' S-12 --quiet
as k1 log "$rtl" 2.5sack S-12 --quiet
as k1 sync --quiet
as coord sync --quiet
as coord pack --for-audit evidence.wbx --quiet
sum=$(sha256sum evidence.wbx | cut -d' ' -f1)

# Anybody, without a vault.
"$BIN/waybill" report evidence.wbx --programme "$programme" -o out.html \
    --json >out.json
same "good false out.html" "$(jq -r '"\(.result) \(.totals) \(.file)"' out.json)" json
same "$(stat -c %s out.html)" "$(jq .bytes out.json)" "bytes said"
same 600 "$(stat -c %a out.html)" mode
page out.html ">GOOD</p>"
page out.html "with --programme"
page out.html "$sum"
page out.html "waybill-verify evidence.wbx --programme $programme"
page out.html "made without their keys"
page out.html "policy asks for no witness"
if grep -q alert out.html; then die "a stranger read an item's name"; fi

# A member whose keys open the contents: the same page with totals.
as coord report evidence.wbx -o out.html --quiet >/dev/null
page out.html "the member&#39;s vault"
page out.html "Northern route"
page out.html "&lt;script&gt;alert(1)&lt;/script&gt;"
page out.html "&quot;box&quot; onload=x"
page out.html "&lt;b&gt;food"
page out.html "$rtl"
page out.html '<td class="n">2.5</td>'
if grep -q S-12 out.html; then die "a place is in the page"; fi

# A member's own vault, and a second report over the first.
as coord report -o out.html --quiet >/dev/null
page out.html "own vault"
page out.html "waybill pack --for-audit evidence.wbx"

# An auditor reads no contents: unchecked, and a page all the same.
enrol auditor auditor
as auditor sync --quiet
fails 3 as auditor report -o auditor.html
page auditor.html "COULD NOT CHECK"

# Nobody said which programme it must be.
fails 3 "$BIN/waybill" report evidence.wbx -o unchecked.html
page unchecked.html "COULD NOT CHECK"
page unchecked.html "nobody: it is what the file says of itself"

# A bad file gets its page too; one bit is enough.
cp evidence.wbx "b'ad;.wbx"
printf '\x01' | dd of="b'ad;.wbx" bs=1 seek=700 conv=notrunc status=none
fails 4 "$BIN/waybill" report "b'ad;.wbx" --programme "$programme" -o bad.html
page bad.html ">BAD</p>"
page bad.html "<code>altered</code>"
page bad.html "&#39;b&#39;\\&#39;&#39;ad;.wbx&#39;"
fails 4 "$BIN/waybill" report evidence.wbx --programme "$(printf '%064d' 7)" \
    -o other.html
page other.html "<code>programme</code>"

# One record, shown with its place: the page still leaves the place out.
as coord disclose K1-2 -o one.wbx --quiet >/dev/null
"$BIN/waybill" report one.wbx --programme "$programme" -o one.html --quiet \
    >/dev/null
page one.html "The record shown"
page one.html "$rtl"
page one.html "The file shows its place too"
if grep -q -e S-12 -e alert one.html; then die "more than the goods is shown"; fi

# Published totals, where they were added up.
as coord tally --small-cells --quiet >/dev/null
as coord pack --headers-only public.wbx --quiet >/dev/null
"$BIN/waybill" report public.wbx --programme "$programme" --tally \
    -o public.html --quiet >/dev/null
page public.html "Published totals"
page public.html "&lt;script&gt;alert(1)&lt;/script&gt;"
page public.html "public.wbx --programme $programme --tally"

# Where it cannot go, nothing is touched.
fails 2 "$BIN/waybill" report evidence.wbx
says "-o"
echo mine >notes.txt
fails 1 "$BIN/waybill" report evidence.wbx -o notes.txt
same mine "$(cat notes.txt)" "somebody else's file"
fails 1 "$BIN/waybill" report evidence.wbx -o evidence.wbx
same "$sum" "$(sha256sum evidence.wbx | cut -d' ' -f1)" "the evidence"
fails 1 "$BIN/waybill" report evidence.wbx -o nowhere/out.html
fails 1 "$BIN/waybill" report missing.wbx -o new.html
[ ! -e new.html ] || die "a page about nothing"
fails 2 "$BIN/waybill" report evidence.wbx --programme 12 -o new.html
[ -z "$(find . -name '*.new')" ] || die "a half-written page stayed"
echo ok
