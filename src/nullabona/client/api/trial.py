"""What a new version is tried with: a new, empty profile as this version writes it, never the person's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from nullabona.client.api.client import open_client
from nullabona.client.api.session import Options
from nullabona.client.store.keyslot import Unprotected


@asynccontextmanager
async def trial() -> AsyncIterator[list[list[str]]]:
    """The commands that the new version must be able to do, while its profile is there."""
    with TemporaryDirectory(prefix="nulla-trial-") as folder:
        profile = Path(folder) / "profile"
        async with open_client(profile, unlock=Unprotected(), create=True, options=Options(online=False)):
            pass
        yield [["update", "selftest", str(profile)]]


async def open_trial(profile: Path) -> None:
    """Open a profile that another version made for a trial. Raises what `open_client` raises."""
    async with open_client(profile, unlock=Unprotected(), options=Options(online=False)):
        pass
