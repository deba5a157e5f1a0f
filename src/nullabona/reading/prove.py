"""Makes a proof that an entry is in a log from the log's own files, and checks it before returning it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from nullabona.log.note import parse_note
from nullabona.log.proof import LogProof
from nullabona.log.tiles import ENTRIES, WIDTH, HashReader, Tile, decode_bundle, tile_width, tiles_for
from nullabona.log.tree import HASH_SIZE, GetNode, inclusion_proof, leaf_hash, verify_inclusion
from nullabona.reading.errors import LogDiffers
from nullabona.reading.source import Source
from nullabona.reading.verify import Report

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry and its inclusion proof."""

    index: int
    entry: bytes
    proof: LogProof


async def prove(source: Source, report: Report, index: int) -> Proven:
    """The entry with this number and its proof under the checkpoint of ``report``.

    Raises `ProofInvalid` if there is no such entry or the log's files do not prove it, `LogIncomplete`, `Malformed`.
    """
    size, root = report.checkpoint.size, report.checkpoint.root
    hashes = await with_nodes(source, size, lambda get_node: inclusion_proof(get_node, index, size))
    number, at = divmod(index, WIDTH)
    tile = Tile(ENTRIES, number, tile_width(ENTRIES, number, size))
    entry = decode_bundle(await source.tile(tile), tile.width)[at]
    verify_inclusion(leaf_hash(entry), index, size, hashes, root)
    return Proven(index, entry, LogProof(index, hashes, parse_note(report.note)))


async def find_entry(source: Source, report: Report, entry: bytes) -> int:
    """The number of the first entry equal to ``entry``. Raises `LogDiffers` if the log has none."""
    size, wanted = report.checkpoint.size, leaf_hash(entry)
    for number in range(-(-size // WIDTH)):
        data = await source.tile(Tile(0, number, tile_width(0, number, size)))
        for at in range(0, len(data), HASH_SIZE):
            if data[at : at + HASH_SIZE] == wanted:
                return number * WIDTH + at // HASH_SIZE
    raise LogDiffers("there is no such entry in the log", hint="compare every byte, the last newline too")


async def with_nodes(source: Source, size: int, act: Callable[[GetNode], T]) -> T:
    """The result of ``act`` on the hashes of the tree of ``size``; all tiles that it needs are fetched at once.

    ``act`` is called twice and must ask for the same hashes both times, whatever they are.
    """
    held = await _fetch(source, tiles_for(size, act))
    return act(HashReader(size, held.__getitem__))


async def _fetch(source: Source, tiles: Iterable[Tile]) -> dict[Tile, bytes]:
    names = list(tiles)
    return dict(zip(names, await asyncio.gather(*[source.tile(tile) for tile in names]), strict=True))
