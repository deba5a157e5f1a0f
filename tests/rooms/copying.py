"""Folders that were copied and put back: a device wakes up in its own past, and its engine does not know it."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import membership
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.model.requests import INBOX, ReadFor, ReadRequest
from nullabona.client.core.restore import returning
from nullabona.client.store import SqliteStore
from tests.rooms.world import Person, World


@dataclass(frozen=True)
class FolderCopy:
    """What was in a device's folder, and how much had been said in the room then."""

    store: SqliteStore
    said: int
    wipes: int


def copied(store: SqliteStore) -> SqliteStore:
    """All that is in a store, in another one."""
    other = SqliteStore.testing_in_memory()
    with other._connection.backup("main", store._connection, "main") as copy:
        copy.step()
    return other


def put_back(world: World, person: Person, kept: SqliteStore, *, told: bool) -> None:
    """The device's folder is the old one again.

    ``told``: a file beside the store gives it away, as `nullabona.client.runner.copies` does it. Else only what lies in
    the boxes can: nothing is sent to one before it was read to its end, as `nullabona.client.runner.reads` sees to.
    """
    person.mls.abandon()
    person.store = copied(kept)
    person.boot()
    if told:
        with person.engine.step(world.now) as step:
            returning.forsake_all(step)


def look_at_own_card(world: World, person: Person) -> None:
    """What a client does when it runs: the directory's newest card of its account says what it is now."""
    theirs = world.cards[person.me.handle]
    with person.engine.step(world.now) as step:
        known = own_devices.card(step.store)
        if known is None or theirs.sequence > known.sequence:
            membership.follow(step, theirs)
        elif theirs.hash == known.hash:
            membership.shown(step)


class CarefulWorld(World):
    """A world in which some devices send to a box only after they read it to its end since they woke up."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.read_once: dict[str, set[bytes]] = {}
        """By the name of a careful device: the boxes that it has read to their end."""

    def be_careful(self, person: Person) -> None:
        """The device has just woken up."""
        self.read_once[person.name] = set()

    def read(self, person: Person, of: ReadFor, want: ReadRequest, limit: int = 1_000) -> bool:
        brought = super().read(person, of, want, limit)
        if of is not INBOX and person.name in self.read_once:
            for now in person.engine.reads(of):
                relay = self.relay_of(person, now.relay)
                box = relay.boxes.get(now.address) if relay is not None else None
                if now.address == want.address and now.after >= (box.head if box is not None else 0):
                    self.read_once[person.name].add(now.address)
        return brought

    def queues(self, person: Person) -> list[OutboxItem]:
        items = super().queues(person)
        done = self.read_once.get(person.name)
        if done is None:
            return items
        wanted = {(room, want.address) for room in person.engine.rooms() for want in person.engine.reads(room)}
        return [
            item
            for item in items
            if not isinstance(item.target, RoomFrame)
            or (item.target.room, item.target.box) not in wanted
            or item.target.box in done
        ]
