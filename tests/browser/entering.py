"""The way in, step by step, in the language of the person: from the first screen to the chat list, and the lock."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator, expect

from tests.browser.person import Person

PASSPHRASE: Final = "네 단어를 이어 쓴 암호"
_KEPT: Final = """
    const turned = (text) => [...text].reverse().join("");
    const read = (what) => JSON.parse(sessionStorage.getItem(what) ?? "[]").map(turned);
"""
NOTES: Final = f"""() => {{
    {_KEPT}
    const write = (what, note) => sessionStorage.setItem(what, JSON.stringify([...read(what), note].map(turned)));
    globalThis.notes = read;
    globalThis.Notification = class {{
        static permission = "granted";
        constructor(title, options) {{ write("shown", (this.note = `${{title}}: ${{options.body}}`)); }}
        close() {{ write("taken", this.note); }}
    }};
}}"""
"""Desktop notifications that are only written down, also for the page that comes after this one; backwards, as the
browser's folder is searched for what they say."""
SHOWN: Final = f"() => {{ {_KEPT} return read('shown'); }}"
TAKEN: Final = f"() => {{ {_KEPT} return read('taken'); }}"


def field(person: Person, korean: str, english: str) -> Locator:
    """The field of this label."""
    return person.page.get_by_label(korean if person.lang == "ko" else english, exact=True)


def press(person: Person, korean: str, english: str) -> None:
    """Press a button."""
    person.button(korean if person.lang == "ko" else english).click()


def heading(person: Person, korean: str, english: str) -> None:
    """Wait until the screen of this title is shown."""
    expect(
        person.page.get_by_role("heading", name=korean if person.lang == "ko" else english, exact=True)
    ).to_be_visible()


def set_passphrase(person: Person, passphrase: str = PASSPHRASE) -> None:
    """On the screen that asks for one alone."""
    heading(person, "이 기기를 잠글 암호", "A passphrase for this device")
    field(person, "암호", "Passphrase").fill(passphrase)
    press(person, "암호 정하기", "Set passphrase")


def begin(person: Person, passphrase: str = PASSPHRASE) -> None:
    """To the screen for a new account, with the passphrase filled in."""
    press(person, "새로 시작하기", "Create an account")
    heading(person, "아이디와 암호를 정해 주세요", "Choose a handle and a passphrase")
    field(person, "암호", "Passphrase").fill(passphrase)


def words_shown(person: Person) -> list[str]:
    """The 24 words on the screen."""
    shown = person.page.get_by_role("list", name="24개 단어" if person.lang == "ko" else "The 24 words").locator(
        ".word"
    )
    expect(shown).to_have_count(24)
    return shown.all_inner_texts()


def answer(person: Person, words: list[str]) -> None:
    """Type the words that are asked for."""
    asked = person.page.get_by_label(re.compile(r"^(?:\d+번째 단어|Word \d+)$"))
    expect(asked).to_have_count(3)
    for label in person.page.locator("label").filter(has_text=re.compile(r"번째 단어|^Word ")).all_inner_texts():
        (place,) = re.findall(r"\d+", label)
        person.page.get_by_label(label, exact=True).fill(words[int(place) - 1])
    press(person, "확인하기", "Check")


def unlock(person: Person, passphrase: str = PASSPHRASE) -> None:
    """On the locked screen."""
    heading(person, "잠겨 있어요", "Locked")
    field(person, "암호", "Passphrase").fill(passphrase)
    press(person, "열기", "Unlock")


def settings(person: Person) -> None:
    """Open the page of settings."""
    section(person, "설정", "Settings")
    heading(person, "설정", "Settings")


def section(person: Person, korean: str, english: str) -> None:
    """Choose in the main menu."""
    name = korean if person.lang == "ko" else english
    person.page.get_by_role("navigation").get_by_title(name, exact=True).click()


def adding(person: Person, korean: str = "아이디", english: str = "Handle") -> Locator:
    """The dialog that adds somebody, on one of its pages."""
    section(person, "친구", "Contacts")
    title = "친구 추가" if person.lang == "ko" else "Add contact"
    person.button(title).first.click()
    dialog = person.page.get_by_role("dialog", name=title)
    dialog.get_by_role("radio", name=korean if person.lang == "ko" else english, exact=True).check(force=True)
    return dialog


def ask(person: Person, handle: str, greeting: str = "") -> None:
    """Ask somebody to talk, by handle."""
    dialog = adding(person)
    korean = person.lang == "ko"
    dialog.get_by_label("상대의 아이디" if korean else "Their handle").fill(handle)
    dialog.get_by_label("인사말" if korean else "Greeting").fill(greeting)
    dialog.get_by_role("button", name="친구 요청 보내기" if korean else "Send request").click()
    expect(dialog).to_have_count(0)
    section(person, "채팅", "Chats")
