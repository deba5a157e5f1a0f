"""Which lines a device hands over, and which prove that it remembers a room (spec/devices.md §9.2).

Never what was erased or has expired, what is not sent yet, what another messenger exported, nor what this device only
knows by somebody's word.
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.model.backfill import MOST_LINES, BackfillLine, proof_of
from nullabona.client.core.model.content import (
    MAX_SEALED,
    MOST_KNOWN,
    Annotation,
    Edit,
    File,
    Gone,
    Profile,
    Shown,
    Text,
)
from nullabona.client.core.model.gaps import Given
from nullabona.client.core.model.records import UNPLACED, Message, MessageState
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import annotating, kinds

PART: Final = 40_000
"""Bytes of lines after which a part is full: with it a frame has the largest size."""
MOST_SCANNED: Final = 20_000
"""Most lines among which we look for one that a restored device remembers, newest first."""
_PAGE: Final = 200
_SAID: Final = kinds.SPOKEN | annotating.ANNOTATIONS | {kinds.PROFILE, kinds.DELETED, kinds.GONE}


def known(step: Step, room: bytes, start: int | None) -> tuple[bytes, ...]:
    """Proofs that this device remembers the room, of the newest lines up to a position; None: there were no lines."""
    if start is None:
        return ()
    rows = step.store.rows(room, after=-1, before=start + 1, limit=_PAGE, newest=True)
    return tuple([proof_of(row) for row in rows if _is_shared(row)][:MOST_KNOWN])


def newest_known(step: Step, room: bytes, proofs: tuple[bytes, ...]) -> int | None:
    """The position of the newest line of which one of these is a proof; None if we have none of them."""
    top = step.store.top_placed(room)
    if top is None:
        return None
    wanted, before = set(proofs), top + 1
    for _ in range(MOST_SCANNED // _PAGE):
        rows = step.store.rows(room, after=-1, before=before, limit=_PAGE, newest=True)
        for row in rows:
            if _is_shared(row) and proof_of(row) in wanted:
                return row.position
        if len(rows) < _PAGE:
            break
        before = rows[-1].position
    return None


def _is_unsent(row: Message) -> bool:
    """Whether a row was never in a box. One that waits to be sent *again* was, and has its place from then."""
    return row.state is MessageState.FAILED or row.position >= UNPLACED


def _is_shared(row: Message) -> bool:
    """Whether others have the same line, with the same time."""
    return row.kind in _SAID and not _is_unsent(row) and row.told_by in {b"", row.account} and bool(row.account)


def said_between(step: Step, room: bytes, after: int, upto: int) -> bool:
    """Whether our account may have said something between two sort positions; of many lines, we say yes."""
    rows = step.store.rows(room, after=after, before=upto + 1, limit=_PAGE) if upto > after else []
    return len(rows) == _PAGE or any(row.account == step.local.account and _is_shared(row) for row in rows)


def next_lines(step: Step, room: RoomState, given: Given) -> tuple[list[BackfillLine], bool]:
    """The lines of the next part, and whether they are the last. Moves ``given`` on."""
    found: list[BackfillLine] = []
    size, here = 0, {device.account for device in step.roster(room.id).values()}
    while True:
        rows = step.store.rows(room.id, after=given.after, before=given.upto, limit=_PAGE)
        for row in rows:
            line = _line(step, row, given)
            length = len(msgspec.msgpack.encode(line)) if line is not None else 0
            if found and (size + length > PART or len(found) == MOST_LINES):
                return found, False
            given.after = row.position
            given.lacking |= length > MAX_SEALED // 2 or (given.tells and _is_nobodys(step, row, given, here))
            if line is not None and length <= MAX_SEALED // 2:
                found.append(line)
                size += length
        if len(rows) < _PAGE:
            return found, True


def _is_nobodys(step: Step, row: Message, given: Given, here: set[bytes]) -> bool:
    """Whether somebody said this who is not in the room any more, so that nobody hands it over."""
    return row.kind in kinds.SPOKEN and row.account not in here | {given.account, step.local.account}


def _line(step: Step, row: Message, given: Given) -> BackfillLine | None:
    whose = given.account if given.tells else step.local.account
    if row.account != whose or _is_unsent(row) or row.told_by not in {b"", row.account}:
        return None
    if step.due(row.expires_at) or (row.kind in kinds.SPOKEN and not row.shown):
        return None
    body = _said(step, row)
    if body is None or (given.tells and not isinstance(body, Shown)):
        return None
    return BackfillLine(row.id, row.sent_at, row.position, body, row.edited_at or 0)


def _said(step: Step, row: Message) -> Shown | Annotation | None:
    """What a row says; of an edit whose words are in its line already, those."""
    if row.kind not in kinds.SPOKEN | annotating.ANNOTATIONS:
        return None
    body = kinds.stored(row)
    if row.kind == kinds.EDIT and isinstance(body, Gone):
        line = step.store.message(row.room, row.about) if row.about else None
        said = kinds.stored(line) if line is not None and line.edited_at == row.sent_at else None
        return Edit(row.about, kinds.words_of(said), said.mentions) if isinstance(said, Text | File) else None
    return body if isinstance(body, Shown | Annotation) and not isinstance(body, Profile) else None
