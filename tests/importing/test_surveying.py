"""What is in an export, counted before anything of it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import IO, Any

import pytest

from nullabona.client.importing import surveying
from nullabona.client.importing.records import Chat, Item, Line, Odd
from nullabona.client.importing.surveying import ChatSurvey, Stopped, survey

A, B = Chat("a", "a"), Chat("b", "b")


class Files:
    """An export that has this one file."""

    def size(self, name: str) -> int | None:
        return 0 if name == "here.png" else None

    def open(self, name: str) -> IO[bytes]:
        raise NotImplementedError(name)

    def close(self) -> None:
        raise NotImplementedError


def line(at: int = 5, author: str = "민아", kind: str = "text", number: int = 1, **more: Any) -> Line:  # noqa: ANN401
    return Line(at, author, "x", kind, number, **more)


def test_every_chat_is_counted_for_itself() -> None:
    """Its lines, from when to when they are, by whom, of which kinds, and how many lines of the file they hold."""
    first = [line(7, continued=2), line(3, "준호"), line(9, "", "system"), line(5, continued=1)]
    found = survey([A, *first, B, line(4, "준호", "photo")], None)
    assert [
        ChatSurvey(A, 4, 3, 9, Counter({"민아": 2, "준호": 1}), Counter({"text": 3, "system": 1}), 3, sample=first),
        ChatSurvey(B, 1, 4, 4, Counter({"준호": 1}), Counter({"photo": 1}), sample=[line(4, "준호", "photo")]),
    ] == found
    assert [] == survey([], None)
    assert [ChatSurvey(A)] == survey([A], None)


def test_oddities_are_counted_where_they_are() -> None:
    """Those before the first chat are the first one's, behind its own; the first ten of a kind are named."""
    odd = [Odd(number, "odd-date") for number in range(11)]
    first, second = survey([Odd(0, "early"), Odd(1, "odd-date"), A, *odd, B, Odd(30, "mended")], None)
    assert ({"odd-date": 12, "early": 1}, {"mended": 1}) == (dict(first.oddities), dict(second.oddities))
    assert ({"odd-date": list(range(10)), "early": [0]}, {"mended": [30]}) == (first.odd, second.odd)
    assert [] == survey([Odd(0, "early")], None)


def test_a_line_that_is_not_understood_is_an_oddity() -> None:
    """By its number."""
    (found,) = survey([A, line(number=3), line(kind="unparsed", number=4)], None)
    assert ({"unparsed": [4]}, {"unparsed": 1}) == (found.odd, dict(found.oddities))


@pytest.mark.parametrize(
    ("name", "kind", "counted"),
    [
        ("here.png", "photo", (1, 0)),
        ("here.png", "text", (1, 0)),
        ("gone.png", "photo", (0, 1)),
        ("gone.png", "text", (0, 0)),
        ("", "photo", (0, 0)),
    ],
)
def test_files_are_counted_as_here_or_missing(name: str, kind: str, counted: tuple[int, int]) -> None:
    """Words that only look like a file's name miss nothing; where there are no files at all none is counted."""
    (found,) = survey([A, line(kind=kind, media=name)], Files())
    assert counted == (found.media_here, found.media_missing)
    (found,) = survey([A, line(kind=kind, media=name)], None)
    assert (0, 0) == (found.media_here, found.media_missing)


def test_the_first_hundred_lines_are_a_sample() -> None:
    """Whatever they are."""
    lines = [line(at) for at in range(101)]
    (found,) = survey([A, *lines], None)
    assert lines[:100] == found.sample


def test_only_so_many_people_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are known are counted on; the lines of all others are counted as lines."""
    monkeypatch.setattr(surveying, "_MOST_PEOPLE", 2)
    (found,) = survey([A, *(line(author=author) for author in "abcabc")], None)
    assert ({"a": 2, "b": 2}, 6) == (dict(found.people), found.lines)


def test_whoever_asked_is_told_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every so many lines, of all chats together; what is no line does not count."""
    monkeypatch.setattr(surveying, "_EVERY", 2)
    items: list[Item] = [A, line(), Odd(1, "x"), line(), B, line(), line(), line()]
    told: list[int] = []

    def tell(count: int) -> bool:
        told.append(count)
        return True

    assert [2, 3] == [chat.lines for chat in survey(items, None, tell=tell)]
    assert [2, 4] == told
    assert [2, 3] == [chat.lines for chat in survey(items, None)]


def test_whoever_asked_can_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing more is read then."""
    monkeypatch.setattr(surveying, "_EVERY", 2)
    items: Iterator[Item] = iter([A, line(), line(), line(7)])
    with pytest.raises(Stopped):
        survey(items, None, tell=lambda _count: False)
    assert [line(7)] == list(items)
