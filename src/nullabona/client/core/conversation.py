"""A person's commands in a conversation. Each runs inside a step: it happens wholly or raises (spec/room.md §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nullabona.client.core import acquaintance, files, preferences, rooms
from nullabona.client.core.group import intents
from nullabona.client.core.model.content import (
    ClosePoll,
    Delete,
    Edit,
    File,
    Gone,
    Pin,
    Poll,
    React,
    Text,
    Typing,
    Vote,
)
from nullabona.client.core.model.emoji import is_one_emoji
from nullabona.client.core.model.errors import BadRequest, NotAllowed
from nullabona.client.core.model.facts.messages import MessageGone, MessageStateChanged
from nullabona.client.core.model.intents import SetInfo
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.model.room_info import DIRECT, MAX_TIMER_S
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline import annotating, kinds, sending
from nullabona.client.core.timeline.erasure import erase, hide
from nullabona.client.core.timeline.typing import LASTS_MS

MAX_MENTIONS: Final = 64
MAX_QUESTION: Final = 300
MAX_OPTION: Final = 100
MAX_OPTIONS: Final = 12
FRESH_MS: Final = 20 * DAY_MS
"""We forward a file by its reference only while the relay certainly still has it: blobs live 30 days."""

TYPING_PAUSE_MS: Final = 5_000


# -- sending ------------------------------------------------------------------------------------------------------


def send_text(
    step: Step,
    room_id: bytes,
    text: str,
    *,
    reply_to: bytes = b"",
    mentions: Sequence[bytes] = (),
    forwarded: bool = False,
) -> bytes:
    """Store and queue a message. Returns its id. Raises `BadRequest` if it is empty or too long."""
    room = rooms.room_to_write_in(step, room_id)
    _check_text(text)
    answered = step.store.message(room_id, reply_to) if reply_to else None
    if answered is not None and answered.imported:
        raise BadRequest("nobody else has this message, so it cannot be answered", hint="quote its words instead")
    return sending.send(step, room, Text(text, reply_to, _members(step, room, mentions), forwarded))


def send_poll(step: Step, room_id: bytes, question: str, options: Sequence[str], *, multiple: bool = False) -> bytes:
    """Ask the room. Raises `BadRequest` unless there are a question and 2 to 12 different answers."""
    asked, answers = question.strip(), tuple(option.strip() for option in options)
    if not 1 <= len(asked) <= MAX_QUESTION:
        raise BadRequest(f"a poll's question has 1 to {MAX_QUESTION} characters")
    if not all(1 <= len(answer) <= MAX_OPTION for answer in answers):
        raise BadRequest(f"each answer of a poll has 1 to {MAX_OPTION} characters")
    if not 2 <= len(answers) <= MAX_OPTIONS or len(set(answers)) != len(answers):
        raise BadRequest(f"a poll has 2 to {MAX_OPTIONS} different answers")
    return sending.send(step, rooms.joined_room(step, room_id), Poll(asked, answers, multiple))


def forward(step: Step, source: bytes, message: bytes, target: bytes, album: bytes = b"") -> bytes:
    """Send a message's content to another room, marked as forwarded, without its author. Returns the new id.

    ``album``: of a file, the new one that it belongs to; that of the original would tell who sees both. A poll starts
    without votes; a file goes by its reference (`forward_file`). Raises `BadRequest` for anything else.
    """
    line = step.store.message(source, message)
    body = kinds.stored(line) if line is not None and line.shown else None
    if isinstance(body, Text):
        return send_text(step, target, body.text, forwarded=True)
    if isinstance(body, Poll):
        return send_poll(step, target, body.question, body.options, multiple=body.multiple)
    if isinstance(body, File) and line is not None:
        return forward_file(step, line, body, target, album)
    raise BadRequest("this cannot be forwarded")


def may_refer(step: Step, line: Message, target: bytes) -> bool:
    """Whether a file can be forwarded by its reference: same relay, and young enough not to expire soon."""
    source = step.find_room(line.room)
    same = source is not None and source.relay == step.room(target).relay
    return same and step.now - line.sent_at < FRESH_MS and line.state not in {MessageState.WAITING, MessageState.FAILED}


def forward_file(step: Step, line: Message, body: File, target: bytes, album: bytes = b"") -> bytes:
    """Forward a file without sending its bytes. Raises `BadRequest` unless `may_refer`: then it must be sent again."""
    room = rooms.joined_room(step, target)
    if not may_refer(step, line, target):
        raise BadRequest("this file is not at that room's server", hint="save it and send it as a new one")
    copy = File(body.attachment, body.caption, forwarded=True, album=album)
    sent = sending.send(step, room, copy)
    files.received(step, room, sent, copy)
    return sent


# -- annotating ---------------------------------------------------------------------------------------------------


def edit(step: Step, room_id: bytes, message: bytes, text: str, mentions: Sequence[bytes] = ()) -> None:
    """Change the text of an own message, or the caption of a file. The old text is not kept anywhere."""
    room, line = _line(step, room_id, message)
    if line.account != step.local.account:
        raise NotAllowed("only your own messages can be edited", hint="answer it instead")
    body = kinds.stored(line)
    if isinstance(body, Text):
        _check_text(text)
    wanted = Edit(line.id, text, _members(step, room, mentions))
    if annotating.edited(body, wanted) is None:
        raise BadRequest("this message cannot say that")
    sending.send(step, room, wanted)


def delete(step: Step, room_id: bytes, message: bytes, *, for_all: bool) -> None:
    """Delete a message here, or for all: an own one, or anybody's as an admin of a group."""
    if not for_all:
        step.room(room_id)
        line = step.store.message(room_id, message)
        if line is None or not line.shown:
            raise BadRequest("the room has no such message")
        hide(step, line)
        return
    room, line = _line(step, room_id, message)
    admin = step.local.account in room.info.admins
    if line.account != step.local.account and not admin:
        raise NotAllowed("only an admin of a group may delete what others wrote")
    if line.state is MessageState.FAILED or (line.state is MessageState.WAITING and not line.box):
        _drop(step, line)
    else:
        sending.send(step, room, Delete(line.id))


def react(step: Step, room_id: bytes, message: bytes, emoji: str) -> None:
    """One reaction per person and message; empty takes it back. Raises `BadRequest` unless it is one emoji."""
    room, line = _line(step, room_id, message)
    if emoji and not is_one_emoji(emoji):
        raise BadRequest("a reaction is one emoji")
    sending.send(step, room, React(line.id, emoji))


def vote(step: Step, room_id: bytes, message: bytes, choices: Sequence[int]) -> None:
    """Vote in a poll. Replaces the earlier vote; a vote cannot be withdrawn."""
    room, line = _line(step, room_id, message)
    body = kinds.stored(line)
    if not isinstance(body, Poll) or not annotating.is_vote(body, choices):
        raise BadRequest("this poll does not have these answers, or takes only one")
    if _sheet(step, room, line).closed:
        raise BadRequest("this poll is closed")
    sending.send(step, room, Vote(line.id, tuple(choices)))


def close_poll(step: Step, room_id: bytes, message: bytes) -> None:
    """End an own poll: votes that come later do not count."""
    room, line = _line(step, room_id, message)
    if not isinstance(kinds.stored(line), Poll):
        raise BadRequest("this is no poll")
    if line.account != step.local.account:
        raise NotAllowed("only who asked may close a poll")
    if not _sheet(step, room, line).closed:
        sending.send(step, room, ClosePoll(line.id))


def pin(step: Step, room_id: bytes, message: bytes, *, on: bool) -> None:
    """Pin a message to the top of the room for everybody, or unpin it. A group may leave that to its admins."""
    room, line = _line(step, room_id, message)
    if not room.info.may_pin(step.local.account):
        raise NotAllowed("only admins may pin messages in this group", hint="ask an admin of the group")
    if _sheet(step, room, line).pinned != on:
        sending.send(step, room, Pin(line.id, on))


def _sheet(step: Step, room: RoomState, line: Message) -> annotating.Sheet:
    notes = step.store.annotations(room.id, line.id)
    return annotating.sheet_of(line, kinds.stored(line), notes, direct=room.info.kind == DIRECT)


# -- failed messages, the timer -----------------------------------------------------------------------------------


def retry(step: Step, room_id: bytes, message: bytes) -> None:
    """Send a failed message again, under its old id."""
    room = rooms.joined_room(step, room_id)
    sending.resend(step, room, _failed(step, room_id, message))
    step.tell(MessageStateChanged(room_id, message, MessageState.WAITING.value))


def discard(step: Step, room_id: bytes, message: bytes) -> None:
    """Discard a failed message: erase it here; nobody else had it."""
    _drop(step, _failed(step, room_id, message))


def _drop(step: Step, line: Message) -> None:
    erase(step, line, Gone("hidden"))
    step.tell(MessageGone(line.room, line.id))


def _failed(step: Step, room_id: bytes, message: bytes) -> Message:
    line = step.store.message(room_id, message)
    if line is None or line.state is not MessageState.FAILED or not line.shown:
        raise BadRequest("this message has not failed")
    return line


def set_timer(step: Step, room_id: bytes, timer_s: int) -> None:
    """How long messages written from now on live once they are read; 0: forever. In a group only admins may."""
    room = rooms.joined_room(step, room_id)
    if not 0 <= timer_s <= MAX_TIMER_S:
        raise BadRequest("a timer is at most a year")
    if room.info.kind != DIRECT and step.local.account not in room.info.admins:
        raise NotAllowed("only an admin of the room may do that")
    if timer_s != room.info.timer_s:
        intents.want(room, SetInfo(timer_s=timer_s))


def set_members_pin(step: Step, room_id: bytes, *, on: bool) -> None:
    """Whether every member of a group may pin messages, or only its admins, one of whom decides it."""
    room = rooms.joined_room(step, room_id)
    if room.info.kind == DIRECT:
        raise BadRequest("in a chat of two both may pin")
    if step.local.account not in room.info.admins:
        raise NotAllowed("only an admin of the room may do that")
    if on != room.info.members_pin:
        intents.want(room, SetInfo(members_pin=on))


# -- checks -------------------------------------------------------------------------------------------------------


def _line(step: Step, room_id: bytes, message: bytes) -> tuple[RoomState, Message]:
    """A message of a room we are in that can be annotated. Raises `NotInRoom` or `BadRequest`."""
    room = rooms.joined_room(step, room_id)
    line = step.store.message(room_id, message)
    if line is None or not line.shown or line.kind not in kinds.SPOKEN:
        raise BadRequest("there is no such message that could be changed")
    if line.imported:
        raise BadRequest("imported history cannot be changed for others", hint="delete it here, or undo the import")
    return room, line


def _check_text(text: str) -> None:
    if not text.strip():
        raise BadRequest("a message needs some text")
    if len(text) > annotating.MAX_TEXT:
        raise BadRequest("a message has at most 100,000 characters", hint="send it as a file, or in parts")


def _members(step: Step, room: RoomState, mentions: Sequence[bytes]) -> tuple[bytes, ...]:
    """The mentioned members, each once, without accounts that are not in the room."""
    present = {device.account for device in step.roster(room.id).values()}
    return tuple(account for account in dict.fromkeys(mentions) if account in present)[:MAX_MENTIONS]


def say_typing(step: Step, room: RoomState, *, on: bool) -> None:
    """Tell the room that this account is writing or has stopped, unless it did so a moment ago."""
    waited = step.now - room.typing_at
    if room.phase != JOINED or not preferences.profile(step.store).typing or 0 <= waited < TYPING_PAUSE_MS:
        return
    if not on and waited >= LASTS_MS:
        return
    quiet = sending.held(step, room) or acquaintance.is_shut(step.store, room.info)
    if not quiet and step.others(room, room.epoch):
        room.typing_at = step.now
        sending.send_fleeting(step, room, Typing(on))
