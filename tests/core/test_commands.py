"""What a person asks of a room or a contact, done or refused on the spot (spec/room.md §9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import structs

from nullabona.client.core import commands, conversation, preferences, rooms
from nullabona.client.core.commands import MemberInfo
from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.errors import BadRequest, LastAdmin, NoSuchRoom, NotAllowed, NotInRoom
from nullabona.client.core.model.facts.messages import ReadMarker
from nullabona.client.core.model.intents import AddAccount, Intent, RemoveAccount, SetInfo, UpdateKeys
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo
from nullabona.client.core.model.state import JOINED, LEFT, REMOVED
from nullabona.client.core.step import Step
from nullabona.errors import UserError
from tests.core.stage import RELAY, Other, Stage, rows, told

JUN, DORA, EVE = Other("jun"), Other("dora"), Other("eve")
Act = Callable[[Step, bytes], object]
ACTS: list[Act] = [
    lambda step, room: commands.add_account(step, room, EVE.card()),
    lambda step, room: commands.remove_account(step, room, JUN.account),
    lambda step, room: commands.rename(step, room, "new"),
    lambda step, room: commands.set_admin(step, room, JUN.account, admin=True),
]


def wanted(stage: Stage, room: bytes, act: Act) -> list[Intent]:
    """What is wanted of the room afterwards."""
    with stage.inside(room) as (step, state, _):
        act(step, room)
        return list(state.intents)
    raise AssertionError


def refused(stage: Stage, room: bytes, act: Act, error: type[UserError], hint: str | None = None) -> None:
    """It raises, with this hint if one is named, and nothing is wanted of the room afterwards."""
    with stage.inside(room) as (step, state, _):
        before = list(state.intents)
        with pytest.raises(error) as found:
            act(step, room)
        assert (error, before, []) == (type(found.value), state.intents, rows(step))
        assert hint in {None, found.value.hint}


# -- groups ---------------------------------------------------------------------------------------------------------


def test_a_new_group_has_its_maker_alone_as_member_and_admin() -> None:
    """At the maker's relay, with the timer that rooms are to have."""
    stage = Stage()
    with stage.step() as step:
        preferences.change(step, preferences.PROFILE, preferences.Preferences, {"default_timer_s": 60})
        room = step.room(commands.create_group(step, "family"))
        assert RoomInfo(1, GROUP, "family", RELAY, (stage.me.account,), timer_s=60, members_pin=True) == room.info
        assert [stage.me.device] == [device.device for device in step.roster(room.id).values()]


@pytest.mark.parametrize(("name", "right"), [("x" * 120, True), ("x" * 121, False), ("", False), ("a\nb", False)])
def test_a_rooms_name_can_be_shown(name: str, *, right: bool) -> None:
    """1 to 120 printable characters, not all of them blank."""
    stage = Stage()
    room = stage.room()
    if right:
        assert [SetInfo(name=name)] == wanted(stage, room, lambda step, r: commands.rename(step, r, name))
    else:
        refused(stage, room, lambda step, r: commands.rename(step, r, name), BadRequest)
    refused(stage, room, lambda step, r: commands.rename(step, r, " "), BadRequest)
    with stage.step() as step:
        if right:
            assert name == step.room(commands.create_group(step, name)).info.name
        else:
            with pytest.raises(BadRequest):
                commands.create_group(step, name)


def test_the_name_that_a_room_has_is_no_change() -> None:
    """Nothing is wanted."""
    stage = Stage()
    assert [] == wanted(stage, stage.room(), lambda step, room: commands.rename(step, room, "family"))


@pytest.mark.parametrize("act", ACTS)
def test_only_an_admin_of_a_group_changes_it(act: Act) -> None:
    """No plain member, nobody in a room of two, and nobody who is out."""
    stage = Stage()
    member = stage.room(JUN, info=structs.replace(stage.info(), admins=(JUN.account,)))
    refused(stage, member, act, NotAllowed)
    refused(stage, stage.room(JUN, kind=DIRECT), act, NotAllowed, "create a group")
    refused(stage, stage.room(JUN, phase=LEFT), act, NotInRoom)
    with stage.step() as step, pytest.raises(NoSuchRoom):
        act(step, bytes(32))


def test_an_account_is_added_with_all_its_devices() -> None:
    """Whoever is in already is not."""
    stage = Stage()
    room, card = stage.room(JUN), EVE.card(Other("eve", 1))
    [intent] = wanted(stage, room, lambda step, r: commands.add_account(step, r, card))
    assert isinstance(intent, AddAccount)
    assert (EVE.account, 2) == (intent.account, len(intent.key_packages))
    refused(stage, room, lambda step, r: commands.add_account(step, r, JUN.card()), BadRequest)


def test_an_account_is_removed_or_its_coming_is_called_off() -> None:
    """Others that are to come still come. Nobody removes themselves, or who is neither in nor coming."""
    stage = Stage()
    coming = [AddAccount(each.account, each.handle, (), b"") for each in (EVE, DORA)]
    room = stage.room(JUN, intents=[UpdateKeys(), *coming])
    intents = wanted(stage, room, lambda step, r: commands.remove_account(step, r, EVE.account))
    assert [UpdateKeys(), coming[1], RemoveAccount(EVE.account)] == intents
    assert (
        RemoveAccount(JUN.account)
        == wanted(stage, room, lambda step, r: commands.remove_account(step, r, JUN.account))[-1]
    )
    refused(stage, room, lambda step, r: commands.remove_account(step, r, stage.me.account), BadRequest)
    refused(stage, room, lambda step, r: commands.remove_account(step, r, Other("who").account), BadRequest)


def test_admins_are_appointed_and_dismissed_but_never_the_last() -> None:
    """Nor somebody who is not in, nor who is one already, nor who is none."""
    stage = Stage()
    room = stage.room(JUN)
    appoint = wanted(stage, room, lambda step, r: commands.set_admin(step, r, JUN.account, admin=True))
    assert [SetInfo(appoint=(JUN.account,))] == appoint
    refused(stage, room, lambda step, r: commands.set_admin(step, r, stage.me.account, admin=False), LastAdmin)
    refused(stage, room, lambda step, r: commands.set_admin(step, r, stage.me.account, admin=True), BadRequest)
    refused(stage, room, lambda step, r: commands.set_admin(step, r, EVE.account, admin=True), BadRequest)
    two = stage.room(JUN, info=structs.replace(stage.info(), admins=(stage.me.account, JUN.account)))
    dismiss = wanted(stage, two, lambda step, r: commands.set_admin(step, r, stage.me.account, admin=False))
    assert [SetInfo(dismiss=(stage.me.account,))] == dismiss
    refused(
        stage, stage.room(JUN, DORA), lambda step, r: commands.set_admin(step, r, DORA.account, admin=False), BadRequest
    )


def test_any_member_renews_their_keys() -> None:
    """Whoever is out does not."""
    stage = Stage()
    assert [UpdateKeys()] == wanted(stage, stage.room(JUN, kind=DIRECT), commands.update_keys)
    refused(stage, stage.room(JUN, phase=LEFT), commands.update_keys, NotInRoom)


# -- leaving --------------------------------------------------------------------------------------------------------


def test_whoever_is_alone_in_a_room_is_out_at_once() -> None:
    """As its last admin, too."""
    stage = Stage()
    room = stage.room()
    with stage.inside(room) as (step, state, _):
        commands.leave(step, room)
        assert (LEFT, False) == (state.phase, rooms.leaving(step, room))
        assert "leaving" not in [kind for kind, _ in told(step)]


@pytest.mark.parametrize("also", ["jun", "gone", ""])
def test_the_last_admin_of_a_group_appoints_another_before_they_leave(also: str) -> None:
    """One who is in; others of whom the info still tells do not count."""
    stage = Stage()
    others = {"jun": (JUN.account,), "gone": (EVE.account,), "": ()}[also]
    room = stage.room(JUN, info=structs.replace(stage.info(), admins=(stage.me.account, *others)))
    if also != "jun":
        refused(stage, room, commands.leave, LastAdmin)
        return
    with stage.inside(room) as (step, state, _):
        commands.leave(step, room)
        assert (True, JOINED, []) == (rooms.leaving(step, room), state.phase, state.intents)
        assert ("leaving", {}) == told(step)[-1]


@pytest.mark.parametrize("kind", [GROUP, DIRECT])
def test_who_leaves_with_nobody_but_own_devices_in_does_it_alone(kind: str) -> None:
    """The other devices of the account are revoked by this one. A room of two has no admin to be the last."""
    stage = Stage()
    room = stage.room(stage.also()) if kind == GROUP else stage.room(JUN, kind=DIRECT)
    with stage.inside(room) as (step, state, _):
        commands.leave(step, room)
        assert (1 if kind == GROUP else 0) == len(state.intents)
        assert rooms.leaving(step, room)


def test_nobody_leaves_a_room_that_they_are_out_of() -> None:
    """It is over."""
    stage = Stage()
    refused(stage, stage.room(JUN, phase=LEFT), commands.leave, NotInRoom)


# -- who is in, and who has read -------------------------------------------------------------------------------------


def test_members_are_told_by_handle_with_how_many_devices_they_have() -> None:
    """And who of them is an admin, and who we are."""
    stage = Stage()
    room = stage.room(JUN, DORA, Other("jun", 1))
    with stage.step() as step:
        assert [
            MemberInfo(DORA.account, DORA.handle, admin=False, devices=1, me=False),
            MemberInfo(JUN.account, JUN.handle, admin=False, devices=2, me=False),
            MemberInfo(stage.me.account, stage.me.handle, admin=True, devices=1, me=True),
        ] == commands.members(step, room)


def test_a_text_is_sent_in_answer_to_another() -> None:
    """Under the id that it gets."""
    stage = Stage()
    room = stage.room(JUN)
    stage.message(room, b"m" * 16, by=JUN, body=encode_body(Text("hello")))
    with stage.step() as step:
        message = step.store.message(room, conversation.send_text(step, room, "hi", reply_to=b"m" * 16))
        assert message is not None
        assert encode_body(Text("hi", b"m" * 16)) == message.body


@pytest.mark.parametrize(("phase", "told"), [(JOINED, True), (LEFT, False), (REMOVED, False)])
def test_reading_is_noted_here_and_told_only_in_a_room_that_we_are_in(phase: str, *, told: bool) -> None:
    """A room that we are out of can be read to its end like any other."""
    stage = Stage()
    room = stage.room(JUN, phase=phase)
    stage.message(room, b"m" * 16, by=JUN, position=7)
    with stage.step() as step:
        commands.mark_read(step, room, b"m" * 16)
        assert 7 == step.store.marker(room, stage.me.account)
        assert told == bool(step.room(room).receipt_at)
        assert ReadMarker(room, stage.me.account) in step.told
