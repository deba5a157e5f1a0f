"""What a device remembers: the words that lie in its store, and what no ``repr`` ever shows."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.outbox_targets import (
    InboxFrame,
    InboxTrim,
    ReplyFrame,
    RoomFrame,
    RoomTrim,
    WelcomeBlob,
)
from nullabona.client.core.model.records import (
    FIRST,
    UNPLACED,
    Contact,
    ContactState,
    FileState,
    Frame,
    LoggedEvent,
    Message,
    MessageState,
    OutboxItem,
    Person,
)
from nullabona.wire.address import Address

SECRET = b"do not show"


def message(position: int = 1) -> Message:
    return Message(b"r", b"i", b"a", b"d", 1, position, 0, MessageState.SENT, b"b", b"f", 0, SECRET)


def test_what_a_message_is_when_nothing_else_is_said() -> None:
    """A text that is shown, does not count as unread, is about nothing, by no admin, and stays."""
    found = message()
    assert ("text", True, 0, b"", False) == (found.kind, found.shown, found.unread, found.about, found.entitled)
    assert (0, None, None) == (found.timer_s, found.expires_at, found.edited_at)


@pytest.mark.parametrize(("position", "imported"), [(-1, True), (0, False), (1, False), (UNPLACED, False)])
def test_what_lies_below_all_that_was_received_was_imported(position: int, imported: bool) -> None:  # noqa: FBT001
    """Imported history sorts before everything else."""
    assert imported is message(position).imported


def test_positions_have_their_order_and_fit_a_store() -> None:
    """The lowest is below any import, and own messages that no relay has taken are above all others."""
    assert (-9_223_372_036_854_775_808, 4_611_686_018_427_387_904) == (FIRST, UNPLACED)


def test_the_words_for_how_far_something_has_come() -> None:
    """They lie in stores and in events: they stay."""
    assert ["waiting", "sent", "delivered", "failed", "received"] == list(MessageState)
    assert ["requested", "asking", "accepted", "blocked"] == list(ContactState)
    assert ["remote", "moving", "here", "failed", "cancelled"] == list(FileState)


@pytest.mark.parametrize(
    "record",
    [
        message(),
        Frame(b"b", b"h", 1, b"c", 1, mine=True, message=b"", day=0, data=SECRET),
        OutboxItem(1, RoomFrame("r", b"r", Address(b"b"), SECRET, 1), b"x", b"", 0, 0),
        OutboxItem(1, ReplyFrame("r", Address(b"b"), SECRET), b"x", b"", 0, 0),
        OutboxItem(1, InboxFrame("r", Address(b"b"), SECRET, SECRET), b"x", b"", 0, 0),
        OutboxItem(1, RoomTrim("r", Address(b"b"), SECRET, SECRET, 1), b"x", b"", 0, 0),
        OutboxItem(1, InboxTrim("r", Address(b"b"), SECRET, SECRET, 1), b"x", b"", 0, 0),
        OutboxItem(1, WelcomeBlob("r", b"r"), b"x", SECRET, 0, 0),
        Person(b"a", "h", "n", SECRET, 0),
        Contact(b"a", "h", "n", ContactState.ACCEPTED, b"", "", SECRET, ()),
        Contact(b"a", "h", "n", ContactState.ACCEPTED, b"", "", b"", (SECRET,)),
        LoggedEvent(1, "k", b"", SECRET),
    ],
)
def test_secrets_are_in_no_repr(record: object) -> None:
    """Bodies, frames, targets, pictures, cards, key packages and events stay out of any log."""
    assert SECRET.decode() not in repr(record)
