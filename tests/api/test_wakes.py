"""How a client waits whose rooms share a connection (spec/relay.md §4.4), also at a relay that wakes it wrongly."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from nullabona.client.api import Client
from nullabona.client.api.events import RelayLostBox
from nullabona.client.runner import reads as reading
from nullabona.wire.messages import POLICY_ROOM, AnyRequest, AnyResponse, Append, Appended, AwaitWake, Frames, Read
from tests.api.middle import Middle, honest, pair
from tests.api.people import happens, play, reads, texts, until
from tests.api.service import Service

LOOK = Frames(b"", 0, ())


def reads_of_rooms(middle: Middle) -> list[Read]:
    return [one for one in middle.asked if isinstance(one, Read) and one.policy == POLICY_ROOM]


async def settled(client: Client, other: Client, room: bytes) -> None:
    """Until both have what the other said."""
    message = await other.messages.send(room, "settled")
    await other.messages.wait_delivered(room, message)
    assert texts(client, room)[-1] == "settled"


def test_activity_is_not_read_again(service: Service, tmp_path: Path) -> None:
    """Once a box is known, messages come with the wake; no read of a room's box ever waits.

    A relay that was appended to twice before we waited again may answer without frames (spec/relay.md §4.4): only
    those answers may lead to a read.
    """
    answers: list[AnyResponse] = []

    def noted(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
        if isinstance(request, AwaitWake):
            answers.append(answer)
        return answer

    async def story() -> None:
        async with pair(service, tmp_path, together=True) as (middle, a, b, room):
            await settled(a, b, room)
            before = len(reads_of_rooms(middle))
            middle.twist = noted
            for number in range(5):
                await b.messages.wait_delivered(room, await b.messages.send(room, f"{number}"))
            assert [one for one in answers if isinstance(one, Frames) and one.frames]
            assert len(reads_of_rooms(middle)) - before <= answers.count(LOOK)
            assert {0} == {one.wait_s for one in reads_of_rooms(middle)}

    play(story())


def test_every_append_of_a_room_rings(service: Service, tmp_path: Path) -> None:
    """For as many leaves as the room has; what goes to an inbox wakes nobody."""

    async def story() -> None:
        async with pair(service, tmp_path, together=True) as (middle, a, b, room):
            await settled(a, b, room)
            await a.messages.wait_delivered(room, await a.messages.send(room, "x"))
            rooms = [one for one in middle.asked if isinstance(one, Append) and one.policy == POLICY_ROOM]
            inboxes = [one for one in middle.asked if isinstance(one, Append) and one.policy != POLICY_ROOM]
            assert rooms
            assert {2} == {one.wake[1] for one in rooms[-1:] if one.wake is not None}
            assert all(one.wake is not None for one in rooms)
            assert all(one.wake is None for one in inboxes)

    play(story())


def test_no_read_waits_at_a_rooms_box_on_the_way_in(service: Service, tmp_path: Path) -> None:
    """From the first request on, only inboxes and tokens are waited for."""

    async def story() -> None:
        async with pair(service, tmp_path, together=True) as (middle, a, b, room):
            await settled(a, b, room)
            await b.messages.wait_delivered(room, await b.messages.send(room, "on the way in"))
            assert {0} == {one.wait_s for one in reads_of_rooms(middle)}

    play(story())


def silent(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
    """Nothing comes with a wake, and nothing is there when one looks, until the relay is honest again."""
    if isinstance(request, AwaitWake):
        return LOOK
    if isinstance(request, Read) and isinstance(answer, Frames):
        return Frames(answer.incarnation, request.after, ())
    return answer


def foreign(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
    """What comes with a wake is another box's: the next number, another incarnation, another frame."""
    if isinstance(request, AwaitWake) and isinstance(answer, Frames):
        frames = tuple((seq, os.urandom(len(frame))) for seq, frame in answer.frames)
        return Frames(os.urandom(8), answer.head, frames)
    return answer


def late(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
    """What comes with a wake lacks its first frame, or is the last one again."""
    if isinstance(request, AwaitWake) and isinstance(answer, Frames):
        return Frames(answer.incarnation, answer.head, answer.frames[1:] or answer.frames * 2)
    return answer


@pytest.mark.parametrize("twist", [foreign, late], ids=lambda twist: twist.__name__)
def test_what_does_not_join_up_is_read(service: Service, tmp_path: Path, twist: object) -> None:
    """Whatever a wake brings: the room has every message once, in order, and no box is thought lost."""

    async def story() -> None:
        async with pair(service, tmp_path, together=True) as (middle, a, b, room):
            await settled(a, b, room)
            last = a.last_event()
            middle.twist = foreign if twist is foreign else late
            for number in range(4):
                await b.messages.wait_delivered(room, await b.messages.send(room, f"{number}"))
            await reads(a, room, "settled", "0", "1", "2", "3")
            assert a.last_event() > last
            assert not [one for one in await _events(a, last) if one == "RelayLostBox"]

    play(story())


async def _events(client: Client, after: int) -> list[str]:
    last, found = client.last_event(), []
    async for event in client.events(after=after):
        found.append(type(event).__name__)
        if event.id >= last:
            break
    return found


def test_a_relay_that_never_wakes_delays_only(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The box is read all the same after a while."""
    monkeypatch.setattr(reading, "WAKE_WAIT_S", 1)

    def deaf(request: AnyRequest, answer: AnyResponse) -> AnyResponse | None:
        return None if isinstance(request, AwaitWake) and isinstance(answer, Frames) and answer.frames else answer

    monkeypatch.setattr(reading, "ANSWER_S", 1.0)

    async def story() -> None:
        async with pair(service, tmp_path, together=True) as (middle, a, b, room):
            await settled(a, b, room)
            middle.twist = deaf
            await b.messages.send(room, "later")
            await reads(a, room, "settled", "later")

    play(story())


@pytest.mark.slow
def test_a_relay_that_reports_falsely_is_asked_ever_less_often(service: Service, tmp_path: Path) -> None:
    """It cannot make a client spin; when it is honest again, everything comes."""
    times: defaultdict[bytes, list[float]] = defaultdict(list)
    enough = asyncio.Event()
    pause_s, spinning = 0.7, 60

    def shrill(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
        if isinstance(request, AwaitWake):
            asked = times[request.token]
            asked.append(asyncio.get_running_loop().time())
            if len(asked) > spinning or any(after - before > pause_s for before, after in pairwise(asked)):
                enough.set()
        return silent(request, answer)

    async def story() -> None:
        async with pair(service, tmp_path, together=True) as (middle, a, b, room):
            await settled(a, b, room)
            middle.twist, middle.rush = shrill, True
            await b.messages.send(room, "one")
            await enough.wait()
            assert max(len(asked) for asked in times.values()) <= spinning
            middle.twist, middle.rush = honest, False
            await reads(a, room, "settled", "one")

    play(story())


def test_a_box_that_begins_anew_is_followed(service: Service, tmp_path: Path) -> None:
    """Its reader got everything with wakes; now it seems another box: it is read from its start."""

    async def story() -> None:
        async with pair(service, tmp_path, together=True) as (middle, a, b, room):
            await settled(a, b, room)
            for number in range(3):
                await b.messages.wait_delivered(room, await b.messages.send(room, f"{number}"))
            before, last = len(reads_of_rooms(middle)), a.last_event()

            def another(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
                if isinstance(request, Append) and isinstance(answer, Appended) and request.policy == POLICY_ROOM:
                    middle.twist = honest
                    return Appended(answer.seq, os.urandom(8))
                return answer

            middle.twist = another
            await a.messages.send(room, "4")
            await happens(a, RelayLostBox, after=last)
            await until(a, lambda: any(one.after == 0 for one in reads_of_rooms(middle)[before:]))
            await reads(b, room, "settled", "0", "1", "2", "4")

    play(story())
