"""A friend who is elsewhere: their client runs on a thread of its own, without a screen, and does as the test says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from nullabona.client.api import Client
from tests.api.people import opened

T = TypeVar("T")
PATIENCE_S: Final = 20.0


class Elsewhere:
    """Open until the block ends. Playwright's loop occupies the thread of the test, so this has another."""

    def __init__(self, profile: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._opening = opened(profile)
        self._client: Client | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._client = self._run(self._opening.__aenter__())
        return self

    def __exit__(self, *why: object) -> None:
        self._run(self._opening.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, what: Callable[[Client], Awaitable[T]]) -> T:
        """Let their client do something; returns when it is done."""
        client = self._client
        assert client is not None

        async def done() -> T:
            return await what(client)

        return self._run(done())

    def look(self, what: Callable[[Client], T]) -> T:
        """Something about their client."""
        client = self._client
        assert client is not None

        async def seen() -> T:
            return what(client)

        return self._run(seen())

    def send(self, room: str, text: str) -> bytes:
        """Say something in the room of this name, and wait until the relay has it; the message's id."""

        async def said(client: Client) -> bytes:
            target = room_called(client, room)
            message = await client.messages.send(target, text)
            await client.messages.wait_sent(target, message, timeout_s=PATIENCE_S)
            return message

        return self.do(said)

    def _run(self, story: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(story, self._loop).result(3 * PATIENCE_S)


def room_called(client: Client, title: str) -> bytes:
    """The id of the one room with this title that is joined."""
    (found,) = [room.id for room in client.rooms.all() if (room.phase, room.title) == ("joined", title)]
    return found
