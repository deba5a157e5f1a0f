"""Watches a log grow: what it shows now must have grown from what was seen before, entry by entry.

The monitor remembers one checkpoint. It computes the old root from the log's own tiles, then the new root from these
and the new entries. This detects a rollback, a fork, and an entry that differs from what was signed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from nullabona.errors import UserError
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from nullabona.log.tiles import ENTRIES, WIDTH, Tile, decode_bundle, tile_width
from nullabona.log.tree import EMPTY_ROOT, HASH_SIZE, Frontier, GetNode, leaf_hashes, subtree_hash
from nullabona.reading.errors import LogDiffers, LogForked, LogRolledBack
from nullabona.reading.prove import with_nodes
from nullabona.reading.source import Source
from nullabona.reading.verify import Report

Take = Callable[[int, bytes], None]
"""(number, entry)."""


class MemoryUnusable(UserError):
    """The remembered checkpoint does not verify under this policy."""

    code = "monitor-memory"
    default_hint = "name the state file of this log and this policy"


@dataclass(frozen=True, slots=True)
class Step:
    """The new memory, and the numbers of the new entries. ``note``: the checkpoint as served."""

    note: bytes
    checkpoint: Checkpoint
    new: range


async def advance(
    source: Source,
    policy: Policy,
    report: Report,
    last: bytes | None,
    take: Take,
    *,
    from_start: bool = False,
    before: Policy | None = None,
) -> Step:
    """Compare the checkpoint of ``report`` with the remembered one, and pass each new, checked entry to ``take``.

    Without ``last`` the watch begins with the next entry, or with the first if ``from_start``. ``before``: the policy
    of ``last``, if the log's keys have changed since. Raises `LogRolledBack`, `LogForked`, `LogDiffers`,
    `LogIncomplete`, `MemoryUnusable`; then the memory stays as it is.
    """
    old = _remembered(before or policy, report, last)
    new = report.checkpoint
    if old is None:
        old = Checkpoint(new.origin, 0, EMPTY_ROOT) if from_start else new
    if new.size < old.size:
        raise LogRolledBack(f"the log shows {new.size} entries, and showed {old.size} before")
    if new.size == old.size and new.root != old.root:
        raise LogForked(f"the log has signed two roots for {new.size} entries")
    numbers = range(old.size, new.size)
    leaves = await _check_growth(source, old, new)
    for number in range(old.size // WIDTH, -(-new.size // WIDTH) if numbers else 0):
        await _take_bundle(source, number, numbers, leaves, take)
    return Step(report.note, new, numbers)


def _remembered(policy: Policy, report: Report, last: bytes | None) -> Checkpoint | None:
    if last is None:
        return None
    try:
        checkpoint = policy.check(parse_note(last)).checkpoint
    except Exception as error:
        raise MemoryUnusable("the checkpoint remembered of this log does not verify") from error
    if checkpoint.origin != report.checkpoint.origin:
        raise MemoryUnusable("the checkpoint remembered is another log's")
    return checkpoint


async def _check_growth(source: Source, old: Checkpoint, new: Checkpoint) -> bytes:
    """The leaf hashes of the new entries, proven. Raises `LogForked` or `LogDiffers`."""
    frontier = await with_nodes(source, new.size, lambda get_node: _frontier(get_node, old.size))
    if frontier.root != old.root:
        raise LogForked(f"the first {old.size} entries are not those that were seen before")
    numbers = range(old.size // WIDTH, -(-new.size // WIDTH)) if new.size > old.size else range(0)
    tiles = await asyncio.gather(*[source.tile(Tile(0, n, tile_width(0, n, new.size))) for n in numbers])
    leaves = b"".join(tiles)[old.size % WIDTH * HASH_SIZE :]
    if frontier.extend(leaves).root != new.root:
        raise LogDiffers("the log's tiles do not lead from the checkpoint seen before to the one shown now")
    return leaves


def _frontier(get_node: GetNode, size: int) -> Frontier:
    """The frontier of the tree's first ``size`` leaves."""
    peaks, start = [], 0
    while start < size:
        end = start + (1 << (size - start).bit_length() - 1)
        peaks.append(subtree_hash(get_node, start, end))
        start = end
    return Frontier(size, tuple(peaks))


async def _take_bundle(source: Source, number: int, numbers: range, leaves: bytes, take: Take) -> None:
    tile = Tile(ENTRIES, number, tile_width(ENTRIES, number, numbers.stop))
    entries = decode_bundle(await source.tile(tile), tile.width)
    first = max(numbers.start, number * WIDTH)
    new = entries[first - number * WIDTH :]
    at = (first - numbers.start) * HASH_SIZE
    if leaf_hashes(new) != leaves[at : at + len(new) * HASH_SIZE]:
        raise LogDiffers(f"{tile.path} holds entries that are not those of the tree")
    for place, entry in enumerate(new, first):
        take(place, entry)
