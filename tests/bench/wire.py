#!/usr/bin/env python3
"""Where the bytes of a sync are: a TCP proxy that keeps what it carries, and a
table of it.

usage: wire.py proxy PORT FOLDER   prints "listening on N"; records into FOLDER
       wire.py table FOLDER N      accounts for all of it, by N deliveries
"""
import pathlib
import re
import socket
import sys
import threading

# Fields of what travels, as proto/envelope.proto numbers them.
UPLOAD = {1: "batch header, signed", 2: "content"}
ANSWER = {1: "head", 4: "head", 3: "receipts", 5: "hashes of proofs",
          6: "proofs"}
FEED = {1: "head", 5: "head", 3: "entries: acks, rosters",
        6: "hashes of proofs", 7: "proofs", 4: "numbers", 8: "numbers"}


def pump(source, sink, file):
    with open(file, "ab") as out:
        while data := source.recv(65536):
            out.write(data)
            out.flush()
            sink.sendall(data)
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def proxy(port, folder):
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening on", listener.getsockname()[1], flush=True)
    n = 0
    while True:
        near, _ = listener.accept()
        far = socket.create_connection(("127.0.0.1", port))
        n += 1
        for a, b, name in (near, far, "up"), (far, near, "down"):
            threading.Thread(target=pump, daemon=True,
                             args=(a, b, f"{folder}/{n:03}.{name}")).start()


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def account(sums, names, body, where):
    """Each top field, its tag and length included."""
    at = 0
    while at < len(body):
        start = at
        tag, at = varint(body, at)
        value, at = varint(body, at)
        if tag & 7 == 2:
            at += value
        key = where, names.get(tag >> 3, "else")
        sums[key] = sums.get(key, 0) + at - start


def messages(data):
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)content-length: (\d+)", head)
        size = int(found[1]) if found else 0
        yield head + b"\r\n\r\n", rest[:size]
        data = rest[size:]


def uploads(sums, body, where):
    at = 0
    while at < len(body):
        size, begin = varint(body, at)
        account(sums, UPLOAD, body[begin:begin + size], where)
        key = where, "lengths"
        sums[key] = sums.get(key, 0) + begin - at
        at = begin + size


def table(folder, deliveries):
    sums = {}
    for up in sorted(pathlib.Path(folder).glob("*.up")):
        asked = messages(up.read_bytes())
        for (head, body), (head2, body2) in zip(
                asked, messages(up.with_suffix(".down").read_bytes())):
            line = head.split(b"\r\n")[0].decode()
            what = re.sub(r"\?.*", "", line.split()[1])
            signed = sum(len(h) + 2 for h in head.split(b"\r\n")
                         if h.startswith(b"Authorization"))
            sums[what, "request: signed read"] = signed
            sums[what, "request: other headers"] = len(head) - signed
            uploads(sums, body, what)
            sums[what, "answer: headers"] = len(head2)
            account(sums, ANSWER if "entries" in what else FEED, body2, what)
    total = sum(sums.values())
    carried = sum(f.stat().st_size for f in pathlib.Path(folder).iterdir())
    for (what, part), n in sums.items():
        if n:
            print(f"{what:14} {part:28} {n:6} {n / deliveries:8.1f}")
    print(f"{'all':43} {total:6} {total / deliveries:8.1f}")
    if total != carried:
        sys.exit(f"{carried - total} bytes are not accounted for")


if sys.argv[1] == "proxy":
    proxy(int(sys.argv[2]), sys.argv[3])
else:
    table(sys.argv[2], int(sys.argv[3]))
