#!/bin/sh
# Compiles the formats for Python and lets it check the golden files.
# usage: golden.sh PROTOC PYTHON PROTO_FOLDER BUILD_FOLDER
set -eu
mkdir -p "$4"
"$1" --proto_path="$3" --python_out="$4" "$3"/envelope.proto "$3"/record.proto
here=$(dirname "$0")
PYTHONDONTWRITEBYTECODE=1 exec "$2" "$here"/golden.py "$4" "$here"/golden
