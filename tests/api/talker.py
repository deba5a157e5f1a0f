"""A client process for tests that kill it: writes numbered messages, going on where its own profile says it stopped.

``python -m tests.api.talker PROFILE ROOM COUNT``: prints ``up`` when it runs and ``done`` when all COUNT are delivered.
With COUNT 0 it only listens, until it is killed.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from nullabona.client.api import Client
from tests.api.people import opened


def written(client: Client, room: bytes) -> int:
    """How many messages of our own the profile holds."""
    return sum(message.mine for message in client.messages.page(room, limit=100_000))


def say(word: str) -> None:
    """Tell the test."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


async def talk(path: Path, room: bytes, count: int) -> None:
    """Send what is still to be sent, then wait until everything has arrived."""
    async with opened(path) as client:
        say("up")
        if count == 0:
            await asyncio.Event().wait()
        while (number := written(client, room)) < count:
            await client.messages.send(room, str(number))
            # A pace, not a wait: whoever kills this process wants to do it among the messages, not after the last.
            await asyncio.sleep(0.01)
        for message in client.messages.page(room, limit=100_000):
            if message.mine:
                await client.messages.wait_delivered(room, message.id, timeout_s=None)
        say("done")


if __name__ == "__main__":
    asyncio.run(talk(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3])))
