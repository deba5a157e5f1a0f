"""Records in the store: what is pinned, watched, promised; our own cards; evidence. In the caller's transaction."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Final

import msgspec

from nullabona.client.core.directory import newest
from nullabona.client.core.directory.changes import forget_lists
from nullabona.client.core.directory.evidence import LARGEST
from nullabona.client.core.directory.leaves import forget_leaves
from nullabona.client.core.directory.listing import Position
from nullabona.client.core.directory.owner import Watch
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.directory.promises import Expected
from nullabona.client.core.model.ports import Store
from nullabona.wire.producible import StoredEntry

MOST_OWN: Final = 256
"""Hashes of own cards that are remembered: about five years of weekly ones."""
MOST_EXPECTED: Final = 256
MOST_EVIDENCE: Final = 32
_AGAIN_S: Final = 3_600
_POSITION: Final = "record-lists"
_WATCH: Final = "record-watch"
_EXPECTED: Final = "record-expected"
_OWN: Final = "own-cards"
_EVIDENCE: Final = "record-evidence"
_ENTRIES: Final = "record-entries"


class Evidence(msgspec.Struct, array_like=True, frozen=True):
    """What was shown when something was wrong. ``before``: the checkpoint known until then; ``shown``: the answer."""

    code: str
    host: str
    at_s: int
    before: bytes
    shown: bytes


_entries = msgspec.msgpack.Decoder(list[StoredEntry])
_pinned = msgspec.msgpack.Decoder(Pinned)
_watch = msgspec.msgpack.Decoder(Watch)
_position = msgspec.msgpack.Decoder(Position)
_expected = msgspec.msgpack.Decoder(list[Expected])
_own = msgspec.msgpack.Decoder(list[bytes])
_evidence = msgspec.msgpack.Decoder(list[Evidence])
_encode = msgspec.msgpack.encode


def load_pinned(store: Store, host: str) -> Pinned | None:
    """What is remembered of a directory."""
    data = store.get_value(_key(host))
    return None if data is None else _pinned.decode(data)


def save_pinned(store: Store, pinned: Pinned) -> None:
    """Remember it."""
    store.set_value(_key(pinned.host), _encode(pinned))


def forget_pinned(store: Store, host: str, now_s: int) -> None:
    """Forget a directory because the person asked for it: the next look-up is like the first one."""
    store.delete_value(_key(host))
    forget_leaves(store, host)
    forget_lists(store, host)
    newest.forget(store)
    store.set_value(_forgotten(host), _encode(now_s))
    save_expected(store, [each for each in load_expected(store) if each.host != host])


def forgotten_s(store: Store, host: str) -> int | None:
    """When the person last had a directory forgotten; None: never."""
    data = store.get_value(_forgotten(host))
    return None if data is None else msgspec.msgpack.decode(data, type=int)


def load_watch(store: Store) -> Watch | None:
    """How far the own handle was watched."""
    data = store.get_value(_WATCH)
    return None if data is None else _watch.decode(data)


def save_watch(store: Store, watch: Watch | None) -> None:
    """Remember it; None: forget it."""
    if watch is None:
        store.delete_value(_WATCH)
    else:
        store.set_value(_WATCH, _encode(watch))


def load_position(store: Store) -> Position | None:
    """How far the lists of changes were read."""
    data = store.get_value(_POSITION)
    return None if data is None else _position.decode(data)


def save_position(store: Store, position: Position | None) -> None:
    """Remember it; None: forget it, so that the own handle is looked at whole next."""
    if position is None:
        store.delete_value(_POSITION)
    else:
        store.set_value(_POSITION, _encode(position))


def load_expected(store: Store) -> list[Expected]:
    """Promises of directories that were not seen kept yet."""
    data = store.get_value(_EXPECTED)
    return [] if data is None else _expected.decode(data)


def save_expected(store: Store, expected: list[Expected]) -> None:
    """Remember it, the newest if there are too many."""
    store.set_value(_EXPECTED, _encode(expected[-MOST_EXPECTED:]))


def expect(store: Store, promise: Expected) -> None:
    """One more promise; the same card's earlier one counts."""
    known = load_expected(store)
    if (promise.handle, promise.digest) not in {(each.handle, each.digest) for each in known}:
        save_expected(store, [*known, promise])


def own_entries(store: Store) -> list[StoredEntry]:
    """The record's entries at our handle in the watched epochs, oldest first."""
    data = store.get_value(_ENTRIES)
    return [] if data is None else _entries.decode(data)


def note_entries(store: Store, entries: list[StoredEntry], horizon: int) -> None:
    """Remember these too; what was replaced before epoch ``horizon`` is forgotten, as the directory forgets it."""
    known = own_entries(store)
    found = [*known, *entries]
    kept = [each for each, after in pairwise([*found, None]) if each and (after is None or after.epoch > horizon)]
    if kept != known:
        store.set_value(_ENTRIES, _encode(kept))


def own_cards(store: Store) -> list[bytes]:
    """Hashes of the cards that this account made, oldest first."""
    data = store.get_value(_OWN)
    return [] if data is None else _own.decode(data)


def note_own_card(store: Store, digest: bytes) -> None:
    """This account made a card."""
    known = own_cards(store)
    if digest not in known:
        store.set_value(_OWN, _encode([*known, digest][-MOST_OWN:]))


def load_evidence(store: Store) -> list[Evidence]:
    """What was kept as evidence, oldest first."""
    data = store.get_value(_EVIDENCE)
    return [] if data is None else _evidence.decode(data)


def may_tell(store: Store, host: str, now_s: int) -> bool:
    """Whether the person is to be told now what a proof shows of a directory; False within an hour after the last time.

    Otherwise a directory could have its log tell two histories in proof after proof, with a warning for each.
    """
    data = store.get_value(_told(host))
    if data is not None and 0 <= now_s - msgspec.msgpack.decode(data, type=int) < _AGAIN_S:
        return False
    store.set_value(_told(host), _encode(now_s))
    return True


def keep_evidence(store: Store, evidence: Evidence, own: str = "") -> bool:
    """Keep evidence; True if it is new. If there is too much, drop an item of the directory and code of which there is
    most, but neither its first nor its last. The own directory, ``own``, is not counted up to half of what is kept.

    Otherwise a lying directory could flood the store until real evidence is dropped, of its own or of another's lies.
    """
    known = load_evidence(store)
    if any((each.code, each.host, each.shown) == (evidence.code, evidence.host, evidence.shown) for each in known):
        return False
    if len(evidence.shown) <= LARGEST:
        store.set_value(_EVIDENCE, _encode(_thinned([*known, evidence], own)))
    return True


def _thinned(kept: list[Evidence], own: str) -> list[Evidence]:
    while len(kept) > MOST_EVIDENCE:
        much = sum(each.host == own for each in kept) > MOST_EVIDENCE // 2
        counted = Counter((each.host, each.code) for each in kept if (each.host == own) is much)
        most = max(counted, key=counted.__getitem__)
        alike = [each for each in kept if (each.host, each.code) == most]
        kept.remove(alike[len(alike) // 2])
    return kept


def _key(host: str) -> str:
    return f"record:{host}"


def _told(host: str) -> str:
    return f"record-told:{host}"


def _forgotten(host: str) -> str:
    return f"record-forgotten:{host}"
