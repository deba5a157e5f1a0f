"""A handle that another account has from now on: its card was deleted, the time ran out, somebody registered it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from nullabona.client.api import Client
from nullabona.client.api.finding_handles import is_handle_free
from nullabona.client.core.devices import membership
from tests.api.people import PATIENCE_S, QUICK
from tests.api.service import Service


async def erase_card(client: Client) -> None:
    """The directory deletes the card, and no room hears of it: as whoever has only the 24 words does it."""
    with client._session.step() as step:
        membership.sign_out(step, unasked=False)
    await client._session.runner.publishing.delete()
    async with asyncio.timeout(PATIENCE_S):
        while not await is_handle_free(client.me.handle, QUICK):  # noqa: ASYNC110 - until the record says so
            await asyncio.sleep(0.2)


def let_the_hold_pass(service: Service) -> None:
    """The 90 days for which a deleted handle is kept from others are over. The service is there again afterwards."""
    service.kill()
    (cards,) = (path for path in Path(service.data).rglob("*.db") if _has_holds(path))
    with closing(sqlite3.connect(cards)) as store:
        store.execute("UPDATE held SET until_day = until_day - 91")
        store.commit()
    service.start()


def _has_holds(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as store:
        return bool(store.execute("SELECT name FROM sqlite_master WHERE name = 'held'").fetchall())


async def register(client: Client, handle: str) -> None:
    """A new account under a handle that is free again."""
    await client.account.create(handle)
    await client.account.wait_published(timeout_s=PATIENCE_S)
