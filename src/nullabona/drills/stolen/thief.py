"""A thief with somebody's open profile, and a program that obeys nobody: it does not sign itself out.

``python -m nullabona.drills.stolen.thief PROFILE ADDRESS``.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from nullabona.client.api import Client
from nullabona.client.core import returning
from nullabona.client.core.devices import tending
from nullabona.client.runner.publishing import Publishing
from nullabona.drills.demo.person import main
from nullabona.drills.stolen.owner import OwnerDeeds, swift, unlock_of


class ThiefDeeds(OwnerDeeds):
    """What a thief does with it."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._stolen = client

    async def dump(self, path: str) -> int:
        """Write every page of the store, decrypted; how many bytes."""
        pages = self._stolen._session.profile.store._connection.serialize("main")  # noqa: SLF001 - nobody asked
        await asyncio.to_thread(Path(path).write_bytes, pages)
        return len(pages)

    async def secret(self) -> dict[str, str]:
        """The account's secret, and its words."""
        root = self._stolen._session.account().root  # noqa: SLF001 - nobody asked
        return {"secret": root.secret.hex(), "phrase": root.phrase()}

    async def ask_back(self) -> int:
        """Forget every room's keys and ask its members for a way back in; in how many rooms."""
        with self._stolen._session.step() as step:  # noqa: SLF001 - nobody asked
            rooms = list(step.store.rooms())
            for room in rooms:
                returning.forsake(step, step.room(room))
        return len(rooms)

    async def inside(self) -> int:
        """In how many rooms this profile is."""
        return self._joined()


def disobey() -> None:
    """What an honest program does by itself once it is put out is not done."""

    def nothing(*_: Any, **__: Any) -> None:  # noqa: ANN401 - as the real one
        return

    async def published(_: Publishing) -> bool:
        return True

    tending.sign_out = nothing
    Publishing._once = published  # type: ignore[assignment, method-assign]  # noqa: SLF001 - the thief's own program


if __name__ == "__main__":
    disobey()
    main(ThiefDeeds, unlock_of(Path(sys.argv[1])), swift())
