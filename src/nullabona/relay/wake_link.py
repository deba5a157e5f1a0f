"""The port between those who wait for a wake token and other processes of the same relay (spec/relay.md §4.4)."""

from __future__ import annotations

from typing import Protocol


class WakeReports(Protocol):
    """What a link tells. Called on the loop only."""

    def woken(self, secret: bytes, count: int) -> None:
        """A box was appended to elsewhere: who waits for one of its tokens is to read it."""
        ...

    def look(self) -> None:
        """Something may have been appended elsewhere unheard: everyone who waits is to read."""
        ...


class WakeLink(Protocol):
    """Other processes, as far as wake tokens go."""

    def report_to(self, reports: WakeReports) -> None:
        """Tell ``reports`` from now on."""
        ...

    def waits(self, *, anybody: bool) -> None:
        """Whether anybody waits for a token here."""
        ...

    def wake(self, secret: bytes | bytearray, count: int) -> None:
        """A box was appended to here: tell others, if anybody waits there. ``secret`` may be overwritten afterwards."""
        ...
