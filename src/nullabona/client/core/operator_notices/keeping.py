"""Stores operator notices: those that hold, items that wait to be checked, and counts of items that did not hold.

Works in the caller's transaction.
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.model.ports import Store
from nullabona.client.core.operator_notices.checking import Genuine

MOST_HELD: Final = 16
"""Most items that wait to be checked: this many that only the operator can have made, and as many others."""
_KEPT: Final = "operator-notices"
_HELD: Final = "operator-notices-held"
_COUNTS: Final = "operator-notices-refused"


class KeptNotice(msgspec.Struct, array_like=True, frozen=True):
    """A notice that was checked. ``item`` is the inbox item as it came, so that others can check it again."""

    id: bytes
    item: bytes
    came_s: int
    size: int
    """Entries of the docket, as the notice's checkpoint says."""
    witnesses: tuple[str, ...]
    time_s: int | None
    """The time for which the witnesses vouch, in POSIX seconds; None: the policy demands no witnesses."""
    by_hand: bool
    """Whether the person gave the policy; otherwise the directory did when it was first seen."""
    put_away: bool = False
    """Whether the person has read it. It stays in the list."""


class HeldItem(msgspec.Struct, array_like=True, frozen=True):
    """An item that cannot be checked yet."""

    item: bytes
    came_s: int
    told: bool = False
    """Whether the person was told that an item waits."""
    ready_s: int | None = None
    """The POSIX second that this device's clock must reach; None: a policy is missing."""
    vouched: bool = False
    """Whether only the operator can have made it."""
    asked: bool = False
    """Whether the directory was asked for the docket's keys since it came, and named none."""


_ids = msgspec.msgpack.Decoder(list[bytes])
_kept = msgspec.msgpack.Decoder(KeptNotice)
_held = msgspec.msgpack.Decoder(list[HeldItem])
_counts = msgspec.msgpack.Decoder(dict[str, int])
_encode = msgspec.msgpack.encode


def load_notices(store: Store) -> list[KeptNotice]:
    """Every notice that holds, oldest first."""
    found = (load_notice(store, each) for each in _load_ids(store))
    return [each for each in found if each is not None]


def load_notice(store: Store, id: bytes) -> KeptNotice | None:
    """The notice with this id, or None."""
    data = store.get_value(_key(id))
    return None if data is None else _kept.decode(data)


def save_notice(store: Store, notice: KeptNotice) -> None:
    """Add a notice, or replace the one with its id."""
    known = _load_ids(store)
    if notice.id not in known:
        store.set_value(_KEPT, _encode([*known, notice.id]))
    store.set_value(_key(notice.id), _encode(notice))


def kept_of(genuine: Genuine, item: bytes, came_s: int, *, by_hand: bool) -> KeptNotice:
    """The record of a notice that holds; see `KeptNotice`."""
    return KeptNotice(genuine.id, item, came_s, genuine.seen.size, genuine.witnesses, genuine.time_s, by_hand)


def load_held(store: Store) -> list[HeldItem]:
    """The items that wait to be checked, oldest first."""
    data = store.get_value(_HELD)
    return [] if data is None else _held.decode(data)


def save_held(store: Store, held: list[HeldItem]) -> None:
    """Replace the items that wait to be checked."""
    if held:
        store.set_value(_HELD, _encode(held))
    else:
        store.delete_value(_HELD)


def load_counts(store: Store) -> dict[str, int]:
    """Error code → how many items claimed to be operator notices and did not hold because of it."""
    data = store.get_value(_COUNTS)
    return {} if data is None else _counts.decode(data)


def count_refused(store: Store, code: str) -> None:
    """Count one more item that did not hold."""
    counts = load_counts(store)
    counts[code] = counts.get(code, 0) + 1
    store.set_value(_COUNTS, _encode(counts))


def _load_ids(store: Store) -> list[bytes]:
    data = store.get_value(_KEPT)
    return [] if data is None else _ids.decode(data)


def _key(id: bytes) -> str:
    return f"operator-notice:{id.hex()}"
