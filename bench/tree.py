"""What a log's hashing costs: growing a tree, reading every entry of one again, proofs from tiles of ten million.

Run: ``python -m bench.tree``. In memory and on one core; files and signatures are not in these figures.
"""

from __future__ import annotations

import random
import time
from typing import Final

from nullabona.log.edge import Edge
from nullabona.log.tiles import WIDTH, HashReader, Tile, decode_bundle, encode_bundle
from nullabona.log.tree import consistency_proof, inclusion_proof, leaf_hashes, verify_inclusion

READ, LARGE, ENTRY = 1_000_000, 10_000_000, 160
STEP: Final = 64 * WIDTH
PROOFS: Final = 300


def print_reading() -> None:
    """As a verifier reads a whole log: decode every bundle, hash every entry, make every tile, compare the root."""
    rng = random.Random(1)
    bundles = [encode_bundle([rng.randbytes(ENTRY) for _ in range(WIDTH)]) for _ in range(READ // WIDTH)]
    start, edge = time.process_time(), Edge()
    for at in range(0, len(bundles), 64):
        hashes = [leaf_hashes(decode_bundle(bundle, WIDTH)) for bundle in bundles[at : at + 64]]
        edge, _ = edge.extend(b"".join(hashes))
    spent = time.process_time() - start
    print(f"read {edge.size:,} entries of {ENTRY} bytes again: {spent:.1f} s ({edge.size / spent:,.0f}/s)")


def grown() -> tuple[Edge, dict[Tile, bytes]]:
    """A large tree and its tiles, its leaf hashes random."""
    rng = random.Random(2)
    edge, store, spent = Edge(), dict[Tile, bytes](), 0.0
    for at in range(0, LARGE, STEP):
        hashes = rng.randbytes(32 * min(STEP, LARGE - at))
        start = time.process_time()
        edge, tiles = edge.extend(hashes)
        spent += time.process_time() - start
        store.update(tiles)
    print(f"grow to {LARGE:,} leaves, in steps of {STEP:,}: {LARGE / spent:,.0f} leaves/s")
    return edge, store


def print_proofs() -> None:
    """Proofs of random entries: with nothing in memory but the tiles' bytes, and with one reader for all of them."""
    rng = random.Random(3)
    edge, store = grown()
    kept = HashReader(LARGE, store.__getitem__, keep=512)
    times: dict[str, list[float]] = {"a new reader": [], "a kept reader": [], "growth, a kept reader": []}
    for _ in range(PROOFS):
        index = rng.randrange(1, LARGE)
        for name, reader in (("a new reader", HashReader(LARGE, store.__getitem__)), ("a kept reader", kept)):
            start = time.process_time()
            proof = inclusion_proof(reader, index, LARGE)
            times[name].append(time.process_time() - start)
            verify_inclusion(reader(0, index), index, LARGE, proof, edge.root)
        start = time.process_time()
        consistency_proof(kept, rng.randrange(1, LARGE), LARGE)
        times["growth, a kept reader"].append(time.process_time() - start)
    for name, spent in times.items():
        spent.sort()
        print(
            f"proof by {name}: median {spent[PROOFS // 2] * 1e3:.2f} ms, 99 % {spent[PROOFS * 99 // 100] * 1e3:.2f} ms"
        )


if __name__ == "__main__":
    print_reading()
    print_proofs()
