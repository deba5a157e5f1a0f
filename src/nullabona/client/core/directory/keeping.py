"""Records in the store: what is pinned, watched, promised; our own cards; evidence. In the caller's transaction."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Final

import msgspec

from nullabona.client.core.directory.evidence import LARGEST
from nullabona.client.core.directory.owner import Watch
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.directory.promises import Expected
from nullabona.client.core.model.ports import Store
from nullabona.wire.producible import StoredEntry

MOST_OWN: Final = 256
"""Hashes of own cards that are remembered: about five years of weekly ones."""
MOST_EXPECTED: Final = 256
MOST_EVIDENCE: Final = 32
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


def keep_evidence(store: Store, evidence: Evidence) -> bool:
    """Keep evidence; True if it is new. If there is too much, drop an item of the most frequent code, but neither its
    first nor its last: otherwise a lying directory could flood the store until real evidence is dropped.
    """
    known = load_evidence(store)
    if any((each.code, each.host, each.shown) == (evidence.code, evidence.host, evidence.shown) for each in known):
        return False
    if len(evidence.shown) <= LARGEST:
        store.set_value(_EVIDENCE, _encode(_thinned([*known, evidence])))
    return True


def _thinned(kept: list[Evidence]) -> list[Evidence]:
    while len(kept) > MOST_EVIDENCE:
        counted = Counter(each.code for each in kept)
        alike = [each for each in kept if each.code == max(counted, key=counted.__getitem__)]
        kept.remove(alike[len(alike) // 2])
    return kept


def _key(host: str) -> str:
    return f"record:{host}"


def _forgotten(host: str) -> str:
    return f"record-forgotten:{host}"
