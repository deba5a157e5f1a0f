"""What a person says of a contact's key, what a change of it holds back, and what blocking does (room.md, "Trust")."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core import rooms
from nullabona.client.core.contacts import trust
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.group import leaving
from nullabona.client.core.identity import claims, contact_keys
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.content import Profile, Text, encode_body
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.intents import AddAccount, RemoveAccount, UpdateKeys
from nullabona.client.core.model.records import Contact, ContactState, MessageState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.safety_number import safety_digits
from nullabona.client.core.model.state import JOINED, LEFT, REJOINING, REMOVED, PendingCommit
from nullabona.client.core.preferences import Trust, contact_scope, of_contact
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import profiles
from nullabona.wire.card import CardForked
from tests.core.stage import Other, Stage, rows, told

JUN, DORA = Other("jun"), Other("dora")
OTHER_JUN = JUN.impostor()
MESSAGE = b"m" * 16
JUN_KNOWN = Contact(JUN.account, JUN.handle, "", ContactState.ACCEPTED, b"", "", b"")


def known(step: Step) -> Trust:
    return of_contact(step.store, JUN.account)


def events(step: Step) -> list[tuple[str, bytes, dict[str, object]]]:
    return [(kind, room, data) for kind, room, data in rows(step) if kind != "preferences"]


CONTACT = ("contact-accepted", b"", {"handle": JUN.handle, "account": JUN.account})


# -- comparing ------------------------------------------------------------------------------------------------------


def test_a_safety_number_is_the_same_on_both_sides_and_of_no_other_pair() -> None:
    """Twelve groups of digits of both accounts and handles."""
    stage = Stage()
    with stage.step() as step:
        mine = contact_keys.digits_of(step, JUN_KNOWN)
        other = contact_keys.digits_of(step, replace(JUN_KNOWN, account=OTHER_JUN.account))
    theirs = safety_digits((JUN.account, JUN.handle), (stage.me.account, stage.me.handle))
    assert (theirs, False) == (mine, mine == other)
    assert all(group.isdigit() for group in mine)


def test_a_contact_is_verified_until_that_is_taken_back_or_another_key_shows() -> None:
    """Each is told."""
    stage = Stage()
    contact = stage.contact(JUN)
    with stage.step() as step:
        seen = [contact_keys.is_verified(step, contact)]
        for verified in (True, False, True):
            trust.verify(step, contact, verified=verified)
            seen.append(contact_keys.is_verified(step, contact))
        assert [CONTACT] * 3 == events(step)
        contact_keys.note_card(step, contact, OTHER_JUN.card())
        assert [False, True, False, True] == seen
        assert not contact_keys.is_verified(step, contact)


@pytest.mark.parametrize("verified", [True, False])
def test_another_account_under_a_contacts_handle_is_told_once(*, verified: bool) -> None:
    """That the contact was verified is remembered; its own card, and what the person knows, is no news."""
    stage = Stage()
    contact = stage.contact(JUN, room=b"r" * 32)
    with stage.step() as step:
        if verified:
            trust.verify(step, contact, verified=True)
        step.told.clear()
        assert [False, True, True] == [
            contact_keys.note_card(step, contact, card) for card in (JUN.card(), OTHER_JUN.card(), OTHER_JUN.card())
        ]
        assert Trust(changed=OTHER_JUN.account, was_verified=verified) == known(step)
        change = {"account": JUN.account, "handle": JUN.handle, "was_verified": verified}
        assert [("identity-changed", b"r" * 32, change)] == events(step)
        third = Other("jun", 7).impostor()
        vars(third)["account_key"] = DORA.account_key
        assert contact_keys.note_card(step, contact, third.card())
        assert Trust(changed=DORA.account, was_verified=verified) == known(step)
        trust.confirm(step, contact)
        assert (Trust(replaced=DORA.account), False) == (
            known(step),
            contact_keys.note_card(step, contact, third.card()),
        )


def test_whoever_goes_on_after_a_change_is_told_and_a_yes_to_nothing_is_refused() -> None:
    """The contact is unverified from then on."""
    stage = Stage()
    contact = stage.contact(JUN)
    with stage.step() as step:
        with pytest.raises(BadRequest):
            trust.confirm(step, contact)
        contact_keys.note_card(step, contact, OTHER_JUN.card())
        step.told.clear()
        trust.confirm(step, contact)
        assert ([CONTACT], False) == (events(step), contact_keys.is_verified(step, contact))


@pytest.mark.parametrize(("verified", "replaced"), [(True, OTHER_JUN.account), (False, b"")])
def test_comparing_lifts_a_change_and_taking_it_back_does_not(replaced: bytes, *, verified: bool) -> None:
    """Whoever compared has seen it."""
    stage = Stage()
    contact = stage.contact(JUN)
    with stage.step() as step:
        contact_keys.note_card(step, contact, OTHER_JUN.card())
        trust.verify(step, contact, verified=verified)
        found = known(step)
        assert (replaced, b"" if verified else OTHER_JUN.account) == (found.replaced, found.changed)
        trust.verify(step, contact, verified=verified)
        assert found == known(step)


@pytest.mark.parametrize("seen", [True, False])
def test_the_other_account_is_not_asked_before_the_person_knows(*, seen: bool) -> None:
    """By its handle: another handle of the same account, or the contact itself, is no matter of this."""
    stage = Stage()
    contact = stage.contact(JUN)
    stage.contact(DORA)
    with stage.step() as step:
        contact_keys.note_card(step, contact, OTHER_JUN.card())
        contact_keys.need_seen(step, JUN.card())
        contact_keys.need_seen(step, DORA.card())
        if seen:
            trust.confirm(step, contact)
            contact_keys.need_seen(step, OTHER_JUN.card())
        else:
            with pytest.raises(CardForked):
                contact_keys.need_seen(step, OTHER_JUN.card())


def test_the_same_account_under_a_handle_of_its_own_may_be_asked() -> None:
    """It took a contact's handle, and is known under another one."""
    stage = Stage()
    contact = stage.contact(JUN)
    with stage.step() as step:
        contact_keys.note_card(step, contact, OTHER_JUN.card())
        elsewhere = Other("sora")
        vars(elsewhere)["account_key"] = OTHER_JUN.account_key
        contact_keys.need_seen(step, elsewhere.card())


# -- what waits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "verified", "changed", "held"),
    [
        (DIRECT, True, True, True),
        (DIRECT, False, True, False),
        (DIRECT, True, False, False),
        ("group", True, True, False),
    ],
)
def test_a_verified_contacts_change_holds_back_the_room_of_two(
    kind: str, *, verified: bool, changed: bool, held: bool
) -> None:
    """Until the person has seen it; groups go on."""
    stage = Stage()
    room = stage.room(JUN, kind=kind)
    contact = stage.contact(JUN, room=room)
    with stage.inside(room) as (step, state, _):
        trust.verify(step, contact, verified=verified)
        if changed:
            contact_keys.note_card(step, contact, OTHER_JUN.card())
        assert held is contact_keys.holds(step, state)


@pytest.mark.parametrize(("phase", "state"), [(JOINED, "sent on"), (LEFT, "kept"), ("none", "kept")])
def test_what_waited_goes_out_when_the_change_is_seen(phase: str, state: str) -> None:
    """In the room of two, if we are in it."""
    stage = Stage()
    room = stage.room(JUN, kind=DIRECT)
    contact = stage.contact(JUN, room=b"" if phase == "none" else room)
    stage.message(room, MESSAGE, state=MessageState.WAITING, body=encode_body(Text("hi")))
    with stage.inside(room) as (step, found, track):
        found.phase = JOINED if phase == "none" else phase
        contact_keys.note_card(step, contact, OTHER_JUN.card())
        trust.confirm(step, contact)
        message = step.store.message(room, MESSAGE)
        assert message is not None
        assert (track.keys.box.address if state == "sent on" else b"") == message.box


# -- where somebody is ------------------------------------------------------------------------------------------------


def test_the_rooms_that_we_share_with_an_account() -> None:
    """Those that both are in, by what is remembered as well; and the direct one whatever became of it."""
    stage = Stage()
    group, away = stage.room(JUN), stage.room(JUN, phase=REJOINING)
    direct = stage.room(DORA, kind=DIRECT, phase=REMOVED)
    stage.room(JUN, phase=LEFT)
    stage.room(DORA)
    with stage.step() as step:
        assert {group, away} == set(rooms.shared_rooms(step, JUN.account))
    stage.contact(JUN, room=direct)
    with stage.step() as step:
        assert {group, away, direct} == set(rooms.shared_rooms(step, JUN.account))


@pytest.mark.parametrize(
    "why", ["in", "away", "coming", "staged", "gone", "left", "rejoin", "leaving", "group", "dora"]
)
def test_we_talk_with_whom_is_in_a_room_of_two_or_is_let_into_it(why: str) -> None:
    """Not in one that we are out of, want to leave or look for; who only left it may come again."""
    stage = Stage()
    stage.room(DORA, kind=DIRECT)
    room = stage.room(JUN, kind="group" if why == "group" else DIRECT)
    coming = AddAccount(JUN.account, JUN.handle, (), b"")
    with stage.inside(room) as (step, state, _):
        if why in {"coming", "staged", "gone"}:
            step.store.drop_devices(room, [JUN.device])
            step.roster_changed(room)
        if why == "coming":
            state.intents = [UpdateKeys(), coming]
        elif why == "staged":
            state.intents = [RemoveAccount(DORA.account)]
            state.pending = PendingCommit(b"", b"", [coming], [], [], invites=True)
        elif why == "gone":
            state.intents = [RemoveAccount(JUN.account)]
        elif why == "leaving":
            leaving.say(step, state)
        elif why == "rejoin":
            state.rejoin = Rejoin("fork", 0, b"", [], [], step.now)
        state.phase = {"away": REJOINING, "left": LEFT}.get(why, JOINED)
        found = rooms.talking_in(step, DORA.account if why == "dora" else JUN.account)
        if why == "dora":
            assert found is not None
            assert DORA.account in found.info.pair
        else:
            assert (state if why in {"in", "away", "coming", "staged"} else None) is found


@pytest.mark.parametrize("why", ["rejoin", "leaving", "left"])
def test_behind_a_room_of_two_that_does_not_count_another_is_found(why: str) -> None:
    """Whichever is looked at first."""
    stage = Stage()
    for _ in range(2):
        stage.room(JUN, kind=DIRECT)
    with stage.step() as step:
        first, second = (step.room(id) for id in step.store.rooms())
        if why == "rejoin":
            first.rejoin = Rejoin("fork", 0, b"", [], [], step.now)
        elif why == "leaving":
            leaving.say(step, first)
        else:
            first.phase = LEFT
        assert second is rooms.talking_in(step, JUN.account)


# -- strangers ------------------------------------------------------------------------------------------------------


def test_a_stranger_under_a_contacts_handle_is_a_warning_where_it_came_in() -> None:
    """Else in the contact's own room. Contacts are no strangers, nor is anybody under a handle of their own."""
    stage = Stage()
    stage.contact(JUN, room=b"d" * 32)
    stage.contact(DORA)
    with stage.step() as step:
        assert not contact_keys.note_stranger(step, DORA.account, JUN.handle)
        assert not contact_keys.note_stranger(step, JUN.account, JUN.handle)
        assert not contact_keys.note_stranger(step, OTHER_JUN.account, "sora@relay.example")
        assert [] == rows(step)
        assert contact_keys.note_stranger(step, OTHER_JUN.account, JUN.handle)
        assert contact_keys.note_stranger(step, OTHER_JUN.account, JUN.handle, b"g" * 32)
        said = {"code": "handle-of-contact", "detail": {"handle": JUN.handle}}
        assert [("warning", b"d" * 32, said), ("warning", b"g" * 32, said)] == rows(step)


# -- blocking and forgetting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "unheard"),
    [
        (DIRECT, ContactState.BLOCKED, True),
        (DIRECT, ContactState.ACCEPTED, False),
        ("group", ContactState.BLOCKED, False),
    ],
)
def test_a_blocked_contact_is_not_heard_in_the_room_of_two(kind: str, state: ContactState, *, unheard: bool) -> None:
    """In groups everybody is."""
    stage = Stage()
    room = stage.room(JUN, kind=kind)
    stage.contact(JUN, state)
    with stage.inside(room) as (step, found, _):
        assert [unheard, False] == [
            contact_keys.unhears(step, found, account) for account in (JUN.account, DORA.account)
        ]


@pytest.mark.parametrize(("phase", "says"), [(JOINED, True), (LEFT, False)])
def test_whoever_is_heard_again_hears_of_us_soon(phase: str, *, says: bool) -> None:
    """What we have seen and what we are called, in the room of two; if we are in it."""
    stage = Stage()
    room = stage.room(JUN, kind=DIRECT, phase=phase)
    contact = stage.contact(JUN, ContactState.BLOCKED, room=room)
    with stage.inside(room) as (step, state, _):
        profiles.take_own(step, msgspec.msgpack.encode(Profile("미나", b"")), 7)
        trust.unblock(step, contact)
        found = step.store.contact(JUN.account)
        assert found is not None
        assert ContactState.ACCEPTED is found.state
        assert (says, says) == (state.receipt_at is not None, state.profile_at is not None)
        with pytest.raises(BadRequest):
            trust.unblock(step, found)


def test_who_is_unblocked_without_a_room_is_forgotten() -> None:
    """We never talked."""
    stage = Stage()
    contact = stage.contact(JUN, ContactState.BLOCKED)
    with stage.step() as step:
        trust.unblock(step, contact)
        assert step.store.contact(JUN.account) is None


def test_of_a_contact_that_is_forgotten_nothing_is_left() -> None:
    """Neither choices nor comparison nor what the record said nor where an answer is waited for; its room stays."""
    stage = Stage()
    room = stage.room(JUN, kind=DIRECT)
    contact = stage.contact(JUN, room=room)
    with stage.step() as step:
        trust.verify(step, contact, verified=True)
        claims.note(step, JUN.account, claims.PROVEN)
        reply_boxes.note(step, JUN.account, b"s" * 32)
        step.told.clear()
        trust.forget(step, contact)
        assert (None, {}) == (step.store.contact(JUN.account), step.store.preferences(contact_scope(JUN.account)))
        assert ("", b"") == (claims.standing(step, JUN.account), reply_boxes.noted(step, JUN.account))
        assert [("contact-changed", {"handle": JUN.handle, "account": JUN.account, "state": "deleted"})] == told(step)
        assert [room] == step.store.rooms()
