"""Which cards are still the newest of their handles, by the lists of changes that we have read (spec/map.md §9.2).

A proof says what was in the record in its epoch. Each list that is read after that either names the card's label, and
then we know nothing more of it, or says that it is the newest for one more epoch. So no directory is asked for it. Only
our own directory's lists are read, so only its cards are noted.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import msgspec

from nullabona.client.core.directory.changes import Lists
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.pinned import SKEW_S, Pinned
from nullabona.client.core.model.ports import Store
from nullabona.wire.card import card_hash

MOST: Final = 1_024
"""Most cards that are noted, the newest: with more contacts, the directory is asked for some of them."""
OLDEST_S: Final = 8 * 86_400
"""How old a card's proof may get, whatever the lists say: they may leave a change out. Cards are renewed weekly."""
_CARDS: Final = "newest-cards"
_READ: Final = "newest-cards-read"


class Noted(msgspec.Struct, array_like=True, frozen=True):
    """A card's label, and the size of the log whose newest epoch had the card; ``closed_s``: when that closed."""

    label: bytes
    size: int
    closed_s: int


class ListsRead(msgspec.Struct, array_like=True, frozen=True):
    """The size of the log up to which lists were read, and when its newest epoch closed."""

    size: int = 0
    closed_s: int = 0


_noted = msgspec.msgpack.Decoder(dict[bytes, Noted])
_read = msgspec.msgpack.Decoder(ListsRead)
_encode = msgspec.msgpack.encode


def note(store: Store, checked: Checked) -> None:
    """Note a card that our directory's record has. The caller must have checked that it is the newest."""
    if checked.card and checked.promise is None:
        known = _load(store)
        digest, size = card_hash(checked.card), checked.frontier.size
        before = known.pop(digest, None)
        newer = Noted(checked.label, size, checked.proof.closed_s)
        known[digest] = before if before is not None and before.size > size else newer
        _save(store, dict(list(known.items())[-MOST:]))


def lists_read(store: Store, lists: Lists, kept: Container[bytes]) -> None:
    """These lists were read. Forget each card whose label one of them names, or whose epochs they do not continue; and
    all but those with the hashes ``kept``.
    """
    known, read = _load(store), _load_read(store)
    still = {
        digest: each
        for digest, each in known.items()
        if digest in kept and lists.leave_alone(each.label, max(each.size, read.size), lists.end)
    }
    if still != known:
        _save(store, still)
    if lists.end != read.size:
        store.set_value(_READ, _encode(ListsRead(lists.end, lists.closed_s)))


def is_noted(store: Store, digest: bytes) -> bool:
    """Whether the card with this hash is the newest as far as the lists were read."""
    return digest in _load(store)


def is_newest(store: Store, pinned: Pinned, digest: bytes, now_s: int) -> bool:
    """Whether the lists of every epoch up to the newest known one, which closed just now, leave the card's label alone,
    and it was proven in the last days.

    False also if lists have to be read first to tell, or if our clock is so late that we could not say when.
    """
    each, read = _load(store).get(digest), _load_read(store)
    if each is None or each.closed_s < now_s - OLDEST_S:
        return False
    size, closed_s = max((each.size, each.closed_s), (read.size, read.closed_s))
    return size >= pinned.size and now_s - pinned.rules.fresh_s <= closed_s <= now_s + SKEW_S


def drop(store: Store, digest: bytes) -> None:
    """Forget one card."""
    known = _load(store)
    if known.pop(digest, None) is not None:
        _save(store, known)


def forget(store: Store) -> None:
    """Forget all: the person had the directory forgotten."""
    store.delete_value(_CARDS)
    store.delete_value(_READ)


def _load(store: Store) -> dict[bytes, Noted]:
    data = store.get_value(_CARDS)
    return {} if data is None else _noted.decode(data)


def _save(store: Store, noted: dict[bytes, Noted]) -> None:
    store.set_value(_CARDS, _encode(noted))


def _load_read(store: Store) -> ListsRead:
    data = store.get_value(_READ)
    return ListsRead() if data is None else _read.decode(data)
