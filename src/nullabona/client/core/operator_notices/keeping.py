"""Operator notices in the store: those that hold, those that wait to be checked, how many were none.

In the caller's transaction.
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.model.ports import Store
from nullabona.client.core.operator_notices.checking import Genuine

MOST_HELD: Final = 16
"""Items that wait to be checked: so many that no stranger can have made, and so many others."""
_KEPT: Final = "operator-notices"
_HELD: Final = "operator-notices-held"
_COUNTS: Final = "operator-notices-refused"


class KeptNotice(msgspec.Struct, array_like=True, frozen=True):
    """A checked notice, and the policy used. ``item`` is what came, so that others can check it again."""

    id: bytes
    item: bytes
    came_s: int
    size: int
    """Of the docket, as the notice's checkpoint says."""
    witnesses: tuple[str, ...]
    time_s: int | None
    """For when the witnesses vouch; None: the policy demands none."""
    by_hand: bool
    """The policy was given by the person, not by the directory when it was first seen."""
    put_away: bool = False
    """The person has read it; it stays in the list."""


class HeldItem(msgspec.Struct, array_like=True, frozen=True):
    """An item that cannot be checked yet."""

    item: bytes
    came_s: int
    told: bool = False
    """The person was told that something waits."""
    ready_s: int | None = None
    """When this device's clock must be there; None: a policy is missing."""
    vouched: bool = False
    """No stranger can have made it."""
    asked: bool = False
    """The directory was asked for the docket's keys since it came, and named none."""


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
    """One of them."""
    data = store.get_value(_key(id))
    return None if data is None else _kept.decode(data)


def save_notice(store: Store, notice: KeptNotice) -> None:
    """Keep it, or what changed of it."""
    known = _load_ids(store)
    if notice.id not in known:
        store.set_value(_KEPT, _encode([*known, notice.id]))
    store.set_value(_key(notice.id), _encode(notice))


def kept_of(genuine: Genuine, item: bytes, came_s: int, *, by_hand: bool) -> KeptNotice:
    """What is kept of a notice that holds."""
    return KeptNotice(genuine.id, item, came_s, genuine.seen.size, genuine.witnesses, genuine.time_s, by_hand)


def load_held(store: Store) -> list[HeldItem]:
    """What waits to be checked, oldest first."""
    data = store.get_value(_HELD)
    return [] if data is None else _held.decode(data)


def save_held(store: Store, held: list[HeldItem]) -> None:
    """Remember what waits."""
    if held:
        store.set_value(_HELD, _encode(held))
    else:
        store.delete_value(_HELD)


def load_counts(store: Store) -> dict[str, int]:
    """How many items claimed to be operator notices and were not believed, by code."""
    data = store.get_value(_COUNTS)
    return {} if data is None else _counts.decode(data)


def count_refused(store: Store, code: str) -> None:
    """One more."""
    counts = load_counts(store)
    counts[code] = counts.get(code, 0) + 1
    store.set_value(_COUNTS, _encode(counts))


def _load_ids(store: Store) -> list[bytes]:
    data = store.get_value(_KEPT)
    return [] if data is None else _ids.decode(data)


def _key(id: bytes) -> str:
    return f"operator-notice:{id.hex()}"
