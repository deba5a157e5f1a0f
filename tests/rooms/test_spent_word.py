"""Whoever lied to a device of branches first, and then really forks the room, does not keep it apart (room.md §7)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import nullabona_mls as native
import pytest

from nullabona.client.core.group.evidence import MAX_ATTEMPTS
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.proofs import make_claim
from nullabona.client.core.model.state import decode_state
from nullabona.wire.address import EpochKeys
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from tests.rooms.hostile import all_well, only, people, remove, to_inbox, track_of, update_keys
from tests.rooms.test_false_branches import DAY, HOUR, LOW_FIRST, MINUTE, claims
from tests.rooms.test_nobodys_word import asking, tickets_asked
from tests.rooms.test_one_false_claim import ended
from tests.rooms.world import Person, World


@dataclass
class Forker:
    """A member that keeps what it had in an epoch, to make a commit there later that wins over the room's."""

    liar: Person
    room: bytes

    def __post_init__(self) -> None:
        self.epoch, self.keys = self.liar.epoch(self.room), track_of(self.liar, self.room).keys
        with self.liar.store.transaction():
            self._rows = self.liar.store.mls_rows([native.group_scope(self.room)])
            generation = self.liar.store.mls_generation(self.room)
        assert generation is not None
        self._generation = generation

    def fork(self, below: bytes) -> None:
        """Make it."""
        self.commit = b""
        while not self.commit or sha256(self.commit).digest() >= below:
            self.group = native.Group.load(self.room, self._rows, self._generation)
            self.commit = self.group.commit(self.liar.mls.signer, update=True).commit
        self.group.merge_pending()

    def claim(self) -> None:
        """Tell the room of it, as whoever went by it does, where the liar's relay keeps it."""
        world, box = self.liar.world, bytes(self.keys.box.address)
        body = make_claim(self.liar.mls, self.liar.me.signature_key, box, self.commit, ())
        nonce = world.dice.bytes(NONCE_SIZE)
        frame = seal_frame(self.keys.frame_key, self.keys.box.address, nonce, Kind.SETTLED, body)
        (self.liar.relay or world.relay).append(box, frame)

    def ticket(self) -> Ticket:
        """The true way there."""
        with self.liar.engine.step(self.liar.world.now) as step:
            history = [(m.epoch, m.commit, tuple(m.removed)) for m in step.room(self.room).history]
        there = (*(each for each in history if each[0] < self.epoch), (self.epoch, sha256(self.commit).digest(), ()))
        group, signer = self.group, self.liar.mls.signer
        secret = group.export_secret("nullabona room", b"", 32)
        return Ticket(
            *(self.room, group.epoch, secret, group.group_info(signer), group.ratchet_tree(), b"", 0, there),
        )


def trims(world: World, keys: EpochKeys) -> None:
    """Whoever can read a box can have everything in it erased."""
    world.relay.boxes[bytes(keys.box.address)].frames.clear()


def lie_to(person: Person, forker: Forker) -> None:
    """Nobody else is there, and the liar erases what it said: its word counts no more to this person alone."""
    world, liar, room = person.world, forker.liar, forker.room
    only(world, person)
    claims(liar, forker.keys, LOW_FIRST[0], (bytes(32),))
    world.settle(span=10_000)
    trims(world, forker.keys)
    world.settle(span=DAY, most=8_000)
    assert MAX_ATTEMPTS <= tickets_asked(person, room, liar)


def old_fork() -> tuple[World, list[Person], bytes, Forker]:
    """a, b, c, a liar, and one who is out: the liar can fork the room where it was an hour and an epoch ago."""
    world = World(1)
    crowd = people(world, 5)
    a, *_, liar, out = crowd
    room = world.group(*crowd)
    forker = Forker(liar, room)
    update_keys(a, room)
    world.settle(span=MINUTE)
    remove(a, room, out)  # so the boxes are watched for three days
    world.settle(span=HOUR)
    forker.fork(ended(a, room, forker.epoch))
    return world, crowd, room, forker


@pytest.mark.parametrize("heard", [True, False])
def test_who_was_lied_to_first_is_apart_for_hours_at_most(*, heard: bool) -> None:
    """The others follow a real fork of the liar's. The one who believes it no more finds them all the same, also if the
    liar erases what they say there.
    """
    world, crowd, room, forker = old_fork()
    a, b, c, liar, _ = crowd
    lie_to(c, forker)
    only(world, a, b)
    forker.claim()
    world.settle(span=10_000)
    for person in (a, b):
        to_inbox(liar, person, forker.ticket())
        world.settle(span=MINUTE)
    if not heard:
        trims(world, track_of(c, room).keys)
    only(world, a, b, c)
    world.settle(span=3 * HOUR, most=8_000)
    assert {sha256(forker.commit).digest()} == {ended(person, room, forker.epoch) for person in (a, b, c)}
    all_well(world, room, a, b, c)


def forked() -> tuple[World, list[Person], bytes, EpochKeys]:
    """A relay that lied put c on a branch of its own that wins; box of the epoch before that fork."""
    for seed in range(40):
        world = World(seed)
        crowd = people(world, 5)
        a, b, c, liar, out = crowd
        room = world.group(*crowd)
        keys = track_of(liar, room).keys
        update_keys(a, room)
        world.settle(span=MINUTE)
        epoch = a.epoch(room)
        c.relay = world.relay.copy()
        only(world, c)
        update_keys(c, room)
        world.settle(span=MINUTE)
        only(world, a, b)
        update_keys(a, room)
        world.settle(span=MINUTE)
        if ended(c, room, epoch) < ended(a, room, epoch):
            liar.online = out.online = False
            return world, [a, b, c, liar], room, keys
    raise AssertionError("c's branch never wins")


def test_a_false_claim_about_an_epoch_before_the_fork_hides_no_branch() -> None:
    """Who is asked for what there is not went through the same commit there, but sees that the asker is elsewhere."""
    world, (a, b, c, liar), room, keys = forked()
    c.relay = None
    only(world, c)
    world.settle(span=2 * MINUTE)
    only(world, a, b)
    claims(liar, keys, LOW_FIRST[0], (bytes(32),))
    world.settle(span=5_000)
    assert all(asking(person, room) is not None for person in (a, b))
    only(world, a, b, c)
    world.settle(span=6 * MINUTE)  # c's own announcement comes after ten
    assert 1 == len({person.where(room) for person in (a, b, c)})
    all_well(world, room, a, b, c)


def still_reads(person: Person, room: bytes, epoch: int) -> bool:
    """Whether a device follows the box of an epoch that is over for it."""
    with person.store.transaction():
        state = person.store.load_room(room)
    return state is not None and any(track.epoch == epoch for track in decode_state(state).boxes)


@pytest.mark.parametrize("seed", range(5))
def test_who_heard_nothing_of_a_fork_hears_of_it_from_those_who_came_there_by_a_ticket(seed: int) -> None:
    """A relay showed one person nothing while the others went, and who made the fork is silent since: nobody on that
    branch has its first commit. Who follows the epoch's box hears it there within hours. Who forgets that box, as all
    acknowledged it, finds at its next commit that nobody follows: keys are renewed within a week, a day later it asks.
    """
    world = World(seed)
    crowd = people(world, 4)
    a, b, c, liar = crowd
    room = world.group(*crowd)
    forker = Forker(liar, room)
    update_keys(a, room)
    world.settle(span=MINUTE)
    forker.fork(ended(a, room, forker.epoch))
    a.relay = b.relay = liar.relay = world.relay.copy()
    only(world, a, b)
    forker.claim()
    world.settle(span=10_000)
    for person in (a, b):
        to_inbox(liar, person, forker.ticket())
        world.settle(span=10 * MINUTE)
    assert {sha256(forker.commit).digest()} == {ended(person, room, forker.epoch) for person in (a, b)}
    a.relay = b.relay = None
    only(world, a, b, c)
    world.settle(span=6 * HOUR, most=20_000)
    if not still_reads(c, room, forker.epoch):
        world.settle(span=9 * DAY, most=20_000)
    assert 1 == len({person.where(room) for person in (a, b, c)})
    all_well(world, room, a, b, c)
