#!/usr/bin/python3
"""Words that must never lie or travel in the clear are looked for everywhere.

usage: canaries.py BINARIES
"""
import argparse
import os
import pty
import resource
import select
import signal
import socket
import threading
import time

from whole import World, main, need

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
args = parser.parse_args()
ITEM, PLACE, NOTE = "canaryitemqv7", "CANARYPLACEQV7", "canarynoteqv7"
PHRASE, NAME = "canaryphraseqv7", "canaryroutesqv7"
WORDS = (ITEM, PLACE, NOTE, PHRASE, NAME)


def found_in(data):
    """The canaries in these bytes, in UTF-8 or UTF-16."""
    low = data.lower()
    return [w for w in WORDS if w.lower().encode() in low or
            w.lower().encode("utf-16-le") in low]


class Tap:
    """A proxy that remembers what it carried."""

    def __init__(self, port):
        self.target, self.carried = port, bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            near = self.listener.accept()[0]
            far = socket.create_connection(("127.0.0.1", self.target))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(a, b),
                                 daemon=True).start()

    def carry(self, a, b):
        try:
            while data := a.recv(65536):
                self.carried += data
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def look(folder, but):
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in but:
            seen = found_in(path.read_bytes())
            need(not seen, f"{path.name} tells", seen)


def prepare(w):
    for who in ("coord", "k1"):
        w.path(who + ".pass").write_text(PHRASE + who + "\n")
    w.found()
    tap = Tap(w.port)
    w.client("coord", "items", "add", ITEM, "--unit", "sack")
    w.client("coord", "places", "add", PLACE)
    table = w.path("canary.csv")
    table.write_text("date,mission,place,item,unit,quantity,note\n"
                     f"2026-03-01,{NAME},{PLACE},{ITEM},sack,5,{NOTE}\n")
    need(sorted(found_in(table.read_bytes())) ==
         sorted((ITEM, PLACE, NOTE, NAME)), "the search finds them")
    return tap, table


def plaintext():
    """no file, no log and no byte on the wire tells what was recorded"""
    with World(args.binaries) as w:
        tap, table = prepare(w)
        for who in ("coord", "k1"):
            w.client(who, "sync", "--server", tap.url)
        w.client("k1", "import", table)
        w.client("k1", "log", ITEM, "2sack", PLACE, "--note", NOTE)
        w.client("k1", "pack", w.path("drive.wbx"))
        for who in ("k1", "coord", "k1"):
            w.client(who, "sync")
        need(w.sum(ITEM) == (7, 2), "it is counted", w.sum(ITEM))
        w.client("coord", "pack", "--for-audit", w.path("evidence.wbx"))
        w.stop()
        need(len(tap.carried) > 4000, "the tap carried it all")
        need(not found_in(bytes(tap.carried)), "the wire tells",
             found_in(bytes(tap.carried)))
        look(w.scratch, ("coord.pass", "k1.pass", "canary.csv"))


def process():
    """a process shows its secrets neither in /proc nor in a core"""
    with World(args.binaries) as w:
        _, table = prepare(w)
        w.client("coord", "sync")
        w.client("k1", "sync")
        w.client("k1", "import", table)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            sync = w.start_client("k1", "sync", "--server",
                                  f"http://127.0.0.1:{port}")
            held, _ = silent.accept() # unlocked, and under way
            for name in ("environ", "cmdline"):
                try:
                    with open(f"/proc/{sync.pid}/{name}", "rb") as f:
                        need(not found_in(f.read()), f"{name} tells")
                except PermissionError:
                    pass # better still
            held.close()
        w.finish(sync)
        cores = w.path("cores")
        cores.mkdir()
        if not crash(["sleep", "100"], cores, b"", 0.5):
            print("    this system dumps no cores: not shown")
        for leaf in cores.iterdir():
            leaf.unlink()
        command = [str(c) for c in w.command("k1", "log")]
        command.remove("--no-input")
        need(not crash(command, cores, b"Item: ", 30),
             "a core is dumped")
        need(not list(cores.iterdir()), "a core is there")


def crash(command, folder, prompt, seconds):
    """Sends SIGSEGV at the prompt; whether that dumped a core."""
    pid, fd = pty.fork()
    if pid == 0:
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        os.chdir(folder)
        # The sanitizers would take the signal for their own.
        os.environ["ASAN_OPTIONS"] = "handle_segv=0:disable_coredump=0"
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    seen, until = b"", time.monotonic() + seconds
    while time.monotonic() < until and (not prompt or prompt not in seen):
        if select.select([fd], [], [], 0.2)[0]:
            try:
                seen += os.read(fd, 4096)
            except OSError:
                break
    need(prompt in seen, "it asks", seen)
    os.kill(pid, signal.SIGSEGV)
    status = os.waitpid(pid, 0)[1]
    os.close(fd)
    need(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSEGV,
         "it dies of the signal", status)
    return os.WCOREDUMP(status)


main(plaintext, process)
