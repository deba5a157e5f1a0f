"""A room into which others have come by our commit and are to be invited, as one device sees it."""

from __future__ import annotations

from typing import Any

import msgspec

from nullabona.client.core.group import welcomes
from nullabona.client.core.model.inbox_items import Invitation
from nullabona.client.core.model.intents import AddAccount
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.state import Merged
from tests.core.seen import Overheard, view
from tests.core.stage import RELAY, START, Other, Stage, box_of

JUN, TABLET, BO = Other("jun"), Other("jun", 1), Other("boo")
ELSEWHERE, HOSTS = "wss://other.example:443/v1", "wss://relay.example:443/v1"
HOUR, DAY = 3_600_000, 86_400_000
COMMITS = [Merged(0, b"c" * 32, [b"a" * 32], [], [])]


def adding(other: Other, *, relay: str = RELAY, reply: bytes = b"") -> AddAccount:
    """That somebody comes in, whose inbox is at this relay."""
    inbox = msgspec.msgpack.encode(msgspec.structs.replace(other.inbox, relay=relay))
    return AddAccount(other.account, other.handle, (b"package",), inbox, reply)


class Inviting:
    """A group into whose epoch 1 Jun and Bo came by our commit; its Welcome is held."""

    def __init__(self, *others: Other) -> None:
        self.stage = Stage()
        self.id = self.stage.room(history=list(COMMITS))
        self.times: list[int] = []
        with self.stage.step() as step:
            room = step.room(self.id)
            room.current.epoch = 1
            rows = [each.row(self.id, leaf, since=1) for leaf, each in enumerate(others or (JUN, BO), 1)]
            step.store.put_devices(rows)
            welcomes.hold_welcome(step, room, b"welcome", b"tree")

    def won(self, *intents: Any) -> int:  # noqa: ANN401 (any intent)
        """Our commit has won. When the first invitation is due again, in ms from now."""
        with self.stage.step() as step:
            room = step.room(self.id)
            welcomes.invite_added(step, room, list(intents))
            return room.invites_at - START if room.invites_at else 0

    def look(self, now: int, *, heard: list[Any] | None = None) -> int:
        """Time passes. When the first invitation is due again, in ms from the start; 0: never."""
        with self.stage.step(now) as step:
            room = step.room(self.id)
            listener = Overheard(step)
            welcomes.look_after_invites(step, room)
            if heard is not None:
                heard += listener.said
            return room.invites_at - START if room.invites_at else 0

    def take(self, *kinds: type) -> list[Any]:
        """What waited in the outbox; it is gone then."""
        found = self.stage.outbox(*kinds)
        with self.stage.step() as step:
            for item in found:
                step.store.drop_outbox(item.id)
        return found

    def invited(self) -> list[tuple[Other, Invitation, str]]:
        """Who is invited, how, and by which relay; it is gone from the outbox then."""
        owners = {bytes(each.inbox.address): each for each in (JUN, BO)}
        return [
            (owners[box_of(item)], owners[box_of(item)].opened(item.data), item.target.relay)  # type: ignore[misc]
            for item in self.take(InboxFrame)
        ]

    def shows_up(self, *others: Other) -> None:
        with self.stage.step() as step:
            for other in others:
                view(step, step.room(self.id).current, other, 1)
