"""Answers as a server means them, and as they go over the wire.

Attacks rewrite what is meant; only this file knows how it is packed.
"""
from types import SimpleNamespace

import envelope_pb2 as pb

HASH = 32


class Hashes:
    """What the proofs of one answer share: each hash once, in order of use.

    In front stand those that the asker has, which are not sent.
    """

    def __init__(self, known):
        self.all, self.known = list(known), len(known)

    def places(self, proof):
        places = []
        for at in range(0, len(proof), HASH):
            one = proof[at:at + HASH]
            if one not in self.all:
                self.all.append(one)
            places.append(self.all.index(one))
        return places

    def sent(self):
        return b"".join(self.all[self.known:])


def entry(index, envelope, proof, content):
    return SimpleNamespace(index=index, envelope=envelope, proof=proof,
                           content=content)


def page(checkpoint, consistency, entries, following, held):
    return SimpleNamespace(checkpoint=checkpoint, consistency=consistency,
                           entries=entries, next=following, held=held)


def pack_page(p, known):
    hashes = Hashes(known)
    feed = pb.Feed(checkpoint=p.checkpoint, next=p.next, held=p.held,
                   growth=hashes.places(p.consistency))
    for e in p.entries:
        feed.entries.add(index=e.index, envelope=e.envelope,
                         path=hashes.places(e.proof), content=e.content)
    feed.hashes = hashes.sent()
    return feed.SerializeToString()


def result(reception, index=0, reason=""):
    return SimpleNamespace(reception=reception, index=index, reason=reason,
                           proof=b"")


def read_results(body):
    return [result(r.reception, r.index, r.reason)
            for r in pb.UploadAnswer.FromString(body).results]


def pack_upload(a, known):
    hashes = Hashes(known)
    answer = pb.UploadAnswer(checkpoint=a.checkpoint,
                             growth=hashes.places(a.consistency))
    for r in a.results:
        answer.results.add(reception=r.reception, index=r.index,
                           reason=r.reason, path=hashes.places(r.proof))
    answer.hashes = hashes.sent()
    return answer.SerializeToString()
