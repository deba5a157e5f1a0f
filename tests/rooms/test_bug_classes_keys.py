"""Bug classes 8 to 15: key packages, identities, authority, restored copies, and bytes that were cut."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import nullabona_mls as native
import pytest
from nullabona_mls import SUITE_CLASSIC, SUITE_PQ

from nullabona.client.core import commands
from nullabona.client.core.identity.cards import add_intent
from nullabona.client.core.model.errors import MlsRefused, StaleProfile
from nullabona.client.core.model.intents import AddAccount
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, encode_info
from nullabona.client.mls import KEY_PACKAGE_LIFETIME_S, Mls
from nullabona.client.profile import Unprotected, create_profile, open_profile
from nullabona.wire.card import Card, CardDevice, CardInvalid, sign_card, verify_card
from nullabona.wire.frame import Kind
from tests.rooms.hostile import forge, kinds, mole, people, put, sealed, standing, warnings
from tests.rooms.world import START, Person, World

TODAY = START // 86_400_000


def card_with(person: Person, package: bytes, *, day: int = TODAY) -> Card:
    """The person's next card, whatever key package it names."""
    device = CardDevice(person.card.devices[0].certificate, package)
    encoded = sign_card(
        person.identity,
        handle=person.card.handle,
        issued_day=day,
        devices=(device,),
        inbox=person.card.inbox,
        previous=person.card,
    )
    return verify_card(encoded, today=max(day, TODAY))


def rotate(person: Person) -> Card:
    """A card with a fresh key package of the device."""
    with person.store.transaction():
        package = person.mls.key_package()
    person.card = card_with(person, package)
    return person.card


def add(admin: Person, room: bytes, card: Card) -> None:
    with admin.engine.step(admin.world.now, room) as step:
        commands.add_account(step, room, card)


def remove(admin: Person, room: bytes, other: Person) -> None:
    with admin.engine.step(admin.world.now, room) as step:
        commands.remove_account(step, room, other.account)


def key_package_rows(person: Person) -> list[tuple[bytes, bytes, bytes]]:
    with person.store.transaction():
        return person.store.mls_rows([native.KEY_PACKAGE_SCOPE])


@pytest.mark.parametrize("suite", [SUITE_CLASSIC, SUITE_PQ], ids=["classic", "post-quantum"])
def test_class_08_an_invitation_in_flight_survives_rotation(suite: int) -> None:
    """A Welcome for the key package before last still opens: what was published stays answerable."""
    world = World(1, suite=suite)
    a, b = people(world, 2)
    room = world.group(a)
    world.befriend(a, b)
    b.online = False
    add(a, room, b.card)
    world.settle(span=60_000)
    rotate(b)
    rotate(b)
    b.online = True
    world.settle()
    assert len(standing(world, room)) == 1
    b.send(room, "here")
    world.settle()
    assert ["here"] == a.texts(room)


def test_class_08_an_orphan_welcome_is_answered_by_adding_again() -> None:
    """A Welcome whose private key is gone disturbs nothing; removed and added by the new card, the person joins."""
    world = World(2)
    a, b, c = people(world, 3)
    room = world.group(a, c)
    world.befriend(a, b)
    b.online = False
    add(a, room, b.card)
    world.settle(span=60_000)
    with b.store.transaction():
        b.store.mls_write([], [row[:2] for row in b.store.mls_rows([native.KEY_PACKAGE_SCOPE])])
    b.online = True
    world.settle()
    assert ("none", "joined", "joined") == (b.phase(room), a.phase(room), c.phase(room))
    remove(a, room, b)
    world.settle()
    add(a, room, rotate(b))
    world.settle()
    assert len(standing(world, room)) == 1
    c.send(room, "welcome")
    world.settle()
    assert ["welcome"] == b.texts(room)


def join_many(times: int) -> None:
    """One published key package lets its device into any number of rooms, and is still there afterwards."""
    world = World(3)
    a, b = people(world, 2)
    world.befriend(a, b)
    before = key_package_rows(b)
    package = b.card.devices[0].key_package
    inviter = Mls(a.store, a.seed, a.certificate, suite=world.suite)
    info = encode_info(a.info(world.group(a)))
    joined = []
    for number in range(times):
        room = number.to_bytes(32, "big")
        with a.store.transaction():
            group = inviter.create(room, info)
            staged = group.commit(add=[package])
            group.merge_pending()
            inviter.forget(room)
        assert staged.welcome is not None
        assert staged.tree is not None
        with b.store.transaction():
            opened = b.mls.open_welcome(staged.welcome, staged.tree)
            joined.append(opened.accept().epoch)
            b.mls.forget(room)
    assert [1] * times == joined
    assert before == key_package_rows(b)


def test_class_09_a_key_package_is_not_used_up() -> None:
    """Forty rooms by one published key package: there is no pool that a stranger could empty."""
    join_many(40)


@pytest.mark.slow
def test_class_09_a_key_package_is_not_used_up_by_a_thousand() -> None:
    """A thousand rooms by one published key package."""
    join_many(1_000)


def test_class_10_the_last_resort_package_stays_after_joining() -> None:
    """Joined by it, removed, and added again by the very same card: the device is in, and so it is in a second room."""
    world = World(4)
    a, b = people(world, 2)
    room = world.group(a, b)
    remove(a, room, b)
    world.settle()
    assert b.phase(room) == "removed"
    add(a, room, b.card)
    world.settle()
    second = world.group(a, b, name="second")
    assert ["joined", "removed", "joined"] == kinds(b, room, "joined", "removed", "rejoined")
    for place in (room, second):
        b.send(place, "in")
        world.settle()
        assert ["in"] == a.texts(place)


def package_for(person: Person, *, lifetime_s: int, suite: int = SUITE_CLASSIC) -> bytes:
    config = native.Config(suite=suite, extensions=(ROOM_INFO_EXTENSION,), lifetime_s=lifetime_s)
    package, delta = native.make_key_package(person.mls.signer, person.certificate, config)
    with person.store.transaction():
        person.store.mls_write(delta.puts, delta.dels)
    return package


def test_class_11_our_key_packages_outlive_every_delay() -> None:
    """A package declares ten years, so members judge a commit alike however late they process it."""
    assert KEY_PACKAGE_LIFETIME_S == 10 * 365 * 86_400
    world = World(5)
    a, b, late = people(world, 3)
    room = world.group(a, late)
    world.befriend(a, b)
    late.online = False
    add(a, room, b.card)
    world.settle(span=25 * 86_400_000, most=4_000)
    late.online = True
    world.settle(span=7_200_000)
    assert len(standing(world, room)) == 1


@pytest.mark.parametrize("skew", [-1, 0, 1])
def test_class_11_a_card_a_day_off_is_good(skew: int) -> None:
    """Clocks that differ by a day do not keep people apart."""
    world = World(6)
    a, b = people(world, 2)
    card = card_with(b, b.card.devices[0].key_package, day=TODAY + skew)
    assert card == verify_card(card.encoded, today=TODAY)
    room = world.group(a)
    world.befriend(a, b)
    add(a, room, card)
    world.settle()
    assert len(standing(world, room)) == 1


def test_class_11_a_card_from_the_future_is_refused() -> None:
    """Beyond the skew a signed day is refused by whoever reads it."""
    b = World(7).person("p1")
    card = card_with(b, b.card.devices[0].key_package, day=TODAY + 40)
    with pytest.raises(CardInvalid):
        verify_card(card.encoded, today=TODAY)


def test_class_12_a_card_with_somebody_elses_package_is_refused() -> None:
    """A key package in the victim's card must be the victim's device's own, or nobody is added by it."""
    world = World(9)
    a, victim, attacker = people(world, 3)
    room = world.group(a)
    with pytest.raises(MlsRefused):
        add(a, room, card_with(victim, attacker.card.devices[0].key_package))
    forged = Mls(attacker.store, attacker.seed, victim.certificate, suite=world.suite)
    with attacker.store.transaction():
        package = forged.key_package()
    with pytest.raises(MlsRefused):
        add(a, room, card_with(victim, package))
    assert [] == a.engine.due(world.now)


def test_class_12_a_commit_that_adds_a_false_identity_is_refused() -> None:
    """Even an admin's changed client cannot bring in a leaf whose certificate is for another key."""
    world = World(10)
    a, b, victim, attacker = people(world, 4)
    room = world.group(a, b)
    forged = Mls(attacker.store, attacker.seed, victim.certificate, suite=world.suite)
    with attacker.store.transaction():
        package = forged.key_package()
    before = b.epoch(room)
    forge(a, room, Kind.COMMIT, mole(a, room).commit(a.mls.signer, add=[package]).commit)
    world.settle()
    assert (before, {a.account, b.account}) == (b.epoch(room), b.members(room))


def test_class_13_a_dismissed_admin_can_do_nothing() -> None:
    """Commits of an admin who was dismissed are refused by all, though their own client still allows them."""
    world = World(11)
    a, b, c, d = people(world, 4)
    room = world.group(a, b, c)
    for admin in (True, False):
        with a.engine.step(world.now, room) as step:
            commands.set_admin(step, room, b.account, admin=admin)
        world.settle()
    before = c.epoch(room)
    leaf = next(m.leaf for m in mole(b, room).members() if m.signature_key == c.me.signature_key)
    own = msgspec.structs.replace(b.info(room), admins=(b.account,))
    ext = [(ROOM_INFO_EXTENSION, encode_info(own))]
    for bundle in (
        mole(b, room).commit(b.mls.signer, remove=[leaf]),
        mole(b, room).commit(b.mls.signer, add=[d.card.devices[0].key_package]),
        mole(b, room).commit(b.mls.signer, group_ext=ext),
        mole(b, room).commit(b.mls.signer, remove=[leaf], group_ext=ext),
    ):
        forge(b, room, Kind.COMMIT, bundle.commit)
    world.settle()
    assert {before} == {person.epoch(room) for person in (a, b, c)}
    assert [a.info(room)] * 3 == [person.info(room) for person in (a, b, c)]
    assert {a.account} == set(a.info(room).admins)


def test_class_13_an_admin_dismissed_meanwhile_loses_what_was_pending() -> None:
    """Staged while an admin, delivered after the dismissal: the commit loses, is not redone, and blocks nothing."""
    world = World(12)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle()
    b.online = False
    remove(b, room, c)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=False)
    world.settle()
    b.online = True
    world.settle()
    assert {frozenset({a.account, b.account, c.account})} == {frozenset(p.members(room)) for p in (a, b, c)}
    assert len(standing(world, room)) == 1


def test_class_14_a_restored_copy_may_not_send(tmp_path: Path) -> None:
    """A profile whose store was put back to an older copy is noticed at once, before any key could be used again."""
    path, copy = tmp_path / "profile", tmp_path / "copy"
    world = World(13)
    a, b = people(world, 2)
    with create_profile(path, Unprotected()) as profile:
        move_in(a, profile.store)
        room = world.group(a, b)
        a.send(room, "one")
        world.settle()
    shutil.copy(path / "store.db", copy)
    with open_profile(path, Unprotected()) as profile:
        live_in(a, profile.store)
        a.send(room, "two")
        world.settle()
    shutil.copy(copy, path / "store.db")
    for leftover in ("store.db-wal", "store.db-shm"):
        (path / leftover).unlink(missing_ok=True)
    with pytest.raises(StaleProfile):
        open_profile(path, Unprotected())
    assert ["one", "two"] == b.texts(room)


def live_in(person: Person, store: object) -> None:
    person.store = store  # type: ignore[assignment]
    person.boot()


def move_in(person: Person, store: object) -> None:
    """Carry what a new person has in memory into a store on disk."""
    with person.store.transaction():
        rows = person.store.mls_rows([native.KEY_PACKAGE_SCOPE])
        inbox = person.store.get_value("inbox")
    live_in(person, store)
    assert inbox is not None
    with person.store.transaction():
        person.store.mls_write(rows, [])
        person.store.set_value("inbox", inbox)


@pytest.mark.parametrize("cut", [1, 8, 15, 16, 17, 100])
def test_class_15_cut_tags_are_never_accepted(cut: int) -> None:
    """A frame, an MLS message and a commit that lost their last bytes, tag first, say nothing and change nothing."""
    world = World(14)
    a, b = people(world, 2)
    room = world.group(a, b)
    before = b.epoch(room)
    whole = mole(a, room).encrypt(a.mls.signer, b"x" * 50)
    commit = mole(a, room).commit(a.mls.signer, update=True).commit
    frame = sealed(a, room, Kind.MESSAGE, whole)
    forge(a, room, Kind.MESSAGE, whole[:-cut])
    forge(a, room, Kind.COMMIT, commit[:-cut])
    put(a, room, frame[:-cut], frame[:-cut].ljust(len(frame), b"\0"))
    world.settle()
    assert (before, [], []) == (b.epoch(room), b.texts(room), warnings(b))


@pytest.mark.parametrize("junk", [b"\0", b"\x80", b"junk"])
def test_class_15_bytes_after_the_end_are_refused(junk: bytes) -> None:
    """An MLS commit or message with anything behind it is not one."""
    world = World(15)
    a, b = people(world, 2)
    room = world.group(a, b)
    before = b.epoch(room)
    forge(a, room, Kind.COMMIT, mole(a, room).commit(a.mls.signer, update=True).commit + junk)
    world.settle()
    assert before == b.epoch(room)
    for handle in (a, b):
        with pytest.raises(MlsRefused), handle.store.transaction():
            handle.mls.check_key_package(b.card.devices[0].key_package + junk, b.certificate, b.me.signature_key)


@pytest.mark.parametrize("length", [*range(0x3A, 0x42), *range(0x3FFB, 0x4002), 65_300, 100_000])
def test_class_15_lengths_where_encodings_change_are_carried(length: int) -> None:
    """Texts whose length sits at a boundary of MLS's lengths, of padding and of a frame arrive as they were."""
    world = World(16)
    a, b = people(world, 2)
    room = world.group(a, b)
    a.send(room, "가" * (length // 3) + "x" * (length % 3))
    world.settle(span=60_000)
    assert a.texts(room) == b.texts(room) == ["가" * (length // 3) + "x" * (length % 3)]


def test_class_12_the_intent_holds_exactly_the_cards_packages() -> None:
    """What is added is what the card says, nothing looked up elsewhere."""
    world = World(17)
    a, b = people(world, 2)
    room = world.group(a)
    with a.engine.step(world.now) as step:
        intent = add_intent(step, b.card)
    inbox = msgspec.msgpack.encode(b.card.inbox)
    assert AddAccount(b.account, b.me.handle, (b.card.devices[0].key_package,), inbox) == intent
    assert {a.account} == a.members(room)
