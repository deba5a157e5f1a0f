"""Journey: the account is deleted from the settings; only its own handle, typed whole, does it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Meet
from tests.browser.entering import settings


def test_an_account_is_deleted_by_typing_its_handle(meet: Meet) -> None:
    """A slip leaves the button shut; afterwards the other is told, and what was said can still be read."""
    mina, jun = meet("미나", "jun")
    mina.enter("jun")
    mina.say("남는 말")
    jun.enter("미나")
    jun.sees("남는 말")
    settings(mina)
    mina.page.get_by_role("main").get_by_role("button", name="계정 삭제").click()
    dialog = mina.page.get_by_role("dialog")
    found = re.search(r"\S+@\S+", dialog.inner_text())
    assert found is not None
    do = dialog.get_by_role("button", name="계정 삭제", exact=True)
    dialog.get_by_role("textbox").fill(found[0][:-1])
    expect(do).to_be_disabled()
    dialog.get_by_role("textbox").fill(found[0])
    do.click()
    expect(mina.page.get_by_text("계정을 삭제했어요")).to_be_visible(timeout=60_000)
    expect(mina.page.get_by_text("누군가 24개 단어를")).to_have_count(0)
    expect(mina.chat("jun")).to_contain_text("나간 채팅방")
    expect(jun.page.get_by_role("main")).to_contain_text("미나 left", timeout=60_000)
