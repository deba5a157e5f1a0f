"""What a person asks of a contact: to talk, yes, no, and no more (spec/room.md §9)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core import commands, preferences
from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery import inbox_sending, reply_boxes
from nullabona.client.core.group import leaving
from nullabona.client.core.identity import claims, contact_keys
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.errors import BadRequest, NoSuchContact
from nullabona.client.core.model.inbox_items import ContactRequest
from nullabona.client.core.model.intents import AddAccount
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DIRECT, RoomInfo
from nullabona.client.core.model.state import REJOINING
from nullabona.client.core.restore import returning, seeking
from nullabona.client.core.step import Step
from nullabona.wire.card import CardForked
from tests.core.stage import RELAY, Other, Stage

JUN, DORA, EVE = Other("jun"), Other("dora"), Other("eve")


def test_who_is_asked_gets_a_request_and_is_a_contact() -> None:
    """With the longest greeting that fits."""
    stage = Stage()
    with stage.step() as step:
        contact = commands.request_contact(step, JUN.card(), stage.person.card.encoded, "x" * 500)
        assert (ContactState.REQUESTED, JUN.account) == (contact.state, contact.account)
        with pytest.raises(BadRequest):
            commands.request_contact(step, DORA.card(), stage.person.card.encoded, "x" * 501)
        with pytest.raises(BadRequest):
            commands.request_contact(step, stage.person.card, stage.person.card.encoded, "me")
        assert [JUN.account] == [each.account for each in step.store.contacts()]


def test_a_restored_device_asks_a_new_contact_for_shared_rooms() -> None:
    """Not whom it only answers."""
    stage = Stage()
    stage.contact(DORA, ContactState.ASKING)
    with stage.step() as step:
        step.store.set_value(returning.RESTORED, b"begun")
        for other in (JUN, DORA):
            commands.request_contact(step, other.card(), stage.person.card.encoded, "")
        assert [True, False] == [seeking.next_due(step) is not None, seeking.is_asked(step, DORA.account)]
        assert seeking.is_asked(step, JUN.account)


def test_the_other_account_under_a_contacts_handle_is_not_asked_unseen() -> None:
    """The person has to say first that they know."""
    stage = Stage()
    contact = stage.contact(JUN)
    card = JUN.impostor().card()
    with stage.step() as step:
        contact_keys.note_card(step, contact, card)
        with pytest.raises(CardForked):
            commands.request_contact(step, card, stage.person.card.encoded, "")


def asking(stage: Stage, standing: claims.Standing | None = claims.PROVEN, reply: bytes = b"") -> None:
    """Somebody asks to talk, with their card; the record has said so much of them."""
    stage.contact(JUN, ContactState.ASKING, card=JUN.card())
    with stage.step() as step:
        if standing:
            claims.note(step, JUN.account, standing)
        reply_boxes.note(step, JUN.account, reply)


def test_who_asks_and_is_proven_comes_into_a_room_of_two() -> None:
    """With their answer where they wait for it, and the timer that rooms are to have."""
    stage = Stage()
    asking(stage, reply=b"s" * 32)
    with stage.step() as step:
        preferences.change(step, preferences.PROFILE, preferences.Preferences, {"default_timer_s": 60})
        contact = commands.accept_contact(step, JUN.account)
        room = step.room(contact.room)
        assert ContactState.ACCEPTED is contact.state
        pair = tuple(sorted((stage.me.account, JUN.account)))
        assert RoomInfo(1, DIRECT, "", RELAY, (), pair, 60) == room.info
        [intent] = room.intents
        assert isinstance(intent, AddAccount)
        assert (JUN.account, b"s" * 32, b"") == (intent.account, intent.reply, reply_boxes.noted(step, JUN.account))
        before = step.store.rooms()
        assert contact == commands.accept_contact(step, JUN.account)
        assert before == step.store.rooms()


def test_a_yes_looks_first_whether_they_have_opened_a_room_themselves() -> None:
    """What was noted of their invitation is used once, also if it has gone since."""
    stage = Stage()
    asking(stage)
    with stage.step() as step:
        step.store.set_value(requests.invited_by(JUN.account), bytes(32))
        contact = commands.accept_contact(step, JUN.account)
        assert (None, ContactState.ACCEPTED) == (step.store.get_value(requests.invited_by(JUN.account)), contact.state)


def test_an_answer_waits_for_the_record() -> None:
    """It is remembered, and nothing is opened before."""
    stage = Stage()
    asking(stage, None)
    with stage.step() as step:
        contact = commands.accept_contact(step, JUN.account)
        assert (ContactState.ASKING, b"", True) == (
            contact.state,
            contact.room,
            claims.answered(step, JUN.account),
        )
        assert [] == step.store.rooms()


@pytest.mark.parametrize("state", [ContactState.REQUESTED, ContactState.BLOCKED])
def test_only_who_asks_is_accepted(state: ContactState) -> None:
    """And nobody who is no contact."""
    stage = Stage()
    stage.contact(JUN, state)
    with stage.step() as step:
        with pytest.raises(BadRequest):
            commands.accept_contact(step, JUN.account)
        with pytest.raises(NoSuchContact):
            commands.accept_contact(step, DORA.account)


@pytest.mark.parametrize("why", ["", "left", "rejoin", "leaving", "another", "none"])
def test_the_room_of_two_that_there_is_is_used_again(why: str) -> None:
    """If we are in it, stay in it, are sure where it is, and it is theirs."""
    stage = Stage()
    room = stage.room(DORA if why == "another" else JUN, kind=DIRECT)
    contact = stage.contact(JUN, ContactState.ASKING, room=bytes(32) if why == "none" else room)
    with stage.inside(room) as (step, state, _):
        if why == "left":
            state.phase = REJOINING
        elif why == "rejoin":
            state.rejoin = Rejoin("fork", 0, b"", [], [], step.now)
        elif why == "leaving":
            leaving.say(step, state)
        found = commands.room_for_two(step, contact)
        assert (state if not why else None) is found


def test_without_a_room_of_two_there_is_none_to_be_used() -> None:
    """A contact may have none."""
    stage = Stage()
    contact = stage.contact(JUN, ContactState.ASKING)
    with stage.step() as step:
        assert commands.room_for_two(step, contact) is None


@pytest.mark.parametrize(("state", "forgotten"), [(ContactState.ASKING, True), (ContactState.ACCEPTED, False)])
def test_a_request_that_is_declined_is_forgotten(state: ContactState, *, forgotten: bool) -> None:
    """With what the record said, and where they wait; who does not ask is no request."""
    stage = Stage()
    stage.contact(JUN, state)
    with stage.step() as step:
        claims.note(step, JUN.account, claims.PROVEN)
        reply_boxes.note(step, JUN.account, b"s" * 32)
        commands.decline_contact(step, JUN.account)
        left = step.store.contact(JUN.account), claims.standing(step, JUN.account), reply_boxes.noted(step, JUN.account)
        assert forgotten == (left == (None, "", b""))
        assert forgotten or left[1:] == (claims.PROVEN, b"s" * 32)


def test_nothing_goes_to_who_is_blocked_and_their_room_is_looked_at_anew() -> None:
    """What waits for their inbox is dropped, and so is what was to be asked of the record."""
    stage = Stage()
    room = stage.room(JUN, kind=DIRECT)
    stage.contact(JUN, room=room)
    with stage.step() as step:
        inbox_sending.post(step, JUN.account, JUN.handle, ContactRequest(b"", ""))
        commands.block_contact(step, JUN.account)
        contact = step.store.contact(JUN.account)
        assert contact is not None
        assert (ContactState.BLOCKED, [], True) == (contact.state, inbox_sending.unsent(step), room in step.touched)
        with pytest.raises(NoSuchContact):
            commands.block_contact(step, DORA.account)


def noted(step: Step) -> bool:
    """Whether our other devices will be told of jun."""
    data = step.store.get_value("devices-dirty")
    return JUN.account.hex() in str(msgspec.msgpack.decode(data)) if data else False


@pytest.mark.parametrize("act", ["ask", "answer", "decline", "asking"])
def test_our_other_devices_hear_of_what_the_person_chose(act: str) -> None:
    """Whom they asked, said yes or no to; of who only asks us nothing was chosen."""
    stage = Stage()
    stage.name_devices(stage.also())
    if act != "ask":
        stage.contact(JUN, ContactState.ASKING, card=JUN.card())
    with stage.step() as step:
        if act in {"ask", "asking"}:
            commands.request_contact(step, JUN.card(), stage.person.card.encoded, "")
        elif act == "answer":
            commands.accept_contact(step, JUN.account)
        else:
            commands.decline_contact(step, JUN.account)
        assert (act != "asking") is noted(step)
