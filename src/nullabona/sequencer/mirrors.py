"""Shows entries to the mirrors of a log before its witnesses sign them, and asks mirrors what they hold.

A log whose machine is lost can only go on from a copy that has everything its witnesses have signed. So mirrors get the
entries first, under a checkpoint that the log alone has signed (``pending``). The wait is bounded: a mirror that is
down costs some seconds of an epoch and a line in the log. A mirror is a URL, or a folder that `nulla log mirror` keeps.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from nullabona.errors import PeerError
from nullabona.log.note import MAX_NOTE
from nullabona.machine.http_client import HttpClient, Route, parse_url
from nullabona.sequencer.history import OwnHistory, size_in

PENDING: Final = "pending"
"""The newest checkpoint with the log's signatures alone."""
SHOWN: Final = (PENDING, "checkpoint")
SAID_AGAIN_S: Final = 60
_LOOK_S: Final = 0.25
_ANSWER_S: Final = 5.0
"""Longest time for one answer of a mirror."""
_log: Final = logging.getLogger("nullabona.sequencer")


@dataclass(frozen=True, slots=True)
class MirrorOptions:
    """The mirrors of a log, and how long entries wait for them, seconds."""

    addresses: tuple[str, ...] = ()
    patience_s: float = 30.0


@dataclass(slots=True)
class Mirrors:
    """The mirrors of one log."""

    options: MirrorOptions
    route: Route
    now: Callable[[], float] = time.monotonic
    _say_at: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for address in self.options.addresses:
            _files_of(address, self.route)  # an address that cannot be used is refused at once

    async def recall(self, history: OwnHistory) -> None:
        """Compare the log here with what mirrors hold; a silent one stops nothing. Raises `LogOlder` or `LogSplit`."""
        await asyncio.gather(*[self._size(address, history) for address in self.options.addresses])

    async def wait(self, history: OwnHistory) -> None:
        """Return once every mirror has the entries of this history, or the patience is over. Raises as `recall`."""
        await asyncio.gather(*[self._wait_for(address, history) for address in self.options.addresses])

    async def _wait_for(self, address: str, history: OwnHistory) -> None:
        until = self.now() + self.options.patience_s
        while await self._size(address, history) < history.size:
            if self.now() >= until:
                self._say(address)
                return
            await asyncio.sleep(_LOOK_S)

    async def _size(self, address: str, history: OwnHistory) -> int:
        """How many entries of this history the mirror has; 0 if it does not say."""
        read = _files_of(address, self.route)
        sizes = [0]
        for name in SHOWN:
            note = await read(name)
            found = None if note is None else await asyncio.to_thread(size_in, history, f"the mirror {address}", note)
            sizes.append(found or 0)
        return max(sizes)

    def _say(self, address: str) -> None:
        now = self.now()
        if now >= self._say_at.get(address, now):
            self._say_at[address] = now + SAID_AGAIN_S
            _log.warning("the mirror %s does not have the newest entries: witnesses sign them all the same", address)


def read_addresses(text: str) -> tuple[str, ...]:
    """The addresses in a file of them, one a line; ``#`` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)


class _Read(Protocol):
    """Reads one small file of a mirror."""

    async def __call__(self, name: str) -> bytes | None:
        """None: it is not there, or cannot be reached now."""
        ...


class _Website:
    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def __call__(self, name: str) -> bytes | None:
        try:
            reply = await self._client.get(name, MAX_NOTE)
        except PeerError:
            return None
        finally:
            await self._client.close()
        return reply.body if reply.status == 200 else None


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, name: str) -> bytes | None:
        try:
            async with asyncio.timeout(_ANSWER_S):  # a network disk may hang
                return await asyncio.to_thread(self._read, name)
        except (OSError, TimeoutError):
            return None

    def _read(self, name: str) -> bytes | None:
        folder = self._folder / "public" if (self._folder / "public").is_dir() else self._folder
        data = (folder / name).read_bytes()
        return data if len(data) <= MAX_NOTE else None


def _files_of(address: str, route: Route) -> _Read:
    """Raises `BadUrl`."""
    if "://" not in address:
        return _Folder(Path(address))
    return _Website(HttpClient(parse_url(address), Route(route.ca_file, route.proxy, min(route.timeout_s, _ANSWER_S))))
