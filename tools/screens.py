"""Pictures of every screen: ``screens.py FOLDER [NAME…]``, for `make screens`.

Desktop and phone, light and dark, Korean and English, with people who talk, in files ``screen-lang-theme-size.png`` and
a page ``index.html`` that shows them side by side. With names, only those screens.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser, expect, sync_playwright

from tests.api.people import new_name
from tests.api.service import Service
from tests.browser.entering import PASSPHRASE, unlock
from tests.browser.lively import Lively, lively
from tests.browser.person import DESKTOP, FLAGS, PATIENCE_MS, PHONE, Person, Theme, chromium_path
from tests.browser.states import PUT
from tests.browser.tour import INSIDE, Visit, entering, inside
from tests.browser.warned import stop_of
from tests.docket_console.seat import Seat
from tools.screens_desk import DESK, at_desk, seen

LANGUAGES: Final = ("ko", "en")
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
SIZES: Final = {"desktop": DESKTOP, "phone": PHONE}
NEW: Final = {"ko": "나리", "en": "Nari"}
STYLE: Final = (
    "body{font:14px system-ui;margin:2rem;background:#777;color:#fff}"
    "section{display:flex;flex-wrap:wrap;gap:1rem;align-items:start;margin-bottom:3rem}"
    "figure{margin:0}img{height:360px;display:block}figcaption{opacity:.8}"
)


class Camera:
    """Takes the pictures that are wanted."""

    def __init__(self, folder: Path, wanted: set[str]) -> None:
        self.folder = folder
        self.wanted = wanted
        self.taken: list[str] = []

    def take(self, person: Person | Seat, screen: str, theme: str, size: str) -> None:
        """What is on somebody's screen."""
        if self.wanted and screen not in self.wanted:
            return
        name = f"{screen}-{person.lang}-{theme}-{size}.png"
        whole = isinstance(person, Seat)  # a page of the console has one scroll bar, the app has its panes
        person.page.screenshot(path=self.folder / name, animations="disabled", full_page=whole)
        self.taken.append(name)

    def sheet(self) -> Path:
        """The page with all of them, screen by screen."""
        screens: dict[str, list[str]] = {}
        for name in self.taken:
            screens.setdefault(name.rsplit("-", 3)[0], []).append(name)
        parts = [f"<!doctype html><meta charset=utf-8><title>Screens</title><style>{STYLE}</style>"]
        for screen, names in screens.items():
            figures = "".join(
                f"<figure><img src='{name}' loading=lazy alt=''><figcaption>{name}</figcaption></figure>"
                for name in map(html.escape, sorted(names))
            )
            parts.append(f"<h2>{html.escape(screen)}</h2><section>{figures}</section>")
        path = self.folder / "index.html"
        path.write_text("\n".join(parts), encoding="utf-8")
        return path


def stops(person: Person, there: Lively, wanted: set[str]) -> Iterator[str]:
    """The stops of the tour that are wanted."""
    unlock(person)
    yield from inside(Visit(person, there), [name for name in INSIDE if not wanted or name in wanted])


def tour(camera: Camera, browser: Browser, service: Service, folder: Path, lang: str) -> None:
    """All of one language."""
    there = lively(service, folder / lang, lang, passphrase=PASSPHRASE)
    for theme, size in product(THEMES, SIZES):
        look = {"lang": lang, "theme": theme, "viewport": SIZES[size], "reduced_motion": "reduce"}
        with Person(browser, service, there.made.profile, permissions=["camera"], **look) as person:  # type: ignore[arg-type]
            for screen in stops(person, there, camera.wanted):
                camera.take(person, screen, theme, size)
        if camera.wanted and camera.wanted <= set(INSIDE):
            continue
        new = folder / f"new-{lang}-{theme}-{size}"
        with Person(browser, service, new, host="", **look) as person:  # type: ignore[arg-type]
            for screen in entering(person, new_name(NEW[lang].lower()), NEW[lang]):
                camera.take(person, screen, theme, size)


def warned(camera: Camera, browser: Browser, service: Service, folder: Path, lang: str) -> None:
    """What warns of a record or a docket."""
    wanted = [name for name in PUT if not camera.wanted or name in camera.wanted]
    there = lively(service, folder / f"{lang}-warned", lang, passphrase=PASSPHRASE) if wanted else None
    for theme, size in product(THEMES, SIZES):
        if there is None:
            return
        look = {"lang": lang, "theme": theme, "viewport": SIZES[size], "reduced_motion": "reduce"}
        with Person(browser, service, there.made.profile, **look) as person:  # type: ignore[arg-type]
            unlock(person)
            visit = Visit(person, there)
            for screen in wanted:
                stop_of(screen)(visit)
                visit.settle()
                camera.take(person, screen, theme, size)
                person.page.reload()


def at_the_desk(camera: Camera, browser: Browser, folder: Path) -> None:
    """The legal desk's page of the public record where something is wrong."""
    for screen in [name for name in DESK if not camera.wanted or name in camera.wanted]:
        (folder / screen).mkdir()
        with at_desk(folder / screen, screen) as place:
            for lang, theme, size in product(LANGUAGES, THEMES, SIZES):
                with seen(browser, place, screen, lang, theme, SIZES[size]) as seat:
                    camera.take(seat, screen, theme, size)


def main() -> None:
    """Take them."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, set(sys.argv[2:]))
    with ExitStack() as stack:
        profiles = Path(stack.enter_context(TemporaryDirectory()))
        service = stack.enter_context(Service(profiles / "relay"))
        playwright = stack.enter_context(sync_playwright())
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        for lang in LANGUAGES:
            if not camera.wanted or camera.wanted - PUT.keys() - DESK.keys():
                tour(camera, browser, service, profiles, lang)
            warned(camera, browser, service, profiles, lang)
        at_the_desk(camera, browser, profiles)
        browser.close()
    print(f"{len(camera.taken)} pictures: {camera.sheet()}")


if __name__ == "__main__":
    main()
