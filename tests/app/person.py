"""People who use ``nulla app``: a process of their own each, and a page that a test drives.

`Person.page` speaks the page's protocol. For a real browser, open `Person.launch_url()` (or `App.launch_file`): it
leads to the same process.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import people_calls as c
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import talk_calls as t
from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Call
from nullabona.processes.program import Program, python, run
from tests.app.wire import Loop, Page, trade
from tests.cli.shell import environment

T = TypeVar("T")

START = python("-m", "tests.app.start")
ROOT = Path(__file__).parents[2]
PASSPHRASE = "a passphrase of several words"
_URL = re.compile(r"url=(http://127\.0\.0\.1:(\d+)/#launch=([\w-]+))")


class App:
    """A running ``nulla app``. ``data``: where programs of its person keep what they share; ``start``: what runs it."""

    def __init__(
        self,
        profile: Path,
        *options: str,
        lang: str = "en",
        data: Path | None = None,
        start: Sequence[str] = START,
        **more: str,
    ) -> None:
        self.profile = profile
        self._start, self._more = start, more
        command = (*start, "app", "--profile", str(profile), "--no-browser", "--json", "--lang", lang, *options)
        shared = str(data or profile.parent / "data")
        self._process = Program(command, cwd=ROOT, env=environment(XDG_DATA_HOME=shared, **more))
        self.first = self._process.ready
        self.launch_file = _path(self.first["url"])
        found = _URL.search(self.launch_file.read_text("utf-8"))
        assert found is not None
        self.launch_url = found[1]
        self.port = int(found[2])
        self.launch = found[3]

    @property
    def pid(self) -> int:
        return self._process.pid

    def again(self) -> tuple[Path, str]:
        """Start it once more on the same profile: the new launch file, and the URL in it."""
        command = (*self._start, "app", "--profile", str(self.profile), "--no-browser", "--json")
        file = _path(run(command, cwd=ROOT, env=environment(**self._more), patience_s=30).row["url"])
        found = _URL.search(file.read_text("utf-8"))
        assert found is not None
        return file, found[1]

    def stop(self) -> tuple[int, str]:
        """Ctrl-C; the exit code and what stood on stderr."""
        ended = self._process.stop(signal.SIGINT)
        return ended.code, ended.err

    def kill(self) -> None:
        """As a power cut does."""
        self._process.kill()


class Person:
    """Somebody with an app and an open page."""

    def __init__(
        self,
        loop: Loop,
        profile: Path,
        *options: str,
        lang: str = "en",
        data: Path | None = None,
        start: Sequence[str] = START,
        **more: str,
    ) -> None:
        self.loop = loop
        self.app = App(profile, *options, lang=lang, data=data, start=start, **more)
        status, self.token = trade(self.app.port, self.app.launch)
        assert status == 200
        self.page = self.new_page()

    def launch_url(self) -> str:
        """A fresh URL for a browser, good for one opening."""
        return self.app.again()[1]

    def new_page(self, after: int | None = None) -> Page:
        """One more page with the same token, as after a reload."""
        return Page(self.loop, self.app.port, self.token).connect(after)

    def new_tab(self) -> Page:
        """One more tab, with a token of its own."""
        launch = self.launch_url().partition("#launch=")[2]
        _, token = trade(self.app.port, launch)
        return Page(self.loop, self.app.port, token).connect()

    def call(self, call: Call[T]) -> T:
        return self.page.call(call)

    def state(self) -> v.State:
        """Everything, anew."""
        state = self.call(a.Start())
        assert isinstance(state, v.State)
        return state

    def sign_up(self, handle: str, passphrase: str = PASSPHRASE) -> v.State:
        """A profile and an account whose words are not checked, published."""
        self.call(a.CreateProfile(passphrase))
        self.call(a.CreateAccount(handle, ""))
        self.call(a.ConfirmPhrase([], later=True))
        if not self.me.published:
            self.page.told(p.MeChanged, lambda push: push.me.published)
        return self.state()

    @property
    def me(self) -> v.Me:
        """The own account."""
        me = self.state().me
        assert me is not None
        return me

    def befriend(self, other: Person) -> str:
        """Ask; ``other`` accepts; the room that both are in then."""
        self.call(c.AskContact(other.me.handle, "hello"))
        account = self.me.account
        asked = other.page.told(p.RequestsChanged, lambda push: any(r.id == account for r in push.requests))
        (request,) = [r for r in asked.requests if r.id == account]
        other.call(c.AnswerRequest(request.id, "accept"))
        row = self.page.told(p.ChatChanged, lambda push: push.chat.direct and push.chat.phase == "joined").chat
        return row.room

    def send(self, room: str, text: str, client: str = "") -> v.Message:
        """Write."""
        sent = self.call(t.SendText(room, text, client))
        assert isinstance(sent, v.Message)
        return sent

    def open(self, room: str) -> t.RoomPage:
        """Show a room."""
        opened = self.call(t.OpenRoom(room))
        assert isinstance(opened, t.RoomPage)
        return opened

    def reads(self, room: str, text: str) -> v.Message:
        """The message with this text of an open room; waits for it."""
        push = self.page.told(
            p.MessagesChanged, lambda push: push.room == room and any(m.text == text for m in push.messages)
        )
        return next(m for m in push.messages if m.text == text)

    def end(self) -> None:
        """Close the app as a person does."""
        self.app.stop()


def _path(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))
