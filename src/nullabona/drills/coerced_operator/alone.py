"""Digests that one connection alone is told: what its device reads because of it, and what it notices (L-04).

Four people are told of a digest at one moment, each something else (`nullabona.drills.operator.alone`). The operator
sees which boxes are read next. It then ends the connection on which it told a signed lie, which the device itself would
leave after two minutes on average, and tells the truth on the next one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from nullabona.drills.actors.actor import Actor
from nullabona.drills.coerced_operator.findings import Alone
from nullabona.drills.operator.alone import ADDED, EXCHANGED, SHORTENED, SIGNED
from nullabona.log.digest_chain import EvidenceOfDigestsInvalid, verify_contradiction
from nullabona.processes.program import ProcessFailed
from nullabona.processes.workers import Worker

CAUGHT: Final = "digests-contradict"
_POLL_S: Final = 0.05
_CALM_S: Final = 2.0
"""So long has nobody written to a room: receipts are under way until then."""
_WINDOW_S: Final = 5.0
"""Within this time a device reads what it believes to be active: some tenths of a second, and all boxes, of which it
believes that any may be, within a second each, on average."""
_PATIENCE_S: Final = 30.0


class Telling:
    """Four people who talk at one relay, and what their connections are told. The first has a room with each other."""

    def __init__(self, relay: Worker, people: Sequence[Actor]) -> None:
        self._relay = relay
        self._first, self._second, self._third, self._fourth = people

    async def tell(self) -> Alone:
        """Tell them; the first one's program has started again at the end, and believes the relay once more."""
        first, second, third, fourth = self._first, self._second, self._third, self._fourth
        before = {each.name: await _mark(each) for each in (first, second, third, fourth)}
        boxes = {other.name: await _box(first, other) for other in (second, third, fourth)}
        faces = {
            first.address: (SIGNED, boxes[fourth.name]),
            second.address: (ADDED, boxes[second.name]),
            third.address: (EXCHANGED, boxes[third.name]),
            fourth.address: (SHORTENED, boxes[fourth.name]),
        }
        began = await self._show(faces)
        read_s = await self._until_read(first, boxes[fourth.name], began)
        await self._relay.do("cut_off", address=first.address)
        cut = time.monotonic()
        caught = await _until_told(first, before[first.name])
        caught_s = time.monotonic() - cut
        kept = await first.do("evidence", code=CAUGHT)
        proven = self._proves(kept, await self._relay.do("key"))
        await first.stop()
        await first.start()
        believed = await self._believed(faces, began)
        accused = [each.name for each in (second, third, fourth) if CAUGHT in await _codes(each, before[each.name])]
        # A quiet box is read each half an hour on average: who read theirs is told the same once more. Two are not read
        # within seconds by chance, and a device that believed that tags are lost reads all but once for it. Who accuses
        # the relay follows it no more, and the claim has failed.
        if {ADDED, EXCHANGED}.intersection(believed) and not accused:
            again = {address: face for address, face in faces.items() if face[0] in believed and face[0] != SHORTENED}
            twice = await self._believed(again, await self._show(again))
            believed = [kind for kind in believed if kind == SHORTENED or kind in twice]
        return Alone(read_s, caught, caught_s, proven, tuple(believed), tuple(accused))

    async def _show(self, faces: Mapping[str, tuple[str, str]]) -> float:
        """Show all of them at a calm moment. Returns when it was done."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while await self._relay.do("calm_s") < _CALM_S:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(_POLL_S)
                await self._relay.do("tell_alone", faces=dict(faces))
                while await self._relay.do("untold"):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise ProcessFailed(
                "operator could not tell one connection alone: people write, or do not follow"
            ) from None
        return time.monotonic()

    async def _until_read(self, who: Actor, box: str, began: float) -> float | None:
        """After how long somebody read a box; None: they do not."""
        while time.monotonic() - began < _PATIENCE_S:
            if box in (await self._relay.do("read_since")).get(who.address, ()):
                return time.monotonic() - began
            await asyncio.sleep(_POLL_S)
        return None

    async def _believed(self, faces: Mapping[str, tuple[str, str]], began: float) -> list[str]:
        """Which faces had a device read what they were about. That tags were lost is about all boxes, so about two."""
        await asyncio.sleep(max(0.0, began + _WINDOW_S - time.monotonic()))
        read: dict[str, list[str]] = await self._relay.do("read_since")
        found = []
        for address, (kind, box) in faces.items():
            boxes = read.get(address, [])
            if kind != SIGNED and (len(boxes) > 1 if kind == SHORTENED else box in boxes):
                found.append(kind)
        return found

    @staticmethod
    def _proves(kept: Sequence[str], key: str) -> bool:
        """Whether one file shows that the relay's key signed two things."""
        with suppress(EvidenceOfDigestsInvalid):
            return [verify_contradiction(bytes.fromhex(each)).shown.key.hex() for each in kept] == [key]
        return False


async def _mark(who: Actor) -> int:
    return int((await who.do("warned", after=0))["last"])


async def _box(who: Actor, other: Actor) -> str:
    """The box of the room of these two."""
    _, box = await who.do("epoch", room=other.handle)
    return str(box)


async def _codes(who: Actor, after: int) -> list[str]:
    return list((await who.do("warned", after=after))["codes"])


async def _until_told(who: Actor, after: int) -> bool:
    """Whether somebody is warned of the relay in time."""
    began = time.monotonic()
    while time.monotonic() - began < _PATIENCE_S:
        if CAUGHT in await _codes(who, after):
            return True
        await asyncio.sleep(_POLL_S)
    return False
