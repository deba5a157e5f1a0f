"""Shows the code that links a new device. There is one code at a time, valid while its screen is open."""

from __future__ import annotations

from contextlib import AsyncExitStack

from nullabona.app.session.errors import BadCall
from nullabona.client.api import Client, DeviceLink


class Linking:
    """The current code of the devices screen."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._link: DeviceLink | None = None

    async def begin(self, client: Client) -> DeviceLink:
        """A new code; the previous one becomes invalid."""
        await self.end()
        self._link = await self._stack.enter_async_context(client.devices.link())
        return self._link

    @property
    def current(self) -> DeviceLink:
        """Raises `BadCall` if no code is shown."""
        if self._link is None:
            raise BadCall("no code is shown")
        return self._link

    async def end(self) -> None:
        """Invalidate the code."""
        self._link = None
        stack, self._stack = self._stack, AsyncExitStack()
        await stack.aclose()
