"""Bundles taken apart and put together again under a good checksum."""
import hashlib

import envelope_pb2 as pb
from server import varint, varint_parts


def read(path):
    """The items of a plain bundle, without its checksum."""
    return [pb.BundleItem.FromString(p)
            for p in varint_parts(path.read_bytes())][:-1]


def write(path, items):
    data = b""
    for item in items:
        part = item.SerializeToString()
        data += varint(len(part)) + part
    last = pb.BundleItem(checksum=hashlib.sha256(data).digest())
    part = last.SerializeToString()
    path.write_bytes(data + varint(len(part)) + part)


def make(path, programme, log, purpose="audit"):
    """Evidence of a whole log, as its keeper would have it believed."""
    items = [pb.BundleItem(head=pb.BundleHead(
        version=1, programme=programme, purpose=purpose)),
        pb.BundleItem(checkpoint=log.checkpoint())]
    for i, (envelope, content) in enumerate(log.entries):
        items.append(pb.BundleItem(entry=pb.Entry(index=i,
                                                  envelope=envelope)))
        if content:
            items.append(pb.BundleItem(content=content))
    write(path, items)
