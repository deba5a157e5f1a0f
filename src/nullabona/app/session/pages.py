"""The open pages, and the pushes that they got or missed (spec/app.md §4).

Every push has a number and is kept for a while, so that a reconnecting page gets exactly the missed ones. A page that
asks for more than is kept is told to start again. Pushes hold plaintext, so locking drops them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
from picows import WSCloseCode

from nullabona.app.protocol.pushes import Push, Pushed, Reset
from nullabona.app.server.socket import PageSocket

KEPT_PUSHES: Final = 4_096
KEPT_BYTES: Final = 16 * 1_048_576
GONE_S: Final = 300.0
"""After this time, a page that is away will have to start again, so its rooms are no longer watched."""

_encode = msgspec.json.Encoder().encode


class OpenPages:
    """All pages of one app."""

    def __init__(self) -> None:
        self.seq = 0
        self._kept: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._pages: set[PageSocket] = set()
        self._open: dict[bytes, set[bytes]] = {}
        self._leaving: dict[bytes, asyncio.TimerHandle] = {}
        self._looked_at: dict[PageSocket, str] = {}
        """The pages that the person looks at, and the room that each shows."""

    # -- pages --------------------------------------------------------------------------------------------------------

    def enter(self, page: PageSocket) -> None:
        """Register a page and send it the missed pushes, or a `Reset`."""
        self._pages.add(page)
        leaving = self._leaving.pop(page.token, None)
        if leaving is not None:
            leaving.cancel()
        if page.after is None or page.after == self.seq:
            return
        first = self._kept[0][0] if self._kept else self.seq + 1
        if page.after > self.seq or page.after + 1 < first:
            page.send(_encode(Pushed(self.seq, Reset())))
            return
        for seq, data in self._kept:
            if seq > page.after:
                page.send(data)

    def leave(self, page: PageSocket) -> None:
        """A page's connection ended; its rooms stay open for a while, because it may come back."""
        self._pages.discard(page)
        self._looked_at.pop(page, None)
        if any(other.token == page.token for other in self._pages) or page.token not in self._open:
            return
        loop = asyncio.get_running_loop()
        self._leaving[page.token] = loop.call_later(GONE_S, self._forget, page.token)

    def _forget(self, token: bytes) -> None:
        self._leaving.pop(token, None)
        self._open.pop(token, None)

    def close(self, code: WSCloseCode) -> None:
        """Close every page's connection."""
        for page in list(self._pages):
            page.close(code)
        for timer in self._leaving.values():
            timer.cancel()
        self._leaving.clear()

    @property
    def any(self) -> bool:
        """Whether a page is open."""
        return bool(self._pages)

    @property
    def has_others(self) -> bool:
        """Whether there is more than one page."""
        return len(self._pages) > 1

    # -- where the person looks ---------------------------------------------------------------------------------------

    def look(self, page: PageSocket, room: str | None) -> None:
        """The person looks at this page and its room, or no longer (None)."""
        if room is None or page not in self._pages:
            self._looked_at.pop(page, None)
        else:
            self._looked_at[page] = room

    def is_looked_at(self, room: str) -> bool:
        """Whether the person looks at a page that shows the room."""
        return room in self._looked_at.values()

    # -- open rooms ---------------------------------------------------------------------------------------------------

    def open_room(self, page: PageSocket, room: bytes) -> None:
        """Tell pages of the room's changes from now on."""
        self._open.setdefault(page.token, set()).add(room)

    def close_room(self, page: PageSocket, room: bytes) -> None:
        self._open.get(page.token, set()).discard(room)

    def close_rooms(self, page: PageSocket) -> None:
        """The page starts again and shows no room."""
        self._open.pop(page.token, None)

    def is_open(self, room: bytes) -> bool:
        """Whether any page shows the room."""
        return any(room in rooms for rooms in self._open.values())

    def open_rooms(self) -> set[bytes]:
        """Every room that any page shows."""
        return set().union(*self._open.values())

    # -- pushing ------------------------------------------------------------------------------------------------------

    def push(self, push: Push) -> None:
        """Send to every page, also to those that reconnect soon."""
        self.seq += 1
        data = _encode({"kind": "push", "seq": self.seq, "push": push})
        self._keep(data)
        for page in list(self._pages):
            page.send(data)

    def forget(self) -> None:
        """Forget all pushes: a reconnecting page must start again."""
        self._kept.clear()
        self._bytes = 0
        self._open.clear()

    def _keep(self, data: bytes) -> None:
        self._kept.append((self.seq, data))
        self._bytes += len(data)
        while len(self._kept) > KEPT_PUSHES or self._bytes > KEPT_BYTES:
            self._bytes -= len(self._kept.popleft()[1])


class Tick:
    """Calls ``work`` once, soon after one or more requests for it."""

    def __init__(self, work: Callable[[], None], seconds: float) -> None:
        self._work = work
        self._seconds = seconds
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        if self._timer is None and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._run)

    def close(self) -> None:
        """Call it no more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        self._work()
