"""Journeys: from ``nulla app`` alone to the first message, and how much two people have to click and type for it."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from nullabona.processes.servers import RelayProcess
from tests.api.people import new_name
from tests.api.service import Service
from tests.browser.conftest import Meet
from tests.browser.entering import PASSPHRASE, heading, press, unlock
from tests.browser.entering import field as labelled
from tests.browser.person import Person
from tests.browser.test_links import CLIPBOARD, copied, my_link
from tests.cli.shell import nulla

pytestmark = pytest.mark.timeout(240)

MOST_CLICKS = 10
MOST_FIELDS = 6
MOST_STEPS_OF_ONE = 8
"""Of one who was invited by a link: nothing can go but one of two screens with a button each (first screen, words). The
rest is what an account is made of: link, handle, passphrase and their buttons, and then what one wants to say.
"""
THINK_S, POINT_S, PRESS_S, KEY_S = 1.35, 1.1, 0.2, 0.7
READING_S = 30.0
MINUTES = 3
"""A new person has written to a friend after so many."""


@dataclass
class Hand:
    """Does what a person does, and counts."""

    clicks: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    def click(self, where: Locator) -> None:
        self.clicks.append(where.inner_text() or where.get_attribute("aria-label") or "")
        where.click()

    def fill(self, where: Locator, text: str) -> None:
        self.fields.append(text)
        where.fill(text)

    def paste(self, where: Locator, text: str) -> None:
        """What came in another program: two keys, however long it is."""
        self.fields.append("^V")
        where.fill(text)

    def sends(self, where: Locator, text: str) -> None:
        """Write, and the key that sends it."""
        self.fill(where, text)
        self.fields[-1] += "\n"
        where.press("Enter")

    def opens_link(self) -> None:
        """In the program in which it came."""
        self.clicks.append("the link")

    @property
    def said(self) -> str:
        """How many of both."""
        return f"{len(self.clicks)} clicks, {len(self.fields)} fields"

    @property
    def steps(self) -> str:
        """What was done, in the words of the screen."""
        return f"clicks on {', '.join(self.clicks)}; typed {', '.join(repr(text) for text in self.fields)}"

    @property
    def takes_s(self) -> float:
        """What a person needs who types slowly, by the keystroke-level model of Card, Moran and Newell.

        For each click and field: think, point, press. For each letter: a key, at 17 words a minute; Hangul takes two
        to three. And half a minute of reading what no click or key shows.
        """
        done = len(self.clicks) + len(self.fields)
        letters = sum(len(unicodedata.normalize("NFD", text)) for text in self.fields)
        return READING_S + done * (THINK_S + POINT_S + PRESS_S) + letters * KEY_S


@dataclass
class Desk:
    """Where people arrive who know no relay."""

    chromium: Browser
    service: Service
    folder: Path
    stack: ExitStack

    def arrive(self, name: str, link: str = "") -> Person:
        """A name in Hangul makes the app Korean."""
        lang = "en" if name.isascii() else "ko"
        person = Person(
            self.chromium, self.service, self.folder / name, lang=lang, host="", link=link, permissions=CLIPBOARD
        )
        return self.stack.enter_context(person)


@contextmanager
def desk(chromium: Browser, service: Service, folder: Path) -> Iterator[Desk]:
    with ExitStack() as stack:
        yield Desk(chromium, service, folder, stack)


def sign_up(person: Person, hand: Hand, name: str) -> None:
    """On the screen for a new account; the words are put off."""
    korean = person.lang == "ko"
    heading(person, "아이디와 암호를 정해 주세요", "Choose a handle and a passphrase")
    hand.fill(labelled(person, "아이디", "Handle"), new_name(name))
    hand.fill(labelled(person, "암호", "Passphrase"), PASSPHRASE)
    hand.click(person.button("계정 만들기" if korean else "Create account"))
    heading(person, "24개 단어를 적어 두세요", "Write down these 24 words")
    hand.click(person.button("나중에 할게요" if korean else "Later"))


def invited(mina: Person, hand: Hand) -> str:
    """A link from the three things that an empty list offers."""
    hand.click(mina.page.get_by_role("button", name="내 코드와 초대 링크 보여 주기"))
    hand.click(mina.button("링크 만들어 복사하기"))
    expect(mina.page.get_by_text("링크를 복사했어요")).to_be_visible()
    return copied(mina)


def welcomed(jun: Person, hand: Hand) -> None:
    """Who followed a link to the first screen, up to the open conversation."""
    expect(jun.page.get_by_role("main")).to_contain_text("invited you")
    expect(jun.page.get_by_role("main")).to_contain_text("you can start chatting right away")
    hand.click(jun.button("Create an account"))
    sign_up(jun, hand, "jun")
    expect(jun.composer).to_be_visible()
    # With the chat there, nothing says any more that one has to wait for it.
    expect(jun.page.get_by_text("Connecting with")).to_have_count(0, timeout=2_000)


def test_two_people_who_know_an_address_talk_after_ten_clicks(
    chromium: Browser, service: Service, tmp_path: Path
) -> None:
    """One types the address of a server, the other opens the link of the first: nothing is pasted or typed twice."""
    hand = Hand()
    with desk(chromium, service, tmp_path) as at:
        began = time.monotonic()
        mina = at.arrive("미나")
        hand.click(mina.button("새로 시작하기"))
        hand.fill(labelled(mina, "서버 주소나 초대 링크", ""), service.host)
        hand.click(mina.button("계속"))
        sign_up(mina, hand, "미나")
        link = invited(mina, hand)
        hand.opens_link()
        jun = at.arrive("jun", link=link)
        welcomed(jun, hand)
        hand.fill(jun.composer, "I am here")
        jun.composer.press("Enter")
        expect(mina.page.locator("button[data-room]")).to_contain_text("I am here")
        took_s = time.monotonic() - began
    sys.stdout.write(
        f"\ntwo people, from the start to the first message received: {hand.said}; "
        f"the app takes {took_s:.0f} s, people {hand.takes_s:.0f} s\n"
    )
    assert took_s + hand.takes_s <= 60 * MINUTES
    assert len(hand.clicks) <= MOST_CLICKS
    assert len(hand.fields) <= MOST_FIELDS


@pytest.mark.parametrize("name", ["jun", "준호"])
def test_a_new_person_has_written_to_a_friend_within_three_minutes(
    chromium: Browser, service: Service, strangers: Meet, tmp_path: Path, name: str
) -> None:
    """From the first screen, with the link that a friend sent, to the message that the friend has answered."""
    hand = Hand()
    (mina,) = strangers("미나", permissions=CLIPBOARD)
    link = invited(mina, Hand())
    mina.page.keyboard.press("Escape")
    with desk(chromium, service, tmp_path) as at:
        began = time.monotonic()
        new = at.arrive(name)
        korean = new.lang == "ko"
        hand.click(new.button("새로 시작하기" if korean else "Create an account"))
        hand.paste(labelled(new, "서버 주소나 초대 링크", "Server address or invite link"), link)
        hand.click(new.button("계속" if korean else "Continue"))
        sign_up(new, hand, name)
        expect(new.composer).to_be_visible()
        words, answer = ("저 왔어요, 잘 보여요?", "잘 보여요") if korean else ("I am here, can you read this?", "I can")
        hand.sends(new.composer, words)
        mina.chat("").first.click()
        mina.sees(words)
        mina.say(answer)
        new.sees(answer)
        took_s = time.monotonic() - began
    sys.stdout.write(f"\n{new.lang}: a new person and a friend, up to the friend's answer: {hand.said}, {hand.steps}; ")
    sys.stdout.write(f"the app takes {took_s:.0f} s, the person {hand.takes_s:.0f} s\n")
    assert len(hand.clicks) + len(hand.fields) <= MOST_STEPS_OF_ONE
    assert took_s + hand.takes_s <= 60 * MINUTES


def test_two_people_try_it_on_one_computer(chromium: Browser, service: Service, tmp_path: Path) -> None:
    """With a server that runs there, of which is said who reaches it; the next start has it again."""
    hand = Hand()
    with desk(chromium, service, tmp_path) as at:
        mina = at.arrive("미나")
        hand.click(mina.button("새로 시작하기"))
        heading(mina, "어느 서버를 쓸까요?", "")
        expect(mina.page.get_by_role("main")).to_contain_text("이 컴퓨터에서만 연결할 수 있어서")
        hand.click(mina.button("이 컴퓨터에서 시험해 보기"))
        sign_up(mina, hand, "미나")
        link = invited(mina, hand)
        hand.opens_link()
        jun = at.arrive("jun", link=link)
        welcomed(jun, hand)
        hand.fill(jun.composer, "from the next window")
        jun.composer.press("Enter")
        expect(mina.page.locator("button[data-room]")).to_contain_text("from the next window")
        sys.stdout.write(f"\ntwo people on one computer: {hand.said}\n")
        assert len(hand.clicks) <= MOST_CLICKS
        assert len(hand.fields) <= MOST_FIELDS
        mina.stop()
        expect(jun.page.get_by_text("Not connected")).to_be_visible()
        mina.start()
        unlock(mina)
        jun.say("are you back?")
        expect(mina.page.locator("button[data-room]")).to_contain_text("are you back?")


def test_a_server_that_does_not_answer_is_told_and_another_can_be_chosen(
    chromium: Browser, service: Service, tmp_path: Path
) -> None:
    """An invite link is as good as an address, and said to be what it is; the server can be changed afterwards."""
    with desk(chromium, service, tmp_path) as at:
        jun = at.arrive("jun")
        press(jun, "", "Create an account")
        server = labelled(jun, "", "Server address or invite link")
        server.fill("a server")
        press(jun, "", "Continue")
        expect(jun.page.get_by_role("alert")).to_contain_text("This is not a server's address or an invite link")
        server.fill("127.0.0.1:1")
        press(jun, "", "Continue")
        expect(jun.page.get_by_role("alert")).to_have_text(
            "This server cannot be reached. Check the address and your internet connection."
        )
        server.fill(f"nullabona:contact/mina@{service.host}#{'a' * 16}")
        press(jun, "", "Continue")
        expect(jun.page.get_by_role("main")).to_contain_text("mina invited you")
        expect(jun.page.get_by_role("main")).to_contain_text(f"Server: {service.host}")
        wish = new_name("jun")
        labelled(jun, "", "Handle").fill(wish)
        expect(jun.page.get_by_text(f"{wish} is free.", exact=True)).to_be_visible()
        press(jun, "", "Change")
        heading(jun, "", "Which server do you want to use?")
        press(jun, "", "Back")
        heading(jun, "", "Choose a handle and a passphrase")


def test_a_link_opens_in_the_app_that_runs(strangers: Meet) -> None:
    """On the page that the second start opens; while the app is locked it waits for the passphrase."""
    mina, jun = strangers("미나", "jun", permissions=CLIPBOARD)
    link, _ = my_link(mina)
    page = jun.open(jun.open_link(link))
    dialog = page.get_by_role("dialog", name="Add contact")
    expect(dialog).to_contain_text("This invite link starts a chat with 미나")
    page.reload()
    expect(page.get_by_text("No chats yet")).to_be_visible()
    expect(dialog).to_have_count(0)
    again = jun.open(jun.open_link(link))
    again.get_by_role("dialog").get_by_role("button", name="Start chatting").click()
    expect(again.locator(".composer textarea")).to_be_visible()


def test_a_server_that_wants_a_token_gets_it_on_the_same_screen(
    chromium: Browser, service: Service, tmp_path: Path
) -> None:
    """The field comes once the server said so; what was typed stays, and the invite link is not lost."""
    key = tmp_path / "token.key"
    (tmp_path / "token.pub").write_text(nulla("log", "keygen", "relay.example/tokens", str(key), "--no-pq").out)
    gate = ("--registration", "token", "--registration-keys", str(tmp_path / "token.pub"))
    with RelayProcess(tmp_path / "gated", *gate) as relay, desk(chromium, service, tmp_path) as at:
        text = nulla("relay", "token", str(key), "--host", relay.authority).out.strip()
        mina = at.arrive("미나", link=f"nullabona:contact/jun@{relay.authority}#{'a' * 16}")
        press(mina, "새로 시작하기", "")
        labelled(mina, "아이디", "").fill(new_name("미나"))
        labelled(mina, "암호", "").fill(PASSPHRASE)
        token = labelled(mina, "가입 토큰", "")
        expect(token).to_have_count(0)
        press(mina, "계정 만들기", "")
        expect(mina.page.get_by_role("alert")).to_contain_text("이 서버는 가입할 때 토큰이 필요해요.")
        expect(mina.page.get_by_role("main")).to_contain_text("jun 님의 초대를 받았어요")
        token.fill(text)
        press(mina, "계정 만들기", "")
        heading(mina, "24개 단어를 적어 두세요", "")
