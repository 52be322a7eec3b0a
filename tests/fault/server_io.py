#!/usr/bin/python3
"""A server whose disk fails at every nth call.

usage: server_io.py BINARIES IGNORE [--posts N] [--without-care]
strace makes the calls fail.  IGNORE is a library that hides failed syncs from
the program: with --without-care the server runs on it, and this test must find
that out (exit 0 then means that it did).
"""
import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request

from uploads import KNOWN, LOGGED, entries, receive
from whole import STORAGE, Broken, World, need, strace_works

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
parser.add_argument("ignore")
parser.add_argument("--posts", type=int, default=4)
parser.add_argument("--without-care", action="store_true")
args = parser.parse_args()
HIT = "(INJECTED)"
TRACED = "fdatasync,fsync,pwrite64"


# RFC 6962, as its section 2.1 has it.
def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(
        b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


class Round:
    """One server, one fault, and what was acknowledged."""

    def __init__(self, w, base, call, when, ignore):
        self.w, self.acknowledged, self.name = w, {}, f"{call} {when}"
        self.trace, self.log = w.path("trace"), w.path("round.log")
        shutil.rmtree(w.path("srv"), ignore_errors=True)
        shutil.copytree(base, w.path("srv"))
        environment = dict(os.environ)
        if ignore:
            environment["LD_PRELOAD"] = args.ignore
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["strace", "-f", "-y", "-qq", "-o", self.trace, "-e",
                 f"trace={TRACED}", "-e",
                 f"inject={call}:error=EIO:when={when}",
                 w.bin / "waybilld", "serve", "--dir", w.path("srv"),
                 "--listen", "127.0.0.1:0"],
                stdout=subprocess.PIPE, stderr=log, text=True,
                env=environment)
        w.started.append(self.process)
        line = self.process.stdout.readline()
        self.url = line.split()[-1] if line else None

    def hits(self):
        return [line for line in self.trace.read_text().splitlines()
                if HIT in line]

    def synced(self):
        """Did a sync fail so far?  SQLite's own of the folder does not
        matter: the server has synced it itself, by fsync."""
        folder = f"<{self.w.path('srv')}>"
        return any("sync(" in line and
                   not ("fdatasync(" in line and folder in line)
                   for line in self.hits())

    def post(self, n, upload):
        before = self.synced()
        try:
            (result,), head = receive(self.url, upload)
        except (urllib.error.URLError, ConnectionError):
            return
        need(result[0] in (LOGGED, KNOWN), f"{self.name}: an answer", result)
        need(not before and not self.synced(),
             f"{self.name}: acknowledged after a failed sync", *self.hits())
        self.acknowledged[n] = (result[1], head)

    def signal(self, number):
        """strace passes no signal on that it is sent itself."""
        tracee = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
            capture_output=True, text=True).stdout.split()
        for pid in tracee:
            os.kill(int(pid), number)

    def end(self):
        """Exit code.  It ends by itself if a sync failed."""
        if self.synced() or self.url is None:
            code = self.process.wait(timeout=20)
            words = self.log.read_text()
            need(code == STORAGE, f"{self.name}: exit {STORAGE}", code, words)
            need("waybilld: " in words, f"{self.name}: it says why", words)
        elif self.process.poll() is None:
            self.signal(signal.SIGTERM)
            code = self.process.wait(timeout=20)
        else:
            code = self.process.returncode
        self.process.stdout.close()
        self.w.started.remove(self.process)
        return code

    def check(self, batches):
        """A new process on a sound disk has all that was acknowledged."""
        w = self.w
        w.serve()
        for n, upload in enumerate(batches):
            (result,), _ = receive(w.url, upload)
            need(result[0] in (LOGGED, KNOWN),
                 f"{self.name}: what was not stored can be sent again", result)
            if n in self.acknowledged:
                need(result[:2] == (KNOWN, self.acknowledged[n][0]),
                     f"{self.name}: acknowledged, and lost", result)
        with urllib.request.urlopen(w.url + "/checkpoint") as answer:
            size = int(answer.read().split(b"\n")[1])
        with urllib.request.urlopen(f"{w.url}/tile/0/000.p/{size}") as answer:
            tile = answer.read()
        leaves = [tile[i:i + 32] for i in range(0, len(tile), 32)]
        for n, (index, head) in self.acknowledged.items():
            need(root(leaves[:head[0]]) == head[1],
                 f"{self.name}: a receipt's head is not this log's")
            need(leaves[index] == hashlib.sha256(
                b"\0" + batches[n][0]).digest(),
                f"{self.name}: a receipt's entry is another")
        w.stop()
        w.waybilld("verify")


def prepare(w):
    """A log before the batches, and the batches."""
    w.found()
    w.client("coord", "sync")
    w.stop()
    base = w.path("base")
    shutil.copytree(w.path("srv"), base)
    w.serve()
    for _ in range(args.posts):
        w.client("k1", "sync")  # a batch, though there is nothing to send
    w.client("coord", "sync")
    w.client("coord", "pack", "--for-audit", w.path("e.wbx"))
    w.stop()
    batches = [(e, c) for _, e, c, kind in entries(w.path("e.wbx"))
               if kind == "batch"]
    need(len(batches) == args.posts, "a batch each", len(batches))
    return base, batches


def run(w, base, batches, call, when):
    r = Round(w, base, call, when, args.without_care)
    try:
        if r.url is not None:
            for n, upload in enumerate(batches):
                r.post(n, upload)
        hit = bool(r.hits())
        r.end()
    finally:
        if r.process.poll() is None:
            r.signal(signal.SIGKILL)
    r.check(batches)
    return hit, len(r.acknowledged)


def each(w, base, batches, call, step, tail=""):
    """From the first call to the last that there is."""
    n, rounds, hit = 1, 0, True
    while hit:
        hit, acknowledged = run(w, base, batches, call, f"{n}{tail}")
        rounds += hit
        n += step
    need(acknowledged == len(batches), "without a fault all is stored")
    print(f"{call}{tail}: failed at {rounds} calls", flush=True)
    return rounds


def main():
    with World(args.binaries) as w:
        base, batches = prepare(w)
        if args.without_care:
            for when in ("2", "3"):
                try:
                    run(w, base, batches, "fdatasync", when)
                except Broken as e:
                    print("found out:", e)
                    return 0
            print("FAILED: a server that ignores its disk passes")
            return 1
        try:
            rounds = each(w, base, batches, "fdatasync", 1)
            rounds += each(w, base, batches, "fdatasync", 2, "+")
            rounds += each(w, base, batches, "fsync", 1)
            rounds += each(w, base, batches, "pwrite64", 5)
            rounds += each(w, base, batches, "pwrite64", 9, "+")
            need(rounds > 20, "enough faults", rounds)
        except Broken as e:
            print("FAILED:", e)
            return 1
    return 0


if not strace_works():
    sys.exit(77)
sys.exit(main())
