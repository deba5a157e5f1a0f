"""Pictures that were made safe lately: decoding takes long, and a page asks for the same one often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from nullabona.client.media import SafeImage, safe_image

_CACHED: Final = 32 * 1_048_576


class Pictures:
    """By room, message and what of it is shown."""

    def __init__(self) -> None:
        self._kept: dict[tuple[bytes, bytes, str], SafeImage] = {}

    async def of(self, key: tuple[bytes, bytes, str], load: Callable[[], bytes], longest: int) -> SafeImage:
        """The picture for ``key``, decoded in a worker thread at first. Raises `BadImage`."""
        known = self._kept.pop(key, None)
        found = known if known is not None else await asyncio.to_thread(safe_image, load(), longest)
        self._kept[key] = found
        while sum(len(image.data) for image in self._kept.values()) > _CACHED and len(self._kept) > 1:
            del self._kept[next(iter(self._kept))]
        return found

    def forget(self, message: bytes) -> None:
        """Nothing of a message stays."""
        self._kept = {key: image for key, image in self._kept.items() if key[1] != message}
