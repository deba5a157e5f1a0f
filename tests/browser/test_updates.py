"""Journey: from a version that nobody can name to one that a public log knows, and back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app.test_updates import Publishers
from tests.browser.conftest import Meet
from tests.browser.entering import press, settings

pytestmark = pytest.mark.slow


def test_a_version_is_followed_waited_for_installed_and_left_again(meet: Meet, tmp_path: Path) -> None:
    """What it says of itself is on the page for what can be demanded, too."""
    with ThreadPoolExecutor(1) as beside:  # a log is published in a loop of its own
        publishers = beside.submit(Publishers, tmp_path / "log").result()
        (mina,) = meet("미나")
        settings(mina)
        mina.page.get_by_role("button", name="버전과 업데이트").click()
        expect(mina.page.get_by_text("아직 릴리스 로그를 따르지 않아서")).to_be_visible()
        expect(mina.button("따르기")).to_be_disabled()
        mina.page.get_by_label("로그 주소").fill(publishers.follow.where)
        mina.page.get_by_label("정책").fill(publishers.follow.policy)
        mina.page.get_by_label("지문").fill(publishers.follow.fingerprint)
        press(mina, "따르기", "")
        expect(mina.page.get_by_text("릴리스 로그에 없는 버전이에요.")).to_be_visible()
        expect(mina.page.get_by_role("switch", name="자동으로 설치하기")).to_be_disabled()
        beside.submit(publishers.release, 0, "7.0").result()
        mina.page.get_by_text("3일", exact=True).click()
        expect(mina.page.get_by_role("switch", name="자동으로 설치하기")).to_be_enabled()
        press(mina, "새 버전 확인", "")
        expect(mina.page.get_by_text("서명: jun.example/release, mina.example/release")).to_be_visible()
        expect(mina.button("설치하기")).to_have_count(0)
        press(mina, "기다리지 않고 설치하기", "")
        dialog = mina.page.get_by_role("dialog", name="기다리지 않고 설치할까요?")
        dialog.get_by_role("button", name="설치하기").click()
        starts = mina.page.get_by_text("7.0 버전을 설치했어요.")
        expect(starts).to_be_visible(timeout=120_000)
        mina.page.get_by_role("button", name="뒤로").click()
        mina.page.get_by_role("button", name="내 정보를 요구받으면").click()
        expect(starts).to_be_visible()
        mina.page.get_by_role("button", name="뒤로").click()
        mina.page.get_by_role("button", name="버전과 업데이트").click()
        press(mina, "이전 버전으로 돌아가기", "")
        mina.page.get_by_role("dialog").get_by_role("button", name="이전 버전으로 돌아가기").click()
        expect(starts).to_have_count(0)


def test_after_damage_the_log_is_followed_again_with_the_keyboard(meet: Meet, tmp_path: Path) -> None:
    """What was pinned is filled in; the person compares it and presses Enter. Then the page is as before."""
    with ThreadPoolExecutor(1) as beside:
        publishers = beside.submit(Publishers, tmp_path / "log").result()
        (jun,) = meet("jun")
        settings(jun)
        row = jun.page.get_by_role("button", name="Version and updates")
        row.click()
        jun.page.get_by_label("Address of the log").fill(publishers.follow.where)
        jun.page.get_by_label("Policy").fill(publishers.follow.policy)
        jun.page.get_by_label("Fingerprint").fill(publishers.follow.fingerprint)
        press(jun, "", "Follow")
        unlogged = jun.page.get_by_text("This version is not in the release log.")
        expect(unlogged).to_be_visible()
        (jun.profile.parent / "program/log/seen.json").write_text("{", "utf-8")
        jun.page.get_by_role("button", name="Check for a new version").click()
        expect(jun.page.get_by_text("What was seen of the release log is damaged")).to_be_visible()
        expect(jun.page.get_by_label("Address of the log")).to_have_value(publishers.follow.where)
        expect(jun.page.get_by_label("Policy")).to_have_value(publishers.follow.policy)
        fingerprint = jun.page.get_by_label("Fingerprint")
        expect(fingerprint).to_have_value(publishers.follow.fingerprint)
        expect(jun.button("Follow again")).to_be_enabled()
        fingerprint.press("Enter")
        expect(unlogged).to_be_visible()
        expect(jun.page.get_by_role("switch", name="Install automatically")).not_to_be_checked()
