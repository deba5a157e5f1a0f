"""What is imported is what the file says: every line, name and day, in its order; and what is doubtful is told before.

The conversations are read back through the client, as a person sees them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nullabona.client.api import ChatAnswers, Client, ImportAnswers, errors
from nullabona.client.importing.sources import Given
from tests.importing.conftest import BERLIN, NEW_YORK, SEOUL
from tests.importing.profiles import mover

Story = Callable[[Client], Awaitable[None]]
Shown = list[tuple[str, str, str]]


def play(tmp_path: Path, story: Story) -> None:
    async def whole() -> None:
        async with mover(tmp_path) as client:
            await story(client)

    asyncio.run(whole())


def windows(*rows: str, name: str = "win.txt", title: str = "산책 모임 3") -> Given:
    text = [f"{title} 님과 카카오톡 대화", "저장한 날짜 : 2024-04-05 01:36:14", "", *rows, ""]
    return Given(name, data=("\ufeff" + "\r\n".join(text)).encode())


def ios(*rows: str, name: str = "Talk_2024.4.1 15:32-1.txt") -> Given:
    text = ["Talk_2024.4.1 15:32-1.txt", "저장한 날짜 : 2024. 4. 1. 오후 3:32", "", "", *rows, ""]
    return Given(name, data="\n".join(text).encode())


def macos(*rows: str, name: str = "mac.csv") -> Given:
    return Given(name, data="\n".join(["Date,User,Message", *rows, ""]).encode())


def shown(client: Client, room: bytes) -> Shown:
    """Time on the clock of this machine, name and words of every line, in the order of the room."""
    lines = client.messages.page(room, limit=10_000)
    return [(f"{datetime.fromtimestamp(one.sent_at / 1_000):%m-%d %H:%M}", one.name, one.text) for one in lines]  # noqa: DTZ006


DAY = "--------------- 2024년 3월 27일 수요일 ---------------"
PASTED = windows(
    DAY,
    "[민 : 호] [오후 12:30] 이것 봐",
    "[가짜] [오전 1:00] 옛날 이야기",
    "둘째 줄",
    "[한지우] [오후 12:31] 그러네",
)


def test_what_looks_like_a_line_stays_where_it_was_pasted_and_is_told_before(tmp_path: Path) -> None:
    """It keeps the time and the name that it says; the next line stands behind it."""

    async def story(client: Client) -> None:
        (chat,) = (await client.imports.preview([PASTED])).chats
        assert [("time-goes-back", 1, (6,))] == [(odd.what, odd.count, odd.numbers) for odd in chat.oddities]
        (done,) = await client.imports.run([PASTED], ImportAnswers(me="한지우"))
        assert [
            ("03-27 12:30", "민 : 호", "이것 봐"),
            ("03-27 01:00", "가짜", "옛날 이야기\n둘째 줄"),
            ("03-27 12:31", "mina", "그러네"),
        ] == shown(client, done.room)

    play(tmp_path, story)


@pytest.mark.parametrize(
    "clocks",
    [
        ["9:00", "12:00", "9:05", "9:06"],
        ["9:00", "8:00", "9:05", "9:06"],
        ["23:00", "9:00", "9:05", "9:06"],
        ["9:00", "9:01", "9:02", "1:00"],
        ["4:00", "3:00", "2:00", "1:00"],
        ["1:55", "1:05", "1:10", "2:00"],
    ],
)
def test_lines_stand_in_the_order_of_the_file(clocks: list[str], tmp_path: Path) -> None:
    """Whichever clock was wrong, once or more often; also when the file is imported again, longer."""
    rows = [f"2024. 3. 27. {clock}, 준호 : {number}" for number, clock in enumerate(clocks)]
    more = [*rows, "2024. 3. 28. 9:00, 준호 : 다음 날"]

    async def story(client: Client) -> None:
        for given in (rows, more):
            (done,) = await client.imports.run([ios(*given)], ImportAnswers(me=""))
            lines = shown(client, done.room)
            assert [row.partition(" : ")[2] for row in given] == [text for _, _, text in lines]
            assert clocks == [f"{int(at[6:8])}{at[8:]}" for at, _, _ in lines[: len(clocks)]]

    play(tmp_path, story)


def test_an_import_in_parts_keeps_the_order_between_them(tmp_path: Path) -> None:
    """However few lines are stored at a time."""
    clocks = ["9:00", "12:00", "9:05", "9:06", "8:00", "9:07", "13:00", "9:08"]
    rows = [f"2024. 3. 27. {clock}, 준호 : {number}" for number, clock in enumerate(clocks)]

    async def story(client: Client) -> None:
        for batch in (1, 2, 3):
            (done,) = await client.imports.run([ios(*rows)], ImportAnswers(me=""), batch=batch)
            assert [f"{number}" for number in range(8)] == [text for _, _, text in shown(client, done.room)]
            await client.imports.undo(done.id)

    play(tmp_path, story)


@pytest.mark.parametrize("zone", [SEOUL, BERLIN, NEW_YORK, "UTC0"])
def test_a_line_has_the_day_and_the_time_of_the_file(zone: str, in_zone: Callable[[str], None], tmp_path: Path) -> None:
    """On this machine's clock, wherever it is, around midnight and around the hour that comes twice."""
    in_zone(zone)
    stamps = ["3. 27. 오전 12:05", "3. 27. 오후 12:00", "3. 27. 오후 11:59", "10. 27. 오전 2:50", "10. 27. 오전 2:10",
              "11. 3. 오전 1:50", "11. 3. 오전 1:10", "11. 3. 오전 3:00"]  # fmt: skip
    rows = [f"2024. {stamp}, 준호 : {number}" for number, stamp in enumerate(stamps)]

    async def story(client: Client) -> None:
        (chat,) = (await client.imports.preview([ios(*rows)])).chats
        assert "2024-03-27 00:05" == f"{datetime.fromtimestamp(chat.first_at / 1_000):%Y-%m-%d %H:%M}"  # noqa: DTZ006
        (done,) = await client.imports.run([ios(*rows)], ImportAnswers(me=""))
        assert [
            ("03-27 00:05", "0"), ("03-27 12:00", "1"), ("03-27 23:59", "2"), ("10-27 02:50", "3"),
            ("10-27 02:10", "4"), ("11-03 01:50", "5"), ("11-03 01:10", "6"), ("11-03 03:00", "7"),
        ] == [(at, text) for at, _, text in shown(client, done.room)]  # fmt: skip

    play(tmp_path, story)


@pytest.mark.parametrize("zone", ["Asia/Seoul", "Europe/Berlin", "America/New_York"])
def test_whoever_reads_elsewhere_than_the_program_runs_says_where(zone: str, tmp_path: Path) -> None:
    """A page may show the times of another zone than the process has; a name that nobody knows is this machine's."""
    rows = [f"2024. {day}. 오전 12:05, 준호 : {day}" for day in ("1. 27", "3. 31", "7. 1", "10. 27")]

    async def story(client: Client) -> None:
        for said, clock in ((zone, ZoneInfo(zone)), ("no/such", None), ("../etc", None)):
            answers = ImportAnswers(me="", zone=said, new=True)
            (done,) = await client.imports.run([ios(*rows)], answers)
            lines = client.messages.page(done.room, limit=10)
            times = [datetime.fromtimestamp(one.sent_at / 1_000, clock) for one in lines]
            assert ["1. 27 0:5", "3. 31 0:5", "7. 1 0:5", "10. 27 0:5"] == [
                f"{at.month}. {at.day} {at.hour}:{at.minute}" for at in times
            ]

    play(tmp_path, story)


def test_the_same_file_adds_nothing_where_the_clock_is_another(in_zone: Callable[[str], None], tmp_path: Path) -> None:
    """A later export adds what is new, behind what it follows."""
    rows = [f"2024. 3. 27. 오후 1:{number:02}, 준호 : {number}" for number in range(20)]
    more = [*rows, "2024. 3. 27. 오후 1:20, 준호 : 20"]

    async def story(client: Client) -> None:
        in_zone(SEOUL)
        (first,) = await client.imports.run([ios(*rows[:5], *rows[8:])], ImportAnswers(me=""))
        in_zone(NEW_YORK)
        (again,) = await client.imports.run([ios(*more)], ImportAnswers(me=""))
        assert (first.room, 4) == (again.room, again.added)
        assert [f"{number}" for number in range(21)] == [text for _, _, text in shown(client, again.room)]

    play(tmp_path, story)


HAN = windows(DAY, "[한지우] [오후 1:00] 나야", "[홍길동] [오후 1:01] 응", name="win-ko.txt")
HONG = ios("2024. 3. 27. 오후 1:00, 홍길동 : 여기는 나", "2024. 3. 27. 오후 1:01, 김철수 : 그래", name="ios-ko.txt")
OWN_TWO = [
    ImportAnswers(chats={0: ChatAnswers("한지우"), 1: ChatAnswers("홍길동")}),
    ImportAnswers(chats={"win-ko.txt": ChatAnswers("한지우"), "ios-ko.txt": ChatAnswers("홍길동")}),
    ImportAnswers(me="한지우", chats={1: ChatAnswers("홍길동")}),
]


@pytest.mark.parametrize("answers", OWN_TWO)
def test_a_person_may_have_another_name_in_each_file(answers: ImportAnswers, tmp_path: Path) -> None:
    """Also where their name in one file is somebody else's in another."""

    async def story(client: Client) -> None:
        first, second = await client.imports.run([HAN, HONG], answers)
        assert [("mina", "나야"), ("홍길동", "응")] == [(name, text) for _, name, text in shown(client, first.room)]
        assert [("mina", "여기는 나"), ("김철수", "그래")] == [
            (name, text) for _, name, text in shown(client, second.room)
        ]

    play(tmp_path, story)


def test_each_file_asks_for_itself(tmp_path: Path) -> None:
    """Where nobody is the person, and where two are, as both names were said before of other files."""

    async def story(client: Client) -> None:
        found = await client.imports.preview([HAN, HONG], ImportAnswers(me="한지우"))
        assert (("me",), [False, True]) == (found.questions, [chat.asks_me for chat in found.chats])
        with pytest.raises(errors.ImportUnanswered, match="which of its people you are"):
            await client.imports.run([HAN, HONG], ImportAnswers(me="한지우"))
        await client.imports.run([HAN, HONG], OWN_TWO[0])
        both = windows(DAY, "[한지우] [오후 2:00] 둘이", "[홍길동] [오후 2:01] 함께", "[김철수] [오후 2:02] 셋")
        (chat,) = (await client.imports.preview([both])).chats
        assert chat.asks_me
        (chat,) = (await client.imports.preview([both], ImportAnswers(me="홍길동"))).chats
        assert ({"한지우": False, "홍길동": True, "김철수": False}, False) == (
            {person.name: person.me for person in chat.people}, chat.asks_me,
        )  # fmt: skip

    play(tmp_path, story)


def test_who_was_said_to_be_nobody_is_nobody(tmp_path: Path) -> None:
    """Whatever was remembered; and that is remembered then."""

    async def story(client: Client) -> None:
        await client.imports.run([HAN], ImportAnswers(me="한지우"))
        answers = ImportAnswers(chats={0: ChatAnswers("", {"한지우": ""})})
        other = windows(DAY, "[한지우] [오후 5:00] 다른 사람", "[김철수] [오후 5:01] 응", title="다른 모임")
        (done,) = await client.imports.run([other], answers)
        assert ["한지우", "김철수"] == [name for _, name, _ in shown(client, done.room)]
        (chat,) = (await client.imports.preview([other])).chats
        assert chat.asks_me

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("given", "title"),
    [
        (ios("2024. 3. 27. 오후 1:00, 홍길동 : 응", "2024. 3. 27. 오후 1:00, 김철수 : 네"), "홍길동, 김철수"),
        (macos('2024-03-27 13:00:05,"김철수","네"', '2024-03-27 13:00:06,"mina","응"'), "김철수"),
        (macos('2024-03-27 13:00:06,"mina","나 혼자"'), "mina"),
        (macos(*(f'2024-03-27 13:00:0{n},"{n}번","네"' for n in range(5))), "0번, 1번, 2번, 3번…"),
        (macos('2024-03-27 13:00:05,"","누구?"', name="a.b.csv"), "a.b"),
        (windows(DAY, "[홍길동] [오후 1:00] 응"), "산책 모임"),
        (Given("내보낸 것.txt", data=b"27/03/2024, 13:00 - Ana: hi\n28/03/2024, 13:00 - Bo: ho\n"), "Ana, Bo"),
    ],
)
def test_a_room_is_called_what_the_chat_was_called_or_who_is_in_it(given: Given, title: str, tmp_path: Path) -> None:
    """Never after a file, unless nobody is in it."""

    async def story(client: Client) -> None:
        answers = ImportAnswers(me=("mina", ""))
        (chat,) = (await client.imports.preview([given], answers)).chats
        (done,) = await client.imports.run([given], answers)
        assert [title] * 3 == [chat.title, done.title, client.rooms.get(done.room).title]

    play(tmp_path, story)


@pytest.mark.parametrize(
    "given",
    [
        macos('2024-03-27 13:00:05,"","누구?"', '2024-03-27 13:00:06,"민아","응"'),
        windows(DAY, "[] [오후 1:00] 누구?", "[민아] [오후 1:00] 응"),
        ios("2024. 3. 27. 오후 1:00,  : 누구?", "2024. 3. 27. 오후 1:00, 민아 : 응"),
    ],
)
def test_a_line_without_author_is_kept_and_told_before(given: Given, tmp_path: Path) -> None:
    """As a line of nobody, not as a part of another."""

    async def story(client: Client) -> None:
        (chat,) = (await client.imports.preview([given])).chats
        assert [("no-author", 1)] == [(odd.what, odd.count) for odd in chat.oddities]
        (done,) = await client.imports.run([given], ImportAnswers(me=""))
        assert [("", "누구?"), ("민아", "응")] == [(name, text) for _, name, text in shown(client, done.room)]

    play(tmp_path, story)
