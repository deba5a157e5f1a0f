"""The journal's chain by itself: what it is over, and that every way to break it is seen (spec/docket.md §6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from nullabona.docket.core.journal import BEGIN, JournalBroken, check_chain, event_hash
from nullabona.docket.core.records import Event

Chain = list[tuple[Event, bytes]]


def chain(count: int) -> Chain:
    """So many events, each after the one before."""
    made: Chain = []
    head = BEGIN
    for seq in range(count):
        event = Event(seq, 1_790_000_000 + seq, "opened", None, None, bytes([seq]) * 32, bytes([255 - seq]) * 32, head)
        head = event_hash(event)
        made.append((event, head))
    return made


def test_an_event_s_place_in_the_chain_is_the_same_for_ever() -> None:
    """Desks keep these hashes, and their daily heads are in public logs: another way of writing would break both."""
    assert "526ae2716099b74e228b698c9428b3d9e2bd5f1e3d7d9f487fc7f6a904e9f026" == chain(1)[0][1].hex()


def test_a_whole_journal_ends_at_its_last_event() -> None:
    """And an empty one where every journal begins."""
    whole = chain(4)
    assert (whole[-1][1], BEGIN) == (check_chain(whole), check_chain([]))


@dataclass(frozen=True)
class Change:
    """What somebody who can write into the file may do."""

    name: str
    make: Callable[[Chain], Chain]


def _rewritten(at: int, **changed: object) -> Callable[[Chain], Chain]:
    def make(whole: Chain) -> Chain:
        event = msgspec.structs.replace(whole[at][0], **changed)
        return [*whole[:at], (event, event_hash(event)), *whole[at + 1 :]]

    return make


CHANGES = [
    Change("an event is gone", lambda whole: [*whole[:1], *whole[2:]]),
    Change("the first is gone", lambda whole: whole[1:]),
    Change("an event stands twice", lambda whole: [*whole[:2], *whole[1:]]),
    Change("two have changed places", lambda whole: [whole[0], whole[2], whole[1], whole[3]]),
    Change("an event says something else", lambda whole: [
        whole[0], (msgspec.structs.replace(whole[1][0], kind="closed"), whole[1][1]), *whole[2:]
    ]),
    Change("an event says something else under its own hash", _rewritten(1, kind="closed")),
    Change("the last says that it follows another", _rewritten(3, previous=bytes(32))),
    Change("the last has another number", _rewritten(3, seq=7)),
    Change("the last has another hash", lambda whole: [*whole[:3], (whole[3][0], bytes(32))]),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_every_break_of_the_chain_is_seen(change: Change) -> None:
    """Whatever is taken out, put in or written anew, unless all that follows is written anew as well."""
    with pytest.raises(JournalBroken):
        check_chain(change.make(chain(4)))


def test_events_that_differ_in_anything_have_another_place() -> None:
    """Each field counts, the nonce too: else a head would tell whether anything happened."""
    (event, place), *_ = chain(1)
    others = {
        event_hash(msgspec.structs.replace(event, **{name: value}))
        for name, value in {
            "seq": 1,
            "at_s": 1,
            "kind": "closed",
            "case": "2026-0001",
            "officer": "ada",
            "detail": bytes([9]) * 32,
            "nonce": bytes(32),
            "previous": bytes([1]) * 32,
        }.items()
    }
    assert 8 == len(others - {place})
