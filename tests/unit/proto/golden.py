#!/usr/bin/env python3
"""Another implementation's word on the formats.

usage: golden.py PB2_FOLDER GOLDEN_FOLDER [--write]

Builds each message with every field set through protoc's own Python code and
compares with the committed bytes; then reads those and writes them again.
"""
import base64
import hashlib
import os
import sys

sys.path.insert(0, sys.argv[1])
import envelope_pb2 as e
import record_pb2 as r

KEYS = [bytes.fromhex(k) for k in (
    "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
    "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394",
    "ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1",
    "ca93ac1705187071d67b83c7ff0efe8108e8ec4530575d7726879333dbdabe7c",
    "6e7a1cdd29b0b78fd13af4c5598feff4ef2a97166e3ca6f2e4fbfccd80505bf1",
    "8a875fff1eb38451577acd5afee405456568dd7c89e090863a0557bc7af49f17")]
AGE = ["age1xtlz8wlcd63zegsv3d5cpmavnw9us43t8ugjvkaxtpg8clsr2pqqtpxhnc",
       "age1zs77ylzdq3mjd0gurkd9jjeftwganyywt27ruq6yqsjwjcmwd3ysrk2r0v",
       "age14894g2usjv999ff663nwzexgpq2580h8xvd7r5tr0c7wdupv452sjt9fxk"]
POINT = bytes.fromhex(
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
DAY = 20780


def h(n):
    return hashlib.sha256(bytes([n])).digest()


def identity(secret):
    """An age identity's text, Bech32 (BIP 173), from its 32 bytes."""
    prefix, letters = "age-secret-key-", "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    number = int.from_bytes(secret, "big") << 4  # 256 bits in 52 groups of 5
    data = [number >> 5 * i & 31 for i in reversed(range(52))]
    check = 1
    for v in ([ord(c) >> 5 for c in prefix] + [0]
              + [ord(c) & 31 for c in prefix] + data + [0] * 6):
        top, check = check >> 25, (check & 0x1ffffff) << 5 ^ v
        for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                               0x3d4233dd, 0x2a1462b3)):
            check ^= g if top >> i & 1 else 0
    data += [(check ^ 1) >> 5 * i & 31 for i in reversed(range(6))]
    return (prefix + "1" + "".join(letters[v] for v in data)).upper()


def vkey(name, key):
    kind = b"\x01" + key
    tag = hashlib.sha256(name.encode() + b"\n" + kind).digest()[:4].hex()
    return f"{name}+{tag}+{base64.b64encode(kind).decode()}"


VKEY = vkey("log.example.org/aid", KEYS[5])
POLICY = (f"# the programme's log\nlog {VKEY} https://log.example.org/\n"
          "quorum none\n")


def padded(m, step):
    """Pads field 15 to the smallest reachable multiple of step."""
    size = m.ByteSize()
    target = -(-size // step) * step
    while target != size:
        for n in range(max(0, target - size - 6), target - size):
            m.padding = bytes(n)
            if n and m.ByteSize() == target:
                return m
        target += step
    m.ClearField("padding")
    return m


def roster():
    field = e.Member(key=KEYS[2], roles=[1], label="K7", state=1,
                     places_hash=h(20))
    lead = e.Member(key=KEYS[3], roles=[1, 2], recipient=AGE[0], label="C1",
                    state=1)
    old = e.Member(key=KEYS[4], roles=[3], recipient=AGE[1], label="Auditør",
                   state=2, distrust_from=41)
    return e.Roster(programme=h(1), version=3, previous=h(2),
                    expires=1900000000, threshold=2, roots=KEYS[:2],
                    members=[field, lead, old], suite="x25519", reader=AGE[2],
                    transport=AGE[1], policy=POLICY, catalogue_hash=h(21),
                    names_hash=h(22), tally_threshold=2, window_days=14,
                    open_catalogue=True)


def batch():
    return e.Batch(programme=h(1), signer=KEYS[2], sequence=142,
                   previous=h(3), roster=h(4),
                   seen=e.Seen(size=300, root=h(5), signature=h(6) + h(7)),
                   content_hash=h(8), content_size=4096, records_root=h(9),
                   totals=POINT)


def entry(index):
    return e.Entry(index=index, envelope=b"statement", proof=h(12) + h(13),
                   content=b"age file")


def goods():
    lines = [r.Line(item="Rice", unit="sack 25 kg", quantity=12000, lot="L-7",
                    expiry_day=DAY + 90, detail="torn"),
             r.Line(item="चामल", quantity=1)]
    return r.Goods(kind=r.VOID_DELIVERED, day=DAY, lines=lines, amends=h(30),
                   reason=r.WRONG_PLACE, reference="WB-2026-17")


def place():
    m = r.Place(number=142, to="NP-31 Gorkha", households=40, people=212,
                code=bytes(range(1, 17)), note="bridge out,\nby mule")
    setattr(m, "from", "Depot 2")
    return m


def manifest():
    return r.Manifest(programme=h(1), signer=KEYS[2], sequence=142,
                      previous=h(3), roster=h(4))


def places(meaning):
    return [r.PlaceCode(code="NP-31", meaning="Gorkha" if meaning else ""),
            r.PlaceCode(code="NP-36", meaning="Sindhu" if meaning else "")]


class Stream:
    """Messages behind their lengths, with the face of one message."""

    def __init__(self, messages):
        self.messages = messages

    def SerializeToString(self, deterministic):
        return b"".join(bytes([m.ByteSize()]) + m.SerializeToString()
                        for m in self.messages)

    @staticmethod
    def FromString(b):
        messages = []
        while b:
            messages.append(e.Upload.FromString(b[1:1 + b[0]]))
            b = b[1 + b[0]:]
        return Stream(messages)


def messages():
    t = "application/vnd.waybill.batch.v1+protobuf"
    yield "envelope", e.Envelope(
        payload=b"payload", payloadType=t,
        signatures=[e.Signature(sig=h(10) + h(11)),
                    e.Signature(sig=h(11) + h(10))])
    yield "roster", roster()
    yield "batch", batch()
    yield "ack", e.Ack(programme=h(1), signer=KEYS[3], verdicts=[
        e.Verdict(statement=h(n), outcome=n) for n in (1, 2, 3, 4)],
        roster=h(4))
    yield "tally", e.Tally(programme=h(1), signer=KEYS[2:4], first=5, last=90,
                           previous=h(14), totals_hash=h(15),
                           content_hash=h(16))
    yield "note", e.Note(programme=h(1), signer=KEYS[3], content_hash=h(8))
    yield "read", e.Read(programme=h(1), signer=KEYS[2], log_key=KEYS[5],
                         method="GET", path="/v1/feed?from=17",
                         time=1795000000)
    yield "uploads", Stream([e.Upload(envelope=b"one", content=b"age file"),
                             e.Upload(envelope=b"two")])
    # Of hashes in common each is there once.
    hashes = h(17) + h(12) + h(13)
    head = e.Seen(size=301, root=h(5), signature=h(6) + h(7))
    results = [e.UploadResult(reception=1, index=300, path=[1, 0, 2]),
               e.UploadResult(reception=3, reason="unknown-key")]
    yield "answer", e.UploadAnswer(head=head, hashes=hashes, growth=[0],
                                   results=results)
    yield "answer_note", e.UploadAnswer(checkpoint=b"checkpoint",
                                        results=results[1:])
    shown = [entry(3), entry(300)]
    for at, path in zip(shown, ([1, 2], [2])):
        at.ClearField("proof")
        at.path.extend(path)
    yield "feed", e.Feed(head=head, hashes=hashes, growth=[0], entries=shown,
                         next=301, held=[4, 200])
    yield "feed_note", e.Feed(checkpoint=b"checkpoint", next=301)
    # To who has three hashes: the first place of those that are sent is 3.
    yield "answer_known", e.UploadAnswer(
        head=head, hashes=h(17) + h(12), growth=[2, 3],
        results=[e.UploadResult(reception=1, index=300, path=[4, 0, 3])])
    yield "feed_known", e.Feed(
        head=head, hashes=h(13), growth=[0], next=301, entries=[
            e.Entry(index=300, envelope=b"statement", path=[1, 3, 0])])
    yield "annexes", e.Annexes(
        annexes=[e.Annex(hash=h(21), file=b"age file"),
                 e.Annex(hash=h(22), file=b"another")])
    yield "enrolments", e.Enrolments(enrolments=[
        e.Enrolment(token_hash=h(23), expires=1795000000, request=b"request",
                    welcome=b"welcome")])
    item = e.BundleItem
    yield "bundle_head", item(head=e.BundleHead(
        version=1, programme=h(1), purpose="transport"))
    yield "bundle_checkpoint", item(checkpoint=b"checkpoint")
    yield "bundle_entry", item(entry=entry(300))
    yield "bundle_statement", item(statement=b"statement")
    yield "bundle_content", item(content=b"age file")
    yield "bundle_annex", item(annex=e.Annex(hash=h(21), file=b"age file"))
    yield "bundle_consistency", item(consistency=h(17) + h(18))
    yield "bundle_disclosure", item(disclosure=b"disclosure")
    yield "bundle_tally_content", item(tally_content=b"totals in clear")
    yield "bundle_opening", item(opening=b"a batch's totals")
    yield "bundle_padding", item(padding=bytes(5))
    yield "bundle_checksum", item(checksum=h(19))
    yield "goods", goods()
    yield "place", place()
    yield "part", padded(r.Part(goods=goods().SerializeToString(),
                                place=place().SerializeToString()), 32)
    yield "manifest", manifest()
    # 200 bytes stand around the plaintext of an age file to one recipient,
    # and 16 more behind each 64 KiB of it.
    content = r.Content(
        manifest=manifest(), seed=h(31),
        sessions=[r.Session(key_file=b"key file", parts=[b"one", b"two"])],
        mark=bytes(range(1, 17)))
    content.padding = bytes(2048 - 200 - content.ByteSize() - 3)
    yield "content", content
    yield "disclosure", r.Disclosure(
        leaf=6, goods=goods().SerializeToString(), goods_salt=h(32),
        place=place().SerializeToString(), place_salt=h(33),
        path=b"".join(h(n) for n in (34, 35, 36, 37)))
    showing = r.Showing(day=DAY, to="Nepal Red Cross", what="goods",
                        records=[h(38), h(39)])
    showing.padding = bytes(2048 - 200 - showing.ByteSize() - 3)
    yield "showing", showing
    item = r.Item(item="Rice", unit="sack 25 kg", category="food", labels=[
        r.Label(language="ne", text="चामल"), r.Label(language="en", text="Rice")])
    yield "catalogue", r.Catalogue(salt=h(40), items=[
        r.Item(item="Blanket"), item])
    yield "places", r.Places(salt=h(41), places=places(False))
    yield "names", r.Names(
        salt=h(42), readers=[identity(h(46))], people=[
            r.Person(key=KEYS[2], name="Asha", recipient=AGE[0],
                     distress_mark=bytes(range(16, 32)),
                     places=["NP-31", "NP-36"], root=KEYS[4])],
        places=places(True))
    yield "invite", r.Invite(
        programme=h(1), log_key=VKEY, url="https://log.example.org/",
        token=h(43), recipient=AGE[0], expires=1795000000, role=1,
        programme_name="Gorkha 2026")
    yield "join_request", r.JoinRequest(
        key=KEYS[2], recipient=AGE[1], label="K7",
        marks=[bytes(range(1, 17)), bytes(range(16, 32))],
        authenticator=h(44), token_hash=h(45), root=KEYS[4])
    yield "welcome", r.Welcome(
        rosters=[b"roster 1", b"roster 2"], receipts=[b"proof 1"],
        checkpoint=b"checkpoint", catalogue=b"catalogue", places=b"places",
        names=b"names", label="K7", programme_name="Gorkha 2026")


    totals = [r.Total(measure="delivered|100%25 wool|", quantity=2500),
              r.Total(measure="delivered|rice|sack %7C 25 kg",
                      quantity=(1 << 63) - 1),
              r.Total(measure="void-delivered|rice|sack", quantity=1)]
    scalar = h(47)[:31] + b"\x0f"
    yield "tally_content", r.TallyContent(
        included=[3, 300], excluded=[
            r.Exclusion(index=n * n, why=n) for n in (1, 2, 3, 4)],
        totals=totals, blinding=scalar, salt=h(48))
    yield "opening", r.Opening(index=300, totals=totals, blinding=scalar,
                               nonce=b"a nonce")
    sealed = r.Padded(body=b"what is sealed")
    sealed.padding = bytes(2048 - 200 - sealed.ByteSize() - 3)
    yield "padded", sealed


def main():
    bad = 0
    for name, m in messages():
        path = os.path.join(sys.argv[2], name + ".hex")
        want = m.SerializeToString(deterministic=True)
        if "--write" in sys.argv:
            with open(path, "w") as f:
                for i in range(0, len(want), 32):
                    f.write(want[i:i + 32].hex() + "\n")
        got = bytes.fromhex(open(path).read())
        again = type(m).FromString(got).SerializeToString(deterministic=True)
        if got != want or again != got:
            print(name, "differs")
            bad = 1
    return bad


sys.exit(main())
