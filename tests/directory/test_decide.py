"""The directory's decisions: what is registered, replaced, erased or refused, and with which code."""

from __future__ import annotations

import pytest

from nullabona.directory.core.decide import decide_delete, decide_publish, reason_for, stored_card
from nullabona.directory.core.records import (
    HOLD_DAYS,
    Decision,
    Erase,
    Held,
    Hold,
    Keep,
    Known,
    Nothing,
    Refuse,
    StoredCard,
    held_mark,
)
from nullabona.directory.core.refusal import (
    CARD_FORKED,
    CARD_INVALID,
    CARD_STALE,
    HANDLE_REFUSED,
    HANDLE_TAKEN,
    REASONS,
)
from nullabona.errors import Bug, PeerError
from nullabona.wire.card import decode_card, decode_delete, sign_delete, verify_card
from nullabona.wire.handle import parse_handle
from tests.wire.cards import JUN, MINA, TODAY, TwinCard, card_bytes, first_card, identity, inbox_of, next_bytes

HOST = "relay.example"
FIRST = first_card()
SECOND = verify_card(next_bytes(FIRST), today=TODAY, previous=FIRST)
ROW = StoredCard("민아", "민아", FIRST.encoded, TODAY - 9)
NEXT_ROW = StoredCard("민아", "민아", SECOND.encoded, TODAY - 9)


def publish(data: bytes, known: Known, host: str = HOST) -> Decision:
    return decide_publish(decode_card(data), known, host=host, today=TODAY)


def delete(data: bytes, known: Known, host: str = HOST) -> Decision:
    return decide_delete(decode_delete(data), known, host=host, today=TODAY)


def test_a_free_handle_is_registered() -> None:
    """The first card of a free handle is kept with today as its day, and entered in the log by its hash."""
    row = StoredCard("민아", "민아", FIRST.encoded, TODAY)
    assert publish(FIRST.encoded, Known()) == Keep(row, FIRST.hash)


def test_the_next_card_replaces_and_keeps_the_day() -> None:
    """An update keeps the day of registration."""
    row = StoredCard("민아", "민아", SECOND.encoded, TODAY - 9)
    assert publish(SECOND.encoded, Known(ROW, "민아")) == Keep(row, SECOND.hash)


def test_publishing_again_changes_nothing() -> None:
    """A publisher that lost the answer may ask again."""
    assert publish(FIRST.encoded, Known(ROW, "민아")) == Nothing()


def test_a_directory_that_lost_its_cards_takes_them_back() -> None:
    """A later card of a chain registers a free handle."""
    assert isinstance(publish(SECOND.encoded, Known()), Keep)


@pytest.mark.parametrize(
    ("data", "known", "reason"),
    [
        (TwinCard().encode("jun"), Known(), CARD_INVALID),
        (TwinCard(issued_day=TODAY + 2).encode(), Known(), CARD_INVALID),
        (FIRST.encoded, Known(None, "other"), HANDLE_TAKEN),
        (FIRST.encoded, Known(None, None, Held(TODAY, bytes(32))), HANDLE_TAKEN),
        (card_bytes("jun", MINA), Known(ROW, "민아"), HANDLE_TAKEN),
        (FIRST.encoded, Known(NEXT_ROW, "민아"), CARD_STALE),
        (next_bytes(SECOND), Known(ROW, "민아"), CARD_FORKED),
        (next_bytes(FIRST, "jun"), Known(ROW, "민아"), CARD_INVALID),
        (TwinCard(sequence=1, previous=FIRST.hash).encode("jun"), Known(ROW, "민아"), CARD_INVALID),
        (card_bytes("mina", parse_handle("민아@elsewhere.example")), Known(), HANDLE_REFUSED),
        (card_bytes("mina", parse_handle("민아@relay.example:1")), Known(), HANDLE_REFUSED),
        (card_bytes("mina", parse_handle("police1@relay.example")), Known(), HANDLE_REFUSED),
    ],
)
def test_a_refused_card_says_why(data: bytes, known: Known, reason: object) -> None:
    """Each rule has its code."""
    assert publish(data, known) == Refuse(reason)  # type: ignore[arg-type]


def test_who_has_a_name_that_no_newcomer_would_get_keeps_it() -> None:
    """A handle that was registered before the rule: its next card replaces the one that is there."""
    handle = parse_handle("the-police@relay.example")
    first = first_card("mina", handle)
    row = StoredCard.of(handle, first.encoded, TODAY - 9)
    assert isinstance(publish(next_bytes(first), Known(row, handle.name)), Keep)


def test_a_hold_that_is_over_holds_nobody() -> None:
    """The day after a hold ends the handle is free."""
    assert isinstance(publish(FIRST.encoded, Known(None, None, Held(TODAY - 1, bytes(32)))), Keep)


def test_a_handle_that_breaks_a_rule_has_its_own_code() -> None:
    """A publisher learns that it is the handle, not the signature."""
    with pytest.raises(PeerError) as caught:
        decode_card(TwinCard(handle="admin@relay.example").encode())
    assert reason_for(caught.value) == HANDLE_REFUSED


def test_the_owner_erases_the_card() -> None:
    """A statement of the identity key erases the card and holds the handle."""
    statement = sign_delete(identity("mina"), FIRST, day=TODAY)
    expected = Erase("민아", Hold(held_mark(MINA), TODAY + HOLD_DAYS))
    assert delete(statement, Known(ROW, "민아")) == expected


@pytest.mark.parametrize(
    ("data", "known", "decision"),
    [
        (sign_delete(identity("mina"), FIRST, day=TODAY), Known(), Nothing()),
        (sign_delete(identity("mina"), first_card("mina", JUN), day=TODAY), Known(), Nothing()),
        (sign_delete(identity("jun"), FIRST, day=TODAY), Known(ROW, "민아"), Refuse(CARD_INVALID)),
        (sign_delete(identity("mina"), FIRST, day=TODAY), Known(NEXT_ROW, "민아"), Refuse(CARD_STALE)),
    ],
)
def test_a_statement_erases_nothing_else(data: bytes, known: Known, decision: Decision) -> None:
    """What is gone is done; what is another's or newer is refused."""
    assert delete(data, known) == decision


def test_a_damaged_row_is_our_fault() -> None:
    """A row that does not verify any more is a bug, never the root of a chain."""
    with pytest.raises(Bug):
        stored_card(StoredCard("민아", "민아", FIRST.encoded[:-3] + b"\x00\xc4\x00", TODAY))


def test_look_alikes_are_held_together() -> None:
    """A deleted handle holds every handle that looks like it."""
    assert held_mark(parse_handle("m1na@relay.example")) == held_mark(parse_handle("mina@relay.example"))
    assert held_mark(MINA) != held_mark(JUN)


def test_reasons_have_different_codes() -> None:
    """A code means one thing."""
    assert len({reason.code for reason in REASONS}) == len(REASONS)
    assert inbox_of("mina").relay == ""
