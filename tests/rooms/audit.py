"""What must hold of every device once the world has come to rest, beyond what `Schedule.check` says of the room."""

from __future__ import annotations

from nullabona.client.core.model.records import MessageState, OutboxItem
from nullabona.client.mls import MlsGroup
from tests.rooms.world import Person, World

YEAR_MS = 365 * 86_400_000


def outbox_of(person: Person) -> list[OutboxItem]:
    """Everything that still waits to be sent, due or not."""
    with person.store.transaction():
        return person.store.outbox(person.world.now + YEAR_MS, 10_000)


def audit_rest(world: World, room: bytes) -> None:
    """Nobody is left with work that nobody will ever do: no stuck commit, rejoin, intent, outbox item or message."""
    for person in world.people:
        if person.phase(room) == "joined":
            _audit_member(person, room)
        stuck = [(item.target.kind, item.attempts) for item in outbox_of(person)]
        assert not stuck, f"{person.name} still has to send {stuck}"


def _audit_member(person: Person, room: bytes) -> None:
    with person.engine.step(person.world.now) as step:
        state = step.room(room)
        left = (state.pending, state.rejoin, state.intents)
        group = step.mls.group(room)
        assert isinstance(group, MlsGroup)
        staged = group.pending
        waiting = [
            message.id.hex() for message in step.store.own_messages(room, (MessageState.WAITING, MessageState.FAILED))
        ]
        deferred = [track.epoch for track in state.boxes if track.deferred or track.candidates]
    assert left == (None, None, []), f"{person.name} is still busy: {left}"
    assert not staged, f"{person.name} has a staged commit that nobody remembers"
    assert not waiting, f"{person.name} still waits with messages {waiting}"
    assert not deferred, f"{person.name} still waits for blobs or decisions in epochs {deferred}"


def audit_order(people: list[Person], room: bytes) -> None:
    """Everybody sees the messages that two of them share in the same order."""
    for one in people:
        for other in people:
            mine, theirs = ([m.id for m in p.messages(room)] for p in (one, other))
            assert [i for i in mine if i in set(theirs)] == [i for i in theirs if i in set(mine)], (
                f"{one.name} and {other.name} see messages in different orders"
            )


def audit_removals(people: list[Person], room: bytes, never_added: set[bytes]) -> None:
    """Whoever was removed, and never added again, is out on every device."""
    for person in people:
        gone = {data["account"] for kind, where, data in person.events() if kind == "member-removed" and where == room}
        back = gone & never_added & person.members(room)
        assert not back, f"{person.name} has somebody back who was removed"
