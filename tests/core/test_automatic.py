"""What an account answers by itself, without asking its person, and what it leaves to them (room.md §9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core import automatic
from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.identity import claims
from nullabona.client.core.model.facts.signals import AskedAgain, BothAsked, LinkPresented, MembershipEnded
from nullabona.client.core.model.inbox_items import ContactRequest, RoomsAsked, RoomsTold, Ticket, TicketRequest
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.step import Step
from tests.core.stage import START, Other, Stage

JUN, SORA = Other("jun"), Other("sora")
MONTH = 31 * 86_400_000


def asking(stage: Stage, other: Other = JUN, state: ContactState = ContactState.ASKING, room: bytes = b"") -> None:
    """Somebody asks us, whom the record has proven."""
    stage.contact(other, state, card=other.card(), room=room)
    with stage.step() as step:
        claims.note(step, other.account, claims.PROVEN)


def state_of(stage: Stage, other: Other = JUN) -> ContactState | None:
    """What somebody is to us."""
    with stage.store.transaction():
        contact = stage.store.contact(other.account)
    return contact.state if contact is not None else None


NOTED: dict[str, type[LinkPresented | AskedAgain | BothAsked]] = {
    "vouched": LinkPresented,
    "returned": AskedAgain,
    "mutual": BothAsked,
}


def by_itself(stage: Stage, noted: str, *accounts: bytes, now: int = START) -> Step:
    """What follows from a step that noted these accounts."""
    with stage.step(now) as step:
        for account in accounts:
            step.tell(NOTED[noted](account))
        automatic.by_itself(step)
    return step


def second_device(stage: Stage, *, leads: bool = True) -> None:
    """Our account has another device; it is the first on the card unless this one leads."""
    with stage.step() as step:
        card = stage.card_with(b"d" * 16, SORA)
        own_devices.note_card(step.store, card.encoded)
    if not leads:
        stage.me = replace(stage.me, device=b"d" * 16)


@pytest.mark.parametrize("noted", ["vouched", "returned"])
def test_whoever_has_our_link_or_was_a_contact_is_accepted(noted: str) -> None:
    """If they still ask; nobody else is."""
    stage = Stage()
    asking(stage)
    asking(stage, SORA)
    by_itself(stage, noted, b"x" * 32, JUN.account)
    assert (ContactState.ACCEPTED, ContactState.ASKING) == (state_of(stage), state_of(stage, SORA))
    blocked = Stage()
    asking(blocked, state=ContactState.BLOCKED)
    by_itself(blocked, noted, JUN.account)
    assert ContactState.BLOCKED is state_of(blocked)


@pytest.mark.parametrize("noted", ["vouched", "returned", "mutual"])
def test_a_request_with_whose_card_something_is_wrong_waits_for_the_person(noted: str) -> None:
    """It is too old, or the record refutes it: they learn why."""
    stage = Stage()
    other = lower_than_us(stage) if noted != "mutual" else higher_than_us(stage)
    asking(stage, other)
    by_itself(stage, noted, other.account, now=START + MONTH)
    assert ContactState.ASKING is state_of(stage, other)
    with stage.step() as step:
        claims.note(step, other.account, claims.REFUTED)
    by_itself(stage, noted, other.account)
    assert ContactState.ASKING is state_of(stage, other)


def lower_than_us(stage: Stage) -> Other:
    """Somebody whose account is lower than ours."""
    return next(other for other in (Other(f"p{n}") for n in range(99)) if other.account < stage.me.account)


def higher_than_us(stage: Stage) -> Other:
    """Somebody whose account is higher than ours."""
    return next(other for other in (Other(f"p{n}") for n in range(99)) if other.account > stage.me.account)


def test_of_two_who_asked_one_another_the_lower_account_opens_the_room() -> None:
    """By one of its devices; somebody who is no contact any more is not answered."""
    for pick, leads, opens in (
        (higher_than_us, True, True),
        (lower_than_us, True, False),
        (higher_than_us, False, False),
    ):
        stage = Stage()
        second_device(stage, leads=leads)
        other = pick(stage)
        asking(stage, other)
        by_itself(stage, "mutual", other.account)
        assert (ContactState.ACCEPTED if opens else ContactState.ASKING) is state_of(stage, other)
    by_itself(Stage(), "mutual", JUN.account)


@pytest.mark.parametrize(
    ("leads", "room", "expected"), [(True, False, True), (False, False, False), (False, True, True)]
)
def test_a_contact_who_comes_back_is_let_in_by_every_device_that_is_in_the_room_of_two(
    *, leads: bool, room: bool, expected: bool
) -> None:
    """And into a new one by one device alone."""
    stage = Stage()
    second_device(stage, leads=leads)
    where = stage.room(kind=DIRECT, info=stage.info(JUN, kind=DIRECT)) if room else b""
    asking(stage, room=where)
    by_itself(stage, "returned", JUN.account)
    assert (ContactState.ACCEPTED if expected else ContactState.ASKING) is state_of(stage)


@pytest.mark.parametrize("state", [ContactState.REQUESTED, ContactState.ACCEPTED])
def test_whom_we_asked_while_we_were_still_leaving_is_asked_again(state: ContactState) -> None:
    """They did not answer who was in a room of two with them; a contact need not be asked."""
    stage = Stage()
    stage.contact(JUN, state)
    with stage.step() as step:
        requests.learn_card(step, ProvenCard.testing(JUN.card()))
    with stage.step() as step:
        step.tell(MembershipEnded(b"r" * 32, b"", left=True, others=(b"x" * 32, JUN.account)))
        automatic.once_out(step)
    said = [JUN.opened(item.data) for item in stage.outbox(InboxFrame)]
    assert (state is ContactState.REQUESTED) is any(isinstance(each, ContactRequest) for each in said)
    for each in said:
        assert isinstance(each, ContactRequest)
        assert stage.person.card.encoded == each.card


def test_a_device_without_a_card_asks_nobody() -> None:
    """There is no account yet that could be answered."""
    stage = Stage()
    stage.contact(JUN, ContactState.REQUESTED)
    with stage.step() as step:
        step.tell(MembershipEnded(b"r" * 32, b"", left=True, others=(JUN.account,)))
        step.store.delete_value("account-card")
        automatic.once_out(step)
    assert [] == stage.outbox()


def test_whoever_waits_for_a_card_gets_what_they_asked_for() -> None:
    """A way back, or the rooms that we share; only if it names them, and once."""
    stage = Stage()
    room = stage.room(JUN)
    card = JUN.card()
    with stage.step() as step:
        inbox_sending.look_up_for(step, JUN.certificate, RoomsAsked(), JUN.handle)
        inbox_sending.look_up_for(step, JUN.certificate, TicketRequest(room, 0, b""), JUN.handle)
        requests.learn_card(step, ProvenCard.testing(card))
        automatic.card_came(step, card)
        automatic.card_came(step, card)
    said = [JUN.opened(item.data) for item in stage.outbox(InboxFrame)]
    assert [RoomsTold, Ticket] == [type(each) for each in said]
