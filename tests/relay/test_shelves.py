"""The contract of every shelf (src/nullabona/relay/shelves/port.py): SQLite, memory, engine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings

from nullabona.processes.engine import EngineCluster
from nullabona.relay.core.boxes import FIRST_BITS, OWN_DAY_BITS
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.port import Kept, MaybeWake
from nullabona.wire.messages import Appended, Done, Frames, Refusal
from tests.relay.engines import EnginePlace, needs_engine
from tests.relay.shelf_model import INBOX, NOTHING, RETENTION, ROOM, agrees, steps
from tests.relay.shelves import DAY, MemoryPlace, Outcome, Place, Rig, SqlitePlace

KINDS = ("memory", "sqlite", pytest.param("engine", marks=needs_engine))
Play: TypeAlias = Callable[[Rig], Awaitable[None]]


Make: TypeAlias = Callable[[Path], Place]


@pytest.fixture(scope="module", params=KINDS)
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes places of each kind, empty ones. There is one engine for all tests."""
    if request.param != "engine":
        yield lambda folder: MemoryPlace() if request.param == "memory" else SqlitePlace(folder)
        return
    cluster = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes", primaries=2)
    yield lambda _: EnginePlace(cluster)
    cluster.close()


@pytest.fixture
def place(make: Make, tmp_path: Path) -> Iterator[Place]:
    """Each kind of place, empty."""
    made = make(tmp_path)
    yield made
    asyncio.run(made.close())


def play(place: Place, scene: Play, **limits: int) -> None:
    """Play on a shelf there."""

    async def run() -> None:
        chosen = Limits(**{"retention_days": RETENTION, **limits})
        rig = await Rig(await place.shelf(chosen), chosen).begin()
        await scene(rig)
        await rig.end()

    asyncio.run(run())


def seqs(answers: list[Any]) -> list[int]:
    return [answer.seq for answer in answers]


def test_a_box_begins_with_its_first_frame(place: Place) -> None:
    """It looks empty before; then it has a random incarnation, and counts from one."""

    async def scene(rig: Rig) -> None:
        assert (NOTHING, 0) == await rig.look(ROOM, 7)
        first, second = await rig.append(ROOM, b"one"), await rig.append(ROOM, b"two")
        assert isinstance(first, Appended)
        assert (Appended(1, first.incarnation), 8) == (first, len(first.incarnation))
        assert Appended(2, first.incarnation) == second
        frames = Frames(first.incarnation, 2, ((1, b"one"), (2, b"two")))
        assert (frames, DAY + RETENTION) == await rig.look(ROOM)
        other = await rig.append(INBOX, b"x")
        assert isinstance(other, Appended)
        assert other.incarnation != first.incarnation

    play(place, scene)


def test_appends_are_numbered_in_the_order_they_were_given(place: Place) -> None:
    """Of one caller to one box, many at a time, with other boxes between."""

    async def scene(rig: Rig) -> None:
        boxes = [ROOM, INBOX, os.urandom(32)]
        asked = [(box, rig.start(box, b"%d" % at)) for at in range(40) for box in boxes]
        answers = [(box, await asyncio.wait_for(one, 20)) for box, one in asked]
        for box in boxes:
            assert list(range(1, 41)) == seqs([answer for other, answer in answers if other == box])
            found, _ = await rig.look(box)
            assert found is not None
            assert [b"%d" % at for at in range(40)] == [body for _, body in found.frames]

    play(place, scene)


def test_a_look_obeys_position_limit_and_size(place: Place) -> None:
    """It begins after its position and stops at its limit or size, but gives at least one frame; the head is whole."""

    async def scene(rig: Rig) -> None:
        for body in (b"a" * 50, b"b" * 50, b"c" * 50, b"d" * 200):
            await rig.append(ROOM, body)
        looks = [(0, 9), (1, 9), (0, 1), (3, 9), (4, 9), (9, 9)]
        found = [(await rig.look(ROOM, after, limit))[0] for after, limit in looks]
        assert all(one is not None and one.head == 4 for one in found)
        assert [[1, 2], [2, 3], [1], [4], [], []] == [[seq for seq, _ in one.frames] for one in found if one]

    play(place, scene, read_answer_bytes=120)


def test_a_trim_erases_and_the_count_goes_on(place: Place) -> None:
    """Up to a number; beyond the head it means everything; the incarnation stays; no box is no error."""

    async def scene(rig: Rig) -> None:
        assert Done() == await rig.trim(ROOM, 5)
        answers = [await rig.append(ROOM, b"%d" % at) for at in range(3)]
        (mark,) = {answer.incarnation for answer in answers if isinstance(answer, Appended)}
        assert Done() == await rig.trim(ROOM, 0)
        assert Done() == await rig.trim(ROOM, 2)
        assert Frames(mark, 3, ((3, b"2"),)) == (await rig.look(ROOM))[0]
        assert Done() == await rig.trim(ROOM, 1)
        assert Done() == await rig.trim(ROOM, 2**53)
        assert Frames(mark, 3, ()) == (await rig.look(ROOM))[0]
        assert Appended(4, mark) == await rig.append(ROOM, b"four")

    play(place, scene)


def test_a_days_quota_ends_with_the_day(place: Place) -> None:
    """Frames and bytes of a box in a day, exactly up to the limit; a trim gives nothing back, the next day does."""

    async def scene(rig: Rig) -> None:
        full = Refusal("day-quota", 3_600)
        assert [1, 2, 3] == seqs([await rig.append(ROOM, b"x") for _ in range(3)])
        assert full == await rig.append(ROOM, b"x")
        assert 1 == seqs([await rig.append(INBOX, b"x" * 60)])[0]
        assert full == await rig.append(INBOX, b"x" * 41)
        assert 2 == seqs([await rig.append(INBOX, b"x" * 40)])[0]
        rig.tick(days=1)
        assert [4, 5, 6] == seqs([await rig.append(ROOM, b"x") for _ in range(3)])

    play(place, scene, box_frames_per_day=3, box_bytes_per_day=100)


def test_frames_go_with_their_day_and_boxes_with_theirs(place: Place) -> None:
    """A frame is there through its expiry day; the box keeps its count until its own, and then begins again."""

    async def scene(rig: Rig) -> None:
        first = await rig.append(ROOM, b"old")
        assert isinstance(first, Appended)
        rig.tick(days=1)
        await rig.append(ROOM, b"young")
        rig.tick(days=RETENTION - 1)
        await rig.shelf.drain()
        assert 2 == len((await rig.look(ROOM))[0].frames)  # type: ignore[union-attr]
        rig.tick(days=1)
        await rig.shelf.drain()
        assert Frames(first.incarnation, 2, ((2, b"young"),)) == (await rig.look(ROOM))[0]
        await rig.trim(ROOM, 2)
        assert Frames(first.incarnation, 2, ()) == (await rig.look(ROOM))[0]
        rig.tick(days=1)
        await rig.shelf.drain()
        assert (NOTHING, 0) == await rig.look(ROOM)
        again = await rig.append(ROOM, b"again")
        assert isinstance(again, Appended)
        assert (1, True) == (again.seq, again.incarnation != first.incarnation)

    play(place, scene)


def test_an_inbox_that_is_opened_has_a_row(place: Place) -> None:
    """Its numbers begin anywhere and its own day is drawn; what comes goes on from there, and nothing is there yet."""

    async def scene(rig: Rig) -> None:
        boxes = [os.urandom(32) for _ in range(40)]
        for box in boxes:
            await rig.open(box)
        found = [await rig.look(box) for box in boxes]
        days = {own_day - DAY - RETENTION for _, own_day in found}
        heads = {one.head for one, _ in found if one is not None and not one.frames and len(one.incarnation) == 8}
        assert (True, True) == (len(days) > 5, days <= set(range(2**OWN_DAY_BITS)))
        assert (len(boxes), True, True) == (len(heads), min(heads) >= 0, max(heads) < 2**FIRST_BITS)
        await rig.open(boxes[0])
        assert found[0] == await rig.look(boxes[0])
        seen = found[0][0]
        assert seen is not None
        assert Appended(seen.head + 1, seen.incarnation) == await rig.append(boxes[0], b"x", inbox=True)
        rig.tick(days=2**OWN_DAY_BITS)
        await rig.shelf.drain()
        await rig.open(boxes[0])
        assert (await rig.look(boxes[0]))[1] >= rig.day + RETENTION

    play(place, scene)


def test_what_came_is_reported_once(place: Place) -> None:
    """Box by box, with the frames in order and without a gap, whether the box is new, and who made it."""

    async def scene(rig: Rig) -> None:
        for _ in range(2):
            for one in [rig.start(box, b"%d" % at) for at in range(5) for box in (ROOM, INBOX)]:
                await one
        for box in (ROOM, INBOX):
            mine = [arrival for arrival in rig.arrivals if arrival.address == box]
            rows = [row for arrival in mine for row in arrival.bodies]
            assert [(seq, b"%d" % ((seq - 1) % 5)) for seq in range(1, 11)] == rows
            assert ([True] + [False] * (len(mine) - 1), 1) == (
                [one.new for one in mine],
                len({one.label for one in mine}),
            )
        assert 2 == len({arrival.label for arrival in rig.arrivals})
        assert [rig.caller] * 2 == rig.makers

    play(place, scene)


def test_a_wake_is_reported_and_its_secret_overwritten(place: Place) -> None:
    """With the frames that came with it; afterwards nothing of the secret is left."""

    async def scene(rig: Rig) -> None:
        secret = bytearray(b"s" * 32)
        seen: list[bytes] = []
        plain = rig.kept

        def note(kept: Kept) -> None:
            seen.extend(bytes(wake[0]) for arrival in kept.arrivals for wake in arrival.wakes)
            plain(kept)

        rig.kept = note  # type: ignore[method-assign]
        await rig.start(ROOM, b"one", (secret, 3, rig.caller))
        await rig.shelf.drain()
        assert ([b"s" * 32], bytes(32)) == (seen, bytes(secret))

    play(place, scene)


def test_what_was_left_at_an_inbox_wakes_once(place: Place) -> None:
    """The next append alone has the secret, whoever appends; the newest counts, and none is left over."""

    async def scene(rig: Rig) -> None:
        seen: list[bytes] = []
        plain = rig.kept

        def note(kept: Kept) -> None:
            seen.extend(bytes(wake[0]) for arrival in kept.arrivals for wake in arrival.wakes)
            plain(kept)

        async def write() -> MaybeWake:
            wake: MaybeWake = (bytearray(), 0, rig.caller)
            await rig.start(INBOX, b"letter", wake, inbox=True)
            await rig.shelf.drain()
            return wake

        rig.kept = note  # type: ignore[method-assign]
        first = await write()
        assert [] == seen
        for secret in (b"a" * 32, b"b" * 32):
            await rig.leave_wake(INBOX, secret)
        second = await write()
        await write()
        assert [b"b" * 32] == seen
        assert first is not None
        assert second is not None
        assert not any(first[0] + second[0])
        await rig.leave_wake(INBOX, b"c" * 32)
        await asyncio.gather(*(rig.start(INBOX, b"x", (bytearray(), 0, rig.caller), inbox=True) for _ in range(3)))
        assert [b"b" * 32, b"c" * 32] == seen

    play(place, scene)


def test_no_wake_is_left_at_a_room(place: Place) -> None:
    """What an append to a room wakes is what it says, whatever was left there."""

    async def scene(rig: Rig) -> None:
        await rig.append(ROOM, b"one")
        await rig.leave_wake(ROOM, b"a" * 32)
        await rig.start(ROOM, b"two", (bytearray(b"s" * 32), 3, rig.caller))
        await rig.shelf.drain()
        assert [(bytes(32), 3)] == [(bytes(wake[0]), wake[1]) for arrival in rig.arrivals for wake in arrival.wakes]

    play(place, scene)


def test_a_place_that_begins_again(place: Place) -> None:
    """Whatever is kept is where it was. What may not be is told by another incarnation, and never by a wrong one."""

    async def run() -> None:
        limits = Limits(retention_days=RETENTION)
        rig = await Rig(await place.shelf(limits), limits).begin()
        first = await rig.append(ROOM, b"one")
        await rig.end()
        await place.begin_again()
        rig = await Rig(await place.shelf(limits), limits).begin()
        found, _ = await rig.look(ROOM)
        again = await rig.append(ROOM, b"two")
        assert isinstance(first, Appended)
        assert isinstance(again, Appended)
        assert (NOTHING if place.outcome.gone else Frames(first.incarnation, 1, ((1, b"one"),))) == found
        assert (1 if place.outcome.gone else 2) == again.seq
        assert (place.outcome != Outcome()) == (again.incarnation != first.incarnation)
        await rig.end()

    asyncio.run(run())


@pytest.mark.timeout(300)  # on the engine each of its plans is some hundred calls, and a busy machine takes its time
@given(plan=steps)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_shelf_agrees_with_a_model(
    tmp_path_factory: pytest.TempPathFactory, make: Make, plan: list[tuple[str, int, int]]
) -> None:
    """Any sequence of appends, trims, openings, days and new beginnings leaves what a simple model says."""

    async def run() -> None:
        place = make(tmp_path_factory.mktemp("place"))
        await agrees(place, plan)
        await place.close()

    asyncio.run(run())
