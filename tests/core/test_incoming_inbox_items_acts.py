"""What each kind of item in the inbox does, and of whom it is believed (spec/room.md §§7, 9)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.contacts import join_requests, links
from nullabona.client.core.contacts.join_requests import JoinRequest
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.devices.inbox_state import InboxState
from nullabona.client.core.group import branches
from nullabona.client.core.identity import claims, device_certificates, inbox_addresses
from nullabona.client.core.incoming import inbox_items
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.inbox_items import (
    FileRequest,
    Gone,
    Invitation,
    ItemBody,
    LinkRefusal,
    LinkUse,
    RoomsAsked,
    RoomsTold,
    RoomTold,
    Ticket,
    TicketRequest,
    sign_item,
)
from nullabona.client.core.model.records import ContactState, FileState, Piece, StoredFile
from nullabona.client.core.model.room_info import DIRECT, encode_info
from nullabona.client.core.model.state import JOINED, REJOINING, REMOVED, Merged
from nullabona.client.core.restore import returning, seeking
from nullabona.client.core.step import Step
from nullabona.client.core.sync import former_rooms
from nullabona.client.core.sync.rejoin import Join
from nullabona.wire.address import Address
from nullabona.wire.blob import cut_blob
from nullabona.wire.messages import Frames
from nullabona.wire.operator_notice import HEADER
from nullabona.wire.seal import ITEM_DIRECT, seal_to_inbox
from tests.core.stage import RELAY, Other, Pair, Stage, out

JUN, DORA = Other("jun"), Other("dora")
ROOM, TOKEN, MESSAGE = b"r" * 32, bytes(16), b"m" * 16
REF, CHUNKS = cut_blob(bytes(32), b"pack")


def came(stage: Stage, step: Step, other: Other, body: ItemBody) -> tuple[InboxState, list[Join]]:
    """An item of somebody lies in our inbox and is read; where the inbox stands then, and the joins that were begun."""
    public = stage.person.card.inbox
    frame = seal_to_inbox(public, ITEM_DIRECT + sign_item(other.mls, Address(public.address), body))
    state = inbox_state.load(step)
    assert state is not None
    answer = Frames(b"inc", state.position + 1, ((state.position + 1, frame),))
    return state, inbox_items.take_frames(step, state, state.position, answer, RELAY)


def rejoin(step: Step, *helpers: Other, reason: str = "fork", commit: bytes = b"") -> Rejoin:
    """We look for the way to another branch and ask these."""
    found = [Helper(each.account, each.handle) for each in helpers]
    return Rejoin(reason, 0, commit, [], found, step.now + 9)


# -- asked of us ----------------------------------------------------------------------------------------------------


def test_a_member_who_asks_for_help_gets_a_ticket() -> None:
    """Even one who is blocked, if nobody else of the group could give it."""
    for blocked in (False, True):
        stage = Stage()
        room = stage.room(JUN)
        stage.contact(JUN, ContactState.BLOCKED if blocked else ContactState.ACCEPTED)
        with stage.step() as step:
            inbox_addresses.remember(step, JUN.card())
            came(stage, step, JUN, TicketRequest(room, 0, b""))
        assert [Ticket] == [type(item) for item in stage.sent_to(JUN)]


@pytest.mark.parametrize("blocked", [False, True])
def test_whoever_follows_a_link_is_looked_at_unless_blocked(*, blocked: bool) -> None:
    """A blocked account causes nothing."""
    stage = Stage()
    room = stage.room(DORA)
    stage.contact(JUN, ContactState.BLOCKED if blocked else ContactState.ACCEPTED)
    with stage.step() as step:
        link = links.make_room_link(step, room, hours=1, uses=0)
        came(stage, step, JUN, LinkUse(room, link.token, JUN.card().encoded))
        assert ([] if blocked else [JUN.account]) == [each.account for each in claims.claims(step)]


def test_a_member_who_lacks_a_file_of_ours_has_it_put_back() -> None:
    """Its pieces count as not there."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        step.store.put_file(StoredFile(room, MESSAGE, mine=True, state=FileState.HERE))
        step.store.put_pieces(room, MESSAGE, [Piece(0, b"d" * 32, done=True)])
        came(stage, step, JUN, FileRequest(room, MESSAGE))
        assert [Piece(0, b"d" * 32, done=False)] == step.store.pieces(room, MESSAGE)


def test_a_member_who_came_back_without_rooms_is_looked_up() -> None:
    """Before anything is said."""
    stage = Stage()
    stage.room(JUN)
    with stage.step() as step:
        step.store.put_handle(JUN.account, JUN.handle)
        came(stage, step, JUN, RoomsAsked())
        assert [JUN.certificate.encode()] == [each.certificate for each in inbox_sending.asked_back(step)]


def test_an_invitation_that_lies_elsewhere_waits_until_it_has_come() -> None:
    """Its blob is asked for."""
    stage = Stage()
    with stage.step() as step:
        state, _ = came(stage, step, JUN, Invitation(TOKEN, ROOM, RELAY, REF))
        assert (1, b"") == (len(state.waiting), state.waiting[0].account)
        for digest, data in CHUNKS:
            step.store.put_chunk(digest, data, step.day)
        inbox_items.upkeep(step, state)
        assert [] == state.waiting


# -- answered to us: refusals ---------------------------------------------------------------------------------------


def requested(step: Step) -> None:
    """We asked somebody, whom we know of no other way, to be let into a group."""
    step.store.set_value(
        "join-requests", msgspec.msgpack.encode([JoinRequest(ROOM, JUN.account, JUN.handle, TOKEN, step.now)])
    )


@pytest.mark.parametrize("named", [True, False, None])
def test_a_refusal_of_whom_we_asked_counts_once_their_card_names_the_device(*, named: bool | None) -> None:
    """Looked up before: it is believed. Looked up since, and another device: it is not. Never: it waits for that."""
    stage = Stage()
    with stage.step() as step:
        requested(step)
        if named is not None:
            device_certificates.note(step, JUN.card() if named else Other("jun", 1).card())
        state, _ = came(stage, step, JUN, LinkRefusal(ROOM, TOKEN, "used"))
        [request] = join_requests.kept(step)
        assert ("used" if named else "waiting", 1 if named is None else 0) == (request.state, len(state.waiting))


@pytest.mark.parametrize("who", [DORA, JUN])
def test_a_refusal_by_anybody_else_or_about_another_room_is_nothing(who: Other) -> None:
    """Though their card names the device."""
    stage = Stage()
    with stage.step() as step:
        requested(step)
        device_certificates.note(step, who.card())
        room = ROOM if who is DORA else bytes(32)
        state, _ = came(stage, step, who, LinkRefusal(room, TOKEN, "used"))
        assert (["waiting"], []) == ([request.state for request in join_requests.kept(step)], state.waiting)


# -- answered to us: rooms ------------------------------------------------------------------------------------------


def told(stage: Stage, step: Step, other: Other) -> tuple[bool, int]:
    """Somebody says that we share a group: whether we ask our way into it, and how many items wait."""
    room = RoomTold(ROOM, encode_info(stage.info()), ((other.account, other.handle),))
    state, _ = came(stage, step, other, RoomsTold((room,)))
    found = step.find_room(ROOM)
    assert found is None or found.phase == REJOINING
    return found is not None, len(state.waiting)


@pytest.mark.parametrize("named", [True, False, None])
def test_a_contact_whom_a_restored_device_asked_says_which_rooms_we_share(*, named: bool | None) -> None:
    """Believed as the device that their card names."""
    stage = Stage()
    stage.contact(JUN)
    with stage.step() as step:
        step.store.set_value(returning.RESTORED, b"begun")
        seeking.want(step, JUN.account, JUN.handle)
        if named is not None:
            device_certificates.note(step, JUN.card() if named else Other("jun", 1).card())
        assert (bool(named), 1 if named is None else 0) == told(stage, step, JUN)


def test_a_contact_who_was_not_asked_tells_nothing() -> None:
    """Nor does it wait."""
    stage = Stage()
    stage.contact(JUN)
    with stage.step() as step:
        device_certificates.note(step, JUN.card())
        assert (False, 0) == told(stage, step, JUN)


# -- answered to us: that we are out --------------------------------------------------------------------------------


def gone(stage: Stage, step: Step, room: bytes, other: Other = JUN) -> int:
    """Somebody says that we are out of a room: how many items wait."""
    state, _ = came(stage, step, other, Gone(room, day=step.day))
    return len(state.waiting)


def test_whoever_knows_of_a_room_tells_us_that_we_are_out() -> None:
    """A member's word is only counted; at that of an admin the room is left."""
    stage = Stage()
    info = stage.info(JUN)
    room = stage.room(JUN, DORA, info=type(info)(1, info.kind, info.name, info.relay, (DORA.account,)))
    with stage.inside(room) as (step, state, _):
        state.rejoin = rejoin(step, JUN, DORA)
        assert (0, JOINED) == (gone(stage, step, room), state.phase)
        assert (0, REMOVED) == (gone(stage, step, room, DORA), step.room(room).phase)


def test_nobody_tells_us_that_we_are_out_who_was_not_asked() -> None:
    """Neither in a room in which we look for nothing, nor by a stranger, nor of a room that we do not know."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, _):
        device_certificates.note(step, DORA.card())
        assert 0 == gone(stage, step, room)
        state.rejoin = rejoin(step, JUN)
        assert [0, 0] == [gone(stage, step, room, DORA), gone(stage, step, ROOM)]
        assert (JOINED, []) == (state.phase, state.rejoin.gone)


@pytest.mark.parametrize("named", [True, False, None])
def test_a_room_of_which_we_remember_only_that_we_were_in_is_left_on_its_admins_word(*, named: bool | None) -> None:
    """Once the card shows that it is theirs."""
    stage = Stage()
    info = stage.info(JUN)
    room = stage.room(info=type(info)(1, info.kind, info.name, info.relay, (JUN.account,)))
    with stage.inside(room) as (step, state, _):
        state.phase, state.rejoin, state.boxes = REJOINING, rejoin(step, JUN), []
        if named is not None:
            device_certificates.note(step, JUN.card() if named else Other("jun", 1).card())
        waits = gone(stage, step, room)
        phase = step.room(room).phase
        assert (named is None, REJOINING if not named else REMOVED) == (bool(waits), phase)


# -- answered to us: tickets ----------------------------------------------------------------------------------------


def test_a_ticket_of_whom_we_asked_begins_a_way_back() -> None:
    """One external commit, which waits for the box; not without a question, nor from anybody else."""
    pair = Pair()
    with pair.jun.inside(pair.id) as (theirs, state, _):
        ticket = former_rooms.make_ticket(theirs, state)
    ticket = msgspec.structs.replace(ticket, epoch=2, secret=bytes(32))
    jun = device_of(pair)
    with pair.us.inside(pair.id) as (step, state, _):
        assert [] == came(pair.us, step, jun, ticket)[1]
        state.rejoin = rejoin(step, reason="frames-missing")
        device_certificates.note(step, DORA.card())
        assert [] == came(pair.us, step, DORA, ticket)[1]
        assert [] == came(pair.us, step, jun, msgspec.structs.replace(ticket, room=ROOM))[1]
        [join] = came(pair.us, step, jun, ticket)[1]
        assert (pair.id, pair.jun.me.account) == (join.room, join.by)


def device_of(pair: Pair) -> Other:
    """The second device of a pair as somebody who signs items."""
    other = Other("jun")
    for name, value in (
        ("account_key", pair.jun.person.identity),
        ("seed", pair.jun.person.seed),
        ("signature_key", pair.jun.me.signature_key),
        ("certificate", pair.jun.person.card.devices[0].certificate),
    ):
        vars(other)[name] = value
    return other


def test_a_ticket_waits_while_it_is_not_known_whether_its_device_is_the_accounts() -> None:
    """Of an account that we ask; the device is in no room with us."""
    stage = Stage()
    room = stage.room(JUN)
    other = Other("jun", 1)
    ticket = Ticket(room, 5, bytes(32), b"", b"", b"", 0, ())
    with stage.inside(room) as (step, state, _):
        state.rejoin = rejoin(step, JUN)
        found, joins = came(stage, step, other, ticket)
        assert ([], 1) == (joins, len(found.waiting))
        device_certificates.note(step, JUN.card())
        assert ([], 0) == (inbox_items.upkeep(step, found), len(found.waiting))


# -- handed over in a room of two -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "by", "waits"), [(DIRECT, "jun", 1), ("group", "jun", 0), (DIRECT, "us", 0)])
def test_an_invitation_comes_by_the_room_of_two(kind: str, by: str, waits: int) -> None:
    """As if it lay in the inbox, signed by the device that said it; by no other room and not from ourselves."""
    pair = Pair(kind)
    invitation = Invitation(TOKEN, ROOM, RELAY, REF)
    with pair.us.inside(pair.id) as (step, state, _):
        whose = pair.jun.me.account if by == "jun" else pair.us.me.account
        [device] = [each for each in step.roster(pair.id).values() if each.account == whose]
        inbox_items.handed(step, state, device, invitation)
        found = inbox_state.load(step)
        assert found is not None
        certificate = pair.jun.person.card.devices[0].certificate.encode()
        assert [(certificate, msgspec.msgpack.encode(invitation), RELAY)] * waits == [
            (item.by, item.plain, item.relay) for item in found.waiting
        ]
        for digest, data in CHUNKS:
            step.store.put_chunk(digest, data, step.day)
        assert ([], []) == (inbox_items.upkeep(step, found), found.waiting)


def test_nothing_is_handed_over_before_there_is_an_inbox() -> None:
    """A device that is none of its account's any more has none."""
    pair = Pair(DIRECT)
    with pair.us.inside(pair.id) as (step, state, _):
        step.store.delete_value("inbox")
        [device] = [each for each in step.roster(pair.id).values() if each.account == pair.jun.me.account]
        inbox_items.handed(step, state, device, Invitation(TOKEN, ROOM, RELAY, REF))
        assert (None, []) == (step.store.get_value("inbox"), out(step))


def test_a_notice_of_the_operator_is_looked_at_as_such() -> None:
    """What only claims to be one is counted; it is no item of anybody."""
    stage = Stage()
    public = stage.person.card.inbox
    with stage.step() as step:
        state = inbox_state.load(step)
        assert state is not None
        frame = seal_to_inbox(public, ITEM_DIRECT + HEADER + b"{}")
        assert [] == inbox_items.take_frames(step, state, 0, Frames(b"inc", 1, ((1, frame),)), RELAY)
        assert ([], True) == (state.waiting, step.store.get_value("operator-notices-refused") is not None)


def test_a_room_that_is_watched_is_watched_no_more_once_we_are_told_that_we_are_out() -> None:
    """By its admin, whom we asked."""
    stage = Stage()
    info = stage.info(JUN)
    room = stage.room(JUN, info=type(info)(1, info.kind, info.name, info.relay, (JUN.account,)))
    with stage.inside(room) as (step, state, _):
        state.phase, state.rejoin = REMOVED, rejoin(step, JUN)
        assert 0 == gone(stage, step, room)
        assert (REMOVED, 0, True) == (state.phase, len(state.boxes), state.rejoin is None)


def test_a_late_ticket_to_a_branch_that_wins_makes_us_ask_where_the_others_are() -> None:
    """If a member sends it; nobody goes there by it."""
    for other, asks in ((JUN, True), (DORA, False)):
        stage = Stage()
        room = stage.room(JUN, history=[Merged(0, b"x" * 32, [], [], [])])
        ticket = Ticket(room, 9, bytes(32), b"", b"", b"", 0, ((0, b"a" * 32, ()),))
        with stage.step() as step:
            came(stage, step, other, ticket)
            found = step.room(room).rejoin
            assert (branches.SPENT if asks else "") == (found.reason if found is not None else "")
