#!/usr/bin/env python3
"""Hostile and clumsy clients against a real waybilld on loopback.

usage: http_front.py WAYBILLD CHECK_CHECKPOINT HTTP_LOAD
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

WAYBILLD, CHECK, LOAD = sys.argv[1:4]
SECONDS = 2  # request_seconds of the server under test
HOST = b"Host: x\r\n"
failures = 0


def check(what, good, saw=""):
    global failures
    print(("ok      " if good else "FAILED  ") + what, flush=True)
    if not good:
        failures += 1
        print("        saw:", saw)


def run(*args):
    return subprocess.run([WAYBILLD, *args], capture_output=True, text=True,
                          timeout=20)


def serve(folder, *args):
    process = subprocess.Popen(
        [WAYBILLD, "serve", "--dir", folder, "--listen", "127.0.0.1:0", *args],
        stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    return process, line, int(line.rsplit(":", 1)[1])


def dial(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def hear(s):
    data = b""
    try:
        while piece := s.recv(65536):
            data += piece
    except (ConnectionResetError, TimeoutError):
        pass
    s.close()
    return data


def ask(port, data):
    s = dial(port)
    s.sendall(data)
    return hear(s)


def get(port, path):
    return ask(port, b"GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n"
               % (path, HOST))


def status(answer):
    found = re.match(rb"HTTP/1\.1 (\d+) ", answer)
    return int(found[1]) if found else 0


REFUSED = [
    ("two lengths", 400, b"POST /v1/entries HTTP/1.1\r\n" + HOST +
     b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
    ("chunks", 411, b"POST /v1/entries HTTP/1.1\r\n" + HOST +
     b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
    ("chunks and a length", 400, b"POST /v1/entries HTTP/1.1\r\n" + HOST +
     b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\nx"),
    ("no length", 411, b"POST /v1/entries HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("too large, unsent", 413, b"POST /v1/entries HTTP/1.1\r\n" + HOST +
     b"Content-Length: 999999999\r\n\r\n"),
    ("an unknown path", 404, b"GET /v2 HTTP/1.1\r\n" + HOST +
     b"Connection: close\r\n\r\n"),
    ("a wrong method", 405, b"PUT /checkpoint HTTP/1.1\r\n" + HOST +
     b"Content-Length: 0\r\nConnection: close\r\n\r\n"),
    ("no statement", 401, b"GET /v1/feed HTTP/1.1\r\n" + HOST +
     b"Connection: close\r\n\r\n"),
    ("a statement of garbage", 401, b"GET /v1/feed HTTP/1.1\r\n" + HOST +
     b"Authorization: Waybill AAAA\r\nConnection: close\r\n\r\n"),
    ("a path too long", 414, b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\n" + HOST +
     b"\r\n"),
]


def check_refusals(port):
    for what, want, request in REFUSED:
        answer = ask(port, request)
        check("refuses " + what, status(answer) == want, answer[:300])
        body = answer.partition(b"\r\n\r\n")[2]
        try:
            error = json.loads(body)["error"]
            check("  with an id and words", error["id"] and error["text"])
        except (ValueError, KeyError):
            check("  with an id and words", False, body)
    garbage = ask(port, bytes(range(256)) * 4 + b"\r\n\r\n")
    check("survives garbage", status(garbage) in (0, 400), garbage[:100])
    bad = ask(port, b"POST /v1/entries HTTP/1.1\r\n" + HOST +
              b"Content-Length: 5\r\nConnection: close\r\n\r\n\xff\xff\xff\xff\xff")
    check("refuses a body of garbage", status(bad) == 400, bad[:300])


def check_manners(port):
    piped = ask(port, b"GET /checkpoint HTTP/1.1\r\n" + HOST + b"\r\n" +
                b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n" +
                b"GET /checkpoint HTTP/1.1\r\n" + HOST +
                b"Connection: close\r\n\r\n")
    codes = re.findall(rb"HTTP/1\.1 (\d+) ", piped)
    check("answers what is sent in one go, in order",
          codes == [b"200", b"404", b"200"], piped)
    s = dial(port)
    s.sendall(b"GET /checkpoint HTTP/1.1\r\n" + HOST + b"\r\n")
    s.shutdown(socket.SHUT_WR)
    check("answers a half-closed connection", status(hear(s)) == 200)


def check_slow(port):
    """Slow senders trickle in many ways; honest requests pass meanwhile."""
    starts = [b"GET /chec", b"GET /checkpoint HTTP/1.1\r\nX: ",
              b"POST /v1/entries HTTP/1.1\r\n" + HOST +
              b"Content-Length: 4000\r\n\r\n"]
    slow = [dial(port) for _ in range(3 * len(starts))]
    for i, s in enumerate(slow):
        s.sendall(starts[i % len(starts)])
    began, alive, worst, served = time.monotonic(), set(slow), 0.0, 0
    while alive and time.monotonic() - began < 4 * SECONDS:
        for s in list(alive):
            try:
                s.sendall(b"a")
            except OSError:
                alive.discard(s)
        asked = time.monotonic()
        served += status(get(port, b"/checkpoint")) == 200
        worst = max(worst, time.monotonic() - asked)
        time.sleep(0.05)
    took = time.monotonic() - began
    check("ends slow senders at their deadline, whatever they send",
          not alive and SECONDS - 0.5 <= took <= 2 * SECONDS + 2, took)
    check("serves honest requests meanwhile", served > 20 and worst < 0.25,
          (served, worst))
    for s in slow:
        s.close()


def check_crowd(port):
    idle = [dial(port) for _ in range(600)]
    began = time.monotonic()
    good = all(status(get(port, b"/checkpoint")) == 200 for _ in range(20))
    check("serves beside 600 idle connections",
          good and time.monotonic() - began < 5)
    for s in idle:
        s.close()
    for n in ("128", "256", "512"):
        load = subprocess.run([LOAD, "-c", n, "-n", "5000", "-t", "60", "-g",
                               "1000", "-p", "/checkpoint", str(port)],
                              capture_output=True, text=True)
        check("lets none of %s connections wait for a second" % n,
              load.returncode == 0, load.stdout + load.stderr)


def main():
    folder = tempfile.mkdtemp(dir=".", prefix="http-front-")
    log = os.path.join(folder, "srv")
    made = run("init", "--dir", log, "--origin", "example.org/aid")
    check("init prints the key and nothing else",
          made.returncode == 0 and
          re.fullmatch(r"example\.org/aid\+[0-9a-f]{8}\+\S+\n", made.stdout),
          made)
    again = run("init", "--dir", log, "--origin", "example.org/aid")
    check("init never replaces a log", again.returncode == 1, again)
    with open(os.path.join(log, "waybilld.conf"), "a") as f:
        f.write("request_seconds = %d\nconnections = 1024\n" % SECONDS)
    public = run("serve", "--dir", log, "--listen", "0.0.0.0:0")
    check("serve refuses the network and says why",
          public.returncode not in (0, 2) and "TLS" in public.stderr, public)
    process, line, port = serve(log)
    try:
        check("serve says where it listens",
              line == "listening on http://127.0.0.1:%d\n" % port, line)
        second = run("serve", "--dir", log, "--listen", "127.0.0.1:0")
        check("one log is served once", second.returncode == 5, second)
        shown = run("status", "--dir", log, "--json")
        check("status looks at a log that is served",
              shown.returncode == 0 and json.loads(shown.stdout)["entries"] == 0,
              shown)
        answer = get(port, b"/checkpoint").partition(b"\r\n\r\n")[2]
        size = subprocess.run([CHECK, made.stdout.strip()], input=answer,
                              capture_output=True)
        check("an empty log has a good checkpoint", size.stdout == b"0\n", size)
        check_refusals(port)
        check_manners(port)
        check_slow(port)
        check_crowd(port)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        check("SIGTERM ends it cleanly and soon", process.wait(10) == 0 and
              time.monotonic() - began < 3, process.returncode)
    finally:
        process.kill()
        process.wait()
    with open(os.path.join(log, "waybilld.conf"), "a") as f:
        f.write("listne = 127.0.0.1:1\n")
    typo = run("serve", "--dir", log)
    check("a wrong setting is named with its line",
          typo.returncode == 1 and re.search(r"line \d+: .*listne", typo.stderr),
          typo)
    subprocess.run(["rm", "-rf", folder])
    return 1 if failures else 0


sys.exit(main())
