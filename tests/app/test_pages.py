"""The hub: every page is told everything once and in order; who was away gets exactly what it missed, or a Reset."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from nullabona.app.protocol.pushes import ChatGone, ContactsChanged
from nullabona.app.server.socket import PageSocket
from nullabona.app.session import pages as hubs
from nullabona.app.session.pages import Hub


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


def enter(hub: Hub, seat: Seat) -> Seat:
    hub.enter(cast(PageSocket, seat))
    return seat


def test_who_was_away_gets_exactly_what_it_missed() -> None:
    """After push 2 a page asks for what follows: 3 and 4, and then what is new."""
    hub = Hub()
    for room in "abcd":
        hub.push(ChatGone(room))
    seat = enter(hub, Seat(after=2))
    hub.push(ContactsChanged())
    assert [3, 4, 5] == seat.seqs


def test_who_missed_nothing_hears_nothing() -> None:
    """The newest number, and a page that begins, get no old push."""
    hub = Hub()
    hub.push(ContactsChanged())
    assert [[], []] == [enter(hub, Seat(after=1)).heard, enter(hub, Seat()).heard]


@pytest.mark.parametrize("after", [0, 99])
def test_what_is_not_kept_any_more_means_starting_anew(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """A number from before the ring, or from the future (another process), gets a Reset with the number to go on at."""
    monkeypatch.setattr(hubs, "KEPT_PUSHES", 3)
    hub = Hub()
    for _ in range(6):
        hub.push(ContactsChanged())
    (told,) = enter(hub, Seat(after=after)).heard
    assert ("Reset", 6) == (told["push"]["push"], told["seq"])


def test_locking_leaves_nothing_to_resume() -> None:
    """What was pushed before is not told to anybody afterwards."""
    hub = Hub()
    hub.push(ChatGone("secret"))
    hub.forget()
    (told,) = enter(hub, Seat(after=0)).heard
    assert "Reset" == told["push"]["push"]


def test_all_pages_are_told_the_same() -> None:
    """Two tabs hear one push each time."""
    hub = Hub()
    seats = [enter(hub, Seat(b"one")), enter(hub, Seat(b"two"))]
    hub.push(ChatGone("a"))
    assert [[1], [1]] == [seat.seqs for seat in seats]


def test_a_room_is_open_while_any_page_shows_it() -> None:
    """Starting anew closes a page's rooms; the other page's stay."""
    hub = Hub()
    one, two = cast(PageSocket, Seat(b"one")), cast(PageSocket, Seat(b"two"))
    hub.open_room(one, b"r")
    hub.open_room(two, b"r")
    hub.close_rooms(one)
    assert hub.is_open(b"r")
    hub.close_room(two, b"r")
    assert not hub.is_open(b"r")
