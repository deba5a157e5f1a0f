"""Which changes of a room's info and whose removals every member accepts, value by value (spec/room.md §3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from msgspec import structs

from nullabona.client.core.model.commit_policy import Verdict, check_commit
from nullabona.client.core.model.errors import PolicyRefused
from nullabona.client.core.model.proofs import CommitNote, encode_note, make_ruling
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import (
    DEVICES,
    DIRECT,
    GROUP,
    REQUIRED,
    REQUIRED_EXTENSION,
    ROOM_INFO_EXTENSION,
    RoomInfo,
    encode_info,
)
from tests.core.stage import RELAY, Other

ROOM = b"r" * 32
MINA, JUN, DORA = Other("mina"), Other("jun"), Other("dora")
MINA_TOO = Other("mina", 1)
ELSEWHERE = "wss://two.example:443/v1"
GROUP_INFO = RoomInfo(1, GROUP, "family", RELAY, (MINA.account,), moves=2)
DIRECT_INFO = RoomInfo(1, DIRECT, "", RELAY, (), (MINA.account, JUN.account))
DEVICES_INFO = RoomInfo(1, DEVICES, "", RELAY)


@dataclass(frozen=True)
class Leaf:
    leaf: int
    identity: bytes
    signature_key: bytes
    encryption_key: bytes


def leaf(other: Other, place: int) -> Leaf:
    return Leaf(place, other.identity, other.signature_key, other.encryption_key)


@dataclass(frozen=True)
class Commit:
    """A commit as MLS hands it over, by whoever sits at ``sender_leaf``."""

    sender: Other
    sender_leaf: int
    external: bool = False
    aad: bytes = b""
    adds: Sequence[Leaf] = ()
    removes: Sequence[Leaf] = ()
    updates: Sequence[Leaf] = ()
    new_group_ext: Sequence[tuple[int, bytes]] | None = None
    kind: str = "commit"
    plaintext: bytes | None = None
    self_removed: bool = False

    @property
    def sender_identity(self) -> bytes:
        return self.sender.identity

    @property
    def sender_signature_key(self) -> bytes:
        return self.sender.signature_key


def roster(*others: Other) -> dict[int, Device]:
    return {place: other.row(ROOM, place) for place, other in enumerate(others)}


def judged(commit: Commit, info: RoomInfo = GROUP_INFO, present: dict[int, Device] | None = None) -> Verdict | str:
    """What all members make of it: the verdict, or the sentence with which it is refused."""
    try:
        return check_commit(commit, ROOM, info, present or roster(MINA, JUN, DORA))  # type: ignore[arg-type]
    except PolicyRefused as refused:
        return str(refused)


def with_info(info: RoomInfo, by: Other = MINA, place: int = 0) -> Commit:
    extensions = [(ROOM_INFO_EXTENSION, encode_info(info)), (REQUIRED_EXTENSION, REQUIRED)]
    return Commit(by, place, new_group_ext=extensions)


def changed(info: RoomInfo, by: Other = MINA, place: int = 0, **changes: object) -> RoomInfo | str | None:
    """The new room info, or why it is refused, if somebody changes it so."""
    verdict = judged(with_info(structs.replace(info, **changes), by, place), info)
    return verdict if isinstance(verdict, str) else verdict.info


# -- coming back ----------------------------------------------------------------------------------------------------


def test_whoever_comes_in_by_themselves_is_the_one_at_the_commits_leaf() -> None:
    """Not just any leaf that it adds."""
    commit = Commit(JUN, 4, external=True, adds=[leaf(DORA, 3), leaf(JUN, 4)])
    assert "an external commit that does more than rejoin" == judged(commit)
    outsider = Commit(JUN, 4, external=True, adds=[leaf(JUN, 3), leaf(Other("eve"), 4)])
    assert "an external commit from an account that is not a member" == judged(outsider)
    assert "an external commit without a joiner" == judged(Commit(JUN, 4, external=True, adds=[leaf(JUN, 3)]))


def test_a_device_that_comes_back_takes_its_old_leaf_out_with_its_own_key_only() -> None:
    """Who has the account's secret could certify another key under the id of a device that is in."""
    mine = Commit(JUN, 3, external=True, adds=[leaf(JUN, 3)], removes=[leaf(JUN, 1)])
    verdict = judged(mine)
    assert isinstance(verdict, Verdict)
    assert (JUN.account, (), (), None, None) == (
        verdict.sender.account_id,
        verdict.removed,
        verdict.orders,
        verdict.info,
        verdict.ruling,
    )
    present = roster(MINA, JUN, DORA)
    present[1] = replace(present[1], signature_key=bytes(32))
    assert "an external commit with another key under a device's id" == judged(mine, present=present)
    present[1] = replace(present[1], device=bytes(16))
    assert isinstance(judged(mine, present=present), Verdict)


# -- removals -------------------------------------------------------------------------------------------------------


def test_behind_an_own_device_that_goes_everybody_elses_is_looked_at() -> None:
    """An account takes its own devices out; the next leaf in the same commit is no matter of its own."""
    present = roster(MINA, JUN, DORA) | {3: Other("jun", 1).row(ROOM, 3)}
    own = [leaf(Other("jun", 1), 3)]
    assert "only an admin may remove accounts" == judged(Commit(JUN, 1, removes=[*own, leaf(DORA, 2)]), present=present)
    verdict = judged(Commit(MINA, 0, removes=[*own, leaf(DORA, 2), leaf(JUN, 1)]), present=present)
    assert isinstance(verdict, Verdict)
    assert tuple(sorted((JUN.account, DORA.account))) == verdict.removed


def test_the_ruling_in_a_commits_note_goes_along() -> None:
    """Nobody judges it here."""
    ruling = make_ruling(MINA.mls, ROOM, 0, b"info", [MINA.account])
    verdict = judged(Commit(MINA, 0, aad=encode_note(CommitNote(ruling=ruling))))
    assert isinstance(verdict, Verdict)
    assert (ruling, None, MINA.account) == (verdict.ruling, verdict.info, verdict.sender.account_id)


# -- the room's info ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extensions", "refusal"),
    [
        ([(REQUIRED_EXTENSION, REQUIRED), (7, b"")], "a commit that erases the room info"),
        ([(REQUIRED_EXTENSION, REQUIRED)], "a commit that erases the room info"),
        ([], "a commit that erases the room info"),
        ([(ROOM_INFO_EXTENSION, b"\xc1"), (REQUIRED_EXTENSION, REQUIRED)], "a commit with a broken room info"),
        (
            [(ROOM_INFO_EXTENSION, encode_info(GROUP_INFO))],
            "a commit that changes more of the group context than the room info",
        ),
    ],
)
def test_a_commit_leaves_the_room_an_info_that_can_be_read(extensions: list[tuple[int, bytes]], refusal: str) -> None:
    """And with it what every leaf must be able to do."""
    assert refusal == judged(Commit(MINA, 0, new_group_ext=extensions))


def test_an_admin_changes_name_and_timer_of_a_group_and_nobody_else_does() -> None:
    """A commit that writes the same info again changes nothing, whoever makes it."""
    renamed = structs.replace(GROUP_INFO, name="kin", timer_s=60)
    assert renamed == changed(GROUP_INFO, name="kin", timer_s=60)
    assert "only an admin may change the room" == changed(GROUP_INFO, JUN, 1, name="kin")
    assert "only an admin may change the room" == changed(GROUP_INFO, JUN, 1, members_pin=True)
    assert changed(GROUP_INFO, JUN, 1) is None


def test_a_room_stays_of_its_kind() -> None:
    """No admin makes a group the room of two of its members, or of one account's devices."""
    cannot = "a commit that changes what cannot change"
    assert cannot == changed(GROUP_INFO, kind=DEVICES, name="", admins=())
    assert cannot == changed(GROUP_INFO, kind=DIRECT, name="", admins=(), pair=(MINA.account, JUN.account))


@pytest.mark.parametrize(
    ("by", "place", "changes", "refused"),
    [
        (MINA, 0, {"timer_s": 60}, False),
        (JUN, 1, {"timer_s": 60}, False),
        (MINA, 0, {"relay": ELSEWHERE, "moves": 1}, False),
        (MINA, 0, {"relay": ELSEWHERE, "moves": 1, "timer_s": 60}, False),
        (DORA, 2, {"timer_s": 60}, True),
        (MINA, 0, {"pair": (MINA.account, DORA.account)}, True),
        (MINA, 0, {"kind": GROUP, "name": "", "pair": (), "admins": (MINA.account,)}, True),
    ],
)
def test_of_a_direct_room_only_timer_and_relay_change(
    by: Other, place: int, changes: dict[str, object], *, refused: bool
) -> None:
    """By either of the two whose it is."""
    sentence = "of a direct room only the timer and the relay may change"
    expected = sentence if refused else structs.replace(DIRECT_INFO, **changes)
    assert expected == changed(DIRECT_INFO, by, place, **changes)


def test_of_the_room_of_an_accounts_devices_only_the_relay_changes() -> None:
    """It has neither name nor timer, and becomes no other room."""
    present = roster(MINA, MINA_TOO)
    info = structs.replace(DEVICES_INFO, relay=ELSEWHERE, moves=1)
    verdict = judged(with_info(info, MINA_TOO, 1), DEVICES_INFO, present)
    assert isinstance(verdict, Verdict)
    assert info == verdict.info
    group = structs.replace(DEVICES_INFO, kind=GROUP, admins=(MINA.account,))
    assert "of the room of an account's devices only the relay may change" == judged(
        with_info(group), DEVICES_INFO, present
    )


# -- the relay ------------------------------------------------------------------------------------------------------

NO_ORDER = "a commit that changes the relay without a newer move order"


@pytest.mark.parametrize(
    ("relay", "moves", "refusal"),
    [
        (ELSEWHERE, 3, None),
        (RELAY, 3, None),
        (ELSEWHERE, 258, None),
        (ELSEWHERE, 259, NO_ORDER),
        (ELSEWHERE, 2, NO_ORDER),
        (ELSEWHERE, 1, NO_ORDER),
        (RELAY, 1, NO_ORDER),
        ("ws://127.0.0.1:9/v1", 3, "a commit that moves the room to a relay that nobody may use"),
        ("nowhere", 3, "a commit that moves the room to a relay that nobody may use"),
        ("wss://TWO.example/v1", 3, "a commit that names a relay in another form than all others"),
    ],
)
def test_the_relay_changes_with_a_newer_move_order_only(relay: str, moves: int, refusal: str | None) -> None:
    """Its number is above the room's (2), at most 256 above; the relay is one that all write alike and may use."""
    expected = refusal or structs.replace(GROUP_INFO, relay=relay, moves=moves)
    assert expected == changed(GROUP_INFO, relay=relay, moves=moves)
