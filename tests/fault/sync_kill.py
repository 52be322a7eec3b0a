#!/usr/bin/python3
"""kill -9 of client, coordinator and server in the middle of syncs.

usage: sync_kill.py BINARIES [--rounds N] [--seed S]
"""
import argparse
import random
import signal
import time

from whole import OFFLINE, World, main, need

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
parser.add_argument("--rounds", type=int, default=20)
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()
chance = random.Random(args.seed)
ROWS = 12


def timed(world, who):
    at = time.monotonic()
    world.client(who, "sync")
    return time.monotonic() - at


def killed(world, seconds, who, *words):
    """Whether it was killed before it ended."""
    process = world.start_client(who, *words)
    time.sleep(chance.uniform(0, seconds))
    process.kill()
    done = world.finish(process)
    need(done.code in (0, -signal.SIGKILL), "killed or done", done)
    return done.code != 0


def log(world):
    world.client("k1", "import", world.table(ROWS))
    return ROWS


def kill_clients():
    """clients are killed while they sync"""
    with World(args.binaries) as w:
        w.found()
        records, hits = log(w), 0
        takes = timed(w, "k1")
        opens = timed(w, "coord")
        for i in range(args.rounds):
            if i % 2 == 0:
                records += log(w)
            hits += killed(w, takes, "k1", "sync")
            if i % 2 == 0:
                hits += killed(w, opens, "coord", "sync")
        need(hits >= args.rounds // 2, "enough are killed", hits)
        w.check_all("k1", records)
        need(w.sum() == (records, records), "the total is exact", w.sum())


def kill_imports():
    """an import that is killed is there whole or not at all"""
    with World(args.binaries) as w:
        w.found()
        at = time.monotonic()
        records = log(w)
        takes = time.monotonic() - at
        said = set()
        for i in range(min(args.rounds, 24)):
            # Each bit of the total is one import.
            table = w.table(4, 2 ** i, "beans")
            if not killed(w, takes * 1.2, "k1", "import", table):
                said.add(i)
        w.client("k1", "sync")
        w.client("coord", "sync")
        total, lines = w.sum("beans")
        need(total == int(total) and total % 4 == 0, "whole imports", total)
        there = {i for i in range(args.rounds) if int(total) // 4 >> i & 1}
        need(said <= there, "what was said to be saved is", said, there)
        need(lines == 4 * len(there), "each record once", lines, there)
        w.check_all("k1", records + lines)


def kill_server():
    """the server is killed while clients sync"""
    with World(args.binaries) as w:
        w.found()
        records, met = log(w), 0
        takes = timed(w, "k1")
        timed(w, "coord")
        for i in range(args.rounds):
            who = "coord" if i % 4 == 3 else "k1"
            if i % 2 == 0:
                records += log(w)
            process = w.start_client(who, "sync")
            time.sleep(chance.uniform(0, takes))
            w.stop(signal.SIGKILL)
            done = w.finish(process)
            need(done.code in (0, OFFLINE), "synced or offline", done)
            met += done.code != 0
            w.serve()
        need(met >= args.rounds // 4, "enough syncs meet it", met)
        w.check_all("k1", records)
        need(w.sum() == (records, records), "the total is exact", w.sum())


main(kill_clients, kill_imports, kill_server)
