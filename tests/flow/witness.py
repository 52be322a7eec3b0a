#!/usr/bin/env python3
"""A real witness, asked for a real log: statuses, proofs, kill -9.

usage: witness.py BIN_DIR
"""
import base64
import hashlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

BIN = sys.argv[1]
NAME = "witness.example.org/w1"
KILLS = 12
failures = 0


def check(what, good, saw=""):
    global failures
    print(("ok      " if good else "FAILED  ") + what, flush=True)
    if not good:
        failures += 1
        print("        saw:", saw)


def run(program, *args, **more):
    return subprocess.run([f"{BIN}/{program}", *args], capture_output=True,
                          text=True, timeout=60, **more)


class Server:
    """A program that prints "listening on URL"."""

    def __init__(self, program, *args, log):
        self.log = open(log, "a")
        self.process = subprocess.Popen(
            [f"{BIN}/{program}", *args], stdout=subprocess.PIPE,
            stderr=self.log, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), line
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def ask(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return r.status, r.read(), r.getheader("Content-Type")
        finally:
            c.close()

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.log.close()
        return status


# RFC 6962, as its section 2.1 has it.
def root(leaves):
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(
        b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def consistency(m, leaves, whole=True):
    n = len(leaves)
    if m == n:
        return [] if whole else [root(leaves)]
    k = 1 << (n - 1).bit_length() - 1
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


def size_of(checkpoint):
    return int(checkpoint.split(b"\n")[1])


def body(old, proof, checkpoint):
    lines = [b"old %d" % old] + [base64.b64encode(h) for h in proof]
    return b"\n".join(lines) + b"\n\n" + checkpoint


class Programme:
    """A server and a coordinator who keeps it busy."""

    def __init__(self, folder):
        self.dir = f"{folder}/coord"
        self.passphrase = f"{folder}/pass"
        with open(self.passphrase, "w") as f:
            f.write("correct horse battery staple\n")
        self.key = run("waybilld", "init", "--dir", f"{folder}/srv",
                       "--origin", "example.org/aid").stdout.strip()
        self.server = Server("waybilld", "serve", "--dir", f"{folder}/srv",
                             "--listen", "127.0.0.1:0",
                             log=f"{folder}/srv.log")
        self.do("init", "--name", "Flow", "--server", self.server.url,
                "--log-key", self.key)
        self.do("items", "add", "rice", "--unit", "sack", "--category",
                "food")
        self.do("places", "add", "S-12")

    def do(self, *args):
        r = run("waybill", "--dir", self.dir, "-P", self.passphrase,
                "--no-input", *args)
        assert r.returncode == 0, (args, r.stderr)
        return r.stdout

    def grow(self):
        self.do("log", "rice", "2sack", "S-12")
        self.do("sync")
        return self.server.ask("GET", "/checkpoint")[1]

    def leaves(self, size):
        tile = self.server.ask("GET", f"/tile/0/000.p/{size}")[1]
        return [tile[i:i + 32] for i in range(0, len(tile), 32)]


def serve(folder, name, *more):
    return Server("waybill", "witness", "serve", "--dir", f"{folder}/{name}",
                  "--listen", "127.0.0.1:0", *more, log=f"{folder}/{name}.log")


def make(folder):
    made = run("waybill", "witness", "init", "--dir", f"{folder}/wit",
               "--name", NAME)
    check("init prints a key of type 0x04", made.returncode == 0 and
          re.fullmatch(re.escape(NAME) + r"\+[0-9a-f]{8}\+B[A-Za-z0-9+/]{43}\n",
                       made.stdout), made)
    check("init says that it knows no log", "knows no log" in made.stderr,
          made.stderr)
    with open(f"{folder}/wit/witness.key") as f:
        seed = f.read().split("\n")[1]
    check("the secret key is not printed",
          seed not in made.stdout + made.stderr)
    again = run("waybill", "witness", "init", "--dir", f"{folder}/wit",
                "--name", NAME)
    check("a witness is never made twice", again.returncode == 1, again)
    for what, args in {
            "no name": ["init"],
            "a name with a blank": ["init", "--name", "a b"],
            "a witness's key as a log's":
                ["init", "--name", "n", "--log", made.stdout.strip()],
            "an address that a network reaches":
                ["serve", "--listen", "0.0.0.0:0"],
    }.items():
        r = run("waybill", "witness", *args, "--dir", f"{folder}/none")
        check(f"{what}: refused, with a hint", r.returncode == 2 and
              len(r.stderr) > 20, r)
    check("nothing was made then", not os.path.exists(f"{folder}/none"))
    return made.stdout.strip()


def speak(folder, programme, vkey):
    r = run("waybill", "witness", "serve", "--dir", f"{folder}/wit",
            "--listen", "127.0.0.1:0", "--listen-public")
    check("in public it must know a log: anybody could ask first",
          r.returncode == 2 and "witness trust" in r.stderr, r)
    w = serve(folder, "wit")
    r = run("waybill", "witness", "serve", "--dir", f"{folder}/wit",
            "--listen", "127.0.0.1:0")
    check("its folder is served once", r.returncode == 5 and
          "being served already" in r.stderr, r)
    note = programme.server.ask("GET", "/checkpoint")[1]
    size = size_of(note)
    key = {"Waybill-Log": programme.key}
    check("400 for what is no request",
          w.ask("POST", "/add-checkpoint", b"hello\n")[0] == 400)
    check("404 for a log that does not say its key",
          w.ask("POST", "/add-checkpoint", body(0, [], note))[0] == 404)
    forged = note[:-6] + (b"AAAA=\n" if note[-6:] != b"AAAA=\n" else
                          b"BBBA=\n")
    got = w.ask("POST", "/add-checkpoint", body(0, [], forged), key)
    check("403 for a bad signature", got[0] == 403, got)
    got = w.ask("POST", "/add-checkpoint", body(0, [], note), key)
    check("200 with a cosignature", got[0] == 200 and
          got[1].startswith(f"\u2014 {NAME} ".encode()) and
          got[1].count(b"\n") == 1, got)
    raw = base64.b64decode(got[1].split()[-1])
    check("under the key that init printed",
          raw[:4].hex() == vkey.split("+")[1] and len(raw) == 76, raw)
    got = w.ask("POST", "/add-checkpoint", body(0, [], note))
    check("409 with the size", got == (409, b"%d\n" % size,
                                       "text/x.tlog.size"), got)
    got = w.ask("POST", "/add-checkpoint", body(size + 1, [], note))
    check("400 for an old size that is the larger", got[0] == 400, got)
    longer = programme.grow()
    leaves = programme.leaves(size_of(longer))
    check("the tree is the log's", base64.b64decode(longer.split(b"\n")[2]) ==
          root(leaves))
    proof = consistency(size, leaves)
    bad = [hashlib.sha256(h).digest() for h in proof]
    got = w.ask("POST", "/add-checkpoint", body(size, bad, longer))
    check("422 for a bad proof", got[0] == 422 and b"error" in got[1], got)
    got = w.ask("POST", "/add-checkpoint", body(size, proof, longer))
    check("200 with a proof", got[0] == 200, got)
    line = got[1]
    path = "/" + hashlib.sha256(b"example.org/aid").hexdigest() + "/checkpoint"
    got = w.ask("GET", path)
    check("monitors see what it cosigned", got[0] == 200 and
          got[1] == longer + line, got)
    check("of no other log",
          w.ask("GET", path[:-12] + "0/checkpoint")[0] == 404 and
          w.ask("GET", path.replace("e", "f"))[0] == 404)
    check("405 names the method", w.ask("GET", "/add-checkpoint")[0] == 405)
    check("404 elsewhere", w.ask("POST", "/sign-subtree", b"x")[0] == 404)
    check("413 for too much",
          w.ask("POST", "/add-checkpoint", b"x" * 100000)[0] == 413)
    check("it stops when asked to", w.end() == 0)
    with open(f"{folder}/wit.log") as f:
        said = f.read()
    check("its log names the first log, and the fork",
          "takes 'example.org/aid'" in said and "does not continue" in said,
          said)
    return size_of(longer)


def crash(folder, programme, size):
    """kill -9 while it answers: what was answered is remembered."""
    promised = size
    for n in range(KILLS):
        w = serve(folder, "wit", "--quiet")
        note = programme.grow()
        new = size_of(note)
        request = body(promised, consistency(promised, programme.leaves(new)),
                       note)
        c = http.client.HTTPConnection("127.0.0.1", w.port, timeout=20)
        c.request("POST", "/add-checkpoint", request)
        status = 0
        if n % 2:  # the answer came, then the end; or the end comes first
            status = c.getresponse().status
        w.end(signal.SIGKILL)
        c.close()
        w = serve(folder, "wit", "--quiet")
        conflict = w.ask("POST", "/add-checkpoint", body(0, [], note))
        seen = int(conflict[1])
        check(f"after kill {n + 1} it knows {seen}",
              conflict[0] == 409 and seen in (promised, new) and
              (status != 200 or seen == new), (status, conflict))
        promised = seen
        w.end()
    return promised


def look(folder, programme, vkey, size):
    r = run("waybill", "witness", "status", "--dir", f"{folder}/wit", "--json")
    want = {"v": 1, "name": NAME, "vkey": vkey, "logs": [
        {"origin": "example.org/aid", "vkey": programme.key, "size": size}]}
    check("status says how far", json.loads(r.stdout) == want, r)
    r = run("waybill", "witness", "status", "--dir", f"{folder}/none")
    check("no witness there: it says how to make one",
          r.returncode == 1 and "witness init" in r.stderr, r)


def strict(folder, programme):
    """A witness that was told a log serves that one, whatever others say."""
    run("waybilld", "init", "--dir", f"{folder}/srv2", "--origin",
        "example.net/other")
    with open(f"{folder}/srv2/log.key") as f:
        other = f.readline().strip()
    made = run("waybill", "witness", "init", "--dir", f"{folder}/wit2",
               "--name", "w2", "--log", other, "--json")
    check("init --json gives the key",
          json.loads(made.stdout)["vkey"].startswith("w2+"), made)
    w = serve(folder, "wit2", "--listen-public")
    note = programme.server.ask("GET", "/checkpoint")[1]
    key = {"Waybill-Log": programme.key}
    got = w.ask("POST", "/add-checkpoint", body(0, [], note), key)
    check("404 for another log, even with its key", got[0] == 404, got)
    r = run("waybill", "witness", "trust", "--dir", f"{folder}/wit2",
            programme.key)
    check("its keeper adds one while it runs", r.returncode == 0, r)
    got = w.ask("POST", "/add-checkpoint", body(0, [], note))
    check("then it cosigns", got[0] == 200, got)
    check("it stops when interrupted", w.end(signal.SIGINT) == 0)


def main():
    with tempfile.TemporaryDirectory(prefix="waybill-witness-") as folder:
        programme = Programme(folder)
        try:
            programme.grow()
            vkey = make(folder)
            size = speak(folder, programme, vkey)
            size = crash(folder, programme, size)
            look(folder, programme, vkey, size)
            strict(folder, programme)
        finally:
            programme.server.end()
    print("%d failures" % failures)
    return 1 if failures else 0


sys.exit(main())
