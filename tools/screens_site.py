"""Pictures of every public page: ``screens_site.py FOLDER [PAGE…]``, for `make screens-site`.

Korean and English, phone and desktop, light and dark, whole pages, in files ``page-lang-theme-size.png`` and a page
``index.html`` that shows them side by side. The record is the example of the tests.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from nullabona.docket.site import build, write_site
from nullabona.docket.site.pages import LANGUAGES, PAGES
from nullabona.docket.taxonomy import load
from tests.browser.person import FLAGS, chromium_path
from tests.docket.example_site import example
from tests.docket.webserver import carried
from tools.screens import Camera

THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
SIZES: Final[dict[str, ViewportSize]] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}


def photograph(browser: Browser, camera: Camera, address: str, pages: list[str]) -> None:
    """Every page in every form."""
    for language, theme, (size, viewport) in product(LANGUAGES, THEMES, SIZES.items()):
        page = browser.new_page(viewport=viewport, color_scheme=theme)
        for name in pages:
            page.goto(f"{address}/{'' if name == 'door' else f'{language}/'}{'index' if name == 'door' else name}.html")
            if name == "law":
                page.locator("details").first.locator("summary").click()
            picture = f"{name}-{language}-{theme}-{size}.png"
            page.screenshot(path=camera.folder / picture, full_page=True, animations="disabled")
            camera.taken.append(picture)
        page.close()


def main(folder: Path, wanted: list[str]) -> int:
    """Take them all; exit 0."""
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, set())
    with TemporaryDirectory() as place, sync_playwright() as playwright:
        write_site(build(example(), load()), Path(place))
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        with carried(Path(place)) as address:
            photograph(browser, camera, address, wanted or ["door", *PAGES])
        browser.close()
    print(camera.sheet())
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
