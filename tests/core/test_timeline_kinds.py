"""What kind of line a body is, and what a message's row says of it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core.model.content import (
    ClosePoll,
    Delete,
    Deleted,
    Edit,
    File,
    Gone,
    Imported,
    Notice,
    NoticeKind,
    Pin,
    Poll,
    Profile,
    React,
    Receipt,
    Stored,
    Text,
    Vote,
    encode_body,
)
from nullabona.client.core.timeline import kinds
from nullabona.errors import Bug
from tests.core.stage import Other
from tests.core.talk import JUN, NARI, PHOTO, Talk

TARGET = b"t" * 16
POLL = Poll("lunch?", ("soup", "rice"))
OLD_TEXT = Imported("kakao", "지우", "long ago")
OLD_PHOTO = Imported("kakao", "지우", "look", attachment=PHOTO.attachment)


@pytest.mark.parametrize(
    ("body", "kind", "shown", "about"),
    [
        (Text("hi", timer_s=5), "text", True, b""),
        (PHOTO, "photo", True, b""),
        (POLL, "poll", True, b""),
        (Notice(NoticeKind.CREATED), "notice", True, b""),
        (Deleted(b"j" * 32), "deleted", True, b""),
        (Gone("done"), "gone", False, b"before"),
        (Edit(TARGET, "x"), "edit", False, TARGET),
        (Delete(TARGET), "delete", False, TARGET),
        (React(TARGET, "👍"), "react", False, TARGET),
        (Vote(TARGET, (0,)), "vote", False, TARGET),
        (ClosePoll(TARGET), "close", False, TARGET),
        (Pin(TARGET, on=True), "pin", False, TARGET),
        (Profile("jun"), "profile", False, b"before"),
    ],
)
def test_a_row_says_what_its_body_is(talk: Talk, body: Stored, kind: str, *, shown: bool, about: bytes) -> None:
    """Lines of the history are shown and about nothing; annotations are not and name their line."""
    row = kinds.filled(talk.step, replace(talk.said(Text("")), about=b"before"), body, entitled=True)
    assert (kind, shown, about, True) == (row.kind, row.shown, row.about, row.entitled)
    assert body == kinds.stored(row)
    assert kind == kinds.kind_of(body)
    assert not kinds.filled(talk.step, row, body).entitled


def test_a_timer_is_that_of_what_people_said(talk: Talk) -> None:
    """Words, files and polls have one; nothing else."""
    row = talk.said(Text("hi", timer_s=5))
    photo = File(PHOTO.attachment, timer_s=6)
    bodies = (Deleted(b""), Text("x", timer_s=5), photo, Poll("a", ("b", "c"), timer_s=7), Edit(TARGET, "x"))
    assert [0, 5, 6, 7, 0] == [kinds.filled(talk.step, row, body).timer_s for body in bodies]


def test_what_counts_as_unread_and_what_mentions_me(talk: Talk) -> None:
    """What others say counts; more if it names or answers me. Nothing of mine does, no notice, no annotation."""
    mine, theirs = talk.said(Text("mine")), talk.said(Text("theirs"), NARI)
    cases: list[tuple[Stored, Other | None, int]] = [
        (Text("hi"), JUN, 1),
        (Text("hi", mentions=(NARI.account,)), JUN, 1),
        (Text("hi", mentions=(NARI.account, talk.me)), JUN, 2),
        (Text("hi", reply_to=mine.id), JUN, 2),
        (Text("hi", reply_to=theirs.id), JUN, 1),
        (Text("hi", reply_to=TARGET), JUN, 1),
        (Text("hi", mentions=(talk.me,)), None, 0),
        (PHOTO, JUN, 1),
        (File(PHOTO.attachment, mentions=(talk.me,)), JUN, 2),
        (POLL, JUN, 1),
        (POLL, None, 0),
        (React(mine.id, "👍"), JUN, 0),
        (Notice(NoticeKind.LEFT, JUN.account), JUN, 0),
    ]
    assert [unread for _, _, unread in cases] == [talk.said(body, by).unread for body, by, _ in cases]


def test_a_row_that_holds_no_message_is_a_bug(talk: Talk) -> None:
    """Nobody but us wrote it."""
    row = replace(talk.said(Text("hi")), body=encode_body(Receipt()))
    with pytest.raises(Bug):
        kinds.stored(row)
    for body in (OLD_TEXT, PHOTO, Text("hi"), Gone("done")):
        assert body == kinds.stored(replace(row, body=encode_body(body)))


@pytest.mark.parametrize(
    ("body", "words", "found_by", "brief"),
    [
        (Text("hi"), "hi", "hi", "hi"),
        (PHOTO, "by the sea", "by the sea beach.jpg", "by the sea"),
        (File(PHOTO.attachment), "", "beach.jpg", "beach.jpg"),
        (OLD_TEXT, "long ago", "long ago", "long ago"),
        (OLD_PHOTO, "look", "look beach.jpg", "look"),
        (POLL, "lunch?", "lunch? soup rice", "lunch?"),
        (Edit(TARGET, "new"), "", "", ""),
        (Deleted(b""), "", "", ""),
    ],
)
def test_what_a_line_says_is_found_by_and_quoted_with(body: Stored, words: str, found_by: str, brief: str) -> None:
    """Its words; for finding its answers or its file's name too; for a quote the name if there are no words."""
    assert (words, found_by, brief) == (kinds.words_of(body), kinds.found_by(body), kinds.brief(body))


def test_the_file_of_a_line_is_that_of_a_file_or_of_an_import() -> None:
    """Nothing else has one."""
    bodies: tuple[Stored, ...] = (PHOTO, OLD_PHOTO, OLD_TEXT, Text("hi"))
    assert [PHOTO.attachment, PHOTO.attachment, None, None] == [kinds.attachment_of(body) for body in bodies]


def test_photos_of_one_album_count_together(talk: Talk) -> None:
    """Those of one person: with somebody else's album of the same name they have nothing in common, nor has a text."""
    album = msgspec.structs.replace(PHOTO, album=b"a" * 16)
    first, second = talk.said(album, JUN), talk.said(album, JUN)
    assert first.together == second.together != b""
    assert first.together != talk.said(album, NARI).together
    assert [b"", b""] == [talk.said(body, JUN).together for body in (PHOTO, Text("hi"))]
    assert 4 == talk.step.store.count_unread(first.room, first.position - 1)[0]
