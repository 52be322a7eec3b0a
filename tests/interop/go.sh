#!/bin/sh
# go.sh EMIT_LOG CHECK_COSIGNED FOLDER: Debian's golang-go and
# golang-golang-x-mod-dev check the log that EMIT_LOG writes, and cosign it for
# CHECK_COSIGNED. 77, "skipped", where they are not installed.
set -eu
emit=$1 check=$2 out=$3
src=$(dirname "$0")
if ! command -v go >/dev/null ||
    [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
	echo "skipped: golang-go or golang-golang-x-mod-dev is not there"
	exit 77
fi
rm -rf "$out/log"
mkdir -p "$out/log" "$out/gocache"
"$emit" "$out/log"
GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' CGO_ENABLED=0 \
    GOCACHE=$(cd "$out/gocache" && pwd) go run "$src/check_log.go" \
    "$src/cosigner.go" "$out/log"
"$check" "$out/log"
