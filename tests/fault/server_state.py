#!/usr/bin/python3
"""A server put back from a backup, and uploads that it must refuse.

usage: server_state.py BINARIES
Statements are real ones, signed by real clients, in the wrong place.
"""
import argparse
import shutil

from uploads import (KNOWN, LOGGED, NOT_LOGGED, entries, field, fields,
                     post)
from whole import EVIDENCE, World, main, need

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
args = parser.parse_args()


# ---- cases

def keep_store(w, folder):
    folder.mkdir()
    for file in w.path("srv").glob("store.db*"):
        shutil.copy2(file, folder)


def put_store(w, folder):
    for file in w.path("srv").glob("store.db*"):
        file.unlink()
    for file in folder.iterdir():
        shutil.copy2(file, w.path("srv"))


def backup():
    """an older store is not served, and an older server is found out"""
    with World(args.binaries) as w:
        w.found()
        w.client("k1", "import", w.table(20))
        w.client("k1", "sync")
        w.stop()
        keep_store(w, w.path("old"))
        shutil.copytree(w.path("srv"), w.path("old-whole"))
        w.serve()
        w.client("k1", "import", w.table(20))
        w.client("k1", "sync")
        w.client("coord", "sync")
        w.stop()
        keep_store(w, w.path("new"))
        put_store(w, w.path("old"))
        done = w.run(w.bin / "waybilld", "serve", "--dir", w.path("srv"),
                     "--listen", f"127.0.0.1:{w.port}", "--json")
        need(done.code == EVIDENCE and done.id == "store-behind-signer",
             "an older store is refused", done)
        need(done.error["next"], "it says what to do", done)
        put_store(w, w.path("new"))
        w.serve()
        w.check_all("k1", 40)
        w.stop()
        # Key, record of what was signed, and store, all from the past.
        shutil.rmtree(w.path("srv"))
        shutil.copytree(w.path("old-whole"), w.path("srv"))
        w.serve()
        w.client("k1", "log", "rice", "1sack", "S-12")
        done = w.client("k1", "sync", want=EVIDENCE, error="log-rolled-back")
        need(w.client("k1", "status").json["here"] == 1, "it is kept", done)
        w.client("coord", "sync", want=EVIDENCE, error="log-rolled-back")


def uploads():
    """a roster or batch out of place is refused with its reason"""
    with World(args.binaries) as w, World(args.binaries) as other:
        other.found()
        other.client("k1", "log", "rice", "1sack", "S-12")
        other.client("k1", "sync")
        other.client("coord", "sync")
        other.client("coord", "pack", "--for-audit", other.path("e.wbx"))
        strange = list(entries(other.path("e.wbx")))
        other.stop()

        w.found(("k1", "k2"))
        for who in ("k1", "k2"):
            w.client(who, "log", "rice", "1sack", "S-12")
            w.client(who, "sync")
        w.client("coord", "sync")
        w.client("coord", "pack", "--for-audit", w.path("e.wbx"))
        real = list(entries(w.path("e.wbx")))
        rosters = [(e, c) for _, e, c, kind in real if kind == "roster"]
        batches = [(i, e, c) for i, e, c, kind in real if kind == "batch"]
        need(len(rosters) >= 3 and len(batches) == 2, "enough to post",
             [r[3] for r in real])

        # Again, and again: the same index.
        for index, envelope, content in batches:
            for _ in range(2):
                got = post(w.url, (envelope, content))
                need(got == [(KNOWN, index, "")], "the same index", got)

        def refused(reason, envelope, content=b""):
            got = post(w.url, (envelope, content))
            need(got[0][0] == NOT_LOGGED and got[0][2] == reason,
                 f"refused as {reason}", got)

        for _, envelope, content, kind in strange:
            if kind == "batch":
                refused("unknown-signer", envelope, content)
            if kind == "roster":
                got = post(w.url, (envelope, b""))
                need(got[0][0] == NOT_LOGGED, "a strange roster", got)
        # A flipped bit in what is signed.
        _, envelope, content = batches[0]
        bad = bytearray(envelope)
        bad[len(bad) // 2] ^= 1
        got = post(w.url, (bytes(bad), content))
        need(got[0][0] == NOT_LOGGED and got[0][2], "a forgery", got)
        size = w.waybilld("status", "--json").json["entries"]
        need(size == len(real), "nothing of it was logged", size, len(real))

        # The same log from its first moment: versions in their order alone.
        w.stop()
        shutil.move(w.path("srv"), w.path("full"))
        shutil.move(w.path("empty"), w.path("srv"))
        w.serve()
        refused("no-programme", batches[0][1], batches[0][2])
        refused("no-programme", rosters[1][0])
        need(post(w.url, rosters[0]) == [(LOGGED, 0, "")], "version 1")
        refused("unknown-signer", batches[0][1], batches[0][2])
        refused("roster-version", rosters[2][0])
        # A whole envelope, whose signature is of another version.
        other_signed = b"".join(
            field(n, v) for envelope, wanted in ((rosters[1][0], (1, 2)),
                                                 (rosters[0][0], (3,)))
            for n, v in fields(envelope) if n in wanted)
        refused("roster-signatures", other_signed)
        got = post(w.url, rosters[1], rosters[2], rosters[2])
        need([g[0] for g in got] == [LOGGED, LOGGED, KNOWN] and
             got[1][1] == got[2][1], "in order they are taken", got)


main(backup, uploads)
