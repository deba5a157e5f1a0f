"""Boxes as a person would write them down, with every incarnation there ever was, beside a shelf."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from hypothesis import strategies as st

from nullabona.relay.core.answers import select
from nullabona.relay.core.boxes import FIRST_BITS, OWN_DAY_BITS
from nullabona.relay.core.limits import Limits
from nullabona.wire.messages import Appended, Done, Frames
from tests.relay.shelves import DAY, Outcome, Place, Rig

RETENTION = 2
ROOM, INBOX = bytes(range(32)), bytes(range(1, 33))
NOTHING = Frames(b"", 0, ())


@dataclass
class Written:
    """One box."""

    incarnation: bytes
    next_seq: int
    own_day: int
    frames: dict[int, tuple[int, bytes]] = field(default_factory=dict)


class Model:
    """All boxes, and every incarnation there ever was."""

    def __init__(self) -> None:
        self.boxes: dict[bytes, Written] = {}
        self.used: set[bytes] = set()
        self.shown: dict[tuple[bytes, bytes, int], bytes] = {}
        self.renamed: set[bytes] = set()

    async def append(self, rig: Rig, address: bytes, size: int, *, inbox: bool) -> None:
        body = os.urandom(size)
        answer = await rig.append(address, body, inbox=inbox)
        assert isinstance(answer, Appended)
        box = self.boxes.get(address) or self._begin(rig, address, answer.incarnation, answer.seq, inbox=inbox)
        if address in self.renamed:
            assert answer.incarnation not in self.used
            box.incarnation = answer.incarnation
            self.renamed.discard(address)
        assert Appended(box.next_seq, box.incarnation) == answer
        self.used.add(box.incarnation)
        box.frames[box.next_seq] = (rig.day + RETENTION, body)
        assert body == self.shown.setdefault((address, box.incarnation, box.next_seq), body)
        box.next_seq += 1
        await self._renew(rig, address, box, inbox=inbox)

    async def trim(self, rig: Rig, address: bytes, back: int) -> None:
        box = self.boxes.get(address)
        upto = 5 if box is None else box.next_seq - 1 - back
        assert Done() == await rig.trim(address, max(upto, 0))
        if box is not None:
            box.frames = {seq: kept for seq, kept in box.frames.items() if seq > upto}

    async def open(self, rig: Rig, address: bytes) -> None:
        await rig.open(address)
        found, _ = await rig.look(address)
        assert found is not None
        box = self.boxes.get(address)
        if box is None:
            box = self._begin(rig, address, found.incarnation, found.head + 1, inbox=True)
        await self._renew(rig, address, box, inbox=True)

    async def pass_days(self, rig: Rig, days: int) -> None:
        rig.tick(days)
        await rig.shelf.drain()
        for address, box in list(self.boxes.items()):
            box.frames = {seq: kept for seq, kept in box.frames.items() if kept[0] >= rig.day}
            if not box.frames and box.own_day < rig.day:
                del self.boxes[address]
                self.renamed.discard(address)

    def begin_again(self, outcome: Outcome) -> None:
        if outcome.gone:
            self.boxes.clear()
        if outcome.renamed:
            self.renamed |= set(self.boxes)

    async def check(self, rig: Rig, address: bytes, back: int, limit: int) -> None:
        box = self.boxes.get(address)
        if box is None:
            assert (NOTHING, 0) == await rig.look(address, back, limit)
            return
        after = max(box.next_seq - 1 - back, 0)
        kept = ((seq, body) for seq, (_, body) in sorted(box.frames.items()))
        expected = select(kept, after, limit, rig.limits.read_answer_bytes)
        assert (Frames(box.incarnation, box.next_seq - 1, expected), box.own_day) == await rig.look(
            address, after, limit
        )

    def _begin(self, rig: Rig, address: bytes, incarnation: bytes, seq: int, *, inbox: bool) -> Written:
        assert (8, False) == (len(incarnation), incarnation in self.used)
        assert seq in (range(1, 2**FIRST_BITS + 1) if inbox else range(1, 2))
        self.used.add(incarnation)
        box = self.boxes[address] = Written(incarnation, seq, 0)
        return box

    async def _renew(self, rig: Rig, address: bytes, box: Written, *, inbox: bool) -> None:
        latest = rig.day + RETENTION
        _, own_day = await rig.look(address)
        if box.own_day < latest:
            assert own_day - latest in range(2**OWN_DAY_BITS if inbox else 1)
            box.own_day = own_day
        assert box.own_day == own_day


ADDRESSES = (ROOM, INBOX, b"\x00{\xff}tag of a key that a cluster would cut".ljust(32)[:32])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 2), st.integers(1, 400)),
        st.tuples(st.just("append"), st.integers(0, 2), st.integers(1, 400)),
        st.tuples(st.just("trim"), st.integers(0, 2), st.integers(-1, 6)),
        st.tuples(st.just("open"), st.just(1), st.just(0)),
        st.tuples(st.just("days"), st.just(0), st.integers(1, 2)),
        st.tuples(st.just("again"), st.just(0), st.just(0)),
    ),
    max_size=30,
)


async def agrees(place: Place, plan: list[tuple[str, int, int]]) -> None:
    """Do what the plan says, and look everywhere after each step."""
    limits = Limits(retention_days=RETENTION, read_answer_bytes=1_000)
    rig, model = await Rig(await place.shelf(limits), limits).begin(), Model()
    for what, which, number in plan:
        address, inbox = ADDRESSES[which], which == 1
        if what == "append":
            await model.append(rig, address, number, inbox=inbox)
        elif what == "trim":
            await model.trim(rig, address, number)
        elif what == "open":
            await model.open(rig, address)
        elif what == "days":
            await model.pass_days(rig, number)
        else:
            await rig.end()
            await place.begin_again()
            model.begin_again(place.outcome)
            day, rig = rig.day, Rig(await place.shelf(limits), limits)
            await rig.begin()
            rig.tick(day - DAY)
        for one in ADDRESSES:
            await model.check(rig, one, number, 1 + number % 4)
            await model.check(rig, one, 10, 1_000)
    await rig.end()
