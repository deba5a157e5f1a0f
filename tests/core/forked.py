"""A room of which somebody says that it went another way, as one device sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from nullabona.client.core.delivery import box_log, room_items
from nullabona.client.core.group import branches
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.union import logged_fact
from nullabona.client.core.model.inbox_items import TicketRequest, open_item
from nullabona.client.core.model.outbox_targets import InboxFrame, RoomFrame
from nullabona.client.core.model.proofs import Claim, RemovalOrder, decode_claim, make_claim
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import BoxTrack, Merged, RoomState, Winner
from nullabona.client.core.step import Step
from nullabona.wire.address import epoch_keys
from nullabona.wire.frame import Kind, open_frame
from tests.core.seen import digest, earlier
from tests.core.stage import RELAY, START, Other, Randomness, Stage, box_of

JUN, BO, EVE = Other("jun"), Other("boo"), Other("eve")
PEOPLE = sorted((JUN, BO, EVE), key=lambda other: other.account)
"""In the order of their accounts."""
LOW, HIGH = bytes(32), b"\xff" * 32
"""Hashes of commits that come before, and after, any other."""


def helper(other: Other) -> Helper:
    return Helper(other.account, other.handle)


class Fork:
    """A group with Jun, Bo and Eve at epoch 1; the box of epoch 0 is closed. ``winner``: the hash of our commit there.

    Ours is the only admin unless others are named.
    """

    def __init__(self, winner: bytes = HIGH, *, admins: tuple[Other, ...] = (), low: bool = False) -> None:
        self.stage = Stage(rng=Randomness(low=low))
        named = tuple(each.account for each in admins) or (self.stage.me.account,)
        self.id = self.stage.room(JUN, BO, EVE, info=RoomInfo(1, GROUP, "family", RELAY, named))
        with self.here() as (step, room, _):
            old = earlier(room, winner=Winner(winner))
            room.history = [Merged(0, winner, [], [], [])]
            step.store.set_value(box_log.winner_key(old), b"our commit")

    @contextmanager
    def here(self, now: int = START) -> Iterator[tuple[Step, RoomState, BoxTrack]]:
        """One step, the room, and the closed box."""
        with self.stage.step(now) as step:
            room = step.room(self.id)
            yield step, room, room.boxes[0]

    def claim(
        self, by: Other, commit: bytes, *removed: bytes, orders: tuple[RemovalOrder, ...] = (), current: bool = False
    ) -> Claim:
        """Somebody's word that they merged a commit in the closed box, or in the current one."""
        with self.here() as (_, room, track):
            box = (room.current if current else track).keys.box.address
        return decode_claim(make_claim(by.mls, by.signature_key, box, commit, removed, orders))

    def rejoin(self) -> Rejoin | None:
        """The branch that is looked for."""
        with self.here() as (_, room, _track):
            return room.rejoin

    def look_for(self, rejoin: Rejoin | None) -> None:
        """A branch is looked for from now on."""
        with self.here() as (_, room, _track):
            room.rejoin = rejoin

    def warned(self) -> list[str]:
        """What the person was warned of, in order."""
        with self.stage.store.transaction():
            rows = self.stage.store.events(0, 1_000)
        return [fact.code for fact in map(logged_fact, rows) if isinstance(fact, Warned)]

    def announced(self) -> int:
        """How often our commit was put into its box as settled."""
        with self.here() as (step, _, track):
            kinds = [frame.kind for frame in step.store.frames(track.keys.box.address)]
        return kinds.count(Kind.SETTLED)

    def reachable(self, *others: Other) -> None:
        """Where their inboxes are is known."""
        with self.here() as (step, _, _track):
            for other in others:
                inbox_addresses.remember(step, other.card())

    def in_inboxes(self) -> list[tuple[Other, Any]]:
        """What lies in the outbox for the inboxes of Jun, Bo and Eve, in order."""
        owners = {bytes(other.inbox.address): other for other in PEOPLE}
        items = [item for item in self.stage.outbox(InboxFrame) if box_of(item) in owners]
        return [(owners[box_of(item)], owners[box_of(item)].opened(item.data)) for item in items]

    def in_boxes(self) -> list[TicketRequest]:
        """The questions that lie in the outbox for boxes of the room, in order."""
        found = []
        for item in self.stage.outbox(RoomFrame):
            assert isinstance(item.target, RoomFrame)
            opened = open_frame(epoch_keys(item.target.secret).frame_key, item.target.box, item.data)
            if opened.kind is Kind.ITEM:
                assert (room_items.OPEN, False) == (opened.body[:1], opened.indirect)
                sender, question = open_item(item.target.box, opened.body[1:])
                assert isinstance(question, TicketRequest)
                assert (self.stage.me.device, item.target.box) == (sender.device_id, question.box)
                found.append(question)
        return found

    def asked(self) -> list[tuple[Other, TicketRequest]]:
        """Who is asked in boxes of the room and what, in order; the same in two boxes counts once."""
        owners = {other.account: other for other in PEOPLE}
        once = {question.id: question for question in self.in_boxes()}
        return [
            (owners[each.helper], msgspec.structs.replace(each, box=b"", helper=b"", key=b"", id=b""))
            for each in once.values()
        ]


class Alone(Fork):
    """We are alone since Jun, Bo and Eve went; their claims lie in the box from before."""

    def __init__(self, *, admin: bool = True, winner: bytes = HIGH) -> None:
        super().__init__(winner, admins=() if admin else (JUN,))
        with self.here() as (step, room, _):
            step.store.drop_devices(room.id, [each.device for each in (JUN, BO, EVE)])
            room.history = [Merged(0, winner, [JUN.account], [], [])]
            room.former = {JUN.signature_key.hex(): helper(JUN)}

    def says(self, body: bytes, now: int = START) -> tuple[Rejoin | None, int | None, int | None]:
        """What is looked for, when that was, and when our own branch is announced there."""
        with self.here(now) as (step, room, track):
            branches.outsider(step, room, track, body)
            return room.rejoin, track.asked_at, track.answer_at


def encoded(claim: object) -> bytes:
    return msgspec.msgpack.encode(claim)


def branch(reason: str, *helpers: Other, commit: bytes = b"c" * 32, **about: object) -> Rejoin:
    """Another branch, which began with a commit of epoch 0; these can lead there."""
    found = Rejoin(reason, 0, commit, [], [helper(each) for each in helpers], START)
    for name, value in about.items():
        setattr(found, name, value)
    return found


__all__ = ["BO", "EVE", "HIGH", "JUN", "LOW", "PEOPLE", "Alone", "Fork", "branch", "digest", "encoded", "helper"]
