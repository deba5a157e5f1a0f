"""Journeys: a group changes under the eyes of its members; messages that disappear."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nullabona.client.api import Client
from tests.browser.conftest import Meet
from tests.browser.elsewhere import Elsewhere, room_called
from tests.browser.person import Person

pytestmark = pytest.mark.timeout(240)


def notice(person: Person, text: str) -> None:
    """Wait until a line about the room is seen."""
    expect(person.page.locator(".notice").filter(has_text=text).last).to_be_visible()


def about(person: Person, member: str, item: str) -> None:
    """Choose something in the menu of a member."""
    person.button(f"{member} 님 메뉴").click()
    person.page.get_by_role("menuitem", name=item, exact=True).click()


def test_in_a_group_of_four_one_is_removed_and_reads_nothing_after(meet: Meet) -> None:
    mina, jun, sora, theo = meet("미나", "jun", "소라", "theo", group="여행", said=("모두 안녕",))
    for person in (mina, jun, sora, theo):
        person.enter("여행")
        person.sees("모두 안녕")
    mina.button("채팅방 정보").click()
    about(mina, "theo", "내보내기")
    mina.page.get_by_role("dialog").get_by_role("button", name="내보내기", exact=True).click()
    notice(jun, "미나 removed theo")
    notice(sora, "미나 님이 theo 님을 내보냈어요")
    expect(theo.page.get_by_text("An admin removed you from this chat.")).to_be_visible()
    expect(theo.composer).to_have_count(0)
    theo.button("Chat info").click()
    info = theo.page.get_by_role("complementary")
    expect(info).to_contain_text("You are no longer in this chat.")
    expect(info.get_by_text("Search in this chat")).to_be_visible()
    for row in ("Notifications", "Disappearing messages", "Members"):
        expect(info.get_by_text(row)).to_have_count(0)
    mina.say("theo는 이제 못 읽어")
    jun.sees("theo는 이제 못 읽어")
    sora.say("그러네")
    jun.sees("그러네")
    expect(theo.bubble("그러네").or_(theo.bubble("못 읽어"))).to_have_count(0)


def test_a_group_is_renamed_gets_another_admin_and_is_left(meet: Meet) -> None:
    mina, jun = meet("미나", "jun", group="가족")
    mina.enter("가족")
    jun.enter("가족")
    mina.button("채팅방 정보").click()
    mina.page.get_by_role("button", name="채팅방 나가기").click()
    leaving = mina.page.get_by_role("dialog", name="채팅방에서 나갈까요?")
    expect(leaving.get_by_role("radio", name="jun")).to_be_checked()
    leaving.get_by_role("button", name="취소", exact=True).click()
    mina.chat("가족").click(button="right")
    mina.page.get_by_role("menuitem", name="나가기", exact=True).click()
    expect(leaving.get_by_role("radio", name="jun")).to_be_checked()
    leaving.get_by_role("button", name="취소", exact=True).click()
    mina.button("이름 바꾸기").click()
    dialog = mina.page.get_by_role("dialog", name="이름 바꾸기")
    dialog.get_by_label("그룹 이름").fill("우리 가족")
    dialog.get_by_role("button", name="저장", exact=True).click()
    expect(jun.chat("우리 가족")).to_be_visible()
    notice(jun, "미나 renamed the chat: 우리 가족")
    about(mina, "jun", "관리자로 정하기")
    notice(jun, "미나 made jun an admin")
    mina.page.get_by_role("button", name="채팅방 나가기").click()
    mina.page.get_by_role("dialog").get_by_role("button", name="채팅방 나가기").click()
    notice(jun, "미나 left")
    expect(mina.page.get_by_text("나간 채팅방이에요.")).to_be_visible()
    expect(mina.composer).to_have_count(0)


def test_what_shall_disappear_does_so_everywhere(meet: Meet) -> None:
    mina, jun = meet("미나", "jun")
    mina.stop()
    mina.page.close()
    with Elsewhere(mina.profile) as elsewhere:

        async def quickly(client: Client) -> None:
            room = room_called(client, "jun")
            await client.rooms.set_timer(room, 2)
            await client.rooms.wait_changed(room)

        elsewhere.do(quickly)
    mina.start()
    mina.page = mina.open()
    mina.enter("jun")
    jun.enter("미나")
    notice(jun, "미나 set messages to disappear after 2 seconds")
    mina.say("The safe is behind the clock")
    jun.sees("The safe is behind the clock")
    for person in (jun, mina):
        expect(person.bubble("behind the clock")).to_have_count(0)
        expect(person.page.locator("body")).not_to_contain_text("behind the clock")
    jun.page.get_by_role("searchbox").fill("clock")
    expect(jun.page.get_by_text("No results for “clock”")).to_be_visible()
