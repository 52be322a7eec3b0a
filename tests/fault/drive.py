#!/usr/bin/python3
"""Bundles on drives that rot, are cut short, or fall into other hands.

usage: drive.py BINARIES [--flips N] [--cuts N] [--seed S]
"""
import argparse
import hashlib
import random

from whole import EVIDENCE, FAILED, World, main, need

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
parser.add_argument("--flips", type=int, default=300)
parser.add_argument("--cuts", type=int, default=50)
parser.add_argument("--unpacked", type=int, default=16,
                    help="of those, so many are unpacked too")
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()
chance = random.Random(args.seed)
TAIL = 64


def spoilt(good):
    """(what, bytes): flipped bits anywhere and in each of the last bytes."""
    flips = [chance.randrange(len(good) * 8) for _ in range(args.flips)]
    flips += [(len(good) - 1 - i) * 8 + chance.randrange(8)
              for i in range(min(TAIL, len(good)))]
    for bit in flips:
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", bytes(bad)
    for _ in range(args.cuts):
        size = chance.randrange(len(good))
        yield f"{size} bytes", good[:size]


def digest(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).digest()
            for p in folder.iterdir()}


def evidence():
    """a bundle of evidence with any bit or end missing is refused"""
    with World(args.binaries) as w:
        w.found()
        w.client("k1", "import", w.table(20))
        w.check_all("k1", 20)
        good = w.path("evidence.wbx").read_bytes()
        bad = w.path("bad.wbx")
        for what, data in spoilt(good):
            bad.write_bytes(data)
            done = w.run(w.bin / "waybill", "verify", bad, "--programme",
                         w.programme, "--json")
            need(done.code == EVIDENCE, f"{what}: found bad", done)
            need(done.error or done.json["problems"], "with a reason", done)


def transport():
    """a sealed bundle is taken whole, once, by those it is for, or not"""
    with World(args.binaries) as w:
        w.found(("k1", "k2"))
        w.client("k1", "import", w.table(20))
        drive, bad = w.path("drive.wbx"), w.path("bad.wbx")
        w.client("k1", "pack", drive)
        good = drive.read_bytes()
        before = digest(w.path("coord"))
        cases = list(spoilt(good))
        for what, data in chance.sample(cases, args.unpacked):
            bad.write_bytes(data)
            done = w.client("coord", "unpack", bad, want=EVIDENCE)
            need(done.error["text"] and done.error["next"],
                 "it says what is wrong and what to do", what, done)
            need(digest(w.path("coord")) == before, "nothing changes", what)
        for _ in range(2):
            w.client("coord", "unpack", drive)
            w.client("coord", "sync")
            need(w.sum() == (20, 20), "counted once", w.sum())
        w.client("k1", "sync")
        w.check_all("k1", 20)
        # Sealed to one device: no other opens it.
        w.client("coord", "pack", "--for", "K1", w.path("one.wbx"))
        done = w.client("k2", "unpack", w.path("one.wbx"), want=FAILED)
        need(done.id == "not-for-us" and done.error["next"],
             "it says so", done)
        w.client("k1", "unpack", w.path("one.wbx"))


main(evidence, transport)
