"""Bytes that still have to be put somewhere, kept in the transaction that made them."""

from __future__ import annotations

from typing import Any, assert_never

from nullabona.client.core.model.outbox_targets import (
    FilePiece,
    InboxBlob,
    InboxFrame,
    InboxTrim,
    ReplyFrame,
    RoomBlob,
    RoomFrame,
    RoomTrim,
    Target,
    TargetKind,
    WelcomeBlob,
)
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.store.rows import Row, Rows
from nullabona.client.store.statements import STATEMENTS

_ADD = STATEMENTS["outbox_add"]
_DUE = STATEMENTS["outbox"]
_ITEM = STATEMENTS["outbox_item"]
_OF = STATEMENTS["outbox_of"]
_REFS = STATEMENTS["outbox_refs"]
_NEXT = STATEMENTS["outbox_next"]
_TIMES = STATEMENTS["outbox_times"]
_DELAY = STATEMENTS["outbox_delay"]
_HOLD = STATEMENTS["outbox_hold"]
_RELEASE = STATEMENTS["outbox_release"]
_DROP = STATEMENTS["outbox_drop"]
_DROP_REF = STATEMENTS["outbox_drop_ref"]
_DROP_KIND = STATEMENTS["outbox_drop_kind"]


class OutboxRows(Rows):
    """The outbox."""

    __slots__ = ()

    def add_outbox(self, target: Target, *, ref: bytes, data: bytes = b"", not_before: int = 0) -> int:
        """Add an item and return its id, higher than every id given before and never given again.

        It is due no earlier than the first of its kind that is about the same box.
        """
        return self._write_id(_ADD, (*_columns(target, ref), ref, not_before, data))

    def outbox(self, now: int, limit: int = 256) -> list[OutboxItem]:
        """Items due at ``now``, lowest id first."""
        return [_item(row) for row in self._all(_DUE, (now, limit))]

    def outbox_item(self, id: int) -> OutboxItem | None:
        """An item, or None once it was dropped."""
        row = self._one(_ITEM, (id,))
        return None if row is None else _item(row)

    def outbox_of(self, room: bytes | None) -> list[OutboxItem]:
        """All items of a room (None: those of no room), due or not, lowest id first."""
        return [_item(row) for row in self._all(_OF, (room,))]

    def outbox_refs(self, about: bytes) -> set[bytes]:
        """The refs of all items that are about a box or a message's file, due or not."""
        return {ref for (ref,) in self._all(_REFS, (about,))}

    def outbox_next(self) -> int | None:
        """When the next item becomes due (ms), or None."""
        row = self._one(_NEXT)
        return None if row is None else row[0]

    def outbox_times(self) -> list[tuple[int, Target]]:
        """When each item becomes due (ms), and where it goes, in no order."""
        return [(at, _target(*columns)) for at, *columns in self._all(_TIMES)]

    def delay_outbox(self, id: int, not_before: int) -> None:
        """Try again at ``not_before``; counts an attempt. What is of its kind and about its box waits as long."""
        self._write(_DELAY, (not_before, id))
        self._write(_HOLD, (id, not_before))

    def release_outbox(self, item: OutboxItem, now: int) -> None:
        """What is of the same kind as ``item`` and about the same box is due now, as far as it was not before."""
        self._write(_RELEASE, (about(item.target, item.ref), item.target.kind, now))

    def drop_outbox(self, id: int) -> None:
        """Forget an item; harmless if there is none."""
        self._write(_DROP, (id,))

    def drop_outbox_ref(self, about: bytes, ref: bytes) -> None:
        """Forget every item for ``ref`` in a box."""
        self._write(_DROP_REF, (about, ref))

    def drop_outbox_kind(self, kind: TargetKind, about: bytes) -> None:
        """Forget items of one kind that are about a box or a message's file."""
        self._write(_DROP_KIND, (about, kind))


def about(target: Target, ref: bytes) -> bytes:
    """What an item is about. Items of one kind that are about the same wait for one another."""
    match target:
        case FilePiece():
            return target.message
        case InboxBlob():
            return target.about
        case WelcomeBlob():
            return ref
        case _:
            return target.box


def _columns(target: Target, ref: bytes) -> tuple[Any, ...]:
    """The columns from ``kind`` to ``upto``."""
    kind, relay = target.kind, target.relay
    match target:
        case RoomFrame():
            return kind, target.room, target.box, relay, target.secret, target.leaves, None
        case ReplyFrame():
            return kind, None, target.box, relay, target.secret, None, None
        case InboxFrame():
            return kind, None, target.box, relay, target.read_hash + target.write_secret, None, None
        case RoomBlob() | WelcomeBlob() | FilePiece():
            return kind, target.room, about(target, ref), relay, None, None, None
        case InboxBlob():
            return kind, None, target.about, relay, None, None, None
        case RoomTrim() | InboxTrim():
            return kind, None, target.box, relay, target.read_secret + target.write_hash, None, target.upto
        case _:
            assert_never(target)


def _target(kind: TargetKind, room: Any, about: Any, relay: str, secret: Any, leaves: Any, upto: Any) -> Target:  # noqa: ANN401, PLR0911 — columns
    match kind:
        case "room-frame":
            return RoomFrame(relay, room, about, secret, leaves)
        case "reply-frame":
            return ReplyFrame(relay, about, secret)
        case "inbox-frame":
            return InboxFrame(relay, about, secret[:32], secret[32:])
        case "room-blob":
            return RoomBlob(relay, room, about)
        case "welcome-blob":
            return WelcomeBlob(relay, room)
        case "inbox-blob":
            return InboxBlob(relay, about)
        case "file-piece":
            return FilePiece(relay, room, about)
        case "room-trim":
            return RoomTrim(relay, about, secret[:32], secret[32:], upto)
        case "inbox-trim":
            return InboxTrim(relay, about, secret[:32], secret[32:], upto)
        case _:
            assert_never(kind)


def _item(row: Row) -> OutboxItem:
    id, kind, room, about, relay, secret, leaves, upto, ref, data, not_before, attempts = row
    return OutboxItem(id, _target(kind, room, about, relay, secret, leaves, upto), ref, data, not_before, attempts)
