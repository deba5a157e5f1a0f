"""A thief with somebody's open profile, and a program that obeys nobody: it neither signs itself out nor forgets a key.

``python -m nullabona.drills.stolen_device.thief PROFILE ADDRESS``.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, Final

from nullabona.client.api import Client
from nullabona.client.core.devices import membership
from nullabona.client.core.group import commits
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.commit_policy import Verdict
from nullabona.client.core.model.mls_port import Processed
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.restore import returning
from nullabona.client.core.step import Step
from nullabona.client.runner.publishing import Publishing
from nullabona.drills.actors.person import WAIT_S, Unmet, main
from nullabona.drills.stolen_device.owner import OwnerDeeds, swift, unlock_of

_LOOK_S: Final = 0.1
_TERMS: Final = """
CREATE VIRTUAL TABLE temp.term USING fts5vocab('main', 'word', 'row');
SELECT term FROM temp.term;
"""


class ThiefDeeds(OwnerDeeds):
    """What a thief does with it."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._stolen = client
        self._let_in = False
        """Whether it was in a room, for however short a time, since it asked for a way back."""

    async def secret(self) -> dict[str, str]:
        """The account's secret, and its words."""
        root = self._stolen._session.account().root  # noqa: SLF001 - nobody asked
        return {"secret": root.secret.hex(), "phrase": root.phrase()}

    async def indexed(self) -> list[str]:
        """Every word by which this profile's index finds a message."""
        rows = self._stolen._session.profile.store._connection.execute(_TERMS)  # noqa: SLF001 - nobody asked
        return [term for (term,) in rows]

    async def ask_back(self) -> int:
        """Forget every room's keys; ask its members and the owner's devices for a way back. Of how many rooms."""
        with self._stolen._session.step() as step:  # noqa: SLF001 - nobody asked
            rooms = list(step.store.rooms())
            for room in rooms:
                returning.forsake(step, step.room(room))
                left = step.find_room(room)
                if left is not None and left.rejoin is not None:
                    left.rejoin.helpers.append(Helper(step.local.account, step.local.handle))
        return self._away()

    async def asked(self) -> int:
        """Wait until every member of every room that this profile is out of was asked; how many questions went out."""
        try:
            async with asyncio.timeout(WAIT_S):
                while not all(asked >= members for asked, members in self._questions()):
                    self._let_in |= self._joined() > 0
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            raise Unmet("not everybody was asked") from None
        await self.sync()
        return sum(asked for asked, _ in self._questions())

    async def let_in(self, within_s: float) -> bool:
        """Whether it comes to be in a room within this time, or was since it asked: others may put it out again."""
        until = time.monotonic() + within_s
        while not self._let_in and time.monotonic() < until:
            self._let_in = self._joined() > 0
            await asyncio.sleep(_LOOK_S)
        return self._let_in

    async def inside(self) -> int:
        """In how many rooms this profile is."""
        return self._joined()

    def _away(self) -> int:
        return len(self._questions())

    def _questions(self) -> list[tuple[int, int]]:
        """Of each room whose members are asked for a way back: how often that was done, and how many they are."""
        with self._stolen._session.view() as step:  # noqa: SLF001 - nobody asked
            rejoins = [step.room(room).rejoin for room in step.store.rooms()]
        return [(rejoin.attempts, len(rejoin.helpers)) for rejoin in rejoins if rejoin is not None]


def disobey() -> None:
    """What an honest program does by itself once it is revoked is not done: it stays in the epoch it is in."""
    accept = commits.accept_other

    def nothing(*_: Any, **__: Any) -> None:  # noqa: ANN401 - as the real ones
        return

    def stay(
        step: Step, room: RoomState, track: BoxTrack, seq: int, commit: bytes, processed: Processed, verdict: Verdict
    ) -> None:
        if not processed.self_removed:
            accept(step, room, track, seq, commit, processed, verdict)

    async def published(_: Publishing) -> bool:
        return True

    membership.sign_out = nothing
    commits.leave_room = nothing
    commits.accept_other = stay
    Publishing._once = published  # type: ignore[assignment, method-assign]  # noqa: SLF001 - the thief's own program


if __name__ == "__main__":
    disobey()
    main(ThiefDeeds, unlock_of(Path(sys.argv[1])), swift())
