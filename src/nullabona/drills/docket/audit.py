"""Those outside the desk: everybody, who reads the public files, and the auditor, who can read the pointers in them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.docket.core.batches import read_batch
from nullabona.docket.core.pointers import next_ratchet, open_pointer
from nullabona.docket.core.statements import Genesis, parse_statement
from nullabona.errors import Malformed
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.tiles import ENTRIES, decode_bundle, tiles_of
from nullabona.wire.slots import CommitmentWrong, SlotRef

_EVENT: Final = 1


def entries_of(public: Path) -> list[bytes]:
    """Every entry of the log in ``public``, as its checkpoint counts them; nothing is verified."""
    size = parse_checkpoint(parse_note((public / "checkpoint").read_bytes()).text).size
    tiles = [tile for tile in tiles_of(size) if tile.level == ENTRIES]
    return [entry for tile in tiles for entry in decode_bundle((public / tile.path).read_bytes(), tile.width)]


def places_of(entries: list[bytes], pointer_key: bytes) -> dict[str, tuple[SlotRef, ...]]:
    """Each case's slots in the order of the log, by the public tag of the case: what the auditor finds, alone.

    ``pointer_key`` is the one that left the desk when it was founded. Raises what the log's parts raise.
    """
    genesis = parse_statement(entries[0])
    if not isinstance(genesis, Genesis):
        raise Malformed("the log's first leaf is not its genesis statement")
    found: dict[str, list[SlotRef]] = {}
    start, keys = 0, [pointer_key]
    while batch := read_batch(entries, start, genesis.cadence, len(keys) - 1):
        for leaf in batch.slots:
            kind, tag = _read(keys, leaf.pointer)
            if kind == _EVENT:
                found.setdefault(tag.hex(), []).append(leaf.at)
        start = batch.end
        keys.append(next_ratchet(keys[-1]))
    return {tag: tuple(places) for tag, places in found.items()}


def _read(keys: list[bytes], pointer: bytes) -> tuple[int, bytes]:
    """With the key of the slot's period, or of an earlier one: an event may have waited for a free slot."""
    for key in reversed(keys):
        with suppress(CommitmentWrong):
            kind, _, tag = open_pointer(key, pointer)
            return kind, tag
    raise CommitmentWrong("a pointer opens with no key of the log so far")
