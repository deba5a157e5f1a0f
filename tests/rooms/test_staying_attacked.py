"""Those who cannot be shown the better branch stay (spec/room.md §7): lies, absences and new devices meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
import pytest

from nullabona.client.core.delivery import box_log
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, encode_info
from nullabona.client.core.model.state import BoxTrack
from nullabona.wire.address import Address
from nullabona.wire.messages import Frames
from tests.rooms.devices import another_device
from tests.rooms.hostile import everybody, mole, only, remove, to_inbox, update_keys
from tests.rooms.model_relay import ModelRelay
from tests.rooms.test_false_branches import claims
from tests.rooms.test_staying import Change, appoints, boxes, ended, parted, together
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE


class Halves:
    """A relay showed two halves of a room two stories; one of them removed the other's admin since."""

    def __init__(self, seed: int, ends: Change = remove) -> None:
        self.world, self.crowd, self.room = parted(seed, ends, appoints, better=True)
        self.removed = self.crowd[0]
        self.better, self.staying = self.crowd[2::2], self.crowd[1::2]
        theirs = {merged.epoch: merged.commit for merged in self.staying[0].look(self.room).history}  # type: ignore[union-attr]
        ours = {merged.epoch: merged.commit for merged in self.removed.look(self.room).history}  # type: ignore[union-attr]
        self.epoch = min(epoch for epoch in ours if epoch in theirs and ours[epoch] != theirs[epoch])

    def track(self, person: Person) -> BoxTrack:
        """The box in which the halves parted."""
        return next(track for track in boxes(person, self.room) if track.epoch == self.epoch)

    def say_that_they_stay(self, *staying: Person) -> None:
        """Together until these are about to give up; then they are on alone, and say it."""
        world = self.world
        only(world, *staying, self.removed, *self.better)
        for _ in range(20 * 12):
            looking = [state.rejoin for state in (one.look(self.room) for one in staying) if state is not None]
            if all(rejoin is not None and rejoin.attempts >= 23 for rejoin in looking):
                break
            world.settle(span=5 * MINUTE, most=4_000)
        only(world, *staying)
        world.settle(span=5 * HOUR, most=4_000)
        assert all(self.track(person).refused for person in staying)
        assert not any(self.track(person).refused for person in self.better)

    def are_together(self, people: Iterable[Person]) -> bool:
        return len({person.where(self.room) for person in people}) == 1

    def hours_until_together(self, people: Iterable[Person]) -> float:
        """How long it takes, to a quarter of an hour, and two days at most."""
        there, since = list(people), self.world.now
        while not self.are_together(there) and self.world.now < since + 48 * HOUR:
            self.world.settle(span=15 * MINUTE, most=4_000)
        return (self.world.now - since) / HOUR


def later(admin: Person, room: bytes, other: Person) -> None:
    """In a later epoch than anything that the other admin does, so that every member can prove it."""
    for _ in range(3):
        update_keys(admin, room)
        admin.world.settle(span=10 * MINUTE)
    remove(admin, room, other)


def as_one(world: World) -> None:
    for person in world.people:
        person.relay = None


class Frozen:
    """Boxes of which somebody is shown nothing new, or wants to see nothing."""

    def __init__(self, real: ModelRelay, *places: Address) -> None:
        self.real = real
        self.last = {bytes(place): real.boxes[bytes(place)].head for place in places}

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self.real, name)  # type: ignore[no-any-return]

    def read(self, address: Address, after: int, limit: int = 1_000, *, inbox: bool = False) -> Frames:
        answer = self.real.read(address, after, limit, inbox=inbox)
        last = self.last.get(bytes(address))
        if last is None:
            return answer
        return Frames(answer.incarnation, last, tuple(each for each in answer.frames if each[0] <= last))


@pytest.mark.parametrize("hostile", [True, False])
def test_a_device_that_was_linked_on_the_better_branch_comes_along(hostile: bool) -> None:  # noqa: FBT001
    """It has no box in which those who stay speak. Also if the removed admin, who reads nothing there, talks to it."""
    halves = Halves(1)
    world, room, out = halves.world, halves.room, halves.removed
    only(world, out, *halves.better)
    second = another_device(world, halves.better[1], "second")
    second.relay = halves.better[1].relay
    world.settle(span=2 * HOUR, most=4_000)
    assert second.where(room) == halves.better[1].where(room)
    together(world, 0)
    if hostile:
        out.relay = Frozen(world.relay, halves.track(out).keys.box.address, out.card.inbox.address)  # type: ignore[assignment]
    for number in range(10):
        out.send(room, f"come {number}")
        world.settle(span=3 * HOUR, most=8_000)
        if out.phase(room) != "joined":
            break
    assert halves.are_together([*halves.crowd[1:], second])
    second.send(room, "for members")
    world.settle(span=HOUR, most=4_000)
    assert [True] * 5 == ["for members" in person.texts(room) for person in halves.crowd[1:]]
    assert "for members" not in out.texts(room)


def test_the_admin_of_those_who_stay_is_off_for_a_night() -> None:
    """Nobody else can show the other half what changed: that must not make the other half stay, too."""
    halves = Halves(1)
    as_one(halves.world)
    halves.say_that_they_stay(*halves.staying)
    only(halves.world, *(person for person in halves.crowd if person is not halves.staying[0]))
    halves.world.settle(span=17 * HOUR, most=8_000)
    assert not any(halves.track(person).refused for person in halves.better)
    everybody(halves.world)
    assert halves.hours_until_together(halves.crowd[1:]) <= 24


def test_a_member_without_authority_makes_nobody_refuse_those_who_stay() -> None:
    """By a ticket to an invented branch with another name, as that of those who stay."""
    halves = Halves(1, later)
    as_one(halves.world)
    halves.say_that_they_stay(*halves.staying)
    victim, liar = halves.better
    only(halves.world, halves.removed, victim, liar)
    halves.world.settle(span=HOUR, most=4_000)
    to_inbox(liar, victim, invented(halves, liar, ended(halves.staying[0], halves.room, halves.epoch)))
    halves.world.settle(span=16 * HOUR, most=8_000)
    everybody(halves.world)
    liar.online = False
    assert halves.hours_until_together(person for person in halves.crowd[1:] if person is not liar) <= 24


def test_a_member_who_makes_the_other_half_stay_before_they_meet_keeps_them_apart_for_hours() -> None:
    """The member knows the commit of those who will stay, and says that it removed somebody."""
    halves = Halves(1)
    victim, liar = halves.better
    with halves.staying[0].store.transaction():
        commit = halves.staying[0].store.get_value(box_log.winner_key(halves.track(halves.staying[0])))
    assert commit is not None
    only(halves.world, victim, halves.removed)
    assert victim.relay is not None
    theirs, halves.world.relay = halves.world.relay, victim.relay
    claims(liar, halves.track(liar).keys, commit, (liar.account,))
    halves.world.settle(span=HOUR, most=4_000)
    refused = ended(halves.staying[0], halves.room, halves.epoch)
    to_inbox(liar, victim, invented(halves, liar, refused, (liar.account,)))
    halves.world.settle(span=17 * HOUR, most=8_000)
    assert refused == halves.track(victim).refused
    halves.world.relay = theirs
    together(halves.world, 0)
    liar.online = False
    assert halves.hours_until_together(person for person in halves.crowd[1:] if person is not liar) <= 24


def invented(halves: Halves, liar: Person, commit: bytes, removed: tuple[bytes, ...] = ()) -> Ticket:
    """A ticket to a branch that the liar made, whose history names a commit of others."""
    room, group = halves.room, mole(liar, halves.room)
    info = msgspec.structs.replace(liar.info(room), name="nonsense")
    group.commit(liar.mls.signer, update=True, group_ext=[(ROOM_INFO_EXTENSION, encode_info(info))])
    group.merge_pending()
    state = liar.look(room)
    assert state is not None
    before = [(each.epoch, each.commit, tuple(each.removed)) for each in state.history if each.epoch < halves.epoch]
    secret = group.export_secret("nullabona room", b"", 32)
    tree, about = group.ratchet_tree(), group.group_info(liar.mls.signer)
    return Ticket(room, group.epoch, secret, about, tree, b"", 0, (*before, (halves.epoch, commit, removed)))


def test_one_who_stays_is_off_until_nobody_believes_them() -> None:
    """Their word is spent for a week; the others ask one another all the same."""
    halves = Halves(1)
    as_one(halves.world)
    one, others = halves.staying[0], [halves.removed, *halves.better]
    halves.say_that_they_stay(one)
    only(halves.world, *others)
    halves.world.settle(span=17 * HOUR, most=8_000)
    only(halves.world, one, *others)
    assert halves.hours_until_together([one, *halves.better]) <= 24


@pytest.mark.parametrize("seed", [5, 9])
def test_a_lie_about_their_branch_delays_them_by_hours(seed: int) -> None:
    """A member says that it removed somebody, shortly before those who stay say so: no ticket fits that."""
    halves = Halves(seed)
    liar, *_ = halves.better[1:]
    with halves.staying[0].store.transaction():
        commit = halves.staying[0].store.get_value(box_log.winner_key(halves.track(halves.staying[0])))
    assert commit is not None
    together(halves.world, 15 * HOUR)
    liar.online = False
    claims(liar, halves.track(liar).keys, commit, (liar.account,))
    assert halves.hours_until_together(person for person in halves.crowd[1:] if person is not liar) <= 12
