"""The passphrase of a profile that is open: asked for again before what is dangerous, and changed."""

from __future__ import annotations

import asyncio

from nullabona.client.api.client import Client
from nullabona.client.profile import Passphrase, check_unlock


async def check_passphrase(client: Client, passphrase: str) -> None:
    """Check the caller's passphrase. Raises `WrongPassphrase`, or `WrongUnlock` if the profile has none."""
    path = client._session.profile.path  # noqa: SLF001 - one package
    await asyncio.to_thread(check_unlock, path, Passphrase(passphrase))


async def change_passphrase(client: Client, old: str, new: str) -> None:
    """The profile opens with ``new`` from now on. Raises as `check_passphrase`, `BadPassphrase` or `StaleProfile`."""
    await check_passphrase(client, old)
    client._session.profile.change_protection(Passphrase(new))  # noqa: SLF001 - one package
