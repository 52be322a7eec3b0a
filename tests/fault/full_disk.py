#!/usr/bin/python3
"""The disk fills up under a client, and under the server.

usage: full_disk.py BINARIES
Mounts small file systems in a namespace of its own; 77 where it may not.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

from whole import OFFLINE, PARTIAL, REFUSED, STORAGE, World, main, need

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
args = parser.parse_args()
if os.environ.get("WAYBILL_OWN_MOUNTS") is None:
    alone = ["unshare", "-rm"]
    with tempfile.TemporaryDirectory() as probe:
        if subprocess.run(alone + ["mount", "-t", "tmpfs", "none", probe],
                          stderr=subprocess.DEVNULL).returncode != 0:
            print("no file system can be mounted here")
            sys.exit(77)
    os.environ["WAYBILL_OWN_MOUNTS"] = "1"
    os.execvp(alone[0], alone + [sys.executable] + sys.argv)


class Disk:
    """A file system of `size` bytes that can be filled."""

    def __init__(self, world, size):
        self.folder = world.path("disk")
        self.folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none",
                        self.folder], check=True)
        self.ballast = self.folder / "ballast"

    def __enter__(self):
        return self

    def __exit__(self, *what):
        subprocess.run(["umount", "-l", self.folder], check=True)

    def fill(self, leave=0):
        """Leaves that many bytes."""
        self.empty()
        s = os.statvfs(self.folder)
        with open(self.ballast, "wb") as f:
            left = s.f_bavail * s.f_frsize - leave
            while left > 0:
                left -= f.write(bytes(min(left, 65536)))

    def empty(self):
        self.ballast.unlink(missing_ok=True)


def client_disk():
    """a client's disk fills up: exit 9, and nothing before it is lost"""
    with World(args.binaries) as w, Disk(w, "8m") as disk:
        w.found()
        records = 0
        shutil.copytree(w.path("k1"), disk.folder / "k1")
        w.places["k1"] = disk.folder / "k1"
        for leave in (0, 16384, 262144):
            w.client("k1", "log", "rice", "1sack", "S-12")
            records += 1
            disk.fill(leave)
            # The vault may have room ahead; the disk ends within these.
            for _ in range(12):
                table = w.table(60, item="beans")
                done = w.client("k1", "import", table, want=(0, STORAGE))
                if done.code == STORAGE:
                    break
                records += 60
            need(done.code == STORAGE, "the disk is full", done)
            need("full" in done.error["text"], "it says so", done)
            done = w.client("k1", "log", "rice", "1sack", "S-12",
                            want=(0, STORAGE))
            records += done.code == 0
            state = w.client("k1", "status").json
            need(sum(state[s] for s in ("here", "stored", "witnessed",
                                        "opened")) == records,
                 "all that was saved is there", state, records)
            synced = w.client("k1", "sync", want=(0, STORAGE))
            disk.empty()
        need(synced.code in (0, STORAGE), "sync says why", synced)
        w.client("k1", "import", table)
        w.check_all("k1", records + 60)


def server_disk():
    """the server's disk fills up: nothing is called stored that is not"""
    with World(args.binaries) as w, Disk(w, "8m") as disk:
        w.places["srv"] = disk.folder / "srv"
        w.found()
        records = 0
        for leave in (0, 16384, 262144):
            disk.fill(leave)
            for _ in range(8):
                w.client("k1", "import", w.table(120))
                records += 120
                done = w.client("k1", "sync",
                                want=(0, PARTIAL, OFFLINE, REFUSED))
                if done.code != 0:
                    break
            need(done.code != 0, "the disk is full", done)
            need("lost" in done.error["next"] + done.error["text"],
                 "it says that nothing is lost", done)
            need(done.id in ("server-storage", "server-busy"),
                 "it says why", done)
            state = w.client("k1", "status").json
            need(state["here"] > 0, "they wait", state)
            with urllib.request.urlopen(w.url + "/checkpoint") as answer:
                need(answer.status == 200, "it still can be read")
            w.client("coord", "sync", want=(0, PARTIAL, OFFLINE, REFUSED))
            disk.empty()
            w.client("k1", "sync")
            state = w.client("k1", "status").json
            need(state["here"] == 0, "they go when there is room", state)
        w.check_all("k1", records)
        # And across a start, from what is on the disk.
        w.stop()
        w.serve()
        w.check_all("k1", records)


main(client_disk, server_disk)
