"""Take the pictures of the app that the README shows: ``screens_readme.py FOLDER``, for `make screens-readme`.

A group chat on a desktop in English and on a phone in Korean, each light and dark.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tests.api.service import Service
from tests.browser.entering import PASSPHRASE, unlock
from tests.browser.lively import lively
from tests.browser.person import DESKTOP, FLAGS, PATIENCE_MS, PHONE, Person, Theme, chromium_path
from tests.browser.tour import Visit, inside

THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
SHOWN: Final = {"en": ("desktop", DESKTOP), "ko": ("phone", PHONE)}


def take(browser: Browser, service: Service, work: Path, folder: Path) -> None:
    """Write ``chat-desktop-light.png`` and the three others."""
    for lang, (size, viewport) in SHOWN.items():
        there = lively(service, work / lang, lang, passphrase=PASSPHRASE, trouble=False)
        for theme in THEMES:
            look = {"lang": lang, "theme": theme, "viewport": viewport, "reduced_motion": "reduce"}
            with Person(browser, service, there.made.profile, **look) as person:  # type: ignore[arg-type]
                unlock(person)
                for _ in inside(Visit(person, there), ["conversation"]):
                    person.page.mouse.move(0, 0)  # a message under the pointer shows its buttons
                    picture = Image.open(io.BytesIO(person.page.screenshot(animations="disabled")))
                    picture.convert("RGB").save(folder / f"chat-{size}-{theme}.png", optimize=True)


def main() -> int:
    """Take them all."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made, sync_playwright() as driver:
        expect.set_options(timeout=PATIENCE_MS)
        work = Path(made)
        browser = driver.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        with Service(work / "relay") as service:
            take(browser, service, work, folder)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
