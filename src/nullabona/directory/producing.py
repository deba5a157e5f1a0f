"""The data a directory hands over about one handle: only that handle's rows, never those of a namesake elsewhere.

A directory stores its cards by name alone, because all its handles have one host. Each stored card names that host, so
a demand about ``mina@elsewhere.example`` is answered with nothing here (spec/directory.md §10).
"""

from __future__ import annotations

from nullabona.directory.store.interface import Holding, StoreFailed
from nullabona.errors import Malformed
from nullabona.wire.card import decode_card
from nullabona.wire.handle import Handle
from nullabona.wire.producible import produce


def hand_over(wanted: Handle, found: Holding) -> dict[str, object]:
    """The part of ``found``, the data stored under the name of ``wanted``, that is about ``wanted``.

    Raises `StoreFailed` if a stored card does not name its handle.
    """
    if any(_owner(row.encoded) != wanted for row in (found.card, *found.replaced) if row is not None):
        return produce(wanted, None)
    return produce(wanted, found.card, found.held, replaced=found.replaced, entries=found.entries)


def _owner(encoded: bytes) -> Handle:
    try:
        return decode_card(encoded).handle
    except Malformed as error:
        raise StoreFailed("a stored card does not say whose it is") from error
