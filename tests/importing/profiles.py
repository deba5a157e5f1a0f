"""A profile with an account that no relay ever hears of: moving in needs none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nullabona.client.api import Client, Options, Unprotected, open_client

OFFLINE = Options(online=False)


@asynccontextmanager
async def mover(folder: Path) -> AsyncIterator[Client]:
    """The client of the profile in ``folder``, made if there is none."""
    async with open_client(folder / "profile", unlock=Unprotected(), create=True, options=OFFLINE) as client:
        if not client.has_account:
            await client.account.create("mina@relay.example")
        yield client
