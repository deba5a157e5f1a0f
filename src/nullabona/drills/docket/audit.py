"""Those outside the desk: everybody, who reads the public files, and the auditor, who can read the pointers in them."""

from __future__ import annotations

from pathlib import Path

from nullabona.docket.core.audit import audit
from nullabona.docket.core.recount import recount
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.tiles import ENTRIES, decode_bundle, tiles_of
from nullabona.wire.slots import SlotRef


def entries_of(public: Path) -> list[bytes]:
    """Every entry of the log in ``public``, as its checkpoint counts them; nothing is verified."""
    size = parse_checkpoint(parse_note((public / "checkpoint").read_bytes()).text).size
    tiles = [tile for tile in tiles_of(size) if tile.level == ENTRIES]
    return [entry for tile in tiles for entry in decode_bundle((public / tile.path).read_bytes(), tile.width)]


def places_of(entries: list[bytes], pointer_key: bytes) -> dict[str, tuple[SlotRef, ...]]:
    """Each case's slots in the order of the log, by the public tag of the case: what the auditor finds, alone.

    ``pointer_key`` is the one that left the desk when it was founded. Raises what the log's parts raise.
    """
    found = recount(entries, {}, 0)
    cases = audit(found, pointer_key).cases()
    return {tag: tuple(event.at for event in events) for tag, events in cases.items()}
