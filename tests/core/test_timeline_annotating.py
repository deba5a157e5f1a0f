"""What annotations do to lines: whose count, in which order, and what is left of their words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from nullabona.client.core.model.content import (
    MAX_SENT_AT,
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
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.timeline import annotating, kinds
from tests.core.stage import START, Other
from tests.core.talk import JUN, NARI, PHOTO, Talk

TARGET = b"t" * 16
POLL = Poll("lunch?", ("soup", "rice", "bread"))
SEVERAL = Poll("lunch?", ("soup", "rice", "bread"), multiple=True)


def settle(talk: Talk, line: Message) -> Stored:
    """The line as its annotations want it."""
    annotating.settle(talk.step, talk.group, line.id)
    return talk.body(line)


# -- the time that is given to an annotation ----------------------------------------------------------------------


def test_what_i_say_of_a_line_is_later_than_what_i_said_of_it_before(talk: Talk) -> None:
    """Whatever my clock does; what others said of it does not matter, but for pins."""
    line = talk.said(Text("hi"), JUN)
    talk.said(React(line.id, "👍"), sent_at=START + 50)
    talk.said(React(line.id, "👍"), NARI, sent_at=START + 90)
    talk.said(Pin(line.id, on=True), NARI, sent_at=START + 70)
    times = [
        annotating.said_at(talk.step, line.room, body)
        for body in (Text("x"), React(line.id, ""), Pin(line.id, on=False), React(TARGET, "👍"))
    ]
    assert [START, START + 51, START + 71, START] == times


def test_no_time_is_beyond_what_a_message_can_say(talk: Talk) -> None:
    """The last one is given twice."""
    line = talk.said(Text("hi"), JUN)
    talk.said(React(line.id, "👍"), sent_at=MAX_SENT_AT)
    assert MAX_SENT_AT == annotating.said_at(talk.step, line.room, React(line.id, ""))


# -- edits --------------------------------------------------------------------------------------------------------


def test_the_last_edit_of_whoever_said_it_counts(talk: Talk) -> None:
    """By the times they gave them, not by place; the line is found by its new words and known as edited."""
    line = talk.said(Text("first", mentions=(talk.me,), reply_to=TARGET), JUN)
    late = talk.said(Edit(line.id, "the last", (NARI.account,)), JUN, sent_at=START + 99)
    early = talk.said(Edit(line.id, "second"), JUN, sent_at=START + 98)
    assert Text("the last", TARGET, (NARI.account,)) == settle(talk, line)
    assert (START + 99, True, 1) == (talk.now(line).edited_at, talk.now(line).shown, talk.now(line).unread)
    assert [Gone("done"), Gone("done")] == [talk.body(late), talk.body(early)]
    assert [late.id, early.id] == [note.id for note in talk.step.store.annotations(line.room, line.id)]
    assert [("message-changed", line.id)] == talk.told()
    assert [line.id] == [row.id for _, row in talk.step.store.find_words('"la"', before=1 << 62, limit=9)]


def test_an_edit_leaves_what_else_is_attached_to_its_line(talk: Talk) -> None:
    """Reactions and pins go on counting."""
    line = talk.said(Text("first"), JUN)
    notes: list[Stored] = [React(line.id, "👍"), Pin(line.id, on=True), Delete(line.id)]
    for body in notes:
        talk.said(body, NARI)
    talk.said(Edit(line.id, "second"), JUN)
    assert Text("second") == settle(talk, line)
    assert [*notes, Gone("done")] == talk.notes(line)


def test_an_edit_does_not_make_a_read_line_unread(talk: Talk) -> None:
    """What does not count goes on not counting."""
    line = talk.said(Text("first"), JUN, unread=0)
    talk.said(Edit(line.id, "you!", (talk.me,)), JUN)
    settle(talk, line)
    assert 0 == talk.now(line).unread


def test_a_line_that_is_hidden_stays_hidden_when_it_is_edited(talk: Talk) -> None:
    """Its words change all the same: it may still have to go out."""
    line = talk.said(Text("first"), shown=False)
    talk.said(Edit(line.id, "second"))
    assert Text("second") == settle(talk, line)
    assert not talk.now(line).shown


def test_others_edits_and_those_that_do_not_fit_have_no_effect(talk: Talk) -> None:
    """Their words are erased, and they are about nothing any more."""
    line = talk.said(Text("first"), JUN)
    notes = [talk.said(Edit(line.id, "mine now"), NARI), talk.said(Edit(line.id, "  "), JUN)]
    assert Text("first") == settle(talk, line)
    assert [(Gone("done"), b"")] * 2 == [(talk.body(note), talk.now(note).about) for note in notes]
    assert ([], None, []) == (talk.told(), talk.now(line).edited_at, talk.notes(line))


def test_an_edit_that_is_already_done_keeps_earlier_ones_out(talk: Talk) -> None:
    """Its words stand in the line; one that came late and was said before them changes nothing, one said later does."""
    line = talk.said(Text("second"), JUN, edited_at=START + 50)
    talk.said(Edit(line.id, "x"), JUN, sent_at=START + 50)
    assert Text("x") == settle(talk, line)
    early = talk.said(Edit(line.id, "before that"), JUN, sent_at=START + 49)
    assert (Text("x"), Gone("done")) == (settle(talk, line), talk.body(early))
    talk.said(Edit(line.id, "after that"), JUN, sent_at=START + 51)
    assert Text("after that") == settle(talk, line)


def test_an_edit_of_mine_keeps_its_words_until_everybody_has_it(talk: Talk) -> None:
    """It may have to be sent again; nothing is told a second time."""
    line = talk.said(Text("first"))
    wait, sent = (MessageState.WAITING, MessageState.SENT)
    for state, sent_at in ((wait, START + 50), (sent, START + 40), (MessageState.DELIVERED, START + 30)):
        talk.said(Edit(line.id, state.value), state=state, sent_at=sent_at)
    assert Text("waiting") == settle(talk, line)
    assert [Edit(line.id, "waiting"), Edit(line.id, "sent"), Gone("done")] == talk.notes(line)
    assert Text("waiting") == settle(talk, line)
    assert 1 == len(talk.told())


def test_the_same_words_said_again_are_an_edit(talk: Talk) -> None:
    """It is known as edited since then."""
    line = talk.said(Text("first"), JUN)
    edit = talk.said(Edit(line.id, "first"), JUN)
    assert Text("first") == settle(talk, line)
    assert edit.sent_at == talk.now(line).edited_at


@pytest.mark.parametrize(
    ("body", "text", "changed"),
    [
        (Text("a", TARGET, (), timer_s=9), "b", Text("b", TARGET, (b"m" * 32,), timer_s=9)),
        (Text("a"), " \n", None),
        (Text("a"), "b" * 100_000, Text("b" * 100_000, b"", (b"m" * 32,))),
        (Text("a"), "b" * 100_001, None),
        (PHOTO, "", File(PHOTO.attachment, "", b"", (b"m" * 32,))),
        (PHOTO, "b" * 10_000, File(PHOTO.attachment, "b" * 10_000, b"", (b"m" * 32,))),
        (PHOTO, "b" * 10_001, None),
        (POLL, "b", None),
    ],
)
def test_words_that_go_with_a_line(body: Stored, text: str, changed: Stored | None) -> None:
    """A text has some, and up to 100,000 characters; a caption may be empty, and has 10,000. Nothing else changes."""
    assert changed == annotating.edited(body, Edit(TARGET, text, (b"m" * 32,)))


# -- deletions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "admin", "deletes"), [(JUN, False, True), (NARI, False, False), (NARI, True, True), (None, False, False)]
)
def test_whoever_said_it_or_was_an_admin_may_delete_it(
    talk: Talk, by: Other | None, *, admin: bool, deletes: bool
) -> None:
    """In a group; of what is deleted that is told, and found by nothing."""
    line = talk.said(Text("secret"), JUN)
    talk.said(Delete(line.id), by, entitled=admin)
    account = talk.me if by is None else by.account
    assert (Deleted(account) if deletes else Text("secret")) == settle(talk, line)
    assert ([("message-changed", line.id)] if deletes else []) == talk.told()


def test_in_a_room_of_two_nobody_deletes_what_the_other_said(talk: Talk) -> None:
    """An admin's mark means nothing there."""
    line = talk.said(Text("secret"), JUN, room=talk.direct.id)
    talk.said(Delete(line.id), entitled=True, room=talk.direct.id)
    annotating.settle(talk.step, talk.direct, line.id)
    assert Text("secret") == talk.body(line)


def test_the_first_deletion_is_the_one_that_is_told(talk: Talk) -> None:
    """Also if it comes second; what may not delete is not asked; edits are over."""
    line = talk.said(Text("secret"), JUN)
    talk.said(Delete(line.id), JUN, sent_at=START + 50)
    edit = talk.said(Edit(line.id, "words"), JUN)
    assert Deleted(JUN.account) == settle(talk, line)
    assert Gone("done") == talk.body(edit)
    reaction = talk.said(React(line.id, "👍"), NARI)
    talk.said(Delete(line.id), NARI, sent_at=START + 48)
    assert Deleted(JUN.account) == settle(talk, line)
    assert Gone("done") == talk.body(reaction)
    talk.said(Delete(line.id), NARI, entitled=True, sent_at=START + 49)
    assert Deleted(NARI.account) == settle(talk, line)
    assert [("message-changed", line.id)] == talk.told()


def test_of_a_line_that_is_gone_nothing_but_that_is_kept(talk: Talk) -> None:
    """A deletion of it changes nothing, and what others attach to it loses its words."""
    line = talk.said(Text("secret"), JUN)
    line = talk.said(Gone("hidden"), JUN, id=line.id)
    edit = talk.said(Edit(line.id, "words"), JUN)
    talk.said(Delete(line.id), JUN)
    assert Gone("hidden") == settle(talk, line)
    assert [Gone("done"), Delete(line.id)] == talk.notes(line)
    assert ([], Gone("done")) == (talk.told(), talk.body(edit))


def test_a_hidden_line_that_is_deleted_for_all_is_no_line(talk: Talk) -> None:
    """It does not come back as a mark."""
    line = talk.said(Text("secret"), shown=False)
    talk.said(Delete(line.id))
    assert Gone("hidden") == settle(talk, line)
    assert [] == talk.told()


@pytest.mark.parametrize("about", [{"position": -1}, {"about": TARGET}])
def test_imported_lines_notices_and_annotations_are_not_annotated(talk: Talk, about: dict[str, object]) -> None:
    """Nothing happens to them; nor if the line is not here."""
    line = replace(talk.said(Text("first"), JUN), **about)  # type: ignore[arg-type]
    talk.step.store.put_message(line)
    edit = talk.said(Edit(line.id, "second"), JUN)
    assert (Text("first"), Edit(line.id, "second")) == (settle(talk, line), talk.body(edit))
    annotating.settle(talk.step, talk.group, TARGET)


def test_a_notice_is_not_deleted(talk: Talk) -> None:
    """It is this device's own word."""
    line = talk.said(Notice(NoticeKind.LEFT, JUN.account), JUN)
    talk.said(Delete(line.id), JUN)
    assert Notice(NoticeKind.LEFT, JUN.account) == settle(talk, line)


def test_whoever_looks_at_a_line_is_told_what_is_new_of_it(talk: Talk) -> None:
    """Of reactions, votes, ends and pins once; of a deletion as of a change; of nothing if the line is not shown."""
    line, hidden, notice = talk.said(POLL, JUN), talk.said(POLL, shown=False), talk.said(Notice(NoticeKind.LEFT), JUN)
    for on in (line.id, hidden.id, notice.id, TARGET):
        for body in (React(on, "👍"), Vote(on, (0,)), ClosePoll(on), Pin(on, on=True), Edit(on, "x"), Delete(on)):
            annotating.came(talk.step, talk.group, talk.said(body, NARI, entitled=isinstance(body, Pin)))
    annotating.came(talk.step, talk.group, talk.said(Pin(line.id, on=False), NARI))
    assert [("message-changed", line.id)] * 4 == talk.told()
    annotating.came(talk.step, talk.group, talk.said(Delete(line.id), JUN))
    assert 5 == len(talk.told())
    annotating.came(talk.step, talk.group, talk.said(React(line.id, "👍"), NARI))
    assert 5 == len(talk.told())


# -- reading ------------------------------------------------------------------------------------------------------


def sheet(talk: Talk, line: Message, *, direct: bool = False) -> annotating.Sheet:
    """What the line's annotations come to."""
    notes = talk.step.store.annotations(line.room, line.id)
    return annotating.sheet_of(line, talk.body(line), notes, direct=direct)


def test_everybody_has_one_reaction_the_earliest_first(talk: Talk) -> None:
    """The newest counts, an empty one takes it back, and what is no emoji is none."""
    line = talk.said(Text("hi"), JUN)
    reactions = [(NARI, "👍"), (JUN, "❤️"), (None, "😀"), (NARI, "🎉"), (JUN, "no"), (None, "")]
    for at, (by, emoji) in reversed(list(enumerate(reactions))):
        talk.said(React(line.id, emoji), by, sent_at=START + at)
    assert [("❤️", JUN.account), ("🎉", NARI.account)] == sheet(talk, line).reactions


def test_votes_count_until_whoever_asked_ends_the_poll(talk: Talk) -> None:
    """By place: what lies behind the end is late whatever time it gives; others end nothing."""
    line = talk.said(POLL, JUN)
    talk.said(ClosePoll(line.id), NARI)
    talk.said(Vote(line.id, (1,)), JUN)
    talk.said(Vote(line.id, (0,)), NARI)
    talk.said(Vote(line.id, (2,)))
    votes = {JUN.account: (1,), NARI.account: (0,), talk.me: (2,)}
    assert (False, votes) == (sheet(talk, line).closed, sheet(talk, line).votes)
    end = talk.said(ClosePoll(line.id), JUN)
    talk.said(ClosePoll(line.id), JUN)
    talk.said(Vote(line.id, (1,)), NARI, sent_at=START + 4)
    talk.said(Vote(line.id, (2,)), JUN, position=end.position)
    assert (True, votes) == (sheet(talk, line).closed, sheet(talk, line).votes)


def test_a_vote_is_changed_and_taken_back(talk: Talk) -> None:
    """What the poll does not take changes nothing."""
    line = talk.said(POLL, JUN)
    for choices in ((0,), (1,), (0, 1), (3,)):
        talk.said(Vote(line.id, choices), NARI)
    assert {NARI.account: (1,)} == sheet(talk, line).votes
    talk.said(Vote(line.id, ()), NARI)
    assert {} == sheet(talk, line).votes


def test_only_a_poll_is_voted_on_and_ended(talk: Talk) -> None:
    """A text has reactions and a pin."""
    line = talk.said(Text("hi"), JUN)
    talk.said(Vote(line.id, (0,)), NARI)
    talk.said(ClosePoll(line.id), JUN)
    assert annotating.Sheet() == sheet(talk, line)


def test_admins_pin_in_a_group_and_both_in_a_room_of_two(talk: Talk) -> None:
    """The newest word counts."""
    line = talk.said(Text("hi"), JUN)
    talk.said(Pin(line.id, on=True), NARI)
    assert (False, True) == (sheet(talk, line).pinned, sheet(talk, line, direct=True).pinned)
    talk.said(Pin(line.id, on=True), JUN, entitled=True)
    assert sheet(talk, line).pinned
    talk.said(Pin(line.id, on=False), JUN, entitled=True)
    assert not sheet(talk, line).pinned


def test_a_pin_counts_while_its_sender_may_pin(talk: Talk) -> None:
    """Every member while the group says so; what was pinned then stays when only admins may."""
    first, second = talk.said(Text("hi"), JUN), talk.said(Text("there"), JUN)
    infos = [structs.replace(talk.group.info, members_pin=on) for on in (True, False)]
    for line, info in zip((first, second), infos, strict=True):
        pin = Pin(line.id, on=True)
        talk.said(pin, NARI, entitled=kinds.entitled(info, NARI.account, pin))
    assert (True, False) == (sheet(talk, first).pinned, sheet(talk, second).pinned)
    assert not kinds.entitled(infos[0], NARI.account, Delete(first.id))


def test_nothing_is_attached_to_what_nobody_said(talk: Talk) -> None:
    """Notices and deleted lines."""
    line = talk.said(Deleted(JUN.account), JUN)
    talk.said(React(line.id, "👍"), NARI)
    assert annotating.Sheet() == sheet(talk, line)


@pytest.mark.parametrize(
    ("poll", "choices", "takes"),
    [
        (POLL, (), True),
        (POLL, (2,), True),
        (POLL, (3,), False),
        (POLL, (-1,), False),
        (POLL, (0, 1), False),
        (SEVERAL, (0, 1, 2), True),
        (SEVERAL, (0, 0), False),
        (SEVERAL, (0, 3), False),
    ],
)
def test_the_answers_that_a_poll_takes(poll: Poll, choices: tuple[int, ...], *, takes: bool) -> None:
    """Those it has, each once, and several only if it says so."""
    assert takes is annotating.is_vote(poll, choices)
