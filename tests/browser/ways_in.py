"""Screens before there is an account: back from a backup, or a new account at a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.browser.entering import PASSPHRASE, field, heading, press
from tests.browser.person import Person


def coming_back(person: Person, settled: Callable[[Person], None]) -> Iterator[str]:
    """From the first screen to both, and back to it."""
    press(person, "백업으로 되찾기", "Restore from a backup")
    heading(person, "백업 파일로 되찾기", "Restore from a backup file")
    settled(person)
    yield "restore-backup"
    press(person, "자동 백업에서 되찾기", "Restore from an automatic backup")
    person.page.get_by_role("radio").last.check()
    settled(person)
    yield "restore-place"
    press(person, "뒤로", "Back")
    press(person, "뒤로", "Back")


def signing_up(person: Person, settled: Callable[[Person], None]) -> Iterator[str]:
    """Which server, and the screen for a new account."""
    press(person, "새로 시작하기", "Create an account")
    heading(person, "어느 서버를 쓸까요?", "Which server do you want to use?")
    person.page.locator("summary").click()
    settled(person)
    yield "server"
    field(person, "서버 주소나 초대 링크", "Server address or invite link").fill(person.relay)
    press(person, "계속", "Continue")
    heading(person, "아이디와 암호를 정해 주세요", "Choose a handle and a passphrase")
    field(person, "암호", "Passphrase").fill(PASSPHRASE)
    settled(person)
    yield "sign-up"
