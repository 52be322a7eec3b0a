#!/usr/bin/python3
"""Vaults put back from a copy, used twice at once, swapped and damaged.

usage: vault_misuse.py BINARIES [--flips N] [--seed S]
"""
import argparse
import hashlib
import random
import shutil
import socket
import time

from whole import EVIDENCE, LOCKED, STORAGE, World, main, need

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
parser.add_argument("--flips", type=int, default=24)
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()
chance = random.Random(args.seed)


def tree(folder):
    """Every file below, with what is in it."""
    return {p.relative_to(folder): hashlib.sha256(p.read_bytes()).digest()
            for p in folder.rglob("*") if p.is_file()}


def old_copy():
    """an old copy of a vault never speaks for its device again"""
    with World(args.binaries) as w:
        w.found()
        w.client("k1", "import", w.table(3))
        w.client("k1", "sync")
        shutil.copytree(w.path("k1"), w.path("copy"))
        w.client("k1", "import", w.table(5))
        w.client("k1", "sync")
        shutil.rmtree(w.path("k1"))
        shutil.copytree(w.path("copy"), w.path("k1"))
        w.client("k1", "import", w.table(7))
        for _ in range(2):
            done = w.client("k1", "sync", want=EVIDENCE,
                            error="vault-rolled-back")
            state = w.client("k1", "status").json
            need(state["here"] == 7, "the records are kept", state)
        w.client("coord", "sync")
        need(w.sum() == (8, 8), "nothing is counted twice", w.sum())
        done = w.client("k1", "pack", w.path("drive.wbx"), want=EVIDENCE,
                        error="vault-rolled-back")
        need(not w.path("drive.wbx").exists(), "no drive carries it either")
        # As the advice says: look, join with a new folder, log it again.
        need("waybill list" in done.error["next"] and
             "--dir NEW-FOLDER" in done.error["next"],
             "it says what to do", done)
        w.enrol("new")
        waiting = [r for r in w.client("k1", "list").json["records"]
                   if r["state"] == "here"]
        need(len(waiting) == 7, "what waits can be read", waiting)
        for r in waiting:
            line = r["lines"][0]
            w.client("new", "log", line["item"],
                     f"{line['quantity']}{line['unit']}", "S-12")
        w.client("new", "sync")
        w.client("coord", "sync")
        cover = w.client("coord", "totals").json["coverage"]
        need(cover["complete"] and cover["disputed"] == 0,
             "no number was used twice", cover)
        need(w.sum() == (15, 15), "what was kept is not lost", w.sum())
        w.waybilld("verify")


def two_at_once():
    """a second command on a vault is told at once that it is in use"""
    with World(args.binaries) as w:
        w.found()
        w.client("k1", "import", w.table(50))
        w.stop()
        # Whoever holds the vault: a sync that waits for a silent server.
        with socket.socket() as silent:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            silent.bind(("127.0.0.1", w.port))
            silent.listen(8)
            first = w.start_client("k1", "sync")
            held, _ = silent.accept()
            for words in (["log", "rice", "1sack", "S-12"], ["sync"],
                          ["list"], ["import", w.table(1)]):
                at = time.monotonic()
                w.client("k1", *words, want=LOCKED, error="vault-busy")
                need(time.monotonic() - at < 5, "at once")
            held.close()
        first = w.finish(first)
        need(first.code == 6, "the first is not disturbed", first)
        w.serve()
        w.check_all("k1", 50)


def refused(w, want, error, *words):
    """All commands fail alike, and write nothing."""
    before = tree(w.path("k1"))
    for command in (["status"], ["log", "rice", "1sack", "S-12"], ["sync"]):
        done = w.client("k1", *words, *command, want=want)
        ids = (error,) if isinstance(error, str) else error
        need(done.id in ids, f"wanted {error}", done)
        need(done.error["text"] and done.error["next"],
             "it says what is wrong and what to do", done)
        need(tree(w.path("k1")) == before, "nothing is written", done)


def damaged():
    """a vault that is cut, swapped or damaged is named so, and left alone"""
    with World(args.binaries) as w:
        w.found(("k1", "k2"))
        w.client("k1", "import", w.table(200))
        w.client("k1", "log", "rice", "1sack", "S-12")
        file = next(p for p in w.path("k1").iterdir() if p.is_file())
        good = file.read_bytes()
        w.path("k1.pass").write_text("another one\n")
        refused(w, LOCKED, "vault-locked")
        w.path("k1.pass").write_text("passphrase of k1\n")
        other = (w.path("k2") / file.name).read_bytes()
        file.write_bytes(other)
        refused(w, LOCKED, "vault-locked")
        for size in (0, 1, 100, 511):
            file.write_bytes(good[:size])
            refused(w, STORAGE, "not-a-vault")
        # Most of the file is older states, room ahead, or not looked at.
        seen = {}
        for i in range(args.flips):
            end = 1024 if i % 2 == 0 else len(good)
            bad = bytearray(good)
            bad[chance.randrange(end)] ^= 1 << chance.randrange(8)
            file.write_bytes(bad)
            done = w.client("k1", "list", want=(0, LOCKED, STORAGE))
            need(done.id in (None, "vault-locked", "vault-damaged"),
                 "it says that the vault is damaged", done)
            need(done.code != 0 or len(done.json["records"]) == 201,
                 "nothing is missing without a word", done)
            need(file.read_bytes() == bytes(bad), "nothing is written", done)
            seen[done.id] = seen.get(done.id, 0) + 1
        need(seen.get("vault-damaged", 0) > args.flips // 4,
             "flipped bits are seen", seen)
        # The newest save is at the end, before some room for more.
        for size in (4097, len(good) // 2, len(good) - 66000):
            file.write_bytes(good[:size])
            done = w.client("k1", "log", "rice", "1sack", "S-12",
                            want=STORAGE, error="vault-damaged")
            need(len(file.read_bytes()) == size, "nothing is written", done)
        done = w.client("k1", "list", want=STORAGE, error="vault-damaged")
        need(len(done.json["records"]) == 200, "the rest is read", done)
        file.write_bytes(good)
        need(w.client("k1", "status").json["here"] == 201, "all is there")


def key_file():
    """a key file that is missing or another one: locked, and said so"""
    with World(args.binaries) as w:
        w.found(())
        key = w.path("key")
        key.write_bytes(bytes(range(64)))
        w.path("key2").write_bytes(bytes(64))
        w.client("coord", "invite", "--role", "field", "-o", w.path("i"))
        w.client("k1", "--key-file", key, "join", w.path("i"), "-o",
                 w.path("r"))
        w.client("coord", "approve", w.path("r"), "-o", w.path("a"), "--yes")
        w.client("k1", "--key-file", key, "join", w.path("a"))
        refused(w, LOCKED, "vault-locked")
        refused(w, LOCKED, "vault-locked", "--key-file", w.path("key2"))
        done = w.client("k1", "--key-file", w.path("none"), "status",
                        want=(1, LOCKED, STORAGE))
        need("none" in done.error["text"], "it names the file", done)
        w.client("k1", "--key-file", key, "log", "rice", "1sack", "S-12")


main(old_copy, two_at_once, damaged, key_file)
