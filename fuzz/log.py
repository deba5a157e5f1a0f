"""Fuzz what a log, a witness or a stranger sends: notes, proofs, requests, policies, keys, tiles.

Any bytes give a value or a `PeerError`, what is accepted encodes to itself, and nothing but the real proof proves.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from fuzz._harness import fuzz, mutate
from nullabona.errors import PeerError
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.edge import read_edge
from nullabona.log.forks import Fork, parse_fork, weigh
from nullabona.log.keys import parse_vkey, vkey
from nullabona.log.note import encode_signatures, parse_note, parse_signatures
from nullabona.log.policy import Policy
from nullabona.log.proof import parse_proof
from nullabona.log.tiles import decode_bundle, encode_bundle, parse_tile_path, tiles_of
from nullabona.log.tree import Frontier
from nullabona.log.witnessing import Accept, Cosigned, add_checkpoint, decide, parse_request, parse_size
from tests.log.logs import ED, LINES, ML, WITNESSES, SmallLog, policy

OLD, LOG = SmallLog(7), SmallLog(300)
NOTE: Final = LOG.note(*WITNESSES)
PROOF: Final = LOG.proof(5, NOTE)
REQUEST: Final = add_checkpoint(7, LOG.grew_from(7), NOTE)
POLICY: Final = policy()
KEYS = (ED.verifier, ML.verifier)
POLICY_TEXT: Final = "\n".join([*LINES, "group g 2 bar university press", "quorum g", ""])
SIZE: Final = 300


def _bundle(data: bytes) -> bytes:
    return encode_bundle(decode_bundle(data, 44))


def _size(data: bytes) -> bytes:
    return b"%d\n" % parse_size(data)


def _vkey(data: bytes) -> bytes:
    return parse_vkey(data.decode("utf-8", "replace")).encode().encode()


def _path(data: bytes) -> bytes:
    return parse_tile_path(data.decode("utf-8", "replace")).path.encode()


READERS: Final[dict[str, tuple[Callable[[bytes], bytes], list[bytes]]]] = {
    "note": (lambda data: parse_note(data).encode(), [NOTE.encode(), OLD.note(log=(ED,)).encode()]),
    "checkpoint": (lambda data: parse_checkpoint(data).encode(), [NOTE.text]),
    "signatures": (lambda data: encode_signatures(parse_signatures(data)), [encode_signatures(NOTE.signatures[:1])]),
    "proof": (lambda data: parse_proof(data).encode(), [PROOF.encode()]),
    "request": (lambda data: parse_request(data).encode(), [REQUEST.encode()]),
    "size": (_size, [b"7\n"]),
    "vkey": (_vkey, [vkey(ED).encode(), vkey(ML).encode()]),
    "path": (_path, [tile.path.encode() for tile in tiles_of(SIZE)]),
    "bundle": (_bundle, [encode_bundle(LOG.entries[256:])]),
    "frontier": (lambda data: Frontier.decode(data).encode(), [LOG.grown[0].frontier.encode()]),
}


def read(rng: random.Random) -> None:
    """Every reader: what it takes, it writes the same."""
    decode, seeds = READERS[rng.choice(list(READERS))]
    data = mutate(rng, rng.choice(seeds))
    try:
        encoded = decode(data)
    except PeerError:
        return
    assert encoded == data


def prove(rng: random.Random) -> None:
    """Only the real proof proves, whatever is done to its bytes; lines that nobody knows may be lost or added."""
    data = mutate(rng, PROOF.encode())
    try:
        proof = parse_proof(data)
        seen = proof.verify(b"entry 5", POLICY)
    except PeerError:
        return
    assert (LOG.checkpoint, PROOF.hashes, 5) == (seen.checkpoint, proof.hashes, proof.index)


def witness(rng: random.Random) -> None:
    """Only growth that is proven is cosigned."""
    try:
        request = parse_request(mutate(rng, REQUEST.encode()))
    except PeerError:
        return
    decision = decide(request, Cosigned(OLD.size, OLD.root), KEYS)
    assert not isinstance(decision, Accept) or (LOG.checkpoint, REQUEST.proof) == (decision.checkpoint, request.proof)


def forks(rng: random.Random) -> None:
    """Out of an honest log's checkpoints nobody makes a fork, whatever the file says."""
    other = bytes(32) if rng.random() < 0.5 else b""
    honest = Fork("no-consistency", LOG.checkpoint.origin, OLD.note(*WITNESSES), REQUEST, (), other)
    try:
        assert not weigh(parse_fork(mutate(rng, honest.encode())), POLICY).proven
    except PeerError:
        return


def rules(rng: random.Random) -> None:
    """Any text is a policy or refused, and what is a policy can be asked."""
    words = POLICY_TEXT.split(" ")
    for _ in range(rng.randrange(4)):
        words[rng.randrange(len(words))] = rng.choice([*words, "any", "all", "none", "\n", "#", "\t", "0", "65"])
    text = mutate(rng, " ".join(words).encode()).decode("utf-8", "replace")
    try:
        Policy.parse(text).check(NOTE)
    except PeerError:
        return


def tiles(rng: random.Random) -> None:
    """Tiles from outside make another root, or are refused."""
    store = dict(LOG.grown[0].tiles)
    changed = rng.choice(list(store))
    data = mutate(rng, store[changed])
    try:
        edge = read_edge(SIZE, lambda tile: data if tile == changed else store[tile])
    except PeerError:
        return
    assert (edge.root == LOG.root) == (data == store[changed])


if __name__ == "__main__":
    fuzz("log", __doc__, (read, prove, witness, forks, rules, tiles))
