"""How much one account can attach to one line: a few of each kind, and the same ones in any order."""

from __future__ import annotations

import random
from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core.model.content import ClosePoll, Delete, Edit, Gone, Pin, Poll, React, Stored, Text, Vote
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.model.room_info import GROUP
from nullabona.client.core.timeline import annotating
from tests.core.stage import START
from tests.core.talk import JUN, NARI, Talk

MOST = annotating.MOST_OF_A_KIND
EMOJI = ("👍", "🎉")


def attached(line: bytes, count: int) -> list[Stored]:
    """So many annotations of each kind on one line."""
    kinds: list[Stored] = []
    for at in range(count):
        kinds += [React(line, EMOJI[at % 2]), Vote(line, (at % 3,)), Pin(line, on=at % 2 == 0)]
        kinds += [Edit(line, f"words {at}"), Delete(line), ClosePoll(line)]
    return kinds


@pytest.mark.parametrize("here", [True, False])
def test_an_account_attaches_a_few_of_each_kind(talk: Talk, *, here: bool) -> None:
    """Also while the line is not here; what others attached stays."""
    line = talk.said(Poll("lunch?", ("soup", "rice", "bread")), JUN) if here else None
    id = line.id if line is not None else b"t" * 16
    annotating.came(talk.step, talk.group, talk.said(React(id, "👍"), JUN))
    for count in (MOST, MOST + 1, 3 * MOST):
        for body in attached(id, count):
            annotating.came(talk.step, talk.group, talk.said(body, NARI, entitled=isinstance(body, Pin)))
        kept = [note for note in talk.step.store.annotations(talk.two_rooms.group, id) if note.account == NARI.account]
        assert dict.fromkeys(annotating.ANNOTATIONS, MOST) | ({"edit": 0} if here else {}) == {
            kind: sum(note.kind == kind for note in kept) for kind in annotating.ANNOTATIONS
        }
    assert 1 == sum(n.account == JUN.account for n in talk.step.store.annotations(talk.two_rooms.group, id))


def test_the_limit_is_met_exactly(talk: Talk) -> None:
    """As many as count are all kept; one more takes the place of the oldest, whose words are erased."""
    line = talk.said(Text("hi"), JUN)
    notes = [talk.said(React(line.id, "👍"), NARI) for _ in range(MOST)]
    annotating.came(talk.step, talk.group, notes[-1])
    assert MOST == len(talk.notes(line))
    annotating.came(talk.step, talk.group, talk.said(React(line.id, "🎉"), NARI))
    assert (MOST, Gone("done"), React(line.id, "👍")) == (
        len(talk.notes(line)),
        talk.body(notes[0]),
        talk.body(notes[1]),
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_same_ones_count_in_any_order(talk: Talk, seed: int) -> None:
    """The newest reaction, vote and pin, and the first end of the poll, whatever came when."""
    line = talk.said(Poll("lunch?", ("soup", "rice", "bread")), JUN)
    notes = [
        talk.said(body, JUN, sent_at=START + at, position=1_000 + at, entitled=isinstance(body, Pin))
        for at, body in enumerate(each for each in attached(line.id, 2 * MOST) if not isinstance(each, Edit | Delete))
    ]
    random.Random(seed).shuffle(notes)
    for note in notes:
        annotating.came(talk.step, talk.group, note)
    left = talk.step.store.annotations(line.room, line.id)
    shown = annotating.sheet_of(line, talk.body(line), left, direct=False)
    first_end = min(note.position for note in notes if note.kind == "close")
    assert first_end == min(note.position for note in left if note.kind == "close")
    assert ([("🎉", JUN.account)], True, False) == (shown.reactions, shown.closed, shown.pinned)


def test_what_is_on_its_way_is_never_withdrawn_for_it(talk: Talk) -> None:
    """Own annotations that others have yet to get stay until they have arrived."""
    line = talk.said(Text("hi"), JUN)
    for _ in range(2 * MOST):
        annotating.came(talk.step, talk.group, talk.said(React(line.id, "👍")))
    assert 2 * MOST == len(talk.notes(line))
    last = talk.said(React(line.id, "🎉"), state=MessageState.DELIVERED)
    annotating.came(talk.step, talk.group, last)
    assert 2 * MOST + 1 == len(talk.notes(line))


def test_votes_after_the_end_take_back_none_from_before(talk: Talk) -> None:
    """A closed poll has its result: nobody makes their vote one that does not count by voting on."""
    line = talk.said(Poll("lunch?", ("soup", "rice", "bread")), JUN)
    annotating.came(talk.step, talk.group, talk.said(Vote(line.id, (1,)), NARI))
    annotating.came(talk.step, talk.group, talk.said(ClosePoll(line.id), JUN))
    for _ in range(2 * MOST):
        annotating.came(talk.step, talk.group, talk.said(Vote(line.id, (2,)), NARI))
    notes = talk.step.store.annotations(line.room, line.id)
    assert MOST == sum(note.kind == "vote" for note in notes)
    assert {NARI.account: (1,)} == annotating.sheet_of(line, talk.body(line), notes, direct=False).votes


@pytest.mark.parametrize("entitled", [True, False])
def test_many_pins_leave_room_for_those_of_others(talk: Talk, *, entitled: bool) -> None:
    """Pins that are over, and those by somebody who may not pin, are none among which the pinned messages are found."""
    talk.group.info = msgspec.structs.replace(talk.group.info, kind=GROUP)
    line = talk.said(Text("hi"), JUN)
    kept = talk.said(Pin(line.id, on=True), JUN, entitled=True)
    annotating.came(talk.step, talk.group, kept)
    for at in range(4 * MOST):
        target = line.id if entitled else at.to_bytes(16, "big")
        annotating.came(talk.step, talk.group, talk.said(Pin(target, on=True), NARI, entitled=entitled))
    found = talk.step.store.messages_of(line.room, "pin", before=1 << 62, limit=MOST + 1)
    assert kept.id == found[-1].id
    assert (MOST if entitled else 0) == len(found) - 1


def test_a_pin_in_a_direct_room_needs_no_entitlement(talk: Talk) -> None:
    """Both may pin there."""
    line = replace(talk.said(Text("hi"), JUN), room=talk.direct.id)
    pin = replace(talk.said(Pin(line.id, on=True), JUN), room=talk.direct.id)
    for row in (line, pin):
        talk.step.store.put_message(row)
    annotating.came(talk.step, talk.direct, pin)
    assert [pin] == talk.step.store.annotations(talk.direct.id, line.id)
