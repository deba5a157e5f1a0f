"""Journey: a verified contact's handle is somebody else's from now on; every screen that matters says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.api.anew import erase_card, let_the_hold_pass, register
from tests.api.people import PATIENCE_S, opened
from tests.api.service import Service
from tests.browser.conftest import seat
from tests.browser.entering import section
from tests.browser.person import Person
from tests.browser.setting import Made, apart, make

GROUP: Final = "산책 모임"
BANNER: Final = "jun 님의 아이디가 다른 계정으로 바뀌었어요"


@pytest.fixture
def brisk(tmp_path: Path) -> Iterator[Service]:
    """A relay of the test's own, whose directory closes an epoch every second."""
    with Service(tmp_path / "relay", period_s=1) as running:
        yield running


async def _compare_and_delete(mina: Made, jun: Made) -> None:
    async with opened(mina.profile) as client:
        (contact,) = client.contacts.all()
        await client.contacts.verify(contact.account)
    async with opened(jun.profile) as client:
        await erase_card(client)


async def _anew(profile: Path, handle: str, asked: str) -> None:
    async with opened(profile) as client:
        await register(client, handle)
        await client.preferences.set(language="en")
        await client.profiles.set("jun")
        await client.contacts.request(asked, "it is me, from my new flat")
        await client.sync(timeout_s=PATIENCE_S)


def test_a_verified_contacts_handle_leads_to_somebody_else(
    chromium: Browser, brisk: Service, seats: ExitStack, tmp_path: Path
) -> None:
    """A banner, a line in every shared room, the page of the contact, the request; two accounts from then on."""
    mina_made, jun_made = make(brisk, tmp_path, "미나", "jun", group=GROUP)
    apart(_compare_and_delete(mina_made, jun_made))
    let_the_hold_pass(brisk)
    mina = seat(chromium, brisk, seats, mina_made)
    mina.enter("jun")
    expect(mina.page.get_by_title("안전 번호를 확인한 친구예요")).to_be_visible()
    fresh = tmp_path / "anew"
    apart(_anew(fresh, jun_made.handle, mina_made.handle))

    banner = mina.page.get_by_role("alert").filter(has_text=BANNER)
    expect(banner).to_be_visible()
    expect(mina.page.get_by_title("안전 번호를 확인한 친구예요")).to_have_count(0)
    expect(mina.composer).to_have_count(0)
    line = "jun 님의 아이디가 다른 계정으로 바뀌었어요. 새 계정이거나 다른 사람이에요."
    expect(mina.history.get_by_text(line)).to_be_visible()
    mina.enter(GROUP)
    expect(mina.history.get_by_text(line)).to_be_visible()
    mina.button("채팅방 정보").click()
    expect(mina.page.get_by_role("complementary").get_by_title("다른 계정이에요")).to_be_visible()

    banner.get_by_role("button", name="보기").click()
    expect(mina.page.get_by_text("여기에 쓰는 말은 새 계정으로 가지 않아요.")).to_be_visible()
    mina.button("확인했어요, 계속 보내기").click()
    expect(mina.page.get_by_text("전에 알던 계정이에요")).to_be_visible()
    expect(banner).to_have_count(0)

    section(mina, "친구", "")
    asks = mina.page.get_by_role("article")
    expect(asks).to_contain_text("jun 님이 쓰던 아이디예요.")
    asks.get_by_role("button", name="수락").click()
    expect(mina.page.get_by_text("이제 대화할 수 있어요")).to_be_visible()
    both = mina.page.locator(".left").get_by_role("button").filter(has_text="jun")
    expect(both).to_have_count(2)
    expect(both.filter(has_text="전에 알던 계정이에요")).to_have_count(1)

    anew = seat(chromium, brisk, seats, Made(fresh, jun_made.handle))
    anew.enter("미나")
    section(mina, "채팅", "")
    tell_them_apart(mina)
    mina.say("새 방에서 안녕")
    anew.sees("새 방에서 안녕")
    expect(anew.page.locator("button[data-room]")).to_have_count(1)


def tell_them_apart(person: Person) -> None:
    """Open the direct room in which nothing was said of another account: the new one."""
    rows = person.chat("jun")
    expect(rows).to_have_count(2)
    rows.filter(has_not_text="다른 계정").first.click()
    expect(person.composer).to_be_visible()
