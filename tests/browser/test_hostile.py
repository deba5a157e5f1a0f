"""Journeys: what a hand-made client sends, which no page of ours would. It is shown safely or refused; nothing stalls.

`Person` fails the test at its end if the page had an error or broke its content security policy.
"""

from __future__ import annotations

import re
import struct
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from nullabona.client.api import Client
from nullabona.client.core.model.content import Attachment, File, Text
from nullabona.client.core.timeline import sending
from nullabona.wire.blob import PIECE
from tests.api.pictures import photo
from tests.api.service import Service
from tests.browser.conftest import seat
from tests.browser.elsewhere import Elsewhere, room_called
from tests.browser.person import Person
from tests.browser.setting import make

RESPONSIVE_S: Final = 3.0
"""How long opening the room and writing may take afterwards, on a busy machine."""


class Pair(NamedTuple):
    """Jun at the screen, Eve with a client of her own making."""

    jun: Person
    eve: Elsewhere


@pytest.fixture(scope="module")
def pair(chromium: Browser, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """In a direct room."""
    eve, jun = make(service, tmp_path_factory.mktemp("hostile"), "eve", "jun")
    with ExitStack() as stack:
        elsewhere = stack.enter_context(Elsewhere(eve.profile))
        yield Pair(seat(chromium, service, stack, jun), elsewhere)


@pytest.fixture
def jun(pair: Pair) -> Person:
    """In the room with Eve."""
    return pair.jun.at_end_of("eve")


@pytest.fixture
def eve(pair: Pair) -> Elsewhere:
    """Who sends what she likes."""
    return pair.eve


def say(eve: Elsewhere, text: str) -> None:
    """Any text, past what the API of honest people refuses."""

    async def said(client: Client) -> None:
        room = room_called(client, "jun")
        with client._session.step() as step:
            message = sending.send(step, step.room(room), Text(text))
        await client.messages.wait_sent(room, message)

    eve.do(said)


def send_picture(eve: Elsewhere, data: bytes, width: int, height: int, caption: str, thumb: bytes = b"") -> None:
    """A photo that is what she says it is, or not."""

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(data), PIECE):
            yield data[at : at + PIECE]

    async def sent(client: Client) -> None:
        room = room_called(client, "jun")
        said = Attachment("photo", "party.jpg", "image/jpeg", 0, (), width, height, thumb=thumb)
        message = await client.files._cut(room, pieces(), said, lambda attachment: File(attachment, caption))
        await client.messages.wait_sent(room, message)

    eve.do(sent)


def still_quick(jun: Person, eve: Elsewhere) -> None:
    """The page answers: rooms open, words go out."""
    begun = time.monotonic()
    jun.say("I am still here")
    expect(jun.bubble("I am still here").last).to_be_visible()
    expect(jun.composer).to_have_value("")
    assert time.monotonic() - begun < RESPONSIVE_S
    eve.look(lambda client: client.rooms.all())


@pytest.mark.parametrize(
    "text",
    [
        "<script>document.title='owned'</script> one",
        "<img src=x onerror=\"document.title='owned'\"> two",
        "javascript:document.title='owned' three",
        "<svg/onload=document.title='owned'> {{7*7}} ${7*7} four",
    ],
)
def test_markup_is_only_ever_text(jun: Person, eve: Elsewhere, text: str) -> None:
    say(eve, text)
    bubble = jun.sees(text[-5:])
    expect(bubble.locator(".text")).to_have_text(text)
    expect(bubble.locator(".text script, .text img, .text svg, .text a")).to_have_count(0)
    assert "owned" not in jun.page.title()


def test_text_that_runs_backwards_stays_in_its_bubble(jun: Person, eve: Elsewhere) -> None:
    say(eve, "pay \u202e000,1$ ton\u2066\u2067\u202d to Eve")
    bubble = jun.sees("to Eve")
    expect(bubble.locator(".text")).to_have_css("unicode-bidi", "isolate")
    expect(jun.chat("eve").locator("bdi").filter(has_text="to Eve")).to_be_visible()
    time_mark = bubble.locator("time")
    expect(time_mark).to_have_text(re.compile(r"^\d{1,2}:\d\d [AP]M$|^\d\d:\d\d$"))


def test_towers_of_marks_do_not_leave_their_bubble(jun: Person, eve: Elsewhere) -> None:
    say(eve, "".join(letter + "\u0300\u0489\u0301" * 60 for letter in "zalgo") + " comes")
    text = jun.sees("comes").locator(".text")
    expect(text).to_have_css("overflow-y", "clip")
    box = text.bounding_box()
    assert box is not None
    assert box["height"] < 200


def test_a_megabyte_of_text_is_shown_in_part_and_stalls_nothing(jun: Person, eve: Elsewhere) -> None:
    say(eve, "the whole book " + "lorem ipsum " * 83_000)
    bubble = jun.sees("the whole book")
    expect(bubble.get_by_role("button", name="Show all")).to_be_visible()
    assert len(bubble.locator(".text").inner_text()) < 5_000
    still_quick(jun, eve)


def test_ten_thousand_emoji_and_one_endless_word_stall_nothing(jun: Person, eve: Elsewhere) -> None:
    say(eve, "💣" * 10_000)
    jun.sees("💣")
    say(eve, "W" * 100_000)
    bubble = jun.sees("WWWW")
    box = bubble.bounding_box()
    assert box is not None
    assert jun.history.evaluate("(view) => view.scrollWidth <= view.clientWidth")
    still_quick(jun, eve)


def test_a_picture_that_is_none_is_said_to_be_broken(jun: Person, eve: Elsewhere) -> None:
    send_picture(eve, b"\xff\xd8\xff\xe0" + b"not a picture" * 1_000, 640, 480, "look at this", thumb=b"<svg onload=1>")
    bubble = jun.sees("look at this")
    jun.page.wait_for_function(
        "() => [...document.querySelectorAll('article img')].every((img) => img.complete)",
    )
    expect(bubble.locator(".photo:not(.bubble)")).to_be_visible()
    assert jun.history.evaluate("(view) => view.scrollWidth <= view.clientWidth")
    still_quick(jun, eve)


def test_a_picture_that_lies_about_its_size_keeps_to_its_place(jun: Person, eve: Elsewhere) -> None:
    send_picture(eve, photo(64, 48), 1, 20_000, "as tall as a tower")
    box = jun.sees("as tall as a tower").locator(".photo:not(.bubble)").bounding_box()
    assert box is not None
    assert box["width"] <= 320
    assert box["height"] <= 400
    still_quick(jun, eve)


def bomb() -> bytes:
    """A PNG of few bytes that would be ten gigabytes in memory."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        + chunk(b"IEND", b"")
    )


def test_a_picture_bomb_does_not_go_off(jun: Person, eve: Elsewhere) -> None:
    send_picture(eve, bomb(), 100, 100, "tiny picture")
    bubble = jun.sees("tiny picture")
    jun.page.wait_for_function("() => [...document.querySelectorAll('article img')].every((img) => img.complete)")
    expect(bubble.locator(".photo:not(.bubble)")).to_be_visible()
    still_quick(jun, eve)


def test_a_name_cannot_play_another_part(jun: Person, eve: Elsewhere) -> None:
    async def renamed(client: Client) -> None:
        await client.profiles.set("Support\u202e\n\u200b<b>")
        await client.messages.send(room_called(client, "jun"), "trust me")

    async def back(client: Client) -> None:
        await client.profiles.set("eve")
        await client.messages.send(room_called(client, "jun"), "it is me")

    eve.do(renamed)
    jun.sees("trust me")
    title = jun.page.locator("h1 bdi")
    expect(title).to_have_text(re.compile("^Support"))
    assert set("\u202e\n\u200b").isdisjoint(title.inner_text())
    eve.do(back)
    expect(title).to_have_text("eve")
