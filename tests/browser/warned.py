"""How to see each state of `states.py` on the page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.states import CODES
from tests.browser.tour import Stop, Visit


def stop_of(name: str) -> Stop:
    """Puts the state in and leads to where it shows."""
    pages = {"notices-unchecked": _notices, "record-wrong": _wrong} | {
        "backup-missing": _no_backup,
        "backup-late": _late_backup,
    }
    show = _toasts if name in CODES else pages.get(name, _request)

    def stop(visit: Visit) -> None:
        visit.go()
        expect(visit.person.page.locator("button[data-room]").first).to_be_visible()
        visit.person.put(name)
        show(visit, name)

    return stop


def _toasts(visit: Visit, name: str) -> None:
    expect(visit.person.page.locator(".toast")).to_have_count(len(CODES[name]))


def _request(visit: Visit, name: str) -> None:
    card = visit.person.page.locator(f"p.record.{name.removeprefix('request-')}").first
    visit.person.page.reload()
    visit.go(section="Contacts")
    card.scroll_into_view_if_needed()
    expect(card).to_be_visible()


def _no_backup(visit: Visit, name: str) -> None:
    visit.person.page.reload()
    visit.go()
    name = visit.word("백업이 없어요", "There is no backup")
    expect(visit.person.page.get_by_role("region", name=name)).to_be_visible()


def _late_backup(visit: Visit, name: str) -> None:
    assert name
    visit.person.page.reload()
    visit.go(page="Settings")
    last = visit.person.page.get_by_text(visit.word("마지막으로 잘된 백업", "Last good backup"))
    last.scroll_into_view_if_needed()
    expect(last).to_be_visible()


def _notices(visit: Visit, name: str) -> None:
    assert name
    visit.go(page="Privacy")
    expect(visit.person.page.locator("[data-notices]")).to_be_visible()


def _wrong(visit: Visit, name: str) -> None:
    assert name
    visit.go(page="Privacy")
    expect(visit.person.page.locator("[data-wrong]")).to_be_visible()
