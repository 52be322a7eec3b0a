#!/bin/bash
# docs/formats.md, run as it stands: other people's tools read our content.
# usage: formats.sh BIN
BIN=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/flow/lib.sh
. "$top/tests/flow/lib.sh"
for tool in age protoc python3 jq; do
	command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
# Debian's Python has the packages; another one may stand before it.
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
$python -c 'import google.protobuf, nacl' 2>/dev/null || { echo "no packages"; exit 77; }

found
as coord items add rice --unit sack --quiet
as coord places add S-12 --quiet
enrol k1
as k1 log rice 2.5sack S-12 --quiet
as k1 log rice 1sack S-12 --note "behind the mill" --quiet
as k1 sync --quiet
as coord sync --quiet
as coord pack --for-audit "$scratch/evidence.wbx" --quiet
as coord key export-reader -o "$scratch/reader.txt" 2>"$scratch/err"
says "opens every record"

as coord disclose K1-1 --goods-only -o "$scratch/goods.wbx" --quiet >/dev/null
as coord disclose K1-2 -o "$scratch/whole.wbx" --quiet >/dev/null

cd "$scratch"
block() { # NAME: the code block of that name
	awk -v want="name=$1" '$0 ~ "^```" { on = index($0, want) > 0; next } on' \
	    "$top/docs/formats.md" >"$1"
	[ -s "$1" ] || die "docs/formats.md has no block $1"
}
block split.py
block read.py
protoc -I "$top/proto" --python_out=. envelope.proto record.proto
$python split.py evidence.wbx >names
[ -s names ] || die "no content in the bundle"
while read -r name; do
	age -d -i reader.txt "$name" >content
	protoc -I "$top/proto" --decode=waybill.Content record.proto <content |
	    grep -q '^manifest'
	$python read.py "$name" reader.txt
done <names >records
same 2 "$(grep -c 'item: "rice"' records)" "records read"
grep -q 'quantity: 2500' records || die "the quantity is missing"
grep -q 'behind the mill' records || die "the note is missing"
block disclosed.py
$python disclosed.py goods.wbx "$programme" >shown
grep -q 'quantity: 2500' shown || die "the goods are not shown"
! grep -q 'S-12' shown || die "the place is shown"
$python disclosed.py whole.wbx "$programme" >shown
grep -q 'behind the mill' shown || die "the note is not shown"
! $python disclosed.py whole.wbx "${programme//[0-4]/5}" >/dev/null 2>&1 ||
    die "another programme passed"
# One hash of the path, which stands before the checksum.
$python -c 'd = bytearray(open("goods.wbx", "rb").read())
d[-40] ^= 1; open("bent.wbx", "wb").write(d)'
! $python disclosed.py bent.wbx "$programme" >/dev/null 2>&1 ||
    die "an altered disclosure passed"
$python -c 'f = open("evidence.wbx", "r+b"); f.seek(-1, 2)
last = f.read()[0]; f.seek(-1, 2); f.write(bytes([last ^ 1]))'
! $python split.py evidence.wbx >/dev/null 2>&1 || die "an altered bundle passed"
echo ok
