"""What a person sends and forwards, and what is refused: with everything left as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core import conversation
from nullabona.client.core.model.content import (
    Deleted,
    File,
    Imported,
    Notice,
    NoticeKind,
    Poll,
    Stored,
    Text,
    encode_body,
)
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.step import DAY_MS
from tests.core.stage import START
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


# -- sending ------------------------------------------------------------------------------------------------------


def test_a_text_is_stored_as_mine_and_goes_out(talk: Talk) -> None:
    """With what it answers, whom it mentions, and that it was forwarded."""
    line = talk.said(Text("hi"), JUN)
    id = conversation.send_text(
        talk.step, talk.group.id, "hello", reply_to=line.id, mentions=(NARI.account,), forwarded=True
    )
    assert Text("hello", line.id, (NARI.account,), forwarded=True) == body(talk, id)
    assert (talk.me, MessageState.WAITING, True) == (row(talk, id).account, row(talk, id).state, row(talk, id).shown)
    assert 1 == frames(talk)
    assert Text("plain") == body(talk, conversation.send_text(talk.step, talk.group.id, "plain"))


def test_members_are_mentioned_once_each_and_nobody_else(talk: Talk) -> None:
    """In the order in which they were named."""
    named = (NARI.account, STRANGER.account, JUN.account, NARI.account, talk.me)
    id = conversation.send_text(talk.step, talk.group.id, "all of you", mentions=named)
    assert Text("all of you", mentions=(NARI.account, JUN.account, talk.me)) == body(talk, id)


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 100_001])
def test_a_text_without_words_or_too_long_is_not_sent(talk: Talk, text: str) -> None:
    """Nothing is stored of it."""
    with pytest.raises(BadRequest):
        conversation.send_text(talk.step, talk.group.id, text)
    assert (0, []) == (frames(talk), talk.step.store.messages(talk.group.id))


def test_the_longest_text_is_sent(talk: Talk) -> None:
    """100,000 characters."""
    assert Text("x" * 100_000) == body(talk, conversation.send_text(talk.step, talk.group.id, "x" * 100_000))


def test_what_nobody_else_has_is_not_answered(talk: Talk) -> None:
    """An imported line; one that is not here may still come."""
    old = talk.said(Text("long ago"), JUN, position=-5)
    with pytest.raises(BadRequest):
        conversation.send_text(talk.step, talk.group.id, "yes", reply_to=old.id)
    assert Text("yes", TARGET) == body(talk, conversation.send_text(talk.step, talk.group.id, "yes", reply_to=TARGET))


def test_a_poll_is_asked_with_what_stands_around_its_words_cut_off(talk: Talk) -> None:
    """Two to twelve answers, each up to 100 characters, to a question of up to 300."""
    id = conversation.send_poll(talk.step, talk.group.id, " lunch? ", [" soup", "rice\n"], multiple=True)
    assert Poll("lunch?", ("soup", "rice"), multiple=True) == body(talk, id)
    most = [str(number).ljust(100, ".") for number in range(12)]
    assert Poll("q" * 300, tuple(most)) == body(talk, conversation.send_poll(talk.step, talk.group.id, "q" * 300, most))


@pytest.mark.parametrize(
    ("question", "options"),
    [
        (" ", ["a", "b"]),
        ("q" * 301, ["a", "b"]),
        ("q", ["a"]),
        ("q", ["a", " "]),
        ("q", ["a", "b" * 101]),
        ("q", ["a", "b", "a "]),
        ("q", [str(number) for number in range(13)]),
    ],
)
def test_a_poll_that_is_none_is_not_asked(talk: Talk, question: str, options: list[str]) -> None:
    """Without a question, without different answers to choose from, or with too much of something."""
    with pytest.raises(BadRequest):
        conversation.send_poll(talk.step, talk.group.id, question, options)
    assert 0 == frames(talk)


# -- forwarding ---------------------------------------------------------------------------------------------------


def test_words_and_polls_are_forwarded_as_new_ones(talk: Talk) -> None:
    """Who said it, whom it mentioned and what it answered is not told; a poll begins anew."""
    text = talk.said(Text("hi", reply_to=TARGET, mentions=(NARI.account,)), JUN)
    poll = talk.said(Poll("q", ("a", "b"), multiple=True), JUN)
    there = talk.direct.id
    for line, said in ((text, Text("hi", forwarded=True)), (poll, Poll("q", ("a", "b"), multiple=True))):
        assert said == body(talk, conversation.forward(talk.step, line.room, line.id, there), there)


def test_a_young_file_is_forwarded_by_its_reference(talk: Talk) -> None:
    """With its caption; it is fetched from where it lies."""
    line = talk.said(File(PHOTO.attachment, "look", TARGET, (talk.me,), timer_s=9), JUN)
    there = talk.direct.id
    id = conversation.forward(talk.step, line.room, line.id, there)
    assert File(PHOTO.attachment, "look", forwarded=True) == body(talk, id, there)
    file = talk.step.store.file(there, id)
    assert file is not None
    assert not file.mine


@pytest.mark.parametrize("shown", [True, False])
def test_nothing_else_is_forwarded(talk: Talk, *, shown: bool) -> None:
    """A notice, what was deleted, what is hidden, what is not here."""
    lines = [talk.said(Notice(NoticeKind.LEFT), JUN).id, talk.said(Deleted(b""), JUN).id, TARGET]
    lines += [] if shown else [talk.said(Text("hi"), JUN, shown=False).id]
    for id in lines:
        with pytest.raises(BadRequest):
            conversation.forward(talk.step, talk.group.id, id, talk.direct.id)


@pytest.mark.parametrize(
    ("age", "state", "refers"),
    [
        (20 * DAY_MS - 1, MessageState.RECEIVED, True),
        (20 * DAY_MS, MessageState.RECEIVED, False),
        (0, MessageState.SENT, True),
        (0, MessageState.DELIVERED, True),
        (0, MessageState.WAITING, False),
        (0, MessageState.FAILED, False),
    ],
)
def test_a_file_that_may_not_be_there_any_more_is_sent_anew(
    talk: Talk, age: int, state: MessageState, *, refers: bool
) -> None:
    """What is 20 days old, or has not reached the relay yet."""
    line = talk.said(PHOTO, JUN, sent_at=START - age, state=state)
    assert refers is conversation.may_refer(talk.step, line, talk.direct.id)
    if not refers:
        with pytest.raises(BadRequest):
            conversation.forward(talk.step, line.room, line.id, talk.direct.id)
        assert [] == talk.step.store.messages(talk.direct.id)


def test_a_file_at_another_relay_is_sent_anew(talk: Talk) -> None:
    """Whoever is in the other room may not come there; nor is it known where the file of a forgotten room lies."""
    line = talk.said(PHOTO, JUN)
    talk.direct.current.relay = "wss://two.example:443/v1"
    assert (False, True) == tuple(conversation.may_refer(talk.step, line, id) for id in (talk.direct.id, talk.group.id))
    elsewhere = talk.said(PHOTO, JUN, room=b"f" * 32)
    assert not conversation.may_refer(talk.step, elsewhere, talk.group.id)


def test_an_imported_line_is_not_forwarded(talk: Talk) -> None:
    """It is no message of this messenger."""
    line = talk.said(Text("x"), JUN)
    talk.step.store.put_message(replace(line, body=encode_body(Imported("kakao", "지우", "x")), position=-3))
    with pytest.raises(BadRequest):
        conversation.forward(talk.step, line.room, line.id, talk.direct.id)
