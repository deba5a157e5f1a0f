"""What one device asks its directory about its own card, and when: `Publishing` and `OwnKeyMonitor`, played.

There is no directory here, so nothing is proven: the proof that a device brings to those whom it asks is a filler of
the usual size, and is believed. The lists of changes name no handle, and everybody asks for them alike: they are not
noted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

from nullabona.client.account import RENEW_DAYS
from nullabona.client.core.directory import own_answer
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.pinned import Sighting
from nullabona.client.runner.own_lists import DAY_S, LATE_S, LOOK_S, SOON_S
from nullabona.client.store import SqliteStore
from nullabona.errors import PeerError
from nullabona.log.tree import Frontier
from nullabona.wire.card import Card
from nullabona.wire.messages import HandleProof

PERIOD_S: Final = 600.0
"""Seconds of an epoch; at its end the list of changes tells a device that its card is another one now."""
HASHES: Final = 6
"""In a proof from a small map, and from a small log."""
CHECKPOINT: Final = 3_350
"""Bytes of a signed checkpoint without witnesses: a proof has some 3,900 in all (0063)."""


class Ask(Protocol):
    """Asks the directory about the own handle, or gives it the card. Raises `PeerError`."""

    def __call__(self, *, publish: bool = False) -> Awaitable[None]: ...


class OwnCard:
    """The looks of one device at its own handle. ``newest``: the card that the record shows."""

    def __init__(
        self, store: SqliteStore, newest: Callable[[], Card], ask: Ask, rng: Callable[[], float], start_s: int
    ) -> None:
        self._store, self._newest, self._ask, self._rng, self._start_s = store, newest, ask, rng, start_s
        self._look_at = 0.0
        self._published = float("-inf")
        self._shown = b""

    def come(self, now: float) -> None:
        """The device comes on: a look that fell due meanwhile is drawn again (`OwnLists.draw_again`)."""
        if 0 < self._look_at <= now:
            most_s = LATE_S if now - self._look_at > DAY_S else SOON_S
            self._look_at = now + 1 + self._rng() * most_s

    async def once(self, now: float) -> float:
        """Ask what is due. Returns the seconds until something may be due again."""
        with suppress(PeerError):
            if now - self._published >= RENEW_DAYS * DAY_S:
                await self._ask()
                await self._ask(publish=True)
                self._published = now
            card = self._newest()
            if self._look_at <= now or card.hash != self._shown:
                await self._ask()
                self._look_at = now + (0.5 + self._rng() / 2) * LOOK_S
                self._bring(card, now)
        return max(1.0, min(PERIOD_S - now % PERIOD_S + 1.0, self._look_at - now))

    def _bring(self, card: Card, now: float) -> None:
        """The proof that the look has shown comes with what the device asks of others from now on."""
        self._shown = card.hash
        with self._store.transaction():
            own_answer.keep(self._store, filler(card.encoded, self._start_s + int(now)))


def filler(card: bytes, closed_s: int) -> Checked:
    """An answer as large as one of a directory, which proves nothing."""
    digest = bytes(32)
    way = (digest,) * HASHES
    proof = HandleProof(bytes(80), bytes(16), 1, way, (), closed_s, way, bytes(CHECKPOINT), digest)
    return Checked(card, digest, 0, None, None, Sighting(0, digest, None, ()), Frontier(), proof)
