"""A log as whoever holds its key can tell it: RFC 6962, signed notes.

Written from the public pages (RFC 6962, c2sp.org/signed-note and
tlog-checkpoint), so that it shares no mistake with the programs under test.
"""
import base64
import functools
import hashlib

import envelope_pb2 as pb
import nacl.signing

KINDS = {"roster": pb.Roster, "batch": pb.Batch, "ack": pb.Ack,
         "tally": pb.Tally, "note": pb.Note, "read": pb.Read}


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(data):
    return sha256(b"\0" + data)


def split(n):
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


@functools.lru_cache(maxsize=1 << 16)
def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    k = split(len(leaves))
    return sha256(b"\1" + root(leaves[:k]) + root(leaves[k:]))


def inclusion(i, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if i < k:
        return inclusion(i, leaves[:k]) + [root(leaves[k:])]
    return inclusion(i - k, leaves[k:]) + [root(leaves[:k])]


def consistency(m, leaves, whole=True):
    n = len(leaves)
    if m == n:
        return [] if whole else [root(leaves)]
    k = split(n)
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


class Key:
    """The log's, as `waybilld init` keeps it."""

    def __init__(self, folder):
        vkey, seed = (folder / "log.key").read_text().split()
        self.name, number, _ = vkey.split("+", 2)
        self.number = bytes.fromhex(number)
        self.sign = nacl.signing.SigningKey(base64.b64decode(seed)).sign

    def note(self, size, tree_root):
        text = (f"{self.name}\n{size}\n"
                f"{base64.b64encode(tree_root).decode()}\n")
        mark = base64.b64encode(
            self.number + self.sign(text.encode()).signature).decode()
        return f"{text}\n\u2014 {self.name} {mark}\n".encode()


class Statement:
    """What an envelope says, for whoever reads without believing."""

    def __init__(self, envelope):
        e = pb.Envelope.FromString(envelope)
        self.kind = e.payloadType.split(".")[-2]
        self.says = KINDS[self.kind].FromString(e.payload)
        kind = e.payloadType.encode()
        self.id = sha256(b"DSSEv1 %d %s %d %s" % (
            len(kind), kind, len(e.payload), e.payload))

    @property
    def signer(self):
        return b"" if self.kind == "roster" else self.says.signer


@functools.lru_cache(maxsize=4096)
def statement(envelope):
    return Statement(envelope)


class Log:
    """Entries are pairs of an envelope and a content, which may be empty."""

    def __init__(self, key, entries):
        self.key, self.entries = key, list(entries)

    def __len__(self):
        return len(self.entries)

    def copy(self, size=None):
        return Log(self.key, self.entries[:size])

    def leaves(self, size):
        return tuple(leaf_hash(e) for e, _ in self.entries[:size])

    def checkpoint(self, size=None):
        size = len(self) if size is None else size
        return self.key.note(size, root(self.leaves(size)))

    def include(self, i, size=None):
        return b"".join(inclusion(i, self.leaves(size)))

    def known(self, i, size):
        """What whoever holds entry i can tell, by its proof and its leaf."""
        leaves = self.leaves(size)
        nodes, lo, hi = [root(leaves)], 0, size
        while hi - lo > 1:
            k = lo + split(hi - lo)
            left, right = root(leaves[lo:k]), root(leaves[k:hi])
            nodes += [right, left] if i < k else [left, right]
            lo, hi = (lo, k) if i < k else (k, hi)
        return nodes[::-1]

    def extend(self, m, n):
        """From the smaller to the larger, as far as anything can be shown."""
        m, n = min(m, n), max(m, n)
        if m == 0 or m == n or n > len(self):
            return b""
        return b"".join(consistency(m, self.leaves(n)))

    def find(self, envelope):
        """Index of that statement, or None."""
        wanted = statement(envelope).id
        for i, (e, _) in enumerate(self.entries):
            if statement(e).id == wanted:
                return i
        return None

    def of(self, kind, signer=None):
        """Indexes of statements of that kind, by anybody or one signer."""
        return [i for i, (e, _) in enumerate(self.entries)
                if statement(e).kind == kind and
                signer in (None, statement(e).signer)]

    def member(self, key):
        """As the newest roster names that key; None: it does not."""
        for m in statement(self.entries[self.of("roster")[-1]][0]).says.members:
            if m.key == key:
                return m
        return None
