"""Journeys: tabs that were opened by an address, duplicated, or left over from before a restart of the app."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.api.service import Service
from tests.browser.conftest import Meet, seat
from tests.browser.entering import PASSPHRASE, heading, unlock
from tests.browser.person import Person
from tests.browser.setting import make, protect

ROOT = "new URL('/', location.href).href"


def address(person: Person) -> str:
    """What stands in the address bar."""
    return str(person.page.evaluate(ROOT))


def rows(page: Page) -> list[str]:
    """The titles of the chats, once there are any."""
    shown = page.locator("button[data-room] .title")
    expect(shown.first).to_be_visible()
    return shown.all_inner_texts()


def test_a_tab_that_was_opened_by_its_address_is_let_in_by_another(meet: Meet) -> None:
    """As a bookmark or a copied address does; nobody presses anything."""
    mina, _ = meet("미나", "jun")
    assert rows(mina.open(address(mina))) == rows(mina.page)
    expect(mina.page.locator("button[data-room]").first).to_be_visible()


def test_a_duplicated_tab_gets_a_token_of_its_own(meet: Meet) -> None:
    """Both go on; the history of one leads the other nowhere."""
    mina, _ = meet("미나", "jun")
    token = "sessionStorage.getItem('nulla-token')"
    shared = mina.page.evaluate(token)
    other = mina.context.new_page()
    other.add_init_script(f"sessionStorage.getItem('nulla-token') ?? sessionStorage.setItem('nulla-token', '{shared}')")
    other.goto(address(mina))
    other.wait_for_function(f"() => {token} && {token} !== '{shared}'")
    assert rows(other) == rows(mina.page)
    assert shared == mina.page.evaluate(token)


def test_a_tab_alone_is_let_in_by_one_button(meet: Meet) -> None:
    """The app opens a page in the browser; that lets this one in. Nothing of the person is shown before."""
    mina, _ = meet("미나", "jun")
    old, where = mina.page, address(mina)
    mina.page = mina.open(where)
    rows(mina.page)
    mina.page.evaluate("sessionStorage.clear()")
    old.close()
    mina.page.goto(where)
    heading(mina, "이 창은 앱과 연결되어 있지 않아요", "")
    assert "jun" not in mina.page.content()
    mina.button("여기서 열기").click()
    expect(mina.page.get_by_text("앱이 새 창을 열었어요. 이 창도 곧 연결돼요.")).to_be_visible()
    (opened,) = mina.profile.with_name("opened").read_text("utf-8").split()
    mina.open(opened)
    rows(mina.page)


def test_a_restarted_app_asks_for_the_passphrase_and_nothing_typed_is_lost(
    chromium: Browser, service: Service, tmp_path: Path, seats: ExitStack
) -> None:
    """The open page shows nothing until then. An unsent message goes out, and the text goes on where it was."""
    made, other = make(service, tmp_path, "미나", "jun")
    mina = seat(chromium, service, seats, protect(made, PASSPHRASE))
    jun = seat(chromium, service, seats, other)
    unlock(mina)
    mina.enter("jun")
    jun.enter("미나")
    mina.kill()
    expect(mina.page.get_by_text("앱이 꺼졌어요")).to_be_visible()
    mina.say("등대에서 보자")
    mina.composer.fill("아직 쓰는 중")
    mina.start()
    mina.launch()
    heading(mina, "잠겨 있어요", "")
    expect(mina.page.get_by_text("쓰던 글도 그대로 있어요.")).to_be_visible()
    for shown in (mina.composer, mina.bubble("등대에서 보자"), mina.chat("jun")):
        expect(shown).to_be_hidden()
    unlock(mina)
    jun.sees("등대에서 보자")
    expect(mina.composer).to_have_value("아직 쓰는 중")
    jun.say("이어서 하자")
    mina.sees("이어서 하자")
    expect(mina.bubble("등대에서 보자")).to_have_count(1)


class Stranger(BaseHTTPRequestHandler):
    """Another program at the port of an app that has ended. It says yes to everything."""

    heard: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.heard.append(f"{self.path} {self.headers.as_string()} {body}")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"proofs": ["0000"], "launch": "x"}')

    def do_GET(self) -> None:
        self.heard.append(f"{self.path} {self.headers.as_string()}")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listening_at(port: int) -> Iterator[list[str]]:
    """Such a program."""
    Stranger.heard.clear()
    server = HTTPServer(("127.0.0.1", port), Stranger)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Stranger.heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_says_nothing_to_another_program_at_the_port(meet: Meet) -> None:
    """It asks for a proof, and gives neither token, key nor words; the real app still gets it back."""
    mina, jun = meet("미나", "jun")
    mina.enter("jun")
    jun.enter("미나")
    token = mina.page.evaluate("sessionStorage.getItem('nulla-token')")
    port = urlsplit(address(mina)).port
    assert port
    mina.kill()
    with listening_at(port) as heard:
        mina.say("우리 비밀")
        expect(mina.page.get_by_text("앱이 꺼졌어요")).to_be_visible()
        while len(heard) < 3:
            mina.page.wait_for_timeout(100)
        assert {"/prove"} == {said.split()[0] for said in heard}
        assert [] == [said for said in heard if token in said or "비밀" in said]
    mina.start()
    mina.launch()
    jun.sees("우리 비밀")
