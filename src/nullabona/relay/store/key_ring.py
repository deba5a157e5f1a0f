"""The keys of blobs in a bucket that several relay processes share (spec/engine.md §8).

Each process knows all of them and tells the others again what they lost, so that they are gone only when the engine and
all processes are. Two processes may have made a key for one day while they could not hear one another: both are kept.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, NamedTuple, Protocol

from nullabona.relay.store.interface import StoreFailed

KEY_SIZE: Final = 32


class Waiting(NamedTuple):
    """A blob that waits, and its day."""

    data: bytes
    expiry_day: int


class Known(NamedTuple):
    """What the processes know together."""

    floor: int
    """The keys of all days before it are erased."""
    names: tuple[bytes, ...]
    days: Mapping[int, tuple[bytes, ...]]


class Agreement(Protocol):
    """Where processes agree. Raises `StoreFailed`."""

    def agree(
        self, name_key: bytes, names: Sequence[bytes], days: Mapping[int, Sequence[bytes]], *, day: int | None,
        day_key: bytes,
    ) -> Known:  # fmt: skip
        """Tell the others what keys are known here, and hear what they know. ``name_key`` and ``day_key`` are taken if
        there is none of names, or of ``day``.
        """
        ...

    def erase(self, before: int) -> None:
        """Erase the keys of all days before this one, for all processes."""
        ...


class KeyRing:
    """The keys, as far as this process has heard of them. Calls may come from several threads."""

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement
        self._lock = threading.Lock()
        self._floor = 0
        self._names: tuple[bytes, ...] = ()
        self._days: dict[int, tuple[bytes, ...]] = {}

    def names_of(self, digest: bytes) -> list[str]:
        """What the blob's object may be called; the first is what it is called from now on."""
        if not self._names:
            self.refresh()
        return [hmac.new(key, digest, sha256).hexdigest() for key in self._names]

    def keys_of(self, day: int) -> tuple[bytes, ...]:
        """What may open what expires on this day."""
        return self._days.get(day, ())

    def refresh(self, day: int | None = None) -> None:
        """Tell and hear; afterwards there is a key of names, and one of ``day`` unless that is over."""
        with self._lock:
            known = self._agreement.agree(
                secrets.token_bytes(KEY_SIZE), self._names, self._days, day=day, day_key=secrets.token_bytes(KEY_SIZE)
            )
            self._floor = max(self._floor, known.floor)
            self._names = known.names
            self._days = {each: keys for each, keys in known.days.items() if each >= self._floor}

    def make_key(self, day: int) -> bytes:
        """The key that seals what expires on this day; the others have it when this returns. Raises `StoreFailed`."""
        if not self._days.get(day):
            self.refresh(day)
        keys = self._days.get(day)
        if not keys:
            raise StoreFailed("the day of a blob is over")
        return keys[0]

    def erase_before(self, day: int) -> None:
        """Erase the keys of all days before this one, here and for all."""
        with self._lock:
            self._floor = max(self._floor, day)
            self._days = {each: keys for each, keys in self._days.items() if each >= self._floor}
        self._agreement.erase(day)
