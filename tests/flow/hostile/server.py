"""A hostile server: it has the log's key, and stands before an honest one.

What it shows is a mirror of the honest server's log, answer by answer, unless
an attack gives it a log of its own (`log`) or rewrites an answer on its way
out (`on_feed`, `on_upload`, `on_content`).  Loopback only.
"""
import base64
import http.client
import http.server
import sqlite3
import threading
import urllib.parse
from types import SimpleNamespace

import envelope_pb2 as pb
import wire
from tree import Log, statement

PAGE = 1000


class Ask:
    """One request: its path, its numbers, and who signed it."""

    def __init__(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        self.path = url.path
        self.query = {k: int(v[0]) for k, v in
                      urllib.parse.parse_qs(url.query).items()}
        self.who = None
        word = handler.headers.get("Authorization", "")
        if word.startswith("Waybill "):
            self.who = base64.b64decode(word[8:])[:32]

    def number(self, name):
        return self.query.get(name, 0)


def varint_parts(body):
    """Splits a stream of messages, each behind its length."""
    at = 0
    while at < len(body):
        n = shift = 0
        while True:
            byte = body[at]
            at += 1
            n |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        yield body[at:at + n]
        at += n


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


class Liar:
    def __init__(self, world, key):
        self.world, self.key = world, key
        self.log = None         # an own one; None: the honest server's
        self.shows = None       # no more than so many entries
        self.owns_up = True     # 409 to who has seen more than there is
        self.page = PAGE
        self.on_feed = self.on_upload = self.on_content = None
        self.refuses = None     # all that is uploaded, for this reason
        self.broken = None      # what went wrong in an attack itself
        self.http = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), self.handler())
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True,
                         kwargs={"poll_interval": 0.05}).start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.http.shutdown()
        self.http.server_close()
        if self.broken:
            raise self.broken

    # ---- the logs

    def honest(self):
        """The real server's log, as its operator finds it on the disk."""
        db = sqlite3.connect(
            f"file:{self.world.path('srv') / 'store.db'}?mode=ro", uri=True)
        rows = db.execute("SELECT e.bytes, coalesce(c.file, x'')"
                          " FROM envelope e LEFT JOIN content c"
                          " ON c.idx = e.idx ORDER BY e.idx").fetchall()
        db.close()
        return Log(self.key, rows)

    def view(self):
        """The log that is shown, and how much of it."""
        log = self.log or self.honest()
        size = len(log) if self.shows is None else min(self.shows, len(log))
        return log, size

    # ---- answers

    @staticmethod
    def due(log, size, ask):
        """Indexes of the feed of who asks, as PROTOCOL.md has them."""
        member = log.member(ask.who)
        if member is None or set(member.roles) & {pb.COORDINATOR, pb.AUDITOR}:
            return list(range(ask.number("from"), size))
        own = log.of("batch", ask.who)
        ids = {statement(log.entries[i][0]).id for i in own}
        acks = [i for i in log.of("ack") if ids & {
            v.statement for v in statement(log.entries[i][0]).says.verdicts}]
        return sorted(i for i in {*own, *acks, *log.of("roster")}
                      if ask.number("from") <= i < size)

    @staticmethod
    def held(log, ask):
        """Of its own, what a field member has seen is only named."""
        member = log.member(ask.who)
        if member is None or set(member.roles) & {pb.COORDINATOR, pb.AUDITOR}:
            return set()
        return {i for i in log.of("batch", ask.who)
                if i < ask.number("seen") and not ask.number("own")}

    @staticmethod
    def known(ask, log):
        """The hashes that who asks holds, by the entry that is named."""
        under = ask.query.get("under", ask.number("seen"))
        if "held" not in ask.query or under > len(log):
            return []
        return log.known(ask.number("held"), under)

    def feed(self, ask, indexes, log, size):
        held = self.held(log, ask) if ask.who else set()
        page = wire.page(
            log.checkpoint(size), log.extend(ask.number("seen"), size),
            [wire.entry(i, log.entries[i][0], log.include(i, size),
                        log.entries[i][1] if ask.number("content") else b"")
             for i in indexes[:self.page] if i not in held],
            size if len(indexes) <= self.page else indexes[self.page],
            [i for i in indexes[:self.page] if i in held])
        if self.on_feed:
            self.on_feed(ask, page)
        return wire.pack_page(page, self.known(ask, log))

    def content(self, ask, log):
        file = log.entries[ask.number("at")][1]
        return self.on_content(ask, file) if self.on_content else file

    def get(self, ask):
        """(status, body), or None: let the honest server answer."""
        log, size = self.view()
        if ask.path.startswith(("/v1/feed", "/v1/roster")):
            if ask.number("seen") > size and self.owns_up:
                return 409, (b'{"v":1,"error":{"id":"log-rolled-back",'
                             b'"text":"the log is shorter"}}')
        if ask.path == "/v1/roster":
            indexes = [i for i in log.of("roster")
                       if ask.number("from") <= i < size]
        elif ask.path == "/v1/feed":
            indexes = self.due(log, size, ask)
        elif ask.path.startswith("/v1/content/"):
            file = self.content(ask, log)
            return (200, file) if file else (404, b"")
        elif ask.path == "/checkpoint":
            return 200, log.checkpoint(size)
        else:
            return None
        return 200, self.feed(ask, indexes, log, size)

    def take(self, body, log):
        """Into a log of its own, as if it were the programme's."""
        results = []
        for part in varint_parts(body):
            up = pb.Upload.FromString(part)
            at = log.find(up.envelope)
            results.append(wire.result(pb.LOGGED if at is None else pb.KNOWN,
                                       len(log) if at is None else at))
            if at is None:
                log.entries.append((up.envelope, up.content))
        return results

    def post(self, ask, body, path):
        """As get(); uploads go to the honest server, or into `log`."""
        if ask.path != "/v1/entries":
            return None
        if self.refuses:
            results = [wire.result(pb.REFUSED, reason=self.refuses)
                       for _ in varint_parts(body)]
        elif self.log:
            results = self.take(body, self.log)
        else:
            status, body = self.forward("POST", path, body, {})
            if status != 200:
                return status, body
            results = wire.read_results(body)
        log, size = self.view()
        for r in results:
            if r.reception in (pb.LOGGED, pb.KNOWN) and r.index < size:
                r.proof = log.include(r.index, size)
        answer = SimpleNamespace(
            checkpoint=log.checkpoint(size), results=results,
            consistency=log.extend(ask.number("seen"), size))
        if self.on_upload:
            self.on_upload(ask, answer)
        return 200, wire.pack_upload(answer, self.known(ask, log))

    # ---- HTTP

    def forward_upload(self, entry):
        """Hands a statement to the honest server, as anybody may."""
        part = pb.Upload(envelope=entry[0], content=entry[1])
        part = part.SerializeToString()
        status, body = self.forward("POST", "/v1/entries",
                                    varint(len(part)) + part, {})
        return status, wire.read_results(body)

    def forward(self, method, path, body, headers):
        link = http.client.HTTPConnection("127.0.0.1", self.world.port,
                                          timeout=60)
        link.request(method, path, body or None, headers)
        answer = link.getresponse()
        data = answer.read()
        link.close()
        return answer.status, data

    def handler(liar):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def said(self, body):
                ask = Ask(self)
                if self.command == "GET":
                    said = liar.get(ask)
                else:
                    said = liar.post(ask, body, self.path)
                if said is not None:
                    return said
                keep = {k: self.headers[k] for k in ("Authorization",)
                        if k in self.headers}
                return liar.forward(self.command, self.path, body, keep)

            def reply(self, body):
                try:
                    said = self.said(body)
                except Exception as e:
                    liar.broken = e
                    said = 500, b""
                self.send_response(said[0])
                self.send_header("Content-Length", str(len(said[1])))
                self.end_headers()
                self.wfile.write(said[1])

            def do_GET(self):
                self.reply(b"")

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                self.reply(self.rfile.read(length))

        return Handler
