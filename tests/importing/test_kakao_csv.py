"""KakaoTalk's table: rows over several lines, quotation marks in every place, and what is no row."""

from __future__ import annotations

import pytest

from nullabona.client.importing import kakao_csv
from nullabona.client.importing.records import MAX_AUTHOR, MAX_TEXT, MAX_TITLE, Chat, Item, Line
from tests.importing.reading import page

HEAD = "Date,User,Message"
CHAT = Chat("")
AT = 1_742_043_605_000
STAMP = "2025-03-15 13:00:05"


def read(*lines: str | tuple[str, bool], name: str = "x.csv") -> list[Item]:
    return list(kakao_csv.read([page(*lines)], name))


def line(text: str = "안녕", number: int = 2, kind: str = "text", **more: object) -> Line:
    return Line(AT, "민아", text, kind, number, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (HEAD, True),
        ('\ufeff"Date","User","Message" ', True),
        ("date,user,message", True),
        ("Date,User", False),
        (f"{HEAD},x", False),
        ("", False),
    ],
)
def test_the_first_line_of_a_table(text: str, *, fits: bool) -> None:
    """In quotation marks or without, in either case."""
    assert fits is kakao_csv.is_header(text)


@pytest.mark.parametrize(
    ("name", "chat"),
    [
        ("KakaoTalk_Chat_산책 모임_2026-04-01-15-32-01.csv", Chat("산책 모임", "산책 모임")),
        ("kakaotalk_chat_a_2026-04-01-15-32-01.CSV", Chat("a", "a")),
        ("a.b.csv", Chat("")),
        ("KakaoTalk_Chat_a.csv", Chat("")),
        (f"{'a' * (MAX_TITLE + 1)}.csv", Chat("")),
        (f"KakaoTalk_Chat_{'a' * (MAX_TITLE + 1)}_2026-04-01-15-32-01.csv", Chat("a" * MAX_TITLE, "a" * MAX_TITLE)),
    ],
)
def test_a_chat_is_named_after_its_file(name: str, chat: Chat) -> None:
    """Known again only by the name that KakaoTalk gives; bounded."""
    assert [chat] == read(HEAD, name=name)


def test_rows() -> None:
    """In quotation marks or without; a comma, a mark and a break inside; each with the line that it begins at."""
    assert [
        CHAT,
        line(),
        line('a,"b"\n\nc', 3, continued=2),
        line("사진", 6, "photo"),
        line("파일: a.pdf", 8, "file", media="a.pdf"),
        line("", 9),
    ] == read(
        HEAD,
        f'{STAMP},"민아","안녕"',
        f'{STAMP},민아,"a,""b""',
        "",
        'c"',
        f'"{STAMP}",민아,사진',
        "",
        f"{STAMP},민아,파일: a.pdf",
        f"{STAMP},민아,",
    )


def test_a_table_without_its_head_has_its_first_row() -> None:
    """A head further below is a row that is none."""
    assert [CHAT, line(number=1), Line(AT, "", HEAD, "unparsed", 2)] == read(f"{STAMP},민아,안녕", HEAD)


@pytest.mark.parametrize(
    "row",
    [
        "무엇",
        "2025-02-30 13:00:05,민아,안녕",
        "2025-03-15 24:00:05,민아,안녕",
        "2025-03-15 13:00,민아,안녕",
        f"{STAMP},민아",
        f"{STAMP},민아,안녕,또",
    ],
)
def test_a_row_that_is_none_is_kept_as_it_stands(row: str) -> None:
    """At the time of the row before it, or at none; rows behind it are read."""
    assert [CHAT, Line(0, "", row, "unparsed", 2)] == read(HEAD, row)
    kept = Line(AT, "", row, "unparsed", 3)
    assert [CHAT, line(), kept, line(number=4)] == read(HEAD, f"{STAMP},민아,안녕", row, f"{STAMP},민아,안녕")


def test_a_row_that_never_closes_is_kept() -> None:
    """As not understood, with every line that it took."""
    row = f'{STAMP},민아,"안녕\n{STAMP},준호,응'
    assert [CHAT, Line(0, "", row, "unparsed", 2, continued=1)] == read(HEAD, *row.split("\n"))


def test_pieces_of_a_long_line_are_put_together() -> None:
    """They count as one line of the file; one that begins a row is a row."""
    rows: list[str | tuple[str, bool]] = [f'{STAMP},민아,"앞', ("뒤", True), '셋"', f"{STAMP},민아,안녕"]
    assert [CHAT, line("앞뒤\n셋", continued=1), line(number=4)] == read(HEAD, *rows)
    assert [CHAT, line(), Line(AT, "", "뒤", "unparsed", 2), line(number=3)] == read(
        HEAD, f"{STAMP},민아,안녕", ("뒤", True), f"{STAMP},민아,안녕"
    )


def test_who_came_and_went_is_nobody_s_word() -> None:
    """Said in known words, and beginning with the name itself; else somebody wrote it."""
    assert [CHAT, line("민아님이 나갔습니다.", kind="system")] == read(HEAD, f"{STAMP},민아,민아님이 나갔습니다.")
    assert [CHAT, line("준호님이 나갔습니다.")] == read(HEAD, f"{STAMP},민아,준호님이 나갔습니다.")
    assert [CHAT, line("민아 안녕")] == read(HEAD, f"{STAMP},민아,민아 안녕")
    nobody = Line(AT, "", "준호님이 나갔습니다.", "text", 2)
    assert [CHAT, nobody] == read(HEAD, f"{STAMP},,준호님이 나갔습니다.")


def test_a_name_is_cut_to_its_longest() -> None:
    """The text behind it is whole."""
    _, found = read(HEAD, f"{STAMP},{'a' * (MAX_AUTHOR + 1)},안녕")
    assert Line(AT, "a" * MAX_AUTHOR, "안녕", "text", 2) == found


@pytest.mark.parametrize(("size", "sizes"), [(MAX_TEXT, [MAX_TEXT]), (MAX_TEXT + 1, [MAX_TEXT, 1])])
def test_a_long_text_goes_on_in_further_lines(size: int, sizes: list[int]) -> None:
    """The first says how many lines of the file they are."""
    _, *found = read(HEAD, f'{STAMP},민아,"{"a" * (size - 2)}', '"')
    lines = [one for one in found if isinstance(one, Line)]
    assert [size - 1] == [sum(len(one.text) for one in lines)]
    _, *found = read(HEAD, f"{STAMP},민아,{'a' * size}")
    assert sizes == [len(one.text) for one in found if isinstance(one, Line)]


def test_only_the_first_of_many_parts_counts_lines_and_has_the_file() -> None:
    """Nothing is counted twice."""
    _, *found = read(HEAD, f'{STAMP},민아,"{"a" * MAX_TEXT}', 'b"')
    assert [(1, 2), (0, 2)] == [(one.continued, one.number) for one in found if isinstance(one, Line)]


@pytest.mark.parametrize(("longest", "rows"), [(40, 1), (39, 2)])
def test_an_open_row_ends_where_it_is_longer_than_any(longest: int, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows is read for itself: one mark that is missing does not take the rest of the file."""
    monkeypatch.setattr(kakao_csv, "_LONGEST_ROW", longest)
    first = f'{STAMP},민아,"'.ljust(40, "a")
    found = read(HEAD, first, f"{STAMP},민아,안녕")
    assert rows == len([one for one in found if isinstance(one, Line)])
    if rows == 2:
        assert [Line(0, "", first, "unparsed", 2), line(number=3)] == found[1:]
