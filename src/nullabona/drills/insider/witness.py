"""An honest person of the drill, who can say how it stands with a room, for how long it was away, and what that cost.

``python -m nullabona.drills.insider.witness PROFILE ADDRESS``.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from typing import Any, ClassVar, Final

from nullabona.client.api import Client, Options, Policy
from nullabona.client.mls import Mls, MlsGroup
from nullabona.drills.actors.observer import MoreDeeds
from nullabona.drills.actors.person import main
from nullabona.drills.flood.beside import waited_s

_LOOK_S: Final = 0.15
_CALLS: Final[tuple[tuple[type, str], ...]] = (
    (MlsGroup, "process"), (MlsGroup, "commit"), (MlsGroup, "encrypt"), (Mls, "join_external"), (Mls, "open_welcome"),
)  # fmt: skip


class HonestDeeds(MoreDeeds):
    """What such a person can be asked besides."""

    calls: ClassVar[Counter[str]] = Counter()

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._client = client
        self._away: dict[str, float] = {}
        self._watching: list[asyncio.Task[None]] = []

    async def watch(self, room: str) -> None:
        """From now on note for how long this device is not in the room."""
        id = self._client.rooms.get(room).id
        self._watching.append(asyncio.get_running_loop().create_task(self._note_away(room, id)))

    async def longest_away(self, room: str) -> float:
        """The longest time in which it was not, in seconds, since it was asked last."""
        return self._away.pop(room, 0.0)

    async def stands(self, room: str) -> dict[str, Any]:
        """Phase, epoch, admins, members and name of a room, as this device has them."""
        id = self._client.rooms.get(room).id
        with self._client._session.view() as step:  # noqa: SLF001 - what its own device knows
            state = step.room(id)
            members = sorted({device.account.hex() for device in step.roster(id).values()})
        return {
            "phase": state.phase, "epoch": state.epoch if state.boxes else -1, "members": members,
            "admins": [admin.hex() for admin in state.info.admins], "name": state.info.name,
        }  # fmt: skip

    async def order_out(self, room: str, handle: str) -> None:
        """Remove somebody, and wait for nothing."""
        await self._client.rooms.remove(room, handle)

    async def out(self, rooms: list[str], account: str, within_s: float) -> dict[str, float]:
        """Wait until an account is in none of these rooms any more; how long that took in each, or -1."""
        ids, gone = {room: self._client.rooms.get(room).id for room in rooms}, bytes.fromhex(account)

        def is_out(room: str) -> bool:
            with self._client._session.view() as step:  # noqa: SLF001 - what its own device knows
                return all(device.account != gone for device in step.roster(ids[room]).values())

        return await _each(rooms, is_out, within_s)

    async def hears(self, texts: dict[str, str], within_s: float) -> dict[str, float]:
        """Wait until somebody has said in each room what is to be said there; how long that took in each, or -1."""
        return await _each(texts, lambda room: any(said == texts[room] for _, said in self._history(room)), within_s)

    async def work(self) -> dict[str, float]:
        """How often this process has asked the crate for something, and how much time of a processor it has used."""
        return {"calls": float(sum(self.calls.values())), "cpu_s": time.process_time()}

    async def _note_away(self, room: str, id: bytes) -> None:
        since = 0.0
        while True:
            with suppress(Exception):
                with self._client._session.view() as step:  # noqa: SLF001 - what its own device knows
                    found = step.find_room(id)
                there = found is not None and found.phase == "joined"
                since = 0.0 if there else since or time.monotonic()
                if since:
                    self._away[room] = max(self._away.get(room, 0.0), time.monotonic() - since)
            await asyncio.sleep(_LOOK_S)


async def _each(rooms: Iterable[str], so: Callable[[str], bool], within_s: float) -> dict[str, float]:
    """Until it is so in each room; how long that took, or -1. What others took from a processor meanwhile is left out:
    it says how busy the machine is.
    """
    began, waited = time.monotonic(), waited_s(os.getpid())
    took = dict.fromkeys(rooms, -1.0)
    while True:
        spent = time.monotonic() - began - (waited_s(os.getpid()) - waited)
        took |= {room: spent for room, so_far in took.items() if so_far < 0 and so(room)}
        if min(took.values(), default=0.0) >= 0 or spent > within_s:
            return took
        await asyncio.sleep(_LOOK_S)


def unhurried() -> Options:
    """The product's own delays: how long an attack holds must not follow from a hurry that people are not in."""
    return Options(policy=Policy(most_s=2.0))


def count_calls() -> None:
    """Count what this process asks the crate for."""
    for owner, name in _CALLS:
        setattr(owner, name, _counting(getattr(owner, name), name))


def _counting(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(real)
    def counted(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - as the real one
        HonestDeeds.calls[name] += 1
        return real(*args, **named)

    return counted


if __name__ == "__main__":
    count_calls()
    main(HonestDeeds, options=unhurried())
