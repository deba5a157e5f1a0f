"""Wake tokens that clients of other processes wait for (spec/engine.md §4.3).

A secret is published only while somebody at another process waits for a token: by default nobody does, and then no
secret leaves the process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nullabona.relay.shelves.engine.driver import Driver, EngineFailed
from nullabona.relay.shelves.engine.lanes import Chores
from nullabona.relay.shelves.engine.peers import ID_SIZE, Peers
from nullabona.relay.wake_link import WakeReports

UNSURE: Final = 4
"""Turns after which all others know for sure that somebody waits here, if the engine answers."""
_COUNT: Final = 4


class _Nobody:
    """Hears of nothing."""

    def woken(self, secret: bytes, count: int) -> None:
        pass

    def look(self) -> None:
        pass


class SharedWakes:
    """A `WakeLink` to the processes that listen to ``channel``. ``announce`` tells them that somebody waits here."""

    def __init__(
        self, channel: bytes, peers: Peers, *, announce: Callable[[], None], fault: Callable[[Exception], None]
    ) -> None:
        self._channel = channel
        self._peers = peers
        self._announce = announce
        self._fault = fault
        self._chores = Chores(fault)
        self._reports: WakeReports = _Nobody()
        self._driver: Driver
        self._queue: list[bytes] = []
        self._unsure = 0
        self._reign = b""

    def report_to(self, reports: WakeReports) -> None:
        """Tell ``reports`` from now on."""
        self._reports = reports

    def begin(self, driver: Driver) -> None:
        """Be ready."""
        self._driver = driver

    def waits(self, *, anybody: bool) -> None:
        """See `WakeLink`. Until the others know, what they do not tell is made up for by `WakeReports.look`."""
        if anybody and not self._peers.waits:
            self._peers.waits, self._unsure = True, UNSURE
            self._announce()
        self._peers.waits = anybody

    def wake(self, secret: bytes | bytearray, count: int) -> None:
        """See `WakeLink`."""
        if self._peers.others_wait:
            self._queue.append(b"k" + self._peers.id + count.to_bytes(_COUNT, "big") + secret)
            self._chores.run("wake", self._publish)

    def doubt(self) -> None:
        """Others may not know that somebody waits here, or we may not have heard them."""
        self._unsure = UNSURE

    def tick(self) -> None:
        """A second has passed."""
        if self._reign != self._peers.reign:
            self._reign = self._peers.reign
            self.doubt()  # another primary knows of nobody who waits, until each process has said so again
        self._unsure = max(0, self._unsure - 1)
        if self._unsure == 1 and self._peers.waits:
            self._reports.look()

    def heard(self, message: bytes) -> bool:
        """Something came on the channel; whether it is about wakes."""
        kind, by, rest = message[:1], message[1 : 1 + ID_SIZE], message[1 + ID_SIZE :]
        if kind not in {b"k", b"w"}:
            return False
        if by != self._peers.id:
            if kind == b"w":
                self._peers.others_wait = True
            else:
                self._reports.woken(rest[_COUNT:], int.from_bytes(rest[:_COUNT], "big"))
        return True

    async def drain(self) -> None:
        """Return when nothing is under way."""
        await self._chores.drain()

    async def _publish(self) -> None:
        while self._queue:
            batch, self._queue = self._queue, []
            for reply in await self._driver.call([(b"SPUBLISH", self._channel, message) for message in batch]):
                if isinstance(reply, EngineFailed):
                    self._fault(reply)
                    break
