"""What wanted changes come to in the current epoch: what holds already, or is not allowed, drops out (room.md §3)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from nullabona.client.core.group.plan import Change, check_change, plan
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.intents import (
    AddAccount,
    Intent,
    NoteMove,
    RemoveAccount,
    RemoveDevice,
    SetInfo,
    UpdateKeys,
)
from nullabona.client.core.model.proofs import RemovalOrder, make_move, make_order
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo
from tests.core.stage import Other, Stage

JUN, DORA, EVE = Other("jun"), Other("dora"), Other("eve")
JUN_TOO = Other("jun", 1)
ELSEWHERE = "wss://two.example:443/v1"


def adding(*devices: Other, more: tuple[bytes, ...] = ()) -> AddAccount:
    packages = tuple(device.key_package for device in devices)
    return AddAccount(devices[0].account, devices[0].handle, (*packages, *more), b"")


def planned(stage: Stage, room: bytes, *intents: Intent) -> Change:
    with stage.inside(room) as (step, state, _):
        state.intents = list(intents)
        return plan(step, state)
    raise AssertionError


def member(stage: Stage, *others: Other) -> bytes:
    """A group of which somebody else is the admin."""
    return stage.room(*others, info=structs.replace(stage.info(), admins=(others[0].account,)))


def order_by(other: Other, room: bytes, target: Other) -> RemovalOrder:
    return make_order(other.mls, other.signature_key, room, target.account, [target.encryption_key])


NOTHING = Change((), (), None, (), (), update=False, intents=())


def test_without_a_wish_there_is_nothing_to_do() -> None:
    """The info stays, even where an admin is gone: nobody commits for that alone."""
    stage = Stage()
    room = stage.room(JUN, info=structs.replace(stage.info(), admins=(EVE.account,)))
    assert (NOTHING, True) == (planned(stage, room), planned(stage, room).empty)


@pytest.mark.parametrize(
    "change",
    [
        {"add": (b"package",)},
        {"remove": (0,)},
        {"info": RoomInfo(1, GROUP, "x", "wss://one", (bytes(32),))},
        {"update": True},
    ],
)
def test_a_change_of_anything_is_none_that_is_empty(change: dict[str, object]) -> None:
    """Whatever it is."""
    assert not replace(NOTHING, **change).empty  # type: ignore[arg-type]
    assert replace(NOTHING, intents=(UpdateKeys(),)).empty


def test_renewing_keys_is_all_that_it_comes_to() -> None:
    """By any member."""
    stage = Stage()
    found = planned(stage, member(stage, JUN), UpdateKeys())
    assert (True, (UpdateKeys(),), None, False) == (found.update, found.intents, found.info, found.empty)


# -- adding ---------------------------------------------------------------------------------------------------------


def test_an_account_comes_with_those_devices_that_are_not_in_yet() -> None:
    """A key package that expired meanwhile is left out, whatever stands before it."""
    stage = Stage()
    room = stage.room(JUN)
    wish = adding(JUN, JUN_TOO, more=(b"no package",))
    late = adding(EVE)
    found = planned(stage, room, AddAccount(JUN.account, JUN.handle, (b"no", *wish.key_packages), b""), late)
    assert (JUN_TOO.key_package, EVE.key_package) == found.add
    assert 2 == len(found.intents)


def test_who_is_in_with_every_device_is_not_added() -> None:
    """The wish drops out."""
    stage = Stage()
    assert NOTHING == planned(stage, stage.room(JUN, JUN_TOO), adding(JUN, JUN_TOO))


def test_of_several_wishes_to_add_an_account_the_newest_counts() -> None:
    """Its card is the newer one."""
    stage = Stage()
    old, new = adding(EVE, Other("eve", 1)), adding(EVE)
    found = planned(stage, stage.room(JUN), old, new)
    assert ((EVE.key_package,), (new,)) == (found.add, found.intents)


@pytest.mark.parametrize(("kind", "own", "may"), [(GROUP, False, False), (GROUP, True, True), (DIRECT, False, True)])
def test_a_plain_member_adds_own_devices_alone_to_a_group(kind: str, *, own: bool, may: bool) -> None:
    """In a room of two there is no admin."""
    stage = Stage()
    room = member(stage, JUN) if kind == GROUP else stage.room(JUN, kind=DIRECT)
    wish = adding(stage.also() if own else EVE)
    found = planned(stage, room, wish)
    assert (wish.key_packages if may else (), (wish,) if may else ()) == (found.add, found.intents)


# -- removing -------------------------------------------------------------------------------------------------------


def test_an_admin_removes_all_devices_of_an_account_by_an_order() -> None:
    """Made for the leaves that are in, so that others may carry it out."""
    stage = Stage()
    room = stage.room(JUN, DORA, JUN_TOO)
    found = planned(stage, room, RemoveAccount(JUN.account), RemoveAccount(JUN.account))
    [order, again] = found.orders
    order.verify()
    expected = make_order(
        stage.mls, stage.me.signature_key, room, JUN.account, [JUN.encryption_key, JUN_TOO.encryption_key]
    )
    assert (expected, expected) == (order, again)
    assert ((1, 3), (JUN.account,)) == (found.remove, found.removed)
    assert (None, 2) == (found.info, len(found.intents))


def test_an_admin_carries_out_the_order_that_there_is() -> None:
    """But for all devices of the account that are in, not only those that it names; an old one is remade."""
    stage = Stage()
    room = stage.room(JUN, JUN_TOO)
    order = order_by(JUN, room, JUN)
    found = planned(stage, room, RemoveAccount(JUN.account, order))
    assert ((1, 2), (order,)) == (found.remove, found.orders)
    old = order_by(JUN, bytes(32), JUN)
    [made] = planned(stage, room, RemoveAccount(JUN.account, old)).orders
    assert (stage.me.signature_key, JUN.account) == (made.signer, made.account)


def test_a_member_carries_out_an_order_for_the_leaves_that_it_names() -> None:
    """No others of that account; and nothing without an order that holds."""
    stage = Stage()
    room = member(stage, JUN, DORA, Other("dora", 1))
    order = order_by(DORA, room, DORA)
    found = planned(stage, room, RemoveAccount(DORA.account, order))
    assert ((2,), (order,), (DORA.account,)) == (found.remove, found.orders, found.removed)
    forged = order_by(EVE, room, DORA)
    assert [NOTHING, NOTHING] == [planned(stage, room, RemoveAccount(DORA.account, each)) for each in (None, forged)]


def test_who_is_out_already_is_not_removed() -> None:
    """By an admin neither; no order is made."""
    stage = Stage()
    assert NOTHING == planned(stage, stage.room(JUN), RemoveAccount(DORA.account))


def test_our_own_account_goes_but_for_this_device() -> None:
    """By any member; nobody counts as removed."""
    stage = Stage()
    phone = stage.also()
    room = member(stage, JUN, phone)
    found = planned(stage, room, RemoveAccount(stage.me.account))
    assert ((2,), (), (), 1) == (found.remove, found.orders, found.removed, len(found.intents))
    assert NOTHING == planned(stage, member(stage, JUN), RemoveAccount(stage.me.account))


def test_a_device_of_ours_is_put_out_and_nobody_elses_nor_this_one() -> None:
    """By its id."""
    stage = Stage()
    phone, tablet = stage.also(1), stage.also(2)
    room = member(stage, JUN, phone, tablet)
    found = planned(stage, room, RemoveDevice(tablet.device), UpdateKeys())
    assert ((3,), (), 2) == (found.remove, found.removed, len(found.intents))
    for device in (stage.me.device, JUN.device, bytes(16)):
        assert NOTHING == planned(stage, room, RemoveDevice(device))


def test_a_leaf_that_two_wishes_name_is_removed_once() -> None:
    """In the order in which they were wished."""
    stage = Stage()
    phone, tablet = stage.also(1), stage.also(2)
    room = stage.room(JUN, phone, tablet)
    wishes = (RemoveDevice(tablet.device), RemoveAccount(stage.me.account), RemoveAccount(JUN.account))
    found = planned(stage, room, *wishes)
    assert ((3, 2, 1), (JUN.account,)) == (found.remove, found.removed)


# -- the info -------------------------------------------------------------------------------------------------------


def test_wishes_about_the_info_add_up() -> None:
    """Name, timer, who is appointed and who dismissed; what changes nothing any more drops out."""
    stage = Stage()
    room = stage.room(JUN, DORA)
    me = stage.me.account
    appoint, dismiss = SetInfo(appoint=(me, JUN.account, DORA.account)), SetInfo(dismiss=(me,))
    kept = [SetInfo(name="kin"), SetInfo(timer_s=60), appoint, dismiss]
    found = planned(stage, room, *kept, SetInfo(name="kin"), SetInfo(appoint=(JUN.account,)))
    expected = structs.replace(stage.info(), name="kin", timer_s=60, admins=(JUN.account, DORA.account))
    assert (expected, tuple(kept)) == (found.info, found.intents)


def test_a_wish_that_would_leave_a_group_without_an_admin_drops_out() -> None:
    """So does a name that no room may have."""
    stage = Stage()
    room = stage.room(JUN)
    assert NOTHING == planned(stage, room, SetInfo(dismiss=(stage.me.account,)))


def test_a_plain_member_changes_nothing_and_either_of_two_the_timer() -> None:
    """A room of two has no name."""
    stage = Stage()
    assert NOTHING == planned(stage, member(stage, JUN), SetInfo(name="kin"))
    found = planned(stage, stage.room(JUN, kind=DIRECT), SetInfo(timer_s=60), SetInfo(name="kin"))
    assert found.info is not None
    assert (60, "", (SetInfo(timer_s=60),)) == (found.info.timer_s, found.info.name, found.intents)


def test_the_move_that_holds_is_written_into_the_info() -> None:
    """By an admin; where no order is newer there is nothing to write."""
    stage = Stage()
    room = stage.room(JUN)
    assert NOTHING == planned(stage, room, NoteMove())
    with stage.inside(room) as (_, state, _track):
        state.order = make_move(stage.mls, stage.me.signature_key, room, 1, ELSEWHERE)
    found = planned(stage, room, NoteMove(), SetInfo(name="kin"))
    assert structs.replace(stage.info(), name="kin", relay=ELSEWHERE, moves=1) == found.info
    assert (NoteMove(), SetInfo(name="kin")) == found.intents


def test_who_goes_is_no_admin_any_more_and_who_is_left_is_one() -> None:
    """What every member must find in the commit; of those who come nobody is taken out of the admins."""
    stage = Stage()
    info = structs.replace(stage.info(), admins=(JUN.account, stage.me.account, EVE.account))
    found = planned(stage, stage.room(JUN, info=info), RemoveAccount(JUN.account), adding(EVE))
    assert found.info is not None
    assert (stage.me.account, EVE.account) == found.info.admins
    alone = structs.replace(stage.info(), admins=(EVE.account,))
    room = stage.room(JUN, info=alone)
    found = planned(stage, room, UpdateKeys())
    assert found.info is not None
    assert (stage.me.account,) == found.info.admins


@pytest.mark.parametrize(
    ("intent", "right"),
    [
        (SetInfo(name="kin"), True),
        (SetInfo(name="family"), False),
        (SetInfo(appoint=(JUN.account,)), True),
        (SetInfo(dismiss=(JUN.account,)), False),
        (UpdateKeys(), True),
    ],
)
def test_what_would_silently_drop_out_is_said_at_once(intent: Intent, *, right: bool) -> None:
    """A wish about the info that would change nothing."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (_, state, _track):
        if right:
            check_change(state, intent)
        else:
            with pytest.raises(BadRequest):
                check_change(state, intent)
