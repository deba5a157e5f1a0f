"""Checks a whole log: every entry, every tile, the root, the signatures. Its only side effect is reading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.edge import Edge
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy, Seen
from nullabona.log.tiles import ENTRIES, WIDTH, Tile, decode_bundle, tile_width
from nullabona.log.tree import leaf_hashes
from nullabona.reading.errors import LogDiffers, LogStale
from nullabona.reading.source import Source

_STEP: Final = 64
"""Bundles that are fetched and checked at a time."""

Told = Callable[[int, int], None]
"""Progress: (entries checked, entries in total)."""


@dataclass(frozen=True, slots=True)
class Report:
    """A checked log: every entry matches the checkpoint.

    ``seen``: the policy's verdict on the checkpoint; None without a policy: then no signature was checked.
    """

    checkpoint: Checkpoint
    note: bytes
    seen: Seen | None
    tiles: int


async def read_checkpoint(
    source: Source, policy: Policy | None, *, now_s: int = 0, max_age_s: int | None = None
) -> Report:
    """The checkpoint served now, with signatures and age checked.

    Raises `LogIncomplete`, `Malformed`, what `Policy.check` raises, and `LogStale`.
    """
    data = await source.checkpoint()
    note = parse_note(data)
    if policy is None:
        return Report(parse_checkpoint(note.text), data, None, 0)
    seen = policy.check(note)
    if max_age_s is not None and (seen.time_s is None or now_s - seen.time_s > max_age_s):
        raise LogStale(f"nobody has cosigned a checkpoint in the last {max_age_s} seconds")
    return Report(seen.checkpoint, data, seen, 0)


async def verify_log(source: Source, report: Report, told: Told = lambda _done, _all: None) -> Report:
    """Read the whole log under the checkpoint of ``report`` and check it.

    Raises `LogIncomplete` if something is missing, `LogDiffers` or `Malformed` if something is not as signed.
    """
    size = report.checkpoint.size
    edge, checked = Edge(), 0
    for first in range(0, -(-size // WIDTH), _STEP):
        numbers = range(first, min(first + _STEP, -(-size // WIDTH)))
        bundles = await asyncio.gather(*[_bundle(source, number, size) for number in numbers])
        edge, tiles = edge.extend(b"".join(bundles))
        checked += await _compare(source, [pair for pair in tiles if pair[0].width == WIDTH]) + len(numbers)
        told(edge.size, size)
    checked += await _compare(source, edge.tiles)
    if edge.root != report.checkpoint.root:
        raise LogDiffers("the entries do not lead to the root that was signed")
    return Report(report.checkpoint, report.note, report.seen, checked)


async def _bundle(source: Source, number: int, size: int) -> bytes:
    """The leaf hashes of a bundle's entries."""
    tile = Tile(ENTRIES, number, tile_width(ENTRIES, number, size))
    try:
        return leaf_hashes(decode_bundle(await source.tile(tile), tile.width))
    except Malformed as error:
        raise LogDiffers(f"{tile.path}: {error.message}") from error


async def _compare(source: Source, tiles: Sequence[tuple[Tile, bytes]]) -> int:
    """Raises `LogDiffers` unless each served tile equals the computed one; returns the number of tiles."""
    served = await asyncio.gather(*[source.tile(tile) for tile, _ in tiles])
    for (tile, data), found in zip(tiles, served, strict=True):
        if data != found:
            raise LogDiffers(f"{tile.path} is not the hashes of the entries below it")
    return len(tiles)
