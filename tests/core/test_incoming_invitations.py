"""Invitations as they come in: entered, held for the person, or left alone (spec/room.md §9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from nullabona.client.core import rooms
from nullabona.client.core.contacts import held_invitations
from nullabona.client.core.delivery import blobs
from nullabona.client.core.group import evidence
from nullabona.client.core.identity import claims, device_certificates, inbox_addresses
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.content import Notice, NoticeKind, Text, encode_body
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.model.proofs import encode_move, make_move, make_order
from nullabona.client.core.model.records import ContactState, MessageState
from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP, RoomInfo
from nullabona.client.core.model.state import JOINED, LEFT, REJOINING, REMOVED, BoxTrack, RoomState
from nullabona.client.core.timeline import kinds
from tests.core.invited import MISSING, Invited, larger
from tests.core.seen import view
from tests.core.stage import RELAY, START, Other, Stage

ELSEWHERE = "wss://other.example:443/v1"
WEEK, MINUTE = 7 * 86_400_000, 60_000
ACCEPTED, REQUESTED, ASKING, BLOCKED = (
    ContactState.ACCEPTED,
    ContactState.REQUESTED,
    ContactState.ASKING,
    ContactState.BLOCKED,
)


# -- who invites --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "phase"),
    [(ACCEPTED, JOINED), (REQUESTED, JOINED), (ASKING, "asked"), (BLOCKED, "asked"), (None, "asked")],
)
def test_whom_the_person_accepted_or_asked_is_followed_and_others_wait(state: ContactState | None, phase: str) -> None:
    """Nobody else brings us into a room by themselves."""
    invited = Invited()
    invited.contact(state)
    assert None is invited.comes()
    assert phase == invited.phase


def test_another_device_of_our_account_is_followed() -> None:
    """If our card names it."""
    mina = Stage("mina")
    for known in (True, False):
        invited = Invited(mina=Stage("mina"))
        tablet = mina.also()
        if known:
            invited.mina.name_devices(tablet)
        with invited.mina.step() as step:
            found = invitations.invited(step, tablet.certificate, invited.item(), START, at=frozenset({RELAY}))
        assert (blobs.MISSING, known) == (found, bool(wanted_chunks(invited)))


def wanted_chunks(invited: Invited) -> list[bytes]:
    """What is to be fetched."""
    with invited.mina.step() as step:
        return [each.digest for each in blobs.wanted_chunks(step)]


def test_a_contact_is_not_followed_if_they_could_not_have_added_us() -> None:
    """As the room is where they lead, they are no admin of it: the person is asked."""
    invited = Invited(admins=(Other("boo").account,))
    invited.contact()
    invited.comes()
    assert "asked" == invited.phase


def test_a_device_that_a_card_does_not_name_is_believed_in_nothing() -> None:
    """It may have been revoked; nothing is held either."""
    invited = Invited()
    invited.contact()
    with invited.mina.step() as step:
        device_certificates.note(step, Other("jun").card())
        step.store.set_value(f"named:{invited.jun.me.account.hex()}", b"\x92\x90\xcf" + START.to_bytes(8, "big"))
    assert (None, "none") == (invited.comes(), invited.phase)


def test_a_contact_whose_card_was_not_looked_up_is_looked_up_first() -> None:
    """The invitation waits meanwhile."""
    invited = Invited()
    invited.contact()
    with invited.mina.step() as step:
        step.store.delete_value(f"named:{invited.jun.me.account.hex()}")
    assert (MISSING, "none") == (invited.comes(), invited.phase)
    with invited.mina.step() as step:
        assert [invited.jun.me.handle] == inbox_addresses.wanted(step)


def test_a_member_of_our_room_with_them_is_believed_without_a_look_up() -> None:
    """By the very device there."""
    invited = Invited()
    direct = invited.mina.room(Other("jun"), kind=DIRECT)
    invited.contact(room=direct)
    with invited.mina.step() as step:
        step.store.delete_value(f"named:{invited.jun.me.account.hex()}")
        mine = Other("x").row(direct, 1)
        key = invited.sender
        step.store.put_devices(
            [replace(mine, device=key.device_id, account=key.account_id, signature_key=key.device_key)]
        )
    assert (None, JOINED) == (invited.comes(), invited.phase)


# -- where it lies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [ACCEPTED, None])
def test_nothing_is_fetched_from_another_relay_than_our_own(state: ContactState | None) -> None:
    """Nobody who writes to us says where we connect to."""
    invited = Invited()
    invited.contact(state)
    found = invited.comes(invited.item(relay=ELSEWHERE), fetched=False)
    assert (None, [], "none") == (found, wanted_chunks(invited), invited.phase)


def test_what_an_invitation_leads_to_is_fetched_first() -> None:
    """And taken when it is here."""
    invited = Invited()
    invited.contact()
    assert (MISSING, [digest for digest, _ in invited.chunks]) == (invited.comes(fetched=False), wanted_chunks(invited))
    assert (None, JOINED) == (invited.comes(), invited.phase)


@pytest.mark.parametrize(("state", "count", "fetched"), [(None, 8, True), (None, 9, False), (ACCEPTED, 9, True)])
def test_much_is_fetched_only_for_somebody_we_know(state: ContactState | None, count: int, fetched: bool) -> None:  # noqa: FBT001
    """A stranger's invitation has eight chunks at most. The first alone is asked for, to see whether any is there."""
    invited = Invited()
    invited.contact(state)
    found = invited.comes(invited.item(blob=larger(invited.ref, count)), fetched=False)
    assert (MISSING if fetched else None, int(fetched)) == (found, len(wanted_chunks(invited)))


def test_an_invitation_is_acted_on_once() -> None:
    """However often it comes; another one is another."""
    invited = Invited()
    invited.comes()
    with invited.mina.step() as step:
        invitations.decline_request(step, invited.id)
    invited.comes()
    assert "none" == invited.phase
    invited.comes(invited.item(b"2" * 16))
    assert "asked" == invited.phase


# -- what it holds ------------------------------------------------------------------------------------------------


def refusals(invited: Invited) -> list[str]:
    return [about["detail"]["reason"] for kind, about in invited.told() if kind == "warning"]


@pytest.mark.parametrize(("state", "reasons"), [(ACCEPTED, ["mls-refused"]), (None, [])])
def test_what_does_not_open_is_told_of_somebody_we_know_alone(state: ContactState | None, reasons: list[str]) -> None:
    """For them we are in the room now. Strangers get no say."""
    invited = Invited(Stage("boo"), adds_mina=False)
    invited.contact(state)
    invited.comes()
    assert ("none", reasons) == (invited.phase, refusals(invited))


def test_what_is_no_welcome_is_told_as_well() -> None:
    """With the handle of who sent it, and why."""
    invited = Invited()
    invited.contact()
    with invited.mina.step() as step:
        for digest, _ in invited.chunks:
            step.store.put_chunk(digest, b"noise", step.day)
    invited.comes(fetched=False)
    expected = {"code": "invitation-refused", "detail": {"handle": invited.jun.me.handle, "reason": "malformed"}}
    assert [("warning", expected)] == invited.told()


def test_an_invitation_for_another_device_of_ours_is_left_to_that() -> None:
    """It reads the same inbox."""
    invited = Invited(Stage("boo"), adds_mina=False)
    invited.contact()
    invited.mina.name_devices(invited.mina.also())
    invited.comes()
    assert ("none", []) == (invited.phase, refusals(invited))


@pytest.mark.parametrize("about", [{"pair": "strangers"}, {"others": True}])
def test_a_room_of_two_is_with_who_invites_and_nobody_else(about: dict[str, Any]) -> None:
    """As it says of itself, and as it is."""
    pair = tuple(sorted((Other("x").account, Other("y").account))) if about.get("pair") else None
    invited = Invited(*([Stage("boo")] if about.get("others") else []), kind=DIRECT, pair=pair)
    invited.contact()
    invited.comes()
    assert ("none", ["policy-refused"]) == (invited.phase, refusals(invited))


def test_the_room_of_an_accounts_devices_is_of_one_account() -> None:
    """Nobody else brings us into one."""
    invited = Invited(kind=DEVICES)
    invited.contact()
    invited.comes()
    assert ("none", ["policy-refused"]) == (invited.phase, refusals(invited))


@pytest.mark.parametrize("wrong", ["room", "sender"])
def test_an_invitation_leads_into_the_room_that_it_names_by_who_sent_it(wrong: str) -> None:
    """Or it is refused."""
    invited = Invited()
    sender = Stage("boo").person.card.devices[0].certificate if wrong == "sender" else invited.sender
    room = b"x" * 32 if wrong == "room" else invited.id
    with invited.mina.step() as step, pytest.raises(MlsRefused):
        invitations.open_pack(step, invited.pack, sender, room)


# -- in a room that we knew ---------------------------------------------------------------------------------------


def before(invited: Invited, phase: str, *, jun_admin: bool) -> None:
    """Mina's device knew of the room; Jun was an admin of it, or she alone."""
    with invited.mina.step() as step:
        admins = (invited.jun.me.account,) if jun_admin else (invited.mina.me.account,)
        info = msgspec.structs.replace(invited.info, admins=admins)
        step.add_room(RoomState(invited.id, info, phase, []))


@pytest.mark.parametrize("phase", [LEFT, REMOVED])
@pytest.mark.parametrize(
    ("state", "jun_admin", "joins"),
    [(ACCEPTED, True, True), (None, True, True), (ACCEPTED, False, True), (None, False, False)],
)
def test_into_a_room_that_is_over_its_admins_lead_us_and_contacts(
    phase: str,
    state: ContactState | None,
    jun_admin: bool,  # noqa: FBT001
    joins: bool,  # noqa: FBT001
) -> None:
    """Anybody else's invitation waits for the person."""
    invited = Invited()
    invited.contact(state)
    before(invited, phase, jun_admin=jun_admin)
    with invited.mina.step() as step:
        device_certificates.note(step, invited.jun.person.card)
    invited.comes()
    with invited.mina.step() as step:
        assert (JOINED if joins else phase, not joins) == (
            step.room(invited.id).phase,
            held_invitations.load(step, invited.id) is not None,
        )


@pytest.mark.parametrize(("jun_admin", "phase"), [(True, JOINED), (False, REJOINING)])
def test_into_a_room_that_we_look_for_only_an_admin_leads_us_who_changes_it(jun_admin: bool, phase: str) -> None:  # noqa: FBT001
    """A contact who is none is held back, as they could be anybody's friend."""
    invited = Invited()
    invited.contact()
    before(invited, REJOINING, jun_admin=jun_admin)
    invited.comes()
    assert phase == invited.phase


@pytest.mark.parametrize(("remembered", "phase"), [(True, JOINED), (False, REJOINING)])
def test_after_two_days_without_keys_nobody_leads_us_but_whom_we_remember(remembered: bool, phase: str) -> None:  # noqa: FBT001
    """Who was removed before knows the room, too: of whom we do not remember the person is asked."""
    invited = Invited()
    boo = Other("boo")
    jun = Helper(invited.jun.me.account, invited.jun.me.handle)
    helpers = [Helper(boo.account, boo.handle), *([jun] if remembered else [])]
    before(invited, REJOINING, jun_admin=False)
    with invited.mina.step() as step:
        asked = evidence.LAST_RESORT * len(helpers)
        step.room(invited.id).rejoin = Rejoin("returning", 0, b"", [], helpers, START, attempts=asked)
        device_certificates.note(step, invited.jun.person.card)
    invited.comes()
    with invited.mina.step() as step:
        assert (phase, not remembered) == (
            step.room(invited.id).phase,
            held_invitations.load(step, invited.id) is not None,
        )


@pytest.mark.parametrize("phase", [REJOINING, LEFT, REMOVED])
def test_not_even_an_admin_makes_another_kind_of_room_of_a_group(phase: str) -> None:
    """No commit could: the person is asked, and who invites becomes no contact by it."""
    invited = Invited(kind=DIRECT)
    invited.contact(ASKING)
    with invited.mina.step() as step:
        info = RoomInfo(1, GROUP, "family", RELAY, (invited.jun.me.account,))
        step.add_room(RoomState(invited.id, info, phase, []))
    invited.comes()
    with invited.mina.step() as step:
        assert (phase, True) == (step.room(invited.id).phase, held_invitations.load(step, invited.id) is not None)
        contact = step.store.contact(invited.jun.me.account)
    assert contact is not None
    assert ASKING == contact.state


def test_nothing_takes_the_place_of_a_room_that_we_are_in() -> None:
    """The invitation of a contact is not even told."""
    invited = Invited()
    invited.contact()
    before(invited, JOINED, jun_admin=True)
    with invited.mina.step() as step:
        step.room(invited.id).receipt_at = 77
    invited.comes()
    with invited.mina.step() as step:
        assert 77 == step.room(invited.id).receipt_at
    assert [] == invited.told()


# -- being in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "most"), [(True, 0), (False, 1)])
def test_whoever_comes_in_does_so_without_haste(low: bool, most: int) -> None:  # noqa: FBT001
    """Keys, receipts and a look after our own devices, each at a random time; no commit before the box was read."""
    invited = Invited(low=low, history=((0, b"c" * 32, (b"a" * 32,)),))
    invited.contact()
    invited.comes()
    room = invited.room
    assert room is not None
    assert (invited.jun.me.account, START + MINUTE) == (room.let_in_by, room.current.look_until)
    assert [(0, b"c" * 32, [b"a" * 32])] == [(each.epoch, each.commit, each.removed) for each in room.history]
    assert (START + most * WEEK, START + most * 20_000 + 1, START + most * 2_000) == (
        room.update_at,
        room.tend_at,
        room.receipt_at,
    )
    assert (1, [], RELAY) == (room.epoch, room.intents, room.relay)
    with invited.mina.step() as step:
        assert {invited.mina.me.device, invited.sender.device_id} == {
            each.device for each in step.roster(invited.id).values()
        }


@pytest.mark.parametrize(("kind", "direct"), [("group", False), (DIRECT, True)])
def test_that_we_are_in_is_told_and_noted(kind: str, direct: bool) -> None:  # noqa: FBT001
    """With the name and who invited us."""
    invited = Invited(kind=kind)
    invited.contact(REQUESTED)
    invited.comes()
    joined = {"name": invited.info.name, "direct": direct, "handle": invited.jun.me.handle}
    assert ("joined", joined) in invited.told()
    with invited.mina.step() as step:
        lines = [kinds.stored(line) for line in step.store.messages(invited.id, limit=10)]
        contact = step.store.contact(invited.jun.me.account)
    assert [Notice(NoticeKind.JOINED, invited.jun.me.account)] == lines
    assert contact is not None
    assert ((ACCEPTED, invited.id) if direct else (REQUESTED, b"")) == (contact.state, contact.room)


def test_what_was_written_in_the_room_before_goes_out_again() -> None:
    """Nobody there has it; new keys are wanted, and a wish to leave is over."""
    invited = Invited()
    invited.contact()
    before(invited, LEFT, jun_admin=True)
    id = b"1" * 16
    invited.mina.message(invited.id, id, body=encode_body(Text("hello")), box=b"b" * 32, frame=b"f" * 32)
    with invited.mina.step() as step:
        order = make_order(step.mls, step.local.signature_key, invited.id, step.local.account, [b"leaf"])
        rooms.note_leaving(step, order)
        old = BoxTrack(3, b"s" * 32)
        step.room(invited.id).boxes = [old]
        view(step, old, Other("boo"), 1)
    invited.comes()
    with invited.mina.step() as step:
        assert [] == step.store.views(old.keys.box.address)
    with invited.mina.step() as step:
        room, message = step.room(invited.id), step.store.message(invited.id, id)
        assert message is not None
        assert (MessageState.WAITING, bytes(room.current.keys.box.address)) == (message.state, message.box)
        assert ([UpdateKeys()], False) == (room.intents, rooms.leaving(step, invited.id))


def test_a_room_that_has_moved_is_where_the_order_says_that_came_along() -> None:
    """The room info may not say it yet."""
    invited = Invited()
    invited.contact()
    order = make_move(invited.jun.mls, invited.jun.me.signature_key, invited.id, 1, ELSEWHERE)
    invited.comes(invited.item(order=encode_move(order)))
    room = invited.room
    assert room is not None
    assert (ELSEWHERE, order) == (room.current.relay, room.order)


def test_a_claim_is_made_of_who_is_held() -> None:
    """The record is asked who they are."""
    invited = Invited()
    invited.comes()
    with invited.mina.step() as step:
        assert "pending" == claims.standing(step, invited.jun.me.account)
