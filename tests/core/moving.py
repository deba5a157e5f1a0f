"""A room that may go to another relay, as one device sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nullabona.client.core.model.proofs import MoveOrder, make_move
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import BoxTrack, CommitCandidate, RoomState
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import Step
from tests.core.seen import earlier
from tests.core.stage import RELAY, START, Other, Randomness, Stage
from tests.rooms.world import fields_of

JUN, BO = Other("jun"), Other("boo")
THERE, FURTHER, LAST = (f"wss://{name}.example:443/v1" for name in ("there", "further", "last"))
CANDIDATE = CommitCandidate(3, b"f", settled=False)


class Movable:
    """A group of which Jun and we are admins, with Bo; the box of epoch 0 is closed, that of epoch 1 current."""

    def __init__(self, *, low: bool = False, admins: tuple[Other, ...] = (JUN,)) -> None:
        self.stage = Stage(rng=Randomness(low=low))
        named = tuple(each.account for each in admins)
        self.id = self.stage.room(JUN, BO, info=RoomInfo(1, GROUP, "family", RELAY, (self.stage.me.account, *named)))
        with self.here() as (_, room):
            earlier(room)

    @contextmanager
    def here(self, now: int = START) -> Iterator[tuple[Step, RoomState]]:
        with self.stage.step(now) as step:
            yield step, step.room(self.id)

    def order(self, relay: str = THERE, number: int = 1, by: Other | None = JUN) -> MoveOrder:
        """An order of Jun's, or our own."""
        mls, key = (by.mls, by.signature_key) if by else (self.stage.mls, self.stage.me.signature_key)
        return make_move(mls, key, self.id, number, relay)

    def adopt(self, *orders: MoveOrder, now: int = START) -> None:
        for order in orders:
            with self.here(now) as (step, room):
                moving.adopt(step, room, order)

    def tracks(self) -> list[BoxTrack]:
        with self.here() as (_, room):
            return room.boxes

    def told(self) -> list[tuple[str, dict[str, object]]]:
        """Where the room went, as listeners were told."""
        with self.stage.store.transaction():
            rows = self.stage.store.events(0, 1_000)
        return [(row.kind, fields_of(row.data)) for row in rows if row.kind == "room-moved"]
