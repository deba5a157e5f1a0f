"""What was said between a backup and the return comes from the members who said it (spec/devices.md §9.2)."""

from __future__ import annotations

import pytest

from nullabona.client.archive.records import Record
from nullabona.client.core import commands, conversation
from nullabona.client.core.backfill import lines
from nullabona.client.core.model.content import Deleted, File, Text, decode_body
from nullabona.client.core.model.records import FileState, Message
from nullabona.client.core.restore import returning
from nullabona.client.core.timeline import file_messages
from tests.rooms.devices import another_device, backup_of, restored_from
from tests.rooms.test_files import SMALL, file_of, said, tell
from tests.rooms.test_gaps import around, gaps_of
from tests.rooms.world import Person, World, text_of

HOUR = 3_600_000


def talk(world: World, room: bytes, *turns: tuple[Person, str]) -> None:
    """Everybody says something and everybody reads it."""
    for who, text in turns:
        who.send(room, text)
        world.settle()


def came_back(world: World, lost: Person, backup: list[Record], span: int = HOUR) -> Person:
    """The account on a new device, an hour later."""
    fresh = restored_from(world, lost, backup, f"{lost.name} again")
    world.settle(span=span, most=2_000)
    return fresh


def line(person: Person, room: bytes, text: str) -> Message:
    """The line with this text."""
    return next(message for message in person.messages(room) if text_of(message) == text)


def told(person: Person, room: bytes) -> dict[str, bytes]:
    """Text → who handed the line over."""
    return {text_of(message): message.told_by for message in person.messages(room)}


def test_what_was_said_since_the_backup_comes_back_in_its_order() -> None:
    """Own lines and the contact's, each once, and nothing says that any is missing."""
    world = World(31)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (mina, "a2"), (jun, "b2"), (mina, "a3"), (jun, "b3"))
    fresh = came_back(world, mina, backup)
    assert ("joined", ["b1", "a2", "b2", "a3", "b3"]) == (fresh.phase(room), around(fresh, room))
    assert [] == gaps_of(fresh, room)
    handed = {"a2": jun.account, "b2": jun.account, "a3": jun.account, "b3": jun.account}
    assert {"b1": b"", **handed} == told(fresh, room)
    talk(world, room, (jun, "b4"))
    assert ["b1", "a2", "b2", "a3", "b3", "b4"] == fresh.texts(room) == jun.texts(room)
    sent_at = [message.sent_at for message in fresh.messages(room)]
    assert sorted(sent_at) == sent_at


def test_everybody_hands_over_their_own_lines_and_only_the_restored_accounts_are_told_by_one_of_them() -> None:
    """So nobody is believed about what a third person said."""
    world = World(32)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (mina, "a2"), (jun, "b2"), (sora, "c2"))
    fresh = came_back(world, mina, backup)
    handed = told(fresh, room)
    assert (jun.account, sora.account) == (handed["b2"], handed["c2"])
    assert handed["a2"] in {jun.account, sora.account}
    assert ["b1", "a2", "b2", "c2"] == around(fresh, room)


def test_who_was_away_hands_over_when_they_are_back() -> None:
    """The line goes only then; weeks are not too long."""
    world = World(33)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (sora, "c2"), (jun, "b2"))
    sora.online = False
    fresh = came_back(world, mina, backup, span=5 * 24 * HOUR)
    assert ["b1", "b2", "-"] == around(fresh, room)
    sora.online = True
    world.settle(span=5 * HOUR)
    assert ["b1", "c2", "b2"] == around(fresh, room)


def test_a_device_that_is_lost_when_nobody_has_read_its_lines_is_told_by_nobody() -> None:
    """What nobody has, nobody can hand over."""
    world = World(34)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    mina.send(room, "never left")
    fresh = came_back(world, mina, backup)
    assert ["b1"] == around(fresh, room)


def test_changes_that_others_made_to_older_lines_come_as_well() -> None:
    """An edit shows the newer words, a deletion erases what the backup still had, a reaction and a pin are there."""
    world = World(35)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "wrong"), (jun, "secret"), (mina, "dear"))
    backup = backup_of(world, mina)
    wrong, secret, dear = (line(jun, room, text).id for text in ("wrong", "secret", "dear"))
    with jun.engine.step(world.now, room) as step:
        conversation.edit(step, room, wrong, "right")
        conversation.delete(step, room, secret, for_all=True)
        conversation.react(step, room, dear, "👍")
    world.settle()
    fresh = came_back(world, mina, backup)
    bodies = [decode_body(message.body) for message in fresh.messages(room)]
    assert ["right", None, "dear"] == [body.text if isinstance(body, Text) else None for body in bodies]
    assert bodies[1] == Deleted(jun.account)
    with fresh.store.transaction():
        kinds = [note.kind for note in fresh.store.annotations(room, dear)]
    assert ["react"] == kinds


def test_what_was_erased_or_has_expired_or_was_hidden_is_not_handed_over() -> None:
    """Neither what its sender deleted, nor what its time took, nor what they removed for themselves."""
    world = World(36)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(jun, mina)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (jun, "deleted"), (jun, "hidden"), (jun, "kept"))
    deleted, hidden = (line(jun, room, text).id for text in ("deleted", "hidden"))
    with jun.engine.step(world.now, room) as step:
        conversation.delete(step, room, deleted, for_all=True)
        conversation.delete(step, room, hidden, for_all=False)
        conversation.set_timer(step, room, 600)
    world.settle()
    talk(world, room, (jun, "short"))
    world.settle(span=HOUR)
    fresh = came_back(world, mina, backup)
    assert ["b1", "kept"] == [text for text in around(fresh, room) if text != "-"]


def test_nothing_is_handed_over_from_a_time_when_the_account_was_not_in_the_room() -> None:
    """It was removed after the backup and let in again: what was said in between is not for it."""
    world = World(37)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(jun, mina)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    with jun.engine.step(world.now, room) as step:
        commands.remove_account(step, room, mina.account)
    world.settle()
    talk(world, room, (jun, "about mina"))
    with jun.engine.step(world.now, room) as step:
        commands.add_account(step, room, mina.card)
    world.settle()
    talk(world, room, (jun, "welcome"))
    fresh = came_back(world, mina, backup)
    assert ("joined", ["b1", "welcome"]) == (fresh.phase(room), [t for t in around(fresh, room) if t != "-"])
    again = came_back(world, fresh, backup)
    assert ("joined", ["b1", "welcome"]) == (again.phase(room), [t for t in around(again, room) if t != "-"])


def test_who_came_in_after_the_backup_hands_over_what_they_said_since() -> None:
    """They cannot tell whether the device remembers the room; that others answer it shows them."""
    world = World(38)
    mina, jun, dan = world.person("mina"), world.person("jun"), world.person("dan")
    room = world.group(jun, mina)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    world.befriend(jun, dan)
    with jun.engine.step(world.now, room) as step:
        commands.add_account(step, room, dan.card)
    world.settle()
    talk(world, room, (dan, "d2"), (mina, "a2"))
    fresh = came_back(world, mina, backup)
    assert ["b1", "d2", "a2"] == around(fresh, room)
    assert [] == gaps_of(fresh, room)


def test_many_lines_come_in_parts_whatever_crashes_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line once, in order; both devices lose their memory between the parts."""
    monkeypatch.setattr(lines, "PART", 400)
    world = World(39)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    for number in range(30):
        (mina, jun)[number % 2].send(room, f"line {number}")
        world.settle(span=1_000)
    world.settle()
    expected = jun.texts(room)
    fresh = restored_from(world, mina, backup, "mina again")
    for _ in range(60):
        world.settle(span=5_000)
        fresh.crash()
        jun.crash()
    world.settle(span=HOUR)
    assert expected == around(fresh, room)


def test_what_was_read_on_the_lost_device_is_not_unread_and_what_was_not_is() -> None:
    """Each member says how far they know that the account has read, and only about their own lines."""
    world = World(40)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (jun, "read"))
    read = line(mina, room, "read").id
    with mina.engine.step(world.now, room) as step:
        commands.mark_read(step, room, read)
    world.settle()
    mina.online = False
    talk(world, room, (jun, "unread"))
    fresh = came_back(world, mina, backup)
    assert {"b1": 1, "read": 0, "unread": 1} == {text_of(m): m.unread for m in fresh.messages(room)}


def test_a_file_comes_with_its_line() -> None:
    """Its bytes are at the relay, or with its sender, as of any file."""
    world = World(41)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    photo = tell(jun, room, said(world, SMALL))
    world.settle()
    fresh = came_back(world, mina, backup)
    # What was said behind the back of its own device is in nobody's history there.
    assert None is file_of(fresh, room, photo)
    with jun.engine.step(world.now, room) as step:
        honest = file_messages.send_file(step, room, b"", File(said(world, SMALL)))
    world.settle()
    again = came_back(world, fresh, backup)
    assert (FileState.HERE, "") == file_of(again, room, honest)


def test_another_device_of_the_account_hands_over_the_accounts_lines() -> None:
    """Then no other account is asked for them."""
    world = World(42)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    desk = another_device(world, mina, "desk")
    world.settle()
    talk(world, room, (jun, "b1"))
    with mina.engine.step(world.now, room) as step:
        returning.forsake(step, step.room(room))
    mina.online = False
    talk(world, room, (desk, "a2"), (jun, "b2"))
    mina.online = True
    world.settle(span=HOUR)
    assert (["b1", "a2", "b2"], []) == (around(mina, room), gaps_of(mina, room))


def test_a_line_that_also_comes_in_the_ordinary_way_is_there_once_and_in_its_place() -> None:
    """What the lost device had not acknowledged is sent again by its sender as well."""
    world = World(43)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (jun, "b2"))
    mina.online = False
    jun.send(room, "b3")
    world.settle(span=1_000)
    fresh = came_back(world, mina, backup, span=6 * HOUR)
    talk(world, room, (jun, "b4"))
    assert ["b1", "b2", "b3", "b4"] == around(fresh, room)


def test_rows_that_only_devices_need_are_gone_when_everybody_has_them() -> None:
    """Neither a request nor an answer stays in the store."""
    world = World(44)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (jun, "b2"))
    fresh = came_back(world, mina, backup)
    talk(world, room, (jun, "b3"), (fresh, "a3"))
    world.settle(span=HOUR)
    for person in (fresh, jun):
        with person.store.transaction():
            rows = person.store.rows(room, after=-1, before=1 << 62, limit=1_000)
        assert [] == [row.id for row in rows if row.kind == "backfill"]
