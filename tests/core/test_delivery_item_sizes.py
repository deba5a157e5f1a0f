"""Every item has one size in an inbox, so that it tells a relay nothing of what it is (spec/directory.md §5)."""

from __future__ import annotations

from typing import get_args

import pytest

from nullabona.client.core.delivery import outbox
from nullabona.client.core.model.inbox_items import (
    ContactRequest,
    FileRequest,
    Gone,
    Invitation,
    ItemBody,
    LinkRefusal,
    LinkUse,
    OwnLetter,
    RoomsAsked,
    RoomsTold,
    RoomTold,
    Ticket,
    TicketRequest,
)
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.wire.blob import cut_blob
from nullabona.wire.seal import INBOX_LEAST
from tests.core.stage import RELAY, Other, Stage

JUN = Other("jun")
ROOM = b"r" * 32


def told(length: int) -> RoomsTold:
    return RoomsTold((RoomTold(ROOM, bytes(length), ((JUN.account, JUN.handle),)),))


CARD = JUN.card().encoded
REF = cut_blob(bytes(32), bytes(70_000))[0]
KINDS: tuple[ItemBody, ...] = (
    ContactRequest(CARD, "hi", reply=bytes(32)),
    ContactRequest(CARD, "h" * 500, proof=bytes(8_000)),
    Invitation(bytes(16), ROOM, RELAY, REF),
    Invitation(bytes(16), ROOM, RELAY, REF, card=CARD, proof=bytes(8_000)),
    TicketRequest(ROOM, 0, b""),
    Ticket(ROOM, 0, bytes(32), b"g" * 4_000, b"t" * 4_000, b"", 0, ()),
    Ticket(ROOM, 0, bytes(32), b"g" * 60_000, b"t" * 60_000, b"", 0, ()),  # in a blob
    Gone(ROOM),
    LinkUse(ROOM, bytes(16), CARD),
    LinkRefusal(ROOM, bytes(16), "closed"),
    FileRequest(ROOM, bytes(16)),
    RoomsAsked(),
    told(4_000),
    OwnLetter(b""),
)


def test_every_kind_of_item_is_looked_at() -> None:
    """One that is added later, too."""
    assert {type(each) for each in KINDS} == set(get_args(ItemBody))


@pytest.mark.parametrize("body", KINDS, ids=lambda body: type(body).__name__)
def test_every_kind_of_item_has_one_size_in_an_inbox(body: ItemBody) -> None:
    """A request, an answer, an invitation, a ticket, or a letter to oneself; also what lies in a blob."""
    stage = Stage()
    with stage.step() as step:
        outbox.queue_item(step, JUN.inbox, RELAY, body)
    assert ([INBOX_LEAST], [body]) == ([len(each.data) for each in stage.outbox(InboxFrame)], stage.sent_to(JUN))


def test_only_what_does_not_fit_is_larger() -> None:
    """A request of somebody with many devices, or much that is told: such a frame has the largest size."""
    stage = Stage()
    with stage.step() as step:
        for body in (ContactRequest(CARD, "hi", proof=bytes(16_000)), told(14_000), told(15_000), told(60_000)):
            outbox.queue_item(step, JUN.inbox, RELAY, body)
    assert [65_536, 16_384, 65_536, 65_536] == [len(each.data) for each in stage.outbox(InboxFrame)]
