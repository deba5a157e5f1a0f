"""Erases messages: text, files, search entries and annotations are deleted; a mark stays."""

from __future__ import annotations

from dataclasses import replace

from nullabona.client.core import files
from nullabona.client.core.model.content import Deleted, Gone, encode_body
from nullabona.client.core.model.facts.messages import MessageGone
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import kinds


def erase(step: Step, message: Message, left: Deleted | Gone) -> None:
    """Erase a line except for ``left``, so that no copy of it comes back. An unsent line is never sent."""
    step.store.put_words(message.room, message.id, "")
    files.forget_file(step, message.room, message.id)
    own = message.state is not MessageState.RECEIVED
    if own:
        _unsend(step, message)
    step.store.put_message(
        replace(
            message,
            body=encode_body(left),
            kind=kinds.kind_of(left),
            shown=isinstance(left, Deleted),
            state=MessageState.DELIVERED if own else message.state,
            unread=0,
            together=b"",
            timer_s=0,
            expires_at=None,
            edited_at=None,
        )
    )
    for note in step.store.annotations(message.room, message.id):
        if note.kind not in {kinds.DELETE, kinds.GONE}:
            finish(step, note)


def finish(step: Step, note: Message, *, void: bool = False) -> None:
    """Erase an annotation's content, which nobody needs any more. ``void``: it has no effect, and is none any more."""
    own = note.state is not MessageState.RECEIVED
    if own:
        _unsend(step, note)
    done = encode_body(Gone("done"))
    state = MessageState.DELIVERED if own else note.state
    about, kind = (b"", kinds.GONE) if void else (note.about, note.kind)
    step.store.put_message(replace(note, body=done, state=state, about=about, kind=kind))


def _unsend(step: Step, message: Message) -> None:
    """Withdraw an own frame that the relay has not shown us; without its data, it is never re-appended."""
    if not message.box:
        return
    frame = step.store.frame(message.box, message.frame)
    if frame is not None and not frame.seq:
        step.store.drop_outbox_ref(message.box, message.frame)
        step.store.put_frame(replace(frame, data=b""))


def hide(step: Step, message: Message) -> None:
    """Delete a line for this account only. If others do not have it yet, it is still sent to them."""
    if message.state in {MessageState.WAITING, MessageState.SENT}:
        step.store.put_words(message.room, message.id, "")
        step.store.put_message(replace(message, shown=False, unread=0))
    else:
        erase(step, message, Gone("hidden"))
    step.tell(MessageGone(message.room, message.id))


def arrived(step: Step, message: Message) -> None:
    """Every device has an own message: delete what was kept only to resend it."""
    if not message.shown and message.kind in kinds.SPOKEN:
        erase(step, message, Gone("hidden"))
    elif message.kind in {kinds.EDIT, kinds.PROFILE}:
        finish(step, message)
    elif message.kind == kinds.BACKFILL:
        step.store.drop_message(message.room, message.id)
