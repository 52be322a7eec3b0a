#!/usr/bin/python3
"""A network that cuts, and a server that says nothing.

usage: bad_network.py BINARIES DELAY_PROXY
"""
import argparse
import signal
import socket
import threading
import time

from whole import OFFLINE, World, main, need

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
parser.add_argument("proxy")
args = parser.parse_args()
# Connections are cut when they have carried so many bytes up.
CUTS = (1, 200, 700, 2000, 6000, 20000, 70000)
STALL = 60  # seconds without a byte, and the client gives up
SPARE = 30


def cuts():
    """connections are cut at every size, and the sync goes on from there"""
    with World(args.binaries) as w:
        w.found()
        records, met = 0, 0
        for cut in CUTS:
            w.client("k1", "import", w.table(60))
            records += 60
            proxy = w.start([args.proxy, w.port, 1, cut])
            port = proxy.stdout.readline().split()[-1]
            for who in ("k1", "coord", "k1"):
                done = w.client(who, "sync", "--server",
                                f"http://127.0.0.1:{port}",
                                want=(0, OFFLINE))
                met += done.code != 0
                need(done.code == 0 or "lost" in done.error["next"],
                     "it says that nothing is lost", done)
            proxy.send_signal(signal.SIGTERM)
            w.finish(proxy)
        need(met >= len(CUTS), "enough syncs are cut", met)
        for who in ("k1", "coord"):
            w.client(who, "sync", "--server", w.url)
        w.check_all("k1", records)
        need(w.sum() == (records, records), "the total is exact", w.sum())


def answer_nothing(listener, held):
    try:
        while True:
            held.append(listener.accept()[0])
    except OSError:
        pass


def silence():
    """a server that accepts and never answers is given up in time"""
    with World(args.binaries) as w:
        w.found()
        w.client("k1", "import", w.table(10))
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(16)
            held = []
            threading.Thread(target=answer_nothing, daemon=True,
                             args=(listener, held)).start()
            at = time.monotonic()
            done = w.client("k1", "sync", "--server",
                            f"http://127.0.0.1:{listener.getsockname()[1]}",
                            want=OFFLINE)
            took = time.monotonic() - at
        need(took < STALL + SPARE, "in time", took, done)
        need("lost" in done.error["next"], "nothing is lost", done)
        # Nobody there at all: known much sooner.
        at = time.monotonic()
        w.client("k1", "sync", "--server", "http://127.0.0.1:1", want=OFFLINE)
        need(time.monotonic() - at < 10, "at once")
        w.client("k1", "sync", "--server", w.url)
        w.check_all("k1", 10)


main(cuts, silence)
