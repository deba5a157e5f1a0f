"""Bytes that still have to be put somewhere, kept in the transaction that made them."""

from __future__ import annotations

from nullabona.client.core.model.records import OutboxItem
from nullabona.client.store.rows import Rows
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


class OutboxRows(Rows):
    """The outbox."""

    __slots__ = ()

    def add_outbox(
        self, kind: str, *, room: bytes, box: bytes, ref: bytes, target: bytes, data: bytes, not_before: int = 0
    ) -> int:
        """Add an item and return its id, higher than every id given before and never given again.

        It is due no earlier than the first of what waits for the same box and is of the same kind.
        """
        return self._write_id(_ADD, (kind, room, box, ref, not_before, target, data))

    def outbox(self, now: int, limit: int = 256) -> list[OutboxItem]:
        """Items due at ``now``, lowest id first."""
        return [OutboxItem(*row) for row in self._all(_DUE, (now, limit))]

    def outbox_item(self, id: int) -> OutboxItem | None:
        """An item, or None once it was dropped."""
        row = self._one(_ITEM, (id,))
        return None if row is None else OutboxItem(*row)

    def outbox_of(self, room: bytes) -> list[OutboxItem]:
        """All items of a room (empty: of none), due or not, lowest id first."""
        return [OutboxItem(*row) for row in self._all(_OF, (room,))]

    def outbox_refs(self, box: bytes) -> set[bytes]:
        """The refs of all items for a box, due or not."""
        return {ref for (ref,) in self._all(_REFS, (box,))}

    def outbox_next(self) -> int | None:
        """When the next item becomes due (ms), or None."""
        row = self._one(_NEXT)
        return None if row is None else row[0]

    def outbox_times(self) -> list[tuple[int, str, bytes, bytes]]:
        """When each item becomes due (ms), its kind, room and target, in no order."""
        return [(at, kind, room, target) for at, kind, room, target in self._all(_TIMES)]

    def delay_outbox(self, id: int, not_before: int) -> None:
        """Try again at ``not_before``; counts an attempt. What is of its kind and for its box waits as long."""
        self._write(_DELAY, (not_before, id))
        self._write(_HOLD, (id, not_before))

    def release_outbox(self, box: bytes, kind: str, now: int) -> None:
        """What is of this kind and for this box is due now, as far as it was not before."""
        self._write(_RELEASE, (box, kind, now))

    def drop_outbox(self, id: int) -> None:
        """Forget an item; harmless if there is none."""
        self._write(_DROP, (id,))

    def drop_outbox_ref(self, box: bytes, ref: bytes) -> None:
        """Forget every item for ``ref`` in a box."""
        self._write(_DROP_REF, (box, ref))
