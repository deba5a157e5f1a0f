"""A restored device asks contacts for the rooms they share; what is asked, told and believed (devices.md §8)."""

from __future__ import annotations

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery.inbox_sending import asked_back, wanted_handles
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.inbox_items import RoomsAsked, RoomsTold, RoomTold
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP, RoomInfo, encode_info
from nullabona.client.core.model.state import LEFT, REJOINING, RoomState
from nullabona.client.core.restore import returning, seeking
from nullabona.client.core.restore.seeking import MOST_ASKS
from nullabona.client.core.step import Timing
from tests.core.stage import RELAY, START, Other, Randomness, Stage, box_of

JUN, SORA, YUNA = Other("jun"), Other("sora"), Other("yuna")
ROOM, OTHER_ROOM = b"r" * 32, b"o" * 32
DAY_MS = 86_400_000


def restored(*contacts: Other, begun: bool = True, **about: object) -> Stage:
    """A device that began anew, with these contacts, whose inboxes are known."""
    stage = Stage(**about)  # type: ignore[arg-type]
    with stage.step() as step:
        returning.note_restored(step.store)
        if begun:
            seeking.look_after(step)
        for other in contacts:
            inbox_addresses.remember(step, other.card())
    for other in contacts:
        stage.contact(other)
    return stage


def want(stage: Stage, other: Other) -> None:
    """Ask somebody from now on."""
    with stage.step() as step:
        seeking.want(step, other.account, other.handle)


def look(stage: Stage, now: int = START) -> int | None:
    """Ask whoever is due; when the next is."""
    with stage.step(now) as step:
        seeking.look_after(step)
        return seeking.next_due(step)


def asked(stage: Stage, *others: Other) -> list[Other]:
    """Whose inbox a question goes to, in order."""
    boxes = {bytes(other.inbox.address): other for other in others}
    found = [boxes[bytes(box_of(item))] for item in stage.outbox(InboxFrame)]
    assert all(
        each.opened(item.data) == RoomsAsked() for each, item in zip(found, stage.outbox(InboxFrame), strict=True)
    )
    return found


# -- who asks -----------------------------------------------------------------------------------------------------


def test_a_restored_device_asks_everybody_whom_its_backup_has_accepted() -> None:
    """At once, and only the first time; nobody who was only asked, or blocked."""
    stage = restored(JUN, SORA, YUNA, begun=False)
    stage.contact(SORA, ContactState.REQUESTED)
    stage.contact(YUNA, ContactState.BLOCKED)
    with stage.step() as step:
        assert 0 == seeking.next_due(step)
    assert START + 2 * stage.timing.ticket == look(stage)
    assert [JUN] == asked(stage, JUN, SORA, YUNA)
    look(stage, START + 1)
    assert [JUN] == asked(stage, JUN, SORA, YUNA)


def test_a_device_that_was_not_restored_asks_nobody() -> None:
    """It knows its rooms."""
    stage = Stage()
    stage.contact(JUN)
    want(stage, JUN)
    assert None is look(stage)
    assert [] == stage.outbox()


def test_wanting_somebody_again_asks_them_anew_and_nobody_else() -> None:
    """They are asked at once; the others wait for their time."""
    stage = restored(JUN, SORA)
    want(stage, JUN)
    want(stage, SORA)
    look(stage)
    want(stage, JUN)
    look(stage, START)
    assert [JUN, SORA, JUN] == asked(stage, JUN, SORA)
    look(stage, START + DAY_MS)
    assert [JUN, SORA, JUN, SORA, JUN] == asked(stage, JUN, SORA)


def test_the_first_who_is_to_be_asked_again_is_waited_for() -> None:
    """Somebody else was asked later; and once they have answered, nobody is."""
    stage = restored(JUN, SORA)
    want(stage, JUN)
    first = look(stage)
    with stage.step(START + 1) as step:
        seeking.want(step, SORA.account, SORA.handle)
    assert first == look(stage, START + 1)
    with stage.step() as step:
        seeking.told(step, JUN.certificate, RoomsTold(()))
        seeking.told(step, SORA.certificate, RoomsTold(()))
        assert (None, False) == (seeking.next_due(step), seeking.is_asked(step, SORA.account))


@pytest.mark.parametrize(("low", "rng"), [(True, 0), (False, 20_000)])
def test_the_pauses_double_up_to_a_day(*, low: bool, rng: int) -> None:
    """From the wait for a ticket on; a part of it is chance. After so many questions there are no more."""
    stage = restored(JUN, rng=Randomness(low=low))
    want(stage, JUN)
    now, pauses = START, []
    while (due := look(stage, now)) is not None:
        pauses.append(due - now)
        now = due
    assert [min(20_000 * 2**n, DAY_MS) + rng for n in range(MOST_ASKS - 1)] == pauses
    assert MOST_ASKS == len(asked(stage, JUN))
    look(stage, now + 365 * DAY_MS)
    assert MOST_ASKS == len(asked(stage, JUN))


def test_the_longest_pause_is_a_day() -> None:
    """However long the first one is."""
    stage = restored(JUN, timing=Timing(ticket=DAY_MS), rng=Randomness(low=True))
    want(stage, JUN)
    assert START + DAY_MS == look(stage)
    assert START + 2 * DAY_MS == look(stage, START + DAY_MS)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ContactState.ACCEPTED, True),
        (ContactState.REQUESTED, True),
        (ContactState.ASKING, False),
        (ContactState.BLOCKED, False),
    ],
)
def test_who_is_asked_is_a_contact_that_has_not_answered(state: ContactState, *, expected: bool) -> None:
    """Whatever their state was when they were asked; nobody whom we did not ask, and nobody unknown."""
    stage = restored(JUN, SORA)
    want(stage, SORA)
    want(stage, JUN)
    want(stage, YUNA)
    stage.contact(JUN, state)
    with stage.step() as step:
        assert expected is seeking.is_asked(step, JUN.account)
        assert not seeking.is_asked(step, YUNA.account)
        seeking.told(step, JUN.certificate, RoomsTold(()))
        assert not seeking.is_asked(step, JUN.account)
        assert seeking.is_asked(step, SORA.account)


# -- what is told -------------------------------------------------------------------------------------------------


def told(stage: Stage, info: RoomInfo | bytes, *members: tuple[bytes, str], room: bytes = ROOM) -> list[Helper] | None:
    """Jun tells of a room with these members: whom we ask for the way into it; None: it stays unknown."""
    data = info if isinstance(info, bytes) else encode_info(info)
    with stage.step() as step:
        seeking.told(step, JUN.certificate, RoomsTold((RoomTold(room, data, members),)))
        found = step.find_room(room)
        if found is None:
            return None
        assert (REJOINING, []) == (found.phase, found.boxes)
        return found.rejoin.helpers if found.rejoin is not None else []


def named(other: Other) -> tuple[bytes, str]:
    """A member as they are told."""
    return other.account, other.handle


GROUP_INFO = RoomInfo(1, GROUP, "family", RELAY, (JUN.account,))
JUN_HELPS = Helper(JUN.account, JUN.handle)


def test_who_told_of_a_group_is_asked_first_and_others_that_we_have_to_do_with_after() -> None:
    """By the handle that we know; hosts that we have nothing to do with are not asked, nor who goes by another name."""
    stage = restored(JUN, SORA)
    far, near = Other("nari", host="far.example"), Other("yuna")
    members = [
        named(JUN),
        named(SORA),
        named(far),
        named(near),
        (b"x" * 32, "no handle"),
    ]
    expected = [JUN_HELPS, Helper(SORA.account, SORA.handle), Helper(near.account, near.handle)]
    assert expected == told(stage, GROUP_INFO, *members)
    renamed = [(SORA.account, "other@relay.example")]
    assert [JUN_HELPS] == told(stage, GROUP_INFO, *renamed, room=OTHER_ROOM)


def test_into_a_direct_room_leads_only_the_other_person() -> None:
    """Whoever else is named; and only into one of ours with them."""
    stage = restored(JUN, SORA)
    ours = RoomInfo(1, DIRECT, "", RELAY, (), (JUN.account, stage.me.account))
    theirs = RoomInfo(1, DIRECT, "", RELAY, (), (JUN.account, SORA.account))
    assert None is told(stage, theirs, named(SORA))
    assert [JUN_HELPS] == told(stage, ours, named(SORA))


def test_what_nobody_may_tell_of_is_not_believed_and_the_next_room_is() -> None:
    """A room of devices, and what is no room."""
    stage = restored(JUN)
    assert [None, None] == [
        told(stage, info, named(JUN)) for info in (RoomInfo(1, DEVICES, "", RELAY), b"not a room info")
    ]
    rooms = [RoomTold(ROOM, b"", (named(JUN),)), RoomTold(OTHER_ROOM, encode_info(GROUP_INFO), (named(JUN),))]
    with stage.step() as step:
        seeking.told(step, JUN.certificate, RoomsTold(tuple(rooms)))
        assert [False, True] == [step.find_room(each.room) is not None for each in rooms]


# -- who is asked -------------------------------------------------------------------------------------------------


def met(stage: Stage, *others: Other) -> None:
    """These were seen in a room."""
    with stage.step() as step:
        for other in others:
            step.store.put_handle(other.account, other.handle)


def came(stage: Stage, other: Other) -> tuple[list[bytes], set[str]]:
    """A device asks: for whom a wish is kept, and whose card is looked up."""
    with stage.step() as step:
        seeking.came(step, other.certificate)
        return [each.certificate for each in asked_back(step)], wanted_handles(step)


def test_whoever_shares_a_room_with_us_has_their_card_looked_up_before_anything_is_said() -> None:
    """By the handle that we know them by."""
    stage = Stage()
    stage.room(JUN)
    met(stage, JUN)
    assert ([JUN.identity], {JUN.handle}) == came(stage, JUN)
    assert [] == stage.outbox()


def test_whoever_shares_none_is_not_even_looked_up() -> None:
    """Neither somebody unknown, nor whom we only know, nor our own account."""
    stage = Stage()
    stage.room(SORA)
    stage.contact(YUNA)
    met(stage, YUNA, Other("mina"))
    assert ([], set()) == came(stage, JUN)
    assert ([], set()) == came(stage, YUNA)
    stage.contact(SORA, ContactState.BLOCKED)
    met(stage, SORA)
    assert ([], set()) == came(stage, SORA)
    with stage.step() as step:
        step.store.put_handle(stage.me.account, stage.me.handle)
        card = own_devices.card(step.store)
        assert card is not None
        seeking.came(step, card.devices[0].certificate)
        assert [] == asked_back(step)


def answered(stage: Stage, sender: Other, *named_too: Other) -> list[RoomTold]:
    """The rooms that a device of Jun's is told of, once a card of Jun's was looked up that names Jun's first device."""
    with stage.step() as step:
        inbox_addresses.remember(step, JUN.card(*named_too))
        seeking.answer(step, sender.certificate, JUN.card(*named_too))
    said = [JUN.opened(item.data) for item in stage.outbox(InboxFrame)]
    return [room for each in said if isinstance(each, RoomsTold) for room in each.rooms]


def test_a_device_that_the_card_names_is_told_of_the_rooms_that_its_account_is_in() -> None:
    """First those that the device itself is not in; with all others in them, each account once, and their handles."""
    stage = Stage()
    second = Other("jun", 1)
    there = stage.room(JUN, second, SORA)
    without = stage.room(JUN, SORA, Other("sora", 1), YUNA)
    stage.room(SORA)
    met(stage, JUN)
    info = encode_info(stage.info())
    us = (stage.me.account, stage.me.handle)
    expected = [
        RoomTold(without, info, (us, named(SORA), named(YUNA))),
        RoomTold(there, info, (us, named(SORA))),
    ]
    assert expected == answered(stage, second, second)


def test_a_device_that_the_card_does_not_name_is_told_nothing() -> None:
    """It may have been revoked, and its key be in other hands; nor is anything said where nothing is shared."""
    stage = Stage()
    stage.room(JUN)
    assert [] == answered(stage, Other("jun", 1))
    alone = Stage()
    alone.room(SORA)
    assert [] == answered(alone, JUN)


def test_rooms_that_we_are_not_in_and_that_of_our_devices_are_not_told() -> None:
    """We could lead nobody there, or must not."""
    stage = Stage()
    stage.room(JUN, phase=LEFT)
    stage.room(JUN, kind=DEVICES)
    gone = RoomState(ROOM, GROUP_INFO, REJOINING, [])
    with stage.step() as step:
        step.add_room(gone)
        step.store.put_devices([JUN.row(ROOM, 1)])
    last = stage.room(JUN)
    assert [last] == [each.room for each in answered(stage, JUN)]
