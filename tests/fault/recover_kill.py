#!/usr/bin/python3
"""kill -9 of `waybilld recover` at random writes and syncs, then once more.

usage: recover_kill.py BINARIES [--rounds N] [--seed S]
"""
import argparse
import random
import shutil
import signal

from whole import World, main, need, strace_works

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
parser.add_argument("--rounds", type=int, default=30)
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()
chance = random.Random(args.seed)
CALLS = ("pwrite64", "fdatasync", "fsync", "unlink", "ftruncate")


def prepare(w):
    """A log of which the store was lost, or an old one put back."""
    w.found()
    w.client("coord", "sync")
    w.stop()
    shutil.copytree(w.path("srv"), w.path("base"))
    w.serve()
    w.client("k1", "import", w.table(150))
    for who in ("k1", "coord", "k1"):
        w.client(who, "sync")
    for who in ("coord", "k1"):
        w.client(who, "pack", "--for-audit", w.path(f"{who}.wbx"))
    w.stop()
    shutil.copytree(w.path("srv"), w.path("whole"))


def lose(w, everything):
    """The store is old, or gone; the signer knows how far the log was."""
    shutil.rmtree(w.path("srv"), ignore_errors=True)
    shutil.copytree(w.path("base"), w.path("srv"))
    shutil.copy2(w.path("whole") / "signer", w.path("srv"))
    if everything:
        for file in w.path("srv").glob("store.db*"):
            file.unlink()


def recover(w, *before):
    return w.run(*before, w.bin / "waybilld", "recover", "--dir",
                 w.path("srv"), w.path("coord.wbx"), w.path("k1.wbx"),
                 "--json")


def count(w):
    """How often a recovery makes each call."""
    lose(w, True)
    done = recover(w, "strace", "-qq", "-o", w.path("trace"), "-e",
                   "trace=" + ",".join(CALLS))
    need(done.code == 0, "it recovers", done)
    trace = w.path("trace").read_text()
    return {c: trace.count(c + "(") for c in CALLS if c + "(" in trace}


def kill_recoveries():
    """a recovery that is killed anywhere can be done again"""
    with World(args.binaries) as w:
        prepare(w)
        calls = count(w)
        head = w.waybilld("status", "--json").json
        killed = 0
        for n in range(args.rounds):
            lose(w, n % 2 == 0)
            for _ in range(chance.randint(1, 3)):
                call = chance.choice(sorted(calls))
                when = chance.randint(1, calls[call])
                done = recover(
                    w, "strace", "-qq", "-o", w.path("trace"), "-e",
                    f"trace={call}", "-e",
                    f"inject={call}:signal=KILL:when={when}")
                need(done.code in (0, -signal.SIGKILL, 128 + signal.SIGKILL),
                     "killed or done", f"{call} {when}", done)
                killed += done.code != 0
            done = recover(w)
            need(done.code == 0, "it is done again", done)
            now = w.waybilld("status", "--json").json
            need(now == head, "the same log", head, now)
            w.waybilld("verify")
        need(killed >= args.rounds, "enough are killed", killed)
        w.serve()
        w.check_all("k1", 150)


if not strace_works():
    raise SystemExit(77)
main(kill_recoveries)
