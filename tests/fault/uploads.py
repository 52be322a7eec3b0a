"""Real statements, taken from a bundle and posted by hand."""
import hashlib
import urllib.request

LOGGED, KNOWN, NOT_LOGGED = 1, 2, 3


# Protobuf, as much as is needed.
def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def take_varint(data, at):
    n = shift = 0
    while True:
        n |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return n, at


def fields(data):
    """(number, value) each; bytes or a number."""
    at = 0
    while at < len(data):
        key, at = take_varint(data, at)
        value, at = take_varint(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        yield key >> 3, value


def entries(bundle):
    """(index, envelope, content, type) of each entry of an audit bundle."""
    data, at, contents, found = bundle.read_bytes(), 0, {}, []
    while at < len(data):
        size, at = take_varint(data, at)
        for number, value in fields(data[at:at + size]):
            if number == 3:
                entry = dict(fields(value))
                found.append((entry.get(1, 0), entry[2]))
            if number == 5:
                contents[hashlib.sha256(value).digest()] = value
        at += size
    for index, envelope in sorted(found):
        parts = dict(fields(envelope))
        kind = parts[2].decode().split(".")[2]
        about = dict(fields(parts[1])).get(7) if kind == "batch" else None
        yield index, envelope, contents.get(about, b""), kind


def post(url, *uploads):
    """(reception, index, reason) of each."""
    return receive(url, *uploads)[0]


def receive(url, *uploads):
    """The same, and the head (size, root) that the receipts are under."""
    body = b""
    for envelope, content in uploads:
        one = field(1, envelope) + (field(2, content) if content else b"")
        body += varint(len(one)) + one
    request = urllib.request.Request(url + "/v1/entries", data=body)
    with urllib.request.urlopen(request, timeout=30) as answer:
        parts = list(fields(answer.read()))
    results = [dict(fields(v)) for n, v in parts if n == 3]
    head = next((dict(fields(v)) for n, v in parts if n == 4), {})
    return ([(r.get(1, 0), r.get(2, 0), r.get(4, b"").decode())
             for r in results], (head.get(1, 0), head.get(2, b"")))
