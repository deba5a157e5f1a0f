"""KakaoTalk's texts, line by line: what begins a line, what goes on with one, what only heads it; nothing is lost."""

from __future__ import annotations

import pytest

from nullabona.client.importing.kakao import is_line
from nullabona.client.importing.records import MAX_AUTHOR, MAX_TEXT, Chat, Item, Line, Odd
from tests.importing.reading import DAY, MARCH_15, MINUTE, ONE, kakao

TITLE = "산책 3 님과 카카오톡 대화"
SAVED = "저장한 날짜 : 2026-04-05 01:36:14"
CHAT = Chat("산책", "산책")
SATURDAY = "--------------- 2025년 3월 15일 토요일 ---------------"
SUNDAY = "--------------- 2025년 3월 16일 일요일 ---------------"
HEAD = [TITLE, SAVED, "", SATURDAY]
STAMP = "2025년 3월 15일 오후 1:00"
"""A stamp of Android."""


def hello(number: int = 1) -> Line:
    return Line(ONE, "민아", "안녕", "text", number)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("[민아] [오후 1:00] 안녕", True),
        ("[민아] [25:00] 안녕", False),
        (f"{STAMP}, 민아 : 안녕", True),
        (f"{STAMP}: 민아님이 나갔습니다.", True),
        (f"{STAMP}, 공지입니다", False),
        ("2025년 13월 15일 오후 1:00, 민아 : 안녕", False),
        ("2025년 3월 15일 25:00, 민아 : 안녕", False),
        ("안녕 : 여러분", False),
        ("", False),
    ],
)
def test_a_line_of_this_layout_has_a_moment_and_a_colon(text: str, *, fits: bool) -> None:
    """A moment that cannot be is none."""
    assert fits is is_line(text)


def test_a_file_of_windows() -> None:
    """Its head is no line; days stand between lines; what goes on belongs to its line; who left is nobody's."""
    rows = ["[민아] [오후 1:00] 안녕", "둘째 줄", "[준호] [오후 1:01] 사진", "준호님이 나갔습니다."]
    assert [
        CHAT,
        Line(ONE, "민아", "안녕\n둘째 줄", "text", 5, continued=1),
        Line(ONE + MINUTE, "준호", "사진", "photo", 7),
        Line(ONE + MINUTE, "", "준호님이 나갔습니다.", "system", 8),
        Line(MARCH_15 + DAY, "", "준호님이 들어왔습니다.", "system", 10),
        Line(MARCH_15 + DAY, "준호", "왔어", "text", 11),
    ] == kakao([*HEAD, *rows, SUNDAY, "준호님이 들어왔습니다.", "[준호] [오전 12:00] 왔어"])


def test_a_file_of_android() -> None:
    """Every line has its stamp; without a colon behind a name nobody said it, a name alone said nothing."""
    assert [
        CHAT,
        hello(6),
        Line(ONE, "", "준호님이 나갔습니다.", "system", 7),
        Line(ONE, "준호", "", "text", 8),
        Line(ONE, "", "이름이 없다", "text", 9),
    ] == kakao(
        [
            *[TITLE, SAVED, "", "", "2025년 3월 15일 토요일"],
            *[f"{STAMP}, {rest}" for rest in ("민아 : 안녕", "준호님이 나갔습니다.", "준호 :", " : 이름이 없다")],
        ]
    )


@pytest.mark.parametrize("said", ["민아 : 안녕", "민아 :", "산책 : 안녕"])
def test_what_stands_behind_a_colon_of_ios_nobody_said(said: str) -> None:
    """Whatever it looks like, and whoever the chat is named after."""
    told = Line(ONE, "", said, "system", 2)
    assert [CHAT, told] == kakao([TITLE, f"2025. 3. 15. 오후 1:00: {said}"])


def test_the_name_of_the_chat_is_a_name_as_a_whole() -> None:
    """Also where a colon stands in it; other names end at the first colon."""
    found = kakao(["a : b 님과 카카오톡 대화", f"{STAMP}, a : b : c : d", f"{STAMP}, a : c"])
    assert [Chat("a : b", "a : b"), Line(ONE, "a : b", "c : d", "text", 2), Line(ONE, "a", "c", "text", 3)] == found


@pytest.mark.parametrize(
    ("name", "chat"),
    [
        ("산책.txt", Chat("")),
        ("KakaoTalk Chats with Walkers (4 people)-1.txt", Chat("Walkers", "Walkers")),
    ],
)
def test_a_chat_without_title_is_named_after_its_file(name: str, chat: Chat) -> None:
    """As the file says it, or by the file's whole name."""
    assert [chat, hello()] == kakao([f"{STAMP}, 민아 : 안녕"], name=name)


def test_only_the_first_line_is_a_title() -> None:
    """What looks like one further below is kept as not understood, at the time of the first line that is."""
    found = kakao(["무엇", TITLE, f"{STAMP}, 민아 : 안녕"])
    early = [Line(ONE, "", text, "unparsed", number) for number, text in enumerate(["무엇", TITLE], 1)]
    assert [Chat(""), *early, hello(3)] == found


def test_a_head_has_no_more_than_five_lines() -> None:
    """The date of saving is passed over in the fifth, and kept in the sixth."""
    found = kakao([TITLE, "a", "b", "c", SAVED, SAVED, f"{STAMP}, 민아 : 안녕"])
    early = [Line(ONE, "", text, "unparsed", number) for number, text in ((2, "a"), (3, "b"), (4, "c"), (6, SAVED))]
    assert [CHAT, *early, hello(7)] == found


@pytest.mark.parametrize("first", [[f"{STAMP}, 민아 : 안녕"], [SATURDAY, "[민아] [오후 1:00] 안녕"]])
def test_behind_the_first_line_nothing_is_a_head(first: list[str]) -> None:
    """What looks like a date of saving was said."""
    _, line = kakao([*first, SAVED])
    assert Line(ONE, "민아", f"안녕\n{SAVED}", "text", len(first), continued=1) == line


def test_behind_a_day_nothing_is_a_head() -> None:
    """What is not understood there is of that day, and so is what the messenger says."""
    assert [
        CHAT,
        Line(MARCH_15, "", SAVED, "unparsed", 3),
        Line(MARCH_15, "", "민아님이 들어왔습니다.", "system", 4),
    ] == kakao([TITLE, SATURDAY, SAVED, "민아님이 들어왔습니다."])
    assert [CHAT, Line(MARCH_15, "", "민아님이 들어왔습니다.", "system", 4)] == kakao(
        [TITLE, SATURDAY, " ", "민아님이 들어왔습니다."]
    )


def test_a_file_that_follows_has_a_head_of_its_own() -> None:
    """Its title and date are passed over, its lines are counted on, and its times need a day of its own."""
    found = kakao(
        [*HEAD, "[민아] [오후 1:00] 안녕"],
        [TITLE, SAVED, "여기까지", "[준호] [오후 1:01] 뭐", SUNDAY, "[준호] [오후 1:00] 응"],
    )
    whole = "안녕\n여기까지\n[준호] [오후 1:01] 뭐"
    first = Line(ONE, "민아", whole, "text", 5, continued=2)
    assert [CHAT, first, Line(ONE + DAY, "준호", "응", "text", 11)] == found


def test_blank_lines_of_a_second_head_are_no_lines() -> None:
    """Where no line is open; in an open one they are its own, and fall away at its end."""
    second = [TITLE, SAVED, "", SUNDAY, "[준호] [오후 1:00] 응"]
    last = Line(ONE + DAY, "준호", "응", "text", 11)
    assert [CHAT, hello(5), last] == kakao([*HEAD, "[민아] [오후 1:00] 안녕", SUNDAY], second)
    open_line = Line(ONE, "민아", "안녕", "text", 5, continued=1)
    assert [CHAT, open_line, Line(ONE + DAY, "준호", "응", "text", 10)] == kakao(
        [*HEAD, "[민아] [오후 1:00] 안녕"], second
    )


def test_blank_lines_in_the_middle_stay_and_at_the_end_fall_away() -> None:
    """How many there were is known all the same."""
    rows = [f"{STAMP}, 민아 : 하나", "", "둘", "", "", f"{STAMP}, 준호 : 응"]
    assert [
        Line(ONE, "민아", "하나\n\n둘", "text", 1, continued=4),
        Line(ONE, "준호", "응", "text", 6),
    ] == kakao(rows)[1:]


@pytest.mark.parametrize("row", ["[민아] [오후 1:00] 안녕", "[민아] [오후 13:61] 안녕"])
def test_a_time_without_a_day_is_no_line(row: str) -> None:
    """It is kept as not understood, also where nothing else is in the file."""
    assert [CHAT, Line(0, "", row, "unparsed", 2)] == kakao([TITLE, row])


@pytest.mark.parametrize(
    "row", ["[준호] [25:00] 뭐", "----- 2025년 13월 45일 -----", "----------", "-----", "[준호] 뭐"]
)
def test_what_looks_like_a_line_or_a_day_and_is_none_goes_on(row: str) -> None:
    """Nothing is dated by it."""
    found = kakao([*HEAD, "[민아] [오후 1:00] 안녕", row, "[준호] [오후 1:01] 응"])
    last = Line(ONE + MINUTE, "준호", "응", "text", 7)
    assert [CHAT, Line(ONE, "민아", f"안녕\n{row}", "text", 5, continued=1), last] == found


@pytest.mark.parametrize("stamp", ["2025년 13월 1일 오후 1:00", "2025년 3월 15일 오후 1:60"])
def test_a_stamp_that_cannot_be_is_counted_wherever_it_stands(stamp: str) -> None:
    """As the first of a file or behind others: its line goes on with the one before, or is kept as not understood."""
    row = f"{stamp}, 준호 : 뭐"
    assert [Odd(1, "odd-date"), Chat(""), Line(ONE, "", row, "unparsed", 1), hello(2)] == kakao(
        [row, f"{STAMP}, 민아 : 안녕"]
    )
    whole = Line(ONE, "민아", f"안녕\n{row}\n{row}", "text", 1, continued=2)
    assert [Chat(""), Odd(2, "odd-date"), Odd(3, "odd-date"), whole] == kakao([f"{STAMP}, 민아 : 안녕", row, row])


def test_stamps_of_several_kinds_in_one_file() -> None:
    """A pasted or mixed file: each is read for what it is, in whatever order they come."""
    stamps = [
        STAMP,
        "2025. 3. 15. 오후 1:00",
        "March 15, 2025, 1:00 PM",
        "1:00pm, Mar 15, 2025",
        "15 March 2025, 13:00",
    ]
    rows = [f"{stamp}, 민아 : 안녕" for stamp in [*stamps, *reversed(stamps), STAMP, STAMP]]
    assert [Chat(""), *(hello(number) for number in range(1, 13))] == kakao(rows)


@pytest.mark.parametrize(("clock", "odd"), [("오후 1:00", False), ("오후 12:59", True), ("오전 9:00", True)])
def test_time_that_goes_back_is_counted(clock: str, *, odd: bool) -> None:
    """By as little as a minute. The line keeps its time and its place."""
    found = kakao([f"{STAMP}, 민아 : 안녕", f"2025년 3월 15일 {clock}, 준호 : 응"])
    at = {"오후 1:00": ONE, "오후 12:59": ONE - MINUTE, "오전 9:00": ONE - 4 * 60 * MINUTE}[clock]
    assert [Chat(""), hello(), *([Odd(2, "time-goes-back")] if odd else []), Line(at, "준호", "응", "text", 2)] == found


@pytest.mark.parametrize(
    ("rows", "text", "more"),
    [
        (["2025년 3월 16일 일요일", "2025년 3월 16일 오후 1:00, 준호 : 응"], "안녕", 0),
        (["", "2025년 3월 16일 일요일", "2025년 3월 16일 오후 1:00, 준호 : 응"], "안녕", 1),
        (["2025년 3월 16일 일요일", f"{STAMP}, 준호 : 응"], "안녕\n2025년 3월 16일 일요일", 1),
        (["2025년 3월 15일 토요일", f"{STAMP}, 준호 : 응"], "안녕\n2025년 3월 15일 토요일", 1),
        (["2025년 2월 30일 토요일", f"{STAMP}, 준호 : 응"], "안녕\n2025년 2월 30일 토요일", 1),
        (
            ["2025년 3월 16일 일요일", "2025년 3월 17일 월요일", "2025년 3월 17일 오후 1:00, 준호 : 응"],
            "안녕\n2025년 3월 16일 일요일",
            1,
        ),
        (
            ["2025년 3월 16일 일요일", "끝", "2025년 3월 16일 오후 1:00, 준호 : 응"],
            "안녕\n2025년 3월 16일 일요일\n끝",
            2,
        ),
        (["2025년 3월 16일 일요일"], "안녕\n2025년 3월 16일 일요일", 1),
    ],
)
def test_a_day_alone_in_its_line_is_one_if_the_next_line_is_of_it(rows: list[str], text: str, more: int) -> None:
    """Else somebody wrote it; so is the day that it is already, and one that there never was."""
    first = next(item for item in kakao([f"{STAMP}, 민아 : 안녕", *rows]) if isinstance(item, Line))
    assert Line(ONE, "민아", text, "text", 1, continued=more) == first


def test_a_day_alone_before_the_first_line_is_no_line() -> None:
    """Nothing is kept of it."""
    assert [CHAT, hello(3)] == kakao([TITLE, "2025년 3월 16일 일요일", f"{STAMP}, 민아 : 안녕"])


def test_what_goes_on_behind_a_day_is_a_line_of_its_own() -> None:
    """Of the author before; it has nothing else to go on with."""
    found = kakao([*HEAD, "[민아] [오후 1:00] 안녕", SUNDAY, "둘", "셋"])
    assert [CHAT, hello(5), Line(ONE, "민아", "둘\n셋", "text", 7, continued=1)] == found


def test_pieces_of_a_long_line_are_put_together_without_a_break() -> None:
    """They count as one line of the file; also where none has begun yet."""
    more: list[str | tuple[str, bool]] = [("뒤", True), "셋", ("넷", True)]
    first = Line(ONE, "민아", "앞뒤\n셋넷", "text", 1, continued=1)
    assert [Chat(""), first, Line(ONE, "준호", "응", "text", 3)] == kakao(
        [f"{STAMP}, 민아 : 앞", *more, f"{STAMP}, 준호 : 응"]
    )
    early = [Line(ONE, "", text, "unparsed", 1) for text in ("앞", "뒤")]
    assert [Chat(""), *early, hello(2)] == kakao(["앞", ("뒤", True), f"{STAMP}, 민아 : 안녕"])
    assert [CHAT, Line(ONE, "민아", "안녕", "text", 5), Line(ONE, "민아", "뒤", "text", 6)] == kakao(
        [*HEAD, "[민아] [오후 1:00] 안녕", SUNDAY, ("뒤", True)]
    )


def texts(items: list[Item]) -> list[tuple[int, str, int, int]]:
    return [(len(line.text), line.author, line.at, line.number) for line in items if isinstance(line, Line)]


@pytest.mark.parametrize(
    ("first", "more", "parts"),
    [
        (MAX_TEXT - 11, "x" * 10, [(MAX_TEXT, 1)]),
        (MAX_TEXT - 11, "x" * 11, [(MAX_TEXT - 11, 1), (11, 2)]),
        (MAX_TEXT - 10, ("x" * 10, True), [(MAX_TEXT, 1)]),
        (MAX_TEXT - 10, ("x" * 11, True), [(MAX_TEXT - 10, 1), (11, 1)]),
    ],
)
def test_a_line_that_is_too_long_goes_on_in_a_further_one(
    first: int, more: str | tuple[str, bool], parts: list[tuple[int, int]]
) -> None:
    """Of the same author and moment; as long as may be is one line."""
    found = kakao([f"{STAMP}, 민아 : {'a' * first}", more])
    assert [(size, "민아", ONE, number) for size, number in parts] == texts(found)


@pytest.mark.parametrize(
    ("joined", "sizes"),
    [(False, [MAX_TEXT // 2 + 2, MAX_TEXT // 2, MAX_TEXT // 2]), (True, [MAX_TEXT // 2 + 1, MAX_TEXT])],
)
def test_every_part_of_a_long_line_counts(sizes: list[int], *, joined: bool) -> None:
    """Lines, their breaks, and pieces that came before are part of its length."""
    half = ("x" * (MAX_TEXT // 2), joined)
    found = texts(kakao([f"{STAMP}, 민아 : 가", half, half, half]))
    assert sizes == [size for size, *_ in found]


def test_a_long_line_that_nobody_said_goes_on_as_such() -> None:
    """Its parts are no one's either."""
    found = kakao([f"{STAMP}, {'a' * MAX_TEXT}", "b"])
    assert ["system", "system"] == [line.kind for line in found if isinstance(line, Line)]


def test_a_name_is_cut_to_its_longest() -> None:
    """Nothing else of the line is."""
    found = kakao([f"{STAMP}, {'a' * MAX_AUTHOR} : x", f"{STAMP}, {'b' * (MAX_AUTHOR + 1)} : y"])
    wanted = [("a" * MAX_AUTHOR, "x"), ("b" * MAX_AUTHOR, "y")]
    assert wanted == [(line.author, line.text) for line in found if isinstance(line, Line)]


def test_nothing_in_a_file_is_a_chat_all_the_same() -> None:
    """With its name, and no line."""
    assert [Chat("")] == kakao([])
    assert [CHAT] == kakao([TITLE, SAVED, ""])
