"""Asking to talk and being asked: who becomes a contact, in which state, and what follows (room.md §9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core.contacts import links, requests
from nullabona.client.core.contacts.requests import MOST_ASKING, invited_by
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.identity import claims, inbox_addresses
from nullabona.client.core.model import invite_link
from nullabona.client.core.model.errors import NoSuchContact
from nullabona.client.core.model.facts.people import ContactAccepted, ContactChanged, ContactRequested
from nullabona.client.core.model.facts.signals import AccountTrusted, AskedAgain, BothAsked, LinkPresented
from nullabona.client.core.model.facts.union import Fact
from nullabona.client.core.model.inbox_items import ContactRequest
from nullabona.client.core.model.outbox_targets import InboxFrame, ReplyFrame
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import LEFT
from nullabona.client.core.step import Step
from nullabona.wire.address import epoch_keys
from nullabona.wire.card import Card
from tests.core.stage import Other, Stage, box_of, rows, signals
from tests.core.test_group_commits import add, merge

JUN, SORA = Other("jun"), Other("sora")
CARD = JUN.card()
ASKS = ContactRequested(JUN.account, JUN.handle, "hello")
REPLY = b"t" * 32


def stage_with(state: ContactState | None = None, **about: object) -> Stage:
    """A device that knows Jun in this state, and where to write to him."""
    stage = Stage()
    if state is not None:
        stage.contact(JUN, state, **about)  # type: ignore[arg-type]
    with stage.step() as step:
        inbox_addresses.remember(step, CARD)
    return stage


def request(stage: Stage, token: bytes = b"") -> tuple[Contact, list[bytes]]:
    """We ask Jun to talk: what he is to us then, and whose invitations need no asking any more."""
    with stage.step() as step:
        return requests.request_contact(step, CARD, b"our card", "hello", token), accounts(step, AccountTrusted)


def accounts(step: Step, kind: type[AccountTrusted | AskedAgain | BothAsked | LinkPresented]) -> list[bytes]:
    """Of whom one kind of signal was given."""
    return [fact.account for fact in signals(step, kind)]


def came(
    stage: Stage, card: Card = CARD, *, account: bytes = JUN.account, token: bytes = b"", reply: bytes = REPLY
) -> Step:
    """Jun asks us to talk; the step in which that came."""
    with stage.step() as step:
        requests.request_came(step, account, ContactRequest(card.encoded, "hello", token, reply))
    return step


def state_of(stage: Stage) -> Contact | None:
    """Jun as our contact."""
    with stage.store.transaction():
        return stage.store.contact(JUN.account)


def noted(stage: Stage) -> bytes:
    """Where Jun waits for our answer."""
    with stage.step() as step:
        return reply_boxes.noted(step, JUN.account)


def standing(stage: Stage) -> tuple[str, int]:
    """What the record said of Jun, and how many claims it is to be asked about."""
    with stage.step() as step:
        return claims.standing(step, JUN.account), len(claims.claims(step))


# -- we ask -------------------------------------------------------------------------------------------------------


def test_whom_we_ask_is_a_contact_that_has_not_answered() -> None:
    """The request says where we wait for the answer, and which link brought us."""
    stage = stage_with()
    found, trusted = request(stage, b"t" * 16)
    packages = (JUN.key_package,)
    expected = Contact(JUN.account, JUN.handle, "", ContactState.REQUESTED, b"", "hello", CARD.encoded, packages)
    assert (expected, expected, [JUN.account]) == (found, state_of(stage), trusted)
    (item,) = stage.outbox(InboxFrame)
    with stage.step() as step:
        reply = reply_boxes.secret_for(step, JUN.account)
    assert ContactRequest(b"our card", "hello", b"t" * 16, reply) == JUN.opened(item.data)
    assert reply


def test_asking_again_repeats_the_request_and_keeps_what_we_call_them() -> None:
    """The answer is waited for where it was; nickname and room stay."""
    stage = stage_with()
    request(stage)
    before = state_of(stage)
    assert before is not None
    with stage.store.transaction():
        stage.store.put_contact(replace(before, name="brother", room=b"r" * 32))
    found, _ = request(stage)
    assert ("brother", b"r" * 32, ContactState.REQUESTED) == (found.name, found.room, found.state)
    first, second = (JUN.opened(item.data) for item in stage.outbox(InboxFrame))
    assert first == second


def test_whoever_asks_us_is_not_asked() -> None:
    """The person is to answer them."""
    stage = stage_with(ContactState.ASKING)
    before = state_of(stage)
    assert (before, []) == request(stage)
    assert [] == stage.outbox(InboxFrame)


def test_a_contact_with_whom_we_talk_is_not_asked() -> None:
    """Nothing changes; one with whom we do not talk any more is."""
    stage = stage_with(ContactState.ACCEPTED)
    room = stage.room(JUN, kind=DIRECT)
    before = state_of(stage)
    assert (before, []) == request(stage)
    with stage.step() as step:
        step.room(room).phase = LEFT
    assert ContactState.REQUESTED is request(stage)[0].state
    assert 1 == len(stage.outbox(InboxFrame))


@pytest.mark.parametrize("state", [None, ContactState.REQUESTED, ContactState.BLOCKED])
def test_a_contact_that_was_forgotten_is_one_again_while_the_room_of_two_is_there(state: ContactState | None) -> None:
    """They accepted long ago, and are not asked."""
    stage = stage_with(state)
    room = stage.room(JUN, kind=DIRECT)
    found, trusted = request(stage)
    expected = (ContactState.ACCEPTED, room, "hello", [JUN.account])
    assert expected == (found.state, found.room, found.greeting, trusted)
    assert [] == stage.outbox(InboxFrame)


# -- we are asked -------------------------------------------------------------------------------------------------


def test_a_stranger_who_asks_waits_for_the_person() -> None:
    """They are told; the record will be asked whether it is they; it is known where they wait for the answer."""
    stage = stage_with()
    with stage.step() as step:
        step.store.set_value(invited_by(JUN.account), b"r" * 32)
    step = came(stage)
    packages = (JUN.key_package,)
    expected = Contact(JUN.account, JUN.handle, "", ContactState.ASKING, b"", "hello", CARD.encoded, packages)
    assert (expected, [ASKS]) == (state_of(stage), step.told)
    assert (REPLY, ("pending", 1)) == (noted(stage), standing(stage))
    with stage.step() as step:
        assert None is step.store.get_value(invited_by(JUN.account))
        assert CARD.encoded == claims.claims(step)[0].card


def test_a_request_with_a_card_that_is_not_the_senders_is_not_heard() -> None:
    """Somebody else's, one that does not verify, or one under another handle than we know them by."""
    stage = stage_with()
    step = came(stage, account=SORA.account)
    assert ([], []) == (rows(step), claims_of(stage))
    broken = Stage()
    with broken.step() as step:
        requests.request_came(step, JUN.account, ContactRequest(b"no card", ""))
        assert [] == rows(step)
    renamed = stage_with(ContactState.REQUESTED)
    other_name = replace(renamed.contact(SORA, ContactState.REQUESTED), account=JUN.account)
    with renamed.store.transaction():
        renamed.store.put_contact(other_name)
    assert [] == came(renamed).told


def claims_of(stage: Stage) -> list[claims.Claim]:
    """What the record is to be asked."""
    with stage.step() as step:
        return claims.claims(step)


@pytest.mark.parametrize(("waiting", "heard"), [(MOST_ASKING - 1, True), (MOST_ASKING, False)])
def test_so_many_strangers_wait(waiting: int, *, heard: bool) -> None:
    """Further ones are not taken; who is known is heard all the same."""
    stage = stage_with()
    with stage.store.transaction():
        for n in range(waiting):
            stage.store.put_contact(Contact(b"%032d" % n, f"p{n}@x.example", "", ContactState.ASKING, b"", "", b""))
        stage.store.put_contact(Contact(b"x" * 32, "x@x.example", "", ContactState.ACCEPTED, b"", "", b""))
    assert heard is bool(came(stage).told)
    stage.contact(JUN, ContactState.REQUESTED)
    assert ASKS in came(stage).told


def test_a_blocked_contact_is_not_heard() -> None:
    """Nothing is noted of it."""
    stage = stage_with(ContactState.BLOCKED)
    before = state_of(stage)
    step = came(stage)
    assert ([], before, b"", ("", 0)) == (rows(step), state_of(stage), noted(stage), standing(stage))


def test_who_asks_twice_is_told_once() -> None:
    """It is noted where they wait now; only if the record has refuted them is it asked anew."""
    stage = stage_with()
    came(stage)
    with stage.step() as step:
        claims.drop(step, JUN.account)
    step = came(stage, reply=b"u" * 32)
    assert ([], b"u" * 32, ("pending", 0)) == (rows(step), noted(stage), standing(stage))
    with stage.step() as step:
        claims.note(step, JUN.account, claims.REFUTED)
    assert [] == came(stage).told
    assert ("pending", 1) == standing(stage)


def test_of_two_who_asked_one_another_the_lower_account_answers_for_both() -> None:
    """The other goes on waiting for that invitation; both are told."""
    for other in (JUN, SORA):
        stage = Stage()
        card = other.card()
        stage.contact(other, ContactState.REQUESTED, card=card)
        with stage.step() as step:
            requests.request_came(step, other.account, ContactRequest(card.encoded, "hello"))
            found = step.store.contact(other.account)
        assert found is not None
        we_answer = stage.me.account < other.account
        assert (ContactState.ASKING if we_answer else ContactState.REQUESTED) is found.state
        assert ([other.account], "contact-request") == (accounts(step, BothAsked), rows(step)[0][0])


@pytest.mark.parametrize(
    ("known", "found", "asked"),
    [
        (CARD, claims.PROVEN, False),
        (CARD, claims.PROMISED, False),
        (CARD, claims.PENDING, True),
        (JUN.card(Other("jun", 1)), claims.PROVEN, True),
    ],
)
def test_the_record_is_asked_about_a_card_that_it_has_not_proven(
    known: Card, found: claims.Standing, *, asked: bool
) -> None:
    """One that we had looked up ourselves needs no asking."""
    stage = stage_with(ContactState.REQUESTED, card=known)
    with stage.step() as step:
        claims.note(step, JUN.account, found)
    came(stage)
    assert asked is bool(claims_of(stage))


def test_who_has_our_link_is_vouched_for() -> None:
    """The token is good as often as the link says; the person need not be asked."""
    stage = stage_with()
    with stage.step() as step:
        token = invite_link.parse_link(links.make_contact_link(step, hours=1, uses=1).text).token
    assert [JUN.account] == accounts(came(stage, token=token), LinkPresented)
    stage.contact(JUN, ContactState.REQUESTED)
    assert [] == accounts(came(stage, token=token), LinkPresented)


def test_where_both_asked_and_they_answer_for_both_no_link_is_spent() -> None:
    """It is still good for somebody else."""
    stage = Stage()
    higher = next(other for other in (Other(f"p{n}") for n in range(99)) if other.account < stage.me.account)
    stage.contact(higher, ContactState.REQUESTED)
    with stage.step() as step:
        token = invite_link.parse_link(links.make_contact_link(step, hours=1, uses=1).text).token
        requests.request_came(step, higher.account, ContactRequest(higher.card().encoded, "", token))
        assert [] == signals(step, LinkPresented)
        assert links.vouches(step, token)


# -- a contact asks again -----------------------------------------------------------------------------------------


def again(
    found: claims.Standing | None = claims.PROVEN, *, phase: str = LEFT, card: Card = CARD
) -> tuple[Stage, bytes, Step]:
    """A contact asks who was in a room of two with us."""
    stage = stage_with()
    room = stage.room(kind=DIRECT, info=Stage().info(JUN, kind=DIRECT), phase=phase)
    stage.contact(JUN, room=room, card=CARD)
    if found is not None:
        with stage.step() as step:
            claims.note(step, JUN.account, found)
    return stage, room, came(stage, card)


def test_a_contact_who_is_in_no_room_of_two_with_us_asks_again() -> None:
    """They were accepted once, and so are now by themselves: nobody is told, nothing but the state changes."""
    stage, room, step = again()
    packages = (JUN.key_package,)
    expected = Contact(JUN.account, JUN.handle, "", ContactState.ASKING, room, "", CARD.encoded, packages)
    assert (expected, [], [JUN.account]) == (state_of(stage), rows(step), accounts(step, AskedAgain))
    assert (REPLY, ("proven", 0)) == (noted(stage), standing(stage))


@pytest.mark.parametrize(
    ("card", "found"), [(CARD, claims.PENDING), (CARD, None), (JUN.card(Other("jun", 1)), "proven")]
)
def test_their_card_is_asked_about_unless_it_is_the_proven_one(card: Card, found: claims.Standing | None) -> None:
    """The new one is gone by meanwhile."""
    stage, _, _ = again(found, card=card)
    contact = state_of(stage)
    assert contact is not None
    assert (card.encoded, ("pending", 1)) == (contact.card, standing(stage))


def test_a_device_that_was_not_in_the_room_says_nothing_of_who_is() -> None:
    """It may read an old request."""
    stage = stage_with(ContactState.ACCEPTED, room=b"r" * 32)
    before = state_of(stage)
    step = came(stage)
    assert (before, [], b"") == (state_of(stage), accounts(step, AskedAgain), noted(stage))


def test_whoever_is_in_a_room_of_two_with_us_stays_a_contact() -> None:
    """They are invited again if they never came; else their request is old."""
    stage = stage_with(ContactState.ACCEPTED)
    stage.room(JUN, kind=DIRECT)
    before = state_of(stage)
    step = came(stage)
    assert (before, [], b"") == (state_of(stage), accounts(step, AskedAgain), noted(stage))


def test_a_contact_who_never_came_is_invited_again_where_they_wait_now() -> None:
    """Once the last invitation is old."""
    stage = stage_with(ContactState.ACCEPTED)
    room = stage.room(kind=DIRECT, info=stage.info(JUN, kind=DIRECT))
    with stage.step() as step:
        state = step.room(room)
        state.intents = [add(JUN)]
        merge(step, state)
    came(stage)
    assert 1 == len(stage.outbox(InboxFrame))
    stage.now += 86_400_000
    came(stage)
    (reply,) = stage.outbox(ReplyFrame)
    assert epoch_keys(REPLY).box.address == box_of(reply)


# -- contacts -----------------------------------------------------------------------------------------------------


def test_what_a_contact_is_called_here_is_told_when_it_changes() -> None:
    """And not when it does not."""
    stage = Stage()
    contact = stage.contact(JUN)
    with stage.step() as step:
        requests.rename_contact(step, contact, "")
        assert [] == rows(step)
        requests.rename_contact(step, contact, "brother")
        assert [("profile", b"", {"account": JUN.account})] == rows(step)
        assert "brother" == requests.need_contact(step, JUN.account).name


def test_who_is_no_contact_is_none() -> None:
    """That is an error."""
    with Stage().step() as step, pytest.raises(NoSuchContact):
        requests.need_contact(step, JUN.account)


@pytest.mark.parametrize(
    ("state", "room", "told"),
    [
        (ContactState.ACCEPTED, b"n" * 32, [AccountTrusted(JUN.account), ContactAccepted(JUN.account, JUN.handle)]),
        (ContactState.BLOCKED, b"", [ContactChanged(JUN.account, JUN.handle, "blocked")]),
    ],
)
def test_a_contact_comes_into_another_state(state: ContactState, room: bytes, told: list[Fact]) -> None:
    """Told; nothing is waited for any more; the room stays unless another is named; who is accepted is trusted."""
    stage = stage_with(ContactState.REQUESTED, room=b"o" * 32)
    contact = state_of(stage)
    assert contact is not None
    with stage.step() as step:
        reply_boxes.note(step, JUN.account, REPLY)
        changed_to = requests.set_contact_state(step, contact, state, room)
        assert told == step.told
    assert replace(contact, state=state, room=room or b"o" * 32) == changed_to == state_of(stage)
    assert b"" == noted(stage)


@pytest.mark.parametrize(
    ("state", "expected"),
    [(ContactState.REQUESTED, ContactState.ACCEPTED), (ContactState.BLOCKED, ContactState.BLOCKED)],
)
def test_back_in_a_room_of_two_whom_we_had_asked_is_a_contact(state: ContactState, expected: ContactState) -> None:
    """They accepted long ago; a blocked one stays blocked."""
    stage = stage_with(state)
    room = stage.room(JUN, kind=DIRECT)
    with stage.step() as step:
        requests.found_again(step, step.room(room))
    contact = state_of(stage)
    assert contact is not None
    assert (expected, room if expected is ContactState.ACCEPTED else b"") == (contact.state, contact.room)
