"""A person at their screen: a process that is their app, and a browser of their own that shows its page.

When they leave, the whole folder of their browser is searched for what went over their screen (`traces`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal, Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from nullabona.processes.program import Program, python
from tests.api.service import Service
from tests.browser.traces import Traces

ROOT: Final = Path(__file__).parents[2]
DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 390, "height": 844}
PATIENCE_MS: Final = 45_000
"""A busy machine takes ten seconds for a passphrase alone. A wait ends as soon as its condition holds."""
RELOADS: Final = 3
RELOAD_MS: Final = 5_000
Theme = Literal["light", "dark"]
FLAGS: Final = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def chromium_path() -> str:
    """Where the browser of this machine is."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert path, "no Chromium on this machine: run tools/need_programs.sh"
    return path


class Person:
    """Their app runs from the start; ``page`` shows it until the block ends. Errors of the page fail the test.

    ``host``: what ``--relay`` names, by default the service; empty: nothing. ``link`` is what it is started with;
    ``flags`` are further ones of their browser.
    """

    def __init__(
        self,
        browser: Browser,
        service: Service,
        profile: Path,
        *,
        lang: str = "en",
        viewport: dict[str, int] | None = None,
        theme: Theme = "light",
        minute_s: float = 60.0,
        host: str | None = None,
        link: str = "",
        flags: tuple[str, ...] = (),
        **more: Any,  # noqa: ANN401 - whatever a browser context takes
    ) -> None:
        self.profile = profile
        self.lang = lang
        self._minute_s = minute_s
        self.relay = service.host
        self._host = service.host if host is None else host
        self._link = link
        self._app: Program | None = None
        self.errors: list[str] = []
        self._disk = TemporaryDirectory(prefix="nulla-browser-")
        self.context: BrowserContext = browser.browser_type.launch_persistent_context(
            self._disk.name,
            executable_path=chromium_path(),
            args=[*FLAGS, *flags],
            viewport=viewport or DESKTOP,  # type: ignore[arg-type]
            locale="ko-KR" if lang == "ko" else "en-GB",
            timezone_id="Asia/Seoul",
            color_scheme=theme,
            **more,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.traces = Traces(self.context)
        self.start()
        self.page = self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for page in self.context.pages:
            page.goto("about:blank")  # a page that goes writes down what its fields hold
        self.context.close()
        self.stop()
        with self._disk:
            if kind is None:
                assert self.errors == [], self.errors
                left = self.left_on_disk()
                assert left == {}, left

    def start(self) -> None:
        """Run the app."""
        script = str(Path(__file__).with_name("serve.py"))
        command = python(script, str(self.profile), self._host, self.lang, str(self._minute_s), self._link)
        env = {"PYTHONPATH": str(ROOT), "PATH": "", "XDG_DATA_HOME": str(self.profile.parent / "data")}
        self._app = Program(command, cwd=ROOT, env=env)

    def stop(self) -> None:
        """End the app; the page stays and shows that it is alone."""
        if self._app is not None:
            ended = self._app.wait()
            assert ended.code == 0, ended.err
            self._app = None

    def kill(self) -> None:
        """As a power cut does."""
        assert self._app is not None
        self._app.kill()
        self._app = None

    @property
    def pid(self) -> int:
        assert self._app is not None
        return self._app.pid

    @property
    def disk(self) -> str:
        """The browser's folder."""
        return self._disk.name

    def left_on_disk(self) -> dict[str, list[str]]:
        """What of all that went over the screen so far lies in the browser's folder, and in which of its files.

        But for the name of the profile's folder: these journeys call it by the person's name, and a browser that is
        launched knows where the launch file lay.
        """
        found = self.traces.found(Path(self._disk.name))
        return {text: files for text, files in found.items() if text != self.profile.name}

    def launch(self) -> str:
        """Where a browser gets in; good for one page."""
        assert self._app is not None
        return self._app.read_line().strip()

    def another(self) -> str:
        """Another launch, after the first."""
        assert self._app is not None
        return self._app.tell("").strip()

    def open_link(self, link: str) -> str:
        """Where a second start with a link leads a browser."""
        assert self._app is not None
        return self._app.tell(link).strip()

    def put(self, name: str) -> None:
        """A state of states.py, into the open profile."""
        assert self._app is not None
        assert "put\n" == self._app.tell(name)

    def read_to(self) -> dict[str, list[int]]:
        """Room → its epoch, and the number of the last frame that the app has read there."""
        assert self._app is not None
        return json.loads(self._app.tell("read-to"))  # type: ignore[no-any-return]

    def open(self, url: str = "") -> Page:
        """A page of the running app."""
        blank = next((page for page in self.context.pages if page.url == "about:blank"), None)
        page = blank or self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console", lambda said: self.errors.append(said.text) if "Content Security Policy" in said.text else None
        )
        page.goto(url or self.launch())
        return page

    # -- what people do again and again -------------------------------------------------------------------------------

    def chat(self, title: str) -> Locator:
        """The row of a conversation in the list."""
        return self.page.locator("button[data-room]").filter(has=self.page.locator(".title", has_text=title))

    def enter(self, title: str) -> None:
        """Open a conversation."""
        self.chat(title).first.click()
        expect(self.composer).to_be_visible()

    @property
    def composer(self) -> Locator:
        return self.page.locator(".composer textarea")

    def say(self, text: str) -> None:
        """Write and send."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def bubble(self, text: str) -> Locator:
        """A message of the open conversation, by its words."""
        return self.page.locator("article[data-message]").filter(has_text=text)

    def sees(self, text: str) -> Locator:
        """Wait until a message is shown."""
        found = self.bubble(text).first
        expect(found).to_be_visible(timeout=PATIENCE_MS)
        return found

    def sent(self, text: str) -> Locator:
        """Wait until a message of one's own is on its way no more."""
        found = self.sees(text)
        expect(found.get_by_title(re.compile("보내는 중|Sending"))).to_have_count(0, timeout=PATIENCE_MS)
        return found

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for what the browser or the app does in its own time."""
        end = time.monotonic() + PATIENCE_MS / 1_000
        while not true():
            assert time.monotonic() < end, "it did not become true"
            self.page.wait_for_timeout(50)

    def fresh(self) -> Self:
        """Load the page anew: no dialog, menu or toast of an earlier journey is left."""
        for _ in range(RELOADS):
            if self._reloaded():
                break
        expect(self.page.locator("button[data-room]").first).to_be_attached()
        return self

    def _reloaded(self) -> bool:
        """Ask for the page anew; False if a step in its history, still on its way, called that off."""
        try:
            self.page.evaluate("() => { window.before = true; location.reload(); }")
        except PlaywrightTimeout:
            raise
        except PlaywrightError as error:
            # The page went before it could answer: that is what was asked for, or the step.
            if not ("destroyed" in error.message or "active page" in error.message):
                raise
        try:
            self.page.wait_for_function("() => !window.before && document.readyState === 'complete'", timeout=RELOAD_MS)
        except PlaywrightTimeout:
            return False
        return True

    def at_end_of(self, title: str) -> Self:
        """The newest messages of a conversation, on a page that was just loaded."""
        self.fresh().enter(title)
        self.history.press("End")
        return self

    @property
    def history(self) -> Locator:
        """The scrolled region of the open conversation."""
        return self.page.locator(".viewport")

    def menu(self, text: str, item: str) -> None:
        """Choose something in the menu of a message, once it is out: before that little can be done with it."""
        waiting = self.page.locator("[title='보내는 중'], [title='Sending']")
        known = self.bubble(text).and_(self.page.locator(":not([data-message^=provisional])"))
        known.filter(has_not=waiting).first.locator(".stack").click(button="right")
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    def button(self, name: str) -> Locator:
        """The button of this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def open_new_tab(self) -> Page:
        """The app in another tab, as a second start of it opens one."""
        return self.open(self.another())
