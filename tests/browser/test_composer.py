"""Journeys: writing. Drafts, lines, input methods, pasting, the emoji picker, typing signals."""

from __future__ import annotations

import pytest
from playwright.sync_api import CDPSession, expect

from tests.browser.conftest import Meet
from tests.browser.person import Person

PASTE = """async (field) => {
  const canvas = new OffscreenCanvas(64, 48);
  canvas.getContext("2d").fillRect(0, 0, 64, 48);
  const blob = await canvas.convertToBlob({ type: "image/png" });
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([blob], "pasted.png", { type: "image/png" }));
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


PASTE_FROM_OFFICE = """(field) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", "김밥\\t4,000");
  clipboardData.setData("text/rtf", "{\\\\rtf1 4,000}");
  clipboardData.items.add(new File([new Uint8Array(8)], "image.png", { type: "image/png" }));
  const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  field.dispatchEvent(paste);
  return paste.defaultPrevented;
}"""


@pytest.fixture(scope="module")
def couple(gather: Meet) -> list[Person]:
    """Two friends with a direct room and a group."""
    return gather("미나", "jun", group="가족")


@pytest.fixture
def mina(couple: list[Person]) -> Person:
    """In the direct room."""
    return couple[0].at_end_of("jun")


@pytest.fixture
def jun(couple: list[Person]) -> Person:
    """In the direct room."""
    return couple[1].at_end_of("미나")


def keyboard(person: Person) -> CDPSession:
    """Their keyboard below the level of keys, where input methods are."""
    person.composer.fill("")
    person.composer.focus()
    return person.context.new_cdp_session(person.page)


def compose(keys: CDPSession, *steps: str) -> None:
    """An input method shows what would be written so far."""
    for text in steps:
        keys.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})


def enter(keys: CDPSession, commits: str) -> None:
    """Enter goes to the input method first, as key 229, and ends the composition."""
    key = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    keys.send("Input.insertText", {"text": commits})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})


def test_one_enter_ends_a_hangul_syllable_and_sends_it_whole_and_once(mina: Person, jun: Person) -> None:
    keys = keyboard(mina)
    keys.send("Input.insertText", {"text": "점심 같이 먹"})
    compose(keys, "ㅈ", "자")
    enter(keys, "자")
    expect(jun.sees("점심 같이 먹자")).to_be_visible()
    expect(mina.composer).to_have_value("")
    mina.say("좋지?")
    jun.sees("좋지?")
    for person in (mina, jun):
        expect(person.bubble("점심 같이 먹")).to_have_count(1)


def test_the_enter_that_ends_a_syllable_takes_the_person_who_is_offered(jun: Person) -> None:
    """A Hangul name after an @ is still being composed at its last syllable; nobody leaves the list for that."""
    jun.enter("가족")
    keys = keyboard(jun)
    offered = jun.page.get_by_role("listbox", name="Mention").get_by_role("option", name="미나")
    keys.send("Input.insertText", {"text": "@"})
    for part in ("ㅁ", "미", "민"):
        compose(keys, part)
        expect(offered).to_be_visible()
    keys.send("Input.insertText", {"text": "미"})
    compose(keys, "나")
    expect(offered).to_be_visible()
    enter(keys, "나")
    expect(jun.composer).to_have_value("@미나 ")
    jun.composer.press_sequentially("왔어?", delay=40)  # no echo of the Enter before
    jun.composer.press("Enter")
    expect(jun.sees("@미나 왔어?").locator("button.mention")).to_have_text("@미나")
    expect(jun.bubble("@미나")).to_have_count(1)


def test_enter_picks_a_japanese_candidate_and_sends_nothing(mina: Person, jun: Person) -> None:
    keys = keyboard(mina)
    compose(keys, "に", "にほ", "にほんご", "日本語")
    enter(keys, "日本語")
    expect(mina.composer).to_have_value("日本語")
    expect(mina.bubble("日本語")).to_have_count(0)
    mina.composer.press("Enter")
    jun.sees("日本語")


def test_shift_enter_begins_a_line(mina: Person, jun: Person) -> None:
    mina.composer.press_sequentially("우유")
    mina.composer.press("Shift+Enter")
    mina.composer.press_sequentially("계란")
    mina.composer.press("Enter")
    expect(jun.sees("우유").locator(".text")).to_have_text("우유\n계란", use_inner_text=True)


def test_a_pasted_picture_is_shown_before_it_goes(mina: Person, jun: Person) -> None:
    mina.composer.evaluate(PASTE)
    dialog = mina.page.get_by_role("dialog", name="사진 보내기")
    expect(dialog.get_by_role("img", name="pasted.png")).to_be_visible()
    dialog.get_by_label("메시지 추가").fill("화면을 봐 봐")
    dialog.get_by_role("button", name="보내기", exact=True).click()
    expect(jun.sees("화면을 봐 봐").get_by_role("img", name="Photo by 미나")).to_be_visible()


def test_an_emoji_is_found_by_a_korean_word(mina: Person, jun: Person) -> None:
    mina.composer.fill("")
    mina.button("이모지").click()
    mina.page.get_by_label("이모지 검색").fill("호랑이")
    mina.button("호랑이").click()
    expect(mina.composer).to_have_value("🐅")
    mina.composer.press("Enter")
    expect(jun.sees("🐅").locator(".text.big")).to_be_visible()


def test_a_draft_stays_through_other_rooms_reloading_and_a_restart(mina: Person) -> None:
    mina.enter("가족")
    mina.composer.fill("엄마한테 물어보고")
    mina.enter("jun")
    expect(mina.chat("가족")).to_contain_text("엄마한테 물어보고")
    mina.enter("가족")
    expect(mina.composer).to_have_value("엄마한테 물어보고")
    mina.page.reload()
    expect(mina.composer).to_have_value("엄마한테 물어보고")
    mina.stop()
    mina.start()
    mina.page.close()
    mina.page = mina.open()
    expect(mina.chat("가족")).to_contain_text("작성 중")
    mina.enter("가족")
    expect(mina.composer).to_have_value("엄마한테 물어보고")
    mina.composer.fill("")
    mina.enter("jun")
    expect(mina.chat("가족")).not_to_contain_text("작성 중")


def test_what_a_draft_answers_is_kept_with_it(mina: Person, jun: Person) -> None:
    """Also if the answer was chosen after the words were written; and it is forgotten with a change of mind."""
    jun.say("몇 시에 볼까?")
    mina.sees("몇 시에 볼까?")
    mina.composer.fill("여섯 시")
    mina.menu("몇 시에 볼까?", "답장")
    quote = mina.page.locator(".composer").get_by_text("몇 시에 볼까?")
    expect(quote).to_be_visible()
    mina.enter("가족")
    mina.enter("jun")
    expect(mina.composer).to_have_value("여섯 시")
    expect(quote).to_be_visible()
    mina.button("답장 취소").click()
    mina.enter("가족")
    mina.enter("jun")
    expect(mina.composer).to_have_value("여섯 시")
    expect(quote).to_have_count(0)
    mina.composer.fill("")


def test_words_from_an_office_program_are_pasted_as_words(mina: Person) -> None:
    """The picture of them that comes along is not what is meant."""
    assert not mina.composer.evaluate(PASTE_FROM_OFFICE)
    expect(mina.page.get_by_role("dialog")).to_have_count(0)


def test_typing_is_shown_only_if_both_want_it(meet: Meet) -> None:
    mina, jun = meet("미나", "jun")
    for person, settings, switch in ((mina, "설정", "입력 중 표시"), (jun, "Settings", "Typing indicators")):
        person.button(settings).click()
        person.page.get_by_role("switch", name=switch).check()
    mina.enter("jun")
    jun.enter("미나")
    note = jun.page.get_by_text("미나 is typing")
    mina.composer.press_sequentially("음")
    expect(note).to_be_visible()
    mina.composer.press("Enter")
    jun.sees("음")
    expect(note).to_have_count(0)
    mina.button("설정").click()
    mina.page.get_by_role("switch", name="입력 중 표시").uncheck()
    mina.enter("jun")
    mina.composer.press_sequentially("비밀이야")
    mina.composer.press("Enter")
    jun.sees("비밀이야")
    expect(note).to_have_count(0)


def test_a_long_message_is_shown_in_part_until_asked_for(mina: Person, jun: Person) -> None:
    mina.say("\n".join(f"규칙 {number}" for number in range(1, 61)))
    long = jun.sees("규칙 1")
    expect(long).not_to_contain_text("규칙 60")
    long.get_by_role("button", name="Show all").click()
    expect(long).to_contain_text("규칙 60")


def test_what_is_too_long_is_counted_and_stays_in_the_field(mina: Person, jun: Person) -> None:
    mina.composer.fill("가" * 100_001)
    expect(mina.page.get_by_text("1자를 줄여야 보낼 수 있어요")).to_be_visible()
    mina.composer.press("Enter")
    expect(mina.composer).to_have_value("가" * 100_001)
    mina.say("짧게 말할게")
    jun.sees("짧게 말할게")
    expect(mina.bubble("가가가가")).to_have_count(0)


def test_escape_ends_an_edit_and_gives_back_what_was_being_written(mina: Person) -> None:
    mina.say("일곱 시에 봐")
    mina.sent("일곱 시에 봐")
    mina.composer.press_sequentially("그리고")
    mina.menu("일곱 시에 봐", "수정")
    expect(mina.composer).to_have_value("일곱 시에 봐")
    mina.composer.press("Escape")
    expect(mina.composer).to_have_value("그리고")
    mina.composer.fill("")
