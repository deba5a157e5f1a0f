"""An inbox's row says neither how much ever came, if anything, nor on which day something came last (W-16)."""

from __future__ import annotations

import os
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from nullabona.relay.core.boxes import FIRST_BITS, LAST_SEQ, OWN_DAY_BITS, Plan
from nullabona.relay.core.limits import Limits
from nullabona.relay.store.sqlite import FILE_NAME
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import POLICY_INBOX, Appended, Frames
from tests.relay.peers import Box, Client, RunningRelay
from tests.relay.test_core import DAY, FakeShelf

LATEST = DAY + Limits().retention_days
DRAWN = range(LATEST, LATEST + 2**OWN_DAY_BITS)


def inboxes(count: int, *, day: int = DAY) -> Plan:
    """A batch in which so many new inboxes get one item each."""
    plan = Plan(FakeShelf(), Limits(), day, random.Random(count).getrandbits)
    for _ in range(count):
        plan.append(os.urandom(32), b"item", inbox=True)
    return plan


def inbox() -> Box:
    return Box(BoxSecrets(POLICY_INBOX, os.urandom(32), os.urandom(32)))


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
    box = inbox()
    numbers = [client.append(box, b"%d" % number).seq for number in range(3)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert [(number, b"%d" % at) for at, number in enumerate(numbers)] == list(client.read(box).frames)
    client.ask(box.trim(numbers[1]))
    assert [(numbers[2], b"2")] == list(client.read(box).frames)


def test_an_inbox_has_a_row_once_it_is_read_and_others_do_not(run: Callable[..., RunningRelay], tmp_path: Path) -> None:
    """That nobody ever wrote to it does not show; a room's box that is read leaves nothing."""
    relay = run(tmp_path / "own")
    read, written, room = inbox(), inbox(), Box()
    client = relay.client()
    assert (b"", 0, ()) == answered(client.read(read))
    client.read(room)
    client.append(written, b"item")
    incarnation, last, frames = answered(client.read(read))
    assert (8, True, ()) == (len(incarnation), last < 2**FIRST_BITS, frames)
    relay.stop()
    with closing(sqlite3.connect(tmp_path / "own" / FILE_NAME)) as db:
        found = {bytes(address): floor for address, floor in db.execute("SELECT address, floor FROM box")}
    assert {read.secrets.address, written.secrets.address} == set(found)
    assert all(1 <= floor <= 2**FIRST_BITS for floor in found.values())
    assert last + 1 == found[read.secrets.address]


@pytest.mark.parametrize("day", [0, 2**OWN_DAY_BITS])
def test_a_read_moves_an_inboxs_day_on_as_an_item_does(day: int) -> None:
    """Whether it was read or written to that day does not show; several reads of one batch are one."""
    shelf = FakeShelf()
    first = Plan(shelf, Limits(), DAY, random.Random(3).getrandbits)
    first.open_inbox(b"x" * 32)
    first.open_inbox(b"x" * 32)
    (box,) = first.batch.boxes
    first.settle()
    shelf.boxes[b"x" * 32] = first.drafts[b"x" * 32].head
    assert (True, []) == (box.expiry_day in DRAWN, first.batch.frames)
    later = Plan(shelf, Limits(), DAY + day, random.Random(4).getrandbits)
    later.open_inbox(b"x" * 32)
    assert int(day > 0) == len(later.batch.renewed)


def test_an_item_that_comes_in_the_batch_of_the_first_read_finds_the_row() -> None:
    """One box, not two, and its numbers go on."""
    plan = Plan(FakeShelf(), Limits(), DAY, random.Random(5).getrandbits)
    plan.open_inbox(b"x" * 32)
    answer = plan.append(b"x" * 32, b"item", inbox=True)
    (box,) = plan.batch.boxes
    assert Appended(box.first, box.incarnation) == answer


def test_rows_of_inboxes_that_are_read_are_bounded(run: Callable[..., RunningRelay], tmp_path: Path) -> None:
    """As boxes that are written to; reads beyond are answered all the same, and bring no row."""
    relay = run(tmp_path / "own", Limits(boxes_per_minute=2))
    client, boxes = relay.client(), [inbox() for _ in range(4)]
    assert [True, True, False, False] == [has_a_row(client, box) for box in boxes]
    assert [True, True, False, False] == [has_a_row(client, box) for box in boxes]
    relay.tick(seconds=61)
    assert has_a_row(client, boxes[2])
    assert isinstance(client.ask(Box().append(b"x")), Appended)


def has_a_row(client: Client, box: Box) -> bool:
    """After it was read, and what that may have brought is kept."""
    client.read(box)
    client.ask(box.trim(0))
    return bool(client.read(box).incarnation)


def answered(frames: Frames) -> tuple[bytes, int, tuple[tuple[int, bytes], ...]]:
    return frames.incarnation, frames.head, frames.frames
