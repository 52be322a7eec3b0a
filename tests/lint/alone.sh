#!/bin/sh
# waybill-verify needs nothing of its machine and can speak to nobody: it is
# linked statically and has no symbol of a socket.  The same look at the server
# must find some, or the test is blind.
# usage: alone.sh BIN_DIR
set -eu
bin=$1
names='socket|connect|bind|listen|accept4?|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|getaddrinfo|gethostby[a-z]*|syslog|(curl|sqlite3|MHD)_[a-z_]*'
symbols() { # PROGRAM: those it has, or looks for elsewhere
	nm "$1" | sed -E 's/^[0-9a-f ]+//; s/@.*//' |
	    grep -E "^[TtWwUuIi] (__|__libc_)?($names)$" || true
}
needs() { # PROGRAM: libraries, and the loader
	readelf -lW "$1" | grep INTERP || true
	readelf -dW "$1" | grep NEEDED || true
}
[ -n "$(symbols "$bin/waybilld")" ] && [ -n "$(needs "$bin/waybilld")" ] || {
	echo "nothing is seen in the server: is it stripped?"
	exit 1
}
found="$(symbols "$bin/waybill-verify")$(needs "$bin/waybill-verify")"
[ -z "$found" ] || {
	echo "waybill-verify is not alone:"
	echo "$found"
	exit 1
}
