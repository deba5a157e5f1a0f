"""Moving in through the API: looked at first, stored once, found, gone on with, undone; and never sent to anybody."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.api import Client, ImportAnswers, errors
from nullabona.client.core import imports
from nullabona.client.core.model.errors import BadRequest, NotInRoom
from tests.importing.profiles import mover
from tests.importing.test_layouts import conversation
from tests.importing.writing import FORMS, Form, Said

WINDOWS = next(form for form in FORMS if form.name == "windows-ko")
ANDROID = next(form for form in FORMS if form.name == "android-ko")
TELEGRAM = next(form for form in FORMS if form.name == "telegram")
START = 1_742_000_040_000
ME = ImportAnswers(me="민아")
SHORT = [
    Said(START, "민아", "주말에 산에 갈까?"),
    Said(START, "준호", "좋아\n몇 시에?"),
    Said(START, "민아", "아홉 시"),
    Said(START + 60_000, "", "서연님이 나갔습니다."),
    Said(START + 120_000, "준호", "사진"),
]


def written(folder: Path, said: list[Said], form: Form = WINDOWS) -> Path:
    path = folder / form.file
    path.write_bytes(form.write(said))
    return path


SEOUL = 9 * 3_600_000
"""What its clocks are ahead of UTC."""


def seen(client: Client, room: bytes) -> list[tuple[str, str, bool, str]]:
    return [(line.name, line.text, line.mine, line.kind) for line in client.messages.page(room, limit=10_000)]


@pytest.mark.usefixtures("in_seoul")
def test_nothing_is_stored_before_the_person_says_so(tmp_path: Path) -> None:
    """A preview tells what is in a file, and asks who the person is."""

    async def story() -> None:
        async with mover(tmp_path) as client:
            found = await client.imports.preview([written(tmp_path, SHORT)])
            (chat,) = found.chats
            assert ("me",) == found.questions
            assert ("kakaotalk", "산책 모임", 5) == (chat.service, chat.title, chat.lines)
            assert {("민아", 2), ("준호", 2)} == {(person.name, person.lines) for person in chat.people}
            assert {"text": 3, "photo": 1, "system": 1} == chat.kinds
            assert (START - SEOUL, START + 120_000 - SEOUL) == (chat.first_at, chat.last_at)
            with pytest.raises(errors.ImportUnanswered):
                await client.imports.run([tmp_path / WINDOWS.file])
            assert ([], []) == (client.rooms.all(), client.imports.all())

    asyncio.run(story())


def test_history_stands_in_a_room_of_its_own_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Marked as imported; own lines are one's own; lines of one minute stay as they were."""

    async def story() -> None:
        async with mover(tmp_path) as client:
            (done,) = await client.imports.run([written(tmp_path, SHORT)], ME)
            room = client.rooms.get(done.room)
            assert ("imported", "산책 모임", 0) == (room.phase, room.title, room.unread)
            me = client.messages.page(done.room)[0].name
            assert [
                (me, "주말에 산에 갈까?", True, "text"),
                ("준호", "좋아\n몇 시에?", False, "text"),
                (me, "아홉 시", True, "text"),
                ("", "서연님이 나갔습니다.", False, "told"),
                ("준호", "사진", False, "text"),
            ] == seen(client, done.room)
            marks = {
                (line.imported.service, line.imported.precise)
                for line in client.messages.page(done.room)
                if line.imported
            }
            assert {("kakaotalk", False)} == marks

    asyncio.run(story())


def test_nothing_can_be_sent_into_imported_history(tmp_path: Path) -> None:
    """Nobody is there; what is imported is neither answered nor changed for others, only deleted here."""

    async def story() -> None:
        async with mover(tmp_path) as client:
            (done,) = await client.imports.run([written(tmp_path, SHORT)], ME)
            line = client.messages.page(done.room)[0]
            with pytest.raises(NotInRoom):
                await client.messages.send(done.room, "hello")
            with pytest.raises((NotInRoom, BadRequest)):
                await client.messages.react(done.room, line.id, "👍")
            await client.messages.mark_read(done.room)
            await client.messages.delete(done.room, [line.id], for_all=False)
            assert 4 == len(client.messages.page(done.room))
            assert 0 == client.status().outbox
            await client.imports.run([written(tmp_path, [*SHORT, Said(START + 180_000, "준호", "새 줄")])])
            assert "주말에 산에 갈까?" not in [line.text for line in client.messages.page(done.room)]

    asyncio.run(story())


def test_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    """Nor does it ask again who is who."""

    async def story() -> None:
        async with mover(tmp_path) as client:
            path = written(tmp_path, SHORT)
            (first,) = await client.imports.run([path], ME)
            before = seen(client, first.room)
            assert [first] == await client.imports.run([path])
            assert before == seen(client, first.room)

    asyncio.run(story())


def test_a_later_export_of_the_same_chat_adds_what_is_new(tmp_path: Path) -> None:
    """Also if somebody was renamed since, and the file is of another system."""

    async def story() -> None:
        said = conversation(random.Random(3), 300, 60_000)
        async with mover(tmp_path) as client:
            await client.imports.run([written(tmp_path, said[:200])], ME)
            renamed = [replace(one, author="준호(개명)") if one.author == "Jun Ho" else one for one in said[100:]]
            (later,) = await client.imports.run([written(tmp_path, renamed, ANDROID)])
            assert 100 == later.added
            (room,) = client.rooms.all()
            assert [one.text for one in said] == [line.text for line in client.messages.page(room.id, limit=1_000)]
            positions = [line.position for line in client.messages.page(room.id, limit=1_000)]
            assert sorted(set(positions)) == positions

    asyncio.run(story())


def test_an_import_stopped_anywhere_goes_on(tmp_path: Path) -> None:
    """Whatever was stored, giving the file again completes it: the same lines as without the stop."""

    async def story() -> None:
        said = conversation(random.Random(5), 97, 60_000)
        path = written(tmp_path, said)
        for stop in (1, 3, 7):
            folder = tmp_path / str(stop)
            folder.mkdir()
            told = 0

            def tell(_: object, stop: int = stop) -> None:
                nonlocal told
                told += 1
                if told == stop:
                    raise KeyboardInterrupt

            async with mover(folder) as client:
                with pytest.raises(KeyboardInterrupt):
                    await client.imports.run([path], ME, tell=tell, batch=10)
                assert ["running"] == [one.state for one in client.imports.all()]
            async with mover(folder) as client:
                assert 10 * stop == client.imports.all()[0].done
                (done,) = await client.imports.run([path], batch=10)
                assert ("done", 97, 97) == (done.state, done.done, done.added)
                assert [one.text for one in said] == [
                    line.text for line in client.messages.page(done.room, limit=1_000)
                ]

    asyncio.run(story())


def test_undoing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither lines nor words nor the room; in as many steps as it takes, going on where it was stopped."""

    async def story() -> None:
        monkeypatch.setattr(imports, "UNDONE_AT_ONCE", 2)
        async with mover(tmp_path) as client:
            (done,) = await client.imports.run([written(tmp_path, SHORT)], ME)
            with client._session.step() as step:
                assert imports.undo(step, step.store.imports()[0])
            assert "undoing" == client.imports.all()[0].state
            await client.imports.undo(done.id.hex())
            assert ([], [], []) == (client.rooms.all(), client.imports.all(), client.messages.search("주말"))
            with client._session.look() as store:
                assert (0, []) == (store.lowest_row(), store.recent_messages(before=1 << 62, limit=5))
            with pytest.raises(errors.NoSuchImport):
                await client.imports.undo(done.id)

    asyncio.run(story())


def test_undoing_a_later_import_keeps_the_earlier_one(tmp_path: Path) -> None:
    """Each brought its own lines."""

    async def story() -> None:
        async with mover(tmp_path) as client:
            await client.imports.run([written(tmp_path, SHORT[:3])], ME)
            (later,) = await client.imports.run([written(tmp_path, SHORT)])
            await client.imports.undo(later.id)
            (room,) = client.rooms.all()
            assert [one.text for one in SHORT[:3]] == [line.text for line in client.messages.page(room.id)]

    asyncio.run(story())


@pytest.mark.usefixtures("in_seoul")
def test_imported_history_is_found_by_word_person_and_date(tmp_path: Path) -> None:
    """As everything else is."""

    async def story() -> None:
        async with mover(tmp_path) as client:
            said = [
                Said(START + day * 86_400_000, "민아" if day % 2 else "준호", f"{day}일째 산책") for day in range(200)
            ]
            (done,) = await client.imports.run([written(tmp_path, said)], ME)
            assert 200 == len(client.messages.search("산책", limit=500))
            begin = START - SEOUL
            week = client.messages.search("", since=begin + 50 * 86_400_000, until=begin + 57 * 86_400_000)
            assert [f"{day}일째 산책" for day in range(56, 49, -1)] == [hit.snippet for hit in week]
            assert 100 == len(client.messages.search("산책", people=["준호"], limit=500))
            mine = client.messages.search(
                "산책", people=[client.me.account], room=done.room, since=begin + 190 * 86_400_000
            )
            assert [f"{day}일째 산책" for day in range(199, 190, -2)] == [hit.snippet for hit in mine]

    asyncio.run(story())


def test_a_chat_of_telegram_keeps_its_numbers(tmp_path: Path) -> None:
    """The same words in the same second are two lines, and the same two the next time."""

    async def story() -> None:
        async with mover(tmp_path) as client:
            said = [Said(START, "민아", "ㅋㅋ"), Said(START, "준호", "ㅋㅋ"), Said(START + 1_000, "준호", "끝")]
            (first,) = await client.imports.run([written(tmp_path, said[:2], TELEGRAM)], ME)
            (later,) = await client.imports.run([written(tmp_path, said, TELEGRAM)])
            assert (2, 1) == (first.added, later.added)
            assert [START, START, START + 1_000] == [line.sent_at for line in client.messages.page(first.room)]

    asyncio.run(story())


def test_history_can_stand_before_what_is_in_a_room(tmp_path: Path) -> None:
    """Below every message that was sent there; it is not answered, and nothing of it counts as unread."""

    async def story() -> None:
        async with mover(tmp_path) as client:
            group = await client.rooms.create_group("등산", [])
            await client.messages.send(group.id, "새 메시지")
            (done,) = await client.imports.run([written(tmp_path, SHORT)], ImportAnswers(me="민아", room="등산"))
            assert group.id == done.room
            lines = [line for line in client.messages.page(group.id) if line.kind != "notice"]
            assert [*[one.text for one in SHORT], "새 메시지"] == [line.text for line in lines]
            assert [True] * 5 + [False] == [line.imported is not None for line in lines]
            assert 0 == client.rooms.get(group.id).unread
            with pytest.raises(BadRequest):
                await client.messages.send(group.id, "antwort", lines[0].id)
            with pytest.raises(BadRequest):
                await client.messages.react(group.id, lines[0].id, "👍")
            with pytest.raises(BadRequest):
                await client.messages.delete(group.id, [lines[0].id], for_all=True)
            await client.messages.mark_read(group.id)
            await client.imports.undo(done.id)
            kept = [line.text for line in client.messages.page(group.id) if line.kind != "notice"]
            assert ["새 메시지"] == kept

    asyncio.run(story())


def test_ids_are_a_secret_of_the_profile(tmp_path: Path) -> None:
    """The same file has other ids elsewhere: nobody else can name an imported line."""

    async def ids(folder: Path) -> set[bytes]:
        async with mover(folder) as client:
            (done,) = await client.imports.run([written(tmp_path, SHORT)], ME)
            return {line.id for line in client.messages.page(done.room)}

    for name in ("one", "two"):
        (tmp_path / name).mkdir()

    async def story() -> None:
        assert set() == await ids(tmp_path / "one") & await ids(tmp_path / "two")

    asyncio.run(story())


def test_an_emoji_is_found_however_long_ago(tmp_path: Path) -> None:
    """Not only among the newest messages."""

    async def story() -> None:
        async with mover(tmp_path) as client:
            said = [
                Said(START + minute * 60_000, "준호", "🎉 끝" if minute == 3 else f"{minute}")
                for minute in range(1_500)
            ]
            await client.imports.run([written(tmp_path, said)], ImportAnswers(me=""))
            assert ["🎉 끝"] == [hit.snippet for hit in client.messages.search("🎉")]

    asyncio.run(story())
