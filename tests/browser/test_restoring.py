"""Journeys: a new machine, a backup file, and everything is there again; whatever is wrong with it is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from nullabona.client.api import Client, PassphraseKey
from tests.api.people import opened, texts, until
from tests.api.service import Service
from tests.browser.conftest import Arrive, seat
from tests.browser.elsewhere import Elsewhere
from tests.browser.entering import PASSPHRASE, field, heading, press, settings
from tests.browser.person import Person
from tests.browser.setting import Made, apart, make

BACKUP_PASS = "an older passphrase"
WAY_BACK_MS = 40_000
"""A restored device asks for a way into its rooms at a random time, as people's devices do."""


async def _backup(made: Made, file: Path, key: PassphraseKey | None = None, after: Path | None = None) -> str:
    async with opened(made.profile) as client:
        await client.archive.backup(file, key=key, after=after)
        return client.account.phrase("korean")


async def _say(made: Made, text: str) -> None:
    async with opened(made.profile) as client:
        (room,) = (found.id for found in client.rooms.all() if not found.direct)
        await client.messages.send(room, text)


def choose(person: Person, *files: Path) -> None:
    """Choose files on the screen that asks for a backup."""
    korean = person.lang == "ko"
    with person.page.expect_file_chooser() as chooser:
        person.button("백업 파일 고르기" if korean else "Choose the backup file").last.click()
    chooser.value.set_files(list(files))


def lock_with(person: Person, passphrase: str = PASSPHRASE) -> None:
    """A passphrase for the device."""
    field(person, "암호", "Passphrase").fill(passphrase)


def history(person: Person) -> Locator:
    return person.page.get_by_role("region", name="메시지" if person.lang == "ko" else "Messages")


def test_a_backup_file_brings_everything_back(arrive: Arrive, service: Service, tmp_path: Path) -> None:
    """Something else is refused; wrong words are said to be; the right ones bring contacts and past conversations."""
    mina, _ = make(service, tmp_path, "미나", "jun", group="산책", said=("내일 여덟 시", "see you"))
    file, other = tmp_path / "nullabona.age", tmp_path / "holiday.age"
    words = apart(_backup(mina, file))
    other.write_bytes(b"\xff\xd8 a picture")
    again = arrive("다시 미나")
    press(again, "백업으로 되찾기", "")
    heading(again, "백업 파일로 되찾기", "")
    choose(again, other)
    expect(again.page.get_by_role("alert")).to_contain_text("백업 파일이 아니에요.")
    choose(again, file)
    expect(again.page.get_by_text("nullabona.age")).to_be_visible()
    field(again, "24개 단어", "").fill("가격 가난 가능")
    expect(again.page.get_by_text("지금까지 3개.")).to_be_visible()
    expect(again.button("되찾기")).to_be_disabled()
    lock_with(again)
    press(again, "되찾기", "")
    expect(again.page.get_by_role("alert")).to_contain_text("24개 단어가 맞지 않아요.")
    field(again, "24개 단어", "").fill(words)
    press(again, "되찾기", "")
    expect(again.chat("산책")).to_be_visible()
    again.chat("산책").click()
    again.sees("내일 여덟 시")
    again.sees("see you")
    settings(again)
    expect(again.page.get_by_role("main")).to_contain_text(mina.handle.partition("@")[0])
    again.page.reload()
    expect(again.chat("산책")).to_be_visible()
    assert [] == list(again.profile.with_name(f".{again.profile.name}.app").glob("*.given"))


def test_two_files_with_a_passphrase_are_put_together(arrive: Arrive, service: Service, tmp_path: Path) -> None:
    """The passphrase of the backup is asked for, not the words; which file is which need not be known."""
    mina, _ = make(service, tmp_path, "mina", "jun", group="walks", said=("in the first",))
    key, first, later = PassphraseKey(BACKUP_PASS), tmp_path / "first.age", tmp_path / "later.age"
    apart(_backup(mina, first, key))
    apart(_say(mina, "only in the second"))
    apart(_backup(mina, later, key, first))
    again = arrive("again", viewport={"width": 390, "height": 844})
    press(again, "", "Restore from a backup")
    choose(again, later, first)
    passphrase = field(again, "", "The backup’s passphrase")
    passphrase.fill("not this one")
    lock_with(again, "four words in a row")
    press(again, "", "Restore")
    expect(again.page.get_by_role("alert")).to_contain_text("does not open")
    passphrase.fill(BACKUP_PASS)
    press(again, "", "Restore")
    again.chat("walks").click()
    expect(history(again)).to_contain_text("in the first")
    expect(history(again)).to_contain_text("only in the second")


async def _talk(mina: Made, jun: Made, *turns: str) -> None:
    """They take turns, Mina first; each reads what the other says."""
    async with opened(mina.profile) as one, opened(jun.profile) as other:
        (room,) = (found.id for found in one.rooms.all() if not found.direct)
        for index, text in enumerate(turns):
            speaker, reader = (one, other) if index % 2 == 0 else (other, one)
            message = await speaker.messages.send(room, text)
            await until(reader, partial(_has_read, reader, room, text))
            await speaker.messages.wait_sent(room, message, timeout_s=20)


def _has_read(client: Client, room: bytes, text: str) -> bool:
    return text in texts(client, room)


@pytest.fixture
def swift(tmp_path: Path) -> Iterator[Service]:
    """A relay of the test's own, whose directory shows a new card after a second."""
    with Service(tmp_path / "swift", period_s=1) as running:
        yield running


@pytest.mark.timeout(240)
def test_what_was_said_since_the_backup_comes_when_a_friends_device_is_on(
    chromium: Browser, seats: ExitStack, swift: Service, tmp_path: Path
) -> None:
    """Until then a line says that messages may be missing. The person's own lines say who told them."""
    mina, jun = make(swift, tmp_path, "미나", "jun", group="산책", said=("내일 여덟 시",))
    file = tmp_path / "nullabona.age"
    words = apart(_backup(mina, file))
    apart(_talk(mina, jun, "비가 온대", "then at nine", "좋아"))
    again = seat(chromium, swift, seats, Made(tmp_path / "다시 미나", ""))
    press(again, "백업으로 되찾기", "")
    choose(again, file)
    field(again, "24개 단어", "").fill(words)
    lock_with(again)
    press(again, "되찾기", "")
    again.chat("산책").click()
    again.sees("내일 여덟 시")
    expect(history(again)).to_contain_text("메시지가 빠졌을 수 있어요")
    with Elsewhere(jun.profile):
        expect(history(again)).not_to_contain_text("빠졌을 수 있어요", timeout=WAY_BACK_MS)
    said = history(again).inner_text()
    assert (
        sorted(places := [said.index(text) for text in ("내일 여덟 시", "비가 온대", "then at nine", "좋아")]) == places
    )
    expect(history(again).get_by_text("jun 님의 기기가 알려 준 메시지")).to_have_count(2)
    expect(history(again).get_by_text("나중에 받은 메시지")).to_have_count(1)
