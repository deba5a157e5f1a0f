"""Who gets a way back into a room from us, who is told that they are out, and who hears nothing (spec/room.md §7)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model import branches
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.inbox_items import Gone, ItemBody, Ticket, TicketRequest
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DIRECT, GROUP
from nullabona.client.core.model.state import LEFT, REJOINING, Merged, RoomState
from nullabona.client.core.step import DAY_MS
from nullabona.client.core.sync import former_rooms, tickets
from nullabona.wire.card import Card
from tests.core.stage import Other, Stage

JUN, DORA = Other("jun"), Other("dora")
JUN_TOO = Other("jun", 1)
COMMIT, ELSE = b"c" * 32, b"e" * 32


def asked(
    stage: Stage,
    room: bytes,
    by: Other = JUN,
    *,
    commit: bytes = b"",
    epoch: int = 0,
    own: bytes = b"",
    newest: tuple[int, bytes] = (0, b""),
    card: Card | None = None,
) -> list[type[ItemBody]]:
    """Somebody asks us for a way back: what goes into their account's inbox."""
    for other in (JUN, DORA):
        with stage.step() as step:
            inbox_addresses.remember(step, other.card())
    before = len(sent(stage, by))
    with stage.step() as step:
        tickets.help_back(step, by.certificate, TicketRequest(room, epoch, commit, own, *newest), card)
    return [type(each) for each in sent(stage, by)[before:]]


def sent(stage: Stage, to: Other) -> list[ItemBody]:
    return stage.sent_to(to)


def looked_up(stage: Stage) -> list[bytes]:
    """Who waits until the card of their account was looked up."""
    with stage.step() as step:
        return [each.certificate for each in inbox_sending.asked_back(step)]
    raise AssertionError


# -- where we are ---------------------------------------------------------------------------------------------------


def test_a_member_gets_a_ticket_to_where_we_are() -> None:
    """The epoch's secret and how far its box was read."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (_, state, track):
        track.incarnation, track.position = b"inc", 7
    assert [Ticket] == asked(stage, room)
    [ticket] = sent(stage, JUN)
    with stage.inside(room) as (step, state, track):
        assert former_rooms.make_ticket(step, state) == ticket
        assert isinstance(ticket, Ticket)
        assert (room, 0, track.secret, b"inc", 7) == (
            ticket.room,
            ticket.epoch,
            ticket.secret,
            ticket.incarnation,
            ticket.seq,
        )


@pytest.mark.parametrize("phase", [LEFT, "removed"])
def test_who_is_out_of_a_room_helps_nobody_into_it(phase: str) -> None:
    """Nor who never was in."""
    stage = Stage()
    assert [] == asked(stage, stage.room(JUN, phase=phase))
    assert [] == asked(stage, bytes(32))


def test_our_own_question_in_the_inbox_that_devices_share_is_not_answered() -> None:
    """It is by this very device."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        certificate = stage.person.card.devices[0].certificate
        tickets.help_back(step, certificate, TicketRequest(room, 0, b""))
    assert [] == stage.outbox()


@pytest.mark.parametrize(
    ("commit", "epoch", "helped"),
    [(b"", 0, True), (COMMIT, 1, True), (ELSE, 1, False), (COMMIT, 0, False)],
    ids=["lost", "ours", "another", "of another epoch"],
)
def test_a_way_to_a_branch_is_shown_by_who_went_through_its_commit(commit: bytes, epoch: int, *, helped: bool) -> None:
    """Whoever only lost the thread is helped by all."""
    stage = Stage()
    room = stage.room(JUN, history=[Merged(0, ELSE[:31] + b"x", [], [], []), Merged(1, COMMIT, [], [], [])])
    assert ([Ticket] if helped else []) == asked(stage, room, commit=commit, epoch=epoch)


@pytest.mark.parametrize(
    ("epoch", "own", "helped"),
    [(1, ELSE, True), (1, COMMIT, False), (1, b"", False), (0, ELSE, True), (2, ELSE, False)],
    ids=["third", "same", "unknown", "forgotten", "later"],
)
def test_a_member_on_a_third_branch_says_where_it_is(epoch: int, own: bytes, *, helped: bool) -> None:
    """Neither on the branch that is asked for nor on that of the one who asks, as far as we remember."""
    stage = Stage()
    room = stage.room(JUN, history=[Merged(1, COMMIT, [], [], [])])
    assert ([Ticket] if helped else []) == asked(stage, room, commit=b"?" * 32, epoch=epoch, own=own)


@pytest.mark.parametrize(
    ("newest", "helped"),
    [((2, ELSE), True), ((2, COMMIT), False), ((1, COMMIT), False), ((9, COMMIT), True), ((0, b""), False)],
    ids=["elsewhere", "with us", "behind us", "ahead of us", "unnamed"],
)
def test_who_asks_for_what_there_is_not_is_shown_where_we_are_if_we_are_elsewhere(
    newest: tuple[int, bytes], *, helped: bool
) -> None:
    """By the newest commit that they name: the one asked for may be of an epoch before our branches parted."""
    stage = Stage()
    room = stage.room(JUN, history=[Merged(1, COMMIT, [], [], []), Merged(2, COMMIT, [], [], [])])
    found = asked(stage, room, commit=b"?" * 32, epoch=1, own=COMMIT, newest=newest)
    assert ([Ticket] if helped else []) == found


# -- who is out -----------------------------------------------------------------------------------------------------


def test_whoever_was_met_is_told_that_they_are_out_once_a_day() -> None:
    """Not who is blocked, nor a stranger."""
    stage = Stage()
    room = stage.room(DORA)
    assert [] == asked(stage, room)
    with stage.step() as step:
        step.store.put_handle(JUN.account, JUN.handle)
    assert [Gone] == asked(stage, room)
    assert [] == asked(stage, room)
    stage.now += DAY_MS
    stage.contact(JUN, ContactState.BLOCKED)
    assert [] == asked(stage, room)
    stage.contact(JUN)
    assert ([Gone], []) == (asked(stage, room), looked_up(stage))


def test_they_are_told_of_each_room_apart() -> None:
    """And each of them."""
    stage = Stage()
    rooms = [stage.room(), stage.room()]
    with stage.step() as step:
        for other in (JUN, DORA):
            step.store.put_handle(other.account, other.handle)
    assert [[Gone]] * 4 == [asked(stage, room, by) for room in rooms for by in (JUN, DORA)]


@pytest.mark.parametrize("gone", [True, False])
def test_a_device_of_ours_that_was_removed_is_told_that_it_is_out(*, gone: bool) -> None:
    """One that only is new gets its ticket, if the card names it."""
    stage = Stage()
    room, phone = stage.room(JUN), stage.also()
    stage.name_devices(phone)
    if gone:
        stage.name_devices()
    with stage.step() as step:
        tickets.help_back(step, phone.certificate, TicketRequest(room, 0, b""))
        assert gone == (phone.device in own_devices.gone(step.store))
        [item] = inbox_sending.unsent(step)
        assert stage.me.account == item.account
        body: ItemBody = msgspec.msgpack.decode(item.item, type=ItemBody)
        assert (Gone if gone else Ticket) is type(body)


def test_a_device_of_ours_that_no_card_names_gets_nothing() -> None:
    """And nobody is asked about it: our own card is known."""
    stage = Stage()
    room, phone = stage.room(JUN), stage.also()
    with stage.step() as step:
        tickets.help_back(step, phone.certificate, TicketRequest(room, 0, b""))
        assert ([], []) == (inbox_sending.unsent(step), inbox_sending.asked_back(step))


# -- who is blocked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "others", "helped"), [(GROUP, (), True), (GROUP, (DORA,), False), (DIRECT, (), False)]
)
def test_a_blocked_member_is_left_to_the_others(kind: str, others: tuple[Other, ...], *, helped: bool) -> None:
    """Only where there are none the group needs us."""
    stage = Stage()
    room = stage.room(JUN, *others, JUN_TOO, stage.also(), kind=kind)
    stage.contact(JUN, ContactState.BLOCKED)
    assert ([Ticket] if helped else []) == asked(stage, room)


# -- which device ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("card", "helped"), [("names", True), ("not", False), ("another", False)])
def test_a_new_device_of_a_member_is_helped_once_its_accounts_card_names_it(card: str, *, helped: bool) -> None:
    """Before, the card is looked up; after that, nothing more is."""
    stage = Stage()
    room = stage.room(JUN, DORA)
    assert ([], [JUN_TOO.identity]) == (asked(stage, room, JUN_TOO), looked_up(stage))
    cards = {"names": JUN.card(JUN_TOO), "not": JUN.card(), "another": DORA.card()}
    with stage.step() as step:
        inbox_sending.take_asked_back(step, JUN.account)
    assert [Ticket] * helped == asked(stage, room, JUN_TOO, card=cards[card])
    assert [] == looked_up(stage)


def test_a_device_that_was_put_out_keeps_no_other_of_its_account_out() -> None:
    """However long it has asked, a new one is looked up at once, and let in by what the card says."""
    stage = Stage()
    room, anew = stage.room(JUN, DORA), Other("jun", 2)
    for _ in range(12):
        asked(stage, room, JUN_TOO)
        with stage.step() as step:
            inbox_sending.take_asked_back(step, JUN.account)
            inbox_addresses.looked_up(step, JUN.handle)
        stage.now += 100_000
    assert [] == asked(stage, room, anew)
    with stage.step() as step:
        assert {JUN.handle} == inbox_sending.wanted_handles(step)
    assert [Ticket] == asked(stage, room, anew, card=JUN.card(anew))


def test_a_member_is_looked_up_by_the_handle_that_they_have_in_the_room() -> None:
    """Whatever a certificate says: it could name any host."""
    stage = Stage()
    room = stage.room(JUN)
    elsewhere = Other("jun", 1, "far.example")
    assert [] == asked(stage, room, elsewhere)
    with stage.step() as step:
        assert {JUN.handle} == inbox_sending.wanted_handles(step)


# -- while we ask ourselves -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "ordered", "attempts", "commit", "epoch", "helped"),
    [
        (COMMIT, False, 0, b"", 0, True),
        (COMMIT, True, 0, b"", 0, False),
        (COMMIT, True, 7, b"", 0, False),
        (COMMIT, True, 8, b"", 0, True),
        (b"", False, 0, COMMIT, 0, True),
        (b"", False, 1, b"", 0, False),
        (b"", False, 2, b"", 0, True),
        (b"", False, 2, b"", 1, False),
    ],
)
def test_who_asks_themselves_helps_those_in_the_same_plight(
    ours: bytes, attempts: int, commit: bytes, epoch: int, *, ordered: bool, helped: bool
) -> None:
    """Of another branch we only heard; or both lost the thread at one place, and who lost nothing had their chance."""
    stage = Stage()
    rejoin = Rejoin("fork", 0, ours, [], [], 0, attempts=attempts, ordered=ordered)
    room = stage.room(JUN, rejoin=rejoin, history=[Merged(0, COMMIT, [], [], [])])
    assert [Ticket] * helped == asked(stage, room, commit=commit, epoch=epoch)


# -- from a room that we only remember ------------------------------------------------------------------------------


def away(stage: Stage, *others: Other, attempts: int = 2, reason: str = branches.RETURNING) -> bytes:
    """A room whose keys we gave up; everybody was asked so often."""
    room = stage.room(*others)
    with stage.inside(room) as (step, state, _):
        way = former_rooms.keep(step, state)
        step.forget_room(room)
        helpers = [Helper(others[0].account, others[0].handle)]
        rejoin = Rejoin(reason, 0, b"", [], helpers, step.now, attempts=attempts)
        step.add_room(RoomState(room, state.info, REJOINING, [], rejoin=rejoin))
        former_rooms.put(step, room, way)
    return room


@pytest.mark.parametrize(
    ("about", "commit", "helped"),
    [
        ({}, b"", True),
        ({"attempts": 1}, b"", False),
        ({"reason": "fork"}, b"", False),
        ({}, COMMIT, False),
    ],
)
def test_when_everybody_was_asked_a_former_member_is_let_in_by_what_was_kept(
    about: dict[str, object], commit: bytes, *, helped: bool
) -> None:
    """One of its devices that their account's card names: they are in no room of ours that could show it."""
    stage = Stage()
    room = away(stage, JUN, **about)  # type: ignore[arg-type]
    assert [Ticket] * helped == asked(stage, room, commit=commit, card=JUN.card())
    assert [] == looked_up(stage)


def test_without_a_card_it_is_looked_up_first() -> None:
    """By the handle by which they are known; once it was, the device is named or is not."""
    stage = Stage()
    stage.contact(JUN)
    room = away(stage, JUN)
    assert ([], [JUN.identity]) == (asked(stage, room), looked_up(stage))
    with stage.step() as step:
        inbox_sending.take_asked_back(step, JUN.account)
    assert ([], []) == (asked(stage, room, JUN_TOO, card=JUN.card()), looked_up(stage))


def test_nobody_comes_in_so_who_was_not_in_or_is_blocked() -> None:
    """Nor by a room of which nothing was kept, nor one in which nothing is asked."""
    stage = Stage()
    room = away(stage, JUN)
    assert [] == asked(stage, room, DORA, card=DORA.card())
    stage.contact(JUN, ContactState.BLOCKED)
    assert [] == asked(stage, room, card=JUN.card())
    stage.contact(JUN)
    with stage.step() as step:
        step.room(room).rejoin = None
    assert [] == asked(stage, room, card=JUN.card())
    with stage.step() as step:
        step.room(room).rejoin = Rejoin(branches.RETURNING, 0, b"", [], [], 0, attempts=2)
        step.forget_way(room)
    assert [] == asked(stage, room, card=JUN.card())


def test_our_own_devices_come_in_by_our_card_alone() -> None:
    """Nothing is looked up for them."""
    stage = Stage()
    phone = stage.also()
    room = away(stage, JUN)
    with stage.step() as step:
        tickets.help_back(step, phone.certificate, TicketRequest(room, 0, b""))
        assert ([], []) == (inbox_sending.unsent(step), inbox_sending.asked_back(step))
    stage.name_devices(phone)
    with stage.step() as step:
        tickets.help_back(step, phone.certificate, TicketRequest(room, 0, b""))
        assert [stage.me.account] == [each.account for each in inbox_sending.unsent(step)]
