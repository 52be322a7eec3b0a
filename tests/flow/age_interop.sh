#!/bin/sh
# Our age files against those of the age command, both ways.
# usage: age_interop.sh AGE_FILE   (the test program age_file)
set -eu
skip=77
file=$1
command -v age >/dev/null || { echo "skipped: there is no age command"; exit $skip; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

for who in ada bo chi; do
	"$file" key $who >$who.keys
	sed -n 1p $who.keys >$who.identity
	sed -n 2p $who.keys >$who.recipient
	[ "$(age-keygen -y $who.identity)" = "$(cat $who.recipient)" ]
done
ada=$(cat ada.recipient) bo=$(cat bo.recipient) chi=$(cat chi.recipient)

checks=0
same() { # what, file: equal to what was sealed
	cmp plain "$2" || { echo "differs: $1"; exit 1; }
	checks=$((checks + 1))
}
for size in 0 1 65535 65536 65537 200000; do
	head -c $size /dev/urandom >plain

	"$file" seal "$ada" <plain >ours
	age -d -i ada.identity ours >opened
	same "ours, opened by age, $size bytes" opened

	"$file" seal "$ada" "$bo" "$chi" <plain >ours
	for who in ada bo chi; do
		age -d -i $who.identity ours >opened
		same "ours to three, opened by age for $who, $size bytes" opened
	done

	age -r "$ada" <plain >theirs
	"$file" open "$(cat ada.identity)" <theirs >opened
	same "age's, opened by us, $size bytes" opened

	age -r "$ada" -r "$bo" -r "$chi" <plain >theirs
	for who in ada bo chi; do
		"$file" open "$(cat $who.identity)" <theirs >opened
		same "age's to three, opened by us for $who, $size bytes" opened
	done
done

# And what must not open does not, here as there.
refused() { # command...: it must fail and give nothing
	if "$@" >opened 2>/dev/null; then
		echo "opened: $*"
		exit 1
	fi
	[ ! -s opened ]
}
"$file" seal "$ada" <plain >ours
head -c 200100 ours >short
refused "$file" open "$(cat bo.identity)" <ours
refused "$file" open "$(cat ada.identity)" <short
refused age -d -i bo.identity ours
if age -d -i ada.identity short >opened 2>/dev/null; then
	echo "age opened a file cut short"
	exit 1
fi
echo "$checks files were read alike"
