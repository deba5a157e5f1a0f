"""A cache of pictures that were made safe: decoding takes long, and a page requests the same one often.

A sender can make pictures slow to decode, within the limits of `client.media`. So each room has one picture decoded at
a time, and small ones (thumbnails, profile pictures) never wait for photos: a picture waits for at most one of each
other room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from weakref import WeakValueDictionary

from nullabona.client.media import SafeImage, end_workers, safe_image, safe_small

_CACHED: Final = 32 * 1_048_576
# A thread for each of the two workers: not the loop's own, which others would wait for.
_LARGE: Final = ThreadPoolExecutor(1, "photos")
_SMALL: Final = ThreadPoolExecutor(1, "thumbnails")


class Pictures:
    """By room (or account), message and what of it is shown."""

    def __init__(self) -> None:
        self._kept: dict[tuple[bytes, bytes, str], SafeImage] = {}
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def of(self, key: tuple[bytes, bytes, str], load: Callable[[], bytes], longest: int) -> SafeImage:
        """The picture for ``key``, decoded in a worker thread at first. Raises `BadImage`."""

        async def decode() -> SafeImage:
            return await asyncio.get_running_loop().run_in_executor(_LARGE, safe_image, load(), longest)

        return await self._in_turn(key, decode)

    async def small(self, key: tuple[bytes, bytes, str], data: bytes) -> SafeImage:
        """As `of`, for a thumbnail or a profile picture. Raises `BadImage`, also for one of too many pixels."""

        async def decode() -> SafeImage:
            return await asyncio.get_running_loop().run_in_executor(_SMALL, safe_small, data)

        return await self._in_turn(key, decode)

    async def _in_turn(self, key: tuple[bytes, bytes, str], decode: Callable[[], Awaitable[SafeImage]]) -> SafeImage:
        """Decode it after those of the same room that were asked for before, unless it is here by then."""
        if key not in self._kept:
            turn = self._turns.get(key[0])
            if turn is None:
                turn = self._turns[key[0]] = asyncio.Lock()
            async with turn:
                if key not in self._kept:
                    return self._keep(key, await decode())
        return self._keep(key, self._kept.pop(key))

    def _keep(self, key: tuple[bytes, bytes, str], found: SafeImage) -> SafeImage:
        self._kept[key] = found
        while sum(len(image.data) for image in self._kept.values()) > _CACHED and len(self._kept) > 1:
            del self._kept[next(iter(self._kept))]
        return found

    def forget(self, message: bytes) -> None:
        """Nothing of a message stays."""
        self._kept = {key: image for key, image in self._kept.items() if key[1] != message}


def end_pictures() -> None:
    """End the processes that decode, with what they have in memory."""
    end_workers()
