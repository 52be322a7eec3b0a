"""Answers as a server means them, and as they go over the wire.

Attacks rewrite what is meant; only this file knows how it is packed.
"""
from types import SimpleNamespace

import envelope_pb2 as pb


def entry(index, envelope, proof, content):
    return SimpleNamespace(index=index, envelope=envelope, proof=proof,
                           content=content)


def page(checkpoint, consistency, entries, following):
    return SimpleNamespace(checkpoint=checkpoint, consistency=consistency,
                           entries=entries, next=following)


def pack_page(p):
    feed = pb.Feed(checkpoint=p.checkpoint, consistency=p.consistency,
                   next=p.next)
    for e in p.entries:
        feed.entries.add(index=e.index, envelope=e.envelope, proof=e.proof,
                         content=e.content)
    return feed.SerializeToString()


def result(reception, index=0, reason=""):
    return SimpleNamespace(reception=reception, index=index, reason=reason,
                           proof=b"")


def read_results(body):
    return [result(r.reception, r.index, r.reason)
            for r in pb.UploadAnswer.FromString(body).results]


def pack_upload(a):
    answer = pb.UploadAnswer(checkpoint=a.checkpoint, consistency=a.consistency)
    for r in a.results:
        answer.results.add(reception=r.reception, index=r.index,
                           reason=r.reason, proof=r.proof)
    return answer.SerializeToString()
