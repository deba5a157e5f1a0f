"""Journeys: a room with three thousand messages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, expect

from nullabona.client.api import Client
from nullabona.client.core import commands
from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.timeline import search
from nullabona.client.core.timeline.kinds import filled
from tests.api.service import Service
from tests.browser.conftest import seat
from tests.browser.elsewhere import Elsewhere, room_called
from tests.browser.person import Person
from tests.browser.setting import make

MANY: Final = 3_000
SNOW: Final = 17
"""The one message with words of its own."""
_START_MS: Final = 1_700_000_000_000
_MINUTE_MS: Final = 60_000
_SEEN: Final = """(() => {
  const view = document.querySelector(".viewport").getBoundingClientRect();
  const inside = ({ top, bottom }) => top >= view.top && bottom <= view.bottom;
  const rows = [...document.querySelectorAll("article")].filter((row) => inside(row.getBoundingClientRect()));
  return rows.map((row) => /말 (\\d+)/.exec(row.textContent)).filter(Boolean).map((found) => Number(found[1]));
})"""


async def plant(client: Client) -> None:
    """Three thousand messages, as a year of talking leaves them, the newest numbered 3000."""
    rng, room = random.Random(3), room_called(client, "가족")
    other = next(member.account for member in client.rooms.members(room) if not member.me)
    me, newest = client.me.account, b""
    with client._session.step() as step:
        for number in range(1, MANY + 1):
            body = Text(f"말 {number} " + ("첫눈이 온 날" if number == SNOW else "한 마디 더 " * (number % 7)))
            message = Message(
                room=room,
                id=rng.randbytes(16),
                account=me if number % 5 == 0 else other,
                device=other[:16],
                sent_at=_START_MS + number * _MINUTE_MS,
                position=number,
                epoch=0,
                state=MessageState.DELIVERED if number % 5 == 0 else MessageState.RECEIVED,
                box=b"",
                frame=b"",
                resent=0,
                body=encode_body(body),
            )
            newest = message.id
            step.store.put_message(filled(step, message, body))
            search.index(step.store, message, body)
        commands.mark_read(step, room, newest)


@pytest.fixture(scope="module")
def couple(
    chromium: Browser, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Person, Person]]:
    """Somebody with the long room, and a friend in it who sees only what comes now."""
    made = make(service, tmp_path_factory.mktemp("history"), "미나", "jun", group="가족")
    with Elsewhere(made[0].profile) as planting:
        planting.do(plant)
    with ExitStack() as stack:
        mina, jun = (seat(chromium, service, stack, one) for one in made)
        jun.enter("가족")
        yield mina, jun


def numbers(person: Person) -> list[int]:
    """Which of the planted messages are wholly in sight."""
    found: list[int] = person.page.evaluate(f"{_SEEN}()")
    return found


def settled(person: Person) -> list[int]:
    """As `numbers`, when two frames after one another show the same, and something."""
    seen: list[int] = numbers(person)
    before: list[int] = []
    while not seen or seen != before:
        person.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen, before = numbers(person), seen
    return seen


def scroll(person: Person, by: int) -> None:
    """Turn the wheel over the history."""
    person.history.hover()
    person.page.mouse.wheel(0, by)


def number(person: Person, which: int) -> Locator:
    """A planted message."""
    return person.page.locator(f"article[aria-label*=': 말 {which} ']")


def test_thousands_of_messages_are_read_upwards_and_down_again(couple: tuple[Person, Person]) -> None:
    mina = couple[0].at_end_of("가족")
    expect(number(mina, MANY)).to_be_in_viewport()
    assert mina.page.locator("article[data-message]").count() < 100
    top = MANY
    for _ in range(6):
        scroll(mina, -4_000)
        mina.page.wait_for_function(f"top => {_SEEN}()[0] < top - 20", arg=top)
        seen = settled(mina)
        assert seen == list(range(seen[0], seen[-1] + 1))
        assert seen[0] < top
        top = seen[0]
    assert top < MANY - 200
    mina.button("맨 아래로").click()
    expect(number(mina, MANY)).to_be_in_viewport()


def test_what_arrives_while_one_reads_above_moves_nothing_and_is_counted(couple: tuple[Person, Person]) -> None:
    mina, jun = couple[0].at_end_of("가족"), couple[1]
    scroll(mina, -3_000)
    expect(number(mina, MANY)).not_to_be_in_viewport()
    mina.page.wait_for_function(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    )
    before = numbers(mina)
    for text in ("one more", "and another"):
        jun.say(text)
    down = mina.button("새 메시지 2개, 맨 아래로")
    expect(down).to_be_visible()
    assert before == numbers(mina)
    down.click()
    expect(mina.sees("and another")).to_be_in_viewport()
    expect(mina.chat("가족").filter(has_text="안 읽은 메시지")).to_have_count(0)


def test_a_word_from_long_ago_is_found_and_the_way_back_is_short(couple: tuple[Person, Person]) -> None:
    mina = couple[0].at_end_of("가족")
    mina.button("채팅방 검색").click()
    mina.page.get_by_label("이 채팅방에서 검색").fill("첫눈")
    mina.page.get_by_role("option").filter(has_text="첫눈이 온 날").click()
    expect(number(mina, SNOW)).to_be_in_viewport()
    mina.button("맨 아래로").click()
    expect(number(mina, SNOW)).to_have_count(0)
    mina.say("여기가 끝이에요")
    expect(mina.sees("여기가 끝이에요")).to_be_in_viewport()
