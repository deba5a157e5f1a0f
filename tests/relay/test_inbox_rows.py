"""An inbox's row says neither how much ever came nor on which day something came last (threat model, W-16)."""

from __future__ import annotations

import os
import random
from collections import Counter

from nullabona.relay.core.boxes import FIRST_BITS, LAST_SEQ, OWN_DAY_BITS, Plan
from nullabona.relay.core.limits import Limits
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import POLICY_INBOX
from tests.relay.peers import Box, Client
from tests.relay.test_core import DAY, FakeShelf

LATEST = DAY + Limits().retention_days
DRAWN = range(LATEST, LATEST + 2**OWN_DAY_BITS)


def inboxes(count: int, *, day: int = DAY) -> Plan:
    """A batch in which so many new inboxes get one item each."""
    plan = Plan(FakeShelf(), Limits(), day, random.Random(count).getrandbits)
    for _ in range(count):
        plan.append(os.urandom(32), b"item", inbox=True)
    return plan


def test_numbers_of_inboxes_begin_anywhere() -> None:
    """So what was given out last says nothing of how many came; there is room for as many more as ever come."""
    firsts = [box.first for box in inboxes(2_000).batch.boxes]
    assert min(firsts) >= 1
    assert max(firsts) <= 2**FIRST_BITS < LAST_SEQ - 2**20
    halves = Counter(first > 2**FIRST_BITS // 2 for first in firsts)
    assert min(halves.values()) > 850


def test_an_inboxs_own_day_is_drawn() -> None:
    """Every day of a month is about as likely; no frame is kept longer for it."""
    batch = inboxes(3_200).batch
    days = Counter(box.expiry_day for box in batch.boxes)
    assert set(days) == set(DRAWN)
    assert max(days.values()) < 2 * min(days.values())
    assert {LATEST} == {expiry_day for _, expiry_day, _ in batch.frames}


def test_an_own_day_is_drawn_anew_only_when_it_would_be_too_early() -> None:
    """What comes on a day that the row outlives anyway leaves no trace in it."""
    shelf = FakeShelf()
    first = Plan(shelf, Limits(), DAY, random.Random(1).getrandbits)
    first.append(b"x" * 32, b"item", inbox=True)
    head = first.drafts[b"x" * 32].head
    shelf.boxes[b"x" * 32] = head
    later = head.expiry_day - Limits().retention_days
    calm = Plan(shelf, Limits(), later, random.Random(2).getrandbits)
    calm.append(b"x" * 32, b"item", inbox=True)
    assert [] == calm.batch.renewed
    renewed = Plan(shelf, Limits(), later + 1, random.Random(2).getrandbits)
    renewed.append(b"x" * 32, b"item", inbox=True)
    ((day, _),) = renewed.batch.renewed
    assert 0 <= day - (later + 1 + Limits().retention_days) < 2**OWN_DAY_BITS


def test_a_rooms_box_begins_at_one(client: Client) -> None:
    """Members would take another beginning for a loss."""
    assert 1 == client.append(Box(), b"frame").seq


def test_an_inbox_that_begins_anywhere_is_read_from_its_first_item(client: Client) -> None:
    """A reader asks for what is after nothing, and gets all of it, in order."""
    box = Box(BoxSecrets(POLICY_INBOX, os.urandom(32), os.urandom(32)))
    numbers = [client.append(box, b"%d" % number).seq for number in range(3)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert [(number, b"%d" % at) for at, number in enumerate(numbers)] == list(client.read(box).frames)
    client.ask(box.trim(numbers[1]))
    assert [(numbers[2], b"2")] == list(client.read(box).frames)
