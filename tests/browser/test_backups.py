"""Journeys: backups by themselves are planned on the settings page; a new machine comes back from each place."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.api.people import opened
from tests.api.service import Service
from tests.browser.conftest import Arrive, Meet
from tests.browser.entering import PASSPHRASE, field, heading, press, settings
from tests.browser.person import Person
from tests.browser.setting import Made, apart, make

MADE_MS = 30_000


async def _back_up(made: Made, *places: str) -> tuple[str, str]:
    """Backups to places; the words and the handle."""
    async with opened(made.profile) as client:
        for place in places:
            client.backups.schedule(place)
            await client.backups.now(place)
        return client.account.phrase("korean"), client.me.handle


def row(person: Person, name: str) -> Locator:
    """A row of the settings whose name begins so."""
    return person.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}"))


def good(person: Person) -> Locator:
    return person.page.get_by_text("마지막으로 잘된 백업" if person.lang == "ko" else "Last good backup")


def test_a_person_without_backup_is_reminded_and_makes_one_in_three_steps(
    meet: Meet,
) -> None:
    """The reminder goes when there is a good backup; the page says when that was, and changes how often."""
    mina, _ = meet("미나", "jun")
    mina.put("backup-missing")
    mina.page.reload()
    reminder = mina.page.get_by_role("region", name="백업이 없어요")
    reminder.get_by_role("button", name="고르기").click()
    mina.page.get_by_role("dialog").get_by_role("radio", name=re.compile("^내 서버")).check()
    mina.button("백업 시작하기").click()
    expect(reminder).to_have_count(0)
    settings(mina)
    expect(good(mina)).to_be_visible(timeout=MADE_MS)
    expect(mina.page.get_by_text("매일 · 마지막")).to_be_visible()
    row(mina, "내 서버").click()
    mina.page.get_by_role("menuitem", name="매주").click()
    expect(mina.page.get_by_text("매주 · 마지막")).to_be_visible()
    row(mina, "내 서버").click()
    mina.page.get_by_role("menuitem", name="지금 백업하기").click()
    expect(mina.page.get_by_text("백업했어요. 다시 읽어서 온전한지 확인했어요.")).to_be_visible(timeout=MADE_MS)
    row(mina, "내 서버").click()
    mina.page.get_by_role("menuitem", name="여기에 더는 백업하지 않기").click()
    expect(mina.page.get_by_text("자동으로 백업하지 않아요")).to_be_visible()


def test_a_new_machine_comes_back_from_a_folder_and_from_the_server(
    arrive: Arrive, service: Service, tmp_path: Path
) -> None:
    """Wrong words are said to open nothing; the right ones show whose backup it is and from when."""
    mina, _ = make(service, tmp_path, "미나", "jun", group="산책", said=("내일 여덟 시", "see you"))
    words, handle = apart(_back_up(mina, str(tmp_path), "server"))
    again = arrive("다시 미나")
    to_places(again)
    again.page.get_by_role("radio", name=str(tmp_path)).check()
    field(again, "24개 단어", "").fill("가격 가난 가능")
    press(again, "백업 찾기", "")
    expect(again.page.get_by_role("alert")).to_contain_text("24개 단어가 맞지 않아요.")
    field(again, "24개 단어", "").fill(words)
    press(again, "백업 찾기", "")
    expect(again.page.get_by_text(f"{handle} 계정이에요.")).to_be_visible()
    comes_back(again)
    other = arrive("또 미나")
    to_places(other)
    other.page.get_by_role("radio", name="내 서버").check()
    field(other, "내 아이디", "").fill(handle)
    field(other, "24개 단어", "").fill(words)
    press(other, "백업 찾기", "")
    comes_back(other)


def to_places(person: Person) -> None:
    """From the first screen to the one that asks where the backup is."""
    press(person, "백업으로 되찾기", "")
    press(person, "자동 백업에서 되찾기", "")
    heading(person, "자동 백업에서 되찾기", "")


def comes_back(person: Person) -> None:
    """Restore what was found, and read what was said."""
    expect(person.page.get_by_text("에 만든 백업이에요.")).to_be_visible()
    field(person, "암호", "").fill(PASSPHRASE)
    press(person, "되찾기", "")
    person.chat("산책").click()
    person.sees("내일 여덟 시")
    person.sees("see you")
