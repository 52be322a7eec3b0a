#!/bin/bash
# Nobody waits longer than a second at 128, 256 and 512 connections, the
# numbers at which libmicrohttpd's own threads stall; and answers from other
# threads do not wait for the loop's next tick (250 ms).
# usage: http_crowd.sh HTTP_MIRROR HTTP_LOAD [REQUESTS]
set -eu
mirror=$1
load=$2
requests=${3:-20000}
coproc "$mirror"
read -r port <&"${COPROC[0]}"
in=${COPROC[1]}
out=${COPROC[0]}
rc=0
for path in /now /worker; do
	for connections in 128 256 512; do
		saw=$("$load" -c "$connections" -n "$requests" -t 60 -g 1000 \
		    -q 200 -z 2500 -p "$path" "$port") || rc=1
		echo "$path $connections: $saw"
	done
done
exec {in}>&-
read -r cost <&"$out"
echo "$cost"
exit $rc
