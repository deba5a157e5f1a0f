"""A person of a drill, as `nullabona.drills.actors.person`, who can be asked for more.

``python -m nullabona.drills.actors.observer PROFILE ADDRESS``.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Final

from nullabona.client.api import Client, ConnectionChanged, Event, Options, Policy, Warned
from nullabona.client.api.errors import PendingStill
from nullabona.client.core.directory.keeping import load_watch
from nullabona.client.core.directory.owner import Watch
from nullabona.drills.actors.person import WAIT_S, Deeds, Unmet, hasty, main
from nullabona.errors import NullabonaError, Refused

_LOOK_S: Final = 0.1


class MoreDeeds(Deeds):
    """What such a person can be told to do besides."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._me = client

    # -- the directory

    async def claim(self, handle: str, relay: str, within_s: float = WAIT_S) -> str:
        """Try to get a handle; with which wire code the directory refused it, that of `PendingStill` if it
        says nothing, empty if it is ours.
        """
        await self._me.account.create(handle, relay=relay)
        try:
            await self._me.account.wait_published(timeout_s=within_s)
        except Refused as refused:
            return refused.wire_code
        except PendingStill as waiting:
            return waiting.code
        return ""

    async def find(self, handle: str, within_s: float = WAIT_S) -> dict[str, str]:
        """Whose handle it is, or why nobody can tell."""
        try:
            card = await self._me.contacts.look_up(handle, timeout_s=within_s)
        except NullabonaError as error:
            return {"error": error.code}
        return {"account": card.identity_key.hex()}

    async def in_record(self) -> None:
        """Wait until this device has seen its own card in the public record."""
        try:
            async with asyncio.timeout(WAIT_S):
                while not self._stands():  # noqa: ASYNC110 - nothing happens when an epoch holds nothing new
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            raise Unmet("the card is not in the record") from None

    async def watch_record(self) -> int:
        """Look through the record up to now; how many of its entries this device has looked through."""
        await self._me.account.privacy(timeout_s=WAIT_S)
        watch = self._watch()
        return watch.size if watch is not None else 0

    async def delete(self) -> None:
        """Delete the account."""
        await self._me.account.delete(self._me.me.handle, timeout_s=WAIT_S)

    # -- what happened

    async def mark(self) -> int:
        """The newest event; others come after it."""
        return self._me.last_event()

    async def happens(self, kind: str, after: int, code: str = "", within_s: float = WAIT_S) -> dict[str, Any]:
        """The first event of a kind (and, of a warning, with a code) after ``after``; waits for it."""
        try:
            async with asyncio.timeout(within_s):
                async for event in self._me.events(after=after):
                    if event.kind == kind and (not code or (isinstance(event, Warned) and event.code == code)):
                        return _shown(event)
        except TimeoutError:
            pass
        raise Unmet(f"no {kind} {code} came")

    async def happened(self, after: int) -> list[dict[str, Any]]:
        """Every event after ``after``, up to now, oldest first."""
        last, found = self._me.last_event(), []
        if last > after:
            async for event in self._me.events(after=after):
                if not isinstance(event, ConnectionChanged):
                    found.append(_shown(event))
                if event.id >= last:
                    break
        return found

    def _watch(self) -> Watch | None:
        with self._me._session.look() as store:  # noqa: SLF001 - what the person's own device knows
            return load_watch(store)

    def _stands(self) -> bool:
        watch = self._watch()
        return watch is not None and watch.entry[1] > 0


def _shown(event: Event) -> dict[str, Any]:
    if isinstance(event, Warned):
        return {"kind": event.kind, "code": event.code, "reason": str(event.detail.get("reason", ""))}
    return {"kind": event.kind}


def restless() -> Options:
    """The demo's, and a relay or directory that is out of reach is tried every two seconds instead of every minute."""
    return replace(hasty(), policy=Policy(most_s=2.0))


if __name__ == "__main__":
    main(MoreDeeds, options=restless())
