"""The effect of annotations on lines: edits and deletions change rows, all others are read when the line is shown.

The result depends only on the annotations, not on the order in which they or their line came, nor on their positions.
An account's newest annotation wins, by the times it gave them (`said_at`). Only whether a vote came before the end of
its poll depends on positions, because a time could be invented later. An annotation by an account that may not make it
is kept like any message and has no effect (spec/room.md §6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from nullabona.client.core.model.content import (
    MAX_SENT_AT,
    Annotation,
    Backfill,
    BackfillRequest,
    Deleted,
    Edit,
    File,
    Gone,
    Pin,
    Poll,
    React,
    Shown,
    Stored,
    Text,
    Vote,
)
from nullabona.client.core.model.emoji import is_one_emoji
from nullabona.client.core.model.facts.messages import MessageChanged
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.model.room_info import GROUP
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import erasure, kinds, search

MAX_TEXT: Final = 100_000
MAX_CAPTION: Final = 10_000
MOST_OF_A_KIND: Final = 16
"""So many of a kind by one account count on one line; else each would cost more than the one before it."""
ANNOTATIONS: Final = frozenset({kinds.EDIT, kinds.DELETE, kinds.REACT, kinds.VOTE, kinds.CLOSE, kinds.PIN})


@dataclass(slots=True)
class Sheet:
    """A line's annotations. Reactions are (emoji, account), the earliest first."""

    reactions: list[tuple[str, bytes]] = field(default_factory=list)
    votes: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    closed: bool = False
    pinned: bool = False


# -- order -----------------------------------------------------------------------------------------------------------


def turn(note: Message) -> tuple[int, bytes]:
    """The sort key of annotations; it grows from each annotation of an account to the next."""
    return note.sent_at, note.id


def said_at(step: Step, room: bytes, body: Shown | Annotation | BackfillRequest | Backfill) -> int:
    """The time to give to a message of this account now.

    For an annotation it is later than that of every other one by this account on the same line, and for a pin later
    than that of every other known pin, even if the clock went back.
    """
    target = getattr(body, "target", b"")
    notes = step.store.annotations(room, target) if target else []
    before = [
        note.sent_at + 1
        for note in notes
        if note.account == step.local.account or (isinstance(body, Pin) and note.kind == kinds.PIN)
    ]
    return min(max([step.now, *before]), MAX_SENT_AT)


# -- applying -----------------------------------------------------------------------------------------------------


def settle(step: Step, room: RoomState, target: bytes) -> None:
    """Apply a line's annotations to it. Does nothing while the line is not here."""
    line = step.store.message(room.id, target)
    if line is None or line.imported or line.kind == kinds.NOTICE or line.about:
        return
    notes = step.store.annotations(room.id, target)
    allowed = [note for note in notes if note.kind == kinds.DELETE and may_delete(room, line, note)]
    if line.kind in {kinds.DELETED, kinds.GONE}:
        _settle_deleted(step, line, notes, allowed)
    elif allowed and not line.shown:
        erasure.erase(step, line, Gone("hidden"))
    elif allowed:
        erasure.erase(step, line, Deleted(_first(allowed)))
        step.tell(MessageChanged(room.id, target))
    else:
        _edit(step, line, [note for note in notes if note.kind == kinds.EDIT])


def may_delete(room: RoomState, line: Message, note: Message) -> bool:
    """Whether the sender may delete the line for all: its author, or an admin of the group when the deletion came."""
    return note.account == line.account or (note.entitled and room.info.kind == GROUP)


def _settle_deleted(step: Step, line: Message, notes: list[Message], allowed: list[Message]) -> None:
    for note in notes:
        if note.kind != kinds.DELETE and not isinstance(kinds.stored(note), Gone):
            erasure.finish(step, note)
    body = kinds.stored(line)
    if allowed and isinstance(body, Deleted) and body.by != _first(allowed):
        step.store.put_message(kinds.filled(step, line, Deleted(_first(allowed))))


def _first(deletions: list[Message]) -> bytes:
    """The account to show as having deleted a line."""
    return min(deletions, key=turn).account


def _edit(step: Step, line: Message, edits: list[Message]) -> None:
    """Apply the last valid edit: its text moves into the line. The texts of all edits are erased once they arrived."""
    body = kinds.stored(line)
    valid: list[tuple[Message, Stored | None]] = []
    for note in edits:
        said = kinds.stored(note)
        changed = edited(body, said) if isinstance(said, Edit) and note.account == line.account else None
        if changed is not None or isinstance(said, Gone):
            valid.append((note, changed))
        else:
            erasure.finish(step, note, void=True)
    winner, changed = max(valid, key=lambda one: turn(one[0]), default=(None, None))
    if winner is not None and changed is not None and (changed, winner.sent_at) != (body, line.edited_at):
        row = kinds.filled(step, line, changed)
        unread = row.unread if line.unread else 0
        row = replace(row, edited_at=winner.sent_at, shown=line.shown, unread=unread)
        step.store.put_message(row)
        search.index(step.store, row, changed)
        step.tell(MessageChanged(line.room, line.id))
    for note, _ in valid:
        if note.state in {MessageState.RECEIVED, MessageState.DELIVERED} and isinstance(kinds.stored(note), Edit):
            erasure.finish(step, note)


def edited(body: Stored, edit: Edit) -> Stored | None:
    """The body with the edit's words; None if they do not go with its kind."""
    if isinstance(body, Text) and edit.text.strip() and len(edit.text) <= MAX_TEXT:
        return msgspec.structs.replace(body, text=edit.text, mentions=edit.mentions)
    if isinstance(body, File) and len(edit.text) <= MAX_CAPTION:
        return msgspec.structs.replace(body, caption=edit.text, mentions=edit.mentions)
    return None


def came(step: Step, room: RoomState, note: Message) -> None:
    """An annotation was stored, or its position changed: apply it, and log an event for its line.

    A pin by somebody who may not pin is let go: the pinned messages are found among the newest pins.
    """
    if note.kind == kinds.PIN and not note.entitled and room.info.kind == GROUP and note.account != step.local.account:
        erasure.finish(step, note, void=True)
        return
    _keep_few(step, note)
    line = step.store.message(room.id, note.about)
    told = note.kind in {kinds.REACT, kinds.VOTE, kinds.CLOSE, kinds.PIN}
    if not told or (line is not None and line.kind in {kinds.DELETED, kinds.GONE}):
        settle(step, room, note.about)
    elif line is not None and line.shown and line.kind in kinds.SPOKEN:
        step.tell(MessageChanged(room.id, line.id))


def _keep_few(step: Step, note: Message) -> None:
    """Of what its sender has said of its kind about its line, keep the `MOST_OF_A_KIND` that may yet decide."""
    notes = step.store.annotations_by(note.room, note.about, note.account, note.kind)
    if len(notes) > MOST_OF_A_KIND:
        end = _end(step, note) if note.kind == kinds.VOTE else None
        notes = sorted(notes, key=lambda each: (end is None or each.position < end, *_weight(each)))
        for over in notes[:-MOST_OF_A_KIND]:
            if over.state in {MessageState.RECEIVED, MessageState.DELIVERED}:
                erasure.finish(step, over, void=True)


def _end(step: Step, vote: Message) -> int | None:
    """From which position on votes do not count, as far as the line and the end of its poll are here."""
    line = step.store.message(vote.room, vote.about)
    ends = step.store.annotations_by(vote.room, vote.about, line.account, kinds.CLOSE) if line is not None else []
    return min((end.position for end in ends), default=None)


def _weight(note: Message) -> tuple[bool, int, int, bytes]:
    """The first deletion and the first end of a poll decide; of all others the last by `turn`. Votes after the end of
    their poll decide nothing (`_keep_few`).
    """
    said, id = turn(note)
    if note.kind == kinds.CLOSE:
        return True, -note.position, -said, id
    return note.entitled, 0, -said if note.kind == kinds.DELETE else said, id


# -- reading ------------------------------------------------------------------------------------------------------


def sheet_of(line: Message, body: Stored, notes: Sequence[Message], *, direct: bool) -> Sheet:
    """The combined annotations of a line."""
    sheet = Sheet()
    if line.kind not in kinds.SPOKEN:
        return sheet
    reactions: dict[bytes, str] = {}
    closed_at = min((n.position for n in notes if n.kind == kinds.CLOSE and n.account == line.account), default=None)
    sheet.closed = isinstance(body, Poll) and closed_at is not None
    for note in sorted(notes, key=turn):
        said = kinds.stored(note)
        if isinstance(said, React) and (not said.emoji or is_one_emoji(said.emoji)):
            reactions.pop(note.account, None)
            reactions[note.account] = said.emoji
        elif isinstance(said, Vote) and isinstance(body, Poll):
            if (closed_at is None or note.position < closed_at) and is_vote(body, said.choices):
                sheet.votes[note.account] = said.choices
        elif isinstance(said, Pin) and (direct or note.entitled):
            sheet.pinned = said.on
    sheet.reactions = [(emoji, account) for account, emoji in reactions.items() if emoji]
    sheet.votes = {account: choices for account, choices in sheet.votes.items() if choices}
    return sheet


def is_vote(poll: Poll, choices: Sequence[int]) -> bool:
    """Whether a poll takes this choice: options it has, each once, and only one unless it takes several."""
    fits = all(0 <= choice < len(poll.options) for choice in choices) and len(set(choices)) == len(choices)
    return fits and (poll.multiple or len(choices) <= 1)
