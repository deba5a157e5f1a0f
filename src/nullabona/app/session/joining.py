"""Links this profile to an account as a new device. The person sees whose account it is, and accepts or refuses."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from nullabona.app.session.errors import BadCall
from nullabona.app.session.work import Work
from nullabona.client.api import LinkedInto
from nullabona.client.api.errors import LinkDeclined


class Joining:
    """One joining at a time: it ends when another begins, and at the lock."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._answer: asyncio.Future[bool] | None = None

    async def begin(self, work: Work, code: str, handle: str, name: str) -> LinkedInto:
        """Use the code that another device shows; once that device has agreed, return the account it gave.

        Raises what `Client.devices.join` raises.
        """
        await self.end()
        shown: asyncio.Future[LinkedInto] = asyncio.get_running_loop().create_future()
        self._answer = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._join(work, (code, handle, name), shown, self._answer))
        try:
            both: set[asyncio.Future[Any]] = {self._task, shown}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.end()
            raise
        if not shown.done():
            await self._task
        return shown.result()

    @staticmethod
    async def _join(
        work: Work, given: tuple[str, str, str], shown: asyncio.Future[LinkedInto], answer: asyncio.Future[bool]
    ) -> None:
        code, handle, name = given

        async def confirm(into: LinkedInto) -> bool:
            shown.set_result(into)
            return await answer

        await work.pause()
        try:
            await work.client.devices.join(code, handle=handle, name=name, confirm=confirm)
        finally:
            work.begin()

    async def answer(self, *, yes: bool) -> None:
        """The person's answer whether the account is theirs; after a no, nothing of it is kept.

        Raises `BadCall` if nothing was asked.
        """
        task, answer = self._task, self._answer
        if task is None or answer is None or answer.done():
            raise BadCall("no account was shown")
        answer.set_result(yes)
        try:
            await task
        except LinkDeclined:
            if yes:
                raise
        finally:
            self._task = self._answer = None

    async def end(self) -> None:
        """End the joining. Idempotent."""
        task, self._task, self._answer = self._task, None, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
