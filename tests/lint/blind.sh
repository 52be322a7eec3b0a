#!/bin/sh
# The server is blind by construction: it holds no symbol of the record
# library.  The same look at the client must find them, or the test is blind.
# usage: blind.sh BIN_DIR
set -eu
bin=$1
names='wb_(goods|place|part|content|manifest|catalogue|places|names|invite|join_request|welcome)_(en|de)code|waybill__(goods|place|part|content|manifest|session|names)__'
symbols() {
	nm "$1" | grep -cE " [TtDdRrBb] ($names)" || true
}
[ "$(symbols "$bin/waybill")" -gt 10 ] || {
	echo "the client shows no record symbols: is it stripped?"
	exit 1
}
[ "$(symbols "$bin/waybilld")" -eq 0 ] || {
	echo "the server links the record library:"
	nm "$bin/waybilld" | grep -E " [TtDdRrBb] ($names)"
	exit 1
}
