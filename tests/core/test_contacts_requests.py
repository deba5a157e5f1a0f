"""Writing to other accounts' inboxes: what goes at once, what waits for a card, and for how long (room.md §9)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core import acquaintance
from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.delivery.inbox_sending import (
    MAX_CAUSED_LOOKUPS,
    MAX_LOOKUPS,
    MOST_ASKED_BACK,
    MOST_CAUSED,
    MOST_CAUSED_BY_ONE,
    MOST_UNSENT,
)
from nullabona.client.core.delivery.outbox import queue_item
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.identity import claims, inbox_addresses
from nullabona.client.core.model.inbox_items import Gone, ItemBody, RoomsAsked, TicketRequest
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.step import Timing
from nullabona.errors import PeerError
from nullabona.wire.card import Card
from tests.core.stage import RELAY, START, Other, Stage, box_of, rows

JUN, SORA, YUNA = Other("jun"), Other("sora"), Other("yuna")
ROOM = b"r" * 32
HOUR = 3_600_000


def known(stage: Stage, *others: Other) -> None:
    """Where to write to these is known."""
    with stage.step() as step:
        for other in others:
            inbox_addresses.remember(step, other.card())


def post(stage: Stage, other: Other, body: ItemBody) -> None:
    """Something of our own goes to somebody."""
    with stage.step() as step:
        inbox_sending.post(step, other.account, other.handle, body)


def answer(stage: Stage, other: Other, body: ItemBody, now: int = START, known_as: str = "") -> None:
    """Something that they caused goes to somebody."""
    with stage.step(now) as step:
        inbox_sending.answer(step, other.account, body, known_as=known_as)


def waiting(stage: Stage) -> list[tuple[str, object, bool]]:
    """What waits for cards: by whose handle, what it says, and whether others caused it."""
    with stage.step() as step:
        return [(each.handle, msgspec.msgpack.decode(each.item)[1], each.caused) for each in inbox_sending.unsent(step)]


def learn(stage: Stage, card: Card) -> str:
    """The record has this card for a handle: why it is not taken; empty: it is."""
    with stage.step() as step:
        try:
            requests.learn_card(step, ProvenCard.testing(card))
        except PeerError as refused:
            return refused.code
    return ""


# -- to inboxes ---------------------------------------------------------------------------------------------------


def test_what_is_for_a_known_inbox_goes_at_once() -> None:
    """To the relay that the card names, or that of the handle's host."""
    stage = Stage()
    known(stage, JUN)
    with stage.step() as step:
        inbox_addresses.remember(step, SORA.card(relay=""))
    post(stage, JUN, Gone(ROOM))
    post(stage, SORA, Gone(ROOM))
    items = stage.outbox(InboxFrame)
    assert [RELAY, "wss://relay.example:443/v1"] == [item.target.relay for item in items]
    assert [] == waiting(stage)


def test_nothing_of_our_own_goes_to_who_is_blocked() -> None:
    """Neither now nor once their card has come."""
    stage = Stage()
    post(stage, SORA, Gone(ROOM))
    known(stage, JUN)
    stage.contact(JUN, ContactState.BLOCKED)
    stage.contact(SORA, ContactState.BLOCKED)
    post(stage, JUN, Gone(ROOM))
    assert "" == learn(stage, SORA.card())
    assert ([], []) == (stage.outbox(InboxFrame), waiting(stage))


def test_only_who_is_known_by_a_handle_is_answered() -> None:
    """By that, or by the one that is given; what a stranger calls itself does not count."""
    stage = Stage()
    known(stage, JUN, SORA, YUNA)
    stage.contact(JUN)
    answer(stage, JUN, Gone(ROOM))
    answer(stage, SORA, Gone(ROOM))
    answer(stage, YUNA, Gone(ROOM), START, YUNA.handle)
    boxes = [JUN.inbox.address, YUNA.inbox.address]
    assert boxes == [box_of(item) for item in stage.outbox(InboxFrame)]


def test_an_answer_causes_one_look_up_and_then_no_more_for_a_while() -> None:
    """The second is not kept: they ask again. What is our own is kept beside it."""
    stage = Stage()
    stage.contact(JUN)
    answer(stage, JUN, Gone(ROOM))
    answer(stage, JUN, Gone(b"x" * 32))
    post(stage, JUN, Gone(b"y" * 32))
    post(stage, JUN, Gone(b"y" * 32))
    expected = [(JUN.handle, ROOM, True), (JUN.handle, b"y" * 32, False), (JUN.handle, b"y" * 32, False)]
    assert expected == waiting(stage)
    with stage.step() as step:
        assert [START] * 3 == [each.next_at for each in inbox_sending.unsent(step)]
        assert {JUN.handle} == inbox_sending.wanted_handles(step)


def test_a_few_answers_for_one_account_wait_the_newest_of_them_and_each_once() -> None:
    """Before what is our own; the same answer again takes the place of the first."""
    stage = Stage()
    stage.contact(JUN)
    stage.contact(SORA)
    answer(stage, SORA, Gone(ROOM))
    post(stage, JUN, Gone(ROOM))
    said = [b"%d" % n * 32 for n in range(MOST_CAUSED_BY_ONE + 2)]
    for n, room in enumerate([*said, said[-2]]):
        answer(stage, JUN, Gone(room), START + n * HOUR)
    expected = [(SORA.handle, ROOM, True)]
    kept = [*said[-MOST_CAUSED_BY_ONE:-2], said[-1], said[-2]]
    expected += [(JUN.handle, room, True) for room in kept]
    assert [*expected, (JUN.handle, ROOM, False)] == waiting(stage)


def test_so_many_answers_wait_in_all() -> None:
    """The newest; what is our own does not count among them."""
    stage = Stage()
    others = [Other(f"p{n}") for n in range(MOST_CAUSED + 1)]
    post(stage, JUN, Gone(ROOM))
    for n, other in enumerate(others):
        answer(stage, other, Gone(ROOM), START + n * HOUR, other.handle)
    assert [*(other.handle for other in others[1:]), JUN.handle] == [handle for handle, _, _ in waiting(stage)]


def test_so_many_items_of_our_own_wait() -> None:
    """The newest; answers do not count among them, but for the same words to the same account."""
    stage = Stage()
    stage.contact(JUN)
    stage.contact(SORA)
    answer(stage, JUN, Gone(b"a" * 32))
    answer(stage, SORA, Gone(ROOM))
    with stage.step() as step:
        for n in range(MOST_UNSENT + 1):
            inbox_sending.post(step, JUN.account, JUN.handle, Gone(b"%032d" % n))
    found = waiting(stage)
    assert [(JUN.handle, b"a" * 32, True), (SORA.handle, ROOM, True)] == found[:2]
    assert [b"%032d" % n for n in range(1, MOST_UNSENT + 1)] == [said for _, said, _ in found[2:]]
    post(stage, JUN, Gone(b"a" * 32))
    assert [(SORA.handle, ROOM, True)] == waiting(stage)[:1]


# -- looking up ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("caused", "most"), [(False, MAX_LOOKUPS), (True, MAX_CAUSED_LOOKUPS)])
def test_a_card_is_looked_up_so_often_before_what_waits_is_given_up(*, caused: bool, most: int) -> None:
    """The person is told of what is our own, and of nothing that others caused."""
    stage = Stage(timing=Timing(retry=1_000, retry_most=4_000))
    stage.contact(JUN)
    if caused:
        answer(stage, JUN, Gone(ROOM))
    else:
        post(stage, JUN, Gone(ROOM))
    post(stage, SORA, Gone(ROOM))
    pauses, told = [], []
    for _ in range(most):
        with stage.step() as step:
            inbox_sending.looked_up(step, JUN.handle)
            told += rows(step)
            pauses += [each.next_at - START for each in inbox_sending.unsent(step) if each.handle == JUN.handle]
    assert [2_000, *[4_000] * (most - 2)] == pauses
    assert ([] if caused else [("warning", b"", {"code": "undeliverable", "detail": {"handle": JUN.handle}})]) == told
    with stage.step() as step:
        assert [(SORA.handle, START, 0)] == [
            (each.handle, each.next_at, each.attempts) for each in inbox_sending.unsent(step)
        ]


def test_only_what_is_due_is_looked_up_and_what_was_is_not_wanted_any_more() -> None:
    """A card that was wanted once for itself, too."""
    stage = Stage()
    post(stage, JUN, Gone(ROOM))
    with stage.step() as step:
        inbox_addresses.look_again(step, JUN.handle)
        inbox_addresses.look_again(step, SORA.handle)
        inbox_sending.looked_up(step, JUN.handle)
        assert {SORA.handle} == inbox_sending.wanted_handles(step)
        due = inbox_sending.unsent(step)[0].next_at
    for now, wanted in ((due - 1, {SORA.handle}), (due, {SORA.handle, JUN.handle})):
        with stage.step(now) as step:
            assert wanted == inbox_sending.wanted_handles(step)


# -- wishes that a card must justify ------------------------------------------------------------------------------


def wish(stage: Stage, other: Other, request: TicketRequest | RoomsAsked, now: int = START) -> None:
    """A device wants something that its account's newest card must name it for."""
    with stage.step(now) as step:
        inbox_sending.look_up_for(step, other.certificate, request, other.handle)


def test_a_wish_is_kept_until_the_card_has_come() -> None:
    """Each once, the newest last; taken once, by the account that wished it."""
    stage = Stage()
    first, second = TicketRequest(ROOM, 1, b""), RoomsAsked()
    wish(stage, JUN, first)
    wish(stage, SORA, first)
    wish(stage, JUN, second)
    wish(stage, JUN, first)
    with stage.step() as step:
        assert {JUN.handle, SORA.handle} == inbox_sending.wanted_handles(step)
        assert [(JUN.certificate, second), (JUN.certificate, first)] == inbox_sending.take_asked_back(step, JUN.account)
        assert [] == inbox_sending.take_asked_back(step, JUN.account)
        assert [(SORA.certificate, first)] == inbox_sending.take_asked_back(step, SORA.account)


def test_nobody_is_looked_up_who_is_not_known_by_a_handle_nor_too_often() -> None:
    """The wish of the first is not even kept; that of the second is, for its card may come."""
    stage = Stage()
    with stage.step() as step:
        inbox_sending.look_up_for(step, JUN.certificate, RoomsAsked(), "")
        assert ([], set()) == (inbox_sending.asked_back(step), inbox_sending.wanted_handles(step))
        assert acquaintance.may_look_up(step, SORA.account, SORA.signature_key)
    wish(stage, SORA, RoomsAsked())
    with stage.step() as step:
        assert (1, set()) == (len(inbox_sending.asked_back(step)), inbox_sending.wanted_handles(step))


def test_so_many_wishes_of_one_account_are_kept_and_one_device_displaces_no_other() -> None:
    """A device that was revoked goes on asking: what another asks is still there."""
    stage = Stage()
    devices = [Other("jun", number) for number in range(3)]
    wish(stage, devices[1], RoomsAsked())
    for epoch in range(MOST_ASKED_BACK + 1):
        wish(stage, devices[0], TicketRequest(ROOM, epoch, b""))
    with stage.step() as step:
        found = [who.device_key for who, _ in inbox_sending.take_asked_back(step, JUN.account)]
    assert [devices[1].signature_key, *[devices[0].signature_key] * MOST_ASKED_BACK] == found
    for epoch in range(MOST_ASKED_BACK):
        for device in devices:
            wish(stage, device, TicketRequest(ROOM, epoch, b""))
    with stage.step() as step:
        assert 2 * MOST_ASKED_BACK == len(inbox_sending.take_asked_back(step, JUN.account))


def test_so_many_wishes_of_one_device_are_kept_and_so_many_in_all() -> None:
    """The newest."""
    stage = Stage()
    others = [Other(f"p{n}") for n in range(4)]
    for other in others:
        for epoch in range(MOST_ASKED_BACK + 1):
            wish(stage, other, TicketRequest(ROOM, epoch, b""))
    wish(stage, JUN, RoomsAsked())
    with stage.step() as step:
        found = [inbox_sending.take_asked_back(step, other.account) for other in (*others, JUN)]
    assert [MOST_ASKED_BACK - 1, MOST_ASKED_BACK, MOST_ASKED_BACK, MOST_ASKED_BACK, 1] == [len(each) for each in found]
    assert TicketRequest(ROOM, 1, b"") == found[1][0][1]


@pytest.mark.parametrize(("later", "kept"), [(899_999, 1), (900_000, 0)])
def test_a_wish_is_kept_for_a_quarter_of_an_hour(later: int, kept: int) -> None:
    """They ask again."""
    stage = Stage()
    wish(stage, JUN, RoomsAsked())
    with stage.step(START + later) as step:
        assert kept == len(inbox_sending.asked_back(step))


def test_whoever_is_blocked_waits_for_nothing_any_more() -> None:
    """What was for them, what they wished and what was to be looked up is dropped; others' is not."""
    stage = Stage()
    post(stage, JUN, Gone(ROOM))
    post(stage, SORA, Gone(ROOM))
    wish(stage, JUN, RoomsAsked())
    wish(stage, SORA, RoomsAsked())
    with stage.step() as step:
        claims.came(step, JUN.account, JUN.handle)
        requests.say_no_more(step, JUN.account)
        assert ([], 1) == (claims.claims(step), len(inbox_sending.asked_back(step)))
    assert [(SORA.handle, ROOM, False)] == waiting(stage)
    known(stage, JUN, SORA)
    with stage.step() as step:
        for other in (JUN, SORA):
            queue_item(step, other.inbox, RELAY, Gone(ROOM))
        requests.say_no_more(step, JUN.account)
    assert [SORA.inbox.address] == [box_of(item) for item in stage.outbox(InboxFrame)]
