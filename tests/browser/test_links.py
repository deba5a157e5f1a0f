"""Journeys: invite links and codes, to a person and into a group."""

from __future__ import annotations

import io
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from tests.api.service import Service
from tests.browser.conftest import Meet, seat
from tests.browser.entering import adding, section
from tests.browser.person import Person
from tests.browser.setting import make

pytestmark = pytest.mark.timeout(240)

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def copied(person: Person) -> str:
    """What is on the clipboard."""
    return str(person.page.evaluate("navigator.clipboard.readText()"))


def my_link(person: Person, korean: str = "하루", english: str = "1 day") -> tuple[str, Locator]:
    """Make a link to oneself that works so long, which copies it; the dialog stays open."""
    dialog = adding(person, "내 코드", "My code")
    dialog.get_by_role("radio", name=korean if person.lang == "ko" else english, exact=True).check(force=True)
    dialog.get_by_role("button", name="링크 만들어 복사하기" if person.lang == "ko" else "Make and copy a link").click()
    expect(person.page.get_by_text("링크를 복사했어요" if person.lang == "ko" else "Link copied")).to_be_visible()
    return copied(person), dialog


def paste(person: Person, link: str) -> Locator:
    """Put a link into the dialog that adds somebody."""
    dialog = adding(person, "링크", "Link")
    dialog.get_by_label("초대 링크" if person.lang == "ko" else "Invite link").fill(link)
    return dialog


def test_a_link_copied_here_and_pasted_there_opens_a_conversation_at_once(strangers: Meet) -> None:
    """One that works for a day: nobody has to accept. Read before anything is sent; once used up it is no use."""
    mina, jun = strangers("미나", "jun", permissions=CLIPBOARD)
    link, shown = my_link(mina)
    expect(shown.get_by_role("img", name="QR 코드")).to_be_visible()
    expect(shown).to_contain_text("#contact/미나")
    dialog = paste(jun, link)
    expect(dialog).to_contain_text("This invite link starts a chat with 미나")
    dialog.get_by_role("button", name="Start chatting").click()
    expect(dialog).to_have_count(0)
    section(jun, "", "Chats")
    jun.page.locator("button[data-room]").click()
    jun.say("your link worked")
    expect(shown).to_contain_text("링크를 받은 사람이 들어왔어요. 이 링크는 이제 쓸 수 없어요.")
    shown.get_by_role("button", name="닫기").click()
    section(mina, "채팅", "")
    mina.page.locator("button[data-room]").click()
    mina.sees("your link worked")


def test_a_lasting_link_asks_first(strangers: Meet) -> None:
    mina, jun = strangers("미나", "jun", permissions=CLIPBOARD)
    link, _ = my_link(mina, "기한 없음")
    dialog = paste(jun, link)
    dialog.get_by_label("Greeting").fill("I have your card")
    dialog.get_by_role("button", name="Start chatting").click()
    mina.page.keyboard.press("Escape")
    request = mina.page.get_by_role("article")
    expect(request).to_contain_text("I have your card")
    request.get_by_role("button", name="수락").click()
    section(jun, "", "Chats")
    expect(jun.page.locator("button[data-room]")).to_be_visible()


def test_links_that_lead_nowhere_are_explained(meet: Meet) -> None:
    """One's own, that of somebody known, a text that is none, and one with a handle that is not its maker's."""
    mina, jun, sora = meet("미나", "jun", "sora", permissions=CLIPBOARD)
    own, _ = my_link(mina)
    mina.page.keyboard.press("Escape")
    theirs, _ = my_link(sora, english="No time limit")
    dialog = paste(mina, own)
    expect(dialog).to_contain_text("내가 만든 초대 링크예요.")
    field = dialog.get_by_label("초대 링크")
    field.fill("https://example.org/not-a-link")
    expect(dialog).to_contain_text("초대 링크가 아니에요.")
    field.fill(theirs)
    expect(dialog.get_by_role("button", name="채팅방 열기")).to_be_visible()
    field.fill(theirs.replace(handle(sora), handle(jun)))
    expect(dialog).to_contain_text("아이디는 같지만 다른 계정이에요.")
    expect(dialog.get_by_role("button", name="대화 시작하기")).to_have_count(0)


def test_a_link_that_names_another_account_sends_nothing(strangers: Meet) -> None:
    """Found out when the directory shows who has that handle."""
    mina, jun, sora = strangers("미나", "jun", "sora", permissions=CLIPBOARD)
    link, _ = my_link(sora, english="No time limit")
    dialog = paste(mina, link.replace(handle(sora), handle(jun)))
    dialog.get_by_role("button", name="대화 시작하기").click()
    expect(dialog.get_by_role("alert")).to_contain_text("링크를 만든 사람과 다른 계정이에요. 아무것도 보내지 않았어요.")
    expect(jun.page.get_by_text("1 contact request")).to_have_count(0)


def handle(person: Person) -> str:
    """As the main menu shows it."""
    return str(person.page.locator("nav .me").get_attribute("title"))


def group_link(person: Person, room: str) -> str:
    """Make a link into a group that one is admin of."""
    person.enter(room)
    person.button("채팅방 정보").click()
    person.page.get_by_role("complementary").get_by_role("button", name="초대 링크").click()
    person.page.get_by_role("complementary").get_by_role("radio", name="1시간").check(force=True)
    person.page.get_by_role("complementary").get_by_role("radio", name="여러 명").check(force=True)
    person.button("링크 만들어 복사하기").click()
    expect(person.page.get_by_text("링크를 복사했어요")).to_be_visible()
    return copied(person)


def test_a_link_leads_into_a_group_until_it_is_taken_back(meet: Meet) -> None:
    """The one who follows it is in, and all are told; a link that was taken back lets nobody in."""
    mina, jun, sora = meet("미나", "jun", "sora", permissions=CLIPBOARD)
    mina.button("새 채팅").click()
    mina.page.get_by_role("menuitem", name="그룹 만들기").click()
    mina.page.get_by_role("dialog").get_by_label("그룹 이름").fill("독서 모임")
    mina.page.get_by_role("dialog").get_by_role("button", name="그룹 만들기").click()
    link = group_link(mina, "독서 모임")
    dialog = paste(jun, link)
    expect(dialog).to_contain_text("미나 invites you to")
    dialog.get_by_role("button", name="Join the group").click()
    section(jun, "", "Chats")
    jun.enter("독서 모임")
    expect(jun.page.get_by_text("You joined with 미나’s invite link").last).to_be_visible()
    expect(mina.page.get_by_text("jun 님이 초대 링크로 들어왔어요").last).to_be_visible()
    expect(mina.page.get_by_role("main").get_by_text("2명", exact=True)).to_be_visible()
    shown = mina.page.get_by_role("complementary").get_by_role("img", name="QR 코드")
    expect(shown).to_be_visible()
    mina.button("링크 삭제").click()
    mina.page.get_by_role("dialog").get_by_role("button", name="링크 삭제").click()
    expect(mina.page.get_by_text("쓸 수 있는 초대 링크가 없어요.")).to_be_visible()
    expect(mina.page.get_by_text("이 링크는 이제 쓸 수 없어요.", exact=True)).to_be_visible()
    expect(shown).to_have_count(0)
    dialog = paste(sora, link)
    dialog.get_by_role("button", name="Join the group").click()
    expect(dialog).to_have_count(0)
    section(sora, "", "Chats")
    request = sora.page.locator("[data-join-request]")
    expect(request).to_contain_text("This invite link no longer works. Ask for a new one.")
    request.get_by_role("button", name="Remove").click()
    expect(request).to_have_count(0)
    sora.enter("미나")
    sora.say("I used your link")
    mina.enter("jun")
    mina.enter("sora")
    mina.sees("I used your link")
    mina.enter("독서 모임")
    expect(mina.page.get_by_role("main").get_by_text("2명", exact=True)).to_be_visible()
    expect(sora.chat("독서 모임")).to_have_count(0)


def test_a_join_request_without_answer_is_told_asked_again_and_withdrawn(meet: Meet) -> None:
    """The admin's app is off: said so after a while. When it is on, who asked again is in; who withdrew is asked."""
    mina, jun, sora = meet("미나", "jun", "소라", group="등산", permissions=CLIPBOARD)
    mina.button("새 채팅").click()
    mina.page.get_by_role("menuitem", name="그룹 만들기").click()
    mina.page.get_by_role("dialog").get_by_label("그룹 이름").fill("독서 모임")
    mina.page.get_by_role("dialog").get_by_role("button", name="그룹 만들기").click()
    link = group_link(mina, "독서 모임")
    mina.stop()
    for person, join in ((jun, "Join the group"), (sora, "그룹에 들어가기")):
        paste(person, link).get_by_role("button", name=join).click()
        section(person, "채팅" if person.lang == "ko" else "", "Chats" if person.lang == "en" else "")
    requests = [person.page.locator("[data-join-request]") for person in (jun, sora)]
    expect(requests[0]).to_contain_text("No answer for 2 seconds. Their app may be off")
    expect(requests[1]).to_contain_text("2초 동안 답이 없어요.")
    requests[0].get_by_role("button", name="Ask again").click()
    requests[1].get_by_role("button", name="요청 취소").click()
    expect(requests[1]).to_have_count(0)
    mina.start()
    mina.page.goto(mina.launch())
    expect(jun.chat("독서 모임")).to_be_visible()
    expect(requests[0]).to_have_count(0)
    expect(sora.button("친구 요청 1개 새로운 친구 요청이 있어요")).to_be_visible()
    expect(sora.chat("독서 모임")).to_have_count(0)


def test_a_code_is_read_with_the_camera(
    strangers: Meet, chromium: Browser, service: Service, tmp_path: Path, seats: ExitStack
) -> None:
    """Shown on one screen, filmed at another; what was read is a link like a pasted one."""
    (mina,) = strangers("미나", permissions=CLIPBOARD)
    _, shown = my_link(mina)
    film = tmp_path / "code.mjpeg"
    film.write_bytes(filmed(shown.get_by_role("img", name="QR 코드").screenshot()) * 3)
    (made,) = make(service, tmp_path, "theo")
    theo = seat(chromium, service, seats, made, flags=(f"--use-file-for-fake-video-capture={film}",))
    dialog = adding(theo, "", "Scan QR")
    expect(dialog).to_contain_text("This invite link starts a chat with 미나")
    dialog.get_by_role("button", name="Start chatting").click()
    section(theo, "", "Chats")
    theo.page.locator("button[data-room]").click()
    theo.say("I saw your code")
    shown.get_by_role("button", name="닫기").click()
    section(mina, "채팅", "")
    mina.page.locator("button[data-room]").click()
    mina.sees("I saw your code")


def filmed(code: bytes) -> bytes:
    """A frame of a film that shows the code in the middle."""
    frame = Image.new("RGB", (640, 480), "white")
    picture = Image.open(io.BytesIO(code)).convert("RGB").resize((400, 400))
    frame.paste(picture, (120, 40))
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=95)
    return out.getvalue()
