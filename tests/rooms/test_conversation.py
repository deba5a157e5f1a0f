"""Annotations, timers, profiles and notices between devices that share nothing but boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from nullabona.client.core import conversation
from nullabona.client.core.model.content import (
    Body,
    ClosePoll,
    Delete,
    Deleted,
    Edit,
    Gone,
    Notice,
    NoticeKind,
    Pin,
    Poll,
    React,
    Text,
    Vote,
)
from nullabona.client.core.model.errors import BadRequest, NotAllowed
from nullabona.client.core.model.facts.messages import Typing
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import annotating, kinds, profiles, read_markers, sending
from tests.rooms.world import Person, World

T = TypeVar("T")
HOUR = 3_600_000


def do(person: Person, room: bytes, what: Callable[[Step], T]) -> T:
    with person.engine.step(person.world.now, room) as step:
        return what(step)


def line(person: Person, room: bytes, id: bytes) -> Message:
    with person.store.transaction():
        found = person.store.message(room, id)
    assert found is not None
    return found


def words(person: Person, room: bytes, id: bytes) -> str:
    return kinds.words_of(kinds.stored(line(person, room, id)))


def sheet(person: Person, room: bytes, id: bytes) -> annotating.Sheet:
    with person.engine.step(person.world.now, room) as step:
        row = step.store.message(room, id)
        assert row is not None
        direct = step.room(room).info.kind == DIRECT
        return annotating.sheet_of(row, kinds.stored(row), step.store.annotations(room, id), direct=direct)


def send_raw(person: Person, room: bytes, body: Body) -> bytes:
    """What a hostile device sends: whatever it likes."""
    return do(person, room, lambda s: sending.send(s, s.room(room), body))  # type: ignore[arg-type]


def people(world: World, *names: str) -> list[Person]:
    return [world.person(f"person-{name}") for name in names]


@pytest.fixture
def world() -> World:
    return World(5)


def test_everything_about_a_message_reaches_everybody(world: World) -> None:
    """An edit, a reaction and a pin look the same on both devices; the old words are nowhere."""
    a, b = people(world, "a", "b")
    room = world.group(a, b)
    said = a.send(room, "first words")
    world.settle(60_000)
    do(a, room, lambda s: conversation.edit(s, room, said, "second words"))
    do(b, room, lambda s: conversation.react(s, room, said, "👍"))
    do(a, room, lambda s: conversation.pin(s, room, said, on=True))
    world.settle(60_000)
    for person in (a, b):
        assert ("second words", True) == (words(person, room, said), line(person, room, said).edited_at is not None)
        assert ([("👍", b.account)], True) == (sheet(person, room, said).reactions, sheet(person, room, said).pinned)
        with person.store.transaction():
            assert not [row for row in person.store._all("SELECT body FROM message") if b"first words" in row[0]]
        assert [said] == [message.id for message in person.messages(room)]


def test_a_reaction_is_exchanged_and_taken_back(world: World) -> None:
    """One per account; only an emoji is one."""
    a, b = people(world, "a", "b")
    room = world.group(a, b)
    said = a.send(room, "hi")
    world.settle(60_000)
    for emoji in ("👍", "❤️"):
        do(b, room, lambda s, e=emoji: conversation.react(s, room, said, e))  # type: ignore[misc]
    world.settle(60_000)
    send_raw(b, room, React(said, "no emoji"))
    world.settle(60_000)
    assert [("❤️", b.account)] == sheet(a, room, said).reactions
    do(b, room, lambda s: conversation.react(s, room, said, ""))
    world.settle(60_000)
    assert [] == sheet(a, room, said).reactions
    with pytest.raises(BadRequest):
        do(b, room, lambda s: conversation.react(s, room, said, "👍👍"))


def test_deleting_for_all_leaves_only_that(world: World) -> None:
    """Words, reactions and search entries are erased; an admin may delete what others wrote; nobody else."""
    a, b, c = people(world, "a", "b", "c")
    room = world.group(a, b, c)
    mine, theirs = a.send(room, "secret one"), b.send(room, "secret two")
    world.settle(60_000)
    do(c, room, lambda s: conversation.react(s, room, theirs, "👍"))
    with pytest.raises(NotAllowed):
        do(b, room, lambda s: conversation.delete(s, room, mine, for_all=True))
    send_raw(c, room, Delete(mine))
    do(a, room, lambda s: conversation.delete(s, room, theirs, for_all=True))
    world.settle(60_000)
    for person in (a, b, c):
        assert "secret one" == words(person, room, mine)
        assert Deleted(a.account) == kinds.stored(line(person, room, theirs))
        assert [] == sheet(person, room, theirs).reactions
        with person.store.transaction():
            assert not [row for row in person.store._all("SELECT body FROM message") if b"secret two" in row[0]]
            assert not person.store.find_words('"tw"', before=1 << 62, limit=9)


def test_what_is_deleted_before_it_goes_out_never_goes_out(world: World) -> None:
    """Nobody gets the words of a message that was deleted while its sender was offline."""
    a, b = people(world, "a", "b")
    room = world.group(a, b)
    a.online = False
    said = a.send(room, "regretted")
    do(a, room, lambda s: conversation.delete(s, room, said, for_all=True))
    a.online = True
    world.settle()
    assert [] == [message.body for message in b.messages(room) if message.id == said]


def test_what_is_deleted_for_me_does_not_come_back(world: World) -> None:
    """It stays for the others, and the relay's loss of everything brings no copy."""
    a, b = people(world, "a", "b")
    room = world.group(a, b)
    said = a.send(room, "hello")
    world.settle(60_000)
    do(b, room, lambda s: conversation.delete(s, room, said, for_all=False))
    world.relay.wipe()
    a.send(room, "again")
    world.settle()
    assert (["again"], ["hello", "again"]) == (b.texts(room), a.texts(room))
    assert Gone("hidden") == kinds.stored(line(b, room, said))


def test_a_poll_counts_what_fits(world: World) -> None:
    """The last vote of each; none out of range, none after the end, and only the asker ends it."""
    a, b, c = people(world, "a", "b", "c")
    room = world.group(a, b, c)
    poll = do(a, room, lambda s: conversation.send_poll(s, room, "lunch?", ["rice", "noodles"]))
    world.settle(60_000)
    for body in (Vote(poll, (0,)), Vote(poll, (1,)), Vote(poll, (7,)), Vote(poll, (0, 1)), ClosePoll(poll)):
        send_raw(b, room, body)
        world.settle(60_000)
    assert ({b.account: (1,)}, False) == (sheet(a, room, poll).votes, sheet(a, room, poll).closed)
    do(a, room, lambda s: conversation.close_poll(s, room, poll))
    world.settle(60_000)
    send_raw(c, room, Vote(poll, (0,)))
    world.settle(60_000)
    for person in (a, b, c):
        assert ({b.account: (1,)}, True) == (sheet(person, room, poll).votes, sheet(person, room, poll).closed)
    with pytest.raises(BadRequest, match="closed"):
        do(c, room, lambda s: conversation.vote(s, room, poll, [0]))


@pytest.mark.parametrize(
    "make",
    [
        lambda target: Edit(target, "forged"),
        Delete,
        lambda target: Pin(target, on=True),
        ClosePoll,
        lambda target: Vote(target, (0,)),
        lambda target: React(target, "x" * 32),
    ],
    ids=["edit", "delete", "pin", "close", "vote", "react"],
)
def test_what_a_member_may_not_is_ignored(world: World, make: Callable[[bytes], Body]) -> None:
    """By the wrong sender, about a message of another room, about nothing, about itself."""
    a, b = people(world, "a", "b")
    room, other = world.group(a, b), world.group(a, b, name="other")
    do(a, room, lambda s: conversation.set_members_pin(s, room, on=False))
    do(a, other, lambda s: conversation.set_members_pin(s, other, on=False))
    world.settle(60_000)
    said, elsewhere = a.send(room, "mine"), a.send(other, "elsewhere")
    world.settle(60_000)
    for target in (said, elsewhere, bytes(16)):
        note = send_raw(b, room, make(target))
        send_raw(b, room, make(note))
    world.settle(60_000)
    empty = annotating.Sheet()
    assert ("mine", "elsewhere") == (words(a, room, said), words(a, other, elsewhere))
    assert (empty, empty) == (sheet(a, room, said), sheet(a, other, elsewhere))


def test_members_pin_until_the_group_leaves_it_to_its_admins(world: World) -> None:
    """What a member pins then is shown to nobody, whatever their app sends; what was pinned before stays."""
    a, b, c = people(world, "a", "b", "c")
    room = world.group(a, b, c)
    first, second = a.send(room, "first"), a.send(room, "second")
    world.settle(60_000)
    do(b, room, lambda s: conversation.pin(s, room, first, on=True))
    world.settle(60_000)
    do(a, room, lambda s: conversation.set_members_pin(s, room, on=False))
    world.settle(60_000)
    send_raw(b, room, Pin(second, on=True))
    send_raw(b, room, Pin(first, on=False))
    world.settle(60_000)
    for person in (a, b, c):
        assert (True, False) == (sheet(person, room, first).pinned, sheet(person, room, second).pinned)
        assert NoticeKind.PINNING_CHANGED in told(person, room)
    with pytest.raises(NotAllowed):
        do(c, room, lambda s: conversation.pin(s, room, second, on=True))


def test_a_disappearing_message_disappears(world: World) -> None:
    """For its sender the time after it was sent, for a reader after it was read; quotes and copies included."""
    a, b = people(world, "a", "b")
    room = world.group(a, b)
    do(a, room, lambda s: conversation.set_timer(s, room, 600))
    world.settle(60_000)
    assert (600, 600) == (a.info(room).timer_s, b.info(room).timer_s)
    said = a.send(room, "not for long")
    world.settle(1_200_000)
    assert ([], ["not for long"]) == (a.texts(room), b.texts(room))
    do(b, room, lambda s: read_markers.mark_read(s, s.room(room), said))
    world.settle(1_200_000)
    for person in (a, b):
        assert Gone("expired") == kinds.stored(line(person, room, said))
        assert "message-gone" in {kind for kind, _, _ in person.events()}
        with person.store.transaction():
            assert not [row for row in person.store._all("SELECT data FROM event") if b"not for long" in row[0]]
    assert NoticeKind.TIMER_CHANGED in told(b, room)


def told(person: Person, room: bytes) -> list[NoticeKind]:
    bodies = [kinds.stored(row) for row in person.lines(room)]
    return [body.what for body in bodies if isinstance(body, Notice)]


def test_notices_stand_at_one_place_for_everybody(world: World) -> None:
    """Additions, names and removals are noted once, in one order, and never count as unread."""
    a, b, c = people(world, "a", "b", "c")
    room = world.group(a, b)
    world.befriend(a, c)
    from nullabona.client.core import commands

    do(a, room, lambda s: commands.add_account(s, room, c.card))
    world.settle()
    a.send(room, "welcome")
    do(a, room, lambda s: commands.rename(s, room, "new"))
    world.settle()
    do(a, room, lambda s: commands.remove_account(s, room, c.account))
    world.settle()
    common = [NoticeKind.MEMBER_ADDED, NoticeKind.RENAMED, NoticeKind.MEMBER_REMOVED]
    assert [*([NoticeKind.CREATED, NoticeKind.MEMBER_ADDED]), *common] == told(a, room)
    assert [NoticeKind.JOINED, *common] == told(b, room)
    assert [NoticeKind.JOINED, NoticeKind.RENAMED, NoticeKind.REMOVED] == told(c, room)
    shared = {row.id for row in b.lines(room)} & {row.id for row in a.lines(room)}
    order = [[row.id for row in p.lines(room) if row.id in shared] for p in (a, b)]
    assert order[0] == order[1]
    with b.store.transaction():
        assert (1, 0) == b.store.count_unread(room, -1)


def test_mentions_and_answers_count(world: World) -> None:
    """Unread, and of these what names me or answers me."""
    a, b, c = people(world, "a", "b", "c")
    room = world.group(a, b, c)
    mine = b.send(room, "what?")
    world.settle(60_000)
    do(a, room, lambda s: conversation.send_text(s, room, "just so"))
    do(a, room, lambda s: conversation.send_text(s, room, "you there", mentions=[b.account, b"x" * 32]))
    do(a, room, lambda s: conversation.send_text(s, room, "this", reply_to=mine))
    world.settle(60_000)
    with b.store.transaction():
        assert (3, 2) == b.store.count_unread(room, -1)
    with c.store.transaction():
        assert (4, 0) == c.store.count_unread(room, -1)


def test_a_profile_is_told_in_rooms_and_the_newest_counts(world: World) -> None:
    """Names are cleaned; whoever comes later hears them too; without a profile nothing is sent."""
    a, b, c = people(world, "a", "b", "c")
    room = world.group(a, b)
    do(a, room, lambda s: profiles.set_own(s, "미나\u202e\n ", None))
    world.settle(60_000)
    do(a, room, lambda s: profiles.set_own(s, "Mina", b""))
    world.settle(60_000)
    world.befriend(a, c)
    from nullabona.client.core import commands

    do(a, room, lambda s: commands.add_account(s, room, c.card))
    world.settle()
    for person in (b, c):
        with person.store.transaction():
            known = person.store.person(a.account)
        assert known is not None
        assert "Mina" == known.name
    assert 2 == len([kind for kind, _, _ in b.events() if kind == "profile"])


def test_typing_is_told_seldom_and_not_kept(world: World) -> None:
    """At most once in five seconds, not in the log, and not at all if the person does not want it."""
    a, b = people(world, "a", "b")
    room = world.group(a, b)
    heard: list[bool] = []
    b.engine.on_passing = lambda fact: heard.append(fact.until > 0) if isinstance(fact, Typing) else None
    do(a, room, lambda s: conversation.say_typing(s, s.room(room), on=True))
    world.quiet()
    assert [] == heard  # nobody asked for it
    for person in (a, b):
        with person.engine.step(world.now) as step:
            step.store.put_preference("profile", "typing", b"\xc3")
    for _ in range(3):
        do(a, room, lambda s: conversation.say_typing(s, s.room(room), on=True))
    world.quiet()
    a.send(room, "done")
    world.quiet()
    assert [True, False] == heard
    with a.engine.step(world.now) as step:
        step.store.put_preference("profile", "typing", b"\xc2")
    world.pass_time(10_000)
    do(a, room, lambda s: conversation.say_typing(s, s.room(room), on=True))
    world.quiet()
    assert ([True, False], ["done"]) == (heard, b.texts(room))


def test_a_failed_message_is_sent_again_or_given_up(world: World) -> None:
    """Retrying keeps its id; discarding erases it."""
    a, b = people(world, "a", "b")
    room = world.group(a, b)
    again, never = a.send(room, "again"), a.send(room, "never")
    for id in (again, never):
        do(a, room, lambda s, i=id: fail(s, room, i))  # type: ignore[misc]
    do(a, room, lambda s: conversation.retry(s, room, again))
    do(a, room, lambda s: conversation.discard(s, room, never))
    world.settle(60_000)
    assert (["again"], ["again"], Gone("hidden")) == (a.texts(room), b.texts(room), kinds.stored(line(a, room, never)))


def fail(step: Step, room: bytes, id: bytes) -> None:
    row = step.store.message(room, id)
    assert row is not None
    step.store.drop_outbox_ref(row.box, row.frame)
    frame = step.store.frame(row.box, row.frame)
    assert frame is not None
    from dataclasses import replace

    step.store.put_frame(replace(frame, data=b""))
    sending.set_state(step, row, MessageState.FAILED)


def test_forwarding_says_it_is_forwarded_and_not_by_whom(world: World) -> None:
    """A poll begins anew."""
    a, b = people(world, "a", "b")
    room, other = world.group(a, b), world.group(a, b, name="other")
    said = b.send(room, "pass it on")
    poll = do(b, room, lambda s: conversation.send_poll(s, room, "when?", ["now", "later"]))
    world.settle(60_000)
    for id in (said, poll):
        do(a, room, lambda s, i=id: conversation.forward(s, room, i, other))  # type: ignore[misc]
    world.settle(60_000)
    bodies = [kinds.stored(row) for row in b.messages(other)]
    assert [Text("pass it on", forwarded=True), Poll("when?", ("now", "later"))] == bodies


def test_without_receipts_nobody_learns_what_was_read(world: World) -> None:
    """Own unread counts go on; the marker stays here."""
    a, b = people(world, "a", "b")
    room = world.group(a, b)
    with b.engine.step(world.now) as step:
        step.store.put_preference("profile", "receipts", b"\xc2")
    said = a.send(room, "read me")
    world.settle(60_000)
    do(b, room, lambda s: read_markers.mark_read(s, s.room(room), said))
    b.send(room, "I did")
    world.settle(60_000)
    with a.store.transaction():
        known = a.store.marker(room, b.account)
    position = line(b, room, said).position
    assert known is None or known < position
    with b.store.transaction():
        assert position == b.store.marker(room, b.account)
    assert JOINED == b.phase(room)
