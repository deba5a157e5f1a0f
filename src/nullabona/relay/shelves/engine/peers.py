"""Which relay processes of one name there are, and what they took in the day together (spec/engine.md §4.1)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

ID_SIZE: Final = 16
PATIENCE: Final = 5
"""A process that was not heard while we were so often is gone."""


class Peers:
    """The others, as the engine last told of them. What is counted is of one day, in bytes."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(ID_SIZE // 2).encode()
        """This process, until it ends."""
        self._day = 0
        self._frames = 0
        self._blobs = 0
        self.frames = 0
        """Of frames that others took today."""
        self.blobs = 0
        """Of blobs that others took today."""
        self.reign = b""
        """In which they were told of last."""
        self.waits = False
        """Whether anybody waits here for a wake token."""
        self.others_wait = False
        """Whether anybody does elsewhere."""
        self._heard: dict[bytes, tuple[int, int]] = {}
        """For each of the others: how often it was heard, and in how many of our own turns that did not change."""

    def took(self, day: int, frames: int, blobs: int) -> None:
        """What this process took until now on ``day``, whole days since 1970."""
        if day != self._day:
            self.frames = self.blobs = 0
        self._day, self._frames, self._blobs = day, frames, blobs

    def counts(self) -> tuple[int, int, int]:
        """The day, and what this process took in it."""
        return self._day, self._frames, self._blobs

    def note(self, day: int, frames: int, blobs: int, said: Mapping[bytes, int]) -> None:
        """What others took on ``day``, and of each process how often it was heard, doubled, and 1 more if anybody
        waits there.
        """
        self.others_wait = any(count % 2 for one, count in said.items() if one != self.id)
        heard = {one: count // 2 for one, count in said.items()}
        if day == self._day:
            self.frames, self.blobs = frames, blobs
        before, self._heard = self._heard, {}
        for one, count in heard.items():
            if one != self.id:
                known, silent = before.get(one, (count, -1))
                self._heard[one] = count, silent + 1 if known == count else 0

    def gone(self) -> list[bytes]:
        """Those that were silent for too long."""
        return [one for one, (_, silent) in self._heard.items() if silent >= PATIENCE]
