"""Every screen, panel and dialog of the page, one after the other: for what must hold on all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Locator, expect

from tests.browser.damaged import damaged_updates
from tests.browser.entering import PASSPHRASE, field, heading, press, set_passphrase, words_shown
from tests.browser.lively import TEXTS, Lively, sea
from tests.browser.person import Person
from tests.browser.ways_in import coming_back, signing_up

SETTLED: Final = """() => !document.querySelector(".spinner, .wait")
    && document.getAnimations().every((one) => one.playState !== "running" || one.effect.getTiming().iterations > 99)
    && [...document.images].every((one) => one.complete)"""
"""Loaded, and nothing moves any more."""
DRAWN: Final = "() => Promise.all([...document.images].map((one) => one.decode().catch(() => undefined)))"
"""Ready to be drawn: a picture that has come may still be empty on the screen."""
GO: Final = """(change) => {
    const home = { section: "chats", room: "", page: "", pageProps: {}, side: "", sideProps: {}, depth: 0 };
    const place = { ...home, ...change };
    dispatchEvent(new PopStateEvent("popstate", { state: { place } }));
}"""
"""A step of the browser that says itself where it leads."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person on the tour, and what there is to see."""

    person: Person
    there: Lively

    def word(self, korean: str, english: str) -> str:
        """In the language of the page."""
        return korean if self.there.lang == "ko" else english

    def go(self, **place: Any) -> Locator:  # noqa: ANN401 - as `places` has it
        """To a place, and wait for it; what is shown is the newest pane."""
        page = self.person.page
        expect(page.locator(".frame")).to_be_visible()
        page.evaluate(GO, place)
        return page.locator("body")

    def press(self, korean: str, english: str) -> None:
        """The first visible button whose name begins so."""
        name = re.compile("^" + re.escape(self.word(korean, english)))
        self.person.page.get_by_role("button", name=name).locator("visible=true").first.click()

    def item(self, korean: str, english: str) -> None:
        """Choose in the open menu."""
        self.person.page.get_by_role("menuitem", name=self.word(korean, english), exact=True).click()

    def talk(self, **beside: Any) -> None:  # noqa: ANN401 - as `places` has it
        """The group's conversation, at its end, perhaps with something beside it."""
        self.go(room=self.there.group, **beside)
        if not beside:
            shown = self.person.page.get_by_role("region", name=re.compile(re.escape(self.there.title)))
            expect(shown.locator("article[data-message]").first).to_be_attached()

    def sight(self, text: str) -> Locator:
        """A message of the group, in sight; before the list is settled it puts other elements in their place."""
        self.talk()
        self.person.page.locator(".viewport").press("End")
        self.settle()
        found = self.person.bubble(text).last
        found.scroll_into_view_if_needed()
        return found

    def message(self, text: str) -> None:
        """The menu of a message."""
        self.sight(text).locator(".stack").click(button="right")
        expect(self.person.page.get_by_role("menu")).to_be_visible()

    def choose_file(self, name: str, click: Callable[[], None]) -> None:
        """Choose a picture where the page asks for a file."""
        with self.person.page.expect_file_chooser() as chooser:
            click()
        chooser.value.set_files({"name": name, "mimeType": "image/jpeg", "buffer": sea(900, 600)})

    @property
    def edited(self) -> str:
        """A message of one's own."""
        return str(TEXTS[self.there.lang]["edit"][1])

    def settle(self) -> None:
        """Wait until everything is loaded and stands still."""
        _settled(self.person)

    def clear(self) -> None:
        """Close every dialog and menu."""
        dialogs = self.person.page.locator("dialog[open]")
        while count := dialogs.count():
            self.person.page.keyboard.press("Escape")
            expect(dialogs).to_have_count(count - 1)


Stop = Callable[[Visit], object]


def _then(*stops: Stop) -> Stop:
    def go(visit: Visit) -> None:
        for stop in stops:
            stop(visit)

    return go


def _adding(visit: Visit, korean: str, english: str) -> None:
    visit.go(section="Contacts")
    visit.press("친구 추가", "Add contact")
    dialog = visit.person.page.get_by_role("dialog")
    dialog.get_by_role("radio", name=visit.word(korean, english), exact=True).check(force=True)


def _my_code(visit: Visit) -> None:
    _adding(visit, "내 코드", "My code")
    visit.press("링크 만들어 복사하기", "Make and copy a link")
    expect(visit.person.page.get_by_role("img", name=visit.word("QR 코드", "QR code"))).to_be_visible()


def _privacy(visit: Visit) -> None:
    visit.go(page="Privacy")
    expect(visit.person.page.locator("article summary").first).to_be_visible()


def _update(visit: Visit, where: str = "") -> None:
    visit.go(page="Update")
    expect(visit.person.page.get_by_label(visit.word("로그 주소", "Address of the log"))).to_have_value(where)


def _update_damaged(visit: Visit) -> None:
    with damaged_updates(visit.person.profile) as where:
        _update(visit, where)


def _unfolded(visit: Visit) -> None:
    _privacy(visit)
    for summary in visit.person.page.locator("main summary").all():
        summary.click()


def _attached(visit: Visit) -> None:
    visit.talk()
    visit.press("첨부", "Attach")
    visit.choose_file(visit.word("바다.jpg", "sea.jpg"), lambda: visit.item("사진이나 파일", "Photo or file"))
    expect(visit.person.page.get_by_role("dialog").locator("img").first).to_be_visible()


def _poll(visit: Visit) -> None:
    visit.talk()
    visit.press("첨부", "Attach")
    visit.item("투표 만들기", "Create a poll")


def _new_group(visit: Visit) -> None:
    visit.go()
    visit.press("새 채팅", "New chat")
    visit.item("그룹 만들기", "New group")
    visit.person.page.get_by_role("dialog").get_by_role("checkbox").first.check(force=True)


def _switcher(visit: Visit) -> None:
    visit.go()
    visit.person.page.keyboard.press("Control+k")


def _found(visit: Visit) -> None:
    visit.go()
    visit.person.page.get_by_role("searchbox").first.fill(visit.word("제주", "jeju"))
    expect(visit.person.page.locator("[data-result]").first).to_be_visible()


def _found_here(visit: Visit) -> None:
    visit.talk(side="Search", sideProps={"room": visit.there.group})
    visit.person.page.locator("aside input").first.fill(visit.word("공항", "airport"))
    expect(visit.person.page.locator("aside mark").first).to_be_visible()


def _lightbox(visit: Visit) -> None:
    visit.talk(side="Gallery", sideProps={"room": visit.there.group})
    visit.person.page.locator("aside .grid button").first.click()
    expect(visit.person.page.locator("dialog img").first).to_be_visible()


def _album(visit: Visit) -> None:
    """Photos that came together."""
    visit.sight(str(TEXTS[visit.there.lang]["album"]))
    expect(visit.person.page.locator(".album img")).to_have_count(5)


def _replying(visit: Visit) -> None:
    visit.message(visit.edited)
    visit.item("답장", "Reply")
    visit.person.composer.fill(str(TEXTS[visit.there.lang]["draft"]))


def _selecting(visit: Visit) -> None:
    visit.person.composer.fill("")
    visit.person.composer.press("Escape")
    visit.message(visit.edited)
    visit.item("선택", "Select")


def _mention(visit: Visit) -> None:
    visit.person.page.reload()
    visit.talk()
    visit.person.composer.fill("")
    visit.person.composer.press_sequentially("@")
    expect(visit.person.page.get_by_role("listbox")).to_be_visible()


def _emoji(visit: Visit) -> None:
    visit.person.composer.fill("")
    visit.talk()
    visit.press("이모지", "Emoji")


def _cropping(visit: Visit) -> None:
    visit.go(page="MyProfile")
    visit.choose_file("face.jpg", lambda: visit.press("사진 바꾸기", "Change picture"))
    expect(visit.person.page.get_by_role("dialog")).to_be_visible()


def _words(visit: Visit) -> None:
    visit.go(page="Settings")
    visit.press("24개 단어", "24 words")
    dialog = visit.person.page.get_by_role("dialog")
    dialog.get_by_label(visit.word("암호", "Passphrase"), exact=True).fill(PASSPHRASE)
    visit.press("단어 보기", "Show the words")
    words_shown(visit.person)


def _backups(visit: Visit) -> None:
    """Backups to the server; planned on the first visit."""
    visit.go(page="Settings")
    server = re.compile("^" + visit.word("내 서버", "Your server"))
    add = visit.person.page.get_by_role("button", name=visit.word("백업할 곳 고르기", "Choose where to back up"))
    expect(add).to_be_visible()
    if not visit.person.page.get_by_role("button", name=server).count():
        visit.press("백업할 곳 고르기", "Choose where to back up")
        visit.person.page.get_by_role("radio", name=server).check()
        visit.press("백업 시작하기", "Start backups")
    good = visit.person.page.get_by_text(visit.word("마지막으로 잘된 백업", "Last good backup"))
    expect(good).to_be_visible(timeout=30_000)
    good.scroll_into_view_if_needed()


def _add_backup(visit: Visit) -> None:
    visit.go(page="Settings")
    visit.press("백업할 곳 고르기", "Choose where to back up")
    expect(visit.person.page.get_by_role("dialog").get_by_role("radio").first).to_be_visible()


def _block(visit: Visit) -> None:
    visit.go(page="Person", pageProps={"account": visit.there.friend})
    visit.press("차단하기", "Block")


def _beside(panel: str) -> Stop:
    """A panel beside the group's conversation."""
    return lambda visit: visit.talk(side=panel, sideProps={"room": visit.there.group})


def _page(name: str) -> Stop:
    return lambda visit: visit.go(page=name)


def _press(korean: str, english: str) -> Stop:
    return lambda visit: visit.press(korean, english)


INSIDE: Final[dict[str, Stop]] = {
    "chats": lambda visit: visit.go(),
    "conversation": lambda visit: visit.talk(),
    "direct": lambda visit: visit.go(room=visit.there.direct),
    "album": _album,
    "message-menu": lambda visit: visit.message(visit.edited),
    "replying": _replying,
    "selecting": _selecting,
    "mentioning": _mention,
    "emoji": _emoji,
    "forwarding": _then(lambda visit: visit.message(visit.edited), lambda visit: visit.item("전달", "Forward")),
    "attaching": _attached,
    "poll": _poll,
    "search": _found,
    "search-in-room": _found_here,
    "room-info": _beside("RoomInfo"),
    "room-info-direct": lambda visit: visit.go(
        room=visit.there.direct, side="RoomInfo", sideProps={"room": visit.there.direct}
    ),
    "gallery": _beside("Gallery"),
    "lightbox": _lightbox,
    "pins": _beside("Pins"),
    "room-links": _then(
        _beside("Links"), lambda visit: expect(visit.person.page.locator("aside .link").first).to_be_visible()
    ),
    "code": _then(_beside("Links"), _press("QR 보기", "Show QR")),
    "timer": _then(_beside("RoomInfo"), _press("사라지는 메시지", "Disappearing messages")),
    "rename": _then(_beside("RoomInfo"), _press("이름 바꾸기", "Rename")),
    "add-members": _then(_beside("RoomInfo"), _press("대화상대 초대", "Add members")),
    "safety": lambda visit: visit.go(room=visit.there.direct, side="Safety", sideProps={"account": visit.there.friend}),
    "contacts": lambda visit: visit.go(section="Contacts"),
    "person": lambda visit: visit.go(section="Contacts", page="Person", pageProps={"account": visit.there.friend}),
    "block": _block,
    "add-by-handle": lambda visit: _adding(visit, "아이디", "Handle"),
    "add-by-link": lambda visit: _adding(visit, "링크", "Link"),
    "scan": lambda visit: _adding(visit, "QR 스캔", "Scan QR"),
    "my-code": _my_code,
    "my-links": _page("Links"),
    "new-group": _new_group,
    "switcher": _switcher,
    "shortcuts": _then(_page("Settings"), _press("단축키", "Keyboard shortcuts")),
    "my-profile": _page("MyProfile"),
    "cropping": _cropping,
    "settings": _page("Settings"),
    "change-passphrase": _then(_page("Settings"), _press("암호 바꾸기", "Change passphrase")),
    "words-again": _words,
    "add-backup": _add_backup,
    "backups": _backups,
    "blocked": _page("Blocked"),
    "devices": _then(
        _page("Devices"), lambda visit: expect(visit.person.page.locator("[data-device]").first).to_be_visible()
    ),
    "link-device": _then(
        _page("Devices"),
        _press("다른 기기 연결하기", "Link another device"),
        lambda visit: expect(visit.person.page.locator(".digits")).to_be_visible(),
    ),
    "privacy": _privacy,
    "update": _update,
    "privacy-unfolded": _unfolded,
    "update-damaged": _update_damaged,
}
"""Name → how to get there."""


def inside(visit: Visit, names: Iterable[str] = INSIDE) -> Iterator[str]:
    """The stops of somebody who has been here a while; each is on the screen when its name comes."""
    for name in names:
        INSIDE[name](visit)
        visit.settle()
        yield name
        visit.clear()


def _settled(person: Person) -> None:
    person.page.wait_for_function(SETTLED)
    person.page.evaluate(DRAWN)


def entering(person: Person, handle: str, name: str) -> Iterator[str]:
    """From the first screen to the chat list that is empty, and to the lock; their app was told of no relay."""
    heading(person, "대화는 우리끼리만", "Your chats stay between you")
    _settled(person)
    yield "welcome"
    yield from coming_back(person, _settled)
    yield from signing_up(person, _settled)
    press(person, "뒤로", "Back")
    press(person, "24개 단어로 계정 되찾기", "Restore with 24 words")
    _settled(person)
    yield "passphrase"
    set_passphrase(person)
    heading(person, "24개 단어로 되찾기", "Restore with 24 words")
    _settled(person)
    yield "restore"
    press(person, "처음이에요", "I am new here")
    field(person, "아이디", "Handle").fill(handle)
    field(person, "프로필 이름 (선택)", "Display name (optional)").fill(name)
    expect(person.page.locator(".free")).to_be_visible()
    _settled(person)
    yield "account"
    press(person, "계정 만들기", "Create account")
    words_shown(person)
    _settled(person)
    yield "words"
    press(person, "적어 두었어요", "I wrote them down")
    _settled(person)
    yield "words-check"
    press(person, "나중에 할게요", "Later")
    expect(person.page.get_by_text("아직 채팅이 없어요" if person.lang == "ko" else "No chats yet")).to_be_visible()
    _settled(person)
    yield "nothing-yet"
    person.page.evaluate(GO, {"page": "Settings"})
    press(person, "지금 잠그기", "Lock now")
    heading(person, "잠겨 있어요", "Locked")
    _settled(person)
    yield "locked"
    other = person.page
    other.goto(other.url.partition("#")[0])
    other.evaluate("sessionStorage.clear()")
    other.reload()
    heading(person, "이 창은 앱과 연결되어 있지 않아요", "This window is not connected to the app")
    _settled(person)
    yield "refused"
