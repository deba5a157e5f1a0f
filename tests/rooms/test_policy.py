"""The rules of a room, each on both sides, with commits that the real seam would never make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Literal

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nullabona_mls import SUITE_CLASSIC, SUITE_PQ

from nullabona.client.core import commands
from nullabona.client.core.model.commit_policy import Verdict, check_commit, order_holds
from nullabona.client.core.model.errors import PolicyRefused
from nullabona.client.core.model.proofs import _ORDER, CommitNote, RemovalOrder, encode_note
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import (
    DIRECT,
    GROUP,
    MAX_DEVICES,
    MOST_OF_ONE,
    REQUIRED,
    REQUIRED_EXTENSION,
    ROOM_INFO_EXTENSION,
    RoomInfo,
    encode_info,
)
from nullabona.wire.card import issue_certificate
from nullabona.wire.certificate import DeviceCertificate
from nullabona.wire.handle import parse_handle
from tests.rooms.hostile import mole, people
from tests.rooms.world import World

ROOM = b"r" * 32


@dataclass(frozen=True)
class Twin:
    """A leaf that can be anything."""

    leaf: int
    identity: bytes
    signature_key: bytes
    encryption_key: bytes


class Somebody:
    """An account with one device, in the tree at ``leaf``."""

    def __init__(self, name: str, leaf: int, *, account: Somebody | None = None) -> None:
        seed = sha256(name.encode()).digest()
        own = Ed25519PrivateKey.from_private_bytes(seed)
        self.identity: Ed25519PrivateKey = account.identity if account else own
        self.key = Ed25519PrivateKey.from_private_bytes(sha256(seed).digest())
        self.place: int = leaf
        self.certificate: DeviceCertificate = issue_certificate(
            self.identity,
            handle=parse_handle("mina@relay.example"),
            device_id=seed[:16],
            device_key=self.key.public_key().public_bytes_raw(),
            issued_day=1,
        )

    @property
    def account(self) -> bytes:
        return self.certificate.account_id

    @property
    def leaf(self) -> Twin:
        key = self.certificate.device_key
        return Twin(self.place, self.certificate.encode(), key, b"hpke" + key)

    @property
    def device(self) -> Device:
        leaf, made = self.leaf, self.certificate
        return Device(ROOM, made.device_id, made.account_id, "", leaf.leaf, leaf.signature_key, leaf.encryption_key, 0)

    def order(self, *targets: Somebody, account: bytes = b"", room: bytes = ROOM) -> RemovalOrder:
        leaves = tuple(sha256(target.leaf.encryption_key).digest() for target in targets)
        bare = RemovalOrder(room, account or targets[0].account, leaves, self.certificate.device_key, bytes(64))
        return msgspec.structs.replace(bare, signature=self.key.sign(_ORDER + bare.payload()))


ADMIN, PLAIN, OTHER, NEW = (Somebody(name, leaf) for leaf, name in enumerate(["admin", "plain", "other", "new"]))
SECOND = Somebody("second device", 4, account=PLAIN)
INFO = RoomInfo(1, GROUP, "family", "https://relay.example", (ADMIN.account,))
PAIR = RoomInfo(1, DIRECT, "", "https://relay.example", (), tuple(sorted((ADMIN.account, PLAIN.account))))
ROSTER = {person.place: person.device for person in (ADMIN, PLAIN, OTHER)}


@dataclass(frozen=True)
class Commit:
    """What the seam says of a commit: any combination."""

    sender: Somebody
    adds: Sequence[Twin] = ()
    removes: Sequence[Twin] = ()
    updates: Sequence[Twin] = ()
    external: bool = False
    aad: bytes = b""
    new_group_ext: Sequence[tuple[int, bytes]] | None = None
    sender_leaf: int | None = None
    self_removed: bool = False
    plaintext: bytes | None = None
    kind: Literal["commit"] = field(default="commit")

    def __post_init__(self) -> None:
        if self.sender_leaf is None:
            object.__setattr__(self, "sender_leaf", self.sender.place)

    @property
    def sender_identity(self) -> bytes:
        return self.sender.certificate.encode()

    @property
    def sender_signature_key(self) -> bytes:
        return self.sender.certificate.device_key


def ext(info: RoomInfo) -> list[tuple[int, bytes]]:
    return [(REQUIRED_EXTENSION, REQUIRED), (ROOM_INFO_EXTENSION, encode_info(info))]


def note(*orders: RemovalOrder) -> bytes:
    return encode_note(CommitNote(orders))


MANY = [Somebody(f"device {place}", place, account=PLAIN) for place in range(10, 10 + MOST_OF_ONE)]
FULL = {person.place: person.device for person in (ADMIN, PLAIN, *MANY[1:])}
"""A roster with as many devices of one account as there may be."""
RENAMED = msgspec.structs.replace(INFO, name="friends")
BOTH = msgspec.structs.replace(INFO, admins=(ADMIN.account, OTHER.account))
HEIR = msgspec.structs.replace(INFO, admins=(PLAIN.account,))
"""As it is once `ADMIN` is gone: of those who stay `PLAIN` has the lowest leaf."""
WITH_NEW = msgspec.structs.replace(INFO, admins=(ADMIN.account, NEW.account))
GONE = note(ADMIN.order(ADMIN))
ALLOWED: dict[str, tuple[Commit, RoomInfo, Verdict]] = {
    "an update": (Commit(PLAIN, updates=[PLAIN.leaf]), INFO, Verdict(PLAIN.certificate, (), (), None)),
    "an admin adds": (Commit(ADMIN, adds=[NEW.leaf]), INFO, Verdict(ADMIN.certificate, (), (), None)),
    "anybody adds an own device": (Commit(PLAIN, adds=[SECOND.leaf]), INFO, Verdict(PLAIN.certificate, (), (), None)),
    "an admin removes": (
        Commit(ADMIN, removes=[OTHER.leaf]), INFO, Verdict(ADMIN.certificate, (OTHER.account,), (), None),
    ),
    "anybody removes an own device": (
        Commit(PLAIN, removes=[PLAIN.leaf]), INFO, Verdict(PLAIN.certificate, (), (), None),
    ),
    "anybody carries out a leave": (
        Commit(PLAIN, removes=[OTHER.leaf], aad=note(OTHER.order(OTHER))), INFO,
        Verdict(PLAIN.certificate, (OTHER.account,), (OTHER.order(OTHER),), None),
    ),
    "anybody carries out an admin's order": (
        Commit(PLAIN, removes=[OTHER.leaf], aad=note(ADMIN.order(OTHER))), INFO,
        Verdict(PLAIN.certificate, (OTHER.account,), (ADMIN.order(OTHER),), None),
    ),
    "an admin renames": (Commit(ADMIN, new_group_ext=ext(RENAMED)), INFO, Verdict(ADMIN.certificate, (), (), RENAMED)),
    "an admin removes another": (
        Commit(ADMIN, removes=[OTHER.leaf], new_group_ext=ext(INFO)), BOTH,
        Verdict(ADMIN.certificate, (OTHER.account,), (), INFO),
    ),
    "anybody lets the last admin go": (
        Commit(OTHER, removes=[ADMIN.leaf], aad=GONE, new_group_ext=ext(HEIR)), INFO,
        Verdict(OTHER.certificate, (ADMIN.account,), (ADMIN.order(ADMIN),), HEIR),
    ),
    "an admin appoints who comes in": (
        Commit(ADMIN, adds=[NEW.leaf], new_group_ext=ext(WITH_NEW)), INFO,
        Verdict(ADMIN.certificate, (), (), WITH_NEW),
    ),
    "an old room is put right by anybody": (
        Commit(PLAIN, new_group_ext=ext(INFO)), WITH_NEW, Verdict(PLAIN.certificate, (), (), INFO),
    ),
    "an info that is the same": (
        Commit(PLAIN, new_group_ext=ext(INFO)), INFO, Verdict(PLAIN.certificate, (), (), None),
    ),
    "a pair adds the other": (
        Commit(PLAIN, adds=[replace(NEW.leaf, identity=NEW.certificate.encode())]),
        msgspec.structs.replace(PAIR, pair=tuple(sorted((PLAIN.account, NEW.account)))),
        Verdict(PLAIN.certificate, (), (), None),
    ),
    "a rejoin": (
        Commit(PLAIN, adds=[replace(PLAIN.leaf, leaf=7)], removes=[PLAIN.leaf], external=True, sender_leaf=7), INFO,
        Verdict(PLAIN.certificate, (), (), None),
    ),
    "a new device rejoins": (
        Commit(SECOND, adds=[SECOND.leaf], external=True), INFO, Verdict(SECOND.certificate, (), (), None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ALLOWED)
def test_what_is_allowed(case: str) -> None:
    """The verdict says who did what."""
    commit, info, expected = ALLOWED[case]
    assert expected == check_commit(commit, ROOM, info, ROSTER)


def renamed(**changed: object) -> list[tuple[int, bytes]]:
    return ext(msgspec.structs.replace(INFO, **changed))


REFUSED: dict[str, tuple[Commit, RoomInfo]] = {
    "a plain member adds": (Commit(PLAIN, adds=[NEW.leaf]), INFO),
    "a plain member removes": (Commit(PLAIN, removes=[OTHER.leaf]), INFO),
    "a plain member renames": (Commit(PLAIN, new_group_ext=ext(RENAMED)), INFO),
    "a plain member appoints": (Commit(PLAIN, new_group_ext=renamed(admins=(PLAIN.account,))), INFO),
    "a plain member appoints an heir": (Commit(PLAIN, new_group_ext=ext(HEIR)), INFO),
    "an admin who is gone stays admin": (Commit(ADMIN, removes=[OTHER.leaf]), BOTH),
    "the last admin goes and nobody follows": (Commit(OTHER, removes=[ADMIN.leaf], aad=GONE), INFO),
    "the last admin goes and another than the lowest follows": (
        Commit(
            OTHER, removes=[ADMIN.leaf], aad=GONE,
            new_group_ext=ext(msgspec.structs.replace(INFO, admins=(OTHER.account,))),
        ), INFO,
    ),
    "who lets the last admin go renames, too": (
        Commit(OTHER, removes=[ADMIN.leaf], aad=GONE, new_group_ext=ext(msgspec.structs.replace(HEIR, name="mine"))),
        INFO,
    ),
    "an admin appoints somebody who is not in": (Commit(ADMIN, new_group_ext=ext(WITH_NEW)), INFO),
    "an admin leaves only somebody who is gone": (
        Commit(ADMIN, removes=[OTHER.leaf], new_group_ext=ext(msgspec.structs.replace(BOTH, admins=(OTHER.account,)))),
        BOTH,
    ),
    "a third in a pair": (Commit(PLAIN, adds=[NEW.leaf]), PAIR),
    "a device twice": (Commit(ADMIN, adds=[PLAIN.leaf]), INFO),
    "the same new device twice": (Commit(ADMIN, adds=[NEW.leaf, replace(NEW.leaf, leaf=9)]), INFO),
    "a certificate of another key": (Commit(ADMIN, adds=[replace(NEW.leaf, signature_key=b"k" * 32)]), INFO),
    "a certificate of rubbish": (Commit(ADMIN, adds=[replace(NEW.leaf, identity=b"rubbish")]), INFO),
    "nobody is removed": (Commit(ADMIN, removes=[replace(OTHER.leaf, leaf=9)]), INFO),
    "a committer who is not in": (Commit(NEW, updates=[]), INFO),
    "an order by a plain member": (Commit(PLAIN, removes=[OTHER.leaf], aad=note(PLAIN.order(OTHER))), INFO),
    "an order by somebody not in": (Commit(PLAIN, removes=[OTHER.leaf], aad=note(NEW.order(OTHER))), INFO),
    "an order for another leaf": (
        Commit(PLAIN, removes=[OTHER.leaf], aad=note(OTHER.order(PLAIN, account=OTHER.account))), INFO,
    ),
    "an order of another room": (
        Commit(PLAIN, removes=[OTHER.leaf], aad=note(OTHER.order(OTHER, room=b"x" * 32))), INFO,
    ),
    "an order with a false signature": (
        Commit(
            PLAIN, removes=[OTHER.leaf], aad=note(msgspec.structs.replace(OTHER.order(OTHER), signature=bytes(64)))
        ), INFO,
    ),
    "an order for another account": (
        Commit(PLAIN, removes=[OTHER.leaf], aad=note(ADMIN.order(OTHER, account=PLAIN.account))), INFO,
    ),
    "a note of rubbish": (Commit(ADMIN, aad=b"rubbish"), INFO),
    "an update to another owner": (Commit(PLAIN, updates=[replace(OTHER.leaf, leaf=PLAIN.place)]), INFO),
    "an update to an own other device": (Commit(PLAIN, updates=[replace(SECOND.leaf, leaf=PLAIN.place)]), INFO),
    "an update of nobody": (Commit(PLAIN, updates=[replace(PLAIN.leaf, leaf=9)]), INFO),
    "an account fills the room": (Commit(PLAIN, adds=[each.leaf for each in MANY]), INFO),
    "an admin fills the room with another's": (Commit(ADMIN, adds=[each.leaf for each in MANY]), INFO),
    "the info erased": (Commit(ADMIN, new_group_ext=[(REQUIRED_EXTENSION, REQUIRED)]), INFO),
    "a kind of proposal that nobody has is required": (
        Commit(PLAIN, updates=[PLAIN.leaf], new_group_ext=[(3, bytes.fromhex("02f4e002f12300")), *ext(INFO)[1:]]), INFO,
    ),
    "an admin requires it": (
        Commit(ADMIN, new_group_ext=[(3, bytes.fromhex("02f4e002f12300")), *ext(RENAMED)[1:]]), INFO,
    ),
    "nothing is required any more": (Commit(ADMIN, new_group_ext=ext(RENAMED)[1:]), INFO),
    "senders from outside": (Commit(PLAIN, new_group_ext=[*ext(INFO), (5, bytes(600_000))]), INFO),
    "the info twice": (Commit(ADMIN, new_group_ext=[*ext(RENAMED), *ext(RENAMED)[1:]]), INFO),
    "the info broken": (Commit(ADMIN, new_group_ext=[(ROOM_INFO_EXTENSION, b"rubbish")]), INFO),
    "another relay": (Commit(ADMIN, new_group_ext=renamed(relay="https://other.example")), INFO),
    "another kind": (Commit(ADMIN, new_group_ext=ext(PAIR)), INFO),
    "a stranger rejoins": (Commit(NEW, adds=[NEW.leaf], external=True), INFO),
    "a rejoin without a joiner": (Commit(PLAIN, external=True), INFO),
    "a rejoin of somebody else's leaf": (
        Commit(PLAIN, adds=[replace(PLAIN.leaf, leaf=7)], removes=[OTHER.leaf], external=True, sender_leaf=7), INFO,
    ),
    "a rejoin that doubles a device": (
        Commit(PLAIN, adds=[replace(PLAIN.leaf, leaf=7)], external=True, sender_leaf=7), INFO,
    ),
    "a rejoin that adds": (
        Commit(PLAIN, adds=[replace(PLAIN.leaf, leaf=7), NEW.leaf], removes=[PLAIN.leaf], external=True, sender_leaf=7),
        INFO,
    ),
    "a rejoin that renames": (
        Commit(
            PLAIN, adds=[replace(PLAIN.leaf, leaf=7)], removes=[PLAIN.leaf], external=True, sender_leaf=7,
            new_group_ext=ext(RENAMED),
        ), INFO,
    ),
    "a rejoin with a note": (
        Commit(
            PLAIN, adds=[replace(PLAIN.leaf, leaf=7)], removes=[PLAIN.leaf], external=True, sender_leaf=7,
            aad=note(OTHER.order(OTHER)),
        ), INFO,
    ),
    "a rejoin of a leaf that is not there": (
        Commit(SECOND, adds=[SECOND.leaf], removes=[replace(PLAIN.leaf, leaf=9)], external=True), INFO,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    """By everybody, whoever sent it."""
    commit, info = REFUSED[case]
    with pytest.raises(PolicyRefused):
        check_commit(commit, ROOM, info, ROSTER)


def test_a_room_has_a_largest_size() -> None:
    """Its last place can be taken; one more is refused."""
    crowd = {place: replace(OTHER.device, device=b"%016d" % place) for place in range(100, 100 + MAX_DEVICES - 4)}
    full = {**ROSTER, **crowd}
    assert len(full) == MAX_DEVICES - 1
    commit = Commit(ADMIN, adds=[NEW.leaf])
    assert ADMIN.certificate == check_commit(commit, ROOM, INFO, full).sender
    with pytest.raises(PolicyRefused):
        check_commit(commit, ROOM, INFO, {**full, 99: replace(OTHER.device, device=b"x" * 16)})


def test_a_committers_false_certificate_is_refused() -> None:
    """The sender's leaf must be certified too."""

    class False_(Commit):  # noqa: N801 - the word is taken
        @property
        def sender_identity(self) -> bytes:
            return OTHER.certificate.encode()

    with pytest.raises(PolicyRefused):
        check_commit(False_(PLAIN), ROOM, INFO, ROSTER)


def test_orders_hold_while_a_leaf_is_in() -> None:
    """An order holds while its signer may give it and one of its leaves is there under the same key."""
    order = OTHER.order(OTHER)
    without = {place: device for place, device in ROSTER.items() if place != OTHER.place}
    renewed = {**ROSTER, OTHER.place: replace(OTHER.device, encryption_key=b"new")}
    assert [True, False, False] == [order_holds(order, ROOM, INFO, r) for r in (ROSTER, without, renewed)]
    assert [False, False] == [
        order_holds(order, b"x" * 32, INFO, ROSTER), order_holds(PLAIN.order(OTHER), ROOM, INFO, ROSTER)
    ]  # fmt: skip


def test_as_many_devices_as_an_account_may_have_and_no_more() -> None:
    """By an add or by a rejoin; one that takes another's place is no more, and others come in all the same."""
    assert (
        PLAIN.certificate
        == check_commit(Commit(PLAIN, adds=[each.leaf for each in MANY[1:]]), ROOM, INFO, ROSTER).sender
    )
    assert ADMIN.certificate == check_commit(Commit(ADMIN, adds=[NEW.leaf]), ROOM, INFO, FULL).sender
    joiner = MANY[0]
    rejoin = Commit(joiner, adds=[joiner.leaf], external=True)
    for commit in (Commit(PLAIN, adds=[joiner.leaf]), rejoin):
        with pytest.raises(PolicyRefused):
            check_commit(commit, ROOM, INFO, FULL)
    assert joiner.certificate == check_commit(replace(rejoin, removes=[MANY[1].leaf]), ROOM, INFO, FULL).sender


@pytest.mark.parametrize("suite", [SUITE_CLASSIC, SUITE_PQ], ids=["classic", "pq"])
def test_what_a_commit_must_leave_is_what_rooms_require(suite: int) -> None:
    """Of a room as devices make it, and as it is once it was renamed."""
    world = World(suite=suite)
    a, b = people(world, 2)
    room = world.group(a, b)
    before = dict(mole(b, room).group_ext())
    with a.engine.step(world.now, room) as step:
        commands.rename(step, room, "friends")
    world.settle()
    after = dict(mole(b, room).group_ext())
    assert {REQUIRED_EXTENSION: REQUIRED, ROOM_INFO_EXTENSION: encode_info(b.info(room))} == after
    assert (after.keys(), REQUIRED) == (before.keys(), before[REQUIRED_EXTENSION])
