"""Where inboxes are: by the newest card, and what waits follows it (spec/relocation.md §7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery.outbox import queue_item
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.inbox_items import Gone
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import LEFT
from tests.core.stage import DAY, RELAY, START, Other, Stage, box_of

JUN, BO = Other("jun"), Other("boo")
ELSEWHERE = "wss://other.example:443/v1"
HOST_RELAY = "wss://relay.example:443/v1"
FIRST = JUN.card()
MOVED = JUN.card(previous=FIRST, relay=ELSEWHERE)
HOSTED = JUN.card(previous=FIRST, relay="")
FORKED = JUN.card(day=DAY - 1, relay=ELSEWHERE)
"""Another first card of the same account."""


def test_an_inbox_is_where_the_card_says_else_at_the_handles_host() -> None:
    """Of an account whose card is not known nobody knows it."""
    stage, found = Stage(), []
    with stage.step() as step:
        for card in (FIRST, HOSTED):
            inbox_addresses.remember(step, card)
            found.append(
                (inbox_addresses.inbox_of(step, JUN.account), inbox_addresses.relay_of(step, JUN.account, JUN.handle))
            )
        assert [(FIRST.inbox, RELAY), (HOSTED.inbox, HOST_RELAY)] == found
        assert (None, "") == (
            inbox_addresses.inbox_of(step, BO.account),
            inbox_addresses.relay_of(step, BO.account, BO.handle),
        )
    assert HOST_RELAY == inbox_addresses.host_relay("anybody@relay.example")


def test_an_older_card_than_is_known_changes_nothing() -> None:
    """One of the same number counts: it was verified."""
    stage = Stage()
    with stage.step() as step:
        inbox_addresses.remember(step, MOVED)
        inbox_addresses.remember(step, FIRST)
        assert ELSEWHERE == inbox_addresses.relay_of(step, JUN.account, JUN.handle)
        inbox_addresses.remember(step, HOSTED)
        assert HOST_RELAY == inbox_addresses.relay_of(step, JUN.account, JUN.handle)


def waiting(stage: Stage) -> list[tuple[object, str]]:
    """What waits for Jun's inbox, and for which relay, in order."""
    return [
        (JUN.opened(item.data), item.target.relay)
        for item in stage.outbox(InboxFrame)
        if box_of(item) == JUN.inbox.address
    ]


@pytest.mark.parametrize(("card", "relay"), [(MOVED, ELSEWHERE), (HOSTED, HOST_RELAY), (FIRST, RELAY)])
def test_what_waits_for_an_inbox_goes_where_it_is_now(card: object, relay: str) -> None:
    """In its order, with its secrets; what is for anybody else stays as it is."""
    stage = Stage()
    items = [Gone(bytes((number,)) * 32) for number in range(2)]
    with stage.step() as step:
        inbox_addresses.remember(step, FIRST)
        for item in items:
            queue_item(step, JUN.card().inbox, "", item)
        queue_item(step, BO.card().inbox, "", items[0])
    before = stage.outbox()
    with stage.step() as step:
        inbox_addresses.remember(step, card)  # type: ignore[arg-type]
    assert [(item, relay) for item in items] == waiting(stage)
    same = {item.id for item in before} & {item.id for item in stage.outbox()}
    assert (3 if relay == RELAY else 1) == len(same)
    theirs = next(item for item in before if box_of(item) == BO.inbox.address)
    assert theirs in stage.outbox()
    where = {item.target for item in before if item != theirs}
    assert {replace(target, relay=relay) for target in where} == {i.target for i in stage.outbox() if i != theirs}


@pytest.mark.parametrize(
    ("known", "card", "soon"),
    [(None, FIRST, True), (FIRST, FIRST, False), (FIRST, MOVED, True), (MOVED, FIRST, False)],
)
def test_rooms_are_looked_for_where_somebody_who_may_move_them_went(
    known: object,
    card: object,
    soon: bool,  # noqa: FBT001
) -> None:
    """Only if the relay is another one than before, and the card is not older."""
    stage = Stage()
    with stage.step() as step:
        if known is not None:
            inbox_addresses.remember(step, known)  # type: ignore[arg-type]
    room = stage.room(JUN, kind=DIRECT, scout_at=START + 1_000_000)
    with stage.step() as step:
        requests.learn_card(step, ProvenCard.testing(card))  # type: ignore[arg-type]
        assert (START + 2_501 if soon else START + 1_000_000) == step.room(room).scout_at


def test_an_inbox_that_is_silent_has_its_owners_card_looked_up() -> None:
    """If it is known whose it is."""
    stage = Stage()
    with stage.step() as step:
        inbox_addresses.silent(step, BO.inbox.address)
        assert [] == inbox_addresses.wanted(step)
        inbox_addresses.note_handle(step, BO.inbox, BO.handle)
        inbox_addresses.remember(step, FIRST)
        inbox_addresses.silent(step, BO.inbox.address)
        inbox_addresses.silent(step, FIRST.inbox.address)
        assert [BO.handle, JUN.handle] == inbox_addresses.wanted(step)


def test_a_card_is_looked_up_once_until_it_was() -> None:
    """In the order in which it was asked for; what was not asked for is no loss."""
    stage = Stage()
    with stage.step() as step:
        for handle in (JUN.handle, BO.handle, JUN.handle):
            inbox_addresses.look_again(step, handle)
        assert [JUN.handle, BO.handle] == inbox_addresses.wanted(step)
        inbox_addresses.looked_up(step, "eve@relay.example")
        assert [JUN.handle, BO.handle] == inbox_addresses.wanted(step)
        inbox_addresses.looked_up(step, JUN.handle)
        assert [BO.handle] == inbox_addresses.wanted(step)


def test_of_too_many_look_ups_the_newest_are_made() -> None:
    """64 wait at most."""
    stage = Stage()
    with stage.step() as step:
        for number in range(65):
            inbox_addresses.look_again(step, f"p{number}")
        assert [f"p{number}" for number in range(1, 65)] == inbox_addresses.wanted(step)


def test_a_room_that_we_left_is_not_looked_for() -> None:
    """Wherever those who may move it have gone."""
    stage = Stage()
    room = stage.room(JUN, kind=DIRECT, scout_at=START + 1_000_000, phase=LEFT)
    with stage.step() as step:
        requests.learn_card(step, ProvenCard.testing(MOVED))
        assert START + 1_000_000 == step.room(room).scout_at
