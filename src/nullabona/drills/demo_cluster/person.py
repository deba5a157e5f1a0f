"""A person of the cluster's demo, who talks by themselves until told to be quiet.

``python -m nullabona.drills.demo_cluster.person PROFILE ADDRESS CERTIFICATE``, as `nullabona.drills.actors.person`.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from nullabona.client.api import Client, Options, Policy
from nullabona.drills.actors.person import WAIT_S, Deeds, hasty, main

_MOST_S: Final = 2.0
"""Between two attempts to reach a relay; in life up to a minute."""


class Talker(Deeds):
    """Somebody who goes on talking while other orders come."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._me = client
        self._said: list[str] = []
        self._spoke = asyncio.Condition()
        self._talking: asyncio.Task[None] | None = None

    async def talk(self, room: str, lines: str, every_s: float) -> None:
        """Write a line each ``every_s`` seconds from now on: ``lines`` with a number in it."""
        self._talking = asyncio.create_task(self._talk(room, lines, every_s))

    async def said(self) -> list[str]:
        """Every line until now."""
        return self._said

    async def says_more(self, than: int) -> None:
        """Wait until this person has said more lines than that."""
        async with asyncio.timeout(WAIT_S), self._spoke:
            await self._spoke.wait_for(lambda: len(self._said) > than)

    async def quiet(self) -> list[str]:
        """Stop talking; every line."""
        if self._talking is not None:
            self._talking.cancel()
            await asyncio.wait([self._talking])
        return self._said

    async def has_all(self, room: str, lines: Sequence[str]) -> None:
        """Wait until all of these are in the room."""
        wanted = set(lines)
        await self._until(lambda: wanted <= {text for _, text in self._history(room)}, "lines do not come")

    async def sends_file(self, room: str, name: str, text: str) -> str:
        """Send a file, and wait until the relay has it; the message's id."""
        message = await self._me.files.send(room, text.encode(), name=name)
        await self._me.messages.wait_sent(room, message, timeout_s=WAIT_S)
        return message.hex()

    async def opens_file(self, room: str, message: str, size: int) -> str:
        """Fetch a file, which others put back if it is gone, and read it."""
        id = bytes.fromhex(message)
        await self._until(lambda: any(each.id == id for each in self._me.messages.page(room, limit=10_000)), "no file")
        await self._me.files.fetch(room, id)
        await self._me.files.wait(room, id)
        return self._me.files.open(room, id).read(0, size).decode()

    async def counts(self, room: str) -> dict[str, int]:
        """How often each line is in the room."""
        return dict(Counter(text for _, text in self._history(room)))

    async def _talk(self, room: str, lines: str, every_s: float) -> None:
        while True:
            text = lines.format(number=len(self._said) + 1)
            await self._me.messages.send(room, text)
            async with self._spoke:
                self._said.append(text)
                self._spoke.notify_all()
            await asyncio.sleep(every_s)


def options(authority: Path) -> Options:
    """A client with the shortened delays that trusts this certificate."""
    made = hasty()
    return replace(made, policy=Policy(most_s=_MOST_S), net=replace(made.net, ca_file=authority))


if __name__ == "__main__":
    main(Talker, options=options(Path(sys.argv.pop())))
