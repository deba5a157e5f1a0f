"""Journeys: strangers become contacts, or do not; what people show of themselves; how sure one can be of them."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Locator, expect

from nullabona.client.account import create_account
from nullabona.client.api import Client
from nullabona.client.core.contacts.requests import learn_card
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.store import SqliteStore
from nullabona.errors import PeerError
from nullabona.wire.handle import parse_handle
from tests.api.pictures import photo
from tests.api.service import Service
from tests.browser.conftest import Meet, seat
from tests.browser.elsewhere import Elsewhere
from tests.browser.entering import NOTES, SHOWN, ask, section, settings
from tests.browser.person import Person
from tests.browser.setting import make

GREETING: Final = "we met at the harbour"


def my_handle(person: Person) -> str:
    """As the main menu shows it."""
    return str(person.page.locator("nav .me").get_attribute("title"))


def request(person: Person, korean: str, english: str) -> Locator:
    """The first request, once there is one; its button of this name."""
    banner = "친구 요청 1개" if person.lang == "ko" else "1 contact request"
    person.page.locator("button:not(nav button)").filter(has_text=banner).click()
    name = korean if person.lang == "ko" else english
    return person.page.get_by_role("article").get_by_role("button", name=name, exact=True)


def test_somebody_is_asked_by_handle_and_accepts(strangers: Meet) -> None:
    """The greeting is read first; then both are in the conversation."""
    mina, jun = strangers("미나", "jun")
    ask(mina, my_handle(jun), GREETING)
    accept = request(jun, "수락", "Accept")
    expect(jun.page.get_by_role("article")).to_contain_text(GREETING)
    expect(jun.page.get_by_role("article")).to_contain_text(my_handle(mina).partition("@")[0])
    accept.click()
    expect(jun.page.get_by_text("You can chat now")).to_be_visible()
    section(jun, "", "Chats")
    jun.enter("미나")
    mina.enter("jun")
    jun.say("hello there")
    mina.sees("hello there")


def test_people_are_listed_in_the_order_of_the_language(
    chromium: Browser, service: Service, seats: ExitStack, tmp_path: Path
) -> None:
    """Whoever looks for a name knows where to look: 가나다, then the Latin ones."""
    mina = seat(chromium, service, seats, make(service, tmp_path, "미나", "jun", "하늘", "가온")[0])
    section(mina, "친구", "")
    expect(mina.page.locator(".left li")).to_contain_text(["가온", "하늘", "jun"])


def test_a_request_that_is_deleted_may_come_again_and_one_that_is_blocked_may_not(strangers: Meet) -> None:
    """Whoever asked is told neither."""
    mina, jun = strangers("미나", "jun")
    ask(mina, my_handle(jun), "first")
    request(jun, "", "Delete").click()
    expect(jun.page.get_by_role("article")).to_have_count(0)
    expect(jun.page.get_by_text("No contacts yet")).to_be_visible()
    section(jun, "", "Chats")
    ask(mina, my_handle(jun), "second")
    block = request(jun, "", "Block")
    expect(jun.page.get_by_role("article")).to_contain_text("second")
    block.click()
    jun.page.get_by_role("dialog").get_by_role("button", name="Block", exact=True).click()
    expect(jun.page.get_by_role("article")).to_have_count(0)
    expect(jun.page.get_by_role("button", name="Blocked 1")).to_be_visible()
    section(mina, "친구", "")
    expect(mina.page.get_by_text("보낸 친구 요청 1")).to_be_visible()


def test_who_is_blocked_is_not_heard_until_that_is_undone(meet: Meet) -> None:
    """No message, no unread number, no notification; afterwards what is said comes again."""
    mina, jun = meet("미나", "jun")
    jun.enter("미나")
    jun.page.evaluate(NOTES)
    jun.button("Chat info").click()
    jun.page.get_by_role("button", name="Profile").click()
    jun.button("Block").click()
    jun.page.get_by_role("dialog").get_by_role("button", name="Block", exact=True).click()
    expect(jun.page.get_by_text("You blocked this person.")).to_be_visible()
    mina.enter("jun")
    before = mina.read_to()
    mina.say("are you there?")
    mina.sent("are you there?")
    mina.until(lambda: mina.read_to() != before)
    written = mina.read_to()
    jun.until(lambda: all(jun.read_to().get(room, place) >= place for room, place in written.items()))
    settings(jun)
    jun.page.get_by_role("button", name="Blocked people").click()
    expect(jun.page.get_by_role("main")).to_contain_text("미나")
    jun.button("Unblock").click()
    expect(jun.page.get_by_text("You have not blocked anyone.")).to_be_visible()
    mina.say("and now?")
    section(jun, "", "Chats")
    jun.enter("미나")
    jun.sees("and now?")
    expect(jun.bubble("are you there?")).to_have_count(0)
    assert len(jun.page.evaluate(SHOWN)) <= 1, "what the blocked person said was notified"


def test_a_contact_is_deleted_and_both_can_begin_anew(meet: Meet) -> None:
    """The room of the two is left, what was said stays; once each has deleted the other, a request is heard again."""
    mina, jun = meet("미나", "jun")
    mina.enter("jun")
    mina.say("we had a good time")
    jun.enter("미나")
    jun.sees("we had a good time")
    jun.button("Chat info").click()
    jun.page.get_by_role("button", name="Profile").click()
    jun.button("Delete contact").click()
    sure = jun.page.get_by_role("dialog")
    expect(sure).to_contain_text("Past messages stay on this device")
    sure.get_by_role("button", name="Delete", exact=True).click()
    expect(jun.page.get_by_text("Contact deleted")).to_be_visible()
    jun.sees("we had a good time")
    expect(jun.composer).to_have_count(0)
    section(jun, "", "Contacts")
    expect(jun.page.get_by_text("No contacts yet")).to_be_visible()

    expect(mina.page.get_by_text("나갔").first).to_be_visible()
    mina.button("채팅방 정보").click()
    mina.page.get_by_role("button", name="프로필").click()
    mina.button("친구 삭제").click()
    mina.page.get_by_role("dialog").get_by_role("button", name="삭제", exact=True).click()
    expect(mina.page.get_by_text("친구에서 삭제했어요")).to_be_visible()

    ask(jun, my_handle(mina), GREETING)
    request(mina, "수락", "Accept").click()
    expect(mina.page.get_by_text("이제 대화할 수 있어요")).to_be_visible()


def test_a_name_and_a_picture_are_seen_by_those_in_the_same_rooms(meet: Meet) -> None:
    """The picture is cut in the page; hidden places in it do not leave the device."""
    mina, jun = meet("미나", "jun")
    settings(mina)
    mina.page.get_by_role("main").get_by_role("button", name="미나").click()
    mina.page.get_by_label("이름", exact=True).fill("미나 리")
    mina.button("저장하기").click()
    expect(jun.chat("미나 리")).to_be_visible()
    with mina.page.expect_file_chooser() as chooser:
        mina.button("사진 바꾸기").click()
    chooser.value.set_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo(300, 200)})
    mina.button("이 사진 쓰기").click()
    expect(mina.page.get_by_role("main").locator("img").first).to_be_visible()
    seen = jun.chat("미나 리").locator("img")
    expect(seen).to_be_visible()
    assert seen.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    mina.button("사진 삭제").click()
    expect(seen).to_have_count(0)


def test_a_nickname_is_only_mine(meet: Meet) -> None:
    mina, jun = meet("미나", "jun")
    section(mina, "친구", "")
    mina.page.get_by_role("button", name="jun").click()
    mina.page.get_by_label("친구 이름").fill("준 오빠")
    mina.button("저장").click()
    section(mina, "채팅", "")
    mina.enter("준 오빠")
    mina.say("who am I to you?")
    jun.enter("미나")
    jun.sees("who am I to you?")
    expect(jun.page.locator("body")).not_to_contain_text("준 오빠")


def safety(person: Person, other: str) -> str:
    """Open the page of the safety number beside the conversation; the digits on it."""
    person.enter(other)
    person.button("채팅방 정보" if person.lang == "ko" else "Chat info").click()
    name = re.compile("^안전 번호" if person.lang == "ko" else "^Safety number")
    person.page.get_by_role("complementary").get_by_role("button", name=name).click()
    digits = person.page.get_by_role("list", name="숫자 60개" if person.lang == "ko" else "60 digits")
    expect(digits.get_by_role("listitem")).to_have_count(12)
    return " ".join(digits.get_by_role("listitem").all_inner_texts())


def test_both_see_the_same_safety_number_and_can_mark_it(meet: Meet) -> None:
    """The mark is seen in the conversation, only by whoever made it, and can be taken back."""
    mina, jun = meet("미나", "jun")
    theirs, number = safety(jun, "미나"), safety(mina, "jun")
    assert theirs == number
    assert re.fullmatch(r"(\d{5} ){11}\d{5}", number)
    mina.button("확인했다고 표시").click()
    expect(mina.page.get_by_text("번호가 바뀌면 보내기 전에 알려 드려요.")).to_be_visible()
    expect(mina.page.get_by_role("main").get_by_title("안전 번호를 확인한 친구예요")).to_be_visible()
    mina.button("표시 지우기").click()
    expect(mina.button("확인했다고 표시")).to_be_visible()


def test_a_code_on_the_others_screen_is_read_from_a_picture(meet: Meet) -> None:
    """The right one verifies; that of another pair does not match."""
    mina, jun, sora = meet("미나", "jun", "sora")
    safety(mina, "jun")
    safety(jun, "미나")
    safety(sora, "미나")
    for shown, said in ((sora, "달라요."), (jun, "같아요. 아무도 끼어 있지 않아요.")):
        code = shown.page.get_by_role("img", name="QR code of the safety number with 미나").screenshot()
        mina.button("상대의 QR 스캔").click()
        with mina.page.expect_file_chooser() as chooser:
            mina.button("사진에서 읽기").click()
        chooser.value.set_files({"name": "code.png", "mimeType": "image/png", "buffer": code})
        expect(mina.page.get_by_role("alert")).to_contain_text(said)
    expect(mina.button("표시 지우기")).to_be_visible()


async def change_key(client: Client) -> None:
    """Somebody verified is shown under another key, as a directory would that lies."""
    (contact,) = client.contacts.all()
    await client.contacts.verify(contact.account)
    impostor = create_account(
        SqliteStore.testing_in_memory(),
        handle=parse_handle(contact.handle),
        relay=client.me.relay,
        today=int(time.time()) // 86_400,
    )
    with client._session.step() as step, suppress(PeerError):
        learn_card(step, ProvenCard.testing(impostor.card))
    await client.messages.send(contact.room, "정말 준이야?")


def test_what_is_sent_waits_once_a_verified_safety_number_has_changed(
    chromium: Browser, service: Service, seats: ExitStack, tmp_path: Path
) -> None:
    """Until the person says that they know."""
    made, other = make(service, tmp_path, "미나", "jun")
    with Elsewhere(made.profile) as client:
        client.do(change_key)
    mina, jun = (seat(chromium, service, seats, one) for one in (made, other))
    mina.chat("jun").click()
    expect(mina.page.get_by_text("상대의 아이디가 다른 계정으로 바뀌었어요.")).to_be_visible()
    expect(mina.composer).to_have_count(0)
    jun.enter("미나")
    jun.say("hello")
    mina.sees("hello")
    expect(jun.bubble("정말 준이야?")).to_have_count(0)
    mina.button("안전 번호 비교").click()
    expect(mina.page.get_by_text("그때까지는 쓸 수 없고,")).to_be_visible()
    panel = mina.page.get_by_role("region", name="안전 번호")
    panel.get_by_role("button", name="확인했어요, 계속 보내기", exact=True).click()
    jun.sees("정말 준이야?")
    expect(mina.button("안전 번호 비교")).to_have_count(0)
    mina.say("다행이다")
    jun.sees("다행이다")


def test_four_begin_a_group_with_a_timer(meet: Meet) -> None:
    """From the dialog, with names found by their first consonants; all are in, and all see the timer."""
    mina, jun, sora, theo = meet("미나", "jun", "소라", "theo")
    mina.button("새 채팅").click()
    mina.page.get_by_role("menuitem", name="그룹 만들기").click()
    dialog = mina.page.get_by_role("dialog", name="새 그룹")
    dialog.get_by_label("그룹 이름").fill("제주 여행")
    for typed, name in (("ㅅㄹ", "소라"), ("ju", "jun"), ("theo", "theo")):
        dialog.get_by_role("searchbox").fill(typed)
        expect(dialog.get_by_role("checkbox")).to_have_count(1)
        dialog.get_by_role("checkbox", name=name).check(force=True)
        expect(dialog.get_by_role("button", name=f"{name} 빼기")).to_be_visible()
    dialog.get_by_role("radio", name="1일").check(force=True)
    dialog.get_by_role("button", name="그룹 만들기").click()
    expect(mina.composer).to_be_visible()
    mina.say("모두 반가워요")
    for person in (jun, sora, theo):
        person.enter("제주 여행")
        timer = person.sees("모두 반가워요").page.get_by_role("main").locator(".timer").first
        expect(timer).to_have_attribute("title", re.compile("1 day|1일"))
        expect(person.page.get_by_role("main").get_by_role("button", name=re.compile("4명|4 members"))).to_be_visible()
