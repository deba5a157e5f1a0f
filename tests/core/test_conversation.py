"""What a person can ask of a conversation, and what is refused: with everything left as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec import structs

from nullabona.client.core import conversation
from nullabona.client.core.model.content import (
    ClosePoll,
    Delete,
    Deleted,
    Edit,
    File,
    Gone,
    Notice,
    NoticeKind,
    Pin,
    Poll,
    React,
    Stored,
    Text,
    Vote,
)
from nullabona.client.core.model.errors import BadRequest, NoSuchRoom, NotAllowed, NotInRoom
from nullabona.client.core.model.intents import SetInfo
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import FileState, Message, MessageState, StoredFile
from nullabona.client.core.model.state import LEFT
from tests.core.stage import rows
from tests.core.talk import JUN, NARI, PHOTO, STRANGER, Talk

TARGET = b"t" * 16
POLL = Poll("lunch?", ("soup", "rice", "bread"))


def row(talk: Talk, id: bytes, room: bytes = b"") -> Message:
    """A message that was sent, as it is stored."""
    found = talk.step.store.message(room or talk.group.id, id)
    assert found is not None
    return found


def body(talk: Talk, id: bytes, room: bytes = b"") -> Stored:
    """What it says."""
    return talk.body(row(talk, id, room))


def frames(talk: Talk) -> int:
    """How much waits to go out to the rooms."""
    return sum(isinstance(item.target, RoomFrame) for item in talk.step.store.outbox(1 << 61, 1_000))


# -- annotating ---------------------------------------------------------------------------------------------------


def test_only_my_own_words_are_edited(talk: Talk) -> None:
    """The words are new at once, and go out; an answer is the way to say something about others'."""
    mine, theirs = talk.said(Text("first")), talk.said(Text("theirs"), JUN)
    conversation.edit(talk.step, mine.room, mine.id, "second", (STRANGER.account, NARI.account))
    assert Text("second", mentions=(NARI.account,)) == talk.body(mine)
    assert [Edit(mine.id, "second", (NARI.account,))] == talk.notes(mine)
    with pytest.raises(NotAllowed):
        conversation.edit(talk.step, theirs.room, theirs.id, "second")
    assert (Text("theirs"), 1) == (talk.body(theirs), frames(talk))


def test_an_edit_says_what_its_line_can_say(talk: Talk) -> None:
    """A text some words, a file also none, a poll nothing else."""
    text, photo, poll = talk.said(Text("first")), talk.said(PHOTO), talk.said(POLL)
    wrong = [
        (text, " ", "needs some text"),
        (text, "x" * 100_001, "at most 100,000"),
        (photo, "x" * 10_001, "cannot say that"),
        (poll, "x", "cannot say that"),
    ]
    for line, words, why in wrong:
        with pytest.raises(BadRequest, match=why):
            conversation.edit(talk.step, line.room, line.id, words)
    assert 0 == frames(talk)
    conversation.edit(talk.step, photo.room, photo.id, "")
    assert File(PHOTO.attachment, "") == talk.body(photo)


def test_a_line_deleted_for_me_is_gone_here_only(talk: Talk) -> None:
    """Whoever said it; nothing goes out. What is not there cannot be deleted."""
    line, hidden = talk.said(Text("hi"), JUN), talk.said(Text("hi"), JUN, shown=False)
    conversation.delete(talk.step, line.room, line.id, for_all=False)
    assert (Gone("hidden"), 0, [("message-gone", line.id)]) == (talk.body(line), frames(talk), talk.told())
    for id in (hidden.id, TARGET):
        with pytest.raises(BadRequest):
            conversation.delete(talk.step, line.room, id, for_all=False)
    with pytest.raises(NoSuchRoom):
        conversation.delete(talk.step, b"f" * 32, line.id, for_all=False)


def test_a_line_is_deleted_for_all_by_who_said_it_or_by_an_admin(talk: Talk) -> None:
    """The deletion goes out."""
    mine, theirs = talk.said(Text("mine")), talk.said(Text("theirs"), JUN)
    conversation.delete(talk.step, theirs.room, theirs.id, for_all=True)
    assert ([Delete(theirs.id)], Deleted(talk.me)) == (talk.notes(theirs), talk.body(theirs))
    talk.dismissed()
    conversation.delete(talk.step, mine.room, mine.id, for_all=True)
    assert (Deleted(talk.me), 2) == (talk.body(mine), frames(talk))
    other = talk.said(Text("theirs"), JUN)
    with pytest.raises(NotAllowed):
        conversation.delete(talk.step, other.room, other.id, for_all=True)
    assert (Text("theirs"), 2) == (talk.body(other), frames(talk))


@pytest.mark.parametrize(
    ("state", "box", "dropped"),
    [
        (MessageState.FAILED, b"b" * 32, True),
        (MessageState.WAITING, b"", True),
        (MessageState.WAITING, b"b" * 32, False),
        (MessageState.SENT, b"", False),
    ],
)
def test_what_nobody_got_is_simply_dropped(talk: Talk, state: MessageState, box: bytes, *, dropped: bool) -> None:
    """What failed or was held back needs no deletion by others."""
    line = talk.said(Text("mine"), state=state, box=box)
    conversation.delete(talk.step, line.room, line.id, for_all=True)
    assert (Gone("hidden") if dropped else Deleted(talk.me)) == talk.body(line)
    assert ([] if dropped else [Delete(line.id)]) == talk.notes(line)
    assert [("message-gone" if dropped else "message-changed", line.id)] == talk.told()


def test_a_reaction_is_one_emoji_or_taken_back(talk: Talk) -> None:
    """It goes out either way."""
    line = talk.said(Text("hi"), JUN)
    for emoji in ("👍", ""):
        conversation.react(talk.step, line.room, line.id, emoji)
    for emoji in ("👍👍", "a", " "):
        with pytest.raises(BadRequest):
            conversation.react(talk.step, line.room, line.id, emoji)
    assert ([React(line.id, "👍"), React(line.id, "")], 2) == (talk.notes(line), frames(talk))


def test_a_vote_is_for_answers_of_an_open_poll(talk: Talk) -> None:
    """Nothing of what it does not take goes out."""
    poll, text = talk.said(POLL, JUN), talk.said(Text("hi"), JUN)
    conversation.vote(talk.step, poll.room, poll.id, [2])
    for line, choices in ((poll, [3]), (poll, [0, 1]), (text, [])):
        with pytest.raises(BadRequest):
            conversation.vote(talk.step, line.room, line.id, choices)
    talk.said(ClosePoll(poll.id), JUN)
    with pytest.raises(BadRequest):
        conversation.vote(talk.step, poll.room, poll.id, [1])
    assert [Vote(poll.id, (2,))] == [note for note in talk.notes(poll) if isinstance(note, Vote)]


def test_a_poll_is_ended_once_by_who_asked(talk: Talk) -> None:
    """Asking for it again does nothing."""
    mine, theirs, text = talk.said(POLL), talk.said(POLL, JUN), talk.said(Text("hi"))
    for _ in range(2):
        conversation.close_poll(talk.step, mine.room, mine.id)
    with pytest.raises(NotAllowed):
        conversation.close_poll(talk.step, theirs.room, theirs.id)
    with pytest.raises(BadRequest):
        conversation.close_poll(talk.step, text.room, text.id)
    assert ([ClosePoll(mine.id)], []) == (talk.notes(mine), talk.notes(theirs))


def test_a_pin_is_set_and_taken_away_once(talk: Talk) -> None:
    """By an admin of the group; by both in a room of two."""
    line = talk.said(Text("hi"), JUN)
    for on in (False, True, True, False, False):
        conversation.pin(talk.step, line.room, line.id, on=on)
    assert [Pin(line.id, on=True), Pin(line.id, on=False)] == talk.notes(line)
    talk.dismissed()
    with pytest.raises(NotAllowed):
        conversation.pin(talk.step, line.room, line.id, on=True)
    here = talk.said(Text("hi"), JUN, room=talk.direct.id)
    for _ in range(2):
        conversation.pin(talk.step, here.room, here.id, on=True)
    assert [Pin(here.id, on=True)] == talk.notes(here)


def test_a_group_lets_every_member_pin_or_its_admins_alone(talk: Talk) -> None:
    """Its admins decide it; in a room of two both may pin, and nobody can change that."""
    line = talk.said(Text("hi"), JUN)
    conversation.set_members_pin(talk.step, line.room, on=False)
    assert [] == talk.group.intents
    conversation.set_members_pin(talk.step, line.room, on=True)
    assert [SetInfo(members_pin=True)] == talk.group.intents
    talk.dismissed()
    with pytest.raises(NotAllowed):
        conversation.set_members_pin(talk.step, line.room, on=True)
    with pytest.raises(NotAllowed):
        conversation.pin(talk.step, line.room, line.id, on=True)
    talk.group.info = structs.replace(talk.group.info, members_pin=True)
    conversation.pin(talk.step, line.room, line.id, on=True)
    assert [Pin(line.id, on=True)] == talk.notes(line)
    with pytest.raises(BadRequest):
        conversation.set_members_pin(talk.step, talk.direct.id, on=True)


ANNOTATE: list[Callable[[Talk, Message], None]] = [
    lambda t, m: conversation.edit(t.step, m.room, m.id, "x"),
    lambda t, m: conversation.delete(t.step, m.room, m.id, for_all=True),
    lambda t, m: conversation.react(t.step, m.room, m.id, "👍"),
    lambda t, m: conversation.vote(t.step, m.room, m.id, [0]),
    lambda t, m: conversation.close_poll(t.step, m.room, m.id),
    lambda t, m: conversation.pin(t.step, m.room, m.id, on=True),
]


@pytest.mark.parametrize("annotate", ANNOTATE)
def test_only_what_somebody_said_here_is_annotated(talk: Talk, annotate: Callable[[Talk, Message], None]) -> None:
    """No notice, nothing hidden, imported or absent; and nothing in a room that was left."""
    good = talk.said(POLL)
    lines = [
        talk.said(Notice(NoticeKind.LEFT)),
        talk.said(POLL, shown=False),
        talk.said(POLL, position=-1),
        replace(good, id=TARGET),
    ]
    for line in lines:
        with pytest.raises(BadRequest):
            annotate(talk, line)
    talk.group.phase = LEFT
    with pytest.raises(NotInRoom):
        annotate(talk, good)
    assert (0, []) == (frames(talk), talk.notes(good))


# -- failed messages, the timer -----------------------------------------------------------------------------------


def test_what_failed_is_sent_again_under_its_id(talk: Talk) -> None:
    """It waits again, and that is told."""
    line = talk.said(Text("hi"), state=MessageState.FAILED)
    conversation.retry(talk.step, line.room, line.id)
    assert (MessageState.WAITING, 1) == (talk.now(line).state, frames(talk))
    assert ("message-state", line.room, {"message": line.id, "state": "waiting"}) == rows(talk.step)[-1]


def test_what_failed_can_be_given_up(talk: Talk) -> None:
    """Nothing is left of it, and nothing goes out."""
    line = talk.said(PHOTO, state=MessageState.FAILED)
    talk.step.store.put_file(StoredFile(line.room, line.id, mine=True, state=FileState.FAILED))
    conversation.discard(talk.step, line.room, line.id)
    assert (Gone("hidden"), False, 0) == (talk.body(line), talk.now(line).shown, frames(talk))
    assert talk.step.store.file(line.room, line.id) is None
    assert [("message-gone", line.id)] == talk.told()


@pytest.mark.parametrize("what", [conversation.retry, conversation.discard])
def test_what_has_not_failed_is_left_alone(talk: Talk, what: Callable[..., None]) -> None:
    """What is sent, what waits, what was hidden, what is not here; and a room that was left takes nothing."""
    ids = [talk.said(Text("hi"), state=state).id for state in (MessageState.SENT, MessageState.WAITING)]
    ids += [talk.said(Text("hi"), state=MessageState.FAILED, shown=False).id, TARGET]
    for id in ids:
        with pytest.raises(BadRequest):
            what(talk.step, talk.group.id, id)
    assert 0 == frames(talk)


def test_nothing_is_sent_to_a_room_that_was_left(talk: Talk) -> None:
    """Neither anew nor again."""
    line = talk.said(Text("hi"), state=MessageState.FAILED)
    photo = talk.said(PHOTO, JUN, room=talk.direct.id)
    talk.group.phase = LEFT
    tries: list[Callable[[], object]] = [
        lambda: conversation.send_text(talk.step, line.room, "hi"),
        lambda: conversation.send_poll(talk.step, line.room, "q", ["a", "b"]),
        lambda: conversation.forward(talk.step, photo.room, photo.id, line.room),
        lambda: conversation.retry(talk.step, line.room, line.id),
        lambda: conversation.set_timer(talk.step, line.room, 60),
    ]
    for what in tries:
        with pytest.raises(NotInRoom):
            what()


def test_a_timer_is_wanted_by_an_admin_and_by_both_in_a_room_of_two(talk: Talk) -> None:
    """From none to a year; what is set already is not wanted again."""
    year = 31_536_000
    for timer_s in (-1, year + 1):
        with pytest.raises(BadRequest):
            conversation.set_timer(talk.step, talk.group.id, timer_s)
    conversation.set_timer(talk.step, talk.group.id, 0)
    assert ([], [], None) == (talk.group.intents, talk.direct.intents, talk.group.pending)
    conversation.set_timer(talk.step, talk.group.id, year)
    conversation.set_timer(talk.step, talk.direct.id, 60)
    assert [SetInfo(timer_s=year)] == talk.group.intents
    assert [SetInfo(timer_s=60)] == talk.direct.intents
    talk.dismissed()
    with pytest.raises(NotAllowed):
        conversation.set_timer(talk.step, talk.group.id, 60)
