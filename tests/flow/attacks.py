#!/usr/bin/python3
"""Twelve attacks on the log, by a server that has its key and by devices.

usage: attacks.py BINARIES PROTO_FOLDER [CASE...]

Each must be found, by whom the table says, in the words it says; and then the
honest server again: nothing is lost, nothing counts twice.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "fault"), str(HERE / "hostile")]
from whole import EVIDENCE, PARTIAL, REFUSED, World, main, need

parser = argparse.ArgumentParser()
parser.add_argument("binaries")
parser.add_argument("proto")
parser.add_argument("cases", nargs="*")
args = parser.parse_args()
try:
    import google.protobuf
    import nacl
except ImportError:
    sys.exit(77)
made = tempfile.TemporaryDirectory(prefix="waybill-pb2-")
subprocess.run(["protoc", "-I", args.proto, "--python_out", made.name,
                "envelope.proto", "record.proto"], check=True)
sys.path.insert(0, made.name)

import bundle
import envelope_pb2 as pb
from server import Liar
from tree import Key, statement

ROWS = 2  # records in a batch
PEOPLE = ("coord", "k1", "k2", "a1")


class Scene:
    """A programme in which everybody has synced and something new came.

    Each knows the log up to its `met`.  Behind the coordinator's stand two
    batches of K1, one of K2 and one more of K1.  A1, an auditor, has joined
    and never synced.
    """

    def __init__(self, world):
        self.w = w = world
        w.found(("k1", "k2"))
        w.enrol("a1", "auditor")
        self.key = Key(w.path("srv"))
        self.records = 0
        self.met = {"a1": 0}
        for who in ("k1", "k2", "coord", "k1", "k2", "k1"):
            self.log(who)
            self.sync(who)
        self.keep()

    def sync(self, who):
        self.w.client(who, "sync")
        self.met[who] = len(self.log_now())

    def log(self, who):
        self.w.client(who, "import", self.w.table(ROWS))
        self.records += ROWS

    def log_now(self):
        with self.liar() as mirror:
            return mirror.honest()

    def liar(self):
        return Liar(self.w, self.key)

    def keep(self):
        self.w.stop()
        self.base = self.w.path("base")
        for name in (*PEOPLE, "srv"):
            shutil.copytree(self.w.path(name), self.base / name)
        self.kept = self.records
        self.w.serve()

    def restore(self):
        self.w.stop()
        for name in (*PEOPLE, "srv"):
            self.put_back(name)
        self.records = self.kept
        self.w.serve()

    def put_back(self, name):
        shutil.rmtree(self.w.path(name), ignore_errors=True)
        shutil.copytree(self.base / name, self.w.path(name))

    def honest_again(self):
        """Whom no lie was told for good goes on, and all is counted once."""
        for who in ("coord", "k1", "k2", "coord", "a1"):
            self.w.client(who, "sync", "--server", self.w.url)
        self.w.check_proven(self.records)

    def verify(self, path, want=None):
        done = self.w.run(self.w.bin / "waybill", "verify", path,
                          "--programme", self.w.programme, "--json")
        need(want is None or done.code == want, f"wanted exit {want}", done)
        return done


def check_evidence(s, who):
    """What the words advise works, and shows nothing wrong of what is here."""
    path = s.w.path(f"{who}.wbx")
    path.unlink(missing_ok=True)
    s.w.client(who, "pack", "--for-audit", path)
    verdict = s.verify(path)
    need(verdict.code != EVIDENCE, "the vault's evidence is sound", verdict)


def says(done, *words):
    """What a user reads: what happened, and one next step."""
    text = done.error["text"] + " " + (done.error.get("next") or "")
    for word in words:
        need(word in text, f'it says "{word}"', done)


# ---- a server that lies to who asks

def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def on_feed(path):
    """An attack on the answers of one address alone."""
    def wrap(rewrite):
        def attack(liar, log, i):
            def lie(ask, feed):
                if ask.path == path:
                    rewrite(feed, log, i)
            liar.on_feed = lie
        attack.__name__ = rewrite.__name__
        return attack
    return wrap


def on_entry(rewrite):
    """An attack on one entry of a feed, where the feed has it."""
    @on_feed("/v1/feed")
    def attack(feed, log, i):
        for e in feed.entries:
            if e.index == i:
                return rewrite(feed, log, e)
    attack.__name__ = rewrite.__name__
    return attack


def other_log(liar, log, i):
    """Its log differs from the real one in entry i, and in nothing else."""
    liar.log = log.copy()
    envelope, content = liar.log.entries[i]
    liar.log.entries[i] = (resealed(envelope), content)


def resealed(envelope):
    """The same statement, altered; the signature is the old one."""
    e = pb.Envelope.FromString(envelope)
    s = statement(envelope)
    if s.kind == "batch":
        s.says.records_root = flip(s.says.records_root, 3)
    elif s.kind == "ack":
        s.says.verdicts[0].statement = flip(s.says.verdicts[0].statement, 3)
    else:
        s.says.window_days ^= 1
    e.payload = s.says.SerializeToString()
    statement.cache_clear()
    return e.SerializeToString()


def older(liar, log, i):
    liar.shows = i


def older_silent(liar, log, i):
    liar.shows, liar.owns_up = i, False


@on_feed("/v1/feed")
def ends_early(feed, log, i):
    del feed.entries[max(0, i - feed.entries[0].index):]
    feed.next = i


@on_feed("/v1/feed")
def ends_short(feed, log, i):
    del feed.entries[max(0, i - feed.entries[0].index):]


@on_entry
def left_out(feed, log, e):
    feed.entries.remove(e)


@on_feed("/v1/feed")
def own_left_out(feed, log, i):
    del feed.entries[:], feed.held[:]


@on_feed("/v1/feed")
def turned_round(feed, log, i):
    feed.entries.reverse()


@on_entry
def exchanged(feed, log, e):
    other = feed.entries[feed.entries.index(e) + 1]
    e.envelope, other.envelope = other.envelope, e.envelope
    e.content, other.content = other.content, e.content


@on_entry
def no_content(feed, log, e):
    e.content = b""


@on_entry
def other_content(feed, log, e):
    e.content = flip(e.content, len(e.content) // 2)


@on_entry
def strangers_content(feed, log, e):
    e.content = log.entries[log.of("batch")[0]][1]


@on_entry
def wrong_inclusion(feed, log, e):
    e.proof = flip(e.proof, 0)


@on_feed("/v1/roster")
def wrong_consistency(feed, log, i):
    feed.consistency = flip(feed.consistency, 32 * i + 5)


def wrong_receipt(liar, log, i):
    def lie(ask, answer):
        answer.results[0].proof = flip(answer.results[0].proof, 7)
    liar.on_upload = lie


def wrong_receipts_head(liar, log, i):
    def lie(ask, answer):
        answer.consistency = flip(answer.consistency, 0)
    liar.on_upload = lie


KEEP = "pack --for-audit"
FORK = ("log-fork", "shows two histories", KEEP)
BACK = ("log-rolled-back", "shorter than", KEEP)
HELD = ("log-withheld", "leaves out", KEEP)
WRONG = ("entry-inclusion", "is not in the log", KEEP)

# What the server does; at which indexes (from the first that is new to who
# meets it, or negative: known); who meets it, with what exit code, error id
# and words.
LIES = [
    # The first, because an answer that is right in part moves the head on.
    ("10 wrong consistency proof", wrong_consistency, (0, 1), "coord",
     EVIDENCE, *FORK),
    ("1 fork", other_log, (-1, -7), "coord", EVIDENCE, *FORK),
    ("1 fork", other_log, (-1, -3), "k1", EVIDENCE, *FORK),
    ("2 rollback", older, (-5,), "coord", EVIDENCE, "log-rolled-back",
     "has lost entries", KEEP),
    ("2 rollback, not owned up to", older_silent, (-1,), "coord",
     EVIDENCE, *BACK),
    ("2 rollback, not owned up to", older_silent, (-1,), "k1", EVIDENCE,
     *BACK),
    ("3 truncation", ends_early, (0,), "coord", EVIDENCE, "log-withheld",
     "stops before", KEEP),
    ("3 truncation, as if whole", ends_short, (0, 2), "coord", EVIDENCE, *HELD),
    ("4 reordering", turned_round, (0,), "coord", EVIDENCE, "log-order",
     "out of order", KEEP),
    ("4 reordering", exchanged, (0, 1), "coord", EVIDENCE, *WRONG),
    ("5 withheld leaf", left_out, (0, 1, 2), "coord", EVIDENCE, *HELD),
    ("5 withheld leaf, one's own", own_left_out, (0,), "k1", EVIDENCE,
     "log-withheld", "a batch of this device", KEEP),
    ("7 altered and signed again", other_log, (-2,), "coord", EVIDENCE, *FORK),
    ("9 wrong inclusion proof", wrong_inclusion, (0, 2), "coord", EVIDENCE,
     *WRONG),
    ("9 wrong inclusion proof, of a receipt", wrong_receipt, (0,), "k1",
     EVIDENCE, "wrong-receipt", "not for what was sent", KEEP),
    ("10 wrong consistency proof, of a receipt", wrong_receipts_head, (0,),
     "k1", EVIDENCE, *FORK),
]


def lies_that_leave_nothing():
    """what a server shows wrong is found, and nothing of it is taken"""
    s = scene()
    log = s.log_now()
    for name, lie, places, who, code, error, *words in LIES:
        for place in places:
            with s.liar() as liar:
                i = place if lie is wrong_consistency else s.met[who] + place
                lie(liar, log, i)
                done = s.w.client(who, "sync", "--server", liar.url,
                                  want=code, error=error)
                print(f"    {name} at {i}: {error}", flush=True)
                says(done, *words)
                if who == "coord":
                    need(done.json["entries_read"] == 0, "nothing is taken",
                         done)
        if name.startswith(("1 ", "5 ")):
            check_evidence(s, who)
    s.honest_again()


# ---- a server that leaves something out, and is honest again

def contents_held_back():
    """6 a content that is withheld or exchanged is asked for again"""
    s = scene()
    log, met = s.log_now(), s.met["coord"]
    rows = [(no_content, PARTIAL, "content-missing", "not give the contents"),
            (other_content, EVIDENCE, "content-altered", "not what its sender"),
            (strangers_content, EVIDENCE, "content-altered", "was not taken")]
    for place, (lie, code, error, words) in enumerate(rows):
        if place:
            s.put_back("coord")
        with s.liar() as liar:
            lie(liar, log, met + place)
            liar.on_content = lambda ask, file: (
                b"" if lie is no_content else flip(file, 9))
            for _ in range(2):  # it is not forgotten
                done = s.w.client("coord", "sync", "--server", liar.url,
                                  want=code, error=error)
                says(done, words, "Nothing is lost", "waybill pack")
        need(s.w.sum()[1] == s.records - ROWS, "the rest is counted")
        s.w.client("coord", "sync", "--server", s.w.url)
        need(s.w.sum()[1] == s.records, "and then all is")
        print(f"    6 {lie.__name__} at {met + place}: {error}", flush=True)
    s.honest_again()


def refusals():
    """a server's word erases no revocation"""
    s = scene()
    s.w.client("coord", "revoke", "K2")
    with s.liar() as liar:
        for liar.refuses in ("tally-range", "roster-version", "made-up"):
            done = s.w.client("coord", "sync", "--server", liar.url,
                              want=REFUSED, error="roster-refused")
            says(done, "revoked K2", "kept", "waybill pack")
            print(f"    {liar.refuses}: roster-refused", flush=True)
    s.w.client("coord", "sync", "--server", s.w.url)
    s.log("k2")
    s.w.client("k2", "sync", "--server", s.w.url, want=REFUSED,
               error="revoked")


# ---- two histories

def fork_of_two():
    """1 a fork shown to two clients is found wherever they meet"""
    s = scene()
    w, log = s.w, s.log_now()
    for _ in range(2):
        w.client("k2", "sync")  # what K1 is not shown
    with s.liar() as liar:
        liar.log = log.copy()
        for _ in range(2):
            s.log("k1")
            w.client("k1", "sync", "--server", liar.url)
        mine = liar.log.entries[len(log):]
    need(len(mine) == 2, "K1 was given receipts in a log of its own", mine)
    # It is shown the other log: at once.
    says(w.client("k1", "sync", "--server", w.url, want=EVIDENCE,
                  error="log-fork"), *FORK[1:])
    # Its batch comes into the other log: its `seen` tells, at once.
    with s.liar() as liar:
        liar.log = s.log_now()
        liar.log.entries += mine
        done = w.client("coord", "sync", "--server", liar.url, want=EVIDENCE,
                        error="log-fork")
        says(done, "showed K1 another history", "signed both", KEEP)
        w.client("a1", "sync", "--server", liar.url, want=EVIDENCE,
                 error="log-fork")
    need(w.client("coord", "verify", want=EVIDENCE).json["problems"][0]["id"]
         == "log-fork", "and so does the vault's evidence")
    # What K1 holds reaches the coordinator by hand.
    w.client("k1", "pack", w.path("k1.wbx"))
    w.client("coord", "unpack", w.path("k1.wbx"))
    need(w.sum()[1] == s.records, "nothing is lost", w.sum())


def entry_signed_again():
    """7 an entry altered and signed again is found by who never synced"""
    s = scene()
    log = s.log_now()
    for i in (log.of("roster")[-1], log.of("batch")[1], log.of("ack")[0]):
        kind = statement(log.entries[i][0]).kind
        with s.liar() as liar:
            other_log(liar, log, i)
            done = s.w.client("a1", "sync", "--server", liar.url,
                              want=EVIDENCE)
        print(f"    7 entry {i}, a {kind}: {done.id}", flush=True)
        need(done.id in (("roster-step",) if kind == "roster" else
                         ("entry-signature", "log-fork")), "by its id", done)
        says(done, KEEP)
        s.put_back("a1")
    s.honest_again()


# ---- people who are gone, or there twice

def revoked_key():
    """8 an entry of a revoked key is found wherever the server puts it"""
    s = scene()
    w = s.w
    with s.liar() as liar:  # a batch that the log does not get
        liar.log = s.log_now()
        w.client("k2", "import", w.table(ROWS))
        w.client("k2", "sync", "--server", liar.url)
        late = liar.log.entries[-1]
    w.client("coord", "revoke", "K2")
    w.client("coord", "sync")
    w.client("k1", "sync")
    log = s.log_now()
    with s.liar() as liar:
        liar.log = log.copy()
        at = log.of("roster")[-1]
        liar.log.entries.insert(at, late)
        says(w.client("coord", "sync", "--server", liar.url, want=EVIDENCE,
                      error="log-fork"), *FORK[1:])
        # Who never saw the log without it has what others saw.
        says(w.client("a1", "sync", "--server", liar.url, want=EVIDENCE,
                      error="log-fork"), "another history", KEEP)
        liar.log = log.copy()
        liar.log.entries.append(late)
        done = w.client("coord", "sync", "--server", liar.url, want=EVIDENCE,
                        error="batch-signer")
        says(done, "batch 3 of K2 is disputed", "was revoked", KEEP)
    need(w.sum()[1] == s.records, "it is not counted", w.sum())
    verdict = w.client("coord", "verify", want=EVIDENCE).json
    need([p["id"] for p in verdict["problems"]] == ["signer"],
         "and the evidence names it", verdict)
    w.client("coord", "sync", "--server", w.url, want=EVIDENCE,
             error="log-rolled-back")


def one_number_twice():
    """11 two batches of one number are found, by the device or by others"""
    s = scene()
    w = s.w
    shutil.copytree(w.path("k1"), w.path("copy"))
    shutil.copy(w.path("k1.pass"), w.path("copy.pass"))
    s.log("k1")
    w.client("k1", "sync")
    with s.liar() as liar:  # in league with who has the copy
        liar.shows = s.met["k1"]
        w.client("copy", "import", w.table(ROWS))
        liar.on_upload = lambda ask, answer: None
        liar.log = s.log_now().copy(s.met["k1"])
        liar.shows = None
        w.client("copy", "sync", "--server", liar.url)
        second = liar.log.entries[-1]
    done = w.client("copy", "sync", "--server", w.url, want=EVIDENCE)
    print(f"    11 a copy that synced elsewhere: {done.id}", flush=True)
    # A copy that did not: the log is ahead of it.
    shutil.rmtree(w.path("copy"))
    shutil.copytree(s.base / "k1", w.path("copy"))
    w.client("copy", "import", w.table(ROWS))
    done = w.client("copy", "sync", want=EVIDENCE, error="vault-rolled-back")
    says(done, "put back from a copy", "records are kept", "NEW-FOLDER")
    with s.liar() as liar:
        liar.forward_upload(second)
    done = w.client("coord", "sync", want=EVIDENCE, error="batch-fork")
    says(done, "batch", "of K1 is disputed", "another batch of this number",
         KEEP)
    need(w.sum()[1] == s.records, "the first counts, once", w.sum())
    totals = w.client("coord", "totals").json["coverage"]
    need(totals["disputed"] == 1 and not totals["complete"] and
         any(d["forked"] for d in totals["devices"]), "coverage says it",
         totals)
    verdict = w.client("coord", "verify", want=EVIDENCE).json
    need(any(p["id"] == "fork" and p["device"] == "K1"
             for p in verdict["problems"]), "so does the evidence", verdict)
    w.client("coord", "sync")  # told once; status and totals go on
    need(any("disputed" in x for x in w.client("coord", "status").json[
        "warnings"]), "status goes on telling")


def old_roster():
    """12 an old roster, shown for ever, is found by what others know"""
    s = scene()
    w = s.w
    w.client("coord", "revoke", "K2")
    w.client("coord", "sync")
    s.log("k1")

    def frozen(liar):
        """No roster from here on, whatever else there is."""
        newest = s.log_now().of("roster")[-1]

        def lie(ask, feed):
            feed.entries[:] = [e for e in feed.entries if e.index < newest or
                               statement(e.envelope).kind != "roster"]
        liar.on_feed = lie

    with s.liar() as liar:
        frozen(liar)
        # The coordinator's ack names the roster that it was made under.
        done = w.client("k1", "sync", "--server", liar.url, want=EVIDENCE,
                        error="roster-withheld")
        need(done.json["records_sent"] == ROWS, "it is sent all the same",
             done)
        says(done, "newer roster than the server shows", "sent away",
             "safe in this vault", "waybill pack --for")
        # The way that it names.
        w.client("coord", "pack", "--for", "K1", w.path("k1.wbx"))
        w.client("k1", "unpack", w.path("k1.wbx"))
        s.log("k1")
        done = w.client("k1", "sync", "--server", liar.url, want=EVIDENCE,
                        error="roster-withheld")
        need(done.json["records_sent"] == ROWS, "what is sealed now, is sent",
             done)
        batch = statement(s.log_now().entries[-1][0]).says
        newest = s.log_now().entries[s.log_now().of("roster")[-1]][0]
        need(batch.roster == statement(newest).id, "to the new reader")
        # A newcomer has it from the welcome.
        w.enrol("k3")
        w.client("coord", "sync")
        frozen(liar)
        w.client("k3", "sync", "--server", liar.url, want=EVIDENCE,
                 error="roster-withheld")
    for who in ("k1", "k3", "coord"):
        w.client(who, "sync", "--server", w.url)
    need(w.sum()[1] == s.records, "all is counted", w.sum())


# ---- bundles: the same lies, carried by hand

def signed_again(log, i):
    """The log with entry i altered, and all of it signed again."""
    told = log.copy()
    told.entries[i] = (resealed(log.entries[i][0]), log.entries[i][1])
    return told


def without(log, i):
    told = log.copy()
    del told.entries[i]
    return told


def swapped(log, i):
    told = log.copy()
    told.entries[i], told.entries[i + 1] = log.entries[i + 1], log.entries[i]
    return told


def rewritten(change):
    """A bundle of the true log, with `change` made to its items."""
    def lie(s, log, i):
        path = s.w.path("lie.wbx")
        bundle.make(path, bytes.fromhex(s.w.programme), log)
        items = bundle.read(path)
        change(items, log, i)
        bundle.write(path, items)
        return path
    return lie


def retold(change):
    """A bundle of another log, each proof and signature of it right."""
    def lie(s, log, i):
        path = s.w.path("lie.wbx")
        bundle.make(path, bytes.fromhex(s.w.programme), change(log, i))
        return path
    return lie


def at(items, i):
    """Where entry i stands among the items."""
    return next(k for k, item in enumerate(items)
                if item.HasField("entry") and item.entry.index == i)


def cut_items(items, log, i):
    del items[at(items, i):]


def drop_item(items, log, i):
    k = at(items, i)
    del items[k:k + (2 if log.entries[i][1] else 1)]


def turn_items(items, log, i):
    k, n = at(items, i), at(items, i + 1)
    items[k].entry.index, items[n].entry.index = i + 1, i


def spoil_content(items, log, i):
    k = at(items, i) + 1
    items[k].content = flip(items[k].content, 77)


def spoil_proof(items, log, i):
    e = items[at(items, i)].entry
    e.proof = flip(log.include(i), 3)


def spoil_growth(items, log, i):
    items.append(pb.BundleItem(checkpoint=log.checkpoint()))
    items.append(pb.BundleItem(consistency=log.extend(i, len(log))))
    items[1].checkpoint = signed_again(log, 0).checkpoint(i)


def two_heads(items, log, i):
    items.append(pb.BundleItem(checkpoint=signed_again(log, i).checkpoint()))


def short_head(items, log, i):
    items[1].checkpoint = log.checkpoint(i)


BUNDLES = [
    # name, lie, which entries, ids of which one must be among the problems
    ("1 fork: a second head", rewritten(two_heads), "any", {"root",
                                                           "log-fork"}),
    ("2 rollback: an older head", rewritten(short_head), "later",
     {"inclusion", "root"}),
    ("3 truncation", rewritten(cut_items), "any", {"missing", "no-roster"}),
    ("4 reordering", rewritten(turn_items), "pairs", {"order", "missing"}),
    ("4 reordering, signed again", retold(swapped), "seen pairs",
     {"log-fork", "roster", "seen", "programme", "no-roster", "signer"}),
    ("5 withheld leaf", rewritten(drop_item), "any", {"missing",
                                                      "no-roster"}),
    ("5 withheld leaf, signed again", retold(without), "seen",
     {"log-fork", "roster", "seen", "programme", "no-roster", "gap"}),
    ("6 content exchanged", rewritten(spoil_content), "batches", {"content"}),
    ("7 altered and signed again", retold(signed_again), "any",
     {"signature", "roster", "programme", "statement"}),
    ("9 wrong inclusion proof", rewritten(spoil_proof), "any", {"inclusion"}),
    ("10 wrong consistency proof", rewritten(spoil_growth), "middle",
     {"log-fork"}),
]


def lies_in_bundles():
    """evidence made hostile is never good, whichever entry it is about"""
    s = scene()
    log = s.log_now()
    newest = max(statement(log.entries[i][0]).says.seen.size
                 for i in log.of("batch"))
    whole = range(len(log))
    places = {"any": whole, "later": whole[1:], "pairs": whole[:-1],
              "seen": range(newest), "seen pairs": range(newest - 1),
              "middle": whole[1:], "batches": log.of("batch")}
    honest = s.w.path("honest.wbx")
    bundle.make(honest, bytes.fromhex(s.w.programme), log)
    need(s.verify(honest, want=0).json["result"] == "good", "without a lie")
    for name, lie, which, ids in BUNDLES:
        for i in places[which]:
            done = s.verify(lie(s, log, i), want=EVIDENCE)
            found = {p["id"] for p in done.json["problems"]}
            need(found & ids and done.json["result"] == "bad",
                 f"{name} at {i} is found as {ids}", done)
        print(f"    {name}: {len(places[which])} bundles", flush=True)


world = World(args.binaries)
made_scene = []


def scene():
    """The scene as it was made, whatever came of it."""
    if made_scene:
        made_scene[0].restore()
    else:
        made_scene.append(Scene(world))
    return made_scene[0]


CASES = (lies_that_leave_nothing, contents_held_back, refusals, fork_of_two,
         entry_signed_again, revoked_key, one_number_twice, old_roster,
         lies_in_bundles)
with world:
    main(*(c for c in CASES if not args.cases or c.__name__ in args.cases))
