"""Pages: every page is told everything once and in order; who was away gets exactly what it missed, or a Reset."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from nullabona.app.protocol.pushes import ChatGone, ContactsChanged
from nullabona.app.server.socket import PageSocket
from nullabona.app.session import pages as hubs
from nullabona.app.session.pages import OpenPages


class Seat:
    """A page that writes down what it is sent."""

    def __init__(self, token: bytes = b"t", after: int | None = None) -> None:
        self.token = token
        self.after = after
        self.heard: list[dict[str, Any]] = []

    def send(self, data: bytes) -> None:
        self.heard.append(json.loads(data))

    @property
    def seqs(self) -> list[int]:
        return [told["seq"] for told in self.heard]


def enter(pages: OpenPages, seat: Seat) -> Seat:
    pages.enter(cast(PageSocket, seat))
    return seat


def test_who_was_away_gets_exactly_what_it_missed() -> None:
    """After push 2 a page asks for what follows: 3 and 4, and then what is new."""
    pages = OpenPages()
    for room in "abcd":
        pages.push(ChatGone(room))
    seat = enter(pages, Seat(after=2))
    pages.push(ContactsChanged())
    assert [3, 4, 5] == seat.seqs


def test_who_missed_nothing_hears_nothing() -> None:
    """The newest number, and a page that begins, get no old push."""
    pages = OpenPages()
    pages.push(ContactsChanged())
    assert [[], []] == [enter(pages, Seat(after=1)).heard, enter(pages, Seat()).heard]


@pytest.mark.parametrize("after", [0, 99])
def test_what_is_not_kept_any_more_means_starting_anew(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """A number from before the ring, or from the future (another process), gets a Reset with the number to go on at."""
    monkeypatch.setattr(hubs, "KEPT_PUSHES", 3)
    pages = OpenPages()
    for _ in range(6):
        pages.push(ContactsChanged())
    (told,) = enter(pages, Seat(after=after)).heard
    assert ("Reset", 6) == (told["push"]["push"], told["seq"])


def test_locking_leaves_nothing_to_resume() -> None:
    """What was pushed before is not told to anybody afterwards."""
    pages = OpenPages()
    pages.push(ChatGone("secret"))
    pages.forget()
    (told,) = enter(pages, Seat(after=0)).heard
    assert "Reset" == told["push"]["push"]


def test_all_pages_are_told_the_same() -> None:
    """Two tabs hear one push each time."""
    pages = OpenPages()
    seats = [enter(pages, Seat(b"one")), enter(pages, Seat(b"two"))]
    pages.push(ChatGone("a"))
    assert [[1], [1]] == [seat.seqs for seat in seats]


def test_a_room_is_open_while_any_page_shows_it() -> None:
    """Starting anew closes a page's rooms; the other page's stay."""
    pages = OpenPages()
    one, two = cast(PageSocket, Seat(b"one")), cast(PageSocket, Seat(b"two"))
    pages.open_room(one, b"r")
    pages.open_room(two, b"r")
    pages.close_rooms(one)
    assert pages.is_open(b"r")
    pages.close_room(two, b"r")
    assert not pages.is_open(b"r")
