"""The data a directory hands over about one handle: only that handle's rows, never those of a namesake elsewhere.

A directory stores its cards by name alone, because all its handles have one host. Each stored card names that host, so
a demand about ``mina@elsewhere.example`` is answered with nothing here (spec/directory.md §10).
"""

from __future__ import annotations

from contextlib import closing
from importlib import import_module

from nullabona.directory.core.records import held_mark
from nullabona.directory.opening import CARDS_SCHEMA
from nullabona.directory.store.interface import Holding, StoreFailed
from nullabona.directory.store.rows import find_holding
from nullabona.errors import Malformed
from nullabona.wire.card import decode_card
from nullabona.wire.handle import Handle, parse_handle
from nullabona.wire.producible import produce


def read_producible_from(store: str, handle: str) -> dict[str, object]:
    """As `DirectoryService.producible`, from the PostgreSQL database that a directory keeps its cards in.

    Raises `PostgresUnusable`, and as `DirectoryService.producible`.
    """
    wanted = parse_handle(handle)
    session = import_module("nullabona.machine.postgres.session").Session(store, CARDS_SCHEMA)
    with closing(session):
        found = find_holding(session, wanted.name, held_mark(wanted))
    return hand_over(wanted, found)


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
