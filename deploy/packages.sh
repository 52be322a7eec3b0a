#!/bin/sh
# Installs the Debian packages that Waybill needs, those only that are missing.
# usage: packages.sh build|test
#   build  to compile and run it
#   test   that, and what the tests compare it with
set -eu

build='ca-certificates cmake ninja-build gcc libc6-dev pkg-config libsodium-dev
    nettle-dev libsqlite3-dev libprotobuf-c-dev protobuf-c-compiler libmicrohttpd-dev
    libcurl4-openssl-dev libutf8proc-dev'
tests='clang clang-format clang-tidy libclang-rt-14-dev libcmocka-dev
    libjansson-dev zlib1g-dev scdoc age golang-go golang-golang-x-mod-dev python3
    python3-nacl python3-protobuf protobuf-compiler universal-ctags shellcheck strace
    sqlite3 jq git curl binutils iproute2 util-linux procps gcovr
    chromium fonts-dejavu-core poppler-utils'

case "${1:-}" in
build) wanted=$build ;;
test) wanted="$build $tests" ;;
*)
	echo "usage: packages.sh build|test" >&2
	exit 2
	;;
esac

missing=
for p in $wanted; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = \
	    installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "packages are missing and there is no sudo; as root, run:" >&2
		echo "  apt-get install$missing" >&2
		exit 1
	}
	as_root=sudo
fi
echo "Installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # words on purpose
{
	$as_root apt-get update -q >&2
	$as_root apt-get install -q -y --no-install-recommends $missing >&2
}
