"""Whole programs under fault: a server, clients and what they must keep.

Shared by the tests beside it.  Real binaries, one scratch folder, loopback.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FAILED, USAGE, PARTIAL, EVIDENCE, LOCKED = 1, 2, 3, 4, 5
OFFLINE, REFUSED, NEWER, STORAGE = 6, 7, 8, 9


class Broken(Exception):
    pass


def need(good, what, *seen):
    if not good:
        raise Broken(what + "".join(f"\n    {s}" for s in seen))


def strace_works():
    """May this machine's strace start a program?

    What it traces cannot be traced by the leak sanitizer too, and address
    sanitizers want no library preloaded before them: they are told so here.
    """
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0:verify_asan_link_order=0"
    try:
        if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"],
                          capture_output=True).returncode == 0:
            return True
    except FileNotFoundError:
        pass
    print("strace cannot be used here")
    return False


class Done:
    """How a command ended."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        """The error object; {} without one."""
        for line in reversed(self.err.splitlines()):
            if line.startswith('{"v"'):
                return json.loads(line)["error"]
        return {}

    @property
    def id(self):
        return self.error.get("id")

    def __str__(self):
        return (f"exit {self.code}: {' '.join(self.command)}\n"
                f"    {self.out.strip()}\n    {self.err.strip()}")


class World:
    """A server in srv/, and a folder for each client."""

    def __init__(self, binaries, scratch=None):
        self.bin = pathlib.Path(binaries).resolve()
        self.mine = scratch is None
        self.scratch = pathlib.Path(scratch or tempfile.mkdtemp(
            prefix="waybill-fault-"))
        self.server, self.port = None, 0
        self.places = {}  # names that lie elsewhere
        self.started = []

    def __enter__(self):
        return self

    def __exit__(self, *what):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.mine:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def path(self, name):
        return self.places.get(name, self.scratch / name)

    def start(self, command, **how):
        process = subprocess.Popen(
            [str(c) for c in command], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)
        process.command = [str(c) for c in command]
        self.started.append(process)
        return process

    def finish(self, process, seconds=100):
        out, err = process.communicate(timeout=seconds)
        self.started.remove(process)
        done = Done(process.command, process.returncode, out, err)
        need("Sanitizer" not in err and "runtime error:" not in err,
             "a sanitizer speaks", done)
        return done

    def run(self, *command, **how):
        return self.finish(self.start(command, **how))

    # ---- clients

    def command(self, who, *words):
        phrase = self.path(who + ".pass")
        if not phrase.exists():
            phrase.write_text(f"passphrase of {who}\n")
        return [self.bin / "waybill", "--dir", self.path(who), "-P", phrase,
                "--no-input", "--json", *words]

    def start_client(self, who, *words, **how):
        return self.start(self.command(who, *words), **how)

    def client(self, who, *words, want=0, error=None, **how):
        """Runs a command that must end with `want`, with that error's id."""
        done = self.finish(self.start_client(who, *words, **how))
        wanted = (want,) if isinstance(want, int) else want
        need(done.code in wanted, f"wanted exit {want}", done)
        need(error is None or done.id == error, f"wanted error {error}", done)
        return done

    # ---- the server

    def serve(self, **how):
        """Starts it, on the same port as before."""
        with open(self.path("server.log"), "ab") as log:
            self.server = subprocess.Popen(
                [self.bin / "waybilld", "serve", "--dir", self.path("srv"),
                 "--listen", f"127.0.0.1:{self.port}"],
                stdout=subprocess.PIPE, stderr=log, text=True, **how)
        self.started.append(self.server)
        line = self.server.stdout.readline()
        need(line.startswith("listening on "), "the server did not start",
             self.server_log()[-2000:])
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        self.server.send_signal(how)
        self.server.wait(timeout=30)
        self.started.remove(self.server)
        log = self.server_log()
        need("Sanitizer" not in log and "runtime error:" not in log,
             "a sanitizer speaks", log[-4000:])

    def server_log(self):
        return self.path("server.log").read_text(errors="replace")

    def waybilld(self, *words, want=0):
        done = self.run(self.bin / "waybilld", *words, "--dir",
                        self.path("srv"))
        need(done.code == want, f"wanted exit {want}", done)
        return done

    # ---- a programme

    def found(self, devices=("k1",)):
        self.key = self.waybilld("init", "--origin", "example.org/aid",
                                 "--quiet").out.strip()
        shutil.copytree(self.path("srv"), self.path("empty"))
        self.serve()
        self.client("coord", "init", "--name", "Route", "--server", self.url,
                    "--log-key", self.key)
        self.programme = self.client("coord", "status").json["programme"]
        for item in ("rice", "beans"):
            self.client("coord", "items", "add", item, "--unit", "sack")
        self.client("coord", "places", "add", "S-12")
        for who in devices:
            self.enrol(who)

    def enrol(self, who, role="field"):
        paper = [self.path(f"{who}.{x}")
                 for x in ("invite", "request", "welcome")]
        self.client("coord", "invite", "--role", role, "-o", paper[0])
        self.client(who, "join", paper[0], "-o", paper[1])
        self.client("coord", "approve", paper[1], "-o", paper[2], "--yes")
        self.client(who, "join", paper[2])

    def table(self, rows, quantity=1, item="rice"):
        """A CSV of that many deliveries, unlike every other one."""
        self.tables = getattr(self, "tables", 0) + 1
        path = self.path(f"t{self.tables}.csv")
        path.write_text("date,mission,place,item,unit,quantity\n" + "".join(
            f"2026-03-01,T{self.tables}-{r},S-12,{item},sack,{quantity}\n"
            for r in range(rows)))
        return path

    def sum(self, item="rice", who="coord"):
        """Delivered: (quantity, records)."""
        for row in self.client(who, "totals").json["rows"]:
            if row["item"] == item:
                return row["delivered"], row["records"]
        return 0, 0

    def check_all(self, who, records):
        """After clean syncs: counted once, no gap, and all of it proven."""
        for name in (who, "coord", who):
            self.client(name, "sync")
        self.check_proven(records)
        state = self.client(who, "status").json
        need(state["opened"] == records and
             state["here"] + state["stored"] + state["witnessed"] == 0,
             "all are opened", state)

    def check_proven(self, records):
        """The coordinator counts them, and anybody can check the evidence."""
        totals = self.client("coord", "totals").json
        cover = totals["coverage"]
        need(cover["complete"] and cover["disputed"] == 0 and
             cover["undecryptable"] == 0 and
             not any(d["missing"] for d in cover["devices"]),
             "the coverage is complete", cover)
        got = sum(row["records"] for row in totals["rows"])
        need(got == records, f"{records} records are counted", got)
        bundle = self.path("evidence.wbx")
        bundle.unlink(missing_ok=True)
        self.client("coord", "pack", "--for-audit", bundle)
        verdict = self.run(self.bin / "waybill", "verify", bundle,
                           "--programme", self.programme, "--json")
        need(verdict.code == 0 and verdict.json["result"] == "good",
             "the evidence is good", verdict)
        self.waybilld("verify")
        self.waybilld("check")


def main(*cases):
    """Runs each case, named by its sentence."""
    begun = time.monotonic()
    failed = 0
    for case in cases:
        at = time.monotonic()
        try:
            case()
            word = "ok"
        except Broken as e:
            failed += 1
            word = f"FAILED\n    {e}"
        print(f"{time.monotonic() - at:6.1f} s  {case.__doc__}  {word}",
              flush=True)
    print(f"{time.monotonic() - begun:.0f} s, {failed} failed")
    sys.exit(failed != 0)
