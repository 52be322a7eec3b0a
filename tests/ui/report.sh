#!/bin/bash
# The pages of `report` in a real browser: as pictures, on paper, on a phone.
# Nothing may be fetched, nothing may be run, nothing may stick out.
# usage: report.sh BIN_DIR [OUT_DIR]   OUT_DIR keeps the pictures and papers
BIN=$1
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/../flow/lib.sh"
for tool in chromium pdfinfo pdftotext jq; do
	command -v "$tool" >/dev/null || {
		echo "skipped: $tool is not here (deploy/packages.sh test)"
		exit 77
	}
done
cd "$scratch"
out=${2:-$scratch/out}
mkdir -p "$out"

# A browser that knows nobody and reaches nobody; root cannot have its sandbox.
flags=(--headless --disable-gpu --hide-scrollbars --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    "--user-data-dir=$scratch/browser" "--host-resolver-rules=MAP * ~NOTFOUND"
    --enable-logging=stderr)
[ "$(id -u)" -ne 0 ] || flags+=(--no-sandbox)

# browse WHAT... URL: what it fetched is in net.json, what it said in browser.log.
browse() {
	HOME=$scratch timeout 120 chromium "${flags[@]}" \
	    "--log-net-log=$scratch/net.json" "$@" >browser.out 2>browser.log ||
	    { tail -n 20 browser.log >&2; die "the browser failed"; }
}

# fetched: addresses that the browser asked for on a page's behalf.
fetched() {
	grep -oE '"url":"(https?|ftp|wss?):[^"]*"' net.json | sort -u |
	    grep -vE '"(https?://(update\.googleapis|clients2\.google|accounts\.google|android\.clients\.google)\.com/|http://127\.0\.0\.1:[0-9]+/json)' ||
	    true
}

quiet() { # WHAT
	local urls
	urls=$(fetched)
	[ -z "$urls" ] || die "$1 fetched $urls"
	if grep -E 'CONSOLE' browser.log >&2; then die "$1 complained"; fi
}

# A page that does fetch and run is noticed, or this test tells nothing.
cat >control.html <<END
<!DOCTYPE html><img src="http://tracker.invalid/x.png">
<script>console.error("ran")</script>
END
browse --screenshot=control.png "file://$scratch/control.html"
grep -q tracker.invalid <<<"$(fetched)" || die "a fetch goes unnoticed"
grep -q 'CONSOLE.*ran' browser.log || die "a script goes unnoticed"

# A programme with long names, names from right to left, and hostile ones.
found
long="Tarpaulin, reinforced, 4 by 6 metres, with eyelets and rope, of the grey kind"
rtl=$'\u0623\u0631\u0632 \u0623\u0628\u064a\u0636'
{
	echo "date,place,item,unit,quantity,category"
	for i in $(seq 1 40); do
		echo "2026-0$((1 + i % 6))-1$((i % 9)),S-$((i % 5)),Item $i,sack,$((i * 137)),Food"
	done
	echo "2026-02-01,S-1,\"$long\",unit,1099511627,Shelter"
	echo "2026-02-01,S-1,$rtl,sack,2.5,Food"
	for i in 1 2 3; do
		echo "2026-02-0$i,S-1,<script>console.error(1)</script>,<img src=x onerror=console.error(2)>,12,<b>evil"
	done
} >goods.csv
as coord items add --from goods.csv --quiet
as coord places add --from goods.csv --quiet
enrol k1
enrol k2
as k1 import goods.csv --quiet
as k2 log "$rtl" 1sack S-1 --quiet
as k1 sync --quiet
as k2 sync --quiet
as coord sync --quiet
as coord pack --for-audit evidence.wbx --quiet
cp evidence.wbx bad.wbx
printf '\x01' | dd of=bad.wbx bs=1 seek=700 conv=notrunc status=none
as coord report evidence.wbx -o good.html --quiet
as coord report bad.wbx -o bad.html --quiet || same 4 $? "a bad file"
"$BIN/waybill" report evidence.wbx -o unchecked.html --quiet || same 3 $? "unpinned"

# The widths that a page takes when it is shown in a frame of WIDTHS.
cat >frames.html <<'END'
<!DOCTYPE html><meta charset="utf-8"><body><p id="widths"></p><script>
const pages = ["good", "bad", "unchecked"], widths = [320, 360, 390, 1280];
for (const page of pages) for (const width of widths) {
	const f = document.createElement("iframe");
	f.width = width; f.height = 800; f.scrolling = "no";
	f.src = page + ".html";
	document.body.append(f);
}
onload = () => {
	let text = "";
	for (const f of document.querySelectorAll("iframe")) {
		const e = f.contentDocument.scrollingElement;
		text += f.width + ":" + e.scrollWidth + " ";
	}
	document.getElementById("widths").textContent = text;
};
</script>
END
browse --allow-file-access-from-files --virtual-time-budget=5000 --dump-dom \
    "file://$scratch/frames.html"
quiet "a page in a frame"
widths=$(sed -n 's/.*<p id="widths">\([^<]*\)<.*/\1/p' browser.out)
same 12 "$(wc -w <<<"$widths")" "pages measured"
for pair in $widths; do
	[ "${pair#*:}" -le "${pair%:*}" ] ||
	    die "a page ${pair%:*} pixels wide needs ${pair#*:}"
done

words=("good GOOD" "bad BAD" "unchecked COULD NOT CHECK")
for pair in "${words[@]}"; do
	name=${pair%% *} verdict=${pair#* }
	browse --window-size=1280,4200 "--screenshot=$out/$name-1280.png" \
	    "file://$scratch/$name.html"
	quiet "$name.html"
	cat >phone.html <<END
<!DOCTYPE html><body style="margin:0"><iframe scrolling=no src="$name.html"
style="border:0;width:360px;height:6000px"></iframe>
END
	browse --window-size=500,6000 "--screenshot=$out/$name-360.png" \
	    "file://$scratch/phone.html"
	browse --no-pdf-header-footer "--print-to-pdf=$out/$name.pdf" \
	    "file://$scratch/$name.html"
	quiet "$name.html on paper"
	pages=$(pdfinfo "$out/$name.pdf" | awk '/^Pages:/ { print $2 }')
	if [ "$pages" -lt 2 ] || [ "$pages" -gt 12 ]; then
		die "$name.pdf has $pages pages"
	fi
	pdfinfo "$out/$name.pdf" | grep -q 'A4' || die "$name.pdf is not A4"
	pdftotext -l 1 "$out/$name.pdf" first.txt
	grep -qF "$verdict" first.txt || die "$name.pdf does not begin with $verdict"
	pdftotext "$out/$name.pdf" all.txt
	grep -qF 'Check it yourself' all.txt || die "$name.pdf does not end"
done
pdftotext -raw "$out/good.pdf" - | tr -d '\n ' >raw.txt
grep -qF '<script>console.error(1)</script>' raw.txt || die "a hostile name is not shown as what it is"
echo "ok: 3 pages, 12 widths, 3 papers; pictures in $out"
