"""Invitations that wait for the person: taken, declined, or overtaken by what else happens (spec/room.md §9)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import held_invitations, join_requests, requests
from nullabona.client.core.contacts.join_requests import JoinRequest
from nullabona.client.core.directory.errors import CardRefuted
from nullabona.client.core.identity import claims, device_certificates
from nullabona.client.core.identity.claims import Claim, Enter
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.content import Notice, NoticeKind, Sync
from nullabona.client.core.model.errors import MlsRefused, NoSuchRoom
from nullabona.client.core.model.intents import SetInfo
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DEVICES, DIRECT
from nullabona.client.core.model.state import JOINED, LEFT, REJOINING, RoomState
from nullabona.client.core.model.sync_items import DeclineItem
from nullabona.client.core.restore import returning
from nullabona.client.core.timeline import kinds
from tests.core.invited import Invited
from tests.core.seen import Overheard
from tests.core.stage import START, Other, Stage, rows

WEEK = 7 * 86_400_000
NOBODYS = b"n" * 32
BOO = Other("boo")


def waiting(**about: Any) -> Invited:  # noqa: ANN401 (of the room)
    """A stranger's invitation waits for the person."""
    invited = Invited(**about)
    invited.comes()
    assert "asked" == invited.phase
    return invited


def prove(invited: Invited, standing: claims.Standing = "proven") -> None:
    with invited.mina.step() as step:
        claims.note(step, invited.jun.me.account, standing)


def known(invited: Invited, phase: str) -> None:
    """Mina's device has been in the room before, or is."""
    with invited.mina.step() as step:
        step.add_room(RoomState(invited.id, invited.info, phase, []))


# -- how it waits -------------------------------------------------------------------------------------------------


def test_a_strangers_invitation_is_shown_with_who_sent_it() -> None:
    """And nothing else is done; the record is asked about them."""
    invited = waiting()
    about = {"handle": invited.jun.me.handle, "account": invited.jun.me.account, "name": "family"}
    assert [("room-request", about)] == invited.told()
    with invited.mina.step() as step:
        assert invited.sender == invitations.inviter_of(step, invited.id)
        assert "pending" == claims.standing(step, invited.jun.me.account)


def test_what_the_record_said_of_an_inviter_stays() -> None:
    """They are not asked about again."""
    invited = Invited()
    prove(invited)
    invited.comes()
    with invited.mina.step() as step:
        assert ("proven", []) == (claims.standing(step, invited.jun.me.account), claims.claims(step))


def test_of_an_invitation_that_does_not_wait_nobody_knows_the_inviter() -> None:
    """It is no room of anybody's."""
    with Stage().step() as step:
        for ask in (invitations.inviter_of, invitations.accept_request):
            with pytest.raises(NoSuchRoom):
                ask(step, NOBODYS)


def hold(invited: Invited, *rooms: bytes) -> list[bytes]:
    """Invitations into these rooms come. Which of them wait."""
    with invited.mina.step() as step:
        for room in rooms:
            held_invitations.hold(step, invited.sender, invited.item(room=room), b"pack", invited.info)
        return [room for room in rooms if held_invitations.load(step, room) is not None]


def test_so_many_invitations_wait_and_no_more() -> None:
    """32; one that waits may be replaced, and one that goes makes room for another."""
    invited = Invited()
    rooms = [bytes((number,)) * 32 for number in range(34)]
    assert rooms[:32] == hold(invited, *rooms[:33])
    with invited.mina.step() as step:
        held_invitations.hold(step, invited.sender, invited.item(room=rooms[0]), b"newer", invited.info)
        newer = held_invitations.load(step, rooms[0])
        held_invitations.drop(step, rooms[5])
    assert b"newer" == (newer.pack if newer else b"")
    assert [rooms[33]] == hold(invited, rooms[33])
    assert [] == hold(invited, rooms[32])


def test_an_invitation_that_is_dropped_is_gone_and_told_once() -> None:
    """Dropping what does not wait says nothing."""
    invited = waiting()
    with invited.mina.step() as step:
        held_invitations.drop(step, NOBODYS)
        held_invitations.drop(step, invited.id)
        held_invitations.drop(step, invited.id)
        assert [("room-request-gone", invited.id, {})] == rows(step)
    assert "none" == invited.phase


# -- the person says yes ------------------------------------------------------------------------------------------


def accept(invited: Invited) -> None:
    with invited.mina.step() as step:
        invitations.accept_request(step, invited.id)


def test_a_yes_is_done_once_the_record_has_proven_the_inviter() -> None:
    """Until then the invitation waits with the wish."""
    invited = waiting()
    accept(invited)
    assert "asked" == invited.phase
    with invited.mina.step() as step:
        jun = invited.jun.me
        assert [Claim(jun.account, jun.handle, b"", START, pending=(Enter(invited.id),))] == claims.claims(step)
    prove(invited)
    accept(invited)
    assert JOINED == invited.phase
    assert "room-request-gone" in [kind for kind, _ in invited.told()]
    with invited.mina.step() as step:
        assert None is held_invitations.load(step, invited.id)


def test_whom_the_record_refutes_leads_nowhere() -> None:
    """The person is told; the invitation stays where it is."""
    invited = waiting()
    prove(invited, "refuted")
    with pytest.raises(CardRefuted):
        accept(invited)
    assert "asked" == invited.phase


def test_an_invitation_that_does_not_hold_any_more_is_refused() -> None:
    """What it needs was used meanwhile, say."""
    invited = waiting()
    prove(invited)
    with invited.mina.step() as step:
        held_invitations.hold(
            step, Stage("boo").person.card.devices[0].certificate, invited.item(), invited.pack, invited.info
        )
    with pytest.raises(MlsRefused):
        accept(invited)


# -- or no --------------------------------------------------------------------------------------------------------


def test_a_no_is_said_to_our_other_devices_and_takes_a_yes_back() -> None:
    """So that they do not ask."""
    invited = waiting()
    accept(invited)
    shared = invited.mina.room(invited.mina.also(), kind=DEVICES)
    with invited.mina.step() as step:
        own_devices.set_room(step.store, shared)
        heard = Overheard(step)
        invitations.decline_request(step, invited.id)
        assert [Sync((DeclineItem(invited.id, b"1" * 16),))] == heard.said
        assert [()] == [each.pending for each in claims.claims(step)]
    assert "none" == invited.phase


def test_a_no_to_what_does_not_wait_says_nothing() -> None:
    """There is nothing to tell of."""
    invited = Invited()
    shared = invited.mina.room(invited.mina.also(), kind=DEVICES)
    with invited.mina.step() as step:
        own_devices.set_room(step.store, shared)
        heard = Overheard(step)
        invitations.decline_request(step, invited.id)
        assert ([], []) == (heard.said, rows(step))


@pytest.mark.parametrize(("id", "phase"), [(b"1" * 16, "none"), (b"2" * 16, "asked")])
def test_a_no_on_another_device_counts_for_that_invitation(id: bytes, phase: str) -> None:
    """Not for a newer one into the same room."""
    invited = waiting()
    with invited.mina.step() as step:
        invitations.declined_elsewhere(step, invited.id, id)
    assert phase == invited.phase


def test_an_invitation_that_was_declined_before_it_came_is_not_asked_about() -> None:
    """Another device had it first."""
    invited = Invited()
    with invited.mina.step() as step:
        invitations.declined_elsewhere(step, invited.id, b"1" * 16)
    invited.comes()
    assert "none" == invited.phase


# -- overtaken ----------------------------------------------------------------------------------------------------


def enter_too(invited: Invited) -> str:
    with invited.mina.step() as step:
        invitations.enter_too(step, invited.id)
        assert None is held_invitations.load(step, invited.id)
    return invited.phase


@pytest.mark.parametrize(("phase", "after"), [(None, JOINED), (REJOINING, JOINED), (JOINED, JOINED), (LEFT, LEFT)])
def test_where_our_account_is_we_go_too(phase: str | None, after: str) -> None:
    """An invitation into a room where we are, or were, leads to where it was then: it is dropped."""
    invited = waiting()
    if phase is not None:
        known(invited, phase)
    assert after == enter_too(invited)
    room = invited.room
    assert room is not None
    assert (phase in {None, REJOINING}) is bool(room.boxes)


@pytest.mark.parametrize(("jun_admin", "after"), [(True, JOINED), (False, REJOINING)])
@pytest.mark.parametrize("phase", [None, REJOINING])
def test_where_another_device_of_ours_is_only_an_admin_there_leads_us(
    phase: str | None,
    jun_admin: bool,  # noqa: FBT001
    after: str,
) -> None:
    """Whoever knows the room makes another one with its id: an invitation into that goes when we are told."""
    invited = waiting()
    if phase is not None:
        known(invited, phase)
    admin = invited.jun.me.account if jun_admin else Other("boo").account
    with invited.mina.step() as step:
        invitations.enter_told(step, invited.id, msgspec.structs.replace(invited.info, admins=(admin,)))
        assert None is held_invitations.load(step, invited.id)
    assert (after if jun_admin or phase else "none") == invited.phase


def test_an_invitation_that_holds_no_more_brings_us_nowhere() -> None:
    """It is dropped without a word."""
    invited = waiting()
    with invited.mina.step() as step:
        held_invitations.hold(
            step, Stage("boo").person.card.devices[0].certificate, invited.item(), invited.pack, invited.info
        )
    assert "none" == enter_too(invited)


def test_without_an_invitation_we_go_nowhere() -> None:
    """Nothing waits."""
    assert "none" == enter_too(Invited())


def test_into_a_room_of_two_we_go_when_we_accept_whoever_invited_us() -> None:
    """They had invited us before; it is done once, and not for another account."""
    invited = waiting(kind=DIRECT)
    with invited.mina.step() as step:
        invitations.enter_held(step, Other("boo").account)
    assert "asked" == invited.phase
    with invited.mina.step() as step:
        invitations.enter_held(step, invited.jun.me.account)
        assert None is step.store.get_value(requests.invited_by(invited.jun.me.account))
    assert JOINED == invited.phase


def test_into_a_room_of_two_nobody_else_leads_us_in_their_place() -> None:
    """An invitation of somebody else has taken the place of theirs since."""
    invited = waiting(kind=DIRECT)
    with invited.mina.step() as step:
        boo = Stage("boo").person.card.devices[0].certificate
        held_invitations.hold(
            step, boo, invited.item(), invited.pack, msgspec.structs.replace(invited.info, kind="group")
        )
        invitations.enter_held(step, invited.jun.me.account)
        waits = held_invitations.load(step, invited.id)
    assert ("asked", True) == (invited.phase, waits is not None)


def test_a_group_is_not_entered_by_accepting_whoever_invited_us() -> None:
    """That asks for a yes of its own."""
    invited = waiting()
    with invited.mina.step() as step:
        invitations.enter_held(step, invited.jun.me.account)
    assert "asked" == invited.phase


def wish(invited: Invited, account: bytes, state: str = "waiting") -> None:
    """Mina follows a link of an account's into the room."""
    with invited.mina.step() as step:
        made = JoinRequest(invited.id, account, "jun@relay.example", b"t" * 16, START, state)  # type: ignore[arg-type]
        step.store.set_value("join-requests", msgspec.msgpack.encode([made]))
        assert [made] == join_requests.kept(step)


@pytest.mark.parametrize(
    ("whose", "state", "phase"),
    [("jun", "waiting", JOINED), ("jun", "withdrawn", "asked"), ("boo", "waiting", "asked"), ("", "", "asked")],
)
def test_whoever_follows_a_link_into_a_group_takes_its_givers_invitation(whose: str, state: str, phase: str) -> None:
    """Nobody else's, nor one for which the person does not wait any more."""
    invited = waiting()
    if whose:
        wish(invited, invited.jun.me.account if whose == "jun" else Other("boo").account, state)
    with invited.mina.step() as step:
        invitations.enter_requested(step, invited.id)
        invitations.enter_requested(step, NOBODYS)
    assert phase == invited.phase


@pytest.mark.parametrize(
    ("whose", "state", "contact", "phase"),
    [
        ("jun", "waiting", False, JOINED),
        ("jun", "withdrawn", True, "asked"),
        ("boo", "waiting", True, "asked"),
    ],
)
def test_an_invitation_that_was_wished_for_is_taken(whose: str, state: str, contact: bool, phase: str) -> None:  # noqa: FBT001
    """One that is not wished for any more waits, also a contact's; and so does another's while ours is awaited."""
    invited = Invited()
    invited.contact(ContactState.ACCEPTED if contact else None)
    with invited.mina.step() as step:
        device_certificates.note(step, invited.jun.person.card)
    wish(invited, invited.jun.me.account if whose == "jun" else Other("boo").account, state)
    invited.comes()
    assert phase == invited.phase
    if phase == JOINED:
        with invited.mina.step() as step:
            assert [] == join_requests.kept(step)
            [line] = step.store.messages(invited.id, limit=10)
            assert Notice(NoticeKind.CAME, invited.jun.me.account) == kinds.stored(line)


@pytest.mark.parametrize(("admin", "phase"), [(True, JOINED), (False, "asked")])
def test_into_a_room_of_which_another_device_told_us_its_admins_lead(admin: bool, phase: str) -> None:  # noqa: FBT001
    """As that device knows it; a plain member of it could make another with its id."""
    invited = Invited()
    with invited.mina.step() as step:
        device_certificates.note(step, invited.jun.person.card)
        told = msgspec.structs.replace(invited.info, admins=(invited.jun.me.account if admin else BOO.account,))
        helpers = [Helper(invited.jun.me.account, invited.jun.me.handle), Helper(BOO.account, BOO.handle)]
        returning.expect(step, NOBODYS, invited.info, helpers)
        returning.expect(step, invited.id, told, helpers)
    invited.comes()
    assert phase == invited.phase


# -- in place of a branch -----------------------------------------------------------------------------------------


def test_while_we_look_for_the_room_an_admins_invitation_takes_its_place() -> None:
    """With what we wanted there, and what others had cost; old work is done again on the new branch."""
    invited = Invited()
    invited.contact()
    jun = invited.jun.me
    with invited.mina.step() as step:
        rejoin = Rejoin("fork", 0, b"c" * 32, [], [Helper(jun.account, jun.handle)], START)
        room = RoomState(invited.id, invited.info, JOINED, [], rejoin=rejoin, intents=[SetInfo("new name")])
        room.doubted = {"aa": START + 1}
        step.add_room(room)
    invited.comes()
    found = invited.room
    assert found is not None
    assert (None, {"aa": START + 1}, True) == (found.rejoin, found.doubted, SetInfo("new name") in found.intents)


@pytest.mark.parametrize("why", ["no admin", "nothing is looked for", "not asked"])
def test_else_nothing_takes_the_place_of_a_room_that_we_are_in(why: str) -> None:
    """Neither a plain member's invitation, nor an admin's if we miss nothing."""
    invited = Invited()
    invited.contact()
    jun = invited.jun.me
    asked = jun.account if why != "not asked" else Other("boo").account
    admins = (invited.mina.me.account,) if why == "no admin" else invited.info.admins
    with invited.mina.step() as step:
        rejoin = Rejoin("fork", 0, b"c" * 32, [], [Helper(asked, jun.handle)], START)
        info = msgspec.structs.replace(invited.info, admins=admins)
        room = RoomState(invited.id, info, JOINED, [], rejoin=None if why == "nothing is looked for" else rejoin)
        room.receipt_at = 77
        step.add_room(room)
    invited.comes()
    found = invited.room
    assert found is not None
    assert 77 == found.receipt_at
